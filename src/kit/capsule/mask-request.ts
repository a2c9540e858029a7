import {
  acceptedForm,
  addMultipart,
  addUrlencoded,
  boundaryOf,
  canonicalString,
  canonicalStringByPair,
  digest,
  findMethod,
  isSecretName,
  isSystemParameter,
  noParameters,
  type SignForm,
} from '../../contracts/index.ts'
import { kindOf, type StandIns } from './stand-ins.ts'

/** A request as it came, or as it is to be sent. */
export interface RawRequest {
  readonly verb: string
  readonly url: string
  readonly contentType: string
  readonly body: Buffer
}

/** How a sign was made, so that another secret can make the same. */
interface Signing {
  readonly secret: string
  readonly form: SignForm
  readonly byPair: boolean
  readonly lowerCase: boolean
}

const bothLeniencies = { lowerCaseSign: true, signSortedByPair: true }

/**
 * Replaces the secrets in a request by their stand-ins. A sign that was right is made anew with the
 * stand-in of its secret, so that it is right again; one that was wrong stays wrong.
 *
 * @param secretsOf the secrets that an app has, or comes to have
 */
export function maskRequest(
  request: RawRequest,
  standIns: StandIns,
  secretsOf: (appKey: string) => readonly string[],
): RawRequest {
  const before = readRequest(request)
  const masked = maskedValues(request, before.params, standIns)
  const { sign, app_key: appKey = '' } = before.params
  if (!sign) return masked
  const secrets = secretsOf(appKey)
  // With secrets that everybody knows nothing was replaced that had been signed, and the sign tells nobody more.
  const isOpen = secrets.every((secret) => standIns.of(secret, 'secret') === secret)
  if (isOpen && secrets.length > 0 && isSame(request, masked)) return request
  const signing = signingOf(before, secrets)
  return withSign(masked, signing ? signed(masked, signing, standIns) : '0'.repeat(sign.length))
}

const isSame = (one: RawRequest, other: RawRequest) =>
  one.url === other.url && one.body.equals(other.body)

const hasBody = ({ verb, body }: RawRequest) => verb !== 'GET' && verb !== 'HEAD' && body.length > 0
const isBatch = ({ url }: RawRequest) => new URL(url).pathname.startsWith('/router/batch')
const isMultipart = ({ contentType }: RawRequest) => /^multipart\//i.test(contentType)
const isForm = (request: RawRequest) =>
  !isBatch(request) &&
  (request.contentType === '' || /^application\/x-www-form-urlencoded/i.test(request.contentType))

/** The parameters as the gateway reads them. */
export function readRequest(request: RawRequest) {
  const parameters = noParameters()
  const mark = request.url.indexOf('?')
  if (mark >= 0) addUrlencoded(parameters, request.url.slice(mark + 1))
  let rawBody = ''
  if (hasBody(request)) {
    const boundary = boundaryOf(request.contentType)
    if (isBatch(request) || !(isForm(request) || isMultipart(request))) {
      rawBody = new TextDecoder().decode(request.body)
    } else if (isForm(request)) addUrlencoded(parameters, request.body.toString())
    else if (boundary !== undefined) addMultipart(parameters, request.body, boundary)
  }
  return { params: parameters.params, rawBody }
}

function maskedValues(
  request: RawRequest,
  { method = '' }: Readonly<Record<string, string>>,
  standIns: StandIns,
): RawRequest {
  const { pathname } = new URL(request.url)
  const isSecretMethod = findMethod(method)?.secret ?? false
  const isOAuth = /^\/(token|authorize|logoff)/.test(pathname)
  const value = (name: string, text: string): string => {
    if (text === '' || name === 'sign') return text
    const isSecret =
      isSecretName(name) ||
      (isSecretMethod && !isSystemParameter(name)) ||
      (isOAuth && (name === 'code' || name === 'state'))
    return isSecret ? standIns.of(text, kindOf(name)) : standIns.scrubJson(text)
  }
  const mark = request.url.indexOf('?')
  const url =
    mark < 0
      ? standIns.scrub(request.url)
      : standIns.scrub(request.url.slice(0, mark + 1)) +
        mapPairs(request.url.slice(mark + 1), value)
  if (!hasBody(request)) return { ...request, url, body: Buffer.alloc(0) }
  return { ...request, url, body: maskedBody(request, value, standIns) }
}

type MapValue = (name: string, value: string) => string

