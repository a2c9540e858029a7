import http from 'node:http'
import { createRequire } from 'node:module'
import { connect } from 'node:net'

// Public clients of the platform, as their packages come: nothing of them is replaced. What each of
// them wants to be told, and in which form it tells of an error, is brought into one shape here.

const require = createRequire(import.meta.url)

/** Values as callers of these packages give them: numbers and structures too. */
type Values = Readonly<Record<string, unknown>>

/** What came of a call, as the client tells it. */
type Outcome =
  /** What stands under the root of the answer. */
  | { readonly answer: Answer; readonly refusal?: undefined }
  | { readonly answer?: undefined; readonly refusal: Refusal }

// biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
type Answer = any

interface Refusal {
  readonly code: unknown
  readonly subCode: unknown
  /** Everything that the client says in words. */
  readonly words: string
  /** The error in the client's own form. */
  readonly raw: unknown
}

/** Who calls where. The session is sent with every call. */
export interface Account {
  /** `http://127.0.0.1:NNNN` */
  readonly url: string
  readonly appKey: string
  readonly appSecret: string
  readonly session: string
}

export type Call = (method: string, values?: Values) => Promise<Outcome>

/** One way of calling with one package. */
export interface NpmClient {
  /** The package, and which of its ways. */
  readonly name: string
  readonly open: (account: Account) => Call
  /** Makes a file parameter of bytes; absent where the package cannot send files. */
  readonly file?: (bytes: Buffer) => unknown
  /** A number beyond 2^53 comes as its digits; the others round it. */
  readonly keepsLongNumbers?: true
  /** Its connections are of an agent of its own, always kept alive. */
  readonly ownAgent?: true
  /** Calls port 80 whatever it is told. */
  readonly portless?: true
}

type Callback = (error: unknown, response?: unknown) => void

interface AliTopsdk {
  readonly ApiClient: new (options: {
    readonly appkey: string
    readonly appsecret: string
    readonly url: string
  }) => {
    execute(method: string, values: Values, callback: Callback): void
    get(method: string, values: Values, callback: Callback): void
  }
}

interface NodeTaobaoTopclient {
  readonly default: new (options: {
    readonly appkey: string
    readonly appsecret: string
    readonly REST_URL: string
  }) => { execute(method: string, values: Values, verb?: string): Promise<unknown> }
}

type Topsdk = new (
  key: string,
  secret: string,
  options: { readonly endpoint: string; readonly useValidators?: boolean },
) => {
  execute(
    method: string,
    values: Values,
    type?: string,
  ): Promise<unknown> & {
    pipe(into: NodeJS.WritableStream): unknown
  }
}

type TaobaoCall = (
  http: { readonly method: 'get' | 'post' },
  values: Values,
  done: (data: unknown) => void,
) => void
interface Taobao {
  config(settings: Readonly<Record<string, string>>): void
  readonly core: { readonly call: TaobaoCall }
  readonly itemAdd: TaobaoCall
  readonly itemsOnsaleGet: TaobaoCall
}

export const packages = {
  aliTopsdk: require('ali-topsdk') as AliTopsdk,
  nodeTaobaoTopclient: require('node-taobao-topclient') as NodeTaobaoTopclient,
  topsdk: require('topsdk') as Topsdk,
  taobao: require('taobao') as Taobao,
}

const rest = ({ url }: Account) => `${url}/router/rest`

/** The official Node line. */
export function aliTopsdk(account: Account, way: 'execute' | 'get'): Call {
  const client = new packages.aliTopsdk.ApiClient({
    appkey: account.appKey,
    appsecret: account.appSecret,
    url: rest(account),
  })
  return (method, values) =>
    new Promise((resolve) =>
      client[way](method, { session: account.session, ...values }, (error, answer) =>
        resolve(error ? { refusal: refusalOf(error) } : { answer }),
      ),
    )
}

