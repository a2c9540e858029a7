import { Command, Option } from 'commander'
import {
  checkFolder,
  compactFolder,
  type FolderReport,
  type PlaceInFolder,
  repairFolder,
} from '../server/index.ts'
import { bold, complain, dim, green, print, printJson, red, yellow } from './terminal.ts'

interface StoreFlags {
  readonly data: string
  readonly json?: boolean
  readonly dryRun?: boolean
}

export function storeCommand(): Command {
  const command = new Command('store')
  command
    .command('check')
    .description('read it as a gateway would and say what cannot be read; writes nothing')
    .addOption(dataFlag())
    .option('--json', 'machine-readable')
    .addHelpText('after', statuses('sound', 'something cannot be read'))
    .action(check)
  command
    .command('repair')
    .description('keep what can be read, move the lines that cannot to dropped.txt')
    .addOption(dataFlag())
    .option('--dry-run', 'only say what would be dropped')
    .option('--json', 'machine-readable')
    .addHelpText('after', statuses('sound, or repaired', 'with --dry-run: lines would be dropped'))
    .action(repair)
  command
    .command('compact')
    .description('fold the logs into a snapshot')
    .addOption(dataFlag())
    .option('--json', 'machine-readable')
    .addHelpText('after', statuses('done', 'it could not be written'))
    .action(compact)
  return command
}

const dataFlag = () => new Option('--data <dir>', 'the data folder').default('.localtop')

const statuses = (zero: string, one: string) =>
  `\nExit status: 0 ${zero}, 1 ${one}, 2 a wrong use, or a gateway holds the folder.`

async function check({ data, json }: StoreFlags): Promise<void> {
  const report = await checkFolder(data)
  if (!report.sound) process.exitCode = 1
  if (json) return printJson(report)
  describe(report)
  print(
    report.sound
      ? green(`${data} is sound`)
      : red(`${data} is not sound; localtop store repair --dry-run says what would be dropped`),
  )
}

async function repair({ data, dryRun = false, json }: StoreFlags): Promise<void> {
  if (!dryRun && !json) {
    // What goes is said before it goes.
    const before = await checkFolder(data)
    for (const place of before.problems) print(`${red('drops')} ${inWords(place)}`)
    for (const place of before.torn) print(`${yellow('drops')} ${inWords(place)}`)
  }
  const done = await repairFolder(data, { dryRun, onNotice: complain })
  if (dryRun && !done.sound) process.exitCode = 1
  if (json) return printJson(done)
  if (dryRun) {
    for (const place of done.problems) print(`${red('would drop')} ${inWords(place)}`)
    for (const place of done.torn) print(`${yellow('would drop')} ${inWords(place)}`)
    return print(
      done.sound
        ? green('nothing that was acknowledged would be dropped')
        : bold('nothing was written'),
    )
  }
  if (!done.repaired) return print(green(`${data} is sound, nothing was written`))
  print(
    `${green('repaired')} ${total(done.records)} records are kept${done.droppedTo === null ? '' : `, what was dropped is in ${done.droppedTo}`}`,
  )
}

async function compact({ data, json }: StoreFlags): Promise<void> {
  const done = await compactFolder(data, complain)
  if (json) return printJson(done)
  print(`${total(done.records)} records, ${done.bytesBefore} bytes before, ${done.bytesAfter} now`)
}

function describe({ files, records, problems, torn }: FolderReport): void {
  for (const { name, bytes, lines } of files)
    print(`${name}  ${dim(`${lines} lines, ${bytes} bytes`)}`)
  for (const [name, count] of Object.entries(records)) print(`${bold(name)}  ${count}`)
  for (const place of problems) print(`${red('unreadable')} ${inWords(place)}`)
  for (const place of torn) {
    print(`${yellow('torn')} ${inWords(place)} ${dim('never acknowledged, passed over')}`)
  }
}

const inWords = ({ file, line, problem, bytes, about }: PlaceInFolder) =>
  `${file}: line ${line} ${problem} (${bytes} bytes${about === undefined ? '' : `, ${about}`})`

const total = (records: Readonly<Record<string, number>>) =>
  Object.values(records).reduce((sum, count) => sum + count, 0)
