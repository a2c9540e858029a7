import { once } from 'node:events'
import { createReadStream, createWriteStream, type WriteStream } from 'node:fs'
import { type FileHandle, mkdir, open, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapter } from 'lowdb'
import { getOrCreate } from '../../contracts/get-or-create.ts'

/** Everything a store holds: collections of records by key. */
export type StoreData = Map<string, Map<string, unknown>>

/** One change of one record, as a line of the log: `[collection, key, value]`, without value when deleted. */
export type Operation = readonly [collection: string, key: string, value?: unknown]

const formatVersion = 1
/** How much of a file is read at once: a picture is a line of megabytes. */
const chunkBytes = 1024 * 1024

interface Header {
  readonly localtop: 'snapshot'
  readonly format: number
  /** The first log whose operations are not in this snapshot. */
  readonly log: number
}

const snapshotName = 'snapshot.jsonl'
const logName = (number: number) => `log-${String(number).padStart(8, '0')}.jsonl`
const logPattern = /^log-(\d{8})\.jsonl$/

/** A data folder holds what this version cannot read; the message names file and line. */
export class StoreFormatError extends Error {
  override readonly name = 'StoreFormatError'
}

/**
 * A lowdb adapter whose cost for one change does not grow with the data: `append` writes one line,
 * grouped with whatever else waits; `write`, which lowdb means to write everything, makes a snapshot
 * and drops the logs it covers.
 *
 * What has been acknowledged is in the operating system's hands: it survives the process, not a power cut.
 */
