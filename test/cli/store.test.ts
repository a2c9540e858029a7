import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGateway } from '../../src/server/index.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { addItem } from '../support/gateway.ts'

let folder: string
let data: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-cli-store-'))
  data = join(folder, 'shop')
})
afterEach(() => rmSync(folder, { recursive: true }))

const store = (...args: readonly string[]) =>
  runCommand(['store', ...args, '--data', 'shop'], folder)
const names = () => readdirSync(data).sort()
const log = () => join(data, names().find((name) => name.startsWith('log-')) ?? '')

/** Fills the data folder with some items and answers their numbers. */
async function fill(count: number): Promise<string[]> {
  const gateway = createGateway({ store: 'file', data, rateLimit: 'off' })
  const added: string[] = []
  for (let at = 0; at < count; at++) added.push(await addItem(gateway))
  await gateway.close()
  return added
}
async function itemsKept(): Promise<string[]> {
  const gateway = createGateway({ store: 'file', data })
  const { items } = await gateway.snapshot()
  await gateway.close()
  return Object.keys(items ?? {})
}
/** Breaks the line that holds the second item of the log. */
function breakLine(): void {
  const lines = readFileSync(log(), 'utf8').split('\n')
  lines[2] = lines[2]?.slice(0, 80) ?? ''
  writeFileSync(log(), lines.join('\n'))
}

describe('localtop store check', () => {
  it('calls a folder sound that a gateway left, and counts what it holds', async () => {
    await fill(3)
    const before = names()
    const { status, stdout } = await store('check')
    expect([status, stdout]).toEqual([0, expect.stringContaining('shop is sound')])
    const json = JSON.parse((await store('check', '--json')).stdout)
    expect(json).toMatchObject({
      folder: 'shop',
      sound: true,
      records: { items: (await itemsKept()).length },
      problems: [],
      torn: [],
    })
    expect(names()).toEqual(before)
  })

  it('names file and line of what cannot be read, never what stands there, with status 1', async () => {
    const added = await fill(3)
    breakLine()
    const { status, stdout } = await store('check')
    expect(status).toBe(1)
    expect(stdout).toMatch(/unreadable shop\/log-\d{8}\.jsonl: line 3 cannot be read/)
    expect(stdout).toContain('(80 bytes, meta issued@)')
    const json = await store('check', '--json')
    expect(JSON.parse(json.stdout)).toMatchObject({ sound: false, problems: [{ line: 3 }] })
    for (const secret of ['helloworld', 'YOUR_SESSION_TOKEN', added[1] as string]) {
      expect(stdout + json.stdout).not.toContain(secret)
    }
  })

  it('tells a torn last line, which was never acknowledged, from damage', async () => {
    await fill(2)
    const whole = readFileSync(log(), 'utf8')
    writeFileSync(log(), whole.slice(0, -20))
    const { status, stdout } = await store('check')
    expect(status).toBe(0)
    expect(stdout).toMatch(/torn shop\/log-\d{8}\.jsonl: line 3 is torn/)
  })

  it('finds a snapshot whose end is missing, at whatever line it is cut', async () => {
    await fill(1)
    expect((await store('compact')).status).toBe(0)
    const snapshot = join(data, 'snapshot.jsonl')
    const lines = readFileSync(snapshot, 'utf8').split('\n')
    writeFileSync(snapshot, `${lines.slice(0, 5).join('\n')}\n`)
    const { status, stdout } = await store('check')
    expect([status, stdout]).toEqual([1, expect.stringContaining('its end is missing')])
  })

  it('of what is no data folder is a wrong use', async () => {
    const missing = await store('check')
    expect([missing.status, missing.stderr]).toEqual([
      2,
      'localtop: there is no data folder shop\n',
    ])
    const other = await runCommand(['store', 'check', '--data', '.'], folder)
    expect([other.status, other.stderr]).toEqual([
      2,
      expect.stringContaining('neither snapshot nor log'),
    ])
  })
})

