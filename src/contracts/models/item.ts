import type * as z from 'zod'
import {
  boolean,
  date,
  id,
  json,
  listOf,
  number,
  price,
  structure,
  text,
} from '../protocol/scalars.ts'

const location = structure({ city: text, state: text })

const foodSecurity = structure({
  contact: text,
  design_code: text,
  factory: text,
  factory_site: text,
  food_additive: text,
  health_product_no: text,
  mix: text,
  period: text,
  plan_storage: text,
  prd_license_no: text,
  product_date_end: text,
  product_date_start: text,
  stock_date_end: text,
  stock_date_start: text,
  supplier: text,
})

const localityLife = structure({
  choose_logis: text,
  eticket: text,
  expirydate: text,
  merchant: text,
  network_id: text,
  onsale_auto_refund_ratio: number,
  refund_ratio: number,
  refundmafee: text,
  verification: text,
})

const paimaiInfo = structure({
  ceil_price: number,
  delay_in_minute: number,
  deposit: number,
  end: date,
  frequency: number,
  increment: text,
  interval: number,
  mode: number,
  period: number,
  repeat: number,
  reserve: text,
  start: date,
  start_price: number,
  valid_hour: number,
  valid_minute: number,
})

const itemImg = structure({ id, position: number, url: text })
const propImg = structure({ id, position: number, properties: text, url: text })
const video = structure({ created: date, id, modified: date, url: text, video_id: id })
const mpicVideo = structure({
  num_iid: id,
  video_duaration: number,
  video_id: id,
  video_pic: text,
  video_status: number,
})

/** A variant of an item. */
export const sku = structure({
  barcode: text,
  created: date,
  modified: date,
  outer_id: text,
  price,
  properties: text,
  properties_name: text,
  quantity: number,
  sku_id: id,
  with_hold_quantity: number,
})

/** Every field of an item that any method answers; {@link itemWith} picks a method's own. */
export const itemFields = {
  after_sale_id: id,
  approve_status: text,
  auction_point: number,
  auto_fill: text,
  auto_repost: boolean,
  barcode: text,
  cid: id,
  cod_postage_id: id,
  cpv_memo: text,
  created: date,
  cuntao_item_specific: structure({ kick_back_rate: text }),
  custom_made_type_id: text,
  delist_time: date,
  delivery_time: json,
  desc: text,
  desc_module_info: structure({ anchor_module_ids: text, type: number }),
  desc_modules: text,
  detail_url: text,
  ems_fee: price,
  express_fee: price,
  features: text,
  first_starts_time: date,
  food_security: foodSecurity,
  freight_payer: text,
  global_stock_country: text,
  global_stock_delivery_place: text,
  global_stock_tax_free_promise: boolean,
  global_stock_type: text,
  has_discount: boolean,
  has_invoice: boolean,
  has_showcase: boolean,
  has_warranty: boolean,
  iid: text,
  increment: price,
  inner_shop_auction_template_id: id,
  input_pids: text,
  input_str: text,
  is_3D: boolean,
  is_area_sale: boolean,
  is_cspu: boolean,
  is_ex: boolean,
  is_fenxiao: number,
  is_lightning_consignment: boolean,
  is_prepay: boolean,
  is_taobao: boolean,
  is_timing: boolean,
  is_virtual: boolean,
  is_xinpin: boolean,
  item_imgs: listOf('item_img', itemImg),
  item_rectangle_imgs: listOf('item_img', itemImg.pick({ position: true, url: true })),
  item_size: text,
  item_weight: text,
  large_screen_image_url: text,
  list_time: date,
  locality_life: localityLife,
  location,
  modified: date,
  mpic_video: mpicVideo,
  newprepay: text,
  nick: text,
  num: number,
  num_iid: id,
  one_station: boolean,
  outer_id: text,
  outer_shop_auction_template_id: id,
  paimai_info: paimaiInfo,
  period_sold_quantity: number,
  pic_url: text,
  post_fee: price,
  postage_id: id,
  price,
  product_id: id,
  promoted_service: text,
  prop_imgs: listOf('prop_img', propImg),
  property_alias: text,
  props: text,
  props_name: text,
  qualification: text,
  score: number,
  second_kill: text,
  sell_point: text,
  sell_promise: boolean,
  seller_cids: text,
  skus: listOf('sku', sku),
  sold_quantity: number,
  stuff_status: text,
  sub_stock: number,
  template_id: text,
  title: text,
  type: text,
  valid_thru: number,
  video_id: id,
  videos: listOf('video', video),
  violation: boolean,
  volume: number,
  wap_desc: text,
  wap_detail_url: text,
  wireless_desc: text,
  with_hold_quantity: number,
  ww_status: boolean,
} as const

export type ItemFieldName = keyof typeof itemFields

/**
 * An item with some of its fields, none of them promised: a caller's `fields` decides. In
 * alphabetical order, in which the platform writes them.
 */
export function itemWith<const K extends ItemFieldName>(...names: readonly K[]) {
  const shape = Object.fromEntries([...names].sort().map((name) => [name, itemFields[name]]))
  return structure(shape as unknown as Pick<typeof itemFields, K>)
}

export const item = structure(itemFields)
/** An item as the world keeps it: the wire's own names, complete as far as it is known. */
export type Item = z.output<typeof item>
export type Sku = z.output<typeof sku>
