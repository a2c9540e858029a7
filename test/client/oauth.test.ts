import { afterEach, describe, expect, it } from 'vitest'
import {
  type ClientOptions,
  createClient,
  isTopAuthError,
  isTopError,
  TopAuthError,
  TopShapeError,
  type TopToken,
  TopTransportError,
} from '../../src/client/index.ts'
import { defaultWorld, itemAdd, timeGet, userSellerGet } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'

let gateway: Gateway | undefined
afterEach(async () => {
  await gateway?.close()
  gateway = undefined
})

const redirectUri = 'http://localhost:3000/callback'
const now = Date.parse('2026-11-11T20:00:00+08:00')
const who = { fields: ['nick'] }

/** A client of a gateway in this process. */
function clientOf(options: Partial<ClientOptions> = {}, gatewayOptions: GatewayOptions = {}) {
  const opened = createGateway({ profile: 'production', rateLimit: 'off', ...gatewayOptions })
  gateway = opened
  opened.clock.freeze('2026-11-11 20:00:00')
  const asked: string[] = []
  const client = createClient({
    url: 'http://gateway.invalid',
    appKey: '12345678',
    appSecret: 'helloworld',
    fetch: (url, init) => {
      const body = init.body as URLSearchParams
      asked.push(body.get('method') ?? body.get('grant_type') ?? '')
      return opened.fetch(new Request(url, init))
    },
    now: () => opened.clock.state().epochMs,
    ...options,
  })
  const codeFor = async (nick = '本地小店') => {
    const url = `${client.authorizeUrl({ redirectUri })}&localtop_approve=${encodeURIComponent(nick)}`
    const location = (await opened.fetch(new Request(url))).headers.get('location')
    return new URL(location ?? '').searchParams.get('code') ?? expect.fail('no code came')
  }
  return { client, opened, asked, codeFor }
}

/** A client of a platform that answers `/token` with this. */
const clientOfAnswer = (body: string, status = 200) =>
  createClient({
    url: 'http://gateway.invalid',
    appKey: '1',
    appSecret: 's',
    now: () => now,
    fetch: () => new Response(body, { status }),
  })

const failureOf = (call: Promise<unknown>) =>
  call.then(
    () => expect.fail('it was answered'),
    (error: unknown) => error,
  )

describe('authorizeUrl', () => {
  it.each([
    ['http://127.0.0.1:7070', 'http://127.0.0.1:7070'],
    ['http://127.0.0.1:7070/router/rest', 'http://127.0.0.1:7070'],
    ['https://localhost:7071/', 'https://localhost:7071'],
    ['http://gw.api.taobao.com/router/rest', 'https://oauth.taobao.com'],
    ['https://eco.taobao.com/router/rest', 'https://oauth.taobao.com'],
    ['https://api.taobao.com/router/rest', 'https://oauth.taobao.com'],
    ['http://gw.api.tbsandbox.com/router/rest', 'https://oauth.tbsandbox.com'],
    ['https://taobao.com.example/', 'https://taobao.com.example'],
    ['https://nottaobao.com/', 'https://nottaobao.com'],
  ])('of a client of %s begins with %s', (url, authUrl) => {
    const client = createClient({ url, appKey: '1', appSecret: 's' })
    expect(client.authorizeUrl({ redirectUri })).toBe(
      `${authUrl}/authorize?response_type=code&client_id=1&redirect_uri=http%3A%2F%2Flocalhost%3A3000%2Fcallback`,
    )
  })

  it('begins with the authUrl that is given, and says what it is told', () => {
    const client = createClient({
      url: 'https://eco.taobao.com/router/rest',
      appKey: '1',
      appSecret: 's',
      authUrl: 'http://127.0.0.1:7070/',
    })
    const url = new URL(
      client.authorizeUrl({ redirectUri, state: '中 &', view: 'wap', responseType: 'token' }),
    )
    expect(url.origin + url.pathname).toBe('http://127.0.0.1:7070/authorize')
    expect(Object.fromEntries(url.searchParams)).toEqual({
      response_type: 'token',
      client_id: '1',
      redirect_uri: redirectUri,
      state: '中 &',
      view: 'wap',
    })
  })

  it('an authUrl that is none is refused when the client is made', () => {
    const make = () =>
      createClient({ url: 'http://x', appKey: '1', appSecret: 's', authUrl: 'oauth' })
    expect(make).toThrow('authUrl was "oauth"')
  })
})

