import { join } from 'node:path'
import { type FileDoor, type OpenFile, syncFolder } from './file-door.ts'
import {
  formatVersion,
  type Operation,
  type SnapshotEnd,
  type SnapshotHeader,
  type StoreData,
  snapshotName,
} from './log-lines.ts'

/** Small chunks keep the event loop free while calls go on being answered. */
const recordsAtOnce = 200
const mostAtOnce = 4 * 1024 * 1024

const temporaryIn = (folder: string) => join(folder, `${snapshotName}.tmp`)

/** A snapshot that is on the disk and does not count yet. */
export interface FinishedSnapshot {
  readonly bytes: number
  putInPlace(): Promise<void>
}

/**
 * Writes everything beside the snapshot that counts.
 *
 * @param log the first log whose operations are not in it
 */
export async function writeSnapshot(
  files: FileDoor,
  folder: string,
  data: StoreData,
  log: number,
): Promise<FinishedSnapshot> {
  const temporary = temporaryIn(folder)
  const file = await files.open(temporary, 'w')
  let bytes: number
  try {
    bytes = await writeRecords(file, data, log)
    await file.sync()
  } finally {
    await file.close()
  }
  return {
    bytes,
    async putInPlace() {
      await files.rename(temporary, join(folder, snapshotName))
      await syncFolder(files, folder)
    },
  }
}

/** What a snapshot that failed, or was killed, has left: it takes the room of a whole one. */
export async function removeUnfinishedSnapshot(files: FileDoor, folder: string): Promise<void> {
  await files.rm(temporaryIn(folder), { force: true }).catch(() => undefined)
}

async function writeRecords(file: OpenFile, data: StoreData, log: number): Promise<number> {
  const header: SnapshotHeader = { localtop: 'snapshot', format: formatVersion, log }
  let chunk = `${JSON.stringify(header)}\n`
  let bytes = 0
  let records = 0
  const write = async () => {
    const text = Buffer.from(chunk)
    chunk = ''
    await file.appendFile(text)
    bytes += text.byteLength
  }
  for (const [collection, entries] of data) {
    for (const [key, value] of entries) {
      chunk += `${JSON.stringify([collection, key, value] satisfies Operation)}\n`
      if (++records % recordsAtOnce === 0 || chunk.length > mostAtOnce) await write()
    }
  }
  chunk += `${JSON.stringify({ localtop: 'end', records } satisfies SnapshotEnd)}\n`
  await write()
  return bytes
}
