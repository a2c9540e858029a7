import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  defaultWorld,
  type ErrorKind,
  type Format,
  type PlatformError,
  type PlatformErrorName,
  type ProfileName,
  platformErrors,
  sign,
  timeGet,
} from '../../src/contracts/index.ts'
import { gateTable } from '../../src/server/gates/index.ts'
import { magicParameters } from '../../src/server/gates/request.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { defaultLimits } from '../../src/server/limits.ts'
import {
  bothProfiles,
  call,
  type Params,
  phone,
  type Reply,
  request,
  send,
  signedParams,
} from '../support/gateway.ts'
import { smallDisk } from '../support/small-disk.ts'

/** An error as the table says it is sent: worked out here anew, not by the code under test. */
interface Wanted {
  readonly reference: string
  readonly name: PlatformErrorName
  readonly texts: Readonly<Record<string, string>>
}

const rows = Object.entries(platformErrors) as [PlatformErrorName, PlatformError][]

function wanted(name: PlatformErrorName, row: PlatformError, kind?: string): Wanted {
  // A code with one kind of its own name has that kind's texts.
  const below: Partial<ErrorKind> = row.kinds?.[kind ?? name] ?? {}
  const values: Record<string, string | number> = { ...row.defaults, ...below.defaults }
  const filled = (text: string) => text.replaceAll(/\{(\w+)\}/g, (_, hole) => `${values[hole]}`)
  const subCode = below.sub_code === false ? undefined : (below.sub_code ?? kind)
  return {
    reference: kind === undefined ? String(row.code) : `${row.code}/${kind}`,
    name,
    texts: {
      msg: filled(below.msg ?? row.msg),
      ...(subCode !== undefined && { sub_code: subCode }),
      ...(below.sub_msg !== undefined && { sub_msg: filled(below.sub_msg) }),
    },
  }
}

const everyError = rows.flatMap(([name, row]) => [
  wanted(name, row),
  ...Object.keys(row.kinds ?? {})
    .filter((kind) => kind !== name)
    .map((kind) => wanted(name, row, kind)),
])

/** The article's spellings, spelt out. */
const inArticle: Partial<Record<PlatformErrorName, number | string>> = {
  'user-call-limited': 429,
  'session-call-limited': 429,
  'partner-call-limited': 429,
  'app-call-limited': 429,
  'app-call-exceeds-limited-frequency': 429,
  'missing-required-arguments': 'missing_parameter',
}
const codeOf = (profile: ProfileName, name: PlatformErrorName) =>
  profile === 'production'
    ? platformErrors[name].code
    : (inArticle[name] ?? name.replaceAll('-', '_'))

const forms: readonly { readonly format: Format; readonly simplify?: 'true' }[] = [
  { format: 'json' },
  { format: 'xml' },
  { format: 'json', simplify: 'true' },
]

const entities: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&' }
const unescaped = (text: string) =>
  text.replaceAll(/&(lt|gt|amp);/g, (_, name) => entities[name] ?? '')

/** The error of an answer with its texts as they are meant, and the request_id taken out. */
function errorIn(reply: Reply): Record<string, string | number> {
  if (!reply.error) throw new Error(`no error: ${reply.text}`)
  const { request_id, ...error } = reply.error
  expect(request_id).toMatch(/^[0-9a-z]{12}$/)
  if (reply.json) return error
  return Object.fromEntries(
    Object.entries(error).map(([name, value]) => [name, unescaped(String(value))]),
  )
}

const asSent = (format: Format, code: number | string) => (format === 'xml' ? String(code) : code)

/** Ways to ask, each with the call that asks. */
const ways: Readonly<
  Record<string, (gateway: Gateway, reference: string, form: Params) => Promise<Reply>>
