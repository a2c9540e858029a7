import { describeProfile, profiles } from '../contracts/index.ts'
import {
  createGateway,
  type Gateway,
  isLoopback,
  keptCertificate,
  type Listening,
  methodCounts,
  scenarioNames,
  version,
} from '../server/index.ts'
import { callLog } from './call-log.ts'
import { type GatewayFlags, gatewayOptions } from './flags.ts'
import { bold, cyan, dim, green, yellow } from './terminal.ts'

/** What the ready file and `--json` say. */
export interface Ready extends Partial<Secure> {
  readonly url: string
  readonly controlUrl: string
  readonly controlToken: string
  /** The process that signals go to. */
  readonly pid: number
  readonly port: number
  /** The processes that answer, where there are several. */
  readonly workers?: readonly number[]
}

/** Where a gateway listens. */
export interface Ports {
  readonly port: number
  /** That of the HTTPS port beside it. */
  readonly tlsPort: number
}

/** How one process serves. */
export interface Serving {
  /** Ends it in order. */
  readonly signal: AbortSignal
  /** Told once calls are answered. */
  readonly onReady: (ready: Ready, screen: string) => void
  /** Which of several processes on the port it is. */
  readonly worker?: {
    readonly number: number
    /** The first one begins the shop; the others take over what holds. */
    readonly isFirst: boolean
    readonly controlToken: string | undefined
    readonly ports: Ports
  }
}

/** Runs a gateway until it is told to end. @throws what `createGateway` and `listen` do */
export async function serve(
  flags: GatewayFlags,
  json: boolean,
  { signal, onReady, worker }: Serving,
): Promise<void> {
  const { fresh, world, ...options } = gatewayOptions(flags)
  // What a machine reads says nothing of calls unless it is asked to; troubles are told all the same.
  const log = callLog(flags.log ?? 'pretty', () => controlUrl, worker?.number)
  const isQuiet = json && flags.log === undefined
  let controlUrl = ''
  const gateway = createGateway({
    ...options,
    ...((worker?.isFirst ?? true) && { fresh, world }),
    // Redis often comes later where everything is started together.
    awaitStore: true,
    watch: flags.watch !== false,
    ...(worker && { metricLabels: { worker: String(worker.number) } }),
    log: log && ((event) => (isQuiet && event.event === 'call' ? undefined : log(event))),
  })
  const stopped = new Promise<void>((resolve, reject) => {
    const stop = () => gateway.close().then(resolve, reject)
    if (signal.aborted) stop()
    else signal.addEventListener('abort', stop)
  })
  stopped.catch(() => undefined)
  try {
    const { host = '127.0.0.1' } = flags
    const controlToken = worker?.controlToken
    const ports = worker?.ports ?? portsOf(flags)
    const listening = await gateway.listen({
      port: ports.port,
      host,
      replaceGlobals: true,
      ...(controlToken !== undefined && { controlToken }),
    })
    const secure = flags.tls
      ? await listenSecurely(gateway, flags, listening, ports.tlsPort)
      : undefined
    const { url, port } = listening
    controlUrl = listening.controlUrl
    await gateway.ready()
    onReady(
      { url, controlUrl, controlToken: listening.controlToken, pid: process.pid, port, ...secure },
      await startScreen(gateway, listening, flags, secure),
    )
  } catch (error) {
    if (signal.aborted) return stopped
    await gateway.close().catch(() => undefined)
    throw error
  }
  return stopped
}

export const portsOf = ({ port = 7070 }: GatewayFlags): Ports => ({
  port,
  tlsPort: port === 0 ? 0 : port + 1,
})

/** The HTTPS port beside the HTTP one. */
interface Secure {
  readonly tlsUrl: string
  /** The certificate that a client is told to trust. */
  readonly tlsCertificate: string
}

async function listenSecurely(
  gateway: Gateway,
  flags: GatewayFlags,
  { controlToken }: Listening,
  port: number,
): Promise<Secure> {
  const { host = '127.0.0.1', data = '.localtop' } = flags
  const { key, cert, file } = await keptCertificate(data, new Date())
  const { url } = await gateway.listen({
    port,
    host,
    replaceGlobals: true,
    controlToken,
    tls: { key, cert },
  })
  return { tlsUrl: url, tlsCertificate: file }
}

function placeOf({ store = 'file', data = '.localtop', durability }: GatewayFlags): string {
  if (store === 'memory') return 'in memory'
  if (store === 'file')
    return `in ${data}${durability === 'disk' ? ', each change synced to the disk' : ''}`
  // Without user and password.
  const { host, pathname } = new URL(store)
  return `in Redis at ${host}${pathname}, shared by all gateways on it`
}

async function startScreen(
  gateway: Gateway,
  listening: Listening,
  flags: GatewayFlags,
  secure: Secure | undefined,
): Promise<string> {
  const { url, controlUrl, host, controlToken } = listening
  const profile = profiles[flags.profile ?? 'guide']
  const curl = await gateway.fetch(new Request(`${url}/_localtop/curl`))
  const rules = gateway.scenarios.list()
  const lines = [
    `${bold('LocalTOP')} ${version}  ${dim('the Taobao Open Platform on this machine')}`,
    '',
    `  gateway    ${cyan(`${url}/router/rest`)}`,
    ...(secure
      ? [
          `  HTTPS      ${cyan(`${secure.tlsUrl}/router/rest`)}`,
          `             certificate ${secure.tlsCertificate}`,
        ]
      : []),
    `  profile    ${describeProfile(profile)}`,
    `  state      ${placeOf(flags)}`,
    ...(flags.workers !== undefined && flags.workers > 1
      ? [`  workers    ${green(String(flags.workers))} processes on this port`]
      : []),
    `  methods    ${thousands(methodCounts.all)} known, ${methodCounts.stateful} of them stateful`,
    `  scenarios  ${scenarioNames().length} to choose from, ${rules.length} ${rules.length === 1 ? 'rule' : 'rules'} in force`,
    ...rules.map((rule) => `             ${yellow(rule.sentence)}`),
    `  control    ${cyan(controlUrl)}`,
    ...(isLoopback(host) ? [] : [`             token ${controlToken}`]),
    '',
    `  app key             secret             session              profile`,
    `  YOUR_APP_KEY        YOUR_SECRET_KEY    YOUR_SESSION_TOKEN   ${flags.profile ?? 'guide'}`,
    `  12345678            helloworld         test                 ${flags.profile ?? 'production'}`,
    '',
    `Paste this to publish an item ${dim(`(valid for ten minutes; a fresh one: curl -s ${controlUrl}/curl)`)}`,
    '',
    (await curl.text()).trimEnd(),
    '',
    dim('Ctrl-C stops the gateway.'),
  ]
  return lines.join('\n')
}

/** `9728` as `9,728`; what the language has for it reads its tables first, a twentieth of the whole start. */
const thousands = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',')
