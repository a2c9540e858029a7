import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib'
import {
  contentTypes,
  type ErrorResponse,
  formatTime,
  hostName,
  isReading,
  OptionError,
  type PassedExchange,
  type RecordedLine,
  recordedLines,
  type SentRequest,
  sentCalls,
  separatorHeader,
  writeError,
} from '../../contracts/index.ts'
import { PortInUseError } from '../../server/index.ts'
import { forward, messageHeaders } from './forward.ts'
import { openRecording, type RecordingFile } from './recording-file.ts'

export interface RecorderOptions {
  /** The gateway that the calls go to: its origin, with `/router/rest` or without. */
  readonly to: string
  /** Where the exchanges are kept. */
  readonly file: string
  /** 0 is any free port. @default 0 */
  readonly port?: number | undefined
  /** Refuses methods that write. @default only for the platform itself */
  readonly readOnly?: boolean | undefined
  /** Told of each request when its answer is out. */
  readonly onExchange?: ((exchange: RecorderEvent) => void) | undefined
  /** The real time in milliseconds. */
  readonly now: () => number
}

/** What became of a request. */
export interface RecorderEvent {
  readonly outcome: 'recorded' | 'refused' | 'failed'
  /** Methods and outcomes of the lines that were kept. */
  readonly lines: readonly RecordedLine[]
  /** Why it was refused, or has no answer. */
  readonly why?: string
}

export interface Recorder extends AsyncDisposable {
  readonly url: string
  readonly port: number
  readonly readOnly: boolean
  readonly to: string
  /** Exchanges in the file, those from before included. */
  readonly count: () => number
  /** A line that a recorder before has not finished was taken away. */
  readonly repaired: boolean
  close(): Promise<void>
}

/** The longest body that is passed, and the longest answer that is kept, in bytes. */
const maxBytes = 64 * 1024 * 1024

/** Whether a host is the platform itself, where a call has real consequences. The sandbox is not. */
const isRealPlatform = (host: string): boolean => /(^|\.)(taobao|tmall)\.com$/.test(hostName(host))

/**
 * Opens a port on this machine that passes calls to another gateway and keeps them, masked.
 *
 * @throws OptionError, ExchangeSourceError, PortInUseError
 */
export async function openRecorder(options: RecorderOptions): Promise<Recorder> {
  const to = upstreamOf(options.to)
  const readOnly = options.readOnly ?? isRealPlatform(to.host)
  const startedAt = formatTime(options.now())
  const file = openRecording(options.file, { to: to.href.replace(/\/$/, ''), startedAt })
  // Not kept: from the recording alone nobody finds a value by trying.
  const key = randomBytes(32).toString('hex')
  const server = createServer({ maxHeaderSize: 256 * 1024 }, (incoming, outgoing) => {
    pass(incoming, outgoing, { ...options, to, readOnly, file, key }).catch(() =>
      outgoing.destroy(),
    )
  })
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) =>
        reject(
          error.code === 'EADDRINUSE' ? new PortInUseError('127.0.0.1', options.port ?? 0) : error,
        ),
      )
      server.listen(options.port ?? 0, '127.0.0.1', () => resolve())
    })
  } catch (error) {
    file.close()
    throw error
  }
  const { port } = server.address() as AddressInfo
  const close = async () => {
    await new Promise<void>((resolve) => {
      server.close(() => resolve())
      server.closeIdleConnections()
      setTimeout(() => server.closeAllConnections(), 2000).unref()
    })
    file.close()
  }
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    readOnly,
    to: to.origin,
    count: file.count,
    repaired: file.repaired,
    close,
    [Symbol.asyncDispose]: close,
  }
}

function upstreamOf(text: string): URL {
  const expected = 'expected a gateway such as https://gateway.example'
  if (!URL.canParse(text)) throw new OptionError(`--to: "${text}" is no URL; ${expected}`)
  const url = new URL(text)
  if (!/^https?:$/.test(url.protocol)) {
    throw new OptionError(`--to: "${text}" is neither http nor https; ${expected}`)
  }
  if (url.username !== '' || url.search !== '') {
    throw new OptionError(`--to: only a host and a path are taken; ${expected}`)
  }
  url.pathname = url.pathname.replace(/\/router\/(rest|batch)\/?$/, '/')
  return url
}

interface Passing extends Omit<RecorderOptions, 'to' | 'file' | 'readOnly'> {
  readonly to: URL
  readonly readOnly: boolean
  readonly file: RecordingFile
  readonly key: string
}

