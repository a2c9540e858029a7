import * as z from 'zod'
import { contractTable, defineMethod, type SubCode } from '../define-method.ts'
import { itemFields, itemWith, sku } from '../models/item.ts'
import { itemArguments } from '../models/item-arguments.ts'
import {
  json,
  listOf,
  number,
  topBoolean,
  topDate,
  topEnum,
  topFields,
  topId,
  topIdPositive,
  topNumber,
  topText,
  topTextList,
} from '../protocol/scalars.ts'
import { imageErrors } from './item-img.ts'

const documented = (meaning: string, sub_msg?: string): SubCode => ({
  meaning,
  ...(sub_msg !== undefined && { sub_msg }),
  fidelity: 'documented',
  source: 'error table of taobao.item.update',
})
const assumed = (meaning: string, sub_msg?: string): SubCode => ({
  meaning,
  ...(sub_msg !== undefined && { sub_msg }),
  fidelity: 'assumed',
  source: 'by analogy with the item family; no error table of this method was found',
})

const itemGone = documented('No item has this num_iid (any more).', '商品已被删除或不存在')
const notOwner = documented('The item belongs to another seller.', '没有权限更新该商品')

const skuErrors = {
  'isv.mismatch-parameters:sku': documented(
    'The SKU lists differ in length, or a quantity or price in them cannot be read.',
    'SKU参数个数不匹配',
  ),
} as const

const changed = z.object({
  item: itemWith('iid', 'modified', 'num_iid').required({ num_iid: true }),
})

export const itemAdd = defineMethod({
  name: 'taobao.item.add',
  summary: "Publishes an item in the session seller's shop.",
  session: 'required',
  repeatable: false,
  request: z.object({
    ...itemArguments,
    title: itemArguments.title.unwrap(),
    num: itemArguments.num.unwrap(),
    type: topEnum(['fixed', 'auction']).optional(),
    stuff_status: topEnum(['new', 'second']).optional(),
    support_custom_made: topBoolean.optional(),
    custom_made_type_id: topText().optional(),
    brokerage: topText().optional(),
    biz_code: topText().optional(),
    image_urls: topTextList({ max: 5 }).optional(),
  }),
  response: z.object({
    item: itemWith('created', 'iid', 'num_iid').required({ num_iid: true }),
  }),
  errors: {
    ...skuErrors,
    'isv.parameters-mismatch:num-and-sku_quantities': assumed(
      'num is not the sum of sku_quantities.',
      '商品数量与SKU数量之和不一致',
    ),
    'isv.item-add-service-error:IC_CHECKSTEP_ITME_NOT_IN_SKU_PRICE': assumed(
      'The price of the item is not among the prices of its SKUs.',
      '商品价格不在SKU价格区间内',
    ),
    'isv.item-add-service-error:IC_CHECKSTEP_SKU_DUPLICATE': assumed(
      'Two SKUs have the same properties.',
      'SKU重复',
    ),
    'isv.item-add-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST': assumed(
      'The world refuses unknown categories, and cid is no leaf category of it.',
      '类目不存在或不是叶子类目',
    ),
    'isv.item-add-service-error:ERROR_PUBLISH_DUPLICATE': assumed(
      'The world refuses duplicates, and the seller has an item with this title, price and category on sale.',
      '重复发布商品',
    ),
    'isv.invalid-permission:add-xinpin': documented(
      'is_xinpin is true and the seller may not publish new-product items.',
      '没有新品发布权限',
    ),
    'isv.invalid-parameter:xinpin': documented(
      'is_xinpin is true for an item that is second-hand or an auction.',
      '只有全新的一口价商品才能设为新品',
    ),
    'isv.invalid-parameter:image': imageErrors['isv.invalid-parameter:image'],
  },
  profiles: {
    guide: { required: ['title', 'price', 'num'] },
    production: {
      required: [
        'type',
        'cid',
        'desc',
        'num',
        'stuff_status',
        'title',
        'location.state',
        'location.city',
      ],
    },
  },
  example: {
    title: '新款智能手机',
    price: '2999.00',
    num: '100',
    type: 'fixed',
    cid: '1512',
    desc: '全新国行，支持七天无理由退货',
    stuff_status: 'new',
    'location.state': '浙江',
    'location.city': '杭州',
    outer_id: 'PHONE-001',
  },
  source: 'catalogue of 2023-01-17 (removed since), SDK checks of 2011 to 2020',
})

