import { isSecretName } from '../../contracts/secret-names.ts'
import type {
  ByteDifference,
  SignatureCause,
  SignatureExplanation,
} from '../../contracts/signature-doctor/explain.ts'

/** What the journal tells of a wrong sign: no sign, no secret, no session. */
export interface SignatureDiagnosis
  extends Omit<SignatureExplanation, 'expectedSign' | 'receivedSign'> {}

interface Sensitive {
  readonly params: Readonly<Record<string, string>>
  /** Parameters whose values are secret beside those that always are. */
  readonly hidden: readonly string[]
  readonly secrets: readonly string[]
  /** Sessions that the doctor knew and may name. */
  readonly sessions: readonly string[]
}

/** From this length on a value is unmistakable; a shorter one (such as "test") is looked for beside its name. */
const unmistakable = 8

/**
 * Takes everything out of an explanation that must not be kept: the signs, secrets and sessions. Where a
 * client changed such a value before it signed, what it signed is left out as a whole.
 */
export function maskDiagnosis(
  explanation: SignatureExplanation,
  sensitive: Sensitive,
): SignatureDiagnosis {
  const { verdict, fixes } = explanation
  const isHidden = (name: string) => isSecretName(name) || sensitive.hidden.includes(name)
  const { mask, remains, holds } = masker(sensitive, isHidden)
  const causes = explanation.causes.map((cause) => maskCause(cause, mask, remains, isHidden))
  const isAboutSecret = causes.some(({ parameter }) => isHidden(parameter ?? ''))
  const stringToSign = mask(explanation.stringToSign)
  const theirs = explanation.theirString === undefined ? undefined : mask(explanation.theirString)
  const theirString = theirs === undefined || isAboutSecret || remains(theirs) ? undefined : theirs
  const difference =
    theirString === undefined
      ? undefined
      : differenceOf(theirString, stringToSign, explanation.difference, holds)
  return {
    verdict,
    causes,
    stringToSign,
    ...(theirString !== undefined && { theirString }),
    ...(difference && { difference }),
    fixes,
  }
}

function maskCause(
  cause: SignatureCause,
  mask: (text: string) => string,
  remains: (text: string) => boolean,
  isHidden: (name: string) => boolean,
): SignatureCause {
  const { parameter, title } = cause
  const hidden = (text: string) =>
    text.replaceAll(/"(?:[^"\\]|\\.)*"/g, (quoted) =>
      isHidden(quoted.slice(1, -1)) ? quoted : '"***"',
    )
  const tell = (text: string) => {
    const masked = mask(text)
    return isHidden(parameter ?? '') || remains(masked) ? hidden(masked) : masked
  }
  const detail = { en: tell(cause.detail.en), zh: tell(cause.detail.zh) }
  // What is still there after that stands outside quotes: then the title has to do.
  return { ...cause, detail: remains(detail.en) || remains(detail.zh) ? title : detail }
}

function masker({ params, secrets, sessions }: Sensitive, isHidden: (name: string) => boolean) {
  const values = new Map<string, string>()
  const own: string[] = []
  for (const session of sessions) values.set(session, 'session')
  for (const [name, value] of Object.entries(params)) {
    if (!isHidden(name) || value === '') continue
    values.set(value, name)
    own.push(value)
    if (value.trim() !== '') values.set(value.trim(), name)
  }
  for (const secret of secrets) values.set(secret, 'secret')
  const patterns = [...values]
    .filter(([value]) => value !== '')
    // The longest first: one may begin as another does.
    .sort(([a], [b]) => b.length - a.length)
    .map(([value, name]) => ({ name, pattern: patternOf(value, name) }))
  const pieces = own.flatMap((value) => piecesOf(value.toLowerCase()))
  const remains = (text: string) => {
    const lower = text.toLowerCase()
    return pieces.some((piece) => lower.includes(piece))
  }
  return {
    mask: (text: string) =>
      patterns.reduce(
        (masked, { name, pattern }) =>
          masked.replace(pattern, (_, before: string | undefined) => `${before ?? ''}{${name}}`),
        text,
      ),
    /** Whether a part of the caller's own session, token or sign is still there. */
    remains,
    /** The same for texts whose beginning may be missing, so that short values count anywhere. */
    holds: (text: string) => remains(text) || own.some((value) => text.includes(value)),
  }
}

/** Every run of so many characters. */
function piecesOf(value: string): string[] {
  const pieces: string[] = []
  for (let at = 0; at + unmistakable <= value.length; at++) {
    pieces.push(value.slice(at, at + unmistakable))
  }
  return pieces
}

/** Where a value stands, as it is or percent-encoded, in either case. */
function patternOf(value: string, name: string): RegExp {
  const encoded = encodeURIComponent(Buffer.from(value).toString())
  const either = [...new Set([value, encoded])].map(escaped).join('|')
  const isPlain = value.length >= unmistakable || (name === 'secret' && value.length >= 4)
  return isPlain
    ? new RegExp(`()(?<!\\{)(?:${either})`, 'gi')
    : new RegExp(`(${escaped(name)}\\W{0,3})(?:${either})|(?<=")(?:${either})(?=")`, 'gi')
}

const escaped = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|/-]/g, '\\$&')

/** So many characters are shown on either side of a difference. */
const around = 16

/** The difference between the masked texts; where they are alike (other bytes, such as GBK) the one that was found. */
function differenceOf(
  theirs: string,
  ours: string,
  found: ByteDifference | undefined,
  holds: (text: string) => boolean,
): ByteDifference | undefined {
  if (theirs === ours) {
    const texts = found ? [found.theirs, found.ours].map(({ hex }) => fromHex(hex)) : []
    return texts.some(holds) ? undefined : found
  }
  let at = 0
  while (theirs[at] === ours[at]) at++
  const part = (text: string) => {
    const some = Buffer.from(text.slice(Math.max(0, at - around), at + around)).toString()
    return { text: some, hex: Buffer.from(some).toString('hex').replaceAll(/../g, '$& ').trimEnd() }
  }
  return { at: Buffer.byteLength(theirs.slice(0, at)), theirs: part(theirs), ours: part(ours) }
}

const fromHex = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex').toString('latin1')
