import { assumed, type Behaviour, observed } from '../fidelity.ts'
import { addUrlencoded, noParameters, type Parameters } from './parameters.ts'
import type { TextParams } from './sign.ts'

/** Between two calls, and between two answers, where the header `top-api-separator` names nothing else. */
export const batchSeparator = '\r\n-S-\r\n'
/** The request header that names another separator. */
export const separatorHeader = 'top-api-separator'

/** A segment that begins so holds parameters of all calls. */
const publicMark = '#PUBLIC#'
/** A call without parameters of its own. */
const noOwn = 'N'

/** A batch as its body says it. */
export interface Batch {
  /** One for each call, in order: the public parameters with the call's own over them. */
  readonly calls: readonly Parameters[]
  /** What stands between the calls, and will stand between the answers. */
  readonly separator: string
}

/**
 * Reads the body of `/router/batch` (seen in the Java SDK): an optional `#PUBLIC#` segment, then one
 * urlencoded segment for each call, `N` for one without parameters.
 *
 * @param named the value of the header `top-api-separator`: a literal; a client of the field sends it
 * urlencoded and separates by the decoded text, so both are looked for
 * @param most what is read at the most: one call more than `calls`, and of each call so many `parameters`
 */
export function readBatch(
  body: string,
  named?: string,
  most: { readonly calls: number; readonly parameters: number } = unlimited,
): Batch {
  const separator = separatorIn(body, named)
  // One more for the public parameters, and one to see that there are too many.
  const segments = body.split(separator, most.calls + 2)
  const shared = body.startsWith(publicMark)
    ? segments.shift()?.slice(publicMark.length)
    : undefined
  return {
    calls: segments.map((segment) => {
      const call = noParameters(most.parameters)
      // The first of repeated names counts, so what the call says itself comes first.
      if (segment !== noOwn) addUrlencoded(call, segment)
      const own = call.repeated?.slice()
      if (shared !== undefined) addUrlencoded(call, shared)
      // That a call has a public parameter anew is no oddity.
      call.repeated = own
      return call
    }),
    separator,
  }
}

const unlimited = { calls: 0xffff_fffd, parameters: Number.POSITIVE_INFINITY }

function separatorIn(body: string, named: string | undefined): string {
  if (named === undefined || named === '') return batchSeparator
  if (body.includes(named)) return named
  try {
    const decoded = decodeURIComponent(named)
    return body.includes(decoded) ? decoded : named
  } catch {
    return named
  }
}

/**
 * Writes the body of a batch; {@link readBatch} reads it back.
 *
 * @param shared parameters of all calls, written once in the `#PUBLIC#` segment
 */
export function writeBatch(
  calls: readonly TextParams[],
  shared: TextParams = {},
  separator: string = batchSeparator,
): string {
  const segments = calls.map((call) => urlencoded(call) || noOwn)
  const common = urlencoded(shared)
  return (common === '' ? segments : [publicMark + common, ...segments]).join(separator)
}

const urlencoded = (params: TextParams) => new URLSearchParams({ ...params }).toString()

/** What the gateway assumes of batches. */
export const batchBehaviours: readonly Behaviour[] = [
  {
    name: 'batch: form of the body, #PUBLIC#, N, separator and its header, signature over query and body',
    ...observed('batch classes of the official Java and .NET SDKs'),
  },
  {
    name: 'batch: a refused envelope is one plain error response',
    ...observed('the Java SDK looks for it'),
  },
  {
    name: 'batch: what a call says of app_key, timestamp, v, format, sign_method and simplify is ignored',
    ...assumed('the envelope is what is signed'),
  },
  {
    name: 'batch: calls are carried out one after the other, each counted and limited like one alone',
    ...assumed('not said anywhere'),
  },
  {
    name: 'batch: an empty body is one call without a method',
    ...assumed('official clients never send one'),
  },
  {
    name: 'batch: any number of calls, up to the size of a body',
    ...assumed('the documentation of the limit was not found'),
  },
]
