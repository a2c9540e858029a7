import { isReading } from '../define-method.ts'
import { findMethod } from '../registry.ts'
import type { CallEvidence, RunEvidence } from './evidence.ts'
import type { JudgeLimits } from './limits.ts'

const itemAddName = 'taobao.item.add'

/** A call with what it is about. */
export interface Attempt extends CallEvidence {
  /** Its place in the run. */
  readonly index: number
  /** `item` makes an item, `write` changes something else, `read` asks; tokens are nobody's business. */
  readonly kind: 'item' | 'write' | 'read' | 'token'
  /** Two attempts at one thing share it, whatever else they carry: for items `outer_id`, else title and price. */
  readonly key: string
  /** Two attempts share it when nothing but timestamp, sign and session differ. */
  readonly content: string
  /** The thing in words: `A-1`, `taobao.item.update 11223344`. */
  readonly label: string
  /** The caller may not have seen the answer, or not in time. */
  readonly doubtful: boolean
}

/**
 * Reads the calls of a run in the order in which they arrived; the journal has them in the order of
 * their answers. Times become the caller's: those of the gateway's clock at a real pace.
 */
export function attemptsOf(
  { calls, pace = 1 }: Pick<RunEvidence, 'calls' | 'pace'>,
  { slowMs }: JudgeLimits,
): Attempt[] {
  const arrived = calls
    .map((call) => ({ call, order: isSlow(call, quickMs) ? call.wallAt : call.wallDone }))
    // Stable: calls of one moment stay as the journal has them.
    .sort((a, b) => a.order - b.order)
  return apartBySeller(
    arrived.map(({ call }, index) => attemptOf({ ...call, at: call.at / pace }, index, slowMs)),
  )
}

/** An answer that took less came in the order of its call, as far as milliseconds can tell. */
const quickMs = 20

const isSlow = ({ wallAt, wallDone }: CallEvidence, ms: number) => wallDone - wallAt > ms

function attemptOf(call: CallEvidence, index: number, slowMs: number): Attempt {
  const { method, params, shop, appKey } = call
  const names = Object.keys(params).sort()
  const whole = JSON.stringify([shop, method, names.map((name) => [name, params[name]])])
  const kind = kindOfMethod(method ?? '')
  return {
    ...call,
    index,
    kind,
    key:
      kind === 'item'
        ? itemKey(shop, params) || whole
        : kind === 'write'
          ? writeKey(call, names) || whole
          : // The same question of two apps is two questions.
            JSON.stringify([appKey, whole]),
    content: JSON.stringify([appKey, whole]),
    label: labelOf(kind, call),
    doubtful: call.fault !== null || isSlow(call, slowMs),
  }
}

const tokens = /^taobao\.top\.auth\./

function kindOfMethod(method: string): Attempt['kind'] {
  if (method === itemAddName) return 'item'
  if (tokens.test(method)) return 'token'
  return method === '' || isReading(method) ? 'read' : 'write'
}

type Params = CallEvidence['params']

function itemKey(shop: string, { outer_id, title, price }: Params): string {
  if (outer_id) return JSON.stringify([shop, 'outer_id', outer_id])
  return title ? JSON.stringify([shop, 'title', title, Number(price)]) : ''
}

/** A later change of the same fields of the same item takes an earlier one's place. */
function writeKey({ shop, method, params }: CallEvidence, names: readonly string[]): string {
  if (!params.num_iid || findMethod(method ?? '')?.repeatable !== true) return ''
  const { num_iid, sku_id, outer_id } = params
  return JSON.stringify([shop, method, num_iid, sku_id, outer_id, names])
}

function labelOf(kind: Attempt['kind'], { method, params }: CallEvidence): string {
  const { outer_id, title, num_iid } = params
  if (kind === 'item') return outer_id || title || itemAddName
  return [method ?? 'a call without method', num_iid].filter(Boolean).join(' ')
}

/** Two sellers may use one outer_id; a call whose session nobody knows belongs to its neighbours. */
function apartBySeller(attempts: readonly Attempt[]): Attempt[] {
  const sellers = new Map<string, Set<string>>()
  for (const { key, seller } of attempts) {
    if (seller === null) continue
    const known = sellers.get(key)
    if (known) known.add(seller)
    else sellers.set(key, new Set([seller]))
  }
  const shared = attempts.filter(({ key }) => (sellers.get(key)?.size ?? 0) > 1)
  const sellerOf = new Map<number, string>()
  for (const order of [shared, [...shared].reverse()]) {
    const last = new Map<string, string>()
    for (const { key, seller, index } of order) {
      if (seller !== null) last.set(key, seller)
      const known = last.get(key)
      if (known !== undefined) sellerOf.set(index, known)
    }
  }
  return attempts.map((attempt) => {
    const seller = sellerOf.get(attempt.index)
    return seller === undefined
      ? attempt
      : { ...attempt, key: JSON.stringify([seller, attempt.key]) }
  })
}

/**
 * How long after one call another came: by the gateway's clock or in real time, whichever is more. A
 * client that waits in real time and one whose waiting moves the gateway's clock have both waited.
 */
export const gapBetween = (earlier: Attempt, later: Attempt): number =>
  Math.max(later.at - earlier.at, later.wallAt - earlier.wallAt)

/** How long there was nothing about a call until the evidence was taken. */
export const silenceAfter = (call: Attempt, { at, wallAt, pace = 1 }: RunEvidence): number =>
  Math.max(at / pace - call.at, wallAt - call.wallAt)

export function groupBy<T, K>(things: Iterable<T>, keyOf: (thing: T) => K): Map<K, T[]> {
  const groups = new Map<K, T[]>()
  for (const thing of things) {
    const key = keyOf(thing)
    const group = groups.get(key)
    if (group) group.push(thing)
    else groups.set(key, [thing])
  }
  return groups
}

/** Exchange numbers in the order in which the calls happened, each once. */
export const exchangesOf = (attempts: readonly Attempt[]): string[] => [
  ...new Set([...attempts].sort((a, b) => a.index - b.index).map(({ id }) => id)),
]

export const labelsOf = (attempts: readonly Attempt[]): string[] => [
  ...new Set(attempts.map(({ label }) => label)),
]
