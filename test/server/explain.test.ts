import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type ExplainRequest, sign } from '../../src/contracts/index.ts'
import {
  createGateway,
  type ExplainedCall,
  type Gateway,
  type GatewayOptions,
  type LogEvent,
} from '../../src/server/index.ts'
import { type Params, phone, type Reply, request, send, signedParams } from '../support/gateway.ts'

const addMethod = 'taobao.item.add'
const gatewayOf = (options: GatewayOptions = {}) => createGateway({ rateLimit: 'off', ...options })

const sorted = (params: Params, text: (name: string, value: string) => string) =>
  Object.keys(params)
    .sort()
    .map((name) => text(name, params[name] as string))
    .join('')
const md5 = (text: string | Buffer) => createHash('md5').update(text).digest('hex').toUpperCase()
const round = (text: string, secret = 'helloworld') => md5(`${secret}${text}${secret}`)

/** Everything of a call but its sign. */
function unsigned(gateway: Gateway, params: Params = phone): Params {
  const { sign: _, ...rest } = signedParams(gateway, addMethod, params)
  return rest
}

/** Signs that real clients get wrong, by the cause that has to be named. */
const mistakes: Readonly<Record<string, (params: Params) => string>> = {
  'values-url-encoded': (params) =>
    round(sorted(params, (name, value) => name + encodeURIComponent(value))),
  'separators-left-in': (params) =>
    round(sorted(params, (name, value) => `&${name}=${value}`).slice(1)),
  'secret-missing-at-end': (params) =>
    md5(`helloworld${sorted(params, (name, value) => name + value)}`),
  'secret-of-another-app': (params) =>
    round(
      sorted(params, (name, value) => name + value),
      'YOUR_SECRET_KEY',
    ),
  'lower-case-hex': (params) => sign(params, 'helloworld', 'md5').toLowerCase(),
  'charset-gbk': (params) => {
    // Only "手机" is not ASCII here, so this is the whole of GBK that is needed.
    const text = `helloworld${sorted(params, (name, value) => name + value)}helloworld`
    const [before = '', after = ''] = text.split('手机')
    return md5(
      Buffer.concat([
        Buffer.from(before),
        Buffer.from([0xca, 0xd6, 0xbb, 0xfa]),
        Buffer.from(after),
      ]),
    )
  },
}
const phoneInGbk = {
  ...phone,
  title: '手机',
  desc: 'a good one',
  'location.state': 'ZJ',
  'location.city': 'HZ',
}

async function ask(gateway: Gateway, body: unknown) {
  const response = await gateway.fetch(
    new Request('http://localhost/_localtop/explain', {
      method: 'POST',
      body: typeof body === 'string' ? body : JSON.stringify(body),
    }),
  )
  // biome-ignore lint/suspicious/noExplicitAny: tests look into answers freely
  return { status: response.status, answer: (await response.json()) as any }
}
async function explain(gateway: Gateway, body: ExplainRequest): Promise<ExplainedCall> {
  const { status, answer } = await ask(gateway, body)
  expect({ status, error: answer.error }).toEqual({ status: 200, error: undefined })
  return answer
}
const found = (gateway: Gateway, reply: Reply) =>
  gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
const ids = (explained: { readonly causes: readonly { readonly id: string }[] } | undefined) =>
  explained?.causes.map(({ id }) => id)

