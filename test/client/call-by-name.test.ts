import { describe, expect, it } from 'vitest'
import { createClient, isTopRequestError, isTopShapeError } from '../../src/client/index.ts'
import { createGateway } from '../../src/server/index.ts'

function connected(answer?: (text: string) => string) {
  const gateway = createGateway({ profile: 'production', rateLimit: 'off' })
  const client = createClient({
    url: 'http://localhost',
    appKey: '12345678',
    appSecret: 'helloworld',
    session: 'test',
    retry: { attempts: 1 },
    async fetch(url, init) {
      const response = await gateway.fetch(new Request(url, init))
      return answer ? new Response(answer(await response.text())) : response
    },
  })
  const sent = () => gateway.exchanges.find(gateway.exchanges.list().at(-1)?.id ?? '')?.request
  return { gateway, client, sent }
}

const issues = async (promise: Promise<unknown>) => {
  const error = await promise.then(
    () => undefined,
    (thrown) => thrown,
  )
  return isTopRequestError(error)
    ? error.issues.map(({ parameter, expected }) => `${parameter}: ${expected}`)
    : error
}

describe('callByName', () => {
  it('answers what the method answers, identifiers as texts', async () => {
    const { client } = connected()
    const { trade } = await client.callByName('taobao.trade.fullinfo.get', {
      tid: '9007199254740993',
      fields: ['tid', 'orders.title'],
    })
    expect(trade).toEqual({
      tid: '9007199254740993',
      orders: { order: [{ title: expect.any(String) }] },
    })
  })

  it('writes numbers, lists, truth values and structures as they travel', async () => {
    const { client, sent } = connected()
    await client.callByName('taobao.logistics.offline.send', {
      tid: 1000,
      sub_tid: [1001, '9007199254740993'],
      company_code: 'STO',
      out_sid: 'A1',
    })
    expect(sent()?.params).toMatchObject({ tid: '1000', sub_tid: '1001,9007199254740993' })
    await client.callByName('cainiao.waybill.ii.get', {
      param_waybill_cloud_print_apply_new_request: {
        cp_code: 'STO',
        need_encrypt: true,
        trade_order_info_dtos: [{ user_id: '9007199254740993' }],
      },
    })
    expect(sent()?.params.param_waybill_cloud_print_apply_new_request).toBe(
      '{"cp_code":"STO","trade_order_info_dtos":[{"user_id":9007199254740993}],"need_encrypt":true}',
    )
  })

  it('uploads files', async () => {
    const { client, sent } = connected()
    const img = { fileName: 'a.png', contentType: 'image/png', bytes: new Uint8Array([1, 2, 3]) }
    const given = { picture_category_id: 0, image_input_title: 'a.png', img }
    const { picture } = await client.callByName('taobao.picture.upload', given)
    expect(picture).toMatchObject({ picture_category_id: '0' })
    expect(sent()?.files).toMatchObject({ img: { bytes: 3 } })
  })

  it('does not send what breaks the contract, and says where', async () => {
    const { client, gateway } = connected()
    const call = (name: string, params: Record<string, unknown>) =>
      issues(client.callByName(name, params))
    expect(await call('taobao.trade.fullinfo.get', { fields: ['tid'] })).toEqual([
      'tid: required in the production profile',
    ])
    const trade = { fields: ['tid'], tid: '1000' }
    expect(await call('taobao.trade.fullinfo.get', { ...trade, tid: 1.5 })).toEqual([
      'tid: expected a whole number',
    ])
    expect(await call('taobao.trade.fullinfo.get', { ...trade, colour: 'red' })).toEqual([
      'colour: expected a parameter of taobao.trade.fullinfo.get',
    ])
    const request = { trade_order_info_dtos: [{ user_id: 'x' }] }
    expect(
      await call('cainiao.waybill.ii.get', {
        param_waybill_cloud_print_apply_new_request: request,
      }),
    ).toEqual([
      'param_waybill_cloud_print_apply_new_request: expected a whole number at trade_order_info_dtos[0].user_id',
    ])
    const misspelt = { param_waybill_cloud_print_apply_new_request: { cpCode: 'STO' } }
    expect(await call('cainiao.waybill.ii.get', misspelt)).toEqual([
      'param_waybill_cloud_print_apply_new_request: param_waybill_cloud_print_apply_new_request has no field "cpCode". Did you mean "cp_code"?',
    ])
    expect(gateway.exchanges.list()).toEqual([])
  })

  it('takes anything for a method of which only the name is known', async () => {
    const { client, sent } = connected()
    await client.callByName('alibaba.adlab.business.parcelbooking.order.create', {
      a: 1,
      b: { c: [true] },
    })
    expect(sent()?.params).toMatchObject({ a: '1', b: '{"c":[true]}' })
  })

  it('keeps what the answer holds beyond the contract', async () => {
    const { client } = connected((text) => text.replace('{"trade":{', '{"trade":{"brand_new":"x",'))
    const { trade } = await client.callByName('taobao.trade.fullinfo.get', {
      tid: '1000',
      fields: ['tid'],
    })
    expect(trade).toEqual({ tid: '1000', brand_new: 'x' })
  })

  it('refuses an answer that breaks the contract', async () => {
    const { client } = connected((text) => text.replace('"tid":1000', '"tid":"yes"'))
    const answer = client.callByName('taobao.trade.fullinfo.get', { tid: '1000', fields: ['tid'] })
    await expect(answer).rejects.toSatisfy(isTopShapeError)
  })

  it('refuses a name that the platform does not have, and says what was meant', async () => {
    const { client } = connected()
    await expect(client.callByName('taobao.trade.fulinfo.get', {})).rejects.toThrow(
      'callByName: the platform has no method "taobao.trade.fulinfo.get"; did you mean taobao.trade.fullinfo.get?',
    )
  })
})
