import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { clockCommand, tenantRequest } from '../../src/contracts/control.ts'
import { defaultWorld } from '../../src/contracts/default-world.ts'
import { pathText, problemsOf } from '../../src/contracts/problems.ts'
import { explainRule } from '../../src/contracts/explain-rule.ts'
import { type RuleSeed, rule } from '../../src/contracts/rule.ts'
import { defineScenario, scenario } from '../../src/contracts/scenario.ts'
import { worldSeed } from '../../src/contracts/world.ts'

/** What is wrong with a value, as `path: message`; nothing for a value that is right. */
function problems(schema: z.ZodType, value: unknown): string[] {
  const result = schema.safeParse(value)
  return result.success
    ? []
    : problemsOf(result.error).map(({ path, message }) => `${path}: ${message}`)
}

const ofScenario = (parts: object) => problems(scenario, { title: 'x', ...parts })
const ofRule = (seed: object) => ofScenario({ rules: [seed] })
const ofStep = (seed: object) => ofScenario({ steps: [seed] })

const noError = (reference: string) =>
  `"${reference}" is no platform error; expected a code such as 27, a name such as invalid-session, or either with a sub-code, as in 27/session-expired`
const noDuration = 'expected a duration such as 500ms, 2s, 31m, 8h'

describe('a scenario', () => {
  it('needs no more than a title', () => {
    expect(defineScenario({ title: 'nothing happens' })).toEqual({
      title: 'nothing happens',
      rules: [],
      steps: [],
    })
  })

  it('is thrown back when it is none', () => {
    expect(() => defineScenario({ title: '' })).toThrow()
    expect(problems(scenario, {})).toEqual([
      'title: Invalid input: expected string, received undefined',
    ])
  })

  it('takes codes as the numbers that YAML makes of them', () => {
    const read = defineScenario({
      title: 'x',
      rules: [{ then: { refuse: 27 } }],
      steps: [{ call: 'taobao.time.get', expect: { fails: 27 } }],
    })
    expect(read.rules).toEqual([{ when: {}, then: { refuse: '27' } }])
    expect(read.steps).toEqual([{ call: 'taobao.time.get', with: {}, expect: { fails: '27' } }])
  })

  it('takes parameters as the numbers and truth values that YAML makes of them', () => {
    const read = defineScenario({
      title: 'x',
      steps: [
        { call: 'taobao.item.add', with: { num: 5, has_discount: true }, expect: { gives: {} } },
      ],
    })
    expect(read.steps[0]).toMatchObject({ with: { num: '5', has_discount: 'true' } })
  })

  it('refuses a number that was rounded before it came', () => {
    // 9007199254740993 in YAML is 9007199254740992 by the time it gets here.
    const rounded = {
      call: 'taobao.item.delete',
      with: { num_iid: 2 ** 53 },
      expect: { gives: {} },
    }
    expect(ofStep(rounded)).not.toEqual([])
  })
})

