import type { AnyContract } from '../../contracts/define-method.ts'
import { explainRule } from '../../contracts/explain-rule.ts'
import { getOrCreate } from '../../contracts/get-or-create.ts'
import type { Rejection } from '../../contracts/protocol/errors.ts'
import type { TokenErrorName } from '../../contracts/protocol/oauth.ts'
import { parseDuration } from '../../contracts/protocol/timestamp.ts'
import {
  decidersOf,
  initialState,
  isOfMethod,
  methodsOf,
  type Rule,
  timesOf,
} from '../../contracts/rule.ts'
import type { WireFault } from '../../contracts/wire-faults.ts'
import type { Received } from '../call.ts'
import { Halt } from '../pipeline.ts'
import type { App, Session, World } from '../state/world.ts'
import { delayOf } from './delays.ts'
import { type Count, type Counted, type Ledger, type Ledgers, localLedgers } from './ledgers.ts'
import { changesStore, happen, refusalOf } from './rule-effects.ts'
import { callTest } from './rule-match.ts'

export type Judged = Received & { contract: AnyContract; app: App; session?: Session }

/** A rule in force. */
export interface ActiveRule {
  /** The scenario that the rule comes from; `faults` for one put in force by itself. */
  readonly scenario: string
  readonly rule: Rule
  readonly sentence: string
  readonly sentenceZh: string
}

/** What rules have in store for a call: facts for the gates behind, the encoder and the wire. */
export interface Fate {
  /** The rules that apply to this call. */
  readonly rules: readonly ActiveRule[]
  /** Items made in so many milliseconds before are not seen. */
  readonly lag: number | undefined
  /** What is answered in place of what a handler would. */
  readonly answer: Readonly<Record<string, unknown>> | undefined
  /** Merge patches for the answer, in their order. */
  readonly patches: readonly Readonly<Record<string, unknown>>[]
  readonly wire: WireFault | undefined
  /** How much later than it could the answer is given, in milliseconds: the call is carried out on time. */
  readonly wait: number
  /** The refusal of a call that has been carried out. */
  readonly refuseAfter: Rejection | undefined
  /** How `/token` refuses. */
  readonly refuseToken: TokenErrorName | undefined
}

/** Rules of scenarios, and faults put in force one by one, which come before them. */
type RuleKind = 'rules' | 'faults'

/** A rule that is put in force. */
export interface GivenRule {
  readonly key: Counted['key']
  /** The scenario that it comes from. */
  readonly scenario: string
  readonly rule: Rule
}

/** The scripted misfortunes in force. */
export interface Rules {
  /** The gate, and the rules' part in `/token`: looks for the rules about this call and lets them happen. */
  readonly apply: (
    call: Judged,
  ) => { fate: Fate } | Halt | undefined | Promise<{ fate: Fate } | Halt | undefined>
  /** Puts rules in force instead of those of their kind, for all worlds (`''`) or for one. */
  put(kind: RuleKind, worldId: string, rules: readonly GivenRule[]): void
  /** The rules in force, first what decides first; those of one world where it is named. */
  list(world?: World): readonly ActiveRule[]
  /** Notes that rules have come in force that wait for a while: nobody may have called by then. */
  begin(world: World): void
}

interface RulesDeps {
  /** Moves a world's clock; ends when other gateways know, where there are any. */
  readonly advance: (world: World, ms: number) => Promise<void> | undefined
  readonly ledgers: Ledgers
}

export const activeRules = (scenario: string, rules: readonly Rule[]): ActiveRule[] =>
  rules.map((rule) => ({
    scenario,
    rule,
    sentence: explainRule(rule),
    sentenceZh: explainRule(rule, 'zh'),
  }))

/** A rule with everything worked out that does not change from call to call. */
interface Compiled extends Counted {
  readonly active: ActiveRule
  /** What chance is drawn by. */
  readonly id: string
  readonly limit: number
  readonly decides: boolean
  readonly isAbout: (call: Judged) => boolean
  /** Where the chances of worlds stand. */
  readonly chances: WeakMap<World, Chance>
}

interface Chance {
  readonly next: () => number
  drawn: number
}

/** Rules in the order in which they are asked, by the methods they are about. */
interface Index {
  readonly rules: readonly Compiled[]
  readonly byMethod: Map<string, readonly Compiled[]>
}

/** The rules that all worlds have, or one has beside those. */
interface Put {
  faults: readonly Compiled[]
  rules: readonly Compiled[]
  index: Index | undefined
}

