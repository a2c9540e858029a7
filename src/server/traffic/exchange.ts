import { createHash } from 'node:crypto'
import { advisories, unknownArguments } from '../../contracts/arguments.ts'
import type { AnyContract } from '../../contracts/define-method.ts'
import { nearest } from '../../contracts/near.ts'
import type { Explanation } from '../../contracts/protocol/errors.ts'
import { isSystemParameter, systemParameters } from '../../contracts/protocol/parameters.ts'
import type { TopFile } from '../../contracts/protocol/scalars.ts'
import { formatTime } from '../../contracts/protocol/timestamp.ts'
import { findMethod, methodNames } from '../../contracts/registry.ts'
import { isSecretName, maskedStructure } from '../../contracts/secret-names.ts'
import {
  explainFault,
  type FaultHook,
  hookOf,
  type WireFaultKind,
} from '../../contracts/wire-faults.ts'
import type { Received } from '../call.ts'
import { unusedBrackets } from '../gates/request.ts'
import { signOddity } from '../gates/signature.ts'
import type { Verdict } from '../pipeline.ts'
import type { SignatureDiagnosis } from './diagnosis-mask.ts'
import type { Fate } from './rules.ts'

/** What the journal keeps of one call. Everything derived from it is worked out when somebody looks. */
export interface Entry {
  readonly id: string
  readonly call: Received & {
    readonly contract?: AnyContract | undefined
    readonly response?: object | undefined
    /** The response was written by somebody: nothing was carried out. */
    readonly isGiven?: boolean | undefined
    readonly fate?: Fate | undefined
  }
  readonly verdict: Verdict
  readonly status: number
  readonly body: string
  /** How long the gateway took, in milliseconds of real time. */
  readonly took: number
  /** When it was answered, in milliseconds of real time. */
  readonly wall: number
  readonly bytes: number
  /** Another gateway's. */
  readonly adopted?: true
}

/** One exchange as the control API answers it: secrets masked, bodies cut at 64 KB. */
export interface Exchange {
  readonly id: string
  readonly time: string
  readonly method: string | null
  readonly appKey: string | null
  readonly verb: string
  readonly profile: string
  /** `dropped`: neither carried out nor refused, the connection failed before. */
  readonly outcome: 'answered' | 'refused' | 'dropped'
  /** The gate that refused. */
  readonly gate: string | null
  /** The platform's; for OAuth, whose errors have no numbers, the HTTP status and `invalid_grant` or the like. */
  readonly code: number | null
  readonly subCode: string | null
  /**
   * What happened to the answer on the wire: the caller may not know what became of the call. `before`
   * came before anything was written, `after` when the store had it.
   */
  readonly fault: { readonly kind: WireFaultKind; readonly hook: FaultHook } | null
  /** The scenario rules that had to do with it, each in a sentence. */
  readonly rules: readonly string[]
  readonly requestId: string
  readonly took: number
}

/** A file as it came, by which its sender can tell that every byte did. */
export interface UploadedFile {
  readonly fileName: string
  readonly contentType: string
  /** How many. */
  readonly bytes: number
  /** Of the bytes, in lower-case hex, as `sha256sum` and `md5sum` print them. */
  readonly sha256: string
  readonly md5: string
}

export interface ExplainedExchange extends Exchange {
  readonly request: {
    readonly path: string
    readonly contentType: string
    readonly params: Readonly<Record<string, string>>
    readonly files: Readonly<Record<string, UploadedFile>>
  }
  readonly response: { readonly status: number; readonly body: string }
  /** The gates that the call passed, and the one that refused it last. */
  readonly trail: readonly string[]
  readonly explanation: Explanation
  /** Why the sign is wrong, where that was why the call was refused. */
  readonly signature?: SignatureDiagnosis
  /** Names that are nearly known ones: what was sent, and what was probably meant. */
  readonly nearMisses: readonly NearMiss[]
  /** Oddities that refused nothing. */
  readonly notes: readonly string[]
}

/** A name that is nearly a known one. */
export interface NearMiss {
  readonly of: 'method' | 'parameter'
  readonly sent: string
  readonly meant: string
}

const longestText = 64 * 1024

/** What a rule did to the call's answer on the wire. */
export function faultOf({ fate }: Entry['call']): Exchange['fault'] {
  const wire = fate?.wire
  return wire ? { kind: wire.kind, hook: hookOf(wire) } : null
}

export const outcomeOf = ({ rejection, dropped }: Verdict): Exchange['outcome'] =>
  rejection ? 'refused' : dropped ? 'dropped' : 'answered'

/** Where the call ended; `null` for one that was answered. */
export const gateOf = ({ rejection, dropped, gates, passed }: Verdict): string | null =>
  rejection || dropped ? (gates[passed - 1]?.name ?? null) : null

