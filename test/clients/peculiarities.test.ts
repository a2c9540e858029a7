import { createReadStream } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { text as textOf } from 'node:stream/consumers'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { itemAdd } from '../../src/contracts/index.ts'
import {
  createGateway,
  type ExplainedExchange,
  type Gateway,
  type GatewayOptions,
} from '../../src/server/index.ts'
import {
  type Account,
  aliTopsdk,
  type Call,
  nodeTaobaoTopclient,
  packages,
  restoreAgent,
  taobao,
  topsdk,
  useAgent,
} from '../support/npm-clients.ts'
import { tinyPng } from '../support/png.ts'
import { type Tap, tap } from '../support/tap.ts'

// Where one package goes its own way: what it sends then, what the gateway makes of it, and what the
// caller gets to see. What stands in `every-client.test.ts` is not repeated.

let gateway: Gateway
let relay: Tap
let account: Account

beforeEach(() => {
  vi.stubEnv('TZ', 'Asia/Shanghai')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  restoreAgent()
  relay?.close()
  await gateway?.close()
})

/** Opens a gateway behind a tap, for the documentation's own account. */
async function open(options: GatewayOptions = { profile: 'production' }): Promise<Account> {
  gateway = createGateway(options)
  relay = await tap((await gateway.listen()).url)
  account = { url: relay.url, appKey: '12345678', appSecret: 'helloworld', session: 'test' }
  return account
}

/** What the gateway received, in order. */
const received = (): ExplainedExchange[] =>
  gateway.exchanges.list().map(({ id }) => gateway.exchanges.find(id) as ExplainedExchange)

const { outer_id: _, ...phone } = itemAdd.example
const png = tinyPng()

describe('ali-topsdk', () => {
  it('sends nothing but the address with `get`, and takes the refusal in XML for an answer', async () => {
    const call = aliTopsdk(await open(), 'get')
    const outcome = await call('taobao.time.get')
    expect(relay.sent[0]).toMatch(/^GET \/router\/rest HTTP\/1\.1\r\n/)
    expect(outcome.refusal).toBeUndefined()
    expect(outcome.answer).toMatch(/^<\?xml .*<error_response><code>21<\/code>/)
    expect(received()).toMatchObject([{ verb: 'GET', code: 21, request: { params: {} } }])
  })

  it('sees that refusal as one where JSON is the default', async () => {
    const call = aliTopsdk(await open({ profile: 'guide' }), 'get')
    expect((await call('taobao.time.get')).refusal).toMatchObject({ code: 'missing_method' })
  })

  it('hands out the error as it came: no Error, all fields', async () => {
    const call = aliTopsdk({ ...(await open()), session: 'test-expired' }, 'execute')
    const { refusal } = await call('taobao.item.add', phone)
    expect(refusal?.raw).not.toBeInstanceOf(Error)
    expect(refusal?.raw).toEqual({
      code: 27,
      msg: 'Invalid session:session-expired',
      sub_code: 'session-expired',
      request_id: received()[0]?.requestId,
    })
  })

  it('signs a structure as the JSON text that it sends', async () => {
    const call = aliTopsdk(await open(), 'execute')
    const desc_modules = [{ id: 1, content: '详情' }]
    const { refusal } = await call('taobao.item.add', { ...phone, desc_modules })
    expect(refusal).toBeUndefined()
    expect(received()[0]?.request.params.desc_modules).toBe(JSON.stringify(desc_modules))
  })

  it('loses code and sub-code where errors come with an HTTP status of their own', async () => {
    const call = aliTopsdk(
      { ...(await open({ profile: 'production', httpStatus: 'semantic' })), appSecret: 'wrong' },
      'execute',
    )
    expect((await call('taobao.time.get')).refusal).toMatchObject({ code: 15, subCode: 401 })
  })
})

describe('node-taobao-topclient', () => {
  it('throws an Error whose words hold codes and sub-codes', async () => {
    const call = nodeTaobaoTopclient(await open())
    const { refusal } = await call('taobao.item.update', { num_iid: 1 })
    expect(refusal?.raw).toBeInstanceOf(Error)
    expect(refusal?.raw).toMatchObject({
      name: 'TOPClientError',
      message:
        'Remote service error, code 15; isv.item-is-delete:invalid-numIid: 商品已被删除或不存在',
      data: { error_response: { code: 15, request_id: received()[0]?.requestId } },
    })
  })

  it('reads the error whatever the HTTP status', async () => {
    const semantic = await open({ profile: 'production', httpStatus: 'semantic' })
    const call = nodeTaobaoTopclient({ ...semantic, appSecret: 'wrong' })
    expect((await call('taobao.time.get')).refusal).toMatchObject({ code: 25 })
  })

  it('writes a picture as JSON text, which is no file: 41', async () => {
    const call = nodeTaobaoTopclient(await open())
    const { refusal } = await call('taobao.item.add', { ...phone, image: png })
    expect(refusal).toMatchObject({ code: 41 })
    expect(refusal?.words).toContain('Invalid arguments:image')
    expect(received()[0]?.request.files).toEqual({})
  })

  it('takes the refusal of another verb for an empty answer: it sends JSON, so format is not read', async () => {
    const call = nodeTaobaoTopclient(await open(), 'PUT')
    expect(await call('taobao.time.get')).toEqual({ answer: null })
    expect(received()).toMatchObject([{ verb: 'PUT', code: 9 }])
  })
})

