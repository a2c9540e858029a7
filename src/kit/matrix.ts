import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import {
  decidersOf,
  defaultFailOn,
  type ExitEvidence,
  type Explanation,
  explainRule,
  type FailOn,
  type JudgeLimits,
  type MatrixReport,
  OptionError,
  type ParsedWorld,
  type ProgramRun,
  type RunReport,
  type Scenario,
  statusText,
  usageOf,
  verdictOn,
  type WorldSeed,
  worldSeed,
} from '../contracts/index.ts'
import {
  bundledScenarios,
  createGateway,
  type Gateway,
  type GatewayOptions,
  type KeptCertificate,
  type NamedScenario,
} from '../server/index.ts'
import { capsuleNote, leaveCapsule } from './capsule/leave.ts'
import { createRecorder } from './capsule/recorder.ts'
import { type ChildOutcome, runChild } from './child.ts'
import { type Expected, unmetExpectations } from './expectations.ts'
import { letLateCallsEnd } from './late-calls.ts'
import { worldOf } from './scenario-runner.ts'
import {
  childEnvironment,
  credentialsIn,
  fillIn,
  lastLine,
  type Surroundings,
  withoutSecrets,
} from './surroundings.ts'

export interface MatrixOptions {
  /** The program and its arguments; `{url}`, `{appKey}`, `{appSecret}`, `{session}` are filled in. */
  readonly command: readonly string[]
  /** At least one. */
  readonly scenarios: readonly NamedScenario[]
  /** The environment that the program inherits. */
  readonly env: NodeJS.ProcessEnv
  /** Where output and exchanges of each run go. */
  readonly folder: string
  /** @default that of this process */
  readonly cwd?: string | undefined
  /** What wins over the scenarios' own settings, and the world that each starts from. */
  readonly gateway?: Pick<
    GatewayOptions,
    'profile' | 'world' | 'rateLimit' | 'timestampWindow' | 'seed' | 'httpStatus' | 'store' | 'data'
  >
  /** Opens an HTTPS port beside the other, with this certificate. */
  readonly tls?: KeptCertificate | undefined
  readonly host?: string | undefined
  /** @default 0, any free one */
  readonly port?: number | undefined
  /** See `ListenOptions`; for a process that is the gateway's own. @default false */
  readonly replaceGlobals?: boolean
  /** How many runs at once. @default 1 */
  readonly jobs?: number
  /** How long one run may take, in milliseconds. @default 180000 */
  readonly timeoutMs?: number
  /** How many seconds of the gateway pass in a real one: bans end so much sooner. @default 1 */
  readonly scale?: number
  readonly limits?: Partial<JudgeLimits> | undefined
  /** @default silent, duplicates, losses, expectations */
  readonly failOn?: readonly FailOn[]
  /** Goes into the report. @default nothing */
  readonly startedAt?: string
  /** Stops the programs; what there is by then is reported. */
  readonly signal?: AbortSignal | undefined
  /** Ends programs that do not stop when they are asked to, at once. */
  readonly killSignal?: AbortSignal | undefined
  readonly onProgress?: (event: MatrixEvent) => void
  readonly onOutput?: (scenario: string, stream: 'stdout' | 'stderr', bytes: Buffer) => void
}

export type MatrixEvent =
  | { readonly event: 'started'; readonly scenario: string; readonly total: number }
  | {
      readonly event: 'ended'
      readonly run: ProgramRun
      readonly done: number
      readonly total: number
    }

/** Enough for a run of a minute; what is dropped is said in the report. */
const journalBounds = { maxCount: 100_000, maxBytes: 256 * 1024 * 1024 }
/** Exchanges are written with all they hold, up to so many; the rest in short. */
const explainedExchanges = 2000
/** Of wrong signs so many are explained. */
const explainedSigns = 20

/**
 * Runs a program once for each scenario, each with a gateway and a world of its own, and judges what
 * it did.
 *
 * @throws OptionError for no scenario, no command, or a fixed port for several runs at once
 * @throws ProgramError when the program cannot be started
 */
