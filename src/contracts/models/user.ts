import type * as z from 'zod'
import { boolean, id, number, structure, text } from '../protocol/scalars.ts'

const userCredit = structure({ good_num: number, level: number, score: number, total_num: number })

/** A seller, as `taobao.user.seller.get` answers one. */
export const user = structure({
  alipay_bind: text,
  auto_repost: text,
  avatar: text,
  consumer_protection: boolean,
  has_more_pic: boolean,
  has_shop: boolean,
  has_sub_stock: boolean,
  is_golden_seller: boolean,
  is_lightning_consignment: boolean,
  is_tjb_seller: boolean,
  item_img_num: number,
  item_img_size: number,
  liangpin: boolean,
  magazine_subscribe: boolean,
  nick: text,
  online_gaming: boolean,
  promoted_type: text,
  prop_img_num: number,
  prop_img_size: number,
  seller_credit: userCredit,
  sex: text,
  sign_food_seller_promise: boolean,
  status: text,
  type: text,
  user_id: id,
  vertical_market: text,
  vip_info: text,
})
export type User = z.output<typeof user>
