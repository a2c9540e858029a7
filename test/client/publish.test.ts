import { afterEach, describe, expect, it } from 'vitest'
import { type ClientOptions, createClient, type PublishResult } from '../../src/client/index.ts'
import type { RuleSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'

let gateway: Gateway
afterEach(() => gateway?.close())

function clientOf(rules: RuleSeed[] = [], options: Partial<ClientOptions> = {}) {
  gateway = createGateway({
    profile: 'guide',
    rateLimit: 'off',
    scenarios: [{ title: 'test', rules }],
  })
  gateway.clock.freeze('2026-11-11 20:00:00')
  return createClient({
    url: 'http://gateway.invalid',
    appKey: 'YOUR_APP_KEY',
    appSecret: 'YOUR_SECRET_KEY',
    session: 'YOUR_SESSION_TOKEN',
    profile: 'guide',
    fetch: (url, init) => gateway.fetch(new Request(url, init)),
    now: () => gateway.clock.state().epochMs,
    random: () => 0.5,
    sleep: async (ms) => void gateway.clock.advance(`${ms}ms`),
    ...options,
  })
}

const items = (count: number) =>
  Array.from({ length: count }, (_, at) => ({
    title: `商品 ${at + 1}`,
    price: '10.00',
    num: 1,
    outer_id: `P-${at + 1}`,
  }))

const added = () =>
  gateway.exchanges
    .list({ method: 'taobao.item.add' })
    .filter(({ outcome }) => outcome === 'answered')

/** A fetch that carries a call out and then loses its answer, once for each item.add. */
function losingAnswers(times: number): NonNullable<ClientOptions['fetch']> {
  let left = times
  return async (url, init) => {
    const body = String(init.body)
    const answer = await gateway.fetch(new Request(url, init))
    if (body.includes('taobao.item.add') && left-- > 0) throw new TypeError('fetch failed')
    return answer
  }
}

describe('publish', () => {
  it('gives a result for each item, in the order of the batch', async () => {
    const client = clientOf()
    const settled: PublishResult[] = []
    const results = await client.publish(items(9), { onResult: (result) => settled.push(result) })
    expect(results.map(({ index, outerId, status }) => [index, outerId, status])).toEqual(
      items(9).map((item, index) => [index, item.outer_id, 'published']),
    )
    expect(new Set(results.map((result) => result.numIid)).size).toBe(9)
    expect(settled).toHaveLength(9)
  })

  it('has no more items under way than it is allowed', async () => {
    let underWay = 0
    let most = 0
    const client = clientOf([], {
      fetch: async (url, init) => {
        most = Math.max(most, ++underWay)
        const answer = await gateway.fetch(new Request(url, init))
        await new Promise((resolve) => setImmediate(resolve))
        underWay--
        return answer
      },
    })
    await client.publish(items(20), { concurrency: 3 })
    expect(most).toBe(3)
  })

  it('publishes an item once although its answers are lost, and says that it was found', async () => {
    const client = clientOf([], { fetch: losingAnswers(2) })
    const results = await client.publish(items(3), { concurrency: 1 })
    expect(results.map(({ status, found }) => [status, found])).toEqual([
      ['published', true],
      ['published', true],
      ['published', undefined],
    ])
    expect(added()).toHaveLength(3)
  })

  it('sends again what was not carried out', async () => {
    const client = clientOf([
      {
        when: { method: 'taobao.item.add', call: 1 },
        then: { refuse: 'isp.remote-service-timeout' },
      },
    ])
    const [result] = await client.publish(items(1))
    expect(result).toMatchObject({ status: 'published' })
    expect(added()).toHaveLength(1)
  })

  it('does not send an item again that has no outer_id to ask by', async () => {
    const client = clientOf([], { fetch: losingAnswers(1) })
    const [result] = await client.publish([{ title: '无编码', price: '1.00', num: 1 }])
    expect(result).toMatchObject({
      status: 'unknown',
      error: { message: expect.stringContaining('without an outer_id') },
    })
    expect(added()).toHaveLength(1)
  })

  it('does not send an item again when asking fails', async () => {
    const client = clientOf([
      { when: { method: 'taobao.item.add' }, then: { refuse: 'isp.remote-service-timeout' } },
      { when: { method: 'taobao.items.custom.get' }, then: { refuse: '11' }, times: 'always' },
    ])
    const [result] = await client.publish(items(1))
    expect(result).toMatchObject({
      status: 'unknown',
      error: { code: 'insufficient_isv_permissions' },
    })
  })

  it('asks one last time when every attempt was lost', async () => {
    const client = clientOf([
      {
        when: { method: 'taobao.item.add' },
        then: { refuse: 'isp.remote-service-timeout' },
        times: 'always',
      },
    ])
    const [result] = await client.publish(items(1), { attempts: 2 })
    expect(result).toMatchObject({
      status: 'unknown',
      error: { subCode: 'isp.remote-service-timeout' },
    })
    expect(gateway.exchanges.list({ method: 'taobao.items.custom.get' })).toHaveLength(2)
  })

  it('goes on after an item that is refused', async () => {
    const client = clientOf([
      {
        when: { method: 'taobao.item.add', call: 2 },
        then: { refuse: '15/isv.invalid-permission' },
      },
    ])
    const results = await client.publish(items(3), { concurrency: 1 })
    expect(results.map((result) => result.status)).toEqual(['published', 'failed', 'published'])
    expect(results[1]?.error).toMatchObject({
      code: 'remote_service_error',
      subCode: 'isv.invalid-permission',
      requestId: expect.any(String),
    })
  })

  it('does not publish two items with one outer_id', async () => {
    const client = clientOf()
    const twins = items(1).concat(items(1))
    const results = await client.publish(twins)
    expect(results.map((result) => result.status)).toEqual(['published', 'failed'])
    expect(added()).toHaveLength(1)
  })

  it('asks before sending where it is told that some may be there already', async () => {
    const client = clientOf()
    await client.publish(items(2))
    const again = await client.publish(items(3), { askFirst: true })
    expect(again.map((result) => result.found)).toEqual([true, true, undefined])
    expect(added()).toHaveLength(3)
  })

  it('begins no further item once it is ended', async () => {
    const client = clientOf()
    const end = new AbortController()
    const results = await client.publish(items(5), {
      concurrency: 1,
      signal: end.signal,
      onResult: ({ index }) => index === 1 && end.abort(),
    })
    expect(results.map((result) => result.status)).toEqual([
      'published',
      'published',
      'skipped',
      'skipped',
      'skipped',
    ])
    expect(added()).toHaveLength(2)
  })
})
