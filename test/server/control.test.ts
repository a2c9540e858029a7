import request from 'supertest'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { defaultWorld, sign, type Tenant, type WorldSeed } from '../../src/contracts/index.ts'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  type Listening,
} from '../../src/server/index.ts'
import {
  addItem,
  article,
  type Caller,
  call,
  over,
  phone,
  send,
  signedParams,
  type Target,
} from '../support/gateway.ts'

let gateway: Gateway
let server: Listening
let api: ReturnType<typeof request>
/** The gateway as its clients see it: through the socket. */
let platform: Target

async function open(options: GatewayOptions = {}, host?: string) {
  gateway = createGateway({ rateLimit: 'off', ...options })
  server = await gateway.listen({ port: 0, ...(host && { host }) })
  api = request(`http://127.0.0.1:${server.port}/_localtop`)
  platform = over(`http://127.0.0.1:${server.port}`)
}
beforeEach(() => open())
afterEach(() => gateway.close())

const as = ({ appKey, appSecret, session }: Tenant): Caller => ({
  app: appKey,
  secret: appSecret,
  session,
})
const mint = async (body: object = {}): Promise<Tenant> =>
  (await api.post('/tenants').send(body).expect(201)).body
const exchange = async (id: string | null) => (await api.get(`/exchanges/${id}`).expect(200)).body
const total = async (caller?: Caller) =>
  (await call(platform, 'taobao.items.onsale.get', { fields: 'num_iid' }, caller)).answer
    .total_results
const time = async (caller: Caller = {}) =>
  (await call(platform, 'taobao.time.get', {}, { ...caller, session: null })).answer.time
const firstItem = 610_000_000_001

describe('health', () => {
  it('says that the gateway is ready, its version, profile and counts', async () => {
    await mint()
    await time()
    const { body } = await api
      .get('/health')
      .expect(200)
      .expect('content-type', /^application\/json/)
    expect(body).toEqual({
      ready: true,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/),
      profile: 'guide',
      counts: { apps: 3, sellers: 2, sessions: 7, items: 4, tenants: 1, exchanges: 1, rules: 0 },
    })
  })

  it('lists the routes, and each of them is there', async () => {
    const { body } = await api.get('').expect(200)
    expect(body.routes.length).toBeGreaterThan(10)
    for (const { method, path } of body.routes) {
      const { status } = await api[method.toLowerCase() as 'get'](path.replace(/:\w+/, 'none'))
      if (!path.includes(':')) expect({ method, path, status }).not.toMatchObject({ status: 404 })
    }
  })

  it('answers 404 for what is nothing, and says where things are', async () => {
    const { body } = await request(server.url).get('/nothing').expect(404)
    expect(body.error).toContain('/router/rest')
    expect(body.error).toContain('/_localtop')
  })

  it('GET /curl answers a line that works, for every app that has a session', async () => {
    await mint({ appKey: 'T', appSecret: "it's", session: 's' })
    for (const [path, app] of [
      ['/curl', 'YOUR_APP_KEY'],
      ['/curl?appKey=12345678', '12345678'],
      ['/curl?appKey=T', 'T'],
    ]) {
      const { text } = await api.get(path as string).expect(200)
      const params = [...text.matchAll(/--data-urlencode '(\w[\w.]*)=([^']*)'/g)].map(
        ([, name, value]) => [name, value],
      )
      expect(text.startsWith(`curl -s http://127.0.0.1:${server.port}/router/rest`)).toBe(true)
      const reply = await send(platform, Object.fromEntries(params))
      expect(reply.answer.item.num_iid).toBeGreaterThan(0)
      expect(Object.fromEntries(params).app_key).toBe(app)
    }
    await api.get('/curl?appKey=nobody').expect(404)
  })
})

