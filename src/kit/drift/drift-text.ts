import { type DriftFinding, escapeTerminal, type Paint } from '../../contracts/index.ts'
import type { DriftReport } from './drift.ts'

const titles: Readonly<Record<DriftFinding['kind'], string>> = {
  'unknown-method': 'method that the catalogue does not have',
  unreadable: 'answer that cannot be read',
  root: 'another root',
  type: 'another type',
  'missing-field': 'missing field',
  'new-field': 'new field',
  'unseen-error': 'unseen error',
  'mock-refuses': 'the mock refuses the call',
  'mock-accepts': 'the mock accepts the call',
  'mock-lacks': 'the mock does not answer the field',
  'mock-adds': 'only the mock answers the field',
}

/** A report for people. */
export function driftText(report: DriftReport, paint: Paint): string {
  const { findings, exchanges, answers, comparedWithMock, notComparable, by } = report
  const used = findings.filter(({ severity }) => severity === 'used')
  const unused = findings.filter(({ severity }) => severity === 'unused')
  const lines = [
    paint.bold(
      `${exchanges} exchanges, ${answers} answers; ${comparedWithMock} different calls compared with the mock`,
    ),
    ...(notComparable > 0
      ? [paint.dim(`${notComparable} were not: the mock does not have what they are about`)]
      : []),
    ...section(`Used by the integration (by the ${by})`, used, paint.red),
    ...section('Not used', unused, paint.yellow),
    '',
    findings.length === 0
      ? paint.green('no drift')
      : paint.bold(
          `${used.length} ${used.length === 1 ? 'difference' : 'differences'} in what is used, ${unused.length} in what is not`,
        ),
  ]
  return lines.join('\n')
}

function section(
  title: string,
  findings: readonly DriftFinding[],
  color: (text: string) => string,
): string[] {
  if (findings.length === 0) return []
  return [
    '',
    title,
    ...findings.map((finding) => `  ${color('•')} ${escapeTerminal(lineOf(finding))}`),
  ]
}

/** A finding in one line. */
function lineOf({
  kind,
  method,
  path,
  expected,
  received,
  exchanges,
  count,
}: DriftFinding): string {
  const place = path === '' || kind === 'unseen-error' ? method : `${method}, ${path}`
  const shown = exchanges.join(', ') + (count > exchanges.length ? ', …' : '')
  return `${place}: ${titles[kind]}; expected ${expected}; came ${received} (exchange ${shown})`
}
