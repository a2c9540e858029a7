import { existsSync, mkdirSync, statSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { parseDuration } from '../contracts/index.ts'
import {
  defaultFailOn,
  exitText,
  type FailOn,
  failOnNames,
  type MatrixEvent,
  type ProgramRun,
  report,
  runMatrix,
  writeReports,
} from '../kit/index.ts'
import {
  keptCertificate,
  loadScenario,
  type NamedScenario,
  scenarioNames,
} from '../server/index.ts'
import { type GatewayFlags, gatewayFlags, gatewayOptions, withConfig } from './flags.ts'
import { takeInterrupts } from './interruption.ts'
import { progressBar } from './progress-bar.ts'
import { addToStepSummary } from './step-summary.ts'
import {
  bold,
  complain,
  dim,
  green,
  print,
  printJson,
  red,
  UsageError,
  yellow,
} from './terminal.ts'

interface MatrixFlags extends GatewayFlags {
  readonly all?: boolean
  readonly jobs: number
  readonly timeout: number
  readonly scale: number
  readonly failOn?: readonly FailOn[]
  readonly report: string
  readonly showOutput?: boolean
  readonly json?: boolean
}

/** The shared flags that mean something where every run has a fresh gateway in memory. */
const sharedFlags = new Set([
  'port',
  'host',
  'profile',
  'world',
  'store',
  'data',
  'rate-limit',
  'timestamp-window',
  'scenario',
  'seed',
  'tls',
  'http-status',
  'config',
])

export function matrixCommand(): Command {
  const command = new Command('matrix')
    .usage('[options] -- <program> [arguments...]')
    .argument('<program...>', 'the program; {url} {appKey} {appSecret} {session} are filled in')
    .option('--all', 'scenarios that make nothing fail as well')
    .addOption(
      new Option('--jobs <n>', 'how many runs at once').argParser(wholeNumber(1, 64)).default(1),
    )
    .addOption(
      new Option('--timeout <duration>', 'how long one run may take: 60s, 5m')
        .argParser(duration)
        .default(180_000, '3m'),
    )
    .addOption(
      new Option(
        '--scale <n>',
        'how many seconds of the gateway pass in a real one: bans end so much sooner, and name so many fewer seconds; delays shrink too',
      )
        .argParser(scaleFactor)
        .default(1),
    )
    .addOption(
      new Option(
        '--fail-on <what>',
        `what ends with status 1, with commas or repeated: ${failOnNames.join(', ')} (default: ${defaultFailOn.join(',')})`,
      ).argParser(failOn),
    )
    .addOption(
      new Option('--report <dir>', 'where reports and output go').default('.localtop/reports'),
    )
    .option('--show-output', 'show what the program prints')
    .option('--json', 'print JSON lines')
    .addHelpText(
      'after',
      `
The program finds the gateway in its environment: TOP_URL (…/router/rest), TOP_AUTH_URL, TOP_APP_KEY,
TOP_APP_SECRET, TOP_SESSION, LOCALTOP_URL, LOCALTOP_SCENARIO, LOCALTOP_SCALE; with --tls also in
LOCALTOP_TLS_URL, with the certificate to trust in LOCALTOP_TLS_CERTIFICATE ({tlsUrl} in its arguments).

  localtop matrix -- python3 upload.py items.csv
  localtop matrix --scenario session-expires-half-way --profile production -- java -jar up.jar --url {url}

Exit status: 0 nothing of --fail-on was found, 1 something was, or a run proved nothing (no call
arrived, it never ended), 2 a wrong use, 130 interrupted.`,
    )
    .action((program: string[], flags: MatrixFlags) =>
      matrix(program, { ...flags, ...withConfig(flags) } as MatrixFlags),
    )
  for (const flag of gatewayFlags()) {
    if (!sharedFlags.has(flag.name())) continue
    // The same names with other defaults.
    if (flag.name() === 'port')
      flag.description = 'port to listen on, 0 for any free one (default: 0)'
    if (flag.name() === 'store')
      flag.description = 'where state is kept: memory or file (default: memory)'
    if (flag.name() === 'data') {
      flag.description =
        'folder of the certificate of --tls and of a file store, one below it for each scenario, emptied first (default: .localtop)'
    }
    if (flag.name() === 'scenario') {
      flag.description =
        'a scenario, a name or a file; repeatable (default: all that make calls fail)'
    }
    if (flag.name() === 'profile') {
      flag.description = "which gateway is imitated (default: each scenario's own, else guide)"
    }
    command.addOption(flag)
  }
  return command
}

async function matrix(command: readonly string[], flags: MatrixFlags): Promise<void> {
  const { json = false, showOutput = false, timeout, jobs, scale, host } = flags
  if (flags.store?.startsWith('redis')) {
    throw new UsageError('--store: every scenario has a shop of its own, in memory or a file')
  }
  const scenarios = chosenScenarios(flags)
  const {
    scenarios: _,
    fresh: __,
    ...gateway
  } = gatewayOptions({
    ...flags,
    store: flags.store ?? 'memory',
  })
  makeFolder(flags.report)
  const impatience = new AbortController()
  const interruption = takeInterrupts(
    () => complain('\nstopping the program; what there is will be reported (once more: kill it)'),
    () => impatience.abort(),
  )
  const progress = json
    ? jsonProgress
    : showOutput
      ? linesOf(complain)
      : terminalProgress(scenarios)
  try {
    const result = await runMatrix({
      command,
      scenarios,
      env: process.env,
      folder: flags.report,
      gateway,
      host,
      port: flags.port ?? 0,
      ...(flags.tls && { tls: await keptCertificate(flags.data ?? '.localtop', new Date()) }),
      replaceGlobals: true,
      jobs,
      timeoutMs: timeout,
      scale,
      failOn: flags.failOn ?? defaultFailOn,
      startedAt: new Date().toISOString(),
      signal: interruption.signal,
      killSignal: impatience.signal,
      onProgress: progress.on,
      ...(showOutput && { onOutput: passThrough }),
    })
    progress.stop()
    const files = writeReports(result, flags.report)
    addToStepSummary(() => report(result, 'markdown'))
    if (json) printJson({ event: 'report', ...result, files })
    else {
      print(report(result, 'text', { bold, dim, red, yellow, green }).trimEnd())
      print(dim(`reports in ${join(flags.report, 'matrix.html')}, .json, .xml, .txt, .md`))
    }
    process.exitCode = interruption.signal.aborted ? 130 : result.verdict.passed ? 0 : 1
  } finally {
    progress.stop()
    interruption.end()
  }
}

/** Said before anything runs rather than after everything has. */
export function makeFolder(folder: string): void {
  try {
    // Step by step: Node's own recursion never ends where a folder cannot hold another, as in /proc.
    const missing: string[] = []
    for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.unshift(at)
    for (const one of missing) mkdirSync(one)
    if (!statSync(folder).isDirectory()) throw new Error('it is no folder')
  } catch (error) {
    throw new UsageError(`--report: ${folder} cannot be made: ${(error as Error).message}`)
  }
}

function chosenScenarios({ scenario, all }: MatrixFlags): NamedScenario[] {
  if (scenario) return scenario.map((name) => loadScenario(name))
  const library = scenarioNames().map((name) => loadScenario(name))
  return all ? library : library.filter(makesCallsFail)
}

const makesCallsFail = ({ scenario: { rules, rateLimit } }: NamedScenario) =>
  rules.length > 0 || (rateLimit !== undefined && rateLimit !== 'off')

interface Progress {
  readonly on: (event: MatrixEvent) => void
  readonly stop: () => void
}

const jsonProgress: Progress = {
  on(event) {
    if (event.event === 'started') printJson(event)
    else {
      const { run, ...counts } = event
      printJson({ ...counts, ...run })
    }
  },
  stop() {},
}

const linesOf = (write: (text: string) => void): Progress => ({
  on(event) {
    if (event.event === 'ended') write(`${event.done}/${event.total} ${lineOf(event.run)}`)
  },
  stop() {},
})

/** A bar on a terminal, a line for each run elsewhere. */
function terminalProgress(scenarios: readonly NamedScenario[]): Progress {
  const width = Math.max(0, ...scenarios.map(({ name }) => name.length))
  const bar = progressBar('{bar} {value}/{total} {scenario}')
  if (!bar) return linesOf(complain)
  let started = false
  return {
    on(event) {
      if (!started) bar.start(event.total, 0, { scenario: '' })
      started = true
      if (event.event === 'started') bar.update({ scenario: event.scenario.padEnd(width) })
      else bar.update(event.done)
    },
    stop: () => bar.stop(),
  }
}

function lineOf(run: ProgramRun): string {
  const { findings } = run.report
  const found = findings.length === 0 ? 'nothing found' : findings.map(({ id }) => id).join(', ')
  return `${run.scenario}: ${exitText(run)}, ${found}, ${run.seconds.toFixed(1)} s`
}

/** To stderr, both streams: stdout is for the table, or for JSON lines. */
const passThrough = (_scenario: string, _stream: 'stdout' | 'stderr', bytes: Buffer) =>
  void process.stderr.write(bytes)

function wholeNumber(least: number, most: number) {
  return (text: string) => {
    const value = Number(text)
    if (!/^\d{1,6}$/.test(text) || value < least || value > most)
      throw new InvalidArgumentError(`expected ${least} to ${most}`)
    return value
  }
}

function duration(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined || ms <= 0 || ms > 2 ** 31 - 1)
    throw new InvalidArgumentError('expected a duration above 0, such as 60s or 5m')
  return ms
}

function scaleFactor(text: string): number {
  const value = Number(text)
  if (!/^\d{1,7}(\.\d{1,6})?$/.test(text) || value <= 0 || value > 1_000_000)
    throw new InvalidArgumentError('expected a number above 0, up to 1000000')
  return value
}

/** Reads `--fail-on`. */
export function failOn(text: string, before: readonly FailOn[] = []): FailOn[] {
  const names = text.split(',').map((name) => name.trim())
  for (const name of names) {
    if (!failOnNames.some((known) => known === name))
      throw new InvalidArgumentError(`"${name}" is none of ${failOnNames.join(', ')}`)
  }
  const all = [...before, ...(names as FailOn[])]
  if (all.includes('none') && all.length > 1)
    throw new UsageError('--fail-on: none goes with nothing else')
  return all
}