function maskedBody(request: RawRequest, value: MapValue, standIns: StandIns): Buffer {
  const { body, contentType } = request
  if (isMultipart(request)) {
    const boundary = boundaryOf(contentType)
    return boundary === undefined ? Buffer.alloc(0) : mapParts(body, boundary, value, standIns)
  }
  const text = body.toString()
  // What is no UTF-8 would be another text afterwards.
  if (!Buffer.from(text).equals(body)) {
    const latin = body.toString('latin1')
    return Buffer.from(isForm(request) ? mapPairs(latin, value) : standIns.scrub(latin), 'latin1')
  }
  return Buffer.from(
    isForm(request) || isBatch(request) ? mapPairs(text, value) : standIns.scrubJson(text),
  )
}

/** Changes values of an urlencoded text; whatever is not changed stays as it was written. */
function mapPairs(text: string, map: MapValue): string {
  return text.replaceAll(/([^&=\r\n]+)=([^&\r\n]*)/g, (pair, name: string, value: string) => {
    const read = decoded(value)
    const mapped = map(decoded(name), read)
    return mapped === read ? pair : `${name}=${encodeURIComponent(mapped)}`
  })
}

/** A name or value of an urlencoded text as the gateway reads it. */
function decoded(text: string): string {
  const into = noParameters()
  addUrlencoded(into, `x=${text}`)
  return into.params.x ?? ''
}

/** Changes texts of a multipart body by the bytes: no part is written anew. */
function mapParts(body: Buffer, boundary: string, map: MapValue, standIns: StandIns): Buffer {
  const delimiter = `--${Buffer.from(boundary).toString('latin1')}`
  const parts = body.toString('latin1').split(delimiter)
  const mapped = parts.map((part) => {
    const found = /^([\s\S]*?(?:\r\n\r\n|\n\n))([\s\S]*?)(\r?\n?)$/.exec(part)
    if (!found) return part
    const [, head = '', content = '', end = ''] = found
    const name = /\bname\s*=\s*(?:"([^"]*)"|([^;\s]+))/i.exec(head)
    const text = Buffer.from(content, 'latin1').toString()
    const isText = Buffer.from(text).toString('latin1') === content
    // Pictures are left as they are.
    if (!name || !isText) return part
    const isFile = /\bfilename\*?\s*=/i.test(head)
    const changed = isFile ? standIns.scrub(text) : map(utf8(name[1] ?? name[2] ?? ''), text)
    return standIns.scrub(head) + Buffer.from(changed).toString('latin1') + end
  })
  return Buffer.from(mapped.join(delimiter), 'latin1')
}

const utf8 = (latin: string) => Buffer.from(latin, 'latin1').toString()

function signingOf(
  { params, rawBody }: ReturnType<typeof readRequest>,
  secrets: readonly string[],
): Signing | undefined {
  const sign = params.sign as string
  for (const secret of secrets) {
    const form = acceptedForm(params, secret, bothLeniencies, rawBody)
    if (form === undefined) continue
    const byName = digest(canonicalString(params, rawBody), secret, form)
    return {
      secret,
      form,
      byPair: byName !== sign.toUpperCase(),
      lowerCase: sign !== sign.toUpperCase(),
    }
  }
  return undefined
}

function signed(masked: RawRequest, signing: Signing, standIns: StandIns): string {
  const { params, rawBody } = readRequest(masked)
  const text = signing.byPair
    ? canonicalStringByPair(params, rawBody)
    : canonicalString(params, rawBody)
  const sign = digest(text, standIns.of(signing.secret, 'secret'), signing.form)
  return signing.lowerCase ? sign.toLowerCase() : sign
}

/** Puts a sign where there was one: every one of them, for only the first counts. */
function withSign(request: RawRequest, sign: string): RawRequest {
  const map: MapValue = (name, value) => (name === 'sign' && value !== '' ? sign : value)
  const mark = request.url.indexOf('?')
  const url =
    mark < 0
      ? request.url
      : request.url.slice(0, mark + 1) + mapPairs(request.url.slice(mark + 1), map)
  if (!hasBody(request)) return { ...request, url }
  if (isMultipart(request)) {
    const boundary = boundaryOf(request.contentType) ?? ''
    const untouched = { scrub: (text: string) => text } as StandIns
    return { ...request, url, body: mapParts(request.body, boundary, map, untouched) }
  }
  if (!isForm(request)) return { ...request, url }
  return {
    ...request,
    url,
    body: Buffer.from(mapPairs(request.body.toString('latin1'), map), 'latin1'),
  }
}
