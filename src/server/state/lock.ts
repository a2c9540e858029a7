import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'

/** The data folder is another running gateway's; two writers would lose each other's changes. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'
}

/** The locks that this very process holds. */
const ours = new Set<string>()

/**
 * Makes this process the one writer of a data folder.
 *
 * @returns a function that gives the folder back
 * @throws FolderInUseError naming the process that has it
 */
export function lockFolder(folder: string): () => void {
  mkdirSync(folder, { recursive: true })
  const path = resolve(join(folder, 'lock'))
  const take = () => writeFileSync(path, String(process.pid), { flag: 'wx' })
  try {
    take()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const holder = Number(readFileSync(path, 'utf8'))
    // In a container every start has the same number: the file alone does not say that it is us.
    if (holder === process.pid ? ours.has(path) : isAlive(holder)) {
      throw new FolderInUseError(`the data folder ${folder} is in use by process ${holder}`)
    }
    // Its holder was killed before it could give the folder back.
    rmSync(path, { force: true })
    take()
  }
  ours.add(path)
  return () => {
    ours.delete(path)
    rmSync(path, { force: true })
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM'
  }
}