describe('topsdk', () => {
  it('puts its parameters into the body of a GET, which nobody reads: the refusal comes as XML, which it cannot read', async () => {
    const call = topsdk(await open(), 'get')
    const { refusal } = await call('taobao.time.get')
    expect(relay.sent[0]).toMatch(/^GET \/router\/rest HTTP\/1\.1\r\n/)
    expect(relay.sent[0]).toContain('\r\n\r\ntimestamp=')
    expect(refusal?.raw).toMatchObject({ data: expect.stringContaining('<code>21</code>') })
    expect(received()).toMatchObject([{ verb: 'GET', code: 21 }])
  })

  it('goes on over the same connection after the GET with a body', async () => {
    await topsdk(await open(), 'get')('taobao.time.get')
    const { answer } = await topsdk(account, 'post')('taobao.time.get')
    expect(answer.time).toMatch(/^\d{4}-/)
    expect(relay.sent).toHaveLength(1)
  })

  it('does not send what its own checks refuse', async () => {
    const call = topsdk(await open(), undefined, true)
    const { title: _, ...untitled } = phone
    const { refusal } = await call('taobao.item.add', untitled)
    expect(refusal?.words).toBe('Parameter title is required.')
    expect(received()).toEqual([])
    expect((await call('taobao.item.add', phone)).answer.item.num_iid).toBeGreaterThan(0)
  })

  it('signs a structure as [object Object] and sends JSON: 25, and the same as text is accepted', async () => {
    const call = topsdk(await open())
    const desc_modules = { id: 1, content: '详情' }
    const refused = await call('taobao.item.add', { ...phone, desc_modules })
    expect(refused.refusal).toMatchObject({ code: 25 })
    const accepted = await call('taobao.item.add', {
      ...phone,
      desc_modules: JSON.stringify(desc_modules),
    })
    expect(accepted.answer.item.num_iid).toBeGreaterThan(0)
  })

  it('leaves a picture out without a word where the call is no FILE_UPLOAD', async () => {
    const call = topsdk(await open())
    const { answer } = await call('taobao.item.add', {
      ...phone,
      image: { value: png, options: { filename: 'a.png' } },
    })
    expect(answer.item.num_iid).toBeGreaterThan(0)
    const [request] = received().map((exchange) => exchange.request)
    expect(request?.files).toEqual({})
    expect(request?.params).not.toHaveProperty('image')
  })

  it('sends bare bytes without a file name, as a text that is no UTF-8: 47', async () => {
    const call = topsdk(await open(), 'FILE_UPLOAD')
    const { refusal } = await call('taobao.item.add', { ...phone, image: png })
    expect(refusal).toMatchObject({ code: 47 })
  })

  it('uploads a file that it reads as a stream, under its name', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'topsdk-'))
    try {
      const path = join(folder, '商品 主图.png')
      await writeFile(path, png)
      const call = topsdk(await open(), 'file_upload')
      const { answer } = await call('taobao.item.add', { ...phone, image: createReadStream(path) })
      expect(answer.item.num_iid).toBeGreaterThan(0)
      expect(received()[0]?.request.files).toMatchObject({
        image: { fileName: '商品 主图.png', contentType: 'image/png', bytes: png.length },
      })
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  it('pipes the answer on as it came', async () => {
    const { url, appKey, appSecret, session } = await open()
    const client = new packages.topsdk(appKey, appSecret, { endpoint: `${url}/router/rest` })
    const into = new PassThrough()
    client.execute('taobao.user.seller.get', { session, fields: 'nick' }).pipe(into)
    expect(await textOf(into)).toBe(received()[0]?.response.body)
  })
})