describe('a mistake in a scenario is named by its place', () => {
  it.each([
    [{ stpes: [] }, ': Unrecognized key: "stpes"'],
    [{ rateLimit: '5/minute' }, 'rateLimit: expected N/sec, N/min, N/hour, N/day or off'],
    [{ profile: 'staging' }, 'profile: Invalid option: expected one of "guide"|"production"'],
    [
      { world: { items: [{ nick: 'a', title: 't', price: '-1', num: 1 }] } },
      'world.items[0].price: expected a price in yuan with at most two decimals',
    ],
  ])('%j', (parts, problem) => {
    expect(ofScenario(parts)).toEqual([problem])
  })

  it.each([
    [{ then: { refuse: '99' } }, `rules[0].then.refuse: ${noError('99')}`],
    [{ then: { refuse: 99 } }, `rules[0].then.refuse: ${noError('99')}`],
    [
      { then: { refuse: '25/x' } },
      'rules[0].then.refuse: "x" is no sub-code of 25 Invalid signature; it has none',
    ],
    [{ then: {} }, 'rules[0].then: expected exactly one of refuse, ban, expireSession, delay'],
    [
      { then: { refuse: 27, delay: '1s' } },
      'rules[0].then: expected exactly one of refuse, ban, expireSession, delay',
    ],
    [{ then: { ban: 'soon' } }, `rules[0].then.ban: ${noDuration}`],
    [{ then: { ban: { for: 'soon' } } }, `rules[0].then.ban.for: ${noDuration}`],
    [{ then: { delay: '5constructor' } }, `rules[0].then.delay: ${noDuration}`],
    [
      { when: { call: 0 }, then: { delay: '1s' } },
      'rules[0].when.call: Too small: expected number to be >0',
    ],
    [
      { when: { call: { from: 3, to: 2 } }, then: { delay: '1s' } },
      'rules[0].when.call: expected to ≥ from',
    ],
    [{ when: { methd: 'x' }, then: { delay: '1s' } }, 'rules[0].when: Unrecognized key: "methd"'],
    [{ then: { delay: '1s' }, times: 0 }, 'rules[0].times: Too small: expected number to be >0'],
  ])('in a rule: %j', (seed, problem) => {
    expect(ofRule(seed)).toEqual([problem])
  })

  it.each([
    [
      { call: 'taobao.item.ad', expect: { fails: '27' } },
      'steps[0].call: "taobao.item.ad" is no method with a contract',
    ],
    [
      { call: 'constructor', expect: { fails: '27' } },
      'steps[0].call: "constructor" is no method with a contract',
    ],
    [
      { call: 'taobao.item.add', expect: { fails: '99' } },
      `steps[0].expect.fails: ${noError('99')}`,
    ],
    [{ call: 'taobao.item.add', expect: {} }, 'steps[0].expect: expected either fails or gives'],
    [
      { call: 'taobao.item.add', expect: { fails: '27', gives: {} } },
      'steps[0].expect: expected either fails or gives',
    ],
    [
      { call: 'taobao.item.add' },
      'steps[0].expect: Invalid input: expected object, received undefined',
    ],
    [
      { call: 'taobao.item.add', whith: {}, expect: { fails: '27' } },
      'steps[0]: Unrecognized key: "whith"',
    ],
    [
      { publish: [], expect: { published: 1 } },
      'steps[0].publish: Too small: expected array to have >=1 items',
    ],
    [
      { publish: [{ title: 'a' }], expect: { published: -1 } },
      'steps[0].expect.published: Too small: expected number to be >=0',
    ],
    [{ advance: 'soon' }, `steps[0].advance: ${noDuration}`],
    [{ freeze: '2016-02-30 00:00:00' }, 'steps[0].freeze: expected yyyy-MM-dd HH:mm:ss in GMT+8'],
  ])('in a step: %j', (seed, problem) => {
    expect(ofStep(seed)).toEqual([problem])
  })

  it.each([{ ban: '-2s' }, { ban: { for: '-2s' } }, { delay: '-2s' }])(
    'in a rule whose time is over before it begins: %j',
    (then) => {
      expect(ofRule({ then })).not.toEqual([])
    },
  )

  it('in a ban of a kind that the platform does not have', () => {
    expect(ofRule({ then: { ban: { for: '2s', kind: 'nonsense' } } })).not.toEqual([])
    const kind = 'accesscontrol.limited-by-api-access-count'
    expect(ofRule({ then: { ban: { for: '2s', kind } } })).toEqual([])
  })

  it('with indexes and names, as people write paths', () => {
    expect(pathText(['rules', 0, 'then', 'refuse'])).toBe('rules[0].then.refuse')
    expect(pathText([0, 'a', 1])).toBe('[0].a[1]')
    expect(pathText([])).toBe('')
  })
})