async function pass(incoming: IncomingMessage, outgoing: ServerResponse, passing: Passing) {
  const { to, readOnly, file, key, now, onExchange } = passing
  const target = incoming.url ?? '/'
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  if (!/^\/+router\/(rest|batch)$/.test(path)) {
    incoming.resume()
    const text = `localtop record passes /router/rest and /router/batch only, not ${path}\n`
    outgoing.writeHead(404, { 'content-type': 'text/plain; charset=utf-8' }).end(text)
    onExchange?.({ outcome: 'refused', lines: [], why: text.trim() })
    return
  }
  const body = await bodyOf(incoming)
  const sent: SentRequest = {
    path: path.replace(/^\/+/, '/'),
    query: mark < 0 ? '' : target.slice(mark + 1),
    verb: incoming.method ?? 'GET',
    contentType: incoming.headers['content-type'] ?? '',
    body: body ?? Buffer.alloc(0),
    separator: incoming.headers[separatorHeader] as string | undefined,
  }
  const why = body ? whyNotPassed(sent, readOnly, to) : `a body of more than ${maxBytes} bytes`
  if (why !== undefined) {
    const error = { sub_code: 'isv.localtop-record-refused', sub_msg: `localtop record: ${why}` }
    answerError(outgoing, sent, error)
    onExchange?.({ outcome: 'refused', lines: [], why })
    return
  }
  const began = performance.now()
  const keep = (rest: Pick<PassedExchange, 'answer' | 'failure'>) => {
    const took = Math.round((performance.now() - began) * 100) / 100
    const passed = { request: sent, time: formatTime(now()), took, ...rest }
    const lines = recordedLines(passed, key, file.nextId)
    file.add(lines)
    const { failure } = rest
    onExchange?.({
      outcome: failure === undefined ? 'recorded' : 'failed',
      lines,
      ...(failure !== undefined && { why: failure }),
    })
  }
  let response: IncomingMessage
  try {
    const { rawHeaders } = incoming
    response = await forward(to, { verb: sent.verb, target, rawHeaders, body: sent.body as Buffer })
  } catch (error) {
    const { message, code } = error as NodeJS.ErrnoException
    const failure = `${to.origin} cannot be reached: ${message || code}`
    keep({ failure })
    answerError(outgoing, sent, {
      sub_code: 'isp.localtop-record-unreachable',
      sub_msg: `localtop record: ${failure}`,
    })
    return
  }
  const headers = messageHeaders(response.rawHeaders)
  outgoing.writeHead(response.statusCode ?? 502, headers.flat())
  const chunks: Buffer[] = []
  let size = 0
  // One is held back: a receiver that has them all must find the exchange in the file.
  let held: Buffer | undefined
  try {
    for await (const chunk of response as AsyncIterable<Buffer>) {
      if (held && !outgoing.write(held) && !outgoing.destroyed) await drained(outgoing)
      held = chunk
      size += chunk.length
      if (size <= maxBytes) chunks.push(chunk)
    }
  } catch (error) {
    keep({ failure: `the answer broke off after ${size} bytes: ${(error as Error).message}` })
    outgoing.write(held ?? '', () => outgoing.destroy())
    return
  }
  keep({
    answer: {
      status: response.statusCode ?? 0,
      contentType: response.headers['content-type'] ?? '',
      text: size <= maxBytes ? textOf(Buffer.concat(chunks), response) : undefined,
      bytes: size,
    },
  })
  outgoing.end(held)
}

const drained = (outgoing: ServerResponse) =>
  new Promise<void>((resolve) => {
    outgoing.once('drain', resolve)
    outgoing.once('close', resolve)
  })

/** `undefined` for a body that is too long. */
async function bodyOf(incoming: IncomingMessage): Promise<Buffer | undefined> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of incoming as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxBytes) chunks.push(chunk)
  }
  return size <= maxBytes ? Buffer.concat(chunks) : undefined
}

/** What a read-only recorder does not pass: methods that write, and calls of which nobody can see the method. */
function whyNotPassed(sent: SentRequest, readOnly: boolean, to: URL): string | undefined {
  if (!readOnly) return undefined
  for (const { params, repeated } of sentCalls(sent).calls) {
    const { method } = params
    if (method === undefined) return `--read-only, and no method can be seen in the call`
    if (repeated?.includes('method')) return '--read-only, and the call names two methods'
    if (!isReading(method)) {
      return `${method} may change something and was not sent to ${to.host} (--read-only); --allow-writes passes it`
    }
  }
  return undefined
}

/** An answer of this recorder, in the form that was asked for. */
function answerError(
  outgoing: ServerResponse,
  sent: SentRequest,
  texts: Required<Pick<ErrorResponse, 'sub_code' | 'sub_msg'>>,
): void {
  const [call] = sentCalls(sent).calls
  const format = call?.params.format === 'json' ? 'json' : 'xml'
  const error = { code: 15, msg: 'Remote service error', ...texts }
  const style = { format, simplify: false, requestId: 'localtop-record', code: 15 } as const
  outgoing.writeHead(200, { 'content-type': contentTypes[format] })
  outgoing.end(writeError(error, style))
}

/** An answer without its compression; `undefined` where it cannot be read. */
function textOf(bytes: Buffer, { headers }: IncomingMessage): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(
      unpacked(bytes, headers['content-encoding'] ?? 'identity'),
    )
  } catch {
    return undefined
  }
}

function unpacked(bytes: Buffer, encoding: string): Buffer {
  switch (encoding.trim().toLowerCase()) {
    case 'gzip':
    case 'x-gzip':
      return gunzipSync(bytes)
    case 'deflate':
      return inflateSync(bytes)
    case 'br':
      return brotliDecompressSync(bytes)
    default:
      return bytes
  }
}
