import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { createGateway } from '../../src/server/index.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { call, over, phone, send, signedParams } from '../support/gateway.ts'

let root: string
let folder: string
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'localtop-drift-'))
  return () => rmSync(root, { recursive: true })
})
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})

let id = 0
/** A line of a recording. */
const line = (
  method: string,
  params: Record<string, string>,
  body: unknown,
  more: object = {},
): object => ({
  id: String(++id),
  method,
  request: { params: { method, format: 'json', session: '***', ...params } },
  response: { status: 200, body: typeof body === 'string' ? body : JSON.stringify(body) },
  ...more,
})

const header = { format: 'localtop-recording', version: 1, to: 'https://x', startedAt: '2026' }
function recording(...lines: readonly object[]): void {
  const text = [header, ...lines].map((one) => `${JSON.stringify(one)}\n`).join('')
  writeFileSync(join(folder, 'r.jsonl'), text)
}

const drift = (...args: readonly string[]) => runCommand(['drift', 'r.jsonl', ...args], folder)
async function findings(...args: readonly string[]) {
  const { status, stdout, stderr } = await drift('--json', ...args)
  expect(stderr).toBe('')
  const report = JSON.parse(stdout)
  // biome-ignore lint/suspicious/noExplicitAny: a test looks into reports freely
  const found = report.findings.map(({ kind, path, severity }: any) =>
    [severity, kind, path].join(' '),
  )
  return { status, report, found }
}

const trade = (fields: object) => ({ trade_get_response: { trade: fields, request_id: 'x' } })
const asked = { fields: 'tid,status,orders.title', tid: '1' }
const whole = { tid: 1, status: 'TRADE_FINISHED', orders: { order: [{ title: 'x' }] } }

describe('held against the contract', () => {
  it('finds nothing in answers that keep it', async () => {
    recording(line('taobao.trade.get', asked, trade(whole)))
    const { status, report } = await findings()
    expect(report).toMatchObject({ exchanges: 1, answers: 1, comparedWithMock: 1, findings: [] })
    expect(status).toBe(0)
    expect((await drift()).stdout).toContain('no drift')
  })

  it('finds new fields, and knows those that were asked for', async () => {
    const params = { ...asked, fields: `${asked.fields},loyalty` }
    recording(line('taobao.trade.get', params, trade({ ...whole, loyalty: 3, other: {} })))
    const { status, found } = await findings()
    expect(found).toEqual(['used new-field trade.loyalty', 'unused new-field trade.other'])
    expect(status).toBe(1)
  })

  it('finds a field that was asked for and is missing from every answer', async () => {
    const { status: _, ...without } = whole
    recording(line('taobao.trade.get', asked, trade(without)))
    const { status, found, report } = await findings()
    expect(found).toEqual(['used missing-field trade.status'])
    expect(report.findings[0].exchanges).toEqual([String(id)])
    expect(status).toBe(1)
    recording(
      line('taobao.trade.get', asked, trade(without)),
      line('taobao.trade.get', { ...asked, tid: '2' }, trade(whole)),
    )
    expect((await findings()).found).toEqual([])
  })

  it('does not miss what stands in a list that is not there', async () => {
    const { orders: _, ...without } = whole
    recording(line('taobao.trade.get', { ...asked, fields: 'tid,status' }, trade(without)))
    expect((await findings()).found).toEqual([])
  })

  it('finds types that have changed, at any depth, without the values', async () => {
    const orders = { order: [{ title: 'a' }, { title: 77_123 }] }
    recording(line('taobao.trade.get', asked, trade({ ...whole, tid: '1', orders })))
    const { found, report } = await findings()
    expect(found).toEqual(['used type trade.orders.order[].title', 'used type trade.tid'])
    expect(report.findings[0]).toMatchObject({ expected: 'a text', received: 'a number' })
    expect(JSON.stringify(report)).not.toContain('77123')
  })

  it('finds types in XML, and lists in simplified answers', async () => {
    const xml =
      '<?xml version="1.0" encoding="utf-8" ?><trade_get_response><trade><tid>one</tid><status>x</status><orders list="true"><order><title>x</title></order></orders></trade></trade_get_response>'
    const simple = JSON.stringify({ trade: { ...whole, orders: [{ title: 5 }] }, request_id: 'x' })
    recording(
      line('taobao.trade.get', { ...asked, format: 'xml' }, xml),
      line('taobao.trade.get', { ...asked, simplify: 'true' }, simple),
    )
    expect((await findings()).found).toEqual([
      'used type trade.orders.order[].title',
      'used type trade.tid',
    ])
  })

  it.each([
    [{ code: 15, msg: 'x', sub_code: 'isv.brand-new-thing' }, '15/isv.brand-new-thing'],
    [{ code: 999_999, msg: 'x' }, '999999'],
    [{ code: 27, msg: 'x', sub_code: 'session-in-the-clouds' }, '27/session-in-the-clouds'],
  ])('finds the error %j, which nobody knows', async (error, path) => {
    recording(line('taobao.trade.get', asked, { error_response: error }))
    const { status, found } = await findings()
    expect(found).toEqual([`used unseen-error ${path}`])
    expect(status).toBe(1)
  })

  it('knows the errors of the table and of the method', async () => {
    const error = (code: number, sub_code: string) => ({
      error_response: { code, msg: 'x', sub_code },
    })
    recording(
      line('taobao.trade.get', asked, error(27, 'session-expired')),
      line('taobao.trade.get', asked, error(15, 'isp.remote-service-timeout')),
      line(
        'taobao.item.seller.get',
        { num_iid: '1', fields: 'title' },
        error(15, 'isv.item-get-service-error:ITEM_NOT_FOUND'),
      ),
    )
    expect((await findings()).found.filter((one: string) => one.includes('unseen'))).toEqual([])
  })

  it('finds methods, roots and answers that are none', async () => {
    recording(
      line('taobao.trade.gett', asked, trade(whole)),
      line('taobao.trade.get', asked, { trade_got_response: {} }),
      line('taobao.trade.get', asked, ''),
    )
    const { found } = await findings()
    expect(found).toEqual(['used unreadable ', 'used root ', 'used unknown-method '])
  })
})

