import type { Redis } from 'ioredis'
import { Low, Memory } from 'lowdb'
import { OptionError } from '../../contracts/problems.ts'
import { codeOf } from './file-door.ts'
import type { Change } from './journal-adapter.ts'
import { applyOperation, type Operation, type StoreData } from './log-lines.ts'
import { redisJournal } from './redis-journal.ts'
import { defineScripts, keys, prefix, type StreamEntry } from './redis-scripts.ts'
import { recordsOf, type SharedJournal, type Store, type StoreNotice } from './store.ts'
import { StoreUnavailableError } from './store-error.ts'

/** Another gateway changed something first: the work has to be done again on what is there now. */
class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
}

/** Changes that are sent together. */
interface Group {
  readonly changes: Change[]
  readonly done: Promise<void>
  readonly resolve: () => void
  readonly reject: (error: Error) => void
}

/** How long Redis may take for an answer, and to be found at all. */
const patience = 2000
/** A work that meets the changes of others so long gives up. */
const longestRetry = 10_000

/**
 * A store that several gateways share. Each has all records in memory, as a replica: work runs on it,
 * and its changes count when Redis takes them, which it does only if the replica was up to date; else the
 * changes are undone, those of the others applied, and the work runs again.
 */
export function redisStore(url: string, onNotice: StoreNotice): Store {
  const db = new Low<StoreData>(new Memory(), new Map())
  let open: Change[] = []
  const records = recordsOf(db, (change) => open.push(change))
  /** The last transaction that the replica holds. */
  let version = 0
  let waiting: Group | undefined
  let sending: Group | undefined
  let client: Redis | undefined
  let journal: SharedJournal | undefined
  let following: Promise<void> | undefined
  let followingNext: Promise<void> | undefined
  let lastError: Error | undefined
  let trouble: StoreUnavailableError | undefined
  const place = placeOf(url)

  function unavailable(error: unknown, isUnknown = false): StoreUnavailableError {
    // A command that finds no connection knows less than the connection that failed.
    const cause = client && client.status !== 'ready' ? (lastError ?? error) : error
    const why = codeOf(cause) ?? (cause as Error).message
    const problem = new StoreUnavailableError(
      `Redis at ${place} does not answer: ${why}`,
      `位于 ${place} 的 Redis 没有应答：${why}`,
      `Redis, where this gateway keeps its state, does not answer (${why})`,
      error,
      isUnknown,
    )
    if (!trouble) onNotice(`${problem.message}; calls are refused until it does`)
    trouble = problem
    return problem
  }

  function answered() {
    if (trouble) onNotice(`Redis at ${place} answers again`)
    trouble = undefined
  }

  /** Takes back everything that Redis has not taken, and tells whoever waits for it why. */
  function undoAll(whySent: Error, whyWaiting: Error) {
    const groups = [sending, waiting].filter((group) => group !== undefined)
    records.undo([...groups.flatMap(({ changes }) => changes), ...open])
    open = []
    sending?.reject(whySent)
    waiting?.reject(whyWaiting)
    sending = undefined
    waiting = undefined
  }

  function undoForOthers() {
    if (!sending && !waiting && open.length === 0) return
    const conflict = new StoreConflict()
    undoAll(conflict, conflict)
  }

  /** Redis came back without what it had: what this gateway knew of it is there again. */
  async function putBack(): Promise<void> {
    undoForOthers()
    if (!client) return
    const all: Operation[] = []
    for (const [name, entries] of db.data) {
      for (const [key, value] of entries) all.push([name, key, value])
    }
    const reply = await client.localtopCommit(...commitArguments(0, all))
    if (reply[0] === 0) return readAll()
    version = reply[1]
    onNotice(`Redis at ${place} came back empty; what this gateway knew was written to it again`)
  }

  /** Brings the transactions of other gateways into the replica. */
  async function take(current: number, entries: readonly StreamEntry[]): Promise<void> {
    const news = entries.filter(([id]) => versionOf(id) > version)
    if (news.length === 0 && current === version) return
    if (current === 0) return putBack()
    const [first] = news
    if (current < version || !first || versionOf(first[0]) !== version + 1) return readAll()
    undoForOthers()
    for (const [id, fields] of news) {
      records.adopt(JSON.parse(fields[1] as string) as readonly Operation[])
      version = versionOf(id)
    }
  }

  /** The replica anew: at the start, and when Redis no longer has what came between. */
  async function readAll(): Promise<void> {
    if (!client) return
    // What changes while this reads comes again with the next following, to the same end.
    const found = Number((await client.get(keys.version)) ?? 0)
    const data: StoreData = new Map()
    for (const name of await client.smembers(keys.names)) {
      const all = await client.hgetall(keys.collection(name))
      for (const [key, text] of Object.entries(all)) {
        applyOperation(data, [name, key, JSON.parse(text)])
      }
    }
    undoForOthers()
    const gone: Operation[] = []
    for (const [name, entries] of db.data) {
      for (const key of entries.keys()) if (!data.get(name)?.has(key)) gone.push([name, key])
    }
    records.adopt(gone)
    for (const [name, entries] of data) {
      records.adopt([...entries].map(([key, value]) => [name, key, value] as const))
    }
    version = found
  }

  async function follow(): Promise<void> {
    if (!client) return
    try {
      const [current, entries] = await client.localtopFollow(keys.version, keys.changes, version)
      await take(current, entries)
      answered()
    } catch (error) {
      throw unavailable(error)
    }
  }

  /** Whoever comes while one is under way needs the next: it may have been answered before. */
  function fresh(): Promise<void> {
    if (!following) {
      following = follow().finally(() => {
        following = undefined
      })
      return following
    }
    followingNext ??= following
      .catch(() => undefined)
      .then(() => {
        followingNext = undefined
        return fresh()
      })
    return followingNext
  }

  async function send(): Promise<void> {
    const group = waiting
    if (!client || !group || sending) return
    sending = group
    waiting = undefined
    const operations = group.changes.map(({ operation }) => operation)
    try {
      const reply = await client.localtopCommit(...commitArguments(version, operations))
      answered()
      if (reply[0] === 0) await take(reply[1], reply[2])
      else {
        version = reply[1]
        if (sending === group) sending = undefined
        group.resolve()
      }
    } catch (error) {
      // It may have arrived; then it comes back as a change by others.
      if (sending === group) undoAll(unavailable(error, true), unavailable(error))
    }
    if (waiting) void send()
  }

  const store: Store = {
    ...records,
    async load() {
      const { Redis } = await import('ioredis').catch(() => {
        throw new OptionError('--store redis://… needs the package ioredis: npm install ioredis')
      })
      client = new Redis(url, {
        lazyConnect: true,
        enableOfflineQueue: false,
        autoResendUnfulfilledCommands: false,
        maxRetriesPerRequest: 0,
        connectTimeout: patience,
        commandTimeout: patience,
        retryStrategy: (times) => Math.min(50 * times, 500),
      })
      defineScripts(client)
      client.on('error', (error: Error) => {
        lastError = error
      })
      try {
        await client.connect()
        // Nine digits are left for its exchanges.
        journal = redisJournal(client, (await client.incr(keys.gateways)) % 1000)
        await readAll()
      } catch (error) {
        client.disconnect()
        throw unavailable(error)
      }
    },
    fresh: () => fresh(),
    trouble: () => trouble,
    journal: () => journal,
    committed() {
      if (open.length > 0) {
        waiting ??= newGroup()
        waiting.changes.push(...open)
        open = []
        void send()
      }
      return (waiting ?? sending)?.done
    },
    async transact(work) {
      const began = performance.now()
      for (;;) {
        const made = work()
        const result = made instanceof Promise ? await made : made
        try {
          await store.committed()
          return result
        } catch (error) {
          if (!(error instanceof StoreConflict)) throw error
          if (performance.now() - began > longestRetry) {
            throw unavailable(new Error('other gateways keep changing the same state'))
          }
        }
        // What was undone has been replaced by what others did: once that is whole, again.
        await fresh()
      }
    },
    async countCall(window, now, end, calls) {
      if (!client) throw unavailable(new Error('closed'))
      try {
        const until = await client.localtopCount(`${prefix}w:${window}`, now, end, calls)
        return until < 0 ? undefined : until
      } catch (error) {
        throw unavailable(error)
      }
    },
    async close() {
      await store.committed()?.catch(() => undefined)
      client?.disconnect()
    },
  }
  return store
}

function commitArguments(version: number, operations: readonly Operation[]) {
  const written = operations.flatMap(([name, key, ...value]) => [
    name,
    key,
    value.length === 0 ? '' : JSON.stringify(value[0]),
  ])
  const { version: counter, changes, names } = keys
  return [counter, changes, names, version, JSON.stringify(operations), ...written] as const
}

const versionOf = (id: string) => Number(id.split('-')[0])

/** Without user and password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname === '/' ? '' : pathname}`
}

function newGroup(): Group {
  let resolve = () => {}
  let reject = (_: Error) => {}
  const done = new Promise<void>((keep, refuse) => {
    resolve = keep
    reject = refuse
  })
  done.catch(() => undefined)
  return { changes: [], done, resolve, reject }
}
