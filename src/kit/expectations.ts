import { errorsOfRules, type RunReport } from '../contracts/index.ts'

/** What a scenario expects of an integration that meets it. */
export interface Expected {
  readonly items?:
    | {
        readonly created?: number | undefined
        readonly duplicates?: number | undefined
        readonly lost?: number | undefined
      }
    | undefined
  readonly errorsMet?: readonly string[] | undefined
  readonly noSilentFailures?: true | undefined
  readonly maxCallsDuringBan?: number | undefined
  readonly calls?:
    | readonly {
        readonly method: string
        readonly min?: number | undefined
        readonly max?: number | undefined
      }[]
    | undefined
  readonly exit?: number | undefined
}

/**
 * Holds a run against what its scenario expects.
 *
 * @param called the methods of its calls
 * @returns a sentence for each expectation that was not met
 */
export function unmetExpectations(
  expected: Expected,
  report: RunReport,
  called: readonly (string | null)[],
): string[] {
  const unmet: string[] = []
  const hold = (met: boolean, sentence: string) => {
    if (!met) unmet.push(sentence)
  }
  const { items, noSilentFailures, maxCallsDuringBan, exit } = expected
  if (items) {
    const { once, twice, lost } = report.items
    const { created, duplicates = 0, lost: mayLose = 0 } = items
    if (created !== undefined) {
      hold(once + twice === created, `expected ${created} items created, got ${once + twice}`)
    }
    hold(twice === duplicates, `expected ${duplicates} items twice, got ${twice}`)
    hold(lost === mayLose, `expected ${mayLose} items lost, got ${lost}`)
  }
  const met = new Set(report.coverage.met.flatMap(({ error }) => [error, codeOf(error)]))
  for (const error of expected.errorsMet ?? []) {
    const [reference = error] = errorsOfRules([{ then: { refuse: error } }])
    hold(met.has(reference), `expected the error ${error} to be met; it was not`)
  }
  if (noSilentFailures) {
    const { silentFailures } = report
    hold(silentFailures === 0, `expected no silent failure, got ${silentFailures}`)
  }
  if (maxCallsDuringBan !== undefined) {
    const { callsDuringBan } = report
    hold(
      callsDuringBan <= maxCallsDuringBan,
      `expected at most ${maxCallsDuringBan} calls during bans, got ${callsDuringBan}`,
    )
  }
  for (const { method, min = 0, max = Number.POSITIVE_INFINITY } of expected.calls ?? []) {
    const count = called.filter((name) => isOf(method, name ?? '')).length
    hold(count >= min, `expected at least ${min} calls of ${method}, got ${count}`)
    hold(count <= max, `expected at most ${max} calls of ${method}, got ${count}`)
  }
  if (exit !== undefined) {
    const got = report.exit?.status ?? report.exit?.signal ?? 'none'
    hold(got === exit, `expected exit status ${exit}, got ${got}`)
  }
  return unmet
}

const codeOf = (error: string) => error.split('/')[0] as string

/** A method, or a family as in `taobao.items.*`. */
const isOf = (wanted: string, name: string) =>
  wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
