// npm run bench: the built gateway beside servers that do less, all loaded in turn in one run, medians
// printed; what counts is the ratios.
//
//   npm run bench -- --rounds 5 --seconds 4 --peers --sizes 100,1000000 --write
import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir, totalmem } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { calls } from './calls.mjs'
import { printFigures, writeFigures } from './figures.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    /** Measures the peers of bench/peers too; installs them when they are not there. */
    peers: { type: 'boolean', default: false },
    /** How many items the shop has when the cost of one more is measured. */
    sizes: { type: 'string', default: '100,10000' },
    /** Writes docs/benchmarks.md and its plot. */
    write: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const usual = 32

const here = import.meta.dirname
const folder = mkdtempSync(join(tmpdir(), 'localtop-bench-'))
// One core for the server, where the system can say so; the load has the others.
const pinned = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0
const pin = pinned ? ['taskset', '-c', '0'] : []
if (pinned) spawnSync('taskset', ['-cp', `1-${cpus().length - 1}`, String(process.pid)])

const node = (...args) => [process.execPath, ...args]
const gateway = (store) =>
  node(
    join(here, '../dist/cli.js'),
    ...['start', '--json', '--port', '0', '--profile', 'production', '--rate-limit', 'off'],
    ...['--log', 'silent', '--store', store],
    ...(store === 'file' ? ['--fresh', '--data', join(folder, 'data')] : []),
  )
const server = (name) => node(join(here, 'servers', name))
const peer = (name) => node(join(here, 'peers/start.mjs'), name)

/** What is measured, the yardstick first. */
const servers = {
  'bare node:http': server('bare-http.mjs'),
  'bare Hono': server('bare-hono.mjs'),
  'hand-written Hono': server('hand-written.mjs'),
  'gateway, in memory': gateway('memory'),
  gateway: gateway('file'),
  ...(values.peers && {
    mockttp: peer('mockttp'),
    Prism: peer('prism'),
    Mockoon: peer('mockoon'),
    'json-server': peer('json-server'),
  }),
}

const started = []
// Also where something goes wrong.
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL')
})

/** Starts a server and answers once it has answered its first call. */
async function start(command) {
  const began = performance.now()
  const [program, ...args] = [...pin, ...command]
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  started.push(child)
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line)
    await send(url, calls['item.add'])
    return { child, url, startMs: performance.now() - began }
  }
  throw new Error(`${command.join(' ')} ended before it listened`)
}

async function send(url, { make }) {
  const { path, headers, body } = make()
  const response = await fetch(`${url}${path}`, { method: 'POST', headers, body })
  return response.text()
}

const stop = ({ child }) =>
  new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })

async function load({ url }, { make }, connections) {
  const { path, headers, body } = make()
  const result = await autocannon({
    url: `${url}${path}`,
    method: 'POST',
    headers,
    body,
    connections,
    duration: seconds,
  })
  if (result.errors > 0 || result.requests.total === 0)
    throw new Error(`${url}${path}: ${result.errors} errors, ${result.requests.total} answers`)
  return { perSecond: result.requests.total / result.duration, p99: result.latency.p99 }
}

/** The resident memory of a process in MB, where the system tells. */
function memoryOf({ child }) {
  const file = `/proc/${child.pid}/status`
  if (!existsSync(file)) return undefined
  return Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(file, 'utf8'))?.[1]) / 1024)
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

/** Loads servers in turn, round after round, so that what else the machine does hits all alike. */
async function inTurn(cases) {
  const found = cases.map(() => [])
  for (let round = 0; round < rounds; round++) {
    for (const [at, one] of cases.entries()) {
      found[at].push(await load(one.running, one.call, one.connections))
    }
  }
  return found.map((list) => ({
    perSecond: Math.round(median(list.map((one) => one.perSecond))),
    p99: median(list.map((one) => one.p99)),
  }))
}

