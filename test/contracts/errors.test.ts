import { describe, expect, it } from 'vitest'
import { findError, magicReference } from '../../src/contracts/error-reference.ts'
import { itemAdd } from '../../src/contracts/methods/item.ts'
import { writeError } from '../../src/contracts/protocol/envelope.ts'
import {
  type Fidelity,
  type PlatformError,
  type PlatformErrorName,
  platformErrors,
} from '../../src/contracts/protocol/error-table.ts'
import {
  type ErrorResponse,
  errorNameOfWire,
  guideCode,
  isBusiness,
  kindOf,
  Rejection,
  reject,
  rejectBusiness,
  rejectKind,
  retryOf,
} from '../../src/contracts/protocol/errors.ts'
import { subCodeFamilies } from '../../src/contracts/protocol/sub-code-families.ts'
import { readFixture } from './read-fixture.ts'

const rows = Object.entries(platformErrors) as [PlatformErrorName, PlatformError][]
const codes = rows.map(([, row]) => row.code)

/** The codes up to 53 that a source names; 48, 49, 51, 52 are in none, 88 is another platform's. */
const documentedCodes = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 15, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30, 31, 32, 33, 34,
  40, 41, 42, 43, 44, 47, 50, 53,
]
/** The business codes of single products, older than 15 and 50. */
const legacyCodes = [
  501, 502, 503, 504, 505, 506, 507, 508, 520, 530, 533, 540, 550, 551, 552, 553, 554, 555, 556,
  557, 560, 561, 562, 563, 564, 565, 566, 567, 568, 569, 570, 571, 572, 580, 581, 582, 590, 591,
  601, 670,
]

describe('the table of platform errors', () => {
  it('has every code once', () => {
    expect(new Set(codes).size).toBe(codes.length)
  })

  it.each(documentedCodes)('has the documented code %d', (code) => {
    expect(codes).toContain(code)
  })

  it.each(legacyCodes)(
    'has the legacy code %d, which travels as "Remote service error"',
    (code) => {
      expect(rows.find(([, row]) => row.code === code)?.[1].msg).toBe('Remote service error')
    },
  )

  it('has no code that no source names', () => {
    const sourced = new Set([...documentedCodes, ...legacyCodes])
    expect(codes.filter((code) => !sourced.has(code))).toEqual([])
  })

  it('names its rows in kebab-case', () => {
    for (const [name] of rows) expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
  })

  const labelled = rows.flatMap(([name, row]) => [
    [name, row] as const,
    ...Object.entries(row.kinds ?? {}).map(([kind, below]) => [`${name}/${kind}`, below] as const),
  ])

  it.each(labelled)('says of %s how sure it is, and where it has that from', (_, row: Fidelity) => {
    expect(['documented', 'observed', 'assumed']).toContain(row.fidelity)
    expect(row.source).toMatch(/\S/)
  })

  it.each(labelled)('says nothing of %s that is nothing', (_, row) => {
    expect(Object.values(row)).not.toContain(undefined)
  })

  it.each(labelled)(
    'fills every blank in the texts of %s when the error is forced',
    (reference) => {
      const found = findError(reference)
      expect(found).toBeInstanceOf(Rejection)
      expect(Object.values((found as Rejection).error).join()).not.toMatch(/[{}]|undefined/)
    },
  )
})

