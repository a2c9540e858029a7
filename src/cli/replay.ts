import { Command, InvalidArgumentError, Option } from 'commander'
import {
  type Capsule,
  type Replay,
  readCapsule,
  replayCapsule,
  type ShrinkProgress,
  type Shrunk,
  sequenceInWords,
  shrinkCapsule,
  writeCapsule,
} from '../kit/index.ts'
import { version } from '../server/index.ts'
import { takeInterrupts } from './interruption.ts'
import { progressBar } from './progress-bar.ts'
import { bold, dim, green, print, printJson, red, UsageError, yellow } from './terminal.ts'

interface ReplayFlags {
  readonly shrink?: boolean
  readonly budget: number
  readonly output?: string
  readonly json?: boolean
}

export function replayCommand(): Command {
  return new Command('replay')
    .argument('<file>', 'a capsule that localtop run or localtop matrix left: NAME.capsule.json')
    .option('--shrink', 'look for the shortest sequence that still fails')
    .addOption(
      new Option('--budget <n>', 'how often the run may be played while it is shrunk')
        .argParser(plays)
        .default(1000),
    )
    .option('--output <file>', 'where the shortest sequence goes (default: NAME.min.capsule.json)')
    .option('--json', 'print JSON lines')
    .addHelpText(
      'after',
      `
Every request of the run is sent again, in its order and at its moment, to a gateway in this process; no
program is started and nothing is waited for.

  localtop replay .localtop/reports/run.capsule.json
  localtop replay .localtop/reports/run.capsule.json --shrink

Exit status: 0 every answer was the same and nothing was found, 1 it still fails or an answer was another,
2 a wrong use or a file that is no capsule, 130 interrupted (the shortest sequence so far is written).`,
    )
    .action(replay)
}

async function replay(file: string, flags: ReplayFlags): Promise<void> {
  if (flags.output !== undefined && !flags.shrink)
    throw new UsageError('--output: goes with --shrink')
  const capsule = readCapsule(file)
  const { json = false } = flags
  if (!json) describe(capsule)
  const replayed = await replayCapsule(capsule)
  if (json) printJson({ event: 'replay', file, ...replayed })
  else say(replayed)
  process.exitCode = replayed.stillFails || replayed.answers.different > 0 ? 1 : 0
  if (flags.shrink) await shrink(capsule, flags.output ?? smallerName(file), flags)
}

/** What a person reads; the file has it all. */
const longestSequence = 40

const smallerName = (file: string) => `${file.replace(/(\.capsule)?\.json$/, '')}.min.capsule.json`

function describe(capsule: Capsule): void {
  const { scenario, program, requests, gaps, localtop, shrunkFrom, failure } = capsule
  const count = `${requests.length} ${requests.length === 1 ? 'request' : 'requests'}`
  const of = shrunkFrom === undefined ? '' : ` of ${shrunkFrom}`
  print(`${bold(scenario)}: ${count}${of}, ${program.join(' ')}`)
  for (const reason of failure.reasons) print(`  did not pass: ${reason}`)
  if (localtop !== version)
    print(yellow(`  made by LocalTOP ${localtop}; this is ${version}, which may answer otherwise`))
  for (const gap of gaps) print(yellow(`  incomplete: ${gap}`))
}

function say({ answers, firstDifference, again, gone, fresh, isSame, stillFails }: Replay): void {
  const { same, different, notCompared } = answers
  const left = notCompared > 0 ? `, ${notCompared} not compared` : ''
  const counts = `${same} of ${same + different} answers the same${left}`
  print(different === 0 ? counts : red(counts))
  if (firstDifference) {
    const { request, exchange, path, expected, got } = firstDifference
    print(
      `  the first that differs is request ${request} (exchange ${exchange})${path === '' ? '' : `, at ${path}`}`,
    )
    print(`    then ${expected}`)
    print(`    now  ${got}`)
  }
  for (const name of again) print(`  found again: ${name}`)
  for (const name of fresh) print(red(`  found now, and not then: ${name}`))
  for (const name of gone) print(green(`  not found any more: ${name}`))
  print(
    stillFails
      ? red(isSame ? 'it fails as it did' : 'it fails, otherwise than it did')
      : different > 0
        ? yellow('nothing is found any more, and the answers are others')
        : green('nothing is found by the judges: what else failed was the program itself'),
  )
}

async function shrink(capsule: Capsule, output: string, flags: ReplayFlags): Promise<void> {
  const { json = false, budget } = flags
  const interruption = takeInterrupts()
  const bar = showPlays(json)
  try {
    const shrunk = await shrinkCapsule(capsule, {
      budget,
      signal: interruption.signal,
      onProgress: bar.on,
    })
    bar.stop()
    writeCapsule(output, shrunk.capsule)
    tell(shrunk, output, json)
    if (interruption.signal.aborted) process.exitCode = 130
  } finally {
    bar.stop()
    interruption.end()
  }
}

function tell(shrunk: Shrunk, output: string, json: boolean): void {
  const { capsule, target, from, runs, isShortest } = shrunk
  const sequence = sequenceInWords(shrunk)
  const requests = capsule.requests.length
  const rules = capsule.scenarios.reduce((sum, one) => sum + one.rules.length, 0)
  if (json) {
    printJson({
      event: 'shrunk',
      file: output,
      target,
      from,
      requests,
      rules,
      runs,
      isShortest,
      sequence,
    })
    return
  }
  print(
    `\n${bold(target)}: ${requests} of ${from.requests} requests and ${rules} of ${from.rules} rules, after ${runs} plays`,
  )
  for (const line of sequence.slice(0, longestSequence)) print(`  ${line}`)
  if (sequence.length > longestSequence)
    print(dim(`  and ${sequence.length - longestSequence} more`))
  if (!isShortest)
    print(yellow('  perhaps not the shortest: the search was ended (--budget, or an interrupt)'))
  print(dim(`written to ${output}`))
}

function showPlays(json: boolean) {
  const format = '{bar} {value}/{total} plays, {requests} requests left, {rules} rules'
  const bar = json ? undefined : progressBar(format)
  let started = false
  return {
    on({ runs, budget, requests, rules }: ShrinkProgress) {
      if (!started) bar?.start(budget, 0, { requests, rules })
      started = true
      bar?.update(runs, { requests, rules })
    },
    stop: () => bar?.stop(),
  }
}

function plays(text: string): number {
  const value = Number(text)
  if (!/^\d{1,7}$/.test(text) || value < 1) throw new InvalidArgumentError('expected 1 to 9999999')
  return value
}
