import type { Finding } from '../contracts/index.ts'
import type { Gateway } from '../server/index.ts'

/**
 * What the callers of a gateway sent against the contracts of their methods, as every report has it. What a
 * scenario refuses, and what the world is to blame for (sessions, limits, business errors), breaks no contract;
 * notices are not among it.
 *
 * @param appKey looks at one app's calls
 */
export const contractBreaches = ({ report }: Pick<Gateway, 'report'>, appKey?: string): Finding[] =>
  report({ appKey, expect: 'rules' }).findings.filter(({ judge }) => judge === 'contract')
