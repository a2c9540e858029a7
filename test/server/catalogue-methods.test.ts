import { describe, expect, it } from 'vitest'
import { createGateway } from '../../src/server/index.ts'
import { bothProfiles, call, codeIn, type Params, type Reply } from '../support/gateway.ts'

const unlimited = (options: Parameters<typeof createGateway>[0] = {}) =>
  createGateway({ rateLimit: 'off', profile: 'production', ...options })

/** The parameter that a call is refused for, with the code. */
const refusal = ({ error }: Reply) => error && `${error.code} ${error.msg}`
const notes = (gateway = unlimited()) => {
  const [newest] = gateway.exchanges.list({ limit: 1 })
  return gateway.exchanges.find(newest?.id ?? '')?.notes
}

describe.each(bothProfiles)('%s: a method of the catalogue', (profile) => {
  const gateway = unlimited({ profile })

  it('answers its response in its own shape, with the tier in a header', async () => {
    const reply = await call(gateway, 'taobao.logistics.companies.get', { fields: 'code,name' })
    expect(reply.json).toEqual({
      logistics_companies_get_response: {
        logistics_companies: {
          logistics_company: [
            { code: expect.any(String), name: expect.any(String) },
            { code: expect.any(String), name: expect.any(String) },
          ],
        },
        ...(profile === 'guide' && { code: 0 }),
        request_id: expect.any(String),
      },
    })
    expect(reply.headers.get('x-localtop-tier')).toBe('stub')
  })

  it('names a required parameter that is missing', async () => {
    const reply = await call(gateway, 'taobao.trade.fullinfo.get', { fields: 'tid' })
    expect(reply.error).toMatchObject({
      code: codeIn(profile, 40),
      msg: 'Missing required arguments:tid',
    })
  })

  it('demands a session where the platform does, and checks any that is sent', async () => {
    const trade = { fields: 'tid', tid: '1000' }
    const without = await call(gateway, 'taobao.trade.fullinfo.get', trade, { session: null })
    expect(without.error?.code).toBe(codeIn(profile, 26))
    const bad = { session: 'nobody' }
    // Nobody knows whether this one needs a session.
    const unknown = 'taobao.logistics.companies.get'
    const fields = { fields: 'code' }
    expect((await call(gateway, unknown, fields, { session: null })).error).toBeUndefined()
    expect((await call(gateway, unknown, fields, bad)).error?.code).toBe(codeIn(profile, 27))
  })
})