export function summary({ id, call, verdict, took }: Entry): Exchange {
  const { rejection } = verdict
  return {
    id,
    time: formatTime(call.now),
    // What nobody knows by this name may be a secret in the wrong place.
    method: call.contract ? call.contract.name : scrubbedText(call, call.params.method),
    appKey: call.app ? call.app.app_key : scrubbedText(call, call.params.app_key),
    verb: call.verb,
    profile: call.profile.name,
    outcome: outcomeOf(verdict),
    gate: gateOf(verdict),
    code: rejection?.error.code ?? null,
    subCode: rejection?.error.sub_code ?? null,
    fault: faultOf(call),
    rules: rulesOf(call),
    requestId: call.requestId,
    took: Math.round(took * 100) / 100,
  }
}

/** A rule names texts of calls; one of them may be a secret. */
const rulesOf = (call: Entry['call']): readonly string[] =>
  call.fate
    ? (scrubbed(
        call.fate.rules.map(({ scenario, sentence }) => `${scenario}: ${sentence}`),
        secretsOf(call),
      ) as readonly string[])
    : []

/** Whether the sign itself was judged and refused, not by a rule or a forced error. */
export const isSignRefused = ({ gate, code }: Exchange) => gate === 'signature' && code === 25

export function explained(
  entry: Entry,
  diagnose: (call: Received) => SignatureDiagnosis,
): ExplainedExchange {
  const { call, verdict, status, body } = entry
  const isSecret = isSecretCall(call)
  const nearMisses = nearMissesOf(call)
  const shortly = summary(entry)
  const signature = isSignRefused(shortly) ? diagnose(call) : undefined
  const explanation = explanationOf(entry, nearMisses)
  const exchange: ExplainedExchange = {
    ...shortly,
    request: {
      path: call.path,
      contentType: call.contentType,
      params: maskedParams(call),
      files: Object.fromEntries(
        Object.entries(call.files ?? {}).map(([name, file]) => [name, uploaded(file)]),
      ),
    },
    response: { status, body: isSecret ? '***' : cut(body) },
    trail: verdict.gates.slice(0, verdict.passed).map((gate) => gate.name),
    explanation: signature ? withDiagnosis(explanation, signature) : explanation,
    ...(signature && { signature: cutDiagnosis(signature) }),
    nearMisses,
    notes: notesOf(call, nearMisses),
  }
  return scrubbed(exchange, secretsOf(call)) as ExplainedExchange
}

/** Shorter ones are left: they would be found in texts that have nothing to do with them. */
const shortestScrubbed = 8

/** Secrets of the call's world, whatever name they were sent under. */
function secretsOf({ world }: Entry['call']): string[] {
  const secrets = new Set<string | undefined>()
  for (const { app_secret } of world.apps().values()) secrets.add(app_secret)
  for (const { session, refresh_token } of world.sessions().values()) {
    secrets.add(session)
    secrets.add(refresh_token)
  }
  for (const code of world.codes().keys()) secrets.add(code)
  return [...secrets]
    .filter((secret) => secret !== undefined && secret.length >= shortestScrubbed)
    .sort((a, b) => (b?.length ?? 0) - (a?.length ?? 0)) as string[]
}

const scrubbedText = (call: Entry['call'], text: string | undefined) =>
  text === undefined ? null : (scrubbed(text, secretsOf(call)) as string)

/** A structure whose texts do not hold a secret any more; names are left as they are. */
function scrubbed(value: unknown, secrets: readonly string[]): unknown {
  if (typeof value === 'string') {
    let text = value
    for (const secret of secrets) if (text.includes(secret)) text = text.replaceAll(secret, '***')
    return text
  }
  if (Array.isArray(value)) return value.map((one) => scrubbed(one, secrets))
  if (typeof value !== 'object' || value === null) return value
  const copy: Record<string, unknown> = {}
  for (const [name, part] of Object.entries(value)) {
    Object.defineProperty(copy, scrubbed(name, secrets) as string, {
      value: scrubbed(part, secrets),
      enumerable: true,
    })
  }
  return copy
}

function nearMissesOf(call: Entry['call']): NearMiss[] {
  const name = call.params.method ?? ''
  const contract = call.contract ?? findMethod(name)
  const found: NearMiss[] = []
  const add = (of: NearMiss['of'], sent: string, known: Iterable<string>) => {
    const meant = nearest(sent, known)
    if (meant !== undefined) found.push({ of, sent, meant })
  }
  if (name !== '' && !contract) add('method', name, methodNames())
  const known = [...Object.keys(systemParameters), ...Object.keys(contract?.request.shape ?? {})]
  // What was sent under its right name cannot be what another name meant.
  const missing = known.filter((one) => !(one in call.params))
  for (const sent of Object.keys(call.params)) {
    if (!known.includes(sent)) add('parameter', sent, missing)
  }
  return found
}

// By its name: a call that was refused early has no contract yet.
export const isSecretCall = ({ contract, params }: Entry['call']) =>
  (contract ?? findMethod(params.method ?? ''))?.secret ?? false

