import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { formatTime, type RuleSeed, timeGet } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'
import { addItem, call, phone, settled } from '../support/gateway.ts'

let gateway: Gateway
afterEach(() => gateway.close())

const withRules = (rules: RuleSeed[], options: GatewayOptions = {}) => {
  gateway = createGateway({
    profile: 'production',
    scenarios: [{ title: 'test', rules }],
    ...options,
  })
  return gateway
}

/** The codes of a row of calls of taobao.time.get; 0 for an answer. */
async function codes(count: number, who: Parameters<typeof call>[3] = {}) {
  const seen: unknown[] = []
  for (let n = 0; n < count; n++) {
    seen.push((await call(gateway, 'taobao.time.get', {}, who)).error?.code ?? 0)
  }
  return seen
}

/** The gateway's time as a caller sees it who lives in real time. */
async function timeSeenBy(who: Parameters<typeof call>[3] = {}): Promise<string> {
  const timestamp = formatTime(Date.now())
  return (await call(gateway, 'taobao.time.get', {}, { ...who, timestamp })).answer.time
}

describe('a rule', () => {
  it.each<[string, RuleSeed, number[]]>([
    ['once', { then: { refuse: 22 } }, [22, 0, 0, 0, 0]],
    ['every time', { then: { refuse: 22 }, times: 'always' }, [22, 22, 22, 22, 22]],
    ['three times', { then: { refuse: 22 }, times: 3 }, [22, 22, 22, 0, 0]],
    ['at the second call', { when: { call: 2 }, then: { refuse: 22 } }, [0, 22, 0, 0, 0]],
    [
      'in a range',
      { when: { call: { from: 2, to: 4 } }, then: { refuse: 22 } },
      [0, 22, 22, 22, 0],
    ],
    ['from a call on', { when: { call: { from: 4 } }, then: { refuse: 22 } }, [0, 0, 0, 22, 22]],
    ['for a family', { when: { method: 'taobao.time.*' }, then: { refuse: 22 } }, [22, 0, 0, 0, 0]],
    [
      'not for another method',
      { when: { method: 'taobao.item.add' }, then: { refuse: 22 } },
      [0, 0, 0, 0, 0],
    ],
    ['not for another app', { when: { app: 23456789 }, then: { refuse: 22 } }, [0, 0, 0, 0, 0]],
    [
      'for one of a list of methods',
      { when: { method: ['taobao.item.add', 'taobao.time.get'] }, then: { refuse: 22 } },
      [22, 0, 0, 0, 0],
    ],
    [
      'at every second call',
      { when: { call: { every: 2 } }, then: { refuse: 22 } },
      [0, 22, 0, 22, 0],
    ],
    [
      'at every second call of a range',
      { when: { call: { from: 2, to: 4, every: 2 } }, then: { refuse: 22 } },
      [0, 0, 22, 0, 0],
    ],
    ['with one error after the other', { then: { refuse: [22, 50, 10] } }, [22, 50, 10, 0, 0]],
    [
      'with the last error of a list for ever',
      { then: { refuse: [22, 50] }, times: 'always' },
      [22, 50, 50, 50, 50],
    ],
    [
      'while a state is as it was',
      { when: { state: 'a=started' }, then: { refuse: 22 } },
      [22, 22, 22, 22, 22],
    ],
    [
      'not for other values',
      { when: { params: { q: 'x' } }, then: { refuse: 22 } },
      [0, 0, 0, 0, 0],
    ],
  ])('happens %s', async (_, rule, expected) => {
    withRules([rule])
    expect(await codes(5)).toEqual(expected)
  })

  it('counts the calls of each tenant apart, and again after its reset', async () => {
    withRules([{ when: { call: 2 }, then: { refuse: 22 } }])
    const [one, two] = [await gateway.tenant(), await gateway.tenant()]
    const as = ({ appKey, appSecret, session }: typeof one) => ({
      app: appKey,
      secret: appSecret,
      session,
    })
    expect(await codes(3, as(one))).toEqual([0, 22, 0])
    expect(await codes(2, as(two))).toEqual([0, 22])
    await gateway.reset({ appKey: one.appKey })
    expect(await codes(3, as(one))).toEqual([0, 22, 0])
    expect(await codes(1, as(two))).toEqual([0])
  })

  it('that ends a session has ended it for good, in a file store too', async () => {
    const data = mkdtempSync(join(tmpdir(), 'localtop-rules-'))
    withRules([{ then: { expireSession: true } }], { store: 'file', data })
    const ended = await call(gateway, 'taobao.user.seller.get', { fields: 'nick' })
    expect(ended.error?.sub_code).toBe('session-expired')
    await gateway.close()
    withRules([], { store: 'file', data })
    const after = await call(gateway, 'taobao.user.seller.get', { fields: 'nick' })
    expect(after.error?.sub_code).toBe('session-expired')
    await gateway.close()
    rmSync(data, { recursive: true })
  })

  it('that comes first goes first; the next one is armed meanwhile', async () => {
    withRules([{ then: { refuse: 22 } }, { then: { refuse: 50 } }])
    expect(await codes(3)).toEqual([22, 50, 0])
  })
})

