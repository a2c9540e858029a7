import {
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http'
import { request as httpsRequest } from 'node:https'

/** A request as it is sent on. */
export interface Forwarded {
  readonly verb: string
  /** With its query, as it came. */
  readonly target: string
  /** Names and values in turn, as they came. */
  readonly rawHeaders: readonly string[]
  readonly body: Buffer
}

/** How long another gateway may be silent, in milliseconds. */
const patience = 60_000

/** What belongs to one connection and not to the message. */
const ofConnection = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'expect',
])

/**
 * Sends a request on and answers with the beginning of the response. Path, query and body are those that
 * came, byte for byte, or the signature would no longer fit; the host is the other gateway's.
 *
 * @throws Error where it cannot be reached
 */
export function forward(
  to: URL,
  { verb, target, rawHeaders, body }: Forwarded,
): Promise<IncomingMessage> {
  const headers = messageHeaders(rawHeaders).filter(
    ([name]) => name.toLowerCase() !== 'host' && name.toLowerCase() !== 'content-length',
  )
  const options: RequestOptions = {
    method: verb,
    path: to.pathname.replace(/\/+$/, '') + target,
    host: to.hostname.replace(/^\[|\]$/g, ''),
    port: to.port || undefined,
    headers: [
      'host',
      to.host,
      ...headers.flat(),
      ...(body.length > 0 || verb === 'POST' ? ['content-length', String(body.length)] : []),
      'connection',
      'close',
    ] as unknown as IncomingHttpHeaders,
    agent: false,
    timeout: patience,
  }
  return new Promise((resolve, reject) => {
    const request = (to.protocol === 'https:' ? httpsRequest : httpRequest)(options, resolve)
    request.on('timeout', () =>
      request.destroy(new Error(`no word for ${patience / 1000} seconds`)),
    )
    request.on('error', reject)
    request.end(body)
  })
}

/** Headers of the message, in pairs, as they came. */
export function messageHeaders(raw: readonly string[]): [name: string, value: string][] {
  const pairs: [string, string][] = []
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = raw[at] as string
    if (!ofConnection.has(name.toLowerCase())) pairs.push([name, raw[at + 1] as string])
  }
  return pairs
}