interface Happening {
  readonly rule: Rule
  /** How often it has happened: a later call may make it happen again meanwhile. */
  readonly applied: number
}

/** What is to become of a call. */
interface Decision {
  readonly fate: Fate
  readonly isHalt: boolean
  readonly happening: readonly Happening[]
}

const noRules: readonly Compiled[] = []

export function createRules(
  { advance, ledgers }: RulesDeps = { advance: () => undefined, ledgers: localLedgers() },
): Rules {
  const ofAll = nothingPut()
  const owned = new Map<string, Put>()

  const indexOfAll = () => (ofAll.index ??= indexOf([...ofAll.faults, ...ofAll.rules]))

  function rulesOf(world: World): Index {
    const own = owned.get(world.id)
    if (!own) return indexOfAll()
    own.index ??= indexOf([...own.faults, ...own.rules, ...indexOfAll().rules])
    return own.index
  }

  function candidatesFor(call: Judged): readonly Compiled[] {
    const { byMethod, rules } = rulesOf(call.world)
    if (rules.length === 0) return noRules
    const { name } = call.contract
    return getOrCreate(byMethod, name, () =>
      rules.filter(({ active }) => {
        const patterns = methodsOf(active.rule)
        // A rule that names no method is about all of them, and the OAuth endpoint is none.
        if (patterns.length === 0) return !name.startsWith('/')
        return patterns.some((pattern) => isOfMethod(pattern, name))
      }),
    )
  }

  function due(call: Judged, candidates: readonly Compiled[], { count, states }: Ledger) {
    const found: { rule: Compiled; count: Count }[] = []
    for (const rule of candidates) {
      if (!rule.isAbout(call)) continue
      const { when } = rule.active.rule
      if (when.state !== undefined && !isIn(states, when.state)) continue
      const counted = count(rule)
      if (counted.applied >= rule.limit) continue
      if (rule.after !== undefined && call.now - counted.since < rule.after) continue
      counted.seen++
      if (!isCounted(when.call, counted.seen)) continue
      if (when.chance !== undefined && draw(call.world, rule, counted) >= when.chance) continue
      found.push({ rule, count: counted })
    }
    return found
  }

  function decide(call: Judged, candidates: readonly Compiled[]): Decision | undefined {
    const ledger = ledgers.of(call.world)
    const matching = due(call, candidates, ledger)
    const decision = matching.length === 0 ? undefined : choose(call, matching, ledger)
    ledger.keep()
    return decision
  }

  function choose(
    call: Judged,
    matching: readonly { rule: Compiled; count: Count }[],
    { states }: Ledger,
  ): Decision {
    const decider = matching.find(({ rule }) => rule.decides)?.rule
    const applied: ActiveRule[] = []
    const patches: Readonly<Record<string, unknown>>[] = []
    let wire: WireFault | undefined
    let answer: Fate['answer']
    let lag: number | undefined
    const happening: Happening[] = []
    let refuseAfter: Rejection | undefined
    let wait = 0
    for (const { rule, count } of matching) {
      const { then } = rule.active.rule
      // A rule happens whole or not at all; one that cannot is armed for the next call.
      if (rule.decides && rule !== decider) continue
      if (decider && (then.patch || then.answer || then.lag !== undefined || then.refuseAfter))
        continue
      if (then.answer && answer) continue
      if (then.fault && wire) continue
      count.applied++
      applied.push(rule.active)
      wire ??= then.fault
      answer ??= then.answer
      refuseAfter ??= refusalOf(then.refuseAfter, call)
      if (then.patch) patches.push(then.patch)
      if (then.lag !== undefined) lag = Math.max(lag ?? 0, parseDuration(then.lag) ?? 0)
      if (then.setState !== undefined) setState(states, then.setState)
      happening.push({ rule: rule.active.rule, applied: count.applied })
      if (then.delay !== undefined) wait += delayOf(then.delay, () => draw(call.world, rule, count))
    }
    const refuseToken = decider?.active.rule.then.refuseToken
    return {
      fate: { rules: applied, answer, lag, patches, wire, wait, refuseAfter, refuseToken },
      isHalt: decider !== undefined,
      happening,
    }
  }

  function carryOut({ fate, isHalt, happening }: Decision, call: Judged) {
    let rejection: Rejection | undefined
    for (const { rule, applied } of happening) rejection = happen(rule, applied, call) ?? rejection
    return isHalt ? new Halt({ fate }, rejection) : { fate }
  }

  /** What a rule does to the clock, and to whoever waits for a refusal. */
  function conclude<T>({ fate, isHalt, happening }: Decision, call: Judged, outcome: T) {
    const waits = happening.flatMap(({ rule: { then } }) => {
      const told = then.clock !== undefined && advance(call.world, parseDuration(then.clock) ?? 0)
      return told || []
    })
    if (isHalt && fate.wait > 0) waits.push(call.world.clock.sleep(fate.wait))
    if (waits.length === 0) return outcome
    return Promise.all([outcome, ...waits]).then(([late]) => late)
  }

  /** Decided and carried out at once, as often as it takes: what another gateway has counted counts. */
  async function applyShared(call: Judged) {
    const done = await call.world.transact(() => {
      const decision = decide(call, candidatesFor(call))
      return decision && { decision, outcome: carryOut(decision, call) }
    })
    return done && conclude(done.decision, call, done.outcome)
  }

  return {
    apply(call) {
      const candidates = candidatesFor(call)
      if (candidates.length === 0) return undefined
      if (ledgers.isShared) return applyShared(call)
      const decision = decide(call, candidates)
      if (!decision) return undefined
      const work = () => carryOut(decision, call)
      const outcome = decision.fate.rules.some(({ rule }) => changesStore(rule))
        ? call.world.transact(work)
        : work()
      return conclude(decision, call, outcome)
    },
    put(kind, worldId, given) {
      const into = worldId === '' ? ofAll : getOrCreate(owned, worldId, nothingPut)
      const before = new Map(into[kind].map((rule) => [rule.key, rule]))
      into[kind] = given.map((one, at) => {
        const known = before.get(one.key)
        return known?.active.rule === one.rule ? known : compile(one, at)
      })
      if (into.faults.length + into.rules.length === 0) owned.delete(worldId)
      into.index = undefined
      if (into === ofAll) for (const own of owned.values()) own.index = undefined
    },
    list: (world) => (world ? rulesOf(world) : indexOfAll()).rules.map(({ active }) => active),
    begin(world) {
      const ledger = ledgers.of(world)
      for (const rule of rulesOf(world).rules) if (rule.after !== undefined) ledger.count(rule)
      ledger.keep()
    },
  }
}

