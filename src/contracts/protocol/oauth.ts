import * as z from 'zod'
import { assumed, documented, type Fidelity, observed } from '../fidelity.ts'
import { sign } from './sign.ts'

/** Where OAuth is answered; the platform has these paths at oauth.taobao.com. */
export const oauthPaths = {
  authorize: '/authorize',
  token: '/token',
  logoff: '/logoff',
  /** Where the client-side flow lands when the app names no `redirect_uri`. */
  landing: '/oauth2',
} as const

/** How long an authorisation code may wait for its exchange, in milliseconds. */
export const codeLifetime = 30 * 60 * 1000

/** Security levels of APIs: reading and writing, plain and sensitive. */
export const securityLevels = ['r1', 'r2', 'w1', 'w2'] as const
export type SecurityLevel = (typeof securityLevels)[number]

/** How `/authorize` is laid out: desktop, Tmall, phone. */
export const authorizeViews = ['web', 'tmall', 'wap'] as const
export type AuthorizeView = (typeof authorizeViews)[number]

const rfc = assumed('RFC 6749; the platform is not known to say otherwise')

/** A refusal of the OAuth endpoints; `{name}` in the description is filled in by {@link oauthError}. */
export interface OAuthErrorRow extends Fidelity {
  readonly error: string
  readonly description: string
}

/** The refusals of `/authorize`, `/token` and the token methods. */
export const oauthErrors = {
  'client-unknown': {
    error: 'invalid_client',
    description: 'client_id is invalidate',
    ...assumed('in the words of client_secret is invalidate'),
  },
  'secret-wrong': {
    error: 'invalid_client',
    description: 'client_secret is invalidate',
    ...observed('public code lists it'),
  },
  'callback-mismatch': {
    error: 'invalid_client',
    description: 'application callback can not match the redirect_uri',
    ...documented('FAQ, article 120'),
  },
  'redirect-invalid': {
    error: 'invalid_client',
    description: 'redirect_uri is invalidate',
    ...observed('public code lists it'),
  },
  'user-not-allowed': {
    error: '1001',
    description: 'this application does not allow the current user',
    ...documented('FAQ, article 120: page error 1001; the words are ours'),
  },
  'code-invalid': {
    error: 'invalid_client',
    description: 'authorize code {code} invalidate,please authorize again.',
    ...documented('FAQ, article 120; for an unknown code or that of another app assumed'),
  },
  'code-expired': {
    error: 'invalid_client',
    description: 'authorize code expire',
    ...observed('public code lists it'),
  },
  'refresh-invalid': {
    error: 'invalid_grant',
    description: 'refresh_token is invalidate',
    ...rfc,
  },
  'refresh-expired': { error: 'invalid_grant', description: 'refresh_token expire', ...rfc },
  'refresh-not-allowed': {
    error: 'invalid_grant',
    description: 'this application can not refresh the token',
    ...assumed('that re_expires_in 0 means so is documented; the answer is not known'),
  },
  'parameter-missing': {
    error: 'invalid_request',
    description: '{parameter} is missing',
    ...rfc,
  },
  'seller-unknown': {
    error: 'invalid_request',
    description: 'no such seller',
    ...assumed('on the platform people log in; localtop_approve is a tool of LocalTOP'),
  },
  'choice-missing': {
    error: 'invalid_request',
    description: 'neither approved nor refused',
    ...assumed('the form is ours'),
  },
  'origin-foreign': {
    error: 'access_denied',
    description: 'the form came from another site',
    ...assumed('keeps web pages from approving; the platform has its own ways'),
  },
  'body-too-large': {
    error: 'invalid_request',
    description: 'the body is too large',
    ...assumed('64 KB; the limit of the platform is not known'),
  },
  'verb-wrong': { error: 'invalid_request', description: 'only POST is answered here', ...rfc },
  'grant-unsupported': {
    error: 'unsupported_grant_type',
    description: 'grant_type must be authorization_code or refresh_token',
    ...rfc,
  },
  'response-unsupported': {
    error: 'unsupported_response_type',
    description: 'response_type must be code or token',
    ...rfc,
  },
  'access-denied': { error: 'access_denied', description: 'the user refused', ...rfc },
  'server-error': { error: 'server_error', description: 'the change could not be kept', ...rfc },
} as const satisfies Readonly<Record<string, OAuthErrorRow>>
export type OAuthErrorName = keyof typeof oauthErrors

