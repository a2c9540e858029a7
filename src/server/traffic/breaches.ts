import { getOrCreate } from '../../contracts/get-or-create.ts'
import type { CallBreach } from '../../contracts/judges/breach.ts'
import { breachesOf } from '../../contracts/judges/call-breaches.ts'
import { nearest } from '../../contracts/near.ts'
import { errorNameOfWire } from '../../contracts/protocol/errors.ts'
import { acceptedForm } from '../../contracts/protocol/sign.ts'
import { parseTimestamp } from '../../contracts/protocol/timestamp.ts'
import { findMethod, methodNames } from '../../contracts/registry.ts'
import { sentBy } from '../gates/arguments.ts'
import type { Entry } from './exchange.ts'

/** The gates that refuse a call for what it is as a call, each with the place that it looks at. */
const placesOfGates: Readonly<Record<string, string>> = {
  verb: 'HTTP verb',
  encoding: 'encoding',
  'method-present': 'method',
  app: 'app_key',
  version: 'v',
  format: 'format',
  timestamp: 'timestamp',
  signature: 'sign',
}

/** What scenarios did in earlier calls and later ones show the effect of. */
interface Aftermath {
  /** Values that they made up in answers. */
  readonly values: Set<string>
  /** The secrets that apps had before theirs was changed, by key. */
  readonly secrets: Map<string, string[]>
}

/**
 * Reads in what calls broke their contracts, in the order of the journal. From the call as it came: the journal
 * keeps it whole, and masks and cuts only what it shows. Done when somebody asks, so that no call waits for it.
 */
export function breachReader(): (entry: Entry) => CallBreach[] {
  const aftermath: Aftermath = { values: new Set(), secrets: new Map() }
  return function breachesIn(entry) {
    const { call, verdict } = entry
    const found = isAftermath(entry, aftermath) ? [] : ofTheCall(call, verdict)
    found.push(...ofTheMethod(call, aftermath.values))
    remember(call, aftermath)
    return found
  }
}

function remember({ app, fate, isGiven, response }: Entry['call'], { values, secrets }: Aftermath) {
  if (isGiven || fate?.patches.length) gather(response, values)
  if (app && fate?.rules.some(({ rule }) => rule.then.appSecret !== undefined)) {
    getOrCreate(secrets, app.app_key, () => []).push(app.app_secret)
  }
}

/** Whether a refusal is what a scenario brought about: it changed the secret, or moved the clock. */
function isAftermath({ call, verdict }: Entry, { secrets }: Aftermath): boolean {
  const { params, profile, rawBody, world } = call
  switch (verdict.gates[verdict.passed - 1]?.name) {
    case 'timestamp':
      return parseTimestamp(params.timestamp ?? '') !== undefined && world.clock.moved()
    case 'signature': {
      const former = secrets.get(params.app_key ?? '') ?? []
      return former.some((secret) => acceptedForm(params, secret, profile, rawBody) !== undefined)
    }
    default:
      return false
  }
}

/** What the gates of the protocol refused. Rules, forced errors, sessions and limits refuse elsewhere. */
function ofTheCall(
  { params }: Entry['call'],
  { rejection, gates, passed }: Entry['verdict'],
): CallBreach[] {
  const gate = rejection && gates[passed - 1]?.name
  if (rejection === undefined || gate === undefined) return []
  if (gate === 'method') return [unknownMethod(params.method ?? '')]
  const path = placesOfGates[gate]
  const { code, msg } = rejection.error
  const isMissing = errorNameOfWire(code)?.startsWith('missing-')
  // A key that nobody has is the world's affair.
  if (path === undefined || (gate === 'app' && !isMissing)) return []
  const kind = isMissing ? 'missing-parameter' : 'malformed-call'
  const said = isMissing
    ? { en: `The call has no "${path}".`, zh: `调用没有 "${path}"。` }
    : { en: `Refused with ${code} ${msg}.`, zh: `以 ${code} ${msg} 被拒绝。` }
  return [{ kind, path, detail: rejection.detail ?? said }]
}

function unknownMethod(method: string): CallBreach {
  const meant = nearest(method, methodNames())
  return {
    kind: 'unknown-method',
    path: 'method',
    detail: {
      en: `The platform has no method "${method}"${meant ? `. Did you mean "${meant}"?` : '.'}`,
      zh: `平台没有 API "${method}"${meant ? `，是否应为 "${meant}"？` : '。'}`,
    },
    ...(meant !== undefined && { meant }),
  }
}

function ofTheMethod(call: Entry['call'], scripted: ReadonlySet<string>): CallBreach[] {
  // A call that was refused early has no contract yet.
  const contract = call.contract ?? findMethod(call.params.method ?? '')
  if (!contract) return []
  return breachesOf({
    contract,
    profile: call.profile.name,
    sent: sentBy(call),
    repeated: call.repeated,
    isScripted: (value) => scripted.has(value),
  })
}

function gather(value: unknown, into: Set<string>): void {
  if (typeof value === 'object' && value !== null) {
    for (const part of Object.values(value)) gather(part, into)
  } else into.add(String(value))
}
