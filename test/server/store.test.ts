import { spawnSync } from 'node:child_process'
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultWorld } from '../../src/contracts/index.ts'
import {
  createGateway,
  ExistingStateError,
  FolderInUseError,
  type Gateway,
  type GatewayOptions,
  type LogEvent,
  StoreFormatError,
} from '../../src/server/index.ts'
import { JournalAdapter } from '../../src/server/state/journal-adapter.ts'
import { applyOperation, type StoreData } from '../../src/server/state/log-lines.ts'
import { addItem, type Caller, call, neighbour, phone } from '../support/gateway.ts'

let folder: string
const opened: Gateway[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-store-'))
})
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
  rmSync(folder, { recursive: true })
})

function openGateway(options: GatewayOptions = {}): Gateway {
  const gateway = createGateway({ store: 'file', data: folder, rateLimit: 'off', ...options })
  opened.push(gateway)
  return gateway
}
/** Runs something against a gateway on the folder and closes it. */
async function during<T>(
  work: (gateway: Gateway) => Promise<T>,
  options?: GatewayOptions,
): Promise<T> {
  const gateway = openGateway(options)
  try {
    return await work(gateway)
  } finally {
    await gateway.close()
  }
}

const logs = () =>
  readdirSync(folder)
    .filter((name) => name.startsWith('log-'))
    .sort()
const newestLog = () => join(folder, logs().at(-1) ?? '')
const logBytes = () => logs().reduce((sum, name) => sum + statSync(join(folder, name)).size, 0)
const titleOf = async (gateway: Gateway, num_iid: string, caller?: Caller) =>
  (await call(gateway, 'taobao.item.seller.get', { num_iid, fields: 'title' }, caller)).answer.item
    ?.title

/** The number of a process that has ended. */
const deadPid = () => spawnSync(process.execPath, ['--version']).pid

const itemsOf = async (gateway: Gateway) => Object.keys((await gateway.snapshot()).items ?? {})

