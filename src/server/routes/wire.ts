import type { ServerResponse } from 'node:http'
import type { Clock } from '../state/clock.ts'
import type { Delivery } from '../traffic/faults.ts'

/** What the port is told when the answer has gone out (or will not) by another way. */
function alreadySent(): Response {
  const response = new Response(null, { headers: { 'x-hono-already-sent': 'true' } })
  // The port writes its own light Response without a look at these headers; once read it is a real one.
  void response.body
  return response
}

/**
 * A connection that ended without an answer, for a call in this process: the gateway's `fetch` fails
 * with it as a real `fetch` does.
 */
export class ConnectionLost extends TypeError {
  constructor(message: string, code: string, reason: string) {
    super(message, { cause: Object.assign(new Error(reason), { code }) })
  }
}

const lost = {
  reset: () => new ConnectionLost('fetch failed', 'ECONNRESET', 'read ECONNRESET'),
  closed: () => new ConnectionLost('fetch failed', 'UND_ERR_SOCKET', 'other side closed'),
  halfway: () => new ConnectionLost('terminated', 'UND_ERR_SOCKET', 'other side closed'),
}

/**
 * Sends a delivery by a socket.
 *
 * @returns what the port needs to hear: that all has been done
 */
export async function deliver(
  delivery: Delivery,
  outgoing: ServerResponse,
  clock: Clock,
): Promise<Response> {
  const gone = new AbortController()
  outgoing.on('close', () => gone.abort())
  if (outgoing.destroyed) gone.abort()
  if (delivery.kind === 'nothing') {
    if (delivery.after > 0) await clock.sleep(delivery.after, gone.signal)
    const { socket } = outgoing
    // A TLS socket cannot be told to reset; cut off without a farewell, its client sees the same.
    if (delivery.end === 'reset' && socket && !('encrypted' in socket)) socket.resetAndDestroy()
    else socket?.destroy()
    return alreadySent()
  }
  const { status, headers, length, pieces, pause, end } = delivery
  outgoing.writeHead(status, {
    ...headers,
    ...(length !== undefined && { 'content-length': length }),
    // Nobody may wait for the rest on a connection that is kept alive.
    ...(end === 'closed' && { connection: 'close' }),
  })
  outgoing.flushHeaders()
  for (const [at, piece] of pieces.entries()) {
    if (at > 0 && pause > 0) await clock.sleep(pause, gone.signal)
    if (gone.signal.aborted) return alreadySent()
    // One by one, so that the receiver can see where they end.
    await new Promise<void>((written) => outgoing.write(piece, () => written()))
  }
  if (end === 'whole') outgoing.end()
  // The bytes first, then the end: a reset would take back what was sent.
  else outgoing.socket?.end()
  return alreadySent()
}

/** The same for a call in this process. @throws ConnectionLost, or what the caller gave up with */
export async function deliverHere(
  delivery: Delivery,
  request: Request,
  clock: Clock,
): Promise<Response> {
  const { signal } = request
  if (delivery.kind === 'nothing') {
    if (delivery.after > 0) await clock.sleep(delivery.after, signal)
    signal.throwIfAborted()
    throw lost[delivery.end]()
  }
  const { status, headers, length, pieces, pause, end } = delivery
  const whole = pieces.reduce((sum, piece) => sum + piece.byteLength, 0)
  // Fewer bytes announced than sent: a receiver reads no more than it was told of.
  let left = length === undefined ? whole : Math.min(length, whole)
  const breaksOff = end === 'closed' && (length === undefined || length > whole)
  let at = 0
  const body = new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        if (at > 0 && pause > 0) await clock.sleep(pause, signal)
        if (signal.aborted) return controller.error(signal.reason)
        const piece = pieces[at++]?.subarray(0, left)
        if (piece && piece.byteLength > 0) {
          left -= piece.byteLength
          controller.enqueue(piece)
        } else if (breaksOff) controller.error(lost.halfway())
        else controller.close()
      },
    },
    { highWaterMark: 0 },
  )
  return new Response(whole === 0 ? '' : body, {
    status,
    headers: {
      ...headers,
      ...(length !== undefined && { 'content-length': String(length) }),
    },
  })
}
