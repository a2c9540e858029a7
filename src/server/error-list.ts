import { blanksOf, findError } from '../contracts/error-reference.ts'
import { type ProfileName, profiles } from '../contracts/profile.ts'
import { type Format, formats, writeError } from '../contracts/protocol/envelope.ts'
import {
  type ErrorKind,
  type Fidelity,
  type PlatformError,
  type PlatformErrorName,
  platformErrors,
  type Retry,
  unknownCodes,
} from '../contracts/protocol/error-table.ts'
import { guideCode, nameByCode, Rejection, retryOf } from '../contracts/protocol/errors.ts'
import { type SubCodeFamily, subCodeFamilies } from '../contracts/protocol/sub-code-families.ts'
import { methods } from '../contracts/registry.ts'
import { statusOf } from './encode.ts'
import { modelledErrors } from './gates/index.ts'

/** A platform error and everything that is known of it: one code, or one sub-code below it. */
export interface ListedError extends Fidelity {
  /** By which it is asked for: `27/session-expired`. */
  readonly reference: string
  /** The three ways to ask for it. */
  readonly ask: { readonly header: string; readonly magic: string; readonly scenario: string }
  readonly code: number
  readonly name: PlatformErrorName
  /** `code` as the guide profile writes it. */
  readonly guideCode: number | string
  /** Texts as they travel; `{name}` is a blank. */
  readonly msg: string
  readonly subCode?: string
  readonly subMsg?: string
  /** The blanks in the texts, and what stands there when nobody says. */
  readonly blanks: Readonly<Record<string, string | number>>
  readonly retry: Retry
  /** The call may have been carried out all the same. */
  readonly unknownOutcome?: true
  /** The HTTP status with `--http-status semantic`; the platform itself says 200. */
  readonly httpStatus: number
  /** The gate that answers it by its real cause; `null` where it comes on demand only. */
  readonly gate: string | null
  /** The methods that declare the sub-code. */
  readonly methods?: readonly string[]
  /** When a method answers it. */
  readonly meaning?: string
}

export interface ErrorCatalogue {
  readonly errors: readonly ListedError[]
  readonly families: readonly SubCodeFamily[]
  /** Codes of which no source says anything. */
  readonly unknownCodes: readonly number[]
}

/** Every error that the gateway can answer: the table, and the sub-codes that methods declare. */
export const errorCatalogue = (): ErrorCatalogue => ({
  errors: errorList(),
  families: subCodeFamilies,
  unknownCodes,
})

export function errorList(): ListedError[] {
  const declared = declaredSubCodes()
  const gates = modelledErrors()
  const answered = new Set(declared.map(({ code }) => code))
  const rows = Object.entries(platformErrors) as [PlatformErrorName, PlatformError][]
  return rows.flatMap(([name, row]) => {
    const kinds = Object.entries(row.kinds ?? {}).filter(([kind]) => kind !== name)
    const below = kinds.map(([kind, texts]) => listed(name, row, kind, texts, gates))
    const services = declared.filter(({ code }) => code === row.code)
    const whole = listed(name, row, undefined, row.kinds?.[name] ?? {}, gates)
    const gate =
      whole.gate ??
      below.find((one) => one.gate !== null)?.gate ??
      (answered.has(row.code) ? 'answer' : null)
    return [{ ...whole, gate }, ...below, ...services]
  })
}

