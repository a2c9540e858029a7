import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  defaultWorld,
  type FailOn,
  type JudgeLimits,
  type MatrixReport,
  OptionError,
  type ProgramRun,
  platformDomains,
  verdictOn,
  worldSeed,
} from '../../contracts/index.ts'
import {
  createGateway,
  type GatewayOptions,
  type Listening,
  packageRoot,
} from '../../server/index.ts'
import { letLateCallsEnd, writeExchanges } from '../matrix.ts'
import type { PreloadOptions } from '../preload/options.ts'
import {
  childEnvironment,
  credentialsIn,
  type Surroundings,
  withoutSecrets,
} from '../surroundings.ts'
import { type KeptAuthority, keptAuthority } from './authority.ts'
import { phpSettingsText, redirectedEnvironment } from './environment.ts'
import { runInForeground, type SignalSource } from './foreground.ts'
import { isolate } from './isolate.ts'
import { openProxy } from './proxy.ts'
import type { HostTraffic } from './traffic.ts'
import { javaTrustStore, writeBundle } from './trust.ts'
import { noCallAdvice, runSummary, trafficNotes } from './words.ts'

export interface RunOptions {
  /** The program and its arguments, as they are. */
  readonly command: readonly string[]
  /** The environment that the program inherits. */
  readonly env: NodeJS.ProcessEnv
  /** The data folder: the authority is kept there, and the state where the store is a file. */
  readonly data: string
  /** Where the exchanges go. */
  readonly folder: string
  readonly now: Date
  /** @default that of this process */
  readonly cwd?: string | undefined
  readonly gateway?: Omit<GatewayOptions, 'journal'>
  readonly host?: string | undefined
  /** @default 0, any free one */
  readonly port?: number | undefined
  /** See `ListenOptions`; for a process that is the gateway's own. @default false */
  readonly replaceGlobals?: boolean
  /** Refuses calls to every host that is not this machine. @default false */
  readonly offline?: boolean
  /** Gives the program a network of its own; Linux only. @default false */
  readonly isolate?: boolean
  readonly limits?: Partial<JudgeLimits> | undefined
  /** @default nothing */
  readonly failOn?: readonly FailOn[]
  /** The signals that are the program's. */
  readonly signals: SignalSource
  /** Signals from the keyboard reach the program by themselves. @default false */
  readonly isTerminal?: boolean
  /** Told when the program is about to start. */
  readonly onReady?: (listening: Listening) => void
  /** Told what the user should know before the program runs. */
  readonly onNotice?: (sentence: string) => void
}

/** The run of a program under `localtop run`. */
export interface RunResult extends MatrixReport {
  readonly traffic: {
    /** Whether other hosts were refused. */
    readonly offline: boolean
    /** Whether the kernel kept the program from every other network. */
    readonly isolated: boolean
    /** What passed the proxy, by host. */
    readonly hosts: readonly HostTraffic[]
  }
}

const exchangesFile = 'run-exchanges.jsonl'
const journalBounds = { maxCount: 100_000, maxBytes: 256 * 1024 * 1024 }

/**
 * Runs a program, unchanged, against a gateway: its calls to the platform's hosts end there.
 *
 * @throws OptionError for no command, a data folder that cannot be used, or no isolation where it is asked for
 * @throws ProgramError when the program cannot be started
 */
