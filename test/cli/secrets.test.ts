import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sign } from '../../src/contracts/index.ts'
import { type Running, startCommand } from '../support/command.ts'
import { over, signedParams as paramsOf, phone, send } from '../support/gateway.ts'

/** Everything in it that nobody may see begins so. */
const world = {
  apps: [
    { app_key: 'mine', app_secret: 'PLANTED-secret-one', profile: 'guide' },
    { app_key: 'theirs', app_secret: 'PLANTED-secret-two', profile: 'production' },
  ],
  sellers: [{ nick: '小店', user_id: '42' }],
  sessions: [
    {
      session: 'PLANTED-session-one',
      app_key: 'mine',
      seller: '小店',
      refresh_token: 'PLANTED-refresh-one',
    },
    { session: 'PLANTED-session-two', app_key: 'theirs', seller: '小店' },
    {
      session: 'PLANTED-session-old',
      app_key: 'mine',
      seller: '小店',
      expires: '2015-12-31 23:59:59',
    },
  ],
}
const mine = { app: 'mine', secret: 'PLANTED-secret-one', session: 'PLANTED-session-one' }

let folder: string
let running: Running
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-secrets-'))
  writeFileSync(join(folder, 'world.json'), JSON.stringify(world))
})
afterEach(async () => {
  running.child.kill('SIGKILL')
  await running.ended
  rmSync(folder, { recursive: true })
})

/** Secrets that came up on the way, beside those that were planted: signs, codes, tokens. */
const issued = new Set<string>()

/** Calls with every secret in its place, in a wrong place, and wrong: twenty of them. */
async function callAll(url: string) {
  const target = over(url)
  const callers = [
    mine,
    { ...mine, secret: 'PLANTED-secret-wrong' },
    { ...mine, session: 'PLANTED-session-two' },
    { ...mine, session: 'PLANTED-session-old' },
    { ...mine, session: 'PLANTED-session-nobody' },
    { ...mine, app: 'theirs' },
    { ...mine, app: 'PLANTED-secret-one' },
  ]
  const calls = [
    // What is published is the shop's, and stands in snapshots: no secret is planted there.
    ['taobao.item.add', { ...phone, session_key: 'PLANTED-session-one' }],
    ['taobao.item.add', { ...phone, secret: 'PLANTED-sent', wrong_place: 'PLANTED-secret-two' }],
    ['PLANTED-secret-one', {}],
    ['taobao.top.auth.token.refresh', { refresh_token: 'PLANTED-refresh-wrong' }],
  ] as const
  const signAndSend = async (caller: typeof mine, [method, params]: (typeof calls)[number]) => {
    const signed = paramsOf(target, method, params, caller)
    const { sign: given, ...unsigned } = signed
    for (const text of [given, sign(unsigned, caller.secret, 'md5')]) issued.add(String(text))
    await send(target, signed)
    return signed
  }
  for (const caller of callers) await signAndSend(caller, calls[0])
  for (const one of calls) {
    const signed = await signAndSend(mine, one)
    await send(target, signed, { verb: 'GET' })
    await send(target, signed, { headers: { 'x-localtop-error': 'PLANTED-secret-one' } })
  }
  const { method: _, ...envelope } = paramsOf(target, '', {}, mine)
  await fetch(`${url}/router/batch?${new URLSearchParams(envelope)}`, {
    method: 'POST',
    headers: { 'content-type': 'text/plain' },
    body: 'method=taobao.time.get&session=PLANTED-session-two',
  })
}

