import type { FileDoor } from '../../src/server/index.ts'
import { nodeFiles } from '../../src/server/state/file-door.ts'

/** A real disk that can run full, be mounted read-only, or fail to cut a file. */
export interface SmallDisk extends FileDoor {
  /** How many bytes still go in; what is beyond is written as far as it fits, then fails. */
  room: number
  readOnly: boolean
  mayTruncate: boolean
  /** How many bytes and syncs there were, in their order. */
  readonly seen: string[]
}

const failure = (code: string) => Object.assign(new Error(`${code}: as the test asks`), { code })

export function smallDisk(): SmallDisk {
  const disk: SmallDisk = {
    room: Number.POSITIVE_INFINITY,
    readOnly: false,
    mayTruncate: true,
    seen: [],
    async open(path, flags) {
      if (disk.readOnly && flags !== 'r') throw failure('EROFS')
      const file = await nodeFiles.open(path, flags)
      return {
        async appendFile(bytes) {
          const fits = bytes.subarray(0, disk.room)
          await file.appendFile(fits)
          disk.room -= fits.byteLength
          disk.seen.push('write')
          if (fits.byteLength < bytes.byteLength) throw failure('ENOSPC')
        },
        async datasync() {
          await file.datasync()
          disk.seen.push('datasync')
        },
        async sync() {
          await file.sync()
          disk.seen.push(flags === 'r' ? 'sync of the folder' : 'sync')
        },
        close: () => file.close(),
      }
    },
    async truncate(path, length) {
      if (disk.readOnly || !disk.mayTruncate) throw failure('EROFS')
      await nodeFiles.truncate(path, length)
    },
    async rename(from, to) {
      if (disk.readOnly) throw failure('EROFS')
      await nodeFiles.rename(from, to)
      disk.seen.push('rename')
    },
    rm: (path, options) => nodeFiles.rm(path, options),
  }
  return disk
}
