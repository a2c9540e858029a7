import { randomInt } from 'node:crypto'
import { setTimeout } from 'node:timers/promises'
import type { Redis } from 'ioredis'
import { Low, Memory } from 'lowdb'
import { type Deferred, deferred } from './deferred.ts'
import { codeOf } from './file-door.ts'
import type { Change } from './journal-adapter.ts'
import { applyOperation, type Operation, type StoreData } from './log-lines.ts'
import { redisJournal } from './redis-journal.ts'
import { defineScripts, keys, noHead, prefix, type StreamEntry } from './redis-scripts.ts'
import { recordsOf, type SharedJournal, type Store, type StoreNotice } from './store.ts'
import { RedisUnavailableError, type StoreUnavailableError } from './store-error.ts'

/** Another gateway changed something first: the work has to be done again on what is there now. */
class StoreConflict extends Error {
  override readonly name = 'StoreConflict'
}

/** Changes that are sent together. */
interface Group extends Deferred {
  /** What the transaction will be known by, once it is sent. */
  id: string | undefined
  readonly changes: Change[]
}

/**
 * How long Redis may take to be found, and for an answer: longer than this process is ever busy by itself; how
 * long after it was not found it is looked for again. In milliseconds.
 */
const patience = { connect: 2000, command: 5000, again: 250 }
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
  let known = noHead
  let waiting: Group | undefined
  let sending: Group | undefined
  let client: Redis | undefined
  let journal: SharedJournal | undefined
  let following: Promise<void> | undefined
  let followingNext: Promise<void> | undefined
  let reading: Promise<void> | undefined
  let lastError: Error | undefined
  let trouble: StoreUnavailableError | undefined
  let isRefusing = false
  const closing = new AbortController()
  const place = placeOf(url)

  function problemOf(error: unknown, isUnknown = false): StoreUnavailableError {
    // A command that finds no connection knows less than the connection that failed.
    const cause = client && client.status !== 'ready' ? (lastError ?? error) : error
    const why = codeOf(cause) ?? (cause as Error).message
    const [en, zh] = isReply(cause)
      ? ['refuses a command', '拒绝了命令']
      : ['does not answer', '没有应答']
    return new RedisUnavailableError(
      `Redis at ${place} ${en}: ${why}`,
      `位于 ${place} 的 Redis ${zh}：${why}`,
      `Redis, where this gateway keeps its state, ${en} (${why})`,
      error,
      isUnknown,
    )
  }

  /** The records here may be old from now on. */
  function unavailable(error: unknown, isUnknown = false): StoreUnavailableError {
    const problem = problemOf(error, isUnknown)
    if (!trouble) onNotice(`${problem.message}; calls are refused until it does`)
    trouble = problem
    return problem
  }

  function answered() {
    if (trouble) onNotice(`Redis at ${place} answers again`)
    trouble = undefined
  }

  /** It answers, and takes no change: it is full, say, or a copy of another one. */
  function refused(error: unknown): StoreUnavailableError {
    const problem = problemOf(error)
    if (!isRefusing) {
      onNotice(`${problem.message}; calls that change something are refused until it takes changes`)
    }
    isRefusing = true
    return problem
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
  async function putBack(client: Redis): Promise<void> {
    undoForOthers()
    const all: Operation[] = []
    for (const [name, entries] of db.data) {
      for (const [key, value] of entries) all.push([name, key, value])
    }
    const id = idAfter(known)
    const [taken] = await client.localtopCommit(...commitArguments(noHead, id, all))
    // Else another gateway was first.
    if (taken === 0) return readAll(client)
    known = id
    onNotice(`Redis at ${place} came back empty; what this gateway knew was written to it again`)
  }

  /**
   * Brings the transactions of other gateways into the replica.
   *
   * @returns whether it holds them now; else it was read anew, and there may be some since
   */
  async function take(
    client: Redis,
    head: string,
    entries: readonly StreamEntry[],
  ): Promise<boolean> {
    if (head === known) return true
    if (head === noHead) {
      await putBack(client)
      return false
    }
    const at = entries.findIndex(([id]) => id === known)
    if (at < 0) {
      if (numberOf(head) < numberOf(known)) {
        onNotice(`Redis at ${place} came back with an older state; it counts from here on`)
      }
      await readAll(client)
      return false
    }
    const news = entries.slice(at + 1)
    // Our own may be seen here before its answer is.
    if (sending && news[0]?.[0] === sending.id) {
      news.shift()
      keep(sending)
    }
    if (news.length > 0) undoForOthers()
    for (const [id, fields] of news) {
      records.adopt(operationsIn(fields[1] as string))
      known = id
    }
    return true
  }

  /** The replica anew: at the start, and when Redis no longer has what came between. */
  function readAll(client: Redis): Promise<void> {
    reading ??= readRecords(client).finally(() => {
      reading = undefined
    })
    return reading
  }

  async function readRecords(client: Redis): Promise<void> {
    // What changes while this reads comes again with the next following, to the same end.
    const found = (await client.get(keys.head)) ?? noHead
    const data: StoreData = new Map()
    for (const name of await client.smembers(keys.names)) {
      let cursor = '0'
      do {
        const [next, pairs] = await client.hscan(keys.collection(name), cursor, 'COUNT', 1000)
        for (let at = 0; at < pairs.length; at += 2) {
          const [key, text] = [pairs[at] as string, pairs[at + 1] as string]
          applyOperation(data, [name, key, JSON.parse(text)])
        }
        cursor = next
      } while (cursor !== '0')
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
    known = found
  }

  async function follow(): Promise<void> {
    if (!client) return
    try {
      for (;;) {
        const [head, since] = await client.localtopFollow(keys.head, keys.changes, known)
        if (await take(client, head, since)) break
      }
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

  function keep(group: Group) {
    known = group.id as string
    sending = undefined
    group.resolve()
  }

  async function send(): Promise<void> {
    const group = waiting
    if (!client || !group || sending) return
    sending = group
    waiting = undefined
    const operations = group.changes.map(({ operation }) => operation)
    group.id = idAfter(known)
    try {
      const [taken, head, since] = await client.localtopCommit(
        ...commitArguments(known, group.id, operations),
      )
      answered()
      if (taken === 0) await take(client, head, since)
      else {
        if (isRefusing) onNotice(`Redis at ${place} takes changes again`)
        isRefusing = false
      }
      if (sending === group) {
        if (taken === 1) keep(group)
        else undoForOthers()
      }
    } catch (error) {
      // What got no answer may have arrived; then it comes back as a change by others.
      if (sending === group) {
        if (isReply(error)) {
          const problem = refused(error)
          undoAll(problem, problem)
        } else undoAll(unavailable(error, true), unavailable(error))
      }
    }
    if (waiting) void send()
  }

  /** Reads the shop over a new connection. */
  async function begin(): Promise<void> {
    lastError = undefined
    // Of its default, which is there in a bundle as well; read when somebody has a Redis.
    const { Redis } = (await import('ioredis')).default
    client = new Redis(url, {
      lazyConnect: true,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      maxRetriesPerRequest: 0,
      connectTimeout: patience.connect,
      commandTimeout: patience.command,
      retryStrategy: (times) => Math.min(50 * times, 500),
    })
    defineScripts(client)
    client.on('error', (error: Error) => {
      lastError = error
    })
    try {
      await client.connect()
      journal = await redisJournal(client)
      await readAll(client)
    } catch (error) {
      throw error instanceof RedisUnavailableError ? error : problemOf(error)
    }
    await follow()
  }

  const store: Store = {
    ...records,
    async load(onAway) {
      for (;;) {
        try {
          return await begin()
        } catch (error) {
          client?.disconnect()
          // What it refuses to begin with, such as a password, it will refuse again.
          const isAway = !isReply((error as Error).cause) && !(lastError && isReply(lastError))
          if (!onAway || !isAway || closing.signal.aborted) throw error
          unavailable((error as Error).cause)
          onAway()
          await setTimeout(patience.again, undefined, { signal: closing.signal }).catch(() => {
            throw error
          })
        }
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
      closing.abort()
      if (client?.status !== 'ready') {
        client?.disconnect()
        const problem = problemOf(new Error('closed'))
        return undoAll(problem, problem)
      }
      await store.committed()?.catch(() => undefined)
      const ended = new Promise((resolve) => client?.once('end', resolve))
      // What is on its way arrives first.
      client.quit().catch(() => client?.disconnect())
      await ended
    },
  }
  return store
}

function commitArguments(known: string, id: string, operations: readonly Operation[]) {
  const texts = operations.flatMap(([name, key, ...value]) => [
    name,
    key,
    value.length === 0 ? '' : JSON.stringify(value[0]),
  ])
  return [keys.head, keys.changes, keys.names, known, id, JSON.stringify(texts)] as const
}

function operationsIn(text: string): Operation[] {
  const texts = JSON.parse(text) as readonly string[]
  const operations: Operation[] = []
  for (let at = 0; at < texts.length; at += 3) {
    const [name, key, value] = texts.slice(at, at + 3) as [string, string, string]
    operations.push(value === '' ? [name, key] : [name, key, JSON.parse(value)])
  }
  return operations
}

const isReply = (error: unknown) => error instanceof Error && error.name === 'ReplyError'

const numberOf = (id: string) => Number(id.split('-')[0])

/** Of two transactions after the same one only one counts; chance tells them apart. */
const idAfter = (known: string) => `${numberOf(known) + 1}-${randomInt(1, 2 ** 47)}`

/** Without user and password. */
function placeOf(url: string): string {
  const { host, pathname } = new URL(url)
  return `${host}${pathname === '/' ? '' : pathname}`
}

const newGroup = (): Group => ({ id: undefined, changes: [], ...deferred() })
