import { type SignMethod, sign } from '../../src/contracts/index.ts'

export type Params = Record<string, string>

/** A call of the platform's endpoint as a faulty gateway sees it. */
export interface SeenCall {
  readonly params: Params
  /** The method, or `batch`. */
  readonly method: string
  readonly isBatch: boolean
  /** The call with other parameters, signed anew where its sign was right. */
  readonly again: (change: (params: Params) => Params | undefined) => Promise<Response>
  /** The call as it came. */
  readonly pass: () => Promise<Response>
  /** Sessions of the run by what they are for. */
  readonly sessions: Readonly<Record<'own' | 'expired' | 'foreign' | 'neighbour', string>>
  readonly request: Request
  /** Makes another call, signed, with the session of the run. */
  readonly call: (method: string, params: Params) => Promise<string>
  readonly secret: string
}

export type Fetch = (request: Request) => Promise<Response>

interface Tenant {
  readonly appKey: string
  readonly appSecret: string
  readonly sessions: SeenCall['sessions']
}

/**
 * A gateway with one planted fault: calls of the platform's endpoints go through `fault`, everything else,
 * the making of a tenant among it, through the gateway itself.
 */
export function faulty(gateway: Fetch, fault: (call: SeenCall) => Promise<Response>): Fetch {
  let tenant: Tenant | undefined
  return async (request) => {
    const { pathname } = new URL(request.url)
    if (pathname === '/_localtop/tenants') {
      const asked = (await request.clone().json()) as {
        world: { sessions: { session: string }[] }
      }
      const response = await gateway(request)
      const made = (await response.clone().json()) as {
        appKey: string
        appSecret: string
        session: string
      }
      const named = (kind: string) =>
        asked.world.sessions.find(({ session }) => session.includes(`-${kind}-`))?.session ?? ''
      tenant = {
        ...made,
        sessions: {
          own: made.session,
          expired: named('expired'),
          foreign: named('foreign'),
          neighbour: named('neighbour'),
        },
      }
      return response
    }
    if (!pathname.startsWith('/router/') || !tenant) return gateway(request)
    return fault(await seen(request, gateway, tenant))
  }
}

async function seen(request: Request, gateway: Fetch, tenant: Tenant): Promise<SeenCall> {
  const url = new URL(request.url)
  const isBatch = url.pathname === '/router/batch'
  const type = request.headers.get('content-type') ?? ''
  const text = isBatch || /^multipart/.test(type) ? '' : await request.clone().text()
  const params: Params = {}
  for (const part of [url.searchParams, new URLSearchParams(text)]) {
    for (const [name, value] of part) params[name] ??= value
  }
  const isForm = !isBatch && !/^multipart/.test(type)
  const { appSecret: secret, appKey, sessions } = tenant
  const signed = (all: Params) => {
    const { sign: _, ...rest } = all
    return { ...rest, sign: sign(rest, secret, (all.sign_method ?? 'md5') as SignMethod) }
  }
  const post = (all: Params) =>
    new Request(`${url.origin}/router/rest`, { method: 'POST', body: new URLSearchParams(all) })
  const pass = () => gateway(request)
  return {
    params,
    method: isBatch ? 'batch' : (params.method ?? ''),
    isBatch,
    request,
    sessions,
    secret,
    pass,
    async again(change) {
      const isRight = isForm && signed(params).sign === params.sign
      const changed = isForm ? change({ ...params }) : undefined
      if (!changed) return pass()
      return gateway(post(isRight ? signed(changed) : changed))
    },
    async call(method, own) {
      const all = {
        method,
        app_key: appKey,
        session: sessions.own,
        timestamp: params.timestamp ?? '',
        v: '2.0',
        format: 'json',
        sign_method: 'md5',
        ...own,
      }
      return (await gateway(post(signed(all)))).text()
    },
  }
}

/** The answer with another text, or other headers or status. */
export async function rewritten(
  response: Response,
  change: (text: string) => string | Uint8Array<ArrayBuffer>,
  { status = response.status, headers = {} }: { status?: number; headers?: Params } = {},
): Promise<Response> {
  const body = change(await response.text())
  return new Response(body, {
    status,
    headers: { ...Object.fromEntries(response.headers), ...headers },
  })
}
