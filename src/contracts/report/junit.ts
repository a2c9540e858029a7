import { xml } from './escape.ts'
import { type MatrixReport, notMet, type ProgramRun } from './run-report.ts'
import { exchangesText, isNotMet, some, titleOf } from './words.ts'

/** JUnit XML: a test case for each scenario, failed by what the matrix was told to fail on. */
export function junitReport(report: MatrixReport): string {
  const className = xml(titleOf(report).replaceAll(' ', '.'))
  const reasonsOf = ({ scenario, state }: ProgramRun) => ({
    isError: state !== 'ended',
    reasons: report.verdict.reasons.filter((one) => one.scenario === scenario),
  })
  const cases = report.runs.map((run) => {
    const { isError, reasons } = reasonsOf(run)
    const name = `classname="${className}" name="${xml(`${run.scenario}: ${run.title.en}`)}" time="${run.seconds}"`
    const tag = isError ? 'error' : 'failure'
    const [first] = reasons
    const problem = first
      ? `<${tag} message="${xml(reasons.map(({ reason }) => reason.en).join('; '))}">${xml(findingsText(run))}</${tag}>`
      : ''
    if (isNotMet(run) && !first)
      return `    <testcase ${name}><skipped message="${xml(notMet.en)}"/></testcase>`
    const notes =
      !first && findingsText(run) ? `<system-out>${xml(findingsText(run))}</system-out>` : ''
    return `    <testcase ${name}>${problem}${notes}</testcase>`
  })
  // What concerns no single scenario, as that none of them was answered.
  const whole = report.verdict.reasons.filter(({ scenario }) => scenario === '*')
  for (const { reason } of whole) {
    cases.push(
      `    <testcase classname="${className}" name="all scenarios" time="0"><error message="${xml(reason.en)}"/></testcase>`,
    )
  }
  const failing = report.runs.filter((run) => reasonsOf(run).reasons.length > 0)
  const errors = failing.filter(({ state }) => state !== 'ended').length
  const skipped = report.runs.filter((run) => isNotMet(run) && !failing.includes(run)).length
  const counts = `tests="${cases.length}" failures="${failing.length - errors}" errors="${errors + whole.length}" skipped="${skipped}"`
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="${xml(titleOf(report))}" ${counts} time="${report.seconds}">`,
    `  <testsuite name="${xml(titleOf(report))}" ${counts} time="${report.seconds}">`,
    ...cases,
    '  </testsuite>',
    '</testsuites>',
    '',
  ].join('\n')
}

const findingsText = ({ report }: ProgramRun): string =>
  [...report.findings, ...report.notices]
    .map(
      (finding) =>
        `${finding.title.en} (${finding.judge}/${finding.id}): ${finding.detail.en} About ${some(finding.about)}; exchanges ${exchangesText(finding)}. ${finding.advice.en}`,
    )
    .join('\n')
