import { describe, expect, it } from 'vitest'
import { defaultWorld, sign, timeGet } from '../../src/contracts/index.ts'
import { createGateway } from '../../src/server/index.ts'
import {
  type Caller,
  call,
  type Params,
  phone,
  type Reply,
  request,
  send,
  signedParams,
} from '../support/gateway.ts'

const seller = '本地小店'
const gateway = createGateway({
  profile: 'production',
  rateLimit: 'off',
  limits: { bodyBytes: 3000, parameters: 100, batchCalls: 2 },
  wall: () => Date.parse('2016-01-01T12:00:00+08:00'),
  world: {
    ...defaultWorld,
    apps: [
      ...(defaultWorld.apps ?? []),
      { app_key: 'granted-nothing', app_secret: 's', grants: [] },
      { app_key: 'granted-two', app_secret: 's', grants: ['taobao.item.addx', 'taobao.items.*'] },
      { app_key: 'sixth', app_secret: 's' },
    ],
    sessions: [
      ...(defaultWorld.sessions ?? []),
      { session: 'ended', app_key: '12345678', seller, expires: '2016-01-01 12:00:00' },
      { session: 'reads', app_key: '12345678', seller, w1_expires: '2016-01-01 12:00:00' },
    ],
  },
})
const get = 'taobao.item.seller.get'
const scarf = { fields: 'num_iid,title', num_iid: '11223344' }
function exchangeOf(reply: Reply) {
  const found = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
  if (!found) throw new Error('the journal does not have it')
  return found
}
const posted = (body: string, type: string, path = '/router/rest') =>
  request(
    gateway,
    new Request(`http://localhost${path}`, {
      method: 'POST',
      body,
      headers: { 'content-type': type },
    }),
  )
function changed(changes: Params, method = get, params: Params = scarf) {
  const { sign: _, ...all } = { ...signedParams(gateway, method, params), ...changes }
  return send(gateway, { ...all, sign: changes.sign ?? sign(all, 'helloworld', 'md5') })
}
/** With a mistake that is found at once. */
const lowered = (params: Params) =>
  send(gateway, { ...params, sign: params.sign?.toLowerCase() ?? '' })
const timed = (timestamp: string) => call(gateway, get, scarf, { timestamp })
const add = (params: Params, caller: Caller = {}) =>
  call(gateway, 'taobao.item.add', { ...phone, ...params }, caller)

