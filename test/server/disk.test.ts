import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type LogEvent,
  StoreUnavailableError,
} from '../../src/server/index.ts'
import { JournalAdapter } from '../../src/server/state/journal-adapter.ts'
import { applyOperation, type StoreData } from '../../src/server/state/log-lines.ts'
import { addItem, call, phone } from '../support/gateway.ts'
import { type SmallDisk, smallDisk } from '../support/small-disk.ts'

let folder: string
let disk: SmallDisk
let events: LogEvent[]
const opened: Gateway[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-disk-'))
  disk = smallDisk()
  events = []
})
afterEach(async () => {
  disk.readOnly = false
  for (const gateway of opened.splice(0)) await gateway.close()
  rmSync(folder, { recursive: true })
})

function openGateway(options: GatewayOptions = {}): Gateway {
  const gateway = createGateway({
    store: 'file',
    data: folder,
    files: disk,
    rateLimit: 'off',
    profile: 'production',
    log: (event) => event.event !== 'call' && events.push(event),
    ...options,
  })
  opened.push(gateway)
  return gateway
}

/** Everything that a caller can see, and what the gateway knows beside. */
const everything = (gateway: Gateway) => gateway.snapshot({ secrets: true })
/** What a gateway finds that opens the folder later. */
async function found(): Promise<unknown> {
  for (const gateway of opened.splice(0)) await gateway.close()
  const gateway = openGateway({ files: undefined })
  return everything(gateway)
}
const add = (gateway: Gateway, params = {}) =>
  call(gateway, 'taobao.item.add', { ...phone, ...params })
const fileBytes = () =>
  readdirSync(folder)
    .filter((name) => name.startsWith('log-'))
    .map((name) => readFileSync(join(folder, name), 'utf8'))
const refusal = { code: 15, sub_code: 'isp.remote-service-error' }

describe('a full disk', () => {
  it.each([0, 1, 40, 200])(
    'with room for %i more bytes refuses a change, and nothing of it stays in memory or on disk',
    async (room) => {
      const gateway = openGateway()
      await addItem(gateway)
      const before = await everything(gateway)
      const files = fileBytes()
      disk.room = room
      const refused = await add(gateway, { outer_id: 'LOST' })
      expect(refused.error).toMatchObject(refusal)
      expect(await everything(gateway)).toEqual(before)
      expect(fileBytes()).toEqual(files)
      const search = { outer_id: 'LOST', fields: 'num_iid' }
      const seen = await call(gateway, 'taobao.items.custom.get', search)
      expect(seen.answer).not.toHaveProperty('items')
      expect(await found()).toEqual(before)
    },
  )

  it.each([
    ['update', { title: '改' }],
    ['delete', {}],
  ])('leaves an item as it was before an %s that it refuses', async (verb, params) => {
    const gateway = openGateway()
    const num_iid = await addItem(gateway, { outer_id: 'KEPT' })
    const before = await everything(gateway)
    disk.room = 10
    const refused = await call(gateway, `taobao.item.${verb}`, { num_iid, ...params })
    expect(refused.error).toMatchObject(refusal)
    expect(await everything(gateway)).toEqual(before)
    const search = { outer_id: 'KEPT', fields: 'num_iid,title' }
    const { answer } = await call(gateway, 'taobao.items.custom.get', search)
    expect(answer.items.item).toEqual([{ num_iid: Number(num_iid), title: phone.title }])
  })

  it('is said in English and Chinese in the journal, and once in the log, as is its end', async () => {
    const gateway = openGateway()
    await addItem(gateway)
    disk.room = 0
    const refused = await add(gateway)
    await add(gateway)
    const id = refused.headers.get('x-localtop-exchange') ?? ''
    const explained = gateway.exchanges.find(id)?.explanation
    expect(explained?.en).toContain(`${folder} cannot be written: the disk is full (ENOSPC)`)
    expect(explained?.zh).toContain('磁盘已满')
    disk.room = 100_000
    await addItem(gateway)
    await addItem(gateway)
    expect(events).toEqual([
      { event: 'store', message: expect.stringContaining('the disk is full (ENOSPC)') },
      { event: 'store', message: `the data folder ${folder} can be written again` },
    ])
  })

  it('answers what changes nothing, and takes changes again as soon as there is room', async () => {
    const gateway = openGateway()
    const first = await addItem(gateway)
    disk.room = 100
    for (let at = 0; at < 3; at++) expect((await add(gateway)).error).toMatchObject(refusal)
    const read = await call(gateway, 'taobao.item.seller.get', { num_iid: first, fields: 'title' })
    expect(read.answer.item.title).toBe(phone.title)
    disk.room = 100_000
    const second = await addItem(gateway)
    expect(second).not.toBe(first)
    const now = await everything(gateway)
    expect(Object.keys(now.items ?? {})).toEqual(expect.arrayContaining([first, second]))
    expect(await found()).toEqual(now)
  })

  it('refuses all calls of a group, also those that came while it was written', async () => {
    const gateway = openGateway()
    await addItem(gateway)
    const before = await everything(gateway)
    disk.room = 5000
    const replies = await Promise.all(
      Array.from({ length: 40 }, (_, at) => add(gateway, { outer_id: `G-${at}` })),
    )
    const kept = replies.filter(({ error }) => error === undefined)
    const refused = replies.filter(({ error }) => error !== undefined)
    expect(refused.length).toBeGreaterThan(0)
    for (const { error } of refused) expect(error).toMatchObject(refusal)
    const after = await everything(gateway)
    const count = (state: typeof before) => Object.keys(state.items ?? {}).length
    expect(count(after)).toBe(count(before) + kept.length)
    expect(await found()).toEqual(after)
  })

  it('makes a reset, a tenant and a snapshot fail without a trace, with 503 over HTTP', async () => {
    const gateway = openGateway()
    await addItem(gateway)
    await gateway.tenant({ appKey: 'T', appSecret: 's', session: 'x' })
    const before = await everything(gateway)
    disk.room = 50
    await expect(gateway.reset()).rejects.toThrow(StoreUnavailableError)
    expect(await everything(gateway)).toEqual(before)
    await expect(gateway.restore({ items: {} })).rejects.toThrow(StoreUnavailableError)
    expect(await everything(gateway)).toEqual(before)
    const url = 'http://localhost/_localtop/tenants'
    const response = await gateway.fetch(new Request(url, { method: 'POST', body: '{}' }))
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ error: expect.stringContaining('ENOSPC') })
    expect(await everything(gateway)).toEqual(before)
    const tenant = { app: 'T', secret: 's', session: 'x' }
    disk.room = 100_000
    // The tenant has its world again, and no number is given twice.
    const own = await addItem(gateway, {}, tenant)
    expect(await addItem(gateway, {}, tenant)).not.toBe(own)
    expect(Object.keys(before.items ?? {})).not.toContain(await addItem(gateway))
  })

  it('that cannot even take back what was half written goes on when it can', async () => {
    const gateway = openGateway()
    await addItem(gateway)
    const before = await everything(gateway)
    disk.room = 100
    disk.mayTruncate = false
    expect((await add(gateway)).error).toMatchObject(refusal)
    disk.room = 100_000
    expect((await add(gateway)).error).toMatchObject(refusal)
    expect(await everything(gateway)).toEqual(before)
    disk.mayTruncate = true
    await addItem(gateway)
    const now = await everything(gateway)
    expect(await found()).toEqual(now)
  })
})

