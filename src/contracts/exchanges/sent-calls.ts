import { readBatch } from '../protocol/batch.ts'
import { addMultipart, boundaryOf } from '../protocol/multipart.ts'
import { addUrlencoded, noParameters, type Parameters } from '../protocol/parameters.ts'

/** A request to the router as it travelled. */
export interface SentRequest {
  /** `/router/rest`, `/router/batch` */
  readonly path: string
  /** Without its question mark. */
  readonly query: string
  readonly verb: string
  readonly contentType: string
  readonly body: Uint8Array
  /** The header `top-api-separator`. */
  readonly separator: string | undefined
}

export interface SentCalls {
  /** One, or those of a batch. */
  readonly calls: readonly Parameters[]
  /** Between the answers of a batch. */
  readonly separator: string | undefined
}

/** Reads the calls of a request as the gateway would. */
export function sentCalls(request: SentRequest): SentCalls {
  const { path, query, verb, contentType, body, separator: named } = request
  const own = noParameters()
  addUrlencoded(own, query)
  if (path.endsWith('/batch')) {
    const { calls, separator } = readBatch(Buffer.from(body).toString('utf8'), named)
    for (const { params } of calls) {
      for (const name in own.params) params[name] ??= own.params[name] as string
    }
    return { calls, separator }
  }
  if (verb !== 'GET' && verb !== 'HEAD') addBody(own, contentType, body)
  return { calls: [own], separator: undefined }
}

function addBody(into: Parameters, contentType: string, body: Uint8Array): void {
  if (/^multipart\//i.test(contentType)) {
    const boundary = boundaryOf(contentType)
    if (boundary !== undefined) addMultipart(into, body, boundary)
  } else if (contentType === '' || /^application\/x-www-form-urlencoded/i.test(contentType)) {
    addUrlencoded(into, Buffer.from(body).toString('utf8'))
  }
}
