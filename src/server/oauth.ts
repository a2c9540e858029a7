import { randomBytes, randomInt } from 'node:crypto'
import {
  codeLifetime,
  encodeNick,
  type OAuthError,
  type OAuthErrorName,
  oauthError,
  securityLevels,
  type TokenAnswer,
  tokenLifetimes,
} from '../contracts/protocol/oauth.ts'
import { formatTime, parseTime } from '../contracts/protocol/timestamp.ts'
import type { App, Seller, Session, World } from './state/world.ts'

/** A token, or why there is none; `reason` is for people, the refusal is the platform's. */
export type TokenOutcome =
  | { readonly token: TokenAnswer; readonly refused?: never }
  | { readonly refused: OAuthError; readonly reason: string }

/** Whether a seller may authorise an app. */
export const isAllowed = (app: App, seller: Seller) =>
  app.users === undefined || app.users.includes(seller.nick)

/** Notes a seller's consent and answers the code for it. */
export function grantCode(
  world: World,
  app: App,
  seller: Seller,
  redirectUri: string,
  now: number,
): string {
  forgetOldCodes(world, now)
  const code = newCode()
  world.putCode({
    code,
    app_key: app.app_key,
    seller: seller.nick,
    redirect_uri: redirectUri,
    expires: momentAfter(now, codeLifetime),
  })
  return code
}

/** An expired code is kept for a while, so that it is called expired and not unknown. */
const rememberExpired = 86_400_000

function forgetOldCodes(world: World, now: number) {
  for (const { code, expires } of [...world.codes().values()]) {
    if ((parseTime(expires) ?? 0) + rememberExpired < now) world.deleteCode(code)
  }
}

/**
 * Exchanges a code for a session, once.
 *
 * @param redirectUri must be that of the consent; `undefined` where the caller names none
 */
export function redeemCode(
  world: World,
  app: App,
  code: string,
  now: number,
  redirectUri?: string,
): TokenOutcome {
  const found = world.codes().get(code)
  if (!found) return refuse('code-invalid', 'no such code, or it was used already', { code })
  if (found.app_key !== app.app_key)
    return refuse('code-invalid', 'the code was given to another app', { code })
  if ((parseTime(found.expires) ?? 0) <= now)
    return refuse('code-expired', `the code ended at ${found.expires} (GMT+8)`)
  if (redirectUri !== undefined && redirectUri !== found.redirect_uri)
    return refuse('redirect-invalid', 'redirect_uri is not the one given to /authorize')
  const seller = world.seller(found.seller)
  if (!seller) return refuse('code-invalid', 'the seller of the code is gone', { code })
  // First the code, then the session: a log torn between them never lets a code be used twice.
  world.deleteCode(code)
  return { token: issueToken(world, app, seller, now) }
}

/** Gives a new session and refresh token for a refresh token, which is over by that; the old session stays. */
export function refreshToken(world: World, app: App, token: string, now: number): TokenOutcome {
  const old = world.sessionByRefreshToken(token)
  if (!old || old.app_key !== app.app_key)
    return refuse('refresh-invalid', 'no such refresh token of this app, or it was used already')
  if (old.revoked) return refuse('refresh-invalid', 'the authorisation was revoked')
  if (tokenLifetimes(app.token).re_expires_in === 0)
    return refuse('refresh-not-allowed', 're_expires_in of this app is 0')
  if (old.refresh_expires !== undefined && (parseTime(old.refresh_expires) ?? 0) <= now)
    return refuse('refresh-expired', `the refresh token ended at ${old.refresh_expires} (GMT+8)`)
  const seller = world.seller(old.seller)
  if (!seller) return refuse('refresh-invalid', 'the seller of the session is gone')
  const { refresh_token: _, refresh_expires: __, ...kept } = old
  world.putSession(kept)
  return { token: issueToken(world, app, seller, now) }
}

/** Makes a session of the world and answers it as `/token` does. */
export function issueToken(world: World, app: App, seller: Seller, now: number): TokenAnswer {
  const lifetimes = tokenLifetimes(app.token)
  const { expires_in, re_expires_in, hra_expires_in } = lifetimes
  const session = newSessionKey(seller.user_id)
  const refresh_token = newSessionKey(seller.user_id)
  const levels: Partial<Record<`${(typeof securityLevels)[number]}_expires`, string>> = {}
  for (const level of securityLevels)
    levels[`${level}_expires`] = momentAfter(now, lifetimes[`${level}_expires_in`] * 1000)
  world.putSession({
    session,
    app_key: app.app_key,
    seller: seller.nick,
    expires: momentAfter(now, expires_in * 1000),
    refresh_token,
    refresh_expires: momentAfter(now, re_expires_in * 1000),
    ...levels,
  } satisfies Session)
  const ends = (seconds: number) => now + seconds * 1000
  return {
    w2_expires_in: lifetimes.w2_expires_in,
    w2_valid: ends(lifetimes.w2_expires_in),
    taobao_user_id: seller.user_id,
    taobao_user_nick: encodeNick(seller.nick),
    w1_expires_in: lifetimes.w1_expires_in,
    w1_valid: ends(lifetimes.w1_expires_in),
    re_expires_in,
    refresh_token_valid_time: ends(re_expires_in),
    r2_expires_in: lifetimes.r2_expires_in,
    r2_valid: ends(lifetimes.r2_expires_in),
    hra_expires_in: String(hra_expires_in),
    expires_in,
    expire_time: ends(expires_in),
    token_type: 'Bearer',
    refresh_token,
    access_token: session,
    r1_expires_in: lifetimes.r1_expires_in,
    r1_valid: ends(lifetimes.r1_expires_in),
  }
}

const refuse = (
  name: OAuthErrorName,
  reason: string,
  fill?: Readonly<Record<string, string>>,
): TokenOutcome => ({ refused: oauthError(name, fill), reason })

/** Rounded up to a whole second: nothing ends before it was promised to. */
const momentAfter = (now: number, ms: number) => formatTime(Math.ceil((now + ms) / 1000) * 1000)

// Keys are never taken from the seed: whoever knows it must not know them.

const prefixes = ['6100', '6101', '6102', '6200', '6201', '6202']
const markers = ['ZZ', 'fhj', 'ceg']

/** As the platform's look: a known prefix, hex with a marker inside, the user's id; about 56 characters. */
function newSessionKey(userId: string): string {
  const digits = Math.max(32, 50 - userId.length)
  const hex = randomBytes(Math.ceil(digits / 2))
    .toString('hex')
    .slice(0, digits)
  const at = randomInt(4, digits - 4)
  return pick(prefixes) + hex.slice(0, at) + pick(markers) + hex.slice(at) + userId
}

const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

/** 31 letters and digits, as the documentation's sample has. */
const newCode = () => Array.from({ length: 31 }, () => letters[randomInt(letters.length)]).join('')

const pick = (from: readonly string[]) => from[randomInt(from.length)] as string
