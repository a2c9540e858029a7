import type { Redis } from 'ioredis'
import { keys } from './redis-scripts.ts'
import type { SharedJournal } from './store.ts'

/** So many exchanges are kept for the gateways that look later. */
const keptExchanges = 1000

/** The journals of all gateways in one stream; a gateway reads it when somebody looks. */
export function redisJournal(client: Redis, gateway: number): SharedJournal {
  let last = '0'
  const own = String(gateway)
  return {
    // Numbers of different gateways never meet, and are numbers still.
    firstId: gateway * 1_000_000_000,
    add(text) {
      // The answer does not wait for it: what is lost with Redis or this gateway is help, not state.
      client
        .xadd(keys.journal, 'MAXLEN', '~', keptExchanges, '*', 'from', own, 'entry', text)
        .catch(() => undefined)
    },
    clear() {
      client.del(keys.journal).catch(() => undefined)
    },
    async news() {
      const found = await client.xrange(keys.journal, `(${last}`, '+').catch(() => [])
      last = found.at(-1)?.[0] ?? last
      return found
        .filter(([, fields]) => fields[1] !== own)
        .map(([, fields]) => fields[3] as string)
    },
  }
}
