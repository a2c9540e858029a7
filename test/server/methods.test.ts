import { readFileSync } from 'node:fs'
import { Validator } from '@seriousme/openapi-schema-validator'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  defineMethod,
  listedMethods,
  listMethods,
  text,
  topEnum,
  topText,
} from '../../src/contracts/index.ts'
import { createGateway, type DescribedMethod } from '../../src/server/index.ts'

const ours = defineMethod({
  name: 'acme.parcel.send',
  summary: 'Sends a parcel.',
  session: 'none',
  repeatable: false,
  request: z.object({
    address: topText({ max: 20 }),
    speed: topEnum(['slow', 'fast']).optional(),
  }),
  response: z.object({ parcel: z.object({ number: text }) }),
  errors: {
    'isv.no-such-address': {
      meaning: 'Nobody lives there.',
      fidelity: 'assumed',
      source: 'a test',
    },
  },
  example: { address: '文三路 1 号' },
  source: 'a test',
})

const get = async (path: string, gateway = createGateway()) => {
  const response = await gateway.fetch(new Request(`http://localhost/_localtop${path}`))
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  return { status: response.status, body: (await response.json()) as any }
}
const described = async (name: string, gateway?: ReturnType<typeof createGateway>) =>
  (await get(`/methods/${name}`, gateway)).body as DescribedMethod

describe('GET /methods', () => {
  it('finds, narrows, counts and cuts', async () => {
    const { body } = await get('/methods?q=trade%20get&tier=stub&session=required&limit=2')
    expect(body.methods).toHaveLength(2)
    expect(body.methods[0]).toMatchObject({ name: 'taobao.trade.get', tier: 'stub' })
    expect(body.total).toBeGreaterThan(2)
    expect(body.tiers).toEqual({
      stateful: 0,
      stub: body.total,
      'request-only': 0,
      'name-only': 0,
    })
  })

  it('says what was probably meant where nothing fits', async () => {
    const { status, body } = await get('/methods?q=trrade')
    expect([status, body.total, body.meant]).toEqual([200, 0, ['trade']])
  })

  it.each(['tier=perfect', 'session=yes', 'status=new', 'limit=many'])('refuses ?%s', async (q) => {
    const { status, body } = await get(`/methods?${q}`)
    expect(status).toBe(400)
    expect(body.error).toContain(q.split('=')[0])
  })

  it('lists the methods that the gateway was given', async () => {
    const handler = () => ({ parcel: { number: '1' } })
    const gateway = createGateway({ methods: [{ contract: ours, handler }] })
    const { body } = await get('/methods?q=parcel&status=own', gateway)
    expect(body.methods).toEqual([
      {
        name: 'acme.parcel.send',
        group: 'unknown',
        status: 'own',
        tier: 'stateful',
        session: 'none',
      },
    ])
    expect((await get('/methods?q=parcel&status=own')).body.total).toBe(0)
  })
})

describe('the README', () => {
  const { total, tiers } = listMethods(listedMethods(), {})
  const known = listedMethods().filter(({ session }) => session !== 'unknown').length
  const withParameters = total - tiers['name-only']
  const withAnswers = tiers.stateful + tiers.stub
  const number = (count: number) => count.toLocaleString('en')

  it.each(['README.md', 'README.zh-CN.md'])('%s has the numbers of the catalogue', (file) => {
    const page = readFileSync(file, 'utf8')
    for (const [tier, count] of Object.entries(tiers)) {
      expect(page).toMatch(new RegExp(`^\\| \`${tier}\` +\\| ${number(count)} +\\|`, 'm'))
    }
    for (const count of [total, withParameters, withAnswers, known]) {
      expect(page).toMatch(new RegExp(`(?<![\\d,])${number(count)}(?![\\d,])`))
    }
  })
})

