import {
  formatTime,
  itemAdd,
  type ProfileName,
  type SignMethod,
  sign,
} from '../../src/contracts/index.ts'
import type { Gateway } from '../../src/server/index.ts'

/** Whatever answers requests: a gateway in this process, or {@link over} a socket. */
export interface Target {
  readonly fetch: (request: Request) => Promise<Response>
}

/** Who calls, and how; the documentation's own app where nothing else is said. */
export interface Caller {
  readonly app?: string
  readonly secret?: string
  /** `null` sends none. */
  readonly session?: string | null
  /** `null` sends no `sign_method`. */
  readonly signMethod?: SignMethod | null
  /** `null` sends none. */
  readonly format?: 'json' | 'xml' | null
  /** @default the gateway's own time */
  readonly timestamp?: string
  readonly verb?: string
  readonly headers?: Readonly<Record<string, string>>
}

export type Params = Record<string, string>

/** The guide article's app. */
export const article: Caller = {
  app: 'YOUR_APP_KEY',
  secret: 'YOUR_SECRET_KEY',
  session: 'YOUR_SESSION_TOKEN',
}
/** Another seller, through the documentation's app. */
export const neighbour: Caller = { session: 'test-neighbour' }
/** An item that both profiles accept. */
export const phone: Params = itemAdd.example

export const bothProfiles: readonly ProfileName[] = ['guide', 'production']

export interface Reply {
  readonly status: number
  readonly headers: Headers
  readonly text: string
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  readonly json: any
  /** What stands under the root of a success, JSON only. */
  // biome-ignore lint/suspicious/noExplicitAny: as above
  readonly answer: any
  /** What stands under `error_response`, in either format; `code` is always a text in XML. */
  readonly error: Readonly<Record<string, string | number>> | undefined
}

/** All parameters of a call, signed. */
export function signedParams(
  target: Target | Gateway,
  method: string,
  params: Params = {},
  caller: Caller = {},
): Params {
  const { app = '12345678', secret = 'helloworld', session = 'test', format = 'json' } = caller
  const { signMethod = 'md5' } = caller
  const now = 'clock' in target ? target.clock.state().time : formatTime(Date.now())
  const all: Params = {
    method,
    app_key: app,
    timestamp: caller.timestamp ?? now,
    v: '2.0',
    ...(session !== null && { session }),
    ...(format !== null && { format }),
    ...(signMethod !== null && { sign_method: signMethod }),
    ...params,
  }
  return { ...all, sign: sign(all, secret, signMethod ?? 'md5') }
}

/** Sends parameters as they are: in the query of a GET, in the form of anything else. */
export function send(
  target: Target,
  params: Params | URLSearchParams,
  { verb = 'POST', headers = {} }: Pick<Caller, 'verb' | 'headers'> = {},
): Promise<Reply> {
  const form = new URLSearchParams(params)
  const url = 'http://localhost/router/rest'
  return request(
    target,
    verb === 'GET'
      ? new Request(`${url}?${form}`, { headers })
      : new Request(url, { method: verb, body: form, headers }),
  )
}

export async function request(target: Target, asked: Request): Promise<Reply> {
  const response = await target.fetch(asked)
  const text = await response.text()
  const json = text.startsWith('{') ? JSON.parse(text) : undefined
  return {
    status: response.status,
    headers: response.headers,
    text,
    json,
    answer: json && Object.values(json)[0],
    error: json ? json.error_response : errorInXml(text),
  }
}

/** A signed call. */
export const call = (
  target: Target | Gateway,
  method: string,
  params: Params = {},
  caller: Caller = {},
): Promise<Reply> => send(target, signedParams(target, method, params, caller), caller)

/** Publishes an item and answers its number. */
export async function addItem(
  target: Target | Gateway,
  params: Params = {},
  caller: Caller = {},
): Promise<string> {
  const reply = await call(target, 'taobao.item.add', { ...phone, ...params }, caller)
  if (reply.error) throw new Error(`item.add was refused: ${reply.text}`)
  return String(reply.answer.item.num_iid)
}

/** A gateway behind a socket as a target. */
export const over = (url: string): Target => ({
  fetch: async (asked) => {
    const { pathname, search } = new URL(asked.url)
    const body = asked.body === null ? undefined : Buffer.from(await asked.arrayBuffer())
    return fetch(url + pathname + search, {
      method: asked.method,
      headers: asked.headers,
      ...(body && { body }),
    })
  },
})

function errorInXml(text: string): Reply['error'] {
  const inner = /<error_response>(.*)<\/error_response>/s.exec(text)?.[1]
  if (inner === undefined) return undefined
  return Object.fromEntries(
    [...inner.matchAll(/<(\w+)>([^<]*)<\/\1>/g)].map(([, name = '', value = '']) => [name, value]),
  )
}

/** `code` as a profile writes it: the platform's number, or the article's name. */
export const codeIn = (profile: ProfileName, code: keyof typeof guideCodes): number | string =>
  profile === 'guide' ? guideCodes[code] : code

const guideCodes = {
  7: 429,
  9: 'http_action_not_allowed',
  11: 'insufficient_isv_permissions',
  15: 'remote_service_error',
  21: 'missing_method',
  22: 'invalid_method',
  23: 'invalid_format',
  24: 'missing_signature',
  25: 'invalid_signature',
  26: 'missing_session',
  27: 'invalid_session',
  28: 'missing_app_key',
  29: 'invalid_app_key',
  30: 'missing_timestamp',
  31: 'invalid_timestamp',
  32: 'missing_version',
  33: 'invalid_version',
  34: 'unsupported_version',
  40: 'missing_parameter',
  41: 'invalid_arguments',
  42: 'insufficient_session_permissions',
  43: 'parameter_error',
  47: 'invalid_encoding',
} as const

/** Ends when calls that were sent before have gone as far as they can: also over a store that others share. */
export async function settled(gateway: { snapshot(): Promise<unknown> }): Promise<void> {
  for (let turn = 0; turn < 20; turn++) {
    await gateway.snapshot()
    await new Promise((next) => setImmediate(next))
  }
}
