import type { AnyContract } from '../contracts/define-method.ts'
import { isTopResponseError, isTopTransportError, type TopError } from './errors.ts'
import type { RetryOptions } from './options.ts'

/** What to do after a failed attempt. */
export type Plan =
  | { readonly action: 'give-up' }
  | { readonly action: 'wait'; readonly ms: number }
  /** The whole app is banned: nobody may call until then. */
  | { readonly action: 'wait-out-ban'; readonly ms: number }
  | { readonly action: 're-authorise' }

const giveUp: Plan = { action: 'give-up' }

/**
 * Reads from the table of platform errors what a failure is worth. A call that is not repeatable is
 * never sent again after an unknown outcome: whoever knows how to ask must ask first.
 *
 * @param attempt how many attempts there have been
 */
export function planAfter(
  error: TopError,
  contract: Pick<AnyContract, 'repeatable'>,
  attempt: number,
  retry: Required<RetryOptions>,
  random: () => number,
): Plan {
  if (isTopResponseError(error) && error.retry === 're-authorise') return { action: 're-authorise' }
  if (attempt >= retry.attempts) return giveUp
  if (error.outcome === 'unknown' && !contract.repeatable) return giveUp
  if (isTopTransportError(error)) return { action: 'wait', ms: backOff(attempt, retry, random) }
  if (!isTopResponseError(error)) return giveUp
  if (error.retry === 'back-off') return { action: 'wait', ms: backOff(attempt, retry, random) }
  if (error.retry !== 'after-ban') return giveUp
  const seconds = error.banSeconds
  if (seconds === undefined) return { action: 'wait', ms: backOff(attempt, retry, random) }
  return seconds > retry.longestBanSeconds ? giveUp : { action: 'wait-out-ban', ms: seconds * 1000 }
}

/** Doubles with each attempt; the upper half is left to chance, so that many clients do not come back at once. */
export function backOff(
  attempt: number,
  retry: Required<RetryOptions>,
  random: () => number,
): number {
  const ms = Math.min(retry.longestWaitMs, retry.firstWaitMs * 2 ** (attempt - 1))
  return Math.round(ms / 2 + (ms / 2) * random())
}
