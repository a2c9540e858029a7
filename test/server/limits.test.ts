import { describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'
import { article, type Caller, call, phone, send } from '../support/gateway.ts'

const ask = (gateway: Gateway, caller: Caller = article) =>
  call(gateway, 'taobao.time.get', {}, { ...caller, session: null })
async function askTimes(times: number, gateway: Gateway, caller?: Caller) {
  for (let at = 0; at < times; at++) {
    const reply = await ask(gateway, caller)
    if (reply.error) throw new Error(`call ${at + 1} was refused: ${reply.text}`)
  }
}
const documentation: Caller = {}

/** A gateway whose clock stands still. */
function standing(options: GatewayOptions = {}, at = '2026-05-01 10:00:00') {
  const gateway = createGateway(options)
  gateway.clock.freeze(at)
  return gateway
}

describe("the article's limit of 100 calls a minute", () => {
  it('answers 100 calls and bans the 101st, with the seconds left in words', async () => {
    const gateway = standing()
    await askTimes(100, gateway)
    const { error, status } = await ask(gateway)
    expect(status).toBe(200)
    expect(error).toEqual({
      code: 429,
      msg: 'App Call Limited',
      sub_code: 'accesscontrol.limited-by-app-access-count',
      sub_msg: 'This ban will last for 60 more seconds',
      request_id: expect.any(String),
    })
  })

  it('counts down with the clock, rounded up, and ends with the window', async () => {
    const gateway = standing()
    await askTimes(100, gateway)
    for (const [step, left] of [
      ['500ms', 60],
      ['500ms', 59],
      ['29s', 30],
      ['29s', 1],
      ['999ms', 1],
    ] as const) {
      gateway.clock.advance(step)
      expect((await ask(gateway)).error?.sub_msg).toBe(
        `This ban will last for ${left} more seconds`,
      )
    }
    gateway.clock.advance('1ms')
    await askTimes(100, gateway)
    expect((await ask(gateway)).error?.code).toBe(429)
  })

  it('opens its window with the first call, not with the clock', async () => {
    const gateway = standing({}, '2026-05-01 10:00:45')
    await askTimes(50, gateway)
    gateway.clock.advance('30s')
    await askTimes(50, gateway)
    expect((await ask(gateway)).error?.sub_msg).toContain('for 30 more seconds')
  })

  it("is each app's own", async () => {
    const gateway = standing({ profile: 'guide' })
    await askTimes(100, gateway)
    expect((await ask(gateway)).error?.code).toBe(429)
    await askTimes(100, gateway, documentation)
    expect((await ask(gateway, documentation)).error?.code).toBe(429)
  })

  it('does not hold for apps of the production profile', async () => {
    await askTimes(150, standing(), documentation)
  })

  it('does not count what is refused before the limits: sign, method, grants', async () => {
    const gateway = standing({ rateLimit: '2/min' })
    const few: Caller = { app: '23456789', secret: 'few-grants-secret', session: null }
    for (let at = 0; at < 5; at++) {
      expect((await ask(gateway, { ...article, secret: 'wrong' })).error?.code).toBe(
        'invalid_signature',
      )
      expect((await call(gateway, 'taobao.nothing', {}, article)).error?.code).toBe(
        'invalid_method',
      )
      expect((await call(gateway, 'taobao.item.add', phone, few)).error?.code).toBe(11)
      expect((await send(gateway, { app_key: 'YOUR_APP_KEY' })).error?.code).toBe('missing_method')
    }
    await askTimes(2, gateway)
    await askTimes(2, gateway, few)
  })

  it('does count what is refused after them: sessions and arguments', async () => {
    const gateway = standing({ rateLimit: '2/min' })
    await call(gateway, 'taobao.item.add', phone, { ...article, session: 'nobody' })
    await call(gateway, 'taobao.item.add', {}, article)
    expect((await ask(gateway)).error?.code).toBe(429)
  })

  it('publishes nothing while the ban lasts', async () => {
    const gateway = standing({ rateLimit: '1/min' })
    await ask(gateway)
    expect((await call(gateway, 'taobao.item.add', phone, article)).error?.code).toBe(429)
    gateway.clock.advance('1m')
    const list = await call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid' }, article)
    expect(list.answer.total_results).toBe(2)
  })
})

describe('a limit per day', () => {
  it('bans until 00:00 GMT+8: for 31062 seconds from 15:22:18 on', async () => {
    const gateway = standing({ rateLimit: '3/day' }, '2016-01-01 15:22:18')
    await askTimes(3, gateway, documentation)
    const { error } = await ask(gateway, documentation)
    expect(error).toMatchObject({ code: 7, sub_msg: 'This ban will last for 31062 more seconds' })
    gateway.clock.freeze('2016-01-01 23:59:59')
    expect((await ask(gateway, documentation)).error?.sub_msg).toContain('for 1 more seconds')
    gateway.clock.advance('1s')
    await askTimes(3, gateway, documentation)
    expect((await ask(gateway, documentation)).error?.sub_msg).toContain('for 86400 more seconds')
  })
})

describe('the setting rateLimit', () => {
  it.each([
    ['2/sec', '1s', 1],
    ['2/min', '1m', 60],
    ['2/hour', '1h', 3600],
  ])('%s holds for every app that has no limit of its own', async (rateLimit, window, seconds) => {
    const gateway = standing({ rateLimit })
    for (const caller of [article, documentation]) {
      await askTimes(2, gateway, caller)
      const { error } = await ask(gateway, caller)
      expect(error?.sub_msg).toBe(`This ban will last for ${seconds} more seconds`)
    }
    gateway.clock.advance(window)
    await askTimes(2, gateway)
  })

  it('off lets everything through', async () => {
    await askTimes(150, standing({ rateLimit: 'off' }))
  })

  it("loses to an app's own limit", async () => {
    const world = { apps: [{ app_key: 'a', app_secret: 's', rate_limit: '1/min' }] }
    const gateway = standing({ rateLimit: 'off', world })
    const own: Caller = { app: 'a', secret: 's' }
    await askTimes(1, gateway, own)
    expect((await ask(gateway, own)).error?.code).toBe(429)
  })

  it.each(['100', '0/min', '-1/min', '1.5/min', '100/week', '100 / min', ''])(
    'refuses "%s" by name',
    (rateLimit) => {
      expect(() => createGateway({ rateLimit })).toThrow('rateLimit was')
    },
  )
})

describe("httpStatus 'semantic'", () => {
  const semantic = () => standing({ httpStatus: 'semantic', rateLimit: '2/min' })

  it('answers 429 with Retry-After for a call limit, with the same body', async () => {
    const gateway = semantic()
    await askTimes(2, gateway)
    gateway.clock.advance('13s')
    const { status, headers, error } = await ask(gateway)
    expect(status).toBe(429)
    expect(headers.get('retry-after')).toBe('47')
    expect(error?.sub_msg).toBe('This ban will last for 47 more seconds')
  })

  it.each([
    ['a bad signature', 401, { ...article, secret: 'wrong' }],
    ['an unknown app', 401, { ...article, app: 'nobody' }],
    ['a bad session', 401, { ...article, session: 'nobody' }],
    ['a missing session', 401, { ...article, session: null }],
    ['a missing argument', 400, article],
  ] as const)('answers %s with %i', async (_, status, caller) => {
    const reply = await call(semantic(), 'taobao.item.add', {}, caller)
    expect(reply.status).toBe(status)
    expect(reply.error).toBeDefined()
    expect(reply.headers.has('retry-after')).toBe(false)
  })

  it.each([
    ['11', 403],
    ['15/isv.anything', 400],
    ['isp.remote-service-timeout', 503],
    ['10', 503],
  ] as const)('answers the error %s with %i', async (error, status) => {
    const reply = await send(semantic(), {}, { headers: { 'x-localtop-error': error } })
    expect(reply.status).toBe(status)
  })

  it('answers successes with 200', async () => {
    expect((await ask(semantic())).status).toBe(200)
  })
})

describe('a ban of a scenario', () => {
  it('holds for the method and the app that it is about, and counts no call meanwhile', async () => {
    const kind = 'accesscontrol.limited-by-app-api-access-count'
    const rule = { when: { method: 'taobao.time.get' }, then: { ban: { for: '41s', kind } } }
    const gateway = standing({ rateLimit: '2/min', scenarios: [{ title: 'test', rules: [rule] }] })
    await ask(gateway)
    for (let at = 0; at < 5; at++) {
      expect((await ask(gateway)).error).toMatchObject({
        sub_code: kind,
        sub_msg: 'This ban will last for 41 more seconds',
      })
    }
    const other = await call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid' }, article)
    expect(other.error).toBeUndefined()
    expect((await ask(gateway, documentation)).error).toBeUndefined()
  })
})
