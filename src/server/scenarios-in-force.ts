import { OptionError, pathText } from '../contracts/problems.ts'
import type { KnownMethods } from '../contracts/registry.ts'
import { unknownMethods } from '../contracts/rule-checks.ts'
import { defineScenario, type Scenario, type ScenarioSeed } from '../contracts/scenario.ts'
import { loadScenario } from './scenario-files.ts'
import { watchFiles } from './scenario-watch.ts'
import type { World } from './state/world.ts'
import { type ActiveRule, activeRules, type Rules } from './traffic/rules.ts'

/** A scenario file that is in force, and whether its last edit could be read. */
export interface ScenarioFile {
  readonly scenario: string
  readonly file: string
  /** Why the file as it stands now is not in force; the last good one is. */
  readonly problem: string | null
}

/** A scenario in force, with where it comes from. */
interface Source {
  readonly name: string
  readonly file: string | undefined
  rules: readonly ActiveRule[]
  readonly clock: Scenario['clock']
  problem: string | undefined
}

/** Which scenarios are in force, for the gateway and for each tenant, and their files. */
export interface ScenariosInForce {
  /**
   * Puts the rules of these scenarios in force instead of those that are.
   *
   * @throws OptionError for an unknown name, a rule about an unknown method, or two clocks;
   * DataFileError, ZodError for what is no scenario
   */
  set(scenarios: readonly (string | ScenarioSeed)[], world?: World): void
  clear(world?: World): void
  /** Back to the scenarios that the gateway was built with. */
  reset(): void
  forget(world: World): void
  files(): ScenarioFile[]
  close(): void
}

interface Deps {
  readonly rules: Rules
  readonly initial: readonly (string | ScenarioSeed)[]
  /** The methods that somebody answers. */
  readonly known: KnownMethods
  /** Sets the clock where a scenario says where it begins. */
  readonly setClock: (clock: NonNullable<Scenario['clock']>, world?: World) => void
  /** Whether files are read anew when they change. */
  readonly watch: boolean
  /** Told of every edit of a file in force: that it was read, or why not. */
  readonly onEdit: (edit: ScenarioFile) => void
}

export function createScenariosInForce(deps: Deps): ScenariosInForce {
  const { rules, onEdit } = deps
  const initial = deps.initial.map((given) => sourceOf(given, deps.known))
  let shared: readonly Source[] = []
  const own = new Map<World, readonly Source[]>()
  const watcher = deps.watch ? watchFiles(reload) : undefined

  const inForce = () => [...shared, ...[...own.values()].flat()]
  const rulesOf = (sources: readonly Source[]) => sources.flatMap((source) => source.rules)

  function choose(sources: readonly Source[], world?: World) {
    const clock = clockOf(sources)
    if (clock) deps.setClock(clock, world)
    if (world) own.set(world, sources)
    else shared = sources
    rules.set(rulesOf(sources), world)
    follow()
  }

  function follow() {
    watcher?.follow([...initial, ...inForce()].flatMap(({ file }) => file ?? []))
  }

  /** A broken edit keeps the last good one. */
  function reload(file: string) {
    const edited = new Set([...initial, ...inForce()].filter((source) => source.file === file))
    const [first] = edited
    if (!first) return
    let problem: string | undefined
    let fresh: readonly ActiveRule[] | undefined
    try {
      fresh = sourceOf(file, deps.known, first.name).rules
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    for (const source of edited) {
      source.problem = problem
      if (fresh) source.rules = fresh
    }
    if (fresh) {
      if (shared.some((source) => edited.has(source))) rules.set(rulesOf(shared))
      for (const [world, sources] of own) {
        if (sources.some((source) => edited.has(source))) rules.set(rulesOf(sources), world)
      }
    }
    onEdit({ scenario: first.name, file, problem: problem ?? null })
  }

  choose(initial)

  return {
    set(scenarios, world) {
      choose(
        scenarios.map((given) => sourceOf(given, deps.known)),
        world,
      )
    },
    clear: (world) => choose([], world),
    reset() {
      rules.clearFaults()
      own.clear()
      choose(initial)
    },
    forget(world) {
      own.delete(world)
      rules.disown(world)
      follow()
    },
    files: () =>
      inForce().flatMap(({ name, file, problem }) =>
        file === undefined ? [] : { scenario: name, file, problem: problem ?? null },
      ),
    close: () => watcher?.close(),
  }
}

function sourceOf(given: string | ScenarioSeed, known: KnownMethods, knownAs?: string): Source {
  const found =
    typeof given === 'string'
      ? loadScenario(given, { known })
      : { name: given.title, file: undefined, scenario: checked(given, known) }
  const name = knownAs ?? found.name
  const { rules, clock } = found.scenario
  return { name, file: found.file, rules: activeRules(name, rules), clock, problem: undefined }
}

function checked(seed: ScenarioSeed, known: KnownMethods): Scenario {
  const scenario = defineScenario(seed)
  const [problem] = unknownMethods(scenario.rules, known)
  if (problem)
    throw new OptionError(`scenario "${seed.title}": ${pathText(problem.path)}: ${problem.message}`)
  return scenario
}

function clockOf(sources: readonly Source[]): Scenario['clock'] {
  const [first, second] = sources.filter(({ clock }) => clock)
  if (first && second) {
    throw new OptionError(
      `the scenarios ${first.name} and ${second.name} both set the clock; one gateway has one`,
    )
  }
  return first?.clock
}
