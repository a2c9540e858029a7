import { basename, join } from 'node:path'
import { type Explanation, type FailOn, type ProgramRun, verdictOn } from '../../contracts/index.ts'
import { bugsIn, dropCapsule, type FailedRun, packRun, writeCapsule } from './pack.ts'

interface Ended extends Omit<FailedRun, 'scenario' | 'exit' | 'report' | 'unmet' | 'reasons'> {
  readonly failOn: readonly FailOn[]
}

/**
 * Leaves a capsule of a run that failed, or was found fault with; none of another, nor that of an earlier
 * run of the same name.
 *
 * @returns the run, with the name of its capsule
 */
export async function leaveCapsule(
  file: string,
  run: ProgramRun,
  { failOn, ...ended }: Ended,
): Promise<ProgramRun> {
  dropCapsule(file)
  const { scenario, exit, report, unmet, state } = run
  // What is said of all runs together says nothing of this one.
  const reasons = verdictOn([run], failOn)
    .reasons.filter((one) => one.scenario !== '*')
    .map(({ reason }) => reason)
  const isFound = report.findings.length > 0 || unmet.length > 0 || bugsIn(ended.gateway).length > 0
  const hasFailed = isFound || (reasons.length > 0 && state !== 'interrupted')
  if (!hasFailed || ended.recording.requests.length === 0) return run
  const packed = await packRun({ ...ended, scenario, exit, report, unmet, reasons })
  writeCapsule(file, packed)
  return { ...run, files: { ...run.files, capsule: basename(file) } }
}

/** What a report says of capsules; nothing where there is none. */
export function capsuleNote(
  runs: readonly ProgramRun[],
  folder: string,
): { readonly notes?: readonly Explanation[] } {
  const [first, ...others] = runs.flatMap(({ files }) => files.capsule ?? [])
  if (first === undefined) return {}
  const command = `localtop replay ${inShell(join(folder, first))}`
  const also = others.map((name) => inShell(join(folder, name))).join(', ')
  return {
    notes: [
      {
        en: `To repeat what failed: ${command}; with --shrink it looks for the shortest sequence that still fails.${also && ` The same for ${also}.`}`,
        zh: `重现失败的运行：${command}；加 --shrink 可找出仍会失败的最短调用序列。${also && `其余同理：${also}。`}`,
      },
    ],
  }
}

const inShell = (path: string) =>
  /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
