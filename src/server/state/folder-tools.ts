import { appendFile, readdir, rm, stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { OptionError } from '../../contracts/problems.ts'
import { nodeFiles } from './file-door.ts'
import { lockFolder, refuseLocked } from './lock.ts'
import { logNumber, StoreFormatError, snapshotName } from './log-lines.ts'
import {
  type FolderContent,
  type FolderFile,
  type FolderProblem,
  readFolder,
} from './read-folder.ts'
import { folderError } from './store-error.ts'
import { removeUnfinishedSnapshot, writeSnapshot } from './write-snapshot.ts'

/** A place that cannot be read, without what stands there: that may be a secret. */
export interface PlaceInFolder {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly problem: string
  readonly bytes: number
  /** What the line seems to be about, as far as it can be made out. */
  readonly about?: string
}

/** What a data folder holds, and what of it cannot be read. */
export interface FolderReport {
  readonly folder: string
  /** Nothing is lost: a gateway would open it. */
  readonly sound: boolean
  readonly files: readonly FolderFile[]
  /** How many records each collection has. */
  readonly records: Readonly<Record<string, number>>
  readonly problems: readonly PlaceInFolder[]
  /** Last lines of killed processes, never acknowledged; a gateway passes them over. */
  readonly torn: readonly PlaceInFolder[]
}

export interface FolderRepair extends FolderReport {
  /** Whether anything was written; not with `dryRun`, and not where nothing was wrong. */
  readonly repaired: boolean
  /** Where the lines went that were dropped; `null` where there were none. */
  readonly droppedTo: string | null
}

export interface FolderCompaction {
  readonly folder: string
  readonly records: Readonly<Record<string, number>>
  readonly bytesBefore: number
  readonly bytesAfter: number
}

/** The lines that a repair drops are kept there: they may be mended by hand. */
const droppedName = 'dropped.txt'

/**
 * Reads a data folder as a gateway would, and says what it cannot read. Nothing is written.
 *
 * @throws FolderInUseError, OptionError where there is no such folder, StoreFormatError for one of a newer version
 */
export async function checkFolder(folder: string): Promise<FolderReport> {
  await refuseMissing(folder)
  refuseLocked(folder)
  return (await examine(folder)).report
}

/**
 * Makes a data folder readable again: what can be read becomes its snapshot, what cannot is moved aside.
 *
 * @param dryRun only says what would be dropped
 * @throws as {@link checkFolder}; StoreUnavailableError
 */
export async function repairFolder(
  folder: string,
  { dryRun = false, onNotice = () => {} }: RepairOptions = {},
): Promise<FolderRepair> {
  await refuseMissing(folder)
  if (dryRun) {
    refuseLocked(folder)
    return { ...(await examine(folder)).report, repaired: false, droppedTo: null }
  }
  return locked(folder, onNotice, async () => {
    const { content, report, problems } = await examine(folder)
    if (report.sound && report.torn.length === 0) {
      return { ...report, repaired: false, droppedTo: null }
    }
    const dropped = problems.flatMap(({ file, line, text }) =>
      text === undefined ? [] : [`${basename(file)}:${line}\t${text}\n`],
    )
    const droppedTo = dropped.length === 0 ? null : join(folder, droppedName)
    // First, so that nothing is gone from one place before it is in the other.
    if (droppedTo !== null) await appendFile(droppedTo, dropped.join(''), { mode: 0o600 })
    await fold(folder, content)
    return { ...report, repaired: true, droppedTo }
  })
}

export interface RepairOptions {
  readonly dryRun?: boolean
  readonly onNotice?: (message: string) => void
}

/**
 * Folds the logs of a data folder into its snapshot.
 *
 * @throws as {@link checkFolder}; StoreFormatError for a folder that has to be repaired first
 */
export async function compactFolder(
  folder: string,
  onNotice: (message: string) => void = () => {},
): Promise<FolderCompaction> {
  await refuseMissing(folder)
  return locked(folder, onNotice, async () => {
    const { content, report } = await examine(folder)
    const [problem] = report.problems
    if (problem) {
      throw new StoreFormatError(`${problem.file}: line ${problem.line} ${problem.problem}`)
    }
    const bytesBefore = content.snapshotBytes + content.logBytes
    const bytesAfter = await fold(folder, content)
    return { folder, records: report.records, bytesBefore, bytesAfter }
  })
}

async function refuseMissing(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => undefined)
  if (!names) throw new OptionError(`there is no data folder ${folder}`)
  if (!names.some((name) => name === snapshotName || logNumber(name) !== undefined)) {
    throw new OptionError(`${folder} is no data folder: it has neither snapshot nor log`)
  }
}

async function locked<T>(
  folder: string,
  onNotice: (message: string) => void,
  work: () => Promise<T>,
): Promise<T> {
  const unlock = lockFolder(folder, onNotice)
  try {
    return await work()
  } finally {
    unlock()
  }
}

async function examine(folder: string) {
  const problems: FolderProblem[] = []
  const content = await readFolder(folder, (problem) => problems.push(problem))
  const report: FolderReport = {
    folder,
    sound: problems.every(({ torn }) => torn),
    files: content.files,
    records: Object.fromEntries([...content.data].map(([name, { size }]) => [name, size])),
    problems: problems.filter(({ torn }) => !torn).map(placeOf),
    torn: problems.filter(({ torn }) => torn).map(placeOf),
  }
  return { content, report, problems }
}

function placeOf({ file, line, problem, text = '' }: FolderProblem): PlaceInFolder {
  const about = aboutLine(text)
  return { file, line, problem, bytes: Buffer.byteLength(text), ...(about && { about }) }
}

/** Keys of these collections are secrets themselves. */
const secretKeys = new Set(['sessions', 'codes'])

/** The first record that a broken line names. */
function aboutLine(text: string): string | undefined {
  const [, collection, key] = /^\[{1,2}"([a-z]+(?:@[^"\\]*)?)","([^"\\]*)"/.exec(text) ?? []
  if (collection === undefined || key === undefined) return undefined
  return secretKeys.has(collection.split('@')[0] ?? '') ? collection : `${collection} ${key}`
}

/** @returns how large the folder is then */
async function fold(folder: string, content: FolderContent): Promise<number> {
  try {
    const snapshot = await writeSnapshot(nodeFiles, folder, content.data, content.nextLog)
    await snapshot.putInPlace()
    const logs = (await readdir(folder)).filter((name) => logNumber(name) !== undefined)
    for (const name of logs) await rm(join(folder, name), { force: true })
    return (await stat(join(folder, snapshotName))).size
  } catch (error) {
    await removeUnfinishedSnapshot(nodeFiles, folder)
    throw folderError(folder, error)
  }
}
