import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  authMethods,
  boolean,
  defaultWorld,
  defineMethod,
  oauthErrors,
  oauthFacts,
  type WorldSeed,
} from '../../src/contracts/index.ts'
import {
  createGateway,
  fidelityLedger,
  type Gateway,
  type GatewayOptions,
} from '../../src/server/index.ts'
import { addItem, bothProfiles, call, codeIn, neighbour } from '../support/gateway.ts'
import { smallDisk } from '../support/small-disk.ts'

let gateway: Gateway
const start = '2026-11-11 10:00:00'
const startMs = Date.parse('2026-11-11T10:00:00+08:00')
const base = 'http://localhost:7070'
const callback = 'http://localhost:3000/callback'
const doc = { client_id: '12345678', client_secret: 'helloworld' }
const shop = '本地小店'

function open(options: GatewayOptions = {}): Gateway {
  gateway = createGateway({ profile: 'production', rateLimit: 'off', ...options })
  gateway.clock.freeze(start)
  return gateway
}
beforeEach(() => {
  open()
})
afterEach(() => gateway.close())

type Params = Readonly<Record<string, string>>
type AppSeed = NonNullable<WorldSeed['apps']>[number]

/** The default world with more said of its first app. */
const worldWith = (more: Partial<AppSeed>): WorldSeed => {
  const [first, ...others] = defaultWorld.apps ?? []
  return { ...defaultWorld, apps: [{ ...(first as AppSeed), ...more }, ...others] }
}

const authorizeParams = (params: Params = {}) =>
  new URLSearchParams({
    response_type: 'code',
    client_id: doc.client_id,
    redirect_uri: callback,
    ...params,
  })
const getAuthorize = (query: URLSearchParams | string) =>
  gateway.fetch(new Request(`${base}/authorize?${query}`))
const submit = (
  form: Params,
  query: URLSearchParams | string = authorizeParams(),
  headers: Params = {},
) =>
  gateway.fetch(
    new Request(`${base}/authorize?${query}`, {
      method: 'POST',
      body: new URLSearchParams(form),
      headers,
    }),
  )

const locationOf = (response: Response): URL => {
  expect(response.status).toBe(302)
  return new URL(response.headers.get('location') ?? '')
}

/** A code, by the way without a click. */
async function codeFor(params: Params = {}): Promise<string> {
  const response = await getAuthorize(authorizeParams({ localtop_approve: shop, ...params }))
  return locationOf(response).searchParams.get('code') ?? expect.fail('no code came')
}

async function postToken(params: Params, init: RequestInit = {}, query = '') {
  const response = await gateway.fetch(
    new Request(`${base}/token${query}`, {
      method: 'POST',
      body: new URLSearchParams(params),
      ...init,
    }),
  )
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  const body: any = await response.json()
  return { status: response.status, headers: response.headers, body }
}
const exchange = (code: string, params: Params = {}) =>
  postToken({
    grant_type: 'authorization_code',
    code,
    redirect_uri: callback,
    ...doc,
    ...params,
  })
const refresh = (refresh_token: string, params: Params = {}) =>
  postToken({ grant_type: 'refresh_token', refresh_token, ...doc, ...params })

/** A token from consent to exchange. */
async function newToken(params: Params = {}) {
  const { status, body } = await exchange(await codeFor(params))
  expect(status).toBe(200)
  return body
}

/** Whether a session may read, write or neither: the code of the refusal, `undefined` for an answer. */
const reads = async (session: string) =>
  (await call(gateway, 'taobao.items.onsale.get', { fields: 'num_iid' }, { session })).error?.code
const writes = async (session: string) =>
  (await call(gateway, 'taobao.item.update', { num_iid: '11223344', title: '改' }, { session }))
    .error?.code

describe('the consent page', () => {
  it('lists the sellers of the world in Chinese and English, with nothing that needs a script', async () => {
    const response = await getAuthorize(authorizeParams())
    const text = await response.text()
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/html;charset=UTF-8')
    for (const part of [shop, '隔壁商行', '授权', 'Approve', '拒绝', 'Refuse', doc.client_id]) {
      expect(text).toContain(part)
    }
    expect(text).not.toMatch(/<script|\son\w+=|javascript:/i)
    expect(text).toContain(callback)
  })

  it.each([
    ['web', 'web'],
    ['tmall', 'tmall'],
    ['wap', 'wap'],
    ['', 'web'],
    ['"><b>', 'web'],
  ])('is laid out for view=%s', async (view, layout) => {
    const text = await (await getAuthorize(authorizeParams({ view }))).text()
    expect(text).toContain(`<body class="${layout}">`)
  })

  it('redirects with a code where the person approves', async () => {
    const query = authorizeParams({ state: 's 1' })
    const { origin, pathname, searchParams } = locationOf(
      await submit({ decision: 'approve', nick: '隔壁商行' }, query),
    )
    expect(origin + pathname).toBe(callback)
    expect([...searchParams.keys()]).toEqual(['code', 'state'])
    expect(searchParams.get('state')).toBe('s 1')
    const { body } = await exchange(searchParams.get('code') ?? '')
    expect(body.taobao_user_id).toBe('100000002')
  })

  it('redirects with error=access_denied where the person refuses', async () => {
    const { searchParams } = locationOf(
      await submit({ decision: 'refuse' }, authorizeParams({ state: 'x' })),
    )
    expect(searchParams.get('error')).toBe('access_denied')
    expect(searchParams.get('state')).toBe('x')
    expect(searchParams.has('code')).toBe(false)
  })

  it.each([{}, { decision: '' }, { decision: 'maybe', nick: shop }])(
    'does not take the form %j for an answer',
    async (form) => {
      const response = await submit(form as Params)
      expect(response.status).toBe(400)
      expect(await response.text()).toContain('approve')
    },
  )

  it.each([
    'https://evil.example',
    'null',
    'http://localhost:7071',
    'http://localhost.evil.example',
  ])('takes no form from a page of %s', async (origin) => {
    const response = await submit({ decision: 'approve', nick: shop }, undefined, { origin })
    expect(response.status).toBe(403)
    expect(response.headers.get('location')).toBeNull()
    expect(await gateway.snapshot({ secrets: true })).not.toHaveProperty('codes')
  })

  it('takes the form of its own page', async () => {
    const response = await submit({ decision: 'approve', nick: shop }, undefined, { origin: base })
    expect(locationOf(response).searchParams.get('code')).toMatch(/^\w{31}$/)
  })

  it('keeps what the redirect_uri has in its query, and drops its fragment', async () => {
    const redirect_uri = `${callback}?shop=%E5%BA%97&a=b%20c#top`
    const response = await getAuthorize(authorizeParams({ redirect_uri, localtop_approve: shop }))
    expect(response.headers.get('location')).toMatch(
      /^http:\/\/localhost:3000\/callback\?shop=%E5%BA%97&a=b%20c&code=\w+$/,
    )
  })
})

