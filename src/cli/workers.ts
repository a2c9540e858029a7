import type { Worker } from 'node:cluster'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout } from 'node:timers/promises'
import { type GatewayFlags, gatewayOptions } from './flags.ts'
import { takeInterrupts } from './interruption.ts'
import { type Ports, portsOf, type Ready, type Serving, serve } from './serve.ts'
import { complain, UsageError, yellow } from './terminal.ts'

type Role = NonNullable<Serving['worker']>

/** What a worker is told. */
type Order = { readonly order: 'serve'; readonly as: Role } | { readonly order: 'stop' }

/** What a worker tells: that it hears orders, and that it answers calls. */
type News =
  | { readonly news: 'here' }
  | { readonly news: 'ready'; readonly ready: Ready; readonly screen: string }

/** How a worker has ended. */
interface Ended {
  readonly pid: number | undefined
  readonly wasReady: boolean
  readonly code: number | null
  readonly how: string
}

/** A worker that could not begin is followed by another after so long, in milliseconds. */
const pauseMs = 1000

/**
 * Runs several gateways on one port, each in a process of its own, until it is told to end. A worker that
 * dies is followed by another. The workers run this function as well, for their part.
 *
 * @param announce told once all of them answer
 * @throws UsageError where they have no store to share
 */
export async function startWorkers(
  flags: GatewayFlags & { readonly workers: number },
  json: boolean,
  announce: (ready: Ready, screen: string) => void,
): Promise<void> {
  const { default: cluster } = await import('node:cluster')
  if (cluster.worker) return work(cluster.worker, flags, json)
  const { store } = gatewayOptions(flags)
  if (!store?.startsWith('redis')) {
    throw new UsageError(
      `--workers: several processes need a store that they share, and --store is ${store}; start a Redis and add --store redis://127.0.0.1:6379`,
    )
  }
  const ports = await freePorts(flags)
  const running = new Set<Worker>()
  const { signal } = takeInterrupts(
    () => {
      for (const worker of running) tell(worker, { order: 'stop' })
    },
    () => {
      for (const { process: one } of running) one.kill('SIGKILL')
      process.exit(130)
    },
  )
  const numbers = Array.from({ length: flags.workers }, (_, at) => at + 1)
  const pids = new Map<number, number>()
  const others: Promise<void>[] = []
  let first: { readonly ready: Ready; readonly screen: string } | undefined
  let isAnnounced = false

  function answers(number: number, pid: number, ready: Ready, screen: string) {
    pids.set(number, pid)
    if (!first) {
      first = { ready, screen }
      // By now there is a shop that they find.
      others.push(...numbers.slice(1).map(keep))
    }
    if (isAnnounced || pids.size < numbers.length) return
    isAnnounced = true
    const workers = numbers.map((one) => pids.get(one) as number)
    announce({ ...first.ready, pid: process.pid, workers }, first.screen)
  }

  function run(number: number): Promise<Ended> {
    const worker = cluster.fork()
    const { pid } = worker.process
    running.add(worker)
    let wasReady = false
    worker.on('message', (message: News) => {
      if (message.news === 'ready') {
        wasReady = true
        answers(number, pid ?? 0, message.ready, message.screen)
      } else if (signal.aborted) tell(worker, { order: 'stop' })
      else {
        const as = { number, isFirst: !first, controlToken: first?.ready.controlToken, ports }
        tell(worker, { order: 'serve', as })
      }
    })
    return new Promise((resolve) => {
      worker.on('exit', (code, name) => {
        running.delete(worker)
        resolve({ pid, wasReady, code, how: name ? `was ended by ${name}` : `ended with ${code}` })
      })
    })
  }

  /** Runs one worker after the other until all are told to end, or the very first cannot begin. */
  async function keep(number: number): Promise<void> {
    for (;;) {
      const { pid, wasReady, code, how } = await run(number)
      // What was wrong it has said itself.
      if (code !== 0 && (signal.aborted || !first)) process.exitCode = code ?? 1
      if (signal.aborted || !first) return
      complain(
        `${yellow('localtop:')} worker ${number} (process ${pid}) ${how}; another is started`,
      )
      if (!wasReady) await setTimeout(pauseMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
    }
  }

  await keep(1)
  await Promise.all(others)
}

/** Ports that stay the same when all workers have died: any free ones are chosen here, once. */
async function freePorts(flags: GatewayFlags): Promise<Ports> {
  const asked = portsOf(flags)
  if (asked.port !== 0) return asked
  const held = [createServer(), createServer()]
  for (const server of held) await once(server.listen(0, flags.host ?? '127.0.0.1'), 'listening')
  const [port, tlsPort] = held.map((server) => (server.address() as AddressInfo).port) as [
    number,
    number,
  ]
  for (const server of held) await once(server.close(), 'close')
  return { port, tlsPort }
}

function tell(worker: Worker, order: Order): void {
  if (worker.isConnected()) worker.send(order)
}

/** One of the processes. */
async function work(self: Worker, flags: GatewayFlags, json: boolean): Promise<void> {
  const stop = new AbortController()
  // Ctrl-C reaches all processes of a terminal; what follows from it the first of them says.
  process.on('SIGINT', () => undefined)
  process.on('SIGTERM', () => stop.abort())
  const role = await new Promise<Role | undefined>((resolve) => {
    process.on('message', (message: Order) => {
      if (message.order === 'serve') return resolve(message.as)
      stop.abort()
      resolve(undefined)
    })
    self.send({ news: 'here' } satisfies News)
  })
  const onReady = (ready: Ready, screen: string) =>
    void self.send({ news: 'ready', ready, screen } satisfies News)
  try {
    if (role) await serve(flags, json, { signal: stop.signal, onReady, worker: role })
  } finally {
    self.disconnect()
  }
}
