import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { canonicalString, defaultWorld, sign, type WorldSeed } from '../../src/contracts/index.ts'
import { createGateway } from '../../src/server/index.ts'
import {
  bothProfiles,
  call,
  codeIn,
  type Params,
  phone,
  type Reply,
  send,
  signedParams,
} from '../support/gateway.ts'

const md5 = (text: string) => createHash('md5').update(text).digest('hex').toUpperCase()
const get = 'taobao.item.seller.get'
const scarf = { fields: 'num_iid,title', num_iid: '11223344' }
const minutes = 60_000

describe.each(bothProfiles)('%s: what every call must carry', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const code = (number: Parameters<typeof codeIn>[1]) => codeIn(profile, number)
  /** A good call with some of its parameters replaced or (`undefined`) left out, signed after that. */
  function changed(changes: Record<string, string | undefined>): Params {
    const all = { ...signedParams(gateway, get, scarf), ...changes }
    const kept = Object.fromEntries(
      Object.entries(all).filter((entry): entry is [string, string] => entry[1] !== undefined),
    )
    return 'sign' in changes ? kept : { ...kept, sign: sign(kept, 'helloworld', 'md5') }
  }

  it('answers a call that carries it all', async () => {
    const reply = await send(gateway, changed({}))
    expect(reply.status).toBe(200)
    expect(reply.answer.item).toEqual({ num_iid: 11223344, title: '手工编织羊毛围巾' })
    expect(reply.headers.get('x-localtop-gate')).toBe('passed')
  })

  it.each([
    ['method', 21],
    ['app_key', 28],
    ['timestamp', 30],
    ['v', 32],
    ['sign', 24],
  ] as const)('refuses a call without %s, or with a blank one, as %i', async (name, expected) => {
    expect((await send(gateway, changed({ [name]: undefined }))).error?.code).toBe(code(expected))
    expect((await send(gateway, changed({ [name]: '' }))).error?.code).toBe(code(expected))
  })

  it('refuses a call without a session as 26, and with a blank one as 27', async () => {
    expect((await send(gateway, changed({ session: undefined }))).error?.code).toBe(code(26))
    const blank = await send(gateway, changed({ session: '' }))
    expect(blank.error).toMatchObject({ code: code(27), sub_code: 'session-is-blank' })
  })

  it('answers a GET as it does a POST', async () => {
    const reply = await send(gateway, changed({}), { verb: 'GET' })
    expect(reply.answer.item).toEqual({ num_iid: 11223344, title: '手工编织羊毛围巾' })
  })

  it('answers in the default format where none is asked for', async () => {
    const reply = await send(gateway, changed({ format: undefined }))
    expect(reply.headers.get('content-type')).toBe(
      profile === 'guide' ? 'text/javascript;charset=UTF-8' : 'text/xml;charset=UTF-8',
    )
    expect(reply.text).toContain('手工编织羊毛围巾')
  })

  it.each(['json', 'xml'] as const)('answers in %s where that is asked for', async (format) => {
    const reply = await call(gateway, get, scarf, { format })
    expect(reply.headers.get('content-type')).toBe(
      `text/${format === 'json' ? 'javascript' : 'xml'};charset=UTF-8`,
    )
    expect(reply.text.startsWith(format === 'json' ? '{"item_seller' : '<?xml')).toBe(true)
  })

  it.each([
    ['an unknown method', { method: 'taobao.nothing.here' }, 22],
    ['a name that objects inherit as the method', { method: 'toString' }, 22],
    ['a wrong sign', { sign: '0'.repeat(32) }, 25],
    ['an unknown sign_method', { sign_method: 'rot13' }, 25],
    ['an unknown session', { session: 'nobody' }, 27],
    ['an unknown app key', { app_key: 'nobody' }, 29],
    ['a timestamp that is none', { timestamp: 'yesterday' }, 31],
    ['a day that the calendar lacks', { timestamp: '2016-02-30 12:00:00' }, 31],
    ['a version that is none', { v: 'two' }, 33],
    ['another version', { v: '1.0' }, 34],
    ['a version of more digits', { v: '10.12' }, 34],
    ['what begins as a version does', { v: '1.0x' }, 33],
    ['what ends as a version does', { v: 'x1.0' }, 33],
  ] as const)('refuses %s', async (_, changes, expected) => {
    const { error } = await send(gateway, changed(changes))
    expect(error?.code).toBe(code(expected))
  })

  it('refuses an unknown format, in the format that it answers by default', async () => {
    const reply = await send(gateway, changed({ format: 'yaml' }))
    expect(String(reply.error?.code)).toBe(String(code(23)))
    expect(reply.headers.get('content-type')).toContain(profile === 'guide' ? 'javascript' : 'xml')
  })

  it('refuses a method that the app has no grant for, and answers one that it has', async () => {
    const few = { app: '23456789', secret: 'few-grants-secret', session: 'test-few-grants' }
    const refused = await call(gateway, 'taobao.item.add', phone, few)
    expect(refused.error).toMatchObject({
      code: code(11),
      sub_code: 'isv.permission-api-package-limit',
    })
    expect((await call(gateway, 'taobao.time.get', {}, few)).error).toBeUndefined()
    const family = await call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid' }, few)
    expect(family.answer.total_results).toBe(2)
  })

  it.each(['PUT', 'DELETE', 'PATCH', 'OPTIONS'])('refuses %s as 9', async (verb) => {
    const reply = await send(gateway, changed({}), { verb })
    expect(reply.status).toBe(200)
    expect(reply.error?.code).toBe(code(9))
  })

  it('takes parameters from query and body together', async () => {
    const { method, app_key, ...others } = changed({}) as Record<'method' | 'app_key', string>
    const response = await gateway.fetch(
      new Request(`http://localhost/router/rest?${new URLSearchParams({ method, app_key })}`, {
        method: 'POST',
        body: new URLSearchParams(others),
      }),
    )
    expect(await response.text()).toContain('手工编织羊毛围巾')
  })

  it('writes every error with code, msg and request_id, and success as the profile does', async () => {
    const { json } = await send(gateway, { format: 'json' })
    expect(Object.keys(json)).toEqual(['error_response'])
    expect(json.error_response).toMatchObject({
      msg: 'Missing method',
      request_id: expect.stringMatching(/^[0-9a-z]{12}$/),
    })
    const { answer } = await send(gateway, changed({}))
    expect(answer.code).toBe(profile === 'guide' ? 0 : undefined)
    expect(Object.keys(answer).at(-1)).toBe('request_id')
  })
})

