import { createHash } from 'node:crypto'
import { createMask, type Mask, type MaskOptions } from '../masking/mask.ts'
import { isSystemParameter, type Parameters } from '../protocol/parameters.ts'
import { findMethod } from '../registry.ts'
import type { ExchangeLine } from './exchange-lines.ts'
import { type SentRequest, sentCalls } from './sent-calls.ts'

/** A request that went to another gateway, and what came back. */
export interface PassedExchange {
  readonly request: SentRequest
  readonly answer?: {
    readonly status: number
    readonly contentType: string
    /** Without compression; `undefined` where it is no text, or was too long to be kept. */
    readonly text: string | undefined
    readonly bytes: number
  }
  /** Why there is no answer. */
  readonly failure?: string
  /** As the platform writes times. */
  readonly time: string
  /** How long it took, in milliseconds. */
  readonly took: number
}

/** A line of a recording; everything secret or personal is masked. */
export interface RecordedLine extends ExchangeLine {
  readonly verb: string
  readonly took: number
}

/** The lines for one request: one for each call of a batch. */
export function recordedLines(
  passed: PassedExchange,
  key: string,
  nextId: () => string,
): RecordedLine[] {
  const { calls, separator } = sentCalls(passed.request)
  const text = passed.answer?.text
  const parts = separator === undefined || text === undefined ? [text] : text.split(separator)
  // A refused batch has one answer.
  const isWhole = parts.length === calls.length
  return calls.map((call, at) => lineOf(call, isWhole ? parts[at] : text, passed, key, nextId()))
}

function lineOf(
  call: Parameters,
  text: string | undefined,
  { request, answer, failure, time, took }: PassedExchange,
  key: string,
  id: string,
): RecordedLine {
  const method = call.params.method ?? null
  const isSecret = method !== null && (findMethod(method)?.secret ?? false)
  const known = new Map<string, string>()
  const write = () => masked(call, text, { key, known }, isSecret)
  // Once to learn what is to be hidden, once to hide it wherever else it stands.
  write()
  const { params, body, places } = write()
  return {
    id,
    time,
    method,
    verb: request.verb,
    took,
    request: {
      path: request.path,
      contentType: request.contentType.replace(/;.*$/s, ''),
      params,
      ...(call.files && { files: filesOf(call.files) }),
    },
    response: answer
      ? {
          status: answer.status,
          contentType: answer.contentType,
          body: body ?? '',
          ...(body === undefined && {
            notKept: `${answer.bytes} bytes that are no answer, or too many`,
          }),
        }
      : null,
    ...(failure !== undefined && { failure }),
    ...(places.length > 0 && { masked: places }),
  } as RecordedLine
}

function masked(
  { params }: Parameters,
  text: string | undefined,
  options: MaskOptions,
  isSecret: boolean,
) {
  const sent = createMask(options)
  const secretly = createMask({ ...options, everything: true })
  const kept: Record<string, string> = {}
  for (const name in params) {
    const mask = isSecret && !isSystemParameter(name) ? secretly : sent
    const value = params[name] as string
    Object.defineProperty(kept, name, {
      value: isPlain(name) ? value : mask.parameter(name, value),
      enumerable: true,
    })
  }
  // A refusal holds nothing that was asked for.
  const isRefusal = /^[^a-z]*(<\?xml[^>]*>\s*<)?error_response/.test(text ?? '')
  const answered = createMask({ ...options, everything: isSecret && !isRefusal })
  const body = text === undefined ? undefined : documentOrNothing(answered, text)
  const places = [
    ...[...sent.places, ...secretly.places].map((place) => `request.${place}`),
    ...[...answered.places].map((place) => `response.${place}`),
  ].sort()
  return { params: kept, body, places }
}

/** System parameters that say how a call is made, and hold nothing of anybody's. */
const isPlain = (name: string) =>
  isSystemParameter(name) && name !== 'session' && name !== 'sign' && name !== 'partner_id'

function documentOrNothing(mask: Mask, text: string): string | undefined {
  try {
    return mask.document(text)
  } catch {
    // What cannot be read cannot be masked.
    return undefined
  }
}

const filesOf = (files: NonNullable<Parameters['files']>) =>
  Object.fromEntries(
    Object.entries(files).map(([name, { fileName, contentType, bytes }]) => [
      name,
      {
        // Of the name, which may be anybody's, the ending.
        fileName: `file${/\.\w{1,5}$/.exec(fileName)?.[0] ?? ''}`,
        contentType,
        bytes: bytes.byteLength,
        sha256: createHash('sha256').update(bytes).digest('hex'),
      },
    ]),
  )
