import { Low, Memory } from 'lowdb'
import type { FileDoor } from './file-door.ts'
import { type Change, type Durability, JournalAdapter } from './journal-adapter.ts'
import { lockFolder } from './lock.ts'
import { applyOperation, type Operation, type StoreData } from './log-lines.ts'
import type { StoreUnavailableError } from './store-error.ts'

/** Told of every change of a record, also of one that is undone; `undefined` where there is none. */
type Observer = (key: string, before: unknown, after: unknown) => void

/** Where the world's records are kept. Reads go to `collection`; every change passes through `put` and `delete`. */
export interface Store {
  /**
   * Loads what was kept.
   *
   * @param onAway where it is given, what is not there yet is waited for, and it is told so once;
   * {@link trouble} says why
   * @throws StoreUnavailableError
   */
  load(onAway?: () => void): Promise<void>
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
  /**
   * Does work that looks at records and changes them, and answers what it answers once its changes are
   * kept. Where another gateway changed something first, it is done again on what is there now.
   *
   * @throws StoreUnavailableError
   */
  transact<T>(work: () => T | Promise<T>): T | Promise<T>
  /** Brings in what other gateways changed; `undefined` where there are none. @throws StoreUnavailableError */
  fresh(): Promise<void> | undefined
  /** Why the records may be old, and calls must be refused. */
  trouble(): StoreUnavailableError | undefined
  /**
   * Counts a call in a window that all gateways share; answers when the window ends if it is full.
   * Absent where one gateway counts alone.
   */
  countCall?(window: string, now: number, end: number, calls: number): Promise<number | undefined>
  /** The journals of other gateways; absent where there are none, and before `load`. */
  journal?(): SharedJournal | undefined
  close(): Promise<void>
}

/** A journal that several gateways write. */
export interface SharedJournal {
  /** Which of the gateways this is, from 1 in the order in which they began. */
  readonly gateway: number
  /** The number of the exchange after this one of the same gateway; no two gateways give the same. */
  numberAfter(number: number): number
  add(id: string, text: string): void
  /** Empties it for all gateways, or of the exchanges of one world. */
  clear(worldId: string | undefined): Promise<void>
  /** What has been added since the last time, in its order. */
  news(): Promise<readonly JournalNews[]>
}

export type JournalNews =
  | { readonly kind: 'own'; readonly id: string }
  | { readonly kind: 'entry'; readonly text: string }
  | { readonly kind: 'clear'; readonly worldId: string | undefined }

/** After so many starts the logs are folded into a snapshot. */
const mostLogs = 8

const empty: ReadonlyMap<string, never> = new Map<string, never>()

/** What happens to a file store that its people should know. */
export type StoreNotice = (message: string) => void

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
    ...ofOneGateway(() => undefined),
    load: async () => {},
    close: async () => {},
  }
}

/** What a store does that no other gateway shares. */
function ofOneGateway(committed: Store['committed']) {
  const afterwards = <T>(result: T): T | Promise<T> => committed()?.then(() => result) ?? result
  return {
    committed,
    transact<T>(work: () => T | Promise<T>): T | Promise<T> {
      const result = work()
      return result instanceof Promise ? result.then(afterwards) : afterwards(result)
    },
    fresh: () => undefined,
    trouble: () => undefined,
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

  function committed() {
    if (changes.length > 0) {
      adapter.append(changes)
      changes = []
      if (adapter.wantsCompaction && !compaction) compact()
    }
    return adapter.flushed()
  }

  return {
    ...records,
    ...ofOneGateway(committed),
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
    async close() {
      await compaction?.catch(() => undefined)
      await adapter.close()
      giveBack()
    },
  }
}

/** The part that all stores have in common: the records in memory, who observes them, what undoes a change. */
export function recordsOf(db: Low<StoreData>, onChange?: (change: Change) => void) {
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
    /** Applies what another gateway changed. */
    adopt(operations: readonly Operation[]) {
      for (const operation of operations) apply(operation)
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
