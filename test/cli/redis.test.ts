import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest'
import { type Running, runCommand, startCommand } from '../support/command.ts'
import { type RedisServer, startRedis } from '../support/redis.ts'

const exec = promisify(execFile)

let redis: RedisServer
let folder: string
const running: Running[] = []
beforeAll(async () => {
  redis = await startRedis()
  folder = mkdtempSync(join(tmpdir(), 'localtop-cli-redis-'))
})
afterAll(async () => {
  await redis.remove()
  rmSync(folder, { recursive: true })
})
afterEach(async () => {
  for (const one of running.splice(0)) {
    one.child.kill('SIGKILL')
    await one.ended
  }
})

async function start(...args: readonly string[]) {
  const one = startCommand(['start', '--port', '0', '--store', redis.url, ...args], folder)
  running.push(one)
  const screen = await one.prints('Ctrl-C')
  const control = /control\s+(\S+)/.exec(screen)?.[1] ?? ''
  return { ...one, screen, control }
}

const counts = async (control: string) =>
  ((await (await fetch(`${control}/health`)).json()) as { counts: Record<string, number> }).counts

it('two gateways share a shop; one killed, the other goes on, and stops in order', async () => {
  const one = await start()
  const two = await start()
  expect(one.screen).toContain(`in Redis at ${new URL(redis.url).host}, shared`)
  const before = (await counts(two.control)).items
  const curl = /^curl (?:.*\\\n)*.*$/m.exec(one.screen)?.[0] ?? ''
  const { stdout } = await exec('sh', ['-c', curl])
  expect(JSON.parse(stdout)).toHaveProperty('item_add_response')
  one.child.kill('SIGKILL')
  await one.ended
  expect((await counts(two.control)).items).toBe((before ?? 0) + 1)
  two.child.kill('SIGTERM')
  expect(await two.ended).toMatchObject({ status: 0, stderr: '' })
})

it('a world needs --fresh where the shop is there already', async () => {
  const one = await start()
  expect(one.screen).toContain('shared')
  writeFileSync(join(folder, 'world.yaml'), 'apps: []\n')
  const { status, stderr } = await runCommand(
    ['start', '--port', '0', '--store', redis.url, '--world', 'world.yaml'],
    folder,
  )
  expect(status).toBe(2)
  expect(stderr).toContain('--world: the shared store holds state already')
})

it.each([
  [['start', '--store', 'redis:'], "option '--store <where>'"],
  [
    ['run', '--store', 'redis://user:planted-secret@127.0.0.1:1/3', '--', 'true'],
    '--store: Redis at 127.0.0.1:1/3 does not answer',
  ],
  [['start', '--store', 'redis://x', '--durability', 'disk'], '--durability'],
  [['run', '--store', 'redis://127.0.0.1:1', '--', 'true'], '--store: Redis at 127.0.0.1:1'],
  [['matrix', '--store', 'redis://x', '--', 'true'], '--store: every scenario has a shop'],
])('%j is refused in one line that names the flag', async (args, message) => {
  const { status, stdout, stderr } = await runCommand(args, folder)
  expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
  expect(stderr).toContain(message)
  expect(stderr).not.toContain('planted-secret')
  expect(stderr.trimEnd().split('\n')).toHaveLength(1)
})

it('start waits for a Redis that comes later, and says so', async () => {
  const later = await startRedis()
  await later.kill()
  const args = ['start', '--port', '0', '--ready-file', 'later.json', '--store', later.url]
  const one = startCommand(args, folder)
  running.push(one)
  const said = await one.complains('does not answer')
  expect(said).toBe(
    `localtop: Redis at ${new URL(later.url).host} does not answer: ECONNREFUSED; calls are refused until it does\n`,
  )
  expect(existsSync(join(folder, 'later.json'))).toBe(false)
  await later.restart()
  await one.prints('Ctrl-C')
  expect(existsSync(join(folder, 'later.json'))).toBe(true)
  await later.remove()
})

it.each([[], ['--workers', '2'], ['--json']])(
  'start %j stops in order while it waits',
  async (...args) => {
    const store = 'redis://user:planted-secret@127.0.0.1:1/3'
    const one = startCommand(['start', '--port', '0', '--store', store, ...args], folder)
    running.push(one)
    await one.complains('Redis at 127.0.0.1:1/3 does not answer')
    one.child.kill('SIGTERM')
    const { status, stdout, stderr } = await one.ended
    expect({ status, stdout }).toEqual({ status: 0, stdout: '' })
    expect(stderr).not.toContain('planted-secret')
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  },
)

it('localtop run answers from the shop in Redis', async () => {
  const { control } = await start()
  const before = (await counts(control)).exchanges ?? 0
  const call =
    "fetch('http://gw.api.taobao.com/router/rest?method=taobao.time.get').then((r) => r.text())"
  const { status } = await runCommand(
    ['run', '--store', redis.url, '--', process.execPath, '-e', call],
    folder,
  )
  expect(status).toBe(0)
  await expect.poll(async () => (await counts(control)).exchanges).toBe(before + 1)
})
