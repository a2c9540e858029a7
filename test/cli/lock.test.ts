import { execFile } from 'node:child_process'
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'
import { call } from '../support/gateway.ts'

let root: string
let folder: string
let gateway: Gateway
let url: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'localtop-lock-'))
})
afterAll(() => rmSync(root, { recursive: true }))
beforeEach(async () => {
  folder = mkdtempSync(join(root, 'case-'))
  gateway = createGateway()
  url = (await gateway.listen({ port: 0 })).url
  return () => gateway.close()
})

const lock = (...args: readonly string[]) => runCommand(['lock', ...args], folder)
const file = (name = 'localtop.lock.json') => join(folder, name)
const locked = () => JSON.parse(readFileSync(file(), 'utf8'))
const names = (record: object) => Object.keys(record)

const orders = { tid: '4242', fields: 'tid,buyer_nick,orders.title' }

it('locks methods, parameters sent, and fields asked for', async () => {
  await call(gateway, 'taobao.trade.fullinfo.get', orders)
  const { status, stdout } = await lock('--url', url)
  expect(stdout).toContain('1 methods, 2 parameters, 3 fields from 1 exchanges')
  expect(status).toBe(0)
  const { format, version, methods } = locked()
  expect({ format, version }).toEqual({ format: 'localtop-lock', version: 1 })
  const { session, root: key, parameters, fields } = methods['taobao.trade.fullinfo.get']
  expect({ session, key }).toEqual({ session: 'required', key: 'trade_fullinfo_get_response' })
  expect(names(parameters)).toEqual(['fields', 'tid'])
  expect(parameters.tid).toMatchObject({ is: 'Id, required, at least 1', usedBy: 'journal#1' })
  expect(names(fields)).toEqual(['trade.buyer_nick', 'trade.orders.order[].title', 'trade.tid'])
})

it('locks a field that was asked for and did not come', async () => {
  const fields = 'tid,seller_nick'
  gateway.scenarios.set([
    {
      title: 'a trade without its seller',
      rules: [
        {
          when: { method: 'taobao.trade.get' },
          then: { answer: { trade: { tid: '1' } } },
        },
      ],
    },
  ])
  const { answer } = await call(gateway, 'taobao.trade.get', { tid: '1', fields })
  expect(answer.trade).toEqual({ tid: 1 })
  await lock('--url', url)
  const used = locked().methods['taobao.trade.get'].fields
  expect(names(used)).toEqual(['trade.seller_nick', 'trade.tid'])
})

it('locks what the answer carried where nothing was asked for, in JSON, simplified JSON and XML alike', async () => {
  const forms = [{}, { simplify: 'true' }, { format: 'xml' }] as const
  const seen: string[][] = []
  for (const form of forms) {
    gateway.exchanges.clear()
    await call(gateway, 'taobao.itemcats.get', { parent_cid: '0', ...form })
    await lock('--url', url)
    seen.push(names(locked().methods['taobao.itemcats.get'].fields))
  }
  expect(seen[0]).toContain('item_cats.item_cat[].cid')
  expect(seen[1]).toEqual(seen[0])
  expect(seen[2]).toEqual(seen[0])
})

it('locks the fields of a structure that was sent', async () => {
  const method = 'alibaba.jym.item.external.goods.batch.delete'
  const command = {
    external_batch_id: 'b1',
    external_goods_id_list: [{ external_goods_id: '1', nonsense: true }],
  }
  await call(gateway, method, { goods_delete_command_dto: JSON.stringify(command) })
  const { stderr } = await lock('--url', url)
  const place = 'goods_delete_command_dto.external_goods_id_list[]'
  expect(stderr).toContain(`${method} has no parameter "${place}.nonsense": not locked`)
  expect(names(locked().methods[method].parameters)).toEqual([
    'goods_delete_command_dto.external_batch_id',
    `${place}.external_goods_id`,
  ])
})

it('is the same text for the same use, whatever else the calls said', async () => {
  const lockText = async (num: string) => {
    await using other = createGateway()
    const { url: there } = await other.listen({ port: 0 })
    await call(other, 'taobao.trade.fullinfo.get', { ...orders, tid: num })
    await call(other, 'taobao.time.get')
    await lock('--url', there)
    return readFileSync(file(), 'utf8')
  }
  expect(await lockText('111')).toBe(await lockText('222'))
})

