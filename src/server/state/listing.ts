import { Ordered } from './ordered.ts'
import type { StoredItem } from './world.ts'

/**
 * A seller's items by when they are listed: those that are for sale once that time has come, and all
 * others. Times are texts of one format and one zone, so they compare as texts.
 */
export class Listing {
  readonly forSale: Ordered<StoredItem>
  readonly others: Ordered<StoredItem>

  constructor(items: Iterable<StoredItem>) {
    const all = [...items]
    this.forSale = new Ordered(byListTime, all.filter(isForSale))
    this.others = new Ordered(
      byListTime,
      all.filter((item) => !isForSale(item)),
    )
  }

  add(item: StoredItem): void {
    this.#partOf(item).add(item)
  }

  delete(item: StoredItem): void {
    this.#partOf(item).delete(item)
  }

  #partOf(item: StoredItem): Ordered<StoredItem> {
    return isForSale(item) ? this.forSale : this.others
  }
}

const isForSale = ({ approve_status, num = 0 }: StoredItem) =>
  approve_status === 'onsale' && num > 0

/** Its listing time, which may have been set ahead, has come. */
export const isListed = ({ list_time = '' }: StoredItem, time: string) => list_time <= time

/** On sale at a time. */
export const isOnSale = (item: StoredItem, time: string) => isForSale(item) && isListed(item, time)

function byListTime(a: StoredItem, b: StoredItem): number {
  const [left, right] = [a.list_time ?? '', b.list_time ?? '']
  if (left !== right) return left < right ? -1 : 1
  return compareIds(a.num_iid, b.num_iid)
}

/** Numbers rise with age, so equal times keep the order of publishing. */
export const compareIds = (a: string, b: string) =>
  a.length !== b.length ? a.length - b.length : a < b ? -1 : a > b ? 1 : 0
