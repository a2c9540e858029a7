import { findError } from '../error-reference.ts'
import { referenceOf } from './advice.ts'
import { type Attempt, exchangesOf, gapBetween, groupBy } from './attempts.ts'
import type { Run } from './run.ts'

/** Which errors an integration has met, and what it did about them. */
export interface Coverage {
  readonly met: readonly MetError[]
  /** Errors that the scenarios could have shown, and did not. */
  readonly missing: readonly string[]
}

/** One kind of error that was answered. */
export interface MetError {
  /** `7/accesscontrol.limited-by-app-access-count`, `27/session-expired`, `25`. */
  readonly error: string
  readonly count: number
  readonly next: {
    /** The same call was sent again. */
    readonly sentAgain: number
    /** Another call came instead. */
    readonly calledElse: number
    /** The app called no more. */
    readonly stopped: number
  }
  /** How long it took until the same call came again, in milliseconds, the shortest and the longest. */
  readonly after: { readonly shortestMs: number; readonly longestMs: number } | null
  readonly exchanges: readonly string[]
}

/** @param expected references of the errors that could have been met, as {@link errorsOfRules} gives them */
export function coverageOf(run: Run, expected: readonly string[]): Coverage {
  const refused = run.attempts.filter(({ outcome }) => outcome === 'refused')
  const lastCalls = new Map(run.attempts.map(({ appKey, index }) => [appKey, index]))
  const again = new Map<Attempt, Attempt>()
  for (const attempts of run.byKey.values()) {
    for (const [at, attempt] of attempts.entries()) {
      const next = attempts[at + 1]
      if (next) again.set(attempt, next)
    }
  }
  const met = [...groupBy(refused, referenceOf)].map(([error, calls]) =>
    metError(error, calls, again, lastCalls),
  )
  const seen = new Set(met.map(({ error }) => error))
  // "Any 27" is met by every kind of 27.
  const seenCodes = new Set(refused.map(({ code }) => String(code)))
  const missing = [...new Set(expected)].filter((one) => !seen.has(one) && !seenCodes.has(one))
  return { met, missing: missing.sort() }
}

/**
 * @param again the next attempt at the same thing
 * @param lastCalls the place of each app's last call
 */
function metError(
  error: string,
  calls: readonly Attempt[],
  again: ReadonlyMap<Attempt, Attempt>,
  lastCalls: ReadonlyMap<string | null, number>,
): MetError {
  const next = { sentAgain: 0, calledElse: 0, stopped: 0 }
  let shortestMs = Number.POSITIVE_INFINITY
  let longestMs = 0
  for (const call of calls) {
    const repetition = again.get(call)
    if (repetition) {
      const gap = Math.max(0, gapBetween(call, repetition))
      shortestMs = Math.min(shortestMs, gap)
      longestMs = Math.max(longestMs, gap)
      next.sentAgain++
    } else if ((lastCalls.get(call.appKey) ?? -1) > call.index) next.calledElse++
    else next.stopped++
  }
  const after =
    next.sentAgain === 0
      ? null
      : { shortestMs: Math.round(shortestMs), longestMs: Math.round(longestMs) }
  return { error, count: calls.length, next, after, exchanges: exchangesOf(calls) }
}

/** What of a scenario's rule names an error. */
interface ErrorRule {
  readonly then: {
    readonly refuse?: string | readonly string[] | undefined
    readonly refuseAfter?: string | undefined
    readonly ban?: { readonly kind?: string | undefined } | undefined
    readonly expireSession?: true | undefined
    readonly revokeSession?: true | undefined
  }
}

const defaultBan = 'accesscontrol.limited-by-app-access-count'

/** The errors that rules can show, each once. */
export function errorsOfRules(rules: readonly ErrorRule[]): string[] {
  const references = rules.flatMap(({ then }) => {
    if (then.refuse !== undefined) return [then.refuse].flat().flatMap(referenceIn)
    if (then.refuseAfter !== undefined) return referenceIn(then.refuseAfter)
    if (then.ban) return [`7/${then.ban.kind ?? defaultBan}`]
    if (then.revokeSession) return ['27/session-not-exist']
    return then.expireSession ? ['27/session-expired'] : []
  })
  return [...new Set(references)]
}

/** A reference as the journal has it: by code and sub-code. */
function referenceIn(text: string): string[] {
  const found = findError(text)
  if (typeof found === 'string') return []
  const { code, sub_code } = found.error
  return [referenceOf({ code, subCode: sub_code ?? null })]
}
