import type { Severity } from '../judges/breach.ts'
import type { Finding } from '../judges/evidence.ts'
import { terminal } from './escape.ts'
import { type MatrixReport, notMet, type ProgramRun } from './run-report.ts'
import {
  type Column,
  cellsOf,
  columns,
  dropped,
  exchangesText,
  gradeText,
  moodOf,
  some,
  summary,
} from './words.ts'

/** How a terminal marks words; {@link plain} marks nothing. */
export interface Paint {
  readonly bold: (text: string) => string
  readonly dim: (text: string) => string
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly green: (text: string) => string
}

const same = (text: string) => text
const plain: Paint = { bold: same, dim: same, red: same, yellow: same, green: same }

const titles: Readonly<Record<Column, string>> = {
  scenario: 'scenario',
  exit: 'exit status',
  once: 'once',
  twice: 'twice',
  lost: 'lost',
  silent: 'silent',
  backOff: 'back-off',
  seconds: 'time',
}

/** The report for a terminal: the table, then what was found in each scenario. */
export function textReport(report: MatrixReport, paint: Paint = plain): string {
  const rows = report.runs.map((run) => ({ run, cells: cellsOf(run) }))
  const widths = new Map(
    columns.map((column) => [
      column,
      Math.max(titles[column].length, ...rows.map(({ cells }) => terminal(cells[column]).length)),
    ]),
  )
  const padded = (column: Column, text: string) => {
    const width = widths.get(column) ?? 0
    return column === 'scenario' || column === 'exit' ? text.padEnd(width) : text.padStart(width)
  }
  const lines = [paint.dim(columns.map((column) => padded(column, titles[column])).join('  '))]
  for (const { run, cells } of rows) {
    const painted = columns.map((column) => {
      const text = padded(column, terminal(cells[column]))
      const mood = moodOf(run, column)
      return mood === 'bad' ? paint.red(text) : mood === 'warn' ? paint.yellow(text) : text
    })
    lines.push(painted.join('  ').trimEnd())
  }
  const advised = new Set<string>()
  for (const run of report.runs) lines.push(...detailsOf(run, paint, advised))
  const { missing } = report.coverage
  lines.push('')
  if (report.coverage.met.length > 0) lines.push(`errors met    ${some(report.coverage.met)}`)
  if (missing.length > 0) lines.push(`never met     ${some(missing)}`)
  for (const note of report.notes ?? []) lines.push(terminal(note.en))
  const verdict = terminal(summary(report).en)
  lines.push(report.verdict.passed ? paint.green(verdict) : paint.red(verdict))
  for (const { scenario, reason } of report.verdict.reasons) {
    lines.push(`  ${scenario === '*' ? '' : `${terminal(scenario)}: `}${terminal(reason.en)}`)
  }
  return lines.join('\n')
}

const marks = ({ red, yellow, dim }: Paint): Readonly<Record<Severity, string>> => ({
  error: red('✗'),
  warning: yellow('!'),
  notice: dim('i'),
})

/** @param advised findings whose advice and notices whose whole text has been given; the same words again would bury the rest */
function detailsOf(run: ProgramRun, paint: Paint, advised: Set<string>): string[] {
  const { findings, truncated } = run.report
  const keyOf = ({ id, about }: Finding) => `${id} ${about}`
  const notices = run.report.notices.filter((notice) => !advised.has(keyOf(notice)))
  const notes = [...(run.met === false ? [notMet.en] : []), ...(truncated ? [dropped.en] : [])]
  if (findings.length + notices.length + notes.length === 0) return []
  const lines = ['', `${paint.bold(terminal(run.scenario))}  ${paint.dim(terminal(run.title.en))}`]
  for (const note of notes) lines.push(`  ${paint.yellow('!')} ${note}`)
  for (const finding of [...findings, ...notices]) {
    const mark = marks(paint)[finding.severity]
    lines.push(
      `  ${mark} ${paint.bold(finding.title.en)} ${paint.dim(`(${finding.judge}/${finding.id})`)}`,
      `    ${terminal(finding.detail.en)}`,
      `    about ${terminal(some(finding.about))}; exchanges ${terminal(exchangesText(finding))}`,
    )
    if (!advised.has(finding.id)) lines.push(`    ${paint.dim(finding.advice.en)}`)
    advised.add(finding.id)
    advised.add(keyOf(finding))
  }
  const grade = gradeText(run)
  if (grade && run.report.backOff !== 'A')
    lines.push(`    ${paint.dim(`back-off ${run.report.backOff}: ${grade.en}`)}`)
  return lines
}
