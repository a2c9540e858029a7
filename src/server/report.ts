import { errorsOfRules } from '../contracts/judges/coverage.ts'
import type { ExitEvidence, ItemEvidence } from '../contracts/judges/evidence.ts'
import { judgeRun, type RunReport } from '../contracts/judges/judge.ts'
import type { JudgeLimits } from '../contracts/judges/limits.ts'
import { OptionError } from '../contracts/problems.ts'
import { loadScenario, scenarioNames } from './scenario-files.ts'
import type { Clock } from './state/clock.ts'
import type { World } from './state/world.ts'
import type { Journal } from './traffic/journal.ts'
import type { Rules } from './traffic/rules.ts'

export interface ReportOptions {
  /** Judges the calls of one app. @default all apps, tenants included */
  readonly appKey?: string | undefined
  /** How the program under test ended, where somebody watched it. */
  readonly exit?: ExitEvidence | undefined
  /**
   * Which errors count as never met: those of the rules in force, or of all scenarios that come with
   * LocalTOP. @default 'library'
   */
  readonly expect?: 'rules' | 'library' | undefined
  readonly limits?: Partial<JudgeLimits> | undefined
}

interface ReporterDeps {
  readonly journal: Journal
  readonly clock: Clock
  readonly rules: Rules
  readonly worlds: () => readonly World[]
}

/** Gathers the evidence of a run and has it judged. @throws OptionError for an app key that nobody has */
export function createReporter({ journal, clock, rules, worlds }: ReporterDeps) {
  let library: readonly string[] | undefined
  return function report({ appKey, exit, expect, limits }: ReportOptions = {}): RunReport {
    if (appKey !== undefined && !worlds().some((world) => world.app(appKey))) {
      throw new OptionError(`no app has the key "${appKey}"`)
    }
    const ofRules = errorsOfRules(rules.list().map(({ rule }) => rule))
    if (expect !== 'rules') library ??= errorsOfLibrary()
    return judgeRun(
      {
        calls: journal.evidence(appKey),
        items: worlds().flatMap(itemsIn),
        exit,
        at: clock.now(),
        wallAt: clock.wall(),
        pace: clock.pace(),
        truncated: journal.hasDropped(),
      },
      { expected: [...ofRules, ...(expect === 'rules' ? [] : (library ?? []))], limits },
    )
  }
}

const errorsOfLibrary = () =>
  scenarioNames().flatMap((name) => errorsOfRules(loadScenario(name).scenario.rules))

function itemsIn(world: World): ItemEvidence[] {
  return [...world.sellers().keys()].flatMap((nick) =>
    [...world.itemsOf(nick)].map((item) => ({
      shop: world.id,
      nick,
      num_iid: item.num_iid,
      title: item.title ?? '',
      price: item.price ?? '',
      approve_status: item.approve_status ?? '',
      outerIds: [item.outer_id, ...(item.skus?.sku ?? []).map((sku) => sku.outer_id)].filter(
        (outerId) => outerId !== undefined,
      ),
    })),
  )
}