export const itemUpdate = defineMethod({
  name: 'taobao.item.update',
  summary: 'Changes an item; what is not sent stays as it is.',
  session: 'required',
  repeatable: true,
  request: z.object({
    num_iid: topIdPositive,
    ...itemArguments,
    stuff_status: topEnum(['new', 'unused', 'second']).optional(),
    is_replace_sku: topBoolean.optional(),
    empty_fields: topText().optional(),
  }),
  response: changed,
  errors: {
    'isv.item-is-delete:invalid-numIid': itemGone,
    'isv.invalid-permission:update-item': notOwner,
    ...skuErrors,
    'isv.item-update-service-error:IC_CHECKSTEP_ITME_NOT_IN_SKU_PRICE': documented(
      'The price of the item is not among the prices of its SKUs.',
      '商品价格不在SKU价格区间内',
    ),
    'isv.item-update-service-error:IC_CHECKSTEP_SKU_DUPLICATE': documented(
      'Two SKUs have the same properties.',
      'SKU重复',
    ),
    'isv.item-update-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST': documented(
      'The world refuses unknown categories, and cid is no leaf category of it.',
      '类目不存在或不是叶子类目',
    ),
    ...imageErrors,
  },
  example: { num_iid: '11223344', price: '19.90' },
  source: 'catalogue of 2023-01-17 (removed since)',
})

export const itemDelete = defineMethod({
  name: 'taobao.item.delete',
  summary: 'Deletes an item.',
  session: 'required',
  repeatable: true,
  request: z.object({ num_iid: topId }),
  response: z.object({
    item: itemWith('created', 'iid', 'num_iid').required({ num_iid: true }),
  }),
  errors: {
    'isv.item-is-delete:invalid-numIid': itemGone,
    'isv.invalid-parameters:item_delete': {
      meaning: 'The item belongs to another seller.',
      sub_msg: '商品删除失败',
      fidelity: 'assumed',
      source: 'the sub-code was seen; that a foreign item gives it is our guess',
    },
  },
  example: { num_iid: '11223344' },
  source: 'catalogue of 2023-01-17',
})

const itemNotFound: SubCode = {
  meaning: 'The seller has no item with this num_iid.',
  sub_msg: '商品不存在',
  fidelity: 'observed',
  source: 'sub-code seen; that a foreign item gives it too is assumed',
}

export const itemSellerGet = defineMethod({
  name: 'taobao.item.seller.get',
  summary: "Reads one of the seller's items.",
  session: 'required',
  repeatable: true,
  request: z.object({ fields: topFields(), num_iid: topIdPositive }),
  response: z.object({
    item: itemWith(
      ...([
        'after_sale_id',
        'approve_status',
        'auction_point',
        'auto_fill',
        'auto_repost',
        'barcode',
        'cid',
        'cod_postage_id',
        'created',
        'custom_made_type_id',
        'delist_time',
        'desc',
        'desc_module_info',
        'detail_url',
        'ems_fee',
        'express_fee',
        'features',
        'food_security',
        'freight_payer',
        'global_stock_country',
        'global_stock_type',
        'has_discount',
        'has_invoice',
        'has_showcase',
        'has_warranty',
        'increment',
        'inner_shop_auction_template_id',
        'input_pids',
        'input_str',
        'is_3D',
        'is_ex',
        'is_fenxiao',
        'is_lightning_consignment',
        'is_prepay',
        'is_taobao',
        'is_timing',
        'is_virtual',
        'is_xinpin',
        'item_imgs',
        'item_size',
        'item_weight',
        'list_time',
        'locality_life',
        'location',
        'modified',
        'mpic_video',
        'newprepay',
        'nick',
        'num',
        'num_iid',
        'one_station',
        'outer_id',
        'outer_shop_auction_template_id',
        'paimai_info',
        'period_sold_quantity',
        'pic_url',
        'post_fee',
        'postage_id',
        'price',
        'product_id',
        'promoted_service',
        'prop_imgs',
        'property_alias',
        'props',
        'props_name',
        'score',
        'second_kill',
        'sell_point',
        'sell_promise',
        'seller_cids',
        'skus',
        'sold_quantity',
        'stuff_status',
        'sub_stock',
        'template_id',
        'title',
        'type',
        'valid_thru',
        'video_id',
        'videos',
        'violation',
        'volume',
        'wap_desc',
        'wap_detail_url',
        'wireless_desc',
        'with_hold_quantity',
        'ww_status',
        'desc_modules',
        'cuntao_item_specific',
        'large_screen_image_url',
        'is_area_sale',
        'cpv_memo',
        'item_rectangle_imgs',
        'first_starts_time',
      ] as const),
    ),
  }),
  errors: { 'isv.item-get-service-error:ITEM_NOT_FOUND': itemNotFound },
  example: { fields: 'num_iid,title,nick,price,num', num_iid: '11223344' },
  source: 'catalogue of 2023-10-11',
})

