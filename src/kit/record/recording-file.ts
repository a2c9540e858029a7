import {
  closeSync,
  existsSync,
  ftruncateSync,
  openSync,
  readFileSync,
  statSync,
  writeSync,
} from 'node:fs'
import type { RecordedLine } from '../../contracts/index.ts'
import { ExchangeSourceError, readExchangeFile } from '../exchange-sources.ts'

/** A file that grows line by line: what is in it survives the end of the process. */
export interface RecordingFile {
  /** Exchanges in it, those from before included. */
  readonly count: () => number
  readonly nextId: () => string
  add(lines: readonly RecordedLine[]): void
  close(): void
  /** A line that a recorder before has not finished was taken away. */
  readonly repaired: boolean
}

/**
 * Opens a recording; one that is there is gone on with.
 *
 * @throws ExchangeSourceError for a file that is something else, or cannot be written
 */
export function openRecording(
  file: string,
  { to, startedAt }: { readonly to: string; readonly startedAt: string },
): RecordingFile {
  const before = existsSync(file) && statSync(file).size > 0 ? readExchangeFile(file) : undefined
  if (before && before.headers.length === 0) {
    throw new ExchangeSourceError(`${file} is no recording: nothing is added to it`)
  }
  let fd: number
  try {
    // What is masked is still somebody's business.
    fd = openSync(file, 'a', 0o600)
  } catch (error) {
    throw new ExchangeSourceError(`${file} cannot be written: ${(error as Error).message}`)
  }
  const repaired = before?.cutLine !== undefined
  if (repaired) {
    const bytes = readFileSync(file)
    ftruncateSync(fd, bytes.lastIndexOf(0x0a) + 1)
  }
  let last = Math.max(0, ...(before?.exchanges ?? []).map(({ id }) => Number(id) || 0))
  let count = before?.exchanges.length ?? 0
  const write = (value: object) => writeSync(fd, `${JSON.stringify(value)}\n`)
  write({ format: 'localtop-recording', version: 1, to, startedAt })
  return {
    count: () => count,
    nextId: () => String(++last),
    add(lines) {
      for (const line of lines) {
        write(line)
        count++
      }
    },
    close: () => closeSync(fd),
    repaired,
  }
}