describe('the conditions of a rule', () => {
  const codesOf = async (params: readonly Record<string, string>[]) => {
    const seen: unknown[] = []
    for (const one of params) {
      const all = { num_iid: '11223344', fields: 'title', ...one }
      seen.push((await call(gateway, 'taobao.item.seller.get', all)).error?.code ?? 0)
    }
    return seen
  }
  const about = (when: RuleSeed['when']) =>
    withRules([{ when, then: { refuse: 22 }, times: 'always' }])

  it('look at parts of parameters, at patterns, and at what was not sent', async () => {
    const texts = [{ x: '新款手机' }, { x: '手机壳' }, { x: '' }, {}]
    about({ params: { x: { contains: '手机' } } })
    expect(await codesOf(texts)).toEqual([22, 22, 0, 0])
    about({ params: { x: { matches: '手机$' } } })
    expect(await codesOf(texts)).toEqual([22, 0, 0, 0])
    about({ params: { x: { present: true } } })
    expect(await codesOf(texts)).toEqual([22, 22, 22, 0])
    about({ params: { x: { present: false } } })
    expect(await codesOf(texts)).toEqual([0, 0, 0, 22])
    about({ params: { x: { contains: '手', matches: '^手' } } })
    expect(await codesOf(texts)).toEqual([0, 22, 0, 0])
  })

  it('look at the item that a call names', async () => {
    about({ item: { approve_status: 'instock' } })
    const asked = ['11223344', '11223346', '999'].map((num_iid) => ({ num_iid }))
    const seen = await codesOf(asked)
    expect(seen.slice(0, 2)).toEqual([0, 22])
    expect(seen[2]).toBe(15)
  })

  it('look at the clock', async () => {
    about({ between: { from: '2026-11-11 00:00:00', to: '2026-11-11 01:00:00' } })
    const seen: unknown[] = []
    for (const at of ['2026-11-10 23:59:59', '2026-11-11 00:00:00', '2026-11-11 01:00:00']) {
      gateway.clock.freeze(at)
      seen.push(...(await codes(1)))
    }
    expect(seen).toEqual([0, 22, 0])
  })

  it('look at the hours of every day, past midnight too', async () => {
    about({ between: { from: '22:00', to: '02:00:30' } })
    const seen: unknown[] = []
    for (const at of ['21:59:59', '22:00:00', '23:59:59', '00:00:00', '02:00:29', '02:00:30']) {
      gateway.clock.freeze(`2026-11-11 ${at}`)
      seen.push(...(await codes(1)))
    }
    expect(seen).toEqual([0, 22, 22, 22, 22, 0])
    about({ between: { from: '09:00', to: '17:30' } })
    gateway.clock.freeze('2026-11-12 09:00:00')
    expect(await codes(1)).toEqual([22])
    gateway.clock.freeze('2026-11-12 17:30:00')
    expect(await codes(1)).toEqual([0])
  })

  it('look at how long the rule has been in force, for a tenant that came later too', async () => {
    about({ after: '10m' })
    expect(await codes(1)).toEqual([0])
    gateway.clock.advance('10m')
    const { appKey, appSecret, session } = await gateway.tenant()
    const tenant = { app: appKey, secret: appSecret, session }
    expect([await codes(1), await codes(1, tenant)]).toEqual([[22], [0]])
    gateway.clock.advance('10m')
    expect(await codes(1, tenant)).toEqual([22])
    await gateway.reset({ appKey })
    expect(await codes(1, tenant)).toEqual([0])
  })

  it('look at states, which rules set, as they were when the call came', async () => {
    withRules([
      {
        when: { method: 'taobao.time.get', state: 'shop=started' },
        then: { setState: 'shop=warned' },
        times: 'once',
      },
      { when: { state: 'shop=warned' }, then: { refuse: 22, setState: 'shop=closed' } },
      { when: { state: 'shop=closed' }, then: { refuse: 50 } },
    ])
    expect(await codes(4)).toEqual([0, 22, 50, 50])
  })

  it('draw chance from the seed: the same calls twice, others with another seed', async () => {
    const chance: RuleSeed[] = [{ when: { chance: 0.3 }, then: { refuse: 22 } }]
    const drawn = async (seed: number) => {
      withRules(chance, { seed })
      const seen = await codes(60)
      await gateway.close()
      return seen
    }
    const [one, again, other] = [await drawn(1), await drawn(1), await drawn(2)]
    expect(one).toEqual(again)
    expect(one).not.toEqual(other)
    const refused = one.filter((code) => code === 22).length
    expect(refused).toBeGreaterThan(6)
    expect(refused).toBeLessThan(36)
  })
})

