import { createHash } from 'node:crypto'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, describe, expect, expectTypeOf, it } from 'vitest'
import {
  type ClientOptions,
  createClient,
  isTopError,
  type TopClient,
  TopRequestError,
  TopResponseError,
  TopShapeError,
  TopTransportError,
} from '../../src/client/index.ts'
import {
  itemAdd,
  itemQuantityUpdate,
  itemSellerGet,
  itemsCustomGet,
  type RuleSeed,
  timeGet,
  userSellerGet,
} from '../../src/contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'

let gateway: Gateway
let server: Server | undefined
afterEach(async () => {
  await gateway?.close()
  server?.closeAllConnections()
  server?.close()
  server = undefined
})

/** A client of a gateway in this process; waiting moves the gateway's clock instead of taking time. */
function clientOf(options: Partial<ClientOptions> = {}, gatewayOptions: GatewayOptions = {}) {
  gateway = createGateway({ profile: 'production', ...gatewayOptions })
  gateway.clock.freeze('2026-11-11 20:00:00')
  const waits: number[] = []
  const client = createClient({
    url: 'http://gateway.invalid',
    appKey: '12345678',
    appSecret: 'helloworld',
    session: 'test',
    fetch: (url, init) => gateway.fetch(new Request(url, init)),
    now: () => gateway.clock.state().epochMs,
    random: () => 1,
    sleep: async (ms) => {
      waits.push(ms)
      gateway.clock.advance(`${ms}ms`)
    },
    ...options,
  })
  return { client, waits }
}

const withRules = (...rules: RuleSeed[]): GatewayOptions => ({
  scenarios: [{ title: 'test', rules }],
})

const item = {
  title: '新款智能手机',
  price: '2999.00',
  num: 100,
  type: 'fixed',
  cid: '1512',
  desc: '全新国行，支持七天无理由退货',
  stuff_status: 'new',
  'location.state': '浙江',
  'location.city': '杭州',
  outer_id: 'PHONE-001',
} as const

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('the call was answered'),
    (error: unknown) => error,
  )

describe('a call', () => {
  it('is typed by its contract, end to end', async () => {
    const { client } = clientOf()
    const answer = await client.call(itemSellerGet, {
      fields: ['num_iid', 'title', 'num'],
      num_iid: '11223344',
    })
    expect(answer.item).toEqual({ num_iid: '11223344', title: '手工编织羊毛围巾', num: 36 })
    expectTypeOf(answer.item.num_iid).toEqualTypeOf<string | undefined>()
    expectTypeOf(answer.item.num).toEqualTypeOf<number | undefined>()
  })

  it.each(['md5', 'hmac', 'hmac-sha256'] as const)('signs with %s', async (signMethod) => {
    const { client } = clientOf({ signMethod })
    expect(await client.call(timeGet, {})).toEqual({ time: '2026-11-11 20:00:00' })
  })

  it('keeps an identifier beyond 2^53 exact', async () => {
    const world = {
      apps: [{ app_key: '12345678', app_secret: 'helloworld' }],
      sellers: [{ nick: 'a', user_id: '1' }],
      sessions: [{ session: 'test', app_key: '12345678', seller: 'a' }],
      items: [{ num_iid: '9007199254740993', nick: 'a', title: 't', price: '1.00', num: 1 }],
    }
    const { client } = clientOf({}, { world })
    const { item: found } = await client.call(itemSellerGet, {
      fields: ['num_iid'],
      num_iid: '9007199254740993',
    })
    expect(found.num_iid).toBe('9007199254740993')
  })

  it('sends a file by multipart', async () => {
    const { client } = clientOf()
    const image = {
      fileName: 'a.png',
      contentType: 'image/png',
      bytes: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 255]),
    }
    await client.call(itemAdd, { ...item, image })
    const [exchange] = gateway.exchanges.list()
    expect(gateway.exchanges.find(exchange?.id ?? '')?.request.files).toEqual({
      image: {
        fileName: 'a.png',
        contentType: 'image/png',
        bytes: 10,
        sha256: createHash('sha256').update(image.bytes).digest('hex'),
        md5: createHash('md5').update(image.bytes).digest('hex'),
      },
    })
  })
})

describe('a text with line breaks', () => {
  it('arrives as it was signed beside a picture, whatever line breaks it has', async () => {
    const { client } = clientOf()
    const desc = '第一行\n第二行\r\n第三行\r'
    const image = {
      fileName: 'a.png',
      contentType: 'image/png',
      bytes: new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    }
    const { item: added } = await client.call(itemAdd, { ...item, desc, image })
    const read = { fields: ['desc'], num_iid: added.num_iid }
    expect((await client.call(itemSellerGet, read)).item.desc).toBe(desc)
  })
})