describe('exchanges', () => {
  it('are listed, found, narrowed and emptied', async () => {
    await time()
    await call(platform, 'taobao.item.add', {}, article)
    const all = (await api.get('/exchanges').expect(200)).body.exchanges
    expect(all).toMatchObject([
      { id: '1', method: 'taobao.time.get', outcome: 'answered' },
      { id: '2', method: 'taobao.item.add', outcome: 'refused', code: 40, gate: 'required' },
    ])
    for (const [query, ids] of [
      ['code=40', ['2']],
      ['code=0', ['1']],
      ['appKey=12345678', ['1']],
      ['method=taobao.item.add', ['2']],
      ['limit=1', ['2']],
      ['limit=0', []],
      ['method=taobao.item.add&code=0', []],
    ] as const) {
      const { body } = await api.get(`/exchanges?${query}`).expect(200)
      expect(body.exchanges.map((one: { id: string }) => one.id)).toEqual(ids)
    }
    expect(await exchange('2')).toMatchObject({
      id: '2',
      trail: expect.arrayContaining(['required']),
    })
    await api.delete('/exchanges').expect(200)
    expect((await api.get('/exchanges')).body.exchanges).toEqual([])
    const gone = await api.get('/exchanges/2').expect(404)
    expect(gone.body.error).toContain('"2"')
  })

  it.each(['code=x', 'limit=-1', 'limit=1.5', 'code='])('refuse the filter %s', async (query) => {
    const { body } = await api.get(`/exchanges?${query}`).expect(400)
    expect(body.error).toContain('expected a whole number')
  })

  it('explain a wrong signature in English and Chinese, naming what the gateway signed', async () => {
    const { headers } = await call(platform, 'taobao.item.add', phone, { secret: 'wrong' })
    const { explanation } = await exchange(headers.get('x-localtop-exchange'))
    expect(explanation.en).toContain('Refused at the gate "signature" with 25 Invalid signature')
    expect(explanation.en).toContain('app_key, cid, desc, format')
    expect(explanation.zh).toContain('签名不匹配')
  })

  it('explain a timestamp eight hours off as UTC, and one far off as far off', async () => {
    gateway.clock.freeze('2016-01-01 12:00:00')
    const utc = await call(platform, 'taobao.time.get', {}, { timestamp: '2016-01-01 04:00:00' })
    const hint = (await exchange(utc.headers.get('x-localtop-exchange'))).explanation
    expect(hint.en).toContain('8 h behind')
    expect(hint.en).toContain('UTC, not GMT+8')
    expect(hint.zh).toContain('不是 GMT+8')
    const old = await call(platform, 'taobao.time.get', {}, { timestamp: '2016-01-01 11:49:00' })
    const { explanation } = await exchange(old.headers.get('x-localtop-exchange'))
    expect(explanation.en).toContain('11 min behind')
    expect(explanation.en).not.toContain('UTC')
  })

  it('explain a missing parameter by name', async () => {
    const { title: _, ...untitled } = phone
    const { headers } = await call(platform, 'taobao.item.add', untitled)
    const { explanation } = await exchange(headers.get('x-localtop-exchange'))
    expect(explanation.en).toContain('"title"')
    expect(explanation.en).toContain('production profile')
    expect(explanation.zh).toContain('"title"')
  })

  it('explain every refusal in both languages', async () => {
    for (const error of ['7', '10', '11', '22', '42', '47', '15/isv.x', '27/session-not-exist']) {
      const { headers } = await send(platform, {}, { headers: { 'x-localtop-error': error } })
      const { explanation } = await exchange(headers.get('x-localtop-exchange'))
      expect(explanation.en).toContain(error.split('/')[0])
      expect(explanation.zh).toMatch(/[\u4e00-\u9fff]/)
    }
  })
})

describe('secrets', () => {
  const world: WorldSeed = {
    ...defaultWorld,
    apps: [
      { app_key: 'mine', app_secret: 'SECRET-one' },
      { app_key: 'theirs', app_secret: 'SECRET-two' },
    ],
    sessions: [
      { session: 'SESSION-one', app_key: 'mine', seller: '本地小店' },
      { session: 'SESSION-two', app_key: 'theirs', seller: '本地小店' },
      {
        session: 'SESSION-old',
        app_key: 'mine',
        seller: '本地小店',
        expires: '2015-12-31 23:59:59',
      },
    ],
  }
  const mine: Caller = { app: 'mine', secret: 'SECRET-one', session: 'SESSION-one' }

  it('and signs never appear in the journal, the list or the scenarios in force', async () => {
    await gateway.close()
    await open({ world })
    const signs: string[] = []
    const asked = [
      mine,
      { ...mine, secret: 'SECRET-wrong' },
      { ...mine, session: 'SESSION-two' },
      { ...mine, session: 'SESSION-old' },
      { ...mine, session: 'SESSION-nobody' },
      { ...mine, app: 'theirs' },
    ]
    for (const caller of asked) {
      const params = signedParams(
        platform,
        'taobao.item.add',
        { ...phone, secret: 'SECRET-sent' },
        caller,
      )
      const { sign: given, ...unsigned } = params
      signs.push(
        given ?? '',
        sign(unsigned, 'SECRET-one', 'md5'),
        sign(unsigned, 'SECRET-two', 'md5'),
      )
      await send(platform, params)
      await send(platform, params, { verb: 'GET' })
      await send(
        platform,
        new URLSearchParams([...Object.entries(params), ['session', 'SESSION-again']]),
      )
    }
    await api.put('/scenarios').send({
      scenarios: [
        {
          title: 'about a session',
          rules: [{ when: { session: 'SESSION-one' }, then: { refuse: '27/session-expired' } }],
        },
      ],
    })
    let seen = (await api.get('/exchanges').expect(200)).text
    for (const { id } of JSON.parse(seen).exchanges)
      seen += (await api.get(`/exchanges/${id}`)).text
    seen += (await api.get('/scenarios')).text + (await api.get('/health')).text
    seen += (await api.get('/tenants')).text + (await api.get('/snapshot')).text
    expect(seen.length).toBeGreaterThan(10_000)
    expect(seen).not.toMatch(/SECRET-|SESSION-/)
    for (const text of signs) expect(seen.toLowerCase()).not.toContain(text.toLowerCase())
  })

  it('of two gateways with the same seed are not the same', async () => {
    const other = createGateway()
    const [one, two] = [await gateway.tenant(), await other.tenant()]
    expect(one.appSecret).not.toBe(two.appSecret)
    expect(one.session).not.toBe(two.session)
  })
})

