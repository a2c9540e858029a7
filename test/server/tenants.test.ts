import { afterEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { call, phone } from '../support/gateway.ts'

let gateway: Gateway
afterEach(() => gateway.close())

const count = 500

describe(`${count} tenants side by side on one gateway`, () => {
  it('share no item, limit, rule, clock or exchange', async () => {
    gateway = createGateway({
      profile: 'production',
      time: '2026-11-11 00:00:00',
      freeze: true,
      journal: { maxCount: count * 10 },
      scenarios: [
        {
          title: 'second item',
          rules: [
            { when: { method: 'taobao.item.add', call: 2 }, then: { refuse: 'isp.unknown-error' } },
          ],
        },
      ],
    })
    const numbers = Array.from({ length: count }, (_, at) => at)
    const tenants = await Promise.all(
      numbers.map((at) =>
        gateway.tenant({
          appKey: `app-${at}`,
          rateLimit: '5/day',
          world: { sellers: [{ nick: `seller-${at}`, user_id: 1 + at }] },
        }),
      ),
    )
    // Every second one lives in another time, every third one has a rule of its own.
    for (const [at, { appKey }] of tenants.entries()) {
      if (at % 2 === 0) await moveTenant(appKey, `${at + 60}s`)
      if (at % 3 === 0)
        gateway.scenarios.set(
          [
            {
              title: appKey,
              rules: [{ when: { method: 'taobao.time.get' }, then: { refuse: 43 } }],
            },
          ],
          { appKey },
        )
    }
    await Promise.all(
      tenants.map(async ({ appKey, appSecret, session }, at) => {
        const as = { app: appKey, secret: appSecret, session, timestamp: wall() }
        const add = (n: number) =>
          call(gateway, 'taobao.item.add', { ...phone, outer_id: `${appKey}-${n}` }, as)
        const [first, second, third] = [await add(1), await add(2), await add(3)]
        expect([first.error, second.error?.sub_code, third.error]).toEqual([
          undefined,
          'isp.unknown-error',
          undefined,
        ])
        // All begin with the same number: none sees what another has used up.
        expect(first.answer.item.num_iid).toBe(610000000001)
        const time = await call(gateway, 'taobao.time.get', {}, as)
        if (at % 3 === 0) expect(time.error?.code).toBe(43)
        else {
          const seconds = at % 2 === 0 ? at + 60 : 0
          const expected = new Date(Date.UTC(2026, 10, 11) + seconds * 1000)
          expect(time.answer.time).toBe(expected.toISOString().slice(0, 19).replace('T', ' '))
        }
        const list = await call(gateway, 'taobao.items.onsale.get', { fields: 'outer_id' }, as)
        const codes = list.answer.items.item.map((item: { outer_id: string }) => item.outer_id)
        expect(codes.sort()).toEqual([`${appKey}-1`, `${appKey}-3`])
        expect((await call(gateway, 'taobao.time.get', {}, as)).error?.code).toBe(7)
      }),
    )
    for (const [at, { appKey }] of tenants.entries()) {
      const own = gateway.exchanges.list({ appKey })
      expect(own).toHaveLength(6)
      const other = gateway.exchanges.list({ appKey, text: `app-${(at + 1) % count}-1` })
      expect(other).toEqual([])
    }
    expect(gateway.exchanges.list()).toHaveLength(6 * count)
    const shop = await call(
      gateway,
      'taobao.items.onsale.get',
      { fields: 'num_iid' },
      { timestamp: wall() },
    )
    expect(shop.answer.total_results).toBe(2)
  })
})

/** The real time, which is as good as a tenant's own once clocks have been moved. */
const wall = () => new Date(Date.now() + 8 * 3_600_000).toISOString().slice(0, 19).replace('T', ' ')

async function moveTenant(appKey: string, advance: string) {
  const moved = await gateway.fetch(
    new Request('http://localhost/_localtop/clock', {
      method: 'POST',
      body: JSON.stringify({ appKey, advance }),
    }),
  )
  expect(moved.status).toBe(200)
}