describe('arguments of a method of the catalogue', () => {
  const gateway = unlimited()
  const trade = { fields: 'tid', tid: '1000' }
  const fulfil = 'taobao.logistics.offline.send'
  const parcel: Params = { company_code: 'STO', out_sid: 'A1', tid: '1000' }

  it.each<[string, string, Params, string | undefined]>([
    ['a number that is none', 'taobao.trade.fullinfo.get', { ...trade, tid: 'x' }, 'tid'],
    ['a number with decimals', 'taobao.trade.fullinfo.get', { ...trade, tid: '1.5' }, 'tid'],
    [
      'a number of 64 bits',
      'taobao.trade.fullinfo.get',
      { ...trade, tid: '9223372036854775807' },
      undefined,
    ],
    [
      'a number past 64 bits',
      'taobao.trade.fullinfo.get',
      { ...trade, tid: '9223372036854775808' },
      'tid',
    ],
    ['a number below its least', fulfil, { ...parcel, tid: '999' }, 'tid'],
    ['the least number', fulfil, { ...parcel, tid: '1000' }, undefined],
    ['a list of numbers', fulfil, { ...parcel, sub_tid: '1,2,3' }, undefined],
    ['a list with a hole', fulfil, { ...parcel, sub_tid: '1,,3' }, 'sub_tid'],
    [
      'a list that is full',
      fulfil,
      { ...parcel, sub_tid: Array.from({ length: 50 }, (_, at) => at + 1).join() },
      undefined,
    ],
    [
      'a list that is too long',
      fulfil,
      { ...parcel, sub_tid: Array.from({ length: 51 }, (_, at) => at + 1).join() },
      'sub_tid',
    ],
    [
      'a date that is none',
      'taobao.trades.sold.get',
      { fields: 'tid', start_created: '2026-02-30 00:00:00' },
      'start_created',
    ],
    [
      'a truth value that is none',
      'taobao.trades.sold.get',
      { fields: 'tid', use_has_next: 'yes' },
      'use_has_next',
    ],
    [
      'a text in place of a file',
      'taobao.picture.upload',
      { picture_category_id: '0', image_input_title: 'a.jpg', img: 'x' },
      'img',
    ],
  ])('are judged by type and limit: %s', async (_, method, params, refused) => {
    const expected = refused === undefined ? undefined : `41 Invalid arguments:${refused}`
    expect(refusal(await call(gateway, method, params))).toBe(expected)
  })

  const structured = 'cainiao.waybill.ii.get'
  const request = 'param_waybill_cloud_print_apply_new_request'
  const structure = (value: unknown) => ({ [request]: JSON.stringify(value) })

  it.each<[string, Params, string | undefined]>([
    ['a structure', structure({ cp_code: 'STO', sender: { name: '张三' } }), undefined],
    ['a list inside', structure({ trade_order_info_dtos: [{ object_id: '1' }] }), undefined],
    ['a text that is no JSON', { [request]: '[object Object]' }, request],
    ['a list in place of a structure', structure([]), request],
    ['a structure in place of a list', structure({ trade_order_info_dtos: {} }), request],
    [
      'a number in a structure that is none',
      structure({ trade_order_info_dtos: [{ template_url: 'x', user_id: 'x' }] }),
      request,
    ],
    [
      'a number in a structure that is written as text',
      structure({ trade_order_info_dtos: [{ user_id: '12' }] }),
      undefined,
    ],
  ])('that are structures travel as JSON: %s', async (_, params, refused) => {
    const expected = refused === undefined ? undefined : `41 Invalid arguments:${refused}`
    expect(refusal(await call(gateway, structured, params))).toBe(expected)
  })

  it('name the place inside a structure in the journal', async () => {
    const own = unlimited()
    await call(own, structured, structure({ trade_order_info_dtos: [{ user_id: 'x' }] }))
    expect(own.exchanges.find('1')?.explanation.en).toContain(
      'expected a whole number at trade_order_info_dtos[0].user_id',
    )
  })

  it('that the method or its structures do not know are noted, with what was meant', async () => {
    const own = unlimited()
    const reply = await call(own, structured, {
      ...structure({ cpCode: 'STO', colour: 'red' }),
      callback: 'x',
    })
    expect(reply.error).toBeUndefined()
    expect(notes(own)).toEqual(
      expect.arrayContaining([
        `"callback" is no parameter of ${structured}; it was signed and otherwise ignored`,
        `${request} has no field "cpCode". Did you mean "cp_code"?`,
        `${request} has no field "colour"`,
        `${request}.sender is missing; documents call it required`,
      ]),
    )
  })

  it('that pass a limit which was only read from prose are noted, not refused', async () => {
    const own = unlimited()
    const reply = await call(own, 'taobao.items.inventory.get', { fields: 'num_iid' })
    expect(reply.error).toBeUndefined()
    const sms = await call(own, 'alibaba.aliqin.fc.sms.num.query', {
      rec_num: '13000000000',
      query_date: '20260101',
      current_page: '1',
      page_size: '51',
    })
    expect(sms.error).toBeUndefined()
    expect(notes(own)).toEqual(['page_size is 51; documents mention any to 50'])
  })
})

describe('the answer of a sample', () => {
  it('shows the values of the request, and an element for each that was asked for', async () => {
    const reply = await call(unlimited(), 'taobao.items.seller.list.get', {
      fields: 'num_iid,title',
      num_iids: '9007199254740993,2,3',
    })
    expect(reply.text).toContain('"num_iid":9007199254740993,')
    expect(
      reply.answer.items.item.map(({ num_iid }: { num_iid: number }) => num_iid).slice(1),
    ).toEqual([2, 3])
  })

  it('is about the seller whose session it is', async () => {
    const trades = { fields: 'seller_nick' }
    const { answer } = await call(unlimited(), 'taobao.trades.sold.get', trades)
    const own = await call(unlimited(), 'taobao.user.seller.get', { fields: 'nick' })
    const nick = own.answer.user.nick
    expect(answer.trades.trade).toEqual([{ seller_nick: nick }, { seller_nick: nick }])
  })

  it('names each element of a list by a number of its own', async () => {
    const { answer } = await call(unlimited(), 'taobao.trades.sold.get', { fields: 'tid' })
    const tids = answer.trades.trade.map(({ tid }: { tid: number }) => tid)
    expect(new Set(tids).size).toBe(2)
  })

  it('counts the lists beside its totals', async () => {
    const { answer } = await call(unlimited(), 'taobao.trades.sold.get', { fields: 'tid' })
    expect(answer.total_results).toBe(answer.trades.trade.length)
  })

  it('reaches through a wrapper for the fields that were asked for', async () => {
    const { answer } = await call(unlimited(), 'tmall.exchange.get', {
      dispute_id: '7',
      fields: 'dispute_id,status',
    })
    expect(answer.result.exchange).toEqual({ dispute_id: '7', status: expect.any(String) })
  })

  it('holds the same whatever fields are asked for', async () => {
    const gateway = unlimited()
    const read = async (fields: string) =>
      (await call(gateway, 'taobao.trade.fullinfo.get', { tid: '1000', fields })).answer.trade
    const { payment } = await read('payment')
    expect(await read('payment,tid')).toEqual({ payment, tid: 1000 })
  })

  it('is another for another seed, and the same for the same', async () => {
    const text = async (seed: number) => {
      const gateway = unlimited({ seed, time: '2026-01-01 00:00:00', freeze: true })
      return (await call(gateway, 'taobao.shop.seller.get', { fields: 'sid,title' })).text
    }
    expect(await text(1)).toBe(await text(1))
    expect(await text(1)).not.toBe(await text(2))
  })
})

