import http, { createServer, request as namedRequest } from 'node:http'
import https, { Agent, get as namedGet } from 'node:https'
import type { AddressInfo } from 'node:net'
import { getGlobalDispatcher, request as undiciRequest } from 'undici'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type Interception, intercept } from '../../src/kit/index.ts'
import type { ModernHandler } from '../../src/kit/undici-handlers.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { type Caller, phone, signedParams } from '../support/gateway.ts'
import { npmClients } from '../support/npm-clients.ts'

const url = 'https://eco.taobao.com/router/rest'
const form = { 'content-type': 'application/x-www-form-urlencoded' }

let gateway: Gateway
let interception: Interception
beforeEach(() => {
  // The packages write the time of this machine's zone.
  gateway = createGateway({ profile: 'guide', timestampWindow: 'off' })
  interception = intercept(gateway, { offline: true })
})
afterEach(async () => {
  interception.restore()
  await gateway.close()
})

const body = (method: string, params = {}, caller: Caller = {}) =>
  new URLSearchParams(signedParams(gateway, method, params, caller)).toString()

/** What a client of Node's own answers. */
const by = (send: typeof http.request, to: string | URL | http.RequestOptions, options = {}) =>
  new Promise<string>((resolve, reject) => {
    const settings = { method: 'POST', headers: form, ...options }
    const onAnswer = async (answer: http.IncomingMessage) => {
      let text = ''
      for await (const piece of answer) text += piece
      resolve(text)
    }
    const sent =
      typeof to === 'object' && !(to instanceof URL)
        ? send({ ...settings, ...to }, onAnswer)
        : send(to, settings, onAnswer)
    sent.on('error', reject)
    sent.end(settings.method === 'POST' ? body('taobao.time.get') : undefined)
  })

interface ModernDispatcher {
  dispatch(request: object, handler: ModernHandler): boolean
}

