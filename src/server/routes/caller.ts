import type { ProfileName } from '../../contracts/profile.ts'
import type { GatewayCore } from '../core.ts'
import type { Credentials } from '../curl.ts'
import { notFound } from './bad-request.ts'

/** Who calls in a sample: the named app, or the first one that can publish, preferably of the gateway's profile. */
export function callerIn(
  core: GatewayCore,
  appKey?: string,
): { who: Credentials; profile: ProfileName; now: number } {
  const world = core.worldOf(appKey)
  const candidates = [...world.sessions().values()].filter(
    (session) =>
      (appKey === undefined || session.app_key === appKey) &&
      session.expires === undefined &&
      !session.revoked,
  )
  const session =
    candidates.find((one) => world.app(one.app_key)?.profile === core.profile.name) ??
    candidates[0] ??
    // A tenant's session ends in a year.
    [...world.sessions().values()].find((one) => one.app_key === appKey)
  const app = session && world.app(session.app_key)
  if (!app) {
    throw notFound(
      appKey === undefined
        ? 'this world has no session to call with'
        : `no app has the key "${appKey}" and a session`,
    )
  }
  return {
    who: { appKey: app.app_key, appSecret: app.app_secret, session: session.session },
    profile: core.profileOf(world, app).name,
    now: world.clock.now(),
  }
}
