import { itemAdd, itemsCustomGet } from '../contracts/methods/item.ts'
import { isTopError, isTopResponseError } from './errors.ts'
import type {
  PublishableItem,
  PublishError,
  PublishOptions,
  PublishResult,
} from './publish-types.ts'
import type { TopClient } from './top-client.ts'

/** See `TopClient.publish`. */
export async function publishItems(
  client: TopClient,
  items: Iterable<PublishableItem>,
  options: PublishOptions,
): Promise<PublishResult[]> {
  const { concurrency = 4, onResult, signal } = options
  const batch = [...items]
  const results = new Array<PublishResult>(batch.length)
  const firstWith = firstByOuterId(batch)
  let next = 0

  async function work() {
    while (next < batch.length) {
      const index = next++
      const item = batch[index] as PublishableItem
      const outerId = item.outer_id
      const twin = outerId === undefined ? index : (firstWith.get(outerId) as number)
      const outcome = signal?.aborted
        ? ({ status: 'skipped' } as const)
        : twin !== index
          ? failed({
              message: `outer_id "${outerId}" is that of item ${twin + 1} of the batch too`,
            })
          : await publishOne(client, item, options)
      const result: PublishResult = { index, outerId, ...outcome }
      results[index] = result
      onResult?.(result)
    }
  }

  await Promise.all(Array.from({ length: Math.max(1, concurrency) }, work))
  return results
}

type Outcome = Omit<PublishResult, 'index' | 'outerId'>

const failed = (error: PublishError): Outcome => ({ status: 'failed', error })

async function publishOne(
  client: TopClient,
  item: PublishableItem,
  { attempts = 4, askFirst = false, wait }: PublishOptions,
): Promise<Outcome> {
  const { outer_id: outerId } = item
  let last: PublishError = { message: 'not sent' }
  let mustAsk = askFirst && outerId !== undefined
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (mustAsk) {
      const outcome = await ask(client, outerId as string)
      if (outcome) return outcome
    }
    try {
      const { item: published } = await client.call(itemAdd, item)
      return { status: 'published', numIid: published.num_iid }
    } catch (error) {
      if (!isTopError(error)) throw error
      last = errorOf(error)
      if (error.outcome === 'not-done') return failed(last)
      if (outerId === undefined) {
        const message = `${last.message}; without an outer_id nobody can ask whether it was published`
        return { status: 'unknown', error: { ...last, message } }
      }
      mustAsk = true
      await wait?.(attempt)
    }
  }
  return (await ask(client, outerId as string)) ?? { status: 'unknown', error: last }
}

/** Whether the item is there: published when it is, unknown when asking fails, `undefined` when it is not. */
async function ask(client: TopClient, outerId: string): Promise<Outcome | undefined> {
  try {
    const numIid = await findByOuterId(client, outerId)
    return numIid === undefined ? undefined : { status: 'published', numIid, found: true }
  } catch (error) {
    if (!isTopError(error)) throw error
    return { status: 'unknown', error: errorOf(error) }
  }
}

/** The newest of the seller's items with this code. */
async function findByOuterId(client: TopClient, outerId: string): Promise<string | undefined> {
  const { items } = await client.call(itemsCustomGet, {
    outer_id: outerId,
    fields: ['num_iid', 'outer_id'],
  })
  return items?.item.at(-1)?.num_iid
}

function errorOf(error: Error): PublishError {
  return {
    message: error.message,
    ...(isTopResponseError(error) && {
      code: error.code,
      ...(error.subCode !== undefined && { subCode: error.subCode }),
      ...(error.requestId !== undefined && { requestId: error.requestId }),
    }),
  }
}

function firstByOuterId(batch: readonly PublishableItem[]): Map<string, number> {
  const first = new Map<string, number>()
  for (const [index, { outer_id }] of batch.entries()) {
    if (outer_id !== undefined && !first.has(outer_id)) first.set(outer_id, index)
  }
  return first
}