function listed(
  name: PlatformErrorName,
  row: PlatformError,
  kind: string | undefined,
  texts: Partial<ErrorKind>,
  gates: ReadonlyMap<string, string>,
): ListedError {
  const reference = kind === undefined ? String(row.code) : `${row.code}/${kind}`
  const msg = texts.msg ?? row.msg
  const subCode =
    kind === undefined || texts.sub_code === false ? undefined : (texts.sub_code ?? kind)
  const defaults = { ...row.defaults, ...texts.defaults }
  return {
    reference,
    ask: waysTo(reference),
    code: row.code,
    name,
    guideCode: guideCode(name),
    msg,
    ...(subCode !== undefined && { subCode }),
    ...(texts.sub_msg !== undefined && { subMsg: texts.sub_msg }),
    blanks: Object.fromEntries(
      blanksOf(msg, texts.sub_msg).map((blank) => [blank, defaults[blank] ?? '']),
    ),
    retry: retryOf(row.code, kind),
    ...(texts.unknownOutcome && { unknownOutcome: true }),
    httpStatus: statusFor(row.code, subCode),
    gate: gates.get(kind === undefined ? name : `${name}/${kind}`) ?? null,
    fidelity: texts.fidelity ?? row.fidelity,
    source: texts.source ?? row.source,
  }
}

const waysTo = (reference: string): ListedError['ask'] => ({
  header: `x-localtop-error: ${reference}`,
  magic: `[[${reference}]]`,
  scenario: `refuse: ${reference}`,
})

const statusFor = (code: number, subCode: string | undefined) =>
  statusOf({ code, ...(subCode !== undefined && { sub_code: subCode }) })

function declaredSubCodes(): ListedError[] {
  const byName = new Map<string, ListedError>()
  for (const contract of Object.values(methods)) {
    for (const [subCode, declared] of Object.entries(contract.errors)) {
      const { code = 15, sub_msg, meaning, fidelity, source } = declared
      const before = byName.get(subCode)
      const name = nameByCode.get(code) as PlatformErrorName
      byName.set(subCode, {
        reference: subCode,
        ask: waysTo(subCode),
        code,
        name,
        guideCode: guideCode(name),
        msg: platformErrors[name].msg,
        subCode,
        ...(sub_msg !== undefined && { subMsg: sub_msg }),
        blanks: {},
        retry: retryOf(code, subCode),
        httpStatus: statusFor(code, subCode),
        gate: 'answer',
        methods: [...(before?.methods ?? []), contract.name],
        meaning: before?.meaning ?? meaning,
        fidelity: before?.fidelity ?? fidelity,
        source: before?.source ?? source,
      })
    }
  }
  return [...byName.values()]
}

/** An error with the very answers that a profile and a format give it. */
export interface ShownError {
  readonly reference: string
  readonly error: ListedError | null
  readonly answers: Readonly<Record<ProfileName, Readonly<Record<Format, string>>>>
}

/** Stands where each answer has an identifier of its own. */
const sampleRequestId = 'abcdef123456'

/**
 * Shows one error as it is sent.
 *
 * @param reference as in `x-localtop-error`, values for its blanks included
 * @returns a sentence that says what is wrong with the reference, where something is
 */
export function showError(reference: string): ShownError | string {
  const found = findError(reference)
  if (!(found instanceof Rejection)) return found
  const { name, error } = found
  const written = (profile: ProfileName, format: Format) =>
    writeError(error, {
      format,
      simplify: false,
      requestId: sampleRequestId,
      code: profiles[profile].errorCode(name),
    })
  const inFormats = (profile: ProfileName) =>
    Object.fromEntries(formats.map((format) => [format, written(profile, format)])) as Record<
      Format,
      string
    >
  return {
    reference,
    error: entryFor(reference, found),
    answers: { guide: inFormats('guide'), production: inFormats('production') },
  }
}

/** The list's entry: by its reference, or else by what is answered; a free-form sub-code has none. */
function entryFor(reference: string, { error }: Rejection): ListedError | null {
  const list = errorList()
  const bare = reference.trim().split('?')[0]
  return (
    list.find((one) => one.reference === bare || `${one.name}${tailOf(one)}` === bare) ??
    list.find(({ code, subCode }) => code === error.code && subCode === error.sub_code) ??
    null
  )
}

const tailOf = ({ reference }: ListedError) =>
  reference.includes('/') ? reference.slice(reference.indexOf('/')) : ''
