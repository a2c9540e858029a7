import { createHash } from 'node:crypto'
import { advisories, unknownArguments } from '../../contracts/arguments.ts'
import type { AnyContract } from '../../contracts/define-method.ts'
import type { Explanation, Rejection } from '../../contracts/protocol/errors.ts'
import { isSystemParameter } from '../../contracts/protocol/parameters.ts'
import type { TopFile } from '../../contracts/protocol/scalars.ts'
import { formatTime } from '../../contracts/protocol/timestamp.ts'
import { findMethod } from '../../contracts/registry.ts'
import type { Received } from '../call.ts'
import { unusedBrackets } from '../gates/request.ts'
import { signOddity } from '../gates/signature.ts'
import type { GateInfo, Verdict } from '../pipeline.ts'
import type { SignatureDiagnosis } from './diagnosis-mask.ts'

/** What the journal keeps of one call. Everything derived from it is worked out when somebody looks. */
interface Entry {
  readonly id: string
  readonly call: Received & { readonly contract?: AnyContract }
  readonly verdict: Verdict
  readonly status: number
  readonly body: string
  /** How long the gateway took, in milliseconds of real time. */
  readonly took: number
  readonly bytes: number
}

/** One exchange as the control API answers it: secrets masked, bodies cut at 64 KB. */
export interface Exchange {
  readonly id: string
  readonly time: string
  readonly method: string | null
  readonly appKey: string | null
  readonly verb: string
  readonly profile: string
  readonly outcome: 'answered' | 'refused'
  /** The gate that refused. */
  readonly gate: string | null
  readonly code: number | null
  readonly subCode: string | null
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
  /** Oddities that refused nothing. */
  readonly notes: readonly string[]
}

export interface Journal {
  add(entry: Omit<Entry, 'id' | 'bytes'>): void
  /** The id that the next exchange will get. */
  nextId(): string
  list(filter?: ExchangeFilter): Exchange[]
  find(id: string): ExplainedExchange | undefined
  clear(worldId?: string): void
  size(): number
}

export interface ExchangeFilter {
  readonly appKey?: string | undefined
  readonly method?: string | undefined
  /** The platform's code, whatever the profile; 0 for answers. */
  readonly code?: number | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
}

/** Parameters whose values are never shown. */
export const secretNames: ReadonlySet<string> = new Set([
  'sign',
  'session',
  'secret',
  'app_secret',
  'access_token',
  'refresh_token',
])
const longestText = 64 * 1024

/**
 * A journal that never grows beyond its bounds: the oldest exchange goes first.
 *
 * @param diagnose says why a sign is wrong; asked when somebody looks
 * @param maxCount exchanges kept
 * @param maxBytes characters of requests and answers kept, roughly
 */
export function createJournal(
  diagnose: (call: Received) => SignatureDiagnosis,
  maxCount = 1000,
  maxBytes = 32 * 1024 * 1024,
): Journal {
  let entries: (Entry | undefined)[] = []
  let first = 0
  let bytes = 0
  let number = 0

  function dropOldest() {
    bytes -= entries[first]?.bytes ?? 0
    entries[first++] = undefined
    // Shifting an array costs its length each time; this does it once in a while.
    if (first > maxCount) {
      entries = entries.slice(first)
      first = 0
    }
  }

  return {
    nextId: () => String(number + 1),
    add(entry) {
      const size = sizeOf(entry)
      entries.push({ ...entry, id: String(++number), bytes: size })
      bytes += size
      while (
        entries.length - first > maxCount ||
        (bytes > maxBytes && entries.length - first > 1)
      ) {
        dropOldest()
      }
    },
    list({ appKey, method, code, limit } = {}) {
      const found: Exchange[] = []
      for (let at = entries.length - 1; at >= first && found.length < (limit ?? maxCount); at--) {
        const exchange = summary(entries[at] as Entry)
        if (appKey !== undefined && exchange.appKey !== appKey) continue
        if (method !== undefined && exchange.method !== method) continue
        if (code !== undefined && (exchange.code ?? 0) !== code) continue
        found.push(exchange)
      }
      return found.reverse()
    },
    find(id) {
      const entry = entries.slice(first).find((one) => one?.id === id)
      return entry && explained(entry, diagnose)
    },
    clear(worldId) {
      const kept =
        worldId === undefined
          ? []
          : entries.slice(first).filter((entry) => entry && entry.call.world.id !== worldId)
      entries = kept
      first = 0
      bytes = kept.reduce((sum, entry) => sum + (entry?.bytes ?? 0), 0)
    },
    size: () => entries.length - first,
  }
}

