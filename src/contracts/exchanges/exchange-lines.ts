import * as z from 'zod'
import { problemsOf } from '../problems.ts'

/** What stands in front of a recording. Every start of the recorder writes one. */
const recordingHeader = z.object({
  format: z.literal('localtop-recording'),
  version: z.literal(1),
  /** The gateway that answered. */
  to: z.string(),
  startedAt: z.string(),
})
export type RecordingHeader = z.output<typeof recordingHeader>

const texts = z.record(z.string(), z.string())

/** The parts of a contract that a call has used, by their places. */
const usage = z.strictObject({
  /** Parameters: `title`, `order.items[].sku_id`. */
  parameters: z.array(z.string()),
  /** Fields below the response root: `item.num_iid`, `items.item[].title`. */
  fields: z.array(z.string()),
  /** Parameters that the method does not have. */
  unknown: z.array(z.string()).optional(),
  /** The answer is not kept whole: what it carried is not known. */
  cut: z.literal(true).optional(),
})
export type Usage = z.output<typeof usage>

/** A call and its answer, as a recording, the journal, or the file of a run has it. */
const exchangeLine = z.object({
  id: z.string(),
  method: z.string().nullable(),
  /** The gate that refused it, where the gateway says so. */
  gate: z.string().nullish(),
  time: z.string().optional(),
  request: z
    .looseObject({ params: texts, files: z.record(z.string(), z.unknown()).optional() })
    .optional(),
  response: z.object({ status: z.number(), body: z.string() }).nullish(),
  /** Why there is no answer. */
  failure: z.string().optional(),
  /** What the recorder has masked: `request.nick`, `trade.receiver_mobile`. */
  masked: z.array(z.string()).optional(),
  /** In the file of a run, where most exchanges are kept without their bodies. */
  used: usage.optional(),
})
export type ExchangeLine = z.output<typeof exchangeLine>

/** A file of exchanges cannot be used. The message has no file name: whoever has read the file knows it. */
export class ExchangeFormatError extends Error {
  override readonly name = 'ExchangeFormatError'
}

export interface ExchangeLines {
  readonly headers: readonly RecordingHeader[]
  readonly exchanges: readonly ExchangeLine[]
  /** The number of the last line, where it is not whole: whoever wrote it was interrupted. */
  readonly cutLine: number | undefined
}

/**
 * Reads exchanges, one JSON object a line. A last line that is cut is left out.
 *
 * @throws ExchangeFormatError for any other line that is none, and for a recording of another version
 */
export function readExchangeLines(text: string): ExchangeLines {
  const headers: RecordingHeader[] = []
  const exchanges: ExchangeLine[] = []
  const lines = text.split('\n')
  for (const [at, line] of lines.entries()) {
    if (line.trim() === '') continue
    let value: unknown
    try {
      value = JSON.parse(line)
    } catch {
      // A whole line ends with a line break.
      if (at === lines.length - 1) return { headers, exchanges, cutLine: at + 1 }
      throw new ExchangeFormatError(`line ${at + 1} is no JSON: ${line.slice(0, 60)}`)
    }
    const isHeader = typeof value === 'object' && value !== null && 'format' in value
    const schema = isHeader ? recordingHeader : exchangeLine
    const { data, error } = schema.safeParse(value)
    if (error) throw new ExchangeFormatError(`line ${at + 1} ${whatIsWrong(value, error)}`)
    if (isHeader) headers.push(data as RecordingHeader)
    else exchanges.push(data as ExchangeLine)
  }
  return { headers, exchanges, cutLine: undefined }
}

function whatIsWrong(value: unknown, error: z.ZodError): string {
  const { format, version } = (value ?? {}) as { format?: unknown; version?: unknown }
  if (format === 'localtop-recording' && version !== 1) {
    return `is of a recording of version ${String(version)}, and this LocalTOP reads version 1`
  }
  const [problem] = problemsOf(error)
  return `is no exchange: ${problem?.path ? `${problem.path}: ` : ''}${problem?.message}`
}
