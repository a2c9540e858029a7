import { spawnSync } from 'node:child_process'
import { linkSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join, resolve } from 'node:path'
import { codeOf } from './file-door.ts'
import { folderError } from './store-error.ts'

/** Who has a data folder. */
interface LockHolder {
  readonly pid: number
  /** When the process began, as its system says; a number given to another process later is told apart by it. */
  readonly started?: string
  readonly host?: string
}

/** The data folder is another running gateway's; two writers would lose each other's changes. */
export class FolderInUseError extends Error {
  override readonly name = 'FolderInUseError'
}

/** The locks that this very process holds. */
const ours = new Set<string>()

const lockIn = (folder: string) => resolve(join(folder, 'lock'))

/**
 * Makes this process the one writer of a data folder.
 *
 * @param onNotice told when the folder is taken over from a process that is no more
 * @returns a function that gives the folder back
 * @throws FolderInUseError naming the process that has it
 */
export function lockFolder(folder: string, onNotice: (message: string) => void): () => void {
  const path = lockIn(folder)
  try {
    mkdirSync(folder, { recursive: true })
    if (!takeLock(path)) takeOver(folder, path, onNotice)
  } catch (error) {
    throw error instanceof FolderInUseError ? error : folderError(folder, error)
  }
  ours.add(path)
  return () => {
    ours.delete(path)
    rmSync(path, { force: true })
  }
}

/** @throws FolderInUseError for a folder that a running process holds */
export function refuseLocked(folder: string): void {
  const path = lockIn(folder)
  const holder = readHolder(path)
  if (holder !== 'nobody') whyFree(folder, path, holder)
}

/** Whether the lock is ours now; it is there with its content or not at all. */
function takeLock(path: string): boolean {
  const temporary = `${path}.${process.pid}.tmp`
  const started = startOf(process.pid)
  const self: LockHolder = { pid: process.pid, ...(started && { started }), host: hostname() }
  writeFileSync(temporary, JSON.stringify(self))
  try {
    linkSync(temporary, path)
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    // A file system without hard links.
    return writeNew(path, JSON.stringify(self))
  } finally {
    rmSync(temporary, { force: true })
  }
}

function writeNew(path: string, text: string): boolean {
  try {
    writeFileSync(path, text, { flag: 'wx' })
    return true
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false
    throw error
  }
}

/** One at a time: of two processes that find the same dead holder, only one may remove its lock. */
function takeOver(folder: string, path: string, onNotice: (message: string) => void): void {
  const guard = `${path}.takeover`
  if (!takeLock(guard)) {
    const other = readHolder(guard)
    if (other !== 'nobody') whyFree(folder, guard, other)
    rmSync(guard, { force: true })
    if (!takeLock(guard))
      throw new FolderInUseError(`the data folder ${folder} is being taken over`)
  }
  try {
    const holder = readHolder(path)
    if (holder !== 'nobody') {
      const reason = whyFree(folder, path, holder)
      rmSync(path, { force: true })
      onNotice(`the data folder ${folder} is taken over: ${reason}`)
    }
    if (!takeLock(path)) throw new FolderInUseError(`the data folder ${folder} was taken just now`)
  } finally {
    rmSync(guard, { force: true })
  }
}

function readHolder(path: string): LockHolder | 'nobody' | 'unreadable' {
  let text: string
  try {
    text = readFileSync(path, 'utf8')
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return 'nobody'
    throw error
  }
  try {
    const holder: unknown = JSON.parse(text)
    if (typeof holder === 'number') return { pid: holder }
    if (typeof (holder as LockHolder).pid === 'number') return holder as LockHolder
  } catch {
    // Said below.
  }
  return 'unreadable'
}

/**
 * In words why a holder has the folder no more.
 *
 * @throws FolderInUseError when it has
 */
function whyFree(folder: string, path: string, holder: LockHolder | 'unreadable'): string {
  if (holder === 'unreadable') return 'its lock names no process'
  const { pid, started, host } = holder
  const inUse = (hint = '') =>
    new FolderInUseError(
      `the data folder ${folder} is in use by process ${pid}${host === undefined ? '' : ` on ${host}`}${hint}`,
    )
  if (host !== undefined && host !== hostname()) {
    throw inUse(
      `, which cannot be looked for from ${hostname()}; if that process is no more, remove ${path}`,
    )
  }
  if (pid === process.pid) {
    // In a container every start has the same number: the file alone does not say that it is us.
    if (ours.has(path)) throw inUse()
    return `process ${pid} is no more, this one has its number`
  }
  if (!isAlive(pid)) return `process ${pid} is no more`
  const now = started === undefined ? undefined : startOf(pid)
  if (now === undefined || now === started) throw inUse()
  return `process ${pid} is no more, another one has its number`
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return codeOf(error) === 'EPERM'
  }
}

/** When a process began, in words of its system; `undefined` where the system does not say. */
function startOf(pid: number): string | undefined {
  if (process.platform === 'linux') {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
      // The name before it is in brackets and may hold anything; the start is the 22nd field.
      const ticks = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]
      const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()
      return ticks && `${boot}/${ticks}`
    } catch {
      return undefined
    }
  }
  if (process.platform === 'win32') return undefined
  const { stdout } = spawnSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' })
  return stdout?.trim() || undefined
}
