import { readFileSync } from 'node:fs'
import { basename, dirname, extname, join } from 'node:path'
import { parse } from 'csv-parse/sync'
import { decodeArguments, missingArgument } from '../contracts/arguments.ts'
import { itemAdd } from '../contracts/methods/item.ts'
import type { ProfileName } from '../contracts/profile.ts'
import type { TopFile, WireArguments } from '../contracts/protocol/scalars.ts'
import type { PublishableItem } from './publish-types.ts'

/** A file of items cannot be read at all; nothing of it is published. */
export class ItemFileError extends Error {
  override readonly name = 'ItemFileError'
}

/** What is wrong in one row. */
export interface RowProblem {
  /** The column, which is the name of a parameter; absent where the row itself cannot be read. */
  readonly column?: string
  readonly message: string
}

/** One item of a file: ready to be published, or with what keeps it from being so. */
export interface ItemRow {
  /** CSV: as a spreadsheet counts, the header is row 1. JSONL: the line. JSON: the element, from 1. */
  readonly row: number
  readonly outerId: string | undefined
  readonly item?: PublishableItem
  readonly problems?: readonly RowProblem[]
}

interface RawRow {
  readonly row: number
  readonly values: Readonly<Record<string, unknown>> | undefined
  readonly problem?: string
}

const columns: ReadonlySet<string> = new Set(Object.keys(itemAdd.request.shape))

/**
 * Reads items from CSV (a header of parameter names), JSON (an array of objects) or JSONL (an object a
 * line), by the file's ending, and holds each against the contract of `taobao.item.add`.
 *
 * @throws ItemFileError for a file that is not there, cannot be read, or has a column that is no parameter
 */
export function readItems(file: string, profile: ProfileName): ItemRow[] {
  const rows = readersByEnding[extname(file).toLowerCase()]
  if (!rows) {
    throw new ItemFileError(`${file}: expected a file that ends in .csv, .json or .jsonl`)
  }
  const firstWith = new Map<string, number>()
  return rows(readText(file), file).map((raw) => {
    const row = itemRow(raw, dirname(file), profile)
    if (row.outerId === undefined) return row
    const first = firstWith.get(row.outerId)
    firstWith.set(row.outerId, first ?? row.row)
    return first === undefined ? row : withProblem(row, first)
  })
}

/** An outer_id names one item; a second row with it would be taken for the first. */
function withProblem({ row, outerId, problems = [] }: ItemRow, first: number): ItemRow {
  const message = `"${outerId}" stands in row ${first} too`
  return { row, outerId, problems: [...problems, { column: 'outer_id', message }] }
}

function readText(file: string): string {
  try {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(readFileSync(file))
    if (text.trim() === '') throw new ItemFileError(`${file}: the file is empty`)
    return text
  } catch (error) {
    if (error instanceof ItemFileError) throw error
    const reason =
      (error as NodeJS.ErrnoException).code === 'ENOENT'
        ? 'there is no such file'
        : error instanceof TypeError
          ? 'it is not UTF-8; save it as UTF-8 (Excel: "CSV UTF-8")'
          : (error as Error).message
    throw new ItemFileError(`${file}: ${reason}`)
  }
}

const readersByEnding: Readonly<Record<string, (text: string, file: string) => RawRow[]>> = {
  '.csv': csvRows,
  '.json': jsonRows,
  '.jsonl': jsonLines,
  '.ndjson': jsonLines,
}

function csvRows(text: string, file: string): RawRow[] {
  let table: string[][]
  try {
    table = parse(text, { bom: true, skip_empty_lines: true, relax_column_count: true, trim: true })
  } catch (error) {
    throw new ItemFileError(`${file}: ${(error as Error).message}`)
  }
  const [header = [], ...body] = table
  for (const [at, name] of header.entries()) {
    if (!columns.has(name)) {
      throw new ItemFileError(
        `${file}: column ${at + 1}, "${name}", is no parameter of ${itemAdd.name}${suggestion(name)}`,
      )
    }
    if (header.indexOf(name) !== at) {
      throw new ItemFileError(`${file}: the column "${name}" stands twice`)
    }
  }
  return body.map((cells, at): RawRow => {
    const row = at + 2
    if (cells.length !== header.length) {
      const problem = `has ${cells.length} cells; the header has ${header.length}`
      return { row, values: undefined, problem }
    }
    return { row, values: Object.fromEntries(header.map((name, cell) => [name, cells[cell]])) }
  })
}

function jsonRows(text: string, file: string): RawRow[] {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    throw new ItemFileError(`${file}: ${(error as Error).message}`)
  }
  if (!Array.isArray(value)) throw new ItemFileError(`${file}: expected an array of items`)
  return value.map((element, at) => objectRow(at + 1, element))
}

