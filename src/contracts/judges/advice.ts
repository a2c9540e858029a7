import { type PlatformError, platformErrors, type Retry } from '../protocol/error-table.ts'
import { errorNameOfWire, kindOf } from '../protocol/errors.ts'

/** What the platform's table says about a refusal. */
export interface RefusalAdvice {
  readonly retry: Retry
  /** The call may have been carried out although it was refused. */
  readonly unknownOutcome: boolean
}

/**
 * Looks up whether a refused call may be sent again. An `isp.*` sub-code is the platform's trouble
 * under any code; what the table does not know is not sent again.
 */
export function adviceOn(code: number, subCode: string | null): RefusalAdvice {
  const kind = kindOf(code, subCode ?? undefined)
  const name = errorNameOfWire(code)
  const row: PlatformError | undefined = name && platformErrors[name]
  const retry = kind?.retry ?? (subCode?.startsWith('isp.') ? 'back-off' : (row?.retry ?? 'no'))
  return { retry, unknownOutcome: kind?.unknownOutcome ?? false }
}

/** A refusal as people write it: `7/accesscontrol.limited-by-app-access-count`, `25`. */
export const referenceOf = ({
  code,
  subCode,
}: {
  readonly code: number | null
  readonly subCode: string | null
}): string => (subCode === null || subCode === '' ? String(code) : `${code}/${subCode}`)