describe('both sides are verified', () => {
  it('refuses a request that breaks the contract before it is sent', async () => {
    const { client } = clientOf()
    const error = await failureOf(client.call(itemAdd, { ...item, price: '1.005' }))
    expect(error).toBeInstanceOf(TopRequestError)
    expect((error as Error).message).toBe(
      'taobao.item.add: "price" was "1.005": expected a price in yuan with at most two decimals',
    )
    expect(gateway.exchanges.list()).toEqual([])
  })

  it('names a parameter that the profile demands and the request lacks', async () => {
    const { client } = clientOf()
    const { cid: _, ...rest } = item
    const error = await failureOf(client.call(itemAdd, rest))
    expect(error).toMatchObject({ name: 'TopRequestError', issues: [{ parameter: 'cid' }] })
    expect(gateway.exchanges.list()).toEqual([])
  })

  it('refuses a parameter that the method does not have', async () => {
    const { client } = clientOf()
    const error = await failureOf(client.call(timeGet, { format: 'xml' } as never))
    expect(error).toMatchObject({ name: 'TopRequestError', issues: [{ parameter: 'format' }] })
  })

  it('lets the gateway refuse the same request when it is sent raw', async () => {
    const { client } = clientOf()
    const raw = { ...itemAdd.example, price: '1.005' }
    const error = await failureOf(client.callUnchecked('taobao.item.add', raw))
    expect(error).toMatchObject({ code: 41, msg: 'Invalid arguments:price' })
  })

  it('catches an answer that breaks the contract', async () => {
    const { client } = clientOf({
      fetch: () => Response.json({ time_get_response: { time: 1_700_000_000 } }),
    })
    const error = await failureOf(client.call(timeGet, {}))
    expect(error).toBeInstanceOf(TopShapeError)
    expect(error).toMatchObject({ problems: [{ path: 'time' }], outcome: 'unknown' })
  })

  it.each([
    ['no JSON', 'oops'],
    ['another root', '{"item_get_response":{}}'],
    ['an empty body', ''],
    ['an array', '[]'],
    ['a text', '"ok"'],
    ['null', 'null'],
  ])('catches %s as an answer', async (_, body) => {
    const { client } = clientOf({ fetch: () => new Response(body) })
    expect(await failureOf(client.call(timeGet, {}))).toBeInstanceOf(TopShapeError)
  })
})

describe('a refusal', () => {
  it('carries code, sub-code and request id', async () => {
    const { client } = clientOf({ session: 'nobody' })
    const error = await failureOf(client.call(userSellerGet, { fields: ['nick'] }))
    expect(error).toBeInstanceOf(TopResponseError)
    expect(error).toMatchObject({
      method: 'taobao.user.seller.get',
      code: 27,
      msg: 'Invalid session',
      subCode: 'invalid-sessionkey',
      subMsg: 'SessionKey非法',
      requestId: expect.stringMatching(/^[0-9a-z]{12}$/),
      error: 'invalid-session',
      retry: 're-authorise',
      outcome: 'not-done',
    })
    expect(isTopError(error)).toBe(true)
  })

  it('has the same name in the guide profile, whose code is a text', async () => {
    const { client } = clientOf({ session: 'nobody', profile: 'guide' }, { profile: 'guide' })
    const error = await failureOf(client.call(userSellerGet, { fields: ['nick'] }))
    expect(error).toMatchObject({ code: 'invalid_session', error: 'invalid-session' })
  })

  it('is read from an HTTP 429 too', async () => {
    const { client } = clientOf(
      { retry: { attempts: 1 } },
      { rateLimit: '1/min', httpStatus: 'semantic' },
    )
    await client.call(timeGet, {})
    expect(await failureOf(client.call(timeGet, {}))).toMatchObject({ code: 7, banSeconds: 60 })
  })
})

describe('what is worth sending again', () => {
  it('is sent again with back-off after an isp error', async () => {
    const { client, waits } = clientOf(
      {},
      withRules({
        when: { call: { from: 1, to: 2 } },
        then: { refuse: 'isp.remote-service-error' },
      }),
    )
    await client.call(timeGet, {})
    expect(waits).toEqual([500, 1000])
    expect(gateway.exchanges.list().map((exchange) => exchange.outcome)).toEqual([
      'refused',
      'refused',
      'answered',
    ])
  })

  it('waits the very seconds that a ban names', async () => {
    const { client, waits } = clientOf({}, withRules({ then: { ban: '41s' } }))
    await client.call(timeGet, {})
    expect(waits).toEqual([41_000])
  })

  it('does not wait out a ban until midnight', async () => {
    const { client, waits } = clientOf({}, withRules({ then: { ban: '31062s' } }))
    expect(await failureOf(client.call(timeGet, {}))).toMatchObject({ banSeconds: 31_062 })
    expect(waits).toEqual([])
  })

  it('gives up after the attempts it is allowed', async () => {
    const { client } = clientOf(
      { retry: { attempts: 3 } },
      withRules({ then: { refuse: 'isp.remote-service-error' }, times: 'always' }),
    )
    expect(await failureOf(client.call(timeGet, {}))).toMatchObject({
      subCode: 'isp.remote-service-error',
    })
    expect(gateway.exchanges.list()).toHaveLength(3)
  })

  it.each([
    ['an isv error', '15/isv.invalid-permission'],
    ['a wrong signature', '25'],
    ['an isp error that says the data is bad', 'isp.top-parse-error'],
  ])('is not %s', async (_, refuse) => {
    const { client } = clientOf({}, withRules({ then: { refuse } }))
    await failureOf(client.call(timeGet, {}))
    expect(gateway.exchanges.list()).toHaveLength(1)
  })

  it.each([
    ['makes something new', (client: TopClient) => client.call(itemAdd, item)],
    [
      'adds up',
      (client: TopClient) =>
        client.call(itemQuantityUpdate, { num_iid: '11223344', quantity: 1, type: 2 }),
    ],
  ])('is not a call that %s and whose outcome is unknown', async (_, send) => {
    const { client } = clientOf({}, withRules({ then: { refuse: 'isp.remote-service-timeout' } }))
    expect(await failureOf(send(client))).toMatchObject({ outcome: 'unknown' })
    expect(gateway.exchanges.list()).toHaveLength(1)
  })

  it('is a read whose outcome is unknown', async () => {
    const { client } = clientOf({}, withRules({ then: { refuse: 'isp.remote-service-timeout' } }))
    await client.call(itemsCustomGet, { outer_id: 'TEA-01', fields: ['num_iid'] })
    expect(gateway.exchanges.list()).toHaveLength(2)
  })
})

