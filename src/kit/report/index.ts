import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MatrixReport } from '../run-report.ts'
import { htmlReport } from './html.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import { type Paint, textReport } from './text.ts'

/** The forms of a report, each with the end of its file's name. */
const forms = {
  json: { end: 'json', write: (report: MatrixReport) => `${JSON.stringify(report, null, 2)}\n` },
  junit: { end: 'xml', write: junitReport },
  html: { end: 'html', write: htmlReport },
  text: { end: 'txt', write: (report: MatrixReport) => `${textReport(report)}\n` },
  markdown: { end: 'md', write: markdownReport },
} as const

export type ReportForm = keyof typeof forms
export const reportForms = Object.keys(forms) as ReportForm[]

/**
 * Writes a report as JSON, JUnit XML, HTML, text, or Markdown for a GitHub step summary. What the
 * integration sent is escaped; secrets are not in a report.
 *
 * @param paint marks words of the text form for a terminal; nothing is marked where it is absent
 */
export function report(matrix: MatrixReport, form: ReportForm, paint?: Paint): string {
  return form === 'text' && paint ? `${textReport(matrix, paint)}\n` : forms[form].write(matrix)
}

/**
 * Writes every form into a folder: `matrix.json`, `.xml`, `.html`, `.txt`, `.md`.
 *
 * @param name what the files are called before their dot
 * @returns the files' paths
 */
export function writeReports(
  matrix: MatrixReport,
  folder: string,
  name = 'matrix',
): Record<ReportForm, string> {
  mkdirSync(folder, { recursive: true })
  const files = {} as Record<ReportForm, string>
  for (const form of reportForms) {
    files[form] = join(folder, `${name}.${forms[form].end}`)
    writeFileSync(files[form], forms[form].write(matrix))
  }
  return files
}