/** The refusals that `/token` gives. */
export const tokenErrorNames = [
  'client-unknown',
  'secret-wrong',
  'redirect-invalid',
  'code-invalid',
  'code-expired',
  'refresh-invalid',
  'refresh-expired',
  'refresh-not-allowed',
  'parameter-missing',
  'grant-unsupported',
  'server-error',
] as const satisfies readonly OAuthErrorName[]
export type TokenErrorName = (typeof tokenErrorNames)[number]

/** A failure as `/token` writes it. */
export interface OAuthError {
  readonly error: string
  readonly error_description: string
}

/** Fills a row of {@link oauthErrors}. */
export function oauthError(
  name: OAuthErrorName,
  fill: Readonly<Record<string, string>> = {},
): OAuthError {
  const { error, description } = oauthErrors[name]
  return {
    error,
    error_description: description.replaceAll(
      /\{(\w+)\}/g,
      (hole, key: string) => fill[key] ?? hole,
    ),
  }
}

/** How OAuth behaves here, and how sure we are that the platform does so too. */
export const oauthFacts = {
  'code lives 30 minutes and works once': documented('OAuth page, as public code quotes it'),
  'a refused exchange does not use the code up': assumed('not said anywhere'),
  'redirect_uri within the top-level domain of the callback': documented(
    'article 102635; that scheme, port and path do not matter, and what a top-level domain is, assumed',
  ),
  'an app without callbacks may redirect to this machine only': assumed(
    'the platform has one for every app; localhost, 127.0.0.0/8, [::1], *.localhost, *.test here',
  ),
  'redirect_uri of /token equals that of /authorize': observed(
    'public code: redirect_uri is invalidate',
  ),
  'client-side flow without redirect_uri lands at /oauth2': observed('logged addresses'),
  'fragment and its order, state always in it': observed('logged addresses'),
  'top_sign is over the decoded values': assumed('the algorithm is observed, the decoding is not'),
  'a refusal redirects with error=access_denied': rfc,
  'faults before the redirect are a page with HTTP 400': assumed(
    'the page is documented, its status not',
  ),
  'failures of /token are JSON with HTTP 400': observed(
    'comment and code of the official Java SDK',
  ),
  '/token answers application/json;charset=UTF-8': assumed('no header was ever logged'),
  '/token reads query and body together': observed('public code posts either'),
  '/token refuses GET': assumed('the documents say POST, and nobody is seen to do otherwise'),
  'types of the token, nick urlencoded, ids as texts': observed('logged payloads'),
  'expire_time and *_valid in milliseconds, in /token too': observed('payloads of 2015 to 2018'),
  'hra_expires_in beside them, a text': observed('older payloads'),
  'all levels last as long as the session, 24 hours': assumed(
    'differs per app; chosen so that nothing surprises, settable as token of an app',
  ),
  're_expires_in 2592000': observed('a payload; differs per app, settable'),
  'a refresh ends the old refresh token': documented('OAuth page, as public code quotes it'),
  'a refresh leaves the old session until it ends by itself': assumed('not said anywhere'),
  're_expires_in 0 cannot be refreshed': documented('article 102635'),
  'a session whose level has ended answers 42': assumed('27 is for the session as a whole'),
  'reading methods are r1, writing ones w1': assumed('the levels of methods are not published'),
  'methods without authorisation have no level': assumed('not said anywhere'),
  'token_result of the token methods is the answer of /token': documented('their catalogue page'),
  'token methods refuse with 15 isv.invalid-parameter': assumed('no payload was ever logged'),
  'a code belongs to the app that calls': assumed('follows from RFC 6749'),
  'logoff keeps the authorisation': observed('public code: it clears the cookie of the site'),
  'session keys of about 56 characters end with the user id': observed('logged payloads'),
} as const satisfies Readonly<Record<string, Fidelity>>

