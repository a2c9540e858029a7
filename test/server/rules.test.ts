import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import type { RuleSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'
import { call } from '../support/gateway.ts'

let gateway: Gateway
afterEach(() => gateway.close())

const withRules = (rules: RuleSeed[], options: GatewayOptions = {}) => {
  gateway = createGateway({
    profile: 'production',
    scenarios: [{ title: 'test', rules }],
    ...options,
  })
  return gateway
}

/** The codes of a row of calls of taobao.time.get; 0 for an answer. */
async function codes(count: number, who: Parameters<typeof call>[3] = {}) {
  const seen: unknown[] = []
  for (let n = 0; n < count; n++) {
    seen.push((await call(gateway, 'taobao.time.get', {}, who)).error?.code ?? 0)
  }
  return seen
}

describe('a rule', () => {
  it.each<[string, RuleSeed, number[]]>([
    ['once', { then: { refuse: 22 } }, [22, 0, 0, 0, 0]],
    ['every time', { then: { refuse: 22 }, times: 'always' }, [22, 22, 22, 22, 22]],
    ['three times', { then: { refuse: 22 }, times: 3 }, [22, 22, 22, 0, 0]],
    ['at the second call', { when: { call: 2 }, then: { refuse: 22 } }, [0, 22, 0, 0, 0]],
    [
      'in a range',
      { when: { call: { from: 2, to: 4 } }, then: { refuse: 22 } },
      [0, 22, 22, 22, 0],
    ],
    ['from a call on', { when: { call: { from: 4 } }, then: { refuse: 22 } }, [0, 0, 0, 22, 22]],
    ['for a family', { when: { method: 'taobao.time.*' }, then: { refuse: 22 } }, [22, 0, 0, 0, 0]],
    [
      'not for another method',
      { when: { method: 'taobao.item.add' }, then: { refuse: 22 } },
      [0, 0, 0, 0, 0],
    ],
    ['not for another app', { when: { app: 23456789 }, then: { refuse: 22 } }, [0, 0, 0, 0, 0]],
    [
      'not for other values',
      { when: { params: { q: 'x' } }, then: { refuse: 22 } },
      [0, 0, 0, 0, 0],
    ],
  ])('happens %s', async (_, rule, expected) => {
    withRules([rule])
    expect(await codes(5)).toEqual(expected)
  })

  it('counts the calls of each tenant apart, and again after its reset', async () => {
    withRules([{ when: { call: 2 }, then: { refuse: 22 } }])
    const [one, two] = [await gateway.tenant(), await gateway.tenant()]
    const as = ({ appKey, appSecret, session }: typeof one) => ({
      app: appKey,
      secret: appSecret,
      session,
    })
    expect(await codes(3, as(one))).toEqual([0, 22, 0])
    expect(await codes(2, as(two))).toEqual([0, 22])
    await gateway.reset({ appKey: one.appKey })
    expect(await codes(3, as(one))).toEqual([0, 22, 0])
    expect(await codes(1, as(two))).toEqual([0])
  })

  it('that ends a session has ended it for good, in a file store too', async () => {
    const data = mkdtempSync(join(tmpdir(), 'localtop-rules-'))
    withRules([{ then: { expireSession: true } }], { store: 'file', data })
    const ended = await call(gateway, 'taobao.user.seller.get', { fields: 'nick' })
    expect(ended.error?.sub_code).toBe('session-expired')
    await gateway.close()
    withRules([], { store: 'file', data })
    const after = await call(gateway, 'taobao.user.seller.get', { fields: 'nick' })
    expect(after.error?.sub_code).toBe('session-expired')
    await gateway.close()
    rmSync(data, { recursive: true })
  })

  it('that comes first goes first; the next one is armed meanwhile', async () => {
    withRules([{ then: { refuse: 22 } }, { then: { refuse: 50 } }])
    expect(await codes(3)).toEqual([22, 50, 0])
  })
})