describe.each(bothProfiles)('%s: the order of the checks', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const code = (number: Parameters<typeof codeIn>[1]) => codeIn(profile, number)

  it('answers an empty call with the missing method', async () => {
    const reply = await send(gateway, { format: 'json' })
    expect(reply.error?.code).toBe(code(21))
    expect(reply.headers.get('x-localtop-gate')).toBe('method-present')
  })

  it('answers an unknown key before anything else that is wrong with the call', async () => {
    const { error } = await send(gateway, { method: 'nothing', app_key: 'nobody', format: 'json' })
    expect(error?.code).toBe(code(29))
  })

  it('answers a bad sign before missing arguments, an unknown method and a bad session', async () => {
    const params = signedParams(gateway, 'taobao.item.add', {}, { session: 'nobody' })
    expect((await send(gateway, { ...params, sign: 'BAD' })).error?.code).toBe(code(25))
    expect((await send(gateway, { ...params, method: 'nothing' })).error?.code).toBe(code(25))
  })

  it('answers a bad session before missing arguments', async () => {
    const { error } = await call(gateway, 'taobao.item.add', {}, { session: 'nobody' })
    expect(error?.code).toBe(code(27))
  })

  it('answers a missing argument before one that cannot be read, and names it', async () => {
    const { title: _, ...untitled } = phone
    const missing = await call(gateway, 'taobao.item.add', { ...untitled, num: '1.5' })
    expect(missing.error).toMatchObject({
      code: code(40),
      msg: 'Missing required arguments:title',
    })
    const unreadable = await call(gateway, 'taobao.item.add', { ...phone, num: '1.5' })
    expect(unreadable.error).toMatchObject({ code: code(41), msg: 'Invalid arguments:num' })
  })
})

