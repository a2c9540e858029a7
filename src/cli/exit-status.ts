import { CommanderError } from 'commander'
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
} from '../server/index.ts'
import { complain, UsageError } from './terminal.ts'

/** Prints what went wrong in one line and answers the exit status: 2 for a wrong use, 1 for the rest. */
export function statusOf(error: unknown): number {
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
