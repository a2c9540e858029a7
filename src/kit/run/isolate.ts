import { execFile } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { type ExitEvidence, OptionError, platformHosts } from '../../contracts/index.ts'
import { ProgramError } from '../child.ts'
import { bridge } from './bridge.ts'
import type { RelayOptions, RelayOutcome } from './relay.ts'

/** A program in a network of its own, which holds nothing but the ways to the proxy and the gateway. */
export interface Isolated extends AsyncDisposable {
  /** What is to be started instead of the program. */
  readonly command: readonly string[]
  /** How the program ended, once that command has. @throws ProgramError when it was never started */
  outcome(): ExitEvidence
}

export interface IsolateOptions {
  /** A folder of this run's own. */
  readonly folder: string
  /** The file of the relay that runs inside. */
  readonly relay: string
  readonly proxyPort: number
  readonly gatewayPort: number
  readonly command: readonly string[]
  readonly env: NodeJS.ProcessEnv
  readonly cwd: string | undefined
  /** Signals from the keyboard reach the program by themselves. */
  readonly isTerminal: boolean
}

const namespaces = ['--net', '--mount']

/**
 * The arguments that make the kernel give a network of its own: with the right to do so, or as root of a
 * user namespace.
 *
 * @throws OptionError where neither is allowed
 */
async function unshareArguments(): Promise<readonly string[]> {
  if (process.platform !== 'linux')
    throw new OptionError(`--isolate needs Linux; this is ${process.platform}`)
  const forms = [namespaces, ['--user', '--map-root-user', ...namespaces]]
  let problem = ''
  for (const form of forms) {
    try {
      await promisify(execFile)('unshare', [...form, 'ip', 'link', 'set', 'lo', 'up'])
      return form
    } catch (error) {
      const { code, stderr = '', message } = error as NodeJS.ErrnoException & { stderr?: string }
      problem = code === 'ENOENT' ? 'there is no "unshare" (util-linux)' : stderr.trim() || message
    }
  }
  throw new OptionError(
    `--isolate: no network namespace can be made here: ${problem}; it needs unshare (util-linux), ip (iproute2) and a kernel, or a container, that allows it`,
  )
}

/** Prepares a program for a network of its own. @throws OptionError where there can be none */
export async function isolate(options: IsolateOptions): Promise<Isolated> {
  const { folder, relay, proxyPort, gatewayPort, command, env, cwd, isTerminal } = options
  const unshare = await unshareArguments()
  // Sockets in the file system reach across networks.
  const proxy = join(folder, 'proxy.sock')
  const gateway = join(folder, 'gateway.sock')
  const outcomeFile = join(folder, 'outcome.json')
  const bridges = await Promise.all([
    bridge({ path: proxy }, { host: '127.0.0.1', port: proxyPort }),
    bridge({ path: gateway }, { host: '127.0.0.1', port: gatewayPort }),
  ])
  const told: RelayOptions = {
    listen: [
      { port: proxyPort, socket: proxy },
      { port: gatewayPort, socket: gateway },
      // Programs that take no proxy come here by the names in the file of hosts.
      { port: 80, socket: proxy },
      { port: 443, socket: proxy },
    ],
    hosts: platformHosts,
    hostsFile: join(folder, 'hosts'),
    command,
    env,
    cwd,
    isTerminal,
    outcomeFile,
  }
  const script = join(folder, 'inside.cjs')
  const call = `require(${JSON.stringify(relay)}).runBehindRelay(${JSON.stringify(told)})\n`
  // It holds the environment.
  await writeFile(script, call, { mode: 0o600 })
  return {
    command: ['unshare', ...unshare, '--', process.execPath, script],
    outcome: () => outcomeIn(outcomeFile),
    async [Symbol.asyncDispose]() {
      for (const { close } of bridges) close()
    },
  }
}

function outcomeIn(file: string): ExitEvidence {
  if (!existsSync(file))
    throw new ProgramError('--isolate: the relay inside ended before the program')
  const outcome = JSON.parse(readFileSync(file, 'utf8')) as RelayOutcome
  if ('problem' in outcome) throw new ProgramError(outcome.problem)
  return outcome
}