describe.each(bothProfiles)('%s: signatures', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })

  it.each(['md5', 'hmac', 'hmac-sha256', null] as const)(
    'accepts sign_method %s',
    async (signMethod) => {
      expect((await call(gateway, get, scarf, { signMethod })).error).toBeUndefined()
    },
  )

  const notesOf = (reply: Reply) =>
    gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')?.notes

  it.each([
    ['in front only', (text: string) => md5(`helloworld${text}`)],
    ['behind only', (text: string) => md5(`${text}helloworld`)],
    ['in front and behind', (text: string) => md5(`helloworld${text}helloworld`)],
  ])(
    'accepts, without sign_method, MD5 with the secret %s, and notes it',
    async (where, legacy) => {
      const { sign: _, ...params } = signedParams(gateway, get, scarf, { signMethod: null })
      const reply = await send(gateway, { ...params, sign: legacy(canonicalString(params)) })
      expect(reply.error).toBeUndefined()
      expect(notesOf(reply)).toEqual([
        `sign_method is documented as required; without one the sign was accepted as MD5 with the secret ${where}`,
      ])
    },
  )

  it('accepts, under an unknown sign_method, MD5 with the secret in front only, and notes it', async () => {
    const { sign: _, ...signed } = signedParams(gateway, get, scarf)
    const params = { ...signed, sign_method: 'openerp' }
    const text = canonicalString(params)
    const reply = await send(gateway, { ...params, sign: md5(`helloworld${text}`) })
    expect(reply.error).toBeUndefined()
    expect(notesOf(reply)).toEqual([
      'sign_method was "openerp", which is none; the sign was accepted as MD5 with the secret in front only',
    ])
    for (const other of [`${text}helloworld`, `helloworld${text}helloworld`]) {
      const refused = await send(gateway, { ...params, sign: md5(other) })
      expect(refused.error?.code).toBe(codeIn(profile, 25))
      expect(notesOf(refused)).toEqual([])
    }
  })

  it('notes nothing of a sign that is made as documented', async () => {
    expect(notesOf(await call(gateway, get, scarf))).toEqual([])
  })

  it('refuses the secret in front only where sign_method is md5', async () => {
    const { sign: _, ...params } = signedParams(gateway, get, scarf)
    const legacy = md5(`helloworld${canonicalString(params)}`)
    expect((await send(gateway, { ...params, sign: legacy })).error?.code).toBe(codeIn(profile, 25))
  })

  it('refuses another method than the one declared', async () => {
    const { sign: _, ...params } = signedParams(gateway, get, scarf, { signMethod: 'hmac' })
    const reply = await send(gateway, { ...params, sign: sign(params, 'helloworld', 'md5') })
    expect(reply.error?.code).toBe(codeIn(profile, 25))
  })

  it('refuses the secret of another app', async () => {
    const { error } = await call(gateway, get, scarf, { secret: 'YOUR_SECRET_KEY' })
    expect(error?.code).toBe(codeIn(profile, 25))
  })

  it('refuses a parameter that was added after signing, whether the method knows it or not', async () => {
    const params = signedParams(gateway, get, scarf)
    const reply = await send(gateway, { ...params, utm_source: 'mail' })
    expect(reply.error?.code).toBe(codeIn(profile, 25))
    const signed = await call(gateway, get, { ...scarf, utm_source: 'mail' })
    expect(signed.error).toBeUndefined()
  })

  it('signs empty values as the bare name', async () => {
    expect((await call(gateway, get, { ...scarf, partner_id: '' })).error).toBeUndefined()
  })

  it(`${profile === 'guide' ? 'accepts' : 'refuses'} lower-case hex`, async () => {
    const { sign: given = '', ...params } = signedParams(gateway, get, scarf)
    const { error } = await send(gateway, { ...params, sign: given.toLowerCase() })
    expect(error?.code).toBe(profile === 'guide' ? undefined : 25)
  })

  it(`${profile === 'guide' ? 'accepts' : 'refuses'} the article's order, sorted by name and value`, async () => {
    const { sign: _, ...params } = signedParams(gateway, 'taobao.item.add', {
      ...phone,
      desc: '全新国行',
      desc_modules: '[]',
    })
    const byPair = Object.entries(params)
      .map(([name, value]) => name + value)
      .sort()
      .join('')
    expect(byPair).not.toBe(canonicalString(params))
    const reply = await send(gateway, { ...params, sign: md5(`helloworld${byPair}helloworld`) })
    expect(reply.error?.code).toBe(profile === 'guide' ? undefined : 25)
  })
})

