import { referenceOf } from './advice.ts'
import { type Attempt, exchangesOf, labelsOf, silenceAfter } from './attempts.ts'
import type { Finding } from './evidence.ts'
import type { JudgeLimits } from './limits.ts'
import type { ItemStory, Run } from './run.ts'

/** How many of the items that were sent are there once, twice or not at all. */
export interface ItemTally {
  /** Different items: by outer_id, else by title and price. */
  readonly sent: number
  readonly once: number
  readonly twice: number
  /** Never made. A finding only where the program did not say so. */
  readonly lost: number
}

export function tallyItems({ stories }: Run): ItemTally {
  const all = [...stories.values()]
  const lost = all.filter(({ safe }) => !safe).length
  const twice = all.filter(({ made }) => made.length > 1).length
  return { sent: all.length, once: all.length - lost - twice, twice, lost }
}

/** Compares what was sent to be made with what the shop has. */
export function judgeItems(run: Run, limits: JudgeLimits): Finding[] {
  const stories = [...run.stories.values()]
  return [
    ...duplicates(stories.filter(({ made }) => made.length > 1)),
    ...losses(
      stories.filter(({ safe }) => !safe),
      run,
      limits,
    ),
  ]
}

function duplicates(stories: readonly ItemStory[]): Finding[] {
  const afterDoubt = stories.filter((story) => doubtBefore(story) !== undefined)
  const afterAnswer = stories.filter((story) => doubtBefore(story) === undefined)
  return [
    ...duplicateFinding(afterDoubt, 'sent-again-without-asking', 'error', (story) => {
      const doubt = doubtBefore(story) as Attempt
      const again = story.made.find(({ index }) => index > doubt.index) as Attempt
      const why = doubtIn(doubt)
      return {
        en: `${why.en}, but the item existed; #${again.id} made it a second time`,
        zh: `${why.zh}，但商品已经创建；#${again.id} 再次创建了它`,
      }
    }),
    ...duplicateFinding(
      afterAnswer.filter(({ made }) => made[0]?.params.outer_id),
      'published-twice',
      'error',
      published,
    ),
    // Without an outer_id two items of one title and price may be meant; of one whole content hardly.
    ...duplicateFinding(
      afterAnswer.filter(({ made }) => !made[0]?.params.outer_id && hasTwin(made)),
      'published-twice',
      'warning',
      published,
    ),
  ]
}

const published = ({ made }: ItemStory) => ({
  en: `#${made[0]?.id} and #${made[1]?.id} were both answered`,
  zh: `#${made[0]?.id} 与 #${made[1]?.id} 均得到成功应答`,
})

function doubtIn(attempt: Attempt): Finding['detail'] {
  const { id, fault, unknownOutcome, wallAt, wallDone } = attempt
  if (fault) {
    return {
      en: `the answer of #${id} did not arrive (${fault.kind})`,
      zh: `#${id} 的应答没有送达（${fault.kind}）`,
    }
  }
  if (unknownOutcome) {
    return {
      en: `#${id} left its outcome open (${referenceOf(attempt)})`,
      zh: `#${id} 的结果未知（${referenceOf(attempt)}）`,
    }
  }
  const seconds = Math.round((wallDone - wallAt) / 1000)
  return {
    en: `the answer of #${id} took ${seconds} s`,
    zh: `#${id} 的应答用了 ${seconds} 秒`,
  }
}

/** The attempt, before another made it again, after which the caller could not know. */
function doubtBefore({ attempts, made }: ItemStory): Attempt | undefined {
  const last = made.at(-1) as Attempt
  const open = attempts.filter(
    ({ index, doubtful, unknownOutcome }) => index < last.index && (doubtful || unknownOutcome),
  )
  return open.find(({ executed }) => executed) ?? open[0]
}

const hasTwin = (made: readonly Attempt[]) =>
  new Set(made.map(({ content }) => content)).size < made.length

function duplicateFinding(
  stories: readonly ItemStory[],
  id: string,
  severity: Finding['severity'],
  explain: (story: ItemStory) => Finding['detail'],
): Finding[] {
  const [first] = stories
  if (!first) return []
  const label = first.attempts[0]?.label
  const why = explain(first)
  return [
    {
      judge: 'duplicates',
      id,
      severity,
      title: { en: 'Items were made twice', zh: '商品被重复创建' },
      detail: {
        en: `The shop has ${stories.length} ${stories.length === 1 ? 'item' : 'items'} more than once. ${label}: ${why.en}.`,
        zh: `店铺中有 ${stories.length} 个商品重复。${label}：${why.zh}。`,
      },
      advice: {
        en: 'After a lost answer, ask taobao.items.custom.get by outer_id whether the item is there before sending taobao.item.add again. Where your own log knows of one call only, the HTTP library has sent it again by itself: switch that off, or open a connection for each call.',
        zh: '应答丢失后，先用 taobao.items.custom.get 按 outer_id 查询商品是否已存在，再决定是否重发 taobao.item.add。若您自己的日志中只有一次调用，则是 HTTP 库自动重发：请关闭该功能，或每次调用使用新连接。',
      },
      count: stories.length,
      about: labelsOf(stories.flatMap(({ attempts }) => attempts)),
      exchanges: exchangesOf(stories.flatMap(({ attempts }) => attempts)),
    },
  ]
}

function losses(stories: readonly ItemStory[], run: Run, limits: JudgeLimits): Finding[] {
  const lost = stories.filter((story) => isSilent(story, run, limits))
  const [first] = lost
  if (!first) return []
  const last = first.attempts.at(-1) as Attempt
  const ended = run.ended === 'success'
  return [
    {
      judge: 'losses',
      id: 'never-created',
      severity: ended ? 'error' : 'warning',
      title: { en: 'Items were never created', zh: '商品从未创建' },
      detail: {
        en: `${lost.length} of the items sent ${lost.length === 1 ? 'is' : 'are'} not in the shop${ended ? ', and the program ended with exit status 0' : ''}. ${last.label}: ${reasonOf(last).en}.`,
        zh: `发送的商品中有 ${lost.length} 个不在店铺中${ended ? '，程序却以状态 0 退出' : ''}。${last.label}：${reasonOf(last).zh}。`,
      },
      advice: {
        en: 'Keep a list of what has been answered with a num_iid; what is not on it must be sent again or reported, with an exit status above 0.',
        zh: '记录每个得到 num_iid 的商品；未得到的必须重发或上报，并以非 0 状态退出。',
      },
      count: lost.length,
      about: labelsOf(lost.flatMap(({ attempts }) => attempts)),
      exchanges: exchangesOf(lost.flatMap(({ attempts }) => attempts)),
    },
  ]
}

/** A program that ends with another status has said so. Where nobody knows, only a lost call speaks for itself. */
function isSilent({ attempts }: ItemStory, run: Run, { settledMs }: JudgeLimits): boolean {
  if (run.ended !== 'unknown') return run.ended === 'success'
  const last = attempts.at(-1) as Attempt
  return last.doubtful && silenceAfter(last, run.evidence) >= settledMs
}

const reasonOf = (last: Attempt): Finding['detail'] =>
  last.doubtful
    ? {
        en: `the call was lost on the way (${last.fault?.kind ?? 'slow'}) and not sent again`,
        zh: `调用在途中丢失（${last.fault?.kind ?? '超时'}），之后没有重发`,
      }
    : { en: `last refused with ${referenceOf(last)}`, zh: `最后被 ${referenceOf(last)} 拒绝` }
