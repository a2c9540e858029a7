import { type BreachKind, breachKindNames } from '../judges/breach.ts'
import type { Coverage } from '../judges/coverage.ts'
import { type ExitEvidence, type Finding, type JudgeName, judgeNames } from '../judges/evidence.ts'
import type { RunReport } from '../judges/judge.ts'
import type { Explanation } from '../protocol/errors.ts'

/** One run of a program under test. */
export interface ProgramRun {
  readonly scenario: string
  /** The scenario in words. */
  readonly title: Explanation
  /**
   * `ended` by itself; `no-call` when not one call arrived; `never-ended` when its time was up;
   * `interrupted` with the whole matrix.
   */
  readonly state: 'ended' | 'no-call' | 'never-ended' | 'interrupted'
  /** What to try where no call arrived. @default how a program is told where the gateway is */
  readonly noCall?: Explanation
  /** `null` while it still runs, or where nobody watches it. */
  readonly exit: ExitEvidence | null
  /** Why no capsule of a run that failed could be left. */
  readonly noCapsule?: string
  /** How long it ran, in seconds. */
  readonly seconds: number
  /** Whether the scenario's errors or faults came to pass; `null` where it has none that could be looked for. */
  readonly met: boolean | null
  readonly report: RunReport
  /** What the scenario file expects of the integration and did not get, each in a sentence. */
  readonly unmet: readonly Explanation[]
  /** What it printed (empty where that was not kept), and its exchanges, relative to the folder of the report. */
  readonly files: {
    readonly stdout: string
    readonly stderr: string
    readonly exchanges: string
    /** What `localtop replay` takes; only of a run that failed. */
    readonly capsule?: string
  }
}

/** The runs of a program through scenarios. */
export interface MatrixReport {
  readonly format: 'localtop-matrix'
  readonly version: 1
  /** What reports are headed with. @default 'localtop matrix' */
  readonly title?: string
  /** What the whole says, where it is not how many scenarios passed. */
  readonly summary?: Explanation
  /** What is to be said beside the table, each a sentence. @default nothing */
  readonly notes?: readonly Explanation[]
  /** The command as it was given, secrets hidden. */
  readonly program: readonly string[]
  /** When it began, as whoever ran it says. */
  readonly startedAt: string
  readonly seconds: number
  readonly interrupted: boolean
  readonly runs: readonly ProgramRun[]
  /** What all runs together have met. */
  readonly coverage: Pick<Coverage, 'missing'> & { readonly met: readonly string[] }
  readonly verdict: MatrixVerdict
}

/** Whether the matrix was passed, and why not. */
export interface MatrixVerdict {
  readonly passed: boolean
  readonly failOn: readonly FailOn[]
  readonly reasons: readonly { readonly scenario: string; readonly reason: Explanation }[]
}

const breachNames = breachKindNames.map((kind): `contract/${BreachKind}` => `contract/${kind}`)

/**
 * What `--fail-on` takes: judges, single kinds of contract breaches (notices as well, which nothing else fails
 * on), what scenario files expect, scenarios that did not come to pass, an exit status above 0, any finding, or
 * nothing.
 */
export const failOnNames = [
  ...judgeNames,
  ...breachNames,
  'expectations',
  'not-met',
  'exit',
  'any',
  'none',
] as const
export type FailOn = (typeof failOnNames)[number]

/** A correct program may end with a status above 0, and may back off badly; it may not lie or make things twice. */
export const defaultFailOn: readonly FailOn[] = ['silent', 'duplicates', 'losses', 'expectations']

/** Said of a scenario that met no call. */
export const notMet: Explanation = {
  en: 'The scenario did not come to pass: no call met its rules.',
  zh: '场景没有发生：没有调用触发其规则。',
}

/** What to try when no call has arrived. */
const noCallHint: Explanation = {
  en: 'no call arrived: let the program read the gateway from TOP_URL (…/router/rest) or LOCALTOP_URL, or hand it over with {url} in its arguments.',
  zh: '没有收到任何调用：请让程序从 TOP_URL（…/router/rest）或 LOCALTOP_URL 读取网关地址，或在参数中用 {url} 传入。',
}

/** What of a run that proved nothing is to be said; a run that ended by itself says nothing. */
export function stateText({ state, noCall = noCallHint }: ProgramRun): Explanation | undefined {
  switch (state) {
    case 'no-call':
      return noCall
    case 'never-ended':
      return {
        en: 'The program never ended: its time was up (--timeout).',
        zh: '程序没有结束：已超时（--timeout）。',
      }
    case 'interrupted':
      return { en: 'Interrupted.', zh: '被中断。' }
    case 'ended':
      return undefined
  }
}

