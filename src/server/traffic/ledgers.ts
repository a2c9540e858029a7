import { getOrCreate } from '../../contracts/get-or-create.ts'
import type { Store } from '../state/store.ts'
import type { World } from '../state/world.ts'

/** How often a rule has been met in one world. */
export interface Count {
  /** Calls that the rule is about so far. */
  seen: number
  /** How often it has happened. */
  applied: number
  /** When the rule came in force, on the world's clock. */
  readonly since: number
  /** How many chances have been drawn for it. */
  drawn: number
}

/** What a ledger must know of a rule. */
export interface Counted {
  /** Tells the rule from all others, and from itself before it was put in force anew. */
  readonly key: string
  /** Whether anything depends on how often it was met. */
  readonly isCounted: boolean
  /** How long it waits before it begins, in milliseconds: then it matters when it came in force. */
  readonly after: number | undefined
}

/** What a world has of its own: counts and states. */
export interface Ledger {
  /** The count of a rule, to be changed; begun now where there is none. */
  count(rule: Counted): Count
  readonly states: {
    get(name: string): string | undefined
    set(name: string, value: string): void
  }
  /** Keeps what was changed of the counts. */
  keep(): void
}

/** The ledgers of all worlds: one rule is not used up for one tenant by another. */
export interface Ledgers {
  /** Whether other gateways count too: then every look at a ledger is a part of a transaction. */
  readonly isShared: boolean
  of(world: World): Ledger
  /** Forgets everything of one world, or of all. */
  clear(worldId?: string): void
  /** Forgets the counts of rules that are no more. */
  forget(keys: ReadonlySet<string>): void
}

const begun = (world: World): Count => ({
  seen: 0,
  applied: 0,
  since: world.clock.now(),
  drawn: 0,
})

/** Those of one gateway, in its memory. */
export function localLedgers(): Ledgers {
  interface Local extends Ledger {
    readonly counts: Map<string, Count>
  }
  const ledgers = new Map<string, Local>()

  function open(world: World): Local {
    const counts = new Map<string, Count>()
    return {
      counts,
      count: ({ key }) => getOrCreate(counts, key, () => begun(world)),
      states: new Map(),
      keep: () => {},
    }
  }

  return {
    isShared: false,
    of: (world) => getOrCreate(ledgers, world.id, () => open(world)),
    clear(worldId) {
      if (worldId === undefined) ledgers.clear()
      else ledgers.delete(worldId)
    },
    forget(keys) {
      for (const { counts } of ledgers.values()) for (const key of keys) counts.delete(key)
    },
  }
}

/** Those that several gateways share, as records of their store; they belong to no snapshot. */
export function sharedLedgers(store: Pick<Store, 'collection' | 'put' | 'delete'>): Ledgers {
  const meta = <T>() => store.collection<T>('meta')
  const countKey = (worldId: string, key: string) => `count@${worldId}@${key}`
  const stateKey = (worldId: string, name: string) => `state@${worldId}@${name}`

  function drop(isGone: (key: string) => boolean) {
    for (const key of [...meta().keys()]) if (isGone(key)) store.delete('meta', key)
  }

  return {
    isShared: true,
    of(world) {
      const touched = new Map<Counted, { stored: Count | undefined; count: Count }>()
      return {
        count: (rule) =>
          getOrCreate(touched, rule, () => {
            const stored = meta<Count>().get(countKey(world.id, rule.key))
            return { stored, count: { ...(stored ?? begun(world)) } }
          }).count,
        states: {
          get: (name) => meta<string>().get(stateKey(world.id, name)),
          set: (name, value) => store.put('meta', stateKey(world.id, name), value),
        },
        keep() {
          for (const [rule, { stored, count }] of touched) {
            const isNews = stored
              ? rule.isCounted && !isSame(stored, count)
              : rule.isCounted || rule.after !== undefined
            if (isNews) store.put('meta', countKey(world.id, rule.key), { ...count })
          }
        },
      }
    },
    clear(worldId) {
      const begins = ['count@', 'state@'].map((kind) =>
        worldId === undefined ? kind : `${kind}${worldId}@`,
      )
      drop((key) => begins.some((begin) => key.startsWith(begin)))
    },
    forget(keys) {
      drop((key) => key.startsWith('count@') && keys.has(key.slice(key.lastIndexOf('@') + 1)))
    },
  }
}

const isSame = (one: Count, other: Count) =>
  one.seen === other.seen && one.applied === other.applied && one.drawn === other.drawn
