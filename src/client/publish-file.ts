import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import type { ProfileName } from '../contracts/profile.ts'
import { type ItemRow, type RowProblem, readItems } from './item-files.ts'
import type {
  PublishableItem,
  PublishError,
  PublishOptions,
  PublishResult,
} from './publish-types.ts'
import type { TopClient } from './top-client.ts'

/** One line of a result file: what became of one row. */
export interface RowResult {
  readonly row: number
  readonly outer_id: string | null
  readonly status: PublishResult['status']
  readonly num_iid?: string
  /** It had been published before and was found by its outer_id. */
  readonly found?: boolean
  readonly error?:
    | PublishError
    | { readonly message: string; readonly problems: readonly RowProblem[] }
}

export interface PublishFileOptions extends PublishOptions {
  readonly profile: ProfileName
  /** @default `FILE.result.jsonl` */
  readonly resultFile?: string | undefined
  /** Told of each row as it is settled. */
  readonly onRow?: ((result: RowResult, settled: number, total: number) => void) | undefined
}

export interface PublishFileSummary {
  readonly rows: number
  /** Published by an earlier run. */
  readonly before: number
  readonly published: number
  readonly failed: number
  readonly unknown: number
  readonly skipped: number
  readonly resultFile: string
  readonly results: readonly RowResult[]
}

/**
 * Publishes the items of a file and writes a result file, one line an item, as each is settled. Run
 * again, it goes on: what a result file calls published is left alone, anything else is looked for by
 * its `outer_id` before it is sent, since an interruption may have lost its answer.
 *
 * @throws ItemFileError for a file that cannot be read as items
 */
export async function publishFile(
  client: TopClient,
  file: string,
  { profile, resultFile = `${file}.result.jsonl`, onRow, ...options }: PublishFileOptions,
): Promise<PublishFileSummary> {
  const rows = readItems(file, profile)
  const isResumed = existsSync(resultFile)
  const earlier = isResumed ? readResults(resultFile) : []
  const done = new Map(
    earlier
      .filter((result) => result.status === 'published')
      .map((result) => [keyOf(result), result]),
  )
  const isDone = ({ row, outerId }: ItemRow) => done.has(keyOf({ row, outer_id: outerId ?? null }))
  const open = rows.filter((row) => row.problems || !isDone(row))
  writeResults(resultFile, [...done.values()])

  const results: RowResult[] = []
  const settle = (result: RowResult) => {
    results.push(result)
    appendFileSync(resultFile, `${JSON.stringify(result)}\n`)
    onRow?.(result, results.length, open.length)
  }
  const ready = open.filter((row) => row.item !== undefined)
  for (const row of open) if (row.problems) settle(refused(row, row.problems))
  await client.publish(
    ready.map((row) => row.item as PublishableItem),
    {
      ...options,
      askFirst: isResumed || (options.askFirst ?? false),
      // A row that was never begun gets no line: the next run begins it.
      onResult: (result) => {
        if (result.status !== 'skipped') settle(rowResult(ready[result.index] as ItemRow, result))
        options.onResult?.(result)
      },
    },
  )
  const count = (status: RowResult['status']) =>
    results.filter((result) => result.status === status).length
  return {
    rows: rows.length,
    before: rows.length - open.length,
    published: count('published'),
    failed: count('failed'),
    unknown: count('unknown'),
    skipped: open.length - results.length,
    resultFile,
    results,
  }
}

/** A row is known by the seller's own code; where it has none, by its place. */
const keyOf = ({ row, outer_id }: Pick<RowResult, 'row' | 'outer_id'>) =>
  outer_id === null ? `row ${row}` : `outer_id ${outer_id}`

const refused = ({ row, outerId }: ItemRow, problems: readonly RowProblem[]): RowResult => ({
  row,
  outer_id: outerId ?? null,
  status: 'failed',
  error: {
    message: problems
      .map(
        ({ column, message }) =>
          `row ${row}${column === undefined ? '' : `, ${column}`}: ${message}`,
      )
      .join('; '),
    problems,
  },
})

const rowResult = (
  { row, outerId }: ItemRow,
  { status, numIid, found, error }: PublishResult,
): RowResult => ({
  row,
  outer_id: outerId ?? null,
  status,
  ...(numIid !== undefined && { num_iid: numIid }),
  ...(found && { found }),
  ...(error && { error }),
})

function readResults(file: string): RowResult[] {
  return readFileSync(file, 'utf8')
    .split('\n')
    .flatMap((line): RowResult[] => {
      try {
        return line === '' ? [] : [JSON.parse(line)]
      } catch {
        // The line that an interruption tore: its row counts as not settled.
        return []
      }
    })
}

/** In one move, so that an interruption leaves the old file or the new one. */
function writeResults(file: string, results: readonly RowResult[]): void {
  const temporary = `${file}.tmp`
  writeFileSync(temporary, results.map((result) => `${JSON.stringify(result)}\n`).join(''))
  renameSync(temporary, file)
}
