// npm run bench:workers: what a second process on the port brings. The built gateway on a Redis of its own, with
// one worker and with two, loaded in turn with the same signed calls. No core is set aside: processes, Redis and
// load share what there is.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { calls } from './calls.mjs'

const { values } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '4' },
    workers: { type: 'string', default: '2' },
  },
})
const many = Number(values.workers)
const folder = mkdtempSync(join(tmpdir(), 'localtop-bench-'))
const started = []
process.on('exit', () => {
  for (const child of started) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

const free = createServer().listen(0, '127.0.0.1')
await once(free, 'listening')
const { port } = free.address()
free.close()
const redis = ['--port', String(port), '--dir', folder, '--save', '', '--appendonly', 'yes']
started.push(spawn('redis-server', redis, { stdio: 'ignore' }))

async function start(workers, database) {
  const child = spawn(
    process.execPath,
    [
      join(import.meta.dirname, '../dist/cli.js'),
      ...['start', '--json', '--port', '0', '--profile', 'production', '--rate-limit', 'off'],
      ...['--log', 'silent', '--store', `redis://127.0.0.1:${port}/${database}`],
      ...['--workers', String(workers)],
    ],
    { stdio: ['ignore', 'pipe', 'inherit'], env: { ...process.env, NODE_ENV: 'production' } },
  )
  started.push(child)
  for await (const line of createInterface({ input: child.stdout })) return JSON.parse(line).url
  throw new Error('the gateway ended before it listened')
}

async function load(url, { make, answers }) {
  const { path, headers, body } = make()
  const duration = Number(values.seconds)
  const asked = { url: `${url}${path}`, method: 'POST', headers, body, connections: 32, duration }
  const verifyBody = (text) => text.startsWith(answers)
  const { errors, mismatches, requests } = await autocannon({ ...asked, verifyBody })
  if (errors > 0 || mismatches > 0 || requests.total === 0)
    throw new Error(`${url}${path}: ${errors} errors, ${mismatches} wrong answers`)
  return requests.total / duration
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)]

const urls = { 1: await start(1, 0), [many]: await start(many, 1) }
console.log(`${cpus().length} cores, ${cpus()[0]?.model}; 32 connections, requests a second`)
for (const name of ['item.seller.get', 'item.add']) {
  const found = { 1: [], [many]: [] }
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const workers of [1, many]) found[workers].push(await load(urls[workers], calls[name]))
  }
  const [one, more] = [median(found[1]), median(found[many])]
  console.log(
    `${name}: 1 worker ${Math.round(one)}, ${many} workers ${Math.round(more)}, ratio ${(more / one).toFixed(2)}`,
  )
}
process.exit()