describe('a rule in one sentence', () => {
  const sentence = (seed: RuleSeed) => explainRule(rule.parse(seed))

  it.each<[string, RuleSeed]>([
    [
      'Of all calls: refuse it with 27/session-expired, once.',
      { then: { refuse: '27/session-expired' } },
    ],
    [
      'Of calls of taobao.item.add: refuse it with isp.remote-service-timeout, every time.',
      {
        when: { method: 'taobao.item.add' },
        then: { refuse: 'isp.remote-service-timeout' },
        times: 'always',
      },
    ],
    [
      'Of number 3 of calls of taobao.items.*: ban the app for 2s, once.',
      { when: { method: 'taobao.items.*', call: 3 }, then: { ban: '2s' } },
    ],
    [
      'Of all calls by app 12345678: answer it 500ms later, 3 times.',
      { when: { app: 12345678 }, then: { delay: '500ms' }, times: 3 },
    ],
    [
      'Of calls of taobao.item.update with num_iid=1, price=2.00: end its session, once.',
      {
        when: { method: 'taobao.item.update', params: { num_iid: 1, price: '2.00' } },
        then: { expireSession: true },
      },
    ],
    [
      'Of numbers 2 to the last of all calls: refuse it with 15, every time.',
      { when: { call: { from: 2 } }, then: { refuse: 15 }, times: 'always' },
    ],
    [
      'Of numbers 2 to 4 of all calls: ban the app for 1m, 2 times.',
      { when: { call: { from: 2, to: 4 } }, then: { ban: { for: '1m' } }, times: 2 },
    ],
  ])('%s', (expected, seed) => {
    expect(sentence(seed)).toBe(expected)
  })

  it('never shows the session: it is a secret', () => {
    expect(sentence({ when: { session: 'top-secret' }, then: { refuse: 27 } })).toBe(
      'Of all calls with the session named: refuse it with 27, once.',
    )
  })

  it('says of a range without a number of times that every call in it is meant', () => {
    expect(sentence({ when: { call: { from: 2, to: 4 } }, then: { refuse: 15 } })).toBe(
      'Of numbers 2 to 4 of all calls: refuse it with 15, every time.',
    )
  })

  it('says once for one time', () => {
    expect(sentence({ then: { refuse: 15 }, times: 1 })).toBe(
      'Of all calls: refuse it with 15, once.',
    )
  })
})

describe('a world', () => {
  const shop = {
    apps: [{ app_key: 'a', app_secret: 's' }],
    sellers: [{ nick: 'n', user_id: '1' }],
  }
  const item = { nick: 'n', title: 't', price: '5', num: 1 }
  const ofWorld = (parts: object) => problems(worldSeed, { ...shop, ...parts })

  it('may be empty', () => {
    expect(worldSeed.parse({})).toEqual({
      apps: [],
      sellers: [],
      sessions: [],
      items: [],
      categories: [],
      unknown_categories: 'accept',
      duplicate_items: 'accept',
    })
  })

  it.each([
    [{ apps: [...shop.apps, ...shop.apps] }, 'apps[1].app_key: "a" stands in apps twice'],
    [
      { sellers: [...shop.sellers, ...shop.sellers] },
      'sellers[1].nick: "n" stands in sellers twice',
    ],
    [
      {
        items: [
          { ...item, num_iid: 7 },
          { ...item, num_iid: '7' },
        ],
      },
      'items[1].num_iid: "7" stands in items twice',
    ],
  ])('refuses what would overwrite what stands before it: %j', (parts, problem) => {
    expect(ofWorld(parts)).toEqual([problem])
  })

  it('reads the default world', () => {
    const world = worldSeed.parse(defaultWorld)
    expect(world.apps).toHaveLength(3)
    expect(world.sessions.map(({ session }) => session)).toContain('test')
    expect(world.apps[0]).toEqual({
      app_key: '12345678',
      app_secret: 'helloworld',
      profile: 'production',
      grants: 'all',
    })
  })

  it('reads keys and identifiers that YAML took for numbers, and prices of any spelling', () => {
    const world = worldSeed.parse({
      apps: [{ app_key: 12345678, app_secret: 's' }],
      sellers: [{ nick: 'n', user_id: 1 }],
      items: [
        { ...item, num_iid: 7, cid: 1512, price: 5 },
        { ...item, price: 19.9 },
        { ...item, price: '007.5' },
      ],
    })
    expect(world.apps[0]?.app_key).toBe('12345678')
    expect(world.sellers[0]?.user_id).toBe('1')
    expect(world.items[0]).toMatchObject({ num_iid: '7', cid: '1512' })
    expect(world.items.map(({ price }) => price)).toEqual(['5.00', '19.90', '7.50'])
  })

  it('refuses a session of an unknown app', () => {
    expect(ofWorld({ sessions: [{ session: 's', app_key: 'nobody', seller: 'n' }] })).toEqual([
      'sessions[0].app_key: no app has the key "nobody"',
    ])
  })

  it('refuses a session and an item of an unknown seller', () => {
    expect(
      ofWorld({
        sessions: [{ session: 's', app_key: 'a', seller: 'nobody' }],
        items: [{ ...item, nick: 'no one' }],
      }),
    ).toEqual([
      'sessions[0].seller: no seller has the nick "nobody"',
      'items[0].nick: no seller has the nick "no one"',
    ])
  })

  it.each([
    [{ itmes: [] }, ': Unrecognized key: "itmes"'],
    [
      { apps: [{ app_key: 'a', app_secret: '' }] },
      'apps[0].app_secret: Too small: expected string to have >=1 characters',
    ],
    [
      { apps: [{ app_key: 'a', app_secret: 's', rate_limit: 'many' }] },
      'apps[0].rate_limit: expected N/sec, N/min, N/hour, N/day or off',
    ],
    [
      { items: [{ ...item, price: -5 }] },
      'items[0].price: expected a price in yuan with at most two decimals',
    ],
    [
      { items: [{ ...item, price: 1.005 }] },
      'items[0].price: expected a price in yuan with at most two decimals',
    ],
    [
      { items: [{ ...item, num: 1.5 }] },
      'items[0].num: Invalid input: expected int, received number',
    ],
    [{ items: [{ ...item, colour: 'red' }] }, 'items[0]: Unrecognized key: "colour"'],
    [
      { sessions: [{ session: 's', app_key: 'a', seller: 'n', expires: 'tomorrow' }] },
      'sessions[0].expires: expected yyyy-MM-dd HH:mm:ss in GMT+8',
    ],
  ])('names what is wrong by its place: %j', (parts, problem) => {
    expect(ofWorld(parts)).toEqual([problem])
  })

  it.each([
    { items: [{ ...item, num_iid: 'abc' }] },
    { items: [{ ...item, num_iid: '01' }] },
    { items: [{ ...item, num_iid: 2 ** 53 }] },
    { items: [{ ...item, cid: 'abc' }] },
    { sellers: [{ nick: 'n', user_id: 'abc' }] },
    {
      items: [
        { ...item, skus: { sku: [{ sku_id: 'abc', price: '1', quantity: 1, properties: '1:2' }] } },
      ],
    },
  ])('refuses an identifier that could not be answered as a number: %j', (parts) => {
    expect(ofWorld(parts)).not.toEqual([])
  })
})

