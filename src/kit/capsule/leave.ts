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
 * @returns the run, with the name of its capsule, or why there is none: a verdict is not lost over it
 */
export async function leaveCapsule(
  file: string,
  run: ProgramRun,
  { failOn, ...ended }: Ended,
): Promise<ProgramRun> {
  const { scenario, exit, report, unmet, state } = run
  // What is said of all runs together says nothing of this one.
  const reasons = verdictOn([run], failOn)
    .reasons.filter((one) => one.scenario !== '*')
    .map(({ reason }) => reason)
  const isFound = report.findings.length > 0 || unmet.length > 0 || bugsIn(ended.gateway).length > 0
  const hasFailed = isFound || (reasons.length > 0 && state !== 'interrupted')
  try {
    dropCapsule(file)
    if (!hasFailed || ended.recording.requests.length === 0) return run
    writeCapsule(file, await packRun({ ...ended, scenario, exit, report, unmet, reasons }))
    return { ...run, files: { ...run.files, capsule: basename(file) } }
  } catch (error) {
    return { ...run, noCapsule: `${basename(file)}: ${(error as Error).message}` }
  }
}

/** What a report says of capsules; nothing where there is none. */
export function capsuleNote(
  runs: readonly ProgramRun[],
  folder: string,
): { readonly notes?: readonly Explanation[] } {
  const [first, ...others] = runs.flatMap(({ files }) => files.capsule ?? [])
  const notes: Explanation[] = runs.flatMap(({ noCapsule }) =>
    noCapsule === undefined
      ? []
      : [{ en: `No capsule could be left: ${noCapsule}`, zh: `无法写入重放文件：${noCapsule}` }],
  )
  if (first !== undefined) {
    const command = `localtop replay ${inShell(join(folder, first))}`
    const also = others.map((name) => inShell(join(folder, name))).join(', ')
    notes.unshift({
      en: `To repeat what failed: ${command}; with --shrink it looks for the shortest sequence that still fails.${also && ` The same for ${also}.`}`,
      zh: `重现失败的运行：${command}；加 --shrink 可找出仍会失败的最短调用序列。${also && `其余同理：${also}。`}`,
    })
  }
  return notes.length > 0 ? { notes } : {}
}

const inShell = (path: string) =>
  /^[\w./@%+=:,-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`