/** Judges the runs by what was asked for. Runs that tested nothing fail whatever was asked. */
export function verdictOn(runs: readonly ProgramRun[], failOn: readonly FailOn[]): MatrixVerdict {
  const judges = new Set<JudgeName>(judgeNames.filter((name) => failOn.includes(name)))
  if (failOn.includes('any')) for (const name of judgeNames) judges.add(name)
  const reasons = runs.flatMap((run) => {
    const { scenario } = run
    const proved = stateText(run)
    const own = proved ? [proved] : []
    if (failOn.includes('exit') && run.state === 'ended' && run.exit && run.exit.status !== 0) {
      const status = exitText(run)
      own.push({ en: `The program ended with ${status}.`, zh: `程序结束时为 ${status}。` })
    }
    if (failOn.includes('expectations') || failOn.includes('any')) own.push(...run.unmet)
    if (failOn.includes('not-met') && run.met === false && run.state === 'ended') own.push(notMet)
    const { findings, notices } = run.report
    const isNamed = ({ judge, id }: Finding) => failOn.some((one) => one === `${judge}/${id}`)
    const failing = findings.filter((finding) => judges.has(finding.judge) || isNamed(finding))
    for (const finding of [...failing, ...notices.filter(isNamed)]) {
      own.push(objection(finding))
    }
    return own.map((reason) => ({ scenario, reason }))
  })
  const called = runs.filter(({ report }) => report.calls.total > 0)
  if (called.length > 0 && called.every(({ report }) => report.calls.answered === 0)) {
    const [met] = called[0]?.report.coverage.met ?? []
    reasons.push({
      scenario: '*',
      reason: {
        en: `Not one call was answered in any scenario (first ${met?.error ?? 'an error'}): nothing was tested; see the exchanges.`,
        zh: `所有场景中没有一次调用得到应答（首个为 ${met?.error ?? '错误'}），什么也没有检验；请查看调用记录。`,
      },
    })
  }
  const ended = runs.filter(({ state }) => state === 'ended')
  if (ended.length > 0 && ended.every(({ met }) => met === false)) {
    const reason = {
      en: 'No scenario came to pass: nothing was tested.',
      zh: '没有一个场景发生，什么也没有检验。',
    }
    reasons.push({ scenario: '*', reason })
  }
  return { passed: reasons.length === 0, failOn, reasons }
}

const objection = ({ judge, title: { en, zh } }: Finding): Explanation => ({
  en: `${judge}: ${en}`,
  zh: `${judge}：${zh}`,
})

/** How a run ended, in a word or two. */
export function exitText({ state, exit }: Pick<ProgramRun, 'state' | 'exit'>): string {
  if (state === 'never-ended') return 'never ended'
  if (state === 'no-call') return 'no call'
  if (state === 'interrupted') return 'interrupted'
  return statusText(exit)
}

/** The exit status of a program, or the signal that ended it. */
export function statusText(exit: ExitEvidence | null): string {
  if (!exit) return '–'
  return exit.status === null ? String(exit.signal) : `exit ${exit.status}`
}

/** What has been called so far, without a program that anybody watches, as a report with all its forms. */
export function soFar(report: RunReport, who: string): MatrixReport {
  const { calls, findings, coverage } = report
  const run: ProgramRun = {
    scenario: who,
    title: { en: 'what has been called so far', zh: '到目前为止的调用' },
    state: 'ended',
    exit: null,
    seconds: 0,
    met: null,
    report,
    unmet: [],
    files: { stdout: '', stderr: '', exchanges: '' },
  }
  const isFine = findings.every(({ severity }) => severity !== 'error')
  return {
    format: 'localtop-matrix',
    version: 1,
    title: 'localtop report',
    summary: {
      en: `${calls.total} ${calls.total === 1 ? 'call' : 'calls'}, ${calls.refused} refused; ${findings.length} ${findings.length === 1 ? 'finding' : 'findings'}.`,
      zh: `${calls.total} 次调用，${calls.refused} 次被拒绝；${findings.length} 个问题。`,
    },
    program: [],
    startedAt: '',
    seconds: 0,
    interrupted: false,
    runs: [run],
    coverage: { met: coverage.met.map(({ error }) => error), missing: coverage.missing },
    verdict: {
      passed: isFine,
      failOn: ['any'],
      reasons: findings
        .filter(({ severity }) => severity === 'error')
        .map((finding) => ({ scenario: who, reason: objection(finding) })),
    },
  }
}
