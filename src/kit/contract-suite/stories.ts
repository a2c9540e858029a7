import { addItem, addPicture, newItem, picture } from './base-call.ts'
import type { CaseStep, ContractCase, ExpectedAnswer, PlannedCall, SessionOf } from './case.ts'

type Params = Readonly<Record<string, string>>
type Holding = Pick<ExpectedAnswer, 'holds' | 'present' | 'absent' | 'format' | 'now'>

/** A call that is carried out. */
const does = (
  method: string,
  params: Params,
  holding: Holding = {},
  more: Partial<PlannedCall> & Pick<CaseStep, 'keep'> = {},
): CaseStep => {
  const { keep, ...call } = more
  return {
    call: {
      method,
      params,
      ...call,
      ...(holding.format && { system: { format: holding.format } }),
    },
    expect: { outcome: 'answer', method, ...holding },
    ...(keep && { keep }),
  }
}

/** A call that the method itself refuses. */
const fails = (
  method: string,
  params: Params,
  { session = 'own', subCode }: { session?: SessionOf; subCode?: string } = {},
): CaseStep => ({
  call: { method, params, session },
  expect: { outcome: 'refusal', error: ['business'], ...(subCode !== undefined && { subCode }) },
})

/** Documented: what methods of items answer of an item that is gone, and of another seller's. */
const gone = { subCode: 'isv.item-is-delete:invalid-numIid' }
const foreign = { subCode: 'isv.invalid-permission:update-item', session: 'neighbour' } as const
const neighbour = { session: 'neighbour' } as const

const item = { num_iid: '{{item}}' }
const fields = 'num_iid,title,price,num,desc,outer_id,approve_status'
const reads = (holds: NonNullable<Holding['holds']>, asked = fields): CaseStep =>
  does('taobao.item.seller.get', { ...item, fields: asked }, { holds: { item: holds } })

const onsale = 'taobao.items.onsale.get'
const inventory = 'taobao.items.inventory.get'
/** How many of the case's own items a list has. */
const lists = (method: string, total: number, more: Params = {}): CaseStep =>
  does(
    method,
    { fields: 'num_iid,num', q: '{{unique}}', ...more },
    total === 0
      ? { holds: { total_results: 0 }, absent: ['items'] }
      : { holds: { total_results: total }, present: ['items.item[0].num_iid'] },
  )

type Story = readonly [
  method: string,
  id: string,
  title: string,
  steps: readonly CaseStep[],
  more?: Partial<ContractCase>,
]

const update = 'taobao.item.update'
const quantity = 'taobao.item.quantity.update'
const assumed = { assumed: true } as const
const nothingElse = {
  title: newItem.title,
  num: 9,
  desc: newItem.desc,
  outer_id: '{{unique}}',
}