> = {
  'the header': (gateway, reference, form) =>
    send(gateway, form, { headers: { 'x-localtop-error': reference } }),
  'a magic session': (gateway, reference, form) =>
    send(gateway, { ...form, session: `[[${reference}]]` }),
  'a magic app_key': (gateway, reference, form) =>
    send(gateway, { ...form, app_key: `[[${reference}]]` }),
  'a magic title': (gateway, reference, form) =>
    send(gateway, { ...form, title: `围巾 [[${reference}]] 红色` }),
  'a rule of a scenario': async (gateway, reference, form) => {
    gateway.scenarios.set([{ title: 't', rules: [{ then: { refuse: reference } }] }])
    const reply = await call(gateway, 'taobao.time.get', form, { session: null })
    gateway.scenarios.clear()
    return reply
  },
}

describe.each(bothProfiles)('%s: every error of the table comes on demand', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })

  it.each(everyError)('$reference', async ({ reference, name, texts }) => {
    for (const [way, ask] of Object.entries(ways)) {
      for (const { format, simplify } of forms) {
        const form = { format, ...(simplify && { simplify }) }
        const reply = await ask(gateway, reference, form)
        const want = { code: asSent(format, codeOf(profile, name)), ...texts }
        expect(errorIn(reply), `${way}, ${JSON.stringify(form)}`).toEqual(want)
        expect(Object.keys(errorIn(reply))).toEqual(Object.keys(want))
        expect(reply.status).toBe(200)
        expect(reply.headers.get('x-localtop-gate')).toBe(
          way === 'a rule of a scenario' ? 'faults' : 'forced-error',
        )
      }
    }
  })

  it('under its name as under its code', async () => {
    for (const { reference, name, texts } of everyError) {
      const named = reference.replace(/^\d+/, name)
      const reply = await send(gateway, { format: 'json', session: `[[${named}]]` })
      expect(errorIn(reply)).toEqual({ code: codeOf(profile, name), ...texts })
    }
  })
})

