import { defaultPageSize } from '../../contracts/methods/item.ts'
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

/** One page of the items that pass a filter. */
export function pageOf(
  items: Iterable<StoredItem>,
  belongs: (item: StoredItem) => boolean,
  request: ListRequest,
): Page {
  const { page_no = 1, page_size = defaultPageSize } = request
  const wanted = filterOf(request)
  const found: StoredItem[] = []
  for (const item of items) if (belongs(item) && wanted(item)) found.push(item)
  found.sort(orderOf(request.order_by))
  const page = found.slice((page_no - 1) * page_size, page_no * page_size)
  return { total_results: found.length, ...(page.length > 0 && { items: { item: page } }) }
}

function filterOf(request: ListRequest): (item: StoredItem) => boolean {
  const { q, cid, seller_cids, start_modified, end_modified, auction_type } = request
  const shopCategories = seller_cids?.split(',')
  return (item) =>
    (q === undefined || (item.title ?? '').toLowerCase().includes(q.toLowerCase())) &&
    (cid === undefined || item.cid === cid) &&
    (auction_type === undefined || item.type === auction_type) &&
    (!shopCategories ||
      (item.seller_cids ?? '').split(',').some((one) => shopCategories.includes(one))) &&
    // Times are texts of one format and one zone, so they compare as texts.
    (start_modified === undefined || (item.modified ?? '') >= start_modified) &&
    (end_modified === undefined || (item.modified ?? '') <= end_modified) &&
    flags.every((flag) => request[flag] === undefined || (item[flag] ?? false) === request[flag])
}

/** `column:asc` or `column:desc`; list_time, newest first, where nothing (or nothing known) is asked for. */
function orderOf(orderBy = 'list_time:desc') {
  const [asked = '', direction = 'desc'] = orderBy.split(':')
  const column = columns.find((one) => one === asked) ?? 'list_time'
  const sign = direction === 'asc' ? 1 : -1
  return (a: StoredItem, b: StoredItem): number => {
    const left = a[column] ?? ''
    const right = b[column] ?? ''
    if (left !== right) return left < right ? -sign : sign
    // Numbers rise with age, so equal times keep the order of publishing.
    return compareIds(a.num_iid, b.num_iid) * sign
  }
}

const compareIds = (a: string, b: string) =>
  a.length !== b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0
