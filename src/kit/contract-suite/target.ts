import { randomUUID } from 'node:crypto'
import {
  defaultWorld,
  formatRate,
  OptionError,
  type ProfileName,
  parseRate,
  profileNames,
  type Rate,
  rateWindow,
  type Tenant,
  type TenantRequest,
  writtenRate,
} from '../../contracts/index.ts'
import type { SessionOf } from './case.ts'
import type { ContractSuiteOptions } from './options.ts'

/** A gateway that is ready to be called, and who calls it. */
export interface Target {
  /** Whether it is a LocalTOP. */
  readonly isOurs: boolean
  readonly writes: boolean
  readonly assumed: boolean
  readonly appKey: string
  readonly appSecret: string
  readonly sessions: Readonly<Partial<Record<SessionOf, string>>>
  readonly profile: ProfileName
  /** The gateway's time in milliseconds, as far as it is known. */
  readonly now: () => number
  /** Sends a request, not faster than allowed. */
  readonly send: (path: string, init: RequestInit) => Promise<Response>
  /** Takes back what was made on the gateway. */
  readonly close: () => Promise<void>
}

/** How long an answer may take, in milliseconds. */
const patience = 30_000
/** What a gateway that is not ours is spared. */
const gentle = '5/sec'

/**
 * Looks at the gateway and makes it ready: a LocalTOP mints a tenant, so that nothing of anybody's shop is
 * touched; any other is called with what the options give.
 *
 * @throws OptionError for options that are missing or none
 */
export async function openTarget(options: ContractSuiteOptions): Promise<Target> {
  const { url, appKey, appSecret, profile = 'production' } = options
  const answer = options.fetch ?? ((request: Request) => fetch(request))
  if (url === undefined && !options.fetch) throw new OptionError('url or fetch is needed')
  const origin = url === undefined ? 'http://localhost' : originOf(url)
  const once = (path: string, init: RequestInit) =>
    answer(
      new Request(origin + path, {
        redirect: 'manual',
        signal: AbortSignal.timeout(patience),
        ...init,
      }),
    )
  // A server may close a connection that was idle in the very moment in which it is used again.
  const direct = (path: string, init: RequestInit = {}) =>
    once(path, init).catch((error: Error) => {
      if (!isReset(error.cause)) throw error
      return once(path, init)
    })
  const isOurs = await isLocalTop(direct).catch((error: Error) => {
    const { cause } = error
    const reason = cause instanceof Error ? cause.message || String(cause) : error.message
    throw new Error(`${origin} cannot be reached: ${reason}`)
  })
  const rate = rateOf(options.rate ?? (isOurs ? 'off' : gentle))
  const turn = pacer(rate)
  const send: Target['send'] = async (path, init) => {
    await turn()
    return direct(path, init)
  }
  const common = {
    isOurs,
    writes: options.writes ?? isOurs,
    assumed: options.assumed ?? isOurs,
    profile,
    now: options.now ?? (isOurs ? await clockOf(direct) : Date.now),
    send,
  }
  if (appKey !== undefined || !isOurs) {
    if (appKey === undefined || appSecret === undefined) {
      throw new OptionError(
        `${appKey === undefined ? 'appKey' : 'appSecret'} is needed for ${origin}${isOurs ? '' : ', which is no LocalTOP'}`,
      )
    }
    const { session, sessions = {} } = options
    return {
      ...common,
      appKey,
      appSecret,
      sessions: {
        ...sessionsOfDefaultWorld(appKey, appSecret),
        ...(session !== undefined && { own: session }),
        ...given(sessions),
      },
      close: async () => {},
    }
  }
  return { ...common, ...(await mint(direct, profile)) }
}

const given = (sessions: Readonly<Partial<Record<SessionOf, string | undefined>>>) =>
  Object.fromEntries(
    Object.entries(sessions).filter((one): one is [string, string] => one[1] !== undefined),
  )

/** The documentation's and the article's apps are in every LocalTOP, with sessions of every kind. */
function sessionsOfDefaultWorld(appKey: string, appSecret: string): Target['sessions'] {
  const { apps = [], sessions = [] } = defaultWorld
  if (!apps.some((one) => one.app_key === appKey && one.app_secret === appSecret)) return {}
  const mine = sessions.filter((one) => one.app_key === appKey)
  const living = mine.filter(({ expires }) => expires === undefined)
  const [own] = living
  const found: Readonly<Partial<Record<SessionOf, string | undefined>>> = {
    own: own?.session,
    neighbour: living.find(({ seller }) => seller !== own?.seller)?.session,
    expired: mine.find(({ expires }) => expires !== undefined)?.session,
    foreign: sessions.find((one) => one.app_key !== appKey)?.session,
  }
  return given(found)
}