describe('logged answers of the real gateway', () => {
  interface Payload extends ErrorResponse {
    readonly request_id?: string
  }

  /**
   * All verbatim answers with a code, JSON and XML. Left out: one printed by Node's console.log (the same
   * error is here as JSON), the OAuth fragment and what a seller's server answers to the gateway.
   */
  const logged = readFixture<string[]>('error-payloads.json')

  /**
   * Two JSON samples were kept without their `error_response`; one of them has its code as text,
   * for the client that logged it had parsed XML. One XML sample was kept without header and comment.
   */
  function read(payload: string): Payload {
    if (payload.startsWith('{')) {
      const parsed = JSON.parse(payload)
      const inner = parsed.error_response ?? parsed
      return { ...inner, code: Number(inner.code) }
    }
    const inner = /<error_response>(.*)<\/error_response>/.exec(payload)?.[1] ?? ''
    const fields = [...inner.matchAll(/<(\w+)>(.*?)<\/\1>/g)].map(([, name, text]) => [name, text])
    const parsed = Object.fromEntries(fields)
    return { ...parsed, code: Number(parsed.code) }
  }

  /** What stands in the blanks of a text, in the answers that name something of their caller's. */
  const fills: Readonly<Record<number, (payload: Payload) => Record<string, string>>> = {
    7: ({ sub_msg }) => ({ seconds: /for (\d+) more/.exec(sub_msg ?? '')?.[1] ?? '' }),
    11: ({ sub_msg }) => ({ scopes: sub_msg?.replace('scope ids is ', '') ?? '' }),
    40: ({ msg }) => ({ parameter: msg.split(':')[1] ?? '' }),
    41: ({ msg }) => ({ parameter: msg.split(':')[1] ?? '' }),
  }

  /** The table's error for an answer: found by `code/sub_code`, as people write it. */
  function ours(payload: Payload): Rejection {
    const { code, sub_code, sub_msg } = payload
    const reference = sub_code === undefined ? `${code}` : `${code}/${sub_code}`
    const found = findError(reference, fills[code]?.(payload))
    if (typeof found === 'string') throw new Error(found)
    // Behind 15, 50 and 5xx stands a service that words its own sub_msg; no table can have it.
    const worded = code === 15 || code >= 50
    return worded && sub_msg !== undefined
      ? new Rejection(found.name, { ...found.error, sub_msg })
      : found
  }

  const style = { simplify: false, requestId: 'z28yfhto78v1' }

  /** Ours always has a request_id, answers from before 2014 have none. */
  function expected(payload: Payload): Payload {
    const { request_id: _, ...fields } = payload
    return { ...fields, request_id: style.requestId }
  }

  /** The same error was logged with and without its sub_msg; the table has the fuller one. */
  const withoutSubMsg = (payload: Payload) =>
    payload.sub_code === 'invalid-sessionkey' && payload.sub_msg === undefined

  function withSubMsgOf(payload: Payload, fuller: Payload): Payload {
    const { request_id: _, ...fields } = payload
    return { ...fields, sub_msg: fuller.sub_msg as string, request_id: style.requestId }
  }

  it('are twenty-eight', () => {
    expect(logged).toHaveLength(28)
  })

  it.each(logged)('can be written with the same keys, order and texts: %s', (payload) => {
    const theirs = read(payload)
    const rejection = ours(theirs)
    const format = payload.startsWith('<') ? 'xml' : 'json'
    const written = writeError(rejection.error, { ...style, format, code: rejection.error.code })
    const want = withoutSubMsg(theirs) ? withSubMsgOf(theirs, rejection.error) : expected(theirs)
    const back = read(written)
    expect(back).toEqual(want)
    expect(Object.keys(back)).toEqual(Object.keys(want))
  })

  it.each(logged.filter((payload) => payload.startsWith('<?xml')))(
    'are XML to the letter: %s',
    (payload) => {
      const rejection = ours(read(payload))
      const { error } = rejection
      const written = writeError(error, { ...style, format: 'xml', code: error.code })
      const bare = (xml: string) =>
        xml.replace(/<request_id>.*<\/request_id>/, '').replace(/<!--.*-->$/, '')
      expect(bare(written)).toBe(bare(payload))
      expect(written).toMatch(/<!--top[\w.]+-->$/)
    },
  )

  it('are JSON to the letter: a full one, and one with a request_id only', () => {
    const json = (rejection: Rejection, requestId: string) =>
      writeError(rejection.error, {
        format: 'json',
        simplify: false,
        requestId,
        code: rejection.error.code,
      })
    const limit = '11/isv.permission-api-package-limit'
    const scopes = '381 11655 13168 11998 12486 11653'
    expect(logged).toContain(json(findError(limit, { scopes }) as Rejection, '10enths0uz5vu'))
    expect(logged).toContain(json(reject('invalid-signature'), '109wcmcgllsj1'))
  })
})

