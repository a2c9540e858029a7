import { describe, expect, it } from 'vitest'
import { defineScenario } from '../../src/contracts/index.ts'
import { defineScenarioSuite, playScenario } from '../../src/kit/index.ts'
import { loadScenario, scenarioNames } from '../../src/server/index.ts'

defineScenarioSuite(scenarioNames(), { describe, it })

describe('the scenarios that come with LocalTOP', () => {
  it('show the nine failures that every integration meets first', () => {
    expect(scenarioNames()).toEqual(
      expect.arrayContaining([
        'all-goes-well',
        'limit-in-the-middle-of-a-batch',
        'session-expires-half-way',
        'session-unknown',
        'session-of-another-app',
        'missing-parameter',
        'price-of-zero',
        'wrong-signature',
        'timestamp-eleven-minutes-old',
      ]),
    )
  })

  it('are found by name, and an unknown name says which there are', () => {
    expect(loadScenario('missing-parameter').scenario.title).toBe('a parameter is missing')
    expect(() => loadScenario('nonsense')).toThrow(
      `there is no scenario "nonsense". There are ${scenarioNames().length}, which "localtop scenarios list" shows`,
    )
    expect(() => loadScenario('session-unknwon')).toThrow('did you mean session-unknown?')
    expect(() => loadScenario('../package')).toThrow('there is no scenario')
  })
})

/** A test runner that only remembers: what a suite would have run. */
function recorder() {
  const cases: { title: string; body: () => Promise<void> }[] = []
  return {
    cases,
    describe: (_: string, body: () => void) => body(),
    it: (title: string, body: () => Promise<void>) => void cases.push({ title, body }),
  }
}

describe('a scenario suite', () => {
  it('has a case for each scenario', () => {
    const runner = recorder()
    defineScenarioSuite(['wrong-signature', { title: 'mine', steps: [] }], runner)
    expect(runner.cases.map((one) => one.title)).toEqual([
      'wrong-signature: a wrong signature',
      'mine',
    ])
  })

  it('refuses to verify nothing', async () => {
    const runner = recorder()
    expect(() => defineScenarioSuite([], runner)).toThrow('at least one scenario')
    defineScenarioSuite([{ title: 'empty' }], runner)
    await expect(runner.cases[0]?.body()).rejects.toThrow('nothing was verified')
  })

  it('fails with the step and what was expected', async () => {
    const runner = recorder()
    defineScenarioSuite(
      [
        {
          title: 'expects too much',
          profile: 'production',
          steps: [
            { call: 'taobao.time.get', expect: { gives: {} } },
            { call: 'taobao.time.get', expect: { fails: '25' } },
          ],
        },
      ],
      runner,
    )
    await expect(runner.cases[0]?.body()).rejects.toThrow(
      'step 2, taobao.time.get fails with 25: expected 25, but the call was answered',
    )
  })
})

describe('playing a scenario', () => {
  const play = (steps: Parameters<typeof defineScenario>[0]['steps']) =>
    playScenario(defineScenario({ title: 'test', profile: 'production', steps }))

  it.each([
    [
      'an answer with another value',
      {
        call: 'taobao.user.seller.get',
        with: { fields: 'nick' },
        expect: { gives: { user: { nick: 'x' } } },
      },
      'expected user.nick to be "x", got "本地小店"',
    ],
    [
      'another error',
      {
        call: 'taobao.user.seller.get',
        with: { fields: 'nick' },
        as: { session: 'x', app: 12345678 },
        expect: { fails: '27/session-expired' },
      },
      'expected 27/session-expired, got taobao.user.seller.get: 27 Invalid session invalid-sessionkey',
    ],
    [
      'a request that breaks the contract',
      {
        call: 'taobao.item.seller.get',
        with: { fields: 'nick', num_iid: 'abc' },
        expect: { gives: {} },
      },
      '"with" breaks the contract',
    ],
  ])('says where it went otherwise: %s', async (_, step, problem) => {
    const outcome = await play([step])
    expect(outcome.passed).toBe(false)
    expect(outcome.steps[0]?.problem).toContain(problem)
  })

  it('ends at the first step that does not give what it must', async () => {
    const failing = { call: 'taobao.time.get', expect: { fails: '25' } }
    expect((await play([failing, failing])).steps).toHaveLength(1)
  })

  it('moves the clock', async () => {
    const outcome = await play([
      { freeze: '2016-12-01 00:00:00' },
      { advance: '31m' },
      { call: 'taobao.time.get', expect: { gives: { time: '2016-12-01 00:31:00' } } },
    ])
    expect(outcome).toMatchObject({ passed: true })
  })
})
