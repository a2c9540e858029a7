import { gzipSync } from 'node:zlib'
import type { Context } from 'hono'
import { assumed, type Behaviour } from '../../contracts/fidelity.ts'
import type { Answered } from '../core.ts'
import { deliveryOf } from '../traffic/faults.ts'
import type { Env } from './env.ts'
import type { HeaderReader } from './receive.ts'
import { deliver, deliverHere } from './wire.ts'

/** The caller hung up, or was cut because it was too slow; what reading its request throws is no mistake of ours. */
export function isGone(c: Context<Env>): boolean {
  const { incoming } = c.env
  return (incoming?.destroyed && !incoming.complete) || c.req.raw.signal.aborted
}

/** What a caller that hung up gets: nothing. */
export const nobodyThere = (): Response => new Response(null, { status: 400 })

/**
 * Sends an answer: compressed where the caller asks for gzip, and only there, because many clients
 * cannot read it. A fault of a scenario sends it otherwise, or not at all.
 */
export function respond(
  answer: Answered,
  header: HeaderReader,
  c: Context<Env>,
): Response | Promise<Response> {
  const headers: Record<string, string> = {
    'content-type': answer.contentType,
    date: httpDate(answer.now),
    'x-localtop-exchange': answer.exchange,
    'x-localtop-gate': answer.gate,
  }
  if (answer.tier) headers['x-localtop-tier'] = answer.tier
  if (answer.retryAfter !== undefined) headers['retry-after'] = String(answer.retryAfter)
  if (answer.fault) {
    const delivery = deliveryOf(answer.fault, { ...answer, headers })
    const { outgoing } = c.env
    return outgoing
      ? deliver(delivery, outgoing, answer.clock)
      : deliverHere(delivery, c.req.raw, answer.clock)
  }
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

let lastSecond = Number.NaN
let lastDate = ''

/** The header `date` by the gateway's clock, so that two runs on a frozen clock give the same bytes. */
function httpDate(now: number): string {
  const second = Math.floor(now / 1000)
  if (second !== lastSecond) {
    lastDate = new Date(second * 1000).toUTCString()
    lastSecond = second
  }
  return lastDate
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
