import { describe, expect, it } from 'vitest'
import { createGateway, type GatewayOptions } from '../../src/server/index.ts'
import {
  addItem,
  call,
  phone,
  type Reply,
  request,
  send,
  signedParams,
} from '../support/gateway.ts'

const time = 'taobao.time.get'
const gatewayOf = (journal?: GatewayOptions['journal']) =>
  createGateway({ rateLimit: 'off', ...(journal && { journal }) })
const idOf = (reply: Reply) => reply.headers.get('x-localtop-exchange') ?? ''

describe('the journal keeps', () => {
  it('the newest exchanges, no more than it may', async () => {
    const gateway = gatewayOf({ maxCount: 3 })
    for (let at = 0; at < 50; at++) await call(gateway, time)
    expect(gateway.exchanges.list().map((one) => one.id)).toEqual(['48', '49', '50'])
    expect(gateway.exchanges.find('47')).toBeUndefined()
    expect(gateway.exchanges.find('48')?.method).toBe(time)
  })

  it('1000 exchanges where nothing is said', async () => {
    const gateway = gatewayOf()
    for (let at = 0; at < 1005; at++) await send(gateway, {})
    expect(gateway.exchanges.list()).toHaveLength(1000)
    expect(gateway.exchanges.list({ limit: 1 })[0]?.id).toBe('1005')
  })

  it('no more bytes than it may, but always the newest', async () => {
    const gateway = gatewayOf({ maxBytes: 50_000 })
    for (let at = 0; at < 20; at++) await call(gateway, time, { x: 'x'.repeat(10_000) })
    const kept = gateway.exchanges.list()
    expect(kept.length).toBeGreaterThanOrEqual(3)
    expect(kept.length).toBeLessThanOrEqual(4)
    expect(kept.at(-1)?.id).toBe('20')
    await call(gateway, time, { x: 'x'.repeat(100_000) })
    expect(gateway.exchanges.list().map((one) => one.id)).toEqual(['21'])
    await call(gateway, time)
    expect(gateway.exchanges.list().map((one) => one.id)).toEqual(['22'])
  })

  it('counts the bytes of files and of bodies that are not read', async () => {
    const gateway = gatewayOf({ maxBytes: 50_000 })
    for (let at = 0; at < 5; at++) {
      const form = new FormData()
      form.append('image', new Blob([new Uint8Array(20_000)]), 'x.jpg')
      await request(
        gateway,
        new Request('http://localhost/router/rest', { method: 'POST', body: form }),
      )
    }
    expect(gateway.exchanges.list()).toHaveLength(2)
    gateway.exchanges.clear()
    for (let at = 0; at < 5; at++) {
      const body = JSON.stringify('x'.repeat(20_000))
      const headers = { 'content-type': 'application/json' }
      await request(
        gateway,
        new Request('http://localhost/router/rest', { method: 'POST', body, headers }),
      )
    }
    expect(gateway.exchanges.list()).toHaveLength(2)
  })

  it('nothing once it has been cleared, and does not use a number twice', async () => {
    const gateway = gatewayOf()
    await call(gateway, time)
    gateway.exchanges.clear()
    expect(gateway.exchanges.list()).toEqual([])
    expect(idOf(await call(gateway, time))).toBe('2')
  })
})

