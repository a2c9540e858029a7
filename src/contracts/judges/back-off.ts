import { referenceOf } from './advice.ts'
import {
  type Attempt,
  exchangesOf,
  gapBetween,
  groupBy,
  labelsOf,
  silenceAfter,
} from './attempts.ts'
import { type Ban, bansOf, offencesAgainst } from './bans.ts'
import type { Finding } from './evidence.ts'
import type { JudgeLimits } from './limits.ts'
import { askedInVain, isAttained, type Run } from './run.ts'

/** Judges what the integration did about bans, about the platform's troubles and about its own mistakes. */
export function judgeBackOff(run: Run, limits: JudgeLimits): Finding[] {
  const bans = bansOf(run, limits)
  return [
    calledDuringBan(bans, run, limits),
    sentAgainInVain(run, limits),
    hammered(run, limits),
    gaveUp(run, limits),
    herd(bans, run, limits),
    withoutJitter(run, limits),
  ].filter((finding) => finding !== undefined)
}

function calledDuringBan(bans: readonly Ban[], run: Run, limits: JudgeLimits): Finding | undefined {
  const broken = bans
    .map((ban) => ({ ban, calls: offencesAgainst(ban, run, limits) }))
    .filter(({ calls }) => calls.length > 0)
  const [worst] = [...broken].sort((a, b) => b.calls.length - a.calls.length)
  if (!worst) return undefined
  const calls = broken.flatMap((one) => one.calls)
  const { seconds, refused } = worst.ban
  const first = refused[0] as Attempt
  const soonest = Math.max(0, Math.min(...worst.calls.map((call) => gapBetween(first, call))))
  return {
    judge: 'backoff',
    id: 'called-during-ban',
    severity: 'error',
    title: { en: 'Called during a ban', zh: '在封禁期间继续调用' },
    detail: {
      en: `The platform said "This ban will last for ${seconds} more seconds" (#${first.id}); ${calls.length} more ${calls.length === 1 ? 'call' : 'calls'} came before it was over, the first after ${span(soonest)}.`,
      zh: `平台已告知 "This ban will last for ${seconds} more seconds"（#${first.id}）；封禁结束前仍有 ${calls.length} 次调用，首次在 ${span(soonest)} 后。`,
    },
    advice: {
      en: 'Read the seconds from sub_msg, let no worker call until they are over, then send the refused call again: it was not carried out.',
      zh: '从 sub_msg 读取秒数，期间所有线程停止调用，结束后重发被拒绝的调用：它没有执行。',
    },
    count: calls.length,
    about: labelsOf(calls),
    exchanges: exchangesOf(broken.flatMap((one) => [one.ban.refused[0] as Attempt, ...one.calls])),
  }
}

/** Refusals for what stands round a call: secrets, sessions and clocks may be put right in between. */
const credentialCodes: ReadonlySet<number | null> = new Set([
  24, 25, 26, 27, 28, 29, 30, 31, 42, 44,
])

function sentAgainInVain(run: Run, limits: JudgeLimits): Finding | undefined {
  const vain: Attempt[] = []
  const proof: Attempt[] = []
  for (const attempts of groupBy(run.attempts, ({ content }) => content).values()) {
    const chain: Attempt[] = []
    for (const attempt of attempts) {
      const before = chain.at(-1)
      const goesOn =
        before !== undefined &&
        isSameMistake(before, attempt) &&
        gapBetween(before, attempt) < limits.sameRunMs
      if (!goesOn) chain.length = 0
      if (!isOwnMistake(attempt)) continue
      chain.push(attempt)
      const tolerated = credentialCodes.has(attempt.code) ? limits.credentialResends : 0
      if (chain.length - 1 <= tolerated) continue
      vain.push(attempt)
      proof.push(...(chain.length === tolerated + 2 ? chain : [attempt]))
    }
  }
  const [first] = vain
  if (!first) return undefined
  const refs = [...new Set(vain.map(referenceOf))].join(', ')
  return {
    judge: 'backoff',
    id: 'sent-again-in-vain',
    severity: 'warning',
    title: { en: 'Sent again what can never succeed', zh: '重发了不可能成功的调用' },
    detail: {
      en: `${vain.length} ${vain.length === 1 ? 'call was' : 'calls were'} sent again unchanged after ${refs}, and refused again.`,
      zh: `收到 ${refs} 后，${vain.length} 次调用未作修改即重发，再次被拒绝。`,
    },
    advice: {
      en: 'isv.* sub-codes and the codes 11, 21 to 25, 28 to 34, 40 to 43 are about the call itself: change it, or report it and go on. A refused session wants a new one.',
      zh: 'isv.* 子错误码以及 11、21–25、28–34、40–43 是调用本身的问题：修改后再发，或记录并继续。会话失效需重新授权。',
    },
    count: vain.length,
    about: labelsOf(vain),
    exchanges: exchangesOf(proof),
  }
}

