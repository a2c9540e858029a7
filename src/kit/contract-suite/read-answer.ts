import { gunzipSync } from 'node:zlib'
import { type Mismatch, mismatch } from '../../contracts/index.ts'

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

interface ReadText {
  readonly text: string | undefined
  readonly mismatches: readonly Mismatch[]
}

const types = {
  json: /^(text\/javascript|application\/json)\s*;\s*charset=utf-8$/i,
  xml: /^text\/xml\s*;\s*charset=utf-8$/i,
} as const

/** What holds for every answer, a refusal too: status, type, encoding. */
export function readText(
  { status, headers, bytes }: RawAnswer,
  format: 'json' | 'xml',
  asksForGzip: boolean,
): ReadText {
  const mismatches: Mismatch[] = []
  if (status !== 200) {
    mismatches.push(mismatch('HTTP status', '200, whatever the answer says', status))
  }
  const type = headers.get('content-type') ?? undefined
  if (type === undefined || !types[format].test(type)) {
    const expected = format === 'json' ? 'text/javascript;charset=UTF-8' : 'text/xml;charset=UTF-8'
    mismatches.push(mismatch('header content-type', expected, type))
  }
  const encoding = headers.get('content-encoding') ?? undefined
  if (encoding !== undefined && encoding !== 'identity' && !asksForGzip) {
    mismatches.push(mismatch('header content-encoding', 'none: nobody asked for it', encoding))
  }
  try {
    const text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(plain(bytes))
    return { text, mismatches }
  } catch {
    return {
      text: undefined,
      mismatches: [...mismatches, mismatch('body', 'UTF-8', Buffer.from(bytes).toString('latin1'))],
    }
  }
}

/** `fetch` takes compression away by itself; a gateway in this process hands it over. */
const plain = (bytes: Uint8Array): Uint8Array =>
  bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes

/** Whether JSON has blanks between its parts. */
export const isSpaced = (text: string) => /\s/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))
