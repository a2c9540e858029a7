import { afterEach, describe, expect, it } from 'vitest'
import type { RuleSeed } from '../../src/contracts/index.ts'
import { problemsOf } from '../../src/contracts/problems.ts'
import { scenario } from '../../src/contracts/scenario.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'
import { call, settled } from '../support/gateway.ts'

let gateway: Gateway
afterEach(() => gateway.close())

const open = (rules: RuleSeed[], options: GatewayOptions = {}) => {
  gateway = createGateway({ scenarios: [{ title: 'test', rules }], ...options })
  return gateway
}

const app = { client_id: '12345678', client_secret: 'helloworld' }

function token(params: Record<string, string>): Promise<Response> {
  const body = new URLSearchParams({ ...app, ...params })
  return gateway.fetch(new Request('http://localhost/token', { method: 'POST', body }))
}

/** A refresh token that a consent has given. */
async function refreshTokenOf(): Promise<string> {
  const redirect_uri = 'http://localhost:3000/cb'
  const [nick = ''] = ['\u672c\u5730\u5c0f\u5e97']
  const query = new URLSearchParams({
    response_type: 'code',
    client_id: app.client_id,
    redirect_uri,
    localtop_approve: nick,
  })
  const consent = await gateway.fetch(new Request(`http://localhost/authorize?${query}`))
  const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
  const given = await token({ grant_type: 'authorization_code', code, redirect_uri })
  return ((await given.json()) as { refresh_token: string }).refresh_token
}

const refresh = (refresh_token: string) => token({ grant_type: 'refresh_token', refresh_token })
const onRefresh = { method: '/token', params: { grant_type: 'refresh_token' } }

describe('a rule about /token', () => {
  it('refuses a refresh, and the refresh token is as good as before', async () => {
    open([{ when: onRefresh, then: { refuseToken: 'refresh-expired' } }])
    const given = await refreshTokenOf()
    const refused = await refresh(given)
    expect(refused.status).toBe(400)
    expect(await refused.json()).toEqual({
      error: 'invalid_grant',
      error_description: 'refresh_token expire',
    })
    expect((await refresh(given)).status).toBe(200)
  })

  it('loses the answer of a refresh that has taken place', async () => {
    open([{ when: onRefresh, then: { fault: 'reset-after' } }])
    const given = await refreshTokenOf()
    await expect(refresh(given)).rejects.toThrow('fetch failed')
    const { error } = (await (await refresh(given)).json()) as { error: string }
    expect(error).toBe('invalid_grant')
  })

  it('resets the connection before a refresh, which did not take place', async () => {
    open([{ when: onRefresh, then: { fault: 'reset-before' } }])
    const given = await refreshTokenOf()
    await expect(refresh(given)).rejects.toThrow('fetch failed')
    expect((await refresh(given)).status).toBe(200)
  })

  it('changes the token, at the second exchange', async () => {
    open([{ when: { method: '/token', call: 2 }, then: { patch: { expires_in: 1, nick: 'new' } } }])
    const renewed = await (await refresh(await refreshTokenOf())).json()
    expect(renewed).toMatchObject({ expires_in: 1, nick: 'new', token_type: 'Bearer' })
  })

  it('answers with what is written, and the refresh token is as good as before', async () => {
    open([{ when: onRefresh, then: { answer: { access_token: 'written' } } }])
    const given = await refreshTokenOf()
    expect(await (await refresh(given)).json()).toEqual({ access_token: 'written' })
    expect(await (await refresh(given)).json()).toHaveProperty('w2_expires_in')
  })

  it('keeps an answer back on the gateway\u2019s clock', async () => {
    open([{ when: onRefresh, then: { delay: '1h' } }], { freeze: true })
    const late = refresh(await refreshTokenOf())
    let isOver = false
    late.then(() => {
      isOver = true
    })
    await settled(gateway)
    expect(isOver).toBe(false)
    gateway.clock.advance('1h')
    expect((await late).status).toBe(200)
  })

  it('is not asked for a caller with a wrong secret, nor for methods', async () => {
    open([{ when: { method: '/token' }, then: { refuseToken: 'server-error' } }])
    const wrong = await token({
      grant_type: 'refresh_token',
      client_secret: 'x',
      refresh_token: 'y',
    })
    expect(await wrong.json()).toMatchObject({ error_description: 'client_secret is invalidate' })
    expect((await call(gateway, 'taobao.time.get')).error).toBeUndefined()
    expect(await (await refresh('y')).json()).toMatchObject({ error: 'server_error' })
  })

  it('is needed: a rule about all methods leaves /token alone', async () => {
    open([{ then: { refuse: 15 }, times: 'always' }])
    expect((await refresh(await refreshTokenOf())).status).toBe(200)
  })
})

