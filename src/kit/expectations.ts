import { type Explanation, errorsOfRules, type RunReport } from '../contracts/index.ts'

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
): Explanation[] {
  const unmet: Explanation[] = []
  const hold = (met: boolean, en: string, zh: string) => {
    if (!met) unmet.push({ en, zh })
  }
  const { items, noSilentFailures, maxCallsDuringBan, exit } = expected
  if (items) {
    const { once, twice, lost } = report.items
    const { created, duplicates = 0, lost: mayLose = 0 } = items
    if (created !== undefined) {
      hold(
        once + twice === created,
        `expected ${created} items created, got ${once + twice}`,
        `应创建 ${created} 个商品，实际 ${once + twice} 个`,
      )
    }
    hold(
      twice === duplicates,
      `expected ${duplicates} items twice, got ${twice}`,
      `应有 ${duplicates} 个商品重复，实际 ${twice} 个`,
    )
    hold(
      lost === mayLose,
      `expected ${mayLose} items lost, got ${lost}`,
      `应有 ${mayLose} 个商品丢失，实际 ${lost} 个`,
    )
  }
  const met = new Set(report.coverage.met.flatMap(({ error }) => [error, codeOf(error)]))
  for (const error of expected.errorsMet ?? []) {
    const [reference = error] = errorsOfRules([{ then: { refuse: error } }])
    hold(
      met.has(reference),
      `expected the error ${error} to be met; it was not`,
      `应遇到错误 ${error}，实际没有`,
    )
  }
  if (noSilentFailures) {
    const { silentFailures } = report
    hold(
      silentFailures === 0,
      `expected no silent failure, got ${silentFailures}`,
      `不应有静默失败，实际 ${silentFailures} 次`,
    )
  }
  if (maxCallsDuringBan !== undefined) {
    const { callsDuringBan } = report
    hold(
      callsDuringBan <= maxCallsDuringBan,
      `expected at most ${maxCallsDuringBan} calls during bans, got ${callsDuringBan}`,
      `封禁期间最多 ${maxCallsDuringBan} 次调用，实际 ${callsDuringBan} 次`,
    )
  }
  for (const { method, min = 0, max = Number.POSITIVE_INFINITY } of expected.calls ?? []) {
    const count = called.filter((name) => isOf(method, name ?? '')).length
    hold(
      count >= min,
      `expected at least ${min} calls of ${method}, got ${count}`,
      `${method} 至少应调用 ${min} 次，实际 ${count} 次`,
    )
    hold(
      count <= max,
      `expected at most ${max} calls of ${method}, got ${count}`,
      `${method} 最多应调用 ${max} 次，实际 ${count} 次`,
    )
  }
  if (exit !== undefined) {
    const got = report.exit?.status ?? report.exit?.signal ?? 'none'
    hold(
      got === exit,
      `expected exit status ${exit}, got ${got}`,
      `退出状态应为 ${exit}，实际 ${got}`,
    )
  }
  return unmet
}

const codeOf = (error: string) => error.split('/')[0] as string

/** A method, or a family as in `taobao.items.*`. */
const isOf = (wanted: string, name: string) =>
  wanted.endsWith('*') ? name.startsWith(wanted.slice(0, -1)) : name === wanted
