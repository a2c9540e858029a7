// What stands between a program in a network of its own and the proxy outside, as one file of its own: it
// may import nothing heavy.
import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { bridge } from './bridge.ts'
import { passedSignals, runInForeground, shellStatus } from './foreground.ts'

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
}

/** Runs a program behind the relay. @returns its exit status, as a shell has it */
export async function runBehindRelay(options: RelayOptions): Promise<number> {
  const { listen, hosts, hostsFile, command, env, cwd, isTerminal } = options
  execFileSync('ip', ['link', 'set', 'lo', 'up'])
  const own = hosts.map((host) => `127.0.0.1 ${host}\n`).join('')
  writeFileSync(hostsFile, own + readFileSync('/etc/hosts', 'utf8'))
  execFileSync('mount', ['--bind', hostsFile, '/etc/hosts'])
  await Promise.all(
    listen.map(({ port, socket }) => bridge({ host: '127.0.0.1', port }, { path: socket })),
  )
  const exit = await runInForeground({
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
  return shellStatus(exit)
}
