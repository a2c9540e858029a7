import { describe, expect, it } from 'vitest'
import {
  authMethods,
  defaultWorld,
  type itemImgMethods,
  type itemMethods,
  methods,
  type SubCodeOf,
  type smsMethods,
  smsNumSend,
  type WorldSeed,
} from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import {
  addItem,
  bothProfiles,
  type Caller,
  call,
  codeIn,
  neighbour,
  type Params,
  phone,
  type Reply,
} from '../support/gateway.ts'
import { callWithImage, md5, picture, sha256 } from '../support/pictures.ts'

const unlimited = (options: Parameters<typeof createGateway>[0] = {}) =>
  createGateway({ rateLimit: 'off', ...options })

const read = async (gateway: Gateway, num_iid: string, fields: string) =>
  (await call(gateway, 'taobao.item.seller.get', { num_iid, fields })).answer.item

/** The numbers that a list answers, in its order. */
async function numbers(
  gateway: Gateway,
  list: 'onsale' | 'inventory',
  params: Params = {},
  caller: Caller = {},
): Promise<string[]> {
  const reply = await call(
    gateway,
    `taobao.items.${list}.get`,
    { fields: 'num_iid', ...params },
    caller,
  )
  expect(reply.error).toBeUndefined()
  return (reply.answer.items?.item ?? []).map((item: { num_iid: number }) => String(item.num_iid))
}

describe.each(bothProfiles)('%s: the life of an item', (profile) => {
  it('is added, read, changed, taken off and put on sale, restocked, deleted, gone', async () => {
    const gateway = unlimited({ profile })
    gateway.clock.freeze('2026-05-01 10:00:00')

    const added = await call(gateway, 'taobao.item.add', phone)
    expect(added.json).toEqual({
      item_add_response: {
        item: { created: '2026-05-01 10:00:00', num_iid: expect.any(Number) },
        ...(profile === 'guide' && { code: 0 }),
        request_id: expect.any(String),
      },
    })
    const num_iid = String(added.answer.item.num_iid)
    expect(
      await read(gateway, num_iid, 'num_iid,title,price,num,nick,approve_status,cid,type'),
    ).toEqual({
      num_iid: Number(num_iid),
      title: '新款智能手机',
      price: '2999.00',
      num: 100,
      nick: '本地小店',
      approve_status: 'onsale',
      cid: 1512,
      type: 'fixed',
    })

    gateway.clock.advance('1m')
    const updated = await call(gateway, 'taobao.item.update', {
      num_iid,
      price: '2888',
      title: '旧款',
    })
    expect(updated.answer.item).toEqual({
      modified: '2026-05-01 10:01:00',
      num_iid: Number(num_iid),
    })
    expect(await read(gateway, num_iid, 'title,price,num,created,modified')).toEqual({
      title: '旧款',
      price: '2888.00',
      num: 100,
      created: '2026-05-01 10:00:00',
      modified: '2026-05-01 10:01:00',
    })

    expect(await numbers(gateway, 'onsale')).toContain(num_iid)
    expect((await call(gateway, 'taobao.item.update.delisting', { num_iid })).error).toBeUndefined()
    expect(await numbers(gateway, 'onsale')).not.toContain(num_iid)
    expect(await numbers(gateway, 'inventory')).toContain(num_iid)
    expect((await read(gateway, num_iid, 'approve_status')).approve_status).toBe('instock')

    await call(gateway, 'taobao.item.update.listing', { num_iid, num: '7' })
    expect(await numbers(gateway, 'onsale')).toContain(num_iid)
    expect(await read(gateway, num_iid, 'num,approve_status')).toEqual({
      num: 7,
      approve_status: 'onsale',
    })

    await call(gateway, 'taobao.item.quantity.update', { num_iid, quantity: '12' })
    expect((await read(gateway, num_iid, 'num')).num).toBe(12)

    const deleted = await call(gateway, 'taobao.item.delete', { num_iid })
    expect(deleted.answer.item).toEqual({
      created: '2026-05-01 10:00:00',
      num_iid: Number(num_iid),
    })
    expect(await numbers(gateway, 'onsale')).not.toContain(num_iid)
    expect(await numbers(gateway, 'inventory')).not.toContain(num_iid)
    const gone = await call(gateway, 'taobao.item.seller.get', { num_iid, fields: 'title' })
    expect(gone.error).toMatchObject({
      code: codeIn(profile, 15),
      sub_code: 'isv.item-get-service-error:ITEM_NOT_FOUND',
    })
  })

  it('reads an identifier beyond 2^53 exactly, as a bare number', async () => {
    const gateway = unlimited({ profile })
    const num_iid = await addItem(gateway, { after_sale_id: '9007199254740993' })
    const { text } = await call(gateway, 'taobao.item.seller.get', {
      num_iid,
      fields: 'after_sale_id',
    })
    expect(text).toContain('"after_sale_id":9007199254740993')
  })
})

