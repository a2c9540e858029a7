import type { Attempt } from './attempts.ts'
import type { JudgeLimits } from './limits.ts'
import type { Run } from './run.ts'

/** A ban as the caller could know it: from the refusals that named its seconds. */
export interface Ban {
  /** The refusal that began it, and those that it refused afterwards. */
  readonly refused: Attempt[]
  /** The seconds that the first refusal named. */
  readonly seconds: number
  /** When it ends, by the gateway's clock at a real pace, and for somebody who waits in real time. */
  end: number
  wallEnd: number
  /** What was called in spite of it: refused again, or the same call sent again too early. */
  readonly calledDuring: Attempt[]
  /** What the refused calls were about. */
  readonly keys: Set<string>
}

/** One API is closed to callers; every other kind closes all of them (flow control page). */
const oneApi = new Set([
  'accesscontrol.limited-by-api-access-count',
  'accesscontrol.limited-by-app-api-access-count',
])

/** Two namings of one end differ by the second that is rounded up, and by what the call took. */
const sameEndMs = 1500

/** Finds the bans of a run, each with the calls that it refused. */
export function bansOf(run: Run, limits: JudgeLimits): Ban[] {
  const bans: Ban[] = []
  const current = new Map<string, Ban>()
  const scopesOf = (call: Attempt) => [
    JSON.stringify([call.shop, call.appKey]),
    JSON.stringify([call.shop, call.appKey, call.method]),
  ]
  for (const call of run.attempts) {
    if (call.retry === 'after-ban' && call.banSeconds !== null) {
      const scope = scopesOf(call)[oneApi.has(call.subCode ?? '') ? 1 : 0] as string
      const ban = current.get(scope)
      const during = ban !== undefined && isEarly(ban, call, limits.earlyMs)
      if (during) ban.calledDuring.push(call)
      const end = call.at + call.banSeconds * 1000
      if (during) {
        ban.refused.push(call)
        ban.keys.add(call.key)
        if (end <= ban.end + sameEndMs) ban.end = Math.min(ban.end, end)
        else {
          // A longer one has begun meanwhile.
          ban.end = end
          ban.wallEnd = call.wallAt + call.banSeconds * 1000
        }
        continue
      }
      const next: Ban = {
        refused: [call],
        seconds: call.banSeconds,
        end,
        wallEnd: call.wallAt + call.banSeconds * 1000,
        calledDuring: [],
        keys: new Set([call.key]),
      }
      current.set(scope, next)
      bans.push(next)
      continue
    }
    // What the gateway answers is not banned, but the same call had been told to wait.
    for (const scope of scopesOf(call)) {
      const ban = current.get(scope)
      if (!ban || !isEarly(ban, call, limits.roundingMs)) continue
      if (ban.keys.has(call.key)) ban.calledDuring.push(call)
    }
  }
  return bans
}

/** Early by both clocks: whoever has waited the seconds in either of them has done what it was told. */
const isEarly = ({ end, wallEnd }: Ban, { at, wallAt }: Attempt, tolerated: number) =>
  at < end - tolerated && wallAt < wallEnd - tolerated

/**
 * The calls of a ban that are held against the caller. A pool whose workers each learn of the ban by
 * themselves is not one that does not listen:
 * - a call that the ban had refused already was sent again by somebody who knew;
 * - a call after one that was given up, by a program that ended as if all was well, was the next of
 *   somebody who did not listen;
 * - so were more different calls than a pool has workers.
 */
export function offencesAgainst(ban: Ban, run: Run, limits: JudgeLimits): Attempt[] {
  const [first] = ban.refused as [Attempt]
  const seen = new Set([first.key])
  const held = new Set<Attempt>()
  let others = 1
  const abandoned = (key: string) =>
    isOver(ban, run, limits) && !wasSentAfter(ban, run.byKey.get(key) ?? [], limits)
  let someoneGaveUp = run.ended !== 'failure' && abandoned(first.key)
  for (const call of ban.calledDuring) {
    const again = seen.has(call.key)
    const onTheWay = call.wallAt <= first.wallDone + limits.reactionMs
    if (!again && !onTheWay) others++
    if (again || someoneGaveUp || others > limits.callsPerBan) held.add(call)
    seen.add(call.key)
    someoneGaveUp ||= !again && run.ended !== 'failure' && abandoned(call.key)
  }
  return [...held]
}

/** A program that has ended comes back to nothing; one that nobody watches still may. */
const isOver = ({ end, wallEnd }: Ban, { ended, evidence }: Run, { settledMs }: JudgeLimits) =>
  ended !== 'unknown' ||
  evidence.at / (evidence.pace ?? 1) > end + settledMs ||
  evidence.wallAt > wallEnd + settledMs

const wasSentAfter = (ban: Ban, attempts: readonly Attempt[], limits: JudgeLimits) =>
  attempts.some(
    (attempt) =>
      attempt.index > (ban.refused[0] as Attempt).index && !isEarly(ban, attempt, limits.earlyMs),
  )
