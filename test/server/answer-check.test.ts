import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  defaultWorld,
  defineMethod,
  id,
  itemSellerGet,
  listOf,
  number,
  text,
  topNumber,
} from '../../src/contracts/index.ts'
import { createGateway, type GatewayOptions, type LogEvent } from '../../src/server/index.ts'
import { bothProfiles, call, codeIn, phone, send } from '../support/gateway.ts'

const trade = defineMethod({
  name: 'taobao.trade.sample.get',
  summary: 'A method of the tests.',
  session: 'none',
  repeatable: true,
  request: z.object({ tid: topNumber() }),
  response: z.object({
    trade: z.object({
      tid: id,
      status: text,
      orders: listOf('order', z.object({ num: number })).optional(),
    }),
  }),
  errors: {
    'isv.trade-not-exist': {
      meaning: 'No trade has this tid.',
      sub_msg: '交易不存在',
      fidelity: 'assumed',
      source: 'the tests',
    },
  },
  example: { tid: '1' },
  source: 'the tests',
})
type TradeHandler = NonNullable<GatewayOptions['methods']>[number]['handler']

function gatewayWith(handler: TradeHandler, options: GatewayOptions = {}) {
  const events: LogEvent[] = []
  const gateway = createGateway({
    methods: [{ contract: trade, handler }],
    log: (event) => events.push(event),
    ...options,
  })
  return { gateway, bugs: () => events.filter((event) => event.event === 'bug') }
}
const ask = (gateway: ReturnType<typeof createGateway>) => call(gateway, trade.name, { tid: '1' })

describe('a method of one’s own', () => {
  it('is answered by its handler, through all gates', async () => {
    const { gateway, bugs } = gatewayWith(({ request }) => ({
      trade: {
        tid: String((request as { tid: number }).tid),
        status: 'WAIT',
        orders: { order: [{ num: 2 }] },
      },
    }))
    expect((await ask(gateway)).json).toEqual({
      trade_sample_get_response: {
        trade: { tid: 1, status: 'WAIT', orders: { order: [{ num: 2 }] } },
        request_id: expect.any(String),
      },
    })
    expect((await call(gateway, trade.name)).error).toMatchObject({ code: 40 })
    expect(bugs()).toEqual([])
  })

  it('may answer later', async () => {
    const { gateway } = gatewayWith(async () => ({ trade: { tid: '1', status: 'WAIT' } }))
    expect((await ask(gateway)).answer.trade.status).toBe('WAIT')
  })

  it('may refuse with a sub-code that it declares', async () => {
    const { gateway, bugs } = gatewayWith(({ fail }) =>
      (fail as (subCode: string) => never)('isv.trade-not-exist'),
    )
    expect((await ask(gateway)).error).toMatchObject({
      code: 15,
      sub_code: 'isv.trade-not-exist',
      sub_msg: '交易不存在',
    })
    expect(bugs()).toEqual([])
  })

  it('takes the place of one that comes with LocalTOP', async () => {
    const gateway = createGateway({
      methods: [{ contract: itemSellerGet, handler: () => ({ item: { title: 'mine' } }) }],
    })
    const { answer } = await call(gateway, itemSellerGet.name, { num_iid: '1', fields: 'title' })
    expect(answer.item).toEqual({ title: 'mine' })
  })
})