/** The cases, each with the gate that refuses it and what the journal says of it in English and in Chinese. */
const refusals: readonly [
  what: string,
  gate: string,
  ask: () => Promise<Reply>,
  en: string,
  zh: string,
][] = [
  [
    'another verb',
    'verb',
    () => send(gateway, {}, { verb: 'PUT' }),
    'The verb was PUT; only GET and POST are allowed.',
    '请求方法为 PUT，只允许 GET 和 POST。',
  ],
  [
    'another encoding',
    'encoding',
    () => posted('title=%CA%D6%BB%FA', 'application/x-www-form-urlencoded'),
    'A parameter is not UTF-8. Encode all names and values in UTF-8 before percent-encoding them.',
    '参数不是 UTF-8 编码。请先以 UTF-8 编码，再做 URL 编码。',
  ],
  [
    'a body that is too large',
    'encoding',
    () => posted('x'.repeat(3001), 'application/x-www-form-urlencoded'),
    'The body is larger than 3000 bytes, more than this gateway reads.',
    '请求体超过 3000 字节，网关不予读取。',
  ],
  [
    'too many parameters',
    'encoding',
    () => send(gateway, Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p${at}`, '']))),
    'The call has more than 100 parameters and files, more than this gateway reads.',
    '参数和文件超过 100 个，网关不予读取。',
  ],
  [
    'too many calls of a batch',
    'encoding',
    () => posted('N\r\n-S-\r\nN\r\n-S-\r\nN', 'text/plain', '/router/batch'),
    'The batch has more than 2 calls, more than this gateway takes.',
    '批量请求中的调用超过 2 个，网关不予受理。',
  ],
  [
    'an error that the header asks for',
    'forced-error',
    () => send(gateway, {}, { headers: { 'x-localtop-error': '25' } }),
    'x-localtop-error asked for 25.',
    '由 x-localtop-error 指定返回 25。',
  ],
  [
    'an error that a parameter asks for',
    'forced-error',
    () => add({ q: 'a [[', outer_id: '[[27/session-expired]]' }),
    'outer_id asked for 27/session-expired.',
    '由 outer_id 指定返回 27/session-expired。',
  ],
  [
    'an error that is none',
    'forced-error',
    () => send(gateway, {}, { headers: { 'x-localtop-error': '25/x' } }),
    'x-localtop-error: "x" is no sub-code of 25 Invalid signature; it has none',
    'x-localtop-error 无法识别："x" is no sub-code of 25 Invalid signature; it has none',
  ],
  [
    'no method',
    'method-present',
    () => send(gateway, { app_key: '12345678' }),
    'No parameter "method" came.',
    '没有 method 参数。',
  ],
  [
    'no method, but a body of another kind',
    'method-present',
    () => posted('{"method":"x"}', 'application/json'),
    'No parameter "method" came. The body (application/json) is not read as parameters; send application/x-www-form-urlencoded or multipart/form-data.',
    '没有 method 参数。请求体类型 application/json 不会被当作参数读取，请使用 application/x-www-form-urlencoded 或 multipart/form-data。',
  ],
  [
    'an unknown app',
    'app',
    () => changed({ app_key: 'nobody' }),
    'No app has the key "nobody". This world has 12345678, YOUR_APP_KEY, 23456789, granted-nothing, granted-two.',
    '没有 app_key 为 "nobody" 的应用。',
  ],
  [
    'a version that is none',
    'version',
    () => changed({ v: 'two' }),
    'v was "two"; expected 2.0.',
    'v 为 "two"，应为 2.0。',
  ],
  [
    'another version',
    'version',
    () => changed({ v: '10.12' }),
    'v was "10.12"; expected 2.0.',
    'v 为 "10.12"，应为 2.0。',
  ],
  [
    'another format',
    'format',
    () => changed({ format: 'yaml' }),
    'format was "yaml"; expected json or xml.',
    'format 为 "yaml"，应为 json 或 xml。',
  ],
  [
    'a timestamp that is none',
    'timestamp',
    () => timed('yesterday'),
    'timestamp was "yesterday"; expected yyyy-MM-dd HH:mm:ss in GMT+8, such as 2016-01-01 12:00:00.',
    'timestamp 为 "yesterday"，应为 GMT+8 时区的 yyyy-MM-dd HH:mm:ss，例如 2016-01-01 12:00:00。',
  ],
  [
    'a timestamp of long ago',
    'timestamp',
    () => timed('2016-01-01 10:00:01'),
    "timestamp 2016-01-01 10:00:01 is 120 min behind the gateway's 2016-01-01 12:00:00 (GMT+8); 10 min are allowed.",
    'timestamp 2016-01-01 10:00:01 与网关时间 2016-01-01 12:00:00（GMT+8）相差超过 10 分钟。',
  ],
  [
    'a timestamp of the far future',
    'timestamp',
    () => timed('2016-01-01 14:00:00'),
    "timestamp 2016-01-01 14:00:00 is 2 h ahead of the gateway's 2016-01-01 12:00:00 (GMT+8); 10 min are allowed.",
    'timestamp 2016-01-01 14:00:00 与网关时间 2016-01-01 12:00:00（GMT+8）相差超过 10 分钟。',
  ],
  [
    'a timestamp in UTC',
    'timestamp',
    () => timed('2016-01-01 04:00:00'),
    "timestamp 2016-01-01 04:00:00 is 8 h behind the gateway's 2016-01-01 12:00:00 (GMT+8); 10 min are allowed. Eight hours: the caller wrote UTC, not GMT+8.",
    'timestamp 2016-01-01 04:00:00 与网关时间 2016-01-01 12:00:00（GMT+8）相差超过 10 分钟。恰好相差 8 小时：调用方写的是 UTC，不是 GMT+8。',
  ],
  [
    'an unknown method',
    'method',
    () => changed({ method: 'taobao.nothing.here' }),
    'No method is called "taobao.nothing.here" here.',
    '没有名为 "taobao.nothing.here" 的 API。',
  ],
  [
    'an app without the grant',
    'grants',
    () => add({}, { app: 'granted-two', secret: 's', session: null }),
    'The app granted-two has no grant for taobao.item.add; its world grants taobao.item.addx, taobao.items.*.',
    '应用 granted-two 没有调用 taobao.item.add 的权限。',
  ],
  [
    'an app without any grant',
    'grants',
    () => add({}, { app: 'granted-nothing', secret: 's', session: null }),
    'The app granted-nothing has no grant for taobao.item.add; its world grants nothing.',
    '应用 granted-nothing 没有调用 taobao.item.add 的权限。',
  ],
  [
    'an unknown session',
    'session',
    () => changed({ session: 'nobody' }),
    'No seller has given this session.',
    '该 SessionKey 不存在。',
  ],
  [
    "another app's session",
    'session',
    () => changed({ session: 'YOUR_SESSION_TOKEN' }),
    'The session was given to another app than 12345678.',
    '该 SessionKey 不是授权给应用 12345678 的。',
  ],
  [
    'a session that has ended',
    'session',
    () => changed({ session: 'ended' }),
    'The session ended at 2016-01-01 12:00:00 (GMT+8). Refresh it or ask the seller to authorise again.',
    '授权已于 2016-01-01 12:00:00（GMT+8）到期，请刷新或请卖家重新授权。',
  ],
  [
    'a session whose level has ended',
    'session',
    () => add({}, { session: 'reads' }),
    'taobao.item.add is of level w1, which this session had until 2016-01-01 12:00:00 (GMT+8). The session itself lives.',
    'taobao.item.add 的安全级别为 w1，该级别的授权已于 2016-01-01 12:00:00（GMT+8）到期，SessionKey 本身仍有效。',
  ],
  [
    'a missing argument',
    'required',
    () => add({ title: '' }),
    'taobao.item.add demands "title" in the production profile; it is absent or empty.',
    'taobao.item.add 在 production 模式下必须传 "title"，而请求中没有或为空。',
  ],
  [
    'an argument of another type',
    'arguments',
    () => add({ num: '1.5' }),
    '"num" was "1.5": expected a whole number.',
    '参数 "num" 的值 "1.5" 不合法：expected a whole number。',
  ],
]

describe('what is refused, and why, the journal says in two languages', () => {
  it.each(refusals)('%s', async (_, gate, ask, en, zh) => {
    const reply = await ask()
    const { explanation } = exchangeOf(reply)
    expect(exchangeOf(reply).gate).toBe(gate)
    expect(explanation.en.slice(-en.length - 2)).toBe(`. ${en}`)
    expect(explanation.zh.slice(-zh.length - 1)).toBe(`。${zh}`)
  })

  const names = 'app_key, fields, format, method, num_iid, session, sign_method, timestamp, v'

  it('a wrong sign, with what was signed', async () => {
    const { explanation } = exchangeOf(await lowered(signedParams(gateway, get, scarf)))
    expect(explanation.en).toContain(
      `. The sign does not match. The gateway signed ${names} with md5; expected upper-case hex over exactly these, sorted by name. `,
    )
    expect(explanation.zh).toContain(
      `。签名不匹配。网关参与签名的参数为 ${names}，方式 md5；应为按参数名排序后的大写十六进制签名。`,
    )
  })

  it('a wrong sign by another method', async () => {
    const params = signedParams(gateway, get, scarf, { signMethod: 'hmac' })
    const { explanation } = exchangeOf(await lowered(params))
    expect(explanation.en).toContain(`signed ${names} with hmac; expected`)
    expect(explanation.zh).toContain(`${names}，方式 hmac；应为`)
  })

  it('a wrong sign without a method', async () => {
    const params = signedParams(gateway, get, scarf, { signMethod: null })
    const { explanation } = exchangeOf(await lowered(params))
    expect(explanation.en).toContain('session, timestamp, v with md5; expected')
    expect(explanation.zh).toContain('session, timestamp, v，方式 md5；应为')
  })

  it('a wrong sign over a body', async () => {
    const { sign: _, ...params } = signedParams(gateway, get, scarf)
    const given = sign(params, 'helloworld', 'md5', '{}').toLowerCase()
    const query = new URLSearchParams({ ...params, sign: given })
    const reply = await posted('{}', 'application/json', `/router/rest?${query}`)
    expect(exchangeOf(reply).explanation.en).toContain(`signed ${names} and the body with md5;`)
  })

  it('a sign method that is none', async () => {
    const { sign: _, ...signed } = signedParams(gateway, get, scarf)
    const params = { ...signed, sign_method: 'rot13' }
    const { explanation } = exchangeOf(
      await lowered({ ...params, sign: sign(params, 'helloworld', 'md5') }),
    )
    expect(explanation.en).toContain(
      '. sign_method was "rot13"; expected md5, hmac or hmac-sha256. ',
    )
    expect(explanation.zh).toContain('。sign_method 为 "rot13"，应为 md5、hmac 或 hmac-sha256。')
  })
})

describe('an unknown app', () => {
  const { sign_method: _, ...params } = signedParams(gateway, get, scarf)

  it('in a world without apps is told so', async () => {
    const empty = createGateway({ world: { ...defaultWorld, apps: [], sessions: [] } })
    await send(empty, params)
    expect(empty.exchanges.find('1')?.explanation.en).toContain('This world has none.')
  })

  it('has no sign that could be odd', async () => {
    expect(exchangeOf(await send(gateway, { ...params, app_key: 'nobody' })).notes).toEqual([])
  })
})

describe('an error that is asked for by its sub-code', () => {
  it('has the texts of the method that is called', async () => {
    const errors = {
      'isv.own': { meaning: 'm', sub_msg: '自有错误', fidelity: 'assumed', source: 'this test' },
    } as const
    const contract = { ...timeGet, name: 'taobao.own.get', errors }
    const own = createGateway({
      profile: 'production',
      methods: [{ contract, handler: () => ({ time: '' }) }],
    })
    const headers = { 'x-localtop-error': 'isv.own' }
    const ask = (params: Params) => send(own, { format: 'json', ...params }, { headers })
    expect((await ask({ method: contract.name })).error?.sub_msg).toBe('自有错误')
    expect((await ask({})).error?.sub_msg).toBeUndefined()
  })
})

describe('what is odd about a call and refuses nothing, the journal notes', () => {
  const notesOf = async (params: Params) => exchangeOf(await add(params)).notes

  it('double brackets that hold no reference of an error', async () => {
    expect(await notesOf({ title: '[[新品]] 茶杯' })).toEqual([
      'title has "[[新品]]", which is no reference of an error; it was taken for text',
    ])
  })

  it.each(['茶杯', '[[]]', '[新品]', '[[新品]', '[[27'])(
    'nothing of a title like %s',
    async (title) => {
      expect(await notesOf({ title })).toEqual([])
    },
  )

  it('nothing of brackets that asked for an error', async () => {
    expect(await notesOf({ title: '[[25]]' })).toEqual([])
  })

  it('double brackets in a session, without what they hold', async () => {
    const reply = await add({}, { session: '[[my secret]]' })
    expect(exchangeOf(reply).notes).toEqual([
      'session has double brackets with what is no reference of an error; it was taken for text',
    ])
  })
})
