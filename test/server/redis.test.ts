import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type LogEvent,
} from '../../src/server/index.ts'
import { addItem, call, phone, request } from '../support/gateway.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

let redis: RedisServer
const opened: Gateway[] = []
let database = 0
beforeAll(async () => {
  redis = await startRedis()
})
afterAll(() => redis.remove())
beforeEach(() => {
  database++
})
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
})

/** A gateway on the Redis of this test, which shares its state with the others of the test. */
function open(options: GatewayOptions = {}): Gateway {
  const gateway = createGateway({
    store: `${redis.url}/${database}`,
    fresh: opened.length === 0,
    rateLimit: 'off',
    profile: 'production',
    ...options,
  })
  opened.push(gateway)
  return gateway
}
async function openTwo(options: GatewayOptions = {}): Promise<[Gateway, Gateway]> {
  const first = open(options)
  await first.ready()
  const second = open(options)
  await second.ready()
  return [first, second]
}
const titleOf = async (gateway: Gateway, num_iid: string) =>
  (await call(gateway, 'taobao.item.seller.get', { num_iid, fields: 'title' })).answer.item?.title

const tokenRequest = (params: Record<string, string>) =>
  new Request('http://localhost/token', {
    method: 'POST',
    body: new URLSearchParams({
      grant_type: 'authorization_code',
      client_id: '12345678',
      client_secret: 'helloworld',
      redirect_uri: 'http://localhost/x',
      ...params,
    }),
  })