describe('taobao', () => {
  const openAt = async (options?: GatewayOptions): Promise<Account> => {
    await open(options)
    useAgent({ leadTo: account.url })
    return account
  }

  it("sorts name and value in one, so a Chinese `desc` beside `desc_modules` is refused with 25 by the platform's order", async () => {
    const call = taobao(await openAt(), 'post')
    const both = { ...phone, desc: '全新国行', desc_modules: '[]' }
    expect((await call('taobao.item.add', both)).refusal).toMatchObject({ code: 25 })
    // These sort the same either way.
    const ascii = { ...phone, desc: 'All new', desc_modules: '[]' }
    expect((await call('taobao.item.add', ascii)).refusal).toBeUndefined()
    expect((await call('taobao.item.add', phone)).refusal).toBeUndefined()
  })

  it('is understood in that corner by the guide profile, whose article sorts like it', async () => {
    const guide = {
      ...(await openAt({ profile: 'guide' })),
      appKey: 'YOUR_APP_KEY',
      appSecret: 'YOUR_SECRET_KEY',
      session: 'YOUR_SESSION_TOKEN',
    }
    const both = { ...phone, desc: '全新国行', desc_modules: '[]' }
    const { answer } = await taobao(guide, 'post')('taobao.item.add', both)
    expect(answer).toMatchObject({ code: 0, item: { num_iid: expect.any(Number) } })
  })

  it('signs the bytes of a picture as text and sends nothing for them: 25', async () => {
    const call = taobao(await openAt(), 'post')
    expect((await call('taobao.item.add', { ...phone, image: png })).refusal).toMatchObject({
      code: 25,
    })
    expect(received()[0]?.request.params.image).toBe('')
  })

  it('publishes and lists by its shortcuts', async () => {
    const { appKey: app_key, appSecret: app_secret, session } = await openAt()
    const credentials = { app_key, app_secret, session }
    const { itemAdd, itemsOnsaleGet } = packages.taobao
    const added = await new Promise((resolve) =>
      itemAdd({ method: 'post' }, { ...credentials, ...phone }, resolve),
    )
    expect(added).toHaveProperty('item_add_response.item.num_iid')
    const asked = { ...credentials, fields: 'title', q: phone.title }
    const listed = await new Promise((resolve) => itemsOnsaleGet({ method: 'get' }, asked, resolve))
    expect(listed).toHaveProperty('items_onsale_get_response.items.item', [{ title: phone.title }])
  })

  it('names a host without a port, and sends a body of no known length', async () => {
    const call: Call = taobao(await openAt(), 'post')
    await call('taobao.item.add', phone)
    expect(relay.sent[0]).toMatch(/^Host: 127\.0\.0\.1\r$/m)
    expect(relay.sent[0]).toMatch(/^Transfer-Encoding: chunked\r$/m)
    expect(relay.sent[0]).not.toMatch(/^Content-Length:/im)
  })

  it("asks the platform's own host where nobody tells it another one", async () => {
    await openAt()
    packages.taobao.config({ httpRealHost: 'gw.api.taobao.com', session: '' })
    const { appKey: app_key, appSecret: app_secret } = account
    const answer = await new Promise((resolve) =>
      packages.taobao.core.call(
        { method: 'get' },
        { method: 'taobao.time.get', app_key, app_secret },
        resolve,
      ),
    )
    expect(answer).toHaveProperty('time_get_response.time')
    expect(relay.sent[0]).toMatch(/^Host: gw\.api\.taobao\.com\r$/m)
  })

  it('gives the error as the only argument of its callback, root and all', async () => {
    const call = taobao({ ...(await openAt()), session: 'test-expired' }, 'get')
    const { refusal } = await call('taobao.item.add', phone)
    expect(refusal?.raw).toEqual({
      error_response: {
        code: 27,
        msg: 'Invalid session:session-expired',
        sub_code: 'session-expired',
        request_id: received()[0]?.requestId,
      },
    })
  })

  it('loses code and sub-code where errors come with an HTTP status of their own', async () => {
    const semantic = await openAt({ profile: 'production', httpStatus: 'semantic' })
    const call = taobao({ ...semantic, appSecret: 'wrong' }, 'get')
    expect((await call('taobao.time.get')).refusal).toMatchObject({
      code: 10000,
      subCode: undefined,
      raw: { error_response: { statusCode: 401 } },
    })
  })
})

describe('a value that is undefined', () => {
  it.each([
    ['ali-topsdk', () => aliTopsdk(account, 'execute')],
    ['node-taobao-topclient', () => nodeTaobaoTopclient(account)],
    ['taobao', () => taobao(account, 'get')],
  ])('is signed by %s as the text "undefined", and not sent: 25', async (name, openClient) => {
    await open()
    if (name === 'taobao') useAgent({ leadTo: account.url })
    const { refusal } = await openClient()('taobao.item.add', { ...phone, outer_id: undefined })
    expect(refusal).toMatchObject({ code: 25 })
    expect(received()[0]?.request.params.outer_id ?? '').toBe('')
  })

  it('makes topsdk throw before it sends anything', async () => {
    const call = topsdk(await open())
    const { refusal } = await call('taobao.item.add', { ...phone, outer_id: undefined })
    expect(refusal?.raw).toBeInstanceOf(TypeError)
    expect(received()).toEqual([])
  })
})