describe('without a click', () => {
  it('localtop_approve redirects at once', async () => {
    const { searchParams } = locationOf(
      await getAuthorize(authorizeParams({ localtop_approve: shop, state: '7' })),
    )
    expect(searchParams.get('code')).toMatch(/^\w{31}$/)
    expect(searchParams.get('state')).toBe('7')
  })

  it.each(['nobody', '', '本地小店 '])(
    'names the nicks where "%s" is none of them',
    async (nick) => {
      const response = await getAuthorize(authorizeParams({ localtop_approve: nick }))
      const text = await response.text()
      expect(response.status).toBe(400)
      for (const known of [shop, '隔壁商行']) expect(text).toContain(`<li>${known}</li>`)
    },
  )

  it('shows page error 1001 for a seller who is not among the users of the app', async () => {
    await gateway.close()
    open({ world: worldWith({ users: ['隔壁商行'] }) })
    const refused = await getAuthorize(authorizeParams({ localtop_approve: shop }))
    expect(refused.status).toBe(400)
    expect(await refused.text()).toContain('<code class="error">1001</code>')
    expect((await submit({ decision: 'approve', nick: shop })).status).toBe(400)
    expect(await codeFor({ localtop_approve: '隔壁商行' })).toMatch(/^\w+$/)
  })
})

describe('before the redirect can be trusted', () => {
  const { 'callback-mismatch': mismatch, 'redirect-invalid': invalid } = oauthErrors
  const unknown = oauthErrors['client-unknown']

  it.each([
    [{ client_id: 'nobody' }, unknown],
    [{ client_id: '' }, unknown],
    [{ client_id: '__proto__' }, unknown],
    [{ redirect_uri: '' }, invalid],
    [{ redirect_uri: 'javascript:alert(1)' }, invalid],
    [{ redirect_uri: 'data:text/html,x' }, invalid],
    [{ redirect_uri: '//evil.example/' }, invalid],
    [{ redirect_uri: '/callback' }, invalid],
    [{ redirect_uri: 'ftp://localhost/' }, invalid],
    [{ redirect_uri: 'http://user:pass@localhost/' }, invalid],
    [{ redirect_uri: 'http://localhost@evil.example/' }, invalid],
    [{ redirect_uri: 'http://evil.example\\@localhost/' }, mismatch],
    [{ redirect_uri: 'http://evil.example/?localhost' }, mismatch],
    [{ redirect_uri: 'https://localhost.evil.example/' }, mismatch],
  ])('%j is a page with HTTP 400, and goes nowhere', async (params, { error, description }) => {
    for (const response of [
      await getAuthorize(authorizeParams({ ...params, localtop_approve: shop } as Params)),
      await submit({ decision: 'approve', nick: shop }, authorizeParams(params as Params)),
      await submit({ decision: 'refuse' }, authorizeParams(params as Params)),
    ]) {
      const text = await response.text()
      expect(response.status).toBe(400)
      expect(response.headers.get('location')).toBeNull()
      expect(response.headers.get('content-type')).toMatch(/^text\/html/)
      expect(text).toContain(error)
      expect(text).toContain(description)
    }
  })

  it.each([
    ['https://shop.example.com/cb', 'https://shop.example.com/cb', true],
    ['https://shop.example.com/cb', 'http://other.example.com:8080/elsewhere', true],
    ['shop.example.com', 'https://example.com/', true],
    ['example.com', 'https://a.b.c.example.com/', true],
    ['https://shop.example.com/cb', 'https://shop.example.org/cb', false],
    ['https://shop.example.com/cb', 'https://example.com.evil.net/cb', false],
    ['example.com', 'https://evilexample.com/', false],
    ['shop.com.cn', 'https://www.shop.com.cn/', true],
    ['shop.com.cn', 'https://other.com.cn/', false],
    ['shop.com.cn', 'https://com.cn/', false],
    ['http://192.168.1.10/cb', 'http://192.168.1.10:81/', true],
    ['http://192.168.1.10/cb', 'http://192.168.2.10/', false],
    ['http://[::1]:3000/', 'http://[::1]/', true],
    ['SHOP.Example.com', 'https://shop.EXAMPLE.com/', true],
    ['https://example.com./', 'https://example.com/', true],
    ['shop.example.com', 'http://localhost:3000/', false],
  ])('an app registered at %s redirecting to %s: %s', async (registered, redirect_uri, works) => {
    await gateway.close()
    open({ world: worldWith({ redirect_uris: ['https://one.invalid/', registered] }) })
    const response = await getAuthorize(authorizeParams({ redirect_uri, localtop_approve: shop }))
    expect(response.status).toBe(works ? 302 : 400)
    if (works) expect(locationOf(response).host).toBe(new URL(redirect_uri).host)
  })

  it.each([
    ['http://127.0.0.1/', 302],
    ['http://127.9.9.9:1234/', 302],
    ['http://[::1]:3000/', 302],
    ['https://localhost/', 302],
    ['http://shop.localhost:3000/', 302],
    ['https://shop.test/', 302],
    ['http://128.0.0.1/', 400],
    ['http://10.0.0.1/', 400],
    ['https://nottest/', 400],
    ['https://shop.example.com/', 400],
  ])(
    'an app that has registered nothing redirecting to %s gets %i',
    async (redirect_uri, status) => {
      const response = await getAuthorize(authorizeParams({ redirect_uri, localtop_approve: shop }))
      expect(response.status).toBe(status)
    },
  )

  it.each([['not a domain'], ['http://'], ['user@example.com'], ['example.com/path']])(
    'a world with the callback "%s" is refused',
    (redirect_uri) => {
      expect(() => createGateway({ world: worldWith({ redirect_uris: [redirect_uri] }) })).toThrow(
        'redirect_uris',
      )
    },
  )

  it('a world whose app allows a seller who is not there is refused', () => {
    expect(() => createGateway({ world: worldWith({ users: ['nobody'] }) })).toThrow(
      'no seller has the nick',
    )
  })

  it.each(['user', '', 'CODE'])(
    'response_type=%s goes back to the app as an error',
    async (type) => {
      const { searchParams } = locationOf(
        await getAuthorize(authorizeParams({ response_type: type, state: 'x' })),
      )
      expect(searchParams.get('error')).toBe('unsupported_response_type')
      expect(searchParams.get('state')).toBe('x')
    },
  )
})

