import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, describe, expect, it } from 'vitest'
import type { FaultSeed, RuleSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, keptCertificate } from '../../src/server/index.ts'
import { call, over, phone, send, signedParams } from '../support/gateway.ts'

const exec = promisify(execFile)

let gateway: Gateway
afterEach(() => gateway.close())

type Fault = RuleSeed['then']['fault']

/** A gateway whose next item.add meets a fault. */
function faulty(fault: Fault, method = 'taobao.item.add'): Gateway {
  gateway = createGateway({
    profile: 'production',
    scenarios: [{ title: 'fault', rules: [{ when: { method }, then: { fault } }] }],
  })
  return gateway
}

const added = async () =>
  (await call(gateway, 'taobao.items.custom.get', { outer_id: 'PHONE-001', fields: 'num_iid' }))
    .answer.items?.item.length ?? 0

/** What a client of `node:http` gets: all it could read, and how it ended. */
interface Got {
  readonly status: number | undefined
  readonly headers: IncomingMessage['headers']
  readonly chunks: readonly Buffer[]
  /** The code of the error that it ended with. */
  readonly error: string | undefined
}

/** One item.add by `node:http`, on a connection of its own. */
function addByHttp(url: string, agent?: Agent): Promise<Got> {
  const body = new URLSearchParams(signedParams(gateway, 'taobao.item.add', phone)).toString()
  return new Promise((resolve) => {
    const chunks: Buffer[] = []
    let response: IncomingMessage | undefined
    const end = (error?: NodeJS.ErrnoException) =>
      resolve({
        status: response?.statusCode,
        headers: response?.headers ?? {},
        chunks,
        error: error?.code,
      })
    const ask = url.startsWith('https:') ? httpsRequest : httpRequest
    const asked = ask(`${url}/router/rest`, {
      method: 'POST',
      agent: agent ?? false,
      headers: {
        'content-type': 'application/x-www-form-urlencoded',
        'content-length': Buffer.byteLength(body),
      },
    })
    asked.on('error', end)
    asked.on('response', (came) => {
      response = came
      came.on('data', (chunk) => chunks.push(chunk))
      came.on('end', () => end())
      came.on('error', end)
    })
    asked.end(body)
  })
}

const textOf = ({ chunks }: Got) => Buffer.concat(chunks).toString()
const whole = { item_add_response: { item: { num_iid: expect.any(Number) } } }