describe("a code in the article's words", () => {
  const codeOf = (code: number) =>
    guideCode(rows.find(([, row]) => row.code === code)?.[0] as never)

  it.each([4, 5, 6, 7, 8])('is the number 429 for the call limit %d', (code) => {
    expect(codeOf(code)).toBe(429)
  })

  it.each([
    [27, 'invalid_session'],
    [40, 'missing_parameter'],
    [25, 'invalid_signature'],
    [26, 'missing_session'],
    [41, 'invalid_arguments'],
    [15, 'remote_service_error'],
  ])('is, for %d, %s', (code, name) => {
    expect(codeOf(code)).toBe(name)
  })

  it('is a name in snake_case for everything that is no call limit', () => {
    for (const [name, { code }] of rows) {
      if (code < 4 || code > 8) expect(guideCode(name)).toMatch(/^[a-z]+(_[a-z]+)*$/)
    }
  })

  it('tells any two errors apart, call limits aside', () => {
    const names = rows
      .filter(([, { code }]) => code < 4 || code > 8)
      .map(([name]) => guideCode(name))
    expect(new Set(names).size).toBe(names.length)
  })
})

describe('an error as people write it', () => {
  it.each([
    [
      '27/session-expired',
      'invalid-session',
      { code: 27, msg: 'Invalid session:session-expired', sub_code: 'session-expired' },
    ],
    [
      'invalid-session/session-expired',
      'invalid-session',
      { code: 27, msg: 'Invalid session:session-expired', sub_code: 'session-expired' },
    ],
    ['25', 'invalid-signature', { code: 25, msg: 'Invalid signature' }],
    [' 25 ', 'invalid-signature', { code: 25, msg: 'Invalid signature' }],
    ['invalid-signature', 'invalid-signature', { code: 25, msg: 'Invalid signature' }],
    [
      '429',
      'app-call-limited',
      {
        code: 7,
        msg: 'App Call Limited',
        sub_code: 'accesscontrol.limited-by-app-access-count',
        sub_msg: 'This ban will last for 31062 more seconds',
      },
    ],
    [
      'isp.remote-service-timeout',
      'remote-service-error',
      {
        code: 15,
        msg: 'Remote service error',
        sub_code: 'isp.remote-service-timeout',
        sub_msg: 'API调用服务超时',
      },
    ],
    [
      '520/isp.remote-service-timeout',
      'trade-service-refusal',
      {
        code: 520,
        msg: 'Remote service error',
        sub_code: 'isp.remote-service-timeout',
        sub_msg: 'API调用服务超时',
      },
    ],
    [
      'isv.permission-api-package-empty',
      'insufficient-isv-permissions',
      {
        code: 11,
        msg: 'Insufficient isv permissions',
        sub_code: 'isv.permission-api-package-empty',
      },
    ],
    [
      'isv.shop-not-exist:nobody',
      'remote-service-error',
      { code: 15, msg: 'Remote service error', sub_code: 'isv.shop-not-exist:nobody' },
    ],
    [
      '15/9100',
      'remote-service-error',
      { code: 15, msg: 'Remote service error', sub_code: '9100' },
    ],
    [
      'isv.missing-parameter:image',
      'item-service-refusal',
      {
        code: 530,
        msg: 'Remote service error',
        sub_code: 'isv.missing-parameter:image',
        sub_msg: '图片为空！',
      },
    ],
    [
      'isv.item-listing-service-error',
      'item-service-refusal',
      {
        code: 530,
        msg: 'Remote service error',
        sub_code: 'isv.item-listing-service-error',
        sub_msg: '上架商品失败',
      },
    ],
    [
      'isp.remote-service-timeout-tmall',
      'remote-service-error',
      {
        code: 15,
        msg: 'Remote service error',
        sub_code: 'isp.remote-service-timeout-tmall',
        sub_msg: 'API调用服务超时',
      },
    ],
    [
      '530/isv.item-listing-service-error:GENERIC_FAILURE-tmall?trace=20121001-E8FD26627B62FB3B',
      'item-service-refusal',
      {
        code: 530,
        msg: 'Remote service error',
        sub_code: 'isv.item-listing-service-error:GENERIC_FAILURE-tmall',
        sub_msg: '系统错误，请稍后再试:20121001-E8FD26627B62FB3B',
      },
    ],
    [
      '27/sessionkey-not-created-by-top?appKey=1001',
      'invalid-session',
      {
        code: 27,
        msg: 'Invalid session',
        sub_code: 'sessionkey-not-generated-by-server',
        sub_msg: 'RealSession don&apos;t create by top ! appKey is : 1001',
      },
    ],
    [
      '40?parameter=title',
      'missing-required-arguments',
      { code: 40, msg: 'Missing required arguments:title' },
    ],
    [
      'invalid-arguments?parameter=location.state',
      'invalid-arguments',
      { code: 41, msg: 'Invalid arguments:location.state' },
    ],
    [
      'isv.permission-ip-whitelist-limit?address=192.0.2.1&allowed=10.0.0.%2A',
      'insufficient-isv-permissions',
      {
        code: 11,
        msg: 'Insufficient isv permissions',
        sub_code: 'isv.permission-ip-whitelist-limit',
        sub_msg:
          'The appkey 12345678 is only allowed to call from 10.0.0.* but your ip is 192.0.2.1',
      },
    ],
    [
      '21',
      'missing-method',
      { code: 21, msg: 'Missing method', sub_msg: 'http传入的参数加入method字段' },
    ],
    ['40', 'missing-required-arguments', { code: 40, msg: 'Missing required arguments:fields' }],
  ] as const)('%s is understood', (reference, name, error) => {
    const found = findError(reference)
    expect(found).toBeInstanceOf(Rejection)
    expect((found as Rejection).name).toBe(name)
    expect((found as Rejection).error).toEqual(error)
  })

  it('takes what it is given to fill in', () => {
    expect(findError('40', { parameter: 'title' })).toMatchObject({
      error: { msg: 'Missing required arguments:title' },
    })
    expect(findError('429', { seconds: 2 })).toMatchObject({
      error: { sub_msg: 'This ban will last for 2 more seconds' },
      retryAfter: 2,
    })
  })

  it('names the seconds of a ban as a number, which semantic answers repeat in a header', () => {
    const reference = '7/accesscontrol.limited-by-api-access-count?seconds=5'
    expect(findError(reference)).toMatchObject({
      error: { sub_msg: 'This ban will last for 5 more seconds' },
      retryAfter: 5,
    })
    expect(findError('429?seconds=0')).toMatchObject({ retryAfter: 0 })
  })

  it('prefers its own values to those that it is given', () => {
    expect(findError('40?parameter=price', { parameter: 'title' })).toMatchObject({
      error: { msg: 'Missing required arguments:price' },
    })
  })

  it.each([
    [
      '40?param=title',
      '"40?param=title" gives "param", which is no blank of this error; it has parameter',
    ],
    [
      '25?seconds=1',
      '"25?seconds=1" gives "seconds", which is no blank of this error; it has none',
    ],
    ['7?seconds=1', '"7?seconds=1" gives "seconds", which is no blank of this error; it has none'],
    [
      'isv.anything?constructor=1',
      '"isv.anything?constructor=1" gives "constructor", which is no blank of this error; it has none',
    ],
    ['429?seconds=soon', '"429?seconds=soon" gives seconds=soon; expected a whole number'],
    ['429?seconds=-1', '"429?seconds=-1" gives seconds=-1; expected a whole number'],
    ['429?seconds=', '"429?seconds=" gives seconds=; expected a whole number'],
  ])('refuses %s and says why', (reference, sentence) => {
    expect(findError(reference)).toBe(sentence)
  })

  it('has the texts that the called method declares, before those of any other', () => {
    const called = {
      ...itemAdd,
      errors: {
        'isv.missing-parameter:image': {
          meaning: '',
          sub_msg: '没有图片',
          code: 533,
          fidelity: 'assumed',
          source: 'this test',
        },
      },
    } as const
    expect(findError('isv.missing-parameter:image', {}, called)).toMatchObject({
      error: { code: 533, sub_msg: '没有图片' },
    })
  })

  it.each([
    '99',
    '48',
    '52',
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '',
    '/',
    '-1',
    '2.5',
    'Invalid session',
  ])('refuses "%s" with a sentence that says what it takes', (reference) => {
    expect(findError(reference)).toBe(
      `"${reference}" is no platform error; expected a code such as 27, a name such as invalid-session, or either with a sub-code, as in 27/session-expired`,
    )
  })

  it('refuses 27/nonsense and names the sub-codes that 27 has', () => {
    expect(findError('27/nonsense')).toBe(
      '"nonsense" is no sub-code of 27 Invalid session; known are session-expired, session-not-exist, session-is-blank, invalid-sessionkey, sessionkey-not-generated-by-server, sessionkey-not-created-by-top, INVALID_PARAMS',
    )
  })

  it('refuses 25/nonsense: 25 has no sub-codes', () => {
    expect(findError('25/nonsense')).toBe(
      '"nonsense" is no sub-code of 25 Invalid signature; it has none',
    )
  })

  it.each(['27/constructor', '27/toString', '27/__proto__', '7/valueOf', '27/'])(
    'refuses %s, whatever objects know by heart',
    (reference) => {
      expect(findError(reference)).toMatch(/^"\w*" is no sub-code of (27|7) .*; known are /)
    },
  )

  it('refuses a sub-code below a code that is no business error', () => {
    expect(findError('53/nonsense')).toMatch(/^"nonsense" is no sub-code of 53 /)
  })

  it.each(['isp.constructor', 'isv.__proto__', '15/constructor', '15/toString'])(
    'takes %s for a sub-code of a service, for a service may answer any',
    (reference) => {
      const sub_code = reference.replace('15/', '')
      const found = findError(reference)
      expect((found as Rejection).error).toEqual({
        code: 15,
        msg: 'Remote service error',
        sub_code,
      })
    },
  )
})

