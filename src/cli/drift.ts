import { writeFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import { stringify } from 'yaml'
import { type DriftFailOn, driftFailOn, driftText, findDrift, replayOf } from '../kit/index.ts'
import { readLockFile } from './lock.ts'
import {
  bold,
  complain,
  dim,
  green,
  print,
  printJson,
  red,
  UsageError,
  yellow,
} from './terminal.ts'

interface DriftFlags {
  readonly lock?: string
  readonly failOn: DriftFailOn
  readonly world?: string
  readonly scenario?: string
  readonly json?: boolean
}

export function driftCommand(): Command {
  return new Command('drift')
    .argument('<files...>', 'recordings of localtop record')
    .option(
      '--lock <file>',
      'the lock that says what is used (default: what the recorded calls asked for)',
    )
    .addOption(
      new Option('--fail-on <what>', 'which differences end with status 1')
        .choices(driftFailOn)
        .default('used'),
    )
    .option('--world <file>', 'write a world that answers as was recorded: for --world')
    .option(
      '--scenario <file>',
      'write a scenario that answers every call as was recorded: for --scenario',
    )
    .option('--json', 'print the report as JSON')
    .addHelpText(
      'after',
      `
  localtop drift localtop-recording.jsonl --lock localtop.lock.json
  localtop drift localtop-recording.jsonl --world recorded.yaml --scenario recorded-answers.yaml

Exit status: 0 no difference that counts, 1 there is one (--fail-on), 2 a wrong use, or nothing to compare.`,
    )
    .action(drift)
}

async function drift(files: readonly string[], flags: DriftFlags): Promise<void> {
  const { lock: lockName, failOn, world, scenario, json } = flags
  if (world !== undefined && world === scenario) {
    throw new UsageError('--scenario: the same file as --world')
  }
  const lock = lockName === undefined ? undefined : readLockFile(lockName)
  const report = await findDrift({ files, lock })
  if (json) printJson(report)
  else {
    for (const notice of report.notices) complain(yellow(notice))
    print(driftText(report, { bold, dim, red, yellow, green }))
  }
  if (world !== undefined || scenario !== undefined) writeReplay(files, { world, scenario })
  const isDrift = report.findings.some(({ severity }) => failOn === 'any' || severity === 'used')
  if (failOn !== 'none' && isDrift) process.exitCode = 1
}

function writeReplay(
  files: readonly string[],
  {
    world,
    scenario,
  }: { readonly world: string | undefined; readonly scenario: string | undefined },
): void {
  const made = replayOf(files)
  for (const [flag, file, { made: content, notes }] of [
    ['--world', world, made.world],
    ['--scenario', scenario, made.scenario],
  ] as const) {
    if (file === undefined) continue
    for (const note of notes) complain(dim(`${flag}: ${note}`))
    try {
      writeFileSync(file, `# Made by localtop drift of ${files.join(', ')}\n${stringify(content)}`)
    } catch (error) {
      throw new UsageError(`${flag}: ${file} cannot be written: ${(error as Error).message}`)
    }
    complain(`${flag}: written to ${file}`)
  }
}
