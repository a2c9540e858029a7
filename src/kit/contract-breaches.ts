import { findMethod, systemParameters } from '../contracts/index.ts'
import type { Gateway } from '../server/index.ts'

/** Something a caller sent that the contract of its method does not allow. */
export interface ContractBreach {
  /** The exchange that shows it. */
  readonly exchange: string
  readonly method: string | null
  readonly problem: string
}

/** Gates that refuse what is wrong with the call itself, whatever the world is like. */
const ofTheCall: ReadonlySet<string> = new Set([
  'verb',
  'encoding',
  'method-present',
  'version',
  'format',
  'timestamp',
  'signature',
  'method',
  'required',
  'arguments',
])

/**
 * What the callers of a gateway sent against the contracts: calls that were refused for what they are, and
 * parameters that their method does not have. What a scenario refuses, and what the world is to blame for
 * (sessions, limits, business errors), breaks no contract.
 *
 * @param appKey looks at one app's calls
 */
export function contractBreaches(
  { exchanges }: Pick<Gateway, 'exchanges'>,
  appKey?: string,
): ContractBreach[] {
  return exchanges.list({ appKey }).flatMap(({ id, method, gate }) => {
    const found = exchanges.find(id)
    if (!found) return []
    const breach = (problem: string): ContractBreach => ({ exchange: id, method, problem })
    const contract = method === null ? undefined : findMethod(method)
    const sent = Object.keys({ ...found.request.params, ...found.request.files })
    const unknown = contract
      ? sent.filter(
          (name) =>
            !Object.hasOwn(systemParameters, name) && !Object.hasOwn(contract.request.shape, name),
        )
      : []
    return [
      ...(gate !== null && ofTheCall.has(gate) && found.rules.length === 0
        ? [breach(found.explanation.en)]
        : []),
      ...unknown.map((name) => breach(`${method} has no parameter "${name}"`)),
    ]
  })
}
