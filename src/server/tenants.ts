import { type Tenant, type TenantRequest, tenantRequest } from '../contracts/control.ts'
import { profiles } from '../contracts/profile.ts'
import { formatTime } from '../contracts/protocol/timestamp.ts'
import { formatRate } from '../contracts/rate.ts'
import { type ParsedWorld, worldSeed } from '../contracts/world.ts'
import type { Ids } from './state/ids.ts'

const year = 365 * 86_400_000

/** Makes up whatever a tenant's request leaves open, and the world it starts from. */
export function mintTenant(
  request: TenantRequest,
  ids: Ids,
  now: number,
  /** The gateway's own settings, which win over the profile's. */
  gateway: { readonly profile: Tenant['profile']; readonly rateLimit: string | undefined },
): { readonly tenant: Tenant; readonly seed: ParsedWorld } {
  const asked = tenantRequest.parse(request)
  const appKey = asked.appKey ?? ids.token('tenant-')
  const appSecret = asked.appSecret ?? ids.token('secret-')
  const session = asked.session ?? ids.token('session-')
  const nick = asked.world?.sellers?.[0]?.nick ?? `卖家-${appKey}`
  const profile = asked.profile ?? gateway.profile
  const seed = worldSeed.parse({
    ...asked.world,
    apps: [
      ...(asked.world?.apps ?? []).filter((app) => app.app_key !== appKey),
      {
        app_key: appKey,
        app_secret: appSecret,
        profile,
        ...(asked.rateLimit !== undefined && { rate_limit: asked.rateLimit }),
      },
    ],
    sellers: asked.world?.sellers ?? [
      { nick, user_id: '100001000', type: 'C', status: 'normal', has_shop: true },
    ],
    sessions: [
      ...(asked.world?.sessions ?? []).filter((one) => one.session !== session),
      { session, app_key: appKey, seller: nick, expires: formatTime(now + year) },
    ],
  })
  const rateLimit = asked.rateLimit ?? gateway.rateLimit ?? formatRate(profiles[profile].rateLimit)
  return { tenant: { appKey, appSecret, session, nick, profile, rateLimit }, seed }
}
