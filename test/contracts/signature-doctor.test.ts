import * as crypto from 'node:crypto'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  explainSignature,
  type SignatureContext,
  type SignedCall,
} from '../../src/contracts/signature-doctor/explain.ts'
import { fixLanguages } from '../../src/contracts/signature-doctor/fixes.ts'
import { hypotheses } from '../../src/contracts/signature-doctor/hypotheses/index.ts'

// The mistakes are made here by hand, in the plainest way, and share no code with the doctor.

type Params = Record<string, string>

const secret = 'helloworld'

const base: Params = {
  method: 'taobao.item.add',
  app_key: '12345678',
  session: 'test',
  timestamp: '2026-11-23 20:15:30',
  format: 'json',
  v: '2.0',
  sign_method: 'md5',
  title: '新款 智能手机',
  price: '2999.00',
  num: '100',
  desc: '<p class="a">全新国行 & 七天</p>',
  is_3D: 'true',
  is_taobao: 'true',
  'location.state': '浙江',
  desc_modules: '{"modules":[{"id":3.0,"name":"详情/图"}],"on":true}',
  outer_id: '',
}

const hash = (algorithm: string, text: string | Uint8Array) =>
  crypto.createHash(algorithm).update(text).digest('hex').toUpperCase()
const hmac = (algorithm: string, key: string, text: string) =>
  crypto.createHmac(algorithm, key).update(text).digest('hex').toUpperCase()
const md5 = (text: string | Uint8Array) => hash('md5', text)
const sorted = (params: Params) => Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1))
const flat = (entries: [string, string][]) => entries.map(([name, value]) => name + value).join('')
const joined = (params: Params) => flat(sorted(params))
const wrapped = (text: string) => md5(secret + text + secret)
const without = (params: Params, ...names: string[]) =>
  Object.fromEntries(Object.entries(params).filter(([name]) => !names.includes(name)))
const mapped = (params: Params, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(params).map(([name, value]) => [name, change(value)]))

const file = { name: 'image', fileName: 'phone.png', bytes: Buffer.from('\x89PNG…bytes') }
const json = '{"order":1,"name":"杯子"}'
const withBody = without(base, 'outer_id', 'desc', 'desc_modules')

interface Mistake {
  readonly what: string
  readonly id: string
  readonly sign: string
  readonly params?: Params
  readonly call?: Partial<SignedCall>
  readonly context?: Partial<SignatureContext>
  readonly parameter?: string
}

const one = (what: string, id: string, sign: string, more: Partial<Mistake> = {}): Mistake => ({
  what,
  id,
  sign,
  ...more,
})

const hmacBase: Params = { ...base, sign_method: 'hmac' }
const shaBase: Params = { ...base, sign_method: 'hmac-sha256' }
/** Here the ways to sort give different orders. */
const uneven: Params = { ...base, desc: '全新', isTop: 'true', is_top: 'false' }
const small: Params = without(base, 'desc', 'desc_modules', 'outer_id', 'is_taobao')