describe.each(bothProfiles)('%s: timestamps', (profile) => {
  const noon = Date.parse('2016-01-01T12:00:00+08:00')
  const wall = Date.parse('2026-11-23T18:00:00+08:00')
  const frozen = () => {
    const gateway = createGateway({ profile, wall: () => wall })
    gateway.clock.freeze('2016-01-01 12:00:00')
    return gateway
  }
  const refused = codeIn(profile, 31)

  it.each([
    '2016-01-01 11:50:01',
    '2016-01-01 11:50:00',
    '2016-01-01 12:00:00',
    '2016-01-01 12:09:59',
    '2016-01-01 12:10:00',
  ])('accepts %s at 2016-01-01 12:00:00', async (timestamp) => {
    expect((await call(frozen(), get, scarf, { timestamp })).error).toBeUndefined()
  })

  it.each([
    '2016-01-01 11:49:59',
    '2016-01-01 12:10:01',
    '2016-01-01 04:00:00',
    '2017-01-01 12:00:00',
  ])('refuses %s at 2016-01-01 12:00:00', async (timestamp) => {
    expect((await call(frozen(), get, scarf, { timestamp })).error?.code).toBe(refused)
  })

  it('refuses a timestamp eleven minutes old', async () => {
    const gateway = createGateway({ profile, wall: () => wall })
    const old = await call(gateway, get, scarf, { timestamp: '2026-11-23 17:49:00' })
    expect(old.error?.code).toBe(refused)
    const recent = await call(gateway, get, scarf, { timestamp: '2026-11-23 17:51:00' })
    expect(recent.error).toBeUndefined()
  })

  it('accepts epoch seconds and milliseconds, within the same ten minutes', async () => {
    const gateway = frozen()
    for (const timestamp of [String(noon), String(noon / 1000), String(noon - 9 * minutes)]) {
      expect((await call(gateway, get, scarf, { timestamp })).error).toBeUndefined()
    }
    for (const timestamp of [String(noon - 11 * minutes), String(noon / 1000 + 660)]) {
      expect((await call(gateway, get, scarf, { timestamp })).error?.code).toBe(refused)
    }
  })

  it('accepts the wall clock once the clock has been moved, not before', async () => {
    const gateway = createGateway({ profile, wall: () => wall })
    gateway.clock.freeze('2016-01-01 12:00:00')
    const now = { timestamp: '2026-11-23 18:00:30' }
    expect((await call(gateway, get, scarf, now)).error).toBeUndefined()
    const stale = await call(gateway, get, scarf, { timestamp: '2026-11-23 17:49:00' })
    expect(stale.error?.code).toBe(refused)
    await gateway.reset()
    const virtual = await call(gateway, get, scarf, { timestamp: '2016-01-01 12:00:00' })
    expect(virtual.error?.code).toBe(refused)
  })

  it('takes a narrower window where the option says so', async () => {
    const narrow = createGateway({ profile, wall: () => wall, timestampWindow: '30s' })
    for (const [timestamp, words] of [
      ['2026-11-23 17:59:29', '31 s behind'],
      ['2026-11-23 18:01:59', '119 s ahead of'],
      ['2026-11-23 18:02:00', '2 min ahead of'],
    ] as const) {
      const { error } = await call(narrow, get, scarf, { timestamp })
      expect(error?.code).toBe(refused)
      const [newest] = narrow.exchanges.list({ limit: 1 })
      expect(narrow.exchanges.find(newest?.id ?? '')?.explanation.en).toContain(
        `timestamp ${timestamp} is ${words} the gateway's 2026-11-23 18:00:00 (GMT+8); 30 s are allowed.`,
      )
    }
    const near = await call(narrow, get, scarf, { timestamp: '2026-11-23 18:00:30' })
    expect(near.error).toBeUndefined()
  })

  it('takes a wider window, or any time, where the option says so', async () => {
    const utc = { timestamp: '2026-11-23 10:00:00' }
    const wide = createGateway({ profile, wall: () => wall, timestampWindow: '9h' })
    expect((await call(wide, get, scarf, utc)).error).toBeUndefined()
    const older = await call(wide, get, scarf, { timestamp: '2026-11-23 08:59:59' })
    expect(older.error?.code).toBe(refused)
    expect(wide.exchanges.find('2')?.explanation.en).toContain('9 h are allowed')
    const any = createGateway({ profile, wall: () => wall, timestampWindow: 'off' })
    const ancient = await call(any, get, scarf, { timestamp: '1999-01-01 00:00:00' })
    expect(ancient.error).toBeUndefined()
    const none = await call(any, get, scarf, { timestamp: 'yesterday' })
    expect(none.error?.code).toBe(refused)
    expect(() => createGateway({ timestampWindow: '-1m' })).toThrow('timestampWindow was "-1m"')
  })
})

