import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process'
import { join } from 'node:path'

const command = join(import.meta.dirname, '../../dist/cli.js')

interface Ended {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface Running {
  readonly child: ChildProcessWithoutNullStreams
  readonly ended: Promise<Ended>
  /** Ends when stdout holds a text; fails when the command ends without it. */
  prints(text: string): Promise<string>
  /** The same for stderr. */
  complains(text: string): Promise<string>
}

/** Runs the built command in a folder, as a user does. */
export function startCommand(
  args: readonly string[],
  cwd: string,
  env: NodeJS.ProcessEnv = {},
): Running {
  const child = spawn(process.execPath, [command, ...args], {
    cwd,
    env: { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined, ...env },
  })
  let stdout = ''
  let stderr = ''
  const watchers = new Set<() => void>()
  child.stdout.on('data', (chunk) => {
    stdout += chunk
    for (const watch of watchers) watch()
  })
  child.stderr.on('data', (chunk) => {
    stderr += chunk
    for (const watch of watchers) watch()
  })
  const ended = new Promise<Ended>((resolve) =>
    child.on('close', (status) => resolve({ status, stdout, stderr })),
  )
  const until = (text: string, written: () => string) =>
    new Promise<string>((resolve, reject) => {
      const watch = () => {
        if (written().includes(text)) resolve(written())
      }
      watchers.add(watch)
      watch()
      ended.then(() => reject(new Error(`ended without "${text}": ${stdout}${stderr}`)))
    })
  return {
    child,
    ended,
    prints: (text) => until(text, () => stdout),
    complains: (text) => until(text, () => stderr),
  }
}

/** Runs the built command to its end. */
export const runCommand = (args: readonly string[], cwd: string, env?: NodeJS.ProcessEnv) =>
  startCommand(args, cwd, env).ended
