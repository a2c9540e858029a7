import { createHash } from 'node:crypto'
import { rmSync, writeFileSync } from 'node:fs'
import {
  type ExitEvidence,
  type Expectations,
  type Explanation,
  findMethod,
  formatTime,
  type JudgeLimits,
  type ParsedWorld,
  type RunReport,
  type ScenarioSeed,
  scenario,
} from '../../contracts/index.ts'
import { type Gateway, type GatewayOptions, type Snapshot, version } from '../../server/index.ts'
import { type Capsule, type CapsuleRequest, capsule, longestAnswer } from './capsule.ts'
import { maskRequest, readRequest } from './mask-request.ts'
import type { KeptRequest, Recording } from './recorder.ts'
import { createStandIns, type StandIns } from './stand-ins.ts'

/** What is known of a run that failed. */
export interface FailedRun {
  readonly recording: Recording
  readonly gateway: Gateway
  readonly options: Pick<
    GatewayOptions,
    | 'seed'
    | 'profile'
    | 'rateLimit'
    | 'timestampWindow'
    | 'httpStatus'
    | 'time'
    | 'freeze'
    | 'store'
  >
  readonly world: ParsedWorld
  /** As the gateway had them: chance is drawn by their titles. */
  readonly scenarios: readonly ScenarioSeed[]
  readonly scenario: string
  readonly program: readonly string[]
  readonly scale: number
  readonly lateCalls: boolean
  readonly expect?: Expectations | undefined
  readonly exit: ExitEvidence | null
  readonly limits: Partial<JudgeLimits> | undefined
  readonly report: RunReport
  readonly unmet: readonly Explanation[]
  readonly reasons: readonly Explanation[]
  /** What else could not be kept. */
  readonly gaps?: readonly string[]
}

/** Exchanges in which the gateway's answer broke its own contract. */
export const bugsIn = ({ exchanges }: Pick<Gateway, 'exchanges'>): string[] =>
  exchanges
    .list({ code: 15 })
    .filter(
      ({ subCode, gate, rules }) =>
        subCode === 'isp.internal-error' && gate === 'answer' && rules.length === 0,
    )
    .map(({ id }) => id)

/** Everything that a replay needs, without a secret of the world's. */
export async function packRun(run: FailedRun): Promise<Capsule> {
  const { recording, options, report, gateway } = run
  const { start, end, requests } = recording
  const standIns = createStandIns()
  const snapshot = await gateway.snapshot({ secrets: true })
  const world = standIns.scrubAll(withGivenSessions(run.world, snapshot, formatTime(end)))
  const scenarios = run.scenarios.map((one) => scenario.parse(standIns.scrubAll(one)))
  const secrets = secretsByApp(run)
  const masked = requests.map((one) => maskKept(one, standIns, secrets))
  const seen = {
    format: 'localtop-capsule',
    version: 1,
    localtop: version,
    program: run.program.map(standIns.scrub),
    scenario: run.scenario,
    gateway: {
      seed: options.seed ?? 1,
      profile: options.profile,
      rateLimit: options.rateLimit,
      timestampWindow: options.timestampWindow,
      httpStatus: options.httpStatus,
      time: options.time,
      freeze: options.freeze,
      store: kindOf(options.store),
    },
    clock: { start, length: end - start, scale: run.scale, lateCalls: run.lateCalls },
    world,
    scenarios,
    expect: run.expect,
    exit: run.exit ?? undefined,
    limits: { ...run.limits },
    failure: failureOf(report, run.unmet, bugsIn(gateway), run.reasons),
    gaps: [
      ...recording.gaps,
      ...(run.gaps ?? []),
      ...(report.truncated
        ? ['the journal had dropped its oldest exchanges: the findings of the run rest on the rest']
        : []),
    ],
    // Last: every secret has been met by now.
    requests: masked.map((one) => requestOf(one, start, standIns)),
  }
  return capsule.parse(JSON.parse(JSON.stringify(seen)))
}