describe('an exchange', () => {
  it('says when, who, what, and what came of it', async () => {
    const gateway = gatewayOf()
    gateway.clock.freeze('2026-05-01 10:00:00')
    const answered = await call(gateway, time)
    expect(gateway.exchanges.find(idOf(answered))).toMatchObject({
      time: '2026-05-01 10:00:00',
      method: time,
      appKey: '12345678',
      verb: 'POST',
      profile: 'production',
      outcome: 'answered',
      gate: null,
      code: null,
      subCode: null,
      requestId: answered.answer.request_id,
      took: expect.any(Number),
      response: { status: 200, body: answered.text },
    })
    const refused = await call(gateway, 'taobao.item.add', phone, { session: 'test-expired' })
    expect(gateway.exchanges.find(idOf(refused))).toMatchObject({
      outcome: 'refused',
      gate: 'session',
      code: 27,
      subCode: 'session-expired',
      requestId: refused.error?.request_id,
    })
    const empty = await send(gateway, {})
    expect(gateway.exchanges.find(idOf(empty))).toMatchObject({
      method: null,
      appKey: null,
      code: 21,
    })
  })

  it('has the trail of the gates that ran, the refusing one last', async () => {
    const gateway = gatewayOf()
    const refused = await call(gateway, time, {}, { secret: 'wrong' })
    expect(gateway.exchanges.find(idOf(refused))?.trail).toEqual([
      'verb',
      'encoding',
      'forced-error',
      'method-present',
      'app',
      'version',
      'format',
      'timestamp',
      'signature',
    ])
    const answered = await call(gateway, time)
    expect(gateway.exchanges.find(idOf(answered))?.trail.at(-1)).toBe('answer')
  })

  it('shows what was sent, long values cut, secrets masked', async () => {
    const gateway = gatewayOf()
    const reply = await call(gateway, time, { x: 'x'.repeat(70_000), secret: 'helloworld' })
    expect(gateway.exchanges.find(idOf(reply))?.request.params).toMatchObject({
      session: '***',
      sign: '***',
      secret: '***',
      method: time,
      x: `${'x'.repeat(65_536)}… (70000 characters)`,
    })
  })

  it('notes what is odd and refused nothing', async () => {
    const gateway = gatewayOf()
    const signed = signedParams(gateway, 'taobao.item.add', {
      ...phone,
      title: '三十个字以上的标题'.repeat(4),
      outer_id: 'x'.repeat(65),
      valid_thru: '30',
      post_fee: '1000',
      colour: 'red',
    })
    const form = `${new URLSearchParams(signed)}&title=again&title=and+again`
    const reply = await request(
      gateway,
      new Request('http://localhost/router/rest', {
        method: 'POST',
        body: new URLSearchParams(form),
      }),
    )
    expect(reply.error).toBeUndefined()
    const notes = [...(gateway.exchanges.find(idOf(reply))?.notes ?? [])]
    expect(notes.sort()).toEqual([
      '"colour" is no parameter of taobao.item.add; it was signed and otherwise ignored',
      '"title" came more than once; the first one counts',
      'outer_id has 65 bytes; documents mention 64',
      'post_fee is 1000; documents mention 0.01 to 999',
      'title has 36 characters; documents mention 30',
      'valid_thru is "30"; documents mention 7, 14',
    ])
  })

  it('has no notes when nothing is odd', async () => {
    const gateway = gatewayOf()
    await addItem(gateway)
    expect(gateway.exchanges.find('1')?.notes).toEqual([])
  })
})

