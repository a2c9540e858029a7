import { type ClientOptions, createClient, type TopClient } from '../client/index.ts'
import type { Tenant, TenantRequest } from '../contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../server/index.ts'
import { type Interception, type InterceptOptions, intercept } from './intercept.ts'

export interface FixtureOptions extends GatewayOptions {
  /** What the tenant is minted from. @default an empty shop, all grants */
  readonly tenant?: TenantRequest
  /** Instead of the client's own settings. */
  readonly client?: Partial<ClientOptions>
  /** Leads this process's calls to the platform's hosts to the gateway. @default false */
  readonly intercept?: boolean | InterceptOptions
}

/** What a test of an integration needs. */
export interface Fixture extends AsyncDisposable {
  readonly gateway: Gateway
  /** Where the gateway listens; an SDK's URL is this with `/router/rest`. */
  readonly url: string
  /** An app with a secret, a session and a shop of its own. */
  readonly tenant: Tenant
  /** Calls as that tenant. */
  readonly client: TopClient
}

/**
 * A gateway on a free port, a tenant, and a client that calls as this tenant, until it is disposed of.
 *
 * @example
 * await using top = await createFixture({ profile: 'guide' })
 * await upload({ url: `${top.url}/router/rest`, ...top.tenant })
 * expect(top).toHaveBeenCalledWithMethod('taobao.item.add', { title: '茶杯' })
 */
export async function createFixture(options: FixtureOptions = {}): Promise<Fixture> {
  const { tenant: request, client: clientOptions, intercept: intercepting, ...own } = options
  const gateway = createGateway(own)
  let interception: Interception | undefined
  try {
    const { url } = await gateway.listen()
    const tenant = await gateway.tenant(request)
    const { appKey, appSecret, session, profile } = tenant
    const client = createClient({ url, appKey, appSecret, session, profile, ...clientOptions })
    if (intercepting) {
      interception = intercept(gateway, intercepting === true ? {} : intercepting)
    }
    return {
      gateway,
      url,
      tenant,
      client,
      async [Symbol.asyncDispose]() {
        interception?.restore()
        await gateway.close()
      },
    }
  } catch (error) {
    await gateway.close()
    throw error
  }
}
