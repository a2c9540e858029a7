import type { CaseKind, ContractCase } from './case.ts'
import { casesOfMethod } from './method-cases.ts'
import { type CaseOptions, kindsNamed, methodsNamed } from './options.ts'
import { protocolCases } from './protocol-cases.ts'
import { storiesOf } from './stories.ts'

/**
 * The cases of the contract suite as data: calls, and what must come back. Nothing is sent, and nothing
 * in them depends on a gateway; credentials, time and signs are put in when a call is made.
 *
 * @throws OptionError for methods and kinds that are none, Error when no case is selected
 * @example
 * contractCases({ methods: ['taobao.items.*'], kinds: ['required'] }).map(({ title }) => title)
 */
export const contractCases = (options: CaseOptions = {}): ContractCase[] => [
  ...eachContractCase(options),
]

/** The same one after the other: all methods together have a quarter of a million. */
export function* eachContractCase(options: CaseOptions = {}): Generator<ContractCase> {
  const kinds = kindsNamed(options.kinds)
  const methods = methodsNamed(options.methods)
  let count = 0
  for (const one of selected(kinds, methods, options)) {
    count++
    yield one
  }
  if (count === 0) throw new NoCaseError(kinds, methods)
}

function* selected(
  kinds: readonly CaseKind[],
  methods: readonly string[],
  options: CaseOptions,
): Generator<ContractCase> {
  if (kinds.includes('protocol')) yield* protocolCases(options.profile ?? 'production')
  for (const method of methods) yield* casesOfMethod(method, kinds, options)
  if (kinds.includes('state')) yield* storiesOf(new Set(methods))
}

/** A run that verified nothing must not look green. */
export class NoCaseError extends Error {
  override readonly name = 'NoCaseError'

  constructor(kinds: readonly CaseKind[], methods: readonly string[]) {
    const some =
      methods.length > 3 ? `${methods.length} methods` : methods.join(', ') || 'no method'
    super(`no case is selected: ${some} and the kinds ${kinds.join(', ') || '(none)'} have none`)
  }
}