describe('rules stack', () => {
  it('all effects that decide nothing apply, and the first decision', async () => {
    gateway = withRules([
      { then: { refuse: 22 } },
      { then: { quota: '1/min' } },
      { then: { refuse: 50 } },
    ])
    expect(await codes(4)).toEqual([22, 50, 7, 7])
  })

  it('counting calls apart: what an earlier rule refuses is still the first call of a later one', async () => {
    withRules([
      { when: { call: 1 }, then: { refuse: 22 } },
      { when: { call: 2 }, then: { refuse: 50 } },
    ])
    expect(await codes(3)).toEqual([22, 50, 0])
  })

  it('a rule happens whole or not at all: one that is not first keeps its turn', async () => {
    withRules([{ then: { refuse: 22 } }, { then: { refuse: 50, quota: '1/day' } }])
    expect(await codes(4)).toEqual([22, 50, 0, 7])
  })

  it('and are told in the journal', async () => {
    withRules([{ then: { quota: 'off' } }, { then: { refuse: 22 } }])
    await codes(2)
    expect(gateway.exchanges.find('1')?.rules).toEqual([
      'test: Of all calls: limit the app to off from then on, once.',
      'test: Of all calls: refuse it with 22, once.',
    ])
    expect(gateway.exchanges.find('2')?.rules).toEqual([])
  })
})

