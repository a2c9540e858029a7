import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { findMethod, findRow, methodNames, sampleRequest } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { npmClients, restoreAgent, useAgent } from '../support/npm-clients.ts'

let gateway: Gateway

beforeEach(() => {
  // All of them write the time of the machine's own zone; the platform's is GMT+8.
  vi.stubEnv('TZ', 'Asia/Shanghai')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  restoreAgent()
  await gateway?.close()
})

const names = methodNames().filter((name) => findMethod(name)?.tier === 'stub')
/** Methods from all over the catalogue, those left out that want a file. */
const some = names
  .filter((_, at) => at % Math.floor(names.length / 60) === 0)
  .map((name) => [name, sampleRequest(findRow(name) as never, { all: true })] as const)
  .filter(([, sent]) => Object.values(sent).every((value) => typeof value === 'string'))

describe.each(npmClients)('$name', (client) => {
  it('calls methods from all over the catalogue, and takes their answers', async () => {
    gateway = createGateway({ profile: 'production' })
    const { url } = await gateway.listen()
    useAgent({ keepAlive: true, ...(client.portless && { leadTo: url }) })
    const account = { url, appKey: '12345678', appSecret: 'helloworld', session: 'test' }
    const call = client.open(account)
    const failed: string[] = []
    for (const [name, sent] of some) {
      const { refusal, answer } = await call(name, sent)
      if (refusal) failed.push(`${name}: ${refusal.words}`)
      else if (typeof answer !== 'object') failed.push(`${name}: ${answer}`)
    }
    expect(failed).toEqual([])
    expect(some.length).toBeGreaterThan(50)
  })
})