describe('reset', () => {
  it('restores the seed, and with it everything that was done', async () => {
    await api.put('/scenarios').send({
      scenarios: [
        { title: 'ban', rules: [{ when: { app: 'YOUR_APP_KEY' }, then: { ban: '1h' } }] },
      ],
    })
    await call(platform, 'taobao.time.get', {}, article)
    const tenant = await mint()
    expect(await addItem(platform)).toBe(String(firstItem))
    await call(platform, 'taobao.item.delete', { num_iid: '11223344' })
    await api.post('/clock').send({ advance: '1h' })

    await api.post('/reset').expect(200)
    expect((await api.get('/exchanges')).body.exchanges).toEqual([])
    expect((await api.get('/scenarios')).body.active).toEqual([])
    expect((await api.get('/clock')).body).toMatchObject({ moved: false, frozen: false, scale: 1 })
    expect((await api.get('/tenants')).body.tenants).toEqual([])
    expect(await total()).toBe(2)
    expect((await call(platform, 'taobao.time.get', {}, article)).error).toBeUndefined()
    expect((await call(platform, 'taobao.time.get', {}, as(tenant))).error?.sub_code).toBe(
      'isv.appkey-not-exists',
    )
    expect(await addItem(platform)).toBe(String(firstItem))
  })

  it('gives back used-up call limits', async () => {
    await gateway.close()
    await open({ rateLimit: '1/day' })
    await time()
    expect((await call(platform, 'taobao.time.get')).error?.code).toBe(7)
    await api.post('/reset').expect(200)
    expect(await time()).toBeDefined()
  })

  it('gives back the scenarios that the gateway was started with, counted from the start', async () => {
    await gateway.close()
    await open({ scenarios: [{ title: 'first', rules: [{ then: { refuse: '10' } }] }] })
    expect((await call(platform, 'taobao.time.get')).error?.code).toBe(10)
    expect(await time()).toBeDefined()
    await api.delete('/scenarios').expect(200)
    await api.post('/reset').expect(200)
    expect((await call(platform, 'taobao.time.get')).error?.code).toBe(10)
  })

  it('of one tenant leaves everything else as it is', async () => {
    const [one, two] = [await mint({ rateLimit: '2/day' }), await mint({ rateLimit: '2/day' })]
    const base = await addItem(platform)
    const added = await addItem(platform, {}, as(one))
    await addItem(platform, {}, as(two))
    await api.post('/clock').send({ advance: '1h', appKey: one.appKey }).expect(200)
    expect(await time(as(one))).toBeDefined()
    expect((await call(platform, 'taobao.time.get', {}, as(one))).error?.sub_msg).toContain('ban')

    await api.post(`/reset?appKey=${one.appKey}`).expect(200)
    expect(await total(as(one))).toBe(0)
    expect(await addItem(platform, {}, as(one))).toBe(added)
    expect(await total(as(two))).toBe(1)
    expect(await total()).toBe(3)
    expect(
      (await call(platform, 'taobao.item.seller.get', { num_iid: base, fields: 'title' })).error,
    ).toBeUndefined()
    const { exchanges } = (await api.get('/exchanges')).body
    const apps = exchanges.map((each: { appKey: string }) => each.appKey)
    expect(apps.filter((appKey: string) => appKey === one.appKey)).toHaveLength(2)
    expect(apps).toContain(two.appKey)
    await api.post('/reset?appKey=nobody').expect(404)
    await api.post('/reset?appKey=12345678').expect(404)
  })
})