const stories: readonly Story[] = [
  [
    'taobao.item.add',
    'read-back',
    'what was added is read back',
    [
      addItem(),
      does(
        'taobao.item.seller.get',
        { ...item, fields: `${fields},cid,type,stuff_status,location,created` },
        {
          holds: {
            item: {
              ...nothingElse,
              num_iid: '{{item}}',
              price: '25.00',
              approve_status: 'onsale',
              cid: newItem.cid,
              type: 'fixed',
              stuff_status: 'new',
              location: { state: '浙江', city: '杭州' },
            },
          },
          present: ['item.created'],
        },
      ),
    ],
  ],
  [
    'taobao.item.add',
    'texts',
    'texts come back as they were, in JSON and in XML',
    [
      addItem({ desc: '<b>茶 & 杯</b> "引号" \'单\'\n第二行 😀' }),
      reads({ desc: '<b>茶 & 杯</b> "引号" \'单\'\n第二行 😀' }, 'desc'),
      does(
        'taobao.item.seller.get',
        { ...item, fields: 'desc' },
        { format: 'xml', holds: { item: { desc: '<b>茶 & 杯</b> "引号" \'单\'\n第二行 😀' } } },
      ),
    ],
  ],
  [
    'taobao.item.add',
    'price',
    'a price is answered with two decimals',
    [addItem({ price: '7.5' }), reads({ price: '7.50' })],
  ],
  [
    'taobao.item.add',
    'two',
    'two items have two numbers',
    [
      addItem(),
      {
        ...addItem(),
        expect: {
          outcome: 'answer',
          method: 'taobao.item.add',
          differs: { 'item.num_iid': '{{item}}' },
        },
      },
    ],
  ],
  [
    'taobao.item.add',
    'instock',
    'an item added to stock is in the inventory and not on sale',
    [addItem({ approve_status: 'instock' }), lists(inventory, 1), lists(onsale, 0)],
  ],
  [
    'taobao.item.add',
    'refused',
    'a refused item leaves no trace',
    [
      {
        call: { method: 'taobao.item.add', params: { ...newItem, num: 'many' } },
        expect: { outcome: 'refusal', error: ['invalid-arguments'], parameter: 'num' },
      },
      lists(onsale, 0),
      lists(inventory, 0),
    ],
  ],
  [
    'taobao.item.add',
    'picture',
    'a picture that comes with an item is its main picture',
    [
      does(
        'taobao.item.add',
        newItem,
        {},
        { files: { image: picture }, keep: { item: 'item.num_iid' } },
      ),
      does('taobao.item.seller.get', { ...item, fields: 'pic_url' }, { present: ['item.pic_url'] }),
    ],
  ],
  [
    'taobao.item.add',
    'skus',
    'SKUs are read back with quantity and price',
    [
      addItem({
        num: '5',
        price: '25.00',
        sku_properties: '1627207:28341,1627207:28342',
        sku_quantities: '2,3',
        sku_prices: '25.00,26.00',
        sku_outer_ids: 'A-{{unique}},B-{{unique}}',
      }),
      reads(
        {
          num: 5,
          skus: {
            sku: [
              { quantity: 2, price: '25.00', outer_id: 'A-{{unique}}' },
              { quantity: 3, price: '26.00', outer_id: 'B-{{unique}}' },
            ],
          },
        },
        'num,sku',
      ),
      does(quantity, { ...item, outer_id: 'B-{{unique}}', quantity: '10' }),
      reads({ num: 12, skus: { sku: [{ quantity: 2 }, { quantity: 10 }] } }, 'num,sku'),
    ],
  ],
  [
    update,
    'price-only',
    'an update of the price changes nothing else',
    [
      addItem(),
      does(
        update,
        { ...item, price: '19.90' },
        { holds: { item }, present: ['item.modified'], now: ['item.modified'] },
      ),
      reads({ ...nothingElse, price: '19.90', approve_status: 'onsale' }),
    ],
  ],
  [
    update,
    'title-only',
    'an update of the title changes nothing else',
    [
      addItem(),
      does(update, { ...item, title: '新标题 {{unique}}' }),
      reads({ ...nothingElse, title: '新标题 {{unique}}', price: '25.00' }),
    ],
  ],
  [
    update,
    'refused',
    'a refused update changes nothing',
    [
      addItem(),
      {
        call: { method: update, params: { ...item, title: '新标题 {{unique}}', price: 'much' } },
        expect: { outcome: 'refusal', error: ['invalid-arguments'], parameter: 'price' },
      },
      reads({ ...nothingElse, price: '25.00' }),
    ],
  ],
  [
    'taobao.item.delete',
    'final',
    'a deleted item is gone from everywhere',
    [
      addItem(),
      does('taobao.item.delete', item, { holds: { item } }),
      fails('taobao.item.seller.get', { ...item, fields }),
      lists(onsale, 0),
      lists(inventory, 0),
      does('taobao.items.custom.get', { outer_id: '{{unique}}', fields }, { absent: ['items'] }),
      does(
        'taobao.items.custom.get',
        { outer_id: '{{unique}}', fields },
        { absent: ['items'], format: 'xml' },
      ),
      fails('taobao.item.delete', item, gone),
      fails(update, { ...item, price: '1.00' }, gone),
    ],
  ],
  [
    'taobao.item.delete',
    'one',
    'only the item that is named is deleted',
    [
      addItem({}, { other: 'item.num_iid' }),
      addItem(),
      does('taobao.item.delete', item),
      does(
        onsale,
        { fields: 'num_iid', q: '{{unique}}' },
        { holds: { total_results: 1, items: { item: [{ num_iid: '{{other}}' }] } } },
      ),
    ],
  ],
  [
    'taobao.item.update.delisting',
    'to-inventory',
    'delisting moves an item to the inventory, listing back on sale',
    [
      addItem(),
      lists(onsale, 1),
      lists(inventory, 0),
      does('taobao.item.update.delisting', item),
      lists(onsale, 0),
      lists(inventory, 1),
      reads({ approve_status: 'instock' }),
      does('taobao.item.update.listing', { ...item, num: '7' }),
      lists(onsale, 1),
      lists(inventory, 0),
      reads({ approve_status: 'onsale', num: 7, title: newItem.title }),
    ],
  ],
  [
    quantity,
    'full',
    'type 1 sets the stock, and is what is meant without type',
    [
      addItem(),
      does(quantity, { ...item, quantity: '5', type: '1' }, { holds: { item: { num: 5 } } }),
      reads({ num: 5, title: newItem.title }),
      does(quantity, { ...item, quantity: '4' }, { holds: { item: { num: 4 } } }),
      reads({ num: 4 }),
    ],
  ],
  [
    quantity,
    'incremental',
    'type 2 adds to the stock and takes from it',
    [
      addItem(),
      does(quantity, { ...item, quantity: '3', type: '2' }, { holds: { item: { num: 12 } } }),
      reads({ num: 12 }),
      does(quantity, { ...item, quantity: '-5', type: '2' }),
      reads({ num: 7 }),
    ],
  ],
  [
    quantity,
    'below-zero',
    'a stock below zero is refused, and nothing changes',
    [
      addItem(),
      fails(quantity, { ...item, quantity: '-10', type: '2' }),
      fails(quantity, { ...item, quantity: '-1', type: '1' }),
      reads({ num: 9 }),
    ],
  ],
  [
    'taobao.items.custom.get',
    'by-outer-id',
    'an item is found by its outer_id, and by the new one once it has changed',
    [
      addItem(),
      addItem({ outer_id: 'other-{{unique}}' }, { other: 'item.num_iid' }),
      found('{{unique}}', '{{item}}'),
      does(update, { ...item, outer_id: 'new-{{unique}}' }),
      does('taobao.items.custom.get', { outer_id: '{{unique}}', fields }, { absent: ['items'] }),
      found('new-{{unique}}', '{{item}}'),
    ],
  ],
  [
    onsale,
    'pages',
    'pages follow each other without gap, and the total is that of all of them',
    [
      addItem({ num: '1' }, { a: 'item.num_iid' }),
      addItem({ num: '2' }, { b: 'item.num_iid' }),
      addItem({ num: '3' }, { c: 'item.num_iid' }),
      ...pagesOf(onsale),
    ],
  ],
  [
    onsale,
    'default-page',
    'a page has forty items where nothing is said',
    [
      ...Array.from({ length: 41 }, () => addItem()),
      does(
        onsale,
        { fields: 'num_iid', q: '{{unique}}' },
        {
          holds: { total_results: 41 },
          present: ['items.item[39].num_iid'],
          absent: ['items.item[40]'],
        },
      ),
    ],
  ],
  [
    onsale,
    'too-deep',
    'pages beyond a hundred thousand items are refused',
    [
      fails(
        onsale,
        { fields: 'num_iid', page_no: '1001', page_size: '100' },
        { subCode: 'isv.invalid-parameter:gain-number-too-large' },
      ),
    ],
  ],
  [
    onsale,
    'flags',
    'has_discount leaves only the items that have one',
    [
      addItem({}, { other: 'item.num_iid' }),
      addItem({ has_discount: 'true' }),
      does(
        onsale,
        { fields: 'num_iid', q: '{{unique}}', has_discount: 'true' },
        { holds: { total_results: 1, items: { item: [item] } } },
      ),
    ],
  ],
  [
    onsale,
    'narrowed',
    'q and cid leave only the items that have them',
    [
      addItem({ title: '别的商品 {{unique}}', cid: '50010368' }, { other: 'item.num_iid' }),
      addItem({ title: '围巾 {{unique}}' }),
      ...[{ q: '围巾 {{unique}}' }, { q: '{{unique}}', cid: newItem.cid }].map((narrowing) =>
        does(
          onsale,
          { fields: 'num_iid', ...narrowing },
          { holds: { total_results: 1, items: { item: [item] } } },
        ),
      ),
    ],
  ],
  [
    inventory,
    'pages',
    'pages follow each other without gap, and the total is that of all of them',
    [
      addItem({ num: '1', approve_status: 'instock' }, { a: 'item.num_iid' }),
      addItem({ num: '2', approve_status: 'instock' }, { b: 'item.num_iid' }),
      addItem({ num: '3', approve_status: 'instock' }, { c: 'item.num_iid' }),
      ...pagesOf(inventory),
    ],
  ],
  [
    'taobao.item.img.upload',
    'pictures',
    'a picture that was added is read back, and gone once it is deleted',
    [
      addItem(),
      addPicture,
      reads({ item_imgs: { item_img: [{ id: '{{picture}}' }] } }, 'item_img'),
      does('taobao.item.img.delete', { ...item, id: '{{picture}}' }),
      does(
        'taobao.item.seller.get',
        { ...item, fields: 'num_iid,item_img' },
        { absent: ['item.item_imgs'] },
      ),
    ],
  ],
  [
    'taobao.user.seller.get',
    'owner',
    "items bear the nick of the session's seller",
    [
      does('taobao.user.seller.get', { fields: 'nick' }, {}, { keep: { nick: 'user.nick' } }),
      addItem(),
      reads({ nick: '{{nick}}' }, 'nick'),
    ],
  ],
  [
    'taobao.item.seller.get',
    'foreign-item',
    "another seller's item can be neither read nor changed nor deleted",
    [
      addItem(),
      fails('taobao.item.seller.get', { ...item, fields }, neighbour),
      fails(update, { ...item, price: '1.00' }, foreign),
      fails('taobao.item.delete', item, neighbour),
      fails(quantity, { ...item, quantity: '1' }, neighbour),
      reads({ ...nothingElse, price: '25.00' }),
    ],
    { needs: ['session', 'neighbour'] },
  ],
  [
    onsale,
    'foreign-items',
    "a list holds the session's seller's items only",
    [
      addItem(),
      {
        ...lists(onsale, 0),
        call: {
          method: onsale,
          params: { fields: 'num_iid', q: '{{unique}}' },
          session: 'neighbour',
        },
      },
    ],
    { needs: ['session', 'neighbour'] },
  ],
  [
    'taobao.user.seller.get',
    'whose',
    'the session says whose shop it is',
    [
      does('taobao.user.seller.get', { fields: 'nick' }, {}, { keep: { nick: 'user.nick' } }),
      {
        call: { method: 'taobao.user.seller.get', params: { fields: 'nick' }, ...neighbour },
        expect: {
          outcome: 'answer',
          method: 'taobao.user.seller.get',
          present: ['user.nick'],
          differs: { 'user.nick': '{{nick}}' },
        },
      },
      { ...addItem(), call: { ...addItem().call, ...neighbour } },
      fails('taobao.item.seller.get', { ...item, fields }),
    ],
    { needs: ['session', 'neighbour'] },
  ],
  [
    'taobao.item.seller.get',
    'parts',
    'a part of a structure may be asked for, and blanks between names do no harm',
    [
      addItem(),
      does(
        'taobao.item.seller.get',
        { ...item, fields: 'num_iid, location.city' },
        { holds: { item: { location: { city: '杭州' } } }, absent: ['item.location.state'] },
      ),
    ],
    assumed,
  ],
  [
    'taobao.item.seller.get',
    'unknown',
    'an item that never was is refused as ITEM_NOT_FOUND',
    [
      {
        call: { method: 'taobao.item.seller.get', params: { num_iid: '1', fields } },
        expect: {
          outcome: 'refusal',
          error: ['remote-service-error'],
          subCode: 'isv.item-get-service-error:ITEM_NOT_FOUND',
        },
      },
    ],
    assumed,
  ],
]

