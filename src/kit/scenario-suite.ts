import { defineScenario, type ScenarioSeed } from '../contracts/index.ts'
import { loadScenario } from '../server/index.ts'
import { playScenario } from './scenario-runner.ts'

/** The two functions of a test runner that a suite needs: Vitest's, Jest's, node:test's. */
export interface TestRunner {
  readonly describe: (title: string, body: () => void) => unknown
  readonly it: (title: string, body: () => Promise<void>) => unknown
}

/**
 * Makes a test of each scenario: played with the bundled client, it must give what its steps say.
 *
 * @throws Error when there is no scenario: a run that verified nothing must not look green
 * @example
 * defineScenarioSuite(scenarioNames(), { describe, it })
 */
export function defineScenarioSuite(
  scenarios: readonly (string | ScenarioSeed)[],
  { describe, it }: TestRunner,
): void {
  if (scenarios.length === 0) throw new Error('a scenario suite needs at least one scenario')
  describe('scenarios', () => {
    for (const given of scenarios) {
      const named = typeof given === 'string' ? loadScenario(given) : undefined
      const scenario = named?.scenario ?? defineScenario(given as ScenarioSeed)
      it(`${named ? `${named.name}: ` : ''}${scenario.title}`, async () => {
        if (scenario.steps.length === 0)
          throw new Error('the scenario has no steps: nothing was verified')
        const { passed, steps } = await playScenario(scenario)
        const last = steps.at(-1)
        if (!passed) throw new Error(`step ${steps.length}, ${last?.title}: ${last?.problem}`)
      })
    }
  })
}
