import {
  type Fidelity,
  type PlatformError,
  platformErrors,
} from '../contracts/protocol/error-table.ts'
import { oauthErrors, oauthFacts } from '../contracts/protocol/oauth.ts'
import { methods } from '../contracts/registry.ts'
import { gatesFor } from './gates/index.ts'
import { createRules } from './traffic/rules.ts'

/** One behaviour of the gateway, and how sure we are that the platform has it too. */
export interface LedgerEntry extends Fidelity {
  readonly kind: 'gate' | 'error' | 'sub-code' | 'default'
  readonly name: string
}

/** Every gate, platform error and declared sub-code with its label and where it comes from. */
export function fidelityLedger(): LedgerEntry[] {
  const { gates } = gatesFor({
    findContract: () => undefined,
    findHandler: () => undefined,
    rules: createRules(),
    rateLimit: undefined,
    timestampWindow: 0,
    onBug: () => {},
  })
  const rows: readonly PlatformError[] = Object.values(platformErrors)
  return [
    ...gates.map(({ name, fidelity, source }) => ({
      kind: 'gate' as const,
      name,
      fidelity,
      source,
    })),
    ...rows.flatMap(({ code, msg, fidelity, source, kinds = {} }) => [
      { kind: 'error' as const, name: `${code} ${msg}`, fidelity, source },
      ...Object.entries(kinds).map(([name, kind]) => ({
        kind: 'error' as const,
        name: `${code}/${name}`,
        fidelity: kind.fidelity,
        source: kind.source,
      })),
    ]),
    ...Object.values(methods).flatMap((contract) =>
      Object.entries(contract.errors).map(([name, { fidelity, source }]) => ({
        kind: 'sub-code' as const,
        name: `${contract.name} ${name}`,
        fidelity,
        source,
      })),
    ),
    ...[...Object.entries(oauthFacts), ...Object.entries(oauthErrors)].map(
      ([name, { fidelity, source }]) => ({
        kind: 'default' as const,
        name: `oauth: ${name}`,
        fidelity,
        source,
      }),
    ),
  ]
}