describe('a magic value', () => {
  it.each([
    ['[[27/session-expired]]', '27/session-expired'],
    ['围巾 [[ isp.remote-service-timeout ]] 红色', 'isp.remote-service-timeout'],
    ['[[isv.user-not-exist:invalid-nick]]', 'isv.user-not-exist:invalid-nick'],
    ['[[invalid-session]]', 'invalid-session'],
    ['[[429]]', '429'],
    ['[[新品]] [[25]]', '25'],
    ['[[[25]]]', '25'],
    [
      '[[7/accesscontrol.limited-by-api-access-count?seconds=41]]',
      '7/accesscontrol.limited-by-api-access-count?seconds=41',
    ],
    // What is like a reference and none is asked for all the same, and its asker gets to hear so.
    ['[[99]]', '99'],
    ['[[27/nonsense]]', '27/nonsense'],
  ])('%s asks for %s', (text, reference) => {
    expect(magicReference(text)).toBe(reference)
  })

  it.each([
    '[[新品]] 茶杯',
    '[[2027]] 春款',
    '[[]]',
    '[[ ]]',
    '[[new arrival]]',
    '[[sale/L]]',
    '[[constructor]]',
    '[[27/session-expired',
    '[27/session-expired]',
    '27/session-expired]]',
    '[[isv]]',
    '[[x 27]]',
    '[[-1]]',
    `[[isv.${'x'.repeat(200)}]]`,
  ])('%s is a text like any other', (text) => {
    expect(magicReference(text)).toBeUndefined()
  })

  it('is looked for in a long text without getting lost in brackets', () => {
    expect(magicReference('['.repeat(100_000))).toBeUndefined()
    expect(magicReference(`${'[['.repeat(50_000)}25]]`)).toBe('25')
  })
})