describe('two gateways on one Redis', () => {
  it('see at once what the other acknowledged: items, changes, deletions', async () => {
    const [one, two] = await openTwo()
    for (let at = 0; at < 20; at++) {
      const num_iid = await addItem(one, { title: `T${at}` })
      expect(await titleOf(two, num_iid)).toBe(`T${at}`)
      await call(two, 'taobao.item.update', { num_iid, title: '改' })
      expect(await titleOf(one, num_iid)).toBe('改')
      await call(one, 'taobao.item.delete', { num_iid })
      expect(await titleOf(two, num_iid)).toBeUndefined()
    }
  })

  it('give every item a number of its own, published at once through both', async () => {
    const gateways = await openTwo()
    const added = await Promise.all(
      Array.from({ length: 200 }, (_, at) =>
        addItem(gateways[at % 2] as Gateway, { outer_id: `P-${at}` }),
      ),
    )
    expect(new Set(added).size).toBe(200)
    const [one, two] = await Promise.all(gateways.map((gateway) => gateway.snapshot()))
    expect(one).toEqual(two)
    for (const num_iid of added) expect(one?.items).toHaveProperty(num_iid)
  })

  it('sell no item below zero', async () => {
    const gateways = await openTwo()
    const num_iid = await addItem(gateways[0], { num: '50' })
    const sold = await Promise.all(
      Array.from({ length: 120 }, (_, at) =>
        call(gateways[at % 2] as Gateway, 'taobao.item.quantity.update', {
          num_iid,
          quantity: '-1',
          type: '2',
        }),
      ),
    )
    expect(sold.filter(({ error }) => error === undefined)).toHaveLength(50)
    const { answer } = await call(gateways[1], 'taobao.item.seller.get', { num_iid, fields: 'num' })
    expect(answer.item.num).toBe(0)
  })

  it('count one limit', async () => {
    const gateways = await openTwo({ rateLimit: '30/min' })
    const replies = await Promise.all(
      Array.from({ length: 100 }, (_, at) =>
        call(gateways[at % 2] as Gateway, 'taobao.time.get', {}, { session: null }),
      ),
    )
    expect(replies.filter(({ error }) => error === undefined)).toHaveLength(30)
  })

  it('take a one-use code once', async () => {
    const gateways = await openTwo()
    const address = 'http://localhost/authorize?response_type=code&client_id=12345678'
    for (let round = 0; round < 10; round++) {
      const consent = await gateways[0].fetch(
        new Request(
          `${address}&redirect_uri=http://localhost/x&localtop_approve=${encodeURIComponent('本地小店')}`,
        ),
      )
      const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
      const tries = await Promise.all(
        Array.from({ length: 8 }, (_, at) =>
          call(
            gateways[at % 2] as Gateway,
            'taobao.top.auth.token.create',
            { code },
            { session: null },
          ),
        ),
      )
      expect(tries.filter(({ error }) => error === undefined)).toHaveLength(1)
    }
  })

  it('share tenants, whose worlds come and go in both', async () => {
    const [one, two] = await openTwo()
    const { appKey, appSecret, session } = await one.tenant()
    const caller = { app: appKey, secret: appSecret, session }
    const num_iid = await addItem(two, {}, caller)
    expect(
      (await call(one, 'taobao.item.seller.get', { num_iid, fields: 'title' }, caller)).error,
    ).toBeUndefined()
    await two.reset()
    expect((await call(one, 'taobao.time.get', {}, caller)).error).toMatchObject({ code: 29 })
  })

  it('share bans and limits that scenarios impose', async () => {
    const [one, two] = await openTwo()
    const rule = { when: { method: 'taobao.item.add' }, then: { ban: { for: '10m' } } }
    one.scenarios.set([{ title: 'banned', rules: [rule] }])
    expect((await call(one, 'taobao.item.add', phone)).error).toMatchObject({ code: 7 })
    expect((await call(two, 'taobao.item.add', phone)).error).toMatchObject({ code: 7 })
  })

  it('have one clock, whoever moves it', async () => {
    const [one, two] = await openTwo()
    const time = async (gateway: Gateway) => {
      const path = 'http://localhost/_localtop/clock'
      return (await request(gateway, new Request(path))).json
    }
    const move = (gateway: Gateway, command: object) =>
      request(
        gateway,
        new Request('http://localhost/_localtop/clock', {
          method: 'POST',
          body: JSON.stringify(command),
        }),
      )
    await move(one, { freeze: '2026-11-11 00:00:00' })
    expect(await time(two)).toMatchObject({ time: '2026-11-11 00:00:00', frozen: true })
    await move(two, { advance: '1h' })
    expect(await time(one)).toMatchObject({ time: '2026-11-11 01:00:00', frozen: true })
    const third = open()
    expect(await time(third)).toMatchObject({ time: '2026-11-11 01:00:00', frozen: true })
    await one.reset()
    expect(await time(two)).toMatchObject({ frozen: false, moved: false })
  })

  it('have one journal: list, explanation and report are the same whoever is asked', async () => {
    const [one, two] = await openTwo()
    await addItem(one)
    await addItem(two, { outer_id: 'B' })
    const refused = await call(two, 'taobao.item.add', { title: 'x' })
    const get = async (gateway: Gateway, path: string) =>
      (await request(gateway, new Request(`http://localhost/_localtop${path}`))).json
    await expect.poll(async () => (await get(one, '/exchanges')).exchanges.length).toBe(3)
    expect(await get(one, '/exchanges')).toEqual(await get(two, '/exchanges'))
    const id = refused.headers.get('x-localtop-exchange')
    const [here, there] = [await get(one, `/exchanges/${id}`), await get(two, `/exchanges/${id}`)]
    expect(here).toEqual(there)
    expect(here.explanation.en).toContain('Refused at the gate "required"')
    expect((await get(one, '/report')).findings).toEqual((await get(two, '/report')).findings)
    await request(two, new Request('http://localhost/_localtop/exchanges', { method: 'DELETE' }))
    await expect.poll(async () => (await get(one, '/exchanges')).exchanges).toEqual([])
  })

  it('hide in it what the other was sent in secret', async () => {
    const [one, two] = await openTwo()
    const refused = await request(one, tokenRequest({ code: 'none' }))
    expect(refused.json.error).toBeDefined()
    const list = 'http://localhost/_localtop/exchanges'
    const shown = async (path: string) => (await request(two, new Request(path))).text
    await expect.poll(() => shown(list)).toContain('/token')
    const id = refused.headers.get('x-localtop-exchange')
    const exchange = await shown(`${list}/${id}`)
    expect(exchange).toContain('"gate":"oauth"')
    expect(exchange).not.toContain('helloworld')
    expect(JSON.parse(exchange).request.params).toMatchObject({ code: '***', client_secret: '***' })
  })

  it('go on where another has died', async () => {
    const [one, two] = await openTwo()
    const num_iid = await addItem(one)
    await one.close()
    expect(await titleOf(two, num_iid)).toBe(phone.title)
    const third = open()
    expect(await titleOf(third, num_iid)).toBe(phone.title)
  })

  it('reset, restore and drop for both', async () => {
    const [one, two] = await openTwo()
    const empty = await one.snapshot({ secrets: true })
    const num_iid = await addItem(one)
    const full = await two.snapshot()
    await two.reset()
    expect(await titleOf(one, num_iid)).toBeUndefined()
    expect(await one.snapshot({ secrets: true })).toEqual(empty)
    await one.restore(full)
    expect(await titleOf(two, num_iid)).toBe(phone.title)
    const { appKey, appSecret, session } = await one.tenant()
    const caller = { app: appKey, secret: appSecret, session }
    const own = await addItem(two, {}, caller)
    await two.reset({ appKey })
    const asked = { num_iid: own, fields: 'title' }
    expect((await call(one, 'taobao.item.seller.get', asked, caller)).error).toBeDefined()
    await request(
      two,
      new Request(`http://localhost/_localtop/tenants/${appKey}`, { method: 'DELETE' }),
    )
    expect((await call(one, 'taobao.time.get', {}, caller)).error).toMatchObject({ code: 29 })
    expect(await one.snapshot()).toEqual(await two.snapshot())
  })

  it('add up what they move the clock by', async () => {
    const gateways = await openTwo()
    gateways[0].clock.freeze('2026-11-11 00:00:00')
    await Promise.all(
      Array.from({ length: 20 }, (_, at) =>
        request(
          gateways[at % 2] as Gateway,
          new Request('http://localhost/_localtop/clock', {
            method: 'POST',
            body: JSON.stringify({ advance: '1h' }),
          }),
        ),
      ),
    )
    for (const gateway of gateways) {
      const path = 'http://localhost/_localtop/clock'
      const { json } = await request(gateway, new Request(path))
      expect(json.time).toBe('2026-11-11 20:00:00')
    }
  })

  it('know a session that the other has given, and that it is revoked', async () => {
    const [one, two] = await openTwo()
    const rule = { when: { method: 'taobao.time.get' }, then: { revokeSession: true as const } }
    one.scenarios.set([{ title: 'revoked', rules: [rule] }])
    await addItem(two)
    await call(one, 'taobao.time.get')
    expect((await call(two, 'taobao.item.add', phone)).error).toMatchObject({ code: 27 })
  })

  it('catch up by reading everything where Redis has dropped what came between', async () => {
    const [one, two] = await openTwo()
    const num_iid = await addItem(one)
    await addItem(one, { outer_id: 'B' })
    await redis.command(database, 'xtrim', 'localtop:changes', 'MAXLEN', '0')
    expect(await titleOf(two, num_iid)).toBe(phone.title)
    expect(await two.snapshot()).toEqual(await one.snapshot())
    await addItem(two, { outer_id: 'C' })
    expect(await two.snapshot()).toEqual(await one.snapshot())
  })

  it('are one again after Redis was emptied, even where one went on further than the other knows', async () => {
    const [one, two] = await openTwo()
    await addItem(one)
    await two.snapshot()
    await redis.command(database, 'flushdb')
    const kept = await addItem(one, { outer_id: 'B' })
    for (let at = 0; at < 5; at++) await addItem(one, { outer_id: `C-${at}` })
    expect(await titleOf(two, kept)).toBe(phone.title)
    expect(await two.snapshot()).toEqual(await one.snapshot())
  })

  it('refuse changes alone while Redis is full', async () => {
    const own = await startRedis('in memory')
    const gateway = createGateway({ store: own.url, profile: 'production', rateLimit: 'off' })
    opened.push(gateway)
    const num_iid = await addItem(gateway)
    await own.command(0, 'config', 'set', 'maxmemory', '1')
    const { error } = await call(gateway, 'taobao.item.update', { num_iid, title: '改' })
    expect(error).toMatchObject({ code: 15, sub_code: 'isp.remote-service-error' })
    expect(error?.sub_msg).toContain('Redis')
    expect(error?.sub_msg).toContain('OOM')
    expect(await titleOf(gateway, num_iid)).toBe(phone.title)
    await own.command(0, 'config', 'set', 'maxmemory', '0')
    await call(gateway, 'taobao.item.update', { num_iid, title: '改' })
    expect(await titleOf(gateway, num_iid)).toBe('改')
    await gateway.close()
    await own.remove()
  })

  it('begin a shop once, whoever is first', async () => {
    const both = [open({ fresh: false }), open({ fresh: false })]
    await Promise.all(both.map((gateway) => gateway.ready()))
    const [one, two] = await Promise.all(both.map((gateway) => gateway.snapshot()))
    expect(one).toEqual(two)
  })
})

