import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import {
  describeForm,
  type MatrixReport,
  type ReportForm,
  report,
  reportForms,
} from '../contracts/index.ts'

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
    files[form] = join(folder, `${name}.${describeForm(form).end}`)
    writeFileSync(files[form], report(matrix, form))
  }
  return files
}