async function startTimes() {
  const empty = []
  const times = Object.fromEntries(Object.keys(servers).map((name) => [name, []]))
  for (let round = 0; round < rounds; round++) {
    const began = performance.now()
    spawnSync(pin[0] ?? process.execPath, [
      ...pin.slice(1),
      ...(pin.length ? node() : []),
      '-e',
      '',
    ])
    empty.push(performance.now() - began)
    for (const [name, command] of Object.entries(servers)) {
      const running = await start(command)
      times[name].push(running.startMs)
      await stop(running)
    }
  }
  return {
    emptyMs: Math.round(median(empty)),
    times: Object.fromEntries(
      Object.entries(times).map(([name, list]) => [name, Math.round(median(list))]),
    ),
  }
}

/** Runs a part in a process of its own. */
function part(file, ...args) {
  const command = [...pin, ...node('--expose-gc', join(here, file), ...args)]
  const { stdout, stderr, status } = spawnSync(command[0], command.slice(1), {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  })
  if (status !== 0) throw new Error(`${file}: ${stderr}`)
  return JSON.parse(stdout)
}

const progress = (text) => process.stderr.write(`${text}\n`)

if (values.peers && !existsSync(join(here, 'peers/node_modules'))) {
  progress('installing the peers')
  const { status } = spawnSync('npm', ['ci', '--ignore-scripts'], {
    cwd: join(here, 'peers'),
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  if (status !== 0) throw new Error('the peers cannot be installed')
}

progress('starting each server in turn')
const starts = await startTimes()
const running = {}
const idle = {}
for (const [name, command] of Object.entries(servers)) {
  running[name] = await start(command)
  idle[name] = memoryOf(running[name])
  // Warm: the first thousands of calls are compiled while they run.
  await load(running[name], calls['item.add'], usual)
}

progress('item.add with every server')
const names = Object.keys(servers)
const add = calls['item.add']
const adds = await inTurn(
  names.map((name) => ({ running: running[name], call: add, connections: usual })),
)
const loaded = Object.fromEntries(names.map((name) => [name, memoryOf(running[name])]))

progress('item.add with 1, 32 and 128 connections')
const compared = ['hand-written Hono', 'gateway, in memory', 'gateway']
const numbers = [1, usual, 128]
const crowds = numbers.flatMap((connections) =>
  compared.map((name) => ({ name, connections, running: running[name], call: add })),
)
const concurrency = (await inTurn(crowds)).map((figures, at) => ({
  server: crowds[at].name,
  connections: crowds[at].connections,
  ...figures,
}))

progress('every kind of call')
// A shop that the adds have not filled: lists take longer in a large one.
await stop(running.gateway)
running.gateway = await start(servers.gateway)
const kinds = Object.entries(calls)
for (const [name, call] of kinds) {
  const answer = await send(running.gateway.url, call)
  if (!answer.startsWith(call.answers)) throw new Error(`${name} was answered ${answer}`)
}
const works = (
  await inTurn(kinds.map(([, call]) => ({ running: running.gateway, call, connections: usual })))
).map((figures, at) => ({ call: kinds[at][0], ...figures }))

for (const one of Object.values(running)) await stop(one)

progress('a call in this process')
const inProcess = part('in-process.mjs', String(rounds), values.peers ? 'msw' : '')
progress(`one item more in a shop of ${values.sizes}`)
const sizes = part('sizes.mjs', join(folder, 'sizes'), values.sizes)
rmSync(folder, { recursive: true, force: true })

const figures = {
  date: new Date().toISOString().slice(0, 10),
  node: process.version,
  cpu: cpus()[0]?.model,
  cores: cpus().length,
  memoryGb: Math.round(totalmem() / 2 ** 30),
  command: `npm run bench -- ${process.argv.slice(2).join(' ')}`.trim(),
  rounds,
  seconds,
  pinned,
  emptyMs: starts.emptyMs,
  servers: names.map((server, at) => ({
    server,
    ...adds[at],
    startMs: starts.times[server],
    idleMb: idle[server],
    loadedMb: loaded[server],
  })),
  concurrency,
  works,
  inProcess,
  sizes,
}
if (values.json) console.log(JSON.stringify(figures))
else printFigures(figures)
if (values.write) writeFigures(figures, join(here, '../docs'))
