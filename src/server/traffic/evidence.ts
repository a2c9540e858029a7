import { adviceOn } from '../../contracts/judges/advice.ts'
import type { CallEvidence } from '../../contracts/judges/evidence.ts'
import { isSystemParameter } from '../../contracts/protocol/parameters.ts'
import { type Entry, faultOf, outcomeOf } from './journal.ts'

/**
 * Makes of journal entries what the judges look at: nothing secret, and nothing that they would have
 * to look up.
 *
 * @param masked the parameters of a call with its secrets hidden
 */
export function evidenceFrom(
  entries: readonly Entry[],
  masked: (call: Entry['call']) => Readonly<Record<string, string>>,
): CallEvidence[] {
  const sessions = new Map<string, number>()
  const numberOf = (session: string) => {
    if (!sessions.has(session)) sessions.set(session, sessions.size + 1)
    return sessions.get(session) as number
  }
  return entries.map(({ id, call, verdict, wall, took }) => {
    const { rejection } = verdict
    const { session } = call.params
    const shown = masked(call)
    const advice = rejection && adviceOn(rejection.error.code, rejection.error.sub_code ?? null)
    return {
      id,
      shop: call.world.id,
      // What nobody knows by this name may be a secret in the wrong place.
      appKey: shown.app_key ?? null,
      method: shown.method ?? null,
      seller: session === undefined ? null : (call.world.session(session)?.seller ?? null),
      session: session === undefined ? null : numberOf(session),
      params: businessParams(call, shown),
      outcome: outcomeOf(verdict),
      gate: rejection ? (verdict.gates[verdict.passed - 1]?.name ?? null) : null,
      code: rejection?.error.code ?? null,
      subCode: rejection?.error.sub_code ?? null,
      retry: advice?.retry ?? null,
      unknownOutcome: advice?.unknownOutcome ?? false,
      banSeconds: rejection ? secondsIn(rejection.error.sub_msg) : null,
      made: madeBy(call),
      at: call.now,
      wallAt: wall - took,
      wallDone: wall,
      executed: call.response !== undefined && !call.isGiven,
      fault: faultOf(call),
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
