import { explainRequest, type ParsedExplainRequest } from '../control.ts'
import { type Problem, problemsOf } from '../problems.ts'
import { parseJson } from '../protocol/json.ts'
import { addParameter, addUrlencoded, noParameters } from '../protocol/parameters.ts'
import { beginning, CallFormatError, placeOf } from './call-format.ts'
import { type ReadFile, readCurl } from './read-curl.ts'
import { readHttp } from './read-http.ts'
import { callOf, finished, queryOf, type ReadCall } from './sent-call.ts'

/** Parses JSON, with the place of what is wrong in it. Whole numbers beyond 2^53 come back as text. */
export function parseJsonCall(text: string): unknown {
  try {
    return parseJson(text)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    throw new CallFormatError(
      `this is no JSON: ${message.replace(/ in JSON at position.*$|, (?:\.\.\.)?".*$/s, '')}`,
      placeOf(text, positionOf(text, message)),
    )
  }
}

/**
 * Where JSON breaks. Some messages of the engine have no position: then it lies at the end of the
 * shortest beginning that nothing could complete.
 */
function positionOf(text: string, message: string): number {
  const said = /\bposition (\d+)/.exec(message)?.[1]
  if (said !== undefined) return Number(said)
  let good = 0
  let bad = text.length
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (isBeginning(text.slice(0, middle))) good = middle
    else bad = middle
  }
  return isBeginning(text) ? text.length : bad - 1
}

function isBeginning(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch (error) {
    const { message } = error as Error
    return (
      /end of JSON input/.test(message) ||
      /\bposition (\d+)/.exec(message)?.[1] === `${text.length}`
    )
  }
}

/**
 * Reads JSON of any of the forms: what `POST /explain` takes, an object of parameters, a HAR file or an
 * entry of one.
 *
 * @throws CallFormatError naming the key that cannot be used
 */
export function readJsonCall(value: unknown, readFile?: ReadFile): ReadCall {
  if (!isObject(value)) {
    throw new CallFormatError(
      `it is ${Array.isArray(value) ? 'a list' : `the JSON value ${beginning(JSON.stringify(value))}`}; expected an object of parameters, or one with "params", "curl", "url" or "raw"`,
    )
  }
  const entry = harRequest(value)
  if (entry) return readHar(entry)
  // An object of parameters may have one that is called url; app_key and sign tell it apart.
  const isFlat =
    !isObject(value.params) &&
    ('sign' in value ||
      'app_key' in value ||
      !['curl', 'url', 'raw', 'form', 'params'].some((key) => key in value))
  const asked = explainRequest.safeParse(isFlat ? { params: value } : value)
  if (!asked.success) {
    const name = ({ path, message }: Problem) =>
      path === '' ? message : `${isFlat ? path.replace(/^params\.?/, '') : path}: ${message}`
    throw new CallFormatError(problemsOf(asked.error).map(name).join('; '))
  }
  return readExplainRequest(asked.data, readFile)
}

/** Reads what `POST /explain` takes. @throws CallFormatError for a curl, url or raw that is none */
export function readExplainRequest(asked: ParsedExplainRequest, readFile?: ReadFile): ReadCall {
  const { curl, url, raw, form, params, files = [], body = '', appSecret } = asked
  const withSecret = (call: ReadCall): ReadCall =>
    appSecret === undefined ? call : { ...call, appSecret }
  if (curl !== undefined) {
    const call = readCurl(curl, readFile)
    if (call) return withSecret(call)
    throw new CallFormatError(`curl: there is no curl command in ${beginning(curl)}`)
  }
  if (url !== undefined) return withSecret(readUrl(url))
  if (raw !== undefined) return withSecret(readHttp(raw.trimStart()))
  const into = noParameters()
  if (params === undefined) {
    addUrlencoded(into, form ?? '')
    return withSecret(finished('form', into, [], { body: '', form: form ?? '' }))
  }
  for (const [name, value] of Object.entries(params)) addParameter(into, name, value)
  const call = finished('json', into, [], { body, form: form ?? '' })
  return withSecret({
    ...call,
    files: files.map(({ name, fileName = name, text, base64 }) => ({
      name,
      fileName,
      bytes: base64 === undefined ? Buffer.from(text ?? '') : Buffer.from(base64, 'base64'),
    })),
  })
}

/** Reads an address with its query. @throws CallFormatError where it has none */
export function readUrl(url: string): ReadCall {
  const query = queryOf(url)
  if (query === '') {
    throw new CallFormatError(
      `the URL ${beginning(url)} has no query; expected the parameters behind a ?, or the whole request as curl or raw HTTP`,
    )
  }
  return callOf('url', { verb: 'GET', query: query.trimEnd(), contentType: '', body: '' })
}

type Json = Readonly<Record<string, unknown>>
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** The request of a HAR entry; of a whole HAR file the last one that carries a sign. */
function harRequest(value: Json): Json | undefined {
  if (isObject(value.log) && Array.isArray(value.log.entries)) {
    const requests = value.log.entries
      .map((entry) => (isObject(entry) ? entry.request : undefined))
      .filter(isObject)
    const signed = requests.filter((request) => /\bsign\b/.test(JSON.stringify(request)))
    const found = signed.at(-1)
    if (found) return found
    throw new CallFormatError(
      `the HAR file has ${requests.length} requests and none of them carries a sign`,
    )
  }
  const request = isObject(value.request) ? value.request : value
  const isRequest =
    typeof request.url === 'string' &&
    typeof request.method === 'string' &&
    Array.isArray(request.headers)
  return isRequest ? request : undefined
}

function readHar(request: Json): ReadCall {
  const listed = (value: unknown) => (Array.isArray(value) ? value.filter(isObject) : [])
  const post = isObject(request.postData) ? request.postData : {}
  const header = listed(request.headers).find(
    ({ name }) => String(name).toLowerCase() === 'content-type',
  )
  const contentType = String(header?.value ?? post.mimeType ?? '')
  const text = typeof post.text === 'string' ? post.text : ''
  // Browsers leave out the text of a multipart body and list its parts.
  const params = text === '' ? listed(post.params) : []
  return callOf('har', {
    verb: String(request.method).toUpperCase(),
    query: queryOf(String(request.url)),
    contentType,
    body: text,
    parts:
      params.length === 0
        ? undefined
        : (into) => {
            for (const { name, value, fileName } of params) {
              if (fileName === undefined) addParameter(into, String(name), String(value ?? ''))
              else {
                into.files ??= Object.create(null) as NonNullable<typeof into.files>
                into.files[String(name)] = {
                  fileName: String(fileName),
                  contentType: '',
                  bytes: Buffer.from(String(value ?? '')),
                }
              }
            }
          },
  })
}
