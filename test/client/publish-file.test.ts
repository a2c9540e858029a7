import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createClient, publishFile, type RowResult, readItems } from '../../src/client/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'

let folder: string
let gateway: Gateway
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-publish-'))
  gateway = createGateway({ profile: 'guide', rateLimit: 'off' })
})
afterEach(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

function file(name: string, content: string | Uint8Array): string {
  const path = join(folder, name)
  writeFileSync(path, content)
  return path
}

const client = () =>
  createClient({
    url: 'http://gateway.invalid',
    appKey: 'YOUR_APP_KEY',
    appSecret: 'YOUR_SECRET_KEY',
    session: 'YOUR_SESSION_TOKEN',
    profile: 'guide',
    fetch: (url, init) => gateway.fetch(new Request(url, init)),
  })

const publish = (path: string, options = {}) =>
  publishFile(client(), path, { profile: 'guide', ...options })

const linesOf = (path: string): RowResult[] =>
  readFileSync(path, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))

describe('reading items', () => {
  it('takes CSV with a byte order mark, quoted commas and Chinese', () => {
    const path = file('items.csv', '\uFEFFtitle,price,num\n"茶杯, 青花","45.5",8\n')
    expect(readItems(path, 'guide')).toEqual([
      { row: 2, outerId: undefined, item: { title: '茶杯, 青花', price: '45.50', num: 8 } },
    ])
  })

  it('takes JSON with numbers, booleans and lists', () => {
    const path = file(
      'items.json',
      JSON.stringify([
        {
          title: '茶',
          price: 9.9,
          num: 3,
          has_discount: true,
          image_urls: ['a', 'b'],
          outer_id: null,
        },
      ]),
    )
    expect(readItems(path, 'guide')[0]?.item).toEqual({
      title: '茶',
      price: '9.90',
      num: 3,
      has_discount: true,
      image_urls: ['a', 'b'],
    })
  })

  it('takes JSONL, and names the line that is none', () => {
    const path = file('items.jsonl', '{"title":"a","price":"1","num":1}\n\n{"title":\n[1]\n')
    const rows = readItems(path, 'guide')
    expect(rows.map((row) => row.row)).toEqual([1, 3, 4])
    expect(rows[0]?.item).toBeDefined()
    expect(rows[1]?.problems).toHaveLength(1)
    expect(rows[2]?.problems).toEqual([{ message: 'expected an object' }])
  })

  it('names row and column of everything that breaks the contract', () => {
    const path = file(
      'items.csv',
      `title,price,num,outer_id\n${'长'.repeat(121)},0,1.5,A\n,-1,-1,A\n茶,1,1\n`,
    )
    expect(
      readItems(path, 'guide').map(({ row, problems }) => [
        row,
        problems?.map((one) => one.column),
      ]),
    ).toEqual([
      [2, ['num', 'title', 'price']],
      [3, ['title', 'num', 'price', 'outer_id']],
      [4, [undefined]],
    ])
  })

  it('demands what the profile demands', () => {
    const path = file('items.csv', 'title,price,num\n茶,1,1\n')
    expect(readItems(path, 'production')[0]?.problems?.[0]?.column).toBe('type')
  })

  it('reads the picture that a row names, beside the file', () => {
    file('cup.png', new Uint8Array([137, 80, 78, 71]))
    const path = file('items.csv', 'title,price,num,image\n茶,1,1,cup.png\n茶,1,1,gone.png\n')
    const [first, second] = readItems(path, 'guide')
    expect(first?.item?.image).toMatchObject({ fileName: 'cup.png', contentType: 'image/png' })
    expect(second?.problems).toMatchObject([{ column: 'image' }])
  })

  it.each([
    ['a file that is not there', 'gone.csv', undefined, 'there is no such file'],
    ['an empty file', 'items.csv', '', 'the file is empty'],
    ['another ending', 'items.txt', 'x', 'expected a file that ends in .csv, .json or .jsonl'],
    ['a file that is not UTF-8', 'items.csv', new Uint8Array([0xc9, 0xcc]), 'it is not UTF-8'],
    [
      'a column that is no parameter',
      'items.csv',
      'titel,price\n',
      'column 1, "titel", is no parameter of taobao.item.add; did you mean "title"?',
    ],
    ['a column that stands twice', 'items.csv', 'title,title\n', 'the column "title" stands twice'],
    ['an open quote', 'items.csv', 'title\n"abc\n', 'items.csv'],
    ['broken JSON', 'items.json', '[{', 'items.json'],
    ['JSON that is no list', 'items.json', '{}', 'expected an array of items'],
  ])('refuses %s', (_, name, content, message) => {
    const path = content === undefined ? join(folder, name) : file(name, content)
    expect(() => readItems(path, 'guide')).toThrow(message)
  })
})

describe('publishing a file', () => {
  const csv = 'title,price,num,outer_id\n茶一,1,1,T-1\n茶二,abc,1,T-2\n茶三,3,1,T-3\n'

  it('publishes the good rows, names the bad ones, and writes a line for each', async () => {
    const path = file('items.csv', csv)
    const summary = await publish(path)
    expect(summary).toMatchObject({ rows: 3, published: 2, failed: 1, before: 0 })
    expect(linesOf(`${path}.result.jsonl`).sort((a, b) => a.row - b.row)).toEqual([
      { row: 2, outer_id: 'T-1', status: 'published', num_iid: expect.any(String) },
      {
        row: 3,
        outer_id: 'T-2',
        status: 'failed',
        error: {
          message: 'row 3, price: was "abc": expected a price in yuan with at most two decimals',
          problems: [{ column: 'price', message: expect.any(String) }],
        },
      },
      { row: 4, outer_id: 'T-3', status: 'published', num_iid: expect.any(String) },
    ])
  })

  it('run again, sends only what was not published', async () => {
    const path = file('items.csv', csv)
    await publish(path)
    gateway.exchanges.clear()
    writeFileSync(path, csv.replace('abc', '2'))
    expect(await publish(path)).toMatchObject({ before: 2, published: 1, failed: 0 })
    expect(gateway.exchanges.list({ method: 'taobao.item.add' })).toHaveLength(1)
    expect(linesOf(`${path}.result.jsonl`)).toHaveLength(3)
  })

  it('after an interruption asks before it sends: an item whose line was lost is not published twice', async () => {
    const path = file('items.csv', csv.replace('abc', '2'))
    await publish(path)
    const [first] = linesOf(`${path}.result.jsonl`)
    // Killed while it wrote the second line; all three had been published.
    writeFileSync(`${path}.result.jsonl`, `${JSON.stringify(first)}\n{"row":3,"outer_`)
    gateway.exchanges.clear()
    const summary = await publish(path)
    expect(summary).toMatchObject({ before: 1, published: 2 })
    expect(summary.results.map((result) => result.found)).toEqual([true, true])
    expect(gateway.exchanges.list({ method: 'taobao.item.add' })).toEqual([])
  })

  it('tells how far it is', async () => {
    const path = file('items.csv', csv)
    const told: number[][] = []
    await publish(path, {
      onRow: (_: RowResult, settled: number, total: number) => told.push([settled, total]),
    })
    expect(told).toEqual([
      [1, 3],
      [2, 3],
      [3, 3],
    ])
  })
})
