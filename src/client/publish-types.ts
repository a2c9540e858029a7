import type { RequestOf } from '../contracts/define-method.ts'
import type { itemAdd } from '../contracts/methods/item.ts'

/** An item as `taobao.item.add` takes it. */
export type PublishableItem = RequestOf<typeof itemAdd>

export interface PublishOptions {
  /** How many items are under way at a time. @default 4 */
  readonly concurrency?: number
  /** How often one item is sent at the most, asking in between. @default 4 */
  readonly attempts?: number
  /** Looks for every item by `outer_id` before it is sent for the first time: for going on after an interruption. @default false */
  readonly askFirst?: boolean
  /** Told of each item as soon as it is settled, in the order of settling. */
  readonly onResult?: ((result: PublishResult) => void) | undefined
  /** Starts no further item; what is under way is settled. */
  readonly signal?: AbortSignal | undefined
  /** Waits before an item is asked for and sent again. @default the client's back-off */
  readonly wait?: (attempt: number, signal?: AbortSignal) => Promise<void>
}

/** What became of one item. */
export interface PublishResult {
  /** Its place in the batch, from 0. */
  readonly index: number
  readonly outerId: string | undefined
  /**
   * `unknown`: it may or may not be in the shop, and asking was not possible.
   * `skipped`: the batch was ended before its turn.
   */
  readonly status: 'published' | 'failed' | 'unknown' | 'skipped'
  readonly numIid?: string
  /** It was found by its `outer_id`, not answered by the call that published it. */
  readonly found?: boolean
  readonly error?: PublishError
}

/** Why an item was not published. */
export interface PublishError {
  readonly message: string
  readonly code?: number | string
  readonly subCode?: string
  readonly requestId?: string
}
