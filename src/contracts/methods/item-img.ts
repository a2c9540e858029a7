import * as z from 'zod'
import { contractTable, defineMethod, type SubCode } from '../define-method.ts'
import { maxImageBytes } from '../models/item-arguments.ts'
import {
  date,
  id,
  text,
  topBoolean,
  topFile,
  topId,
  topIdPositive,
  topNumber,
} from '../protocol/scalars.ts'

const assumed = (meaning: string, sub_msg: string, source?: string): SubCode => ({
  meaning,
  sub_msg,
  fidelity: 'assumed',
  source: source ?? 'by analogy with the item family; no error table of this method was found',
})

const listed = 'the error tables of taobao.item.update and .delete list it; that this method does'
const itemErrors = {
  'isv.item-is-delete:invalid-numIid': assumed(
    'No item has this num_iid (any more).',
    '商品已被删除或不存在',
    listed,
  ),
  'isv.invalid-permission:update-item': assumed(
    'The item belongs to another seller.',
    '没有权限更新该商品',
    listed,
  ),
  'isv.invalid-parameter:id': assumed('The item has no picture with this id.', '商品图片不存在'),
} as const

/** What is refused of a picture, in whichever method it comes. */
export const imageErrors = {
  'isv.invalid-parameter:image': assumed(
    'The first bytes of the image are those of no JPG, PNG or GIF.',
    '图片格式不正确，只支持JPG、PNG、GIF',
    'the kinds are documented; the sub-code is a guess',
  ),
  'isv.item-img-service-error:ITEM_IMG_NUM_LIMIT': assumed(
    "The item has as many pictures as its seller may have: the seller's item_img_num, otherwise 5.",
    '商品图片数量超过限制',
    'that there is a limit is documented; the sub-code is a guess',
  ),
} as const

export const itemImgUpload = defineMethod({
  name: 'taobao.item.img.upload',
  summary:
    'Adds a picture to an item; with id, changes that one: its bytes, its position, whether it is the main one.',
  session: 'required',
  repeatable: false,
  request: z.object({
    num_iid: topId,
    // 0 is the main picture, as the documents number it.
    id: topId.optional(),
    position: topNumber().optional(),
    image: topFile({ max: maxImageBytes }).optional(),
    is_major: topBoolean.optional(),
    // Read and of no effect: pictures of 3:4 are kept like any other (assumed).
    is_rectangle: topBoolean.optional(),
  }),
  response: z.object({ item_img: z.object({ created: date.optional(), id, url: text }) }),
  errors: {
    'isv.missing-parameter:image': {
      meaning: 'Neither an image nor the id of a picture came.',
      sub_msg: '图片为空！',
      code: 530,
      fidelity: 'observed',
      source: 'logged payload; that it was this method that answered it is assumed',
    },
    ...imageErrors,
    ...itemErrors,
  },
  example: { num_iid: '11223344' },
  source: 'catalogue of 2023-01-17',
})

export const itemImgDelete = defineMethod({
  name: 'taobao.item.img.delete',
  summary: 'Takes a picture off an item; the next one takes the place of the main picture.',
  session: 'required',
  repeatable: true,
  request: z.object({
    num_iid: topIdPositive,
    id: topIdPositive,
    // Read and of no effect (assumed).
    is_sixth_pic: topBoolean.optional(),
  }),
  response: z.object({ item_img: z.object({ created: date.optional(), id }) }),
  errors: itemErrors,
  example: { num_iid: '11223344', id: '1' },
  source: 'catalogue of 2023-10-11',
})

export const itemImgMethods = contractTable(itemImgUpload, itemImgDelete)
