import { renameSync, writeFileSync } from 'node:fs'
import { Command } from 'commander'
import { type GatewayFlags, gatewayFlags, withConfig, workerCount } from './flags.ts'
import { takeInterrupts } from './interruption.ts'
import { type Ready, serve } from './serve.ts'
import { print, printJson, UsageError } from './terminal.ts'
import { startWorkers } from './workers.ts'

export function startCommand(): Command {
  const command = new Command('start')
    .option('--json', 'print one JSON line instead of the start screen')
    // It is the default command, so a mistyped command's name arrives here as an argument.
    .allowExcessArguments()
    .action((flags: GatewayFlags & { json?: boolean }, { args }: Command) => {
      if (args.length > 0) throw new UsageError(`"${args[0]}" is no command; see localtop --help`)
      return start(withConfig(flags), flags.json ?? false)
    })
  for (const flag of gatewayFlags()) command.addOption(flag)
  command.option(
    '--workers <n>',
    'processes that answer on the port; needs --store redis://… for what they share (default: 1)',
    workerCount,
  )
  command.option('--no-watch', 'do not read scenario files anew when they change')
  return command
}

async function start(flags: GatewayFlags, json: boolean): Promise<void> {
  const announce = (ready: Ready, screen: string) => {
    if (flags.readyFile !== undefined) writeInOneMove(flags.readyFile, JSON.stringify(ready))
    if (json) printJson(ready)
    else print(screen)
  }
  const { workers = 1 } = flags
  if (workers > 1) return startWorkers({ ...flags, workers }, json, announce)
  const interruption = takeInterrupts()
  await serve(flags, json, { signal: interruption.signal, onReady: announce })
}

/** So that whoever waits for the file never reads half of it. */
export function writeInOneMove(file: string, text: string): void {
  const temporary = `${file}.${process.pid}.tmp`
  writeFileSync(temporary, `${text}\n`, { mode: 0o600 })
  renameSync(temporary, file)
}