const seconds = z
  .int()
  .nonnegative()
  .max(100 * 365 * 86_400)

/** How long what an app is given lasts, in seconds, as a world says it. */
export const tokenSettings = z
  .strictObject({
    /** The session. 86400 by default. */
    expires_in: seconds.min(1),
    /** The refresh token; 0 means that it cannot be used. 2592000 by default. */
    re_expires_in: seconds,
    /** Methods of one security level; as long as the session by default. 0 means not at all. */
    r1_expires_in: seconds,
    r2_expires_in: seconds,
    w1_expires_in: seconds,
    w2_expires_in: seconds,
    /** Said in the answer and otherwise without effect; as long as the session by default. */
    hra_expires_in: seconds,
  })
  .partial()
export type TokenSettings = z.output<typeof tokenSettings>

/** Settings with every default filled in, in seconds. */
export function tokenLifetimes({
  expires_in = 86_400,
  re_expires_in = 2_592_000,
  r1_expires_in = expires_in,
  r2_expires_in = expires_in,
  w1_expires_in = expires_in,
  w2_expires_in = expires_in,
  hra_expires_in = expires_in,
}: TokenSettings = {}) {
  return {
    expires_in,
    re_expires_in,
    r1_expires_in,
    r2_expires_in,
    w1_expires_in,
    w2_expires_in,
    hra_expires_in,
  }
}

/** What `/token` and the token methods answer. */
export interface TokenAnswer {
  readonly access_token: string
  readonly token_type: 'Bearer'
  readonly expires_in: number
  readonly expire_time: number
  readonly refresh_token: string
  readonly re_expires_in: number
  readonly refresh_token_valid_time: number
  readonly r1_expires_in: number
  readonly r1_valid: number
  readonly r2_expires_in: number
  readonly r2_valid: number
  readonly w1_expires_in: number
  readonly w1_valid: number
  readonly w2_expires_in: number
  readonly w2_valid: number
  readonly hra_expires_in: string
  readonly taobao_user_id: string
  readonly taobao_user_nick: string
}

const readSeconds = z.union([
  z.int().nonnegative(),
  z
    .string()
    .regex(/^\d{1,12}$/)
    .transform(Number),
])
const readText = z.union([z.string(), z.int().transform(String)])

/** A token as a client reads it: what differs between apps and ages of the platform may be absent. */
export const tokenAnswer = z.looseObject({
  access_token: z.string().min(1),
  token_type: z.string().default('Bearer'),
  expires_in: readSeconds,
  refresh_token: z.string().optional(),
  re_expires_in: readSeconds.default(0),
  r1_expires_in: readSeconds.optional(),
  r2_expires_in: readSeconds.optional(),
  w1_expires_in: readSeconds.optional(),
  w2_expires_in: readSeconds.optional(),
  hra_expires_in: readSeconds.optional(),
  taobao_user_id: readText.optional(),
  taobao_user_nick: z.string().optional(),
  taobao_open_uid: z.string().optional(),
  sub_taobao_user_id: readText.optional(),
  sub_taobao_user_nick: z.string().optional(),
})

/** A nick as `/token` writes it, and back; what is no urlencoded UTF-8 stays as it is. */
export const encodeNick = encodeURIComponent
export function decodeNick(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '))
  } catch {
    return text
  }
}

/**
 * The fragment of the client-side flow, without its `#`.
 *
 * @param rawState the `state` as it stood in the address, still encoded
 */
