import { getOrCreate } from '../get-or-create.ts'
import type { Field, MethodRow, StructureRow } from './row.ts'
import { openSortedLines, type SortedLines } from './sorted-lines.ts'

// Beside this code in the sources, beside the bundle in the package.
const place = (name: string) => new URL(`./${name}`, import.meta.url)

let openMethods: SortedLines | undefined
let openStructures: SortedLines | undefined
const methods = () => (openMethods ??= openSortedLines(place('methods.ndjson')))
const shared = () => (openStructures ??= openSortedLines(place('structures.ndjson')))

const structures = new Map<string, readonly Field[]>()

/** What the catalogue knows of a method; `undefined` for a name that the platform does not have. */
export function findRow(name: string): MethodRow | undefined {
  const line = methods().find(name)
  return line === undefined ? undefined : rowOf(line)
}

/** The names of all methods of the catalogue, sorted. */
export const rowNames = (): readonly string[] => methods().names()

/** All rows of the catalogue. Reads everything: for lists and searches, not for calls. */
export const allRows = (): MethodRow[] => methods().lines().map(rowOf)

function rowOf(line: string): MethodRow {
  const row = JSON.parse(line) as MethodRow
  for (const [ref, fields] of Object.entries(row.structures ?? {})) structures.set(ref, fields)
  return row
}

/** The fields of a structure by its key. Every key that a row names is there once the row has been read. */
export function fieldsOf(ref: string): readonly Field[] {
  return getOrCreate(structures, ref, () => {
    const line = shared().find(ref)
    if (line === undefined) throw new Error(`the catalogue has no structure "${ref}"`)
    return (JSON.parse(line) as StructureRow).fields
  })
}