/** Consent, exchange and refresh as an app does them, and each done wrong. Gives the pages of the wrong ones. */
async function authorise(url: string): Promise<string> {
  const ask = new URLSearchParams({
    client_id: 'mine',
    response_type: 'code',
    redirect_uri: 'http://127.0.0.1:1/back',
    localtop_approve: '小店',
  })
  const consent = await fetch(`${url}/authorize?${ask}`, { redirect: 'manual' })
  const code = new URL(consent.headers.get('location') ?? '').searchParams.get('code') ?? ''
  issued.add(code)
  const token = (params: Record<string, string>) =>
    fetch(`${url}/token`, {
      method: 'POST',
      body: new URLSearchParams({
        client_id: 'mine',
        client_secret: 'PLANTED-secret-one',
        grant_type: 'authorization_code',
        redirect_uri: 'http://127.0.0.1:1/back',
        code,
        ...params,
      }),
    })
  const wrong = [
    await token({ client_secret: 'PLANTED-secret-wrong' }),
    await token({ client_id: 'PLANTED-secret-one' }),
    await token({ grant_type: 'refresh_token', refresh_token: 'PLANTED-refresh-wrong' }),
  ]
  const given = (await (await token({})).json()) as Record<string, string>
  for (const name of ['access_token', 'refresh_token']) issued.add(given[name] ?? '')
  // The platform's own words repeat a code that is none to whoever sent it: these are not looked at.
  for (const again of [code, 'PLANTED-code-wrong']) await token({ code: again })
  const pages = [
    await fetch(`${url}/authorize?client_id=nobody&code=PLANTED-code-wrong`),
    await fetch(`${url}/nothing?session=PLANTED-session-one`),
  ]
  const answers = [...wrong, ...pages].map(
    async (answer) => JSON.stringify([...answer.headers]) + (await answer.text()),
  )
  return (await Promise.all(answers)).join('\n')
}

/** Everything that the control API shows, but for what exists to hand credentials out. */
async function lookEverywhere(control: string, token: string): Promise<string> {
  const ask = async (path: string, init: RequestInit = {}) =>
    (await fetch(control + path, { ...init, headers: { authorization: `Bearer ${token}` } })).text()
  const post = (path: string, body: unknown) =>
    ask(path, {
      method: path === '/scenarios' || path === '/snapshot' ? 'PUT' : 'POST',
      body: JSON.stringify(body),
    })
  const { exchanges } = JSON.parse(await ask('/exchanges')) as { exchanges: { id: string }[] }
  expect(exchanges).toHaveLength(28)
  const seen = [
    await ask(''),
    await ask('/exchanges'),
    ...(await Promise.all(exchanges.map(({ id }) => ask(`/exchanges/${id}`)))),
    ...(await Promise.all(
      ['json', 'html', 'junit', 'text', 'markdown'].flatMap((format) => [
        ask(`/report?format=${format}`),
        ask(`/report?format=${format}&appKey=mine`),
      ]),
    )),
    ...(await Promise.all(
      ['/coverage', '/snapshot', '/health', '/metrics', '/tenants', '/errors', '/clock'].map(
        (path) => ask(path),
      ),
    )),
    await post('/scenarios', {
      scenarios: [
        {
          title: 'about a session',
          rules: [
            { when: { session: 'PLANTED-session-one' }, then: { refuse: '27/session-expired' } },
            { when: { method: 'taobao.time.get' }, then: { appSecret: 'PLANTED-secret-new' } },
          ],
        },
      ],
    }),
    await ask('/scenarios'),
    await post('/tenants', { appSecret: ['PLANTED-secret-new'] }),
    await post('/snapshot', { apps: [{ app_secret: 'PLANTED-secret-new' }] }),
    await post('/explain', {
      params: { app_key: 'mine', method: 'taobao.time.get', sign: 'x' },
      appSecret: 'PLANTED-secret-new',
    }),
  ]
  return seen.join('\n')
}

// A wrong sign is explained anew by whoever looks at it: a second each.
describe.each(['pretty', 'json'])('with --log %s', { timeout: 60_000 }, (log) => {
  it('no secret is in the log, the journal, reports, snapshots or error pages', async () => {
    const ready = join(folder, 'ready.json')
    const flags = ['--port', '0', '--world', 'world.json', '--log', log, '--ready-file', ready]
    running = startCommand(['start', ...flags], folder)
    const screen = await running.prints('Ctrl-C stops the gateway.')
    const control = /http:\/\/127\.0\.0\.1:\d+\/_localtop/.exec(screen)?.[0] ?? ''
    const url = control.replace('/_localtop', '')

    await callAll(url)
    const pages = await authorise(url)
    const shown = await lookEverywhere(control, 'none')
    running.child.kill('SIGTERM')
    const { status, stdout, stderr } = await running.ended

    expect(status).toBe(0)
    // The start screen exists to hand the credentials out.
    const logged = stdout.slice(stdout.indexOf('Ctrl-C')) + stderr
    expect(logged.split('\n').length).toBeGreaterThan(20)
    for (const text of [logged, pages, shown]) {
      expect(text.match(/.{0,80}PLANTED-.{0,40}/g) ?? []).toEqual([])
      for (const one of issued) expect(text.toLowerCase()).not.toContain(one.toLowerCase())
    }
    expect(issued.size).toBeGreaterThan(10)
  })
})