/** What was found, as a replay looks for it again. */
export function failureOf(
  { findings }: RunReport,
  unmet: readonly Explanation[],
  bugs: readonly string[],
  reasons: readonly Explanation[],
): Capsule['failure'] {
  return {
    findings: findings.map(({ judge, id, severity, title, about, exchanges }) => ({
      judge,
      id,
      severity,
      title: title.en,
      about: [...about],
      exchanges: [...exchanges],
    })),
    unmet: unmet.map(({ en }) => en),
    bugs: [...bugs],
    reasons: reasons.map(({ en }) => en),
  }
}

interface MaskedRequest {
  readonly kept: KeptRequest
  readonly url: string
  readonly body: Buffer
  readonly isSecret: boolean
}

function maskKept(
  kept: KeptRequest,
  standIns: StandIns,
  secrets: (appKey: string) => readonly string[],
): MaskedRequest {
  const raw = { ...kept, contentType: kept.headers['content-type'] ?? '' }
  const { params } = readRequest(raw)
  const { url, body } = maskRequest(raw, standIns, secrets)
  return { kept, url, body, isSecret: findMethod(params.method ?? '')?.secret ?? false }
}

function requestOf(
  { kept, url, body, isSecret }: MaskedRequest,
  start: number,
  standIns: StandIns,
): CapsuleRequest {
  const { at, now, issued, verb, headers, answer } = kept
  return {
    at: at - start,
    time: formatTime(now),
    issued,
    verb,
    url: standIns.scrub(url),
    headers: Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name, standIns.scrub(value)]),
    ),
    ...(body.length > 0 && { body: writtenBody(body) }),
    ...(answer && {
      answer: {
        at: answer.at - start,
        exchange: answer.exchange,
        status: answer.status,
        ...(answer.fault !== undefined && { fault: answer.fault }),
        ...(!isSecret && writtenAnswer(standIns.scrub(answer.body))),
      },
    }),
  }
}

function writtenBody(body: Buffer): NonNullable<CapsuleRequest['body']> {
  const text = body.toString()
  return Buffer.from(text).equals(body) ? { text } : { base64: body.toString('base64') }
}

/** An answer's text, or the hash of a long one. */
export const writtenAnswer = (body: string): { body: string } | { sha256: string } =>
  body.length <= longestAnswer
    ? { body }
    : { sha256: createHash('sha256').update(body).digest('hex') }

/** The secrets that an app has from the start, and those that a rule gives it. */
function secretsByApp({ world, scenarios }: FailedRun) {
  const ofRules = scenarios.flatMap(({ rules = [] }) =>
    rules.flatMap(({ then }) => then.appSecret ?? []),
  )
  return (appKey: string) => {
    const app = world.apps.find(({ app_key }) => app_key === appKey)
    return app ? [app.app_secret, ...ofRules] : []
  }
}

/** The world with the sessions that the program was given on its way; they are there from the start. */
function withGivenSessions(world: ParsedWorld, snapshot: Snapshot, end: string): ParsedWorld {
  const known = new Set(world.sessions.map(({ session }) => session))
  const given = Object.values(snapshot.sessions ?? {}) as ParsedWorld['sessions']
  const added = given
    .filter(({ session }) => !known.has(session))
    // What ended one on the way happens again.
    .map(({ revoked: _, expires, ...kept }) => ({
      ...kept,
      ...(expires !== undefined && expires > end && { expires }),
    }))
  return { ...world, sessions: [...world.sessions, ...added] }
}

/** Writes a capsule; an earlier one of this name is replaced. */
export function writeCapsule(file: string, packed: Capsule): void {
  writeFileSync(file, `${JSON.stringify(packed, null, 2)}\n`)
}

/** A run that passed leaves none, nor that of an earlier run. */
export function dropCapsule(file: string): void {
  rmSync(file, { force: true })
}

/** The kind alone: the URL of a Redis may hold a password. */
const kindOf = (store = 'memory') =>
  store === 'memory' || store === 'file' ? store : ('redis' as const)
