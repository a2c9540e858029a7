// What stands between a program in a network of its own and the proxy outside, as one file of its own: it
// may import nothing heavy.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import type { ExitEvidence } from '../../contracts/index.ts'
import { bridge } from './bridge.ts'
import { passedSignals, runInForeground } from './foreground.ts'

export interface RelayOptions {
  /** Ports to open inside, and the socket that each leads to. */
  readonly listen: readonly { readonly port: number; readonly socket: string }[]
  /** Names that are this machine, inside. */
  readonly hosts: readonly string[]
  /** Where the inside's own file of hosts may be written. */
  readonly hostsFile: string
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd?: string | undefined
  readonly isTerminal: boolean
  /** Where the outcome is written: the status of the relay itself says nothing. */
  readonly outcomeFile: string
}

/** How the program behind the relay ended, or why it never began. */
export type RelayOutcome = ExitEvidence | { readonly problem: string }

/** Runs a program behind the relay and writes how that ended. */
export async function runBehindRelay(options: RelayOptions): Promise<void> {
  const outcome = await outcomeOf(options).catch(
    ({ message }: Error): RelayOutcome => ({ problem: message }),
  )
  writeFileSync(options.outcomeFile, JSON.stringify(outcome))
}

async function outcomeOf(options: RelayOptions): Promise<RelayOutcome> {
  const { listen, hosts, hostsFile, command, env, cwd, isTerminal } = options
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  const own = hosts.map((host) => `127.0.0.1 ${host}\n`).join('')
  writeFileSync(hostsFile, own + readFileSync('/etc/hosts', 'utf8'))
  execFileSync('mount', ['--bind', hostsFile, '/etc/hosts'])
  const bridges = await Promise.all(
    listen.map(({ port, socket }) => bridge({ host: '127.0.0.1', port }, { path: socket })),
  )
  try {
    return await runInForeground({
      command,
      env,
      cwd,
      signals(deliver) {
        for (const name of passedSignals)
          process.on(name, () => {
            if (!(isTerminal && name === 'SIGINT')) deliver(name)
          })
        return () => undefined
      },
    })
  } finally {
    for (const { close } of bridges) close()
  }
}
