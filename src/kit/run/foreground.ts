import { type ChildProcess, spawn } from 'node:child_process'
import { constants } from 'node:os'
import type { ExitEvidence } from '../../contracts/index.ts'
import { ProgramError, reasonOf } from '../child.ts'

/** Tells of signals that are meant for the program. @returns what ends that */
export type SignalSource = (deliver: (signal: NodeJS.Signals) => void) => () => void

export interface ForegroundOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string | undefined
  readonly signals: SignalSource
}

/**
 * Runs a program as if it had been started itself: terminal, input and output are its own, and signals
 * reach it.
 *
 * @throws ProgramError when it cannot be started
 */
export function runInForeground({
  command,
  env,
  cwd,
  signals,
}: ForegroundOptions): Promise<ExitEvidence> {
  const [program = '', ...args] = command
  return new Promise((resolve, reject) => {
    const failed = (reason: string) =>
      reject(new ProgramError(`"${program}" cannot be started: ${reason}`))
    let child: ChildProcess
    try {
      child = spawn(program, args, { env, ...(cwd !== undefined && { cwd }), stdio: 'inherit' })
    } catch (error) {
      failed((error as Error).message)
      return
    }
    const release = signals((signal) => void child.kill(signal))
    child.once('error', (error) => {
      if (child.pid !== undefined) return
      release()
      failed(reasonOf(error, cwd))
    })
    child.once('exit', (status, signal) => {
      release()
      resolve({ status, signal })
    })
  })
}

/** Signals that are passed on to a program. */
export const passedSignals = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT', 'SIGUSR2'] as const

/** How a shell names the end of a program: its status, or 128 and the number of its signal. */
export const shellStatus = ({ status, signal }: ExitEvidence): number =>
  status ?? 128 + (constants.signals[signal as NodeJS.Signals] ?? 0)