describe('the clock', () => {
  it.each([
    [{ freeze: '2016-01-01 12:00:00' }, { time: '2016-01-01 12:00:00', frozen: true }],
    [{ freeze: true }, { frozen: true, moved: true }],
    [
      { set: '2016-01-01 12:00:00' },
      { time: expect.stringMatching(/^2016-01-01 12:00:0/), frozen: false },
    ],
    [{ scale: 60 }, { scale: 60, frozen: false }],
    [{ resume: true }, { frozen: false, scale: 1 }],
    [{ advance: '-8h' }, { moved: true }],
  ])('takes %o', async (command, expected) => {
    const { body } = await api.post('/clock').send(command).expect(200)
    expect(body).toMatchObject(expected)
    expect((await api.get('/clock')).body).toMatchObject({ frozen: body.frozen, scale: body.scale })
  })

  it('is the one that calls see', async () => {
    await api.post('/clock').send({ freeze: '2016-01-01 12:00:00' })
    expect(await time()).toBe('2016-01-01 12:00:00')
    await api.post('/clock').send({ advance: '31m' })
    expect(await time()).toBe('2016-01-01 12:31:00')
    expect((await api.get('/clock')).body).toEqual({
      time: '2016-01-01 12:31:00',
      epochMs: Date.parse('2016-01-01T12:31:00+08:00'),
      frozen: true,
      scale: 1,
      moved: true,
    })
  })

  it.each([
    [{ freeze: 'noon' }, 'freeze'],
    [{ freeze: '2016-02-30 12:00:00' }, 'freeze'],
    [{ freeze: false }, 'freeze'],
    [{ set: '2016-01-01T12:00:00Z' }, 'set'],
    [{ advance: 'soon' }, 'advance'],
    [{ advance: 31 }, 'advance'],
    [{ scale: 0 }, 'scale'],
    [{ scale: -1 }, 'scale'],
    [{ resume: false }, 'resume'],
    [{}, ''],
    [{ freeze: true, advance: '1m' }, ''],
    [{ faster: true }, ''],
    [[], ''],
    ['1m', ''],
  ])('refuses %j, and says where', async (command, path) => {
    const { body } = await api
      .post('/clock')
      .set('content-type', 'application/json')
      .send(JSON.stringify(command))
      .expect(400)
    expect(body.problems[0]).toMatchObject({ path, message: expect.stringMatching(/\w/) })
    expect((await api.get('/clock')).body.moved).toBe(false)
  })

  it('of nobody cannot be moved, and a tenant’s only by an offset', async () => {
    await api.post('/clock').send({ advance: '1m', appKey: 'nobody' }).expect(404)
    const { appKey } = await mint()
    const { body } = await api.post('/clock').send({ freeze: true, appKey }).expect(400)
    expect(body.problems[0].message).toContain('only advance')
  })

  it.each(['9999999999d', '-9999999999d'])(
    'that %s would put beyond any date is refused',
    async (advance) => {
      await api.post('/clock').send({ advance }).expect(400)
      expect(await time()).toMatch(/^20\d\d-/)
    },
  )
})

describe('a snapshot', () => {
  const state = async (query = '') => (await api.get(`/snapshot${query}`).expect(200)).body

  it('without secrets brings the shop back and keeps the credentials that are there', async () => {
    const tenant = await mint()
    const kept = await addItem(platform, { title: '留' })
    const own = await addItem(platform, {}, as(tenant))
    const taken = await state()
    expect(JSON.stringify(taken)).not.toMatch(/helloworld|YOUR_SECRET_KEY|YOUR_SESSION_TOKEN/)
    expect(JSON.stringify(taken)).not.toContain(tenant.appSecret)
    await call(platform, 'taobao.item.delete', { num_iid: kept })
    await addItem(platform)
    await call(platform, 'taobao.item.delete', { num_iid: own }, as(tenant))

    await api.put('/snapshot').send(taken).expect(200)
    expect(await state()).toEqual(taken)
    const read = { num_iid: kept, fields: 'title' }
    expect((await call(platform, 'taobao.item.seller.get', read)).answer.item.title).toBe('留')
    expect(await total()).toBe(3)
    expect(await total(as(tenant))).toBe(1)
  })

  it('with secrets makes another gateway the same', async () => {
    const tenant = await mint({ rateLimit: '5/day' })
    const num_iid = await addItem(platform, { outer_id: 'MOVED' })
    await addItem(platform, {}, as(tenant))
    const taken = await state('?secrets=include')
    const exchanges = (await api.get('/exchanges')).body.exchanges.length
    expect(exchanges).toBe(2)
    await gateway.close()

    await open({ world: { apps: [{ app_key: 'other', app_secret: 'x' }] } })
    await api.put('/snapshot').send(taken).expect(200)
    expect(await state('?secrets=include')).toEqual(taken)
    const found = await call(platform, 'taobao.items.custom.get', {
      outer_id: 'MOVED',
      fields: 'num_iid',
    })
    expect(found.answer.items.item).toEqual([{ num_iid: Number(num_iid) }])
    expect(await total(as(tenant))).toBe(1)
    expect(
      (await call(platform, 'taobao.time.get', {}, { app: 'other', secret: 'x' })).error?.code,
    ).toBe('invalid_app_key')
  })

  it('without the secret of an app that is not known here is refused, and changes nothing', async () => {
    const before = (await api.get('/snapshot')).body
    const apps = { ...before.apps, stranger: { app_key: 'stranger' } }
    const { body } = await api
      .put('/snapshot')
      .send({ ...before, apps, items: {} })
      .expect(400)
    expect(body.error).toContain('apps.stranger')
    expect((await api.get('/snapshot')).body).toEqual(before)
  })

  it('in another gateway does not have its numbers given out again', async () => {
    const num_iid = await addItem(platform, { title: '先来' })
    const taken = await state('?secrets=include')
    await gateway.close()
    await open()
    await api.put('/snapshot').send(taken).expect(200)
    expect(await addItem(platform)).not.toBe(num_iid)
    const { answer } = await call(platform, 'taobao.item.seller.get', { num_iid, fields: 'title' })
    expect(answer.item.title).toBe('先来')
  })

  it('as people write it is read as world files are', async () => {
    const taken = await state()
    const item = { nick: '本地小店', title: '手写', price: 12.5, num: 3, num_iid: 77 }
    await api
      .put('/snapshot')
      .send({ ...taken, items: { 77: item } })
      .expect(200)
    const { answer } = await call(platform, 'taobao.item.seller.get', {
      num_iid: '77',
      fields: 'num_iid,price',
    })
    expect(answer.item).toEqual({ num_iid: 77, price: '12.50' })
  })

  it.each([
    [{ items: { 1: { nick: 'x', title: 't', price: 'abc', num: 1 } } }, 'items.1.price'],
    [{ items: { 1: { nick: 'x', title: 't', price: '1.00', num: 1, colour: 'red' } } }, 'items.1'],
    [{ goods: {} }, 'goods'],
    [{ sessions: { s: { session: 's' } } }, 'sessions.s.app_key'],
    [{ items: [] }, 'items'],
    [[], ''],
  ])('that is none is refused, naming the place, and changes nothing: %j', async (body, path) => {
    const before = await state('?secrets=include')
    const answered = await api.put('/snapshot').send(body).expect(400)
    expect(answered.body.problems.map((problem: { path: string }) => problem.path)).toContain(path)
    expect(await state('?secrets=include')).toEqual(before)
  })
})

