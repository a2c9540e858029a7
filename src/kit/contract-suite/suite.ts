import type { TestRunner } from '../scenario-suite.ts'
import type { ContractCase } from './case.ts'
import { contractCases } from './cases.ts'
import { groupBy } from './group.ts'
import type { ContractSuiteOptions } from './options.ts'
import { type CaseOutcome, playCase, reasonNotToRun } from './play.ts'
import { NothingToRunError, nothingToRun } from './run.ts'
import { openTarget, type Target } from './target.ts'

/**
 * Makes a test of each case of the contract suite, for Vitest, Jest, node:test or whatever else has
 * `describe` and `it`. `methods`, `kinds`, `profile` and `known` say which tests there are and are read
 * at once; `url` and credentials are read when the first test runs, so a port that is known only
 * after `beforeAll` can be given by a getter.
 *
 * A case that this gateway cannot be asked is skipped where the runner's context can skip.
 *
 * @throws OptionError for methods and kinds that are none, NoCaseError when no case is selected
 * @example
 * defineContractSuite({ get url() { return gateway.url }, profile: 'production' }, { describe, it })
 */
export function defineContractSuite(
  options: ContractSuiteOptions,
  { describe, it }: TestRunner,
): void {
  const cases = contractCases(options)
  const groups = groupBy(cases, ({ method }) => method ?? 'the protocol')
  let target: Promise<Target> | undefined
  let left = cases.length
  describe(`contract of the ${options.profile ?? 'production'} gateway`, () => {
    for (const [group, members] of groups) {
      describe(group, () => {
        for (const { title, one } of numbered(members)) {
          // Declared with a rest parameter: Jest takes a named one for a callback to wait for.
          it(title, async (...given: readonly unknown[]) => {
            target ??= openFor(cases, options)
            try {
              settle(await playCase(one, await target), given[0])
            } finally {
              left--
              if (left === 0) await target.then(({ close }) => close()).catch(() => undefined)
            }
          })
        }
      })
    }
  })
}

/** Titles that come twice get a number: runners tell tests apart by them. */
function numbered(cases: readonly ContractCase[]): { title: string; one: ContractCase }[] {
  const seen = new Map<string, number>()
  return cases.map((one) => {
    const count = (seen.get(one.title) ?? 0) + 1
    seen.set(one.title, count)
    return { title: count === 1 ? one.title : `${one.title} (${count})`, one }
  })
}

/** Opens a gateway, and refuses one on which every case would be skipped: that would look green. */
async function openFor(
  cases: readonly ContractCase[],
  options: ContractSuiteOptions,
): Promise<Target> {
  const target = await openTarget(options)
  const judged = cases.map((one) => ({ reason: reasonNotToRun(one, target) }))
  if (judged.some(({ reason }) => reason === undefined)) return target
  await target.close()
  throw new NothingToRunError(nothingToRun(judged.map(({ reason = '' }) => ({ reason }))))
}

function settle(outcome: CaseOutcome, context: unknown): void {
  if (outcome.state === 'failed') throw new ContractError(outcome)
  const { skip } = (context ?? {}) as { readonly skip?: unknown }
  if (outcome.state === 'not-run' && typeof skip === 'function') {
    skip.call(context, outcome.reason)
  }
}

/** A gateway does not keep the contract: each thing that is not as expected, by its place. */
export class ContractError extends Error {
  override readonly name = 'ContractError'
  readonly outcome: CaseOutcome

  constructor(outcome: CaseOutcome) {
    super([`${outcome.id}: ${outcome.title}`, ...problemLines(outcome)].join('\n'))
    this.outcome = outcome
  }
}

/** What was wrong with a case, line by line: every mismatch, then the call and its answer. */
export function problemLines({ mismatches, request, answer }: CaseOutcome): string[] {
  return [
    ...mismatches.map(
      ({ path, expected, received }) => `  ${path}: expected ${expected}; received ${received}`,
    ),
    ...(request === undefined ? [] : [`  call: ${request}`]),
    ...(answer === undefined ? [] : [`  answer: ${answer}`]),
  ]
}
