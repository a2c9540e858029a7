import type { Finding } from '../judges/evidence.ts'
import { gradeRule } from '../judges/grade.ts'
import type { Explanation } from '../protocol/errors.ts'
import { exitText, type MatrixReport, type ProgramRun } from './run-report.ts'

/** The columns of the table, in the order in which they are shown. */
export const columns = [
  'scenario',
  'exit',
  'once',
  'twice',
  'lost',
  'silent',
  'backOff',
  'seconds',
] as const
export type Column = (typeof columns)[number]

export const columnTitles: Readonly<Record<Column, Explanation>> = {
  scenario: { en: 'scenario', zh: '场景' },
  exit: { en: 'exit status', zh: '退出状态' },
  once: { en: 'created once', zh: '创建一次' },
  twice: { en: 'twice', zh: '重复' },
  lost: { en: 'lost', zh: '丢失' },
  silent: { en: 'silent failures', zh: '静默失败' },
  backOff: { en: 'back-off', zh: '退避' },
  seconds: { en: 'time', zh: '用时' },
}

/** The scenario did nothing to the program, so the run says nothing about it. */
export const isNotMet = ({ met, state }: ProgramRun): boolean => met === false && state === 'ended'

/** A row of the table, as text. */
export function cellsOf(run: ProgramRun): Readonly<Record<Column, string>> {
  const { items, silentFailures, backOff } = run.report
  return {
    scenario: run.scenario,
    exit: `${exitText(run)}${isNotMet(run) ? ', not met' : ''}`,
    once: String(items.once),
    twice: String(items.twice),
    lost: String(items.lost),
    silent: String(silentFailures),
    backOff: backOff ?? '–',
    seconds: `${run.seconds.toFixed(1)} s`,
  }
}

/** Whether a cell shows something bad, something to look at, or neither. */
export function moodOf(run: ProgramRun, column: Column): 'bad' | 'warn' | 'fine' {
  const { items, silentFailures, backOff, findings } = run.report
  switch (column) {
    case 'exit':
      if (run.state !== 'ended') return 'bad'
      return run.met === false || (run.exit && run.exit.status !== 0) ? 'warn' : 'fine'
    case 'twice':
      return items.twice > 0 ? 'bad' : 'fine'
    case 'lost':
      // Lost and said so is no lie.
      return findings.some(({ judge }) => judge === 'losses')
        ? 'bad'
        : items.lost > 0
          ? 'warn'
          : 'fine'
    case 'silent':
      return silentFailures > 0 ? 'bad' : 'fine'
    case 'backOff':
      return backOff === null || backOff === 'A' ? 'fine' : backOff < 'D' ? 'warn' : 'bad'
    default:
      return 'fine'
  }
}

export const gradeText = ({ report: { backOff } }: ProgramRun): Explanation | undefined =>
  backOff === null ? undefined : gradeRule[backOff]

/** A list that may be long, cut: reports for people name the first ones, JSON names all. */
export function some(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).join(', ')
  return names.length > most ? `${shown} … (+${names.length - most})` : shown
}

/** The numbers of the exchanges that prove a finding. */
export const exchangesText = ({ exchanges }: Pick<Finding, 'exchanges'>): string =>
  some(exchanges.map((id) => `#${id}`))

/** What a report is headed with. */
export const titleOf = ({ title = 'localtop matrix' }: MatrixReport): string => title

/** What the whole says, in a sentence. */
export function summary(report: MatrixReport): Explanation {
  const { runs, verdict } = report
  if (report.summary) return report.summary
  const failing = new Set(verdict.reasons.map(({ scenario }) => scenario))
  const bad = runs.filter((run) => failing.has(run.scenario)).length
  const untested = runs.filter((run) => isNotMet(run) && !failing.has(run.scenario)).length
  const clean = runs.length - bad - untested
  const stopped = report.interrupted
    ? { en: ' Interrupted before the end.', zh: ' 中途被中断。' }
    : { en: '', zh: '' }
  return {
    en: `${verdict.passed ? 'Passed' : 'Failed'}: of ${runs.length} ${runs.length === 1 ? 'scenario' : 'scenarios'} ${bad} with objections, ${clean} without${untested > 0 ? `; ${untested} did not come to pass, so nothing is known of ${untested === 1 ? 'it' : 'them'}` : ''}.${stopped.en}`,
    zh: `${verdict.passed ? '通过' : '未通过'}：${runs.length} 个场景中 ${bad} 个有问题，${clean} 个没有问题${untested > 0 ? `；${untested} 个没有发生，未能检验` : ''}。${stopped.zh}`,
  }
}

export const dropped: Explanation = {
  en: 'The journal was full: the oldest calls were not judged.',
  zh: '日志已满：最早的调用未参与评判。',
}