describe('what is used', () => {
  const lockOf = async (fields: string) => {
    await using gateway = createGateway()
    const { url } = await gateway.listen({ port: 0 })
    await call(gateway, 'taobao.trade.get', { fields, tid: '1' })
    expect((await runCommand(['lock', '--url', url], folder)).status).toBe(0)
  }

  it('is said by the lock where there is one', async () => {
    await lockOf('tid,status')
    recording(
      line(
        'taobao.trade.get',
        asked,
        trade({ ...whole, tid: 'x', orders: { order: [{ title: 1 }] } }),
      ),
    )
    const { found, report } = await findings('--lock', 'localtop.lock.json')
    expect(found).toEqual(['used type trade.tid', 'unused type trade.orders.order[].title'])
    expect(report.by).toBe('lock')
  })

  it.each([
    ['none', 'tid', 0],
    ['used', 'tid', 0],
    ['any', 'tid', 1],
    ['none', 'status', 0],
    ['used', 'status', 1],
    ['any', 'status', 1],
  ])('with --fail-on %s, and %s locked, ends with %d', async (failOn, locked, expected) => {
    await lockOf(locked)
    recording(line('taobao.trade.get', asked, trade({ ...whole, status: 5 })))
    const { status } = await drift('--lock', 'localtop.lock.json', '--fail-on', failOn)
    expect(status).toBe(expected)
  })
})