export function nodeTaobaoTopclient(account: Account, verb?: string): Call {
  const client = new packages.nodeTaobaoTopclient.default({
    appkey: account.appKey,
    appsecret: account.appSecret,
    REST_URL: rest(account),
  })
  return (method, values) =>
    settled(client.execute(method, { session: account.session, ...values }, verb))
}

/** @param checks whether the package looks at parameters itself before it sends them, its default */
export function topsdk(account: Account, type?: string, checks = false): Call {
  const client = new packages.topsdk(account.appKey, account.appSecret, {
    endpoint: rest(account),
    ...(!checks && { useValidators: false }),
  })
  return (method, values) =>
    settled(client.execute(method, { session: account.session, ...values }, type))
}

/**
 * It can be told a host, not a port ({@link useAgent} leads it there), and keeps its settings for the
 * whole process.
 */
export function taobao(account: Account, verb: 'get' | 'post'): Call {
  return (method, values) => {
    packages.taobao.config({
      app_key: account.appKey,
      app_secret: account.appSecret,
      session: account.session,
      httpRealHost: '127.0.0.1',
    })
    return new Promise((resolve) =>
      packages.taobao.core.call({ method: verb }, { method, ...values }, (data) => {
        const [[root, below] = []] = Object.entries(data as object)
        resolve(root === 'error_response' ? { refusal: refusalOf(below, data) } : { answer: below })
      }),
    )
  }
}

/** Every way of calling that these packages have and that works at all. */
export const npmClients: readonly NpmClient[] = [
  {
    name: 'ali-topsdk execute (POST, multipart)',
    open: (account) => aliTopsdk(account, 'execute'),
    file: (bytes) => bytes,
  },
  {
    name: 'node-taobao-topclient POST',
    open: (account) => nodeTaobaoTopclient(account),
  },
  {
    name: 'node-taobao-topclient GET',
    open: (account) => nodeTaobaoTopclient(account, 'GET'),
  },
  {
    name: 'topsdk POST',
    open: (account) => topsdk(account),
    keepsLongNumbers: true,
    ownAgent: true,
  },
  {
    name: 'topsdk FILE_UPLOAD (POST, multipart)',
    open: (account) => topsdk(account, 'FILE_UPLOAD'),
    file: (bytes) => ({
      value: bytes,
      options: { filename: 'image', contentType: 'application/octet-stream' },
    }),
    keepsLongNumbers: true,
    ownAgent: true,
  },
  { name: 'taobao GET', open: (account) => taobao(account, 'get'), portless: true },
  { name: 'taobao POST (chunked)', open: (account) => taobao(account, 'post'), portless: true },
]

async function settled(answering: Promise<unknown>): Promise<Outcome> {
  try {
    return { answer: await answering }
  } catch (error) {
    return { refusal: refusalOf(error) }
  }
}

function refusalOf(error: unknown, raw = error): Refusal {
  const { code, sub_code, msg, sub_msg, message } = error as Readonly<Record<string, unknown>>
  const words = [message, msg, sub_msg].filter((text) => text !== undefined).join('; ')
  return { code, subCode: sub_code, words, raw }
}

const nodesOwn = http.globalAgent

/**
 * Replaces Node's agent for all, which every package uses that brings none; {@link restoreAgent} puts it back.
 *
 * @param leadTo where all connections go whatever they were meant for, as a hosts file and a forwarded port would do
 */
export function useAgent({
  keepAlive = true,
  leadTo,
}: {
  keepAlive?: boolean
  leadTo?: string
}): void {
  restoreAgent()
  const agent = new http.Agent({ keepAlive })
  if (leadTo !== undefined) {
    const { hostname, port } = new URL(leadTo)
    agent.createConnection = () => connect(Number(port), hostname)
  }
  http.globalAgent = agent
}

export function restoreAgent(): void {
  if (http.globalAgent === nodesOwn) return
  http.globalAgent.destroy()
  http.globalAgent = nodesOwn
}