function maskedParams(call: Entry['call']): Record<string, string> {
  const params: Record<string, string> = {}
  const isSecret = isSecretCall(call)
  for (const [name, value] of Object.entries(call.params)) {
    const hidden = isSecret && !isSystemParameter(name)
    // A plain assignment of `__proto__` would be lost.
    Object.defineProperty(params, name, {
      value: hidden ? '***' : mask(name, value),
      enumerable: true,
    })
  }
  return params
}

/** What the judges are given of a call: its parameters and what else names them, without a secret. */
export const withoutSecrets = <T>(call: Entry['call'], beside: T) =>
  scrubbed([maskedParams(call), beside], secretsOf(call)) as [Record<string, string>, T]

const uploaded = ({ fileName, contentType, bytes }: TopFile): UploadedFile => ({
  fileName,
  contentType,
  bytes: bytes.byteLength,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  md5: createHash('md5').update(bytes).digest('hex'),
})

const mask = (name: string, value: string) =>
  isSecretName(name) ? '***' : cut(maskedStructure(value))
const cut = (text: string) =>
  text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text

function explanationOf({ verdict, call }: Entry, nearMisses: readonly NearMiss[]): Explanation {
  const { rejection } = verdict
  const wire = call.fate?.wire
  const fault = wire && explainFault(wire)
  const onTheWire = {
    en: fault ? ` On the wire a scenario made the gateway ${fault.en}.` : '',
    zh: fault ? `传输故障（场景设定）：${fault.zh}。` : '',
  }
  if (verdict.dropped)
    return {
      en: `The call passed every gate and was not carried out.${onTheWire.en}`,
      zh: `调用通过所有检查但没有执行。${onTheWire.zh}`,
    }
  if (!rejection)
    return {
      en: `The call passed every gate and was answered.${onTheWire.en}`,
      zh: `调用通过所有检查并得到应答。${onTheWire.zh}`,
    }
  const { error, detail } = rejection
  const gate = gateOf(verdict)
  const what = `${error.code} ${error.msg}${error.sub_code ? ` (${error.sub_code})` : ''}`
  const method = nearMisses.find(({ of }) => of === 'method')
  const meant = {
    en: method ? ` You called ${method.sent}; did you mean ${method.meant}?` : '',
    zh: method ? `调用的是 ${method.sent}，是否应为 ${method.meant}？` : '',
  }
  return {
    en: `Refused at the gate "${gate}" with ${what}.${detail ? ` ${detail.en}` : ''}${meant.en}${onTheWire.en}`,
    zh: `在 "${gate}" 检查处被拒绝：${what}。${detail ? detail.zh : ''}${meant.zh}${onTheWire.zh}`,
  }
}

/** Adds the causes to an explanation, or the string to sign where none is known. */
function withDiagnosis(
  { en, zh }: Explanation,
  { verdict, causes, stringToSign }: SignatureDiagnosis,
): Explanation {
  if (verdict === 'correct') return { en, zh }
  if (verdict === 'explained') {
    return {
      en: `${en} The sign shows why: ${causes.map(({ title, detail }) => `${title.en}. ${detail.en}`).join(' ')}`,
      zh: `${zh}原因：${causes.map(({ title, detail }) => `${title.zh}。${detail.zh}`).join('')}`,
    }
  }
  const signed = stringToSign.length > 2000 ? `${stringToSign.slice(0, 2000)}…` : stringToSign
  return {
    en: `${en} No mistake that is known here gives this sign; compare what your client signs with ${signed}`,
    zh: `${zh}已知的错误都得不出这个签名；请把客户端的待签名串与此对照：${signed}`,
  }
}

function cutDiagnosis(diagnosis: SignatureDiagnosis): SignatureDiagnosis {
  const { stringToSign, theirString } = diagnosis
  return {
    ...diagnosis,
    stringToSign: cut(stringToSign),
    ...(theirString !== undefined && { theirString: cut(theirString) }),
  }
}

function notesOf(call: Entry['call'], nearMisses: readonly NearMiss[]): string[] {
  const notes = [...new Set(call.repeated)].map(
    (name) => `"${name}" came more than once; the first one counts`,
  )
  notes.push(...unusedBrackets(call))
  const oddity = signOddity(call)
  if (oddity !== undefined) notes.push(oddity)
  const meant = new Map(nearMisses.map((miss) => [miss.sent, miss.meant]))
  if (call.contract) {
    const business = Object.keys(call.params).filter((name) => !isSystemParameter(name))
    for (const name of unknownArguments(call.contract, business)) {
      const known = meant.get(name)
      notes.push(
        `"${name}" is no parameter of ${call.contract.name}; it was signed and otherwise ignored${known ? `. Did you mean "${known}"?` : ''}`,
      )
    }
    notes.push(...advisories(call.contract, call.params))
  }
  return notes
}