const nothingPut = (): Put => ({ faults: noRules, rules: noRules, index: undefined })

const indexOf = (rules: readonly Compiled[]): Index => ({ rules, byMethod: new Map() })

function compile({ key, scenario, rule }: GivenRule, at: number): Compiled {
  const { when, then } = rule
  const limit = timesOf(rule)
  const [active] = activeRules(scenario, [rule]) as [ActiveRule]
  return {
    key,
    active,
    id: `${scenario}/${at}`,
    limit,
    decides: decidersOf(then).length > 0,
    after: when.after === undefined ? undefined : parseDuration(when.after),
    isAbout: callTest(rule),
    isCounted:
      limit < Number.POSITIVE_INFINITY ||
      when.call !== undefined ||
      when.chance !== undefined ||
      Array.isArray(then.refuse) ||
      typeof then.delay === 'object',
    chances: new WeakMap(),
  }
}

function isIn(states: Pick<Ledger['states'], 'get'>, wanted: string): boolean {
  const [name, value] = stateParts(wanted)
  return (states.get(name) ?? initialState) === value
}

function setState(states: Ledger['states'], text: string) {
  const [name, value] = stateParts(text)
  states.set(name, value)
}

function stateParts(text: string): [string, string] {
  const at = text.indexOf('=')
  return [text.slice(0, at), text.slice(at + 1)]
}

function isCounted(call: Rule['when']['call'], seen: number): boolean {
  if (call === undefined) return true
  if (typeof call === 'number') return seen === call
  const { from = 1, to, every } = call
  if (seen < from || (to !== undefined && seen > to)) return false
  return every === undefined || (seen - from + 1) % every === 0
}

/** The next of the rule's chances, whichever gateway drew those before. */
function draw(world: World, rule: Compiled, count: Count): number {
  let chance = rule.chances.get(world)
  if (!chance || chance.drawn > count.drawn) {
    chance = { next: world.ids.chanceOf(`rule/${rule.id}`), drawn: 0 }
    rule.chances.set(world, chance)
  }
  while (chance.drawn < count.drawn) {
    chance.next()
    chance.drawn++
  }
  count.drawn++
  chance.drawn++
  return chance.next()
}