/** @throws OptionError for what is no http address */
function originOf(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined
  if (!parsed || !/^https?:$/.test(parsed.protocol)) {
    throw new OptionError(`url: "${url}" is none; expected http://host:port or https://host`)
  }
  return parsed.origin
}

function rateOf(text: string): Rate | 'off' {
  const rate = parseRate(text)
  if (rate === undefined) {
    throw new OptionError(`rate: ${writtenRate.safeParse(text).error?.issues[0]?.message ?? text}`)
  }
  return rate
}

const isReset = (cause: unknown) =>
  cause instanceof Error &&
  /ECONNRESET|UND_ERR_SOCKET/.test((cause as NodeJS.ErrnoException).code ?? '')

type Direct = (path: string, init?: RequestInit) => Promise<Response>

async function isLocalTop(direct: Direct): Promise<boolean> {
  const response = await direct('/_localtop/health')
  const text = await response.text()
  if (response.status !== 200 || !text.startsWith('{')) return false
  try {
    const { ready, version, profile } = JSON.parse(text) as Record<string, unknown>
    return (
      ready === true &&
      typeof version === 'string' &&
      (profileNames as readonly unknown[]).includes(profile)
    )
  } catch {
    return false
  }
}

/** The clock of a LocalTOP may have been moved. */
async function clockOf(direct: Direct): Promise<() => number> {
  const response = await direct('/_localtop/clock')
  if (response.status !== 200) return Date.now
  const { epochMs } = (await response.json()) as { epochMs: number }
  const distance = epochMs - Date.now()
  return () => Date.now() + distance
}

/** An app with a shop of its own, and every kind of session there is. */
async function mint(
  direct: Direct,
  profile: ProfileName,
): Promise<Pick<Target, 'appKey' | 'appSecret' | 'sessions' | 'close'>> {
  const id = randomUUID()
  const [appKey, otherApp] = [`suite-${id}`, `other-${id}`]
  const [own, other] = [`契约测试-${id}`, `隔壁-${id}`]
  const session = (kind: string) => `suite-${kind}-${randomUUID()}`
  const sessions = {
    own: session('own'),
    expired: session('expired'),
    foreign: session('foreign'),
    neighbour: session('neighbour'),
  }
  const request: TenantRequest = {
    appKey,
    session: sessions.own,
    profile,
    rateLimit: formatRate('off'),
    world: {
      apps: [{ app_key: otherApp, app_secret: session('secret') }],
      sellers: [
        { nick: own, user_id: '100000001', type: 'C', status: 'normal', has_shop: true },
        { nick: other, user_id: '100000002', type: 'B', status: 'normal', has_shop: true },
      ],
      sessions: [
        {
          session: sessions.expired,
          app_key: appKey,
          seller: own,
          expires: '2015-12-31 23:59:59',
        },
        { session: sessions.foreign, app_key: otherApp, seller: own },
        { session: sessions.neighbour, app_key: appKey, seller: other },
      ],
    },
  }
  const response = await direct('/_localtop/tenants', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(request),
  })
  if (!response.ok) {
    throw new OptionError(
      `appKey is needed: this LocalTOP gives no tenant (HTTP ${response.status}: ${(await response.text()).slice(0, 200)})`,
    )
  }
  const tenant = (await response.json()) as Tenant
  return {
    appKey,
    appSecret: tenant.appSecret,
    sessions,
    close: async () => {
      await direct(`/_localtop/tenants/${appKey}`, { method: 'DELETE' })
    },
  }
}

/** Lets a call through when the one before it is long enough ago: evenly, not in bursts. */
function pacer(rate: Rate | 'off'): () => Promise<void> {
  if (rate === 'off') return async () => {}
  const distance = rateWindow[rate.per] / rate.calls
  let next = 0
  return async () => {
    const wait = next - performance.now()
    next = Math.max(next, performance.now()) + distance
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait))
  }
}