/** Whether the call, not the platform, has to change. A question about what is not there yet may be asked again. */
const isOwnMistake = ({ retry, doubtful, kind, subCode }: Attempt) =>
  (retry === 'no' || retry === 're-authorise') &&
  !doubtful &&
  !(kind === 'read' && (subCode?.startsWith('isv.') ?? false))

const isSameMistake = (a: Attempt, b: Attempt) =>
  a.code === b.code && a.subCode === b.subCode && a.session === b.session && isOwnMistake(b)

/** Waits between the attempts at one thing, each after a refusal that wants a wait of the caller's choice. */
function* waitsOf(run: Run): Generator<{ readonly attempts: Attempt[]; readonly waits: number[] }> {
  for (const attempts of run.byKey.values()) {
    let series: { attempts: Attempt[]; waits: number[] } | undefined
    for (const [at, attempt] of attempts.entries()) {
      const before = attempts[at - 1]
      const wantsWait =
        before?.retry === 'back-off' ||
        (before?.retry === 'after-ban' && before.banSeconds === null)
      if (!before || !wantsWait) {
        if (series) yield series
        series = undefined
        continue
      }
      series ??= { attempts: [before], waits: [] }
      series.attempts.push(attempt)
      // From the answer on in real time: what the gateway itself took is no wait of the caller's.
      series.waits.push(Math.max(attempt.at - before.at, attempt.wallAt - before.wallDone))
    }
    if (series) yield series
  }
}

function hammered(run: Run, limits: JudgeLimits): Finding | undefined {
  const { atOnceMs, atOnceResends } = limits
  const series: Attempt[] = []
  let resends = 0
  for (const { attempts, waits } of waitsOf(run)) {
    const stretch = longestStretch(waits, (wait) => wait < atOnceMs)
    if (stretch.length < atOnceResends) continue
    resends += stretch.length
    series.push(...attempts.slice(stretch.from, stretch.from + stretch.length + 1))
  }
  if (resends === 0) {
    const spread = spreadOut(run, limits)
    resends = spread.length / 2
    series.push(...spread)
  }
  if (resends === 0) return undefined
  return {
    judge: 'backoff',
    id: 'did-not-wait',
    severity: 'warning',
    title: { en: 'Sent again without a pause', zh: '不停顿地重发' },
    detail: {
      en: `${resends} times a call that the platform could not serve was sent again without a pause (${span(2 * atOnceMs)} at the most).`,
      zh: `平台暂时无法服务的调用没有停顿（不超过 ${span(2 * atOnceMs)}）即被重发，共 ${resends} 次。`,
    },
    advice: {
      en: 'Wait before sending an isp.* failure again, twice as long each time, part of it left to chance.',
      zh: '遇到 isp.* 错误先等待再重发，每次加倍，并加入随机抖动。',
    },
    count: resends,
    about: labelsOf(series),
    exchanges: exchangesOf(series),
  }
}

/**
 * The resends of a pool that does not wait, each of another call: where most of all waits are none, chance
 * has not made them short. Each with the refusal before it.
 */
function spreadOut(run: Run, { atOnceMs, atOnceResends, atOncePart }: JudgeLimits): Attempt[] {
  const pairs: Attempt[][] = []
  let all = 0
  for (const { attempts, waits } of waitsOf(run)) {
    all += waits.length
    for (const [at, wait] of waits.entries()) {
      // Longer than in a row: the workers of a pool are in each other's way.
      if (wait < 2 * atOnceMs) pairs.push(attempts.slice(at, at + 2))
    }
  }
  return pairs.length >= atOnceResends && pairs.length >= atOncePart * all ? pairs.flat() : []
}

function withoutJitter(run: Run, limits: JudgeLimits): Finding | undefined {
  const { equalWaits, equalWithin, atOnceMs } = limits
  const series: Attempt[] = []
  let count = 0
  let example = 0
  for (const { attempts, waits } of waitsOf(run)) {
    for (let from = 0; from + equalWaits <= waits.length; from++) {
      const some = waits.slice(from, from + equalWaits)
      const mean = some.reduce((sum, wait) => sum + wait, 0) / some.length
      const spread = Math.max(...some) - Math.min(...some)
      if (mean < atOnceMs || spread > Math.max(equalWithin * mean, 10)) continue
      example = mean
      count++
      series.push(...attempts.slice(from, from + equalWaits + 1))
      break
    }
  }
  if (count === 0) return undefined
  return {
    judge: 'backoff',
    id: 'no-jitter',
    severity: 'warning',
    title: { en: 'Retries at equal distances', zh: '重试间隔固定，没有抖动' },
    detail: {
      en: `${equalWaits} or more waits in a row were all ${span(example)}: many clients that do so come back at the same moment.`,
      zh: `连续 ${equalWaits} 次以上等待均为 ${span(example)}：大量客户端会在同一时刻一起重试。`,
    },
    advice: {
      en: 'Double the wait each time and leave half of it to chance.',
      zh: '每次等待加倍，并将其中一半交给随机数。',
    },
    count,
    about: labelsOf(series),
    exchanges: exchangesOf(series),
  }
}