const mistakes: readonly Mistake[] = [
  one('MD5 where hmac is declared', 'md5-used', wrapped(joined(hmacBase)), { params: hmacBase }),
  one('HMAC-MD5 where md5 is declared', 'hmac-md5-used', hmac('md5', secret, joined(base))),
  one(
    'signed with sign_method=hmac, sent with md5',
    'hmac-md5-used',
    hmac('md5', secret, joined(hmacBase)),
  ),
  one(
    'HMAC-SHA256 where hmac is declared',
    'hmac-sha256-used',
    hmac('sha256', secret, joined(hmacBase)),
    { params: hmacBase },
  ),
  one(
    'an HMAC over secret + text + secret',
    'secret-in-hmac-text',
    hmac('md5', secret, secret + joined(hmacBase) + secret),
    { params: hmacBase },
  ),
  one(
    'key and text of an HMAC swapped',
    'hmac-key-swapped',
    hmac('sha256', joined(shaBase), secret),
    { params: shaBase },
  ),
  one('SHA-1', 'sha1-used', hash('sha1', secret + joined(base) + secret)),
  one('plain SHA-256', 'sha256-used', hash('sha256', secret + joined(shaBase) + secret), {
    params: shaBase,
  }),
  one('SHA-512', 'sha512-used', hash('sha512', secret + joined(base) + secret)),
  one('HMAC-SHA1', 'hmac-sha1-used', hmac('sha1', secret, joined(hmacBase)), { params: hmacBase }),
  one('HMAC-SHA512', 'hmac-sha512-used', hmac('sha512', secret, joined(shaBase)), {
    params: shaBase,
  }),
  one(
    'a sign_method in upper case',
    'sign-method-unknown',
    wrapped(joined({ ...base, sign_method: 'MD5' })),
    { params: { ...base, sign_method: 'MD5' }, parameter: 'sign_method' },
  ),
  one('no secret in front', 'secret-missing-in-front', md5(joined(base) + secret)),
  one('no secret at the end', 'secret-missing-at-end', md5(secret + joined(base))),
  one('no secret at all', 'secret-missing', md5(joined(base))),
  one('an empty HMAC key', 'secret-missing', hmac('md5', '', joined(hmacBase)), {
    params: hmacBase,
  }),
  one('a secret that is the text "null"', 'secret-missing', md5(`null${joined(base)}null`)),
  one(
    'a line break behind the secret',
    'secret-whitespace',
    md5(`${secret}\n${joined(base)}${secret}\n`),
  ),
  one(
    'a byte order mark before the secret',
    'secret-whitespace',
    md5(`\uFEFF${secret}${joined(base)}\uFEFF${secret}`),
  ),
  one(
    'the secret in upper case',
    'secret-case-changed',
    md5(secret.toUpperCase() + joined(base) + secret.toUpperCase()),
  ),
  one('the secret of another app', 'secret-of-another-app', md5(`other${joined(base)}other`), {
    context: { otherSecrets: new Map([['999', 'other']]) },
  }),
  one('the app key as the secret', 'not-the-secret', md5(`12345678${joined(base)}12345678`)),
  one(
    'names and values sorted together',
    'sorted-by-pair',
    wrapped(flat(Object.entries(uneven).sort((a, b) => (a.join('') < b.join('') ? -1 : 1)))),
    { params: uneven },
  ),
  one(
    'sorted by localeCompare',
    'sorted-by-locale',
    wrapped(flat(Object.entries(uneven).sort(([a], [b]) => a.localeCompare(b)))),
    { params: uneven },
  ),
  one('not sorted', 'not-sorted', wrapped(flat(Object.entries(base)))),
  one('sorted downwards', 'not-sorted', wrapped(flat(sorted(base).reverse()))),
  one(
    'the empty parameter left out',
    'empty-parameter-skipped',
    wrapped(joined(without(base, 'outer_id'))),
    { parameter: 'outer_id' },
  ),
  one(
    'the name of a file signed',
    'file-parameter-signed',
    wrapped(joined({ ...base, image: '' })),
    { call: { files: [file] }, parameter: 'image' },
  ),
  one(
    'the file name signed',
    'file-parameter-signed',
    wrapped(joined({ ...base, image: '@phone.png' })),
    { call: { files: [file] }, parameter: 'image' },
  ),
  one(
    'the content of a file signed',
    'file-parameter-signed',
    wrapped(joined({ ...base, image: file.bytes.toString() })),
    { call: { files: [file] } },
  ),
  one(
    'sign signed as an empty parameter',
    'sign-itself-signed',
    wrapped(joined({ ...base, sign: '' })),
    { parameter: 'sign' },
  ),
  one(
    'signed once more with the first sign in place',
    'sign-itself-signed',
    wrapped(joined({ ...base, sign: wrapped(joined(base)) })),
    { parameter: 'sign' },
  ),
  one('a body left out', 'body-missing', wrapped(joined(withBody)), {
    params: withBody,
    call: { body: json },
  }),
  one('a body in front', 'body-misplaced', wrapped(json + joined(withBody)), {
    params: withBody,
    call: { body: json },
  }),
  one(
    'a form appended',
    'body-appended',
    wrapped(`${joined(small)}${new URLSearchParams(small)}`),
    { params: small },
  ),
  one(
    'session added after signing',
    'parameter-added-after-signing',
    wrapped(joined(without(base, 'session'))),
    { parameter: 'session' },
  ),
  one(
    'four parameters added after signing',
    'parameter-added-after-signing',
    wrapped(joined(without(base, 'session', 'format', 'v', 'sign_method'))),
  ),
  one(
    'a value that begins with @ left out',
    'parameter-added-after-signing',
    wrapped(joined(base)),
    { params: { ...base, sell_point: '@home' }, parameter: 'sell_point' },
  ),
  one(
    'app_secret signed and not sent',
    'parameter-signed-not-sent',
    wrapped(joined({ ...base, app_secret: secret })),
    { parameter: 'app_secret' },
  ),
  one('a known session signed and not sent', 'parameter-signed-not-sent', wrapped(joined(base)), {
    params: without(base, 'session'),
    context: { sessions: ['test'] },
    parameter: 'session',
  }),
  one(
    'an empty optional parameter signed and not sent',
    'parameter-signed-not-sent',
    wrapped(joined({ ...base, props: '' })),
    { context: { knownParameters: ['props'] }, parameter: 'props' },
  ),
  one(
    'another format signed than sent',
    'parameter-changed-after-signing',
    wrapped(joined({ ...base, format: 'xml' })),
    { parameter: 'format' },
  ),
  one(
    'a dot signed as an underscore',
    'name-changed',
    wrapped(joined({ ...without(base, 'location.state'), location_state: '浙江' })),
    { parameter: 'location.state' },
  ),
  one(
    'UTF-8 read as Latin-1',
    'charset-latin1',
    wrapped(Buffer.from(joined(base)).toString('latin1')),
  ),
  one(
    'question marks for Chinese',
    'charset-latin1',
    wrapped(joined(base).replaceAll(/[^ -~]/g, '?')),
  ),
  one('UTF-16', 'charset-unicode', md5(Buffer.from(secret + joined(base) + secret, 'utf16le'))),
  one(
    'GBK',
    'charset-gbk',
    md5(
      Buffer.concat([
        Buffer.from(`${secret}nick`),
        Buffer.from([0xd5, 0xe3, 0xbd, 0xad]),
        Buffer.from(`sign_methodmd5${secret}`),
      ]),
    ),
    { params: { nick: '浙江', sign_method: 'md5' } },
  ),
  one(
    'UTF-8 read as GBK',
    'charset-gbk',
    wrapped(new TextDecoder('gbk').decode(Buffer.from(joined(small)))),
    { params: small },
  ),
  one(
    'k=v&k=v',
    'separators-left-in',
    wrapped(
      sorted(base)
        .map((pair) => pair.join('='))
        .join('&'),
    ),
  ),
  one(
    'k=v without &',
    'separators-left-in',
    wrapped(
      sorted(base)
        .map((pair) => pair.join('='))
        .join(''),
    ),
  ),
  one(
    'a JSON object',
    'separators-left-in',
    wrapped(JSON.stringify(Object.fromEntries(sorted(small)))),
    { params: small },
  ),
  one(
    'values without names',
    'names-or-values-left-out',
    wrapped(
      sorted(base)
        .map(([, value]) => value)
        .join(''),
    ),
  ),
  one('a path in front', 'text-prefixed', wrapped(`/router/rest${joined(base)}`)),
  one(
    'a plus for every blank',
    'plus-for-space',
    wrapped(joined(mapped(base, (value) => value.replaceAll(' ', '+')))),
  ),
  one(
    'some blanks that were plus signs',
    'plus-for-space',
    wrapped(joined({ ...base, title: 'C++ 语言' })),
    { params: { ...base, title: 'C   语言' } },
  ),
  one(
    'encodeURIComponent',
    'values-url-encoded',
    wrapped(joined(mapped(base, encodeURIComponent))),
  ),
  one(
    'URLSearchParams encoding',
    'values-url-encoded',
    wrapped(joined(mapped(base, (value) => new URLSearchParams({ a: value }).toString().slice(2)))),
  ),
  one('values that arrive encoded twice', 'values-url-encoded', wrapped(joined(small)), {
    params: mapped(small, (value) =>
      value === '新款 智能手机' ? encodeURIComponent(value) : value,
    ),
  }),
  one(
    'a timestamp of three seconds before',
    'timestamp-changed',
    wrapped(joined({ ...base, timestamp: '2026-11-23 20:15:27' })),
    { parameter: 'timestamp' },
  ),
  one(
    'a timestamp in UTC',
    'timestamp-changed',
    wrapped(joined({ ...base, timestamp: '2026-11-23 12:15:30' })),
    { parameter: 'timestamp' },
  ),
  one(
    'a timestamp in epoch milliseconds',
    'timestamp-changed',
    wrapped(joined({ ...base, timestamp: '1795436130000' })),
    { parameter: 'timestamp' },
  ),
  one('2999.0 for 2999.00', 'number-reformatted', wrapped(joined({ ...base, price: '2999.0' })), {
    parameter: 'price',
  }),
  one('1e2 for 100', 'number-reformatted', wrapped(joined({ ...base, num: '1e+02' })), {
    parameter: 'num',
  }),
  one(
    'JSON with blanks behind separators',
    'json-reserialised',
    wrapped(
      joined({
        ...base,
        desc_modules: '{"modules": [{"id": 3.0, "name": "详情/图"}], "on": true}',
      }),
    ),
    { parameter: 'desc_modules' },
  ),
  one(
    'JSON with \\u escapes',
    'json-reserialised',
    wrapped(
      joined({
        ...base,
        desc_modules: '{"modules":[{"id":3.0,"name":"\\u8be6\\u60c5\\/\\u56fe"}],"on":true}',
      }),
    ),
    { parameter: 'desc_modules' },
  ),
  one(
    '[object Object]',
    'json-reserialised',
    wrapped(joined({ ...base, desc_modules: '[object Object]' })),
    { parameter: 'desc_modules' },
  ),
  one(
    'a body written anew',
    'json-reserialised',
    wrapped(`${joined(withBody)}{"order": 1, "name": "杯子"}`),
    { params: withBody, call: { body: json } },
  ),
  one(
    'True for true',
    'value-reformatted',
    wrapped(joined({ ...base, is_3D: 'True', is_taobao: 'True' })),
  ),
  one('one boolean as 1', 'value-reformatted', wrapped(joined({ ...base, is_3D: '1' })), {
    parameter: 'is_3D',
  }),
  one(
    'HTML escaped',
    'value-reformatted',
    wrapped(
      joined({ ...base, desc: '&lt;p class=&quot;a&quot;&gt;全新国行 &amp; 七天&lt;/p&gt;' }),
    ),
    { parameter: 'desc' },
  ),
  one('CR LF for LF', 'value-reformatted', wrapped(joined({ ...base, desc: 'a\r\nb' })), {
    params: { ...base, desc: 'a\nb' },
    parameter: 'desc',
  }),
  one(
    'a blank behind a value',
    'value-trimmed',
    wrapped(joined({ ...base, title: `${base.title} ` })),
    { parameter: 'title' },
  ),
  one(
    'a value cut after ten characters',
    'value-truncated',
    wrapped(joined({ ...base, desc: (base.desc as string).slice(0, 10) })),
    { parameter: 'desc' },
  ),
  one(
    'bytes cut inside a character',
    'value-truncated',
    md5(
      Buffer.concat([
        Buffer.from(`${secret}desc`),
        Buffer.from('七天无理由退货').subarray(0, 10),
        Buffer.from(`sign_methodmd5${secret}`),
      ]),
    ),
    { params: { desc: '七天无理由退货', sign_method: 'md5' }, parameter: 'desc' },
  ),
  one('lower-case hex', 'lower-case-hex', wrapped(joined(base)).toLowerCase()),
  one(
    'base64 of the digest',
    'base64',
    Buffer.from(wrapped(joined(base)), 'hex').toString('base64'),
  ),
  one('base64 of the hex text', 'base64', Buffer.from(wrapped(joined(base))).toString('base64')),
  one('a line break behind the sign', 'sign-whitespace', `${wrapped(joined(base))}\n`),
  one(
    'dashes between the bytes',
    'hex-with-separators',
    wrapped(joined(base)).replaceAll(/..(?!$)/g, '$&-'),
  ),
  one('sixteen digits of the MD5', 'digest-truncated', wrapped(joined(base)).slice(8, 24)),
  one(
    'bytes extended by their sign',
    'sign-extended-bytes',
    wrapped(joined(base)).replaceAll(/([89A-F].)|(..)/g, (byte, high) =>
      high ? `FFFFFF${byte}` : byte,
    ),
  ),
]

