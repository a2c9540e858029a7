import { type ChildProcess, spawn } from 'node:child_process'
import type { ExitEvidence } from '../contracts/index.ts'

/** The program under test could not be started: nothing was tested. */
export class ProgramError extends Error {
  override readonly name = 'ProgramError'
}

export interface ChildOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  /** @default that of this process */
  readonly cwd?: string | undefined
  /** Ends it when it takes longer, in milliseconds. */
  readonly timeoutMs: number
  /** Ends it when it is aborted. */
  readonly signal?: AbortSignal | undefined
  /** Ends it without asking when it is aborted. */
  readonly killSignal?: AbortSignal | undefined
  readonly onOutput: (stream: 'stdout' | 'stderr', bytes: Buffer) => void
}

export interface ChildOutcome {
  readonly exit: ExitEvidence
  /** It was ended from outside: by its time limit, or because the whole matrix was interrupted. */
  readonly stopped: 'timeout' | 'aborted' | undefined
  /** How long it ran, in milliseconds. */
  readonly ms: number
}

/** How long a program that is asked to stop may take, in milliseconds, before it is made to. */
const graceMs = 2000
/** How long the output of a program that has ended is waited for: a child of its own may keep it open. */
const outputMs = 500

/**
 * Runs a program to its end.
 *
 * @throws ProgramError when it cannot be started
 */
export function runChild(options: ChildOptions): Promise<ChildOutcome> {
  const { command, env, cwd, timeoutMs, signal, killSignal, onOutput } = options
  const [program = '', ...args] = command
  const started = performance.now()
  return new Promise((resolve, reject) => {
    let child: ChildProcess
    try {
      child = spawn(program, args, {
        env,
        ...(cwd !== undefined && { cwd }),
        stdio: ['ignore', 'pipe', 'pipe'],
        // A process group of its own, so that what the program has started ends with it.
        detached: process.platform !== 'win32',
      })
    } catch (error) {
      reject(new ProgramError(`"${program}" cannot be started: ${(error as Error).message}`))
      return
    }
    let stopped: ChildOutcome['stopped']
    let killing: NodeJS.Timeout | undefined
    const stop = (why: 'timeout' | 'aborted') => {
      stopped ??= why
      killGroup(child, 'SIGTERM')
      killing ??= setTimeout(() => killGroup(child, 'SIGKILL'), graceMs)
    }
    const limit = setTimeout(() => stop('timeout'), timeoutMs)
    const onAbort = () => stop('aborted')
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    const onKill = () => killGroup(child, 'SIGKILL')
    killSignal?.addEventListener('abort', onKill, { once: true })

    child.stdout?.on('data', (bytes: Buffer) => onOutput('stdout', bytes))
    child.stderr?.on('data', (bytes: Buffer) => onOutput('stderr', bytes))

    const cleanUp = () => {
      clearTimeout(limit)
      clearTimeout(killing)
      signal?.removeEventListener('abort', onAbort)
      killSignal?.removeEventListener('abort', onKill)
    }
    child.once('error', (error: NodeJS.ErrnoException) => {
      if (child.pid !== undefined) return
      cleanUp()
      reject(new ProgramError(`"${program}" cannot be started: ${reasonOf(error, cwd)}`))
    })
    child.once('exit', (status, by) => {
      const ms = performance.now() - started
      cleanUp()
      // What it has left behind must not call into the next scenario.
      killGroup(child, 'SIGKILL')
      const finish = () => {
        clearTimeout(impatient)
        resolve({ exit: { status, signal: by }, stopped, ms })
      }
      const impatient = setTimeout(() => {
        child.stdout?.destroy()
        child.stderr?.destroy()
      }, outputMs)
      child.once('close', finish)
    })
  })
}

function killGroup({ pid }: ChildProcess, signal: NodeJS.Signals): void {
  if (pid === undefined) return
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, signal)
  } catch {
    // It has ended already.
  }
}

/** Why a program could not be started, in words. */
export function reasonOf(
  { code, message }: NodeJS.ErrnoException,
  cwd: string | undefined,
): string {
  if (code === 'ENOENT')
    return `there is no such program${cwd === undefined ? '' : `, or no folder ${cwd}`}`
  return code === 'EACCES' ? 'it is no program that may be run' : message
}