describe('a family of sub-codes', () => {
  it('is one of ten', () => {
    expect(subCodeFamilies).toHaveLength(10)
  })

  it.each(subCodeFamilies)('$form has an example of its form, which can be asked for', (family) => {
    const { form, example } = family
    const pattern = form
      .replaceAll(/[.[\]]/g, (char) => (char === '.' ? '\\.' : char === '[' ? '(' : ')?'))
      .replaceAll(/<[^>]+>/g, '.+')
    expect(example).toMatch(new RegExp(`^${pattern}$`))
    expect(findError(example)).toMatchObject({ error: { sub_code: example } })
    expect(family.source).toMatch(/\S/)
    expect(family.meaning.zh).toMatch(/\p{Script=Han}/u)
    expect(family.meaning.en).toMatch(/^[A-Z].+\.$/)
  })
})

describe('whether a call may be sent again', () => {
  it.each([
    [15, 'isp.remote-service-error', 'back-off'],
    [15, 'isp.anything-service-unavailable', 'back-off'],
    [520, 'isp.remote-service-timeout', 'back-off'],
    [15, 'isp.null-pointer-exception', 'no'],
    [15, 'isp.null-pointer-exception-tmall', 'no'],
    [15, 'isv.anything', 'no'],
    [7, 'accesscontrol.limited-by-api-access-count', 'after-ban'],
    [429, undefined, 'after-ban'],
    [27, 'session-expired', 're-authorise'],
    ['invalid_session', undefined, 're-authorise'],
    [25, undefined, 'no'],
    [48, undefined, 'no'],
  ] as const)('says %s with %s: %s', (code, subCode, advice) => {
    expect(retryOf(code, subCode)).toBe(advice)
  })

  it('an outcome stays unknown on the Tmall variant', () => {
    expect(kindOf(15, 'isp.remote-service-timeout-tmall')?.unknownOutcome).toBe(true)
    expect(kindOf(27, 'session-expired-tmall')).toBeUndefined()
  })
})