describe('over a socket', () => {
  it.each([
    ['reset-before', 0],
    ['reset-after', 1],
  ] as const)('%s resets the connection, with %i items in the shop', async (fault, items) => {
    const { url } = await faulty(fault).listen()
    expect(await addByHttp(url)).toMatchObject({ status: undefined, error: 'ECONNRESET' })
    expect(await added()).toBe(items)
    // The next one is answered.
    expect(JSON.parse(textOf(await addByHttp(url)))).toMatchObject(whole)
  })

  it('a reset is an error of fetch with its cause', async () => {
    const { url } = await faulty('reset-after').listen()
    const failed = call(over(url), 'taobao.item.add', phone, {
      timestamp: gateway.clock.state().time,
    })
    await expect(failed).rejects.toMatchObject({
      message: 'fetch failed',
      cause: { code: 'ECONNRESET' },
    })
  })

  it.each([
    ['before', 0],
    ['after', 1],
  ] as const)('hang %s the write answers nothing until the clock passes', async (at, items) => {
    const { url } = await faulty({ kind: 'hang', at, for: '40s' }).listen()
    gateway.clock.freeze()
    const got = addByHttp(url)
    await expect.poll(() => gateway.exchanges.list().length).toBe(1)
    gateway.clock.advance('40s')
    expect(await got).toMatchObject({ status: undefined, error: 'ECONNRESET' })
    expect(await added()).toBe(items)
  })

  it('hang ends when the caller leaves, and when the gateway closes', async () => {
    const { url } = await faulty('hang').listen()
    const form = new URLSearchParams(signedParams(gateway, 'taobao.item.add', phone))
    const leaving = new AbortController()
    const asked = fetch(`${url}/router/rest`, {
      method: 'POST',
      body: form,
      signal: leaving.signal,
    })
    await expect.poll(() => gateway.exchanges.list().length).toBe(1)
    leaving.abort()
    await expect(asked).rejects.toThrow('aborted')
    gateway.faults.add({ fault: 'hang' })
    const waiting = addByHttp(url)
    await expect.poll(() => gateway.exchanges.list().length).toBe(2)
    await gateway.close()
    expect((await waiting).error).toBe('ECONNRESET')
  })

  it('empty-body', async () => {
    const { url } = await faulty('empty-body').listen()
    const got = await addByHttp(url)
    expect([got.status, textOf(got), got.headers['content-length']]).toEqual([200, '', '0'])
    expect(await added()).toBe(1)
  })

  it('truncated: HTTP is whole, JSON is not', async () => {
    const { url } = await faulty({ kind: 'truncated', keep: 0.25 }).listen()
    const got = await addByHttp(url)
    expect(got.error).toBeUndefined()
    expect(textOf(got)).toMatch(/^\{"item_add_response":\{/)
    expect(() => JSON.parse(textOf(got))).toThrow(SyntaxError)
    expect(Number(got.headers['content-length'])).toBe(Buffer.byteLength(textOf(got)))
  })

  it.each(['sent', 'lost'] as const)('split-character, the rest %s', async (rest) => {
    const { url } = await faulty(
      { kind: 'split-character', rest },
      'taobao.user.seller.get',
    ).listen()
    const query = new URLSearchParams(
      signedParams(gateway, 'taobao.user.seller.get', { fields: 'nick' }),
    )
    const got = await new Promise<Got>((resolve) => {
      const chunks: Buffer[] = []
      httpRequest(`${url}/router/rest?${query}`, { agent: false }, (came) => {
        const end = (error?: NodeJS.ErrnoException) =>
          resolve({ status: 200, headers: came.headers, chunks, error: error?.code })
        came.on('data', (chunk) => chunks.push(chunk))
        came.on('end', () => end()).on('error', end)
      }).end()
    })
    expect(got.headers['transfer-encoding']).toBe('chunked')
    expect(got.chunks[0]?.toString()).toContain('\uFFFD')
    if (rest === 'lost') expect(got.error).toBe('ECONNRESET')
    else expect(textOf(got)).toContain('本地小店')
  })

  it('drip: so many bytes at a time, on the clock', async () => {
    const { url } = await faulty({ kind: 'drip', bytes: 40, every: '10s' }).listen()
    gateway.clock.freeze()
    let isOver = false
    const dripping = addByHttp(url).finally(() => {
      isOver = true
    })
    await expect.poll(() => gateway.exchanges.list().length).toBe(1)
    let advances = 0
    await expect
      .poll(() => {
        if (!isOver) gateway.clock.advance('10s')
        advances++
        return isOver
      })
      .toBe(true)
    const got = await dripping
    expect(JSON.parse(textOf(got))).toMatchObject(whole)
    expect(advances).toBeGreaterThan(2)
  })

  it.each([
    [16, ['ECONNRESET']],
    // Whether a client minds what comes behind the end depends on when it comes.
    [-16, [undefined, 'HPE_CLOSED_CONNECTION']],
  ])('content-length off by %i', async (off, errors) => {
    const { url } = await faulty({ kind: 'content-length', off }).listen()
    const got = await addByHttp(url)
    const announced = Number(got.headers['content-length'])
    expect(errors).toContain(got.error)
    if (off > 0) {
      expect(JSON.parse(textOf(got))).toMatchObject(whole)
      expect(announced).toBe(Buffer.byteLength(textOf(got)) + off)
    } else {
      expect(Buffer.byteLength(textOf(got))).toBe(announced)
      expect(() => JSON.parse(textOf(got))).toThrow(SyntaxError)
    }
  })

  it.each([
    [{ kind: 'bad-gateway' }, 502, 0],
    [{ kind: 'bad-gateway', status: 503 }, 503, 0],
    [{ kind: 'bad-gateway', status: 504, at: 'after' }, 504, 1],
  ] as const)('%j is a page of HTML', async (fault, status, items) => {
    const { url } = await faulty(fault).listen()
    const got = await addByHttp(url)
    expect(got.status).toBe(status)
    expect(got.headers['content-type']).toBe('text/html')
    expect(textOf(got)).toMatch(new RegExp(`<h1>${status} `))
    expect(await added()).toBe(items)
  })

  it.each([
    ['plain', 'terminated'],
    // What could be unpacked is handed on, as long as it went.
    ['cut', 'JSON'],
  ] as const)('broken-gzip, %s: fetch cannot read it', async (how, reason) => {
    const { url } = await faulty({ kind: 'broken-gzip', how }).listen()
    await expect(call(over(url), 'taobao.item.add', phone)).rejects.toThrow(reason)
    expect(await added()).toBe(1)
  })

  it('xml where JSON was asked for, and JSON where XML was', async () => {
    const { url } = await faulty('xml').listen()
    const xml = await call(over(url), 'taobao.item.add', phone)
    expect(xml.text).toMatch(/^<\?xml .*<item_add_response>/)
    expect(xml.headers.get('content-type')).toBe('text/xml;charset=UTF-8')
    gateway.faults.add({ fault: 'xml' })
    const json = await call(over(url), 'taobao.time.get', {}, { format: 'xml' })
    expect(json.answer.time).toBeDefined()
  })

  it('twice', async () => {
    const { url } = await faulty('twice').listen()
    const text = textOf(await addByHttp(url))
    expect(text.slice(0, text.length / 2)).toBe(text.slice(text.length / 2))
    expect(JSON.parse(text.slice(0, text.length / 2))).toMatchObject(whole)
  })

  it('curl says in its own words what it met', async () => {
    const { url } = await faulty('reset-after').listen()
    gateway.faults.add({ fault: 'content-length', method: 'taobao.time.get' })
    const curl = async (method: string, params = {}) => {
      const body = new URLSearchParams(signedParams(gateway, method, params))
      const run = exec('curl', ['-sS', '--noproxy', '*', '-d', `${body}`, `${url}/router/rest`])
      return run.then(
        () => 0,
        (error: { code: number }) => error.code,
      )
    }
    // 56: failure in receiving; 18: fewer bytes than announced.
    expect(await curl('taobao.item.add', phone)).toBe(56)
    expect(await curl('taobao.time.get')).toBe(18)
    expect(await curl('taobao.time.get')).toBe(0)
  })

  it('a connection that is kept alive is good for the next call', async () => {
    const { url } = await faulty('twice').listen()
    const agent = new Agent({ keepAlive: true, maxSockets: 1 })
    await addByHttp(url, agent)
    expect(JSON.parse(textOf(await addByHttp(url, agent)))).toMatchObject(whole)
    agent.destroy()
  })

  it.each([
    ['reset-after', 'ECONNRESET', 1],
    ['reset-before', 'ECONNRESET', 0],
    [{ kind: 'hang', for: '1ms' }, 'ECONNRESET', 0],
    ['twice', undefined, 1],
  ] as const)('%j goes over HTTPS as well', async (fault, error, items) => {
    const folder = mkdtempSync(join(tmpdir(), 'localtop-faults-'))
    const tls = await keptCertificate(folder, new Date())
    rmSync(folder, { recursive: true })
    const { url } = await faulty(fault).listen({ tls })
    const agent = new HttpsAgent({ rejectUnauthorized: false })
    expect((await addByHttp(url, agent)).error).toBe(error)
    expect(await added()).toBe(items)
    agent.destroy()
  })

  it('goes with lighter globals as well', async () => {
    const { url } = await faulty('reset-after').listen({ replaceGlobals: true })
    expect(await addByHttp(url)).toMatchObject({ error: 'ECONNRESET' })
    expect(await added()).toBe(1)
  })
})

describe('in this process', () => {
  it.each([
    ['reset-before', { message: 'fetch failed', cause: { code: 'ECONNRESET' } }],
    ['reset-after', { message: 'fetch failed', cause: { code: 'ECONNRESET' } }],
    ['content-length', { message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } }],
    [
      { kind: 'split-character', rest: 'lost' },
      { message: 'terminated', cause: { code: 'UND_ERR_SOCKET' } },
    ],
  ] as const)('%j fails as fetch does', async (fault, error) => {
    faulty(fault)
    const failed = call(gateway, 'taobao.item.add', phone)
    await expect(failed).rejects.toBeInstanceOf(TypeError)
    faulty(fault)
    await expect(call(gateway, 'taobao.item.add', phone)).rejects.toMatchObject(error)
    expect(await added()).toBe(fault === 'reset-before' ? 0 : 1)
  })

  it('hang waits until the caller gives up, with the caller’s own reason', async () => {
    faulty('hang')
    const leaving = new AbortController()
    const body = new URLSearchParams(signedParams(gateway, 'taobao.item.add', phone))
    const { signal } = leaving
    const asked = gateway.fetch(
      new Request('http://localhost/router/rest', { method: 'POST', body, signal }),
    )
    await expect.poll(() => gateway.exchanges.list().length).toBe(1)
    const reason = new Error('had enough')
    leaving.abort(reason)
    await expect(asked).rejects.toBe(reason)
  })

  it.each<[Fault, (text: string) => void]>([
    ['empty-body', (text) => expect(text).toBe('')],
    ['truncated', (text) => expect(() => JSON.parse(text)).toThrow(SyntaxError)],
    ['split-character', (text) => expect(JSON.parse(text)).toMatchObject(whole)],
    [
      { kind: 'drip', bytes: 50, every: '1ms' },
      (text) => expect(JSON.parse(text)).toMatchObject(whole),
    ],
    [{ kind: 'content-length', off: -9 }, (text) => expect(() => JSON.parse(text)).toThrow()],
    ['twice', (text) => expect(text.match(/item_add_response/g)).toHaveLength(2)],
    ['xml', (text) => expect(text).toContain('<item_add_response>')],
    ['bad-gateway', (text) => expect(text).toContain('502 Bad Gateway')],
  ])('%j gives the same as over a socket', async (fault, check) => {
    faulty(fault)
    const params = signedParams(gateway, 'taobao.item.add', phone)
    const response = await gateway.fetch(
      new Request('http://localhost/router/rest', {
        method: 'POST',
        body: new URLSearchParams(params),
      }),
    )
    check(await response.text())
  })

  it('a refusal is spoilt on the wire like an answer', async () => {
    gateway = createGateway({
      profile: 'production',
      scenarios: [{ title: 'both', rules: [{ then: { refuse: 15, fault: 'twice' } }] }],
    })
    const response = await gateway.fetch(
      new Request('http://localhost/router/rest', {
        method: 'POST',
        body: new URLSearchParams(signedParams(gateway, 'taobao.time.get')),
      }),
    )
    expect((await response.text()).match(/error_response/g)).toHaveLength(2)
  })
})

describe('the journal', () => {
  it.each<[Fault, object, number]>([
    [
      'reset-before',
      { outcome: 'dropped', gate: 'faults', fault: { kind: 'reset-before', hook: 'before' } },
      0,
    ],
    [
      'reset-after',
      { outcome: 'answered', gate: null, fault: { kind: 'reset-after', hook: 'after' } },
      1,
    ],
    [
      { kind: 'bad-gateway', at: 'after' },
      { outcome: 'answered', fault: { kind: 'bad-gateway', hook: 'after' } },
      1,
    ],
  ])('says of %j whether it came before or after the write', async (fault, told, items) => {
    faulty(fault)
    await call(gateway, 'taobao.item.add', phone).catch(() => undefined)
    const [exchange] = gateway.exchanges.list()
    expect(exchange).toMatchObject({ code: null, ...told })
    const found = gateway.exchanges.find(exchange?.id ?? '')
    expect(found?.rules).toHaveLength(1)
    expect(found?.explanation.en).toContain('On the wire a scenario made the gateway')
    expect(found?.explanation.zh).toContain('传输故障')
    expect(await added()).toBe(items)
  })

  it('says nothing of faults where there are none', async () => {
    faulty('reset-after')
    await call(gateway, 'taobao.time.get')
    expect(gateway.exchanges.list()[0]?.fault).toBeNull()
  })
})

describe('a fault by itself', () => {
  it('is put in force quickly, goes before scenarios, and is dropped', async () => {
    gateway = createGateway({
      profile: 'production',
      scenarios: [{ title: 'down', rules: [{ then: { refuse: 22 }, times: 'always' }] }],
    })
    const { controlUrl } = await gateway.listen()
    const post = (fault: object) =>
      fetch(`${controlUrl}/faults`, { method: 'POST', body: JSON.stringify(fault) })
    const put = await post({ fault: 'empty-body', method: 'taobao.time.get', times: 2 })
    expect(put.status).toBe(201)
    expect(await put.json()).toEqual({
      scenario: 'faults',
      rule: 'Of calls of taobao.time.get: answer an empty body, 2 times.',
      ruleZh: 'taobao.time.get 的所有调用：应答空内容，共 2 次。',
    })
    const list = async () =>
      ((await (await fetch(`${controlUrl}/faults`)).json()) as { active: unknown[] }).active
    expect(await list()).toHaveLength(1)
    expect(gateway.scenarios.list().map(({ scenario }) => scenario)).toEqual(['faults', 'down'])
    expect((await call(gateway, 'taobao.time.get')).text).toBe('')
    await fetch(`${controlUrl}/faults`, { method: 'DELETE' })
    expect(await list()).toEqual([])
    expect((await call(gateway, 'taobao.time.get')).error?.code).toBe(22)
  })

  it('keeps the counts of the rules in force', async () => {
    faulty('reset-after')
    const code = async () => (await call(gateway, 'taobao.time.get')).error?.code ?? 0
    gateway.scenarios.set([
      { title: 'third', rules: [{ when: { call: 3 }, then: { refuse: 22 } }] },
    ])
    expect([await code(), await code()]).toEqual([0, 0])
    gateway.faults.add({ fault: 'xml', method: 'taobao.item.add' })
    expect(await code()).toBe(22)
  })

  it.each<[object, string]>([
    [{}, 'fault'],
    [{ fault: 'explode' }, 'fault'],
    [{ fault: { kind: 'drip', bytes: 0 } }, 'fault.bytes'],
    [{ fault: { kind: 'dripp' } }, 'fault.kind'],
    [{ fault: 'hang', methd: 'x' }, ''],
    [{ fault: 'hang', chance: 2 }, 'chance'],
    [{ fault: 'hang', times: 0 }, 'times'],
  ])('is refused with its place: %j', async (fault, path) => {
    gateway = createGateway()
    const response = await gateway.fetch(
      new Request('http://localhost/_localtop/faults', {
        method: 'POST',
        body: JSON.stringify(fault),
      }),
    )
    expect(response.status).toBe(400)
    const { problems } = (await response.json()) as { problems: { path: string }[] }
    expect(problems.map((problem) => problem.path)).toContain(path)
  })

  it('takes every condition of a rule', async () => {
    gateway = createGateway({ profile: 'production' })
    const seed: FaultSeed = {
      fault: 'empty-body',
      method: ['taobao.item.*'],
      app: '12345678',
      params: { title: { contains: '手机' } },
      call: { from: 2 },
      times: 1,
    }
    gateway.faults.add(seed)
    const text = async () => (await call(gateway, 'taobao.item.add', phone)).text
    expect([(await text()) === '', (await text()) === '', (await text()) === '']).toEqual([
      false,
      true,
      false,
    ])
  })
})

describe('in a batch', () => {
  const batchOf = async (methods: readonly string[]) => {
    const { sign } = await import('../../src/contracts/index.ts')
    const { writeBatch } = await import('../../src/contracts/protocol/batch.ts')
    const body = writeBatch(methods.map((method) => ({ method, ...phone })))
    const params = {
      app_key: '12345678',
      session: 'test',
      timestamp: gateway.clock.state().time,
      v: '2.0',
      format: 'json',
      sign_method: 'md5',
    }
    const query = new URLSearchParams({ ...params, sign: sign(params, 'helloworld', 'md5', body) })
    return gateway.fetch(
      new Request(`http://localhost/router/batch?${query}`, { method: 'POST', body }),
    )
  }

  it('a fault after a write is that of the whole answer; every call was carried out', async () => {
    faulty('reset-after')
    await expect(batchOf(['taobao.item.add', 'taobao.item.add'])).rejects.toThrow('fetch failed')
    expect(await added()).toBe(2)
  })

  it('a fault before a write ends the batch there; what came before it was carried out', async () => {
    faulty('reset-after')
    gateway.scenarios.set([
      { title: 'second', rules: [{ when: { call: 2 }, then: { fault: 'reset-before' } }] },
    ])
    await expect(
      batchOf(['taobao.item.add', 'taobao.item.add', 'taobao.item.add']),
    ).rejects.toThrow('fetch failed')
    expect(gateway.exchanges.list().map(({ outcome }) => outcome)).toEqual(['answered', 'dropped'])
    gateway.scenarios.clear()
    expect(await added()).toBe(1)
  })

  it('spoils the joined answer, not one of its parts', async () => {
    faulty('twice')
    const text = await (await batchOf(['taobao.item.add', 'taobao.item.add'])).text()
    expect(text.match(/item_add_response/g)).toHaveLength(4)
  })
})

it('what is malformed is refused as ever while faults are in force', async () => {
  faulty('reset-after')
  expect((await send(gateway, { format: 'json' })).error?.code).toBe(21)
})
