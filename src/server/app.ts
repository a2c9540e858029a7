import { Hono } from 'hono'
import { controlPath } from '../contracts/control.ts'
import type { GatewayCore } from './gateway.ts'
import { controlRoutesOf, type Guard } from './routes/control.ts'
import { restRoute } from './routes/rest.ts'

/** The Hono app of a gateway. */
export interface App {
  readonly fetch: (request: Request, env?: object) => Response | Promise<Response>
  /** Sets who may use the control API through the socket. */
  readonly protect: (guard: Guard) => void
}

export function createApp(core: GatewayCore): App {
  const app = new Hono()
  const control = controlRoutesOf(core)
  app.all('/router/rest', restRoute(core))
  app.route(controlPath, control.app)
  app.notFound((c) =>
    c.json(
      {
        error: `${c.req.method} ${c.req.path} is nothing here; the platform is at /router/rest, the control API at ${controlPath}`,
      },
      404,
    ),
  )
  app.onError((error, c) => {
    core.options.log?.({ event: 'bug', message: error.message, stack: error.stack })
    return c.json({ error: `a mistake of this gateway: ${error.message}` }, 500)
  })
  return { fetch: (request, env) => app.fetch(request, env), protect: control.protect }
}