export function tokenFragment(answer: TokenAnswer, rawState: string, secret: string): string {
  const fields: Record<string, string> = {
    access_token: answer.access_token,
    token_type: answer.token_type,
    expires_in: String(answer.expires_in),
    refresh_token: answer.refresh_token,
    re_expires_in: String(answer.re_expires_in),
    r1_expires_in: String(answer.r1_expires_in),
    r2_expires_in: String(answer.r2_expires_in),
    taobao_user_id: answer.taobao_user_id,
    taobao_user_nick: decodeNick(answer.taobao_user_nick),
    w1_expires_in: String(answer.w1_expires_in),
    w2_expires_in: String(answer.w2_expires_in),
  }
  const signature = sign({ ...fields, state: decodeNick(rawState) }, secret, 'md5')
  const pairs = Object.entries(fields).map(
    ([name, value]) => `${name}=${encodeURIComponent(value)}`,
  )
  return [...pairs, `state=${rawState}`, `top_sign=${signature}`].join('&')
}

/**
 * A parameter as it stands in a query or urlencoded body, still encoded: so `state` comes back byte by
 * byte, in whatever encoding its sender wrote it.
 */
export function rawParameter(text: string, name: string): string | undefined {
  const pair = text.split('&').find((one) => one.startsWith(`${name}=`) || one === name)
  return pair?.slice(name.length + 1)
}

/** A `redirect_uri` that can be redirected to: http or https, without a password; `undefined` for any other. */
export function readRedirectUri(text: string): URL | undefined {
  if (!/^https?:\/\//i.test(text) || !URL.canParse(text)) return undefined
  const url = new URL(text)
  return url.username === '' && url.password === '' ? url : undefined
}

/** The host of a callback as people register it: an address, or a bare domain. `undefined` for what is neither. */
export function callbackHost(text: string): string | undefined {
  if (/[\s@]/.test(text)) return undefined
  const address = /^https?:\/\//i.test(text) ? text : `http://${text}`
  if (!URL.canParse(address) || (address !== text && /[/?#]/.test(text))) return undefined
  return new URL(address).hostname
}

/**
 * Whether an app may be redirected to an address: it must lie in the top-level domain of one of its
 * callbacks. An app that has registered none may redirect to this machine, so that no gateway sends
 * people elsewhere unasked.
 */
export function mayRedirect(url: URL, callbacks: readonly string[] | undefined): boolean {
  const host = url.hostname
  if (!callbacks) return /^(localhost|127(\.\d{1,3}){3}|\[::1\]|.+\.(localhost|test))$/.test(host)
  return callbacks.some((one) => topLevelDomain(callbackHost(one) ?? '') === topLevelDomain(host))
}

/** Registries below a country that hand out names: `shop.com.cn` belongs to another than `com.cn`. */
const secondLevel = new Set([
  'ac',
  'co',
  'com',
  'edu',
  'go',
  'gov',
  'mil',
  'ne',
  'net',
  'or',
  'org',
])

/** What the platform calls a top-level domain: `example.com` for `shop.example.com`. */
function topLevelDomain(host: string): string {
  // An address of IPv6 has no dots, and so is whole in any case.
  if (/^[\d.]+$/.test(host)) return host
  const labels = host.replace(/\.$/, '').split('.')
  const underCountry = labels.at(-1)?.length === 2 && secondLevel.has(labels.at(-2) ?? '')
  return labels.slice(underCountry ? -3 : -2).join('.')
}

/** An address with what the platform adds to its query; a fragment of its own is dropped. */
export function withQuery(url: URL, query: string): string {
  const [address = ''] = url.href.split('#')
  const glue = !address.includes('?') ? '?' : /[?&]$/.test(address) ? '' : '&'
  return address + glue + query
}

/** An address with what the client-side flow puts behind `#`. */
export const withFragment = (url: URL, fragment: string) => `${url.href.split('#')[0]}#${fragment}`