describe.each(bothProfiles)('%s: a handler that errs', (profile) => {
  const mistakes: [string, TradeHandler, string][] = [
    ['leaves out what its contract promises', () => ({}), 'trade'],
    ['answers a value of another type', () => ({ trade: { tid: '1', status: 7 } }), 'trade.status'],
    [
      'answers an identifier that is none',
      () => ({ trade: { tid: 'x', status: 'WAIT' } }),
      'trade.tid',
    ],
    [
      'answers a wrong element of a list',
      () => ({
        trade: { tid: '1', status: 'WAIT', orders: { order: [{ num: 1 }, { num: 1.5 }] } },
      }),
      'trade.orders.order[1].num',
    ],
    [
      'throws',
      () => {
        throw new Error('the roof is on fire')
      },
      'the roof is on fire',
    ],
    ['throws later', () => Promise.reject(new Error('the roof is on fire')), 'the roof is on fire'],
    [
      'throws what is no error',
      () => {
        throw 'the roof is on fire'
      },
      'the roof is on fire',
    ],
    ['answers nothing', () => undefined as never, ''],
    ['answers null', () => null as never, ''],
  ]

  it.each(mistakes)(
    'and %s is answered with 15 isp.internal-error, logged, explained',
    async (_, handler, words) => {
      const { gateway, bugs } = gatewayWith(handler, { profile })
      const reply = await ask(gateway)
      expect(reply.status).toBe(200)
      expect(reply.error).toMatchObject({
        code: codeIn(profile, 15),
        sub_code: 'isp.internal-error',
      })
      expect(reply.text).not.toContain('roof')
      expect(bugs()).toMatchObject([
        { message: expect.stringContaining(words), stack: expect.stringContaining('Error') },
      ])
      const exchange = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
      expect(exchange).toMatchObject({ outcome: 'refused', code: 15, gate: 'answer' })
      expect(exchange?.explanation.en).toContain(words)
      expect(exchange?.explanation.en.toLowerCase()).toContain('a mistake of this gateway')
      expect(exchange?.explanation.zh).toContain('网关自身的错误')
    },
  )

  it('does not keep the next call from being answered', async () => {
    let calls = 0
    const { gateway } = gatewayWith(
      () => {
        if (++calls === 1) throw new Error('once')
        return { trade: { tid: '1', status: 'WAIT' } }
      },
      { profile },
    )
    await ask(gateway)
    expect((await ask(gateway)).answer.trade.status).toBe('WAIT')
    expect((await call(gateway, 'taobao.item.add', phone)).error).toBeUndefined()
  })

  it('is answered in XML where that is asked for', async () => {
    const { gateway } = gatewayWith(() => ({}), { profile })
    const reply = await call(gateway, trade.name, { tid: '1' }, { format: 'xml' })
    expect(reply.text).toMatch(/^<\?xml/)
    expect(reply.error).toMatchObject({ sub_code: 'isp.internal-error' })
  })
})

describe('an answer that somebody has written', () => {
  const onsale = 'taobao.items.onsale.get'
  const fields = { fields: 'num_iid' }
  const written = { items: { item: [{ num_iid: '7', title: 'written' }] } }

  it('in a world is sent instead of what a handler says, with the fields that are asked for', async () => {
    const world = { ...defaultWorld, answers: { [onsale]: { ...written, total_results: 1 } } }
    const reply = await call(createGateway({ world }), onsale, fields)
    expect(reply.answer.items.item[0]).toEqual({ num_iid: 7 })
  })

  it('in a world may be anything where nobody knows what is answered', async () => {
    const method = 'alibaba.adlab.business.parcelbooking.order.create'
    const world = { ...defaultWorld, answers: { [method]: { order: { id: 7, lines: ['a'] } } } }
    const reply = await call(createGateway({ world }), method)
    expect(reply.answer.order).toEqual({ id: 7, lines: ['a'] })
  })

  it('in a rule is sent as it stands, whatever is asked for and whatever the contract says', async () => {
    const answer = { ...written, total_results: 'many', note: 'n' }
    const scenarios = [{ title: 'test', rules: [{ when: { method: onsale }, then: { answer } }] }]
    const { gateway, bugs } = gatewayWith(() => ({}), { scenarios })
    const reply = await call(gateway, onsale, fields)
    expect(reply.answer).toMatchObject({
      items: { item: [{ num_iid: 7, title: 'written' }] },
      total_results: 'many',
      note: 'n',
    })
    expect(bugs()).toEqual([])
  })
})

it('logs every call with what came of it, without secrets', async () => {
  const events: LogEvent[] = []
  const gateway = createGateway({ log: (event) => events.push(event) })
  await send(gateway, { format: 'json' })
  await call(gateway, 'taobao.item.add', phone)
  expect(events).toMatchObject([
    { event: 'call', outcome: 'refused', gate: 'method-present', code: 21 },
    {
      event: 'call',
      outcome: 'answered',
      method: 'taobao.item.add',
      appKey: '12345678',
      code: null,
    },
  ])
  expect(JSON.stringify(events)).not.toContain('helloworld')
})
