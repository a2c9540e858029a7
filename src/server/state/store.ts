import { Low, Memory } from 'lowdb'
import type { FileDoor } from './file-door.ts'
import { type Change, type Durability, JournalAdapter } from './journal-adapter.ts'
import { lockFolder } from './lock.ts'
import { applyOperation, type Operation, type StoreData } from './log-lines.ts'

/** Told of every change of a record, also of one that is undone; `undefined` where there is none. */
type Observer = (key: string, before: unknown, after: unknown) => void

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
  /** The one observer of a collection, who keeps indexes over it; `undefined` takes it away. */
  observe(collection: string, observer: Observer | undefined): void
  /**
   * Ends when every change so far is kept; `undefined` when there is nothing to wait for. What cannot
   * be kept has been undone when it fails.
   *
   * @throws StoreUnavailableError
   */
  committed(): Promise<void> | undefined
  close(): Promise<void>
}

/** After so many starts the logs are folded into a snapshot. */
const mostLogs = 8

const empty: ReadonlyMap<string, never> = new Map<string, never>()

/** What happens to a file store that its people should know. */
type StoreNotice = (message: string) => void

export interface FileStoreOptions {
  readonly durability?: Durability | undefined
  readonly files?: FileDoor | undefined
  readonly onNotice: StoreNotice
}

/** A store that keeps nothing beyond the process. */
export function memoryStore(): Store {
  const db = new Low<StoreData>(new Memory(), new Map())
  const records = recordsOf(db)
  return {
    ...records,
    load: async () => {},
    committed: () => undefined,
    close: async () => {},
  }
}

/**
 * A store in a folder: lowdb holds the data, the journal adapter keeps it, one line a call.
 *
 * @throws FolderInUseError, StoreFormatError, StoreUnavailableError from `load`
 */
export function fileStore(
  folder: string,
  { durability = 'process', files, onNotice }: FileStoreOptions,
): Store {
  let changes: Change[] = []
  /** Whether the last write failed: said once, not for every call. */
  let failing = false
  const adapter = new JournalAdapter(folder, {
    durability,
    ...(files && { files }),
    onLost(lost, problem) {
      records.undo([...lost, ...changes])
      changes = []
      if (!failing)
        onNotice(`${problem.message}; calls that change something are refused until it can`)
      failing = true
    },
    onKept() {
      if (failing) onNotice(`the data folder ${folder} can be written again`)
      failing = false
    },
  })
  const db = new Low<StoreData>(adapter, new Map())
  const records = recordsOf(db, (change) => changes.push(change))
  let unlock: (() => void) | undefined
  let compaction: Promise<void> | undefined
  // Once only: by the second time the folder may be somebody else's.
  const giveBack = () => {
    unlock?.()
    unlock = undefined
  }
  function compact() {
    compaction = db.write().finally(() => {
      compaction = undefined
    })
    // What the logs hold is as safe as before; a later change tries again.
    return compaction.catch((error: Error) =>
      onNotice(`the logs could not be folded into a snapshot, they stay: ${error.message}`),
    )
  }

  return {
    ...records,
    async load() {
      unlock = lockFolder(folder, onNotice)
      try {
        const found = await adapter.read()
        if (found) db.data = found
        if (adapter.logsRead > mostLogs) await compact()
      } catch (error) {
        giveBack()
        throw error
      }
    },
    committed() {
      if (changes.length > 0) {
        adapter.append(changes)
        changes = []
        if (adapter.wantsCompaction && !compaction) compact()
      }
      return adapter.flushed()
    },
    async close() {
      await compaction?.catch(() => undefined)
      await adapter.close()
      giveBack()
    },
  }
}

/** The part that all stores have in common: the records in memory, who observes them, what undoes a change. */
function recordsOf(db: Low<StoreData>, onChange?: (change: Change) => void) {
  const observers = new Map<string, Observer>()

  /** What puts a record back to what it is now. */
  function undoOf(collection: string, key: string): Operation {
    const records = db.data.get(collection)
    return records?.has(key) ? [collection, key, records.get(key)] : [collection, key]
  }

  function apply(operation: Operation) {
    const [collection, key, after] = operation
    const observer = observers.get(collection)
    const before = observer && db.data.get(collection)?.get(key)
    applyOperation(db.data, operation)
    observer?.(key, before, after)
  }

  function change(operation: Operation) {
    if (onChange) onChange({ operation, undo: undoOf(operation[0], operation[1]) })
    apply(operation)
  }

  const records = {
    collection: <T>(name: string) => (db.data.get(name) ?? empty) as ReadonlyMap<string, T>,
    put: (collection: string, key: string, value: unknown) => change([collection, key, value]),
    delete(collection: string, key: string) {
      if (db.data.get(collection)?.has(key)) change([collection, key])
    },
    drop(names: Iterable<string>) {
      for (const name of [...names]) {
        for (const key of [...(db.data.get(name)?.keys() ?? [])]) records.delete(name, key)
        db.data.delete(name)
      }
    },
    names: () => db.data.keys(),
    observe(collection: string, observer: Observer | undefined) {
      if (observer) observers.set(collection, observer)
      else observers.delete(collection)
    },
    /** Takes changes back, the last one first. */
    undo(changes: readonly Change[]) {
      for (let at = changes.length - 1; at >= 0; at--) {
        const { undo } = changes[at] as Change
        apply(undo)
        if (db.data.get(undo[0])?.size === 0) db.data.delete(undo[0])
      }
    },
  }
  return records
}