it('locks what a program used under localtop run', async () => {
  const program = `
    const url = process.env.TOP_URL + '?method=taobao.time.get&v=2.0&format=json&app_key=12345678'
    fetch(url + '&sign_method=md5&timestamp=' + Date.now() + '&sign=WRONG').then((a) => a.text())
      .then(() => fetch(process.env.LOCALTOP_URL + '/_localtop/curl'))
      .then((answer) => answer.text())
      .then((line) => require('node:child_process').execSync(line))`
  const run = await runCommand(['run', '--', process.execPath, '-e', program], folder)
  expect(run.status).toBe(0)
  const { status, stderr } = await lock()
  expect(status).toBe(0)
  expect(stderr).toBe('run-exchanges.jsonl#1 was refused for its sign: not locked\n')
  const { 'taobao.item.add': added, ...others } = locked().methods
  expect(others).toEqual({})
  expect(added.fields['item.num_iid'].usedBy).toBe('run-exchanges.jsonl#2')
})

it('replaces the lock, and keeps what it held with --merge', async () => {
  await call(gateway, 'taobao.time.get')
  await lock('--url', url)
  await gateway.reset()
  await call(gateway, 'taobao.trade.fullinfo.get', orders)
  await lock('--url', url, '--merge')
  expect(names(locked().methods)).toEqual(['taobao.time.get', 'taobao.trade.fullinfo.get'])
  await lock('--url', url)
  expect(names(locked().methods)).toEqual(['taobao.trade.fullinfo.get'])
})

/** The built command in a place of its own, its catalogue changed. */
async function checkWith(change: (line: string, name: string) => string | undefined) {
  const place = mkdtempSync(join(root, 'package-'))
  const here = join(import.meta.dirname, '../..')
  for (const part of ['dist', 'package.json', 'scenarios']) {
    cpSync(join(here, part), join(place, part), { recursive: true })
  }
  const catalogue = join(place, 'dist/methods.ndjson')
  const lines = readFileSync(catalogue, 'utf8').split('\n')
  const changed = lines.flatMap((line) => {
    const name = /^\{"name":"([^"]+)"/.exec(line)?.[1]
    return name === undefined ? [line] : (change(line, name) ?? [])
  })
  expect(changed).not.toEqual(lines)
  writeFileSync(catalogue, changed.join('\n'))
  return new Promise<{ status: number; stdout: string }>((resolve) =>
    execFile(
      process.execPath,
      [join(place, 'dist/cli.js'), 'lock', '--check'],
      { cwd: folder, env: { ...process.env, NO_COLOR: '1' } },
      (error, stdout) => resolve({ status: Number(error?.code ?? 0), stdout }),
    ),
  )
}

const inMethod =
  (method: string, from: string, to: string) =>
  (line: string, name: string): string =>
    name === method ? line.replace(from, to) : line

async function lockedTrades() {
  await call(gateway, 'taobao.trades.sold.get', { fields: 'tid,status', page_size: '10' })
  await call(gateway, 'taobao.item.add', {
    title: 'x',
    price: '1.00',
    num: '1',
    type: 'fixed',
    cid: '1512',
    desc: 'text',
    stuff_status: 'new',
    'location.state': '浙江',
    'location.city': '杭州',
  })
  expect((await lock('--url', url)).status).toBe(0)
  expect((await lock('--check')).status).toBe(0)
}

it('fails where the catalogue loses a field that was used, naming it and the call', async () => {
  await lockedTrades()
  const { status, stdout } = await checkWith(
    inMethod('taobao.trades.sold.get', '"name":"has_next"', '"name":"has_nxt"'),
  )
  expect(stdout).toBe(
    'taobao.trades.sold.get, field has_next: was Boolean; is no field (did you mean has_nxt?) (used by exchange 1 of journal)\n',
  )
  expect(status).toBe(1)
})

it('fails where a parameter that was sent changes its type', async () => {
  await lockedTrades()
  const { status, stdout } = await checkWith(
    inMethod(
      'taobao.trades.sold.get',
      '"name":"page_size","type":"Number"',
      '"name":"page_size","type":"Boolean"',
    ),
  )
  expect(stdout).toMatch(
    /^taobao\.trades\.sold\.get, parameter page_size: was Long.*; is Boolean.*\(used by exchange 1 of journal\)\n$/,
  )
  expect(status).toBe(1)
})

it('fails where a parameter that was never sent becomes required', async () => {
  await lockedTrades()
  const { status, stdout } = await checkWith(
    inMethod(
      'taobao.trades.sold.get',
      '"params":[',
      '"params":[{"name":"shop","type":"String","required":true},',
    ),
  )
  expect(stdout).toBe(
    'taobao.trades.sold.get, parameter shop: was not required; is required, and never sent (used by exchange 1 of journal)\n',
  )
  expect(status).toBe(1)
})