function sizeOf({ call, body }: Omit<Entry, 'id' | 'bytes'>): number {
  let size = body.length + call.rawBody.length
  for (const name in call.params) size += name.length + (call.params[name] as string).length
  for (const file of Object.values(call.files ?? {})) size += file.bytes.byteLength
  return size
}

function summary({ id, call, verdict, took }: Entry): Exchange {
  const { rejection } = verdict
  return {
    id,
    time: formatTime(call.now),
    method: call.params.method ?? null,
    appKey: call.params.app_key ?? null,
    verb: call.verb,
    profile: call.profile.name,
    outcome: rejection ? 'refused' : 'answered',
    gate: rejection ? (verdict.gates[verdict.passed - 1]?.name ?? null) : null,
    code: rejection?.error.code ?? null,
    subCode: rejection?.error.sub_code ?? null,
    requestId: call.requestId,
    took: Math.round(took * 100) / 100,
  }
}

/** Whether the sign itself was judged and refused, not by a rule or a forced error. */
export const isSignRefused = ({ gate, code }: Exchange) => gate === 'signature' && code === 25

function explained(
  entry: Entry,
  diagnose: (call: Received) => SignatureDiagnosis,
): ExplainedExchange {
  const { call, verdict, status, body } = entry
  const params: Record<string, string> = {}
  // By its name: a call that was refused early has no contract yet.
  const isSecret = (call.contract ?? findMethod(call.params.method ?? ''))?.secret
  for (const [name, value] of Object.entries(call.params)) {
    const hidden = isSecret && !isSystemParameter(name)
    // A plain assignment of `__proto__` would be lost.
    Object.defineProperty(params, name, {
      value: hidden ? '***' : mask(name, value),
      enumerable: true,
    })
  }
  const exchange = summary(entry)
  const signature = isSignRefused(exchange) ? diagnose(call) : undefined
  const explanation = explanationOf(verdict.rejection, verdict.gates[verdict.passed - 1])
  return {
    ...exchange,
    request: {
      path: call.path,
      contentType: call.contentType,
      params,
      files: Object.fromEntries(
        Object.entries(call.files ?? {}).map(([name, file]) => [name, uploaded(file)]),
      ),
    },
    response: { status, body: isSecret ? '***' : cut(body) },
    trail: verdict.gates.slice(0, verdict.passed).map((gate) => gate.name),
    explanation: signature ? withDiagnosis(explanation, signature) : explanation,
    ...(signature && { signature: cutDiagnosis(signature) }),
    notes: notesOf(call),
  }
}

const uploaded = ({ fileName, contentType, bytes }: TopFile): UploadedFile => ({
  fileName,
  contentType,
  bytes: bytes.byteLength,
  sha256: createHash('sha256').update(bytes).digest('hex'),
  md5: createHash('md5').update(bytes).digest('hex'),
})

const mask = (name: string, value: string) => (secretNames.has(name) ? '***' : cut(value))
const cut = (text: string) =>
  text.length > longestText ? `${text.slice(0, longestText)}… (${text.length} characters)` : text

function explanationOf(rejection: Rejection | undefined, gate: GateInfo | undefined): Explanation {
  if (!rejection)
    return {
      en: 'The call passed every gate and was answered.',
      zh: '调用通过所有检查并得到应答。',
    }
  const { error, detail } = rejection
  const what = `${error.code} ${error.msg}${error.sub_code ? ` (${error.sub_code})` : ''}`
  return {
    en: `Refused at the gate "${gate?.name}" with ${what}.${detail ? ` ${detail.en}` : ''}`,
    zh: `在 "${gate?.name}" 检查处被拒绝：${what}。${detail ? detail.zh : ''}`,
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

function notesOf(call: Entry['call']): string[] {
  const notes = [...new Set(call.repeated)].map(
    (name) => `"${name}" came more than once; the first one counts`,
  )
  notes.push(...unusedBrackets(call))
  const oddity = signOddity(call)
  if (oddity !== undefined) notes.push(oddity)
  if (call.contract) {
    const business = Object.keys(call.params).filter((name) => !isSystemParameter(name))
    for (const name of unknownArguments(call.contract, business)) {
      notes.push(
        `"${name}" is no parameter of ${call.contract.name}; it was signed and otherwise ignored`,
      )
    }
    notes.push(...advisories(call.contract, call.params))
  }
  return notes
}
