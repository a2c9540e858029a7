import { open, rename, rm, truncate } from 'node:fs/promises'

/** What a file store does to files, as far as it writes; tests hand over a disk that is full. */
export interface FileDoor {
  open(path: string, flags: 'a' | 'w' | 'r'): Promise<OpenFile>
  rename(from: string, to: string): Promise<void>
  rm(path: string, options?: { readonly force?: boolean }): Promise<void>
  truncate(path: string, length: number): Promise<void>
}

interface OpenFile {
  /** Writes all of it, or fails. */
  appendFile(bytes: Uint8Array): Promise<void>
  datasync(): Promise<void>
  sync(): Promise<void>
  close(): Promise<void>
}

export type { OpenFile }

export const nodeFiles: FileDoor = { open, rename, rm, truncate }

/** Makes what happened in a folder (a file made, renamed, removed) survive a power cut. */
export async function syncFolder(files: FileDoor, folder: string): Promise<void> {
  // Windows cannot open a folder for this; the rename is durable there without it.
  const handle = await files.open(folder, 'r').catch(() => undefined)
  try {
    await handle?.sync()
  } catch (error) {
    // Some file systems refuse to sync a folder; an error of the disk is one.
    if (!['EINVAL', 'EPERM', 'ENOTSUP'].includes(codeOf(error) ?? '')) throw error
  } finally {
    await handle?.close()
  }
}

export const codeOf = (error: unknown): string | undefined =>
  (error as NodeJS.ErrnoException | undefined)?.code
