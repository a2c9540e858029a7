import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import {
  type AnyContract,
  decodeArguments,
  factsOf,
  findMethod,
  findRow,
  type MethodFacts,
  sampleAnswer,
  sampleRequest,
  typescriptOf,
} from '../../src/contracts/index.ts'
import { variedMethods } from '../support/methods.ts'

const root = join(import.meta.dirname, '../..')
let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'localtop-types-'))
})
afterAll(() => rm(folder, { recursive: true, force: true }))

const factsNamed = (names: readonly string[]) => names.map((name) => factsOf(name) as MethodFacts)

/** What `tsc --strict` says about files, as one who installed the package would run it. */
async function compile(files: Readonly<Record<string, string>>): Promise<string[]> {
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text)
  const config = {
    compilerOptions: {
      strict: true,
      exactOptionalPropertyTypes: true,
      noUncheckedIndexedAccess: true,
      noEmit: true,
      target: 'es2023',
      lib: ['es2023', 'esnext.disposable'],
      module: 'nodenext',
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      paths: {
        'localtop/client': [join(root, 'src/client/index.ts')],
        'localtop/contracts': [join(root, 'src/contracts/index.ts')],
      },
    },
    files: Object.keys(files),
  }
  await writeFile(join(folder, 'package.json'), '{"type":"module"}')
  await writeFile(join(folder, 'tsconfig.json'), JSON.stringify(config))
  const tsc = join(root, 'node_modules/typescript/bin/tsc')
  return new Promise((resolve, reject) =>
    execFile(process.execPath, [tsc, '-p', '.'], { cwd: folder }, (error, stdout, stderr) => {
      if (stderr !== '') reject(new Error(stderr))
      else resolve(error ? stdout.trim().split('\n') : [])
    }),
  )
}

const client = `
import { createClient } from 'localtop/client'
const client = createClient({ url: 'http://x', appKey: 'a', appSecret: 's' })
`

/** The names of the interfaces, from the words that merge them. */
function interfacesOf(types: string, method: string): { request: string; response: string } {
  const [, request = '', response = ''] =
    types
      .split('\n')
      .find((line) => line.includes(`'${method}': {`))
      ?.match(/request: (\w+); response: (\w+)/) ?? []
  return { request, response }
}

/** A value as somebody would write it into a program. */
const literal = (value: unknown): string =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && 'bytes' in part ? '@file' : part,
  ).replaceAll('"@file"', "{ fileName: '', contentType: '', bytes: new Uint8Array() }")