const listedFields = [
  'approve_status',
  'cid',
  'delist_time',
  'first_starts_time',
  'has_discount',
  'has_invoice',
  'has_showcase',
  'has_warranty',
  'iid',
  'is_ex',
  'is_taobao',
  'is_virtual',
  'list_time',
  'modified',
  'nick',
  'num',
  'num_iid',
  'outer_id',
  'pic_url',
  'postage_id',
  'price',
  'props',
  'seller_cids',
  'title',
  'type',
  'valid_thru',
] as const

/** Documented: 40 items a page unless asked otherwise, 200 at most. */
export const defaultPageSize = 40
const pageSize = topNumber({ min: 1, max: 200 }).optional()

const pagedTooDeep: SubCode = {
  meaning: 'page_no times page_size passes 100,000.',
  sub_msg: '分页获取数据超过最大限制',
  fidelity: 'documented',
  source: 'description of taobao.items.onsale.get and item sub-code list',
}

const listFilters = {
  fields: topFields(),
  q: topText().optional(),
  cid: topId.optional(),
  seller_cids: topText({ maxList: 32 }).optional(),
  page_no: topNumber({ min: 1 }).optional(),
  page_size: pageSize,
  // The hint lists the columns; `:asc` or `:desc` follows.
  order_by: topText().optional(),
  has_discount: topBoolean.optional(),
  is_taobao: topBoolean.optional(),
  is_ex: topBoolean.optional(),
  start_modified: topDate.optional(),
  end_modified: topDate.optional(),
  auction_type: topText().optional(),
  is_cspu: topBoolean.optional(),
} as const

export const itemsOnsaleGet = defineMethod({
  name: 'taobao.items.onsale.get',
  summary: "Lists the seller's items on sale, newest listing first.",
  session: 'required',
  repeatable: true,
  request: z.object({
    ...listFilters,
    has_showcase: topBoolean.optional(),
    is_combine: topBoolean.optional(),
  }),
  response: z.object({
    total_results: number,
    items: listOf('item', itemWith(...listedFields, 'is_cspu', 'sold_quantity')).optional(),
  }),
  errors: { 'isv.invalid-parameter:gain-number-too-large': pagedTooDeep },
  example: { fields: 'num_iid,title,price', page_no: '1', page_size: '40' },
  source: 'catalogue of 2023-10-11',
})

/** The kinds of items that `banner` of taobao.items.inventory.get chooses from; the first is the default. */
export const inventoryBanners = [
  'for_shelved',
  'regular_shelved',
  'never_on_shelf',
  'off_shelf',
  'sold_out',
  'violation_off_shelf',
] as const

export const itemsInventoryGet = defineMethod({
  name: 'taobao.items.inventory.get',
  summary: "Lists the seller's items in stock, those not on sale.",
  session: 'required',
  repeatable: true,
  request: z.object({
    ...listFilters,
    page_no: topNumber({ min: 1, max: 101 }).optional(),
    banner: topText({ advice: { oneOf: inventoryBanners } }).optional(),
  }),
  response: z.object({
    items: listOf('item', itemWith(...listedFields)).optional(),
    total_results: number,
  }),
  example: { fields: 'num_iid,title,price' },
  source: 'catalogue of 2023-10-11',
})

export const itemUpdateListing = defineMethod({
  name: 'taobao.item.update.listing',
  summary: 'Puts an item on sale.',
  session: 'required',
  repeatable: true,
  request: z.object({ num_iid: topId, num: topNumber({ min: 0, advice: { min: 1 } }) }),
  response: changed,
  errors: {
    'isv.item-is-delete:invalid-numIid': itemGone,
    'isv.invalid-permission:update-item': notOwner,
    'isv.item-listing-service-error': {
      meaning: 'num is 0: an item without stock cannot go on sale.',
      sub_msg: '上架商品失败',
      code: 530,
      fidelity: 'observed',
      source: 'logged payload; the cause is assumed',
    },
  },
  example: { num_iid: '11223344', num: '10' },
  source: 'catalogue of 2023-01-17',
})

