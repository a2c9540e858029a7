import { randomBytes } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createAdaptorServer, type ServerType } from '@hono/node-server'
import { controlPath } from '../contracts/control.ts'
import type { Limits } from './limits.ts'
import type { Env, Guard } from './routes/env.ts'
import type { Certificate } from './tls.ts'

export interface ListenOptions {
  /** 0 is any free port. @default 0 */
  readonly port?: number
  /** @default '127.0.0.1' */
  readonly host?: string
  /**
   * Replaces this process's global `Request` and `Response` by lighter ones of @hono/node-server, which
   * makes a call several times cheaper. For a process that is the gateway's own. @default false
   */
  readonly replaceGlobals?: boolean
  /** The bearer token of the control API, where several gateways are to have one. @default a new one */
  readonly controlToken?: string
  /** Makes it an HTTPS port. @default plain HTTP */
  readonly tls?: Certificate
}

/** An open port. */
export interface Listening {
  readonly url: string
  readonly controlUrl: string
  /** The bearer token that the control API demands where the gateway is reachable from elsewhere. */
  readonly controlToken: string
  readonly host: string
  readonly port: number
  close(): Promise<void>
}

/** Somebody else listens on the port. */
export class PortInUseError extends Error {
  override readonly name = 'PortInUseError'
  readonly port: number
  constructor(host: string, port: number) {
    super(`port ${port} on ${host} is in use`)
    this.port = port
  }
}

export const isLoopback = (host: string) => /^(localhost|127(\.\d{1,3}){3}|\[?::1\]?)$/i.test(host)

/** How long calls under way may still take when the gateway closes, in milliseconds. */
const graceMs = 2000
const sweepMs = 20

/**
 * Opens a port for a fetch function.
 *
 * @throws PortInUseError, or the system's own error for an address that cannot be bound
 */
export async function listen(
  fetch: (request: Request, port: Env['Bindings']) => Response | Promise<Response>,
  {
    port = 0,
    host = '127.0.0.1',
    replaceGlobals = false,
    controlToken = randomBytes(24).toString('base64url'),
    tls,
  }: ListenOptions,
  limits: Limits,
): Promise<Listening> {
  const guard: Guard = { token: controlToken, open: isLoopback(host) }
  const server = createAdaptorServer({
    fetch: (request, { incoming, outgoing }) =>
      fetch(request, {
        guard,
        incoming: incoming as IncomingMessage,
        outgoing: outgoing as ServerResponse,
      }),
    serverOptions: { ...slowClients(limits), maxHeaderSize: limits.headerBytes, ...tls },
    ...(tls && { createServer: createHttpsServer }),
    overrideGlobalObjects: replaceGlobals,
  })
  server.maxConnections = limits.connections
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) =>
      reject(error.code === 'EADDRINUSE' ? new PortInUseError(host, port) : error),
    )
    server.listen(port, host, () => resolve())
  })
  const actual = (server.address() as AddressInfo).port
  const url = `${tls ? 'https' : 'http'}://${host.includes(':') ? `[${host}]` : host}:${actual}`
  return {
    url,
    controlUrl: url + controlPath,
    controlToken,
    host,
    port: actual,
    close: () => closeServer(server),
  }
}

/** Who is too slow in asking is answered with 408 and cut. How slowly an answer is read is nobody's business. */
function slowClients({ headersMs, requestMs, idleMs }: Limits) {
  return {
    headersTimeout: Math.min(headersMs, requestMs),
    requestTimeout: requestMs,
    keepAliveTimeout: idleMs,
    // Node looks at all connections this often.
    connectionsCheckingInterval: Math.ceil(Math.min(headersMs, requestMs) / 4),
  }
}

function closeServer(server: ServerType): Promise<void> {
  if (!('closeIdleConnections' in server))
    return new Promise((resolve) => server.close(() => resolve()))
  return new Promise((resolve) => {
    // A connection that a client keeps alive becomes idle only when its last answer is out.
    const sweep = setInterval(() => server.closeIdleConnections(), sweepMs)
    const impatient = setTimeout(() => server.closeAllConnections(), graceMs)
    server.close(() => {
      clearInterval(sweep)
      clearTimeout(impatient)
      resolve()
    })
    server.closeIdleConnections()
  })
}
