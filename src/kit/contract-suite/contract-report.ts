import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  escapeHtml as html,
  escapeMarkdown as markdown,
  type Paint,
  reportPage as page,
  escapeTerminal as terminal,
  escapeXmlText as xml,
} from '../../contracts/index.ts'
import { groupBy } from './group.ts'
import type { CaseOutcome } from './play.ts'
import type { ContractReport } from './run.ts'
import { problemLines } from './suite.ts'

interface Group {
  readonly name: string
  readonly cases: readonly CaseOutcome[]
  readonly passed: number
  readonly failed: number
  readonly notRun: number
}

const countOf = (cases: readonly CaseOutcome[], state: CaseOutcome['state']) =>
  cases.filter((one) => one.state === state).length

const groupsOf = ({ cases }: ContractReport): Group[] =>
  [...groupBy(cases, ({ method }) => method ?? 'protocol')].map(([name, members]) => ({
    name,
    cases: members,
    passed: countOf(members, 'passed'),
    failed: countOf(members, 'failed'),
    notRun: countOf(members, 'not-run'),
  }))

const failuresOf = ({ cases }: ContractReport) => cases.filter(({ state }) => state === 'failed')

/** Why cases were not run, with how many of them. */
const reasonsOf = ({ cases }: ContractReport): [reason: string, count: number][] =>
  [
    ...groupBy(
      cases.filter(({ state }) => state === 'not-run'),
      ({ reason = '' }) => reason,
    ),
  ].map(([reason, members]) => [reason, members.length])

const gatewayText = ({ url, isLocalTop, profile, writes }: ContractReport) =>
  `${url ?? 'the gateway in this process'} (${isLocalTop ? 'LocalTOP' : 'another gateway'}), contract of ${profile}, ${writes ? 'calls that change something too' : 'reading calls only'}`

const verdict = ({ passed, failed, notRun, calls, seconds }: ContractReport) =>
  `${passed} passed, ${failed} failed, ${notRun} not run; ${calls} calls in ${seconds.toFixed(1)} s`

const columns = ['cases', 'passed', 'failed', 'not run'] as const
const cellsOf = ({ cases, passed, failed, notRun }: Group) =>
  [cases.length, passed, failed, notRun].map((count) => (count === 0 ? '–' : String(count)))

/** Beyond this many methods a table shows those with failures only. */
const mostRows = 60

const rowsOf = (report: ContractReport): readonly Group[] => {
  const groups = groupsOf(report)
  return groups.length > mostRows ? groups.filter(({ failed }) => failed > 0) : groups
}

const same = (text: string) => text
const plain: Paint = { bold: same, dim: same, red: same, yellow: same, green: same }

/** For a terminal: the table, every failure with call and answer, what was not run. */
function textReport(report: ContractReport, paint: Paint = plain): string {
  const rows = rowsOf(report)
  const width = Math.max(10, ...rows.map(({ name }) => name.length))
  const line = (name: string, cells: readonly string[]) =>
    `${name.padEnd(width)}  ${cells.map((cell) => cell.padStart(7)).join('  ')}`
  const lines = [paint.dim(gatewayText(report)), paint.dim(line('', columns))]
  for (const group of rows) {
    const text = line(group.name, cellsOf(group))
    lines.push(group.failed > 0 ? paint.red(text) : text)
  }
  for (const one of failuresOf(report)) {
    lines.push('', `${paint.red('✗')} ${paint.bold(one.id)}  ${one.title}`)
    lines.push(...problemLines(one).map((problem) => `  ${terminal(problem).trim()}`))
  }
  const reasons = reasonsOf(report)
  if (reasons.length > 0) lines.push('')
  for (const [reason, count] of reasons) lines.push(paint.yellow(`not run: ${count}: ${reason}`))
  const summary = verdict(report)
  lines.push(report.failed > 0 ? paint.red(summary) : paint.green(summary))
  return lines.join('\n')
}

