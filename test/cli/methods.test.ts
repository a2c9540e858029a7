import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Validator } from '@seriousme/openapi-schema-validator'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { textWidth } from '../../src/cli/text-layout.ts'
import {
  type AnyContract,
  factsOf,
  jsonSchemasOf,
  methodNames,
  methods as written,
} from '../../src/contracts/index.ts'
import { createGateway, type DescribedMethod } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'
import { variedMethods } from '../support/methods.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'localtop-methods-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const run = (args: readonly string[], env?: NodeJS.ProcessEnv) =>
  runCommand(['methods', ...args], folder, { LANG: 'en_US.UTF-8', ...env })
const json = async (...args: string[]) => {
  const { stdout } = await run([...args, '--json'])
  return JSON.parse(stdout)
}

describe('localtop methods list', () => {
  it('finds what has all the words, the plainest name first, and counts it by tiers', async () => {
    const { status, stdout } = await run(['list', 'trade', 'get', '--limit', '3'])
    expect(status).toBe(0)
    const lines = stdout.trimEnd().split('\n')
    expect(lines[0]).toMatch(/^taobao\.trade\.get +stub +required +交易API/)
    expect(lines).toHaveLength(5)
    expect(lines.at(-1)).toMatch(/^\d+ methods, 3 listed \(--limit\): \d+ stub, \d+ request-only/)
  })

  it('searches groups in Chinese, and several words in one argument', async () => {
    const { total, methods } = await json('list', '交易 GET', '--limit', '1000')
    expect(total).toBeGreaterThan(20)
    for (const { name, group } of methods) {
      expect(name).toContain('get')
      expect(`${name} ${group}`).toContain('交易')
    }
  })

  it('narrows by tier, session, group and status', async () => {
    const { total, methods } = await json('list', '--tier', 'stateful')
    expect(total).toBe(Object.values<AnyContract>(written).filter(({ tier }) => !tier).length)
    expect(methods[0]).toEqual({
      name: 'taobao.item.add',
      group: '淘宝商品API',
      status: expect.stringMatching(/listed|removed/),
      tier: 'stateful',
      session: 'required',
    })
    const narrowed = await json(
      ...['list', '--session', 'required', '--status', 'removed', '--group', 'api', '--limit', '9'],
    )
    expect(narrowed.methods.length).toBeGreaterThan(0)
    for (const { session, status, group } of narrowed.methods) {
      expect([session, status, group.toLowerCase().includes('api')]).toEqual([
        'required',
        'removed',
        true,
      ])
    }
  })

  it('knows all methods of the platform', async () => {
    const { total, tiers } = await json('list', '--limit', '1')
    expect(total).toBe(methodNames().length)
    expect(Object.values<number>(tiers).reduce((sum, count) => sum + count)).toBe(total)
  })

  it.each([60, 80, 120])('fits into %i columns, and cuts no name', async (columns) => {
    const args = ['list', '--limit', '300']
    const { stdout } = await run(args, { COLUMNS: String(columns) })
    const rows = stdout.trimEnd().split('\n').slice(0, -2)
    const { methods } = await json(...args)
    expect(rows.map((row) => row.split(' ')[0])).toEqual(
      methods.map(({ name }: { name: string }) => name),
    )
    const longest = Math.max(...methods.map(({ name }: { name: string }) => name.length))
    expect(rows.filter((row) => textWidth(row) > Math.max(columns, longest))).toEqual([])
  })

  it('says with status 1 that nothing was found, and what was probably meant', async () => {
    expect(await run(['list', 'trrade', 'get'])).toMatchObject({
      status: 1,
      stdout: 'No method has "trrade" and "get". Did you mean trade?\n',
    })
    expect(await run(['list', 'taobao.trade.gett'])).toMatchObject({
      status: 1,
      stdout: expect.stringContaining('Did you mean taobao.trade.get?'),
    })
    const { status, stdout } = await run(['list', 'qqqqqqqq', '--json'])
    expect([status, JSON.parse(stdout).total]).toEqual([1, 0])
  })

  it.each([
    [['--tier', 'perfect'], /--tier/],
    [['--session', 'yes'], /--session/],
    [['--limit', '0'], /--limit/],
  ])('refuses %j with status 2', async (flags, says) => {
    const { status, stdout, stderr } = await run(['list', ...flags])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(says)
  })
})

