import { Low, Memory } from 'lowdb'
import { getOrCreate } from '../../contracts/get-or-create.ts'
import { JournalAdapter, type StoreData } from './journal-adapter.ts'
import { lockFolder } from './lock.ts'

/** Where the world's records are kept. Reads go to `collection`; every change passes through `put` and `delete`. */
export interface Store {
  /** Loads what was kept. */
  load(): Promise<void>
  collection<T>(name: string): ReadonlyMap<string, T>
  put(collection: string, key: string, value: unknown): void
  delete(collection: string, key: string): void
  /** Drops whole collections. */
  drop(names: Iterable<string>): void
  names(): Iterable<string>
  /** Ends when every change so far is kept; `undefined` when there is nothing to wait for. */
  committed(): Promise<void> | undefined
  close(): Promise<void>
}

/** After so many starts the logs are folded into a snapshot. */
const mostLogs = 8

const empty: ReadonlyMap<string, never> = new Map<string, never>()

/** A store that keeps nothing beyond the process. */
export function memoryStore(): Store {
  const db = new Low<StoreData>(new Memory(), new Map())
  return storeOver(db, {
    load: async () => {},
    committed: () => undefined,
    close: async () => {},
  })
}

/**
 * A store in a folder: lowdb holds the data, the journal adapter keeps it, one line a change.
 *
 * @param onProblem told when the logs could not be folded into a snapshot
 * @throws FolderInUseError, StoreFormatError from `load`
 */
export function fileStore(folder: string, onProblem: (problem: Error) => void): Store {
  const adapter = new JournalAdapter(folder)
  const db = new Low<StoreData>(adapter, new Map())
  let unlock: (() => void) | undefined
  let compaction: Promise<void> | undefined
  // Once only: by the second time the folder may be somebody else's.
  const giveBack = () => {
    unlock?.()
    unlock = undefined
  }
  return storeOver(
    db,
    {
      async load() {
        unlock = lockFolder(folder)
        try {
          const found = await adapter.read()
          if (found) db.data = found
          if (adapter.logsRead > mostLogs) await db.write()
        } catch (error) {
          giveBack()
          throw error
        }
      },
      committed() {
        if (adapter.wantsCompaction && !compaction) {
          compaction = db.write().finally(() => {
            compaction = undefined
          })
          // What the logs hold is as safe as before; the next change tries again.
          compaction.catch(onProblem)
        }
        return adapter.flushed()
      },
      async close() {
        await compaction?.catch(() => undefined)
        await adapter.close()
        giveBack()
      },
    },
    adapter,
  )
}

function storeOver(
  db: Low<StoreData>,
  keeping: Pick<Store, 'load' | 'committed' | 'close'>,
  adapter?: JournalAdapter,
): Store {
  const store: Store = {
    ...keeping,
    collection: <T>(name: string) => (db.data.get(name) ?? empty) as ReadonlyMap<string, T>,
    put(collection, key, value) {
      getOrCreate(db.data, collection, () => new Map<string, unknown>()).set(key, value)
      adapter?.append([collection, key, value])
    },
    delete(collection, key) {
      if (db.data.get(collection)?.delete(key)) adapter?.append([collection, key])
    },
    drop(names) {
      for (const name of [...names]) {
        for (const key of [...(db.data.get(name)?.keys() ?? [])]) store.delete(name, key)
        db.data.delete(name)
      }
    },
    names: () => db.data.keys(),
  }
  return store
}