export async function runProgram(options: RunOptions): Promise<RunResult> {
  const { command, env, data, now, cwd, offline = false, signals } = options
  if (command.length === 0 || command[0] === '') throw new OptionError('there is no program to run')
  const authority = await keptAuthority(data, now)
  if (authority.renewed !== undefined) options.onNotice?.(authority.renewed)
  const own = await mkdtemp(join(tmpdir(), 'localtop-run-'))
  try {
    const trust = await prepareTrust(own, authority.cert, options)
    await using gateway = createGateway({ ...options.gateway, journal: journalBounds })
    const listening = await gateway.listen({
      port: options.port ?? 0,
      ...(options.host !== undefined && { host: options.host }),
      ...(options.replaceGlobals && { replaceGlobals: true }),
    })
    await using proxy = await openProxy({
      authority,
      gatewayUrl: listening.url,
      offline,
      upstream: upstreamIn(env),
      trusted: trust.bundle,
    })
    const preload = join(own, 'preload.cjs')
    await writeFile(preload, preloadText({ port: proxy.port, domains: platformDomains, offline }))
    const proxyUrl = `http://127.0.0.1:${proxy.port}`
    const surroundings = surroundingsIn(listening.url, options)
    const childEnv = redirectedEnvironment(childEnvironment(env, surroundings), {
      ...trust,
      proxyUrl,
      preload,
    })
    await using isolated = options.isolate
      ? await isolate({
          folder: own,
          relay: distFile('relay.cjs'),
          proxyPort: proxy.port,
          gatewayPort: listening.port,
          command,
          env: childEnv,
          cwd,
          isTerminal: options.isTerminal ?? false,
        })
      : undefined
    options.onReady?.(listening)
    const started = performance.now()
    const ended = await runInForeground({
      command: isolated?.command ?? command,
      env: isolated ? env : childEnv,
      cwd,
      signals,
    })
    const exit = isolated?.outcome() ?? ended
    const seconds = Math.round((performance.now() - started) / 10) / 100
    await letLateCallsEnd(gateway)
    const report = gateway.report({ exit, expect: 'rules', limits: options.limits })
    await mkdir(options.folder, { recursive: true })
    writeExchanges(join(options.folder, exchangesFile), gateway)
    const traffic = { offline, isolated: isolated !== undefined, hosts: proxy.traffic.list() }
    return resultOf({ exit, seconds, report, traffic, authority, surroundings }, options)
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** Writes what the program is told to trust. */
async function prepareTrust(own: string, cert: string, { data, env, onNotice }: RunOptions) {
  const bundle = join(own, 'ca.pem')
  // Not the kept one: another run at the same time may have renewed that.
  const certificate = join(own, 'authority.pem')
  const phpSettings = join(own, 'php')
  await Promise.all([
    writeFile(certificate, cert),
    writeBundle(bundle, cert, env),
    mkdir(phpSettings),
  ])
  await writeFile(join(phpSettings, 'localtop.ini'), phpSettingsText(bundle))
  const javaStore = await javaTrustStore(data, certificate, env).catch((error: Error) => {
    onNotice?.(`Java will not trust the proxy over HTTPS: ${error.message}`)
    return undefined
  })
  return { bundle, javaStore, phpSettings }
}

const worldIn = ({ gateway }: RunOptions) => worldSeed.parse(gateway?.world ?? defaultWorld)

function surroundingsIn(url: string, options: RunOptions): Surroundings {
  const world = worldIn(options)
  const names = (options.gateway?.scenarios ?? []).map((one) =>
    typeof one === 'string' ? one : (one.title ?? ''),
  )
  const profile = options.gateway?.profile ?? world.profile ?? 'guide'
  return { url, scale: 1, scenario: names.join(', '), ...credentialsIn(world, profile) }
}

interface Ended extends Pick<ProgramRun, 'exit' | 'seconds' | 'report'> {
  readonly traffic: RunResult['traffic']
  readonly authority: KeptAuthority
  readonly surroundings: Surroundings
}

function resultOf(
  { exit, seconds, report, traffic, authority, surroundings: { scenario } }: Ended,
  options: RunOptions,
): RunResult {
  const { failOn = [] } = options
  // Authorisation has no place in the journal.
  const hasCalled =
    report.calls.total > 0 || traffic.hosts.some(({ outcome }) => outcome === 'answered')
  const run: ProgramRun = {
    scenario: scenario || 'run',
    title: scenario
      ? { en: scenario, zh: scenario }
      : { en: 'nothing was made to fail', zh: '没有设定任何失败' },
    state: hasCalled ? 'ended' : 'no-call',
    noCall: noCallAdvice(traffic.isolated),
    exit,
    seconds,
    met: null,
    report,
    unmet: [],
    files: { stdout: '', stderr: '', exchanges: exchangesFile },
  }
  const { met, missing } = report.coverage
  // Without a word on what is to fail, only a run that shows nothing has failed.
  const isJudged = failOn.some((one) => one !== 'none') || !hasCalled
  return {
    format: 'localtop-matrix',
    version: 1,
    title: 'localtop run',
    summary: runSummary(run),
    notes: trafficNotes(traffic, authority.file),
    program: withoutSecrets(options.command, worldIn(options)),
    startedAt: options.now.toISOString(),
    seconds,
    interrupted: false,
    runs: [run],
    coverage: { met: met.map(({ error }) => error).sort(), missing: [...missing].sort() },
    verdict: isJudged ? verdictOn([run], failOn) : { passed: true, failOn, reasons: [] },
    traffic,
  }
}

const distFile = (name: string) => join(packageRoot, 'dist', name)

/** Versions of Node without fetch take the simpler one. */
function preloadText(options: PreloadOptions): string {
  const file = (name: string) => JSON.stringify(distFile(name))
  return `require(typeof Request === 'function' ? ${file('preload.cjs')} : ${file('preload-old.cjs')}).install(${JSON.stringify(options)})\n`
}

/** The proxy that the environment names for HTTPS, which other hosts are reached through. */
function upstreamIn(env: NodeJS.ProcessEnv) {
  const names = ['https_proxy', 'HTTPS_PROXY', 'http_proxy', 'HTTP_PROXY', 'all_proxy', 'ALL_PROXY']
  const url = names.map((name) => env[name]).find(Boolean)
  if (url === undefined) return undefined
  const except = (env.no_proxy ?? env.NO_PROXY ?? '').split(',').map((one) => one.trim())
  return {
    url: url.includes('://') ? url : `http://${url}`,
    except: [...except.filter((one) => one !== ''), '127.0.0.1', 'localhost'],
  }
}