describe('the list', () => {
  it('is narrowed by app, method, code and number', async () => {
    const gateway = gatewayOf()
    await call(gateway, time)
    await call(gateway, time, {}, { secret: 'wrong' })
    await call(gateway, 'taobao.item.add', {})
    await call(gateway, time, {}, { app: '23456789', secret: 'few-grants-secret', session: null })
    const ids = (filter: Parameters<typeof gateway.exchanges.list>[0]) =>
      gateway.exchanges.list(filter).map((one) => one.id)
    expect(ids({})).toEqual(['1', '2', '3', '4'])
    expect(ids({ appKey: '23456789' })).toEqual(['4'])
    expect(ids({ method: time })).toEqual(['1', '2', '4'])
    expect(ids({ code: 25 })).toEqual(['2'])
    expect(ids({ code: 0 })).toEqual(['1', '4'])
    expect(ids({ limit: 2 })).toEqual(['3', '4'])
    expect(ids({ method: time, code: 0, limit: 1 })).toEqual(['4'])
    expect(ids({ gate: 'signature' })).toEqual(['2'])
    expect(ids({ outcome: 'answered' })).toEqual(['1', '4'])
    expect(ids({ outcome: 'refused', method: time })).toEqual(['2'])
  })

  it('is narrowed by time, by what came before, and by a text', async () => {
    const gateway = gatewayOf()
    gateway.clock.freeze('2026-05-01 10:00:00')
    await addItem(gateway, { title: '青花瓷 Teapot', outer_id: 'POT-1' })
    gateway.clock.advance('1m')
    await call(gateway, time)
    await call(gateway, 'taobao.item.seller.get', { fields: 'title', num_iid: '610000000001' })
    const ids = async (query: Record<string, string>) => {
      const asked = `http://localhost/_localtop/exchanges?${new URLSearchParams(query)}`
      const response = await gateway.fetch(new Request(asked))
      const { exchanges } = (await response.json()) as { exchanges: { id: string }[] }
      return exchanges.map(({ id }) => id)
    }
    expect(await ids({ since: '2026-05-01 10:00:01' })).toEqual(['2', '3'])
    expect(await ids({ since: '2' })).toEqual(['3'])
    expect(await ids({ text: 'teapot' })).toEqual(['1', '3'])
    expect(await ids({ text: 'POT-1' })).toEqual(['1'])
    // Neither what a secret parameter held nor its very text can be searched for.
    expect(await ids({ text: 'test' })).toEqual([])
    expect(await ids({ outcome: 'dropped' })).toEqual([])
  })

  it.each([
    ['outcome=lost', 'outcome was "lost"; expected one of answered, refused, dropped'],
    ['since=yesterday', 'since was "yesterday"; expected yyyy-MM-dd HH:mm:ss in GMT+8'],
    ['code=x', 'code was "x"; expected a whole number'],
  ])('refuses ?%s', async (query, problem) => {
    const asked = new Request(`http://localhost/_localtop/exchanges?${query}`)
    const response = await gatewayOf().fetch(asked)
    expect(response.status).toBe(400)
    expect(((await response.json()) as { error: string }).error).toContain(problem)
  })
})

describe('near misses', () => {
  it('name the method that was meant', async () => {
    const gateway = gatewayOf()
    const reply = await call(gateway, 'taobao.item.ad', phone)
    const found = gateway.exchanges.find(idOf(reply))
    expect(found?.nearMisses).toEqual([
      { of: 'method', sent: 'taobao.item.ad', meant: 'taobao.item.add' },
    ])
    expect(found?.explanation.en).toContain(
      'You called taobao.item.ad; did you mean taobao.item.add?',
    )
    expect(found?.explanation.zh).toContain('是否应为 taobao.item.add')
  })

  it('name the parameters that were meant, system parameters too', async () => {
    const gateway = gatewayOf()
    const { title, ...rest } = phone
    const reply = await call(gateway, 'taobao.item.add', {
      ...rest,
      titel: title ?? '',
      colour: 'red',
    })
    const found = gateway.exchanges.find(idOf(reply))
    expect(reply.error?.code).toBe(40)
    expect(found?.nearMisses).toEqual([{ of: 'parameter', sent: 'titel', meant: 'title' }])
    expect(found?.notes).toContain(
      '"titel" is no parameter of taobao.item.add; it was signed and otherwise ignored. Did you mean "title"?',
    )
    const { timestamp, ...unsigned } = signedParams(gateway, time)
    const unstamped = await send(gateway, { ...unsigned, timestmp: timestamp ?? '' })
    expect(gateway.exchanges.find(idOf(unstamped))?.nearMisses).toEqual([
      { of: 'parameter', sent: 'timestmp', meant: 'timestamp' },
    ])
  })

  it('are none where the right name came as well, or nothing is near', async () => {
    const gateway = gatewayOf()
    const reply = await call(gateway, 'taobao.item.add', { ...phone, titel: 'x' })
    expect(gateway.exchanges.find(idOf(reply))?.nearMisses).toEqual([])
    const other = await call(gateway, 'taobao.trade.fullinfo.get')
    expect(gateway.exchanges.find(idOf(other))?.nearMisses).toEqual([])
  })
})

