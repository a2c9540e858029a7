import { Command, Option } from 'commander'
import { hostKind } from '../contracts/index.ts'
import { openRecorder, type RecorderEvent } from '../kit/index.ts'
import { port as portOf } from './flags.ts'
import { writeInOneMove } from './start.ts'
import { bold, complain, dim, print, printJson, red, yellow } from './terminal.ts'

interface RecordFlags {
  readonly to: string
  readonly file: string
  readonly port?: number
  readonly readOnly?: boolean
  readonly allowWrites?: boolean
  readonly readyFile?: string
  readonly json?: boolean
}

export function recordCommand(): Command {
  return new Command('record')
    .requiredOption('--to <url>', 'the gateway that the calls go to: there is no default')
    .addOption(
      new Option(
        '--file <file>',
        'where they are kept, a line each; added to where it is there',
      ).default('localtop-recording.jsonl'),
    )
    .addOption(
      new Option('--port <n>', 'port to listen on, 0 for any free one (default: 7071)').argParser(
        portOf,
      ),
    )
    .option('--read-only', 'refuse methods that may write (default: for taobao.com and tmall.com)')
    .addOption(
      new Option('--allow-writes', 'pass methods that write to the real platform too').conflicts(
        'readOnly',
      ),
    )
    .option('--ready-file <file>', 'write the URL there once calls are passed')
    .option('--json', 'a JSON line for each event')
    .addHelpText(
      'after',
      `
  localtop record --to https://gw.api.taobao.com        then let your program call http://127.0.0.1:7071/router/rest
  localtop drift localtop-recording.jsonl

Listens on this machine only. Calls are passed as they came, so that their signature stays good. Masked in
the file: sign, sessions and other secrets; names, phones, addresses, nicks, e-mails and ids of people.
Ctrl-C ends it.`,
    )
    .action(record)
}

async function record(flags: RecordFlags): Promise<void> {
  const { to, file, json = false, readyFile } = flags
  const tell = (event: RecorderEvent) => (json ? printJson(event) : tellPlainly(event))
  const recorder = await openRecorder({
    to,
    file,
    port: flags.port ?? 7071,
    readOnly: flags.allowWrites ? false : flags.readOnly,
    onExchange: tell,
    now: Date.now,
  })
  const { url, port, readOnly } = recorder
  if (recorder.repaired) complain(yellow(`${file} was cut: its last line was taken away`))
  if (json) printJson({ event: 'ready', url, to: recorder.to, file, readOnly })
  else {
    print(`${bold(`${url}/router/rest`)} passes calls to ${bold(recorder.to)}, kept in ${file}`)
    if (readOnly) print('Methods that may write are refused (--read-only).')
  }
  if (!readOnly && hostKind(new URL(to).host) !== 'loopback') {
    complain(
      yellow(
        `localtop: what is called at ${recorder.to} is done there: an item.add can make a real listing, money can move`,
      ),
    )
  }
  if (readyFile !== undefined) {
    writeInOneMove(readyFile, JSON.stringify({ url, pid: process.pid, port }))
  }
  await new Promise<void>((resolve) => {
    process.once('SIGINT', () => resolve())
    process.once('SIGTERM', () => resolve())
  })
  await recorder.close()
  const kept = recorder.count()
  if (json) printJson({ event: 'end', file, exchanges: kept })
  else print(dim(`${kept} exchanges in ${file}; localtop drift ${file} compares them`))
}

function tellPlainly({ outcome, lines, why }: RecorderEvent): void {
  if (outcome === 'refused') {
    print(`${red('refused')} ${why}`)
    return
  }
  for (const { id, method, response } of lines) {
    const status = response ? String(response.status) : red(why ?? 'no answer')
    print(`${dim(id)} ${method ?? '(no method)'} ${status}`)
  }
}
