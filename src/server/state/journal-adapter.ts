import { mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Adapter } from 'lowdb'
import { type Deferred, deferred } from './deferred.ts'
import { type FileDoor, nodeFiles, type OpenFile, syncFolder } from './file-door.ts'
import {
  linesFor,
  logName,
  logNumber,
  type Operation,
  type StoreData,
  StoreFormatError,
} from './log-lines.ts'
import { type FolderProblem, readFolder } from './read-folder.ts'
import { folderError } from './store-error.ts'
import { removeUnfinishedSnapshot, writeSnapshot } from './write-snapshot.ts'

/** What acknowledged changes survive: the end of the process, or a power cut. */
export type Durability = 'process' | 'disk'

/** One change, and what undoes it: the operation that puts back what was there. */
export interface Change {
  readonly operation: Operation
  readonly undo: Operation
}

export interface JournalOptions {
  /** @default 'process' */
  readonly durability?: Durability
  /** @default node:fs */
  readonly files?: FileDoor
  /** Told what could not be kept, oldest first, before anybody who waits for it hears of it. */
  readonly onLost?: (changes: readonly Change[], problem: Error) => void
  /** Told of every group that is kept. */
  readonly onKept?: () => void
}

/** Changes that are written, and refused, together. */
interface Group extends Deferred {
  readonly changes: Change[]
  readonly lines: string[]
}

/**
 * A lowdb adapter whose cost for one change does not grow with the data: `append` writes one line,
 * grouped with whatever else waits; `write`, which lowdb means to write everything, makes a snapshot
 * and drops the logs it covers.
 *
 * A group is kept whole or not at all: what a failed write left of it is cut off again, everybody who
 * waits is refused, and the next group is tried anew.
 */
export class JournalAdapter implements Adapter<StoreData> {
  readonly #folder: string
  readonly #files: FileDoor
  readonly #durability: Durability
  readonly #onLost: NonNullable<JournalOptions['onLost']>
  readonly #onKept: () => void
  /** How many logs `read` had to go through: one for each start since the last snapshot. */
  logsRead = 0
  #logNumber = 1
  #log: OpenFile | undefined
  /** How far the log is known to be good; whatever is behind it belongs to a failed write. */
  #goodBytes = 0
  #mustCut = false
  /** Of all logs that `read` would go through. */
  #logBytes = 0
  #snapshotBytes = 0
  /** Takes changes until its write begins. */
  #waiting: Group | undefined
  /** The group that is being written. */
  #writing: Group | undefined
  /** Counts the failed writes: a snapshot that was being made meanwhile may hold what was refused. */
  #failures = 0
  /** Everything that touches the log runs one after another. */
  #tail: Promise<unknown> = Promise.resolve()

  constructor(folder: string, options: JournalOptions = {}) {
    this.#folder = folder
    this.#files = options.files ?? nodeFiles
    this.#durability = options.durability ?? 'process'
    this.#onLost = options.onLost ?? (() => {})
    this.#onKept = options.onKept ?? (() => {})
  }

  /**
   * Reads snapshot and logs, and begins a new log, so that a torn last line is never written on to.
   *
   * @throws StoreFormatError
   */
  async read(): Promise<StoreData | null> {
    await mkdir(this.#folder, { recursive: true })
    const content = await readFolder(this.#folder, refuseUnlessTorn)
    for (const name of content.covered) {
      await this.#files.rm(join(this.#folder, name), { force: true }).catch(() => undefined)
    }
    await removeUnfinishedSnapshot(this.#files, this.#folder)
    this.#logBytes = content.logBytes
    this.#snapshotBytes = content.snapshotBytes
    this.logsRead = content.files.filter(({ name }) => logNumber(name) !== undefined).length
    this.#logNumber = content.nextLog
    return content.isEmpty ? null : content.data
  }

  /** Queues the changes of one call, which are kept together. */
  append(changes: readonly Change[]): void {
    if (!this.#waiting) {
      this.#waiting = newGroup()
      this.#enqueue(() => this.#writeWaiting())
    }
    this.#waiting.changes.push(...changes)
    this.#waiting.lines.push(...linesFor(changes.map(({ operation }) => operation)))
  }

  /**
   * Ends when everything appended so far is kept, fails when it is not; `undefined` when nothing waits.
   * Changes that arrive while a write is under way share the next one.
   */
  flushed(): Promise<void> | undefined {
    return (this.#waiting ?? this.#writing)?.done
  }

  #enqueue<T>(job: () => Promise<T>): Promise<T> {
    const run = this.#tail.then(job)
    this.#tail = run.catch(() => undefined)
    return run
  }

  async #writeWaiting(): Promise<void> {
    const group = this.#waiting
    if (!group) return
    this.#writing = group
    this.#waiting = undefined
    try {
      await this.#writeLines(group.lines)
      this.#writing = undefined
      this.#onKept()
      group.resolve()
    } catch (error) {
      await this.#refuse(group, error)
    }
  }

  async #writeLines(lines: readonly string[]): Promise<void> {
    await this.#cutOff()
    const isNew = this.#goodBytes === 0
    const log = await this.#openLog()
    let bytes = 0
    this.#mustCut = true
    for (const chunk of chunksOf(lines)) {
      await log.appendFile(chunk)
      bytes += chunk.byteLength
    }
    if (this.#durability === 'disk') {
      await log.datasync()
      if (isNew) await syncFolder(this.#files, this.#folder)
    }
    this.#mustCut = false
    this.#goodBytes += bytes
    this.#logBytes += bytes
  }

  async #openLog(): Promise<OpenFile> {
    this.#log ??= await this.#files.open(this.#logPath, 'a')
    return this.#log
  }

  get #logPath(): string {
    return join(this.#folder, logName(this.#logNumber))
  }

  /** What waits as well: it was decided on what the failed group had changed. */
  async #refuse(group: Group, error: unknown): Promise<void> {
    this.#failures++
    const groups = this.#waiting ? [group, this.#waiting] : [group]
    this.#writing = undefined
    this.#waiting = undefined
    const problem = folderError(this.#folder, error)
    this.#onLost(
      groups.flatMap(({ changes }) => changes),
      problem,
    )
    // Where that fails too, it is tried again before the next write.
    await this.#cutOff().catch(() => undefined)
    for (const { reject } of groups) reject(problem)
  }

