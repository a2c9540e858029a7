import type { AnyContract } from '../../contracts/define-method.ts'
import { findError } from '../../contracts/error-reference.ts'
import { getOrCreate } from '../../contracts/get-or-create.ts'
import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { formatTime, parseDuration } from '../../contracts/protocol/timestamp.ts'
import { explainRule, type Rule, timesOf } from '../../contracts/scenario.ts'
import type { Received } from '../call.ts'
import type { App, Session, World } from '../state/world.ts'
import { banned, defaultBanKind } from './limiter.ts'

type Judged = Received & { contract: AnyContract; app: App; session?: Session }

/** The scripted misfortunes in force. */
export interface Rules {
  /** The gate: looks for a rule about this call and lets it happen. */
  readonly apply: (call: Judged) => Rejection | undefined | Promise<Rejection | undefined>
  /** Puts rules in force instead of those that are; all counts start again. */
  set(rules: readonly ActiveRule[]): void
  list(): readonly ActiveRule[]
  /** Starts a world's counts again. */
  rearm(world: World): void
}

export interface ActiveRule {
  /** The scenario that the rule comes from. */
  readonly scenario: string
  readonly rule: Rule
  readonly sentence: string
}

export const activeRules = (scenario: string, rules: readonly Rule[]): ActiveRule[] =>
  rules.map((rule) => ({ scenario, rule, sentence: explainRule(rule) }))

interface Count {
  /** Calls that the rule is about so far. */
  seen: number
  /** How often it has happened. */
  applied: number
}

export function createRules(): Rules {
  let active: readonly ActiveRule[] = []
  // Counted per world, so that tenants do not use up each other's rules.
  let counts = new WeakMap<World, Map<Rule, Count>>()

  function countOf(world: World, rule: Rule): Count {
    const byRule = getOrCreate(counts, world, () => new Map<Rule, Count>())
    return getOrCreate(byRule, rule, () => ({ seen: 0, applied: 0 }))
  }

  return {
    apply(call) {
      for (const { rule } of active) {
        if (!isAbout(rule, call)) continue
        const count = countOf(call.world, rule)
        count.seen++
        if (!isDue(rule, count)) continue
        count.applied++
        return happen(rule, call)
      }
      return undefined
    },
    set(rules) {
      active = rules
      counts = new WeakMap()
    },
    list: () => active,
    rearm: (world) => void counts.delete(world),
  }
}

function isAbout({ when }: Rule, { contract, app, params }: Judged): boolean {
  if (when.method !== undefined) {
    const family = when.method.endsWith('*')
    const matches = family
      ? contract.name.startsWith(when.method.slice(0, -1))
      : contract.name === when.method
    if (!matches) return false
  }
  if (when.app !== undefined && when.app !== app.app_key) return false
  if (when.session !== undefined && when.session !== params.session) return false
  return Object.entries(when.params ?? {}).every(([name, value]) => params[name] === value)
}

function isDue(rule: Rule, { seen, applied }: Count): boolean {
  const { call } = rule.when
  const from = typeof call === 'object' ? call.from : (call ?? 1)
  const to = typeof call === 'object' ? call.to : call
  return seen >= from && (to === undefined || seen <= to) && applied < timesOf(rule)
}

function happen(
  { then }: Rule,
  call: Judged,
): Rejection | undefined | Promise<Rejection | undefined> {
  const { world, app, now, session } = call
  if (then.refuse !== undefined) {
    const rejection = findError(then.refuse, { appKey: app.app_key }, call.contract)
    if (typeof rejection !== 'string') return rejection
  }
  if (then.ban) {
    const kind = then.ban.kind ?? defaultBanKind
    const until = now + (parseDuration(then.ban.for) ?? 0)
    world.limiter.ban(app.app_key, kind, until)
    const ban = world.limiter.banOn(app.app_key, now)
    return ban && banned(ban)
  }
  if (then.expireSession && session) {
    world.putSession({ ...session, expires: formatTime(now) })
    const refusal = reject('invalid-session/session-expired')
    return world.committed()?.then(() => refusal) ?? refusal
  }
  if (then.delay !== undefined)
    return world.clock.sleep(parseDuration(then.delay) ?? 0).then(() => undefined)
  return undefined
}
