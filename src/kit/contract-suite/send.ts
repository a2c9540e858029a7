import {
  batchSeparator,
  formatTime,
  type SignMethod,
  sign,
  type TextParams,
  writeBatch,
} from '../../contracts/index.ts'
import type { Carrier, PlannedCall, PlannedFile, PlannedSign, PlannedTime } from './case.ts'

/** What is put into a planned call when it is sent. */
export interface Caller {
  readonly appKey: string
  readonly appSecret: string
  /** The session that the call asks for; `undefined` sends none. */
  readonly session: string | undefined
  readonly now: number
}

/** A request that can be made, as text for people and as what `fetch` takes. */
export interface BuiltRequest {
  readonly verb: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Uint8Array<ArrayBuffer> | undefined
  /** All text parameters, `sign` last. */
  readonly params: TextParams
}

const system = [
  'method',
  'app_key',
  'session',
  'timestamp',
  'v',
  'format',
  'sign_method',
  'simplify',
  'partner_id',
  'sign',
]

/** Fills in credentials, time and sign. Texts must have no `{{names}}` left. */
export function buildRequest(call: PlannedCall, caller: Caller): BuiltRequest {
  const { params = {}, files = {}, verb = 'POST', signMethod = 'md5' } = call
  const common: Record<string, string | null | undefined> = {
    method: call.method,
    app_key: caller.appKey,
    session: caller.session,
    timestamp: timeText(call.time, caller.now),
    v: '2.0',
    format: 'json',
    sign_method: signMethod,
    ...call.system,
  }
  const sent: Record<string, string> = {}
  for (const [name, value] of Object.entries(common)) {
    if (typeof value === 'string') sent[name] = value
  }
  if (call.batch) return buildBatch(call, sent, caller)
  Object.assign(sent, params)
  Object.assign(sent, signOf(sent, caller.appSecret, signMethod, call.sign))
  const carrier =
    call.carrier ??
    (Object.keys(files).length > 0 ? 'multipart-node' : verb === 'GET' ? 'query' : 'form')
  return { verb, params: sent, ...carried(carrier, sent, files, call) }
}

function timeText(time: PlannedTime | undefined, now: number): string {
  if (time === undefined) return formatTime(now)
  if ('text' in time) return time.text
  const moment = now + time.offset * 1000
  if (time.form === 'milliseconds') return String(Math.floor(moment))
  return time.form === 'seconds' ? String(Math.floor(moment / 1000)) : formatTime(moment)
}

function signOf(
  sent: TextParams,
  secret: string,
  method: SignMethod,
  how: PlannedSign = {},
  body = '',
): Record<string, string> {
  if (how.absent) return {}
  if (how.text !== undefined) return { sign: how.text }
  const signed = { ...sent, ...how.over }
  for (const name of how.without ?? []) delete signed[name]
  const signedBody = how.without?.includes('#body') ? '' : body
  const made = sign(signed, how.otherSecret ? `${secret}x` : secret, how.by ?? method, signedBody)
  return { sign: how.lowerCase ? made.toLowerCase() : made }
}

const urlencoded = (params: TextParams, raw?: string) =>
  [new URLSearchParams({ ...params }).toString(), raw].filter(Boolean).join('&')

/** Parameters of the system, and the others. */
function split(sent: TextParams): readonly [TextParams, TextParams] {
  const isSystem = ([name]: readonly [string, string]) => system.includes(name)
  const all = Object.entries(sent)
  return [
    Object.fromEntries(all.filter(isSystem)),
    Object.fromEntries(all.filter((one) => !isSystem(one))),
  ]
}

type Carried = Pick<BuiltRequest, 'path' | 'headers' | 'body'>

const form = 'application/x-www-form-urlencoded;charset=UTF-8'