describe('held against the mock', () => {
  it('puts recorded items into the shop, so that a call about them can be compared', async () => {
    const item = { num_iid: 998877, title: 'x', price: '5.00', num: 3 }
    const fields = 'num_iid,title,price,num'
    recording(
      line(
        'taobao.item.seller.get',
        { fields, num_iid: '998877' },
        {
          item_seller_get_response: { item, request_id: 'x' },
        },
      ),
    )
    const { report, found } = await findings()
    expect(report).toMatchObject({ comparedWithMock: 1, notComparable: 0 })
    expect(found).toEqual([])
  })

  it('finds fields that the mock does not answer', async () => {
    const params = { fields: 'num_iid,is_virtual', num_iid: '11223344' }
    recording(
      line('taobao.item.seller.get', params, {
        item_seller_get_response: {
          item: { num_iid: 11223344, is_virtual: true },
          request_id: 'x',
        },
      }),
    )
    expect((await findings()).found).toEqual(['used mock-lacks item.is_virtual'])
  })

  it('finds calls that only one of them refuses', async () => {
    const error = { error_response: { code: 40, msg: 'Missing required arguments:shop' } }
    recording(
      line('taobao.trade.get', { tid: '1' }, trade(whole)),
      line('taobao.trade.get', asked, error),
    )
    const { found } = await findings()
    expect(found).toEqual(['used mock-refuses ', 'used mock-accepts '])
  })

  it('says how many calls could not be compared', async () => {
    const params = { fields: 'title', num_iid: '55' }
    recording(
      line('taobao.item.seller.get', params, {
        item_seller_get_response: { item: { title: 'x' }, request_id: 'x' },
      }),
    )
    const { report } = await findings()
    expect(report).toMatchObject({ comparedWithMock: 0, notComparable: 1 })
  })
})

describe('worlds and scenarios of a recording', () => {
  /** A gateway that was started as users do. */
  async function started(...args: readonly string[]) {
    const command = startCommand(
      [
        'start',
        '--port',
        '0',
        '--store',
        'memory',
        '--log',
        'silent',
        '--ready-file',
        'ready.json',
        ...args,
      ],
      folder,
    )
    await command.prints('Ctrl-C').catch(async () => expect.fail((await command.ended).stderr))
    const { url } = JSON.parse(readFileSync(join(folder, 'ready.json'), 'utf8'))
    return {
      call: (method: string, params: Record<string, string>) => call(over(url), method, params),
      [Symbol.asyncDispose]: async () => {
        command.child.kill()
        await command.ended
      },
    }
  }

  it('answer through localtop start as was recorded', { timeout: 180_000 }, async () => {
    const item = { num_iid: 998877, title: '录制的商品', price: '5.00', num: 3 }
    const recorded = { tid: 77, status: 'TRADE_FINISHED', loyalty: 'gold' }
    const cats = (name: string) => ({
      itemcats_get_response: { item_cats: { item_cat: [{ cid: 5, name }] }, request_id: 'x' },
    })
    recording(
      line(
        'taobao.item.seller.get',
        { fields: 'num_iid,title,price,num', num_iid: '998877' },
        {
          item_seller_get_response: { item, request_id: 'x' },
        },
      ),
      line('taobao.trade.get', { fields: 'tid,status', tid: '77' }, trade(recorded)),
      line(
        'taobao.trade.get',
        { fields: 'tid', tid: '78' },
        {
          error_response: { code: 15, msg: 'x', sub_code: 'isv.trade-not-exist' },
        },
      ),
      line('taobao.itemcats.get', { parent_cid: '0' }, cats('first')),
      line('taobao.itemcats.get', { parent_cid: '0' }, cats('second')),
    )
    const { stderr } = await drift(
      '--fail-on',
      'none',
      '--world',
      'world.yaml',
      '--scenario',
      'answers.yaml',
    )
    expect(stderr).toContain('--world: taobao.trade.get: trade.loyalty was left out')

    await using world = await started('--world', 'world.yaml')
    const fields = 'num_iid,title,num'
    const shop = await world.call('taobao.item.seller.get', { num_iid: '998877', fields })
    expect(shop.answer.item).toEqual({ num_iid: 998877, title: '录制的商品', num: 3 })
    const order = await world.call('taobao.trade.get', { tid: '1', fields: 'tid,status' })
    expect(order.answer.trade).toEqual({ tid: 77, status: 'TRADE_FINISHED' })

    await using scenario = await started('--scenario', 'answers.yaml')
    const same = await scenario.call('taobao.trade.get', { fields: 'tid,status', tid: '77' })
    expect(same.answer.trade).toEqual(recorded)
    const refused = await scenario.call('taobao.trade.get', { fields: 'tid', tid: '78' })
    expect(refused.error).toMatchObject({ code: 15, sub_code: 'isv.trade-not-exist' })
    const names: string[] = []
    for (let at = 0; at < 3; at++) {
      const { answer } = await scenario.call('taobao.itemcats.get', { parent_cid: '0' })
      names.push(answer.item_cats.item_cat[0].name)
    }
    expect(names).toEqual(['first', 'second', 'second'])
  })

  it('take a masked parameter for any value', { timeout: 180_000 }, async () => {
    recording(
      line(
        'taobao.trades.sold.get',
        { fields: 'tid', buyer_nick: '甲乙' },
        {
          trades_sold_get_response: { total_results: 41, request_id: 'x' },
        },
        { masked: ['request.buyer_nick', 'request.session'] },
      ),
    )
    await drift('--scenario', 'answers.yaml')
    await using scenario = await started('--scenario', 'answers.yaml')
    const { answer } = await scenario.call('taobao.trades.sold.get', {
      fields: 'tid',
      buyer_nick: '张三',
    })
    expect(answer.total_results).toBe(41)
  })
})