/** A call whose digest has a byte below 0x10, so that dropped zeros show. */
const shortened = (() => {
  for (let num = 1; ; num++) {
    const params = { ...base, num: String(num) }
    const sign = wrapped(joined(params))
    const short = sign.replaceAll(/0(.)|(..)/g, '$1$2')
    if (short.length < 32 && short !== sign.replace(/^0/, '')) return { params, short }
  }
})()

function examine({ sign, params = base, call = {}, context = {} }: Omit<Mistake, 'what' | 'id'>) {
  return explainSignature(
    { params: { ...params, sign }, ...call },
    { appSecret: secret, ...context },
  )
}

describe('the signature doctor names', () => {
  it.each(mistakes)('$what: $id', (mistake) => {
    const { verdict, causes } = examine(mistake)
    expect(verdict).toBe('explained')
    expect(causes.map(({ id }) => id)).toEqual([mistake.id])
    if (mistake.parameter) expect(causes[0]?.parameter).toBe(mistake.parameter)
  })

  it('hex digits without their leading zeros: leading-zeros-dropped', () => {
    const { causes } = examine({ sign: shortened.short, params: shortened.params })
    expect(causes.map(({ id }) => id)).toEqual(['leading-zeros-dropped'])
  })

  it('every mistake that it knows, in this table', () => {
    const shown = new Set(mistakes.map(({ id }) => id))
    expect([...new Set(hypotheses.map(({ id }) => id))].filter((id) => !shown.has(id))).toEqual([])
  })
})

