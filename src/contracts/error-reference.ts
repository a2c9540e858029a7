import type { AnyContract, SubCode } from './define-method.ts'
import {
  type ErrorKind,
  type PlatformError,
  type PlatformErrorName,
  platformErrors,
} from './protocol/error-table.ts'
import {
  type Fill,
  filledIn,
  isBusiness,
  kindIn,
  kindOf,
  nameByCode,
  type Rejection,
  rejectBusiness,
  rejectKind,
} from './protocol/errors.ts'
import { methods } from './registry.ts'

/** A reference taken apart: `7/accesscontrol.limited-by-api-access-count?seconds=41`. */
interface Reference {
  readonly text: string
  readonly head: string
  readonly subCode: string | undefined
  /** What stands behind the question mark. */
  readonly given: ReadonlyMap<string, string>
}

function takenApart(text: string): Reference {
  const trimmed = text.trim()
  const mark = trimmed.indexOf('?')
  const [head = '', ...tail] = (mark < 0 ? trimmed : trimmed.slice(0, mark)).split('/')
  return {
    text,
    head,
    subCode: tail.length > 0 ? tail.join('/') : undefined,
    given: new Map(new URLSearchParams(mark < 0 ? '' : trimmed.slice(mark + 1))),
  }
}

/**
 * Finds an error as people write it, in a header, a magic value, a scenario, on the command line:
 * `27/session-expired`, `invalid-session/session-expired`, `25`, `429` (the call limit),
 * `isp.remote-service-timeout` (a sub-code alone has the code that the table or a contract gives it,
 * otherwise 15). Behind a `?` stand values for the blanks in its texts, urlencoded:
 * `40?parameter=title`, `7/accesscontrol.limited-by-api-access-count?seconds=41`.
 *
 * @param fill values for blanks that the reference leaves open; what it leaves open too has a default
 * @param called the method of the call, whose declaration of a sub-code comes first
 * @returns the refusal, or a sentence that says what is wrong with the reference
 */
export function findError(
  reference: string,
  fill: Fill = {},
  called?: AnyContract,
): Rejection | string {
  const parts = takenApart(reference)
  const { head, subCode } = parts
  if (subCode === undefined && /^is[vp]\./.test(head)) return byItself(parts, fill, called)
  const name = rowNamed(head)
  if (name === undefined) {
    return `"${reference}" is no platform error; expected a code such as 27, a name such as invalid-session, or either with a sub-code, as in 27/session-expired`
  }
  const row: PlatformError = platformErrors[name]
  // The article knows one call limit, and means the app's.
  const sub = subCode ?? (head === '429' ? Object.keys(row.kinds ?? {})[0] : undefined)
  if (sub === undefined || kindIn(row, sub)) return ofTable(parts, name, sub, fill)
  if (!isBusiness(row.code)) {
    const known = Object.keys(row.kinds ?? {}).filter((kind) => kind !== name)
    return `"${sub}" is no sub-code of ${row.code} ${row.msg}; ${known.length > 0 ? `known are ${known.join(', ')}` : 'it has none'}`
  }
  return ofService(parts, name, sub, fill, kindOf(row.code, sub) ?? declared(sub, called))
}

function rowNamed(head: string): PlatformErrorName | undefined {
  if (head === '429') return 'app-call-limited'
  if (/^\d+$/.test(head)) return nameByCode.get(Number(head))
  return Object.hasOwn(platformErrors, head) ? (head as PlatformErrorName) : undefined
}

function byItself(parts: Reference, fill: Fill, called: AnyContract | undefined) {
  const subCode = parts.head
  const rows = Object.entries(platformErrors) as [PlatformErrorName, PlatformError][]
  const [name] = rows.find(([, row]) => kindIn(row, subCode)) ?? []
  if (name !== undefined) return ofTable(parts, name, subCode, fill)
  const found = declared(subCode, called)
  const code = found?.code ?? platformErrors['remote-service-error'].code
  return ofService(parts, nameByCode.get(code) as PlatformErrorName, subCode, fill, found)
}

function declared(subCode: string, called: AnyContract | undefined): SubCode | undefined {
  const contracts: readonly AnyContract[] = [...(called ? [called] : []), ...Object.values(methods)]
  return contracts.find(({ errors }) => Object.hasOwn(errors, subCode))?.errors[subCode]
}

function ofTable(parts: Reference, name: PlatformErrorName, sub: string | undefined, fill: Fill) {
  const row: PlatformError = platformErrors[name]
  const kind = kindIn(row, sub ?? name)
  const values = valuesOf(parts, kind?.msg ?? row.msg, kind?.sub_msg, {
    ...row.defaults,
    ...kind?.defaults,
  })
  return typeof values === 'string' ? values : rejectKind(name, sub, { ...fill, ...values })
}

/** A sub-code that is not the row's own: with the texts that its service is known to give it, if any. */
function ofService(
  parts: Reference,
  name: PlatformErrorName,
  subCode: string,
  fill: Fill,
  known: Pick<ErrorKind, 'sub_msg' | 'defaults'> | undefined,
) {
  const { code, msg } = platformErrors[name]
  const values = valuesOf(parts, msg, known?.sub_msg, known?.defaults)
  if (typeof values === 'string') return values
  const sub_msg =
    known?.sub_msg && filledIn(known.sub_msg, { ...known.defaults, ...fill, ...values })
  return rejectBusiness(subCode, sub_msg, undefined, code)
}

const blank = /\{(\w+)\}/g

/** The names of the blanks in an error's texts. */
export const blanksOf = (...texts: readonly (string | undefined)[]): string[] => [
  ...new Set(texts.flatMap((text) => [...(text ?? '').matchAll(blank)].map((hit) => hit[1] ?? ''))),
]

function valuesOf(
  { given, text }: Reference,
  msg: string,
  subMsg: string | undefined,
  defaults: Fill = {},
): Fill | string {
  const blanks = blanksOf(msg, subMsg)
  const values: Record<string, string | number> = {}
  for (const [name, value] of given) {
    if (!blanks.includes(name)) {
      return `"${text}" gives "${name}", which is no blank of this error; ${blanks.length > 0 ? `it has ${blanks.join(', ')}` : 'it has none'}`
    }
    const isCount = typeof defaults[name] === 'number'
    if (isCount && !/^\d{1,9}$/.test(value)) {
      return `"${text}" gives ${name}=${value}; expected a whole number`
    }
    values[name] = isCount ? Number(value) : value
  }
  return values
}

/** A pair of double brackets with something between that may be a reference. */
const bracketed = /\[\[([^[\]]{1,200})\]\]/g

/**
 * The reference that a text asks for as a magic value, `[[27/session-expired]]`, wherever in it. What
 * stands between the brackets must begin as a reference does, with a number of up to three digits, a
 * name of the table, `isv.` or `isp.`: a title such as `[[新品]] 茶杯` or `[[2027]] 春款` is a title.
 */
export function magicReference(text: string): string | undefined {
  for (const [, inner = ''] of text.matchAll(bracketed)) {
    const { head } = takenApart(inner)
    if (/^\d{1,3}$/.test(head) || /^is[vp]\./.test(head) || Object.hasOwn(platformErrors, head)) {
      return inner.trim()
    }
  }
  return undefined
}