describe('POST /explain', () => {
  it.each(Object.keys(mistakes))('names the mistake: %s', async (id) => {
    const gateway = gatewayOf()
    const params = unsigned(gateway, phoneInGbk)
    const wrong = mistakes[id]?.(params) ?? ''
    const answer = await explain(gateway, { params: { ...params, sign: wrong } })
    expect(answer).toMatchObject({
      verdict: 'explained',
      expectedSign: sign(params, 'helloworld', 'md5'),
      receivedSign: wrong,
    })
    expect(ids(answer)).toEqual([id])
    expect(answer.stringToSign).toBe(
      `{secret}${sorted(params, (name, value) => name + value)}{secret}`,
    )
    expect(Object.keys(answer.fixes)).toEqual([
      'python',
      'php',
      'java',
      'go',
      'javascript',
      'csharp',
    ])
  })

  it('says that a correct sign is correct, with files beside it', async () => {
    const gateway = gatewayOf()
    const params = signedParams(gateway, addMethod, phone)
    const files = [{ name: 'image', fileName: 'a.png', base64: 'iVBORw0KGgo=' }]
    expect(await explain(gateway, { params, files })).toMatchObject({
      verdict: 'correct',
      causes: [],
      expectedSign: params.sign,
    })
  })

  it('takes a curl command, a URL, a raw request or a form', async () => {
    const gateway = gatewayOf()
    const params = unsigned(gateway)
    const form = new URLSearchParams({
      ...params,
      sign: mistakes['separators-left-in']?.(params) ?? '',
    })
    for (const asked of [
      { curl: `curl -s http://127.0.0.1:7070/router/rest -d '${form}'` },
      { url: `http://127.0.0.1:7070/router/rest?${form}` },
      { raw: `POST /router/rest HTTP/1.1\r\nHost: x\r\n\r\n${form}` },
      { form: String(form) },
    ]) {
      expect(ids(await explain(gateway, asked)), Object.keys(asked)[0]).toEqual([
        'separators-left-in',
      ])
    }
  })

  it('takes the very curl line that it hands out for correct, and one with another price for wrong', async () => {
    const gateway = gatewayOf()
    const curl = await (await gateway.fetch(new Request('http://localhost/_localtop/curl'))).text()
    expect(await explain(gateway, { curl })).toMatchObject({ verdict: 'correct' })
    const changed = curl.replace("'price=2", "'price=3")
    expect(changed).not.toBe(curl)
    const answer = await explain(gateway, { curl: changed })
    expect(answer.verdict).not.toBe('correct')
    expect(answer.stringToSign).toContain('price3')
  })

  it('finds a file that was signed, from its bytes', async () => {
    const gateway = gatewayOf()
    const params = unsigned(gateway)
    const wrong = round(sorted({ ...params, image: 'PNG' }, (name, value) => name + value))
    const answer = await explain(gateway, {
      params: { ...params, sign: wrong },
      files: [{ name: 'image', fileName: 'a.png', text: 'PNG' }],
    })
    expect(ids(answer)).toEqual(['file-parameter-signed'])
  })

  it('takes a body into the signature', async () => {
    const gateway = gatewayOf()
    const params = unsigned(gateway, {})
    const body = '{"a": 1}'
    const right = sign(params, 'helloworld', 'md5', body)
    expect(await explain(gateway, { params: { ...params, sign: right }, body })).toMatchObject({
      verdict: 'correct',
    })
    const without = sign(params, 'helloworld', 'md5')
    expect(ids(await explain(gateway, { params: { ...params, sign: without }, body }))).toEqual([
      'body-missing',
    ])
  })

  it("finds the app's session that was signed and not sent", async () => {
    const gateway = gatewayOf()
    const { session, ...params } = unsigned(gateway)
    const answer = await explain(gateway, {
      params: { ...params, sign: sign({ ...params, session: session ?? '' }, 'helloworld', 'md5') },
    })
    expect(answer.causes).toMatchObject([{ id: 'parameter-signed-not-sent', parameter: 'session' }])
  })

  it("knows the apps of tenants, and their mix-ups with the gateway's own", async () => {
    const gateway = gatewayOf()
    const { appKey, appSecret } = await gateway.tenant({ profile: 'production' })
    const params = { ...unsigned(gateway), app_key: appKey }
    const right = sign(params, appSecret, 'md5')
    expect(await explain(gateway, { params: { ...params, sign: right } })).toMatchObject({
      verdict: 'correct',
    })
    const answer = await explain(gateway, {
      params: { ...params, sign: sign(params, 'helloworld', 'md5') },
    })
    expect(ids(answer)).toEqual(['secret-of-another-app'])
    expect(JSON.stringify(answer)).not.toContain(appSecret)
    expect(JSON.stringify(answer)).not.toContain('helloworld')
  })

  it('takes the secret that is given, for an app that nobody knows, by the rules of the platform', async () => {
    const gateway = gatewayOf()
    const params = { ...unsigned(gateway), app_key: '99887766' }
    const right = sign(params, 'from-elsewhere', 'md5')
    const asked = (given: string) =>
      explain(gateway, { params: { ...params, sign: given }, appSecret: 'from-elsewhere' })
    expect(await asked(right)).toMatchObject({ verdict: 'correct' })
    expect(ids(await asked(right.toLowerCase()))).toEqual(['lower-case-hex'])
  })

  it('judges by the profile of the app', async () => {
    const gateway = gatewayOf()
    const { sign: right = '', ...params } = signedParams(gateway, addMethod, phone, {
      app: 'YOUR_APP_KEY',
      secret: 'YOUR_SECRET_KEY',
    })
    expect(
      await explain(gateway, { params: { ...params, sign: right.toLowerCase() } }),
    ).toMatchObject({
      verdict: 'correct',
    })
  })

  it('shows the string to sign where nothing fits', async () => {
    const gateway = gatewayOf()
    const params = unsigned(gateway, {})
    const answer = await explain(gateway, { params: { ...params, sign: '0'.repeat(32) } })
    expect(answer).toMatchObject({ verdict: 'unexplained', causes: [], fixes: {} })
    expect(answer.stringToSign).toContain('methodtaobao.item.add')
  })

  it('reads identifiers written as numbers to the last digit', async () => {
    const gateway = gatewayOf()
    const params = { ...unsigned(gateway, {}), num_iid: '9007199254740993' }
    const right = sign(params, 'helloworld', 'md5')
    const body = JSON.stringify({ params: { ...params, sign: right } }).replace(
      '"9007199254740993"',
      '9007199254740993',
    )
    expect((await ask(gateway, body)).answer).toMatchObject({ verdict: 'correct' })
  })

  it('says what is odd about the call', async () => {
    const gateway = gatewayOf()
    const params = signedParams(gateway, addMethod, phone)
    const answer = await explain(gateway, { form: `${new URLSearchParams(params)}&title=again` })
    expect(answer.notes).toEqual([
      { en: '"title" came more than once; the first one counts.', zh: expect.any(String) },
    ])
  })

  it.each([
    [
      'a call without a sign',
      { params: { app_key: '12345678', v: '2.0' } },
      /^the call has no sign, .*its parameters are app_key, v$/,
    ],
    ['nothing', {}, 'expected exactly one of params, curl, url, raw, form'],
    [
      'neither app_key nor secret',
      { params: { sign: 'X' } },
      /^the call has no app_key, .*"appSecret"$/,
    ],
    [
      'an unknown app without a secret',
      { params: { sign: 'X', app_key: '1' } },
      /^no app has the key "1" here/,
    ],
    ['a curl text without curl', { curl: 'wget x' }, /^curl: there is no curl command/],
    ['a curl command that is cut', { curl: "curl 'x" }, /^line 1, column 6: the quote ' /],
    ['a URL without a query', { url: 'http://x/' }, /has no query/],
    ['a raw request that is none', { raw: 'hello' }, /expected a request line/],
    [
      'a file that reads from this machine',
      { curl: 'curl -d @/etc/hostname http://x/' },
      /which is not at hand here/,
    ],
    ['a parameter that is no text', { params: { sign: null } }, /expected text, .* null came/],
    ['base64 that is none', { params: {}, files: [{ name: 'a', base64: '*' }] }, /base64/],
    ['a key that is none', { params: {}, secret: 'x' }, /secret/],
  ])('refuses with a sentence: %s', async (_, body, message) => {
    const { status, answer } = await ask(gatewayOf(), body)
    expect(status).toBe(400)
    const said = [
      answer.error,
      ...(answer.problems ?? []).map((one: { message: string }) => one.message),
    ]
    expect(said).toContainEqual(expect.stringMatching(message))
  })

  it('is listed among the routes', async () => {
    const gateway = gatewayOf()
    const response = await gateway.fetch(new Request('http://localhost/_localtop'))
    expect(await response.json()).toMatchObject({
      routes: expect.arrayContaining([
        expect.objectContaining({ method: 'POST', path: '/explain' }),
      ]),
    })
  })
})

describe('the journal', () => {
  it.each(Object.keys(mistakes))('says why a call was refused with 25: %s', async (id) => {
    const gateway = gatewayOf()
    const params = unsigned(gateway, phoneInGbk)
    const reply = await send(gateway, { ...params, sign: mistakes[id]?.(params) ?? '' })
    expect(reply.error?.code).toBe(25)
    const exchange = found(gateway, reply)
    expect(exchange?.signature?.verdict).toBe('explained')
    expect(ids(exchange?.signature)).toEqual([id])
    const [cause] = exchange?.signature?.causes ?? []
    expect(exchange?.explanation.en).toContain(cause?.detail.en)
    expect(exchange?.explanation.zh).toContain(cause?.detail.zh)
  })

  it('says why for a call with a file', async () => {
    const gateway = gatewayOf()
    const params = unsigned(gateway)
    const form = new FormData()
    const wrong = round(sorted({ ...params, image: 'PNG' }, (name, value) => name + value))
    for (const [name, value] of Object.entries({ ...params, sign: wrong })) form.append(name, value)
    form.append('image', new Blob(['PNG'], { type: 'image/png' }), 'a.png')
    const reply = await request(
      gateway,
      new Request('http://localhost/router/rest', { method: 'POST', body: form }),
    )
    expect(ids(found(gateway, reply)?.signature)).toEqual(['file-parameter-signed'])
  })

  it('shows the string to sign where nothing fits', async () => {
    const gateway = gatewayOf()
    const reply = await send(gateway, { ...unsigned(gateway, {}), sign: '0'.repeat(32) })
    const exchange = found(gateway, reply)
    expect(exchange?.signature).toMatchObject({ verdict: 'unexplained', causes: [] })
    expect(exchange?.explanation.en).toContain(exchange?.signature?.stringToSign)
    expect(exchange?.explanation.en).toContain('No mistake that is known here gives this sign')
  })

  it('says nothing of the sign where it was not what was refused', async () => {
    const gateway = gatewayOf({
      scenarios: [
        { title: 'mine', rules: [{ when: { method: 'taobao.time.get' }, then: { refuse: '25' } }] },
      ],
    })
    const right = signedParams(gateway, 'taobao.time.get')
    const { sign: _, ...without } = right
    const replies = [
      await send(gateway, right),
      await send(gateway, without),
      await send(gateway, right, { headers: { 'x-localtop-error': '25' } }),
      await send(gateway, signedParams(gateway, addMethod, phone)),
    ]
    expect(replies.map((reply) => reply.error?.code)).toEqual([25, 24, 25, undefined])
    for (const reply of replies) expect(found(gateway, reply)).not.toHaveProperty('signature')
  })

  it('answers the same over the control API', async () => {
    const gateway = gatewayOf()
    const params = unsigned(gateway)
    const reply = await send(gateway, {
      ...params,
      sign: mistakes['lower-case-hex']?.(params) ?? '',
    })
    const id = reply.headers.get('x-localtop-exchange')
    const response = await gateway.fetch(new Request(`http://localhost/_localtop/exchanges/${id}`))
    expect(await response.json()).toMatchObject({
      signature: { verdict: 'explained', causes: [{ id: 'lower-case-hex' }] },
    })
  })
})

describe('secrets and sessions', () => {
  const secret = 'a-secret-nobody-should-see'
  const session = '6100b23b4e5f67890abcdef1234567890=='
  const other = '7200c34c5f6a78901bcdef234567890abc'
  const world: GatewayOptions['world'] = {
    profile: 'production',
    apps: [
      { app_key: '1001', app_secret: secret },
      { app_key: '1002', app_secret: 'the-secret-of-the-neighbour' },
    ],
    sellers: [{ nick: '小店', user_id: 1 }],
    sessions: [
      { session, app_key: '1001', seller: '小店' },
      { session: other, app_key: '1001', seller: '小店' },
    ],
  }
  const hidden = [secret, 'the-secret-of-the-neighbour', session, other]
  const caller = { app: '1001', secret, session }
  type Sent = { readonly params: Params; readonly sign: string; readonly id: string }

  /** Calls whose mistakes have to do with what must not be shown. */
  const calls = (gateway: Gateway): Readonly<Record<string, Sent>> => {
    const { sign: _, ...params } = signedParams(gateway, addMethod, phone, caller)
    const { session: __, ...sessionless } = params
    const join = (some: Params) => sorted(some, (name, value) => name + value)
    return {
      'a session signed and not sent': {
        params: sessionless,
        sign: round(join({ ...params, session: other }), secret),
        id: 'parameter-signed-not-sent',
      },
      'everything percent-encoded': {
        params,
        sign: round(
          sorted(params, (name, value) => name + encodeURIComponent(value)),
          secret,
        ),
        id: 'values-url-encoded',
      },
      separators: {
        params,
        sign: round(sorted(params, (name, value) => `${name}=${value}&`).slice(0, -1), secret),
        id: 'separators-left-in',
      },
      'the secret as a parameter': {
        params: { ...params, app_secret: secret, secret: 'the-secret-of-the-neighbour' },
        sign: round(join(params), secret),
        id: 'parameter-added-after-signing',
      },
      'the secret of a neighbour': {
        params,
        sign: round(join(params), 'the-secret-of-the-neighbour'),
        id: 'secret-of-another-app',
      },
      'the session as the secret': {
        params,
        sign: round(join(params), session),
        id: 'not-the-secret',
      },
      'nothing that fits': { params, sign: 'F'.repeat(32), id: '' },
    }
  }

  it.each(Object.keys(calls(gatewayOf({ world }))))(
    'are in neither journal nor log: %s',
    async (name) => {
      const events: LogEvent[] = []
      const gateway = gatewayOf({ world, log: (event) => events.push(event) })
      const sent = calls(gateway)[name] as Sent
      const reply = await send(gateway, { ...sent.params, sign: sent.sign })
      expect(reply.error?.code).toBe(25)
      const exchange = found(gateway, reply)
      expect(ids(exchange?.signature)?.[0] ?? '').toBe(sent.id)
      const kept = JSON.stringify([exchange, events, gateway.exchanges.list()])
      for (const text of [...hidden, ...hidden.map(encodeURIComponent), sent.sign]) {
        expect(kept).not.toContain(text)
      }
      expect(exchange?.signature).not.toHaveProperty('expectedSign')
      expect(kept).not.toContain(sign(sent.params, secret, 'md5'))
      expect(exchange?.signature?.stringToSign).toContain('{secret}app_key1001')
    },
  )

  it.each([
    ['another session', 'parameter', () => other],
    ['the session without its end', 'value-truncated', (text: string) => text.slice(0, 32)],
    ['the session in capitals', 'value-reformatted', (text: string) => text.toUpperCase()],
  ])('are cut out of texts, windows and bytes where %s was signed', async (_, id, change) => {
    const gateway = gatewayOf({ world })
    const { sign: _sign, ...params } = signedParams(gateway, addMethod, phone, caller)
    const wrong = sign({ ...params, session: change(session) }, secret, 'md5')
    const reply = await send(gateway, { ...params, sign: wrong })
    const { signature, explanation } = found(gateway, reply) ?? {}
    expect(ids(signature)?.[0]).toContain(id)
    const kept = JSON.stringify([signature, explanation]).toLowerCase()
    for (const text of [session, other]) {
      for (let at = 0; at + 8 <= text.length; at++) {
        const piece = text.slice(at, at + 8).toLowerCase()
        expect(kept).not.toContain(piece)
        expect(kept).not.toContain(
          Buffer.from(piece).toString('hex').replaceAll(/../g, '$& ').trim(),
        )
      }
    }
  })

  it('of a few letters are masked where they stand, and the rest of the text is left', async () => {
    const gateway = gatewayOf()
    const params = { ...unsigned(gateway, phone), title: 'a test of testers' }
    const reply = await send(gateway, {
      ...params,
      sign: mistakes['separators-left-in']?.(params) ?? '',
    })
    const { signature } = found(gateway, reply) ?? {}
    expect(signature?.stringToSign).toContain('session{session}')
    expect(signature?.stringToSign).not.toContain('sessiontest')
    expect(signature?.stringToSign).toContain('a test of testers')
    expect(signature?.theirString).toContain('session={session}&')
  })
})

describe('the log', () => {
  /** A gateway with a log, whose real time the test moves. */
  function logged() {
    const events: LogEvent[] = []
    let now = Date.UTC(2026, 4, 1)
    const gateway = gatewayOf({ log: (event) => events.push(event), wall: () => now })
    return { gateway, events, pass: (ms: number) => (now += ms) }
  }
  const hints = (events: readonly LogEvent[]) =>
    events.map((event) => ('signature' in event ? event.signature : undefined))

  it('names the cause of a wrong sign in one sentence', async () => {
    const { gateway, events, pass } = logged()
    const params = unsigned(gateway)
    for (const id of ['lower-case-hex', 'separators-left-in']) {
      await send(gateway, { ...params, sign: mistakes[id]?.(params) ?? '' })
      pass(60_000)
    }
    await send(gateway, { ...params, sign: '0'.repeat(32) })
    expect(hints(events)).toEqual([['lower-case-hex'], ['separators-left-in'], []])
    expect(events).toMatchObject([
      { event: 'call', code: 25, hint: expect.stringContaining('(lower-case-hex)') },
      { event: 'call', code: 25, hint: expect.stringContaining('(separators-left-in)') },
      { event: 'call', code: 25, hint: 'No single known mistake gives this sign' },
    ])
  })

  it('is silent of it for calls that were refused for something else', async () => {
    const { gateway, events } = logged()
    await send(gateway, signedParams(gateway, 'taobao.time.get'))
    await send(gateway, { method: 'taobao.time.get' })
    expect(hints(events)).toEqual([undefined, undefined])
  })

  it('does so a few times a second at the most', async () => {
    const { gateway, events, pass } = logged()
    const params = unsigned(gateway)
    const wrong = { ...params, sign: mistakes['lower-case-hex']?.(params) ?? '' }
    for (let at = 0; at < 20; at++) {
      await send(gateway, wrong)
      pass(50)
    }
    const told = hints(events).filter((one) => one !== undefined)
    expect(told.length).toBeGreaterThanOrEqual(1)
    expect(told.length).toBeLessThanOrEqual(4)
    pass(60_000)
    await send(gateway, wrong)
    expect(hints(events).at(-1)).toEqual(['lower-case-hex'])
  })

  it('is not kept quiet for long by a clock that was set back', async () => {
    const { gateway, events, pass } = logged()
    const params = unsigned(gateway)
    const wrong = { ...params, sign: mistakes['lower-case-hex']?.(params) ?? '' }
    await send(gateway, wrong)
    pass(-300_000)
    await send(gateway, wrong)
    expect(hints(events)).toEqual([['lower-case-hex'], ['lower-case-hex']])
  })
})