describe('what survives closing and opening again', () => {
  it('items, changes and deletions', async () => {
    const [kept, changed, deleted] = await during(async (gateway) => {
      const all = [await addItem(gateway), await addItem(gateway), await addItem(gateway)] as const
      await call(gateway, 'taobao.item.update', { num_iid: all[1], title: '改' })
      await call(gateway, 'taobao.item.delete', { num_iid: all[2] })
      return all
    })
    await during(async (gateway) => {
      expect(await titleOf(gateway, kept)).toBe(phone.title)
      expect(await titleOf(gateway, changed)).toBe('改')
      expect(await titleOf(gateway, deleted)).toBeUndefined()
      const found = await call(gateway, 'taobao.items.custom.get', {
        outer_id: 'PHONE-001',
        fields: 'num_iid',
      })
      expect(found.answer.items.item).toEqual([
        { num_iid: Number(kept) },
        { num_iid: Number(changed) },
      ])
    })
  })

  it('what many callers published at once', async () => {
    const added = await during((gateway) =>
      Promise.all(
        Array.from({ length: 100 }, (_, at) => addItem(gateway, { outer_id: `A-${at}` })),
      ),
    )
    expect(new Set(added).size).toBe(100)
    await during(async (gateway) => {
      const { items } = await gateway.snapshot()
      for (const num_iid of added) expect(items).toHaveProperty(num_iid)
    })
  })

  it('tenants with their shops, and that one of them was dropped', async () => {
    const { num_iid, dropped } = await during(async (gateway) => {
      await gateway.tenant({ appKey: 'T', appSecret: 's', session: 'x' })
      const gone = await gateway.tenant()
      const control = new Request(`http://localhost/_localtop/tenants/${gone.appKey}`, {
        method: 'DELETE',
      })
      expect((await gateway.fetch(control)).status).toBe(200)
      return {
        num_iid: await addItem(gateway, {}, { app: 'T', secret: 's', session: 'x' }),
        dropped: gone.appKey,
      }
    })
    await during(async (gateway) => {
      expect(await titleOf(gateway, num_iid, { app: 'T', secret: 's', session: 'x' })).toBe(
        phone.title,
      )
      expect(await titleOf(gateway, num_iid)).toBeUndefined()
      const { error } = await call(gateway, 'taobao.time.get', {}, { app: dropped, secret: 's' })
      expect(error?.sub_code).toBe('isv.appkey-not-exists')
    })
  })

  it('a tenant minted later is another one', async () => {
    const first = await during((gateway) => gateway.tenant())
    await during(async (gateway) => {
      const caller = { app: first.appKey, secret: first.appSecret, session: first.session }
      const num_iid = await addItem(gateway, {}, caller)
      const second = await gateway.tenant()
      expect(second.appKey).not.toBe(first.appKey)
      expect(await titleOf(gateway, num_iid, caller)).toBe(phone.title)
    })
  })

  it('the numbers given out: none is used again, not even that of a deleted item', async () => {
    const first = await during(async (gateway) => {
      const num_iid = await addItem(gateway)
      await call(gateway, 'taobao.item.delete', { num_iid })
      return num_iid
    })
    const second = await during((gateway) => addItem(gateway))
    const third = await during((gateway) => addItem(gateway))
    expect(new Set([first, second, third]).size).toBe(3)
    expect(Number(third)).toBeGreaterThan(Number(second))
  })

  it('the world that it was given, also for a reset later', async () => {
    const world = { ...defaultWorld, items: [], unknown_categories: 'refuse' as const }
    await during((gateway) => addItem(gateway), { world })
    await during(async (gateway) => {
      expect(await itemsOf(gateway)).toHaveLength(1)
      await gateway.reset()
      expect(await itemsOf(gateway)).toEqual([])
      const refused = await call(gateway, 'taobao.item.add', { ...phone, cid: '15' })
      expect(refused.error?.sub_code).toContain('CATEGORY_IS_NOT_LEAF')
    })
    await during(async (gateway) => expect(await itemsOf(gateway)).toEqual([]))
  })

  it('a restored snapshot', async () => {
    const { snapshot, num_iid } = await during(async (gateway) => {
      const added = await addItem(gateway)
      const taken = await gateway.snapshot()
      await gateway.reset()
      return { snapshot: taken, num_iid: added }
    })
    await during(async (gateway) => {
      expect(await titleOf(gateway, num_iid)).toBeUndefined()
      await gateway.restore(snapshot)
    })
    await during(async (gateway) => expect(await titleOf(gateway, num_iid)).toBe(phone.title))
  })
})