function jsonLines(text: string): RawRow[] {
  return text.split('\n').flatMap((line, at) => {
    if (line.trim() === '') return []
    try {
      return [objectRow(at + 1, JSON.parse(line))]
    } catch (error) {
      return [{ row: at + 1, values: undefined, problem: (error as Error).message }]
    }
  })
}

function objectRow(row: number, value: unknown): RawRow {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? { row, values: value as Record<string, unknown> }
    : { row, values: undefined, problem: 'expected an object' }
}

function itemRow({ row, values, problem }: RawRow, folder: string, profile: ProfileName): ItemRow {
  if (!values)
    return { row, outerId: undefined, problems: [{ message: problem ?? 'cannot be read' }] }
  const problems: RowProblem[] = []
  const sent: Record<string, string | TopFile> = {}
  for (const [column, value] of Object.entries(values)) {
    if (!columns.has(column)) {
      problems.push({ column, message: `no parameter of ${itemAdd.name}${suggestion(column)}` })
      continue
    }
    const text = textOf(value)
    if (text === undefined)
      problems.push({ column, message: 'expected a text, number, boolean or list' })
    else if (column !== 'image' || text === '') sent[column] = text
    else {
      const image = readImage(join(folder, text))
      if (image) sent[column] = image
      else problems.push({ column, message: `there is no file ${join(folder, text)}` })
    }
  }
  const outerId =
    typeof sent.outer_id === 'string' && sent.outer_id !== '' ? sent.outer_id : undefined
  const item = checked(sent, profile, problems)
  return problems.length > 0
    ? { row, outerId, problems }
    : { row, outerId, item: item as PublishableItem }
}

/** Holds one item, given as texts, against the contract of `taobao.item.add`. */
export function readItemTexts(
  texts: WireArguments,
  profile: ProfileName,
): { readonly item: PublishableItem | undefined; readonly problems: readonly RowProblem[] } {
  const problems: RowProblem[] = []
  const item = checked(texts, profile, problems)
  return { item: problems.length > 0 ? undefined : item, problems }
}

function checked(
  sent: WireArguments,
  profile: ProfileName,
  problems: RowProblem[],
): PublishableItem | undefined {
  const missing = missingArgument(itemAdd, profile, sent)
  if (missing !== undefined) {
    problems.push({
      column: missing,
      message: `is missing or empty; the ${profile} profile demands it`,
    })
  }
  const decoded = decodeArguments(itemAdd, sent)
  if ('request' in decoded) return decoded.request
  for (const { parameter, received, expected } of decoded.issues) {
    problems.push({ column: parameter, message: `was "${received}": ${expected}` })
  }
  return undefined
}

/** A value as it travels; JSON files may hold numbers, booleans and lists. */
function textOf(value: unknown): string | undefined {
  if (value === null || value === undefined) return ''
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'boolean') return String(value)
  if (Array.isArray(value)) {
    const parts = value.map(textOf)
    return parts.includes(undefined) ? undefined : parts.join(',')
  }
  return undefined
}

const imageTypes: Readonly<Record<string, string>> = {
  '.jpg': 'image/jpeg',
  '.jpeg': 'image/jpeg',
  '.png': 'image/png',
  '.gif': 'image/gif',
}

function readImage(path: string): TopFile | undefined {
  try {
    return {
      fileName: basename(path),
      contentType: imageTypes[extname(path).toLowerCase()] ?? 'application/octet-stream',
      bytes: readFileSync(path),
    }
  } catch {
    return undefined
  }
}

/** `; did you mean "title"?` where a known column differs by case, blanks or one letter. */
function suggestion(name: string): string {
  const plain = (text: string) => text.toLowerCase().replaceAll(/[^a-z0-9]/g, '')
  const near = [...columns].find(
    (column) => plain(column) === plain(name) || isOneOff(column, name),
  )
  return near === undefined ? '' : `; did you mean "${near}"?`
}

/** Whether two texts differ by one letter: replaced, added, missing, or two swapped. */
function isOneOff(a: string, b: string): boolean {
  if (Math.abs(a.length - b.length) > 1) return false
  let start = 0
  while (start < a.length && a[start] === b[start]) start++
  const rest = (text: string, skipped: number) => text.slice(start + skipped)
  return (
    rest(a, 1) === rest(b, 1) ||
    rest(a, 1) === rest(b, 0) ||
    rest(a, 0) === rest(b, 1) ||
    (a[start] === b[start + 1] && a[start + 1] === b[start] && rest(a, 2) === rest(b, 2))
  )
}
