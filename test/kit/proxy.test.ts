import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer as createHttpServer, get, request } from 'node:http'
import { connect as connectHttp2 } from 'node:http2'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, type Server, type Socket } from 'node:net'
import { networkInterfaces, tmpdir } from 'node:os'
import { join } from 'node:path'
import { connect as connectTls } from 'node:tls'
import { promisify } from 'node:util'
import { generate } from 'selfsigned'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keptAuthority } from '../../src/kit/run/authority.ts'
import { type OpenProxy, openProxy, type ProxyOptions } from '../../src/kit/run/proxy.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { itNeeds } from '../support/tools.ts'

let folder: string
let gateway: Gateway
let authority: Awaited<ReturnType<typeof keptAuthority>>
const closing: (() => unknown)[] = []

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-test-'))
  gateway = createGateway()
  authority = await keptAuthority(folder, new Date())
})
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close()
  await gateway.close()
  rmSync(folder, { recursive: true, force: true })
})

async function open(options: Partial<ProxyOptions> = {}): Promise<OpenProxy> {
  const { url } = await gateway.listen()
  const proxy = await openProxy({
    authority,
    gatewayUrl: url,
    offline: false,
    trusted: authority.file,
    ...options,
  })
  closing.push(() => proxy[Symbol.asyncDispose]())
  return proxy
}

async function listening(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  closing.push(() => server.close())
  return (server.address() as AddressInfo).port
}

/** What a server answers to a request through the proxy, sent as a client does that knows of one. */
const through = (proxy: OpenProxy, url: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number | undefined; text: string }>((resolve, reject) => {
    const at = { host: '127.0.0.1', port: proxy.port, path: url, headers }
    get({ ...at, headers: { host: new URL(url).host, ...headers } }, async (answer) => {
      let text = ''
      for await (const piece of answer) text += piece
      resolve({ status: answer.statusCode, text })
    }).on('error', reject)
  })

/** A tunnel to an authority. */
const tunnel = (proxy: OpenProxy, authority: string) =>
  new Promise<{ status: number | undefined; socket: Socket }>((resolve, reject) => {
    request({ host: '127.0.0.1', port: proxy.port, method: 'CONNECT', path: authority })
      .on('connect', ({ statusCode: status }, socket: Socket) => resolve({ status, socket }))
      .on('error', reject)
      .end()
  })

/** What a GET over TLS is answered with, inside a tunnel. */
async function overTls(socket: Socket, servername: string, host: string, ca: string) {
  const tls = connectTls({ socket, servername, ca })
  tls.write(`GET /router/rest HTTP/1.1\r\nhost: ${host}\r\nconnection: close\r\n\r\n`)
  let text = ''
  for await (const piece of tls) text += piece
  return text
}

const seen = ({ traffic }: OpenProxy) =>
  traffic.list().map(({ host, port, as, outcome }) => `${host}:${port} ${as} ${outcome}`)

