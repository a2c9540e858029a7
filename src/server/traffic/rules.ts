import type { AnyContract } from '../../contracts/define-method.ts'
import { findError } from '../../contracts/error-reference.ts'
import { explainRule } from '../../contracts/explain-rule.ts'
import { getOrCreate } from '../../contracts/get-or-create.ts'
import { Rejection, reject } from '../../contracts/protocol/errors.ts'
import type { TokenErrorName } from '../../contracts/protocol/oauth.ts'
import { formatTime, parseDuration } from '../../contracts/protocol/timestamp.ts'
import { parseRate } from '../../contracts/rate.ts'
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
import { banned, defaultBanKind, nextMidnight } from './limiter.ts'
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

/** The scripted misfortunes in force. */
export interface Rules {
  /** The gate, and the rules' part in `/token`: looks for the rules about this call and lets them happen. */
  readonly apply: (
    call: Judged,
  ) => { fate: Fate } | Halt | undefined | Promise<{ fate: Fate } | Halt>
  /** Puts scenario rules in force instead of those that are, for all worlds or for one; all counts start again. */
  set(rules: readonly ActiveRule[], world?: World): void
  /** Puts one more rule in force, before all others. */
  addFault(rule: Rule, world?: World): ActiveRule
  clearFaults(world?: World): void
  /** The rules in force, first what decides first; those of one world where it is named. */
  list(world?: World): readonly ActiveRule[]
  /** Forgets counts and states of a world, and starts its stretches of time anew. */
  rearm(world: World): void
  /** Forgets the rules that are a world's own. */
  disown(world: World): void
}

interface RulesDeps {
  /** Moves a world's clock. */
  readonly advance: (world: World, ms: number) => void
  readonly worlds: () => Iterable<World>
}

export const activeRules = (scenario: string, rules: readonly Rule[]): ActiveRule[] =>
  rules.map((rule) => ({
    scenario,
    rule,
    sentence: explainRule(rule),
    sentenceZh: explainRule(rule, 'zh'),
  }))

/** A rule with everything worked out that does not change from call to call. */
interface Compiled {
  readonly active: ActiveRule
  /** What chance is drawn by. */
  readonly id: string
  readonly limit: number
  readonly decides: boolean
  readonly after: number | undefined
  readonly isAbout: (call: Judged) => boolean
}

interface Count {
  /** Calls that the rule is about so far. */
  seen: number
  /** How often it has happened. */
  applied: number
  /** When the rule came in force, on the world's clock. */
  readonly since: number
  chance: (() => number) | undefined
}

/** Rules in the order in which they are asked, by the methods they are about. */
interface Index {
  readonly rules: readonly Compiled[]
  readonly byMethod: Map<string, readonly Compiled[]>
}

/** What a world has of its own: counts, states, and rules that other worlds do not have. */
interface Ledger {
  readonly counts: Map<Compiled, Count>
  readonly states: Map<string, string>
}

interface Own {
  faults: readonly Compiled[]
  rules: readonly Compiled[]
  index: Index | undefined
}

const noRules: readonly Compiled[] = []

