import { judgeBackOff } from './back-off.ts'
import { bansOf } from './bans.ts'
import { judgeContract } from './contract.ts'
import { type Coverage, coverageOf } from './coverage.ts'
import type { CallEvidence, ExitEvidence, Finding, RunEvidence } from './evidence.ts'
import { type Grade, gradeOf } from './grade.ts'
import { type ItemTally, judgeItems, tallyItems } from './items.ts'
import { type JudgeLimits, judgeLimits } from './limits.ts'
import { runOf } from './run.ts'
import { judgeSilence } from './silent.ts'

/** What is to be said about a run. */
export interface RunReport {
  readonly calls: {
    readonly total: number
    readonly answered: number
    readonly refused: number
    /** The connection failed before they were carried out or refused. */
    readonly dropped: number
  }
  /** Calls that came while their app was banned, those that brought a ban not counted. */
  readonly callsDuringBan: number
  readonly exit: ExitEvidence | null
  readonly items: ItemTally
  /** How many refusals were taken for success. */
  readonly silentFailures: number
  /** By {@link gradeRule}; `null` where nothing was refused. */
  readonly backOff: Grade | null
  /** The worst first. */
  readonly findings: readonly Finding[]
  /** What is good to know and held against nobody: methods gone from the documents, limits that nobody enforces. */
  readonly notices: readonly Finding[]
  readonly coverage: Coverage
  /** The journal had dropped the oldest calls: what they would have shown is not judged. */
  readonly truncated: boolean
}

export interface JudgeOptions {
  /** Errors that could have been met. @default none */
  readonly expected?: readonly string[] | undefined
  /** Limits that differ from {@link judgeLimits}. */
  readonly limits?: Partial<JudgeLimits> | undefined
}

/**
 * Judges a run from its exchanges, what its shop has at the end, and how the program ended. Pure: the
 * same evidence, the same report. Never throws, whatever the calls look like.
 */
export function judgeRun(evidence: RunEvidence, options: JudgeOptions = {}): RunReport {
  const limits = { ...judgeLimits, ...options.limits }
  const run = runOf(evidence, limits)
  const contract = judgeContract(run)
  const findings = [
    ...judgeSilence(run, limits),
    ...judgeItems(run, limits),
    ...judgeBackOff(run, limits),
    ...contract.findings,
  ].sort((a, b) => rank(a) - rank(b))
  const count = (wanted: CallEvidence['outcome']) =>
    run.attempts.filter(({ outcome }) => outcome === wanted).length
  const silent = findings.filter(({ judge }) => judge === 'silent')
  return {
    calls: {
      total: run.attempts.length,
      answered: count('answered'),
      refused: count('refused'),
      dropped: count('dropped'),
    },
    callsDuringBan: bansOf(run, limits).reduce(
      (sum, { calledDuring }) => sum + calledDuring.length,
      0,
    ),
    exit: evidence.exit ?? null,
    items: tallyItems(run),
    silentFailures: silent.reduce((sum, { count }) => sum + count, 0),
    backOff: gradeOf(run, findings),
    findings,
    notices: contract.notices,
    coverage: coverageOf(run, options.expected ?? []),
    truncated: evidence.truncated,
  }
}

const rank = ({ severity }: Finding) => (severity === 'error' ? 0 : 1)
