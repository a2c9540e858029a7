import { type Behaviour, observed } from '../fidelity.ts'
import type { ErrorResponse } from './errors.ts'
import { writeJson } from './json.ts'
import type { WireShape } from './wire-shape.ts'
import { escapeXml, writeXml, xmlDocument, xmlElement } from './xml.ts'

export const formats = ['json', 'xml'] as const
export type Format = (typeof formats)[number]

export const contentTypes: Readonly<Record<Format, string>> = {
  // Official Node clients decode text/javascript and application/json only; .NET needs the charset.
  json: 'text/javascript;charset=UTF-8',
  xml: 'text/xml;charset=UTF-8',
}

/** `taobao.item.add` gives `item_add_response`; other vendors keep their first word. */
export function responseKey(method: string): string {
  return `${method.replace(/^taobao\./, '').replaceAll('.', '_')}_response`
}

/** How an answer is to be written. */
export interface AnswerStyle {
  readonly format: Format
  readonly simplify: boolean
  readonly requestId: string
}

/** A success: one root key, `request_id` last inside it. `code` is the `guide` profile's addition. */
export function writeResponse(
  root: string,
  response: unknown,
  shape: WireShape,
  style: AnswerStyle & { readonly code?: number | undefined },
): string {
  const { requestId, code } = style
  if (style.format === 'xml') {
    const extra = code === undefined ? '' : xmlElement('code', String(code))
    return xmlDocument(
      root,
      writeXml(response, shape) + extra + xmlElement('request_id', requestId),
    )
  }
  const fields = writeJson(response, shape, style.simplify).slice(1, -1)
  const extra = code === undefined ? '' : `"code":${code},`
  const inner = `{${fields}${fields === '' ? '' : ','}${extra}"request_id":"${requestId}"}`
  return style.simplify ? inner : `{"${root}":${inner}}`
}

/** An error response; `code` differs from the table's in the `guide` profile. `simplify` does not change it. */
export function writeError(
  error: ErrorResponse,
  style: AnswerStyle & { readonly code: number | string },
): string {
  const { code: _, ...texts } = error
  const fields: Record<string, string | number> = {
    code: style.code,
    ...texts,
    request_id: style.requestId,
  }
  if (style.format === 'json') return JSON.stringify({ error_response: fields })
  const inner = Object.entries(fields).map(([name, value]) =>
    xmlElement(name, escapeXml(String(value))),
  )
  return xmlDocument('error_response', inner.join(''))
}

/** How answers are written where documents are silent or disagree. */
export const answerBehaviours: readonly Behaviour[] = [
  {
    name: 'a JSON answer is text/javascript;charset=UTF-8, an XML answer text/xml;charset=UTF-8',
    ...observed('what official SDKs decode; no response headers were kept'),
  },
  {
    name: 'simplify takes the root away and the inner keys of lists',
    ...observed('the official Java SDK reads answers so; a documentation sample keeps the root'),
  },
  {
    name: 'simplify leaves errors as they are',
    ...observed('the official Java SDK reads errors so'),
  },
  {
    name: 'request_id stands last inside the root',
    ...observed('logged payloads'),
  },
  {
    name: 'an answer has one root: the method without taobao., dots as underscores, and _response',
    ...observed('logged payloads and official SDKs'),
  },
]
