import type { Context } from 'hono'
import { assumed, type Behaviour, observed } from '../../contracts/fidelity.ts'
import type { Format } from '../../contracts/protocol/envelope.ts'
import type { Explanation } from '../../contracts/protocol/errors.ts'
import { addMultipart, boundaryOf } from '../../contracts/protocol/multipart.ts'
import {
  addUrlencoded,
  noParameters,
  type Parameters,
} from '../../contracts/protocol/parameters.ts'
import { noFacts, type Received } from '../call.ts'
import type { GatewayCore } from '../core.ts'
import { tooLarge } from '../gates/request.ts'
import type { Limits } from '../limits.ts'
import type { Env } from './env.ts'
import { isGone } from './respond.ts'

/** What a body turned out to be. */
interface Body {
  readonly rawBody: string
  /** An urlencoded one; `undefined` for one of many parts. */
  readonly form: string | undefined
  readonly tooLarge: Explanation | undefined
}

/** What a platform endpoint reads a request into. */
interface Reading {
  readonly call: Received
  /** Reading failed by a mistake of ours. */
  readonly problem: Error | undefined
}

const noBody: Body = { rawBody: '', form: '', tooLarge: undefined }

export type HeaderReader = (name: string) => string | undefined

/**
 * Reads headers where Node has them parsed already; building a `Headers` object of them costs more
 * than most gates. A call in this process has no socket and no such headers.
 */
export function headersOf(c: Context<Env>): HeaderReader {
  const incoming = c.env.incoming?.headers
  return incoming
    ? (name) => incoming[name] as string | undefined
    : (name) => c.req.raw.headers.get(name) ?? undefined
}

/**
 * Reads a request leniently: parameters of query and body together, whatever is wrong with them.
 *
 * @param bodyIs `parameters` reads a form as parameters; `raw` leaves every body as it is
 * @returns `undefined` when the caller hung up half-way and nobody is there to hear an answer
 */
export async function receive(
  core: GatewayCore,
  c: Context<Env>,
  header: HeaderReader,
  bodyIs: 'parameters' | 'raw',
): Promise<Reading | undefined> {
  const verb = c.req.method
  const { limits } = core
  const parameters = noParameters(limits.parameters)
  const { url } = c.req
  const mark = url.indexOf('?')
  const query = mark < 0 ? '' : url.slice(mark + 1)
  addUrlencoded(parameters, query)
  let body = noBody
  let problem: Error | undefined
  try {
    // A GET's body, which some clients send, means nothing.
    if (verb !== 'GET' && verb !== 'HEAD')
      body = await readBody(c, header, parameters, bodyIs, limits)
  } catch (error) {
    if (isGone(c)) return undefined
    problem = error instanceof Error ? error : new Error(String(error))
  }
  const { params } = parameters
  const appKey = params.app_key
  const world = core.worldOf(appKey)
  const app = appKey === undefined ? undefined : world.app(appKey)
  const profile = core.profileOf(world, app)
  const format: Format =
    params.format === 'json' || params.format === 'xml' ? params.format : profile.defaultFormat
  const { form } = body
  const call: Received = {
    source: form === undefined || problem ? undefined : { query, form, room: limits.parameters },
    params,
    files: parameters.files,
    repeated: parameters.repeated,
    badEncoding: parameters.badEncoding,
    room: parameters.room,
    verb,
    path: c.req.path,
    // Up to the first slash behind `http://`.
    origin: url.slice(0, url.indexOf('/', 8)),
    rawBody: body.rawBody,
    contentType: header('content-type') ?? '',
    tooLarge:
      body.tooLarge ?? (parameters.room < 0 ? tooLarge.parameters(limits.parameters) : undefined),
    forcedError: header('x-localtop-error'),
    world,
    app,
    profile,
    format,
    simplify: format === 'json' && params.simplify === 'true',
    requestId: world.ids.requestId(),
    now: world.clock.now(),
    wall: world.clock.wall(),
    ...noFacts,
  }
  return { call, problem }
}

