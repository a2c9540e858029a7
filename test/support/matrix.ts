import { judgeRun, verdictOn } from '../../src/contracts/index.ts'
import {
  defaultFailOn,
  type FailOn,
  type MatrixReport,
  type ProgramRun,
} from '../../src/kit/index.ts'
import { runOf, type Sketch } from './evidence.ts'

/** A run of a program that did what is sketched. */
export function programRun(
  scenario: string,
  sketches: readonly Sketch[],
  given: Partial<ProgramRun> & { readonly status?: number } = {},
): ProgramRun {
  const { status = 0, ...rest } = given
  return {
    scenario,
    title: { en: `what happens in ${scenario}`, zh: `${scenario} 中发生的事` },
    state: 'ended',
    exit: { status, signal: null },
    seconds: 1.25,
    met: true,
    report: judgeRun(runOf(sketches, { exit: status })),
    unmet: [],
    files: {
      stdout: `${scenario}/stdout.txt`,
      stderr: `${scenario}/stderr.txt`,
      exchanges: `${scenario}/exchanges.jsonl`,
    },
    ...rest,
  }
}

/** The report of such runs. */
export function matrixReport(
  runs: readonly ProgramRun[],
  failOn: readonly FailOn[] = defaultFailOn,
): MatrixReport {
  return {
    format: 'localtop-matrix',
    version: 1,
    program: ['python3', 'upload.py'],
    startedAt: '2026-11-11T00:00:00.000Z',
    seconds: 2.5,
    interrupted: false,
    runs,
    coverage: {
      met: [
        ...new Set(runs.flatMap(({ report }) => report.coverage.met.map(({ error }) => error))),
      ],
      missing: ['25'],
    },
    verdict: verdictOn(runs, failOn),
  }
}
