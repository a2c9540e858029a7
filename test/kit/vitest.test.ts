import { describe, expect, it } from 'vitest'
import { itemAdd, itemSellerGet } from '../../src/contracts/index.ts'
import { createFixture, test } from '../../src/kit/vitest.ts'
import { addItem, article, call, phone } from '../support/gateway.ts'

const cup = { title: '茶杯', price: '45.50', num: 8 }

describe('the fixture', () => {
  it('is a gateway, a tenant and a client in one line', async () => {
    await using top = await createFixture({ profile: 'guide' })
    const { item } = await top.client.call(itemAdd, cup as never)
    expect(item.num_iid).toMatch(/^\d+$/)
    expect(top.gateway.exchanges.list({ appKey: top.tenant.appKey })).toHaveLength(1)
    const answer = await fetch(`${top.url}/_localtop/health`)
    expect(await answer.json()).toMatchObject({ ready: true })
  })

  it('closes its port and gives the network back', async () => {
    const own = fetch
    let url = ''
    {
      await using top = await createFixture({ intercept: { offline: true } })
      url = top.url
      expect(fetch).not.toBe(own)
      expect((await fetch('https://shop.example/')).status).toBe(502)
      expect(await (await fetch('https://eco.taobao.com/router/rest')).text()).toContain(
        'error_response',
      )
    }
    expect(fetch).toBe(own)
    await expect(fetch(url)).rejects.toThrow('fetch failed')
  })

  test('comes with the test function as well', async ({ top }) => {
    await expect(top.client.callUnchecked('taobao.time.get', {})).resolves.toHaveProperty('time')
    expect(top).toHaveBeenCalledWithMethod('taobao.time.get')
  })
})

describe('toBeTopError', () => {
  test('knows what the bundled client throws, in both spellings of its code', async ({ top }) => {
    const error = await top.client
      .callUnchecked(
        'taobao.item.seller.get',
        { num_iid: '1', fields: 'title' },
        { session: 'gone' },
      )
      .catch((one: unknown) => one)
    for (const expected of [
      undefined,
      27,
      '27',
      'invalid_session',
      'invalid-sessionkey',
      '27/invalid-sessionkey',
    ])
      expect(error).toBeTopError(expected)
    for (const expected of [26, 'session-expired', '27/session-expired', 'isv.x'])
      expect(error).not.toBeTopError(expected)
    expect(() => expect(error).toBeTopError('isv.x')).toThrow(
      /^expected the TOP error invalid_session\/invalid-sessionkey to be the TOP error isv\.x$/,
    )
  })

  test('is what a promise is held to', async ({ top: { client } }) => {
    await expect(client.callUnchecked('taobao.item.add', {})).rejects.toBeTopError(40)
  })

  test('knows an answer, read or not', async ({ top: { gateway } }) => {
    const { text, json } = await call(gateway, 'taobao.no.such')
    expect(text).toBeTopError(22)
    expect(json).toBeTopError('22')
    expect(json.error_response).not.toBeTopError()
  })

  it('takes nothing else for one', () => {
    const others = [
      undefined,
      null,
      27,
      'text',
      '{}',
      {},
      { code: 0 },
      new Error('x'),
      { item_add_response: {} },
    ]
    const ofNode = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' })
    for (const other of [...others, ofNode]) expect(other).not.toBeTopError()
    expect(() => expect(ofNode).toBeTopError()).toThrow('to be an error of the platform')
  })
})

describe('toHaveBeenCalledWithMethod', () => {
  test('looks at some parameters, as they travel', async ({ top }) => {
    await top.client.call(itemAdd, cup as never)
    expect(top).toHaveBeenCalledWithMethod('taobao.item.add')
    expect(top).toHaveBeenCalledWithMethod('taobao.item.add', { title: '茶杯', num: 8 })
    expect(top).toHaveBeenCalledWithMethod('taobao.item.add', {
      title: expect.stringContaining('杯'),
    })
    expect(top).not.toHaveBeenCalledWithMethod('taobao.item.add', { title: '茶壶' })
    expect(top).not.toHaveBeenCalledWithMethod('taobao.item.delete')
    expect(() => expect(top).toHaveBeenCalledWithMethod('taobao.item.delete')).toThrow(
      'expected taobao.item.delete to have been called\ncalled were: taobao.item.add',
    )
    expect(() => expect(top).toHaveBeenCalledWithMethod('taobao.item.add', { num: 9 })).toThrow(
      /#1 .*"num": "8"/s,
    )
  })

  test('looks at the tenant’s calls alone, or at all of a gateway', async ({ top }) => {
    await addItem(top.gateway, cup as never, article)
    expect(top).not.toHaveBeenCalledWithMethod('taobao.item.add')
    expect(top.gateway).toHaveBeenCalledWithMethod('taobao.item.add')
  })
})

describe('toHaveKeptContract', () => {
  test('holds for calls as the contract has them, whatever the world answers', async ({ top }) => {
    await top.client.call(itemAdd, cup as never)
    await top.client.call(itemSellerGet, { num_iid: '1', fields: ['title'] }).catch(() => undefined)
    await call(
      top.gateway,
      'taobao.item.seller.get',
      { num_iid: '1', fields: 'title' },
      { session: 'gone' },
    )
    expect(top).toHaveKeptContract()
    expect(top.gateway).toHaveKeptContract()
  })

  test.for([
    ['a missing parameter', 'taobao.item.seller.get', { fields: 'title' }, /num_iid/],
    ['a wrong type', 'taobao.item.seller.get', { num_iid: 'x', fields: 'title' }, /num_iid/],
    [
      'an unknown parameter',
      'taobao.item.add',
      { ...phone, colour: 'red' },
      /has no parameter "colour"/,
    ],
    ['an unknown method', 'taobao.no.such', {}, /#1 taobao\.no\.such: /],
  ] as const)('names %s', async ([, method, params, reason], { top: { gateway } }) => {
    await call(gateway, method, params)
    expect(gateway).not.toHaveKeptContract()
    expect(() => expect(gateway).toHaveKeptContract()).toThrow(reason)
  })

  test('is not kept by who has not called', async ({ top }) => {
    expect(top).not.toHaveKeptContract()
    expect(() => expect(top).toHaveKeptContract()).toThrow('no call was made')
  })

  test('is not broken by what a scenario refuses', async ({ top }) => {
    top.gateway.scenarios.set([{ title: 'down', rules: [{ then: { refuse: '41' } }] }])
    await call(top.gateway, 'taobao.time.get')
    expect(top.gateway).toHaveKeptContract()
  })
})