describe.each(bothProfiles)('%s: a magic value', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const code = (name: PlatformErrorName) => codeOf(profile, name)
  const explanationOf = (reply: Reply) =>
    gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')?.explanation.en

  it.each(magicParameters)(
    'is looked for in %s, and answered before any other check',
    async (name) => {
      const reply = await send(gateway, {
        format: 'json',
        [name]: '[[11/isv.permission-api-package-empty]]',
      })
      expect(reply.error?.sub_code).toBe('isv.permission-api-package-empty')
      expect(explanationOf(reply)).toContain(
        `${name} asked for 11/isv.permission-api-package-empty.`,
      )
    },
  )

  it.each(['desc', 'props', 'method', 'sign', 'partner_id', 'nick'])(
    'is not looked for in %s',
    async (name) => {
      const { error } = await send(gateway, { format: 'json', [name]: '[[53]]' })
      expect(error?.code).not.toBe(code('insufficient-security-level'))
    },
  )

  it('that is like a reference and is none is answered as 43, and explained', async () => {
    const reply = await send(gateway, { format: 'json', session: '[[27/nonsense]]' })
    expect(reply.error?.code).toBe(code('parameter-error'))
    expect(explanationOf(reply)).toContain('session: "nonsense" is no sub-code of 27')
  })

  it.each(['[[新品]] 茶杯', '[[2027]] 春款', '[[new arrival]] cup'])(
    'is not what a title has between brackets: %s is published',
    async (title) => {
      const reply = await call(gateway, 'taobao.item.add', { ...phone, title })
      expect(reply.error).toBeUndefined()
      const fields = { fields: 'title', num_iid: String(reply.answer.item.num_iid) }
      const read = await call(gateway, 'taobao.item.seller.get', fields)
      expect(read.answer.item.title).toBe(title)
    },
  )

  it('loses to the header, and the first parameter that asks wins', async () => {
    const asking = { format: 'json', session: '[[25]]', title: '[[23]]' }
    const both = await send(gateway, asking, { headers: { 'x-localtop-error': '22' } })
    expect(both.error?.code).toBe(code('invalid-method'))
    expect((await send(gateway, asking)).error?.code).toBe(code('invalid-signature'))
  })

  it('yields to a wrong verb and to a wrong encoding, without which nothing can be read', async () => {
    const put = await send(gateway, { format: 'json', session: '[[25]]' }, { verb: 'PUT' })
    expect(put.error?.code).toBe(code('http-action-not-allowed'))
    const body = 'format=json&title=%FF&session=%5B%5B25%5D%5D'
    const garbled = await request(gateway, formOf(body))
    expect(garbled.error?.code).toBe(code('invalid-encoding'))
  })

  it('changes nothing: the item of a call that asks for an error is not published', async () => {
    const title = '没有发布的 [[isp.remote-service-timeout]]'
    const refused = await call(gateway, 'taobao.item.add', { ...phone, title })
    expect(refused.error?.sub_code).toBe('isp.remote-service-timeout')
    const list = { fields: 'title', q: '没有发布的' }
    expect((await call(gateway, 'taobao.items.onsale.get', list)).answer.total_results).toBe(0)
  })

  it('is not counted by the call limit', async () => {
    const limited = createGateway({ profile, rateLimit: '1/min' })
    for (let at = 0; at < 3; at++) {
      const { error } = await call(limited, 'taobao.time.get', {}, { session: '[[10]]' })
      expect(error?.code).toBe(code('service-currently-unavailable'))
    }
    expect((await call(limited, 'taobao.time.get')).error).toBeUndefined()
  })

  it('names the seconds of a ban, and the parameter of 40 and 41', async () => {
    const asked = async (reference: string) =>
      (await send(gateway, { format: 'json', session: `[[${reference}]]` })).error
    expect(await asked('7/accesscontrol.limited-by-api-access-count?seconds=41')).toMatchObject({
      sub_msg: 'This ban will last for 41 more seconds',
    })
    expect((await asked('40?parameter=title'))?.msg).toBe('Missing required arguments:title')
    expect((await asked('41?parameter=cid'))?.msg).toBe('Invalid arguments:cid')
    expect((await asked('41?argument=cid'))?.code).toBe(code('parameter-error'))
  })

  it('that no reference was seen in is told of in the journal', async () => {
    const reply = await call(gateway, 'taobao.item.add', {
      ...phone,
      title: '[[invalid-sesion]] 杯',
    })
    const exchange = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
    expect(exchange?.notes).toContain(
      'title has "[[invalid-sesion]]", which is no reference of an error; it was taken for text',
    )
  })
})

describe('asked for, an error', () => {
  it('has the profile of the gateway where the app key is the magic value', async () => {
    const gateway = createGateway({ profile: 'guide' })
    const reply = await send(gateway, { app_key: '[[25]]' })
    expect(reply.json.error_response.code).toBe('invalid_signature')
  })

  it.each([
    ['40?parameter=title', 'msg', 'Missing required arguments:title'],
    ['429?seconds=3', 'sub_msg', 'This ban will last for 3 more seconds'],
    ['27/INVALID_PARAMS?token=%2A', 'sub_msg', 'INVALID_PARAMS:invalid AccessToken : *'],
  ] as const)(
    'has its blanks filled in by a rule and by the header: %s',
    async (reference, field, text) => {
      const gateway = createGateway({
        scenarios: [{ title: 't', rules: [{ then: { refuse: reference } }] }],
      })
      expect((await call(gateway, 'taobao.time.get')).error?.[field]).toBe(text)
      const headers = { 'x-localtop-error': reference }
      expect((await send(gateway, { format: 'json' }, { headers })).error?.[field]).toBe(text)
    },
  )

  it('with a blank that it does not have is no rule of a scenario', () => {
    const rules = [{ then: { refuse: '40?param=title' } }]
    expect(() => createGateway({ scenarios: [{ title: 't', rules }] })).toThrow(
      'which is no blank of this error; it has parameter',
    )
  })

  it('names the seconds in a header with --http-status semantic', async () => {
    const gateway = createGateway({ httpStatus: 'semantic' })
    const reply = await send(gateway, { format: 'json', session: '[[429?seconds=7]]' })
    expect(reply.status).toBe(429)
    expect(reply.headers.get('retry-after')).toBe('7')
  })

  it('has the code that the called method declares for the sub-code', async () => {
    const errors = {
      'isv.own:x': { meaning: '', sub_msg: '自有', code: 540, fidelity: 'assumed', source: 'test' },
    } as const
    const contract = { ...timeGet, name: 'test.own', errors }
    const gateway = createGateway({
      profile: 'production',
      methods: [{ contract, handler: () => ({}) }],
    })
    const asking = { format: 'json', method: 'test.own', session: '[[isv.own:x]]' }
    expect((await send(gateway, asking)).error).toMatchObject({ code: 540, sub_msg: '自有' })
    const elsewhere = await send(gateway, { ...asking, method: 'taobao.time.get' })
    expect(elsewhere.error).toMatchObject({ code: 15, sub_code: 'isv.own:x' })
  })
})

