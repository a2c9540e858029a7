import { findError } from '../../contracts/error-reference.ts'
import { Rejection, reject } from '../../contracts/protocol/errors.ts'
import { formatTime, parseDuration } from '../../contracts/protocol/timestamp.ts'
import { parseRate } from '../../contracts/rate.ts'
import type { Rule } from '../../contracts/rule.ts'
import { banned, defaultBanKind, nextMidnight } from './limiter.ts'
import type { Judged } from './rules.ts'

/** Whether a rule changes what the store keeps. */
export const changesStore = ({ then }: Rule) =>
  Boolean(then.expireSession || then.revokeSession || then.appSecret || then.ban || then.quota)

/** What a reference of a rule refuses a call with; the schema has made sure that there is such an error. */
export function refusalOf(reference: string | undefined, { app, contract }: Judged) {
  if (reference === undefined) return undefined
  const found = findError(reference, { appKey: app.app_key }, contract)
  return found instanceof Rejection ? found : undefined
}

/**
 * Lets the part of a rule happen that concerns the platform; answers the refusal, if there is one.
 *
 * @param applied how often the rule has happened, this time included
 */
export function happen({ then }: Rule, applied: number, call: Judged): Rejection | undefined {
  const { world, app, now, session, contract } = call
  if (then.quota !== undefined) {
    const rate = parseRate(then.quota)
    if (rate !== undefined) world.limiter.setRate(app.app_key, rate)
  }
  if (then.appSecret !== undefined) world.putApp({ ...app, app_secret: then.appSecret })
  if (then.refuse !== undefined) {
    const listed = Array.isArray(then.refuse) ? then.refuse : [then.refuse]
    // The last of a list stays, where the rule happens more often than the list is long.
    const reference = listed[Math.min(applied, listed.length) - 1] as string
    return refusalOf(reference, call)
  }
  if (then.ban) {
    const kind = then.ban.kind ?? defaultBanKind
    const length = parseDuration(then.ban.for ?? '')
    const until = length === undefined ? nextMidnight(now) : now + length
    const caller = { appKey: app.app_key, method: contract.name }
    world.limiter.ban(caller, kind, until)
    const ban = world.limiter.banOn(caller, now)
    return ban && banned(ban, world.clock.pace())
  }
  if (then.expireSession && session) {
    world.putSession({ ...session, expires: formatTime(now) })
    return reject('invalid-session/session-expired')
  }
  if (then.revokeSession && session) {
    world.putSession({ ...session, revoked: true })
    return reject('invalid-session/session-not-exist')
  }
  return undefined
}
