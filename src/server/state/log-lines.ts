import { createReadStream } from 'node:fs'
import { getOrCreate } from '../../contracts/get-or-create.ts'

/** Everything a store holds: collections of records by key. */
export type StoreData = Map<string, Map<string, unknown>>

/** One change of one record: `[collection, key, value]`, without value when deleted. */
export type Operation = readonly [collection: string, key: string, value?: unknown]

/**
 * A data folder holds `snapshot.jsonl` (a header, one operation a line, an end with their number) and
 * logs `log-00000001.jsonl`, … of what came after it: a line holds one operation, or a list of those
 * that one call made, so that a call is there whole or not at all.
 */
export const snapshotName = 'snapshot.jsonl'
export const logName = (number: number) => `log-${String(number).padStart(8, '0')}.jsonl`
/** The number of a log by its name. */
export const logNumber = (name: string): number | undefined => {
  const digits = /^log-(\d{8})\.jsonl$/.exec(name)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

/** Format 1 had no end, and one operation a line in logs too. */
export const formatVersion = 2

export interface SnapshotHeader {
  readonly localtop: 'snapshot'
  readonly format: number
  /** The first log whose operations are not in this snapshot. */
  readonly log: number
}

export interface SnapshotEnd {
  readonly localtop: 'end'
  readonly records: number
}

/** A data folder holds what this version cannot read; the message names file and line. */
export class StoreFormatError extends Error {
  override readonly name = 'StoreFormatError'
}

export function applyOperation(data: StoreData, operation: Operation): void {
  const [collection, key] = operation
  const records = getOrCreate(data, collection, () => new Map<string, unknown>())
  if (operation.length > 2) records.set(key, operation[2])
  else records.delete(key)
}

/** The operations of a line of a log; `undefined` for what is none. */
export function operationsOf(value: unknown): readonly Operation[] | undefined {
  if (isOperation(value)) return [value]
  return Array.isArray(value) && value.length > 0 && value.every(isOperation) ? value : undefined
}

export const isOperation = (value: unknown): value is Operation =>
  Array.isArray(value) &&
  (value.length === 2 || value.length === 3) &&
  typeof value[0] === 'string' &&
  typeof value[1] === 'string'

/** So long a line may become; the operations of a longer one are written in several. */
const longestLine = 8 * 1024 * 1024

/** The lines that keep what one call changed. */
export function linesFor(operations: readonly Operation[]): string[] {
  const [first] = operations
  if (first && operations.length === 1) return [JSON.stringify(first)]
  const lines: string[] = []
  let parts: string[] = []
  let length = 0
  for (const operation of operations) {
    const text = JSON.stringify(operation)
    if (length > 0 && length + text.length > longestLine) {
      lines.push(`[${parts.join(',')}]`)
      parts = []
      length = 0
    }
    parts.push(text)
    length += text.length
  }
  if (parts.length > 0) lines.push(`[${parts.join(',')}]`)
  return lines
}

export interface Line {
  readonly text: string
  /** From 1. */
  readonly number: number
  /** `false` for a last line without a line break: it may be torn. */
  readonly ended: boolean
}

/** How much of a file is read at once: a picture is a line of megabytes. */
const chunkBytes = 1024 * 1024

/** The lines of a file of any size; blank ones are passed over. */
export async function* linesOf(path: string): AsyncGenerator<Line> {
  // Pieces of a line that goes on in the next chunk: joined once, however long it gets.
  let rest: string[] = []
  let number = 0
  for await (const chunk of createReadStream(path, {
    encoding: 'utf8',
    highWaterMark: chunkBytes,
  })) {
    const parts = (chunk as string).split('\n')
    const last = parts.pop() ?? ''
    for (const part of parts) {
      number++
      const text = rest.length === 0 ? part : rest.join('') + part
      rest = []
      if (text !== '') yield { text, number, ended: true }
    }
    if (last !== '') rest.push(last)
  }
  if (rest.length > 0) yield { text: rest.join(''), number: number + 1, ended: false }
}

export function parseLine(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
