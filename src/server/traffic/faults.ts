import { gzipSync } from 'node:zlib'
import { parseDuration } from '../../contracts/protocol/timestamp.ts'
import type { WireFault } from '../../contracts/wire-faults.ts'

/** What a gateway without faults would send. */
export interface Sound {
  readonly status: number
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** How an answer goes out, byte by byte; the same on a socket and in this process. */
export type Delivery =
  | {
      /** Nothing is ever sent. */
      readonly kind: 'nothing'
      /** Milliseconds on the clock until the connection ends; infinite waits for the caller to leave. */
      readonly after: number
      readonly end: 'reset' | 'closed'
    }
  | {
      readonly kind: 'bytes'
      readonly status: number
      readonly headers: Readonly<Record<string, string>>
      /** What Content-Length says; `undefined` sends chunks. */
      readonly length: number | undefined
      readonly pieces: readonly Uint8Array[]
      /** Milliseconds on the clock between two pieces. */
      readonly pause: number
      /** `closed` breaks off where more was promised. */
      readonly end: 'whole' | 'closed'
    }

/** Works out what a fault makes of an answer. */
export function deliveryOf(fault: WireFault, { status, headers, body }: Sound): Delivery {
  const bytes = Buffer.from(body)
  const sent = (pieces: readonly Uint8Array[]): Delivery & { kind: 'bytes' } => ({
    kind: 'bytes',
    status,
    headers,
    length: pieces.reduce((sum, piece) => sum + piece.byteLength, 0),
    pieces,
    pause: 0,
    end: 'whole',
  })
  switch (fault.kind) {
    case 'reset-before':
    case 'reset-after':
      return { kind: 'nothing', after: 0, end: 'reset' }
    case 'hang': {
      const after = (fault.for && parseDuration(fault.for)) ?? Number.POSITIVE_INFINITY
      return { kind: 'nothing', after: Number(after), end: 'closed' }
    }
    case 'empty-body':
      return sent([])
    case 'truncated':
      // At least one byte, and never all of them.
      return sent([
        bytes.subarray(
          0,
          Math.min(bytes.length - 1, Math.max(1, Math.floor(bytes.length * fault.keep))),
        ),
      ])
    case 'split-character': {
      const at = insideCharacter(bytes)
      const parts = [bytes.subarray(0, at), bytes.subarray(at)]
      return fault.rest === 'sent'
        ? { ...sent(parts), length: undefined }
        : { ...sent(parts.slice(0, 1)), length: undefined, end: 'closed' }
    }
    case 'drip': {
      const pieces: Uint8Array[] = []
      for (let at = 0; at < bytes.length; at += fault.bytes)
        pieces.push(bytes.subarray(at, at + fault.bytes))
      return { ...sent(pieces), pause: parseDuration(fault.every) ?? 0 }
    }
    case 'content-length': {
      const length = Math.max(0, bytes.length + fault.off)
      return { ...sent([bytes]), length, end: 'closed' }
    }
    case 'bad-gateway': {
      const page = proxyPage(fault.status)
      return {
        ...sent([page]),
        status: fault.status,
        headers: { 'content-type': 'text/html' },
        length: page.byteLength,
      }
    }
    case 'broken-gzip': {
      const packed = gzipSync(bytes)
      const part = fault.how === 'plain' ? bytes : packed.subarray(0, packed.length >> 1)
      return { ...sent([part]), headers: { ...headers, 'content-encoding': 'gzip' } }
    }
    case 'xml':
      return sent([bytes])
    case 'twice':
      return sent([bytes, bytes])
  }
}

/** A place between the bytes of one character; the middle where all characters have one byte. */
function insideCharacter(bytes: Uint8Array): number {
  const isInside = (byte: number) => byte >> 6 === 0b10
  const at = bytes.findIndex(isInside)
  return at < 0 ? bytes.length >> 1 : at
}

const proxyTitles = {
  502: 'Bad Gateway',
  503: 'Service Temporarily Unavailable',
  504: 'Gateway Time-out',
}

/** As the reverse proxy before the platform writes it: HTML, CRLF, no word of the platform's own. */
function proxyPage(status: 502 | 503 | 504): Uint8Array {
  const title = `${status} ${proxyTitles[status]}`
  return Buffer.from(
    [
      '<html>',
      `<head><title>${title}</title></head>`,
      '<body>',
      `<center><h1>${title}</h1></center>`,
      '<hr><center>tengine</center>',
      '</body>',
      '</html>',
      '',
    ].join('\r\n'),
  )
}