it('the journal has /authorize and /token, explained, without a secret', async () => {
  const logged: unknown[] = []
  open([{ when: onRefresh, then: { refuseToken: 'refresh-expired' } }], {
    log: (event) => logged.push(event),
  })
  const given = await refreshTokenOf()
  await refresh(given)
  expect(gateway.exchanges.list()).toMatchObject([
    { method: '/authorize', outcome: 'answered', appKey: '12345678' },
    { method: '/token', outcome: 'answered' },
    { method: '/token', outcome: 'refused', gate: 'oauth', code: 400, subCode: 'invalid_grant' },
  ])
  const last = gateway.exchanges.find('3')
  expect(last?.explanation.en).toMatch(/refresh_token expire/)
  expect(last?.rules).toEqual([expect.stringContaining('refuse it with refresh-expired')])
  const text = JSON.stringify([['1', '2', '3'].map((id) => gateway.exchanges.find(id)), logged])
  for (const secret of [given, app.client_secret]) expect(text).not.toContain(secret)
})

it('the journal does not name a code that was refused, though the answer does', async () => {
  open([])
  const code = 'a-code-that-nobody-here-has-given'
  const params = {
    grant_type: 'authorization_code',
    code,
    redirect_uri: 'http://localhost:3000/cb',
  }
  expect(await (await token(params)).text()).toContain(code)
  expect(JSON.stringify(gateway.exchanges.find('1'))).not.toContain(code)
  expect(gateway.exchanges.find('1')?.explanation.en).toContain('authorize code *** invalidate')
})

describe('a mistake in a rule about /token is named by its place', () => {
  it.each<[RuleSeed, string]>([
    [
      { when: { method: '/token' }, then: { refuse: 27 } },
      'rules[0].then.refuse: refuse does not go with /token; refuseToken refuses there',
    ],
    [
      { when: { method: 'taobao.item.add' }, then: { refuseToken: 'refresh-expired' } },
      'rules[0].then.refuseToken: refuseToken is about /token: write when: { method: /token }',
    ],
    [
      { when: { method: ['/token', 'taobao.item.add'] }, then: { delay: '1s' } },
      'rules[0].when.method: /token stands alone: methods need a rule of their own',
    ],
    [
      { when: { method: '/token', session: 'test' }, then: { delay: '1s' } },
      'rules[0].when.session: /token knows no session, so this rule can never match',
    ],
    [
      { when: { method: '/token' }, then: { fault: 'xml' } },
      'rules[0].then.fault: /token answers JSON only: the fault xml would do nothing',
    ],
    [
      { when: { method: '/authorize' }, then: { delay: '1s' } },
      'rules[0].when.method: "/authorize" is no path that rules reach; expected /token',
    ],
  ])('%j', (rule, problem) => {
    const { success, error } = scenario.safeParse({ title: 'test', rules: [rule] })
    expect(success).toBe(false)
    const problems = problemsOf(error as never).map(({ path, message }) => `${path}: ${message}`)
    expect(problems).toContain(problem)
  })

  it('in a fault too', () => {
    gateway = createGateway()
    expect(() => gateway.faults.add({ method: '/token', fault: 'xml' })).toThrow('JSON only')
  })
})
