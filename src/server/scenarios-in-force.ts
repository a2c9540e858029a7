import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { resolve } from 'node:path'
import { OptionError, pathText } from '../contracts/problems.ts'
import type { KnownMethods } from '../contracts/registry.ts'
import type { Rule } from '../contracts/rule.ts'
import { unknownMethods } from '../contracts/rule-checks.ts'
import { defineScenario, type Scenario, type ScenarioSeed } from '../contracts/scenario.ts'
import { loadScenario } from './scenario-files.ts'
import { watchFiles } from './scenario-watch.ts'
import type { Store } from './state/store.ts'
import type { World } from './state/world.ts'
import type { Ledgers } from './traffic/ledgers.ts'
import { type ActiveRule, activeRules, type GivenRule, type Rules } from './traffic/rules.ts'

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
  readonly rules: readonly Rule[]
  readonly clock?: Scenario['clock']
  readonly from?: {
    readonly file: string
    /** The machine and the whole path: gateways beside each other read the same file. */
    readonly place: string
    /** Tells one text of the file from another. */
    readonly edition: string
    readonly problem?: string
  }
}

/** The scenarios in force for everybody, or for one tenant. */
interface Choice {
  /** No other choice or fault has it. */
  readonly number: number
  readonly sources: readonly Source[]
}

interface Fault {
  readonly number: number
  readonly rule: Rule
}

/** Which scenarios and faults are in force, for the gateway and for each tenant, and their files. */
export interface ScenariosInForce {
  /**
   * Puts the rules of these scenarios in force instead of those that are; all counts start again.
   *
   * @throws OptionError for an unknown name, a rule about an unknown method, or two clocks;
   * DataFileError, ZodError for what is no scenario
   */
  set(scenarios: readonly (string | ScenarioSeed)[], world?: World): void
  clear(world?: World): void
  /** Puts one more rule in force, before all others. */
  addFault(rule: Rule, world?: World): ActiveRule
  clearFaults(world?: World): void
  /** A shop begins: the scenarios that the gateway was built with are in force. */
  begin(): void
  /** The gateway takes part in a shop and takes over what holds, unless it was built with something else. */
  join(): void
  /** Back to what the shop began with. */
  reset(): void
  /** A tenant is no more, or begins anew. */
  drop(worldId: string): void
  /** Follows what is written, here or by another gateway. */
  follow(kind: string | undefined, worldId: string, after: unknown): void
  files(): ScenarioFile[]
  close(): void
}

interface Deps {
  readonly rules: Rules
  readonly ledgers: Ledgers
  /** Where it is written what is in force; whoever observes it calls {@link ScenariosInForce.follow}. */
  readonly records: Pick<Store, 'collection' | 'put' | 'delete'>
  /** Does what all gateways on the store are to know; ends when they do, where there are others. */
  readonly tell: (work: () => void) => Promise<void> | undefined
  readonly worlds: () => Iterable<World>
  readonly initial: readonly (string | ScenarioSeed)[]
  /** The methods that somebody answers. */
  readonly known: KnownMethods
  /** What sets the clock where a scenario says where it begins. */
  readonly clockMove: (clock: NonNullable<Scenario['clock']>, world?: World) => () => void
  /** Whether files are read anew when they change. */
  readonly watch: boolean
  /** Told of every edit of a file in force: that it was read, or why not. */
  readonly onEdit: (edit: ScenarioFile) => void
}

