import { Command, InvalidArgumentError, Option } from 'commander'
import { createClient, publishFile, type RowResult, readItems } from '../client/index.ts'
import { type ProfileName, profileNames, type SignMethod, signMethods } from '../contracts/index.ts'
import { rate } from './flags.ts'
import { takeInterrupts } from './interruption.ts'
import { progressBar } from './progress-bar.ts'
import { bold, complain, dim, green, print, printJson, red, yellow } from './terminal.ts'

interface PublishFlags {
  readonly url: string
  readonly appKey: string
  readonly appSecret: string
  readonly session: string
  readonly profile: ProfileName
  readonly signMethod: SignMethod
  readonly concurrency: number
  readonly rateLimit: string
  readonly result?: string
  readonly dryRun?: boolean
  readonly json?: boolean
}

const count = (text: string) => {
  if (!/^[1-9]\d{0,2}$/.test(text)) throw new InvalidArgumentError('expected 1 to 999')
  return Number(text)
}

export function publishCommand(): Command {
  return new Command('publish')
    .argument('<file>', 'columns, or keys, are parameter names of taobao.item.add')
    .addOption(
      new Option('--url <url>', 'the gateway').env('TOP_URL').default('http://127.0.0.1:7070'),
    )
    .addOption(new Option('--app-key <key>').env('TOP_APP_KEY').default('YOUR_APP_KEY'))
    .addOption(
      new Option('--app-secret <secret>', 'better in the environment')
        .env('TOP_APP_SECRET')
        .default('YOUR_SECRET_KEY'),
    )
    .addOption(new Option('--session <session>').env('TOP_SESSION').default('YOUR_SESSION_TOKEN'))
    .addOption(
      new Option('--profile <name>', 'decides which columns are required')
        .choices(profileNames)
        .default('guide'),
    )
    .addOption(new Option('--sign-method <method>').choices(signMethods).default('md5'))
    .addOption(
      new Option('--concurrency <n>', 'items under way at a time').argParser(count).default(4),
    )
    .addOption(
      new Option('--rate-limit <rate>', 'never send faster: N/sec, N/min …')
        .argParser(rate)
        .default('off'),
    )
    .option('--result <file>', 'the result file (default: FILE.result.jsonl)')
    .option('--dry-run', 'check every row and send nothing')
    .option('--json', 'print one JSON line instead of a summary')
    .action((file: string, flags: PublishFlags) =>
      flags.dryRun ? dryRun(file, flags) : publish(file, flags),
    )
}

function dryRun(file: string, { profile, json }: PublishFlags): void {
  const rows = readItems(file, profile)
  const bad = rows.filter((row) => row.problems)
  if (json) {
    printJson({
      rows: rows.length,
      ready: rows.length - bad.length,
      problems: bad.map(({ row, problems }) => ({ row, problems })),
    })
  } else {
    for (const { row, problems = [] } of bad) {
      for (const { column, message } of problems) {
        complain(`row ${row}${column === undefined ? '' : `, ${column}`}: ${message}`)
      }
    }
    print(
      `${rows.length - bad.length} of ${rows.length} rows are ready to be published; nothing was sent`,
    )
  }
  process.exitCode = bad.length > 0 ? 1 : 0
}

async function publish(file: string, flags: PublishFlags): Promise<void> {
  const { profile, concurrency, json = false } = flags
  const client = createClient({
    url: flags.url,
    appKey: flags.appKey,
    appSecret: flags.appSecret,
    session: flags.session,
    signMethod: flags.signMethod,
    profile,
    rateLimit: flags.rateLimit,
  })
  const interruption = takeInterrupts(() =>
    complain('\nfinishing what is under way; run the same command again to go on'),
  )
  const bar = json ? undefined : progressBar(barFormat)
  try {
    const summary = await publishFile(client, file, {
      profile,
      concurrency,
      resultFile: flags.result,
      signal: interruption.signal,
      onRow: (_, settled, total) => {
        if (settled === 1) bar?.start(total, 0)
        bar?.update(settled)
      },
    })
    bar?.stop()
    const { results, ...counts } = summary
    if (json) printJson(counts)
    else {
      for (const result of results) if (result.status !== 'published') complain(describe(result))
      const before = counts.before > 0 ? `, ${counts.before} by an earlier run` : ''
      const skipped = counts.skipped > 0 ? `, ${yellow(`${counts.skipped} not begun`)}` : ''
      const unknown = counts.unknown > 0 ? `, ${yellow(`${counts.unknown} unknown`)}` : ''
      print(
        `${green(`${counts.published} published`)}${before}, ${counts.failed > 0 ? red(`${counts.failed} failed`) : '0 failed'}${unknown}${skipped}`,
      )
      print(dim(`results in ${bold(counts.resultFile)}`))
    }
    if (interruption.signal.aborted) process.exitCode = 130
    else process.exitCode = counts.failed + counts.unknown > 0 ? 1 : 0
  } finally {
    bar?.stop()
    interruption.end()
  }
}

function describe({ row, outer_id, status, error }: RowResult): string {
  const message = error?.message ?? status
  return message.startsWith('row ')
    ? message
    : `row ${row}${outer_id === null ? '' : ` (${outer_id})`}: ${message}`
}

const barFormat = '{bar} {percentage}% | {value}/{total} items | {eta_formatted} left'