describe('tenants', () => {
  it('are minted with all that a caller needs, and an empty shop', async () => {
    const tenant = await mint()
    expect(tenant).toEqual({
      appKey: expect.stringMatching(/./),
      appSecret: expect.stringMatching(/./),
      session: expect.stringMatching(/./),
      nick: expect.stringMatching(/./),
      profile: 'guide',
      rateLimit: 'off',
    })
    expect(await total(as(tenant))).toBe(0)
    await api.post('/clock').send({ advance: '364d' })
    expect(await total(as(tenant))).toBe(0)
    await api.post('/clock').send({ advance: '2d' })
    const late = await call(platform, 'taobao.items.onsale.get', { fields: 'num_iid' }, as(tenant))
    expect(late.error).toMatchObject({ code: 'invalid_session', sub_code: 'session-expired' })
  })

  it('take what they are given', async () => {
    const given = {
      appKey: 'T',
      appSecret: 's',
      session: 'x',
      profile: 'production',
      rateLimit: '1/day',
    } as const
    const tenant = await mint({
      ...given,
      world: {
        sellers: [{ nick: '小店', user_id: 5 }],
        items: [{ nick: '小店', title: '已有', price: 5, num: 1 }],
      },
    })
    expect(tenant).toEqual({ ...given, nick: '小店' })
    expect(await total(as(tenant))).toBe(1)
    expect((await call(platform, 'taobao.time.get', {}, as(tenant))).error).toMatchObject({
      code: 7,
    })
  })

  it('may be given grants and an expired session by their world', async () => {
    const tenant = await mint({
      appKey: 'T',
      appSecret: 's',
      session: 'x',
      world: {
        apps: [{ app_key: 'T', app_secret: 's', grants: ['taobao.time.get'] }],
        sellers: [{ nick: '小店', user_id: 5 }],
        sessions: [{ session: 'x', app_key: 'T', seller: '小店', expires: '2015-12-31 23:59:59' }],
      },
    })
    const expired = await call(platform, 'taobao.time.get', {}, as(tenant))
    expect(expired.error?.sub_code).toBe('session-expired')
    const ungranted = await call(platform, 'taobao.item.add', phone, as(tenant))
    expect(ungranted.error?.sub_code).toBe('isv.permission-api-package-limit')
  })

  it('do not see each other, in items, limits, clock and journal', async () => {
    const [one, two] = [await mint({ rateLimit: '2/day' }), await mint({ rateLimit: '2/day' })]
    const num_iid = await addItem(platform, {}, as(one))
    const read = { num_iid, fields: 'title' }
    expect(
      (await call(platform, 'taobao.item.seller.get', read, as(two))).error?.sub_code,
    ).toContain('ITEM_NOT_FOUND')
    expect((await call(platform, 'taobao.item.seller.get', read)).error?.sub_code).toContain(
      'ITEM_NOT_FOUND',
    )
    expect(await total(as(one))).toBe(1)
    expect((await call(platform, 'taobao.time.get', {}, as(one))).error?.code).toBe(429)
    expect(await time(as(two))).toBeDefined()
    const session = await call(
      platform,
      'taobao.time.get',
      {},
      { ...as(two), session: one.session },
    )
    expect(session.error).toBeDefined()
    const { exchanges } = (await api.get(`/exchanges?appKey=${one.appKey}`)).body
    expect(exchanges).toHaveLength(3)
  })

  it('may have a clock of their own beside the shared one', async () => {
    await api.post('/clock').send({ freeze: '2026-05-01 10:00:00' })
    const [one, two] = [await mint(), await mint()]
    await api.post('/clock').send({ advance: '31m', appKey: one.appKey }).expect(200)
    expect(await time({ ...as(one), timestamp: '2026-05-01 10:31:00' })).toBe('2026-05-01 10:31:00')
    expect(await time({ ...as(two), timestamp: '2026-05-01 10:00:00' })).toBe('2026-05-01 10:00:00')
    await api.post('/clock').send({ advance: '1h' })
    expect(await time({ ...as(one), timestamp: '2026-05-01 11:31:00' })).toBe('2026-05-01 11:31:00')
    expect(await time({ timestamp: '2026-05-01 11:00:00' })).toBe('2026-05-01 11:00:00')
  })

  it('replace an app with their key until they are dropped', async () => {
    const tenant = await mint({ appKey: '12345678', appSecret: 'new', session: 'x' })
    expect((await call(platform, 'taobao.time.get')).error?.code).toBe('invalid_signature')
    expect(await total(as(tenant))).toBe(0)
    await addItem(platform, {}, as(tenant))
    const again = await mint({ appKey: '12345678', appSecret: 'newer', session: 'x' })
    expect(await total(as(again))).toBe(0)
    expect((await api.get('/tenants')).body.tenants).toEqual(['12345678'])
    await api.delete('/tenants/12345678').expect(200)
    expect(await total()).toBe(2)
    await api.delete('/tenants/12345678').expect(404)
  })

  it('of the app key decide the profile, whatever the gateway’s is', async () => {
    await gateway.close()
    await open({ profile: 'production' })
    const [guide, none] = [await mint({ profile: 'guide' }), await mint()]
    expect(none.profile).toBe('production')
    expect(
      (await call(platform, 'taobao.time.get', {}, { ...as(guide), session: null })).answer.code,
    ).toBe(0)
    expect((await call(platform, 'taobao.nothing', {}, as(guide))).error?.code).toBe(
      'invalid_method',
    )
    expect((await call(platform, 'taobao.nothing', {}, as(none))).error?.code).toBe(22)
  })

  it.each([
    [{ rateLimit: 'slow' }, 'rateLimit'],
    [{ profile: 'sandbox' }, 'profile'],
    [{ appKey: '' }, 'appKey'],
    [{ name: 'x' }, ''],
    [
      { world: { items: [{ nick: 'nobody', title: 't', price: '1.00', num: 1 }] } },
      'world.items[0].nick',
    ],
    [{ world: { sellers: [{ nick: '' }] } }, 'world.sellers[0].nick'],
  ])('refuse %j, naming the place', async (body, path) => {
    const answered = await api.post('/tenants').send(body).expect(400)
    expect(answered.body.problems.map((problem: { path: string }) => problem.path)).toContain(path)
    expect((await api.get('/tenants')).body.tenants).toEqual([])
  })
})