export async function runMatrix(options: MatrixOptions): Promise<MatrixReport> {
  const { scenarios, command, jobs = 1, port = 0, signal, failOn = defaultFailOn } = options
  if (scenarios.length === 0) throw new OptionError('a matrix needs at least one scenario')
  if (command.length === 0 || command[0] === '') throw new OptionError('there is no program to run')
  if (jobs > 1 && port !== 0)
    throw new OptionError(`port ${port} can serve one run at a time; jobs was ${jobs}`)
  const started = performance.now()
  const places = placesOf(scenarios)
  const runs: (ProgramRun | undefined)[] = scenarios.map(() => undefined)
  // A program that cannot be started cannot be started for the next scenario either.
  const failing = new AbortController()
  const stop = signal ? AbortSignal.any([signal, failing.signal]) : failing.signal
  let next = 0
  let done = 0

  async function work() {
    while (next < scenarios.length && !stop.aborted) {
      const at = next++
      const named = scenarios[at] as NamedScenario
      options.onProgress?.({
        event: 'started',
        scenario: places[at] as string,
        total: scenarios.length,
      })
      const run = await playOne(named, places[at] as string, { ...options, signal: stop })
      runs[at] = run
      options.onProgress?.({ event: 'ended', run, done: ++done, total: scenarios.length })
    }
  }

  const worker = () =>
    work().catch((error) => {
      failing.abort()
      throw error
    })
  const outcomes = await Promise.allSettled(Array.from({ length: Math.max(1, jobs) }, worker))
  const failed = outcomes.find((outcome) => outcome.status === 'rejected')
  if (failed) throw failed.reason

  const played = runs.filter((run) => run !== undefined)
  const met = new Set(played.flatMap(({ report }) => report.coverage.met.map(({ error }) => error)))
  const missing = new Set(played.flatMap(({ report }) => report.coverage.missing))
  return {
    format: 'localtop-matrix',
    version: 1,
    program: withoutSecrets(command, worldFor(scenarios[0] as NamedScenario, options)),
    startedAt: options.startedAt ?? '',
    seconds: secondsOf(performance.now() - started),
    interrupted: signal?.aborted ?? false,
    runs: played,
    coverage: { met: [...met].sort(), missing: [...missing].filter((one) => !met.has(one)).sort() },
    verdict: verdictOn(played, failOn),
    ...capsuleNote(played, options.folder),
  }
}

