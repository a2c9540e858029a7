// npm run soak: a million mixed calls, one after the other, on a gateway with the file store, in this process.
// Prints the 99th percentile and the heap after each tenth, and ends with status 1 where one of them has grown:
// the last three tenths against the second to the fourth (the first warms up).
//
//   npm run soak -- 100000
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { formatTime, itemAdd, sign } from '../dist/contracts.js'
import { createGateway } from '../dist/server.js'

const [, , count = '1000000'] = process.argv
const tenths = 10
const perTenth = Math.round(Number(count) / tenths)
/** How many items are there at once; the oldest is deleted for each new one. */
const kept = 1000

const data = mkdtempSync(join(tmpdir(), 'localtop-soak-'))
const gateway = createGateway({
  profile: 'production',
  rateLimit: 'off',
  store: 'file',
  data,
  fresh: true,
})
await gateway.ready()

const items = []
let sent = 0

async function send(method, params, secret = 'helloworld') {
  const all = {
    method,
    app_key: '12345678',
    session: 'test',
    timestamp: formatTime(Date.now()),
    format: 'json',
    v: '2.0',
    sign_method: 'md5',
    ...params,
  }
  const body = new URLSearchParams({ ...all, sign: sign(all, secret, 'md5') }).toString()
  const headers = { 'content-type': 'application/x-www-form-urlencoded' }
  const request = new Request('http://localhost/router/rest', { method: 'POST', headers, body })
  const response = await gateway.fetch(request)
  return JSON.parse(await response.text())
}

/** One kind of call each, and what the answer must be. */
const kinds = [
  async () => {
    const answer = await send('taobao.item.add', { ...itemAdd.example, outer_id: `S-${sent}` })
    items.push(String(answer.item_add_response.item.num_iid))
  },
  async () => {
    if (items.length < kept) return
    const answer = await send('taobao.item.delete', { num_iid: items.shift() })
    if (!answer.item_delete_response) throw new Error(JSON.stringify(answer))
  },
  () =>
    read('item_seller_get_response', 'taobao.item.seller.get', {
      num_iid: some(),
      fields: 'num_iid,title,price,num',
    }),
  () =>
    read('item_seller_get_response', 'taobao.item.seller.get', { num_iid: some(), fields: 'desc' }),
  () =>
    read('items_onsale_get_response', 'taobao.items.onsale.get', {
      fields: 'num_iid,title',
      page_size: '10',
    }),
  () =>
    read('item_quantity_update_response', 'taobao.item.quantity.update', {
      num_iid: some(),
      quantity: String(sent % 1000),
      type: '1',
    }),
  () => read('trades_sold_get_response', 'taobao.trades.sold.get', { fields: 'tid,status' }),
  () => read('error_response', 'taobao.item.add', { title: 'no more' }),
  () => read('error_response', 'taobao.time.get', {}, 'a wrong secret'),
  () => read('error_response', 'taobao.item.ad', {}),
]

async function read(root, method, params, secret) {
  const answer = await send(method, params, secret)
  if (!answer[root]) throw new Error(`${method}: ${JSON.stringify(answer)}`)
}

const some = () => items[sent % items.length] ?? '11223344'

const found = []
for (let tenth = 1; tenth <= tenths; tenth++) {
  const times = new Float64Array(perTenth)
  for (let at = 0; at < perTenth; at++, sent++) {
    const began = performance.now()
    await kinds[sent % kinds.length]()
    times[at] = performance.now() - began
  }
  globalThis.gc?.()
  times.sort()
  const p99 = times[Math.floor(perTenth * 0.99)]
  const heapMb = process.memoryUsage().heapUsed / 2 ** 20
  found.push({ p99, heapMb })
  console.log(
    `${(sent / 1000).toFixed(0)} thousand calls: p99 ${p99.toFixed(2)} ms, heap ${heapMb.toFixed(0)} MB, ${items.length} items`,
  )
}
await gateway.close()
rmSync(data, { recursive: true, force: true })

const mean = (list) => list.reduce((sum, one) => sum + one, 0) / list.length
const [early, late] = [found.slice(1, 4), found.slice(-3)]
const p99 = mean(late.map((one) => one.p99)) / mean(early.map((one) => one.p99))
const heap = mean(late.map((one) => one.heapMb)) - mean(early.map((one) => one.heapMb))
console.log(
  `late against early: p99 × ${p99.toFixed(2)}, heap ${heap >= 0 ? '+' : ''}${heap.toFixed(1)} MB`,
)
process.exitCode = p99 > 1.5 || heap > 16 ? 1 : 0
