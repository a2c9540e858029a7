import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { Redis } from 'ioredis'

/** A real Redis of one test file. */
export interface RedisServer {
  readonly url: `redis://${string}`
  /** Kills it as a power cut would. */
  kill(): Promise<void>
  /** Stops it where it is, as a machine does that hangs; answers what lets it go on. */
  hang(): () => void
  /** Starts it again on the same port, with the data that it kept. */
  restart(): Promise<void>
  /** Says something to one of its databases, as an operator would. */
  command(database: number, name: string, ...args: string[]): Promise<unknown>
  /** Ends it and removes its data. */
  remove(): Promise<void>
}

/**
 * @param keeps what a change survives that it has taken: nothing, its end, or that of the machine as well
 */
export async function startRedis(
  keeps: 'in memory' | 'to the system' | 'to the disk' = 'to the system',
): Promise<RedisServer> {
  const folder = mkdtempSync(join(tmpdir(), 'localtop-redis-'))
  const port = await freePort()
  let child: ChildProcess

  async function start(): Promise<void> {
    const appends =
      keeps === 'in memory'
        ? ['--appendonly', 'no']
        : ['--appendonly', 'yes', '--appendfsync', keeps === 'to the disk' ? 'always' : 'no']
    child = spawn(
      'redis-server',
      [
        '--databases',
        '50000',
        '--port',
        String(port),
        '--bind',
        '127.0.0.1',
        '--dir',
        folder,
        '--save',
        '',
        ...appends,
      ],
      { stdio: ['ignore', 'pipe', 'inherit'] },
    )
    const failed = once(child, 'error').then(([error]) => {
      throw new Error(`redis-server, a Debian package, is needed: ${error.message}`)
    })
    const ended = once(child, 'exit').then(() => {
      throw new Error('redis-server ended before it was ready')
    })
    const lines = createInterface({ input: child.stdout as NodeJS.ReadableStream })
    const ready = (async () => {
      for await (const line of lines) if (line.includes('Ready to accept connections')) return
    })()
    await Promise.race([ready, failed, ended])
    failed.catch(() => undefined)
    ended.catch(() => undefined)
    child.stdout?.resume()
  }
  async function kill(): Promise<void> {
    const exited = once(child, 'exit')
    child.kill('SIGKILL')
    await exited
  }
  await start()
  return {
    url: `redis://127.0.0.1:${port}`,
    kill,
    hang() {
      child.kill('SIGSTOP')
      return () => child.kill('SIGCONT')
    },
    restart: start,
    async command(database, name, ...args) {
      const client = new Redis({ port, host: '127.0.0.1', db: database })
      const reply = await client.call(name, ...args)
      client.disconnect()
      return reply
    },
    async remove() {
      if (child.exitCode === null && child.signalCode === null) await kill()
      rmSync(folder, { recursive: true })
    },
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  return typeof address === 'object' && address ? address.port : 0
}