function gaveUp(run: Run, limits: JudgeLimits): Finding | undefined {
  const lost: Attempt[] = []
  for (const attempts of run.byKey.values()) {
    const [only] = attempts as [Attempt]
    if (attempts.length > 1 || (only.kind !== 'item' && only.kind !== 'write')) continue
    // Sending an unknown outcome again blindly would be worse than giving up.
    if (only.doubtful || only.unknownOutcome || !isWorthRepeating(only, limits)) continue
    if (wasStoppedLater(only, run, limits) || askedInVain(only, run)) continue
    const patience = (only.banSeconds ?? 0) * 1000 + limits.settledMs
    if (run.ended === 'unknown' && silenceAfter(only, run.evidence) < patience) continue
    if (!isAttained(attempts, run)) lost.push(only)
  }
  const [first] = lost
  if (!first) return undefined
  const refs = [...new Set(lost.map(referenceOf))].join(', ')
  return {
    judge: 'backoff',
    id: 'gave-up',
    severity: 'warning',
    title: { en: 'Gave up on what a retry would have saved', zh: '放弃了重试即可成功的调用' },
    detail: {
      en: `${lost.length} ${lost.length === 1 ? 'call was' : 'calls were'} never sent again after ${refs}, and what they were to do was not done.`,
      zh: `收到 ${refs} 后，${lost.length} 次调用再未重发，任务没有完成。`,
    },
    advice: {
      en: `An isp.* failure passes, and a ban of up to ${limits.worthWaitingSeconds} seconds is worth waiting for: send the call again.`,
      zh: `isp.* 错误会自行恢复，${limits.worthWaitingSeconds} 秒以内的封禁值得等待：请重发。`,
    },
    count: lost.length,
    about: labelsOf(lost),
    exchanges: exchangesOf(lost),
  }
}

/** As far as the caller can know: a service behind the gateway refuses in words of its own. */
const isWorthRepeating = (
  { code, subCode, retry, banSeconds }: Attempt,
  { worthWaitingSeconds }: JudgeLimits,
) =>
  (retry === 'back-off' && (code !== 15 || (subCode?.startsWith('isp.') ?? true))) ||
  (retry === 'after-ban' && banSeconds !== null && banSeconds <= worthWaitingSeconds)

/** Before its turn came again, the app was told of a ban that nobody need wait for. */
const wasStoppedLater = (
  { index, shop, appKey }: Attempt,
  { attempts }: Run,
  { worthWaitingSeconds }: JudgeLimits,
) =>
  attempts.some(
    (later) =>
      later.index > index &&
      later.shop === shop &&
      later.appKey === appKey &&
      (later.banSeconds ?? 0) > worthWaitingSeconds,
  )

function herd(bans: readonly Ban[], run: Run, limits: JudgeLimits): Finding | undefined {
  const { herdCalls, herdMs } = limits
  let largest: Attempt[] = []
  for (const ban of bans) {
    const from = (ban.refused[0] as Attempt).index
    const during = new Set([...ban.refused, ...ban.calledDuring])
    const returns = [...ban.keys]
      .flatMap(
        (key) => run.byKey.get(key)?.find((call) => call.index > from && !during.has(call)) ?? [],
      )
      .sort((a, b) => a.index - b.index)
    let end = 0
    for (const [at, first] of returns.entries()) {
      end = Math.max(end, at)
      while (end < returns.length && gapBetween(first, returns[end] as Attempt) <= herdMs) end++
      const together = end - at
      if (together >= herdCalls && together > largest.length) largest = returns.slice(at, end)
    }
  }
  if (largest.length === 0) return undefined
  return {
    judge: 'backoff',
    id: 'thundering-herd',
    severity: 'warning',
    title: { en: 'All workers came back at once after a ban', zh: '封禁结束后所有线程同时涌回' },
    detail: {
      en: `${largest.length} calls that the ban had refused were sent again within ${herdMs} ms.`,
      zh: `被封禁拒绝的 ${largest.length} 次调用在 ${herdMs} 毫秒内同时重发。`,
    },
    advice: {
      en: 'Let the workers go one after another when the ban is over, or add a little chance to each wait.',
      zh: '封禁结束后让线程依次恢复，或给每次等待加入少量随机时间。',
    },
    count: largest.length,
    about: labelsOf(largest),
    exchanges: exchangesOf(largest),
  }
}

function longestStretch(values: readonly number[], is: (value: number) => boolean) {
  let best = { from: 0, length: 0 }
  let from = 0
  for (let at = 0; at <= values.length; at++) {
    if (at < values.length && is(values[at] as number)) continue
    if (at - from > best.length) best = { from, length: at - from }
    from = at + 1
  }
  return best
}

/** A span in words: `41 s`, `0.3 s`, `2 ms`. */
const span = (ms: number) =>
  ms >= 1000 ? `${Math.round(ms / 100) / 10} s` : `${Math.round(ms)} ms`