describe('a method of which less is known', () => {
  it('takes any parameters where only its name is known, and answers an empty root', async () => {
    const method = 'alibaba.adlab.business.parcelbooking.order.create'
    const reply = await call(unlimited(), method, { anything: 'x' })
    expect(reply.json).toEqual({
      alibaba_adlab_business_parcelbooking_order_create_response: {
        request_id: expect.any(String),
      },
    })
    expect(reply.headers.get('x-localtop-tier')).toBe('name-only')
  })

  it('is still checked where its answer alone is unknown', async () => {
    const method = 'taobao.zuanshi.banner.creative.create'
    const reply = await call(unlimited(), method, {})
    expect(reply.error?.msg).toBe('Missing required arguments:cat_id')
    expect(reply.headers.get('x-localtop-tier')).toBe('request-only')
  })

  it('answers under the root of its family', async () => {
    const method = 'qimen.alibaba.ascp.channel.order.ship.notify'
    const reply = await call(unlimited(), method, {})
    expect(reply.json).toEqual({ response: { request_id: expect.any(String) } })
  })
})

describe('a method that the platform does not have', () => {
  it.each([
    ['taobao.trade.fulinfo.get', 'taobao.trade.fullinfo.get'],
    ['taobao.Trades.sold.get', 'taobao.trades.sold.get'],
    ['toabao.item.add', 'taobao.item.add'],
  ])('is refused with 22, and the journal says what was meant: %s', async (sent, meant) => {
    const gateway = unlimited()
    expect((await call(gateway, sent)).error?.code).toBe(22)
    expect(gateway.exchanges.find('1')?.nearMisses).toEqual([{ of: 'method', sent, meant }])
    expect(gateway.exchanges.find('1')?.explanation.en).toContain(`did you mean ${meant}?`)
  })
})

describe('an answer that a world gives', () => {
  const trade = { trade: { tid: '42', payment: '9.90', orders: { order: [{ oid: 43 }] } } }
  const given = (answers: Record<string, Record<string, unknown>>, options = {}) =>
    unlimited({
      world: {
        apps: [{ app_key: '12345678', app_secret: 'helloworld' }],
        sellers: [{ nick: '小店', user_id: 1 }],
        sessions: [{ session: 'test', app_key: '12345678', seller: '小店' }],
        answers,
      },
      ...options,
    })

  it('takes the place of a sample', async () => {
    const gateway = given({ 'taobao.trade.fullinfo.get': trade })
    const reply = await call(gateway, 'taobao.trade.fullinfo.get', {
      tid: '1',
      fields: 'tid,orders',
    })
    expect(reply.answer.trade).toEqual({ tid: 42, orders: { order: [{ oid: 43 }] } })
  })

  it('takes the place of a handler', async () => {
    const gateway = given({ 'taobao.time.get': { time: '2020-02-20 20:20:20' } })
    expect((await call(gateway, 'taobao.time.get')).answer.time).toBe('2020-02-20 20:20:20')
  })

  it('may have any fields where nobody knows the answer', async () => {
    const method = 'alibaba.adlab.business.parcelbooking.order.create'
    const gateway = given({ [method]: { order: { id: 7, lines: ['a', 'b'] } } })
    expect((await call(gateway, method)).answer.order).toEqual({ id: 7, lines: ['a', 'b'] })
  })

  it('is a mistake where no method has the name', () => {
    expect(() => given({ 'taobao.trade.fulinfo.get': trade })).toThrow(
      'no method has this name; did you mean taobao.trade.fullinfo.get?',
    )
  })

  it('is a mistake where it breaks the contract, named by its place', () => {
    const name = 'taobao.trade.fullinfo.get'
    expect(() => given({ [name]: { trade: { tidd: 1 } } })).toThrow('no such field here')
    expect(() => given({ [name]: { trade: { tid: 'abc' } } })).toThrow(/"tid"/)
    expect(() => given({ [name]: { trade: { orders: [{ oid: 1 }] } } })).toThrow()
  })
})
