import { adviceOn } from '../../contracts/judges/advice.ts'
import type { CallEvidence } from '../../contracts/judges/evidence.ts'
import { isSystemParameter } from '../../contracts/protocol/parameters.ts'
import { breachReader } from './breaches.ts'
import { type Entry, faultOf, outcomeOf, withoutSecrets } from './exchange.ts'

/**
 * Makes of journal entries what the judges look at: nothing secret, and nothing that they would have
 * to look up.
 */
export function evidenceFrom(entries: readonly Entry[]): CallEvidence[] {
  const sessions = new Map<string, number>()
  const numberOf = (session: string) => {
    if (!sessions.has(session)) sessions.set(session, sessions.size + 1)
    return sessions.get(session) as number
  }
  const breachesIn = breachReader()
  // OAuth is no call of a method: its errors are not the platform's, and nothing is made by it.
  const calls = entries.filter(({ call }) => !call.contract?.name.startsWith('/'))
  return calls.map((entry) => {
    const { id, call, verdict, wall } = entry
    const { rejection } = verdict
    const { session } = call.params
    const [params, breaches] = withoutSecrets(call, breachesIn(entry))
    const advice = rejection && adviceOn(rejection.error.code, rejection.error.sub_code ?? null)
    return {
      id,
      shop: call.world.id,
      // What nobody knows by this name may be a secret in the wrong place.
      appKey: params.app_key ?? null,
      method: params.method ?? null,
      seller: session === undefined ? null : (call.world.session(session)?.seller ?? null),
      session: session === undefined ? null : numberOf(session),
      params: businessParams(call, params),
      outcome: outcomeOf(verdict),
      gate: rejection ? (verdict.gates[verdict.passed - 1]?.name ?? null) : null,
      code: rejection?.error.code ?? null,
      subCode: rejection?.error.sub_code ?? null,
      retry: advice?.retry ?? null,
      unknownOutcome: advice?.unknownOutcome ?? false,
      banSeconds: rejection ? secondsIn(rejection.error.sub_msg) : null,
      made: madeBy(call),
      at: call.now,
      wallAt: call.wall,
      wallDone: wall,
      executed: call.response !== undefined && !call.isGiven,
      fault: faultOf(call),
      breaches,
    }
  })
}

/** The seconds that a ban's own words name: what the caller could read. */
function secondsIn(subMsg: string | undefined): number | null {
  const seconds = /will last for (\d{1,9}) more second/.exec(subMsg ?? '')?.[1]
  return seconds === undefined ? null : Number(seconds)
}

function businessParams(
  call: Entry['call'],
  masked: Readonly<Record<string, string>>,
): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  for (const name in masked) if (!isSystemParameter(name)) params[name] = masked[name] as string
  for (const [name, file] of Object.entries(call.files ?? {})) {
    params[name] = `${file.fileName} (${file.bytes.byteLength} bytes)`
  }
  return params
}

/** The number of the item that the call made: a call about an item that exists carries its number. */
function madeBy({ params, response, isGiven }: Entry['call']): string | null {
  if (params.method !== 'taobao.item.add' || isGiven) return null
  const made = (response as { item?: { num_iid?: unknown } } | undefined)?.item?.num_iid
  return made === undefined ? null : String(made)
}