describe('localtop methods show', () => {
  it('prints a page about a method of the catalogue', async () => {
    const { status, stdout } = await run(['show', 'taobao.trade.fullinfo.get'])
    expect(status).toBe(0)
    expect(stdout).toMatch(/^group +淘宝交易API$/m)
    expect(stdout).toMatch(/^status +in the directory of the platform, changed 20\d\d-\d\d-\d\d$/m)
    expect(stdout).toMatch(/^session +required \(official-demo-sessionKey\)$/m)
    expect(stdout).toMatch(/^tier +stub: /m)
    expect(stdout).toMatch(/^tid +Number +yes +at least 1$/m)
    expect(stdout).toMatch(/^ {2}orders\.order\[\] +Order/m)
    expect(stdout).toMatch(/^40 +Missing required arguments/m)
    expect(stdout).toMatch(/^curl -s http:\/\/127\.0\.0\.1:7070\/router\/rest/m)
    expect(stdout).toContain('"trade_fullinfo_get_response": {')
  })

  it('prints a page about a method that was written by hand, with its sub-codes', async () => {
    const { stdout } = await run(['show', 'taobao.item.add'])
    expect(stdout).toMatch(/^tier +stateful: /m)
    expect(stdout).toMatch(/^cid +Number +production/m)
    const flat = stdout.replaceAll(/\s+/g, ' ')
    expect(flat).toContain('at most 120 characters documents mention at most 30 characters')
    for (const subCode of Object.keys(written['taobao.item.add'].errors)) {
      expect(flat).toContain(subCode)
    }
  })

  it('speaks Chinese for --lang zh and for a Chinese locale', async () => {
    const asked = await run(['show', 'taobao.time.get', '--lang', 'zh'])
    const located = await run(['show', 'taobao.time.get'], { LC_ALL: 'zh_CN.UTF-8' })
    for (const { stdout } of [asked, located]) expect(stdout).toMatch(/^业务参数$/m)
    expect((await run(['show', 'taobao.time.get'])).stdout).toMatch(/^Parameters$/m)
  })

  it('names the near ones of an unknown method, with status 2', async () => {
    const { status, stdout, stderr } = await run(['show', 'taobao.trade.fulinfo.get'])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toContain('did you mean taobao.trade.fullinfo.get')
    expect((await run(['show', 'trade.fullinfo.get'])).stderr).toContain(
      'taobao.trade.fullinfo.get',
    )
  })

  it('prints with --json what the control API answers', async () => {
    const shown = await json('show', 'taobao.trade.fullinfo.get')
    const gateway = createGateway()
    const response = await gateway.fetch(
      new Request('http://127.0.0.1:7070/_localtop/methods/taobao.trade.fullinfo.get'),
    )
    const answered = (await response.json()) as DescribedMethod
    expect(shown.facts).toEqual(answered.facts)
    expect(shown.schema).toEqual(answered.schema)
    expect(shown.errors).toEqual(answered.errors)
    expect(shown.sample.request).toEqual(answered.sample.request)
  })
})

describe('the curl line of a page', { timeout: 120_000 }, () => {
  /** What no gateway has without a buyer, a seller or a picture before. */
  const needsMore = [/^taobao\.top\.auth\.token/, /^taobao\.item\.img\.delete$/]
  const pasted = [
    ...Object.keys(written),
    ...variedMethods.filter((_, at) => at % 3 === 0),
    'taobao.picture.upload',
    'cainiao.waybill.ii.get',
  ].filter((name, at, all) => all.indexOf(name) === at && !needsMore.some((one) => one.test(name)))

  it('works when pasted, against a gateway with the default world', async () => {
    await using gateway = createGateway({ rateLimit: 'off' })
    const { url } = await gateway.listen({ port: 0 })
    const failed: string[] = []
    for (const name of pasted) {
      const response = await fetch(`${url}/_localtop/methods/${name}?appKey=12345678`)
      const { sample, facts } = (await response.json()) as DescribedMethod
      const { stdout } = await promisify(execFile)('sh', ['-c', sample.curl])
      if (!stdout.startsWith(`{"${facts.root}":`)) failed.push(`${name}: ${stdout}`)
      await gateway.reset()
    }
    expect(failed).toEqual([])
    expect(pasted.length).toBeGreaterThan(25)
  })

  it('calls the gateway that --url names', async () => {
    await using gateway = createGateway()
    const { url } = await gateway.listen({ port: 0 })
    const { sample } = await json('show', 'taobao.item.img.upload', '--url', url)
    expect(sample.curl).toContain(`curl -s ${url}/router/rest`)
    expect(sample.curl).toMatch(/-F 'image=GIF89a;filename=sample\.gif;type=image\/gif'/)
    const { stdout } = await promisify(execFile)('sh', ['-c', sample.curl])
    expect(JSON.parse(stdout).item_img_upload_response.item_img.url).toContain(url)
    expect((await run(['show', 'taobao.time.get', '--url', 'here'])).status).toBe(2)
  })
})