describe('a sign that is nearly right', () => {
  const right = wrapped(joined(base))
  it.each([
    ['one digit changed', `${right.slice(0, 9)}${right[9] === '0' ? '1' : '0'}${right.slice(10)}`],
    ['one digit missing', right.slice(0, 9) + right.slice(10)],
    ['two digits too many', `${right.slice(0, 9)}AB${right.slice(9)}`],
  ])('%s: sign-mistyped', (_, sign) => {
    expect(examine({ sign }).causes.map(({ id }) => id)).toEqual(['sign-mistyped'])
  })
})

describe('two mistakes at once', () => {
  const skipped = without(base, 'outer_id')
  const cases: readonly (readonly [string, readonly string[], string])[] = [
    [
      'session added, lower case',
      ['parameter-added-after-signing', 'lower-case-hex'],
      wrapped(joined(without(base, 'session'))).toLowerCase(),
    ],
    [
      'empty skipped, values encoded',
      ['empty-parameter-skipped', 'values-url-encoded'],
      wrapped(joined(mapped(skipped, encodeURIComponent))),
    ],
    [
      'HMAC used, not sorted',
      ['hmac-md5-used', 'not-sorted'],
      hmac('md5', secret, flat(Object.entries(base))),
    ],
    [
      'no secret at the end, k=v&k=v',
      ['secret-missing-at-end', 'separators-left-in'],
      md5(
        secret +
          sorted(base)
            .map((pair) => pair.join('='))
            .join('&'),
      ),
    ],
    [
      'a whole encoded query',
      ['separators-left-in', 'values-url-encoded'],
      wrapped(
        sorted(base)
          .map(([name, value]) => `${name}=${encodeURIComponent(value)}`)
          .join('&'),
      ),
    ],
    [
      'price and timestamp',
      ['timestamp-changed', 'number-reformatted'],
      wrapped(joined({ ...base, price: '2999', timestamp: '2026-11-23 20:15:29' })),
    ],
    [
      'line break behind the secret, base64',
      ['secret-whitespace', 'base64'],
      Buffer.from(md5(`${secret}\n${joined(base)}${secret}\n`), 'hex').toString('base64'),
    ],
  ]
  it.each(cases)('%s', (_, ids, sign) => {
    const { causes } = examine({ sign })
    expect(causes.map(({ id }) => id).sort()).toEqual([...ids].sort())
  })

  it('tells of two parameters added after signing as one cause', () => {
    const { causes } = examine({ sign: wrapped(joined(without(base, 'title', 'num'))) })
    expect(causes).toHaveLength(1)
    expect(causes[0]?.id).toBe('parameter-added-after-signing')
    for (const name of ['title', 'num']) expect(causes[0]?.detail.en).toContain(name)
  })
})

