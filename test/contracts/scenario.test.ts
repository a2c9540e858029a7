import { describe, expect, it } from 'vitest'
import type * as z from 'zod'
import { clockCommand, tenantRequest } from '../../src/contracts/control.ts'
import { defaultWorld } from '../../src/contracts/default-world.ts'
import { explainRule } from '../../src/contracts/explain-rule.ts'
import { pathText, problemsOf } from '../../src/contracts/problems.ts'
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
    [
      { then: {} },
      'rules[0].then: expected at least one of refuse, refuseAfter, refuseToken, ban, expireSession, revokeSession, quota, appSecret, clock, delay, lag, fault, answer, patch, setState',
    ],
    [
      { then: { refuse: 27, ban: '1s' } },
      'rules[0].then: refuse and ban contradict each other: a call is decided once',
    ],
    [
      { then: { expireSession: true, fault: 'reset-before' } },
      'rules[0].then: expireSession and fault reset-before contradict each other: a call is decided once',
    ],
    [
      { then: { refuse: 27, patch: { a: 1 } } },
      'rules[0].then.patch: patch changes an answer, and refuse leaves none',
    ],
    [
      { then: { ban: { for: '1s', until: 'midnight' } } },
      'rules[0].then.ban: expected either for or until',
    ],
    [
      { then: { fault: 'explode' } },
      'rules[0].then.fault: "explode" is no fault; expected one of reset-before, reset-after, hang, empty-body, truncated, split-character, drip, content-length, bad-gateway, broken-gzip, xml, twice',
    ],
    [
      { then: { fault: { kind: 'truncated', keep: 1 } } },
      'rules[0].then.fault.keep: expected a share below 1',
    ],
    [
      { then: { delay: { uniform: ['2s', '1s'] } } },
      'rules[0].then.delay.uniform: expected two durations, the shorter one first',
    ],
    [
      { then: { quota: 'many' } },
      'rules[0].then.quota: expected N/sec, N/min, N/hour, N/day or off',
    ],
    [{ then: { clock: 'soon' } }, `rules[0].then.clock: ${noDuration}`],
    [
      { then: { setState: 'done' } },
      'rules[0].then.setState: expected a state such as upload=done: a name, = and a value',
    ],
    [
      { when: { chance: 0 }, then: { refuse: 27 } },
      'rules[0].when.chance: expected a chance above 0',
    ],
    [
      { when: { chance: 1.5 }, then: { refuse: 27 } },
      'rules[0].when.chance: expected a chance of at most 1',
    ],
    [
      {
        when: { between: { from: '2026-11-11 01:00:00', to: '2026-11-11 00:00:00' } },
        then: { refuse: 27 },
      },
      'rules[0].when.between: expected from before to',
    ],
    [
      { when: { between: { from: '22:00', to: '22:00:00' } }, then: { refuse: 27 } },
      'rules[0].when.between: expected two different times of day: between equal ones lies nothing',
    ],
    [
      { when: { between: { from: '25:00' } }, then: { refuse: 27 } },
      'rules[0].when.between.from: expected yyyy-MM-dd HH:mm:ss or HH:mm in GMT+8',
    ],
    [
      { when: { between: { from: '22:00' } }, then: { refuse: 27 } },
      'rules[0].when.between: expected two moments, or two times of day',
    ],
    [
      { then: { answer: {}, lag: '1m' } },
      'rules[0].then.lag: lag changes what the shop shows, and answer does not look at the shop',
    ],
    [
      { when: { between: {} }, then: { refuse: 27 } },
      'rules[0].when.between: expected from, to or both',
    ],
    [
      { when: { call: { to: 2, every: 3 } }, then: { refuse: 27 } },
      'rules[0].when.call: every reaches beyond to: no call would ever match',
    ],
    [
      { when: { params: { title: { matches: '(' } } }, then: { refuse: 27 } },
      'rules[0].when.params.title.matches: a ( has no )',
    ],
    [
      { when: { params: { title: { present: false, contains: 'x' } } }, then: { refuse: 27 } },
      'rules[0].when.params.title: present: false contradicts what the text must be like',
    ],
    [
      { when: { method: 'taobao.*.get' }, then: { refuse: 27 } },
      'rules[0].when.method: expected a method such as taobao.item.add, or a family: taobao.items.*',
    ],
    [
      { then: { refuse: [27, 25] }, times: 1 },
      'rules[0].times: times is less than the errors listed: the last ones would never come',
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
      'steps[0].call: "taobao.item.ad" is no method of the platform; did you mean taobao.item.add?',
    ],
    [
      { call: 'constructor', expect: { fails: '27' } },
      'steps[0].call: "constructor" is no method of the platform',
    ],
    [
      { call: 'taobao.item.add', expect: { fails: '99' } },
      `steps[0].expect.fails: ${noError('99')}`,
    ],
    [
      { call: 'taobao.item.add', expect: {} },
      'steps[0].expect: expected one of fails, gives, breaks',
    ],
    [
      { call: 'taobao.item.add', expect: { fails: '27', gives: {} } },
      'steps[0].expect: expected one of fails, gives, breaks',
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

describe('a rule that can never match is named by its place', () => {
  const refuse = { refuse: 27 } as const

  it('because no rule sets its state', () => {
    expect(ofRule({ when: { state: 'shop=closed' }, then: refuse })).toEqual([
      'rules[0].when.state: no rule sets shop=closed, so this one can never match',
    ])
    expect(ofRule({ when: { state: 'shop=started' }, then: refuse })).toEqual([])
  })

  it("because the scenario's world has no such app", () => {
    const world = { apps: [{ app_key: 'mine', app_secret: 's' }] }
    expect(ofScenario({ world, rules: [{ when: { app: 'other' }, then: refuse }] })).toEqual([
      `rules[0].when.app: the scenario's world has no app "other", so this rule can never match; it has mine`,
    ])
    expect(ofScenario({ world, rules: [{ when: { app: 'mine' }, then: refuse }] })).toEqual([])
    // Whose world it will be is not known.
    expect(ofRule({ when: { app: 'other' }, then: refuse })).toEqual([])
  })

  it('because one before it decides every call', () => {
    const all = { when: { method: 'taobao.item.*' }, then: refuse, times: 'always' }
    const late = (method: string) =>
      ofScenario({ rules: [all, { when: { method }, then: { ban: '1s' } }] })
    expect(late('taobao.item.add')).toEqual([
      'rules[1]: rules[0] decides every call that this rule is about, so it can never happen',
    ])
    expect(late('taobao.item.update.*')).toHaveLength(1)
    expect(late('taobao.items.*')).toEqual([])
    expect(ofScenario({ rules: [{ ...all, times: 3 }, { ...all }] })).toEqual([])
    // What only goes with an answer or a refusal still happens.
    expect(ofScenario({ rules: [all, { then: { delay: '1s' } }] })).toEqual([])
  })
})

describe('expectations', () => {
  it.each<[object, string]>([
    [
      {},
      'expect: expected at least one of items, errorsMet, noSilentFailures, maxCallsDuringBan, calls, exit',
    ],
    [
      { calls: [{ method: 'taobao.item.add', min: 2, max: 1 }] },
      'expect.calls[0]: expected max ≥ min',
    ],
    [{ calls: [{ method: 'taobao.item.add' }] }, 'expect.calls[0]: expected min, max or both'],
    [{ errorsMet: ['99'] }, `expect.errorsMet[0]: ${noError('99')}`],
    [{ exit: 300 }, 'expect.exit: Too big: expected number to be <=255'],
    [{ retires: 1 }, 'expect: Unrecognized key: "retires"'],
  ])('that cannot be: %j', (expected, problem) => {
    expect(ofScenario({ expect: expected })).toContain(problem)
  })

  it('say nothing twice and nothing lost where nobody says otherwise', () => {
    const { expect: read } = defineScenario({ title: 'x', expect: { items: { created: 3 } } })
    expect(read).toEqual({ items: { created: 3, duplicates: 0, lost: 0 } })
  })
})

describe('a rule in one sentence', () => {
  const refuse = { refuse: 15 } as const

  it.each<[RuleSeed, string, string]>([
    [{ then: refuse }, 'Of all calls: refuse it with 15, once.', '所有调用：以 15 拒绝，一次。'],
    [
      { when: { method: 'taobao.item.add' }, then: refuse, times: 'always' },
      'Of calls of taobao.item.add: refuse it with 15, every time.',
      'taobao.item.add 的所有调用：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { method: ['taobao.item.*', 'taobao.items.*'] }, then: refuse, times: 3 },
      'Of calls of taobao.item.* or taobao.items.*: refuse it with 15, 3 times.',
      'taobao.item.* 或 taobao.items.* 的所有调用：以 15 拒绝，共 3 次。',
    ],
    [
      { when: { app: 12345678 }, then: refuse },
      'Of all calls by app 12345678: refuse it with 15, once.',
      '所有调用（应用 12345678）：以 15 拒绝，一次。',
    ],
    [
      { when: { session: 'top-secret' }, then: refuse },
      'Of all calls with the session named: refuse it with 15, once.',
      '所有调用（指定的会话）：以 15 拒绝，一次。',
    ],
    [
      { when: { params: { num_iid: 1, q: { contains: '茶', matches: '^a' } } }, then: refuse },
      'Of all calls with num_iid=1, "茶" in q and q like /^a/: refuse it with 15, once.',
      '所有调用（num_iid=1，q 含“茶”且q 符合 /^a/）：以 15 拒绝，一次。',
    ],
    [
      {
        when: { params: { a: { present: true }, b: { present: false }, refresh_token: 'x' } },
        then: refuse,
      },
      'Of all calls with some a, no b, the refresh_token named: refuse it with 15, once.',
      '所有调用（有 a，没有 b，指定的 refresh_token）：以 15 拒绝，一次。',
    ],
    [
      { when: { item: { outer_id: 'A-1' } }, then: refuse },
      'Of all calls for an item with outer_id=A-1: refuse it with 15, once.',
      '所有调用（商品的outer_id=A-1）：以 15 拒绝，一次。',
    ],
    [
      { when: { call: 3 }, then: refuse },
      'Of number 3 of all calls: refuse it with 15, once.',
      '第 3 次调用：以 15 拒绝，一次。',
    ],
    [
      { when: { call: { from: 2, to: 4 } }, then: refuse },
      'Of numbers 2 to 4 of all calls: refuse it with 15, every time.',
      '第 2 至 4 次的调用：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { call: { from: 2 } }, then: refuse },
      'Of numbers 2 to the last of all calls: refuse it with 15, every time.',
      '从第 2 次起的调用：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { call: { every: 3 } }, then: refuse },
      'Of every 3rd of all calls: refuse it with 15, every time.',
      '每 3 次中最后一次调用：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { call: { from: 5, every: 11 } }, then: refuse },
      'Of every 11th of numbers 5 to the last of all calls: refuse it with 15, every time.',
      '从第 5 次起中每 11 次最后一次调用：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { chance: 0.2 }, then: refuse },
      'Of all calls with a chance of 20 %: refuse it with 15, every time.',
      '所有调用（概率 20 %）：以 15 拒绝，每次都如此。',
    ],
    [
      {
        when: { between: { from: '2026-11-11 00:00:00', to: '2026-11-11 01:00:00' } },
        then: refuse,
      },
      'Of all calls from 2026-11-11 00:00:00 to 2026-11-11 01:00:00: refuse it with 15, every time.',
      '所有调用（2026-11-11 00:00:00 至 2026-11-11 01:00:00）：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { between: { from: '22:00', to: '02:00' } }, then: refuse },
      'Of all calls from 22:00 to 02:00 each day: refuse it with 15, every time.',
      '所有调用（每天 22:00 至 02:00）：以 15 拒绝，每次都如此。',
    ],
    [
      { then: { answer: { trade: {} } } },
      'Of all calls: answer it with trade and carry nothing out, once.',
      '所有调用：直接以 trade 应答而不执行，一次。',
    ],
    [
      { when: { between: { from: '2026-11-11 00:00:00' } }, then: refuse },
      'Of all calls from 2026-11-11 00:00:00 on: refuse it with 15, every time.',
      '所有调用（2026-11-11 00:00:00 起）：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { between: { to: '2026-11-11 01:00:00' } }, then: refuse },
      'Of all calls until 2026-11-11 01:00:00: refuse it with 15, every time.',
      '所有调用（2026-11-11 01:00:00 之前）：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { after: '10m' }, then: refuse },
      'Of all calls once the rule has been in force for 10m: refuse it with 15, every time.',
      '所有调用（规则生效 10m 后）：以 15 拒绝，每次都如此。',
    ],
    [
      { when: { state: 'shop=closed' }, then: refuse },
      'Of all calls while shop=closed: refuse it with 15, every time.',
      '所有调用（状态为 shop=closed）：以 15 拒绝，每次都如此。',
    ],
    [
      { then: { refuse: [15, '27/session-expired'] } },
      'Of all calls: refuse one after the other with 15, 27/session-expired, 2 times.',
      '所有调用：依次以 15、27/session-expired 拒绝，共 2 次。',
    ],
    [
      { then: { ban: '2s' } },
      'Of all calls: ban the app for 2s, once.',
      '所有调用：封禁应用 2s，一次。',
    ],
    [
      {
        then: { ban: { until: 'midnight', kind: 'accesscontrol.limited-by-app-access-count' } },
      },
      'Of all calls: ban the app until midnight (accesscontrol.limited-by-app-access-count), once.',
      '所有调用：封禁应用至午夜（accesscontrol.limited-by-app-access-count），一次。',
    ],
    [
      { then: { ban: { for: '2s', kind: 'accesscontrol.limited-by-api-access-count' } } },
      'Of all calls: ban the API for 2s (accesscontrol.limited-by-api-access-count), once.',
      '所有调用：封禁该接口 2s（accesscontrol.limited-by-api-access-count），一次。',
    ],
    [
      { then: { expireSession: true } },
      'Of all calls: end its session, once.',
      '所有调用：使其会话到期，一次。',
    ],
    [
      { then: { revokeSession: true } },
      'Of all calls: revoke its session, once.',
      '所有调用：撤销其会话授权，一次。',
    ],
    [
      { then: { quota: '5/min' } },
      'Of all calls: limit the app to 5/min from then on, once.',
      '所有调用：此后应用限额为 5/min，一次。',
    ],
    [
      { then: { appSecret: 'top-secret' } },
      'Of all calls: give the app another secret, once.',
      '所有调用：更换应用的密钥，一次。',
    ],
    [
      { then: { clock: '+31m' } },
      'Of all calls: move the clock by 31m, once.',
      '所有调用：时钟移动 31m，一次。',
    ],
    [
      { then: { delay: '500ms', setState: 'shop=closed' } },
      'Of all calls: answer it 500ms later, set shop=closed, once.',
      '所有调用：延迟 500ms 应答，状态变为 shop=closed，一次。',
    ],
    [
      { then: { delay: { uniform: ['1s', '2s'] } } },
      'Of all calls: answer it 1s to 2s later, once.',
      '所有调用：延迟 1s 至 2s 应答，一次。',
    ],
    [
      { then: { delay: { logNormal: { median: '1s', sigma: 0.5 } } } },
      'Of all calls: answer it about 1s later (log-normal, sigma 0.5), once.',
      '所有调用：延迟约 1s 应答（对数正态分布，σ=0.5），一次。',
    ],
    [
      { then: { lag: '10m' } },
      'Of all calls: show the shop without the items of the last 10m, once.',
      '所有调用：应答中看不到最近 10m 内新建的商品，一次。',
    ],
    [
      { then: { patch: { item: null, total_results: 0 } } },
      'Of all calls: change item, total_results in the answer, once.',
      '所有调用：修改应答中的 item、total_results，一次。',
    ],
  ])('%j', (seed, en, zh) => {
    expect(explainRule(rule.parse(seed))).toBe(en)
    expect(explainRule(rule.parse(seed), 'zh')).toBe(zh)
  })

  it.each<[RuleSeed['then']['fault'], string, string]>([
    ['reset-before', 'reset the connection without carrying it out', '不执行重置连接'],
    ['reset-after', 'reset the connection after carrying it out', '执行之后重置连接'],
    [
      'hang',
      'answer nothing, without carrying it out, and wait until the caller leaves',
      '不执行，不应答，一直等到调用方离开',
    ],
    [
      { kind: 'hang', at: 'after', for: '9s' },
      'answer nothing, after carrying it out, and close the connection after 9s',
      '执行之后，不应答，9s 后关闭连接',
    ],
    ['empty-body', 'answer an empty body', '应答空内容'],
    [
      { kind: 'truncated', keep: 0.25 },
      'answer only the first 25 % of the body',
      '只应答内容的前 25 %',
    ],
    [
      'split-character',
      'cut the answer into chunks inside a character',
      '在一个字符中间分块发送应答',
    ],
    [
      { kind: 'split-character', rest: 'lost' },
      'break the answer off inside a character',
      '在一个字符中间中断应答',
    ],
    [
      { kind: 'drip', bytes: 4, every: '50ms' },
      'send the answer 4 bytes every 50ms',
      '每 50ms 只发送应答的 4 个字节',
    ],
    ['content-length', 'announce 16 bytes more than come', '声明的长度比实际多 16 字节'],
    [
      { kind: 'content-length', off: -3 },
      'announce 3 bytes fewer than come',
      '声明的长度比实际少 3 字节',
    ],
    [
      { kind: 'bad-gateway', status: 504, at: 'after' },
      "answer a proxy's HTML page with HTTP 504 after carrying it out",
      '执行之后，应答代理服务器的 HTTP 504 页面',
    ],
    ['broken-gzip', 'call the answer gzip although it is not', '声明 gzip 但内容未压缩'],
    [
      { kind: 'broken-gzip', how: 'cut' },
      'break off the gzip of the answer',
      '应答的 gzip 数据不完整',
    ],
    ['xml', 'answer in XML what was asked for in JSON', '以 XML 应答 JSON 请求'],
    ['twice', 'send the body twice', '把内容发送两遍'],
  ])('with the fault %j', (fault, en, zh) => {
    const read = rule.parse({ then: { fault } })
    expect(explainRule(read)).toBe(`Of all calls: ${en}, once.`)
    expect(explainRule(read, 'zh')).toBe(`所有调用：${zh}，一次。`)
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
      answers: {},
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