async function playOne(
  named: NamedScenario,
  place: string,
  options: MatrixOptions,
): Promise<ProgramRun> {
  const { scenario, name } = named
  const { command, env, cwd, folder, scale = 1, timeoutMs = 180_000, signal } = options
  const world = worldFor(named, options)
  const profile = options.gateway?.profile ?? scenario.profile ?? world.profile ?? 'guide'
  const recorder = createRecorder()
  const settings = {
    ...options.gateway,
    profile,
    rateLimit: options.gateway?.rateLimit ?? scenario.rateLimit,
  }
  const inForce = [{ title: scenario.title, rules: scenario.rules, clock: scenario.clock }]
  await using gateway = createGateway({
    ...settings,
    ...recorder.options,
    world: seedOf(named, options),
    // A shop of its own for each scenario, empty at first, wherever it is kept.
    store: options.gateway?.store ?? 'memory',
    data: join(options.gateway?.data ?? '.localtop', place),
    fresh: true,
    scenarios: inForce,
    journal: journalBounds,
  })
  const { url } = await gateway.listen({
    port: options.port ?? 0,
    ...(options.host !== undefined && { host: options.host }),
    ...(options.replaceGlobals && { replaceGlobals: true }),
  })
  const tls = await listenSecurely(gateway, options)
  if (scale !== 1) gateway.clock.scale(scale)
  recorder.begin(() => gateway.clock.state().epochMs)
  const surroundings: Surroundings = {
    url,
    tls,
    scale,
    scenario: name,
    ...credentialsIn(world, profile, options.gateway?.world),
  }
  mkdirSync(join(folder, place), { recursive: true })
  const files = {
    stdout: `${place}/stdout.txt`,
    stderr: `${place}/stderr.txt`,
    exchanges: `${place}/exchanges.jsonl`,
  }
  const outputs = {
    stdout: createWriteStream(join(folder, files.stdout)),
    stderr: createWriteStream(join(folder, files.stderr)),
  }
  let outcome: ChildOutcome
  let said = ''
  try {
    outcome = await runChild({
      command: fillIn(command, surroundings),
      env: childEnvironment(env, surroundings),
      cwd,
      timeoutMs,
      signal,
      killSignal: options.killSignal,
      onOutput(stream, bytes) {
        outputs[stream].write(bytes)
        if (stream === 'stderr') said = `${said}${bytes}`.slice(-4000)
        options.onOutput?.(place, stream, bytes)
      },
    })
  } finally {
    await Promise.all(
      Object.values(outputs).map((output) => new Promise<void>((ended) => output.end(ended))),
    )
  }
  const { exit, stopped, ms } = outcome
  recorder.end()
  if (stopped === undefined) await letLateCallsEnd(gateway)
  const report = gateway.report({
    // A program that was stopped has not said how it went.
    exit: stopped === undefined ? exit : undefined,
    expect: 'rules',
    limits: options.limits,
  })
  writeExchanges(join(folder, files.exchanges), gateway)
  const state =
    stopped === 'aborted'
      ? 'interrupted'
      : stopped === 'timeout'
        ? 'never-ended'
        : report.calls.total === 0
          ? 'no-call'
          : 'ended'
  const run: ProgramRun = {
    scenario: place,
    title: { en: scenario.title, zh: scenario.titleZh ?? scenario.title },
    state,
    ...(state === 'no-call' &&
      isFailure(exit) && { noCall: endedEarly(exit, lastLine(said, world)) }),
    exit,
    seconds: secondsOf(ms),
    met: wasMet(
      scenario,
      report.coverage.met.map(({ error }) => error),
      gateway,
    ),
    report,
    unmet: unmetIn(named, report, gateway),
    files,
  }
  return leaveCapsule(join(folder, `${place}.capsule.json`), run, {
    recording: recorder.recording(),
    gateway,
    options: settings,
    world,
    scenarios: inForce,
    program: withoutSecrets(command, world),
    scale,
    lateCalls: stopped === undefined,
    expect: expectedIn(named),
    limits: options.limits,
    failOn: options.failOn ?? defaultFailOn,
  })
}

const isFailure = ({ status }: ExitEvidence) => status !== 0

/** Said where a program has failed before its first call: how to find the gateway is not what it lacks. */
function endedEarly(exit: ExitEvidence, words: string): Explanation {
  const how = statusText(exit)
  return {
    en: `no call arrived: the program ended with ${how} before it made one${words === '' ? ', and said nothing on stderr' : `; it said last: ${words}`}`,
    zh: `没有收到任何调用：程序在发出调用前以 ${how} 结束${words === '' ? '，stderr 中没有输出' : `，最后输出：${words}`}`,
  }
}

async function listenSecurely(gateway: Gateway, { tls, host, replaceGlobals }: MatrixOptions) {
  if (!tls) return undefined
  const { url } = await gateway.listen({
    port: 0,
    tls,
    ...(host !== undefined && { host }),
    ...(replaceGlobals && { replaceGlobals }),
  })
  return { url, certificate: tls.file }
}

/**
 * A scenario of the library does not know how many items the program has; what it expects is for the
 * bundled client. What a file of the user's own expects is held.
 */
const expectedIn = ({ scenario, file }: NamedScenario) =>
  dirname(resolve(file)) === resolve(bundledScenarios) ? undefined : scenario.expect