function found(outerId: string, numIid: string): CaseStep {
  return does(
    'taobao.items.custom.get',
    { outer_id: outerId, fields: 'num_iid,outer_id' },
    { holds: { items: { item: [{ num_iid: numIid, outer_id: outerId }] } } },
  )
}

/** Two pages of three items, and the empty one behind them. */
function pagesOf(method: string): CaseStep[] {
  const page = (number: string, ...names: string[]): CaseStep =>
    does(
      method,
      {
        fields: 'num_iid',
        q: '{{unique}}',
        order_by: 'num:asc',
        page_size: '2',
        page_no: number,
      },
      names.length === 0
        ? { holds: { total_results: 3 }, absent: ['items'] }
        : {
            holds: {
              total_results: 3,
              items: { item: names.map((name) => ({ num_iid: `{{${name}}}` })) },
            },
          },
    )
  return [page('1', 'a', 'b'), page('2', 'c'), page('3')]
}

/** The stories that these methods have a part in. */
export const storiesOf = (methods: ReadonlySet<string>): ContractCase[] =>
  stories
    .filter(([method]) => methods.has(method))
    .map(([method, id, title, steps, more]) => ({
      id: `${method}/state/${id}`,
      title,
      kind: 'state' as const,
      method,
      writes: true,
      assumed: false,
      needs: ['session'] as const,
      steps,
      ...more,
    }))
