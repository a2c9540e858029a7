import type { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import type { Mockttp, matchers, PassThroughStepConnectionOptions } from 'mockttp'
import {
  type HostKind,
  hostKind,
  hostName,
  offlineText,
  withheldText,
} from '../../contracts/index.ts'
import type { Certificate } from '../../server/index.ts'
import { createTraffic, type Traffic } from './traffic.ts'

export interface ProxyOptions {
  /** Signs a certificate for each host that is answered here. */
  readonly authority: Certificate
  /** Where the calls to the platform's hosts go: `http://127.0.0.1:40123` */
  readonly gatewayUrl: string
  /** Refuses every host that is not this machine. */
  readonly offline: boolean
  /** The proxy through which other hosts are reached, and the hosts that it is not for. */
  readonly upstream?: { readonly url: string; readonly except: readonly string[] } | undefined
  /** A file with the certificates that other hosts are checked against. */
  readonly trusted: string
}

/** A proxy at whose end the platform's hosts are this gateway. */
export interface OpenProxy extends AsyncDisposable {
  readonly port: number
  /** What has passed it so far. */
  readonly traffic: Pick<Traffic, 'list'>
}

/** What is looked at of a request, before its body is there. */
type Incoming = Parameters<matchers.RequestMatcher['matches']>[0]
interface Target {
  readonly host: string
  readonly port: number
  readonly kind: HostKind
}

/**
 * Opens a proxy for HTTP and HTTPS on this machine. Calls to the platform's hosts end at the gateway,
 * those to its other hosts are refused, and everything else passes unread: its TLS is not opened.
 *
 * @throws Error when the library underneath is not the one this was written for
 */
export async function openProxy(options: ProxyOptions): Promise<OpenProxy> {
  // Heavy: loaded only by those who run a program.
  const mockttp = await import('mockttp')
  const { getLocal, requestSteps, webSocketSteps } =
    'default' in mockttp ? (mockttp.default as typeof mockttp) : mockttp
  const { authority, gatewayUrl, offline, upstream } = options
  const traffic = createTraffic()
  const server = getLocal({ https: { ...authority, keyLength: 2048 }, recordTraffic: false })
  const onLoopback = listenOnLoopback(server, (listener) =>
    tunnelOthers(listener, options, traffic),
  )
  await server.start(0)
  try {
    await onLoopback
  } catch (error) {
    await server.stop()
    throw error
  }

  const passing: PassThroughStepConnectionOptions = {
    additionalTrustedCAs: [{ certPath: options.trusted }],
    ...(upstream && { proxyConfig: { proxyUrl: upstream.url, noProxy: [...upstream.except] } }),
  }
  const isRefused = ({ kind }: Target) => kind === 'withheld' || (offline && kind === 'other')
  const isPassed = (target: Target) => target.kind !== 'platform' && !isRefused(target)
  const refusal = (kind: 'withheld' | 'other') => ({
    id: kind,
    matchers: [when((target) => isRefused(target) && target.kind === kind)],
  })
  const gateway = new URL(gatewayUrl).host
  await server.setRequestRules(
    {
      matchers: [when(({ kind }) => kind === 'platform')],
      steps: [
        new requestSteps.PassThroughStep({
          transformRequest: {
            setProtocol: 'http',
            replaceHost: { targetHost: gateway, updateHostHeader: false },
          },
          // A connection that a scenario cuts is cut here as well.
          simulateConnectionErrors: true,
        }),
      ],
    },
    {
      ...refusal('withheld'),
      steps: [new requestSteps.CallbackStep(({ url }) => refused(withheldText(new URL(url).host)))],
    },
    {
      ...refusal('other'),
      steps: [new requestSteps.CallbackStep(({ url }) => refused(offlineText(new URL(url).host)))],
    },
    {
      // A program that reads its URL from the environment meets the gateway here.
      matchers: [when(({ kind }) => kind === 'loopback')],
      steps: [new requestSteps.PassThroughStep({ simulateConnectionErrors: true })],
    },
    { matchers: [when(isPassed)], steps: [new requestSteps.PassThroughStep(passing)] },
  )
  await server.setWebSocketRules(
    {
      matchers: [when((target) => !isPassed(target))],
      steps: [
        new webSocketSteps.RejectWebSocketStep(502, undefined, {}, withheldText('a WebSocket')),
      ],
    },
    { matchers: [when(isPassed)], steps: [new webSocketSteps.PassThroughWebSocketStep(passing)] },
  )
  await server.on('request-initiated', (request) => {
    const target = targetOf(request)
    const outcome =
      target.kind === 'platform' ? 'answered' : isRefused(target) ? 'refused' : 'passed'
    traffic.add({ ...target, as: request.protocol === 'https' ? 'https' : 'http', outcome })
  })
  await server.on('websocket-request', (request) => {
    const target = targetOf(request)
    traffic.add({ ...target, as: 'websocket', outcome: isPassed(target) ? 'passed' : 'refused' })
  })
  await server.on('tls-client-error', ({ destination, tlsMetadata }) => {
    const host = tlsMetadata.sniHostname ?? destination?.hostname
    if (host === undefined) return
    const port = destination?.port ?? 443
    traffic.add({ host, port, kind: hostKind(host), as: 'https', outcome: 'untrusted' })
  })
  return {
    port: server.port,
    traffic,
    [Symbol.asyncDispose]: () => server.stop(),
  }
}

const refused = (text: string) => ({
  statusCode: 502,
  headers: { 'content-type': 'text/plain; charset=utf-8', connection: 'close' },
  body: text,
})

/** A rule's condition that needs no body, so that a request streams through. */
function when(holds: (target: Target) => boolean): matchers.RequestMatcher {
  const matcher: Pick<matchers.RequestMatcher, 'type' | 'matches' | 'explain'> & {
    dispose(): void
  } = {
    type: 'callback',
    matches: (request: Incoming) => holds(targetOf(request)),
    explain: () => 'for some hosts',
    dispose() {},
  }
  return matcher as matchers.RequestMatcher
}

/**
 * Where a request goes. Its connection, its URL and its `Host` may name three hosts; the platform's
 * comes first, so that none of them can lead there.
 */
function targetOf({
  url,
  destination,
  headers,
}: Pick<Incoming, 'url' | 'destination' | 'headers'>): Target {
  const { hostname, port } = destination
  const names = [hostname, URL.canParse(url) ? new URL(url).hostname : '', headers.host ?? '']
  for (const kind of ['platform', 'withheld'] as const) {
    const name = names.find((one) => hostKind(one) === kind)
    if (name !== undefined) return { host: hostName(name), port, kind }
  }
  return { host: hostName(hostname), port, kind: hostKind(hostname) }
}

/**
 * The library listens on every address, which would hand the network an open proxy; its server is made
 * to listen on loopback, and its way of answering CONNECT is put behind ours.
 */
async function listenOnLoopback(
  mockttp: Mockttp,
  prepare: (listener: Server) => void,
): Promise<void> {
  let inner: Server | undefined
  const listening = new Promise<void>((resolve, reject) => {
    Object.defineProperty(mockttp, 'server', {
      configurable: true,
      get: () => inner,
      set(server: Server) {
        inner = server
        const { listen } = server
        server.listen = ((port: unknown) =>
          Reflect.apply(listen, server, [port, '127.0.0.1'])) as typeof listen
        server.once('error', reject)
        server.once('listening', () => {
          if ((server.address() as AddressInfo).address === '127.0.0.1') resolve()
          else reject(new Error('the proxy does not listen on loopback alone: another mockttp?'))
        })
        try {
          prepare(server)
        } catch (error) {
          reject(error as Error)
        }
      },
    })
  })
  // Looked at when the server has started; until then a failure is nobody's.
  listening.catch(() => undefined)
  return listening
}

/** Lets tunnels to other hosts through unread. */
function tunnelOthers(server: Server, options: ProxyOptions, traffic: Traffic): void {
  const events: EventEmitter = server
  const [intercept, ...rest] = events.listeners('connect')
  if (!intercept || rest.length > 0)
    throw new Error('CONNECT is not answered by one: another mockttp?')
  events.removeAllListeners('connect')
  events.on('connect', (request: IncomingMessage, socket: Socket, head: Buffer) => {
    const { host, port, kind } = connectTarget(request.url ?? '')
    const target = { host, port, kind, as: 'tunnel' as const }
    if (kind === 'other' && options.offline) {
      traffic.add({ ...target, outcome: 'refused' })
      socket.on('error', () => undefined)
      socket.end(
        `HTTP/1.1 403 Forbidden\r\ncontent-type: text/plain\r\nconnection: close\r\n\r\n${offlineText(host)}`,
      )
    } else if (isOpaque(host, kind, options)) {
      traffic.add({ ...target, outcome: 'passed' })
      tunnel(socket, head, host, port)
    } else intercept.call(server, request, socket, head)
  })
}

/**
 * An address says nothing of the name that is meant: what is sent there is looked at. The same where
 * another proxy has to be asked, which the library knows how to do.
 */
const isOpaque = (host: string, kind: HostKind, { upstream }: ProxyOptions) =>
  kind === 'loopback' || (kind === 'other' && !upstream && !/^[\d.]+$|:/.test(host))

function connectTarget(authority: string): Target {
  const port = Number(/:(\d+)$/.exec(authority)?.[1] ?? 443)
  const host = hostName(authority)
  return { host, port, kind: hostKind(host) }
}

function tunnel(socket: Socket, head: Buffer, host: string, port: number): void {
  const remote = connect({ host, port })
  let isOpen = false
  remote.once('connect', () => {
    isOpen = true
    socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
    if (head.length > 0) remote.write(head)
    remote.pipe(socket)
    socket.pipe(remote)
  })
  remote.once('error', ({ message }) => {
    if (isOpen) socket.destroy()
    else socket.end(`HTTP/1.1 502 Bad Gateway\r\nconnection: close\r\n\r\nLocalTOP: ${message}\n`)
  })
  socket.once('error', () => remote.destroy())
  socket.once('close', () => remote.destroy())
}