describe('what it answers', () => {
  const encoded = examine({ sign: wrapped(joined(mapped(base, encodeURIComponent))) })

  it('calls a right sign correct, in every form that a gateway takes', () => {
    expect(examine({ sign: wrapped(joined(base)) }).verdict).toBe('correct')
    const legacy = without(base, 'sign_method')
    for (const sign of [
      md5(secret + joined(legacy)),
      md5(joined(legacy) + secret),
      wrapped(joined(legacy)),
    ]) {
      expect(examine({ sign, params: legacy }).verdict).toBe('correct')
    }
    const lower = { sign: wrapped(joined(base)).toLowerCase(), context: { lenient: true } }
    expect(examine(lower).verdict).toBe('correct')
    const wrong = wrapped(joined(without(base, 'session'))).toLowerCase()
    const { causes } = examine({ sign: wrong, context: { lenient: true } })
    expect(causes.map(({ id }) => id)).toEqual(['parameter-added-after-signing'])
  })

  it('shows both strings, with {secret} in place of the secret', () => {
    expect(encoded.stringToSign).toBe(`{secret}${joined(base)}{secret}`)
    expect(encoded.theirString).toBe(`{secret}${joined(mapped(base, encodeURIComponent))}{secret}`)
    expect(encoded.expectedSign).toBe(wrapped(joined(base)))
  })

  it('shows the first bytes that differ', () => {
    const { at, ours, theirs } = encoded.difference ?? {
      at: 0,
      ours: { text: '', hex: '' },
      theirs: { text: '', hex: '' },
    }
    const a = Buffer.from(encoded.theirString ?? '')
    const b = Buffer.from(encoded.stringToSign)
    expect(a.subarray(0, at).equals(b.subarray(0, at))).toBe(true)
    expect(a[at]).not.toBe(b[at])
    expect(ours.hex).not.toBe(theirs.hex)
    expect(b.toString('hex')).toContain(ours.hex.replaceAll(' ', ''))
  })

  it('has a title and a detail in both languages, and a line in six', () => {
    for (const mistake of mistakes) {
      const { causes, fixes } = examine(mistake)
      for (const { title, detail } of causes) {
        for (const text of [title.en, title.zh, detail.en, detail.zh]) expect(text).toMatch(/\S{2}/)
        expect(title.zh).toMatch(/\p{Script=Han}/u)
        expect(detail.zh).toMatch(/\p{Script=Han}/u)
      }
      expect(Object.keys(fixes).sort()).toEqual([...fixLanguages].sort())
    }
  })

  it('never shows a secret, whatever was done with it', () => {
    for (const mistake of mistakes) {
      const {
        expectedSign: _,
        receivedSign: __,
        ...told
      } = examine({
        ...mistake,
        context: { otherSecrets: new Map([['999', 'other-secret']]), ...mistake.context },
      })
      expect(JSON.stringify(told)).not.toContain(secret)
      expect(JSON.stringify(told)).not.toContain('other-secret')
    }
  })
})

