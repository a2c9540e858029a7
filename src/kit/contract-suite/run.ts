import type { ContractCase } from './case.ts'
import { contractCases, eachContractCase } from './cases.ts'
import type { ContractSuiteOptions } from './options.ts'
import { type CaseOutcome, playCase, reasonNotToRun } from './play.ts'
import { openTarget, type Target } from './target.ts'

/** What a run of the contract suite found. Credentials are not in it. */
export interface ContractReport {
  /** The gateway's address; `undefined` for one in this process. */
  readonly url: string | undefined
  readonly isLocalTop: boolean
  readonly profile: string
  readonly writes: boolean
  readonly passed: number
  readonly failed: number
  readonly notRun: number
  readonly calls: number
  readonly seconds: number
  /** In the order in which they were played. */
  readonly cases: readonly CaseOutcome[]
}

/** What a gateway was found to be, before the first call of a case. */
type Found = Pick<Target, 'isOurs' | 'writes' | 'assumed' | 'profile'>

export interface ContractRunOptions extends ContractSuiteOptions {
  /** Cases to play, in this order. @default those that the other options select */
  readonly cases?: readonly ContractCase[]
  /** Told once, before the first case: the cases that will be played. */
  readonly onStart?: (found: Found, cases: readonly ContractCase[]) => void
  readonly onCase?: (outcome: CaseOutcome) => void
  /** Ends the run after the case that is under way. */
  readonly signal?: AbortSignal
}

/** Nothing of what was selected can be run on this gateway. */
export class NothingToRunError extends Error {
  override readonly name = 'NothingToRunError'
}

/**
 * Plays the contract suite against a gateway.
 *
 * @throws OptionError, NoCaseError, NothingToRunError when nothing could be verified
 * @example
 * const { failed } = await runContractSuite({ fetch: createGateway().fetch })
 */
export async function runContractSuite(options: ContractRunOptions): Promise<ContractReport> {
  const { onStart, onCase, signal } = options
  const started = performance.now()
  // Selected first: a run that selects nothing sends nothing.
  const selected = options.cases ?? (onStart ? contractCases(options) : undefined)
  const each = selected ?? eachContractCase(options)
  const target = await openTarget(options)
  const cases: CaseOutcome[] = []
  const count = { passed: 0, failed: 0, 'not-run': 0 }
  let calls = 0
  try {
    if (onStart && selected) {
      onStart(
        target,
        selected.filter((one) => reasonNotToRun(one, target) === undefined),
      )
    }
    for (const one of each) {
      if (signal?.aborted) break
      const outcome = await playCase(one, target)
      cases.push(outcome)
      count[outcome.state]++
      calls += outcome.calls
      onCase?.(outcome)
    }
  } finally {
    await target.close()
  }
  if (count.passed + count.failed === 0 && !signal?.aborted) {
    throw new NothingToRunError(nothingToRun(cases))
  }
  return {
    url: options.url,
    isLocalTop: target.isOurs,
    profile: target.profile,
    writes: target.writes,
    passed: count.passed,
    failed: count.failed,
    notRun: count['not-run'],
    calls,
    seconds: Math.round(performance.now() - started) / 1000,
    cases,
  }
}

/** Why not, in a sentence: each reason once. */
export function nothingToRun(cases: readonly Pick<CaseOutcome, 'reason'>[]): string {
  const reasons = [...new Set(cases.map(({ reason }) => reason))]
  return cases.length === 0
    ? 'no case is selected'
    : `none of the ${cases.length} selected cases can be run on this gateway: ${reasons.join('; ')}`
}