const formOf = (body: string) =>
  new Request('http://localhost/router/rest', {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body,
  })

describe.each(bothProfiles)('%s: an error that the gateway models', (profile) => {
  const world = {
    ...defaultWorld,
    sessions: [
      ...(defaultWorld.sessions ?? []),
      { session: 'revoked', app_key: '12345678', seller: '本地小店', revoked: true },
      {
        session: 'unable-to-read',
        app_key: '12345678',
        seller: '本地小店',
        r1_expires: '2015-12-31 23:59:59',
      },
    ],
  }
  const gateway = createGateway({ profile, world, rateLimit: 'off' })
  const get = 'taobao.item.seller.get'
  const scarf = { fields: 'title', num_iid: '11223344' }
  const folder = mkdtempSync(join(tmpdir(), 'localtop-errors-'))
  const disk = smallDisk()
  const stored = createGateway({ profile, store: 'file', data: folder, files: disk })
  beforeAll(() => stored.ready())
  afterAll(async () => {
    await stored.close()
    rmSync(folder, { recursive: true })
  })

  /** A good call with parameters changed, or left out where they are `undefined`, and signed after that. */
  function changed(changes: Readonly<Record<string, string | undefined>>): Promise<Reply> {
    const all = Object.entries({ ...signedParams(gateway, get, scarf), ...changes })
    const kept = Object.fromEntries(
      all.filter((entry): entry is [string, string] => entry[1] !== undefined),
    )
    return send(
      gateway,
      'sign' in changes ? kept : { ...kept, sign: sign(kept, 'helloworld', 'md5') },
    )
  }

  /** What really brings each about. A gate that declares another error, or one less, must change this table. */
  const causes: Readonly<Record<string, () => Promise<Reply>>> = {
    'http-action-not-allowed': () => send(gateway, { format: 'json' }, { verb: 'DELETE' }),
    'invalid-encoding': () => request(gateway, formOf('format=json&title=%CA%D6%BB%FA')),
    'remote-service-error/isp.top-parse-error': () =>
      request(
        gateway,
        new Request('http://localhost/router/rest?format=json', {
          method: 'POST',
          body: new Uint8Array(defaultLimits.bodyBytes + 1),
        }),
      ),
    'missing-method': () => changed({ method: undefined }),
    'missing-app-key': () => changed({ app_key: undefined }),
    'invalid-app-key/isv.appkey-not-exists': () => changed({ app_key: 'nobody' }),
    'missing-version': () => changed({ v: undefined }),
    'invalid-version': () => changed({ v: 'two' }),
    'unsupported-version': () => changed({ v: '1.0' }),
    'invalid-format': () => changed({ format: 'yaml' }),
    'missing-timestamp': () => changed({ timestamp: undefined }),
    'invalid-timestamp': () => changed({ timestamp: '2016-01-01 12:00:00' }),
    'missing-signature': () => changed({ sign: undefined }),
    'invalid-signature': () => changed({ sign: '0'.repeat(32) }),
    'invalid-method': () => changed({ method: 'taobao.nothing.here' }),
    'insufficient-isv-permissions/isv.permission-api-package-limit': () =>
      call(gateway, 'taobao.item.add', phone, {
        app: '23456789',
        secret: 'few-grants-secret',
        session: 'test-few-grants',
      }),
    'app-call-limited/accesscontrol.limited-by-app-access-count': async () => {
      const limited = createGateway({ profile, rateLimit: '1/min' })
      await call(limited, 'taobao.time.get')
      return call(limited, 'taobao.time.get')
    },
    'missing-session': () => changed({ session: undefined }),
    'invalid-session/session-is-blank': () => changed({ session: '' }),
    'invalid-session/invalid-sessionkey': () => changed({ session: 'nobody' }),
    'invalid-session/sessionkey-not-generated-by-server': () =>
      changed({ session: 'YOUR_SESSION_TOKEN' }),
    'invalid-session/session-not-exist': () => changed({ session: 'revoked' }),
    'invalid-session/session-expired': () => changed({ session: 'test-expired' }),
    'insufficient-session-permissions': () => changed({ session: 'unable-to-read' }),
    'missing-required-arguments': () => changed({ num_iid: undefined }),
    'invalid-arguments': () => changed({ num_iid: 'x' }),
    'remote-service-error/isp.internal-error': () =>
      call(
        createGateway({ profile, methods: [{ contract: timeGet, handler: () => ({}) }] }),
        'taobao.time.get',
      ),
    'remote-service-error/isp.remote-service-error': async () => {
      disk.room = 0
      return call(stored, 'taobao.item.add', phone)
    },
  }

  it('has a cause in this table', () => {
    const declared = gateTable().flatMap(({ errors }) => errors)
    expect(Object.keys(causes).sort()).toEqual([...declared].sort())
  })

  const modelled = gateTable().flatMap(({ name, errors }) =>
    errors.map((error) => [error as string, name] as const),
  )

  it.each(modelled)('%s comes by its real cause, at the gate "%s"', async (error, gate) => {
    const [name, kind] = error.split('/') as [PlatformErrorName, string?]
    const row: PlatformError = platformErrors[name]
    const below: Partial<ErrorKind> = row.kinds?.[kind ?? name] ?? {}
    const cause = causes[error]
    if (!cause) throw new Error(`nothing causes ${error}`)
    const reply = await cause()
    const { code, msg, sub_code, sub_msg } = errorIn(reply)
    // An unknown format is answered in the default one.
    expect(String(code)).toBe(String(codeOf(profile, name)))
    expect(msg).toMatch(asPattern(below.msg ?? row.msg))
    expect(sub_code).toBe(kind)
    // The platform's table has no words for a store that cannot be written; the gateway says why.
    const words = error in ownWords ? ownWords[error] : below.sub_msg
    if (words === undefined) expect(sub_msg).toBeUndefined()
    else expect(sub_msg).toMatch(asPattern(words))
    expect(reply.headers.get('x-localtop-gate')).toBe(gate)
    expect(reply.status).toBe(200)
  })
})

/** A text whose blanks may hold anything. */
const asPattern = (text: string) =>
  new RegExp(
    `^${text
      .split(/\{\w+\}/)
      .map((part) => part.replaceAll(/[.*+?^$()|[\]\\]/g, '\\$&'))
      .join('.+')}$`,
  )

const ownWords: Readonly<Record<string, string>> = {
  'remote-service-error/isp.remote-service-error':
    'the store cannot be written: the disk is full (ENOSPC)',
}
