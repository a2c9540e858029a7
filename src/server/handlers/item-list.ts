import { defaultPageSize } from '../../contracts/methods/item.ts'
import { compareIds, isListed, type Listing } from '../state/listing.ts'
import type { Ordered } from '../state/ordered.ts'
import type { StoredItem } from '../state/world.ts'

/** What the two item lists filter, sort and page by. */
export interface ListRequest {
  readonly q?: string | undefined
  readonly cid?: string | undefined
  readonly seller_cids?: string | undefined
  readonly page_no?: number | undefined
  readonly page_size?: number | undefined
  readonly order_by?: string | undefined
  readonly has_discount?: boolean | undefined
  readonly has_showcase?: boolean | undefined
  readonly is_taobao?: boolean | undefined
  readonly is_ex?: boolean | undefined
  readonly is_cspu?: boolean | undefined
  readonly start_modified?: string | undefined
  readonly end_modified?: string | undefined
  readonly auction_type?: string | undefined
}

const flags = ['has_discount', 'has_showcase', 'is_taobao', 'is_ex', 'is_cspu'] as const
const columns = ['list_time', 'delist_time', 'num', 'modified', 'sold_quantity'] as const
/** Documented: paging that reaches beyond this many results is refused. */
const deepestResult = 100_000

export interface Page {
  readonly total_results: number
  readonly items?: { readonly item: StoredItem[] }
}

export const isPagedTooDeep = ({ page_no = 1, page_size = defaultPageSize }: ListRequest) =>
  page_no * page_size > deepestResult

type Test = (item: StoredItem) => boolean

/** A part of a list that is in the order of listing times. */
interface Stretch {
  readonly items: Ordered<StoredItem>
  readonly from: number
  readonly to: number
}

/** A page of what is on sale at a time. */
export function onSalePage({ forSale }: Listing, time: string, request: ListRequest): Page {
  return pageOf([upTo(forSale, time)], undefined, request)
}

/** A page of what is not on sale at a time, of one kind where that is asked for. */
export function inventoryPage(
  { forSale, others }: Listing,
  time: string,
  belongs: Test | undefined,
  request: ListRequest,
): Page {
  const later: Stretch = { items: forSale, from: upTo(forSale, time).to, to: forSale.size }
  return pageOf([{ items: others, from: 0, to: others.size }, later], belongs, request)
}

const upTo = (items: Ordered<StoredItem>, time: string): Stretch => ({
  items,
  from: 0,
  to: items.countWhile((item) => isListed(item, time)),
})

/**
 * Looks at no more than it must: a page where the list is in the order asked for and everything counts,
 * all items otherwise; and sorts no more of them than the pages up to the one asked for.
 */
function pageOf(
  stretches: readonly Stretch[],
  belongs: Test | undefined,
  request: ListRequest,
): Page {
  const { page_no = 1, page_size = defaultPageSize } = request
  const [first, last] = [(page_no - 1) * page_size, page_no * page_size]
  const { column, isRising } = orderOf(request.order_by)
  const tests = testsOf(request)
  if (belongs) tests.push(belongs)
  const [only, ...more] = stretches.filter(({ from, to }) => from < to)
  if (!only) return { total_results: 0 }
  const isInOrder = column === 'list_time' && more.length === 0
  if (isInOrder && tests.length === 0) {
    const { items, from, to } = only
    const found = isRising
      ? items.slice(from + first, Math.min(to, from + last))
      : items.slice(Math.max(from, to - last), to - first).reverse()
    return asPage(to - from, found)
  }
  const best = isInOrder ? firstOf(last) : bestOf(last, compareBy(column, isRising))
  for (const { items, from, to } of [only, ...more]) {
    items.visit(from, to, !isRising, (item) => {
      if (tests.every((passes) => passes(item))) best.add(item)
    })
  }
  return asPage(best.total(), best.found().slice(first, last))
}

const asPage = (total_results: number, item: StoredItem[]): Page => ({
  total_results,
  ...(item.length > 0 && { items: { item } }),
})

/** Counts items, and keeps as many as are needed. */
interface Best {
  add(item: StoredItem): void
  total(): number
  found(): StoredItem[]
}

function firstOf(most: number): Best {
  const kept: StoredItem[] = []
  let total = 0
  return {
    add(item) {
      if (total++ < most) kept.push(item)
    },
    total: () => total,
    found: () => kept,
  }
}

function bestOf(most: number, compare: (a: StoredItem, b: StoredItem) => number): Best {
  let kept: StoredItem[] = []
  /** The last one that has a place so far: what comes behind it has none. */
  let worst: StoredItem | undefined
  let total = 0
  function cut() {
    kept = kept.sort(compare).slice(0, most)
    worst = kept.length === most ? kept.at(-1) : undefined
  }
  return {
    add(item) {
      total++
      if (worst && compare(worst, item) < 0) return
      kept.push(item)
      if (kept.length >= 2 * most + 1000) cut()
    },
    total: () => total,
    found() {
      cut()
      return kept
    },
  }
}

function testsOf(request: ListRequest): Test[] {
  const { q, cid, seller_cids, start_modified, end_modified, auction_type } = request
  const tests: Test[] = []
  if (cid !== undefined) tests.push((item) => item.cid === cid)
  if (auction_type !== undefined) tests.push((item) => item.type === auction_type)
  for (const flag of flags) {
    const wanted = request[flag]
    if (wanted !== undefined) tests.push((item) => (item[flag] ?? false) === wanted)
  }
  // Times are texts of one format and one zone, so they compare as texts.
  if (start_modified !== undefined) tests.push(({ modified = '' }) => modified >= start_modified)
  if (end_modified !== undefined) tests.push(({ modified = '' }) => modified <= end_modified)
  if (seller_cids !== undefined) {
    const wanted = new Set(seller_cids.split(','))
    tests.push((item) => (item.seller_cids ?? '').split(',').some((one) => wanted.has(one)))
  }
  if (q !== undefined) {
    const text = q.toLowerCase()
    tests.push(({ title = '' }) => title.toLowerCase().includes(text))
  }
  return tests
}

/** `column:asc` or `column:desc`; list_time, newest first, where nothing (or nothing known) is asked for. */
function orderOf(orderBy = 'list_time:desc') {
  const [asked = '', direction = 'desc'] = orderBy.split(':')
  const column = columns.find((one) => one === asked) ?? 'list_time'
  return { column, isRising: direction === 'asc' }
}

function compareBy(column: (typeof columns)[number], isRising: boolean) {
  const sign = isRising ? 1 : -1
  return (a: StoredItem, b: StoredItem): number => {
    const left = a[column] ?? ''
    const right = b[column] ?? ''
    if (left !== right) return left < right ? -sign : sign
    return compareIds(a.num_iid, b.num_iid) * sign
  }
}