export function createRules(
  { advance, worlds }: RulesDeps = { advance: () => {}, worlds: () => [] },
): Rules {
  let shared = noRules
  let faults = noRules
  let index = indexOf(noRules)
  // Counted per world, so that tenants do not use up each other's rules.
  let ledgers = new WeakMap<World, Ledger>()
  const owned = new WeakMap<World, Own>()

  const ledgerOf = (world: World) =>
    getOrCreate(ledgers, world, () => ({ counts: new Map(), states: new Map() }))

  const countOf = (world: World, counts: Ledger['counts'], rule: Compiled) =>
    getOrCreate(counts, rule, () => ({
      seen: 0,
      applied: 0,
      since: world.clock.now(),
      chance: undefined,
    }))

  function rulesOf(world: World): Index {
    const own = owned.get(world)
    if (!own) return index
    own.index ??= indexOf([...own.faults, ...own.rules, ...faults, ...shared])
    return own.index
  }

  /** After a change of what all worlds share, or of what one has. */
  function refresh(world?: World) {
    index = indexOf([...faults, ...shared])
    for (const one of world ? [world] : [...worlds()]) {
      const own = owned.get(one)
      if (own) own.index = undefined
      startStretches(one)
    }
  }

  /** Notes when rules came in force that wait for a while: nobody may have called by then. */
  function startStretches(world: World) {
    for (const rule of rulesOf(world).rules) {
      if (rule.after !== undefined) countOf(world, ledgerOf(world).counts, rule)
    }
  }

  const ownOf = (world: World) =>
    getOrCreate(owned, world, () => ({ faults: noRules, rules: noRules, index: undefined }))

  function due(call: Judged, { counts, states }: Ledger): { rule: Compiled; count: Count }[] {
    const found: { rule: Compiled; count: Count }[] = []
    const { byMethod, rules } = rulesOf(call.world)
    const { name } = call.contract
    const candidates = getOrCreate(byMethod, name, () =>
      rules.filter(({ active }) => {
        const patterns = methodsOf(active.rule)
        // A rule that names no method is about all of them, and the OAuth endpoint is none.
        if (patterns.length === 0) return !name.startsWith('/')
        return patterns.some((pattern) => isOfMethod(pattern, name))
      }),
    )
    for (const rule of candidates) {
      if (!rule.isAbout(call)) continue
      const { when } = rule.active.rule
      if (when.state !== undefined && !isIn(states, when.state)) continue
      const count = countOf(call.world, counts, rule)
      if (rule.after !== undefined && call.now - count.since < rule.after) continue
      count.seen++
      if (count.applied >= rule.limit || !isCounted(when.call, count.seen)) continue
      if (when.chance !== undefined && draw(call.world, rule, count) >= when.chance) continue
      found.push({ rule, count })
    }
    return found
  }

  function apply(call: Judged) {
    if (rulesOf(call.world).rules.length === 0) return undefined
    const ledger = ledgerOf(call.world)
    const matching = due(call, ledger)
    if (matching.length === 0) return undefined
    const decider = matching.find(({ rule }) => rule.decides)?.rule
    const applied: ActiveRule[] = []
    const patches: Readonly<Record<string, unknown>>[] = []
    let wire: WireFault | undefined
    let answer: Fate['answer']
    let lag: number | undefined
    const happening: { rule: Rule; count: Count }[] = []
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
      if (then.setState !== undefined) setState(ledger.states, then.setState)
      // As it is now: a later call may make it happen again meanwhile.
      happening.push({ rule: rule.active.rule, count: { ...count } })
      if (then.delay !== undefined) wait += delayOf(then.delay, () => draw(call.world, rule, count))
      if (then.clock !== undefined) advance(call.world, parseDuration(then.clock) ?? 0)
    }
    const refuseToken = decider?.active.rule.then.refuseToken
    const fate: Fate = {
      rules: applied,
      answer,
      lag,
      patches,
      wire,
      wait,
      refuseAfter,
      refuseToken,
    }
    const carryOut = () => {
      let rejection: Rejection | undefined
      for (const { rule, count } of happening) rejection = happen(rule, count, call) ?? rejection
      return decider ? new Halt({ fate }, rejection) : { fate }
    }
    const outcome = applied.some(changesStore) ? call.world.transact(carryOut) : carryOut()
    if (!decider || wait <= 0) return outcome
    return Promise.all([outcome, call.world.clock.sleep(wait)]).then(([late]) => late)
  }

  return {
    apply,
    set(rules, world) {
      if (world) {
        ownOf(world).rules = compileAll(rules)
        ledgers.delete(world)
      } else {
        shared = compileAll(rules)
        ledgers = new WeakMap()
      }
      refresh(world)
    },
    addFault(rule, world) {
      const [active] = activeRules('faults', [rule]) as [ActiveRule]
      const own = world && ownOf(world)
      const before = own ? own.faults : faults
      const compiled = [...before, compile(active, before.length)]
      if (own) own.faults = compiled
      else faults = compiled
      refresh(world)
      return active
    },
    clearFaults(world) {
      if (world) ownOf(world).faults = noRules
      else faults = noRules
      refresh(world)
    },
    list: (world) => (world ? rulesOf(world) : index).rules.map(({ active }) => active),
    rearm(world) {
      ledgers.delete(world)
      startStretches(world)
    },
    disown(world) {
      owned.delete(world)
    },
  }
}

const changesStore = ({ rule: { then } }: ActiveRule) =>
  Boolean(then.expireSession || then.revokeSession || then.appSecret || then.ban || then.quota)

const indexOf = (rules: readonly Compiled[]): Index => ({ rules, byMethod: new Map() })

const compileAll = (rules: readonly ActiveRule[]) => rules.map(compile)

function compile(active: ActiveRule, at: number): Compiled {
  const { when, then } = active.rule
  return {
    active,
    id: `${active.scenario}/${at}`,
    limit: timesOf(active.rule),
    decides: decidersOf(then).length > 0,
    after: when.after === undefined ? undefined : parseDuration(when.after),
    isAbout: callTest(active.rule),
  }
}

function isIn(states: ReadonlyMap<string, string>, wanted: string): boolean {
  const [name, value] = stateParts(wanted)
  return (states.get(name) ?? initialState) === value
}

function setState(states: Map<string, string>, text: string) {
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

function draw(world: World, rule: Compiled, count: Count): number {
  count.chance ??= world.ids.chanceOf(`rule/${rule.id}`)
  return count.chance()
}

/** What a reference of a rule refuses a call with; the schema has made sure that there is such an error. */
function refusalOf(reference: string | undefined, { app, contract }: Judged) {
  if (reference === undefined) return undefined
  const found = findError(reference, { appKey: app.app_key }, contract)
  return found instanceof Rejection ? found : undefined
}

/** Lets the part of a rule happen that concerns the platform; answers the refusal, if there is one. */
function happen({ then }: Rule, { applied }: Count, call: Judged): Rejection | undefined {
  const { world, app, now, session, contract } = call
  if (then.quota !== undefined) {
    const rate = parseRate(then.quota)
    if (rate !== undefined) world.limiter.setRate(app.app_key, rate)
  }
  if (then.appSecret !== undefined) world.putApp({ ...app, app_secret: then.appSecret })
  if (then.refuse !== undefined) {
    const listed = Array.isArray(then.refuse) ? then.refuse : [then.refuse]
    // The last of a list stays, where the rule happens more often than the list is long.
    const reference = listed[Math.min(applied, listed.length) - 1] as string
    return refusalOf(reference, call)
  }
  if (then.ban) {
    const kind = then.ban.kind ?? defaultBanKind
    const length = parseDuration(then.ban.for ?? '')
    const until = length === undefined ? nextMidnight(now) : now + length
    const caller = { appKey: app.app_key, method: contract.name }
    world.limiter.ban(caller, kind, until)
    const ban = world.limiter.banOn(caller, now)
    return ban && banned(ban, world.clock.pace())
  }
  if (then.expireSession && session) {
    world.putSession({ ...session, expires: formatTime(now) })
    return reject('invalid-session/session-expired')
  }
  if (then.revokeSession && session) {
    world.putSession({ ...session, revoked: true })
    return reject('invalid-session/session-not-exist')
  }
  return undefined
}