describe('the proxy', () => {
  it('listens on this machine alone', async () => {
    const { port } = await open()
    const others = Object.values(networkInterfaces())
      .flatMap((one) => one ?? [])
      .filter(({ internal, family }) => !internal && family === 'IPv4')
    for (const { address } of [...others, { address: '127.0.0.2' }]) {
      const error = await new Promise<NodeJS.ErrnoException | undefined>((resolve) => {
        const socket = connect({ host: address, port }, () => resolve(undefined))
        socket.on('error', resolve)
        closing.push(() => socket.destroy())
      })
      expect(error?.code, address).toBe('ECONNREFUSED')
    }
  })

  it.each([
    'http://api.taobao.com/router/rest',
    'http://API.TAOBAO.COM/router/rest',
    'http://api.taobao.com.:8080/router/rest',
    'https://oauth.taobao.com/router/rest',
  ])('answers %s by the gateway', async (url) => {
    const proxy = await open()
    const { text } = await through(proxy, url)
    expect(text).toContain('error_response')
    expect(gateway.exchanges.list()).toHaveLength(1)
    expect(seen(proxy)).toEqual([expect.stringMatching(/\.com:\d+ https? answered$/)])
  })

  it('answers what is sent to an address under a name of the platform', async () => {
    const proxy = await open()
    const { socket } = await tunnel(proxy, '203.0.113.9:443')
    expect(await overTls(socket, 'eco.taobao.com', 'eco.taobao.com', authority.cert)).toContain(
      'error_response',
    )
    expect(seen(proxy)).toEqual(['eco.taobao.com:443 https answered'])
  })

  it.each([
    ['http://203.0.113.9/', 'img.alicdn.com'],
    ['http://shop.example/', 'www.tmall.com:80'],
    ['http://user@taobao.com/', 'taobao.com'],
  ])('refuses %s for the host %s', async (url, host) => {
    const proxy = await open()
    const { status, text } = await through(proxy, url, { host })
    expect(status).toBe(502)
    expect(text).toContain("is the platform's, and nothing is ever sent there")
    expect(seen(proxy)).toEqual([expect.stringMatching(/ http refused$/)])
  })

  it('keeps the control API from the program: its host is not this machine', async () => {
    const proxy = await open()
    const { status } = await through(proxy, 'http://eco.taobao.com/_localtop/exchanges')
    expect(status).toBe(403)
  })

  it('passes other hosts on, and their TLS unread', async () => {
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'localhost' }], {
      extensions: [{ name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }] }],
    })
    const plain = createHttpServer((_, answer) => answer.end('plain'))
    const secure = createHttpsServer({ key, cert }, (_, answer) => answer.end('secure'))
    const [httpPort, httpsPort] = [await listening(plain), await listening(secure)]
    const proxy = await open({ offline: true })

    expect(await through(proxy, `http://localhost:${httpPort}/`)).toEqual({
      status: 200,
      text: 'plain',
    })
    const { socket } = await tunnel(proxy, `localhost:${httpsPort}`)
    // Only the server's own certificate is trusted: were it opened on the way, this would fail.
    expect(await overTls(socket, 'localhost', 'localhost', cert)).toMatch(/secure$/)
    expect(seen(proxy)).toEqual([
      `localhost:${httpPort} http passed`,
      `localhost:${httpsPort} tunnel passed`,
    ])
  })

  it('reaches other hosts by the proxy of the machine, the platform never', async () => {
    const asked: string[] = []
    const site = await listening(createHttpServer((_, answer) => answer.end('from upstream')))
    const upstream = createHttpServer().on('connect', ({ url = '' }, socket: Socket) => {
      asked.push(url)
      socket.write('HTTP/1.1 200 OK\r\n\r\n')
      socket.pipe(connect(site, '127.0.0.1')).pipe(socket)
    })
    const port = await listening(upstream)
    const proxy = await open({ upstream: { url: `http://127.0.0.1:${port}`, except: [] } })

    expect((await through(proxy, 'http://shop.example/a?b=1')).text).toBe('from upstream')
    await through(proxy, 'http://eco.taobao.com/router/rest')
    await through(proxy, 'http://img.alicdn.com/')
    expect(asked).toEqual(['shop.example:80'])
    expect(seen(proxy)).toEqual([
      'shop.example:80 http passed',
      'eco.taobao.com:80 http answered',
      'img.alicdn.com:80 http refused',
    ])
  })

  it('refuses tunnels to other machines with --offline, names and addresses', async () => {
    const proxy = await open({ offline: true })
    expect((await tunnel(proxy, 'shop.example:443')).status).toBe(403)
    expect((await tunnel(proxy, '203.0.113.9:22')).status).toBe(403)
    expect((await tunnel(proxy, '[2001:db8::1]:443')).status).toBe(403)
    expect(seen(proxy)).toEqual([
      'shop.example:443 tunnel refused',
      '203.0.113.9:22 tunnel refused',
      '2001:db8::1:443 tunnel refused',
    ])
  })

  itNeeds(['curl', '--version'])('notes that a program did not trust it', async () => {
    const proxy = await open()
    const args = ['-s', '--proxy', `http://127.0.0.1:${proxy.port}`, 'https://eco.taobao.com']
    await expect(promisify(execFile)('curl', args)).rejects.toMatchObject({ code: 60 })
    await expect.poll(() => seen(proxy)).toEqual(['eco.taobao.com:443 https untrusted'])
  })

  it('refuses WebSockets to the platform', async () => {
    const proxy = await open()
    const at = { host: '127.0.0.1', port: proxy.port, path: 'http://mc.api.taobao.com/' }
    const upgrade = { connection: 'upgrade', upgrade: 'websocket', 'sec-websocket-version': '13' }
    const headers = { host: 'mc.api.taobao.com', 'sec-websocket-key': 'AAAAAAAAAAAAAAAAAAAAAA==' }
    const status = await new Promise((resolve, reject) => {
      get({ ...at, headers: { ...headers, ...upgrade } }, (answer) => resolve(answer.statusCode))
        .on('upgrade', () => reject(new Error('it was let through')))
        .on('error', reject)
    })
    expect(status).toBe(502)
    await expect.poll(() => seen(proxy)).toEqual(['mc.api.taobao.com:80 websocket refused'])
  })

  it('speaks HTTP/2 with clients that speak nothing else', async () => {
    const proxy = await open()
    const { socket } = await tunnel(proxy, 'eco.taobao.com:443')
    const tls = connectTls({
      socket,
      servername: 'eco.taobao.com',
      ca: authority.cert,
      ALPNProtocols: ['h2'],
    })
    const session = connectHttp2('https://eco.taobao.com', { createConnection: () => tls })
    closing.push(() => session.destroy())
    let text = ''
    for await (const piece of session.request({ ':path': '/router/rest' })) text += piece
    expect(text).toContain('error_response')
    expect(gateway.exchanges.list()).toHaveLength(1)
  })

  it('takes a body of three megabytes that waits for a 100', async () => {
    const proxy = await open()
    const body = Buffer.alloc(3_000_000, 'x')
    const text = await new Promise<string>((resolve, reject) => {
      const url = 'http://eco.taobao.com/router/rest?method=taobao.time.get'
      const at = { host: '127.0.0.1', port: proxy.port, path: url, method: 'POST' }
      const headers = {
        host: 'eco.taobao.com',
        'content-type': 'text/plain',
        expect: '100-continue',
      }
      request({ ...at, headers }, async (answer) => {
        let whole = ''
        for await (const piece of answer) whole += piece
        resolve(whole)
      })
        .on('error', reject)
        .end(body)
    })
    expect(text).toContain('error_response')
    expect(gateway.exchanges.list()).toHaveLength(1)
  })
})

it('an authority that cannot be written is an error that names the folder', async () => {
  writeFileSync(join(folder, 'file'), '')
  await expect(keptAuthority(join(folder, 'file/data'), new Date())).rejects.toThrow(
    /^the data folder .*file\/data cannot keep the proxy's certificate/,
  )
})
