import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type LogEvent } from '../../src/server/index.ts'
import { addItem, call, request, settled } from '../support/gateway.ts'

const hour = 3_600_000
const noon = Date.parse('2026-11-23T12:00:00+08:00')
let now = noon
let gateway: Gateway
const bugs: LogEvent[] = []

beforeEach(() => {
  now = noon
  gateway = createGateway({
    profile: 'production',
    rateLimit: '2/min',
    wall: () => now,
    log: (event) => event.event === 'bug' && bugs.push(event),
  })
})
afterEach(async () => {
  await gateway.close()
  expect(bugs.splice(0)).toEqual([])
})

const asks = async (session?: string) =>
  (await call(gateway, 'taobao.user.seller.get', { fields: 'nick' }, session ? { session } : {}))
    .error

describe('when the clock of the machine is set back by an hour', () => {
  it('a ban lasts no longer than its window', async () => {
    await asks()
    await asks()
    expect((await asks())?.code).toBe(7)
    now -= hour
    const refused = await asks()
    const seconds = refused ? Number(/\d+/.exec(String(refused.sub_msg))?.[0]) : 0
    expect(seconds).toBeLessThanOrEqual(60)
    now += 61_000
    expect(await asks()).toBeUndefined()
  })

  it('calls of before the step do not count twice', async () => {
    await asks()
    now -= hour
    expect(await asks()).toBeUndefined()
  })

  it('what is valid stays valid, and what has ended in between is valid again', async () => {
    const tenant = await gateway.tenant({ rateLimit: 'off' })
    const reads = async () =>
      (
        await call(
          gateway,
          'taobao.user.seller.get',
          { fields: 'nick' },
          { app: tenant.appKey, secret: tenant.appSecret, session: tenant.session },
        )
      ).error?.code
    expect(await reads()).toBeUndefined()
    now -= hour
    expect(await reads()).toBeUndefined()
    now += 400 * 24 * hour
    expect(await reads()).toBe(27)
    now -= 400 * 24 * hour
    expect(await reads()).toBeUndefined()
  })

  it('no number and no request id is given twice', async () => {
    const tenant = await gateway.tenant({ rateLimit: 'off' })
    const as = { app: tenant.appKey, secret: tenant.appSecret, session: tenant.session }
    const found: string[] = []
    for (let step = 0; step < 20; step++) {
      found.push(await addItem(gateway, {}, as))
      now -= hour
    }
    expect(new Set(found).size).toBe(20)
    const ids = gateway.exchanges.list().map(({ requestId }) => requestId)
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('the journal keeps the order of the calls, and what came later is found by number', async () => {
    await asks()
    const [first] = gateway.exchanges.list()
    now -= hour
    await asks()
    const all = gateway.exchanges.list()
    expect(all.map(({ time }) => time)).toEqual(['2026-11-23 12:00:00', '2026-11-23 11:00:00'])
    expect(gateway.exchanges.list({ since: { id: first?.id ?? '' } })).toEqual([all[1]])
  })

  it('an answer that is held back comes all the same', async () => {
    await gateway.close()
    let back = 0
    gateway = createGateway({ profile: 'production', wall: () => Date.now() - back })
    gateway.scenarios.set([{ title: 'slow', rules: [{ then: { delay: '100ms' } }] }])
    const held = asks()
    await settled(gateway)
    back = hour
    expect(await held).toBeUndefined()
  })

  it('a page of the control API still answers', async () => {
    await asks()
    now -= hour
    for (const path of ['health', 'report', 'coverage', 'metrics', 'clock', 'curl', 'exchanges']) {
      const reply = await request(gateway, new Request(`http://localhost/_localtop/${path}`))
      expect(reply.status).toBe(200)
    }
  })
})
