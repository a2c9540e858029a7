import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import type { RuleSeed, RunReport } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { addItem, article, call, phone, request } from '../support/gateway.ts'

const gatewayWith = (rules: RuleSeed[] = []) =>
  createGateway({ rateLimit: 'off', scenarios: [{ title: 'test', rules }] })

const get = (gateway: Gateway, path: string) =>
  request(gateway, new Request(`http://localhost/_localtop${path}`))

const itemAdd = 'taobao.item.add'
const ids = ({ findings }: RunReport) => findings.map(({ id }) => id)

describe('GET /report', () => {
  it('judges what has been called, from the journal and the shop', async () => {
    await using gateway = gatewayWith([{ when: { method: itemAdd, call: 2 }, then: { ban: '2s' } }])
    gateway.clock.freeze('2026-05-01 10:00:00')
    for (const outer_id of ['A', 'B', 'B']) await call(gateway, itemAdd, { ...phone, outer_id })
    const { status, json } = await get(gateway, '/report')
    expect(status).toBe(200)
    expect(json).toEqual(gateway.report())
    expect(json).toMatchObject({
      calls: { total: 3, answered: 1, refused: 2, dropped: 0 },
      callsDuringBan: 1,
      exit: null,
      items: { sent: 2, once: 1, twice: 0, lost: 1 },
      backOff: 'E',
      truncated: false,
      findings: [{ id: 'called-during-ban', exchanges: ['2', '3'], about: ['B'] }],
    })
  })

  it('knows one app from another, and finds nobody under a key that is nobody’s', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, phone)
    await call(gateway, itemAdd, phone, article)
    expect((await get(gateway, '/report?appKey=YOUR_APP_KEY')).json.calls.total).toBe(1)
    const { status, json } = await get(gateway, '/report?appKey=nobody')
    expect({ status, json }).toEqual({
      status: 404,
      json: { error: 'no app has the key "nobody"' },
    })
    expect(() => gateway.report({ appKey: 'nobody' })).toThrow('no app has the key "nobody"')
  })

  it('counts the items of a tenant in its own shop', async () => {
    await using gateway = gatewayWith()
    const [one, two] = [await gateway.tenant(), await gateway.tenant()]
    for (const { appKey, appSecret, session } of [one, one, two]) {
      const caller = { app: appKey, secret: appSecret, session }
      await addItem(gateway, { outer_id: 'A' }, caller)
    }
    const report = (appKey: string) => gateway.report({ appKey })
    expect(report(one.appKey).items).toEqual({ sent: 1, once: 0, twice: 1, lost: 0 })
    expect(ids(report(one.appKey))).toEqual(['published-twice'])
    expect(report(two.appKey).items).toEqual({ sent: 1, once: 1, twice: 0, lost: 0 })
    expect(ids(report(two.appKey))).toEqual([])
    expect(gateway.report().items).toEqual({ sent: 2, once: 1, twice: 1, lost: 0 })
  })

  it('says when the journal has dropped calls, until it is emptied', async () => {
    await using gateway = createGateway({ journal: { maxCount: 2 } })
    for (let at = 0; at < 3; at++) await call(gateway, 'taobao.time.get')
    expect(gateway.report().truncated).toBe(true)
    gateway.exchanges.clear()
    expect(gateway.report()).toMatchObject({ truncated: false, calls: { total: 0 } })
  })

  it('sees by the session whether another was tried, and shows none', async () => {
    await using gateway = gatewayWith([
      {
        when: { method: itemAdd, call: { from: 1, to: 3 } },
        then: { refuse: '27/session-expired' },
      },
    ])
    const item = { ...phone, outer_id: 'A' }
    for (const session of ['test', 'test-renewed', 'test']) {
      await call(gateway, itemAdd, item, { session })
    }
    expect(ids(gateway.report({ exit: { status: 1, signal: null } }))).toEqual([])
    for (let at = 0; at < 2; at++)
      await call(gateway, itemAdd, item, { session: 'no-such-session' })
    const text = JSON.stringify(gateway.report())
    for (const secret of ['helloworld', 'test-renewed', 'no-such-session']) {
      expect(text).not.toContain(secret)
    }
  })
})

