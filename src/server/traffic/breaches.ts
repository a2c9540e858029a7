import type { CallBreach } from '../../contracts/judges/breach.ts'
import { breachesOf } from '../../contracts/judges/call-breaches.ts'
import { nearest } from '../../contracts/near.ts'
import { errorNameOfWire } from '../../contracts/protocol/errors.ts'
import { findMethod, methodNames } from '../../contracts/registry.ts'
import { sentBy } from '../gates/arguments.ts'
import type { Entry } from './journal.ts'

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

/**
 * Reads in what calls broke their contracts, in the order of the journal. From the call as it came: the journal
 * keeps it whole, and masks and cuts only what it shows. Done when somebody asks, so that no call waits for it.
 */
export function breachReader(): (entry: Entry) => CallBreach[] {
  const scripted = new Set<string>()
  return function breachesIn({ call, verdict }) {
    const found = [...ofTheCall(call, verdict), ...ofTheMethod(call, scripted)]
    // What a scenario has put into an answer may come back: that is not its receiver's doing.
    if (call.isGiven || call.fate?.patches.length) gather(call.response, scripted)
    return found
  }
}

/** What the gates of the protocol refused. Rules, forced errors, sessions and limits refuse elsewhere. */
function ofTheCall({ params }: Entry['call'], { rejection, gates, passed }: Entry['verdict']) {
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
  return [{ kind, path, detail: rejection.detail ?? said }] satisfies CallBreach[]
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