describe('state', () => {
  it('comes back unchanged, whatever it is, by either way', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ unit: 'binary', maxLength: 60 }), async (state) => {
        const query = authorizeParams({ state })
        for (const response of [
          await submit({ decision: 'approve', nick: shop }, query),
          await submit({ decision: 'refuse' }, query),
          await getAuthorize(authorizeParams({ state, localtop_approve: shop })),
        ]) {
          expect(locationOf(response).searchParams.get('state')).toBe(state)
        }
      }),
      { numRuns: 100 },
    )
  })

  it.each(['%D6%D0', '%zz', 'a+b%2Bc%20d', '%0d%0aset-cookie:x', '%00', '%E6%9C%AC', ''])(
    'as %s comes back byte by byte',
    async (state) => {
      const query = `${authorizeParams({ localtop_approve: shop })}&state=${state}`
      const { headers } = await getAuthorize(query)
      expect(headers.get('location')).toMatch(/^[\x21-\x7e]+$/)
      expect(headers.get('location')?.split('&state=')[1]).toBe(state)
    },
  )

  it('is not made up where none was sent', async () => {
    const response = await getAuthorize(authorizeParams({ localtop_approve: shop }))
    expect(locationOf(response).searchParams.has('state')).toBe(false)
  })
})

describe('every echoed value is escaped', () => {
  const evil = `'"><script>alert(1)</script><img src=x onerror=alert(1)>&amp;`

  it.each([
    ['client_id', { client_id: evil }],
    ['redirect_uri', { redirect_uri: evil }],
    ['redirect_uri of localhost', { redirect_uri: `http://localhost/${evil}` }],
    ['state', { state: evil }],
    ['view', { view: evil }],
    ['response_type', { response_type: evil, redirect_uri: '' }],
    ['localtop_approve', { localtop_approve: evil }],
    ['anything else', { [evil]: evil }],
  ])('%s', async (_, params) => {
    for (const response of [
      await getAuthorize(authorizeParams(params as Params)),
      await submit({ decision: evil, nick: evil }, authorizeParams(params as Params)),
      await submit({ decision: 'approve', nick: evil }, authorizeParams(params as Params)),
    ]) {
      const text = await response.text()
      expect(text.length).toBeGreaterThan(1000)
      expect(text).not.toMatch(/<script|<img|'">/)
      expect(response.headers.get('content-security-policy')).toContain("default-src 'none'")
    }
  })

  it('the Origin of a foreign form', async () => {
    const response = await submit({ decision: 'approve' }, undefined, { origin: `x${evil}` })
    const text = await response.text()
    expect(text).toContain('&lt;script&gt;')
    expect(text).not.toMatch(/<script|<img/)
  })

  it('what stands in the world, and a nick of odd characters can still be chosen', async () => {
    await gateway.close()
    open({
      world: {
        apps: [
          {
            app_key: evil,
            app_secret: 's',
            users: [evil],
            redirect_uris: ['shop.example.com'],
          },
        ],
        sellers: [{ nick: evil, user_id: 1 }],
      },
    })
    const asked = { client_id: evil, redirect_uri: 'https://shop.example.com/' }
    for (const params of [
      asked,
      { ...asked, redirect_uri: 'https://evil.example/' },
      { client_id: 'x' },
      { ...asked, localtop_approve: 'x' },
    ] as Params[]) {
      const text = await (await getAuthorize(authorizeParams(params))).text()
      expect(text).toContain('&lt;script&gt;')
      expect(text).not.toMatch(/<script|<img/)
    }
    const form = { decision: 'approve', nick: evil }
    expect(locationOf(await submit(form, authorizeParams(asked))).searchParams.get('code')).toMatch(
      /^\w+$/,
    )
  })
})

describe('/token', () => {
  it('answers a token with the types of the platform', async () => {
    const { status, headers, body } = await exchange(await codeFor())
    expect(status).toBe(200)
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(headers.get('cache-control')).toBe('no-store')
    const day = startMs + 86_400_000
    expect(body).toEqual({
      access_token: expect.stringMatching(/^6[12]0[012][0-9a-zA-Z]+100000001$/),
      token_type: 'Bearer',
      expires_in: 86_400,
      expire_time: day,
      refresh_token: expect.stringMatching(/^6[12]0[012][0-9a-zA-Z]+100000001$/),
      re_expires_in: 2_592_000,
      refresh_token_valid_time: startMs + 2_592_000_000,
      r1_expires_in: 86_400,
      r1_valid: day,
      r2_expires_in: 86_400,
      r2_valid: day,
      w1_expires_in: 86_400,
      w1_valid: day,
      w2_expires_in: 86_400,
      w2_valid: day,
      hra_expires_in: '86400',
      taobao_user_id: '100000001',
      taobao_user_nick: '%E6%9C%AC%E5%9C%B0%E5%B0%8F%E5%BA%97',
    })
    for (const key of [body.access_token, body.refresh_token]) {
      expect(key).toMatch(/ZZ|fhj|ceg/)
      expect(key.length).toBeGreaterThanOrEqual(54)
      expect(key.length).toBeLessThanOrEqual(58)
    }
  })

  it('makes a session that publishes for the seller who has approved', async () => {
    const { access_token } = await newToken({ localtop_approve: '隔壁商行' })
    const num_iid = await addItem(gateway, {}, { session: access_token })
    const { answer } = await call(
      gateway,
      'taobao.item.seller.get',
      { num_iid, fields: 'title,nick' },
      neighbour,
    )
    expect(answer.item.nick).toBe('隔壁商行')
  })

  it('never gives the same code, session or refresh token twice', async () => {
    const keys = new Set<string>()
    for (let at = 0; at < 20; at++) {
      const code = await codeFor()
      const { body } = await exchange(code)
      for (const key of [code, body.access_token, body.refresh_token]) keys.add(key)
    }
    expect(keys.size).toBe(60)
  })

  it('reads its parameters from body, query and multipart, together', async () => {
    const params = async () => ({
      grant_type: 'authorization_code',
      code: await codeFor(),
      redirect_uri: callback,
      ...doc,
      state: 'ignored',
      view: 'ignored',
    })
    const inQuery = await postToken({}, {}, `?${new URLSearchParams(await params())}`)
    const { code, ...rest } = await params()
    const split = await postToken(rest, {}, `?code=${code}`)
    const form = new FormData()
    for (const [name, value] of Object.entries(await params())) form.append(name, value)
    const multipart = await postToken({}, { body: form })
    const untyped = await postToken(
      {},
      { body: new TextEncoder().encode(String(new URLSearchParams(await params()))) },
    )
    for (const { status, body } of [inQuery, split, multipart, untyped]) {
      expect(status).toBe(200)
      expect(await reads(body.access_token)).toBeUndefined()
    }
  })

  const missing = (parameter: string) => ({
    error: 'invalid_request',
    error_description: `${parameter} is missing`,
  })
  it.each([
    [{ grant_type: '' }, missing('grant_type')],
    [
      { grant_type: 'password' },
      {
        error: 'unsupported_grant_type',
        error_description: 'grant_type must be authorization_code or refresh_token',
      },
    ],
    [{ client_id: '' }, { error: 'invalid_client', error_description: 'client_id is invalidate' }],
    [
      { client_id: 'nobody' },
      { error: 'invalid_client', error_description: 'client_id is invalidate' },
    ],
    [
      { client_secret: '' },
      { error: 'invalid_client', error_description: 'client_secret is invalidate' },
    ],
    [
      { client_secret: 'HELLOWORLD' },
      { error: 'invalid_client', error_description: 'client_secret is invalidate' },
    ],
    [{ code: '' }, missing('code')],
    [
      { code: 'none' },
      {
        error: 'invalid_client',
        error_description: 'authorize code none invalidate,please authorize again.',
      },
    ],
    [{ redirect_uri: '' }, missing('redirect_uri')],
    [
      { redirect_uri: `${callback}/` },
      { error: 'invalid_client', error_description: 'redirect_uri is invalidate' },
    ],
    [{ grant_type: 'refresh_token' }, missing('refresh_token')],
  ])('refuses %j with HTTP 400, and the code stays good', async (params, expected) => {
    const code = await codeFor()
    const { status, headers, body } = await exchange(code, params as Params)
    expect(status).toBe(400)
    expect(headers.get('content-type')).toBe('application/json;charset=UTF-8')
    expect(headers.get('x-localtop-reason')).toMatch(/\w/)
    expect(body).toEqual(expected)
    expect((await exchange(code)).status).toBe(200)
  })

  it.each(['GET', 'PUT', 'DELETE'])('refuses %s, whatever comes with it', async (method) => {
    const code = await codeFor()
    const query = new URLSearchParams({
      grant_type: 'authorization_code',
      code,
      redirect_uri: callback,
      ...doc,
    })
    const response = await gateway.fetch(new Request(`${base}/token?${query}`, { method }))
    expect(response.status).toBe(400)
    expect(await response.json()).toMatchObject({ error: 'invalid_request' })
    expect((await exchange(code)).status).toBe(200)
  })

  it('refuses a body that is too large', async () => {
    const { status, body } = await exchange('x'.repeat(70_000))
    expect(status).toBe(400)
    expect(body.error).toBe('invalid_request')
  })
})

describe('a code', () => {
  const used = (code: string) => ({
    error: 'invalid_client',
    error_description: `authorize code ${code} invalidate,please authorize again.`,
  })

  it('works once, and the session that it gave lives on', async () => {
    const code = await codeFor()
    const { body } = await exchange(code)
    const again = await exchange(code)
    expect(again.status).toBe(400)
    expect(again.body).toEqual(used(code))
    expect(await reads(body.access_token)).toBeUndefined()
  })

  it('works once for many who come at the same time', async () => {
    const code = await codeFor()
    const answers = await Promise.all(Array.from({ length: 20 }, () => exchange(code)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 400)).toHaveLength(19)
  })

  it.each([
    ['29m', 200, undefined],
    ['1799s', 200, undefined],
    ['1800s', 400, 'authorize code expire'],
    ['31m', 400, 'authorize code expire'],
    ['23h', 400, 'authorize code expire'],
  ])('after %s gets %i', async (time, status, description) => {
    const code = await codeFor()
    gateway.clock.advance(time)
    const answered = await exchange(code)
    expect(answered.status).toBe(status)
    expect(answered.body.error_description).toBe(description)
  })

  it('is forgotten some time after it has expired', async () => {
    const code = await codeFor()
    gateway.clock.advance('25h')
    await codeFor()
    expect((await exchange(code)).body).toEqual(used(code))
    expect(Object.keys((await gateway.snapshot({ secrets: true })).codes ?? {})).toHaveLength(1)
  })

  it('is worth nothing to another app', async () => {
    const code = await codeFor()
    const other = { client_id: 'YOUR_APP_KEY', client_secret: 'YOUR_SECRET_KEY' }
    expect((await exchange(code, other)).body).toEqual(used(code))
    expect((await exchange(code)).status).toBe(200)
  })
})

describe('how long a token lasts', () => {
  it.each(bothProfiles)(
    'is a day for all levels in the %s profile, and then 27',
    async (profile) => {
      await gateway.close()
      open({ profile })
      const { access_token } = await newToken()
      gateway.clock.advance('86399s')
      expect([await reads(access_token), await writes(access_token)]).toEqual([
        undefined,
        undefined,
      ])
      gateway.clock.advance('1s')
      expect([await reads(access_token), await writes(access_token)]).toEqual(
        Array(2).fill(codeIn(profile, 27)),
      )
    },
  )

  it('is what the world says of the app', async () => {
    await gateway.close()
    const token = {
      expires_in: 86_400,
      re_expires_in: 3600,
      r1_expires_in: 1800,
      r2_expires_in: 0,
      w1_expires_in: 900,
      w2_expires_in: 0,
      hra_expires_in: 1800,
    }
    open({ world: worldWith({ token }) })
    const body = await newToken()
    expect(body).toMatchObject({ ...token, hra_expires_in: '1800' })
    expect(body).toMatchObject({ r1_valid: startMs + 1_800_000, w2_valid: startMs })
    const seen = []
    for (const step of ['899s', '1s', '899s', '1s', '84599s', '1s']) {
      gateway.clock.advance(step)
      seen.push([await reads(body.access_token), await writes(body.access_token)])
    }
    expect(seen).toEqual([
      [undefined, undefined],
      [undefined, 42],
      [undefined, 42],
      [42, 42],
      [42, 42],
      [27, 27],
    ])
  })

  it('leaves the levels as long as the session where the world names the session only', async () => {
    await gateway.close()
    open({ world: worldWith({ token: { expires_in: 60 } }) })
    expect(await newToken()).toMatchObject({
      expires_in: 60,
      re_expires_in: 2_592_000,
      r1_expires_in: 60,
      r2_expires_in: 60,
      w1_expires_in: 60,
      w2_expires_in: 60,
      hra_expires_in: '60',
    })
  })

  it.each([-1, 1.5, 'day', 1e12])('is not taken from a world that says %s', (expires_in) => {
    const token = { expires_in } as never
    expect(() => createGateway({ world: worldWith({ token }) })).toThrow('expires_in')
  })

  it('is not ended early by a moment within the second', async () => {
    await gateway.close()
    let now = startMs + 900
    gateway = createGateway({
      profile: 'production',
      wall: () => now,
      world: worldWith({ token: { expires_in: 1 } }),
    })
    const { access_token } = await newToken()
    now += 999
    expect(await reads(access_token)).toBeUndefined()
    now += 1000
    expect(await reads(access_token)).toBe(27)
  })
})

describe('a security level', () => {
  const end = { w2: 0, r2: 600 } as const
  const token = { w2_expires_in: end.w2, r2_expires_in: end.r2 }
  const methodOf = (name: string, level?: 'r1' | 'r2' | 'w1' | 'w2', session = true) =>
    defineMethod({
      name,
      summary: 'test',
      session: session ? 'required' : 'none',
      ...(level && { level }),
      repeatable: true,
      request: z.object({}),
      response: z.object({ ok: boolean }),
      example: {},
      source: 'test',
    })

  it.each([
    ['a writing one of its own', methodOf('taobao.x.add', 'w2'), 42],
    ['a reading one of its own', methodOf('taobao.x.get', 'r2'), undefined],
    ['none of its own and writes', methodOf('taobao.x.add'), undefined],
    ['none of its own and reads', methodOf('taobao.x.get'), undefined],
    ['one, though it needs no authorisation', methodOf('taobao.x.get', 'w2', false), undefined],
  ])('of a method that has %s', async (_, contract, code) => {
    await gateway.close()
    open({ world: worldWith({ token }), methods: [{ contract, handler: () => ({ ok: true }) }] })
    const { access_token } = await newToken()
    const reply = await call(gateway, contract.name, {}, { session: access_token })
    expect(reply.error?.code).toBe(code)
    if (code) {
      expect(reply.error?.msg).toBe('Insufficient session permissions')
      expect(reply.headers.get('x-localtop-gate')).toBe('session')
      const [{ id = '' } = {}] = gateway.exchanges.list({ limit: 1 })
      expect(gateway.exchanges.find(id)?.explanation.en).toContain('level w2')
    }
  })

  it('does not concern a session that the world gives without levels', async () => {
    expect([await reads('test'), await writes('test')]).toEqual([undefined, undefined])
  })
})

describe('a refresh', () => {
  it('gives a new session and refresh token, ends the old refresh token and leaves the old session', async () => {
    const first = await newToken()
    gateway.clock.advance('1h')
    const { status, body: second } = await refresh(first.refresh_token)
    expect(status).toBe(200)
    expect(Object.keys(second).sort()).toEqual(Object.keys(first).sort())
    expect(second.expire_time).toBe(startMs + 3_600_000 + 86_400_000)
    expect(second.access_token).not.toBe(first.access_token)
    expect(second.refresh_token).not.toBe(first.refresh_token)
    expect([await reads(first.access_token), await reads(second.access_token)]).toEqual([
      undefined,
      undefined,
    ])
    const again = await refresh(first.refresh_token)
    expect(again.status).toBe(400)
    expect(again.body).toEqual({
      error: 'invalid_grant',
      error_description: 'refresh_token is invalidate',
    })
    expect((await refresh(second.refresh_token)).status).toBe(200)
    gateway.clock.advance('23h')
    expect([await reads(first.access_token), await reads(second.access_token)]).toEqual([
      27,
      undefined,
    ])
  })

  it('works once for many who come at the same time', async () => {
    const { refresh_token } = await newToken()
    const answers = await Promise.all(Array.from({ length: 20 }, () => refresh(refresh_token)))
    expect(answers.filter(({ status }) => status === 200)).toHaveLength(1)
  })

  it('brings an ended session and its levels back', async () => {
    await gateway.close()
    open({ world: worldWith({ token: { expires_in: 3600, w1_expires_in: 60 } }) })
    const first = await newToken()
    gateway.clock.advance('61s')
    expect(await writes(first.access_token)).toBe(42)
    const { body: second } = await refresh(first.refresh_token)
    expect(await writes(second.access_token)).toBeUndefined()
    gateway.clock.advance('2h')
    expect(await reads(second.access_token)).toBe(27)
    const { body: third } = await refresh(second.refresh_token)
    expect(await reads(third.access_token)).toBeUndefined()
  })

  it.each([
    ['2591999s', 200],
    ['2592000s', 400],
  ])('after %s gets %i', async (time, status) => {
    const { refresh_token } = await newToken()
    gateway.clock.advance(time)
    const answered = await refresh(refresh_token)
    expect(answered.status).toBe(status)
    if (status === 400)
      expect(answered.body).toEqual({
        error: 'invalid_grant',
        error_description: 'refresh_token expire',
      })
  })

  it('is refused where re_expires_in is 0', async () => {
    await gateway.close()
    open({ world: worldWith({ token: { re_expires_in: 0 } }) })
    const { re_expires_in, refresh_token, refresh_token_valid_time } = await newToken()
    expect([re_expires_in, refresh_token_valid_time]).toEqual([0, startMs])
    const { status, body } = await refresh(refresh_token)
    expect(status).toBe(400)
    expect(body.error).toBe('invalid_grant')
  })

  it('is refused to another app', async () => {
    const { refresh_token } = await newToken()
    const other = { client_id: 'YOUR_APP_KEY', client_secret: 'YOUR_SECRET_KEY' }
    expect((await refresh(refresh_token, other)).body.error).toBe('invalid_grant')
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  it('works with a refresh token that the world gives, and not for a revoked session', async () => {
    await gateway.close()
    const seed = { app_key: '12345678', seller: shop, expires: '2020-01-01 00:00:00' }
    open({
      world: {
        ...defaultWorld,
        sessions: [
          { ...seed, session: 'old', refresh_token: 'given' },
          { ...seed, session: 'gone', refresh_token: 'taken', revoked: true },
        ],
      },
    })
    const { body } = await refresh('given')
    expect(await reads(body.access_token)).toBeUndefined()
    expect((await refresh('taken')).body.error).toBe('invalid_grant')
  })
})

describe('the client-side flow', () => {
  const fragmentOf = (response: Response) =>
    new URLSearchParams((response.headers.get('location') ?? '').split('#')[1])

  it('puts everything behind #, signed', async () => {
    const state = 'a&b=1 中'
    const response = await getAuthorize(
      authorizeParams({ response_type: 'token', localtop_approve: shop, state }),
    )
    expect(locationOf(response).href.split('#')[0]).toBe(callback)
    const fields = fragmentOf(response)
    expect([...fields.keys()]).toEqual([
      'access_token',
      'token_type',
      'expires_in',
      'refresh_token',
      're_expires_in',
      'r1_expires_in',
      'r2_expires_in',
      'taobao_user_id',
      'taobao_user_nick',
      'w1_expires_in',
      'w2_expires_in',
      'state',
      'top_sign',
    ])
    expect(fields.get('taobao_user_nick')).toBe(shop)
    expect(fields.get('state')).toBe(state)
    const text = [...fields]
      .filter(([name]) => name !== 'top_sign')
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => name + value)
      .join('')
    const expected = createHash('md5').update(`helloworld${text}helloworld`).digest('hex')
    expect(fields.get('top_sign')).toBe(expected.toUpperCase())
    expect(await writes(fields.get('access_token') ?? '')).toBeUndefined()
    expect((await refresh(fields.get('refresh_token') ?? '')).status).toBe(200)
  })

  it('lands at the gateway itself where the app names no redirect_uri', async () => {
    const query = new URLSearchParams({ response_type: 'token', client_id: doc.client_id })
    const page = await getAuthorize(query)
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('/oauth2')
    const response = await submit({ decision: 'approve', nick: shop }, query)
    const landed = locationOf(response)
    expect(landed.origin + landed.pathname + landed.search).toBe(`${base}/oauth2?view=web`)
    expect(fragmentOf(response).get('state')).toBe('')
    expect(await reads(fragmentOf(response).get('access_token') ?? '')).toBeUndefined()
    expect((await gateway.fetch(new Request(landed))).status).toBe(200)
  })

  it('answers a refusal in the fragment as well', async () => {
    const query = authorizeParams({ response_type: 'token', state: 'x' })
    const response = await submit({ decision: 'refuse' }, query)
    expect(locationOf(response).search).toBe('')
    expect(fragmentOf(response).get('error')).toBe('access_denied')
    expect(fragmentOf(response).get('state')).toBe('x')
  })
})

describe.each(['json', 'xml'] as const)('the token methods in %s', (format) => {
  const create = 'taobao.top.auth.token.create'
  const renew = 'taobao.top.auth.token.refresh'
  const caller = { session: null, format }
  const resultOf = (text: string) => {
    const found =
      format === 'json'
        ? (Object.values(JSON.parse(text))[0] as { token_result: string }).token_result
        : /<token_result>(.*)<\/token_result>/.exec(text)?.[1]
    return JSON.parse(found ?? expect.fail(`no token_result in ${text}`))
  }

  it('answer what /token answers, as a text of JSON, without a session', async () => {
    const reply = await call(gateway, create, { code: await codeFor(), uuid: 'abc' }, caller)
    const first = resultOf(reply.text)
    const other = await newToken()
    expect(first).toEqual({
      ...other,
      access_token: first.access_token,
      refresh_token: first.refresh_token,
    })
    expect(await writes(first.access_token)).toBeUndefined()
    const renewed = await call(gateway, renew, { refresh_token: first.refresh_token }, caller)
    expect(await writes(resultOf(renewed.text).access_token)).toBeUndefined()
  })

  it('refuse what /token refuses, in its words', async () => {
    const code = await codeFor()
    await exchange(code)
    const reply = await call(gateway, create, { code }, caller)
    expect(reply.error).toMatchObject({
      sub_code: 'isv.invalid-parameter:code',
      sub_msg: `authorize code ${code} invalidate,please authorize again.`,
    })
    expect(Number(reply.error?.code)).toBe(15)
    const refused = await call(gateway, renew, { refresh_token: 'none' }, caller)
    expect(refused.error?.sub_code).toBe('isv.invalid-parameter:refresh_token')
    const declared = Object.values(authMethods).flatMap(({ errors }) => Object.keys(errors))
    expect(declared).toEqual([reply.error?.sub_code, refused.error?.sub_code])
    expect(Number((await call(gateway, create, {}, caller)).error?.code)).toBe(40)
    expect(Number((await call(gateway, renew, {}, caller)).error?.code)).toBe(40)
  })

  it('give a code to the app that it belongs to only', async () => {
    const code = await codeFor()
    const other = { ...caller, app: 'YOUR_APP_KEY', secret: 'YOUR_SECRET_KEY' }
    const refused = await call(gateway, create, { code }, other)
    expect(refused.error?.sub_code).toBe('isv.invalid-parameter:code')
    expect((await call(gateway, create, { code }, caller)).error).toBeUndefined()
  })
})

it('no code, session or refresh token gets into journal or log', async () => {
  await gateway.close()
  const logged: unknown[] = []
  open({ log: (event) => logged.push(event) })
  const caller = { session: null }
  const code = await codeFor()
  const refusedEarly = await codeFor()
  const create = 'taobao.top.auth.token.create'
  const { answer } = await call(gateway, create, { code }, caller)
  await call(gateway, create, { code: refusedEarly }, { ...caller, secret: 'wrong' })
  const { access_token, refresh_token } = JSON.parse(answer.token_result)
  const renewed = await call(gateway, 'taobao.top.auth.token.refresh', { refresh_token }, caller)
  await addItem(gateway, {}, { session: access_token })
  const exchanges = gateway.exchanges.list().map(({ id }) => gateway.exchanges.find(id))
  expect(exchanges).toHaveLength(6)
  const text = JSON.stringify([exchanges, logged])
  const secrets = [code, refusedEarly, access_token, refresh_token]
  for (const secret of [...secrets, JSON.parse(renewed.answer.token_result).access_token]) {
    expect(secret.length).toBeGreaterThan(30)
    expect(text).not.toContain(secret)
  }
})

describe('what survives', () => {
  let folder: string
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'localtop-oauth-'))
  })
  afterEach(() => rmSync(folder, { recursive: true }))

  const reopen = async () => {
    await gateway.close()
    open({ store: 'file', data: folder })
  }

  it('a restart: codes, sessions with their levels, refresh tokens, and that they were used', async () => {
    await reopen()
    const [code, used] = [await codeFor(), await codeFor()]
    const first = (await exchange(used)).body
    const second = (await refresh(first.refresh_token)).body
    await reopen()
    expect((await exchange(used)).status).toBe(400)
    expect((await refresh(first.refresh_token)).status).toBe(400)
    expect(await reads(second.access_token)).toBeUndefined()
    expect((await refresh(second.refresh_token)).status).toBe(200)
    expect((await exchange(code)).status).toBe(200)
    gateway.clock.advance('1d')
    expect(await reads(second.access_token)).toBe(27)
  })

  it('a snapshot only where secrets are asked for', async () => {
    const code = await codeFor()
    const { access_token, refresh_token } = await newToken()
    const plain = JSON.stringify(await gateway.snapshot())
    for (const secret of [code, access_token, refresh_token]) expect(plain).not.toContain(secret)
    const whole = await gateway.snapshot({ secrets: true })
    for (const secret of [code, access_token, refresh_token]) {
      expect(JSON.stringify(whole)).toContain(secret)
    }
    // What the snapshot lacks stays as it is.
    await gateway.restore(JSON.parse(plain))
    expect(await reads(access_token)).toBeUndefined()
    await gateway.close()
    open()
    await gateway.restore(JSON.parse(JSON.stringify(whole)))
    expect((await exchange(code)).status).toBe(200)
    expect((await refresh(refresh_token)).status).toBe(200)
  })

  it('nothing that could not be kept: it is not acknowledged, and the answer is no bare 500', async () => {
    await gateway.close()
    const disk = smallDisk()
    open({ store: 'file', data: folder, files: disk })
    const code = await codeFor()
    disk.room = 0
    const { status, body } = await exchange(code)
    expect([status, body.error]).toEqual([400, 'server_error'])
    const consent = await getAuthorize(authorizeParams({ localtop_approve: shop }))
    expect([consent.status, consent.headers.get('location')]).toEqual([400, null])
    disk.room = 100_000
    // The code was not used up by the answer that could not be kept.
    expect((await exchange(code)).status).toBe(200)
    expect((await exchange(code)).status).toBe(400)
  })

  it('no reset', async () => {
    const code = await codeFor()
    const { access_token } = await newToken()
    await gateway.reset()
    expect((await exchange(code)).status).toBe(400)
    expect(await reads(access_token)).toBe(27)
  })
})

