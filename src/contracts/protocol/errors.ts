import {
  type ErrorKind,
  type PlatformError,
  type PlatformErrorName,
  type PlatformErrorRef,
  platformErrors,
  type Retry,
} from './error-table.ts'

/** What stands in `error_response`; `request_id` is added when the answer is written. */
export interface ErrorResponse {
  readonly code: number
  readonly msg: string
  readonly sub_code?: string
  readonly sub_msg?: string
}

/** A text for the people who read journals and explanations, never for the wire. */
export interface Explanation {
  readonly en: string
  readonly zh: string
}

/** A refusal as a value: gates and handlers return it, only the encoder turns it into bytes. */
export class Rejection {
  readonly name: PlatformErrorName
  readonly error: ErrorResponse
  /** What came and what was expected, for the journal. */
  readonly detail: Explanation | undefined
  /** Seconds after which the call may be repeated, where the platform names them. */
  readonly retryAfter: number | undefined

  constructor(
    name: PlatformErrorName,
    error: ErrorResponse,
    detail?: Explanation,
    retryAfter?: number,
  ) {
    this.name = name
    this.error = error
    this.detail = detail
    this.retryAfter = retryAfter
  }
}

/** What stands for each `{name}` in the texts of an error. */
export type Fill = Readonly<Record<string, string | number>>

/**
 * Builds a refusal from the table.
 *
 * @example
 * reject('invalid-session/session-expired')
 * reject('missing-required-arguments', { parameter: 'title' })
 */
export function reject(ref: PlatformErrorRef, fill: Fill = {}, detail?: Explanation): Rejection {
  const slash = ref.indexOf('/')
  const name = (slash < 0 ? ref : ref.slice(0, slash)) as PlatformErrorName
  return rejectKind(name, slash < 0 ? undefined : ref.slice(slash + 1), fill, detail)
}

/**
 * A business refusal with a sub-code that a contract declares.
 *
 * @param code a code of the table; services answered under codes of their own (530) before they had 15
 * @throws Error for a code that the table does not have: a mistake of the contract
 */
export function rejectBusiness(
  subCode: string,
  subMsg?: string,
  detail?: Explanation,
  code: number = platformErrors['remote-service-error'].code,
): Rejection {
  const name = nameByCode.get(code)
  if (name === undefined) throw new Error(`${subCode} is declared with the unknown code ${code}`)
  return new Rejection(
    name,
    {
      code,
      msg: platformErrors[name].msg,
      sub_code: subCode,
      ...(subMsg !== undefined && subMsg !== '' && { sub_msg: subMsg }),
    },
    detail,
  )
}

/**
 * Builds a refusal from a row of the table and, where one is named, a kind below it.
 *
 * @param subCode a kind of the row, with `-tmall` behind it for a service's Tmall variant
 */
export function rejectKind(
  name: PlatformErrorName,
  subCode: string | undefined,
  fill: Fill,
  detail?: Explanation,
): Rejection {
  const row: PlatformError = platformErrors[name]
  // A code with one kind that bears the code's own name always travels with that kind's texts.
  const kind = kindIn(row, subCode ?? name)
  const values = { ...row.defaults, ...kind?.defaults, ...fill }
  const seconds = values.seconds
  return new Rejection(
    name,
    {
      code: row.code,
      msg: filledIn(kind?.msg ?? row.msg, values),
      ...(subCode !== undefined &&
        kind?.sub_code !== false && { sub_code: kind?.sub_code ?? subCode }),
      ...(kind?.sub_msg !== undefined && { sub_msg: filledIn(kind.sub_msg, values) }),
    },
    detail,
    typeof seconds === 'number' ? seconds : undefined,
  )
}

export const filledIn = (text: string, values: Fill): string =>
  text.replaceAll(/\{(\w+)\}/g, (hole, name: string) => String(values[name] ?? hole))

export const nameByCode: ReadonlyMap<number, PlatformErrorName> = new Map<
  number,
  PlatformErrorName
>(Object.entries(platformErrors).map(([name, row]) => [row.code, name as PlatformErrorName]))

/** A row's own kind: names such as `constructor` are none, whatever objects inherit. */
const ownKind = (row: PlatformError, name: string): ErrorKind | undefined =>
  row.kinds && Object.hasOwn(row.kinds, name) ? row.kinds[name] : undefined

const tmall = '-tmall'

/** The kind of a row by its sub-code; a service's failure on the Tmall variant is the same failure. */
export const kindIn = (row: PlatformError, subCode: string): ErrorKind | undefined =>
  ownKind(row, subCode) ??
  (isBusiness(row.code) && subCode.endsWith(tmall)
    ? ownKind(row, subCode.slice(0, -tmall.length))
    : undefined)

/** Codes whose `sub_code` comes from the service behind the gateway, so any may appear. */
export const isBusiness = (code: number) => code === 15 || code === 50 || code > 100

/** The name of an error by its `code` on the wire, in either profile's spelling. */
export function errorNameOfWire(code: number | string): PlatformErrorName | undefined {
  if (code === 429 || code === '429') return 'app-call-limited'
  if (code === 'missing_parameter') return 'missing-required-arguments'
  if (/^\d+$/.test(String(code))) return nameByCode.get(Number(code))
  const name = String(code).replaceAll('_', '-')
  return Object.hasOwn(platformErrors, name) ? (name as PlatformErrorName) : undefined
}

/** The row's kind that an error on the wire belongs to, if the table lists it. */
export function kindOf(code: number | string, subCode: string | undefined): ErrorKind | undefined {
  if (subCode === undefined) return undefined
  const name = errorNameOfWire(code)
  const own: PlatformError | undefined = name && platformErrors[name]
  // Services answer the platform's isp.* sub-codes under codes of their own, as 520 and 530.
  const service: PlatformError = platformErrors['remote-service-error']
  return (
    (own && kindIn(own, subCode)) ??
    (subCode.startsWith('isp.') ? kindIn(service, subCode) : undefined)
  )
}

/** Whether a call that got this error may be sent again. What the server's side has caused passes by itself. */
export function retryOf(code: number | string, subCode: string | undefined): Retry {
  const name = errorNameOfWire(code)
  return (
    kindOf(code, subCode)?.retry ??
    (subCode?.startsWith('isp.') ? 'back-off' : name ? platformErrors[name].retry : 'no')
  )
}

/**
 * The `code` that the `guide` profile sends: the article knows `429`, `invalid_session` and
 * `missing_parameter`; any other is the documented name in snake_case.
 */
export function guideCode(name: PlatformErrorName): number | string {
  const { code } = platformErrors[name]
  if (code >= 4 && code <= 8) return 429
  if (code === 40) return 'missing_parameter'
  return name.replaceAll('-', '_')
}
