import * as z from 'zod'
import type { Explanation } from './protocol/errors.ts'
import { writtenSpan } from './written-values.ts'

/**
 * Whether a fault comes before the call is carried out (nothing is written) or after (the store has
 * what the call wrote, and its caller may not know).
 */
export type FaultHook = 'before' | 'after'

const at = z.enum(['before', 'after']).default('before')

/**
 * Faults of the connection, not of the platform: what the caller's HTTP client meets. Those that come
 * before the call take the place of an answer; those after it spoil the answer on its way.
 */
const withOptions = z.discriminatedUnion('kind', [
  /** The connection is reset and the call was not carried out. */
  z.strictObject({ kind: z.literal('reset-before') }),
  /** The call was carried out and kept; then the connection is reset instead of an answer. */
  z.strictObject({ kind: z.literal('reset-after') }),
  /** No answer, until the caller leaves, or `for` has passed on the clock: then the connection is closed. */
  z.strictObject({ kind: z.literal('hang'), at, for: writtenSpan.optional() }),
  /** An answer without a body. */
  z.strictObject({ kind: z.literal('empty-body') }),
  /** The first part of the body only, in a response that is otherwise whole. */
  z.strictObject({
    kind: z.literal('truncated'),
    /** The share of the bytes that goes out. */
    keep: z
      .number()
      .gt(0, 'expected a share above 0')
      .lt(1, 'expected a share below 1')
      .default(0.5),
  }),
  /** Chunked, with one cut inside a character of several bytes; then the rest, or the end. */
  z.strictObject({
    kind: z.literal('split-character'),
    rest: z.enum(['sent', 'lost']).default('sent'),
  }),
  /** A few bytes at a time, with pauses on the gateway's clock. */
  z.strictObject({
    kind: z.literal('drip'),
    bytes: z.int().positive().default(16),
    every: writtenSpan.default('100ms'),
  }),
  /** A Content-Length that is wrong by so many bytes; the connection is closed after the body. */
  z.strictObject({
    kind: z.literal('content-length'),
    off: z
      .int()
      .refine((off) => off !== 0, { error: 'expected a number other than 0' })
      .default(16),
  }),
  /** The HTML page of a proxy in between. */
  z.strictObject({
    kind: z.literal('bad-gateway'),
    at,
    status: z.union([z.literal(502), z.literal(503), z.literal(504)]).default(502),
  }),
  /** `Content-Encoding: gzip` over bytes that are none (`plain`), or that end half-way (`cut`). */
  z.strictObject({
    kind: z.literal('broken-gzip'),
    how: z.enum(['plain', 'cut']).default('plain'),
  }),
  /** The answer in XML although JSON was asked for, or the other way round. */
  z.strictObject({ kind: z.literal('xml') }),
  /** The body twice in one answer. */
  z.strictObject({ kind: z.literal('twice') }),
])

/** A fault with its options filled in. */
export type WireFault = z.output<typeof withOptions>
export type WireFaultKind = WireFault['kind']

/** The names of the faults. */
export const wireFaultKinds = withOptions.options.map(
  ({ shape }) => [...shape.kind.values][0] as WireFaultKind,
)

/** A fault as people write it: its name alone, or `{ kind: drip, bytes: 4, every: 50ms }`. */
export const wireFault = z.union([
  z
    .enum(wireFaultKinds, {
      error: (issue) =>
        `"${issue.input}" is no fault; expected one of ${wireFaultKinds.join(', ')}`,
    })
    .transform((kind) => withOptions.parse({ kind })),
  withOptions,
])

/** When a fault comes. */
export function hookOf(fault: WireFault): FaultHook {
  if ('at' in fault) return fault.at
  return fault.kind === 'reset-before' ? 'before' : 'after'
}

/** What a fault does, in a few words: `drop the answer by …`. */
export function explainFault(fault: WireFault): Explanation {
  const written = hookOf(fault) === 'after'
  const when = written
    ? { en: 'after carrying it out', zh: '执行之后' }
    : { en: 'without carrying it out', zh: '不执行' }
  switch (fault.kind) {
    case 'reset-before':
    case 'reset-after':
      return { en: `reset the connection ${when.en}`, zh: `${when.zh}重置连接` }
    case 'hang': {
      const until = fault.for
        ? { en: `close the connection after ${fault.for}`, zh: `${fault.for} 后关闭连接` }
        : { en: 'wait until the caller leaves', zh: '一直等到调用方离开' }
      return {
        en: `answer nothing, ${when.en}, and ${until.en}`,
        zh: `${when.zh}，不应答，${until.zh}`,
      }
    }
    case 'empty-body':
      return { en: 'answer an empty body', zh: '应答空内容' }
    case 'truncated':
      return {
        en: `answer only the first ${percent(fault.keep)} of the body`,
        zh: `只应答内容的前 ${percent(fault.keep)}`,
      }
    case 'split-character':
      return fault.rest === 'sent'
        ? { en: 'cut the answer into chunks inside a character', zh: '在一个字符中间分块发送应答' }
        : { en: 'break the answer off inside a character', zh: '在一个字符中间中断应答' }
    case 'drip':
      return {
        en: `send the answer ${fault.bytes} bytes every ${fault.every}`,
        zh: `每 ${fault.every} 只发送应答的 ${fault.bytes} 个字节`,
      }
    case 'content-length': {
      const by = Math.abs(fault.off)
      return fault.off > 0
        ? { en: `announce ${by} bytes more than come`, zh: `声明的长度比实际多 ${by} 字节` }
        : { en: `announce ${by} bytes fewer than come`, zh: `声明的长度比实际少 ${by} 字节` }
    }
    case 'bad-gateway':
      return {
        en: `answer a proxy's HTML page with HTTP ${fault.status} ${when.en}`,
        zh: `${when.zh}，应答代理服务器的 HTTP ${fault.status} 页面`,
      }
    case 'broken-gzip':
      return fault.how === 'plain'
        ? { en: 'call the answer gzip although it is not', zh: '声明 gzip 但内容未压缩' }
        : { en: 'break off the gzip of the answer', zh: '应答的 gzip 数据不完整' }
    case 'xml':
      return { en: 'answer in XML what was asked for in JSON', zh: '以 XML 应答 JSON 请求' }
    case 'twice':
      return { en: 'send the body twice', zh: '把内容发送两遍' }
  }
}

const percent = (share: number) => `${Math.round(share * 1000) / 10} %`