it('compares what localtop record has kept of this gateway, and finds nothing', async () => {
  await using gateway = createGateway()
  const { url: to } = await gateway.listen({ port: 0 })
  const recorder = startCommand(
    ['record', '--to', to, '--port', '0', '--json', '--file', 'r.jsonl'],
    folder,
  )
  const { url } = JSON.parse((await recorder.prints('"event":"ready"')).split('\n')[0] as string)
  const ask = (method: string, params: Record<string, string> = {}) =>
    send(over(url), signedParams(gateway, method, params))
  const { answer } = await ask('taobao.item.add', phone)
  await ask('taobao.item.seller.get', {
    num_iid: String(answer.item.num_iid),
    fields: 'num_iid,title,price,num,nick',
  })
  await ask('taobao.trades.sold.get', { fields: 'tid,status,buyer_nick,receiver_mobile' })
  await ask('taobao.user.seller.get', { fields: 'user_id,nick' })
  await ask('taobao.items.onsale.get', { fields: 'num_iid,title,nick' })
  await ask('taobao.time.get')
  recorder.child.kill('SIGINT')
  await recorder.ended
  const { stdout, status } = await drift('--fail-on', 'any')
  expect(stdout).toContain('no drift')
  expect(stdout).toContain('6 different calls compared with the mock')
  expect(status).toBe(0)
})

describe('what cannot be compared', () => {
  it.each([
    ['no exchange', '', 'no call with its answer'],
    [
      'no answer',
      '{"id":"1","method":"taobao.time.get","request":{"params":{}},"response":null}\n',
      'no call with its answer',
    ],
    ['another version', '{"format":"localtop-recording","version":7}\n', 'of version 7'],
    ['something else', 'name,price\nx,1\n', 'r.jsonl: line 1 is no JSON'],
    ['another shape', '{"id":1}\n', 'line 1 is no exchange: id:'],
  ])('a file of %s ends with 2', async (_, text, message) => {
    writeFileSync(join(folder, 'r.jsonl'), text)
    const { status, stderr } = await drift()
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })

  it('is said of a recording that is cut; the rest is compared', async () => {
    recording(line('taobao.trade.get', asked, trade(whole)))
    const text = readFileSync(join(folder, 'r.jsonl'), 'utf8')
    writeFileSync(join(folder, 'r.jsonl'), `${text}{"id":"2","meth`)
    const { status, stderr } = await drift()
    expect(stderr).toContain('r.jsonl is cut: line 3, the last, is not whole and was left out')
    expect(status).toBe(0)
    expect(JSON.parse((await drift('--json')).stdout).notices).toHaveLength(1)
  })

  it('a file or lock that is not there ends with 2', async () => {
    expect((await drift()).stderr).toContain('r.jsonl cannot be read: there is no such file')
    recording(line('taobao.trade.get', asked, trade(whole)))
    const { status, stderr } = await drift('--lock', 'none.json')
    expect(stderr).toContain('none.json: there is no such file')
    expect(status).toBe(2)
  })
})
