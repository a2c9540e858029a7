import { readFileSync } from 'node:fs'
import { Command, Option } from 'commander'
import {
  LockError,
  type LockFile,
  lockChanges,
  lockChangeText,
  lockOf,
  lockText,
  mergeLocks,
  readLock,
} from '../contracts/index.ts'
import { exchangesIn, exchangesOf } from '../kit/index.ts'
import { writeInOneMove } from './start.ts'
import { complain, dim, green, print, printJson, red, UsageError, yellow } from './terminal.ts'

interface LockFlags {
  readonly lock: string
  readonly url?: string
  readonly appKey?: string
  readonly token?: string
  readonly check?: boolean
  readonly merge?: boolean
  readonly json?: boolean
}

const reports = '.localtop/reports'

export function lockCommand(): Command {
  return new Command('lock')
    .argument(
      '[places...]',
      `folders of localtop run or matrix, files of exchanges, recordings (default: ${reports})`,
    )
    .addOption(new Option('--lock <file>', 'the lock').default('localtop.lock.json'))
    .option('--check', 'compare the lock with the present contracts instead: for CI')
    .option('--merge', 'keep what the lock holds already (default: the lock is replaced)')
    .option('--url <url>', 'take the journal of a running gateway instead of files')
    .option('--app-key <key>', 'with --url: the calls of one app')
    .addOption(
      new Option('--token <token>', "with --url: the control API's, off this machine").env(
        'LOCALTOP_CONTROL_TOKEN',
      ),
    )
    .option('--json', 'machine-readable')
    .addHelpText(
      'after',
      `
  localtop run -- npm test && localtop lock
  localtop lock --check

A field is used that was asked for with "fields", else that an answer carried.
Exit status: 0 done, or nothing has changed; 1 with --check: something that is used has changed;
2 a wrong use, a lock that cannot be read, or nothing to lock.`,
    )
    .action((places: string[], flags: LockFlags) =>
      flags.check ? check(places, flags) : lock(places, flags),
    )
}

async function lock(places: readonly string[], flags: LockFlags): Promise<void> {
  const { url, appKey, token, lock: file } = flags
  if (url !== undefined && places.length > 0) {
    throw new UsageError('--url: the journal is read instead of files; give one of them')
  }
  const { exchanges, notices } =
    url === undefined
      ? exchangesIn(places.length > 0 ? places : [reports])
      : await exchangesOf(url, { appKey, token })
  const { lock: fresh, notes, exchanges: used } = lockOf(exchanges)
  const before = flags.merge ? existing(file) : undefined
  const written = before ? mergeLocks(before, fresh) : fresh
  writeInOneMove(file, lockText(written))
  const counts = countsOf(written)
  if (flags.json) {
    printJson({ file, ...counts, exchanges: used, notes: [...notices, ...notes] })
    return
  }
  for (const note of [...notices, ...notes]) complain(yellow(note))
  print(
    green(
      `${file}: ${counts.methods} methods, ${counts.parameters} parameters, ${counts.fields} fields`,
    ) + dim(` from ${used} exchanges${before ? ', with what it held before' : ''}`),
  )
}

function countsOf({ methods }: LockFile) {
  const all = Object.values(methods)
  return {
    methods: all.length,
    parameters: all.reduce((sum, one) => sum + Object.keys(one.parameters).length, 0),
    fields: all.reduce((sum, one) => sum + Object.keys(one.fields).length, 0),
  }
}

function check(places: readonly string[], { lock: file, json, url, merge }: LockFlags): void {
  if (places.length > 0 || url !== undefined || merge) {
    throw new UsageError('--check: only the lock is read; no places, --url or --merge')
  }
  const locked = readLockFile(file)
  const changes = lockChanges(locked)
  const counts = countsOf(locked)
  if (changes.length > 0) process.exitCode = 1
  if (json) {
    printJson({ file, ...counts, changes })
    return
  }
  for (const change of changes) print(red(lockChangeText(change)))
  if (changes.length > 0) complain(`${changes.length} used parts of the contract have changed`)
  else {
    print(
      green(
        `${file}: nothing has changed of ${counts.methods} methods, ${counts.parameters} parameters, ${counts.fields} fields`,
      ),
    )
  }
}

/** @throws LockError with the file's name */
export function readLockFile(file: string): LockFile {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new LockError(
      code === 'ENOENT'
        ? `${file}: there is no such file; localtop lock writes it`
        : `${file} cannot be read: ${message}`,
    )
  }
  try {
    return readLock(text)
  } catch (error) {
    throw error instanceof LockError ? new LockError(`${file} ${error.message}`) : error
  }
}

/** What is there to merge with; a first lock has nothing. */
function existing(file: string): LockFile | undefined {
  try {
    return readLockFile(file)
  } catch (error) {
    if (error instanceof LockError && error.message.includes('no such file')) return undefined
    throw error
  }
}