describe('localtop store repair', () => {
  it('with --dry-run says what it would drop and leaves every byte as it is', async () => {
    await fill(3)
    breakLine()
    const before = names().map((name) => readFileSync(join(data, name), 'utf8'))
    const { status, stdout } = await store('repair', '--dry-run')
    expect(status).toBe(1)
    expect(stdout).toMatch(/would drop shop\/log-\d{8}\.jsonl: line 3 cannot be read/)
    expect(names().map((name) => readFileSync(join(data, name), 'utf8'))).toEqual(before)
  })

  it('says what it drops, keeps the rest and the dropped lines, and a gateway opens the folder', async () => {
    const [first, second, third] = await fill(3)
    breakLine()
    const refused = await runCommand(['start', '--port', '0', '--data', 'shop'], folder)
    expect([refused.status, refused.stderr]).toEqual([
      2,
      expect.stringMatching(/line 3 cannot be read.*localtop store repair --dry-run/),
    ])
    const { status, stdout } = await store('repair')
    expect(status).toBe(0)
    expect(stdout).toMatch(/^drops shop\/log-\d{8}\.jsonl: line 3/)
    expect(names()).toEqual(['dropped.txt', 'snapshot.jsonl'])
    expect(readFileSync(join(data, 'dropped.txt'), 'utf8')).toMatch(/^log-\d{8}\.jsonl:3\t\[\[/)
    const kept = await itemsKept()
    expect(kept).toEqual(expect.arrayContaining([first, third]))
    expect(kept).not.toContain(second)
    expect((await store('check')).status).toBe(0)
  })

  it('makes a snapshot whole again whose header is gone, with the logs behind it', async () => {
    const [first] = await fill(1)
    await store('compact')
    const [second] = await fill(1)
    const snapshot = join(data, 'snapshot.jsonl')
    const text = readFileSync(snapshot, 'utf8')
    writeFileSync(snapshot, `nonsense\n${text.slice(text.indexOf('\n') + 1)}`)
    expect((await store('check')).status).toBe(1)
    const { status, stdout } = await store('repair', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ repaired: true, droppedTo: 'shop/dropped.txt' })
    expect(await itemsKept()).toEqual(expect.arrayContaining([first, second]))
  })

  it('writes nothing where nothing is wrong', async () => {
    await fill(1)
    const before = names()
    const { status, stdout } = await store('repair')
    expect([status, stdout]).toEqual([0, 'shop is sound, nothing was written\n'])
    expect(names()).toEqual(before)
  })
})

describe('localtop store compact', () => {
  it('folds the logs into a snapshot that holds the same', async () => {
    await fill(5)
    await fill(5)
    const before = await itemsKept()
    const { status, stdout } = await store('compact', '--json')
    expect(status).toBe(0)
    expect(JSON.parse(stdout)).toMatchObject({ records: { items: before.length } })
    expect(names()).toEqual(['snapshot.jsonl'])
    expect(await itemsKept()).toEqual(before)
  })

  it('refuses a damaged folder rather than drop what it cannot read', async () => {
    await fill(3)
    breakLine()
    const before = names()
    const { status, stderr } = await store('compact')
    expect([status, stderr]).toEqual([2, expect.stringContaining('line 3 cannot be read')])
    expect(names()).toEqual(before)
  })
})

it('leaves a folder alone that a gateway holds', async () => {
  const running = startCommand(['start', '--json', '--port', '0', '--data', 'shop'], folder)
  await running.prints('controlUrl')
  for (const verb of ['check', 'repair', 'compact']) {
    const { status, stderr } = await store(verb)
    expect([status, stderr]).toEqual([
      2,
      expect.stringContaining(`shop is in use by process ${running.child.pid}`),
    ])
  }
  running.child.kill('SIGTERM')
  await running.ended
  expect((await store('compact')).status).toBe(0)
})

it('start --durability disk says that changes are synced; a memory store has no durability', async () => {
  const running = startCommand(
    ['start', '--port', '0', '--data', 'shop', '--durability', 'disk'],
    folder,
  )
  expect(await running.prints('Ctrl-C')).toContain('in shop, each change synced to the disk')
  running.child.kill('SIGTERM')
  await running.ended
  const wrong = await runCommand(['start', '--store', 'memory', '--durability', 'disk'], folder)
  expect([wrong.status, wrong.stderr]).toEqual([2, expect.stringContaining('--durability')])
})