const answered = /^\{"time_get_response":\{"time":"/

describe('intercept', () => {
  it.each([
    'http://gw.api.taobao.com/router/rest',
    'https://api.taobao.com/router/rest',
    'https://gw.api.tbsandbox.com:443/router/rest',
  ])('answers fetch of %s', async (to) => {
    const answer = await fetch(to, { method: 'POST', body: body('taobao.time.get'), headers: form })
    expect(await answer.text()).toMatch(answered)
    expect(answer.headers.get('x-localtop-exchange')).toBe('1')
    expect(gateway.exchanges.list()).toHaveLength(1)
  })

  it('answers http and https, by whatever name they were imported', async () => {
    const plain = 'http://gw.api.taobao.com/router/rest'
    expect(await by(http.request, plain)).toMatch(answered)
    expect(await by(namedRequest, plain)).toMatch(answered)
    expect(await by(https.request, url)).toMatch(answered)
    expect(await by(https.request, new URL(url))).toMatch(answered)
    expect(await by(https.request, { host: 'eco.taobao.com', path: '/router/rest' })).toMatch(
      answered,
    )
    expect(
      await by(namedGet as typeof http.request, `${url}?${body('taobao.time.get')}`, {
        method: 'GET',
      }),
    ).toMatch(answered)
    expect(gateway.exchanges.list()).toHaveLength(6)
  })

  it('answers clients with an agent of their own', async () => {
    const agent = new Agent({ keepAlive: true })
    expect(await by(https.request, url, { agent })).toMatch(answered)
    agent.destroy()
  })

  it('answers clients that would ask a proxy', async () => {
    const proxy = { host: '127.0.0.1', port: 1 }
    const path = 'http://eco.taobao.com/router/rest'
    expect(await by(http.request, { ...proxy, path })).toMatch(answered)
    expect(await by(http.request, { ...proxy, path: url })).toMatch(answered)
    await expect(by(http.request, { ...proxy, path: 'http://localhost/' })).rejects.toThrow(
      'ECONNREFUSED',
    )
  })

  it('answers npm’s undici through its global dispatcher', async () => {
    const sent = { method: 'POST', body: body('taobao.time.get'), headers: form } as const
    expect(await (await undiciRequest(url, sent)).body.text()).toMatch(answered)
    await expect(undiciRequest('https://img.alicdn.com/a.jpg')).rejects.toThrow(
      "img.alicdn.com is the platform's, and nothing is ever sent there",
    )
    expect(gateway.exchanges.list()).toHaveLength(1)
  })

  it('answers undici 8 too, whose handlers and whose place are others', async () => {
    const places = globalThis as unknown as Record<symbol, ModernDispatcher>
    const dispatcher = places[Symbol.for('undici.globalDispatcher.2')]
    const answer = await new Promise((resolve, reject) => {
      const seen = { status: 0, type: '', text: '' }
      dispatcher?.dispatch(
        {
          origin: 'https://eco.taobao.com',
          path: `/router/rest?${body('taobao.time.get')}`,
          method: 'GET',
        },
        {
          onRequestStart() {},
          onResponseStart(_, status, headers) {
            Object.assign(seen, { status, type: headers['content-type'] })
          },
          onResponseData(_, chunk) {
            seen.text += chunk
          },
          onResponseEnd: () => resolve(seen),
          onResponseError: (_, error) => reject(error),
        },
      )
    })
    expect(answer).toEqual({
      status: 200,
      type: 'text/javascript;charset=UTF-8',
      text: expect.stringMatching(answered),
    })
  })

  for (const { name, open, portless } of npmClients) {
    if (portless) continue
    it(`answers ${name}, whose URL is the platform’s`, async () => {
      const { appKey, appSecret, session } = await gateway.tenant({ profile: 'production' })
      const call = open({ url: 'http://gw.api.taobao.com', appKey, appSecret, session })
      expect((await call('taobao.time.get')).refusal).toBeUndefined()
      expect(gateway.exchanges.list({ appKey })).toHaveLength(1)
    })
  }

  it('refuses other hosts of the platform, and with offline every other machine', async () => {
    for (const [host, reason] of [
      ['img.alicdn.com', "is the platform's, and nothing is ever sent there"],
      ['shop.example', 'is not on this machine, and --offline lets nothing leave it'],
    ]) {
      const answer = await fetch(`https://${host}/`)
      expect(answer.status).toBe(502)
      expect(await answer.text()).toContain(`LocalTOP: ${host} ${reason}`)
      expect(await by(http.request, `http://${host}/`)).toContain(reason)
    }
    expect(gateway.exchanges.list()).toEqual([])
  })

  it('lets calls to this machine through', async () => {
    const server = createServer((_, answer) => answer.end('here'))
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const to = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
    expect(await (await fetch(to)).text()).toBe('here')
    expect(await by(http.request, to)).toBe('here')
    expect(await (await undiciRequest(to)).body.text()).toBe('here')
    server.close()
  })

  it('hands faults on as the network would', async () => {
    gateway.faults.add({ fault: 'reset-before', times: 'always' })
    const sent = { method: 'POST', body: body('taobao.time.get'), headers: form } as const
    await expect(fetch(url, sent)).rejects.toThrow(new TypeError('fetch failed'))
    await expect(by(https.request, url)).rejects.toMatchObject({ code: 'ECONNRESET' })
    await expect(undiciRequest(url, sent)).rejects.toMatchObject({
      code: expect.stringMatching(/ECONNRESET|UND_ERR_SOCKET/),
    })
  })

  it('gives everything back', () => {
    const taken = [fetch, http.request, http.get, https.request, https.get, getGlobalDispatcher()]
    interception.restore()
    const own = [fetch, http.request, http.get, https.request, https.get, getGlobalDispatcher()]
    for (const [at, one] of own.entries()) expect(one).not.toBe(taken[at])
    expect(namedRequest).toBe(http.request)
    expect(namedGet).toBe(https.get)
    {
      using again = intercept(gateway)
      expect(again.restore).toBeTypeOf('function')
      expect(fetch).not.toBe(own[0])
    }
    expect([
      fetch,
      http.request,
      http.get,
      https.request,
      https.get,
      getGlobalDispatcher(),
    ]).toEqual(own)
    interception.restore()
  })

  it('lets the newest gateway answer, and the one before when that is gone', async () => {
    const newer = createGateway()
    const second = intercept(newer)
    await fetch(url)
    expect([gateway, newer].map(({ exchanges }) => exchanges.list().length)).toEqual([0, 1])
    interception.restore()
    await fetch(url)
    expect([gateway, newer].map(({ exchanges }) => exchanges.list().length)).toEqual([0, 2])
    interception = intercept(gateway)
    second.restore()
    await fetch(url)
    expect([gateway, newer].map(({ exchanges }) => exchanges.list().length)).toEqual([1, 2])
    await newer.close()
  })

  it('keeps tenants apart that call at the same time', async () => {
    const callers = await Promise.all(
      Array.from({ length: 8 }, async (_, at) => {
        const { appKey: app, appSecret: secret, session } = await gateway.tenant()
        const sent = body(
          'taobao.item.add',
          { ...phone, title: `shop ${at}` },
          { app, secret, session },
        )
        const answer = await (
          await fetch(url, { method: 'POST', headers: form, body: sent })
        ).json()
        expect(answer).toHaveProperty('item_add_response')
        return app
      }),
    )
    for (const [at, appKey] of callers.entries()) {
      const [only, ...rest] = gateway.exchanges.list({ appKey })
      expect(rest).toEqual([])
      expect(gateway.exchanges.find(only?.id ?? '')?.request.params.title).toBe(`shop ${at}`)
    }
  })
})