describe.each(bothProfiles)('%s: sessions', (profile) => {
  const world: WorldSeed = {
    ...defaultWorld,
    sessions: [
      ...(defaultWorld.sessions ?? []),
      { session: 'revoked', app_key: '12345678', seller: '本地小店', revoked: true },
      {
        session: 'until-noon',
        app_key: '12345678',
        seller: '本地小店',
        expires: '2016-01-01 12:00:00',
      },
      {
        session: 'writes-until-noon',
        app_key: '12345678',
        seller: '本地小店',
        w1_expires: '2016-01-01 12:00:00',
      },
    ],
  }
  const gateway = createGateway({ profile, world, rateLimit: 'off' })

  it.each([
    ['unknown', 'nobody', 'invalid-sessionkey', 'Invalid session'],
    ['expired', 'test-expired', 'session-expired', 'Invalid session:session-expired'],
    ['revoked', 'revoked', 'session-not-exist', 'Invalid session:session-not-exist'],
    [
      "another app's",
      'YOUR_SESSION_TOKEN',
      'sessionkey-not-generated-by-server',
      'Invalid session',
    ],
  ])('refuses an %s session', async (_, session, sub_code, msg) => {
    const { error } = await call(gateway, get, scarf, { session })
    expect(error).toMatchObject({ code: codeIn(profile, 27), sub_code, msg })
  })

  it('ends a session at the second that it names', async () => {
    const own = createGateway({ profile, world })
    own.clock.freeze('2016-01-01 11:59:59')
    const until = { session: 'until-noon' }
    expect((await call(own, get, scarf, until)).error).toBeUndefined()
    own.clock.advance('1s')
    expect((await call(own, get, scarf, until)).error?.sub_code).toBe('session-expired')
  })

  it('ends a level of a session at the second that it names, and that level only', async () => {
    const own = createGateway({ profile, world })
    own.clock.freeze('2016-01-01 11:59:59')
    const until = { session: 'writes-until-noon' }
    expect((await call(own, 'taobao.item.add', phone, until)).error).toBeUndefined()
    own.clock.advance('1s')
    expect((await call(own, 'taobao.item.add', phone, until)).error?.code).toBe(codeIn(profile, 42))
    expect((await call(own, get, scarf, until)).error).toBeUndefined()
  })

  it("names the app and the user of another app's session", async () => {
    const { error } = await call(
      gateway,
      'taobao.time.get',
      {},
      {
        app: '23456789',
        secret: 'few-grants-secret',
        session: 'test-neighbour',
      },
    )
    expect(error?.sub_msg).toMatch(/appKey is : 23456789 , user id is : \d+$/)
    expect(error?.sub_msg).not.toContain('100000001')
  })

  it('refuses a bad session even where the method needs none', async () => {
    const none = await call(gateway, 'taobao.time.get', {}, { session: null })
    expect(none.answer.time).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/)
    const bad = await call(gateway, 'taobao.time.get', {}, { session: 'nobody' })
    expect(bad.error?.code).toBe(codeIn(profile, 27))
  })

  it('publishes nothing for a session that it refuses', async () => {
    const own = createGateway({ profile, world })
    await call(own, 'taobao.item.add', phone, { session: 'test-expired' })
    const { answer } = await call(own, 'taobao.items.onsale.get', { fields: 'num_iid' })
    expect(answer.total_results).toBe(2)
  })
})

describe.each(bothProfiles)('%s: errors on demand', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const forced = (value: string) =>
    send(gateway, { format: 'json' }, { headers: { 'x-localtop-error': value } })

  it.each([
    ['27/session-expired', 27, 'session-expired'],
    ['invalid-session/session-expired', 27, 'session-expired'],
    ['25', 25, undefined],
    ['429', 7, 'accesscontrol.limited-by-app-access-count'],
    ['isp.remote-service-timeout', 15, 'isp.remote-service-timeout'],
    ['15/isv.anything-at-all', 15, 'isv.anything-at-all'],
  ] as const)(
    'answers x-localtop-error: %s without any other check',
    async (value, number, sub_code) => {
      const reply = await forced(value)
      expect(reply.error?.code).toBe(codeIn(profile, number))
      expect(reply.error?.sub_code).toBe(sub_code)
      expect(reply.headers.get('x-localtop-gate')).toBe('forced-error')
    },
  )

  it.each([
    'nonsense',
    '',
    '99999',
    '27/nonsense',
    'toString',
    'constructor',
    '__proto__',
    '27/constructor',
  ])('answers 43 for "%s", which is no error', async (value) => {
    const { error } = await forced(value)
    expect(error?.code).toBe(codeIn(profile, 43))
  })
})
