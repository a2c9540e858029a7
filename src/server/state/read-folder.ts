import { readdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import {
  applyOperation,
  formatVersion,
  isOperation,
  linesOf,
  logNumber,
  operationsOf,
  parseLine,
  type SnapshotEnd,
  type SnapshotHeader,
  type StoreData,
  StoreFormatError,
  snapshotName,
} from './log-lines.ts'

/** A place in a data folder that cannot be read. */
export interface FolderProblem {
  readonly file: string
  /** From 1. */
  readonly line: number
  readonly problem: string
  /** The text of the line, where there is one: it may hold secrets. */
  readonly text?: string
  /** Tolerated: the last line of a log, which a killed process did not finish and never acknowledged. */
  readonly torn?: true
}

export interface FolderFile {
  readonly name: string
  readonly bytes: number
  readonly lines: number
}

/** What a data folder holds. */
export interface FolderContent {
  readonly data: StoreData
  /** What was read, in the order in which it counts. */
  readonly files: readonly FolderFile[]
  /** Logs that the snapshot covers: a process was killed before it removed them. */
  readonly covered: readonly string[]
  /** The number of the next log: greater than that of any there is. */
  readonly nextLog: number
  /** Whether anything has ever been kept there. */
  readonly isEmpty: boolean
  readonly snapshotBytes: number
  readonly logBytes: number
}

/**
 * Reads snapshot and logs.
 *
 * @param onProblem told of every place that cannot be read; reading goes on behind it when it returns
 * @throws StoreFormatError for a folder of a newer version
 */
export async function readFolder(
  folder: string,
  onProblem: (problem: FolderProblem) => void,
): Promise<FolderContent> {
  const names = await readdir(folder)
  const data: StoreData = new Map()
  const files: FolderFile[] = []
  const logs = names
    .map((name) => ({ name, number: logNumber(name) }))
    .filter((log): log is { name: string; number: number } => log.number !== undefined)
    .sort((a, b) => a.number - b.number)
  const hasSnapshot = names.includes(snapshotName)
  let firstLog = 0
  let snapshotBytes = 0
  let logBytes = 0
  if (hasSnapshot) {
    const { lines, log } = await readSnapshot(join(folder, snapshotName), data, onProblem)
    // Without a header every log counts: what the snapshot covers is in it again, to the same end.
    firstLog = log ?? 0
    snapshotBytes = await sizeOf(folder, snapshotName)
    files.push({ name: snapshotName, bytes: snapshotBytes, lines })
  }
  for (const { name, number } of logs) {
    if (number < firstLog) continue
    const lines = await readLog(join(folder, name), data, onProblem)
    const bytes = await sizeOf(folder, name)
    logBytes += bytes
    files.push({ name, bytes, lines })
  }
  return {
    data,
    files,
    covered: logs.filter(({ number }) => number < firstLog).map(({ name }) => name),
    nextLog: Math.max(firstLog, (logs.at(-1)?.number ?? 0) + 1),
    isEmpty: !hasSnapshot && logs.length === 0,
    snapshotBytes,
    logBytes,
  }
}

const sizeOf = async (folder: string, name: string) => (await stat(join(folder, name))).size

async function readSnapshot(
  file: string,
  data: StoreData,
  onProblem: (problem: FolderProblem) => void,
): Promise<{ lines: number; log: number | undefined }> {
  let header: SnapshotHeader | undefined
  let end: SnapshotEnd | undefined
  let lines = 0
  let records = 0
  for await (const { text, number } of linesOf(file)) {
    lines++
    const value = parseLine(text)
    if (number === 1) {
      header = headerOf(value, file)
      if (!header) onProblem({ file, line: 1, problem: 'is no snapshot header', text })
    } else if (isOperation(value)) {
      records++
      applyOperation(data, value)
    } else if ((value as SnapshotEnd | undefined)?.localtop === 'end') {
      end = value as SnapshotEnd
    } else onProblem({ file, line: number, problem: 'cannot be read', text })
  }
  if (lines === 0) onProblem({ file, line: 1, problem: 'is no snapshot header' })
  if (header && header.format > 1 && end?.records !== records) {
    const expected = end ? `${end.records} records were written` : 'its end is missing'
    onProblem({ file, line: lines, problem: `is not whole: ${records} records, ${expected}` })
  }
  return { lines, log: header?.log }
}

function headerOf(value: unknown, file: string): SnapshotHeader | undefined {
  const header = value as Partial<SnapshotHeader> | undefined
  if (header?.localtop !== 'snapshot' || typeof header.log !== 'number') return undefined
  if ((header.format ?? 0) > formatVersion) {
    throw new StoreFormatError(
      `${file} was written by a newer LocalTOP (format ${header.format}; this one reads up to ${formatVersion})`,
    )
  }
  return header as SnapshotHeader
}

/** @returns how many lines it has */
async function readLog(
  file: string,
  data: StoreData,
  onProblem: (problem: FolderProblem) => void,
): Promise<number> {
  let lines = 0
  for await (const { text, number, ended } of linesOf(file)) {
    lines++
    const operations = operationsOf(parseLine(text))
    if (operations) for (const operation of operations) applyOperation(data, operation)
    else if (ended) {
      onProblem({
        file,
        line: number,
        problem: 'cannot be read; only the last line of a log may be torn',
        text,
      })
    } else onProblem({ file, line: number, problem: 'is torn', text, torn: true })
  }
  return lines
}