function junitReport(report: ContractReport): string {
  const { failed, notRun, cases, seconds } = report
  const counts = (total: number, failures: number, skipped: number) =>
    `tests="${total}" failures="${failures}" errors="0" skipped="${skipped}"`
  const suites = groupsOf(report).map((group) => {
    const inner = group.cases.map((one) => {
      const [first] = one.mismatches
      const problem = first
        ? `<failure message="${xml(`${first.path}: expected ${first.expected}; received ${first.received}`)}">${xml(problemLines(one).join('\n'))}</failure>`
        : one.state === 'not-run'
          ? `<skipped message="${xml(one.reason ?? '')}"/>`
          : ''
      return `    <testcase classname="localtop.contract.${xml(group.name)}" name="${xml(`${one.id}: ${one.title}`)}" time="${one.seconds}">${problem}</testcase>`
    })
    return [
      `  <testsuite name="${xml(group.name)}" ${counts(group.cases.length, group.failed, group.notRun)}>`,
      ...inner,
      '  </testsuite>',
    ].join('\n')
  })
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="localtop verify" ${counts(cases.length, failed, notRun)} time="${seconds}">`,
    ...suites,
    '</testsuites>',
    '',
  ].join('\n')
}

function markdownReport(report: ContractReport): string {
  const lines = [
    '## localtop verify',
    '',
    `${report.failed > 0 ? '❌' : '✅'} ${markdown(verdict(report))}`,
    '',
    markdown(gatewayText(report)),
    '',
    `| method | ${columns.join(' | ')} |`,
    '| --- | ---: | ---: | ---: | ---: |',
    ...rowsOf(report).map((group) => `| ${markdown(group.name)} | ${cellsOf(group).join(' | ')} |`),
  ]
  for (const one of failuresOf(report)) {
    lines.push('', `### ${markdown(one.id)}`, '', markdown(one.title), '')
    lines.push(...problemLines(one).map((problem) => `- ${markdown(problem.trim())}`))
  }
  for (const [reason, count] of reasonsOf(report)) {
    lines.push('', `_${count} not run: ${markdown(reason)}_`)
  }
  return `${lines.join('\n')}\n`
}

function htmlReport(report: ContractReport): string {
  const both = (en: string, zh: string) =>
    `<span lang="en">${html(en)}</span><span lang="zh">${html(zh)}</span>`
  const titles = [
    both('cases', '用例'),
    both('passed', '通过'),
    both('failed', '失败'),
    both('not run', '未执行'),
  ]
  const rows = rowsOf(report).map((group) => {
    const cells = cellsOf(group).map(
      (cell, at) =>
        `<td class="${at === 2 && group.failed > 0 ? 'bad' : ''}"><span class="label">${titles[at]}</span><span>${cell}</span></td>`,
    )
    return `<tr><th scope="row">${html(group.name)}</th>${cells.join('')}</tr>`
  })
  const failures = failuresOf(report).map(
    (one) => `<section><h2>${html(one.id)}</h2><p>${html(one.title)}</p>
${problemLines(one)
  .map((problem) => `<p><code>${html(problem.trim())}</code></p>`)
  .join('\n')}</section>`,
  )
  const reasons = reasonsOf(report).map(
    ([reason, count]) =>
      `<p class="warn">${count} ${both('not run', '未执行')}: ${html(reason)}</p>`,
  )
  const { passed, failed, notRun, calls } = report
  return page(
    'localtop verify',
    `<p class="verdict ${failed > 0 ? 'bad' : 'fine'}">${both(verdict(report), `${passed} 通过，${failed} 失败，${notRun} 未执行；共 ${calls} 次调用`)}</p>
<p class="quiet">${html(gatewayText(report))}</p>
${reasons.join('\n')}
<table><thead><tr><th scope="col">${both('method', 'API')}</th>${titles.map((title) => `<th scope="col">${title}</th>`).join('')}</tr></thead><tbody>
${rows.join('\n')}
</tbody></table>
${failures.join('\n')}`,
  )
}

/** The forms of a report, each with the end of its file's name. */
const forms = {
  json: { end: 'json', write: (one: ContractReport) => `${JSON.stringify(one, null, 2)}\n` },
  junit: { end: 'xml', write: junitReport },
  html: { end: 'html', write: htmlReport },
  text: { end: 'txt', write: (one: ContractReport) => `${textReport(one)}\n` },
  markdown: { end: 'md', write: markdownReport },
} as const

type ContractReportForm = keyof typeof forms

/**
 * Writes what a run of the contract suite found as JSON, JUnit XML, HTML, text, or Markdown for a GitHub
 * step summary.
 *
 * @param paint marks words of the text form for a terminal; nothing is marked where it is absent
 */
export const contractReport = (
  found: ContractReport,
  form: ContractReportForm,
  paint?: Paint,
): string => (form === 'text' && paint ? textReport(found, paint) : forms[form].write(found))

/** Writes every form into a folder: `verify.json`, `.xml`, `.html`, `.txt`, `.md`. */
export function writeContractReports(found: ContractReport, folder: string): void {
  mkdirSync(folder, { recursive: true })
  for (const { end, write } of Object.values(forms)) {
    writeFileSync(join(folder, `verify.${end}`), write(found))
  }
}