describe('scenarios', () => {
  const put = (...rules: object[]) =>
    api.put('/scenarios').send({ scenarios: [{ title: 'mine', rules }] })

  it('are listed in sentences, and dropped', async () => {
    const { body } = await put({
      when: { method: 'taobao.item.add', call: 2 },
      then: { refuse: '27/session-expired' },
    }).expect(200)
    const active = [
      {
        scenario: 'mine',
        rule: 'Of number 2 of calls of taobao.item.add: refuse it with 27/session-expired, once.',
        ruleZh: 'taobao.item.add 的第 2 次调用：以 27/session-expired 拒绝，一次。',
      },
    ]
    expect(body.active).toEqual(active)
    expect((await api.get('/scenarios')).body).toEqual({
      active,
      available: expect.any(Array),
      files: [],
    })
    await api.delete('/scenarios').expect(200)
    expect((await api.get('/scenarios')).body.active).toEqual([])
  })

  it('refuse: the call named, once, and nothing is published by it', async () => {
    await put({
      when: { method: 'taobao.item.add', call: 2 },
      then: { refuse: 'isp.remote-service-timeout' },
    })
    await addItem(platform)
    const refused = await call(platform, 'taobao.item.add', phone)
    expect(refused.error).toMatchObject({ code: 15, sub_code: 'isp.remote-service-timeout' })
    expect(refused.headers.get('x-localtop-gate')).toBe('faults')
    await addItem(platform)
    expect(await total()).toBe(4)
  })

  it.each([
    [{ then: { refuse: '10' } }, [10, undefined, undefined]],
    [{ then: { refuse: '10' }, times: 2 }, [10, 10, undefined]],
    [{ then: { refuse: '10' }, times: 'always' }, [10, 10, 10]],
    [{ when: { call: { from: 2 } }, then: { refuse: '10' } }, [undefined, 10, 10]],
    [{ when: { call: { from: 2, to: 2 } }, then: { refuse: '10' } }, [undefined, 10, undefined]],
    [{ when: { method: 'taobao.time.*' }, then: { refuse: '10' } }, [10, undefined, undefined]],
    [
      { when: { method: 'taobao.item.*' }, then: { refuse: '10' } },
      [undefined, undefined, undefined],
    ],
    [{ when: { app: 'YOUR_APP_KEY' }, then: { refuse: '10' } }, [undefined, undefined, undefined]],
    [{ when: { app: 12345678 }, then: { refuse: 10 } }, [10, undefined, undefined]],
    [{ when: { session: 'test' }, then: { refuse: '10' } }, [10, undefined, undefined]],
    [{ when: { params: { x: '1' } }, then: { refuse: '10' } }, [undefined, undefined, undefined]],
  ])('apply as often as they say: %j', async (rule, expected) => {
    await put(rule).expect(200)
    const codes = []
    for (const _ of expected) codes.push((await call(platform, 'taobao.time.get')).error?.code)
    expect(codes).toEqual(expected)
  })

  it('count for each tenant by itself', async () => {
    const [one, two] = [
      await mint({ profile: 'production' }),
      await mint({ profile: 'production' }),
    ]
    await put({ then: { refuse: '10' } })
    for (const tenant of [one, two]) {
      expect((await call(platform, 'taobao.time.get', {}, as(tenant))).error?.code).toBe(10)
      expect(await time(as(tenant))).toBeDefined()
    }
  })

  it('ban: the app is refused until the time is over, with the seconds left', async () => {
    await api.post('/clock').send({ freeze: '2026-05-01 10:00:00' })
    await put({ when: { call: 1 }, then: { ban: '90s' } })
    const stamped = { timestamp: '2026-05-01 10:00:00' }
    const ask = () => call(platform, 'taobao.time.get', {}, stamped)
    expect((await ask()).error).toMatchObject({
      code: 7,
      sub_msg: 'This ban will last for 90 more seconds',
    })
    await api.post('/clock').send({ advance: '89s' })
    expect((await ask()).error?.sub_msg).toBe('This ban will last for 1 more seconds')
    expect(await time({ ...article, ...stamped })).toBe('2026-05-01 10:01:29')
    await api.post('/clock').send({ advance: '1s' })
    expect((await ask()).error).toBeUndefined()
  })

  it('expireSession: the session is over from then on, another is not', async () => {
    await put({ when: { method: 'taobao.item.add', call: 2 }, then: { expireSession: true } })
    await addItem(platform)
    for (let at = 0; at < 2; at++) {
      const { error } = await call(platform, 'taobao.item.add', phone)
      expect(error).toMatchObject({ code: 27, sub_code: 'session-expired' })
    }
    expect(await addItem(platform, {}, { session: 'test-renewed' })).toMatch(/^\d+$/)
    await api.post('/reset')
    expect(await addItem(platform)).toMatch(/^\d+$/)
  })

  it('delay: the answer waits for the gateway’s clock', async () => {
    await api.post('/clock').send({ freeze: '2026-05-01 10:00:00' })
    await put({ when: { method: 'taobao.item.add' }, then: { delay: '5s' } })
    let answered = false
    const delayed = call(platform, 'taobao.item.add', phone, {
      timestamp: '2026-05-01 10:00:00',
    }).then((reply) => {
      answered = true
      return reply
    })
    for (let round = 0; round < 5; round++) await api.get('/health')
    expect(answered).toBe(false)
    for (let round = 0; round < 20 && !answered; round++)
      await api.post('/clock').send({ advance: '5s' })
    expect((await delayed).answer.item.num_iid).toBe(firstItem)
  })

  it('of unknown names are refused, and where the known ones are listed is said', async () => {
    const { available } = (await api.get('/scenarios')).body
    const { body } = await api
      .put('/scenarios')
      .send({ scenarios: ['no-such-story'] })
      .expect(400)
    expect(body.error).toContain('there is no scenario "no-such-story"')
    expect(body.error).toContain(`There are ${available.length}, which "localtop scenarios list"`)
  })

  it.each([
    [{ scenarios: [] }, 'scenarios'],
    [{}, 'scenarios'],
    [{ scenarios: [{ title: 't', rules: [{ then: {} }] }] }, 'scenarios[0].rules[0].then'],
    [
      { scenarios: [{ title: 't', rules: [{ then: { refuse: '27/nonsense' } }] }] },
      'scenarios[0].rules[0].then.refuse',
    ],
    [
      { scenarios: [{ title: 't', rules: [{ then: { refuse: 'toString' } }] }] },
      'scenarios[0].rules[0].then.refuse',
    ],
    [
      { scenarios: [{ title: 't', rules: [{ then: { delay: 'long' } }] }] },
      'scenarios[0].rules[0].then.delay',
    ],
    [
      { scenarios: [{ title: 't', rules: [{ when: { call: 0 }, then: { delay: '1s' } }] }] },
      'scenarios[0].rules[0].when.call',
    ],
  ])('refuse %j, naming the place, and leave the rules as they are', async (body, path) => {
    await put({ then: { refuse: '10' } })
    const answered = await api.put('/scenarios').send(body).expect(400)
    expect(answered.body.problems.map((problem: { path: string }) => problem.path)).toContain(path)
    expect((await api.get('/scenarios')).body.active).toHaveLength(1)
  })
})

