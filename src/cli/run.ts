import { join } from 'node:path'
import { Command, Option } from 'commander'
import { platformHosts } from '../contracts/index.ts'
import {
  type FailOn,
  failOnNames,
  passedSignals,
  report,
  runProgram,
  shellStatus,
  writeReports,
} from '../kit/index.ts'
import { type GatewayFlags, gatewayFlags, gatewayOptions, withConfig } from './flags.ts'
import { failOn, makeFolder } from './matrix.ts'
import { writeInOneMove } from './start.ts'
import { addToStepSummary } from './step-summary.ts'
import { bold, complain, dim, green, red, yellow } from './terminal.ts'

interface RunFlags extends GatewayFlags {
  readonly offline?: boolean
  readonly isolate?: boolean
  readonly failOn?: readonly FailOn[]
  readonly report: string
  readonly json?: boolean
}

/** Shared flags that mean nothing here: what is printed is the program's, and HTTPS is there anyhow. */
const withoutMeaning = new Set(['tls', 'log'])

export function runCommand(): Command {
  const command = new Command('run')
    .usage('[options] -- <program> [arguments...]')
    .argument('<program...>', 'the program and its arguments, as they are')
    .option('--offline', 'refuse calls to every host that is not this machine')
    .option(
      '--isolate',
      'give the program a network of its own, with the proxy as its only way out, and answer programs that take no proxy too (Linux)',
    )
    .addOption(
      new Option(
        '--fail-on <what>',
        `what ends with status 1, with commas or repeated: ${failOnNames.join(', ')} (default: nothing; the program's own status counts)`,
      ).argParser(failOn),
    )
    .addOption(
      new Option('--report <dir>', 'where reports and exchanges go').default('.localtop/reports'),
    )
    .option('--json', 'print the report as one JSON line instead, to stderr as well')
    .addHelpText(
      'after',
      `
These hosts are the gateway, over HTTP and HTTPS: ${platformHosts.join(', ')}.
The program is led there by proxy and certificate settings in its environment; nothing on this machine
is changed. It also finds what "localtop matrix" gives: TOP_URL, TOP_APP_KEY, TOP_APP_SECRET, TOP_SESSION.

  localtop run -- python3 upload.py
  localtop run --profile production --offline -- java -jar upload.jar

Exit status: the program's own (128 and its number for a signal), 1 where --fail-on applies, 2 a wrong use.`,
    )
    .action((program: string[], flags: RunFlags) =>
      run(program, { ...flags, ...withConfig(flags) } as RunFlags),
    )
  for (const flag of gatewayFlags()) {
    if (withoutMeaning.has(flag.name())) continue
    if (flag.name() === 'port')
      flag.description = 'port to listen on, 0 for any free one (default: 0)'
    if (flag.name() === 'store') {
      flag.description =
        'where state is kept: memory, file or redis://host:port/db (default: memory)'
    }
    if (flag.name() === 'data') {
      flag.description =
        "folder of the proxy's certificate authority and of a file store (default: .localtop)"
    }
    command.addOption(flag)
  }
  return command
}

async function run(command: readonly string[], flags: RunFlags): Promise<void> {
  makeFolder(flags.report)
  // The proxy's library has things to say; what is printed is the program's.
  for (const name of ['log', 'info', 'warn', 'error'] as const) console[name] = () => undefined
  const { data = '.localtop', readyFile } = flags
  const result = await runProgram({
    command,
    env: process.env,
    data,
    folder: flags.report,
    now: new Date(),
    gateway: gatewayOptions({ ...flags, store: flags.store ?? 'memory' }),
    host: flags.host,
    port: flags.port,
    replaceGlobals: true,
    offline: flags.offline ?? false,
    isolate: flags.isolate ?? false,
    failOn: flags.failOn ?? [],
    isTerminal: process.stdin.isTTY ?? false,
    signals: passSignals,
    onNotice: (sentence) => complain(`localtop: ${sentence}`),
    onReady({ url, controlUrl, controlToken, port }) {
      if (readyFile === undefined) return
      const ready = { url, controlUrl, controlToken, pid: process.pid, port }
      writeInOneMove(readyFile, JSON.stringify(ready))
    },
  })
  const files = writeReports(result, flags.report, 'run')
  addToStepSummary(() => report(result, 'markdown'))
  if (flags.json) complain(JSON.stringify({ event: 'report', ...result, files }))
  else {
    complain(report(result, 'text', { bold, dim, red, yellow, green }).trimEnd())
    complain(dim(`reports in ${join(flags.report, 'run.html')}, .json, .xml, .txt, .md`))
  }
  const [{ exit }] = result.runs as [(typeof result.runs)[0] & object]
  const isJudged = flags.failOn?.some((one) => one !== 'none') ?? false
  process.exitCode = isJudged && !result.verdict.passed ? 1 : exit ? shellStatus(exit) : 0
}

/** A terminal gives an interrupt to the program by itself; twice would be once too often. */
function passSignals(deliver: (signal: NodeJS.Signals) => void): () => void {
  const listeners = passedSignals.map((name) => {
    const listener = () => {
      if (!(name === 'SIGINT' && process.stdin.isTTY)) deliver(name)
    }
    process.on(name, listener)
    return () => process.off(name, listener)
  })
  return () => {
    for (const stop of listeners) stop()
  }
}
