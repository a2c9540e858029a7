import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type LogEvent,
} from '../../src/server/index.ts'
import { addItem, type Caller, call, over, phone, request } from '../support/gateway.ts'
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

/** So many calls at once, half of them to each. */
const fromBoth = <T>(
  gateways: readonly [Gateway, Gateway],
  count: number,
  make: (gateway: Gateway, at: number) => Promise<T>,
) => Promise.all(Array.from({ length: count }, (_, at) => make(gateways[at % 2] as Gateway, at)))

const control = async (gateway: Gateway, method: string, path: string, body?: object) => {
  const url = `http://localhost/_localtop${path}`
  const asked = new Request(url, { method, ...(body && { body: JSON.stringify(body) }) })
  const { status, json } = await request(gateway, asked)
  expect(status).toBeLessThan(300)
  return json
}
const time = 'taobao.time.get'
const codeOf = async (gateway: Gateway, caller: Caller = {}) =>
  (await call(gateway, time, {}, caller)).error?.code
/** 502 where the fault `bad-gateway` has happened. */
const statusOf = async (gateway: Gateway) => (await call(gateway, time)).status
const badGateway = (rest: object = {}) => ({ fault: 'bad-gateway' as const, method: time, ...rest })
const refusing = (refuse: number | string | string[], rest: object = {}) => ({
  title: `refuses with ${refuse}`,
  rules: [{ when: { method: time }, then: { refuse }, ...rest }],
})

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

  it('sell the last item once', async () => {
    const gateways = await openTwo()
    for (let round = 0; round < 10; round++) {
      const num_iid = await addItem(gateways[0], { num: '1', outer_id: `L-${round}` })
      const sale = { num_iid, quantity: '-1', type: '2' }
      const sold = await fromBoth(gateways, 8, (gateway) =>
        call(gateway, 'taobao.item.quantity.update', sale),
      )
      expect(sold.filter(({ error }) => error === undefined)).toHaveLength(1)
      for (const gateway of gateways) {
        const asked = { num_iid, fields: 'num' }
        expect((await call(gateway, 'taobao.item.seller.get', asked)).answer.item.num).toBe(0)
      }
    }
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

describe('scenarios and faults on one Redis', () => {
  it('hold for both, whoever sets, adds and clears them', async () => {
    const [one, two] = await openTwo()
    await control(one, 'PUT', '/scenarios', { scenarios: [refusing(22, { times: 'always' })] })
    expect([await codeOf(one), await codeOf(two)]).toEqual([22, 22])
    await control(two, 'DELETE', '/scenarios')
    expect([await codeOf(one), await codeOf(two)]).toEqual([undefined, undefined])
    await control(two, 'PUT', '/scenarios', { scenarios: [refusing(22)] })
    await control(two, 'POST', '/faults', badGateway({ times: 'always' }))
    expect([await statusOf(one), await statusOf(two)]).toEqual([502, 502])
    const held = await control(one, 'GET', '/scenarios')
    expect(held.active).toHaveLength(2)
    expect(await control(two, 'GET', '/scenarios')).toEqual(held)
    await control(one, 'DELETE', '/faults')
    expect((await control(two, 'GET', '/scenarios')).active).toHaveLength(1)
    expect([await statusOf(one), await statusOf(two)]).toEqual([200, 200])
  })

  it('are all there when both gateways add some at once', async () => {
    const gateways = await openTwo()
    await fromBoth(gateways, 20, (gateway, at) =>
      control(gateway, 'POST', '/faults', badGateway({ call: at + 1 })),
    )
    const [one, two] = await Promise.all(
      gateways.map((gateway) => control(gateway, 'GET', '/faults')),
    )
    expect(one.active).toHaveLength(20)
    expect(two).toEqual(one)
  })

  it('are in force for a call to the gateway that was told, without waiting', async () => {
    const [one, two] = await openTwo()
    const busy = fromBoth([one, two], 20, (gateway, at) =>
      addItem(gateway, { outer_id: `W-${at}` }),
    )
    one.scenarios.set([refusing(22, { times: 'always' })])
    expect(await codeOf(one)).toBe(22)
    await busy
    expect(await codeOf(two)).toBe(22)
  })

  it('happen once in all when they happen once, however both are hammered', async () => {
    const gateways = await openTwo()
    for (let round = 0; round < 10; round++) {
      await control(gateways[0], 'PUT', '/scenarios', { scenarios: [refusing(50, { times: 1 })] })
      const codes = await fromBoth(gateways, 12, (gateway) => codeOf(gateway))
      expect(codes.filter((code) => code === 50)).toHaveLength(1)
      await control(gateways[1], 'POST', '/faults', badGateway({ times: 1 }))
      const statuses = await fromBoth(gateways, 12, statusOf)
      expect(statuses.filter((status) => status === 502)).toHaveLength(1)
      await control(gateways[0], 'DELETE', '/faults')
    }
  })

  it('count calls, happenings and a list of refusals over both', async () => {
    const gateways = await openTwo()
    gateways[0].scenarios.set([
      { title: 'third', rules: [{ when: { method: time, call: 3 }, then: { refuse: 43 } }] },
      {
        title: 'every',
        rules: [
          {
            when: { method: time, call: { every: 10 } },
            then: { refuse: ['22', '50'] },
            times: 'always',
          },
        ],
      },
    ])
    const codes: unknown[] = []
    for (let at = 0; at < 40; at++) codes.push(await codeOf(gateways[at % 2] as Gateway))
    const met = codes.flatMap((code, at) => (code === undefined ? [] : [[at + 1, code]]))
    expect(met).toEqual([
      [3, 43],
      [10, 22],
      [20, 50],
      [30, 50],
      [40, 50],
    ])
    gateways[1].scenarios.set([
      {
        title: 'five',
        rules: [{ when: { method: time }, then: { refuse: 22 }, times: 5 }],
      },
    ])
    const many = await fromBoth(gateways, 40, (gateway) => codeOf(gateway))
    expect(many.filter((code) => code === 22)).toHaveLength(5)
  })

  it('draw the chances that one gateway alone would', async () => {
    const rule = { when: { method: time, chance: 0.5 }, then: { refuse: 22 }, times: 'always' }
    const scenarios = [{ title: 'now and then', rules: [rule as never] }]
    const alone = createGateway({ profile: 'production', scenarios })
    opened.push(alone)
    const gateways = await openTwo({ scenarios, fresh: true })
    const wanted: unknown[] = []
    const drawn: unknown[] = []
    for (let at = 0; at < 24; at++) {
      wanted.push(await codeOf(alone))
      drawn.push(await codeOf(gateways[at % 2] as Gateway))
    }
    expect(new Set(wanted).size).toBe(2)
    expect(drawn).toEqual(wanted)
  })

  it('have one state machine, and one moment from which they wait', async () => {
    const [one, two] = await openTwo()
    await control(one, 'POST', '/clock', { freeze: '2026-11-11 00:00:00' })
    await control(one, 'PUT', '/scenarios', {
      scenarios: [
        {
          title: 'a story',
          rules: [
            { when: { method: 'taobao.user.seller.get' }, then: { setState: 'shop=seen' } },
            { when: { method: time, state: 'shop=seen' }, then: { refuse: 22 } },
          ],
        },
      ],
    })
    expect(await codeOf(two)).toBeUndefined()
    await call(one, 'taobao.user.seller.get', { fields: 'nick' })
    expect(await codeOf(two)).toBe(22)
    expect(await codeOf(two)).toBe(22)
    await control(two, 'DELETE', '/scenarios')
    await control(two, 'POST', '/faults', badGateway({ after: '1h' }))
    await control(one, 'POST', '/clock', { advance: '59m' })
    expect([await statusOf(one), await statusOf(two)]).toEqual([200, 200])
    await control(one, 'POST', '/clock', { advance: '1m' })
    expect([await statusOf(one), await statusOf(two)]).toEqual([502, 502])
  })

  it('move the one clock once, though another gateway changes things at the same time', async () => {
    const gateways = await openTwo({ timestampWindow: 'off' })
    await control(gateways[0], 'POST', '/clock', { freeze: '2026-11-11 00:00:00' })
    await control(gateways[0], 'PUT', '/scenarios', {
      scenarios: [
        {
          title: 'time flies',
          rules: [{ when: { method: time }, then: { clock: '+1h' }, times: 3 }],
        },
      ],
    })
    await fromBoth(gateways, 30, (gateway, at) =>
      at % 3 === 0 ? codeOf(gateway) : addItem(gateway, { outer_id: `M-${at}` }),
    )
    for (const gateway of gateways) {
      expect((await control(gateway, 'GET', '/clock')).time).toBe('2026-11-11 03:00:00')
    }
  })

  it('of a tenant are its own on both, and go with it', async () => {
    const [one, two] = await openTwo()
    const { appKey, appSecret, session } = await one.tenant()
    const tenant = { app: appKey, secret: appSecret, session }
    const of = `?appKey=${appKey}`
    await control(two, 'PUT', `/scenarios${of}`, {
      scenarios: [refusing(22, { times: 'always' })],
    })
    await control(one, 'POST', `/faults${of}`, badGateway())
    expect(await codeOf(one)).toBeUndefined()
    const met = [await call(one, time, {}, tenant), await call(two, time, {}, tenant)]
    expect([met[0]?.status, met[1]?.error?.code]).toEqual([502, 22])
    await one.reset({ appKey })
    expect([await codeOf(one, tenant), await codeOf(two, tenant)]).toEqual([undefined, undefined])
    await control(two, 'PUT', `/scenarios${of}`, {
      scenarios: [refusing(22, { times: 'always' })],
    })
    await control(one, 'DELETE', `/tenants/${appKey}`)
    await two.tenant({ appKey, appSecret, session })
    expect([await codeOf(one, tenant), await codeOf(two, tenant)]).toEqual([undefined, undefined])
  })

  it('and their counts are taken over by a gateway that starts later, and by one that starts again', async () => {
    const scenarios = [refusing(22, { when: { method: time, call: 4 } })]
    const [one, two] = await openTwo({ scenarios })
    for (let at = 0; at < 2; at++) expect(await codeOf(one)).toBeUndefined()
    await two.close()
    const again = open({ scenarios })
    const told = open()
    expect(await codeOf(again)).toBeUndefined()
    expect(await codeOf(told)).toBe(22)
    expect(await codeOf(one)).toBeUndefined()
  })

  it('give way to those of a gateway that is started with others, which a reset goes back to', async () => {
    const [one, two] = await openTwo({ scenarios: [refusing(22, { times: 'always' })] })
    const third = open({ scenarios: [refusing(50, { times: 'always' })] })
    await third.ready()
    expect([await codeOf(one), await codeOf(two)]).toEqual([50, 50])
    await control(two, 'PUT', '/scenarios', { scenarios: [refusing(43, { times: 'always' })] })
    expect(await codeOf(third)).toBe(43)
    await control(one, 'POST', '/reset')
    expect([await codeOf(one), await codeOf(two), await codeOf(third)]).toEqual([50, 50, 50])
  })

  it('count from where they are put in force before the shop is there', async () => {
    const first = open()
    first.scenarios.set([refusing(22)])
    first.faults.add(badGateway({ call: 2 }))
    const second = open()
    await Promise.all([first.ready(), second.ready()])
    expect(first.scenarios.list()).toHaveLength(2)
    expect(await codeOf(second)).toBe(22)
    expect([await statusOf(first), await statusOf(second)]).toEqual([502, 200])
  })

  it('from a file are read anew once when it changes, for gateways on other machines too', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'localtop-shared-'))
    const file = join(folder, 'mine.yaml')
    const write = (code: string) =>
      writeFileSync(file, `title: mine\nrules: [{ then: { refuse: ${code} }, times: always }]\n`)
    write('22')
    const events: LogEvent[] = []
    const log = (event: LogEvent) => void (event.event === 'scenario' && events.push(event))
    const [one, two] = await openTwo({ scenarios: [file], watch: true, log })
    expect([await codeOf(one), await codeOf(two)]).toEqual([22, 22])
    const elsewhere = open()
    write('50')
    await expect.poll(() => codeOf(elsewhere)).toBe(50)
    expect([await codeOf(one), await codeOf(two)]).toEqual([50, 50])
    write('none such')
    await expect
      .poll(async () => (await control(elsewhere, 'GET', '/scenarios')).files[0].problem)
      .toEqual(expect.stringContaining('no platform error'))
    const files = await control(one, 'GET', '/scenarios')
    expect((await control(elsewhere, 'GET', '/scenarios')).files).toEqual(files.files)
    expect(await codeOf(elsewhere)).toBe(50)
    expect(events).toMatchObject([
      { scenario: 'mine', file, problem: null },
      { scenario: 'mine', file, problem: expect.stringContaining('no platform error') },
    ])
    rmSync(folder, { recursive: true })
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
    gateway.scenarios.set([refusing(22)])
    await gateway.close()
  })

  it('at the start is waited for where that is asked for: calls are refused until it is there', async () => {
    const own = await startRedis()
    await own.kill()
    const messages: string[] = []
    const log = (event: LogEvent) => void (event.event === 'store' && messages.push(event.message))
    const gateway = createGateway({
      store: own.url,
      profile: 'production',
      rateLimit: 'off',
      awaitStore: true,
      log,
    })
    opened.push(gateway)
    const { url } = await gateway.listen()
    for (const target of [gateway, over(url)]) {
      const { error } = await call(target, 'taobao.item.add', phone)
      expect(error).toMatchObject({ code: 15, sub_code: 'isp.remote-service-error' })
      expect(error?.sub_msg).toContain('Redis, where this gateway keeps its state, does not answer')
    }
    const health = () => request(gateway, new Request('http://localhost/_localtop/health'))
    expect((await health()).json).toMatchObject({ ready: false })
    const told = new Request('http://localhost/_localtop/scenarios')
    expect((await request(gateway, told)).status).toBe(503)
    gateway.scenarios.set([refusing(22)])
    await own.restart()
    await gateway.ready()
    expect((await health()).json).toMatchObject({ ready: true, counts: { rules: 1, exchanges: 0 } })
    expect(await codeOf(gateway)).toBe(22)
    expect(await addItem(gateway)).toMatch(/^\d+$/)
    expect(messages).toEqual([
      expect.stringContaining('does not answer: ECONNREFUSED; calls are refused until it does'),
      expect.stringContaining('answers again'),
    ])
    await gateway.close()
    await own.remove()
  })

  it('is waited for no longer when the gateway closes', async () => {
    const gateway = createGateway({ store: 'redis://127.0.0.1:1', awaitStore: true })
    const ready = expect(gateway.ready()).rejects.toThrow('does not answer')
    await gateway.listen()
    await gateway.close()
    await ready
  })

  it('is not waited for where Redis itself refuses: a password is not found by waiting', async () => {
    const own = await startRedis()
    await own.command(0, 'config', 'set', 'requirepass', 'planted-secret')
    const gateway = createGateway({ store: own.url, awaitStore: true })
    await expect(gateway.ready()).rejects.toThrow('refuses a command: NOAUTH')
    await gateway.close()
    await own.remove()
  })
})
