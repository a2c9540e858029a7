import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type ContractReport, runContractSuite } from '../../src/kit/index.ts'
import { createGateway } from '../../src/server/index.ts'
import { runFolder } from '../support/run.ts'

/** One suite over the three ways in which programs reach a gateway. */
const app = { appKey: '12345678', appSecret: 'helloworld', session: 'test' }
const methods = ['taobao.item.add', 'taobao.item.seller.get', 'taobao.trade.fullinfo.get']
const suite = { ...app, methods, writes: true, assumed: true, rate: 'off' } as const

const fronts: Record<string, () => Promise<ContractReport>> = {
  'in this process': async () => {
    await using gateway = createGateway()
    return await runContractSuite({ ...suite, fetch: gateway.fetch })
  },
  'over HTTP': async () => {
    await using gateway = createGateway()
    const { url } = await gateway.listen()
    return await runContractSuite({ ...suite, url })
  },
  'of a program under run': async () => {
    using folder = runFolder()
    const cli = join(import.meta.dirname, '../../dist/cli.js')
    const gateway = ['--url', 'http://gw.api.taobao.com/router/rest', '--rate', 'off']
    const caller = [
      '--app-key',
      app.appKey,
      '--app-secret',
      app.appSecret,
      '--session',
      app.session,
    ]
    const { stdout } = await folder.run(
      [],
      [
        ...[process.execPath, cli, 'verify', ...gateway, ...caller, '--json'],
        ...['--methods', methods.join(','), '--writes', '--assumed'],
      ],
    )
    return JSON.parse(stdout) as ContractReport
  },
}

const reports = new Map<string, ContractReport>()
beforeAll(async () => {
  for (const [front, run] of Object.entries(fronts)) reports.set(front, await run())
}, 240_000)

const outcomesOf = (front: string) =>
  reports.get(front)?.cases.map(({ id, state }) => `${id}: ${state}`)

describe.each(Object.keys(fronts))('the contract suite %s', (front) => {
  it('finds no failure', () => {
    const failed = reports.get(front)?.cases.filter(({ state }) => state === 'failed')
    expect(failed).toEqual([])
    expect(reports.get(front)?.passed).toBeGreaterThan(100)
  })

  it('plays the same cases with the same outcome as in this process', () => {
    expect(outcomesOf(front)).toEqual(outcomesOf('in this process'))
  })
})
