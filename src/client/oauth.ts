import type * as z from 'zod'
import { problemsOf } from '../contracts/problems.ts'
import { parseJson } from '../contracts/protocol/json.ts'
import {
  type AuthorizeView,
  decodeNick,
  oauthPaths,
  tokenAnswer,
} from '../contracts/protocol/oauth.ts'
import { TopAuthError, TopShapeError, TopTransportError } from './errors.ts'
import type { Settings } from './options.ts'
import { exchange } from './transport.ts'

/** What {@link TopClient.authorizeUrl} can be told. */
export interface AuthorizeOptions {
  /** Where the browser comes back to; must lie in the app's registered callback domain. */
  readonly redirectUri: string
  /** Comes back unchanged: put something there that nobody can guess, and compare it. */
  readonly state?: string | undefined
  /** The layout of the page. @default the platform's, `web` */
  readonly view?: AuthorizeView | undefined
  /** `token` puts the token into the address behind `#`. @default 'code' */
  readonly responseType?: 'code' | 'token' | undefined
}

/** How long something of a token lasts: as the platform says it, and when that is. */
export interface TokenSpan {
  /** Seconds from the moment the token came. */
  readonly expiresIn: number
  /** Milliseconds since the epoch, on the client's own clock. */
  readonly expiresAt: number
}

/** A seller's authorisation as `/token` gives it. */
export interface TopToken extends TokenSpan {
  /** The session of calls. */
  readonly session: string
  readonly tokenType: string
  readonly refreshToken: string | undefined
  /** 0 seconds: the token cannot be refreshed. */
  readonly refresh: TokenSpan
  /** The security levels of APIs, reading and writing; a level that has ended is refused with 42. */
  readonly levels: {
    readonly r1: TokenSpan | undefined
    readonly r2: TokenSpan | undefined
    readonly w1: TokenSpan | undefined
    readonly w2: TokenSpan | undefined
  }
  /** The seller's name, decoded. */
  readonly nick: string | undefined
  /** Digits, as text because they may pass 2^53; newer apps get {@link openUid} instead. */
  readonly userId: string | undefined
  readonly openUid: string | undefined
  /** Present where a sub-account has authorised. */
  readonly subNick: string | undefined
  readonly subUserId: string | undefined
}

/** The address of the consent page. */
export function authorizeUrl(
  { authUrl, appKey }: Settings,
  { redirectUri, state, view, responseType = 'code' }: AuthorizeOptions,
): string {
  const query = new URLSearchParams({
    response_type: responseType,
    client_id: appKey,
    redirect_uri: redirectUri,
  })
  if (state !== undefined) query.set('state', state)
  if (view !== undefined) query.set('view', view)
  return `${authUrl}${oauthPaths.authorize}?${query}`
}

/** What is handed in for a token. */
type Grant =
  | {
      readonly grant_type: 'authorization_code'
      readonly code: string
      readonly redirect_uri: string
    }
  | { readonly grant_type: 'refresh_token'; readonly refresh_token: string }

/**
 * Asks `/token`, once: a lost answer may have used the code or refresh token up.
 *
 * @throws TopAuthError for the platform's refusal; TopTransportError, TopShapeError
 */
export async function fetchToken(
  grant: Grant,
  settings: Settings,
  signal?: AbortSignal,
): Promise<TopToken> {
  const { authUrl, appKey, appSecret } = settings
  const body = new URLSearchParams({ ...grant, client_id: appKey, client_secret: appSecret })
  const name = grant.grant_type
  const answer = await exchange(name, `${authUrl}${oauthPaths.token}`, { body }, settings, signal)
  return tokenOf(readAnswer(name, answer), settings.now())
}

function readAnswer(
  name: string,
  { status, body }: { readonly status: number; readonly body: string },
): z.output<typeof tokenAnswer> {
  let answer: unknown
  try {
    answer = parseJson(body)
  } catch {
    if (status !== 200) throw notThePlatform(name, status)
    throw new TopShapeError(name, [{ path: '', message: 'expected JSON' }], '')
  }
  const { error, error_description } = (answer ?? {}) as Record<string, unknown>
  if (typeof error === 'string') {
    const description = typeof error_description === 'string' ? error_description : ''
    throw new TopAuthError(name, { error, description, status })
  }
  if (status !== 200) throw notThePlatform(name, status)
  const checked = tokenAnswer.safeParse(answer)
  if (checked.success) return checked.data
  // Without the body: it may hold a session.
  throw new TopShapeError(name, problemsOf(checked.error), '')
}

const notThePlatform = (name: string, status: number) =>
  new TopTransportError(name, `HTTP ${status} that is no answer of the platform`, 'unknown', {
    status,
  })

function tokenOf(answer: z.output<typeof tokenAnswer>, now: number): TopToken {
  const span = (seconds: number) => ({ expiresIn: seconds, expiresAt: now + seconds * 1000 })
  const level = (seconds: number | undefined) => (seconds === undefined ? undefined : span(seconds))
  const nick = (text: string | undefined) => (text === undefined ? undefined : decodeNick(text))
  return {
    session: answer.access_token,
    tokenType: answer.token_type,
    ...span(answer.expires_in),
    refreshToken: answer.refresh_token,
    refresh: span(answer.re_expires_in),
    levels: {
      r1: level(answer.r1_expires_in),
      r2: level(answer.r2_expires_in),
      w1: level(answer.w1_expires_in),
      w2: level(answer.w2_expires_in),
    },
    nick: nick(answer.taobao_user_nick),
    userId: answer.taobao_user_id,
    openUid: answer.taobao_open_uid,
    subNick: nick(answer.sub_taobao_user_nick),
    subUserId: answer.sub_taobao_user_id,
  }
}
