import { gunzipSync } from 'node:zlib'
import { parseJson } from '../../contracts/index.ts'
import { type Mismatch, mismatch } from './mismatch.ts'
import { readXml, type XmlElement } from './read-xml.ts'

/** An answer as it came. */
export interface RawAnswer {
  readonly status: number
  readonly headers: Headers
  readonly bytes: Uint8Array
}

/** A body as one root and what stands below it; simplified JSON has no root. */
export type Body =
  | {
      readonly format: 'json'
      readonly root: string | undefined
      /** As JSON has it: what is a number stays one, however large. */
      readonly typed: Readonly<Record<string, unknown>>
      /** The same with numbers beyond 2^53 as texts, so that none is rounded. */
      readonly exact: Readonly<Record<string, unknown>>
    }
  | { readonly format: 'xml'; readonly root: string; readonly element: XmlElement }

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

/** Reads a body as one root, or says why it is none. */
export function readBody(
  text: string,
  format: 'json' | 'xml',
  isSimplified: boolean,
): Body | Mismatch {
  if (format === 'xml') {
    try {
      const element = readXml(text)
      return { format, root: element.name, element }
    } catch (error) {
      return mismatch('body', `XML with one root (${(error as Error).message})`, text)
    }
  }
  let typed: unknown
  try {
    typed = JSON.parse(text)
  } catch {
    return mismatch('body', 'JSON', text)
  }
  if (!isObject(typed)) return mismatch('body', 'a JSON object', text)
  const exact = parseJson(text) as Record<string, unknown>
  const names = Object.keys(typed)
  if (isSimplified && !Object.hasOwn(typed, 'error_response')) {
    return { format, root: undefined, typed, exact }
  }
  const [root = ''] = names
  if (names.length !== 1) return mismatch('body', 'one root', names)
  const inner = typed[root]
  if (!isObject(inner)) return mismatch(root, 'an object', inner)
  return { format, root, typed: inner, exact: exact[root] as Record<string, unknown> }
}

/** Whether JSON has blanks between its parts. */
export const isSpaced = (text: string) => /\s/.test(text.replaceAll(/"(?:[^"\\]|\\.)*"/g, '""'))

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
