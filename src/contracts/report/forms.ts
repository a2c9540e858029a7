import { htmlReport } from './html.ts'
import { junitReport } from './junit.ts'
import { markdownReport } from './markdown.ts'
import type { MatrixReport } from './run-report.ts'
import { type Paint, textReport } from './text.ts'

/** The forms of a report, each with the end of its file's name and what it is called over HTTP. */
const forms = {
  json: {
    end: 'json',
    contentType: 'application/json',
    write: (report: MatrixReport) => `${JSON.stringify(report, null, 2)}\n`,
  },
  junit: { end: 'xml', contentType: 'application/xml', write: junitReport },
  html: { end: 'html', contentType: 'text/html', write: htmlReport },
  text: {
    end: 'txt',
    contentType: 'text/plain',
    write: (report: MatrixReport) => `${textReport(report)}\n`,
  },
  markdown: { end: 'md', contentType: 'text/markdown', write: markdownReport },
} as const

export type ReportForm = keyof typeof forms
export const reportForms = Object.keys(forms) as ReportForm[]

/** How a form's file ends, and its media type. */
export const describeForm = (form: ReportForm): { end: string; contentType: string } => forms[form]

/**
 * Writes a report as JSON, JUnit XML, HTML, text, or Markdown for a GitHub step summary. What the
 * integration sent is escaped; secrets are not in a report.
 *
 * @param paint marks words of the text form for a terminal; nothing is marked where it is absent
 */
export function report(matrix: MatrixReport, form: ReportForm, paint?: Paint): string {
  return form === 'text' && paint ? `${textReport(matrix, paint)}\n` : forms[form].write(matrix)
}