  /** Takes away what a failed write has left behind the good part of the log. */
  async #cutOff(): Promise<void> {
    if (!this.#mustCut) return
    await this.#closeLog()
    try {
      await this.#files.truncate(this.#logPath, this.#goodBytes)
    } catch (error) {
      // Nothing of it is there.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT' || this.#goodBytes > 0) throw error
    }
    this.#mustCut = false
  }

  /** Changes go to another log from here on; its file comes about with the first of them. */
  async #beginLog(): Promise<number> {
    await this.#writeWaiting()
    await this.#cutOff()
    await this.#closeLog()
    this.#goodBytes = 0
    this.#logBytes = 0
    return this.#logNumber++
  }

  async #closeLog(): Promise<void> {
    const log = this.#log
    this.#log = undefined
    // What counts was synced, or handed over, before.
    await log?.close().catch(() => undefined)
  }

  /** Whether the log has grown so far beyond the snapshot that reading it back would cost more than it saves. */
  get wantsCompaction(): boolean {
    return this.#logBytes > 64 * 1024 * 1024 && this.#logBytes > this.#snapshotBytes
  }

  /**
   * Writes a snapshot beside the old one and renames it, so that a crash at any moment leaves a
   * readable folder. Changes made meanwhile go to a new log; put and delete are whole values, so
   * that one of them is in the snapshot as well does no harm. Where one of them is refused, the
   * snapshot may hold it, and is not taken.
   *
   * @throws StoreUnavailableError; the folder is as before then
   */
  async write(data: StoreData): Promise<void> {
    const failuresBefore = this.#failures
    let covered: number
    try {
      covered = await this.#enqueue(() => this.#beginLog())
      const snapshot = await writeSnapshot(this.#files, this.#folder, data, covered + 1)
      await this.#enqueue(async () => {
        // What is in the snapshot and not in the log yet must not be refused any more.
        await this.#writeWaiting()
        if (this.#failures > failuresBefore) throw new Error('a write failed meanwhile')
        await snapshot.putInPlace()
      })
      this.#snapshotBytes = snapshot.bytes
    } catch (error) {
      await removeUnfinishedSnapshot(this.#files, this.#folder)
      throw folderError(this.#folder, error)
    }
    for (const name of await readdir(this.#folder)) {
      const number = logNumber(name)
      if (number !== undefined && number <= covered) {
        await this.#files.rm(join(this.#folder, name), { force: true })
      }
    }
  }

  async close(): Promise<void> {
    await this.flushed()?.catch(() => undefined)
    await this.#enqueue(() => this.#closeLog())
  }
}

function refuseUnlessTorn({ file, line, problem, torn }: FolderProblem): void {
  if (torn) return
  throw new StoreFormatError(`${file}: line ${line} ${problem}`)
}

const newGroup = (): Group => ({ changes: [], lines: [], ...deferred() })

/** So many characters are written at once, and a line more: pictures would make a text too long for a string. */
const mostAtOnce = 4 * 1024 * 1024

/** Lines as bytes to write, each line ended. */
function* chunksOf(lines: readonly string[]): Generator<Uint8Array> {
  let from = 0
  let size = 0
  for (const [at, line] of lines.entries()) {
    size += line.length
    if (size <= mostAtOnce && at < lines.length - 1) continue
    yield Buffer.from(`${lines.slice(from, at + 1).join('\n')}\n`)
    from = at + 1
    size = 0
  }
}