export const itemUpdateDelisting = defineMethod({
  name: 'taobao.item.update.delisting',
  summary: 'Takes an item off sale.',
  session: 'required',
  repeatable: true,
  request: z.object({ num_iid: topId }),
  response: changed,
  errors: {
    'isv.item-is-delete:invalid-numIid': itemGone,
    'isv.invalid-permission:update-item': notOwner,
  },
  example: { num_iid: '11223344' },
  source: 'catalogue of 2023-01-17',
})

export const itemQuantityUpdate = defineMethod({
  name: 'taobao.item.quantity.update',
  summary: 'Sets (type 1) or changes (type 2) the stock of an item or of one of its SKUs.',
  session: 'required',
  // type 2 adds up each time it is carried out.
  repeatable: false,
  request: z.object({
    num_iid: topId,
    sku_id: topId.optional(),
    outer_id: topText().optional(),
    quantity: topNumber(),
    type: topNumber().optional(),
  }),
  response: z.object({
    item: itemWith('iid', 'modified', 'num', 'num_iid', 'skus').extend({
      skus: listOf('sku', sku.pick({ modified: true, quantity: true, sku_id: true })).optional(),
      num_iid: itemFields.num_iid,
    }),
  }),
  errors: {
    'isv.item-is-delete:invalid-numIid': itemGone,
    'isv.invalid-permission:update-item': notOwner,
    'isv.invalid-parameter:sku_id': assumed('The item has no such SKU.', 'SKU不存在'),
    'isv.invalid-parameter:outer_id': assumed(
      'Neither the item nor one of its SKUs has this outer_id.',
      '商家编码不存在',
    ),
    'isv.invalid-parameter:quantity': assumed(
      'The stock would fall below 0, or rise above 900,000,000.',
      '库存数量不能小于0',
    ),
    'isv.invalid-parameter:type': assumed('type is neither 1 nor 2.', '库存更新方式不正确'),
  },
  example: { num_iid: '11223344', quantity: '5', type: '1' },
  source: 'catalogue of 2023-01-17',
})

export const itemsCustomGet = defineMethod({
  name: 'taobao.items.custom.get',
  summary: "Finds the seller's items by outer_id, the seller's own code of an item or SKU.",
  session: 'required',
  repeatable: true,
  request: z.object({ outer_id: topText(), fields: topFields() }),
  response: z.object({
    items: listOf(
      'item',
      itemWith(
        ...([
          'cid',
          'seller_cids',
          'props',
          'input_pids',
          'input_str',
          'pic_url',
          'num',
          'list_time',
          'delist_time',
          'stuff_status',
          'location',
          'has_discount',
          'freight_payer',
          'has_invoice',
          'has_warranty',
          'has_showcase',
          'modified',
          'increment',
          'approve_status',
          'postage_id',
          'product_id',
          'item_imgs',
          'prop_imgs',
          'is_virtual',
          'is_taobao',
          'is_ex',
          'videos',
          'is_3D',
          'one_station',
          'second_kill',
          'violation',
          'detail_url',
          'num_iid',
          'title',
          'nick',
          'type',
          'desc',
          'skus',
          'auction_point',
          'property_alias',
          'features',
          'with_hold_quantity',
          'delivery_time',
          'sell_point',
          'valid_thru',
          'outer_id',
          'auto_fill',
          'desc_modules',
          'custom_made_type_id',
          'is_cspu',
          'qualification',
          'price',
          'post_fee',
          'express_fee',
          'ems_fee',
          'iid',
          'global_stock_type',
          'global_stock_country',
          'global_stock_delivery_place',
          'global_stock_tax_free_promise',
          'cuntao_item_specific',
          'food_security',
          'locality_life',
        ] as const),
      ).extend({
        // Structures elsewhere, texts that hold JSON here.
        cuntao_item_specific: json.optional(),
        food_security: json.optional(),
        locality_life: json.optional(),
      }),
    ).optional(),
  }),
  example: { outer_id: 'PHONE-001', fields: 'num_iid,outer_id,title' },
  source: 'catalogue of 2023-01-17',
})

export const itemMethods = contractTable(
  itemAdd,
  itemUpdate,
  itemDelete,
  itemSellerGet,
  itemsOnsaleGet,
  itemsInventoryGet,
  itemUpdateListing,
  itemUpdateDelisting,
  itemQuantityUpdate,
  itemsCustomGet,
)
