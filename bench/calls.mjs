// The calls that are measured: each as it is sent, and what a right answer begins with.
import { randomBytes } from 'node:crypto'
import { deflateSync } from 'node:zlib'
import { formatTime, itemAdd, sign } from '../dist/contracts.js'

const formType = 'application/x-www-form-urlencoded;charset=UTF-8'
const app = { app_key: '12345678', session: 'test' }
const secret = 'helloworld'

/** A signed item.add as an uploader sends it: 21 parameters, Chinese texts, about 1 KB. */
const itemParameters = {
  ...itemAdd.example,
  approve_status: 'onsale',
  freight_payer: 'seller',
  has_discount: 'true',
  valid_thru: '14',
  props: '20000:33564;21514:38489',
}

/** Signed anew whenever it is asked for: a timestamp is good for ten minutes. */
export const calls = {
  'item.add': {
    make: () => form('taobao.item.add', itemParameters),
    answers: '{"item_add_response":',
  },
  'item.seller.get': {
    make: () =>
      form('taobao.item.seller.get', {
        fields: 'num_iid,title,price,num,outer_id',
        num_iid: '11223344',
      }),
    answers: '{"item_seller_get_response":',
  },
  'items.onsale.get': {
    make: () => form('taobao.items.onsale.get', { fields: 'num_iid,title,price', page_size: '40' }),
    answers: '{"items_onsale_get_response":',
  },
  'trades.sold.get (catalogue)': {
    make: () => form('taobao.trades.sold.get', { fields: 'tid,status,payment' }),
    answers: '{"trades_sold_get_response":',
  },
  'item.add with a picture of 20 KB': {
    make: upload,
    answers: '{"item_add_response":',
  },
  'batch of ten': { make: batch, answers: '{"item_seller_get_response":' },
}

function signed(params, body) {
  const all = {
    ...app,
    timestamp: formatTime(Date.now()),
    format: 'json',
    v: '2.0',
    sign_method: 'md5',
    ...params,
  }
  return { ...all, sign: sign(all, secret, 'md5', body) }
}

function form(method, params) {
  return {
    path: '/router/rest',
    headers: { 'content-type': formType },
    body: new URLSearchParams(signed({ method, ...params })).toString(),
  }
}

function upload() {
  const boundary = '----localtop-bench'
  const part = (name, value) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const texts = Object.entries(signed({ method: 'taobao.item.add', ...itemParameters }))
    .map(([name, value]) => part(name, value))
    .join('')
  const file = `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: image/png\r\n\r\n`
  return {
    path: '/router/rest',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: Buffer.concat([
      Buffer.from(texts + file),
      picture(),
      Buffer.from(`\r\n--${boundary}--\r\n`),
    ]),
  }
}

/** A grey PNG that does not compress, of about 20 KB. */
function picture() {
  const side = 140
  const pixels = randomBytes(side * (side + 1))
  for (let row = 0; row < side; row++) pixels[row * (side + 1)] = 0
  const size = Buffer.alloc(13)
  size.writeUInt32BE(side, 0)
  size.writeUInt32BE(side, 4)
  size.set([8, 0, 0, 0, 0], 8)
  return Buffer.concat([
    Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]),
    chunk('IHDR', size),
    chunk('IDAT', deflateSync(pixels)),
    chunk('IEND', Buffer.alloc(0)),
  ])
}

function chunk(type, data) {
  const head = Buffer.alloc(8)
  head.writeUInt32BE(data.length)
  head.write(type, 4)
  // Nobody checks the checksum here.
  return Buffer.concat([head, data, Buffer.alloc(4)])
}

function batch() {
  const one = 'method=taobao.item.seller.get&fields=num_iid%2Ctitle&num_iid=11223344'
  const body = Array(10).fill(one).join('\r\n-S-\r\n')
  return {
    path: `/router/batch?${new URLSearchParams(signed({}, body))}`,
    headers: { 'content-type': 'text/plain;charset=UTF-8' },
    body,
  }
}