export class JournalAdapter implements Adapter<StoreData> {
  readonly #folder: string
  /** How many logs `read` had to go through: one for each start since the last snapshot. */
  logsRead = 0
  #logNumber = 0
  #log: FileHandle | undefined
  #logBytes = 0
  #snapshotBytes = 0
  #pending: string[] = []
  /** The flush that will take what is pending; later changes join it until it starts. */
  #scheduled: Promise<void> | undefined
  /** The flush that is being written. */
  #writing: Promise<void> | undefined
  /** Everything that touches the log runs one after another. */
  #tail: Promise<unknown> = Promise.resolve()
  /** After a failed write nothing may be acknowledged any more: memory is ahead of the disk. */
  #broken: Error | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** Reads snapshot and logs, and begins a new log, so that a torn last line is never written on to. */
  async read(): Promise<StoreData | null> {
    await mkdir(this.#folder, { recursive: true })
    const names = await readdir(this.#folder)
    const logs = names
      .map((name) => Number(logPattern.exec(name)?.[1] ?? Number.NaN))
      .filter((number) => !Number.isNaN(number))
      .sort((a, b) => a - b)
    const data: StoreData = new Map()
    const hasSnapshot = names.includes(snapshotName)
    let bytes = 0
    const firstLog = hasSnapshot ? await this.#readSnapshot(data) : 0
    for (const number of logs) {
      if (number >= firstLog) bytes += await this.#readLog(data, logName(number))
      else await rm(join(this.#folder, logName(number)), { force: true })
    }
    this.#logBytes = bytes
    this.logsRead = logs.filter((number) => number >= firstLog).length
    this.#logNumber = Math.max(firstLog, (logs.at(-1) ?? 0) + 1)
    return hasSnapshot || logs.length > 0 ? data : null
  }

  async #readSnapshot(data: StoreData): Promise<number> {
    const path = join(this.#folder, snapshotName)
    let header: Header | undefined
    for await (const { text, number } of linesOf(path)) {
      const value = parseLine(text)
      this.#snapshotBytes += text.length
      if (number === 1) header = headerOf(value, path)
      else if (Array.isArray(value)) applyOperation(data, value as unknown as Operation)
      else throw new StoreFormatError(`${path}: line ${number} cannot be read`)
    }
    if (!header) throw new StoreFormatError(`${path}: line 1 is no snapshot header`)
    return header.log
  }

  /** @returns how long it is */
  async #readLog(data: StoreData, name: string): Promise<number> {
    const path = join(this.#folder, name)
    let bytes = 0
    for await (const { text, number, ended } of linesOf(path)) {
      bytes += text.length
      const operation = parseLine(text)
      if (Array.isArray(operation)) applyOperation(data, operation as unknown as Operation)
      else if (ended) {
        throw new StoreFormatError(
          `${path}: line ${number} cannot be read; only the last line of a log may be torn`,
        )
      }
    }
    return bytes
  }

  /** From here on changes go to another log; its file comes about with the first of them. */
  async #beginLog(number: number): Promise<void> {
    await this.#log?.close()
    this.#log = undefined
    this.#logNumber = number
    this.#logBytes = 0
  }

  /** Queues one change; it is on its way to the disk once {@link flushed} says so. */
  append(operation: Operation): void {
    this.#pending.push(JSON.stringify(operation))
  }

  /**
   * Ends when everything appended so far has been written; `undefined` when nothing waits.
   * Changes that arrive while a write is under way share the next one.
   */
  flushed(): Promise<void> | undefined {
    if (this.#broken) return Promise.reject(this.#broken)
    if (this.#pending.length === 0) return this.#writing
    this.#scheduled ??= this.#enqueue(() => {
      this.#scheduled = undefined
      return this.#flush()
    })
    return this.#scheduled
  }

  #enqueue<T>(job: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(job)
    this.#tail = run.catch(() => undefined)
    return run
  }

  #flush(): Promise<void> {
    this.#writing = this.#writePending().finally(() => {
      this.#writing = undefined
    })
    return this.#writing
  }

  async #writePending(): Promise<void> {
    const lines = this.#pending
    if (lines.length === 0) return
    this.#pending = []
    try {
      this.#log ??= await open(join(this.#folder, logName(this.#logNumber)), 'a')
      for (const text of joined(lines)) {
        await this.#log.appendFile(text)
        this.#logBytes += text.length
      }
    } catch (error) {
      this.#broken = error instanceof Error ? error : new Error(String(error))
      throw this.#broken
    }
  }

  /** Whether the log has grown so far beyond the snapshot that reading it back would cost more than it saves. */
  get wantsCompaction(): boolean {
    return this.#logBytes > 64 * 1024 * 1024 && this.#logBytes > this.#snapshotBytes
  }

  /**
   * Writes a snapshot beside the old one and renames it, so that a crash at any moment leaves a
   * readable folder. Changes made meanwhile go to a new log; put and delete are whole values, so
   * that one of them is in the snapshot as well does no harm.
   */
  async write(data: StoreData): Promise<void> {
    const covered = await this.#enqueue(async () => {
      await this.#flush()
      await this.#beginLog(this.#logNumber + 1)
      return this.#logNumber - 1
    })
    const temporary = join(this.#folder, `${snapshotName}.tmp`)
    const stream = createWriteStream(temporary, { flush: true })
    const header: Header = { localtop: 'snapshot', format: formatVersion, log: covered + 1 }
    this.#snapshotBytes = await writeLines(stream, header, data)
    await rename(temporary, join(this.#folder, snapshotName))
    await syncFolder(this.#folder)
    for (const name of await readdir(this.#folder)) {
      const number = logPattern.exec(name)?.[1]
      if (number !== undefined && Number(number) <= covered) await rm(join(this.#folder, name))
    }
  }

  async close(): Promise<void> {
    await this.flushed()?.catch(() => undefined)
    await this.#enqueue(async () => {
      await this.#log?.close()
      this.#log = undefined
    })
  }
}

/** So many characters are written at once, and a line more: pictures would make a text too long for a string. */
const mostAtOnce = 4 * 1024 * 1024

/** Lines as texts to write, each line ended. */
function* joined(lines: readonly string[]): Generator<string> {
  let from = 0
  let size = 0
  for (const [at, line] of lines.entries()) {
    size += line.length
    if (size <= mostAtOnce && at < lines.length - 1) continue
    yield `${lines.slice(from, at + 1).join('\n')}\n`
    from = at + 1
    size = 0
  }
}

async function writeLines(stream: WriteStream, header: Header, data: StoreData): Promise<number> {
  let bytes = 0
  let chunk = `${JSON.stringify(header)}\n`
  let count = 0
  const flush = async () => {
    bytes += chunk.length
    if (!stream.write(chunk)) await once(stream, 'drain')
    else await new Promise((resolve) => setImmediate(resolve))
    chunk = ''
  }
  const failed = once(stream, 'error').then(([error]) => {
    throw error
  })
  const written = (async () => {
    for (const [collection, records] of data) {
      for (const [key, value] of records) {
        chunk += `${JSON.stringify([collection, key, value] satisfies Operation)}\n`
        // Small chunks keep the event loop free while calls go on being answered.
        if (++count % 200 === 0 || chunk.length > mostAtOnce) await flush()
      }
    }
    await flush()
    stream.end()
    await once(stream, 'close')
  })()
  await Promise.race([written, failed])
  failed.catch(() => undefined)
  return bytes
}

async function syncFolder(folder: string): Promise<void> {
  // Windows cannot open a folder for this; the rename is durable there without it.
  const handle = await open(folder, 'r').catch(() => undefined)
  await handle?.sync().catch(() => undefined)
  await handle?.close()
}

export function applyOperation(data: StoreData, operation: Operation): void {
  const [collection, key] = operation
  const records = getOrCreate(data, collection, () => new Map<string, unknown>())
  if (operation.length > 2) records.set(key, operation[2])
  else records.delete(key)
}

function headerOf(value: unknown, path: string): Header {
  const header = value as Partial<Header> | undefined
  if (header?.localtop !== 'snapshot' || typeof header.log !== 'number') {
    throw new StoreFormatError(`${path}: line 1 is no snapshot header`)
  }
  if ((header.format ?? 0) > formatVersion) {
    throw new StoreFormatError(
      `${path} was written by a newer LocalTOP (format ${header.format}; this one reads up to ${formatVersion})`,
    )
  }
  return header as Header
}

interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
  /** `false` for a last line without a line break: it may be torn. */
  readonly ended: boolean
}

/** The lines of a file of any size; blank ones are passed over. */
async function* linesOf(path: string): AsyncGenerator<Line> {
  let rest = ''
  let number = 0
  for await (const chunk of createReadStream(path, {
    encoding: 'utf8',
    highWaterMark: chunkBytes,
  })) {
    const parts = (rest + chunk).split('\n')
    rest = parts.pop() ?? ''
    for (const text of parts) {
      number++
      if (text !== '') yield { text, number, ended: true }
    }
  }
  if (rest !== '') yield { text: rest, number: number + 1, ended: false }
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