describe('exchangeCode', () => {
  it('answers a typed token, whose session the client uses from then on', async () => {
    const kept: TopToken[] = []
    const { client, codeFor } = clientOf({ onToken: (token) => void kept.push(token) })
    const token = await client.exchangeCode(await codeFor('隔壁商行'), { redirectUri })
    const day = { expiresIn: 86_400, expiresAt: now + 86_400_000 }
    expect(token).toEqual({
      session: expect.stringMatching(/100000002$/),
      tokenType: 'Bearer',
      ...day,
      refreshToken: expect.stringMatching(/100000002$/),
      refresh: { expiresIn: 2_592_000, expiresAt: now + 2_592_000_000 },
      levels: { r1: day, r2: day, w1: day, w2: day },
      nick: '隔壁商行',
      userId: '100000002',
    })
    expect(kept).toEqual([token])
    expect(await client.call(userSellerGet, who)).toEqual({ user: { nick: '隔壁商行' } })
  })

  it('throws the refusal of a code that was used already', async () => {
    const { client, codeFor, asked } = clientOf()
    const code = await codeFor()
    await client.exchangeCode(code, { redirectUri })
    const error = await failureOf(client.exchangeCode(code, { redirectUri }))
    expect(error).toBeInstanceOf(TopAuthError)
    expect(error).toMatchObject({
      name: 'TopAuthError',
      method: 'authorization_code',
      error: 'invalid_client',
      description: `authorize code ${code} invalidate,please authorize again.`,
      status: 400,
      outcome: 'not-done',
    })
    expect([isTopAuthError(error), isTopError(error)]).toEqual([true, true])
    expect(isTopAuthError(new Error('other'))).toBe(false)
    expect(asked).toEqual(['authorization_code', 'authorization_code'])
  })

  it('reads the payloads that the platform has sent: ids as numbers, levels absent, open_uid', async () => {
    const answer =
      '{"access_token":"6200","expires_in":7776000,"re_expires_in":0,"refresh_token":"62001","r1_expires_in":"1800","hra_expires_in":"1800","taobao_user_id":9007199254740993,"taobao_open_uid":"AAE","taobao_user_nick":"%E4%BC%98+a","sub_taobao_user_nick":"%E4%BC%98%3A1","sub_taobao_user_id":"7"}'
    const token = await clientOfAnswer(answer).exchangeCode('c', { redirectUri })
    expect(token).toMatchObject({
      nick: '优 a',
      userId: '9007199254740993',
      openUid: 'AAE',
      subNick: '优:1',
      subUserId: '7',
      refresh: { expiresIn: 0 },
      levels: { r1: { expiresIn: 1800 }, r2: undefined },
    })
  })

  it('leaves a nick that is no urlencoded UTF-8 as it came', async () => {
    const answer = '{"access_token":"x","expires_in":1,"taobao_user_nick":"100%"}'
    expect((await clientOfAnswer(answer).exchangeCode('c', { redirectUri })).nick).toBe('100%')
  })

  it.each([
    ['{"access_token":"SECRET-TOKEN"}', 200, TopShapeError],
    ['{"expires_in":5}', 200, TopShapeError],
    ['SECRET-TOKEN', 200, TopShapeError],
    ['null', 200, TopShapeError],
    ['<html>', 502, TopTransportError],
    ['{}', 500, TopTransportError],
    ['{"error":"invalid_client"}', 400, TopAuthError],
    ['{"error":"invalid_client"}', 200, TopAuthError],
  ])('throws for %s with HTTP %i, without showing what came', async (body, status, kind) => {
    const error = await failureOf(clientOfAnswer(body, status).exchangeCode('c', { redirectUri }))
    expect(error).toBeInstanceOf(kind)
    expect(JSON.stringify(error) + String(error)).not.toContain('SECRET-TOKEN')
  })

  it('throws a TopTransportError where nobody answers, and asks once only', async () => {
    let asked = 0
    const client = createClient({
      url: 'http://gateway.invalid',
      appKey: '1',
      appSecret: 's',
      fetch: () => {
        asked++
        throw new TypeError('fetch failed')
      },
    })
    const error = await failureOf(client.exchangeCode('c', { redirectUri }))
    expect(error).toBeInstanceOf(TopTransportError)
    expect(asked).toBe(1)
  })
})

describe('refresh', () => {
  it('takes the refresh token of the last token, which is over then', async () => {
    const { client, codeFor } = clientOf()
    const first = await client.exchangeCode(await codeFor(), { redirectUri })
    const second = await client.refresh()
    const third = await client.refresh()
    expect(new Set([first.session, second.session, third.session]).size).toBe(3)
    expect(await failureOf(client.refresh(first.refreshToken))).toMatchObject({
      name: 'TopAuthError',
      method: 'refresh_token',
      error: 'invalid_grant',
    })
  })

  it('takes one that is given, by the options or the call', async () => {
    const { client, codeFor, opened } = clientOf()
    const { refreshToken } = await client.exchangeCode(await codeFor(), { redirectUri })
    const options: ClientOptions = {
      url: 'http://gateway.invalid',
      appKey: '12345678',
      appSecret: 'helloworld',
      fetch: (url, init) => opened.fetch(new Request(url, init)),
    }
    const renewed = await createClient({ ...options, refreshToken }).refresh()
    const again = await createClient(options).refresh(renewed.refreshToken)
    expect(again.nick).toBe('本地小店')
  })

  it('asked for several times at once, asks the platform once', async () => {
    const { client, codeFor, asked } = clientOf()
    await client.exchangeCode(await codeFor(), { redirectUri })
    const tokens = await Promise.all([client.refresh(), client.refresh(), client.refresh()])
    expect(new Set(tokens.map(({ session }) => session)).size).toBe(1)
    expect(asked).toEqual(['authorization_code', 'refresh_token'])
  })

  it('says so where no refresh token is known', async () => {
    const { client, asked } = clientOf()
    await expect(client.refresh()).rejects.toThrow('no refresh token is known')
    expect(asked).toEqual([])
  })
})