describe('the types of forty methods', { timeout: 120_000 }, () => {
  const types = typescriptOf(factsNamed(variedMethods), 'for a test')

  it('compile, and are those of what the client takes and gives', async () => {
    const uses = variedMethods.flatMap((name, at) => {
      const { request, response } = interfacesOf(types, name)
      const contract = findMethod(name) as AnyContract
      const row = findRow(name)
      const sent = row && contract.tier ? sampleRequest(row, { all: true }) : contract.example
      const decoded = decodeArguments(contract, sent)
      if (!('request' in decoded)) throw new Error(`${name} refuses its sample`)
      const answer = row ? contract.response.safeParse(sampleAnswer(row)) : undefined
      return [
        `import type { ${request} as Q${at}, ${response} as S${at} } from './methods.ts'`,
        `export const q${at}: Q${at} = ${literal(decoded.request)}`,
        ...(contract.tier === 'stub'
          ? [`export const s${at}: S${at} = ${literal(answer?.data)}`]
          : []),
      ]
    })
    expect(uses.length).toBeGreaterThan(100)
    expect(await compile({ 'methods.ts': types, 'uses.ts': uses.join('\n') })).toEqual([])
  })

  it('make callByName refuse what the method does not take, and know what it answers', async () => {
    const use = `${client}
import './methods.ts'
export async function right() {
  const { trade } = await client.callByName('taobao.trade.fullinfo.get', { fields: ['tid'], tid: '7' })
    .catch(() => ({ trade: undefined }))
  const oid: string | undefined = trade?.orders?.order[0]?.oid
  await client.callByName('taobao.item.update', { num_iid: '1', price: '2.00', has_invoice: true })
  await client.callByName('some.other.method', { anything: 1 })
  return oid
}
`
    expect(await compile({ 'methods.ts': types, 'use.ts': use })).toEqual([])

    const wrong: readonly [line: string, says: RegExp][] = [
      ["client.callByName('taobao.trade.fullinfo.get', { fields: ['tid'] })", /'tid' is missing/],
      [
        "client.callByName('taobao.trade.fullinfo.get', { fields: 'tid', tid: '7' })",
        /'string' is not assignable/,
      ],
      [
        "client.callByName('taobao.trade.fullinfo.get', { fields: [], tid: 7 })",
        /'number' is not assignable/,
      ],
      [
        "client.callByName('taobao.item.update', { num_iid: '1', prise: '2.00' })",
        /'prise' does not exist/,
      ],
      [
        "client.callByName('taobao.item.update', { num_iid: '1', stuff_status: 'old' })",
        /"old"' is not assignable/,
      ],
      [
        "client.callByName('taobao.item.update', { num_iid: '1', image: 'a.png' })",
        /'string' is not assignable to type 'TopFile'/,
      ],
      [
        "client.callByName('cainiao.waybill.ii.get', { param_waybill_cloud_print_apply_new_request: '{}' })",
        /is not assignable/,
      ],
      [
        "client.callByName('taobao.time.get', {}).then(({ clock }) => clock)",
        /'clock' does not exist/,
      ],
      [
        "client.callByName('taobao.trades.sold.get', { fields: [] }).then(({ trades }) => trades?.[0])",
        /can't be used to index|no index signature|Property '0'/,
      ],
    ]
    const lines = wrong.map(([line]) => line)
    const said = await compile({
      'methods.ts': types,
      'wrong.ts': `${client}import './methods.ts'\n${lines.join('\n')}\n`,
    })
    // Each of the lines is refused, and nothing else is.
    const first = client.split('\n').length + 1
    for (const [at, [line, says]] of wrong.entries()) {
      const about = said.filter((one) => one.startsWith(`wrong.ts(${first + at},`))
      expect(about.join('\n'), line).toMatch(says)
    }
    expect(said.filter((one) => !one.startsWith('wrong.ts(') && !one.startsWith(' '))).toEqual([])
  })
})

describe('a file of types', () => {
  it('names each structure once, also where several methods share it', () => {
    const names = ['taobao.trade.get', 'taobao.trade.fullinfo.get', 'taobao.trades.sold.get']
    const text = typescriptOf(factsNamed(names), 'for a test')
    const interfaces = [...text.matchAll(/^export interface (\w+)/gm)].map(([, name]) => name)
    expect(new Set(interfaces).size).toBe(interfaces.length)
    expect(interfaces).toContain('TaobaoTradeFullinfoGetRequest')
    expect(interfaces).toContain('Trade')
    expect(interfaces).toContain('Order')
  })

  it('tells what is enforced from what is advice, in comments that nothing ends early', () => {
    const text = typescriptOf(factsNamed(['taobao.item.add']), 'by */ somebody')
    expect(text).toMatch(/Limits: at most 120 characters\./)
    expect(text).toMatch(/nobody is known to enforce: at most 30 characters/)
    expect(text.split('\n')[0]).toBe('/** by *\\/ somebody */')
  })

  it('says what nobody knows', () => {
    const name = '3yz3r43l61.morefood.data.in'
    const text = typescriptOf(factsNamed([name]), 'for a test')
    expect(text).toContain(`Nobody knows what ${name} answers.`)
    expect(text).toContain('Response = Record<string, unknown>')
  })
})
