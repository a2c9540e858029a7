import { randomBytes } from 'node:crypto'
import * as z from 'zod'
import { type Tenant, type TenantRequest, tenantRequest } from '../contracts/control.ts'
import { profiles } from '../contracts/profile.ts'
import { formatTime } from '../contracts/protocol/timestamp.ts'
import { formatRate } from '../contracts/rate.ts'
import { type ParsedWorld, worldSeed } from '../contracts/world.ts'

const year = 365 * 86_400_000

/** Keys are never taken from the seed: whoever knows it must not know them. */
const mint = (prefix: string) => `${prefix}-${randomBytes(9).toString('hex')}`

/**
 * Makes up whatever a tenant's request leaves open, and the world it starts from. What the request's
 * world says of this app and this session stands.
 *
 * @throws ZodError naming the place of what is wrong in the request
 */
export function mintTenant(
  request: TenantRequest,
  now: number,
  /** The gateway's own settings, which win over the profile's. */
  gateway: { readonly profile: Tenant['profile']; readonly rateLimit: string | undefined },
): { readonly tenant: Tenant; readonly seed: ParsedWorld } {
  const asked = tenantRequest.parse(request)
  const { apps = [], sellers, sessions = [] } = asked.world ?? {}
  const appKey = asked.appKey ?? mint('tenant')
  const ownApp = apps.find((app) => app.app_key === appKey)
  const ownSession = sessions.find((one) => one.session === asked.session)
  const nick = ownSession?.seller ?? sellers?.[0]?.nick ?? `卖家-${appKey}`
  const rateLimit = asked.rateLimit ?? ownApp?.rate_limit
  const tenant: Tenant = {
    appKey,
    appSecret: asked.appSecret ?? ownApp?.app_secret ?? mint('secret'),
    session: asked.session ?? mint('session'),
    nick,
    profile: asked.profile ?? ownApp?.profile ?? gateway.profile,
    rateLimit: '',
  }
  const app = {
    ...ownApp,
    app_key: appKey,
    app_secret: tenant.appSecret,
    profile: tenant.profile,
    ...(rateLimit !== undefined && { rate_limit: rateLimit }),
  }
  const session = {
    session: tenant.session,
    app_key: appKey,
    seller: nick,
    expires: formatTime(now + year),
  }
  const seed = tenantWorld.parse({
    world: {
      ...asked.world,
      apps: [...apps.filter((one) => one !== ownApp), app],
      sellers: sellers ?? [
        { nick, user_id: '100001000', type: 'C', status: 'normal', has_shop: true },
      ],
      sessions: ownSession ? sessions : [...sessions, session],
    },
  }).world
  return {
    tenant: {
      ...tenant,
      rateLimit: rateLimit ?? gateway.rateLimit ?? formatRate(profiles[tenant.profile].rateLimit),
    },
    seed,
  }
}

/** So that a mistake in a tenant's world is named by its place in the request. */
const tenantWorld = z.object({ world: worldSeed })