describe('a refused session', () => {
  const world = withRules({
    when: { session: 'test' },
    then: { refuse: '27/session-expired' },
    times: 'always',
  })

  it('is refreshed, and the call repeated once', async () => {
    const refused: unknown[] = []
    const { client } = clientOf(
      {
        refreshSession: (error) => {
          refused.push(error.subCode)
          return 'test-renewed'
        },
      },
      world,
    )
    const request = { fields: ['nick'] }
    expect(await client.call(userSellerGet, request)).toEqual({ user: { nick: '本地小店' } })
    await client.call(userSellerGet, request)
    expect(refused).toEqual(['session-expired'])
  })

  it('is refreshed once for all the calls that it refused at the same time', async () => {
    let asked = 0
    const { client } = clientOf(
      {
        refreshSession: async () => {
          asked++
          await Promise.resolve()
          return 'test-renewed'
        },
      },
      world,
    )
    await Promise.all(
      Array.from({ length: 10 }, () => client.call(userSellerGet, { fields: ['nick'] })),
    )
    expect(asked).toBe(1)
  })

  it('is not refreshed twice for one call', async () => {
    let asked = 0
    const { client } = clientOf({
      session: 'nobody',
      refreshSession: () => {
        asked++
        return 'nobody-either'
      },
    })
    expect(await failureOf(client.call(userSellerGet, { fields: ['nick'] }))).toMatchObject({
      code: 27,
    })
    expect(asked).toBe(1)
  })

  it('lets the failure of the refresh through', async () => {
    const { client } = clientOf({
      session: 'nobody',
      refreshSession: () => Promise.reject(new Error('the seller said no')),
    })
    await expect(client.call(userSellerGet, { fields: ['nick'] })).rejects.toThrow(
      'the seller said no',
    )
  })
})

describe('a call without an answer', () => {
  async function listenOn(onRequest: RequestListener): Promise<string> {
    const listening = createServer(onRequest)
    server = listening
    await new Promise<void>((resolve) => listening.listen(0, '127.0.0.1', resolve))
    return `http://127.0.0.1:${(listening.address() as AddressInfo).port}`
  }
  const options = { appKey: '1', appSecret: 's', retry: { attempts: 1 } }

  it('was not done where nobody listens', async () => {
    const url = await listenOn(() => {})
    await new Promise((resolve) => server?.close(resolve))
    const client = createClient({ url, ...options })
    const error = await failureOf(client.call(timeGet, {}))
    expect(error).toBeInstanceOf(TopTransportError)
    expect(error).toMatchObject({
      outcome: 'not-done',
      message: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('may have been done where the connection was reset', async () => {
    const url = await listenOn((request) => request.socket.destroy())
    const client = createClient({ url, ...options })
    expect(await failureOf(client.call(timeGet, {}))).toMatchObject({
      name: 'TopTransportError',
      outcome: 'unknown',
    })
  })

  it('may have been done where the answer takes too long', async () => {
    const url = await listenOn(() => {})
    const client = createClient({ url, ...options, timeoutMs: 50 })
    expect(await failureOf(client.call(timeGet, {}))).toMatchObject({
      outcome: 'unknown',
      message: expect.stringContaining('no answer within 50 ms'),
    })
  })

  it("may have been done where a proxy's page came instead", async () => {
    const url = await listenOn((_, response) => {
      response.writeHead(502, { 'content-type': 'text/html' }).end('<h1>Bad Gateway</h1>')
    })
    const client = createClient({ url, ...options })
    expect(await failureOf(client.call(timeGet, {}))).toMatchObject({
      name: 'TopTransportError',
      outcome: 'unknown',
      status: 502,
    })
  })
})

it('says which option cannot be used', () => {
  const options = { url: 'nonsense', appKey: '1', appSecret: 's' }
  expect(() => createClient(options)).toThrow('url was "nonsense"')
  expect(() => createClient({ ...options, url: 'http://x', rateLimit: 'fast' })).toThrow(
    'rateLimit was "fast"',
  )
})
