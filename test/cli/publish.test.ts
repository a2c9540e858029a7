import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { runCommand, startCommand } from '../support/command.ts'

let folder: string
let gateway: Gateway
let url: string
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-cli-'))
  gateway = createGateway({ profile: 'guide', rateLimit: 'off' })
  ;({ url } = await gateway.listen())
})
afterEach(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

const csv = (rows: readonly string[]) =>
  writeFileSync(join(folder, 'items.csv'), `${['title,price,num,outer_id', ...rows].join('\n')}\n`)
const rows = (count: number) =>
  Array.from({ length: count }, (_, at) => `商品 ${at},${at + 1},1,P-${at}`)
const publish = (...args: readonly string[]) =>
  runCommand(['publish', 'items.csv', '--url', url, ...args], folder)
const results = () =>
  readFileSync(join(folder, 'items.csv.result.jsonl'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

it('publishes a file, prints what became of it, and ends with status 0', async () => {
  csv(rows(5))
  const { status, stdout, stderr } = await publish()
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' })
  expect(stdout).toContain('5 published, 0 failed')
  expect(results().map((result) => result.status)).toEqual(Array(5).fill('published'))
})

it('names the rows that failed, publishes the others, and ends with status 1', async () => {
  csv(['好,1,1,A', '坏,abc,1,B', '好,2,1,C'])
  const { status, stdout, stderr } = await publish()
  expect(status).toBe(1)
  expect(stderr).toContain('row 3, price: was "abc"')
  expect(stdout).toContain('2 published, 1 failed')
})

it('checks and sends nothing in a dry run', async () => {
  csv(['好,1,1,A', '坏,abc,1,B'])
  const { status, stdout, stderr } = await publish('--dry-run')
  expect(status).toBe(1)
  expect(stderr).toContain('row 3, price')
  expect(stdout).toContain('1 of 2 rows are ready to be published; nothing was sent')
  expect(gateway.exchanges.list()).toEqual([])
  expect(existsSync(join(folder, 'items.csv.result.jsonl'))).toBe(false)
})

it('prints one JSON line for machines', async () => {
  csv(rows(2))
  const { stdout } = await publish('--json')
  expect(JSON.parse(stdout)).toMatchObject({ rows: 2, published: 2, failed: 0 })
})

it('never tells the secret or the session', async () => {
  csv(['坏,abc,1,B'])
  const { stdout, stderr } = await publish('--session', 'sesame', '--app-secret', 'abracadabra')
  expect(stdout + stderr).not.toMatch(/sesame|abracadabra/)
})

it.each([
  ['a file that is not there', ['publish', 'gone.csv'], 'gone.csv: there is no such file'],
  ['no file', ['publish'], "'file'"],
  ['a URL that is none', ['publish', 'items.csv', '--url', 'nonsense'], 'url was "nonsense"'],
  ['a concurrency of none', ['publish', 'items.csv', '--concurrency', '0'], '--concurrency'],
])('ends with status 2 for %s', async (_, args, message) => {
  csv(rows(1))
  const { status, stderr } = await runCommand(args, folder)
  expect(status).toBe(2)
  expect(stderr).toContain(message)
})

it('interrupted, settles what is under way; run again, publishes the rest and nothing twice', async () => {
  csv(rows(40))
  gateway.scenarios.set([
    {
      title: 'slow',
      rules: [{ when: { method: 'taobao.item.add' }, then: { delay: '30ms' }, times: 'always' }],
    },
  ])
  const first = startCommand(['publish', 'items.csv', '--url', url, '--concurrency', '2'], folder)
  await waitFor(() => gateway.exchanges.list().length >= 4)
  first.child.kill('SIGINT')
  const interrupted = await first.ended
  expect(interrupted.status).toBe(130)
  const settled = results().length
  expect(settled).toBeGreaterThan(0)
  expect(settled).toBeLessThan(40)
  gateway.scenarios.clear()

  const second = await publish()
  expect(second.status).toBe(0)
  expect(results()).toHaveLength(40)
  const shop = await gateway.snapshot()
  const outerIds = Object.values(shop.items ?? {}).map(
    (item) => (item as { outer_id?: string }).outer_id,
  )
  expect(outerIds.filter((id) => id?.startsWith('P-'))).toHaveLength(40)
})

it('killed, and run again, publishes every item once', async () => {
  csv(rows(30))
  gateway.scenarios.set([
    {
      title: 'slow',
      rules: [{ when: { method: 'taobao.item.add' }, then: { delay: '20ms' }, times: 'always' }],
    },
  ])
  const first = startCommand(['publish', 'items.csv', '--url', url], folder)
  await waitFor(() => gateway.exchanges.list().length >= 6)
  first.child.kill('SIGKILL')
  await first.ended
  gateway.scenarios.clear()
  expect((await publish()).status).toBe(0)
  const shop = await gateway.snapshot()
  const outerIds = Object.values(shop.items ?? {}).map(
    (item) => (item as { outer_id?: string }).outer_id,
  )
  expect(outerIds.filter((id) => id?.startsWith('P-'))).toHaveLength(30)
})

async function waitFor(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve))
}
