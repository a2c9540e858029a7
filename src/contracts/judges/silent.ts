import { referenceOf } from './advice.ts'
import { type Attempt, exchangesOf, groupBy, labelsOf, silenceAfter } from './attempts.ts'
import type { Finding } from './evidence.ts'
import type { JudgeLimits } from './limits.ts'
import { askedInVain, isAttained, type Run } from './run.ts'

/**
 * Finds refusals that the integration took for success. Errors travel with HTTP 200, so the only proof
 * is what it did next:
 * - what was refused was not sent again until it worked, and the program ended with exit status 0;
 * - where nobody knows the end: what a retry would have saved was not sent again, and the next was;
 * - a call used the number of an item that was never made;
 * - a page was refused, and the ones behind it were read.
 * A program that ends with another status has said that something is amiss; only the number that it
 * cannot have is held against it.
 */
export function judgeSilence(run: Run, limits: JudgeLimits): Finding[] {
  return [
    ...writesTakenForDone(run, limits),
    idNeverGot(run),
    skippedPage(run),
    endedOnRefusal(run),
  ].filter((finding) => finding !== undefined)
}

const advice = {
  en: 'Errors come with HTTP 200: look for error_response in every answer, send again what the platform could not serve, and end with an exit status above 0 when something was not done.',
  zh: '错误随 HTTP 200 返回：请检查每个应答中的 error_response；平台侧失败的要重发；有未完成的任务时以非 0 状态退出。',
}

function writesTakenForDone(run: Run, limits: JudgeLimits): Finding[] {
  if (run.ended === 'failure') return []
  const undone: Attempt[] = []
  const retried: Attempt[] = []
  for (const attempts of run.byKey.values()) {
    const last = attempts.at(-1) as Attempt
    if (last.kind !== 'item' && last.kind !== 'write') continue
    if (last.outcome !== 'refused' || last.doubtful || isAttained(attempts, run)) continue
    if (run.ended === 'unknown' && (askedInVain(last, run) || !wentOn(last, attempts, run, limits)))
      continue
    if (attempts.length === 1) undone.push(last)
    else retried.push(last)
  }
  return [
    ...findingOf(undone, run, {
      id: 'took-refusal-for-success',
      title: { en: 'A refusal was taken for success', zh: '把错误应答当成了成功' },
      what: { en: 'never sent again', zh: '再未重发' },
    }),
    ...findingOf(retried, run, {
      id: 'said-success',
      title: { en: 'Said success with work undone', zh: '任务未完成却报告成功' },
      what: { en: 'refused to the last', zh: '直到最后仍被拒绝' },
    }),
  ]
}

interface Wording {
  readonly id: string
  readonly title: Finding['title']
  readonly what: Finding['title']
}

/** One finding for each kind of refusal. */
function findingOf(calls: readonly Attempt[], run: Run, { id, title, what }: Wording): Finding[] {
  const ended = run.ended === 'success'
  return [...groupBy(calls, referenceOf)].map(([ref, some]) => ({
    judge: 'silent' as const,
    id,
    severity: ended ? ('error' as const) : ('warning' as const),
    title,
    detail: {
      en: `${some.length} ${some.length === 1 ? 'call was' : 'calls were'} refused with ${ref} and ${what.en}; ${ended ? 'the program ended with exit status 0' : 'the integration went on with the next'}.`,
      zh: `${some.length} 次调用被 ${ref} 拒绝，${what.zh}；${ended ? '程序却以状态 0 退出' : '程序继续处理下一个'}。`,
    },
    advice,
    count: some.length,
    about: labelsOf(some),
    exchanges: exchangesOf(some.flatMap((call) => [call, ...nextOf(call, run)])),
  }))
}

/** What the integration did next, as proof. */
const nextOf = (call: Attempt, { attempts }: Run): Attempt[] => {
  for (let at = call.index + 1; at < attempts.length; at++) {
    const next = attempts[at] as Attempt
    if (next.shop === call.shop && next.appKey === call.appKey) return [next]
  }
  return []
}

/** Where nobody knows the end: what a retry would have saved was left behind long ago, and others were sent. */
function wentOn(
  last: Attempt,
  attempts: readonly Attempt[],
  run: Run,
  { settledMs }: JudgeLimits,
): boolean {
  if (attempts.length > 1 || (last.retry !== 'back-off' && last.retry !== 'after-ban')) return false
  const patience = (last.banSeconds ?? 0) * 1000 + settledMs
  return (
    silenceAfter(last, run.evidence) >= patience &&
    run.attempts
      .slice(last.index + 1)
      .some(
        ({ method, appKey, shop }) =>
          method === last.method && appKey === last.appKey && shop === last.shop,
      )
  )
}

/** What programs send for a number that they do not have. */
const noNumber = new Set(['', '0', '-1', 'none', 'null', 'undefined', 'nan', 'nil', 'false', '{}'])
const numberNames = ['num_iid', 'item_id', 'iid'] as const

