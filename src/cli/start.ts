import { renameSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { describeProfile, profiles } from '../contracts/index.ts'
import {
  createGateway,
  type Gateway,
  isLoopback,
  keptCertificate,
  type Listening,
  type LogEvent,
  methodCounts,
  scenarioNames,
  version,
} from '../server/index.ts'
import { type GatewayFlags, gatewayFlags, gatewayOptions, withConfig } from './flags.ts'
import {
  bold,
  complain,
  cyan,
  dim,
  green,
  print,
  printJson,
  red,
  UsageError,
  yellow,
} from './terminal.ts'

export function startCommand(): Command {
  const command = new Command('start')
    .option('--json', 'print one JSON line instead of the start screen')
    // It is the default command, so a mistyped command's name arrives here as an argument.
    .allowExcessArguments()
    .action((flags: GatewayFlags & { json?: boolean }, { args }: Command) => {
      if (args.length > 0) throw new UsageError(`"${args[0]}" is no command; see localtop --help`)
      return start(withConfig(flags), flags.json ?? false)
    })
  for (const flag of gatewayFlags()) command.addOption(flag)
  command.option('--no-watch', 'do not read scenario files anew when they change')
  return command
}

async function start(flags: GatewayFlags, json: boolean): Promise<void> {
  const options = gatewayOptions(flags)
  const log = json ? (flags.log ?? 'silent') : (flags.log ?? 'pretty')
  let controlUrl = ''
  const gateway = createGateway({
    ...options,
    watch: flags.watch !== false,
    log: logger(log, () => controlUrl),
  })
  const stopping = stopOnSignal(gateway)
  try {
    const { port: asked = 7070, host = '127.0.0.1' } = flags
    const listening = await gateway.listen({ port: asked, host, replaceGlobals: true })
    const secure = flags.tls ? await listenSecurely(gateway, flags) : undefined
    const { url, controlToken, port } = listening
    controlUrl = listening.controlUrl
    const ready = { url, controlUrl, controlToken, pid: process.pid, port, ...secure }
    if (flags.readyFile !== undefined) writeInOneMove(flags.readyFile, JSON.stringify(ready))
    if (json) printJson(ready)
    else print(await startScreen(gateway, listening, flags, secure))
  } catch (error) {
    await gateway.close().catch(() => undefined)
    throw error
  }
  await stopping
}

/** The HTTPS port beside the HTTP one. */
interface Secure {
  readonly tlsUrl: string
  /** The certificate that a client is told to trust. */
  readonly tlsCertificate: string
}

async function listenSecurely(gateway: Gateway, flags: GatewayFlags): Promise<Secure> {
  const { port = 7070, host = '127.0.0.1', data = '.localtop' } = flags
  const { key, cert, file } = await keptCertificate(data, new Date())
  const beside = port === 0 ? 0 : port + 1
  const { url } = await gateway.listen({
    port: beside,
    host,
    replaceGlobals: true,
    tls: { key, cert },
  })
  return { tlsUrl: url, tlsCertificate: file }
}

/** Ends when SIGINT or SIGTERM has stopped the gateway in order; a second signal ends the process at once. */
function stopOnSignal(gateway: Gateway): Promise<void> {
  return new Promise((resolve) => {
    let stopping = false
    const stop = () => {
      if (stopping) process.exit(130)
      stopping = true
      gateway.close().then(resolve, (error: Error) => {
        complain(`localtop: ${error.message}`)
        process.exitCode = 1
        resolve()
      })
    }
    process.on('SIGINT', stop)
    process.on('SIGTERM', stop)
  })
}

/** So that whoever waits for the file never reads half of it. */
export function writeInOneMove(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, `${text}\n`, { mode: 0o600 })
  renameSync(temporary, file)
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

function logger(
  kind: 'pretty' | 'json' | 'silent',
  controlUrl: () => string,
): ((event: LogEvent) => void) | undefined {
  if (kind === 'silent') return undefined
  if (kind === 'json') return printJson
  return (event) => {
    if (event.event === 'bug')
      return complain(
        `${red('localtop: a mistake of the gateway:')} ${event.message}\n${event.stack}`,
      )
    if (event.event === 'store') return complain(`${yellow('localtop:')} ${event.message}`)
    if (event.event === 'scenario') {
      return event.problem === null
        ? print(`${dim('scenario')} ${event.scenario} ${green('read anew')} ${dim(event.file)}`)
        : complain(
            `${red('localtop: the scenario could not be read, the last good one stays:')}\n${event.problem}`,
          )
    }
    const { time, method, appKey, outcome, code, subCode, gate, fault, took, id } = event
    const result =
      outcome === 'refused'
        ? red(`${code}${subCode ? ` ${subCode}` : ''}`) + dim(` at ${gate}`)
        : outcome === 'dropped'
          ? red('dropped')
          : green('ok')
    const onTheWire = fault ? yellow(` ${fault.kind} ${dim(`${fault.hook} the write`)}`) : ''
    print(
      `${dim(time)} ${method ?? '-'} ${dim(appKey ?? '-')} ${result}${onTheWire} ${dim(`${took} ms #${id}`)}`,
    )
    if (event.hint !== undefined) {
      print(
        `  ${yellow(event.hint)}${dim(`; more: localtop explain, or curl -s ${controlUrl()}/exchanges/${id}`)}`,
      )
    }
  }
}
