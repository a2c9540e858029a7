import { parseJson } from '../contracts/protocol/json.ts'
import { writeMultipart } from '../contracts/protocol/multipart.ts'
import type { TopFile, WireArguments } from '../contracts/protocol/scalars.ts'
import { sign } from '../contracts/protocol/sign.ts'
import { formatTime } from '../contracts/protocol/timestamp.ts'
import { TopResponseError, TopShapeError, TopTransportError, type WireError } from './errors.ts'
import type { Settings } from './options.ts'

/** The method that is called, and the key under which it answers. */
export interface Called {
  readonly name: string
  readonly root: string
}

/** Signs and sends one call, once, and answers what stands under the response root, unchecked. */
export async function send(
  { name, root }: Called,
  business: WireArguments,
  session: string | undefined,
  settings: Settings,
  signal?: AbortSignal,
): Promise<{ readonly response: unknown; readonly body: string }> {
  const sent = formOf(name, business, session, settings)
  const { status, body } = await exchange(name, settings.endpoint, sent, settings, signal)
  return { response: openEnvelope(name, root, status, body), body }
}

/** A form as `fetch` takes it. */
type Form = Pick<RequestInit, 'body' | 'headers'>

/**
 * Posts a form and answers what came.
 *
 * @param name of what is done, for errors
 * @throws TopTransportError when no answer came
 */
export async function exchange(
  name: string,
  url: string,
  form: Form,
  { fetch, timeoutMs }: Settings,
  signal?: AbortSignal,
): Promise<{ readonly status: number; readonly body: string }> {
  const timeout = AbortSignal.timeout(timeoutMs)
  try {
    const response = await fetch(url, {
      method: 'POST',
      ...form,
      signal: signal ? AbortSignal.any([signal, timeout]) : timeout,
    })
    return { status: response.status, body: await response.text() }
  } catch (error) {
    signal?.throwIfAborted()
    const message = timeout.aborted
      ? `no answer within ${timeoutMs} ms`
      : `no answer: ${reasonOf(error)}`
    throw new TopTransportError(name, message, wasSent(error) ? 'unknown' : 'not-done', {
      cause: error,
    })
  }
}

function formOf(
  method: string,
  business: WireArguments,
  session: string | undefined,
  { appKey, appSecret, signMethod, now }: Settings,
): Form {
  const params: Record<string, string> = Object.create(null)
  const files: [string, TopFile][] = []
  for (const [name, value] of Object.entries(business)) {
    if (typeof value === 'string') params[name] = value
    else files.push([name, value])
  }
  params.method = method
  params.app_key = appKey
  if (session !== undefined) params.session = session
  params.timestamp = formatTime(now())
  params.format = 'json'
  params.v = '2.0'
  params.sign_method = signMethod
  params.sign = sign(params, appSecret, signMethod)
  if (files.length === 0) return { body: new URLSearchParams(params) }
  // A digest of the content: no line of it can begin so.
  const boundary = `localtop-${params.sign}`
  return {
    body: writeMultipart(params, Object.fromEntries(files), boundary),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

/** Takes the answer out of its root key; an error response becomes an exception. */
function openEnvelope(method: string, root: string, status: number, body: string): unknown {
  let answer: unknown
  try {
    answer = parseJson(body)
  } catch {
    if (status !== 200) {
      throw new TopTransportError(
        method,
        `HTTP ${status} that is no answer of the platform`,
        'unknown',
        { status },
      )
    }
    throw new TopShapeError(method, [{ path: '', message: 'expected JSON' }], body)
  }
  const roots = (typeof answer === 'object' && answer !== null ? answer : {}) as Record<
    string,
    unknown
  >
  const error = roots.error_response as WireError | undefined
  if (error && (typeof error.code === 'number' || typeof error.code === 'string')) {
    throw new TopResponseError(method, error)
  }
  if (!Object.hasOwn(roots, root)) {
    throw new TopShapeError(
      method,
      [
        {
          path: '',
          message: `expected the root ${root}, got ${Object.keys(roots).join(', ') || 'none'}`,
        },
      ],
      body,
    )
  }
  return roots[root]
}

const neverSent = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'])

const codeOf = (error: unknown): string | undefined =>
  (error as { cause?: { code?: string } } | undefined)?.cause?.code

const wasSent = (error: unknown) => !neverSent.has(codeOf(error) ?? '')

function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return codeOf(error) ?? message
}
