import { gzipSync } from 'node:zlib'
import { assumed, type Behaviour } from '../../contracts/fidelity.ts'
import type { Answered } from '../core.ts'
import type { HeaderReader } from './receive.ts'

/** What a caller that hung up gets: nothing. */
export const nobodyThere = (): Response => new Response(null, { status: 400 })

/** Sends an answer: compressed where the caller asks for gzip, and only there, because many clients cannot read it. */
export function respond(answer: Answered, header: HeaderReader): Response {
  const headers: Record<string, string> = {
    'content-type': answer.contentType,
    'x-localtop-exchange': answer.exchange,
    'x-localtop-gate': answer.gate,
  }
  if (answer.tier) headers['x-localtop-tier'] = answer.tier
  if (answer.retryAfter !== undefined) headers['retry-after'] = String(answer.retryAfter)
  const accepted = header('accept-encoding')
  if (accepted === undefined || !acceptsGzip(accepted)) {
    return new Response(answer.body, { status: answer.status, headers })
  }
  const body = gzipSync(answer.body)
  headers['content-encoding'] = 'gzip'
  headers['content-length'] = String(body.byteLength)
  headers.vary = 'accept-encoding'
  return new Response(body as Uint8Array<ArrayBuffer>, { status: answer.status, headers })
}

/** `gzip` and `x-gzip`, unless their weight is 0. */
const acceptsGzip = (accepted: string) =>
  accepted
    .split(',')
    .some((one) => /^\s*(x-)?gzip\s*(;|$)/i.test(one) && !/;\s*q=0(\.0*)?\s*$/i.test(one))

/** What the gateway assumes of compression. */
export const respondBehaviours: readonly Behaviour[] = [
  {
    name: 'every answer is sent as gzip where the caller asks for it, and only there',
    ...assumed(
      'official clients ask and can read it; whether small answers are compressed is not known',
    ),
  },
]