describe('a log', () => {
  it('may end in a torn line, which is passed over', async () => {
    const num_iid = await during((gateway) => addItem(gateway))
    appendFileSync(newestLog(), '["items","999",{"num_iid":"999","ti')
    await during(async (gateway) => {
      expect(await titleOf(gateway, num_iid)).toBe(phone.title)
      expect(await titleOf(gateway, '999')).toBeUndefined()
      expect(await addItem(gateway)).not.toBe(num_iid)
    })
    await during(async (gateway) => expect(await titleOf(gateway, num_iid)).toBe(phone.title))
  })

  it('may be torn anywhere in its last write without a number being used twice', async () => {
    await during((gateway) => addItem(gateway))
    const before = statSync(newestLog()).size
    const log = newestLog()
    const last = await during((gateway) => addItem(gateway, { title: '最后' }))
    const written = readFileSync(newestLog())
    expect(newestLog()).not.toBe(log)
    expect(before).toBeGreaterThan(0)
    const path = newestLog()
    for (let length = 0; length < written.length; length += 7) {
      writeFileSync(path, written.subarray(0, length))
      await during(async (gateway) => {
        const wasThere = (await titleOf(gateway, last)) === '最后'
        const next = await addItem(gateway, { title: '下一个' })
        if (wasThere) expect(await titleOf(gateway, last)).toBe('最后')
        expect(await titleOf(gateway, next)).toBe('下一个')
      })
      for (const name of logs()) if (join(folder, name) > path) rmSync(join(folder, name))
    }
  })

  it('with an unreadable line in the middle refuses to open, naming file and line', async () => {
    await during(async (gateway) => {
      for (let at = 0; at < 3; at++) await addItem(gateway)
    })
    const path = newestLog()
    const lines = readFileSync(path, 'utf8').split('\n')
    expect(lines).toHaveLength(5)
    lines[2] = lines[2]?.slice(0, 10) ?? ''
    writeFileSync(path, lines.join('\n'))
    const gateway = openGateway()
    await expect(gateway.ready()).rejects.toThrow(StoreFormatError)
    await expect(gateway.ready()).rejects.toThrow(`${path}: line 3`)
  })

  it('has a call whole or not at all, however its line is torn', async () => {
    const code = 'A code of a seller who agreed'
    await during(async (gateway) => {
      const before = await gateway.snapshot({ secrets: true })
      const codes = {
        [code]: {
          code,
          app_key: '12345678',
          seller: '本地小店',
          redirect_uri: 'http://localhost/',
          expires: '2099-01-01 00:00:00',
        },
      }
      await gateway.restore({ ...before, codes })
    })
    const reading = (gateway: Gateway) => gateway.snapshot({ secrets: true })
    const known = await during(async (gateway) => {
      const sessions = Object.keys((await reading(gateway)).sessions ?? {})
      const made = await call(gateway, 'taobao.top.auth.token.create', { code }, { session: null })
      expect(made.error).toBeUndefined()
      return sessions.length
    })
    const path = newestLog()
    const written = readFileSync(path)
    for (let length = 0; length <= written.length; length += 11) {
      writeFileSync(path, written.subarray(0, length))
      const { codes = {}, sessions = {} } = await during(reading)
      // The code is there, or the session is that came of it.
      expect(Object.keys(codes).length + Object.keys(sessions).length, `${length}`).toBe(known + 1)
    }
  })

  it('grows by the same for each item, however many there are', async () => {
    await during(async (gateway) => {
      const growth = async () => {
        const before = logBytes()
        await addItem(gateway)
        return logBytes() - before
      }
      for (let at = 0; at < 10; at++) await addItem(gateway)
      const few = await growth()
      await Promise.all(Array.from({ length: 1990 }, () => addItem(gateway)))
      const many = await growth()
      expect(few).toBeGreaterThan(100)
      expect(many).toBeLessThanOrEqual(few + 8)
    })
  })
})

