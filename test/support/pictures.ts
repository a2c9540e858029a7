import { createHash } from 'node:crypto'
import type { Gateway } from '../../src/server/index.ts'
import {
  type Caller,
  type Params,
  type Reply,
  request,
  signedParams,
  type Target,
} from './gateway.ts'

/** A true picture: 8 x 8 points of one colour. */
export const png: Uint8Array = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAgAAAAICAIAAABLbSncAAAAEUlEQVR4nGPg4j2BFTEMLQkAmYM3wTlxXHkAAAAASUVORK5CYII=',
  'base64',
)

const beginnings = {
  jpg: [0xff, 0xd8, 0xff, 0xe0],
  png: [...png.subarray(0, 8)],
  gif: [...Buffer.from('GIF89a')],
} as const

/** Bytes that begin as a picture of this kind does and go on as `fill` says, to a given length. */
export function picture(kind: keyof typeof beginnings, length = 64, fill = 0x0a): Uint8Array {
  const bytes = new Uint8Array(length).fill(fill)
  bytes.set(beginnings[kind])
  return bytes
}

export const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')
export const md5 = (bytes: Uint8Array) => createHash('md5').update(bytes).digest('hex')

/** A signed multipart call with an image; `image` may hold `undefined` to send none. */
export function callWithImage(
  target: Target | Gateway,
  method: string,
  params: Params,
  image: Uint8Array | undefined,
  caller: Caller = {},
): Promise<Reply> {
  const form = new FormData()
  for (const [name, value] of Object.entries(signedParams(target, method, params, caller))) {
    form.append(name, value)
  }
  if (image)
    form.append('image', new Blob([Buffer.from(image)], { type: 'image/jpeg' }), '手机.jpg')
  const url = 'http://localhost/router/rest'
  return request(target, new Request(url, { method: 'POST', body: form }))
}

/** Adds a picture to an item, or changes one. */
export const upload = (
  target: Target | Gateway,
  params: Params,
  image?: Uint8Array,
  caller?: Caller,
): Promise<Reply> => callWithImage(target, 'taobao.item.img.upload', params, image, caller)