describe("an error's code on the wire", () => {
  it.each([
    [27, 'invalid-session'],
    ['27', 'invalid-session'],
    ['invalid_session', 'invalid-session'],
    [429, 'app-call-limited'],
    ['429', 'app-call-limited'],
    ['missing_parameter', 'missing-required-arguments'],
    ['app_call_exceeds_limited_frequency', 'app-call-exceeds-limited-frequency'],
    [48, undefined],
    ['27x', undefined],
    ['x27', undefined],
    ['', undefined],
    ['constructor', undefined],
  ] as const)('%j names %s', (code, name) => {
    expect(errorNameOfWire(code)).toBe(name)
  })

  it.each([15, 50, 501, 670])('%d is that of a service', (code) => {
    expect(isBusiness(code)).toBe(true)
  })

  it.each([7, 25, 40, 53, 100])("%d is the platform's own", (code) => {
    expect(isBusiness(code)).toBe(false)
  })

  it('brings the texts of isp. sub-codes along, under whatever code of a service', () => {
    expect(kindOf(520, 'isp.remote-service-timeout')?.sub_msg).toBe('API调用服务超时')
    expect(kindOf(520, 'isv.AMOUNT_NOT_ENOUGH')).toBeUndefined()
    expect(kindOf(50, 'isv.invalid-parameter-tmall')?.sub_msg).toBe('非法参数')
  })
})

describe('a refusal', () => {
  it('has no sub-code where the platform sends none', () => {
    expect(Object.keys(reject('missing-method/missing-method').error)).toEqual([
      'code',
      'msg',
      'sub_msg',
    ])
  })

  it('may have a sub-code that the table does not know', () => {
    expect(rejectKind('remote-service-error', 'isp.unheard-of', {}).error).toEqual({
      code: 15,
      msg: 'Remote service error',
      sub_code: 'isp.unheard-of',
    })
  })

  it('names seconds only where they are a number', () => {
    const limited = 'app-call-limited/accesscontrol.limited-by-app-access-count'
    expect(reject(limited, { seconds: 'some' }).retryAfter).toBeUndefined()
  })

  it('under a code that the table lacks is a mistake of its contract', () => {
    expect(() => rejectBusiness('isv.x', '', undefined, 999)).toThrow(
      'isv.x is declared with the unknown code 999',
    )
  })

  it('names the seconds of a ban beside the text', () => {
    const banned = reject('app-call-limited/accesscontrol.limited-by-app-api-access-count', {
      seconds: 7,
    })
    expect(banned.error.sub_msg).toBe('This ban will last for 7 more seconds')
    expect(banned.retryAfter).toBe(7)
    expect(reject('invalid-signature').retryAfter).toBeUndefined()
  })

  it('leaves out what it has nothing for', () => {
    expect(Object.keys(reject('missing-session').error)).toEqual(['code', 'msg'])
    for (const { error } of [rejectBusiness('isv.x', ''), rejectBusiness('isv.x')]) {
      expect(Object.entries(error)).toEqual([
        ['code', 15],
        ['msg', 'Remote service error'],
        ['sub_code', 'isv.x'],
      ])
    }
  })
})