describe('a folder', () => {
  it('belongs to one gateway at a time; another is told which process has it', async () => {
    const first = openGateway()
    await first.ready()
    const second = openGateway()
    await expect(second.ready()).rejects.toThrow(FolderInUseError)
    await expect(second.ready()).rejects.toThrow(`${folder} is in use by process ${process.pid}`)
    await second.close()
    await expect(openGateway().ready()).rejects.toThrow(FolderInUseError)
    await first.close()
    await openGateway().ready()
  })

  it.each([
    ['a process that is no more', () => String(deadPid())],
    // In a container every start has the same number.
    ['an earlier process with the number of this one', () => String(process.pid)],
    ['a process killed before it wrote its number', () => ''],
  ])('locked by %s is taken over', async (_, holder) => {
    const num_iid = await during((gateway) => addItem(gateway))
    writeFileSync(join(folder, 'lock'), holder())
    await during(async (gateway) => expect(await titleOf(gateway, num_iid)).toBe(phone.title))
  })

  it.each([
    ['of a process that is no more', (lock: object) => ({ ...lock, pid: deadPid() }), 'is no more'],
    [
      'of a process whose number another one has now',
      (lock: object) => ({ ...lock, pid: process.ppid }),
      'another one has its number',
    ],
  ])('with the lock %s is taken over, and the log says so', async (_, change, says) => {
    const lock = await during(async (gateway) => {
      await gateway.ready()
      return JSON.parse(readFileSync(join(folder, 'lock'), 'utf8'))
    })
    expect(lock).toEqual({
      pid: process.pid,
      started: expect.stringMatching(/./),
      host: hostname(),
    })
    writeFileSync(join(folder, 'lock'), JSON.stringify(change(lock)))
    const events: LogEvent[] = []
    await during((gateway) => gateway.ready(), { log: (event) => events.push(event) })
    expect(events).toEqual([{ event: 'store', message: expect.stringContaining(says) }])
    expect(existsSync(join(folder, 'lock'))).toBe(false)
  })

  it('held on another machine is refused: nobody can tell from here whether it runs', async () => {
    const lock = { pid: deadPid(), started: 'then', host: 'another-machine' }
    writeFileSync(join(folder, 'lock'), JSON.stringify(lock))
    const gateway = openGateway()
    await expect(gateway.ready()).rejects.toThrow(FolderInUseError)
    await expect(gateway.ready()).rejects.toThrow(
      `process ${lock.pid} on another-machine, which cannot be looked for`,
    )
  })

  it('that several processes find dead at once goes to one of them', async () => {
    await during((gateway) => gateway.ready())
    writeFileSync(join(folder, 'lock'), JSON.stringify({ pid: deadPid() }))
    writeFileSync(join(folder, 'lock.takeover'), JSON.stringify({ pid: process.ppid }))
    await expect(openGateway().ready()).rejects.toThrow(`in use by process ${process.ppid}`)
    writeFileSync(join(folder, 'lock.takeover'), JSON.stringify({ pid: deadPid() }))
    await openGateway().ready()
    expect(readdirSync(folder).filter((name) => name.startsWith('lock'))).toEqual(['lock'])
  })

  it('of another living process is not', async () => {
    writeFileSync(join(folder, 'lock'), String(process.ppid))
    await expect(openGateway().ready()).rejects.toThrow(`is in use by process ${process.ppid}`)
  })

  it('is not given away by one that was refused it, or has closed already', async () => {
    writeFileSync(join(folder, 'log-00000001.jsonl'), 'nonsense\n[]\n')
    const refused = openGateway()
    await expect(refused.ready()).rejects.toThrow(StoreFormatError)
    rmSync(join(folder, 'log-00000001.jsonl'))
    const closed = openGateway()
    await closed.ready()
    await closed.close()
    const holder = openGateway()
    await holder.ready()
    await refused.close()
    await closed.close()
    await expect(openGateway().ready()).rejects.toThrow(FolderInUseError)
  })

  it('that holds state refuses a world, and is free for the next one to open it', async () => {
    const num_iid = await during((gateway) => addItem(gateway))
    const refused = openGateway({ world: defaultWorld })
    await expect(refused.ready()).rejects.toThrow(ExistingStateError)
    await expect(refused.ready()).rejects.toThrow(folder)
    await during(async (gateway) => expect(await titleOf(gateway, num_iid)).toBe(phone.title))
  })

  it('starts over with fresh, with a world or without', async () => {
    const num_iid = await during(async (gateway) => {
      await gateway.tenant({ appKey: 'T', appSecret: 's', session: 'x' })
      return addItem(gateway)
    })
    await during(
      async (gateway) => {
        expect(Object.keys(await gateway.snapshot())).not.toContain('tenants')
        expect(await addItem(gateway)).toBe(num_iid)
      },
      { fresh: true },
    )
    const world = { ...defaultWorld, items: [] }
    await during(async (gateway) => expect(await itemsOf(gateway)).toEqual([]), {
      fresh: true,
      world,
    })
    await during(async (gateway) => expect(await itemsOf(gateway)).toEqual([]))
  })

  it('whose first start was killed before its world was whole is begun anew', async () => {
    writeFileSync(
      join(folder, 'log-00000001.jsonl'),
      '["apps","half",{"app_key":"half","app_secret":"s","grants":"all"}]\n["sellers","x',
    )
    await during(async (gateway) => {
      const { apps } = await gateway.snapshot()
      expect(Object.keys(apps ?? {})).toContain('12345678')
      expect(Object.keys(apps ?? {})).not.toContain('half')
    })
  })

  it('does not fill with logs when it is opened and closed', async () => {
    await during((gateway) => addItem(gateway))
    await during(async (gateway) => gateway.ready())
    const before = logs().length
    for (let start = 0; start < 5; start++) await during(async (gateway) => gateway.ready())
    expect(logs()).toHaveLength(before)
  })

  it('of a newer format is refused, and left as it is', async () => {
    const snapshot = join(folder, 'snapshot.jsonl')
    writeFileSync(
      snapshot,
      '{"localtop":"snapshot","format":99,"log":1}\n["items","1",{"later":true}]\n',
    )
    const before = readFileSync(snapshot, 'utf8')
    const gateway = openGateway()
    await expect(gateway.ready()).rejects.toThrow(StoreFormatError)
    await expect(gateway.ready()).rejects.toThrow('99')
    expect(readFileSync(snapshot, 'utf8')).toBe(before)
  })

  it('of something else is refused', async () => {
    writeFileSync(join(folder, 'snapshot.jsonl'), '{"name":"package"}\n')
    await expect(openGateway().ready()).rejects.toThrow('snapshot.jsonl: line 1')
  })
})

