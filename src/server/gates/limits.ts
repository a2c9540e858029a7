import { assumed, type Behaviour, observed } from '../../contracts/fidelity.ts'
import type { Rejection } from '../../contracts/protocol/errors.ts'
import { parseRate, type Rate } from '../../contracts/rate.ts'
import type { Received } from '../call.ts'
import type { App } from '../state/world.ts'
import { type Ban, banned } from '../traffic/limiter.ts'

/**
 * Counts the call and refuses it while its app is banned: by a scenario, or until the window of the
 * call limit ends.
 *
 * @param override the limit that the gateway's own setting puts on apps that have none
 */
export function checkLimits(override: Rate | 'off' | undefined) {
  return function countCall({
    app,
    params,
    world,
    profile,
    now,
  }: Received & { app: App }): Rejection | undefined | Promise<Rejection | undefined> {
    const caller = { appKey: app.app_key, method: params.method as string }
    const imposed = world.limiter.banOn(caller, now)
    if (imposed) return banned(imposed, world.clock.pace())
    const own =
      world.limiter.rateOf(app.app_key) ??
      (app.rate_limit === undefined ? undefined : parseRate(app.rate_limit))
    const ban = world.limiter.count(app.app_key, own ?? override ?? profile.rateLimit, now)
    const inWords = (found: Ban | undefined) => found && banned(found, world.clock.pace())
    return ban instanceof Promise ? ban.then(inWords) : inWords(ban)
  }
}

/** What the gateway assumes of call limits. */
export const limitBehaviours: readonly Behaviour[] = [
  {
    name: 'a call counts once it has passed the grants, whatever becomes of it then',
    ...assumed('nobody has seen which refused calls the platform counts'),
  },
  {
    name: 'a call beyond the limit is refused with the seconds until the window ends',
    ...observed('logged bans name the seconds left'),
  },
]