describe('GET /report?format=', () => {
  const gateway = createGateway({ profile: 'production' })
  const read = async (format: string) => {
    const url = `http://localhost/_localtop/report?format=${format}`
    const response = await gateway.fetch(new Request(url))
    return { response, text: await response.text() }
  }

  it.each([
    ['html', 'text/html', '<h1>localtop report</h1>'],
    ['junit', 'application/xml', 'name="all apps: what has been called so far"'],
    ['text', 'text/plain', 'scenario'],
    ['markdown', 'text/markdown', '## localtop report'],
  ])('gives the report as %s', async (format, type, part) => {
    await call(gateway, 'taobao.time.get')
    const { response, text } = await read(format)
    expect(response.headers.get('content-type')).toBe(`${type};charset=UTF-8`)
    expect(text).toContain(part)
    expect(text).not.toContain('undefined')
  })

  it('says which forms there are', async () => {
    const { response, text } = await read('pdf')
    expect(response.status).toBe(400)
    expect(text).toContain('format was \\"pdf\\"; expected json, junit, html, text, markdown')
  })
})

describe('GET /coverage', () => {
  it('lists what was met and what the scenarios could have shown', async () => {
    await using gateway = gatewayWith([
      { when: { method: itemAdd }, then: { refuse: 'isp.remote-service-timeout' } },
      { when: { method: itemAdd }, then: { refuse: 'isv.some-refusal-of-ours' } },
    ])
    await call(gateway, itemAdd, phone)
    const { json } = await get(gateway, '/coverage')
    expect(json.met).toMatchObject([{ error: '15/isp.remote-service-timeout', count: 1 }])
    expect(json.missing).toContain('15/isv.some-refusal-of-ours')
    // Of the library that comes with LocalTOP.
    expect(json.missing).toContain('27/session-expired')
    expect(gateway.report({ expect: 'rules' }).coverage.missing).toEqual([
      '15/isv.some-refusal-of-ours',
    ])
  })
})

describe('the bundled client', () => {
  const rule: fc.Arbitrary<RuleSeed> = fc.record({
    when: fc.record({
      method: fc.constantFrom(itemAdd, itemAdd, 'taobao.items.custom.get'),
      call: fc.integer({ min: 1, max: 12 }),
    }),
    // biome-ignore lint/suspicious/noExplicitAny: an effect has exactly one of the keys
    then: fc.oneof<fc.Arbitrary<any>[]>(
      fc.record({
        refuse: fc.constantFrom(
          'isp.item-service-unavailable',
          'isp.remote-service-timeout',
          'isv.invalid-parameter:title',
          '27/session-expired',
          '41',
          '10',
        ),
      }),
      fc.record({ ban: fc.constantFrom('1s', '2s', '41s', '120s', '31062s') }),
      fc.record({ expireSession: fc.constant(true) }),
    ),
  })

  it('has no finding, whatever the rules do to it', { timeout: 120_000 }, async () => {
    let refused = 0
    await fc.assert(
      fc.asyncProperty(fc.array(rule, { maxLength: 6 }), fc.integer(), async (rules, seed) => {
        await using gateway = gatewayWith(rules)
        gateway.clock.set('2026-05-01 10:00:00')
        let chance = seed
        const client = createClient({
          url: 'http://gateway.invalid',
          appKey: 'YOUR_APP_KEY',
          appSecret: 'YOUR_SECRET_KEY',
          session: 'YOUR_SESSION_TOKEN',
          profile: 'guide',
          fetch: (url, init) => gateway.fetch(new Request(url, init)),
          now: () => gateway.clock.state().epochMs,
          random: () => {
            chance = (Math.imul(chance, 1_103_515_245) + 12_345) >>> 0
            return chance / 2 ** 32
          },
          sleep: async (ms) => void gateway.clock.advance(`${ms}ms`),
        })
        const items = Array.from({ length: 6 }, (_, at) => ({
          title: `商品 ${at + 1}`,
          price: '10.00',
          num: 1,
          outer_id: `P-${at + 1}`,
        }))
        const results = await client.publish(items, { concurrency: 3 })
        const status = results.every((result) => result.status === 'published') ? 0 : 1
        const report = gateway.report({ exit: { status, signal: null } })
        refused += report.calls.refused
        expect(report.findings).toEqual([])
      }),
      { numRuns: 60 },
    )
    expect(refused).toBeGreaterThan(60)
  })
})
