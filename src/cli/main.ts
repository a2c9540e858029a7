#!/usr/bin/env node
import module from 'node:module'
import { Command, CommanderError } from 'commander'
import { ItemFileError } from '../client/index.ts'
import { CallFormatError, LockError, OptionError } from '../contracts/index.ts'
import {
  ExchangeSourceError,
  NoCaseError,
  NothingRecordedError,
  NothingToRunError,
  ProgramError,
} from '../kit/index.ts'
import {
  DataFileError,
  ExistingStateError,
  FolderInUseError,
  PortInUseError,
  RedisUnavailableError,
  StoreFormatError,
  StoreUnavailableError,
  version,
} from '../server/index.ts'
import { driftCommand } from './drift.ts'
import { errorsCommand } from './errors.ts'
import { explainCommand } from './explain.ts'
import { fidelityCommand } from './fidelity.ts'
import { lockCommand } from './lock.ts'
import { matrixCommand } from './matrix.ts'
import { methodsCommand } from './methods.ts'
import { publishCommand } from './publish.ts'
import { recordCommand } from './record.ts'
import { replayCommand } from './replay.ts'
import { runCommand } from './run.ts'
import { scenariosCommand } from './scenarios.ts'
import { startCommand } from './start.ts'
import { storeCommand } from './store.ts'
import { complain, UsageError } from './terminal.ts'
import { verifyCommand } from './verify.ts'

// Node 22 and later keep the compiled code for the next start.
;(module as { enableCompileCache?: () => void }).enableCompileCache?.()

const program = new Command('localtop')
  .description('The Taobao Open Platform gateway on your own machine, with a contract test kit')
  .version(version)
  .addCommand(startCommand(), { isDefault: true })
  .addCommand(runCommand())
  .addCommand(matrixCommand())
  .addCommand(replayCommand())
  .addCommand(publishCommand())
  .addCommand(explainCommand())
  .addCommand(verifyCommand())
  .addCommand(recordCommand())
  .addCommand(driftCommand())
  .addCommand(lockCommand())
  .addCommand(scenariosCommand())
  .addCommand(methodsCommand())
  .addCommand(errorsCommand())
  .addCommand(storeCommand())
  .addCommand(fidelityCommand())

exitByException(program)

// Whoever reads has seen enough: `localtop methods list | head`.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error
  process.exit()
})

try {
  await program.parseAsync()
} catch (error) {
  process.exitCode = statusOf(error)
}

/** Commander would end the process by itself; here `main` is the one place that decides the status. */
function exitByException(command: Command): void {
  command.exitOverride()
  for (const sub of command.commands) exitByException(sub)
}

/** Prints what went wrong in one line and answers the exit status: 2 for a wrong use, 1 for the rest. */
function statusOf(error: unknown): number {
  // Commander has printed its line already; help and version are no errors.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2
  if (error instanceof PortInUseError) {
    complain(`localtop: --port: ${error.message}; choose another, or 0 for any free one`)
    return 2
  }
  if (error instanceof ExistingStateError) {
    complain(`localtop: --world: ${error.message.replace('(fresh)', '(--fresh)')}`)
    return 2
  }
  if (error instanceof RedisUnavailableError) {
    complain(`localtop: --store: ${error.message}`)
    return 2
  }
  if (error instanceof FolderInUseError || error instanceof StoreUnavailableError) {
    complain(`localtop: --data: ${error.message}`)
    return 2
  }
  if (error instanceof StoreFormatError) {
    complain(
      `localtop: ${error.message}; see localtop store check, localtop store repair --dry-run`,
    )
    return 2
  }
  const isUsage = [
    UsageError,
    OptionError,
    CallFormatError,
    DataFileError,
    ExchangeSourceError,
    ItemFileError,
    LockError,
    NoCaseError,
    NothingRecordedError,
    NothingToRunError,
    ProgramError,
  ].some((kind) => error instanceof kind)
  complain(`localtop: ${error instanceof Error ? error.message : String(error)}`)
  return isUsage ? 2 : 1
}
