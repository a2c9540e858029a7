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
  type ScenarioSeed,
  verdictOn,
  worldSeed,
} from '../../contracts/index.ts'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Listening,
  loadScenario,
  packageRoot,
} from '../../server/index.ts'
import { capsuleNote, leaveCapsule } from '../capsule/leave.ts'
import { createRecorder } from '../capsule/recorder.ts'
import { letLateCallsEnd } from '../late-calls.ts'
import { writeExchanges } from '../matrix.ts'
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
const capsuleFile = 'run.capsule.json'
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
    const recorder = createRecorder()
    await using gateway = createGateway({
      ...options.gateway,
      ...recorder.options,
      journal: journalBounds,
    })
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
    const gaps = await gapsAtStart(gateway, { ...options.gateway, ...recorder.options })
    recorder.begin(() => gateway.clock.state().epochMs)
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
    recorder.end()
    await letLateCallsEnd(gateway)
    const report = gateway.report({ exit, expect: 'rules', limits: options.limits })
    await mkdir(options.folder, { recursive: true })
    writeExchanges(join(options.folder, exchangesFile), gateway)
    const traffic = { offline, isolated: isolated !== undefined, hosts: proxy.traffic.list() }
    const result = resultOf({ exit, seconds, report, traffic, authority, surroundings }, options)
    const [run] = result.runs as [ProgramRun]
    const capsuled = await leaveCapsule(join(options.folder, capsuleFile), run, {
      recording: recorder.recording(),
      gateway,
      options: options.gateway ?? {},
      world: worldIn(options),
      scenarios: scenariosIn(options.gateway),
      program: result.program,
      scale: 1,
      lateCalls: true,
      limits: options.limits,
      failOn: options.failOn ?? [],
      gaps,
    })
    const { notes = [] } = capsuleNote([capsuled], options.folder)
    return { ...result, runs: [capsuled], notes: [...(result.notes ?? []), ...notes] }
  } finally {
    await rm(own, { recursive: true, force: true })
  }
}

/** The scenarios as the gateway has them: chance is drawn by the names of those that were named. */
const scenariosIn = ({ scenarios = [] }: GatewayOptions = {}): ScenarioSeed[] =>
  scenarios.map((one) => {
    if (typeof one !== 'string') return { title: one.title, rules: one.rules, clock: one.clock }
    const { name, scenario } = loadScenario(one)
    return { title: name, rules: scenario.rules, clock: scenario.clock } as ScenarioSeed
  })

/** What a capsule cannot begin with: it has the world that the gateway was told of, not what else it held. */
async function gapsAtStart(gateway: Gateway, options: GatewayOptions): Promise<string[]> {
  const gaps: string[] = []
  if (options.methods?.length) gaps.push('methods that the gateway was given are not kept')
  if (options.store === 'file' && !options.fresh) {
    const { store: _, data: __, tap: ___, ...same } = options
    await using other = createGateway({ ...same, store: 'memory' })
    const [held, told] = [await gateway.snapshot(), await other.snapshot()]
    const isTold = JSON.stringify(held.items) === JSON.stringify(told.items)
    if (!isTold || held.tenants !== undefined)
      gaps.push('the data folder held state before the run, which is not kept; --fresh begins anew')
  }
  return gaps
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