describe('whose items', () => {
  it("an item is its session's seller's alone", async () => {
    const gateway = unlimited()
    const num_iid = await addItem(gateway)
    expect(await numbers(gateway, 'onsale')).toContain(num_iid)
    expect(await numbers(gateway, 'onsale', {}, neighbour)).toEqual(['22334455'])
    expect(await numbers(gateway, 'inventory', {}, neighbour)).toEqual([])
    const found = await call(
      gateway,
      'taobao.items.custom.get',
      { outer_id: 'PHONE-001', fields: 'num_iid' },
      neighbour,
    )
    expect(found.answer.items).toBeUndefined()
  })

  it('a foreign call leaves the item as it is', async () => {
    const gateway = unlimited()
    const num_iid = await addItem(gateway)
    await call(gateway, 'taobao.item.update', { num_iid, title: '改' }, neighbour)
    await call(gateway, 'taobao.item.quantity.update', { num_iid, quantity: '0' }, neighbour)
    await call(gateway, 'taobao.item.update.delisting', { num_iid }, neighbour)
    await call(gateway, 'taobao.item.delete', { num_iid }, neighbour)
    expect(await read(gateway, num_iid, 'title,num,approve_status')).toEqual({
      title: '新款智能手机',
      num: 100,
      approve_status: 'onsale',
    })
  })

  it('all sessions of a seller see the same items', async () => {
    const gateway = unlimited()
    const num_iid = await addItem(gateway)
    expect(await numbers(gateway, 'onsale', {}, { session: 'test-renewed' })).toContain(num_iid)
  })
})

// --- every declared sub-code ---

type Declared = typeof itemMethods & typeof itemImgMethods & typeof smsMethods
type Refusals = {
  readonly [Name in keyof Declared]: {
    readonly [Sub in SubCodeOf<Declared[Name]>]: (gateway: Gateway) => Promise<Reply>
  }
}

const [own, withSkus, foreign, nowhere] = ['11223344', '11223345', '22334455', '99999999']
/** An item with as many pictures as it may have, none of them the main one. */
const full = '500'
const with_ = (method: keyof Declared, params: Params, caller?: Caller) => (gateway: Gateway) =>
  call(gateway, method, params, caller)
const add = (params: Params, caller?: Caller) =>
  with_('taobao.item.add', { ...phone, ...params }, caller)
const update = (params: Params) => with_('taobao.item.update', params)
const restock = (params: Params) => with_('taobao.item.quantity.update', params)
const withImage =
  (method: keyof Declared, params: Params, image: Uint8Array) => (gateway: Gateway) =>
    callWithImage(gateway, method, params, image)
