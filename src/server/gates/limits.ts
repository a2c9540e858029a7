import type { PlatformErrorRef } from '../../contracts/protocol/error-table.ts'
import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { parseRate, type Rate } from '../../contracts/rate.ts'
import type { Received } from '../call.ts'
import type { App } from '../state/world.ts'
import type { Ban } from '../traffic/limiter.ts'

/**
 * Counts the call and refuses it while its app is banned: by a scenario, or until the window of the
 * call limit ends.
 *
 * @param override the limit that the gateway's own setting puts on apps that have none
 */
export function checkLimits(override: Rate | 'off' | undefined) {
  return function countCall({
    app,
    world,
    profile,
    now,
  }: Received & { app: App }): Rejection | undefined {
    const imposed = world.limiter.banOn(app.app_key, now)
    if (imposed) return banned(imposed)
    const own = app.rate_limit === undefined ? undefined : parseRate(app.rate_limit)
    const ban = world.limiter.count(app.app_key, own ?? override ?? profile.rateLimit, now)
    return ban && banned(ban)
  }
}

/** A refusal with the platform's own words: `This ban will last for N more seconds`. */
export function banned({ kind, seconds }: Ban): Rejection {
  return reject(
    `app-call-limited/${kind}` as PlatformErrorRef,
    { seconds },
    {
      en: `The call limit is used up; the app is banned for ${seconds} more seconds. Wait that long, then send the same call again: it was not carried out.`,
      zh: `调用频率超限，应用被禁 ${seconds} 秒。请等待后重发：本次调用没有执行。`,
    },
  )
}
