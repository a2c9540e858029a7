import { randomUUID } from 'node:crypto'
import { type Mismatch, mismatch, valueAt } from '../../contracts/index.ts'
import type { CaseStep, ContractCase, Need, PlannedCall } from './case.ts'
import { judgeAnswer } from './judge-answer.ts'
import type { RawAnswer } from './read-answer.ts'
import { type BuiltRequest, buildRequest, type Caller } from './send.ts'
import type { Target } from './target.ts'

/** What became of a case. */
export interface CaseOutcome
  extends Pick<ContractCase, 'id' | 'title' | 'kind' | 'method' | 'assumed'> {
  readonly state: 'passed' | 'failed' | 'not-run'
  /** Why it was not run. */
  readonly reason?: string
  readonly mismatches: readonly Mismatch[]
  /** The call that failed and its answer, without credentials. */
  readonly request?: string
  readonly answer?: string
  readonly calls: number
  readonly seconds: number
}

const run = randomUUID().slice(0, 8)
let played = 0

/** Why a case is not run on this gateway; `undefined` where nothing speaks against it. */
export function reasonNotToRun(
  { writes, assumed, needs }: Pick<ContractCase, 'writes' | 'assumed' | 'needs'>,
  target: Pick<Target, 'writes' | 'assumed' | 'isOurs' | 'sessions'>,
): string | undefined {
  if (writes && !target.writes) return 'it may change something on the gateway (writes)'
  if (assumed && !target.assumed) return 'what it expects is only assumed of the platform (assumed)'
  for (const need of needs) {
    const reason = lacking(need, target)
    if (reason !== undefined) return reason
  }
  return undefined
}

function lacking(
  need: Need,
  { isOurs, sessions }: Pick<Target, 'isOurs' | 'sessions'>,
): string | undefined {
  switch (need) {
    case 'known':
      return 'only its caller knows what it can be called with (known)'
    case 'things':
      return isOurs ? undefined : 'it asks after things that nobody has named (known)'
    case 'session':
      return sessions.own === undefined ? 'it needs a session (session)' : undefined
    default:
      return sessions[need] === undefined ? `it needs a session: ${need} (sessions)` : undefined
  }
}

/** Makes the calls of a case and holds their answers against what it expects; the first that fails ends it. */
export async function playCase(one: ContractCase, target: Target): Promise<CaseOutcome> {
  const { id, title, kind, method, assumed } = one
  const common = { id, title, kind, method, assumed }
  const started = performance.now()
  const reason = reasonNotToRun(one, target)
  if (reason !== undefined) {
    return { ...common, state: 'not-run', reason, mismatches: [], calls: 0, seconds: 0 }
  }
  const names = new Map([['unique', `${run}-${++played}`]])
  let calls = 0
  const ended = (more: Pick<CaseOutcome, 'state' | 'mismatches'> & Partial<CaseOutcome>) => ({
    ...common,
    calls,
    seconds: Math.round(performance.now() - started) / 1000,
    ...more,
  })
  for (const [at, planned] of one.steps.entries()) {
    const step = filled(planned, names)
    const request = buildRequest(step.call, callerOf(step.call, target))
    calls++
    const now = target.now()
    const answered = await send(request, target)
    const place = one.steps.length > 1 ? `call ${at + 1} of ${one.steps.length}: ` : ''
    const { mismatches, value } =
      'path' in answered
        ? { mismatches: [answered], value: undefined }
        : judgeAnswer(answered, step.expect, {
            profile: target.profile,
            asksForGzip: step.call.headers?.['accept-encoding'] === 'gzip',
            now,
          })
    if (mismatches.length > 0) {
      return ended({
        state: 'failed',
        mismatches: mismatches.map((found) => ({ ...found, path: place + found.path })),
        request: masked(requestText(request), target),
        ...(!('path' in answered) && {
          answer: masked(Buffer.from(answered.bytes).toString('utf8').slice(0, 2000), target),
        }),
      })
    }
    for (const [name, path] of Object.entries(step.keep ?? {})) {
      const kept = valueAt(value, path)
      if (kept === undefined) {
        return ended({ state: 'failed', mismatches: [mismatch(place + path, 'something', kept)] })
      }
      names.set(name, String(kept))
    }
  }
  return ended({ state: 'passed', mismatches: [] })
}

const unknownSession = 'no-seller-gave-this-session'

function callerOf({ session = 'own' }: PlannedCall, target: Target): Caller {
  const { appKey, appSecret, sessions } = target
  const key =
    session === 'none'
      ? undefined
      : session === 'empty'
        ? ''
        : session === 'unknown'
          ? unknownSession
          : sessions[session]
  return { appKey, appSecret, session: key, now: target.now() }
}

async function send(request: BuiltRequest, target: Target): Promise<RawAnswer | Mismatch> {
  const { verb, path, headers, body } = request
  try {
    const response = await target.send(path, {
      method: verb,
      // Of its own accord `fetch` asks for every compression that it knows.
      headers: { 'accept-encoding': 'identity', ...headers },
      ...(body !== undefined && { body }),
    })
    const bytes = new Uint8Array(await response.arrayBuffer())
    return { status: response.status, headers: response.headers, bytes }
  } catch (error) {
    const cause = (error as Error).cause
    const reason = cause instanceof Error ? cause.message : (error as Error).message
    return mismatch('HTTP', 'an answer', reason)
  }
}

/** Puts what was kept in the place of `{{name}}`. */
function filled(step: CaseStep, names: ReadonlyMap<string, string>): CaseStep {
  const text = JSON.stringify(step)
  if (!text.includes('{{')) return step
  return JSON.parse(
    text.replaceAll(/\{\{(\w+)\}\}/g, (hole, name: string) => {
      const value = names.get(name)
      return value === undefined ? hole : JSON.stringify(value).slice(1, -1)
    }),
  )
}

function requestText({ verb, path, params }: BuiltRequest): string {
  const texts = Object.entries(params)
    .filter(([name]) => name !== 'sign' && name !== 'app_key')
    .map(([name, value]) => `${name}=${value.length > 80 ? `${value.slice(0, 77)}…` : value}`)
  return `${verb} ${path.replace(/\?.*/, '')} ${texts.join(' ')}`
}

/** Without the credentials of the run, wherever they stand. */
function masked(text: string, { appSecret, sessions }: Target): string {
  const secrets = [appSecret, ...Object.values(sessions)].filter((one) => one.length > 0)
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text)
}
