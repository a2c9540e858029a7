import type { Finding } from '../judges/evidence.ts'
import { gradeRule } from '../judges/grade.ts'
import type { Explanation } from '../protocol/errors.ts'
import { html } from './escape.ts'
import { page } from './page.ts'
import { type MatrixReport, notMet, type ProgramRun, stateText } from './run-report.ts'
import {
  cellsOf,
  columns,
  columnTitles,
  dropped,
  exchangesText,
  gradeText,
  moodOf,
  some,
  summary,
  titleOf,
} from './words.ts'

/** The report as a page. */
export function htmlReport(report: MatrixReport): string {
  return page(
    titleOf(report),
    `<p class="verdict ${report.verdict.passed ? 'fine' : 'bad'}">${both(summary(report))}</p>
<p class="program">${report.program.length === 0 ? '' : `<code>${html(report.program.join(' '))}</code>`}${report.startedAt === '' ? '' : ` <time>${html(report.startedAt)}</time>`}</p>
${reasonsOf(report)}
${notesOf(report)}
${tableOf(report)}
${report.runs.map(runOf).join('\n')}
${coverageOf(report)}
${rule()}`,
  )
}

const both = ({ en, zh }: Explanation) =>
  `<span lang="en">${html(en)}</span><span lang="zh">${html(zh)}</span>`

const text = (en: string, zh: string) => both({ en, zh })

function reasonsOf({ verdict }: MatrixReport): string {
  const whole = verdict.reasons.filter(({ scenario }) => scenario === '*')
  return whole.map(({ reason }) => `<p class="bad">${both(reason)}</p>`).join('\n')
}

const notesOf = ({ notes = [] }: MatrixReport) =>
  notes.map((note) => `<p class="quiet">${both(note)}</p>`).join('\n')

function tableOf({ runs }: MatrixReport): string {
  const head = columns.map((column) => `<th scope="col">${both(columnTitles[column])}</th>`)
  const rows = runs.map((run) => {
    const cells = cellsOf(run)
    const shown = columns.map((column) => {
      const label = `<span class="label">${both(columnTitles[column])}</span>`
      return column === 'scenario'
        ? `<th scope="row"><a href="#${anchorOf(run, runs)}">${html(cells[column])}</a></th>`
        : `<td class="${moodOf(run, column)}">${label}<span>${html(cells[column])}</span></td>`
    })
    return `<tr>${shown.join('')}</tr>`
  })
  return `<table><thead><tr>${head.join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>`
}

/** Scenario names may hold anything; a place in the list may not. */
const anchorOf = (run: ProgramRun, runs: readonly ProgramRun[]) => `run-${runs.indexOf(run) + 1}`

function runOf(run: ProgramRun, at: number): string {
  const { report, files } = run
  const { findings, calls } = report
  const grade = gradeText(run)
  const state = stateText(run)
  const problem = state ? `<p class="bad">${both(state)}</p>` : ''
  const notes = [
    ...(run.met === false ? [notMet] : []),
    ...(report.truncated ? [dropped] : []),
  ].map((note) => `<p class="warn">${both(note)}</p>`)
  const unmet = run.unmet.map((sentence) => `<p class="bad">${both(sentence)}</p>`)
  const graded = grade
    ? `<p>${text('Back-off', '退避')} <b>${report.backOff}</b>: ${both(grade)}</p>`
    : ''
  const output = `<p class="quiet">${text(
    `${calls.total} calls, ${calls.refused} refused. Output and exchanges:`,
    `${calls.total} 次调用，${calls.refused} 次被拒绝。输出与调用记录：`,
  )} ${Object.values(files)
    .filter((file) => file !== '')
    .map((file) => `<a href="${html(linkTo(file))}">${html(file)}</a>`)
    .join(' ')}</p>`
  return `<section id="run-${at + 1}"><h2>${html(run.scenario)}</h2><p>${both(run.title)}</p>
${problem}${notes.join('')}${unmet.join('')}${findings.map(findingOf).join('\n')}${findings.length + unmet.length + notes.length === 0 && !state ? `<p class="fine">${text('Nothing to object to.', '没有问题。')}</p>` : ''}${report.notices.map(findingOf).join('\n')}
${graded}${metOf(run)}${output}</section>`
}

/** An address cannot hold half a character. */
const linkTo = (file: string) => encodeURI(file.replaceAll(/\p{Surrogate}/gu, '?'))

const findingOf = (
  finding: Finding,
) => `<details${finding.severity === 'notice' ? '' : ' open'} class="${finding.severity}">
<summary>${both(finding.title)} <small>${html(finding.judge)}/${html(finding.id)}</small></summary>
<p>${both(finding.detail)}</p>
<p>${text('About', '涉及')} ${html(some(finding.about))}</p>
<p>${text('Proof: exchanges', '证据：调用')} ${html(exchangesText(finding))}</p>
<p class="advice">${both(finding.advice)}</p>
</details>`

function metOf({ report: { coverage } }: ProgramRun): string {
  if (coverage.met.length === 0) return ''
  const rows = coverage.met.map(({ error, count, next }) => {
    const parts = [
      next.sentAgain > 0 && text(`sent again ${next.sentAgain}×`, `重发 ${next.sentAgain} 次`),
      next.calledElse > 0 &&
        text(`called something else ${next.calledElse}×`, `转而调用其他 ${next.calledElse} 次`),
      next.stopped > 0 && text(`stopped ${next.stopped}×`, `停止 ${next.stopped} 次`),
    ].filter((part) => part !== false)
    return `<li><code>${html(error)}</code> ×${count}: ${parts.join(', ')}</li>`
  })
  return `<details><summary>${text('Errors met, and what came next', '遇到的错误及后续行为')}</summary><ul>${rows.join('')}</ul></details>`
}

function coverageOf({ coverage: { met, missing } }: MatrixReport): string {
  const list = (names: readonly string[]) =>
    names.map((name) => `<code>${html(name)}</code>`).join(' ') || '–'
  return `<section><h2>${text('Error coverage', '错误覆盖')}</h2>
<p>${text('Met', '已遇到')}: ${list(met)}</p><p>${text('Never met', '从未遇到')}: ${list(missing)}</p></section>`
}

function rule(): string {
  const rows = Object.entries(gradeRule).map(
    ([grade, meaning]) => `<dt>${grade}</dt><dd>${both(meaning)}</dd>`,
  )
  return `<section><h2>${text('How back-off is graded', '退避评分规则')}</h2><dl>${rows.join('')}</dl></section>`
}
