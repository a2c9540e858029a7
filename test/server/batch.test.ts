import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { sign } from '../../src/contracts/index.ts'
import { batchSeparator, readBatch, writeBatch } from '../../src/contracts/protocol/batch.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import vectors from '../fixtures/sign-vectors.json' with { type: 'json' }
import { type Params, phone } from '../support/gateway.ts'

interface Envelope {
  readonly params?: Params
  readonly headers?: Record<string, string>
  /** Signs another body than is sent. */
  readonly signedBody?: string
  readonly session?: string | null
}

/** Sends a batch as the official SDK does: system parameters in the query, the calls as a plain body. */
async function sendBatch(gateway: Gateway, body: string, envelope: Envelope = {}) {
  const { session = 'test' } = envelope
  const params: Params = {
    app_key: '12345678',
    timestamp: gateway.clock.state().time,
    v: '2.0',
    format: 'json',
    sign_method: 'md5',
    ...(session !== null && { session }),
    ...envelope.params,
  }
  const signed = { ...params, sign: sign(params, 'helloworld', 'md5', envelope.signedBody ?? body) }
  const response = await gateway.fetch(
    new Request(`http://localhost/router/batch?${new URLSearchParams(signed)}`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'text/plain;charset=UTF-8', ...envelope.headers },
    }),
  )
  return { status: response.status, headers: response.headers, text: await response.text() }
}

const answersOf = (text: string, separator = batchSeparator) =>
  text.split(separator).map((one) => JSON.parse(one))

const time = 'method=taobao.time.get'
const read = (numIid: string) =>
  `method=taobao.item.seller.get&fields=num_iid%2Ctitle&num_iid=${numIid}`