describe('tenants', () => {
  const tenantWorld: WorldSeed = { sellers: [{ nick: '租户店', user_id: '77' }] }

  it('have a consent page of their own, with codes and sessions nobody else can use', async () => {
    const { appKey, appSecret } = await gateway.tenant({ world: tenantWorld })
    const asked = { client_id: appKey, localtop_approve: '租户店' }
    const text = await (await getAuthorize(authorizeParams({ client_id: appKey }))).text()
    expect(text).toContain('租户店')
    expect(text).not.toContain(shop)
    const foreign = await getAuthorize(
      authorizeParams({ client_id: appKey, localtop_approve: shop }),
    )
    expect(foreign.status).toBe(400)
    const own = { client_id: appKey, client_secret: appSecret }
    const code = await codeFor(asked)
    expect((await exchange(code)).status).toBe(400)
    const { body } = await exchange(code, own)
    expect(body.taobao_user_id).toBe('77')
    const caller = { app: appKey, secret: appSecret, session: body.access_token }
    expect((await call(gateway, 'taobao.item.add', {}, caller)).error?.code).toBe(40)
    expect(await reads(body.access_token)).toBe(27)
    expect((await refresh(body.refresh_token, own)).status).toBe(200)
  })

  it('have codes that run on the clock of the tenant, and go with it', async () => {
    const tenant = await gateway.tenant({ world: tenantWorld })
    const { appKey, appSecret } = tenant
    const asked = { client_id: appKey, localtop_approve: '租户店' }
    const own = { client_id: appKey, client_secret: appSecret }
    const [theirs, ours] = [await codeFor(asked), await codeFor()]
    const control = (path: string, method: string, body?: object) =>
      gateway.fetch(
        new Request(`${base}/_localtop${path}`, {
          method,
          ...(body && { body: JSON.stringify(body) }),
        }),
      )
    await control('/clock', 'POST', { appKey, advance: '31m' })
    expect((await exchange(theirs, own)).body.error_description).toBe('authorize code expire')
    expect((await exchange(ours)).status).toBe(200)
    expect(Object.keys(await gateway.snapshot({ secrets: true }))).toContain(`codes@${appKey}`)
    await control(`/tenants/${appKey}`, 'DELETE')
    expect(Object.keys(await gateway.snapshot({ secrets: true }))).not.toContain(`codes@${appKey}`)
    expect((await exchange(theirs, own)).body.error_description).toBe('client_id is invalidate')
  })

  it('may have callbacks, users and lifetimes of their own', async () => {
    const { appKey } = await gateway.tenant({
      appKey: 'T',
      appSecret: 's',
      world: {
        ...tenantWorld,
        apps: [
          {
            app_key: 'T',
            app_secret: 's',
            redirect_uris: ['shop.example.com'],
            users: ['租户店'],
            token: { expires_in: 60 },
          },
        ],
      },
    })
    const redirect_uri = 'https://www.example.com/cb'
    const code = await codeFor({ client_id: appKey, localtop_approve: '租户店', redirect_uri })
    const own = { client_id: appKey, client_secret: 's', redirect_uri }
    expect((await exchange(code, own)).body.expires_in).toBe(60)
  })
})

