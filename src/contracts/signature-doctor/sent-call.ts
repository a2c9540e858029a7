import type { Explanation } from '../protocol/errors.ts'
import { addMultipart, boundaryOf } from '../protocol/multipart.ts'
import { addUrlencoded, noParameters, type Parameters } from '../protocol/parameters.ts'
import type { SignedCall } from './explain.ts'
import { explain } from './hypothesis.ts'

/** A call that was read from what people have at hand. */
export interface ReadCall extends SignedCall {
  /** What it was read as. */
  readonly kind: 'curl' | 'url' | 'raw' | 'json' | 'har' | 'form'
  /** What is odd about it, or could not be known. */
  readonly notes: readonly Explanation[]
  /** Where it came with the call, as JSON may have it. */
  readonly appSecret?: string | undefined
}

/** An HTTP request, with what of it belongs to a call. */
export interface SentRequest {
  readonly verb: string
  /** The query as it travelled, without its `?`. */
  readonly query: string
  /** Empty where none was sent. */
  readonly contentType: string
  /** Empty where none was sent. */
  readonly body: string | Uint8Array
  /** Text parameters and files that were read from somewhere else than the body, such as curl's `-F`. */
  readonly parts?: ((into: Parameters) => void) | undefined
}

/** The part of an address that holds parameters. */
export function queryOf(url: string): string {
  const mark = url.indexOf('?')
  if (mark < 0) return ''
  const hash = url.indexOf('#', mark)
  return url.slice(mark + 1, hash < 0 ? undefined : hash)
}

/**
 * Reads a request as the gateway does: query before body, a GET's body means nothing, a body without a
 * content type is a form, one of a type that is none of forms is signed as it is.
 */
export function callOf(
  kind: ReadCall['kind'],
  { verb, query, contentType, body, parts }: SentRequest,
  before: readonly Explanation[] = [],
): ReadCall {
  const notes = [...before]
  const into = noParameters()
  addUrlencoded(into, query)
  let form = query
  let rawBody = ''
  const hasBody = body.length > 0 || parts !== undefined
  if (hasBody && (verb === 'GET' || verb === 'HEAD')) {
    notes.push(
      explain(
        `The verb is ${verb}, so its body is not read; only the query counts.`,
        `请求方法为 ${verb}，请求体不会被读取，只有查询串有效。`,
      ),
    )
  } else if (parts) parts(into)
  else if (/^multipart\//i.test(contentType)) {
    const boundary = boundaryOf(contentType)
    const bytes = typeof body === 'string' ? Buffer.from(body) : body
    if (boundary !== undefined) addMultipart(into, bytes, boundary)
  } else if (hasBody) {
    const text = typeof body === 'string' ? body : new TextDecoder().decode(body)
    if (contentType === '' || /^application\/x-www-form-urlencoded/i.test(contentType)) {
      addUrlencoded(into, text)
      form = text
    } else rawBody = text
  }
  return finished(kind, into, notes, { body: rawBody, form })
}

/** A call of parameters that have been read, with notes on what is odd about them. */
export function finished(
  kind: ReadCall['kind'],
  { params, files, repeated, badEncoding }: Parameters,
  notes: readonly Explanation[],
  { body, form }: { readonly body: string; readonly form: string },
): ReadCall {
  const found = [...notes]
  for (const name of new Set(repeated)) {
    found.push(
      explain(
        `"${name}" came more than once; the first one counts.`,
        `参数 "${name}" 出现多次，以第一个为准。`,
      ),
    )
  }
  if (badEncoding) {
    found.push(
      explain(
        'A parameter is not UTF-8; a gateway refuses that with 47 before it looks at the sign.',
        '有参数不是 UTF-8 编码；网关会在验签之前以 47 拒绝。',
      ),
    )
  }
  return {
    kind,
    params,
    files: Object.entries(files ?? {}).map(([name, { fileName, bytes }]) => ({
      name,
      fileName,
      bytes,
    })),
    body,
    form: form === '' ? undefined : form,
    notes: found,
  }
}
