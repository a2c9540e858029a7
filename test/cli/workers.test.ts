import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { request as httpRequest, type RequestOptions } from 'node:http'
import { request as httpsRequest } from 'node:https'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { type Running, runCommand, startCommand } from '../support/command.ts'
import { type Params, phone, signedParams } from '../support/gateway.ts'
import { png } from '../support/pictures.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

let redis: RedisServer
let folder: string
let database = 0
const running: Running[] = []
beforeAll(async () => {
  redis = await startRedis()
  folder = mkdtempSync(join(tmpdir(), 'localtop-workers-'))
})
beforeEach(() => {
  database++
})
afterAll(async () => {
  await redis.remove()
  rmSync(folder, { recursive: true })
})
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.child.kill('SIGTERM')
    await one.ended
  }
})

interface Ready {
  readonly url: string
  readonly controlToken: string
  readonly pid: number
  readonly workers: readonly number[]
  readonly tlsUrl: string
  readonly tlsCertificate: string
}

const startArgs = (...args: readonly string[]) =>
  ['start', '--port', '0', '--workers', '2', '--store', `${redis.url}/${database}`].concat(
    ['--profile', 'production', '--rate-limit', 'off'],
    args,
  )

async function start(...args: readonly string[]) {
  const file = join(folder, `ready-${database}.json`)
  const one = startCommand(startArgs('--ready-file', file, ...args), folder)
  running.push(one)
  const screen = await one.prints('Ctrl-C')
  return { ...one, screen, ready: JSON.parse(readFileSync(file, 'utf8')) as Ready }
}

/** Each over a connection of its own: those are what is dealt out to the workers. */
function send(url: string, body?: string, options: RequestOptions & { ca?: Buffer } = {}) {
  return new Promise<string>((resolve, reject) => {
    const make = url.startsWith('https') ? httpsRequest : httpRequest
    const method = body === undefined ? 'GET' : 'POST'
    const asked = make(url, { agent: false, method, ...options }, (response) => {
      let text = ''
      response.on('data', (chunk) => {
        text += chunk
      })
      response.on('end', () => resolve(text))
    })
    asked.on('error', reject)
    asked.end(body)
  })
}
const here = { fetch }
const call = async (url: string, method: string, params: Params = {}) =>
  send(`${url}/router/rest`, new URLSearchParams(signedParams(here, method, params)).toString(), {
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  })
const time = (url: string) => call(url, 'taobao.time.get')
const times = <T>(count: number, work: () => Promise<T>) =>
  Promise.all(Array.from({ length: count }, work))