function idNeverGot(run: Run): Finding | undefined {
  const users: Attempt[] = []
  const proof: Attempt[] = []
  /** Items that were refused and not yet sent again, the latest last, for each app. */
  const refusals = new Map<string, Map<string, Attempt>>()
  for (const call of run.attempts) {
    const app = JSON.stringify([call.shop, call.appKey])
    if (call.kind === 'item') {
      const open = refusals.get(app) ?? new Map<string, Attempt>()
      refusals.set(app, open)
      // Deleted first, so that it is the latest again.
      open.delete(call.key)
      if (call.outcome === 'refused' && !call.doubtful) open.set(call.key, call)
      continue
    }
    const name = numberNames.find((one) => Object.hasOwn(call.params, one))
    if (name === undefined) continue
    if (!noNumber.has((call.params[name] as string).trim().toLowerCase())) continue
    const refused = [...(refusals.get(app)?.values() ?? [])].at(-1)
    if (!refused) continue
    users.push(call)
    proof.push(refused, call)
  }
  const [first] = users
  if (!first) return undefined
  return {
    judge: 'silent',
    id: 'used-a-number-it-never-got',
    severity: 'error',
    title: { en: 'Used the number of an item that was never made', zh: '使用了从未得到的商品编号' },
    detail: {
      en: `taobao.item.add was refused, and then ${first.method} was called without a real item number, ${users.length} ${users.length === 1 ? 'time' : 'times'} in all.`,
      zh: `taobao.item.add 被拒绝后，仍以无效的商品编号调用 ${first.method} 等，共 ${users.length} 次。`,
    },
    advice,
    count: users.length,
    about: labelsOf(users),
    exchanges: exchangesOf(proof),
  }
}

const pageNames = ['page_no', 'page', 'current_page', 'page_num'] as const

function skippedPage(run: Run): Finding | undefined {
  if (run.ended === 'failure') return undefined
  const pages = run.attempts.flatMap((call) => {
    const name = pageNames.find((one) => /^\d+$/.test(call.params[one] ?? ''))
    if (call.kind !== 'read' || name === undefined) return []
    const { [name]: page, ...rest } = call.params
    return [{ call, page: Number(page), query: JSON.stringify([call.appKey, call.method, rest]) }]
  })
  const skipped: Attempt[] = []
  const proof: Attempt[] = []
  for (const same of groupBy(pages, ({ query }) => query).values()) {
    const read = same.filter(({ call }) => call.executed)
    const answered = new Set(read.map(({ page }) => page))
    const done = new Set<number>()
    for (const { call, page } of same) {
      if (call.outcome !== 'refused' || call.doubtful || answered.has(page) || done.has(page)) {
        continue
      }
      const behind = read.find((other) => other.call.index > call.index && other.page > page)
      if (!behind) continue
      done.add(page)
      skipped.push(call)
      proof.push(call, behind.call)
    }
  }
  const [first] = skipped
  if (!first) return undefined
  return {
    judge: 'silent',
    id: 'skipped-page',
    severity: run.ended === 'success' ? 'error' : 'warning',
    title: { en: 'A refused page was skipped', zh: '跳过了被拒绝的分页' },
    detail: {
      en: `${skipped.length} ${skipped.length === 1 ? 'page' : 'pages'} of ${first.method} were refused and never read, while later pages were.`,
      zh: `${first.method} 有 ${skipped.length} 页被拒绝后再未读取，却继续读取了后面的页。`,
    },
    advice,
    count: skipped.length,
    about: labelsOf(skipped),
    exchanges: exchangesOf(proof),
  }
}

/** The last thing that happened was a refusal, and the program says that all is well. */
function endedOnRefusal(run: Run): Finding | undefined {
  const last = run.attempts.at(-1)
  if (run.ended !== 'success' || last?.kind !== 'read') return undefined
  if (last.outcome !== 'refused' || last.doubtful) return undefined
  // "There is no such item" may be the very answer that was wanted.
  if (last.subCode?.startsWith('isv.')) return undefined
  const same = run.byKey.get(last.key) ?? []
  if (same.some(({ executed }) => executed)) return undefined
  const ref = referenceOf(last)
  return {
    judge: 'silent',
    id: 'ended-on-a-refusal',
    severity: 'warning',
    title: { en: 'Ended with success on a refusal', zh: '最后一次调用被拒绝却以成功退出' },
    detail: {
      en: `The last call, ${last.method ?? 'without a method'}, was refused with ${ref} and never answered; the program ended with exit status 0.`,
      zh: `最后一次调用 ${last.method ?? '（无 method）'} 被 ${ref} 拒绝且从未成功；程序以状态 0 退出。`,
    },
    advice,
    count: 1,
    about: [last.label],
    exchanges: exchangesOf(same),
  }
}