export function createScenariosInForce(deps: Deps): ScenariosInForce {
  const { rules, ledgers, records, tell } = deps
  const given = deps.initial.map((one) => sourceOf(one, deps.known))
  const moveClock = clockMoveOf(given)
  const watcher = deps.watch ? watchFiles(reload) : undefined

  const meta = <T>(key: string) => records.collection<T>('meta').get(key)
  const choiceOf = (worldId: string) => meta<Choice>(`rules@${worldId}`)
  const faultsOf = (worldId: string) => meta<readonly Fault[]>(`faults@${worldId}`) ?? []
  /** What the shop began with, and a reset goes back to. */
  const initial = () => meta<readonly Source[]>('scenarios') ?? []

  function inForce(): Source[] {
    const ids = ['', ...[...deps.worlds()].map(({ id }) => id).filter((id) => id !== '')]
    return ids.flatMap((id) => choiceOf(id)?.sources ?? [])
  }

  function nextNumber(): number {
    const number = (meta<number>('ruleNumber') ?? 0) + 1
    records.put('meta', 'ruleNumber', number)
    return number
  }

  function choose(sources: readonly Source[], worldId: string) {
    ledgers.clear(worldId === '' ? undefined : worldId)
    if (sources.length === 0) records.delete('meta', `rules@${worldId}`)
    else {
      const choice: Choice = { number: nextNumber(), sources }
      records.put('meta', `rules@${worldId}`, choice)
    }
    beginRules(worldId)
  }

  function beginRules(worldId: string) {
    for (const world of deps.worlds()) {
      if (worldId === '' || world.id === worldId) rules.begin(world)
    }
  }

  function dropFaults(worldId: string) {
    const keys = new Set(faultsOf(worldId).map(keyOfFault))
    if (keys.size > 0) ledgers.forget(keys)
    records.delete('meta', `faults@${worldId}`)
  }

  function begin() {
    if (given.length > 0) records.put('meta', 'scenarios', given)
    moveClock?.()
    choose(given, '')
  }

  function clockMoveOf(sources: readonly Source[], world?: World) {
    const clock = clockOf(sources)
    return clock && deps.clockMove(clock, world)
  }

  function watchOnes() {
    if (!watcher) return
    const here = [...given, ...initial(), ...inForce()].flatMap(({ from }) => {
      const path = from && pathHere(from.place)
      return path ?? []
    })
    watcher.follow([...new Set(here)])
  }

  /** A broken edit keeps the last good one. What another gateway beside this one has read is no news. */
  function reload(path: string) {
    const place = placeOf(path)
    const edition = editionOf(path)
    const isOld = ({ from }: Source) => from?.place === place && from.edition !== edition
    const known = [...given, ...initial(), ...inForce()].find(({ from }) => from?.place === place)
    if (!known?.from) return
    const { file } = known.from
    let problem: string | undefined
    let fresh: Source | undefined
    try {
      fresh = sourceOf(file, deps.known, known.name)
    } catch (error) {
      problem = error instanceof Error ? error.message : String(error)
    }
    const edited = (source: Source): Source => {
      if (!source.from || !isOld(source)) return source
      const { problem: _, ...from } = source.from
      return {
        ...source,
        ...(fresh && { rules: fresh.rules }),
        from: { ...from, edition, ...(problem !== undefined && { problem }) },
      }
    }
    let isNews = false
    const telling = tell(() => {
      isNews = false
      if (initial().some(isOld)) {
        isNews = true
        records.put('meta', 'scenarios', initial().map(edited))
      }
      for (const { id } of deps.worlds()) {
        const choice = choiceOf(id)
        if (!choice?.sources.some(isOld)) continue
        isNews = true
        const sources = choice.sources.map(edited)
        if (fresh) choose(sources, id)
        else records.put('meta', `rules@${id}`, { ...choice, sources } satisfies Choice)
      }
    })
    const say = () => {
      if (isNews) deps.onEdit({ scenario: known.name, file, problem: problem ?? null })
    }
    if (telling) telling.then(say, () => undefined)
    else say()
  }

  const controls: ScenariosInForce = {
    set(scenarios, world) {
      const sources = scenarios.map((one) => sourceOf(one, deps.known))
      const move = clockMoveOf(sources, world)
      tell(() => {
        move?.()
        choose(sources, world?.id ?? '')
      })
    },
    clear: (world) => void tell(() => choose([], world?.id ?? '')),
    addFault(rule, world) {
      const worldId = world?.id ?? ''
      tell(() => {
        const more: Fault = { number: nextNumber(), rule }
        records.put('meta', `faults@${worldId}`, [...faultsOf(worldId), more])
        beginRules(worldId)
      })
      return activeRules('faults', [rule])[0] as ActiveRule
    },
    clearFaults: (world) => void tell(() => dropFaults(world?.id ?? '')),
    begin,
    join() {
      if (given.length > 0 && contentOf(initial()) !== contentOf(given)) begin()
    },
    reset() {
      dropFaults('')
      clockMoveOf(initial())?.()
      choose(initial(), '')
    },
    drop(worldId) {
      dropFaults(worldId)
      choose([], worldId)
    },
    follow(kind, worldId, after) {
      if (kind === 'rules') {
        const { number, sources } = (after as Choice | undefined) ?? { number: 0, sources: [] }
        rules.put(
          'rules',
          worldId,
          sources
            .flatMap(({ name, rules }) => rules.map((rule) => ({ scenario: name, rule })))
            .map((one, at): GivenRule => ({ ...one, key: `${number}/${at}` })),
        )
        watchOnes()
      } else if (kind === 'faults') {
        const faults = (after as readonly Fault[] | undefined) ?? []
        rules.put(
          'faults',
          worldId,
          faults.map((one) => ({ key: keyOfFault(one), scenario: 'faults', rule: one.rule })),
        )
      }
    },
    files: () =>
      inForce().flatMap(({ name, from }) =>
        from ? { scenario: name, file: from.file, problem: from.problem ?? null } : [],
      ),
    close: () => watcher?.close(),
  }
  return controls
}

/** What makes one choice another, wherever it was read. */
const contentOf = (sources: readonly Source[]) =>
  JSON.stringify(sources.map(({ name, rules, clock }) => [name, rules, clock]))

const keyOfFault = ({ number }: Fault) => String(number)

const placeOf = (file: string) => `${hostname()}:${resolve(file)}`

/** The path of a file on this machine; `undefined` where it lies on another. */
function pathHere(place: string): string | undefined {
  const here = `${hostname()}:`
  return place.startsWith(here) ? place.slice(here.length) : undefined
}

/** A file that is not there has one as well. */
function editionOf(file: string): string {
  try {
    return createHash('sha256').update(readFileSync(file)).digest('hex')
  } catch {
    return 'none'
  }
}

function sourceOf(given: string | ScenarioSeed, known: KnownMethods, knownAs?: string): Source {
  const edition = (file: string) => ({ file, place: placeOf(file), edition: editionOf(file) })
  const found =
    typeof given === 'string'
      ? loadScenario(given, { known })
      : { name: given.title, file: undefined, scenario: checked(given, known) }
  const { rules, clock } = found.scenario
  return {
    name: knownAs ?? found.name,
    rules,
    ...(clock && { clock }),
    ...(found.file !== undefined && { from: edition(found.file) }),
  }
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
