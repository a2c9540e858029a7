import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultWorld, formatTime, parseTime, type WorldSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import type { StoredItem } from '../../src/server/state/world.ts'
import { call, type Params, phone } from '../support/gateway.ts'
import { smallDisk } from '../support/small-disk.ts'

const nick = '本地小店'
const began = parseTime('2026-05-01 10:00:00') as number
const size = 2500

/** The same numbers in every run, in [0, most). */
function dice() {
  let state = 7
  return (most: number) => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0
    return (state >>> 8) % most
  }
}

/** A shop whose items were listed in no order, some of them not at all or not yet. */
function shop(): WorldSeed {
  const next = dice()
  const items = Array.from({ length: size }, (_, at) => ({
    num_iid: String(1000 + at),
    nick,
    title: `商品 ${at}`,
    price: '10.00',
    num: next(8),
    cid: String(next(5)),
    sold_quantity: next(50),
    approve_status: next(4) === 0 ? ('instock' as const) : ('onsale' as const),
    created: formatTime(began - 1_000_000),
    modified: formatTime(began - next(100_000) * 1000),
    ...(next(10) > 0 && { list_time: formatTime(began + (next(2000) - 1800) * 60_000) }),
  }))
  return { ...defaultWorld, items }
}

const folders: string[] = []
const opened: Gateway[] = []
function open(options: Parameters<typeof createGateway>[0] = {}): Gateway {
  const gateway = createGateway({ world: shop(), rateLimit: 'off', ...options })
  gateway.clock.freeze(formatTime(began))
  opened.push(gateway)
  return gateway
}
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
})

const lists: readonly (readonly ['onsale' | 'inventory', Params])[] = [
  ['onsale', {}],
  ['onsale', { page_no: '3', page_size: '200' }],
  ['onsale', { order_by: 'list_time:asc', page_no: '2', page_size: '7' }],
  ['onsale', { cid: '3', page_no: '2' }],
  ['onsale', { order_by: 'num:asc', q: '1', page_no: '4' }],
  ['onsale', { order_by: 'modified:desc', page_size: '200' }],
  ['onsale', { order_by: 'sold_quantity:desc', page_no: '9', page_size: '200' }],
  ['inventory', {}],
  ['inventory', { order_by: 'list_time:asc', page_no: '4' }],
  ['inventory', { order_by: 'modified:asc', cid: '1' }],
  ['inventory', { banner: 'sold_out', page_no: '2' }],
]

/** The lists as somebody makes them who looks at every item and sorts them all. */
function plainly(items: readonly StoredItem[], list: string, params: Params, now: string) {
  const { page_no = '1', page_size = '40', order_by = 'list_time:desc', q = '', cid } = params
  const [column, direction] = order_by.split(':') as [keyof StoredItem, string]
  const sign = direction === 'asc' ? 1 : -1
  const isOnSale = ({ approve_status, list_time = '', num = 0 }: StoredItem) =>
    approve_status === 'onsale' && list_time <= now && num > 0
  const found = items
    .filter((item) => isOnSale(item) === (list === 'onsale'))
    .filter((item) => params.banner !== 'sold_out' || item.num === 0)
    .filter((item) => (cid === undefined || item.cid === cid) && item.title?.includes(q))
    .sort((a, b) => {
      const [left, right] = [a[column] ?? '', b[column] ?? '']
      if (left !== right) return left < right ? -sign : sign
      return (Number(a.num_iid) - Number(b.num_iid)) * sign
    })
  const last = Number(page_no) * Number(page_size)
  return {
    total: found.length,
    numbers: found.slice(last - Number(page_size), last).map(({ num_iid }) => num_iid),
  }
}

async function expectPlainLists(gateway: Gateway) {
  const items = Object.values((await gateway.snapshot()).items ?? {}) as StoredItem[]
  for (const [list, params] of lists) {
    const { answer } = await call(gateway, `taobao.items.${list}.get`, {
      fields: 'num_iid',
      ...params,
    })
    const numbers = (answer.items?.item ?? []).map(({ num_iid }: { num_iid: number }) =>
      String(num_iid),
    )
    const found = { total: answer.total_results, numbers }
    const wanted = plainly(items, list, params, gateway.clock.state().time)
    expect(found, `${list} ${JSON.stringify(params)}`).toEqual(wanted)
  }
}

describe('the lists of a large shop', () => {
  it('are those of a plain sort', () => expectPlainLists(open()))

  it('stay so whatever is done to its items', async () => {
    const gateway = open()
    const next = dice()
    await expectPlainLists(gateway)
    for (let round = 0; round < 3; round++) {
      for (let step = 0; step < 60; step++) {
        const num_iid = String(1000 + next(size))
        const list_time = formatTime(began + next(300) * 60_000)
        const [method, params] = (
          [
            ['add', { ...phone, list_time }],
            ['add', { ...phone, approve_status: 'instock' }],
            ['update', { num_iid, list_time }],
            ['update', { num_iid, title: `改 ${step}`, num: String(next(3)) }],
            ['update.listing', { num_iid, num: '5' }],
            ['update.delisting', { num_iid }],
            ['quantity.update', { num_iid, quantity: String(next(3)) }],
            ['delete', { num_iid }],
          ] as const
        )[next(8)] as readonly [string, Params]
        await call(gateway, `taobao.item.${method}`, params)
      }
      // Items that were listed ahead go on sale by themselves.
      gateway.clock.advance('50m')
      await expectPlainLists(gateway)
    }
  })

  it('grow and shrink in one place, as a shop does that lists everything at one time', async () => {
    const gateway = open({ world: { ...defaultWorld, items: [] } })
    await expectPlainLists(gateway)
    const added: string[] = []
    for (let count = 0; count < 1500; count++) {
      const { answer } = await call(gateway, 'taobao.item.add', phone)
      added.push(String(answer.item.num_iid))
    }
    await expectPlainLists(gateway)
    for (const num_iid of added.slice(100, 1400)) {
      await call(gateway, 'taobao.item.delete', { num_iid })
    }
    await expectPlainLists(gateway)
  })

  it('show nothing of a change that the disk had no room for', async () => {
    const data = mkdtempSync(join(tmpdir(), 'localtop-large-'))
    folders.push(data)
    const disk = smallDisk()
    const gateway = open({ store: 'file', data, files: disk })
    await expectPlainLists(gateway)
    disk.room = 10
    const [newest] = plainly(
      Object.values((await gateway.snapshot()).items ?? {}) as StoredItem[],
      'onsale',
      {},
      gateway.clock.state().time,
    ).numbers
    const refused = [
      await call(gateway, 'taobao.item.add', phone),
      await call(gateway, 'taobao.item.update.delisting', { num_iid: String(newest) }),
      await call(gateway, 'taobao.item.delete', { num_iid: String(newest) }),
    ]
    for (const { error } of refused) expect(error).toMatchObject({ code: 15 })
    await expectPlainLists(gateway)
  })

  it('are made anew when another state is put in', async () => {
    const gateway = open()
    const before = await gateway.snapshot({ secrets: true })
    await expectPlainLists(gateway)
    await call(gateway, 'taobao.item.add', phone)
    await gateway.restore(before)
    await expectPlainLists(gateway)
    await gateway.reset()
    gateway.clock.freeze(formatTime(began))
    await expectPlainLists(gateway)
  })
})