it('fails where a method that was called is gone', async () => {
  await lockedTrades()
  const { status, stdout } = await checkWith((line, name) =>
    name === 'taobao.trades.sold.get' ? undefined : line,
  )
  expect(stdout).toBe(
    'taobao.trades.sold.get, method: was there (listed); is no method of the platform (used by exchange 1 of journal)\n',
  )
  expect(status).toBe(1)
})

it('fails where the catalogue leaves a hand-written contract behind', async () => {
  await lockedTrades()
  const { status, stdout } = await checkWith(
    inMethod('taobao.item.add', '"name":"title"', '"name":"headline"'),
  )
  expect(stdout).toContain('taobao.item.add, parameter title: was Text, required, at most')
  expect(stdout).toContain('catalogue: not there (used by exchange 2 of journal)')
  expect(status).toBe(1)
})

it('does not mind what the integration does not use', async () => {
  await lockedTrades()
  const { status, stdout } = await checkWith(
    inMethod('taobao.trade.fullinfo.get', '"name":"trade"', '"name":"order"'),
  )
  expect(stdout).toContain('nothing has changed of 2 methods')
  expect(status).toBe(0)
})

it('refuses to lock nothing', async () => {
  writeFileSync(file('exchanges.jsonl'), '')
  const nothing = await lock(file('exchanges.jsonl'))
  expect(nothing.status).toBe(2)
  expect(nothing.stderr).toContain('used no method of the platform (there are none)')
  await call(gateway, 'taobao.no.such.method')
  const unknown = await lock('--url', url)
  expect(unknown.status).toBe(2)
  expect(unknown.stderr).toContain('"taobao.no.such.method" is no method of the platform')
  const nowhere = await lock()
  expect(nowhere.status).toBe(2)
  expect(nowhere.stderr).toContain('.localtop/reports cannot be read')
  expect((await lock('--url', 'http://127.0.0.1:9')).stderr).toContain('cannot be reached')
})

it.each<readonly [string, (text: string) => string, string]>([
  ['of another version', (text) => text.replace('"version": 1', '"version": 2'), 'of version 2'],
  ['that is cut', (text) => text.slice(0, 200), 'is cut'],
  ['that is no JSON', () => 'methods: []', 'is no JSON'],
  ['that is something else', () => '{"format":"localtop-matrix"}', 'is no lock'],
  ['that locks nothing', () => '{"format":"localtop-lock","version":1,"methods":{}}', 'no method'],
  ['changed by hand', (text) => text.replace('"is": "Date', '"is": "Text'), 'changed by hand'],
  [
    'with something unknown',
    (text) => text.replace('"root"', '"roots"'),
    'methods.taobao.time.get',
  ],
])('refuses a lock %s with status 2', async (_, broken, message) => {
  await call(gateway, 'taobao.time.get')
  await lock('--url', url)
  const text = readFileSync(file(), 'utf8')
  writeFileSync(file(), broken(text))
  expect(readFileSync(file(), 'utf8')).not.toBe(text)
  for (const args of [['--check'], ['--merge', '--url', url]]) {
    const { status, stderr } = await lock(...args)
    expect(stderr).toContain(message)
    expect(stderr.trim().split('\n')).toHaveLength(1)
    expect(status).toBe(2)
  }
})

it('asks for a lock that is not there, and for one use at a time', async () => {
  const missing = await lock('--check')
  expect(missing.status).toBe(2)
  expect(missing.stderr).toContain(
    'localtop.lock.json: there is no such file; localtop lock writes it',
  )
  expect((await lock('--check', '--merge')).status).toBe(2)
})

it('leaves out a last line that is cut, and refuses one in the middle', async () => {
  await call(gateway, 'taobao.time.get')
  const line = JSON.stringify(gateway.exchanges.find('1'))
  writeFileSync(file('a.jsonl'), `${line}\n${line.slice(0, 80)}`)
  const cut = await lock(file('a.jsonl'))
  expect(cut.stderr).toContain('is cut: line 2, the last, is not whole and was left out')
  expect(cut.status).toBe(0)
  writeFileSync(file('b.jsonl'), `${line.slice(0, 80)}\n${line}\n`)
  const broken = await lock(file('b.jsonl'))
  expect(broken.stderr).toContain('line 1 is no JSON')
  expect(broken.status).toBe(2)
})