describe('/logoff', () => {
  const logoff = (params: Params) =>
    gateway.fetch(new Request(`${base}/logoff?${new URLSearchParams(params)}`))

  it('says so, or goes back to the app; the authorisation stays', async () => {
    const { access_token } = await newToken()
    const page = await logoff({ client_id: doc.client_id, view: 'web' })
    expect(page.status).toBe(200)
    expect(await page.text()).toContain('Logged off')
    const back = await logoff({ client_id: doc.client_id, redirect_uri: `${callback}?bye=1` })
    expect(locationOf(back).href).toBe(`${callback}?bye=1`)
    expect(await reads(access_token)).toBeUndefined()
  })

  it.each([
    { client_id: 'nobody' },
    {},
    { client_id: '12345678', redirect_uri: 'https://evil.example' },
  ])('does not redirect for %j', async (params) => {
    const response = await logoff(params as Params)
    expect(response.status).toBe(400)
    expect(response.headers.get('location')).toBeNull()
    expect(await response.text()).toContain('invalid_client')
  })
})

it('stands in the ledger of fidelity, every fact and every error', () => {
  const names = fidelityLedger()
    .filter(({ kind }) => kind === 'default')
    .map(({ name }) => name)
  for (const name of [...Object.keys(oauthFacts), ...Object.keys(oauthErrors)]) {
    expect(names).toContain(`oauth: ${name}`)
  }
})