it('two workers answer on one port, from one shop, with one set of rules', async () => {
  const { screen, ready, ended, child, prints } = await start()
  expect(screen).toContain('workers    2 processes on this port')
  expect(new Set([ready.pid, ...ready.workers]).size).toBe(3)
  expect(ready.pid).toBe(child.pid)
  const added = await times(10, () => call(ready.url, 'taobao.item.add', phone))
  expect(new Set(added.map((text) => /"num_iid":(\d+)/.exec(text)?.[1])).size).toBe(10)
  const said = await prints('worker 2 ')
  expect(said).toMatch(/^worker [12] \d.* taobao\.item\.add 12345678 ok/m)
  const rule = { when: { method: 'taobao.time.get' }, then: { refuse: 22 }, times: 3 }
  await send(
    `${ready.url}/_localtop/scenarios`,
    JSON.stringify({ scenarios: [{ title: 'three', rules: [rule] }] }),
    { method: 'PUT' },
  )
  const met = await times(12, () => time(ready.url))
  expect(met.filter((text) => text.includes('"code":22'))).toHaveLength(3)
  const lists = await times(6, () => send(`${ready.url}/_localtop/scenarios`))
  expect(new Set(lists).size).toBe(1)
  const exchanges = () => send(`${ready.url}/_localtop/exchanges`)
  await expect.poll(async () => JSON.parse(await exchanges()).exchanges.length).toBe(22)
  await expect.poll(async () => new Set(await times(6, exchanges)).size).toBe(1)
  const metrics = await times(6, () => send(`${ready.url}/_localtop/metrics`))
  const own = metrics.flatMap((text) => text.match(/^localtop_items\{.*$/gm) ?? [])
  expect(new Set(own)).toEqual(
    new Set([1, 2].map((number) => `localtop_items{worker="${number}"} 14`)),
  )
  child.kill('SIGTERM')
  expect(await ended).toMatchObject({ status: 0, stderr: '' })
})

it('a worker that dies is started again, with a line in the log, and takes over what holds', async () => {
  const token = (ready: Ready) => ({ headers: { authorization: `Bearer ${ready.controlToken}` } })
  const scenario = join(folder, 'second.yaml')
  writeFileSync(scenario, 'title: 2nd\nrules: [{ when: { call: 2 }, then: { refuse: 22 } }]\n')
  const { ready, complains } = await start('--host', '0.0.0.0', '--scenario', scenario)
  const url = ready.url.replace('0.0.0.0', '127.0.0.1')
  expect(await time(url)).toContain('time_get_response')
  const [first, second] = ready.workers
  process.kill(first ?? 0, 'SIGKILL')
  await complains(`worker 1 (process ${first}) was ended by SIGKILL; another is started`)
  await expect.poll(() => time(url).catch(() => '')).toContain('"code":22')
  // Perhaps before there is another: then nobody holds the port for a while.
  process.kill(second ?? 0, 'SIGKILL')
  await complains(`worker 2 (process ${second}) was ended by SIGKILL; another is started`)
  const healthy = () => send(`${url}/_localtop/health`, undefined, token(ready)).catch(() => '')
  await expect.poll(healthy).toContain('"ready":true')
  expect(await time(url)).toContain('time_get_response')
  const counts = await times(6, () => send(`${url}/_localtop/health`, undefined, token(ready)))
  for (const text of counts) expect(JSON.parse(text).counts).toMatchObject({ rules: 1, apps: 3 })
})

it.each(['SIGTERM', 'SIGINT'] as const)(
  '%s, to all processes as a terminal does, stops them in order; a running call is answered',
  async (signal) => {
    const { ready, child, ended } = await start()
    const rules = [
      { when: { method: 'taobao.time.get' }, then: { delay: '1h', setState: 'slow=begun' } },
      {
        when: { method: 'taobao.user.seller.get', state: 'slow=begun' },
        then: { refuse: 22 },
        times: 'always',
      },
    ]
    await send(
      `${ready.url}/_localtop/scenarios`,
      JSON.stringify({ scenarios: [{ title: 'slow', rules }] }),
      { method: 'PUT' },
    )
    const slow = time(ready.url)
    const seller = () => call(ready.url, 'taobao.user.seller.get', { fields: 'nick' })
    await expect.poll(seller).toContain('"code":22')
    for (const pid of [...ready.workers, ready.pid]) process.kill(pid, signal)
    expect(await slow).toContain('time_get_response')
    expect(await ended).toMatchObject({ status: 0, stderr: '' })
    expect(child.signalCode).toBeNull()
  },
)

it('HTTPS, uploads and watched scenario files go with it', async () => {
  const file = join(folder, 'watched.yaml')
  const write = (code: number) =>
    writeFileSync(
      file,
      `title: w\nrules: [{ when: { method: taobao.time.get }, then: { refuse: ${code} }, times: always }]\n`,
    )
  write(22)
  const data = mkdtempSync(join(folder, 'data-'))
  const args = ['--tls', '--data', data, '--scenario', file, '--log', 'json']
  const { ready, prints } = await start(...args)
  const ca = readFileSync(ready.tlsCertificate)
  const all = await times(4, () => send(`${ready.tlsUrl}/_localtop/health`, undefined, { ca }))
  for (const text of all) expect(JSON.parse(text).ready).toBe(true)

  write(50)
  await expect.poll(async () => (await times(6, () => time(ready.url))).join()).not.toContain(':22')
  const printed = await prints('"event":"scenario"')
  expect(printed.match(/"event":"scenario".*"worker":\d/g)).toHaveLength(1)

  const form = new FormData()
  for (const [name, value] of Object.entries(signedParams(here, 'taobao.item.add', phone))) {
    form.set(name, value)
  }
  form.set('image', new Blob([png], { type: 'image/png' }), 'one.png')
  const added = await (
    await fetch(`${ready.url}/router/rest`, { method: 'POST', body: form })
  ).text()
  const num_iid = /"num_iid":(\d+)/.exec(added)?.[1] ?? added
  const got = await call(ready.url, 'taobao.item.seller.get', { num_iid, fields: 'pic_url' })
  const picture = JSON.parse(got).item_seller_get_response.item.pic_url as string
  const served = await times(6, () => send(`${ready.url}${new URL(picture).pathname}`))
  expect(new Set(served).size).toBe(1)
  expect(served[0]).toContain('PNG')
})

it.each([
  [
    ['--workers', '2'],
    '--workers: several processes need a store that they share, and --store is file',
  ],
  [['--workers', '2', '--store', 'memory'], 'start a Redis and add --store redis://127.0.0.1:6379'],
  [['--workers', '0'], "option '--workers <n>' argument '0' is invalid. expected 1 to 64"],
])('start %j is refused in one line that says what to do', async (args, message) => {
  const { status, stdout, stderr } = await runCommand(['start', ...args], folder)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

it('a port that is taken is said once', async () => {
  const taken = createServer().listen(0, '127.0.0.1')
  await new Promise((resolve) => taken.once('listening', resolve))
  const { port } = taken.address() as { port: number }
  const args = startArgs().map((arg, at, all) => (all[at - 1] === '--port' ? String(port) : arg))
  const { status, stderr } = await runCommand(args, folder)
  taken.close()
  expect(status).toBe(2)
  expect(stderr.trimEnd().split('\n')).toEqual([
    `localtop: --port: port ${port} on 127.0.0.1 is in use; choose another, or 0 for any free one`,
  ])
})

it('one worker is the plain command, whatever the store', async () => {
  const one = startCommand(['start', '--port', '0', '--workers', '1', '--store', 'memory'], folder)
  running.push(one)
  expect(await one.prints('Ctrl-C')).not.toContain('workers')
})
