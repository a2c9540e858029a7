import { Hono } from 'hono'
import { controlPath } from '../contracts/control.ts'
import type { GatewayCore } from './core.ts'
import { batchRoute } from './routes/batch.ts'
import { controlRoutesOf } from './routes/control.ts'
import type { Env } from './routes/env.ts'
import { oauthRoutesOf } from './routes/oauth.ts'
import { pictureRoute } from './routes/pictures.ts'
import { restRoute } from './routes/rest.ts'
import { ConnectionLost } from './routes/wire.ts'

/** The Hono app of a gateway. */
export interface App {
  /** @param port what the request brings from its port; absent for calls in this process */
  readonly fetch: (request: Request, port?: Env['Bindings']) => Response | Promise<Response>
}

export function createApp(core: GatewayCore): App {
  const app = new Hono<Env>({ strict: false })
  app.all('/router/rest', restRoute(core))
  app.all('/router/batch', batchRoute(core))
  app.get('/imgextra/*', pictureRoute(core))
  app.route('/', oauthRoutesOf(core))
  app.route(controlPath, controlRoutesOf(core))
  app.notFound((c) =>
    c.json(
      {
        error: `${c.req.method} ${c.req.path} is nothing here; the platform is at /router/rest and /router/batch, OAuth at /authorize and /token, the control API at ${controlPath}`,
      },
      404,
    ),
  )
  app.onError((error, c) => {
    // A fault that a scenario asks for: the caller in this process meets it as an error of its fetch.
    if (error instanceof ConnectionLost || error === c.req.raw.signal.reason) throw error
    core.options.log?.({ event: 'bug', message: error.message, stack: error.stack })
    return c.json({ error: `a mistake of this gateway: ${error.message}` }, 500)
  })
  return { fetch: (request, port = {}) => app.fetch(request, port) }
}