describe('a parameter that is a secret by its name', () => {
  const secret = 'swordfish-42'

  it.each(['password', 'auth_token', 'wdgjaccesstoken', 'access_key', 'app_secret', 'session_id'])(
    'is masked and cannot be searched for: %s',
    async (name) => {
      const gateway = createGateway({ profile: 'production' })
      await call(gateway, 'taobao.time.get', { [name]: secret })
      expect(gateway.exchanges.find('1')?.request.params).toMatchObject({ [name]: '***' })
      expect(gateway.exchanges.list({ text: secret })).toEqual([])
    },
  )

  it('is masked inside a structure, and what stands beside it is not', async () => {
    const gateway = createGateway({ profile: 'production' })
    const request = JSON.stringify({ cp_code: 'STO', a: [{ password: secret }], user_token: 7 })
    await call(gateway, 'taobao.time.get', { request })
    expect(gateway.exchanges.find('1')?.request.params.request).toBe(
      '{"cp_code":"STO","a":[{"password":"***"}],"user_token":"***"}',
    )
    expect(gateway.exchanges.list({ text: secret })).toEqual([])
    expect(gateway.exchanges.list({ text: 'cp_code' })).toHaveLength(1)
  })

  it('is not one because a word of it sounds so', async () => {
    const gateway = createGateway({ profile: 'production' })
    await call(gateway, 'taobao.time.get', {
      token_from: 'x',
      secret_version: '1',
      session_nick: 'y',
    })
    expect(gateway.exchanges.find('1')?.request.params).toMatchObject({
      token_from: 'x',
      secret_version: '1',
      session_nick: 'y',
    })
  })
})

describe('no secret of the world', () => {
  it('ever appears, whatever name or place it came in', async () => {
    const secrets = {
      app_secret: 'secret-of-the-app',
      session: 'session-of-the-seller',
      refresh_token: 'token-for-refreshing',
    }
    const told: string[] = []
    const gateway = createGateway({
      profile: 'production',
      log: (event) => void told.push(JSON.stringify(event)),
      world: {
        apps: [{ app_key: '1', app_secret: secrets.app_secret }],
        sellers: [{ nick: 'n', user_id: 1 }],
        sessions: [
          {
            session: secrets.session,
            app_key: '1',
            seller: 'n',
            refresh_token: secrets.refresh_token,
          },
        ],
      },
      scenarios: [
        {
          title: 'leaky',
          rules: [
            {
              when: { session: secrets.session, params: { refresh_token: secrets.refresh_token } },
              then: { refuse: 22 },
            },
            { when: { call: 99 }, then: { appSecret: 'secret-of-the-app' } },
          ],
        },
      ],
    })
    const who = { app: '1', secret: secrets.app_secret, session: secrets.session }
    const values = Object.values(secrets)
    for (const value of values) {
      // Under names that nobody masks, inside longer texts, as names, in answers and in refusals.
      await call(
        gateway,
        'taobao.item.add',
        { ...phone, outer_id: value, title: `a ${value} b` },
        who,
      )
      await call(gateway, 'taobao.item.seller.get', { fields: 'title', num_iid: value }, who)
      await call(
        gateway,
        'taobao.items.custom.get',
        { fields: 'outer_id,title', outer_id: value },
        who,
      )
      await call(gateway, `taobao.${value}.get`, { [value]: value }, who)
      await call(
        gateway,
        time,
        { access_token: value, sessionKey: value },
        { ...who, format: 'xml' },
      )
      await call(gateway, time, {}, { ...who, secret: value, session: value })
      await request(
        gateway,
        new Request(`http://localhost/router/rest?method=${time}&app_key=${value}`, {
          method: 'POST',
          body: `{"token":"${value}"}`,
          headers: { 'content-type': `application/json; x=${value}` },
        }),
      )
    }
    await call(
      gateway,
      'taobao.top.auth.token.refresh',
      { refresh_token: secrets.refresh_token },
      who,
    )
    const exchanges = gateway.exchanges.list()
    expect(exchanges.length).toBe(values.length * 7 + 1)
    const explained = exchanges.map(({ id }) => JSON.stringify(gateway.exchanges.find(id)))
    const rules = gateway.scenarios.list().map(({ sentence, sentenceZh }) => sentence + sentenceZh)
    for (const value of values) {
      const shown = [...explained, ...rules, ...told, JSON.stringify(exchanges)]
      expect(
        shown.filter((text) => text.includes(value)).map((text) => text.slice(0, 400)),
      ).toEqual([])
    }
    // The rest of what was sent is there.
    expect(explained.join('')).toContain('a *** b')
  })
})
