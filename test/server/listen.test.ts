import { once } from 'node:events'
import { connect } from 'node:net'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { type AnyContract, findMethod } from '../../src/contracts/index.ts'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  PortInUseError,
} from '../../src/server/index.ts'
import { call, over } from '../support/gateway.ts'

const opened: Gateway[] = []
function open(options?: GatewayOptions): Gateway {
  const gateway = createGateway(options)
  opened.push(gateway)
  return gateway
}
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
})

const status = async (url: string) => (await fetch(url)).status

describe('a gateway', () => {
  it('listens on any free port and says which', async () => {
    const server = await open().listen()
    expect(server).toMatchObject({ host: '127.0.0.1', url: `http://127.0.0.1:${server.port}` })
    expect(server.controlUrl).toBe(`${server.url}/_localtop`)
    expect(server.port).toBeGreaterThan(0)
    expect((await call(over(server.url), 'taobao.time.get')).answer.time).toBeDefined()
  })

  it('listens on an IPv6 address', async () => {
    const server = await open().listen({ host: '::1' })
    expect(server.url).toBe(`http://[::1]:${server.port}`)
    expect(await status(`${server.controlUrl}/health`)).toBe(200)
    expect(await status(`${server.controlUrl}/snapshot`)).toBe(200)
  })

  it('says which port is in use', async () => {
    const { port } = await open().listen()
    const second = open()
    await expect(second.listen({ port })).rejects.toThrow(PortInUseError)
    await expect(second.listen({ port })).rejects.toThrow(`port ${port} on 127.0.0.1 is in use`)
  })

  it('listens no more once it is closed, though callers keep their connections', async () => {
    const gateway = open()
    const { port } = await gateway.listen()
    const socket = connect(port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write('GET /_localtop/health HTTP/1.1\r\nHost: localhost\r\n\r\n')
    await once(socket, 'data')
    const ended = once(socket, 'close')
    await gateway.close()
    await ended
    const refused = connect(port, '127.0.0.1')
    const [error] = await once(refused, 'error')
    expect(error).toMatchObject({ code: 'ECONNREFUSED' })
  })

  it('may be closed twice, and without having been used', async () => {
    const gateway = open()
    await gateway.close()
    await gateway.close()
    await using unused = createGateway()
    expect(unused.clock.state().moved).toBe(false)
  })

  it('guards each of its ports by itself', async () => {
    const gateway = open()
    const reachable = await gateway.listen({ host: '0.0.0.0' })
    const loopback = await gateway.listen()
    const snapshot = `http://127.0.0.1:${reachable.port}/_localtop/snapshot`
    expect(await status(`${loopback.controlUrl}/snapshot`)).toBe(200)
    expect(await status(snapshot)).toBe(403)
    const authorization = `Bearer ${reachable.controlToken}`
    expect((await fetch(snapshot, { headers: { authorization } })).status).toBe(200)
  })
})

describe('closing', () => {
  afterEach(() => {
    vi.useRealTimers()
  })

  it('lets a call under way be answered', async () => {
    let begin = () => {}
    let finish = (_: object) => {}
    const begun = new Promise<void>((resolve) => {
      begin = resolve
    })
    const contract = findMethod('taobao.time.get') as AnyContract
    const handler = () => {
      begin()
      return new Promise<object>((resolve) => {
        finish = resolve
      })
    }
    const gateway = open({ methods: [{ contract, handler }] })
    const { url } = await gateway.listen()
    const reply = call(over(url), contract.name)
    await begun
    const closing = gateway.close()
    finish({ time: '2026-05-01 10:00:00' })
    expect((await reply).answer.time).toBe('2026-05-01 10:00:00')
    await closing
  })

  // That the command ends with Redis too is shown where it is stopped.
  const isRedis = process.env.LOCALTOP_TEST_STORE === 'redis'
  const itAlone = it.skipIf(isRedis) // The client of Redis has timers of its own, which made-up ones confuse.
  itAlone('leaves no timer behind that keeps the process from ending', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const gateway = createGateway({
      scenarios: [{ title: 'late', rules: [{ then: { delay: '1h' } }] }],
    })
    const late = call(gateway, 'taobao.time.get').catch(() => undefined)
    await vi.waitUntil(() => vi.getTimerCount() > 0)
    await gateway.close()
    expect(vi.getTimerCount()).toBe(0)
    // Its clock going on would have been the only way to an answer.
    void late
  })
})