describe('a refused session', () => {
  const dayOver = async (options: Partial<ClientOptions> = {}, gatewayOptions?: GatewayOptions) => {
    const kept: string[] = []
    const all = clientOf(
      { onToken: ({ session }) => void kept.push(session), ...options },
      gatewayOptions,
    )
    await all.client.exchangeCode(await all.codeFor(), { redirectUri })
    all.opened.clock.advance('1d')
    all.asked.length = 0
    return { ...all, kept }
  }

  it('is refreshed once with the known refresh token, and the call repeated', async () => {
    const { client, asked, kept } = await dayOver()
    expect(await client.call(userSellerGet, who)).toEqual({ user: { nick: '本地小店' } })
    await client.call(userSellerGet, who)
    const method = 'taobao.user.seller.get'
    expect(asked).toEqual([method, 'refresh_token', method, method])
    expect(new Set(kept).size).toBe(2)
  })

  it('is refreshed once for all the calls that it refused at the same time', async () => {
    const { client, asked } = await dayOver()
    await Promise.all(Array.from({ length: 10 }, () => client.call(userSellerGet, who)))
    expect(asked.filter((name) => name === 'refresh_token')).toHaveLength(1)
  })

  it('is refreshed where one level has ended (42), and where none was there (26)', async () => {
    const [first, ...others] = defaultWorld.apps ?? []
    if (!first) return expect.fail('the default world has no app')
    const apps = [{ ...first, token: { expires_in: 864_000, w1_expires_in: 60 } }, ...others]
    const { client, opened, asked } = await dayOver({}, { world: { ...defaultWorld, apps } })
    const item = {
      title: '茶壶',
      price: '58.00',
      num: 3,
      type: 'fixed',
      cid: '1512',
      desc: '紫砂茶壶，手工制作',
      stuff_status: 'new',
      'location.state': '江苏',
      'location.city': '无锡',
    } as const
    await client.call(userSellerGet, who)
    expect(asked).not.toContain('refresh_token')
    await client.call(itemAdd, item)
    expect(asked.slice(-3)).toEqual(['taobao.item.add', 'refresh_token', 'taobao.item.add'])

    const { refreshToken } = await client.refresh()
    const bare = createClient({
      url: 'http://gateway.invalid',
      appKey: '12345678',
      appSecret: 'helloworld',
      refreshToken,
      fetch: (url, init) => opened.fetch(new Request(url, init)),
      now: () => opened.clock.state().epochMs,
    })
    expect(await bare.call(userSellerGet, who)).toEqual({ user: { nick: '本地小店' } })
  })

  it('throws what the refresh was refused with', async () => {
    const { client, opened } = await dayOver()
    opened.clock.advance('30d')
    expect(await failureOf(client.call(userSellerGet, who))).toMatchObject({
      name: 'TopAuthError',
      error: 'invalid_grant',
    })
  })

  it('is thrown where the app may not refresh', async () => {
    const [first, ...others] = defaultWorld.apps ?? []
    if (!first) return expect.fail('the default world has no app')
    const apps = [{ ...first, token: { re_expires_in: 0 } }, ...others]
    const { client, asked } = await dayOver({}, { world: { ...defaultWorld, apps } })
    expect(await failureOf(client.call(userSellerGet, who))).toMatchObject({ code: 27 })
    expect(asked).toEqual(['taobao.user.seller.get'])
  })

  it('is left to refreshSession where that is given', async () => {
    const { client, asked } = await dayOver({ refreshSession: () => 'test-renewed' })
    expect(await client.call(userSellerGet, who)).toEqual({ user: { nick: '本地小店' } })
    expect(asked).not.toContain('refresh_token')
  })

  it('that the call brought itself is not refreshed', async () => {
    const { client, asked } = await dayOver()
    const given = client.call(userSellerGet, who, { session: 'nobody' })
    expect(await failureOf(given)).toMatchObject({ code: 27 })
    expect(asked).not.toContain('refresh_token')
  })

  it('makes publish say which refusal it was, item by item', async () => {
    const { client, opened } = await dayOver({ profile: 'guide' }, { profile: 'guide' })
    opened.clock.advance('30d')
    const results = await client.publish([{ title: 't', price: '1.00', num: 1 }])
    expect(results).toMatchObject([
      { status: 'failed', error: { message: expect.stringContaining('invalid_grant') } },
    ])
  })
})

it('a failing onToken fails who asked, and the token is known all the same', async () => {
  let broken = true
  const { client, codeFor } = clientOf({
    onToken: () => {
      if (broken) throw new Error('the disk is full')
    },
  })
  await expect(client.exchangeCode(await codeFor(), { redirectUri })).rejects.toThrow('disk')
  broken = false
  expect(await client.call(timeGet, {})).toHaveProperty('time')
  expect(await client.call(userSellerGet, who)).toEqual({ user: { nick: '本地小店' } })
  expect((await client.refresh()).nick).toBe('本地小店')
})