const noPicture = Uint8Array.from(Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'))
const twoSkus = {
  sku_properties: '1627207:1,1627207:2',
  sku_quantities: '60,40',
  sku_prices: '2999,3199',
}

/** A call for each sub-code that the item methods declare: leaving one out does not compile. */
const refusals: Refusals = {
  'taobao.item.add': {
    'isv.mismatch-parameters:sku': add({ ...twoSkus, sku_quantities: '100' }),
    'isv.parameters-mismatch:num-and-sku_quantities': add({ ...twoSkus, num: '99' }),
    'isv.item-add-service-error:IC_CHECKSTEP_ITME_NOT_IN_SKU_PRICE': add({
      ...twoSkus,
      price: '2998.99',
    }),
    'isv.item-add-service-error:IC_CHECKSTEP_SKU_DUPLICATE': add({
      ...twoSkus,
      sku_properties: '1627207:1,1627207:1',
    }),
    'isv.item-add-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST': add({ cid: '15' }),
    'isv.item-add-service-error:ERROR_PUBLISH_DUPLICATE': add({
      title: '手工编织羊毛围巾',
      price: '128.00',
    }),
    'isv.invalid-permission:add-xinpin': add({ is_xinpin: 'true' }),
    'isv.invalid-parameter:xinpin': add({ is_xinpin: 'true', stuff_status: 'second' }, neighbour),
    'isv.invalid-parameter:image': withImage('taobao.item.add', phone, noPicture),
  },
  'taobao.item.update': {
    'isv.item-is-delete:invalid-numIid': update({ num_iid: nowhere, title: '改' }),
    'isv.invalid-permission:update-item': update({ num_iid: foreign, title: '改' }),
    'isv.mismatch-parameters:sku': update({ num_iid: own, ...twoSkus, sku_prices: '128.00,abc' }),
    'isv.item-update-service-error:IC_CHECKSTEP_ITME_NOT_IN_SKU_PRICE': update({
      num_iid: withSkus,
      price: '98.01',
    }),
    'isv.item-update-service-error:IC_CHECKSTEP_SKU_DUPLICATE': update({
      num_iid: own,
      ...twoSkus,
      sku_properties: '1:1,1:1',
    }),
    'isv.item-update-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST': update({
      num_iid: own,
      cid: '15',
    }),
    'isv.invalid-parameter:image': withImage('taobao.item.update', { num_iid: own }, noPicture),
    'isv.item-img-service-error:ITEM_IMG_NUM_LIMIT': withImage(
      'taobao.item.update',
      { num_iid: full },
      picture('png'),
    ),
  },
  'taobao.item.img.upload': {
    'isv.missing-parameter:image': with_('taobao.item.img.upload', { num_iid: own }),
    'isv.item-is-delete:invalid-numIid': withImage(
      'taobao.item.img.upload',
      { num_iid: nowhere },
      picture('png'),
    ),
    'isv.invalid-permission:update-item': withImage(
      'taobao.item.img.upload',
      { num_iid: foreign },
      picture('png'),
    ),
    'isv.invalid-parameter:id': with_('taobao.item.img.upload', { num_iid: own, id: '7' }),
    'isv.invalid-parameter:image': withImage('taobao.item.img.upload', { num_iid: own }, noPicture),
    'isv.item-img-service-error:ITEM_IMG_NUM_LIMIT': withImage(
      'taobao.item.img.upload',
      { num_iid: full },
      picture('png'),
    ),
  },
  'taobao.item.img.delete': {
    'isv.item-is-delete:invalid-numIid': with_('taobao.item.img.delete', {
      num_iid: nowhere,
      id: '7',
    }),
    'isv.invalid-permission:update-item': with_('taobao.item.img.delete', {
      num_iid: foreign,
      id: '7',
    }),
    'isv.invalid-parameter:id': with_('taobao.item.img.delete', { num_iid: own, id: '7' }),
  },
  'alibaba.aliqin.fc.sms.num.send': {
    'isv.MOBILE_COUNT_OVER_LIMIT': with_('alibaba.aliqin.fc.sms.num.send', {
      ...smsNumSend.example,
      rec_num: Array(201).fill('13000000000').join(),
    }),
  },
  'taobao.item.delete': {
    'isv.item-is-delete:invalid-numIid': with_('taobao.item.delete', { num_iid: nowhere }),
    'isv.invalid-parameters:item_delete': with_('taobao.item.delete', { num_iid: foreign }),
  },
  'taobao.item.seller.get': {
    'isv.item-get-service-error:ITEM_NOT_FOUND': with_('taobao.item.seller.get', {
      num_iid: foreign,
      fields: 'title',
    }),
  },
  'taobao.items.onsale.get': {
    'isv.invalid-parameter:gain-number-too-large': with_('taobao.items.onsale.get', {
      fields: 'num_iid',
      page_no: '501',
      page_size: '200',
    }),
  },
  'taobao.items.inventory.get': {},
  'taobao.item.update.listing': {
    'isv.item-is-delete:invalid-numIid': with_('taobao.item.update.listing', {
      num_iid: nowhere,
      num: '1',
    }),
    'isv.invalid-permission:update-item': with_('taobao.item.update.listing', {
      num_iid: foreign,
      num: '1',
    }),
    'isv.item-listing-service-error': with_('taobao.item.update.listing', {
      num_iid: own,
      num: '0',
    }),
  },
  'taobao.item.update.delisting': {
    'isv.item-is-delete:invalid-numIid': with_('taobao.item.update.delisting', {
      num_iid: nowhere,
    }),
    'isv.invalid-permission:update-item': with_('taobao.item.update.delisting', {
      num_iid: foreign,
    }),
  },
  'taobao.item.quantity.update': {
    'isv.item-is-delete:invalid-numIid': restock({ num_iid: nowhere, quantity: '1' }),
    'isv.invalid-permission:update-item': restock({ num_iid: foreign, quantity: '1' }),
    'isv.invalid-parameter:sku_id': restock({ num_iid: withSkus, sku_id: '1', quantity: '1' }),
    'isv.invalid-parameter:outer_id': restock({
      num_iid: withSkus,
      outer_id: 'NONE',
      quantity: '1',
    }),
    'isv.invalid-parameter:quantity': restock({ num_iid: own, quantity: '-37', type: '2' }),
    'isv.invalid-parameter:type': restock({ num_iid: own, quantity: '1', type: '3' }),
  },
  'taobao.items.custom.get': {},
}

describe('every sub-code that a method declares', () => {
  const strict: WorldSeed = {
    ...defaultWorld,
    unknown_categories: 'refuse',
    duplicate_items: 'refuse',
    items: [
      ...(defaultWorld.items ?? []),
      {
        num_iid: full,
        nick: '本地小店',
        title: '五图',
        price: '1.00',
        num: 1,
        pic_url: 'i1/main.jpg',
        item_imgs: {
          item_img: [1, 2, 3, 4, 5].map((id) => ({ id, position: id, url: `i1/${id}.jpg` })),
        },
      },
    ],
  }
  const cases = Object.entries(refusals).flatMap(([method, calls]) =>
    Object.entries(calls as Record<string, (gateway: Gateway) => Promise<Reply>>).map(
      ([subCode, refuse]) => ({ method, subCode, refuse }),
    ),
  )

  it.each(cases)(
    '$method answers $subCode with its text, and changes nothing',
    async ({ method, subCode, refuse }) => {
      const gateway = unlimited({ world: strict })
      const reply = await refuse(gateway)
      const declared = methods[method as keyof typeof methods].errors as Record<
        string,
        { sub_msg?: string; code?: number }
      >
      expect(reply.error).toMatchObject({
        code: declared[subCode]?.code ?? 15,
        msg: 'Remote service error',
        sub_code: subCode,
        sub_msg: declared[subCode]?.sub_msg,
      })
      const after = await gateway.snapshot()
      const again = await refuse(gateway)
      expect(again.error?.sub_code).toBe(subCode)
      expect(await gateway.snapshot()).toEqual(after)
    },
  )

  it('is tried here', () => {
    for (const [name, contract] of Object.entries(methods)) {
      // Tried in oauth.test.ts, where there are codes.
      if (Object.hasOwn(authMethods, name)) continue
      const tried = Object.keys((refusals as Record<string, object>)[name] ?? {})
      expect({ name, subCodes: tried.sort() }).toEqual({
        name,
        subCodes: Object.keys(contract.errors).sort(),
      })
    }
  })
})

describe('the switches of a world', () => {
  it('unknown categories and equal items are accepted unless the world refuses them', async () => {
    const gateway = unlimited()
    const first = await addItem(gateway, { cid: '15' })
    expect(await addItem(gateway, { cid: '15' })).not.toBe(first)
    expect(
      (await call(gateway, 'taobao.item.update', { num_iid: first, cid: '16' })).error,
    ).toBeUndefined()
  })

  it('a category with children is no leaf', async () => {
    const categories = [
      { cid: '1', name: '数码', is_parent: true },
      { cid: '2', name: '手机', parent_cid: '1' },
    ]
    const gateway = unlimited({
      world: { ...defaultWorld, categories, unknown_categories: 'refuse' },
    })
    const refused = await call(gateway, 'taobao.item.add', { ...phone, cid: '1' })
    expect(refused.error?.sub_code).toBe(
      'isv.item-add-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST',
    )
    expect(await addItem(gateway, { cid: '2' })).toMatch(/^\d+$/)
  })

  it('an item is a duplicate only while another of the same seller is on sale with title, price and category', async () => {
    const gateway = unlimited({ world: { ...defaultWorld, duplicate_items: 'refuse' } })
    const first = await addItem(gateway)
    await addItem(gateway, { price: '2999.01' })
    await addItem(gateway, { title: '新款智能手机 二' })
    await addItem(gateway, { cid: '1513' })
    await addItem(gateway, {}, neighbour)
    await call(gateway, 'taobao.item.update.delisting', { num_iid: first })
    expect(await addItem(gateway)).not.toBe(first)
  })
})

describe('stock', () => {
  const quantity = (gateway: Gateway, params: Params) =>
    call(gateway, 'taobao.item.quantity.update', params)

  it('type 1 sets, type 2 adds or takes away', async () => {
    const gateway = unlimited()
    expect(
      (await quantity(gateway, { num_iid: own, quantity: '5', type: '1' })).answer.item.num,
    ).toBe(5)
    expect(
      (await quantity(gateway, { num_iid: own, quantity: '3', type: '2' })).answer.item.num,
    ).toBe(8)
    expect(
      (await quantity(gateway, { num_iid: own, quantity: '-8', type: '2' })).answer.item.num,
    ).toBe(0)
    expect((await read(gateway, own, 'num')).num).toBe(0)
  })

  it.each([
    ['sku_id', { sku_id: '31002' }],
    ['outer_id', { outer_id: 'TEA-01-AUTUMN' }],
  ])('a SKU is found by its %s, and the item holds the sum', async (_, which) => {
    const gateway = unlimited()
    const { answer } = await quantity(gateway, {
      num_iid: withSkus,
      ...which,
      quantity: '-20',
      type: '2',
    })
    expect(answer.item).toMatchObject({
      num: 100,
      skus: { sku: [{ sku_id: 31002, quantity: 30 }] },
    })
    expect((await read(gateway, withSkus, 'num')).num).toBe(100)
  })

  it('sku_id beats outer_id', async () => {
    const gateway = unlimited()
    const both = { sku_id: '31001', outer_id: 'TEA-01-AUTUMN', quantity: '1' }
    const { answer } = await quantity(gateway, { num_iid: withSkus, ...both })
    expect(answer.item.skus.sku).toMatchObject([{ sku_id: 31001, quantity: 1 }])
  })

  it('below zero is refused and leaves the stock as it is, of items and of SKUs', async () => {
    const gateway = unlimited()
    for (const params of [
      { num_iid: own, quantity: '-37', type: '2' },
      { num_iid: own, quantity: '-1', type: '1' },
      { num_iid: withSkus, sku_id: '31002', quantity: '-51', type: '2' },
    ]) {
      expect((await quantity(gateway, params)).error?.sub_code).toBe(
        'isv.invalid-parameter:quantity',
      )
    }
    expect((await read(gateway, own, 'num')).num).toBe(36)
    expect((await read(gateway, withSkus, 'num')).num).toBe(120)
  })

  it('a sum that no number holds is refused and leaves the stock as it is', async () => {
    const gateway = unlimited()
    const most = String(Number.MAX_SAFE_INTEGER)
    const { error } = await quantity(gateway, { num_iid: own, quantity: most, type: '2' })
    expect(error?.sub_code).not.toBe('isp.internal-error')
    expect(error).toBeDefined()
    expect((await read(gateway, own, 'num')).num).toBe(36)
  })

  it('an item that is sold out is not on sale', async () => {
    const gateway = unlimited()
    await quantity(gateway, { num_iid: own, quantity: '0' })
    expect(await numbers(gateway, 'onsale')).not.toContain(own)
    expect(await numbers(gateway, 'inventory', { banner: 'sold_out' })).toEqual([own])
  })
})

describe('SKUs', () => {
  it('are published from the positional lists', async () => {
    const gateway = unlimited()
    const num_iid = await addItem(gateway, { ...twoSkus, sku_outer_ids: 'RED,BLUE' })
    const { skus } = await read(gateway, num_iid, 'skus')
    expect(skus.sku).toMatchObject([
      { properties: '1627207:1', quantity: 60, price: '2999.00', outer_id: 'RED' },
      { properties: '1627207:2', quantity: 40, price: '3199.00', outer_id: 'BLUE' },
    ])
    expect(new Set(skus.sku.map((sku: { sku_id: number }) => sku.sku_id)).size).toBe(2)
  })

  it('an update keeps those it does not name, and the numbers of those it does', async () => {
    const gateway = unlimited()
    await call(gateway, 'taobao.item.update', {
      num_iid: withSkus,
      sku_properties: '1627207:28342,1627207:9',
      sku_quantities: '5,6',
      sku_prices: '98,99',
    })
    const { skus, num } = await read(gateway, withSkus, 'skus,num')
    expect(num).toBe(81)
    expect(skus.sku).toMatchObject([
      { sku_id: 31001, quantity: 70 },
      { sku_id: 31002, quantity: 5 },
      { properties: '1627207:9', quantity: 6 },
    ])
  })

  it('is_replace_sku leaves only those it names', async () => {
    const gateway = unlimited()
    await call(gateway, 'taobao.item.update', {
      num_iid: withSkus,
      is_replace_sku: 'true',
      sku_properties: '1627207:28341',
      sku_quantities: '5',
      sku_prices: '88',
    })
    expect(await read(gateway, withSkus, 'num,skus.sku_id')).toMatchObject({
      num: 5,
      skus: { sku: [{ sku_id: 31001 }] },
    })
  })
})

describe('lists', () => {
  const item = (num_iid: string, day: string, more: object = {}) => ({
    num_iid,
    nick: '本地小店',
    title: `商品 ${num_iid}`,
    price: '10.00',
    num: Number(num_iid),
    created: `2026-01-0${day} 10:00:00`,
    modified: `2026-01-0${day} 10:00:00`,
    list_time: `2026-01-0${day} 10:00:00`,
    ...more,
  })
  const world: WorldSeed = {
    ...defaultWorld,
    items: [
      item('1', '3', { cid: '1512', has_discount: true, seller_cids: '7,8' }),
      item('2', '1', { title: 'Tea ABC', seller_cids: '9', type: 'auction' }),
      item('3', '2', { modified: '2026-01-09 10:00:00', has_showcase: true, is_taobao: true }),
      item('4', '2', { is_ex: true, sold_quantity: 4, delist_time: '2026-02-01 00:00:00' }),
      item('5', '1', { approve_status: 'instock' }),
      item('6', '1', { approve_status: 'instock', violation: true }),
      item('9', '5', { nick: '隔壁商行' }),
    ],
  }
  const gateway = unlimited({ world })

  it('come newest listing first, equal times newest number first', async () => {
    expect(await numbers(gateway, 'onsale')).toEqual(['1', '4', '3', '2'])
  })

  it.each([
    ['list_time:desc', ['1', '4', '3', '2']],
    ['list_time:asc', ['2', '3', '4', '1']],
    ['modified:desc', ['3', '1', '4', '2']],
    ['num:asc', ['1', '2', '3', '4']],
    ['num:desc', ['4', '3', '2', '1']],
    ['sold_quantity:desc', ['4', '3', '2', '1']],
    ['delist_time:desc', ['4', '3', '2', '1']],
    ['nonsense:asc', ['2', '3', '4', '1']],
  ])('order_by %s', async (order_by, expected) => {
    expect(await numbers(gateway, 'onsale', { order_by })).toEqual(expected)
  })

  it.each([
    ['q, whatever its case', { q: 'tea' }, ['2']],
    ['cid', { cid: '1512' }, ['1']],
    ['seller_cids, any of them', { seller_cids: '8,9' }, ['1', '2']],
    ['auction_type', { auction_type: 'auction' }, ['2']],
    ['has_discount', { has_discount: 'true' }, ['1']],
    ['has_discount false', { has_discount: 'false' }, ['4', '3', '2']],
    ['has_showcase', { has_showcase: 'true' }, ['3']],
    ['is_taobao', { is_taobao: 'true' }, ['3']],
    ['is_ex', { is_ex: 'true' }, ['4']],
    ['start_modified', { start_modified: '2026-01-03 10:00:00' }, ['1', '3']],
    ['end_modified', { end_modified: '2026-01-02 09:59:59' }, ['2']],
    ['nothing that matches', { q: 'no such thing' }, []],
  ])('are narrowed by %s', async (_, params: Params, expected) => {
    expect(await numbers(gateway, 'onsale', params)).toEqual(expected)
  })

  it.each([
    ['default', {}, ['6', '5']],
    ['off_shelf', { banner: 'off_shelf' }, ['6', '5']],
    ['violation_off_shelf', { banner: 'violation_off_shelf' }, ['6']],
    ['sold_out', { banner: 'sold_out' }, []],
  ])('of the stock show the banner %s', async (_, params: Params, expected) => {
    expect(await numbers(gateway, 'inventory', params)).toEqual(expected)
  })

  it('come in pages that say how many there are in all', async () => {
    const page = (page_no: string) =>
      call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid', page_no, page_size: '3' })
    const first = (await page('1')).answer
    expect(first).toMatchObject({
      total_results: 4,
      items: { item: [{ num_iid: 1 }, { num_iid: 4 }, { num_iid: 3 }] },
    })
    expect((await page('2')).answer).toMatchObject({
      total_results: 4,
      items: { item: [{ num_iid: 2 }] },
    })
    const past = (await page('3')).answer
    expect(past.total_results).toBe(4)
    expect(past).not.toHaveProperty('items')
  })

  it('hold 40 items a page unless asked otherwise, 200 at most', async () => {
    const items = Array.from({ length: 50 }, (_, at) => item(String(100 + at), '1'))
    const full = unlimited({ world: { ...defaultWorld, items } })
    expect(await numbers(full, 'onsale')).toHaveLength(40)
    expect(await numbers(full, 'onsale', { page_size: '200' })).toHaveLength(50)
    const many = await call(full, 'taobao.items.onsale.get', {
      fields: 'num_iid',
      page_size: '201',
    })
    expect(many.error).toMatchObject({ code: 41, msg: 'Invalid arguments:page_size' })
  })

  it.each(['0', '-1', '1.5', 'two'])('refuse page %s', async (page_no) => {
    const { error } = await call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid', page_no })
    expect(error).toMatchObject({ code: 41, msg: 'Invalid arguments:page_no' })
  })

  it('reach as deep as 100,000 results, no deeper', async () => {
    const page = (page_no: string) =>
      call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid', page_no, page_size: '200' })
    expect((await page('500')).answer.total_results).toBe(4)
    expect((await page('501')).error?.sub_code).toBe('isv.invalid-parameter:gain-number-too-large')
  })

  it('of the stock end with page 101', async () => {
    const page = (page_no: string) =>
      call(gateway, 'taobao.items.inventory.get', { fields: 'num_iid', page_no, page_size: '200' })
    expect((await page('101')).answer.total_results).toBe(2)
    expect((await page('102')).error).toMatchObject({ code: 41, msg: 'Invalid arguments:page_no' })
  })

  it('hold only the fields that are asked for, in JSON, simplified JSON and XML', async () => {
    const params = { fields: 'num_iid,title', page_size: '1' }
    const { answer } = await call(gateway, 'taobao.items.onsale.get', params)
    expect(answer.items.item).toEqual([{ num_iid: 1, title: '商品 1' }])
    const simple = await call(gateway, 'taobao.items.onsale.get', { ...params, simplify: 'true' })
    expect(simple.json).toEqual({
      items: [{ num_iid: 1, title: '商品 1' }],
      total_results: 4,
      request_id: expect.any(String),
    })
    const xml = await call(gateway, 'taobao.items.onsale.get', params, { format: 'xml' })
    expect(xml.text).toContain(
      '<items list="true"><item><num_iid>1</num_iid><title>商品 1</title></item></items>',
    )
  })
})

describe('simplify', () => {
  const ask = (simplify: string, fields = 'num_iid', format: 'json' | 'xml' = 'json') =>
    call(unlimited(), 'taobao.item.seller.get', { num_iid: own, fields, simplify }, { format })

  it('leaves the root out, of successes only', async () => {
    expect((await ask('true')).json).toEqual({
      item: { num_iid: 11223344 },
      request_id: expect.any(String),
    })
    const refused = await ask('true', '')
    expect(refused.json.error_response).toMatchObject({ code: 40 })
  })

  it.each(['1', 'TRUE', 'false', ''])('is not meant by "%s"', async (simplify) => {
    expect(Object.keys((await ask(simplify)).json)).toEqual(['item_seller_get_response'])
  })

  it('changes nothing in XML', async () => {
    expect((await ask('true', 'num_iid', 'xml')).text).toContain('<item_seller_get_response><item>')
  })
})

describe('taobao.items.custom.get', () => {
  const find = async (gateway: Gateway, outer_id: string) =>
    (await call(gateway, 'taobao.items.custom.get', { outer_id, fields: 'num_iid,outer_id' }))
      .answer

  it("finds items by their own outer_id and by a SKU's", async () => {
    const gateway = unlimited()
    expect((await find(gateway, 'SCARF-01')).items.item).toEqual([
      { num_iid: 11223344, outer_id: 'SCARF-01' },
    ])
    expect((await find(gateway, 'TEA-01-AUTUMN')).items.item).toEqual([
      { num_iid: 11223345, outer_id: 'TEA-01' },
    ])
  })

  it('finds all that share a code, and follows changes and deletions', async () => {
    const gateway = unlimited()
    const one = await addItem(gateway, { outer_id: 'A' })
    const two = await addItem(gateway, { outer_id: 'A' })
    expect((await find(gateway, 'A')).items.item).toHaveLength(2)
    await call(gateway, 'taobao.item.update', { num_iid: one, outer_id: 'B' })
    expect((await find(gateway, 'A')).items.item).toMatchObject([{ num_iid: Number(two) }])
    expect((await find(gateway, 'B')).items.item).toMatchObject([{ num_iid: Number(one) }])
    await call(gateway, 'taobao.item.delete', { num_iid: two })
    expect(await find(gateway, 'A')).not.toHaveProperty('items')
  })

  it('leaves the list out of an empty answer', async () => {
    const { json } = await call(unlimited(), 'taobao.items.custom.get', {
      outer_id: 'NONE',
      fields: 'num_iid',
    })
    expect(json).toEqual({ items_custom_get_response: { request_id: expect.any(String) } })
  })
})

describe('what an item holds', () => {
  it('dotted parameters become structures, and dotted fields ask for a part of one', async () => {
    const gateway = unlimited()
    const num_iid = await addItem(gateway, {
      'location.city': '温州',
      'food_security.prd_license_no': 'QS370001010001',
      'food_security.period': '30',
    })
    expect(await read(gateway, num_iid, 'location,food_security')).toEqual({
      location: { state: '浙江', city: '温州' },
      food_security: { prd_license_no: 'QS370001010001', period: '30' },
    })
    expect(await read(gateway, num_iid, 'location.city')).toEqual({ location: { city: '温州' } })
    await call(gateway, 'taobao.item.update', { num_iid, 'food_security.period': '60' })
    expect(await read(gateway, num_iid, 'food_security')).toEqual({
      food_security: { prd_license_no: 'QS370001010001', period: '60' },
    })
  })

  it('taobao.items.custom.get answers such a structure as a text of JSON', async () => {
    const gateway = unlimited()
    await addItem(gateway, { outer_id: 'FOOD', 'food_security.period': '30' })
    const { answer } = await call(gateway, 'taobao.items.custom.get', {
      outer_id: 'FOOD',
      fields: 'food_security',
    })
    expect(JSON.parse(answer.items.item[0].food_security)).toEqual({ period: '30' })
  })

  it('empty_fields clears what it names, but nothing that an item cannot be without', async () => {
    const gateway = unlimited()
    const cleared = await call(gateway, 'taobao.item.update', {
      num_iid: own,
      empty_fields: 'outer_id,title,price,num,created,num_iid,nick',
    })
    expect(cleared.error).toBeUndefined()
    expect(await read(gateway, own, 'outer_id,title,price,num,created,num_iid,nick')).toEqual({
      title: '手工编织羊毛围巾',
      price: '128.00',
      num: 36,
      created: '2015-06-18 10:00:00',
      num_iid: 11223344,
      nick: '本地小店',
    })
  })

  it('an item scheduled for later is on sale only from then on', async () => {
    const gateway = unlimited()
    gateway.clock.freeze('2026-05-01 10:00:00')
    const num_iid = await addItem(gateway, { list_time: '2026-05-01 12:00:00' })
    expect(await numbers(gateway, 'onsale')).not.toContain(num_iid)
    expect(await numbers(gateway, 'inventory', { banner: 'regular_shelved' })).toEqual([num_iid])
    gateway.clock.advance('119m')
    expect(await numbers(gateway, 'onsale')).not.toContain(num_iid)
    gateway.clock.advance('1m')
    expect(await numbers(gateway, 'onsale')).toContain(num_iid)
    expect(await numbers(gateway, 'inventory')).not.toContain(num_iid)
  })

  it('an item comes off sale valid_thru days after it went on, 14 where nothing is said', async () => {
    const gateway = unlimited()
    gateway.clock.freeze('2026-05-01 10:00:00')
    const times = 'list_time,delist_time'
    expect(await read(gateway, await addItem(gateway), times)).toEqual({
      list_time: '2026-05-01 10:00:00',
      delist_time: '2026-05-15 10:00:00',
    })
    expect(await read(gateway, await addItem(gateway, { valid_thru: '7' }), times)).toMatchObject({
      delist_time: '2026-05-08 10:00:00',
    })
  })
})

describe('a picture', () => {
  const limit = 3 * 1024 * 1024
  const upload = (gateway: Gateway, bytes: number) =>
    callWithImage(gateway, 'taobao.item.add', phone, picture('jpg', bytes))

  it.each([8, limit])('of %i bytes is accepted in a multipart body, unsigned', async (bytes) => {
    const gateway = unlimited()
    const reply = await upload(gateway, bytes)
    expect(reply.answer.item.num_iid).toBeGreaterThan(0)
    const exchange = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
    expect(exchange?.request.files).toEqual({
      image: {
        fileName: '手机.jpg',
        contentType: 'image/jpeg',
        bytes,
        sha256: sha256(picture('jpg', bytes)),
        md5: md5(picture('jpg', bytes)),
      },
    })
  })

  it('of more than three megabytes is refused by name', async () => {
    const reply = await upload(unlimited(), limit + 1)
    expect(reply.error).toMatchObject({ code: 41, msg: 'Invalid arguments:image' })
  })

  it('sent as a text is refused by name', async () => {
    const reply = await call(unlimited(), 'taobao.item.add', { ...phone, image: 'phone.jpg' })
    expect(reply.error).toMatchObject({ code: 41, msg: 'Invalid arguments:image' })
  })
})