/** Reads a body once: as text where it is text, as bytes only for multipart. */
async function readBody(
  c: Context<Env>,
  header: HeaderReader,
  into: Parameters,
  bodyIs: 'parameters' | 'raw',
  { bodyBytes, textBytes }: Limits,
): Promise<Body> {
  const contentType = bodyIs === 'raw' ? 'text/plain' : (header('content-type') ?? '')
  const isMultipart = /^multipart\//i.test(contentType)
  const mostBytes = isMultipart ? bodyBytes : Math.min(bodyBytes, textBytes)
  const length = Number(header('content-length') ?? Number.NaN)
  if (!(length <= mostBytes)) {
    // Longer than allowed, or chunked and of a length that nobody knows yet.
    if (c.req.raw.body === null) return noBody
    const bytes = await readLimited(c.req.raw.body, mostBytes)
    if (!bytes) {
      const what = mostBytes === bodyBytes ? tooLarge.body(bodyBytes) : tooLarge.text(textBytes)
      return { ...noBody, tooLarge: what }
    }
    return isMultipart
      ? fromMultipart(bytes, contentType, into, textBytes)
      : fromText(utf8.decode(bytes), contentType, into)
  }
  if (length === 0) return noBody
  return isMultipart
    ? fromMultipart(new Uint8Array(await c.req.arrayBuffer()), contentType, into, textBytes)
    : fromText(await c.req.text(), contentType, into)
}

const utf8 = new TextDecoder()

function fromMultipart(
  bytes: Uint8Array,
  contentType: string,
  into: Parameters,
  textBytes: number,
): Body {
  const boundary = boundaryOf(contentType)
  if (boundary === undefined) return noBody
  addMultipart(into, bytes, boundary)
  let length = 0
  for (const name in into.params) length += name.length + (into.params[name]?.length ?? 0)
  const isTooLarge = length > textBytes
  return { ...noBody, form: undefined, tooLarge: isTooLarge ? tooLarge.text(textBytes) : undefined }
}

function fromText(text: string, contentType: string, into: Parameters): Body {
  // Clients that send a body without a type mean a form.
  if (contentType === '' || /^application\/x-www-form-urlencoded/i.test(contentType)) {
    addUrlencoded(into, text)
    return { ...noBody, form: text }
  }
  return { ...noBody, rawBody: text }
}

/** How much of a body that is too large is still read, so that its sender gets to hear the answer. */
const drained = 16

async function readLimited(
  stream: ReadableStream<Uint8Array>,
  mostBytes: number,
): Promise<Uint8Array | undefined> {
  const chunks: Uint8Array[] = []
  let size = 0
  // Not `for await`, which waits several times for each chunk.
  const reader = stream.getReader()
  while (size <= drained * mostBytes) {
    const { done, value } = await reader.read()
    if (done) break
    size += value.byteLength
    if (size <= mostBytes) chunks.push(value)
    else chunks.length = 0
  }
  if (size > drained * mostBytes) await reader.cancel()
  if (size > mostBytes) return undefined
  const [only] = chunks
  return only && chunks.length === 1 ? only : Buffer.concat(chunks)
}

/** What the gateway assumes of HTTP requests. */
export const routeBehaviours: readonly Behaviour[] = [
  {
    name: 'the body of a GET is ignored',
    ...assumed('a client sends one; the parameters of a GET are in its query'),
  },
  {
    name: 'simplify counts only when it is "true", and only with JSON',
    ...observed('an official SDK sends 1 and reads the full form'),
  },
  {
    name: 'a body of any type but urlencoded and multipart is signed whole and not read as parameters',
    ...observed('official SDKs send JSON and XML bodies so'),
  },
  {
    name: 'a body without a content type is read as a form',
    ...observed('clients send such'),
  },
]