describe('a snapshot of the log', () => {
  /** What a journal's folder reads back as. */
  async function reread(): Promise<StoreData> {
    const adapter = new JournalAdapter(folder)
    const data = await adapter.read()
    await adapter.close()
    return data ?? new Map()
  }

  it('loses nothing that is written meanwhile, and leaves itself and a new log', async () => {
    const adapter = new JournalAdapter(folder)
    await adapter.read()
    const data: StoreData = new Map()
    const change = (...operation: [string, string, unknown?]) => {
      applyOperation(data, operation)
      adapter.append([{ operation, undo: operation }])
    }
    for (let at = 0; at < 3000; at++) change('items', String(at), { at, text: '好'.repeat(20) })
    await adapter.flushed()

    let done = false
    const writing = adapter.write(data).then(() => {
      done = true
    })
    let changes = 0
    while (!done) {
      const at = changes++
      change('items', String(at % 3000), { changed: at })
      change('items', `new-${at}`, { at })
      if (at % 3 === 0) change('items', String((at * 7) % 3000))
      await adapter.flushed()
    }
    await writing
    expect(changes).toBeGreaterThan(5)
    await adapter.close()

    const names = readdirSync(folder).sort()
    expect(names).toEqual([expect.stringMatching(/^log-\d{8}\.jsonl$/), 'snapshot.jsonl'])
    expect(await reread()).toEqual(data)
  })

  it('holds records of megabytes among small ones, as the log does that they came by at once', async () => {
    const adapter = new JournalAdapter(folder)
    await adapter.read()
    const data: StoreData = new Map()
    for (let at = 0; at < 9; at++) {
      // Every length from far below to far above what is written at once, in an order that mixes them.
      const text = String(at).repeat(at % 3 === 0 ? 5_000_000 : at % 3 === 1 ? 3 : 2_500_000)
      const operation = ['pictures', String(at), { text }] as const
      applyOperation(data, operation)
      adapter.append([{ operation, undo: operation }])
    }
    await adapter.flushed()
    expect(await reread()).toEqual(data)
    await adapter.write(data)
    await adapter.close()
    expect(await reread()).toEqual(data)
  })

  it('is what a second snapshot replaces', async () => {
    const adapter = new JournalAdapter(folder)
    await adapter.read()
    const data: StoreData = new Map([['items', new Map<string, unknown>([['1', 'one']])]])
    await adapter.write(data)
    data.get('items')?.set('2', 'two')
    await adapter.write(data)
    await adapter.close()
    expect(await reread()).toEqual(data)
  })

  it('that was being written when the process died is passed over', async () => {
    const num_iid = await during((gateway) => addItem(gateway))
    writeFileSync(
      join(folder, 'snapshot.jsonl.tmp'),
      '{"localtop":"snapshot","format":1,"log":2}\n["items","1",{"nu',
    )
    await during(async (gateway) => expect(await titleOf(gateway, num_iid)).toBe(phone.title))
  })

  it('can be opened by a gateway, with the log after it', async () => {
    const num_iid = await during((gateway) => addItem(gateway))
    const adapter = new JournalAdapter(folder)
    const data = (await adapter.read()) as StoreData
    await adapter.write(data)
    await adapter.close()
    const second = await during((gateway) => addItem(gateway, {}, neighbour))
    await during(async (gateway) => {
      expect(await titleOf(gateway, num_iid)).toBe(phone.title)
      expect(await titleOf(gateway, second, neighbour)).toBe(phone.title)
      expect(second).not.toBe(num_iid)
    })
  })
})