describe('localtop methods schema', () => {
  it('prints both schemas, or the one that is asked for', async () => {
    const facts = factsOf('taobao.trades.sold.get')
    if (!facts) throw new Error('no facts')
    const schemas = jsonSchemasOf(facts)
    const of = async (...flags: string[]) =>
      JSON.parse((await run(['schema', facts.name, ...flags])).stdout)
    expect(await of()).toEqual(schemas)
    expect(await of('--request')).toEqual(schemas.request)
    expect(await of('--response')).toEqual(schemas.response)
    expect((await run(['schema', 'taobao.nothing.get'])).status).toBe(2)
  })
})

describe('localtop methods openapi', { timeout: 120_000 }, () => {
  const validity = async (text: string) => {
    const { valid, errors } = await new Validator().validate(JSON.parse(text))
    return valid ? 'valid' : errors
  }

  it('prints a valid document of the methods that are named, each once', async () => {
    const names = ['taobao.item.add', 'taobao.trade.get', 'taobao.item.add']
    const { stdout } = await run(['openapi', ...names, '--url', 'http://127.0.0.1:9'])
    expect(await validity(stdout)).toBe('valid')
    const { paths, servers } = JSON.parse(stdout)
    expect(Object.keys(paths)).toEqual([
      '/router/rest#taobao.item.add',
      '/router/rest#taobao.trade.get',
    ])
    expect(servers).toEqual([{ url: 'http://127.0.0.1:9' }])
  })

  it('writes a valid document of a group', async () => {
    const out = join(folder, 'group.json')
    expect((await run(['openapi', '--group', '淘宝交易', '--out', out])).status).toBe(0)
    const text = await readFile(out, 'utf8')
    expect(await validity(text)).toBe('valid')
    expect(Object.keys(JSON.parse(text).paths).length).toBeGreaterThan(10)
  })

  it('writes a valid document of all methods', async () => {
    const out = join(folder, 'all.json')
    expect(await run(['openapi', '--all', '--out', out])).toMatchObject({ status: 0, stderr: '' })
    const text = await readFile(out, 'utf8')
    expect(await validity(text)).toBe('valid')
    expect(Object.keys(JSON.parse(text).paths)).toHaveLength(methodNames().length)
  })

  it.each([
    [[], /names, --group or --all/],
    [['taobao.item.add', '--all'], /names, --group or --all/],
    [['taobao.item.ad'], /did you mean taobao\.item\.add/],
    [['--group', 'no such group'], /--group: no group has "no such group"/],
    [['taobao.item.add', '--url', 'here'], /--url was "here"/],
    [['taobao.item.add', '--out', 'no/such/folder/x.json'], /--out: ENOENT/],
  ])('refuses %j with status 2', async (args, says) => {
    const { status, stdout, stderr } = await run(['openapi', ...args])
    expect([status, stdout]).toEqual([2, ''])
    expect(stderr).toMatch(says)
  })
})

describe('a reader that goes away', () => {
  it.each([
    ['openapi', '--group', 'API'],
    ['types', ...variedMethods],
    ['list', '--limit', '9728'],
  ])('ends localtop methods %s without a word', async (...args) => {
    const cli = join(import.meta.dirname, '../../dist/cli.js')
    const words = ['methods', ...args].map((arg) => `'${arg}'`).join(' ')
    const { stdout, stderr } = await promisify(execFile)('sh', [
      '-c',
      `'${process.execPath}' '${cli}' ${words} | head -c 20`,
    ])
    expect([stdout.length, stderr]).toEqual([20, ''])
  })
})

describe('localtop methods types', () => {
  it('prints types, or writes them to a file', async () => {
    const names = ['taobao.trade.get', 'taobao.time.get']
    const { stdout } = await run(['types', ...names])
    expect(stdout).toContain('export interface TaobaoTradeGetRequest {')
    expect(stdout).toContain(
      "'taobao.time.get': { request: TaobaoTimeGetRequest; response: TaobaoTimeGetResponse }",
    )
    const out = join(folder, 'top.ts')
    const { status, stderr } = await run(['types', ...names, '--out', out])
    expect([status, stderr]).toEqual([0, `${out}: 2 methods\n`])
    expect(await readFile(out, 'utf8')).toBe(stdout)
  })

  it('refuses an unknown name, and a file that cannot be written, with status 2', async () => {
    expect((await run(['types', 'taobao.tim.get'])).stderr).toContain('mean taobao.time.get')
    const { status, stderr } = await run(['types', 'taobao.time.get', '--out', 'no/such/x.ts'])
    expect(status).toBe(2)
    expect(stderr).toMatch(/--out: ENOENT/)
  })
})
