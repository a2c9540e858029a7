import { markdown } from './escape.ts'
import type { MatrixReport } from './run-report.ts'
import {
  cellsOf,
  columns,
  columnTitles,
  exchangesText,
  moodOf,
  some,
  summary,
  titleOf,
} from './words.ts'

/** For the summary of a GitHub step: the table, then the findings. */
export function markdownReport(report: MatrixReport): string {
  const lines = [
    `## ${titleOf(report)}`,
    '',
    `${report.verdict.passed ? '✅' : '❌'} ${markdown(summary(report).en)}`,
    '',
    `| ${columns.map((column) => columnTitles[column].en).join(' | ')} |`,
    `| ${columns.map((column) => (column === 'scenario' || column === 'exit' ? '---' : '---:')).join(' | ')} |`,
    ...report.runs.map((run) => {
      const cells = cellsOf(run)
      const shown = columns.map((column) => {
        const text = markdown(cells[column])
        return moodOf(run, column) === 'bad' ? `**${text}**` : text
      })
      return `| ${shown.join(' | ')} |`
    }),
  ]
  if (report.notes) lines.push('', ...report.notes.map((note) => `- ${markdown(note.en)}`))
  for (const { scenario, reason } of report.verdict.reasons) {
    if (scenario === '*') lines.push('', `**${markdown(reason.en)}**`)
  }
  for (const run of report.runs) {
    const { findings, notices } = run.report
    if (findings.length + notices.length === 0) continue
    lines.push('', `### ${markdown(run.scenario)}`, '')
    for (const finding of [...findings, ...notices]) {
      lines.push(
        `- **${markdown(finding.title.en)}** ${markdown(finding.detail.en)} About ${markdown(some(finding.about))}; exchanges ${markdown(exchangesText(finding))}. _${markdown(finding.advice.en)}_`,
      )
    }
  }
  return `${lines.join('\n')}\n`
}
