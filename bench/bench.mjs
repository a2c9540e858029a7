// npm run bench: the built gateway, with all checks, journal and file store on, beside a bare Hono
// server that reads the same signed taobao.item.add; both loaded in turn in one run, medians printed.
//
//   npm run bench -- --rounds 5 --seconds 4 --connections 32
import { spawn, spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { formatTime, itemAdd, sign } from '../dist/contracts.js'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    connections: { type: 'string', default: '32' },
    json: { type: 'boolean', default: false },
  },
})
const rounds = Number(values.rounds)
const seconds = Number(values.seconds)
const connections = Number(values.connections)

const root = join(import.meta.dirname, '..')
const data = mkdtempSync(join(tmpdir(), 'localtop-bench-'))
// One core for the server, where the system can say so; the load has the others.
const pinned = cpus().length > 1 && spawnSync('taskset', ['-V']).status === 0
const pin = pinned ? ['taskset', '-c', '0'] : []
if (pinned) spawnSync('taskset', ['-cp', `1-${cpus().length - 1}`, String(process.pid)])

const servers = {
  gateway: [
    process.execPath,
    join(root, 'dist/cli.js'),
    'start',
    '--json',
    '--port',
    '0',
    '--profile',
    'production',
    '--rate-limit',
    'off',
    '--log',
    'silent',
    '--fresh',
    '--data',
    data,
  ],
  'bare Hono': [process.execPath, join(root, 'bench/bare-hono.mjs')],
}

/** Starts a server and answers once it has printed where it listens. */
async function start(command) {
  const began = performance.now()
  const [program, ...args] = [...pin, ...command]
  const child = spawn(program, args, {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  for await (const line of createInterface({ input: child.stdout })) {
    const { url } = JSON.parse(line)
    await fetch(`${url}/router/rest`, { method: 'POST', body: signedBody(), headers: formType })
    return { child, url, startMs: performance.now() - began }
  }
  throw new Error(`${command.join(' ')} ended before it listened`)
}

const stop = ({ child }) =>
  new Promise((resolve) => {
    child.once('exit', resolve)
    child.kill('SIGTERM')
  })

const formType = { 'content-type': 'application/x-www-form-urlencoded;charset=UTF-8' }

function signedBody() {
  const params = {
    ...itemAdd.example,
    approve_status: 'onsale',
    freight_payer: 'seller',
    has_discount: 'true',
    valid_thru: '14',
    props: '20000:33564;21514:38489',
    method: itemAdd.name,
    app_key: '12345678',
    session: 'test',
    timestamp: formatTime(Date.now()),
    format: 'json',
    v: '2.0',
    sign_method: 'md5',
  }
  params.sign = sign(params, 'helloworld', 'md5')
  return new URLSearchParams(params).toString()
}

async function load(url) {
  const result = await autocannon({
    url: `${url}/router/rest`,
    method: 'POST',
    headers: formType,
    body: signedBody(),
    connections,
    duration: seconds,
  })
  if (result.non2xx > 0 || result.errors > 0)
    throw new Error(`${result.errors} errors, ${result.non2xx} answers that are no 200`)
  return { perSecond: result.requests.total / result.duration, p99: result.latency.p99 }
}

/** The resident memory of a process in MB, where the system tells. */
function memoryOf({ child }) {
  try {
    return (
      Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${child.pid}/status`, 'utf8'))?.[1]) / 1024
    )
  } catch {
    return Number.NaN
  }
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const figures = Object.fromEntries(
  Object.keys(servers).map((name) => [name, { perSecond: [], p99: [], startMs: [] }]),
)
for (let round = 0; round < rounds; round++) {
  for (const [name, command] of Object.entries(servers)) {
    const server = await start(command)
    figures[name].startMs.push(server.startMs)
    await stop(server)
  }
}
const running = {}
for (const [name, command] of Object.entries(servers)) {
  running[name] = await start(command)
  figures[name].idleMb = memoryOf(running[name])
  // Warm: the first thousands of calls are compiled while they run.
  await load(running[name].url)
}
for (let round = 0; round < rounds; round++) {
  for (const name of Object.keys(servers)) {
    const { perSecond, p99 } = await load(running[name].url)
    figures[name].perSecond.push(perSecond)
    figures[name].p99.push(p99)
  }
}
const probe = await fetch(`${running.gateway.url}/router/rest`, {
  method: 'POST',
  body: signedBody(),
  headers: formType,
})
const answer = await probe.text()
if (!answer.startsWith('{"item_add_response":')) throw new Error(`the gateway answered ${answer}`)
const health = await (await fetch(`${running.gateway.url}/_localtop/health`)).json()
for (const name of Object.keys(servers)) {
  figures[name].loadedMb = memoryOf(running[name])
  await stop(running[name])
}
rmSync(data, { recursive: true, force: true })

const rows = Object.fromEntries(
  Object.entries(figures).map(([name, one]) => [
    name,
    {
      'requests/s': Math.round(median(one.perSecond)),
      'p99 ms': median(one.p99),
      'start ms': Math.round(median(one.startMs)),
      'idle MB': Math.round(one.idleMb),
      'loaded MB': Math.round(one.loadedMb),
    },
  ]),
)
const [gateway, bare] = [rows.gateway, rows['bare Hono']]
const summary = {
  ratio: Math.round((gateway['requests/s'] / bare['requests/s']) * 100) / 100,
  startMsAboveBare: gateway['start ms'] - bare['start ms'],
  itemsStored: health.counts.items,
  node: process.version,
  cpu: cpus()[0]?.model,
  connections,
  rounds,
  seconds,
  pinned,
}
if (values.json) console.log(JSON.stringify({ rows, ...summary }))
else {
  console.table(rows)
  console.log(
    `the gateway answers ${summary.ratio} of bare Hono's calls; it held ${summary.itemsStored} items at the end`,
  )
  console.log(
    `${summary.node}, ${summary.cpu}, ${connections} connections, ${rounds} rounds of ${seconds} s, server ${pinned ? 'on one core' : 'not pinned'}`,
  )
}