function carried(
  carrier: Carrier,
  sent: TextParams,
  files: Readonly<Record<string, PlannedFile>>,
  { headers = {}, raw }: PlannedCall,
): Carried {
  const [common, own] = split(sent)
  const rest = '/router/rest'
  switch (carrier) {
    case 'query':
      return { path: `${rest}?${urlencoded(sent, raw)}`, headers, body: undefined }
    case 'form':
      return {
        path: rest,
        headers: { 'content-type': form, ...headers },
        body: urlencoded(sent, raw),
      }
    case 'query-and-form':
      return {
        path: `${rest}?${urlencoded(common)}`,
        headers: { 'content-type': form, ...headers },
        body: urlencoded(own, raw),
      }
    case 'multipart-node':
      return { path: rest, ...multipart(carrier, sent, files, headers) }
    default:
      return { path: `${rest}?${urlencoded(common)}`, ...multipart(carrier, own, files, headers) }
  }
}

const boundary = '-------------localtop65535'

/** The forms that official SDKs write, each with its peculiarities. */
const manners = {
  /** A line break before the first boundary, no blanks in headers, a type for every text. */
  'multipart-java': {
    type: `multipart/form-data;charset=UTF-8;boundary=${boundary}`,
    text: (name: string) =>
      `\r\n--${boundary}\r\nContent-Disposition:form-data;name="${name}"\r\nContent-Type:text/plain\r\n\r\n`,
    file: (name: string, { fileName, contentType }: PlannedFile) =>
      `\r\n--${boundary}\r\nContent-Disposition:form-data;name="${name}";filename="${fileName}"\r\nContent-Type:${contentType}\r\n\r\n`,
    after: '',
    end: `\r\n--${boundary}--\r\n`,
  },
  /** A blank behind the file's name, no line break at the end. */
  'multipart-php': {
    type: `multipart/form-data; charset=UTF-8; boundary=${boundary}`,
    text: (name: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`,
    file: (name: string, { fileName, contentType }: PlannedFile) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${fileName}" \r\nContent-Type: ${contentType}\r\n\r\n`,
    after: '\r\n',
    end: `--${boundary}--`,
  },
  /** Everything in the body; a file is called as its parameter. */
  'multipart-node': {
    type: `multipart/form-data; boundary=${boundary}`,
    text: (name: string) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n`,
    file: (name: string, { contentType }: PlannedFile) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"; filename="${name}"\r\nContent-Type: ${contentType}\r\n\r\n`,
    after: '\r\n',
    end: `--${boundary}--\r\n`,
  },
} as const

function multipart(
  carrier: keyof typeof manners,
  texts: TextParams,
  files: Readonly<Record<string, PlannedFile>>,
  headers: Readonly<Record<string, string>>,
): Pick<Carried, 'headers' | 'body'> {
  const manner = manners[carrier]
  const pieces: (string | Uint8Array)[] = []
  for (const [name, text] of Object.entries(texts)) {
    pieces.push(manner.text(name), text, manner.after)
  }
  for (const [name, file] of Object.entries(files)) {
    pieces.push(manner.file(name, file), bytesOf(file), manner.after)
  }
  pieces.push(manner.end)
  return {
    headers: { 'content-type': manner.type, ...headers },
    body: Buffer.concat(pieces.map((piece) => Buffer.from(piece as string))),
  }
}

const bytesOf = ({ base64, size = 0 }: PlannedFile): Uint8Array =>
  base64 === undefined ? new Uint8Array(size) : Buffer.from(base64, 'base64')

function buildBatch(
  call: PlannedCall,
  common: Record<string, string>,
  caller: Caller,
): BuiltRequest {
  const { batch = [], params = {}, signMethod = 'md5', separator } = call
  const body = writeBatch(
    batch.map((one) => ({ method: one.method, ...one.params })),
    params,
    separator ?? batchSeparator,
  )
  const sent = { ...common, ...signOf(common, caller.appSecret, signMethod, call.sign, body) }
  return {
    verb: 'POST',
    path: `/router/batch?${urlencoded(sent)}`,
    headers: {
      'content-type': 'text/plain;charset=UTF-8',
      ...(separator !== undefined && { 'top-api-separator': separator }),
      ...call.headers,
    },
    body,
    params: sent,
  }
}