describe('Redis gone', () => {
  it.each(['to the system', 'in memory'] as const)(
    'refuses calls with an isp. error that says so, and recovers by itself (kept: %s)',
    async (keeps) => {
      const own = await startRedis(keeps)
      const events: LogEvent[] = []
      const gateway = createGateway({
        store: own.url,
        profile: 'production',
        rateLimit: 'off',
        log: (event) => event.event !== 'call' && events.push(event),
      })
      opened.push(gateway)
      const before = await addItem(gateway)
      await own.kill()
      for (const method of ['taobao.item.add', 'taobao.time.get']) {
        const { error } = await call(gateway, method, phone)
        expect(error).toMatchObject({ code: 15, sub_code: expect.stringMatching(/^isp\./) })
        expect(error?.sub_msg).toContain('Redis')
      }
      const token = await request(gateway, tokenRequest({ code: 'any' }))
      expect(token.headers.get('x-localtop-reason')).toContain('Redis')
      const health = await request(gateway, new Request('http://localhost/_localtop/health'))
      expect(health.json).toMatchObject({ ready: false })
      await own.restart()
      await expect.poll(async () => (await call(gateway, 'taobao.time.get')).error).toBeUndefined()
      expect(await titleOf(gateway, before)).toBe(phone.title)
      expect(await addItem(gateway)).not.toBe(before)
      const messages = events.map((event) => ('message' in event ? event.message : ''))
      expect(messages[0]).toContain('does not answer')
      expect(messages.join('\n')).toContain('answers again')
      expect(events.filter(({ event }) => event === 'bug')).toEqual([])
      await gateway.close()
      await own.remove()
    },
  )

  it('or silent: the call is refused, and what arrived late is the same for all', async () => {
    const own = await startRedis()
    const both = [1, 2].map(() =>
      createGateway({ store: own.url, profile: 'production', rateLimit: 'off' }),
    )
    opened.push(...both)
    const [one, two] = both as [Gateway, Gateway]
    await addItem(one)
    await two.ready()
    const goOn = own.hang()
    const { error } = await call(one, 'taobao.item.add', phone)
    expect(error).toMatchObject({ code: 15, sub_code: 'isp.remote-service-error' })
    goOn()
    await expect.poll(async () => (await call(one, 'taobao.time.get')).error).toBeUndefined()
    await addItem(two)
    expect(await one.snapshot()).toEqual(await two.snapshot())
    for (const gateway of both) await gateway.close()
    await own.remove()
  })

  it('at the start is said in one line', async () => {
    const gateway = createGateway({ store: 'redis://127.0.0.1:1' })
    await expect(gateway.ready()).rejects.toThrow(
      'Redis at 127.0.0.1:1 does not answer: ECONNREFUSED',
    )
    await gateway.close()
  })
})