describe('a read-only folder', () => {
  it('refuses changes while it is, and names why', async () => {
    const gateway = openGateway()
    await gateway.ready()
    const before = await everything(gateway)
    await gateway.close()
    const again = openGateway()
    await again.ready()
    disk.readOnly = true
    const refused = await add(again)
    expect(refused.error).toMatchObject(refusal)
    const id = refused.headers.get('x-localtop-exchange') ?? ''
    expect(again.exchanges.find(id)?.explanation.en).toContain('read-only (EROFS)')
    expect(await everything(again)).toEqual(before)
    disk.readOnly = false
    await addItem(again)
  })
})

describe('a snapshot of the log', () => {
  async function filled(count: number) {
    const data: StoreData = new Map()
    const adapter = new JournalAdapter(folder, {
      files: disk,
      onLost: (lost) => {
        for (const { undo } of [...lost].reverse()) applyOperation(data, undo)
      },
    })
    await adapter.read()
    const put = (key: string, value: unknown) => {
      const operation = ['items', key, value] as const
      applyOperation(data, operation)
      adapter.append([{ operation, undo: ['items', key] }])
      return adapter.flushed()
    }
    for (let at = 0; at < count; at++) put(String(at), { at })
    await adapter.flushed()
    return { adapter, data, put }
  }
  async function reread(): Promise<StoreData> {
    const adapter = new JournalAdapter(folder)
    const data = await adapter.read()
    await adapter.close()
    return data ?? new Map()
  }

  it('that finds no room is taken back, and the logs stay', async () => {
    const { adapter, data } = await filled(3000)
    disk.room = 20_000
    await expect(adapter.write(data)).rejects.toThrow('the disk is full (ENOSPC)')
    expect(readdirSync(folder)).toEqual([expect.stringMatching(/^log-/)])
    await adapter.close()
    expect(await reread()).toEqual(data)
  })

  it('never holds a change that was refused while it was written', async () => {
    const { adapter, data, put } = await filled(3000)
    const writing = adapter.write(data)
    // Is in memory, and so perhaps in the snapshot, when its own write fails.
    const change = put('refused', { text: 'x'.repeat(2000) })
    disk.room = 1000
    await expect(change).rejects.toThrow(StoreUnavailableError)
    disk.room = Number.POSITIVE_INFINITY
    await writing.catch(() => undefined)
    await adapter.close()
    expect(data.get('items')?.has('refused')).toBe(false)
    expect(await reread()).toEqual(data)
  })
})

describe('durability', () => {
  it('of the process syncs nothing; of the disk syncs each group before its answer', async () => {
    const plain = openGateway()
    await addItem(plain)
    await plain.close()
    expect(disk.seen).not.toContain('datasync')
    const gateway = openGateway({ durability: 'disk' })
    await gateway.ready()
    disk.seen.length = 0
    await addItem(gateway)
    // A log that is new has its name synced as well.
    expect(disk.seen).toEqual(['write', 'datasync', 'sync of the folder'])
    disk.seen.length = 0
    await addItem(gateway)
    expect(disk.seen).toEqual(['write', 'datasync'])
  })

  it('of a snapshot is that of the disk: synced, renamed, and the folder synced', async () => {
    const adapter = new JournalAdapter(folder, { files: disk })
    await adapter.read()
    disk.seen.length = 0
    await adapter.write(new Map([['items', new Map<string, unknown>([['1', 'one']])]]))
    await adapter.close()
    expect(disk.seen).toEqual(['write', 'sync', 'rename', 'sync of the folder'])
  })
})
