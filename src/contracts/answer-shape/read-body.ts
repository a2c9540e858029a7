import { parseJson } from '../protocol/json.ts'
import { readXml, type XmlElement } from '../protocol/read-xml.ts'
import { type Mismatch, mismatch } from './mismatch.ts'

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

export const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