describe('/router/batch', () => {
  it('answers every call in its order, each with a request id of its own', async () => {
    const gateway = createGateway()
    const { text, status } = await sendBatch(
      gateway,
      [read('11223344'), time, read('11223346')].join(batchSeparator),
    )
    const [first, second, third] = answersOf(text)
    expect(status).toBe(200)
    expect(first.item_seller_get_response.item.title).toBe('手工编织羊毛围巾')
    expect(second.time_get_response.time).toMatch(/^\d{4}-/)
    expect(third.item_seller_get_response.item.num_iid).toBe(11223346)
    const ids = [first, second, third].map(
      (one) => (Object.values(one)[0] as { request_id: string }).request_id,
    )
    expect(new Set(ids).size).toBe(3)
  })

  it('accepts the signature of the vector with an appended body', async () => {
    const vector = vectors.find(({ body }) => body?.includes('-S-'))
    if (!vector?.body) throw new Error('the fixture has no batch vector')
    const gateway = createGateway()
    gateway.clock.freeze(vector.params.timestamp as string)
    const query = new URLSearchParams({ ...(vector.params as Params), sign: vector.sign })
    const response = await gateway.fetch(
      new Request(`http://localhost/router/batch?${query}`, { method: 'POST', body: vector.body }),
    )
    const [first, second] = answersOf(await response.text())
    expect(first.time_get_response.time).toBe('2016-01-01 12:00:00')
    expect(second).toHaveProperty('appip_get_response.ip')
  })

  it('merges public parameters into every call, the own ones winning', async () => {
    const gateway = createGateway()
    const body = [
      '#PUBLIC#method=taobao.item.seller.get&fields=title',
      'num_iid=11223344',
      'num_iid=11223345&fields=price',
    ].join(batchSeparator)
    const [first, second] = answersOf((await sendBatch(gateway, body)).text)
    expect(first.item_seller_get_response.item).toEqual({ title: '手工编织羊毛围巾' })
    expect(second.item_seller_get_response.item).toEqual({ price: '88.00' })
  })

  it('takes N for a call without parameters of its own', async () => {
    const gateway = createGateway()
    const body = ['#PUBLIC#method=taobao.time.get', 'N', 'N'].join(batchSeparator)
    const answers = answersOf((await sendBatch(gateway, body)).text)
    expect(answers).toHaveLength(2)
    for (const answer of answers) expect(answer.time_get_response.time).toBeDefined()
  })

  it.each([
    ['##', '##'],
    ['||', '||'],
    ['%7Bshop%7D', '{shop}'],
    ['%7Bshop%7D', '%7Bshop%7D'],
  ])('separates by the header %s where the body has %s', async (header, separator) => {
    const gateway = createGateway()
    const { text } = await sendBatch(gateway, [time, time].join(separator), {
      headers: { 'top-api-separator': header },
    })
    expect(answersOf(text, separator)).toHaveLength(2)
  })

  it('refuses one call and answers the others', async () => {
    const gateway = createGateway()
    const body = [read('11223344'), 'method=taobao.item.seller.get&fields=title', read('1')].join(
      batchSeparator,
    )
    const [first, second, third] = answersOf((await sendBatch(gateway, body)).text)
    expect(first.item_seller_get_response).toBeDefined()
    expect(second.error_response).toMatchObject({
      code: 40,
      msg: 'Missing required arguments:num_iid',
    })
    expect(third.error_response.sub_code).toBe('isv.item-get-service-error:ITEM_NOT_FOUND')
  })

  it('lets a call bring a session of its own', async () => {
    const gateway = createGateway()
    const body = [
      `${time}&session=test-expired`,
      `${read('22334455')}&session=test-neighbour`,
    ].join(batchSeparator)
    const [first, second] = answersOf((await sendBatch(gateway, body, { session: null })).text)
    expect(first.error_response.sub_code).toBe('session-expired')
    expect(second.item_seller_get_response.item.num_iid).toBe(22334455)
  })

  it('carries writes out one after the other', async () => {
    const gateway = createGateway()
    const add = new URLSearchParams({ method: 'taobao.item.add', ...phone }).toString()
    const list = `method=taobao.items.onsale.get&fields=title&q=${encodeURIComponent(phone.title ?? '')}`
    const answers = answersOf(
      (await sendBatch(gateway, [list, add, add, list].join(batchSeparator))).text,
    )
    expect(answers[0].items_onsale_get_response.total_results).toBe(0)
    expect(answers[3].items_onsale_get_response.total_results).toBe(2)
  })

  it('counts every call against the limit', async () => {
    const gateway = createGateway({ rateLimit: '2/min' })
    const answers = answersOf(
      (await sendBatch(gateway, [time, time, time].join(batchSeparator))).text,
    )
    expect(answers.map((one) => one.error_response?.code)).toEqual([undefined, undefined, 7])
  })

  describe('refuses the envelope with one plain error response', () => {
    const two = [time, time].join(batchSeparator)
    it.each<[string, Envelope, number]>([
      ['signed without the body', { signedBody: '' }, 25],
      ['by an unknown app', { params: { app_key: '1' } }, 29],
      ['of an old time', { params: { timestamp: '2016-01-01 12:00:00' } }, 31],
      ['of another version', { params: { v: '1.0' } }, 34],
      ['in no known format', { params: { format: 'yaml' } }, 23],
      ['asked to by a header', { headers: { 'x-localtop-error': '10' } }, 10],
    ])('%s', async (_, envelope, code) => {
      const { text, status } = await sendBatch(
        createGateway({ profile: 'production' }),
        two,
        envelope,
      )
      expect(status).toBe(200)
      const error = text.startsWith('{')
        ? JSON.parse(text).error_response.code
        : Number(/<code>(\d+)</.exec(text)?.[1])
      expect(error).toBe(code)
      expect(text).not.toContain(batchSeparator)
    })
  })

  it('answers an empty body as one call without a method', async () => {
    const { text } = await sendBatch(createGateway(), '')
    expect(JSON.parse(text).error_response.code).toBe(21)
  })

  it('never lets a call change who calls', async () => {
    const gateway = createGateway()
    const [answer] = answersOf(
      (await sendBatch(gateway, `${time}&app_key=YOUR_APP_KEY&format=xml`)).text,
    )
    expect(answer.time_get_response).toBeDefined()
    expect(gateway.exchanges.list()[0]?.appKey).toBe('12345678')
  })

  it('answers XML documents, one for each call', async () => {
    const gateway = createGateway()
    const { text, headers } = await sendBatch(gateway, [time, time].join(batchSeparator), {
      params: { format: 'xml' },
    })
    expect(headers.get('content-type')).toBe('text/xml;charset=UTF-8')
    for (const one of text.split(batchSeparator))
      expect(one).toMatch(/^<\?xml .*<time_get_response>/)
  })

  it('writes every call into the journal', async () => {
    const gateway = createGateway()
    const { headers } = await sendBatch(gateway, [time, read('1')].join(batchSeparator))
    expect(headers.get('x-localtop-exchange')).toBe('1,2')
    expect(headers.get('x-localtop-gate')).toBe('passed,answer')
    expect(gateway.exchanges.find('2')).toMatchObject({
      method: 'taobao.item.seller.get',
      gate: 'answer',
      request: { path: '/router/batch' },
    })
  })

  it('survives any body', async () => {
    const gateway = createGateway()
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary' }), async (body) => {
        const { text, status } = await sendBatch(gateway, body)
        expect(status).toBe(200)
        expect(text).toMatch(/^\{"|^<\?xml/)
      }),
      { numRuns: 100 },
    )
  })
})

describe('the body of a batch', () => {
  const names = fc.string({ minLength: 1, unit: 'binary' })
  const values = fc.string({ unit: 'binary' })
  const params = fc.dictionary(names, values)

  it('reads back what was written, whatever the parameters', () => {
    fc.assert(
      fc.property(fc.array(params, { minLength: 1 }), params, (calls, shared) => {
        const { calls: found } = readBatch(writeBatch(calls, shared))
        expect(found.map((one) => ({ ...one.params }))).toEqual(
          calls.map((call) => ({ ...shared, ...call })),
        )
      }),
    )
  })
})
