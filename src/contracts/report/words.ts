import type { Finding } from '../judges/evidence.ts'
import { gradeRule } from '../judges/grade.ts'
import type { Explanation } from '../protocol/errors.ts'
import { exitText, type MatrixReport, noCallHint, type ProgramRun } from './run-report.ts'

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

/** A row of the table, as text. */
export function cellsOf(run: ProgramRun): Readonly<Record<Column, string>> {
  const { items, silentFailures, backOff } = run.report
  return {
    scenario: run.scenario,
    exit: exitText(run),
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
  const open = runs.filter((run) => run.met === false && run.state === 'ended')
  const clean = runs.filter((run) => !failing.has(run.scenario) && !open.includes(run)).length
  const untested =
    open.length > 0
      ? {
          en: ` ${open.length} did not come to pass, so nothing is known of ${open.length === 1 ? 'it' : 'them'}.`,
          zh: `${open.length} 个场景没有发生，未能检验。`,
        }
      : { en: '', zh: '' }
  const stopped = report.interrupted
    ? { en: ' Interrupted before the end.', zh: ' 中途被中断。' }
    : { en: '', zh: '' }
  return {
    en: `${verdict.passed ? 'Passed' : 'Failed'}: ${clean} of ${runs.length} scenarios without objection.${untested.en}${stopped.en}`,
    zh: `${verdict.passed ? '通过' : '未通过'}：${runs.length} 个场景中 ${clean} 个无异议。${untested.zh}${stopped.zh}`,
  }
}

/** What of a run that proved nothing is to be said; a run that ended by itself says nothing. */
export const stateText: Readonly<Record<ProgramRun['state'], Explanation | undefined>> = {
  ended: undefined,
  'no-call': {
    en: `${noCallHint[0]?.toUpperCase()}${noCallHint.slice(1)}.`,
    zh: '没有收到任何调用：请让程序从 TOP_URL（…/router/rest）或 LOCALTOP_URL 读取网关地址，或在参数中用 {url} 传入。',
  },
  'never-ended': {
    en: 'The program never ended: its time was up (--timeout).',
    zh: '程序没有结束：已超时（--timeout）。',
  },
  interrupted: { en: 'Interrupted.', zh: '被中断。' },
}

export const notMet: Explanation = {
  en: 'The scenario did not come to pass: no call met its rules.',
  zh: '场景没有发生：没有调用触发其规则。',
}

export const dropped: Explanation = {
  en: 'The journal was full: the oldest calls were not judged.',
  zh: '日志已满：最早的调用未参与评判。',
}
