import type { Redis } from 'ioredis'
import { keys } from './redis-scripts.ts'
import type { JournalNews, SharedJournal } from './store.ts'

/** So many exchanges are kept for the gateways that look later. */
const keptExchanges = 1000
/** Numbers of exchanges are given to gateways in blocks: no call waits for its number. */
const blockSize = 1000

/** The journals of all gateways in one stream; a gateway reads it when somebody looks. */
export async function redisJournal(client: Redis): Promise<SharedJournal> {
  const gateway = await client.incr(keys.gateways)
  const nextBlock = async () => ((await client.incr(keys.numbers)) - 1) * blockSize
  let spare: number | undefined = await nextBlock()
  let madeUp = 0
  let turn = { after: -1, first: 0 }
  let last = '0'
  const own = String(gateway)

  function takeBlock(): number {
    // Where Redis has not answered in time: far from all blocks, and nobody else's.
    const block = spare ?? gateway * 1_000_000_000 + blockSize * madeUp++
    spare = undefined
    nextBlock().then(
      (next) => {
        spare = next
      },
      () => undefined,
    )
    return block
  }

  const write = (...fields: string[]) =>
    client.xadd(keys.journal, 'MAXLEN', '~', keptExchanges, '*', 'from', own, ...fields)

  return {
    gateway,
    numberAfter(number) {
      if (number % blockSize !== 0) return number + 1
      if (turn.after !== number) turn = { after: number, first: takeBlock() + 1 }
      return turn.first
    },
    add(id, text) {
      // The answer does not wait for it: what is lost with Redis or this gateway is help, not state.
      write('id', id, 'entry', text).catch(() => undefined)
    },
    async clear(worldId) {
      await (worldId === undefined ? write('clear', 'all') : write('clear', 'one', 'of', worldId))
    },
    async news() {
      const found = await client.xrange(keys.journal, `(${last}`, '+').catch(() => [])
      last = found.at(-1)?.[0] ?? last
      return found.map(([, fields]): JournalNews => {
        const { from, id, entry, clear, of } = Object.fromEntries(pairsOf(fields))
        if (clear !== undefined) return { kind: 'clear', worldId: of }
        if (from === own) return { kind: 'own', id: id as string }
        return { kind: 'entry', text: entry as string }
      })
    },
  }
}

function* pairsOf(fields: readonly string[]): Generator<[string, string]> {
  for (let at = 0; at < fields.length; at += 2)
    yield [fields[at] as string, fields[at + 1] as string]
}
