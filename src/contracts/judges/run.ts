import { type Attempt, attemptsOf, groupBy } from './attempts.ts'
import type { ItemEvidence, RunEvidence } from './evidence.ts'
import type { JudgeLimits } from './limits.ts'

/** A run, sorted for the judges. */
export interface Run {
  readonly evidence: RunEvidence
  readonly attempts: readonly Attempt[]
  /** Attempts at one thing, in their order. */
  readonly byKey: ReadonlyMap<string, readonly Attempt[]>
  /** What became of every item that was sent, in the order of the first attempts. */
  readonly stories: ReadonlyMap<string, ItemStory>
  /** `success` is exit status 0; a program that was killed has reported nothing, but no success either. */
  readonly ended: 'success' | 'failure' | 'unknown'
}

/** What came of the attempts at one item. */
export interface ItemStory {
  readonly attempts: readonly Attempt[]
  /** The attempts that made an item which the shop still has. */
  readonly made: readonly Attempt[]
  /** It was made, or the shop has it anyhow; it is not lost. */
  readonly safe: boolean
}

export function runOf(evidence: RunEvidence, limits: JudgeLimits): Run {
  const attempts = attemptsOf(evidence, limits)
  const byKey = groupBy(attempts, ({ key }) => key)
  const { exit } = evidence
  return {
    evidence,
    attempts,
    byKey,
    stories: storiesOf(attempts, byKey, evidence.items),
    ended: exit === undefined ? 'unknown' : exit.status === 0 ? 'success' : 'failure',
  }
}

function storiesOf(
  attempts: readonly Attempt[],
  byKey: ReadonlyMap<string, readonly Attempt[]>,
  items: readonly ItemEvidence[],
): Map<string, ItemStory> {
  const kept = new Set(items.map(({ shop, num_iid }) => placeOf(shop, num_iid)))
  const dropped = new Set(
    attempts
      .filter(({ method, executed }) => method === 'taobao.item.delete' && executed)
      .map(({ shop, params }) => placeOf(shop, params.num_iid)),
  )
  const byName = groupBy(
    items.flatMap((item) =>
      [...item.outerIds, item.title].map((name) => ({ name: placeOf(item.shop, name), item })),
    ),
    ({ name }) => name,
  )
  const stories = new Map<string, ItemStory>()
  for (const [key, own] of byKey) {
    const [first] = own as [Attempt]
    if (first.kind !== 'item') continue
    const numbered = own.filter(({ made }) => made !== null)
    const made = numbered.filter(({ shop, made }) => kept.has(placeOf(shop, made)))
    const name = placeOf(first.shop, first.params.outer_id || first.params.title)
    const safe =
      made.length > 0 ||
      numbered.some(({ shop, made }) => dropped.has(placeOf(shop, made))) ||
      // Answered by a scenario's own words, without an item: nobody's fault.
      own.some(({ executed }) => executed) ||
      (byName.get(name)?.some(({ item }) => isItemOf(first, item)) ?? false) ||
      // "Published already" is what a second attempt wants to hear.
      own.some(({ subCode }) => /duplicate/i.test(subCode ?? ''))
    stories.set(key, { attempts: own, made, safe })
  }
  return stories
}

const placeOf = (shop: string, thing: string | null | undefined) => JSON.stringify([shop, thing])

/** Whether an item of the shop is what an attempt wanted to make. */
function isItemOf({ seller, params }: Attempt, item: ItemEvidence): boolean {
  if (seller !== null && seller !== item.nick) return false
  if (params.outer_id) return item.outerIds.includes(params.outer_id)
  return item.title === params.title && Number(item.price) === Number(params.price)
}

/**
 * Whether, after a refusal, the integration asked about the same thing and got no answer to the last: to ask
 * before sending again is what a careful client does, so it has not given up on the call, but on the platform.
 */
export function askedInVain({ index, shop, params }: Attempt, { attempts }: Run): boolean {
  const names = [params.outer_id, params.num_iid].filter(Boolean)
  const last = attempts.findLast(
    (later) =>
      later.kind === 'read' &&
      later.shop === shop &&
      [later.params.outer_id, later.params.num_iid].some((name) => names.includes(name)),
  )
  return last !== undefined && last.index > index && !last.executed
}

/** Whether what the attempts at one thing were to bring about has come about. */
export function isAttained(attempts: readonly Attempt[], run: Run): boolean {
  const last = attempts.at(-1) as Attempt
  if (last.kind === 'item') return run.stories.get(last.key)?.safe ?? false
  // The last word counts: an earlier one has been replaced by it.
  if (attempts.some(({ executed, content }) => executed && content === last.content)) return true
  if (!/^taobao\.item\.(delete|update\.(de)?listing)$/.test(last.method ?? '')) return false
  const { num_iid } = last.params
  const item = run.evidence.items.find((one) => one.shop === last.shop && one.num_iid === num_iid)
  if (last.method === 'taobao.item.delete') return item === undefined
  const wanted = last.method === 'taobao.item.update.listing' ? 'onsale' : 'instock'
  return item?.approve_status === wanted
}