describe('GET /methods/:name', () => {
  it('answers facts, errors, schemas and a sample', async () => {
    const { facts, errors, schema, sample } = await described('taobao.trade.fullinfo.get')
    expect(facts).toMatchObject({
      name: 'taobao.trade.fullinfo.get',
      group: '淘宝交易API',
      session: 'required',
      sessionBasis: 'official-demo-sessionKey',
      tier: 'stub',
      root: 'trade_fullinfo_get_response',
    })
    expect(facts.request.fields.map(({ name, required }) => [name, required])).toEqual([
      ['fields', true],
      ['tid', true],
      ['include_oaid', undefined],
    ])
    const codes = errors.map(({ code }) => code)
    for (const code of [25, 26, 27, 40, 41]) expect(codes).toContain(code)
    expect(schema.request.required).toEqual(['fields', 'tid'])
    expect(sample.request).toMatchObject({ tid: '123456789' })
    expect(sample.answer).toMatchObject({ trade_fullinfo_get_response: { trade: {} } })
  })

  it('names only errors that the method can answer', async () => {
    const of = async (name: string) => (await described(name)).errors.map(({ code }) => code)
    const time = await of('taobao.time.get')
    for (const code of [26, 40, 41, 42, 22]) expect(time).not.toContain(code)
    const { errors } = await described('taobao.item.delete')
    expect(errors).toContainEqual(
      expect.objectContaining({ gate: 'answer', meaning: expect.any(String) }),
    )
  })

  it('changes nothing: neither the shop nor the journal', async () => {
    const gateway = createGateway()
    const before = await gateway.snapshot()
    await described('taobao.item.delete', gateway)
    await described('taobao.item.add', gateway)
    expect(await gateway.snapshot()).toEqual(before)
    expect(gateway.exchanges.list()).toEqual([])
  })

  it("signs by the gateway's clock, for the app that is asked for", async () => {
    const gateway = createGateway({ time: '2030-05-06 07:08:09', freeze: true })
    const { body } = await get('/methods/taobao.time.get?appKey=YOUR_APP_KEY', gateway)
    expect(body.sample.curl).toContain('app_key=YOUR_APP_KEY')
    expect(body.sample.curl).toContain('timestamp=2030-05-06 07:08:09')
    expect((await get('/methods/taobao.time.get?appKey=nobody', gateway)).status).toBe(404)
  })

  it('knows a method that the gateway was given, and does not call it', async () => {
    let calls = 0
    const handler = () => {
      calls++
      return { parcel: { number: '1' } }
    }
    const gateway = createGateway({ methods: [{ contract: ours, handler }] })
    const { facts, schema, errors, sample } = await described(ours.name, gateway)
    expect(facts).toMatchObject({
      status: 'own',
      tier: 'stateful',
      root: 'acme_parcel_send_response',
    })
    expect(schema.request).toMatchObject({
      required: ['address'],
      properties: {
        address: { type: 'string', maxLength: 20 },
        speed: { enum: ['slow', 'fast'] },
      },
    })
    expect(errors.at(-1)).toMatchObject({ code: 15, subCode: 'isv.no-such-address' })
    expect(sample.request).toEqual({ address: '文三路 1 号' })
    expect([sample.answer, calls]).toEqual([undefined, 0])
  })

  it('answers 404 for an unknown name, with the near ones', async () => {
    const { status, body } = await get('/methods/taobao.trade.fulinfo.get')
    expect(status).toBe(404)
    expect(body.error).toContain('did you mean taobao.trade.fullinfo.get')
  })
})

describe('GET /openapi', () => {
  it('answers a valid document of the methods that are named', async () => {
    const { body } = await get('/openapi?method=taobao.item.add&method=taobao.trade.get')
    expect(await new Validator().validate(body)).toMatchObject({ valid: true })
    expect(Object.keys(body.paths)).toHaveLength(2)
    expect(body.servers).toEqual([{ url: 'http://localhost' }])
  })

  it('wants a name, and one that exists', async () => {
    expect((await get('/openapi')).status).toBe(400)
    expect((await get('/openapi?method=taobao.nothing.at.all')).status).toBe(404)
  })
})