describe('it never guesses', () => {
  it('says of a sign that nothing reproduces that it is unexplained', () => {
    const { verdict, causes, theirString, stringToSign } = examine({ sign: md5('anything') })
    expect(verdict).toBe('unexplained')
    expect(causes).toEqual([])
    expect(theirString).toBeUndefined()
    expect(stringToSign).toBe(`{secret}${joined(base)}{secret}`)
  })

  it('names no cause for a sign of a value that nobody could guess', () => {
    const sign = wrapped(joined({ ...base, title: '别的商品', price: '5.55' }))
    expect(examine({ sign, context: { effort: 'single' } }).causes).toEqual([])
  })

  it('gives up on a call of megabytes rather than search for minutes', () => {
    const params = { ...base, desc: '长'.repeat(1_000_000) }
    expect(examine({ sign: md5('anything'), params }).verdict).toBe('unexplained')
  })

  it('is right about any parameter that was dropped, whatever the call', () => {
    const name = fc.stringMatching(/^[a-z][a-z_.]{0,12}$/).filter((text) => text !== 'sign')
    const value = fc
      .string({ minLength: 1, maxLength: 30, unit: 'grapheme' })
      .filter((text) => text.trim() !== '')
    fc.assert(
      fc.property(fc.dictionary(name, value, { minKeys: 1, maxKeys: 6 }), fc.nat(), (some, at) => {
        const params: Params = { ...some, app_key: '12345678', sign_method: 'md5' }
        const names = Object.keys(some)
        const dropped = names[at % names.length] as string
        const sign = wrapped(joined(without(params, dropped)))
        const { causes } = examine({ sign, params, context: { effort: 'single' } })
        expect(causes.map(({ id }) => id)).toEqual(['parameter-added-after-signing'])
        expect(causes[0]?.parameter).toBe(dropped)
      }),
      { numRuns: 60 },
    )
  })
})