describe('a command to the clock', () => {
  it.each([
    { freeze: true },
    { freeze: '2016-01-01 12:00:00' },
    { set: '2016-01-01 12:00:00' },
    { advance: '31m' },
    { advance: '-8h' },
    { scale: 60 },
    { resume: true },
    { advance: '1h', appKey: 'a' },
  ])('may be %j', (command) => {
    expect(problems(clockCommand, command)).toEqual([])
  })

  it.each([
    [{}, ': expected exactly one of freeze, set, advance, scale, resume'],
    [
      { freeze: true, advance: '1h' },
      ': expected exactly one of freeze, set, advance, scale, resume',
    ],
    [
      { set: '2016-01-01 12:00:00', appKey: 'a' },
      ': with appKey only advance can be given: a tenant has an offset, not a clock of its own',
    ],
    [{ set: '2016-02-30 00:00:00' }, 'set: expected yyyy-MM-dd HH:mm:ss in GMT+8'],
    [{ advance: 'soon' }, `advance: ${noDuration}`],
    [{ advance: '1constructor' }, `advance: ${noDuration}`],
    [{ scale: 0 }, 'scale: Too small: expected number to be >0'],
    [{ stop: true }, ': Unrecognized key: "stop"'],
  ])('is not %j', (command, problem) => {
    expect(problems(clockCommand, command)).toContain(problem)
  })
})

describe('a request for a tenant', () => {
  it('may ask for nothing', () => {
    expect(problems(tenantRequest, {})).toEqual([])
  })

  it('is refused for a rate that is none and a key that is empty', () => {
    expect(problems(tenantRequest, { rateLimit: 'many', appKey: '' })).toEqual([
      'appKey: Too small: expected string to have >=1 characters',
      'rateLimit: expected N/sec, N/min, N/hour, N/day or off',
    ])
  })
})