describe('who may use it', () => {
  it.each(['evil.example', 'localhost.evil.example', '127.0.0.1.evil.example', '192.168.1.1'])(
    'on loopback not a page of the host %s',
    async (host) => {
      const { body } = await api.get('/snapshot').set('Host', host).expect(403)
      expect(body.error).toContain('not this machine')
    },
  )

  it.each(['https://evil.example', 'null', 'http://localhost.evil.example', 'file://'])(
    'on loopback not a page of the origin %s',
    async (origin) => {
      await api.post('/reset').set('Origin', origin).expect(403)
      await addItem(platform)
      await api.post('/reset').set('Origin', origin).expect(403)
      expect(await total()).toBe(3)
    },
  )

  it.each(['localhost', 'localhost:7070', '127.0.0.1:1', '[::1]:7070', 'LOCALHOST'])(
    'on loopback everybody who calls it %s',
    async (host) => {
      await api.get('/snapshot').set('Host', host).expect(200)
      await api.get('/snapshot').set('Origin', `http://${host}`).expect(200)
    },
  )

  it('on another address only who has the token, but health answers anybody, without counts', async () => {
    await gateway.close()
    await open({}, '0.0.0.0')
    for (const authorization of [
      '',
      'Bearer ',
      `Bearer ${server.controlToken}x`,
      server.controlToken,
      'Basic eDp4',
    ]) {
      const { body } = await api.get('/snapshot').set('Authorization', authorization).expect(403)
      expect(body.error).toContain('Authorization: Bearer')
      expect(body.error).not.toContain(server.controlToken)
    }
    await api.get('/snapshot').set('Authorization', `Bearer ${server.controlToken}`).expect(200)
    const open_ = await api.get('/health').expect(200)
    expect(open_.body).toEqual({ ready: true, version: expect.any(String), profile: 'guide' })
    await api.post('/health').expect(403)
    const full = await api.get('/health').set('Authorization', `Bearer ${server.controlToken}`)
    expect(full.body.counts).toBeDefined()
    expect(await time()).toBeDefined()
  })

  it('has a token of its own each time', async () => {
    const first = server.controlToken
    await gateway.close()
    await open()
    expect(server.controlToken).not.toBe(first)
    expect(server.controlToken.length).toBeGreaterThanOrEqual(32)
  })
})

describe('bodies', () => {
  it.each(['/clock', '/tenants'])('that are no JSON are refused by POST %s', async (path) => {
    for (const text of ['{', 'freeze=true', '{"a":1}}', '\u0000']) {
      const { body } = await api
        .post(path)
        .set('content-type', 'application/json')
        .send(text)
        .expect(400)
      expect(body.error).toContain('no JSON')
    }
  })

  it.each(['/scenarios', '/snapshot'])('that are no JSON are refused by PUT %s', async (path) => {
    const { body } = await api
      .put(path)
      .set('content-type', 'application/json')
      .send('{')
      .expect(400)
    expect(body.error).toContain('no JSON')
  })

  it.each(['null', '7', '"x"', '[]'])(
    'of JSON that is no object (%s) are refused',
    async (text) => {
      for (const path of ['/clock', '/tenants']) {
        await api.post(path).set('content-type', 'application/json').send(text).expect(400)
      }
      for (const path of ['/scenarios', '/snapshot']) {
        await api.put(path).set('content-type', 'application/json').send(text).expect(400)
      }
    },
  )
})
