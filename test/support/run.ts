import { execFile, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { RunResult } from '../../src/kit/index.ts'

/** No proxy of the machine that the tests run on. */
const noProxies = Object.fromEntries(
  ['http_proxy', 'https_proxy', 'all_proxy', 'no_proxy'].flatMap((name) => [
    [name, undefined],
    [name.toUpperCase(), undefined],
  ]),
)

const command = join(import.meta.dirname, '../../dist/cli.js')

/**
 * Where the system allows it, everything runs in a network of its own: were a program not led to the
 * gateway, its call would still not leave this machine.
 */
const loopbackOnly = ['unshare', '--net', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sealed']
const canSeal = spawnSync('unshare', ['--net', 'ip', 'link', 'set', 'lo', 'up']).status === 0

export interface Ran {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly report: RunResult
}

/** A folder that `localtop run` works in. */
export interface RunFolder extends Disposable {
  readonly path: string
  /** Runs a program under the built `localtop run`. */
  run(
    flags: readonly string[],
    program: readonly string[],
    env?: NodeJS.ProcessEnv,
    input?: string,
  ): Promise<Ran>
}

export function runFolder(): RunFolder {
  const path = mkdtempSync(join(tmpdir(), 'localtop-test-'))
  return {
    path,
    async run(flags, program, env = {}, input = '') {
      const [file = '', ...args] = [
        ...(canSeal ? loopbackOnly : []),
        ...[process.execPath, command, 'run', ...flags, '--', ...program],
      ]
      const options = {
        cwd: path,
        maxBuffer: 64 * 1024 * 1024,
        env: {
          ...process.env,
          ...noProxies,
          NO_COLOR: '1',
          FORCE_COLOR: undefined,
          PYTHONDONTWRITEBYTECODE: '1',
          ...env,
        },
      }
      const ended = await new Promise<Omit<Ran, 'report'>>((resolve) => {
        const child = execFile(file, args, options, (_, stdout, stderr) =>
          resolve({ status: child.exitCode, stdout, stderr }),
        )
        child.stdin?.end(input)
      })
      const reportFile = join(path, '.localtop/reports/run.json')
      return {
        ...ended,
        // Read when it is asked for: a wrong use leaves none.
        get report() {
          return JSON.parse(readFileSync(reportFile, 'utf8')) as RunResult
        },
      }
    },
    [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }),
  }
}

/** `host:port as outcome` for everything that passed the proxy, sorted. */
export const trafficOf = ({ report }: Ran): string[] =>
  report.traffic.hosts
    .map(({ host, port, as, outcome }) => `${host}:${port} ${as} ${outcome}`)
    .sort()
