import { OptionError } from '../contracts/problems.ts'
import type { ProfileName } from '../contracts/profile.ts'
import type { SignMethod } from '../contracts/protocol/sign.ts'
import { type Rate, rateOption } from '../contracts/rate.ts'
import type { TopResponseError } from './errors.ts'
import type { TopToken } from './oauth.ts'

/** What {@link createClient} can be told. */
export interface ClientOptions {
  /** The gateway: `http://127.0.0.1:7070`, or with its path `/router/rest`. */
  readonly url: string
  readonly appKey: string
  readonly appSecret: string
  /** The seller's session; a call may give another. */
  readonly session?: string | undefined
  /** @default 'md5' */
  readonly signMethod?: SignMethod
  /** Which gateway it is: decides what a request must carry. @default 'production' */
  readonly profile?: ProfileName
  /** How long one attempt may take, in milliseconds. @default 30000 */
  readonly timeoutMs?: number
  /** Never send faster than this, as in `100/min`: calls wait their turn. @default 'off' */
  readonly rateLimit?: string | undefined
  readonly retry?: RetryOptions
  /**
   * Asked for a new session when the platform refuses the present one (codes 26, 27, 42, 44); the call
   * is then repeated once. Calls refused at the same time share one answer.
   */
  readonly refreshSession?: ((refused: TopResponseError) => Promise<string> | string) | undefined
  /**
   * Where no `refreshSession` is given, a refused session is refreshed with this, once; a new token
   * brings its own.
   */
  readonly refreshToken?: string | undefined
  /**
   * Told of every new token, so that its session and refresh token can be kept; whoever asked for the
   * token waits until this is done.
   */
  readonly onToken?: ((token: TopToken) => Promise<void> | void) | undefined
  /**
   * Where `/authorize` and `/token` are.
   * @default the gateway's own origin; https://oauth.taobao.com and https://oauth.tbsandbox.com for the platform's hosts
   */
  readonly authUrl?: string | undefined
  /** Replaces the global `fetch`: for a gateway in this process. */
  readonly fetch?: (url: string, init: RequestInit) => Promise<Response> | Response
  /** The time that goes into `timestamp`, in milliseconds. @default Date.now */
  readonly now?: () => number
  /** Chance for the jitter of back-off, in [0, 1). @default Math.random */
  readonly random?: () => number
  /** Waits; replaced in tests. @default a timer */
  readonly sleep?: (ms: number, signal?: AbortSignal) => Promise<void>
}

export interface RetryOptions {
  /** How often one call is sent at the most. @default 4 */
  readonly attempts?: number
  /** The first back-off, in milliseconds; it doubles each time. @default 500 */
  readonly firstWaitMs?: number
  /** @default 30000 */
  readonly longestWaitMs?: number
  /** A longer ban is not waited for but thrown, in seconds. @default 120 */
  readonly longestBanSeconds?: number
}

/** {@link ClientOptions} with every default filled in. */
export interface Settings {
  readonly endpoint: string
  /** Without a slash at its end. */
  readonly authUrl: string
  readonly appKey: string
  readonly appSecret: string
  readonly signMethod: SignMethod
  readonly profile: ProfileName
  readonly timeoutMs: number
  readonly rate: Rate | 'off'
  readonly retry: Required<RetryOptions>
  readonly fetch: NonNullable<ClientOptions['fetch']>
  readonly now: () => number
  readonly random: () => number
  readonly sleep: NonNullable<ClientOptions['sleep']>
}

/** @throws OptionError naming the option that cannot be used */
export function settingsOf(options: ClientOptions): Settings {
  return {
    endpoint: endpointOf(options.url),
    authUrl: authUrlOf(options),
    appKey: options.appKey,
    appSecret: options.appSecret,
    signMethod: options.signMethod ?? 'md5',
    profile: options.profile ?? 'production',
    timeoutMs: options.timeoutMs ?? 30_000,
    rate: rateOption(options.rateLimit ?? 'off'),
    retry: {
      attempts: 4,
      firstWaitMs: 500,
      longestWaitMs: 30_000,
      longestBanSeconds: 120,
      ...options.retry,
    },
    fetch: options.fetch ?? fetch,
    now: options.now ?? Date.now,
    random: options.random ?? Math.random,
    sleep: options.sleep ?? sleepFor,
  }
}

function endpointOf(text: string): string {
  if (!URL.canParse(text))
    throw new OptionError(`url was "${text}"; expected one such as http://127.0.0.1:7070`)
  const url = new URL(text)
  if (url.pathname === '/') url.pathname = '/router/rest'
  return url.href
}

function authUrlOf({ url, authUrl }: ClientOptions): string {
  if (authUrl !== undefined) {
    if (!URL.canParse(authUrl))
      throw new OptionError(`authUrl was "${authUrl}"; expected one such as http://127.0.0.1:7070`)
    return authUrl.replace(/\/+$/, '')
  }
  const { origin, hostname } = new URL(url)
  const [, domain] = /(?:^|\.)(taobao|tbsandbox)\.com$/.exec(hostname) ?? []
  return domain === undefined ? origin : `https://oauth.${domain}.com`
}

function sleepFor(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason)
    const timer = setTimeout(resolve, ms)
    signal?.addEventListener(
      'abort',
      () => {
        clearTimeout(timer)
        reject(signal.reason)
      },
      { once: true },
    )
  })
}