describe('what happens', () => {
  it('a ban until midnight ends at 00:00 GMT+8, 31,062 seconds later, in no time', async () => {
    withRules([{ then: { ban: 'midnight' } }])
    gateway.clock.freeze('2026-11-11 15:22:18')
    const banned = await call(gateway, 'taobao.time.get')
    expect(banned.error?.sub_msg).toBe('This ban will last for 31062 more seconds')
    gateway.clock.advance('31061s')
    expect(await codes(1)).toEqual([7])
    gateway.clock.advance('1s')
    expect(await codes(1)).toEqual([0])
  })

  it.each([
    ['accesscontrol.limited-by-app-access-count', [7, 7, 0]],
    ['accesscontrol.limited-by-api-access-count', [7, 0, 7]],
    ['accesscontrol.limited-by-app-api-access-count', [7, 0, 0]],
    ['accesscontrol.limited-by-dynamic-access-count', [7, 7, 0]],
  ])('a ban %s is about whom it names', async (kind, expected) => {
    withRules([{ then: { ban: { for: '41s', kind } } }])
    await codes(1)
    const user = await call(gateway, 'taobao.user.seller.get', { fields: 'nick' })
    const few = { app: '23456789', secret: 'few-grants-secret', session: null }
    const seen = [(await codes(1))[0], user.error?.code ?? 0, (await codes(1, few))[0]]
    expect(seen).toEqual(expected)
  })

  it('a session is revoked for good', async () => {
    withRules([{ then: { revokeSession: true } }])
    const asked = async () =>
      (await call(gateway, 'taobao.user.seller.get', { fields: 'nick' })).error?.sub_code
    expect([await asked(), await asked()]).toEqual(['session-not-exist', 'session-not-exist'])
  })

  it('only a call with a session can lose it', async () => {
    withRules([{ then: { expireSession: true } }])
    expect(await codes(1, { session: null })).toEqual([0])
    expect(await codes(1)).toEqual([27])
  })

  it('the secret changes from the next call on', async () => {
    withRules([{ then: { appSecret: 'another-secret' } }])
    expect(await codes(2)).toEqual([0, 25])
    expect(await codes(1, { secret: 'another-secret' })).toEqual([0])
  })

  it('the clock jumps once the call has been judged, for a tenant its own', async () => {
    withRules([{ then: { clock: '+31m' } }])
    gateway.clock.freeze('2026-11-11 00:00:00')
    const { appKey, appSecret, session } = await gateway.tenant()
    const tenant = { app: appKey, secret: appSecret, session }
    expect(await timeSeenBy(tenant)).toBe('2026-11-11 00:00:00')
    expect(await timeSeenBy(tenant)).toBe('2026-11-11 00:31:00')
    expect(gateway.clock.state().time).toBe('2026-11-11 00:00:00')
    expect(await timeSeenBy()).toBe('2026-11-11 00:00:00')
    expect(gateway.clock.state().time).toBe('2026-11-11 00:31:00')
  })

  it.each<[string, RuleSeed['then'], number]>([
    ['as said', { delay: '3s' }, 3000],
    ['together', { delay: '1s', clock: '-1h' }, 1000],
    ['between two durations', { delay: { uniform: ['2s', '2s'] } }, 2000],
  ])('a delay is waited for on the clock, %s', async (_, then, ms) => {
    withRules([{ then }])
    gateway.clock.freeze('2026-11-11 00:00:00')
    let isOver = false
    const late = call(gateway, 'taobao.time.get').finally(() => {
      isOver = true
    })
    await settled(gateway)
    gateway.clock.advance(`${ms - 1}ms`)
    await settled(gateway)
    expect(isOver).toBe(false)
    gateway.clock.advance('1ms')
    expect((await late).error).toBeUndefined()
  })

  it('a delayed call is carried out on time: whoever asks meanwhile finds what it made', async () => {
    withRules([{ when: { method: 'taobao.item.add' }, then: { delay: '40s' } }])
    gateway.clock.freeze('2026-11-11 00:00:00')
    const late = call(gateway, 'taobao.item.add', { ...phone, outer_id: 'LATE-1' })
    await settled(gateway)
    const asked = { outer_id: 'LATE-1', fields: 'num_iid' }
    const found = await call(gateway, 'taobao.items.custom.get', asked)
    gateway.clock.advance('40s')
    const { answer } = await late
    expect(found.answer.items.item).toEqual([{ num_iid: answer.item.num_iid }])
    expect(answer.item.created).toBe('2026-11-11 00:00:00')
  })

  it('an answer is fixed, whatever the contract says, and nothing is carried out', async () => {
    const answer = { item: { num_iid: '9007199254740993', colour: 'red' }, extra: [1, 2] }
    withRules([{ when: { method: 'taobao.item.add' }, then: { answer } }])
    const reply = await call(gateway, 'taobao.item.add', phone)
    expect(reply.text).toContain('"item":{"num_iid":9007199254740993,"colour":"red"},"extra":[1,2]')
    const { items } = gateway.report()
    expect(items).toMatchObject({ once: 0, twice: 0 })
    // Once, where nobody says otherwise.
    const next = await call(gateway, 'taobao.item.add', phone)
    expect(next.answer.item).not.toHaveProperty('colour')
  })

  it('a fixed answer is patched like any other', async () => {
    withRules([
      { then: { answer: { time: '2020-02-20 20:20:20', note: 'a' } }, times: 'always' },
      { then: { patch: { note: 'b' } }, times: 'always' },
    ])
    const { answer } = await call(gateway, 'taobao.time.get')
    expect(answer).toMatchObject({ time: '2020-02-20 20:20:20', note: 'b' })
  })

  it('an answer is patched, fields that no contract knows too, in both formats', async () => {
    const patch = { user: { nick: null, level: 7, tags: ['a', 'b'] }, note: '新' }
    withRules([{ then: { patch }, times: 'always' }])
    const asked = { fields: 'nick,user_id' }
    const json = await call(gateway, 'taobao.user.seller.get', asked)
    expect(json.answer).toEqual({
      user: { user_id: 100000001, level: 7, tags: ['a', 'b'] },
      note: '新',
      request_id: json.answer.request_id,
    })
    const xml = await call(gateway, 'taobao.user.seller.get', asked, { format: 'xml' })
    expect(xml.text).toContain('<user><user_id>100000001</user_id><level>7</level>')
    expect(xml.text).toContain('<note>新</note>')
  })

  it('a patched list keeps its form, and a broken one is sent as it is', async () => {
    withRules([
      {
        when: { call: 1 },
        then: { patch: { items: { item: [{ num_iid: '9007199254740993' }] } } },
      },
      { when: { call: 2 }, then: { patch: { items: { item: '没有' } } } },
    ])
    const list = () => call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid' })
    expect((await list()).text).toContain('"items":{"item":[{"num_iid":9007199254740993}]}')
    expect((await list()).text).toContain('"items":{"item":"没有"}')
  })

  it('lists lag behind the shop, single items do not', async () => {
    withRules([{ when: { method: 'taobao.items.*' }, then: { lag: '10m' }, times: 'always' }])
    gateway.clock.freeze('2026-11-11 00:00:00')
    const num_iid = await addItem(gateway, { outer_id: 'NEW-1' })
    const total = async () =>
      (await call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid' })).answer.total_results
    const byCode = async () =>
      (await call(gateway, 'taobao.items.custom.get', { fields: 'num_iid', outer_id: 'NEW-1' }))
        .answer.items?.item.length ?? 0
    const before = await total()
    expect(await byCode()).toBe(0)
    const read = await call(gateway, 'taobao.item.seller.get', { fields: 'title', num_iid })
    expect(read.error).toBeUndefined()
    gateway.clock.advance('10m')
    expect(await total()).toBe(before + 1)
    expect(await byCode()).toBe(1)
  })
})

describe('rules of a tenant', () => {
  const as = ({
    appKey,
    appSecret,
    session,
  }: {
    appKey: string
    appSecret: string
    session: string
  }) => ({
    app: appKey,
    secret: appSecret,
    session,
  })

  it('are met by its calls alone, before those of all', async () => {
    withRules([{ then: { refuse: 50 }, times: 'always' }])
    const [one, two] = [await gateway.tenant(), await gateway.tenant()]
    gateway.scenarios.set([{ title: 'own', rules: [{ then: { refuse: 22 } }] }], one)
    expect(await codes(2, as(one))).toEqual([22, 50])
    expect(await codes(2, as(two))).toEqual([50, 50])
    expect(await codes(1)).toEqual([50])
    expect(gateway.scenarios.list(one).map(({ scenario }) => scenario)).toEqual(['own', 'test'])
    expect(gateway.scenarios.list().map(({ scenario }) => scenario)).toEqual(['test'])
    gateway.scenarios.clear(one)
    expect(gateway.scenarios.list(one)).toHaveLength(1)
  })

  it('are gone after its reset', async () => {
    withRules([])
    const one = await gateway.tenant()
    gateway.scenarios.set(
      [{ title: 'own', rules: [{ then: { refuse: 22 }, times: 'always' }] }],
      one,
    )
    gateway.faults.add({ fault: 'empty-body', method: 'taobao.item.add' }, one)
    expect(await codes(1, as(one))).toEqual([22])
    await gateway.reset({ appKey: one.appKey })
    expect(await codes(1, as(one))).toEqual([0])
    expect(gateway.scenarios.list(one)).toEqual([])
  })

  it('set the clock of the tenant where the scenario says one', async () => {
    withRules([])
    gateway.clock.freeze('2026-05-01 00:00:00')
    const one = await gateway.tenant()
    gateway.scenarios.set([{ title: 'night', clock: '2026-11-11 00:00:00' }], one)
    expect(await timeSeenBy(as(one))).toBe('2026-11-11 00:00:00')
    expect(await timeSeenBy()).toBe('2026-05-01 00:00:00')
    const frozen = { title: 'night', clock: { at: '2026-11-11 00:00:00', freeze: true } }
    expect(() => gateway.scenarios.set([frozen], one)).toThrow('a tenant has an offset')
    expect(() => gateway.scenarios.set([], { appKey: 'nobody' })).toThrow(
      'no tenant has the app key "nobody"',
    )
  })
})

describe('the clock of a scenario', () => {
  it('begins where the scenario says, and again after a reset', async () => {
    gateway = createGateway({
      profile: 'production',
      scenarios: [{ title: 'night', clock: { at: '2026-11-11 00:00:00', freeze: true } }],
    })
    expect(gateway.clock.state()).toMatchObject({ time: '2026-11-11 00:00:00', frozen: true })
    gateway.clock.advance('1h')
    await gateway.reset()
    expect(gateway.clock.state().time).toBe('2026-11-11 00:00:00')
  })

  it('gives way to a time that the options name', () => {
    gateway = createGateway({
      time: '2026-01-01 00:00:00',
      freeze: true,
      scenarios: [{ title: 'night', clock: '2026-11-11 00:00:00' }],
    })
    expect(gateway.clock.state()).toMatchObject({ time: '2026-01-01 00:00:00', frozen: true })
  })

  it('cannot be that of two scenarios at once', () => {
    gateway = createGateway()
    const night = { title: 'night', clock: '2026-11-11 00:00:00' }
    expect(() => gateway.scenarios.set([night, { ...night, title: 'day' }])).toThrow(
      'the scenarios night and day both set the clock; one gateway has one',
    )
  })
})

describe('a rule about a method that nobody answers', () => {
  it('is refused, with the one that was probably meant', () => {
    gateway = createGateway()
    const rules = [{ when: { method: 'taobao.item.ad' }, then: { refuse: 22 } }]
    expect(() => gateway.scenarios.set([{ title: 'typo', rules }])).toThrow(
      'scenario "typo": rules[0].when.method: no method is called "taobao.item.ad" here, so this rule can never match; did you mean taobao.item.add?',
    )
    expect(() => gateway.faults.add({ fault: 'hang', method: 'taobao.nothing.*' })).toThrow(
      'no method is called "taobao.nothing.*" here',
    )
  })

  it('is fine where the gateway was given the method', () => {
    const contract = { ...timeGet, name: 'taobao.own.get' }
    gateway = createGateway({ methods: [{ contract, handler: () => ({ time: '' }) }] })
    const rules = [{ when: { method: 'taobao.own.*' }, then: { refuse: 22 } }]
    expect(gateway.scenarios.set([{ title: 'own', rules }])).toHaveLength(1)
  })
})

describe('refuseAfter', () => {
  it('refuses a call that has been carried out: sent again, the item is there twice', async () => {
    withRules([
      { when: { method: 'taobao.item.add' }, then: { refuseAfter: 'isp.remote-service-timeout' } },
    ])
    const twice = { ...phone, outer_id: 'TWICE' }
    const first = await call(gateway, 'taobao.item.add', twice)
    expect(first.error?.sub_code).toBe('isp.remote-service-timeout')
    const second = await call(gateway, 'taobao.item.add', twice)
    expect(second.error).toBeUndefined()
    const { findings, items } = gateway.report()
    expect(items).toMatchObject({ once: 0, twice: 1 })
    expect(findings).toMatchObject([{ id: 'sent-again-without-asking', exchanges: ['1', '2'] }])
    expect(gateway.exchanges.find('1')?.rules).toEqual([
      'test: Of calls of taobao.item.add: carry it out and refuse it with isp.remote-service-timeout all the same, once.',
    ])
  })

  it('does not go with what decides before', () => {
    const rules = [{ then: { refuse: 22, refuseAfter: 'isp.unknown-error' } }]
    expect(() => withRules(rules)).toThrow('refuseAfter carries the call out')
    gateway = createGateway()
  })
})