function unmetIn(named: NamedScenario, report: RunReport, gateway: Gateway): Explanation[] {
  const expect: Expected | undefined = expectedIn(named)
  if (!expect) return []
  const called = gateway.exchanges.list().map(({ method }) => method)
  return unmetExpectations(expect, report, called)
}

/**
 * Whether something that the scenario does has happened to the program: a rule that its caller notices,
 * a limit reached, a signature refused once the secret was another.
 */
function wasMet(
  { rules, rateLimit }: Scenario,
  met: readonly string[],
  gateway: Gateway,
): boolean | null {
  const isLimited =
    (rateLimit !== undefined && rateLimit !== 'off') || rules.some(({ then }) => then.quota)
  const isRotated = rules.some(({ then }) => then.appSecret !== undefined)
  if (rules.length === 0 && !isLimited) return null
  const codes = new Set(met.map((error) => error.split('/')[0]))
  if ((isLimited && codes.has('7')) || (isRotated && codes.has('25'))) return true
  const felt = rules.filter(isFelt).map((rule) => explainRule(rule))
  return gateway.exchanges
    .list()
    .some((exchange) => exchange.rules.some((rule) => felt.some((one) => rule.endsWith(one))))
}

/** Whether whoever makes the call notices the rule: the rest prepares what comes later. */
const isFelt = ({ then }: Scenario['rules'][number]) =>
  decidersOf(then).length > 0 ||
  [then.fault, then.answer, then.patch, then.lag, then.delay, then.refuseAfter].some(
    (one) => one !== undefined,
  )

/**
 * Writes the journal as JSON Lines, so that a verdict can be checked: each exchange with what it used of the
 * contract, which `localtop lock` reads.
 */
export function writeExchanges(file: string, gateway: Gateway): void {
  let signs = explainedSigns
  const lines = gateway.exchanges.list().map((exchange, at) => {
    // To explain a wrong sign takes long, and such a call has used nothing.
    const isUse = exchange.gate !== 'signature'
    const whole = isUse || signs-- > 0 ? gateway.exchanges.find(exchange.id) : undefined
    const used = isUse && whole ? usageOf(whole) : undefined
    return JSON.stringify({
      ...((at < explainedExchanges && whole) || exchange),
      ...(used && { used }),
    })
  })
  writeFileSync(file, lines.map((line) => `${line}\n`).join(''))
}

const worldFor = (named: NamedScenario, options: MatrixOptions): ParsedWorld =>
  worldSeed.parse(seedOf(named, options))

/** The scenario's world; what the caller's own world holds is there as well, and comes first. */
function seedOf({ scenario }: NamedScenario, { gateway }: MatrixOptions): WorldSeed {
  const seed = worldOf(scenario)
  const own = gateway?.world
  if (own === undefined) return seed
  const keys = {
    apps: 'app_key',
    sellers: 'nick',
    sessions: 'session',
    items: 'num_iid',
    categories: 'cid',
  }
  const merged: Record<string, unknown> = { ...seed, ...own }
  for (const [collection, key] of Object.entries(keys)) {
    const records = (world: WorldSeed) =>
      (world[collection as keyof WorldSeed] ?? []) as readonly Readonly<Record<string, unknown>>[]
    const mine = records(own)
    const taken = new Set(mine.flatMap((record) => record[key] ?? []).map(String))
    merged[collection] = [
      ...mine,
      ...records(seed).filter((record) => !taken.has(String(record[key] ?? ''))),
    ]
  }
  return merged as WorldSeed
}

/** A folder for each scenario; two files of one name get two. */
function placesOf(scenarios: readonly NamedScenario[]): string[] {
  const taken = new Set<string>()
  return scenarios.map(({ name }) => {
    const plain = name.replaceAll(/[^\p{L}\p{N}_.-]+/gu, '-').replace(/^\.+/, '') || 'scenario'
    let place = plain
    for (let number = 2; taken.has(place); number++) place = `${plain}-${number}`
    taken.add(place)
    return place
  })
}

const secondsOf = (ms: number) => Math.round(ms / 10) / 100
