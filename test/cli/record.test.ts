import { createHash } from 'node:crypto'
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { writeBatch } from '../../src/contracts/index.ts'
import { createGateway, keptCertificate } from '../../src/server/index.ts'
import { type Running, runCommand, startCommand } from '../support/command.ts'
import { call, over, phone, send, signedParams } from '../support/gateway.ts'
import { tinyPng } from '../support/png.ts'

let root: string
let folder: string
const running: Running[] = []
const servers: Server[] = []
beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'localtop-record-'))
  return () => rmSync(root, { recursive: true })
})
beforeEach(() => {
  folder = mkdtempSync(join(root, 'case-'))
})
afterEach(async () => {
  for (const { child, ended } of running.splice(0)) {
    child.kill()
    await ended
  }
  for (const server of servers.splice(0)) {
    server.closeAllConnections()
    server.close()
  }
})

interface Recording {
  readonly url: string
  readonly command: Running
}

async function record(to: string, ...args: readonly string[]): Promise<Recording> {
  const command = startCommand(['record', '--to', to, '--port', '0', '--json', ...args], folder)
  running.push(command)
  const stdout = await command.prints('"event":"ready"')
  return { url: JSON.parse(stdout.split('\n')[0] as string).url, command }
}

const fileText = () => readFileSync(join(folder, 'localtop-recording.jsonl'), 'utf8')
const kept = () =>
  fileText()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line))
    .filter((line) => !('format' in line))

/** A gateway that is none: it answers as it is told. */
async function stranger(answer: RequestListener): Promise<string> {
  const server = createServer(answer)
  servers.push(server)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const answering = (body: string, contentType = 'text/javascript;charset=UTF-8') =>
  stranger((incoming, outgoing) => {
    incoming.resume()
    incoming.on('end', () => {
      outgoing.setHeader('content-type', contentType)
      outgoing.end(body)
    })
  })

const system = {
  app_key: '12345678',
  v: '2.0',
  format: 'json',
  timestamp: '2026-01-01 00:00:00',
  session: 'a-session-of-somebody',
  sign: '0123456789ABCDEF0123456789ABCDEF',
  sign_method: 'md5',
}
const ask = (url: string, method: string, params: Record<string, string> = {}) =>
  send(over(url), { ...system, method, ...params })

describe('passing', () => {
  it('goes over HTTPS where the gateway is there, and refuses a certificate that it cannot trust', async () => {
    const certificate = await keptCertificate(join(folder, 'tls'), new Date())
    await using gateway = createGateway({ profile: 'production' })
    const { port } = await gateway.listen({ tls: certificate })
    const to = `https://localhost:${port}`
    const trusting = startCommand(['record', '--to', to, '--port', '0', '--json'], folder, {
      NODE_EXTRA_CA_CERTS: certificate.file,
    })
    running.push(trusting)
    const { url } = JSON.parse((await trusting.prints('"event":"ready"')).split('\n')[0] as string)
    expect((await call(over(url), 'taobao.time.get')).answer.time).toMatch(/^\d{4}-/)
    const { url: distrusting } = await record(to, '--file', 'other.jsonl')
    const { error } = await call(over(distrusting), 'taobao.time.get')
    expect(error?.sub_code).toBe('isp.localtop-record-unreachable')
    expect(error?.sub_msg).toMatch(/certificate/)
  })

  it('leaves path, query, body and headers as they came, byte for byte', async () => {
    const seen: { url: string; body: Buffer; agent: string; host: string }[] = []
    const to = await stranger((incoming, outgoing) => {
      const chunks: Buffer[] = []
      incoming.on('data', (chunk) => chunks.push(chunk))
      incoming.on('end', () => {
        const { url = '', headers } = incoming
        const { host = '', 'x-agent': agent } = headers
        seen.push({ url, body: Buffer.concat(chunks), agent: String(agent), host })
        outgoing.end('{"time_get_response":{"request_id":"1"}}')
      })
    })
    const { url } = await record(to)
    const target = '/router/rest?method=taobao.time.get&q=%e6%96%b0+%zz&empty=&q=2'
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n'),
      tinyPng(),
      Buffer.from('\r\n--b--'),
    ])
    const headers = { 'content-type': 'multipart/form-data; boundary=b', 'x-agent': 'top-sdk' }
    const answer = await fetch(url + target, { method: 'POST', headers, body })
    expect(await answer.text()).toBe('{"time_get_response":{"request_id":"1"}}')
    expect(seen).toEqual([{ url: target, body, agent: 'top-sdk', host: new URL(to).host }])
    const [line] = kept()
    expect(line.request.files.image).toMatchObject({
      fileName: 'file.png',
      sha256: createHash('sha256').update(tinyPng()).digest('hex'),
    })
  })

  it('keeps signatures good, and gives the answers of the gateway behind it', async () => {
    await using gateway = createGateway()
    const { url } = await record((await gateway.listen({ port: 0 })).url)
    for (const signMethod of ['md5', 'hmac', 'hmac-sha256'] as const) {
      for (const verb of ['GET', 'POST']) {
        const reply = await send(
          over(url),
          signedParams(gateway, 'taobao.item.add', phone, { signMethod }),
          { verb },
        )
        expect(reply.answer.item.num_iid).toBeGreaterThan(0)
        expect(kept().at(-1).response.body).toBe(reply.text)
      }
    }
    expect(gateway.exchanges.list({ outcome: 'answered' })).toHaveLength(6)
  })

  it('passes compressed answers as they are and keeps them readable', async () => {
    await using gateway = createGateway()
    const { url } = await record((await gateway.listen({ port: 0 })).url)
    const form = new URLSearchParams(signedParams(gateway, 'taobao.time.get'))
    const { request } = await import('node:http')
    const bytes = await new Promise<Buffer>((resolve, reject) => {
      const asked = request(
        `${url}/router/rest?${form}`,
        { headers: { 'accept-encoding': 'gzip' } },
        (answer) => {
          expect(answer.headers['content-encoding']).toBe('gzip')
          const chunks: Buffer[] = []
          answer.on('data', (chunk) => chunks.push(chunk))
          answer.on('end', () => resolve(Buffer.concat(chunks)))
        },
      )
      asked.on('error', reject)
      asked.end()
    })
    expect(kept()[0].response.body).toBe(gunzipSync(bytes).toString())
  })

  it('keeps a line for each call of a batch', async () => {
    await using gateway = createGateway()
    const { url } = await record((await gateway.listen({ port: 0 })).url)
    const calls = [
      { method: 'taobao.time.get' },
      { method: 'taobao.user.seller.get', fields: 'nick' },
    ]
    const { canonicalString } = await import('../../src/contracts/index.ts')
    const { app_key, v, format, sign_method } = system
    const envelope = {
      app_key,
      v,
      format,
      sign_method,
      session: 'test',
      timestamp: gateway.clock.state().time,
    }
    const body = writeBatch(calls)
    const sign = createHash('md5')
      .update(`helloworld${canonicalString(envelope)}${body}helloworld`)
      .digest('hex')
      .toUpperCase()
    const query = new URLSearchParams({ ...envelope, sign })
    const answer = await fetch(`${url}/router/batch?${query}`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain' },
      body,
    })
    const text = await answer.text()
    expect(text).toContain('-S-')
    expect(
      kept().map(({ method, response }) => [method, Object.keys(JSON.parse(response.body))[0]]),
    ).toEqual([
      ['taobao.time.get', 'time_get_response'],
      ['taobao.user.seller.get', 'user_seller_get_response'],
    ])
  })

  it('passes bodies of several megabytes', async () => {
    const { url } = await record(
      await stranger((incoming, outgoing) => {
        incoming.pipe(outgoing)
      }),
    )
    const desc = '长'.repeat(1024 * 1024)
    const body = new URLSearchParams({ method: 'taobao.time.get', desc }).toString()
    const answer = await fetch(`${url}/router/rest`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body,
    })
    expect(await answer.text()).toBe(body)
    expect(kept()[0].request.params.desc).toBe(desc)
  })

  it.each(['/token', '/authorize', '/_localtop/snapshot?secrets=include', '/'])(
    'does not pass %s',
    async (path) => {
      let requests = 0
      const to = await stranger((_, outgoing) => {
        requests++
        outgoing.end()
      })
      const { url } = await record(to)
      const answer = await fetch(url + path)
      expect(answer.status).toBe(404)
      expect(await answer.text()).toContain('passes /router/rest and /router/batch only')
      expect(requests).toBe(0)
    },
  )
})

describe('masking', () => {
  const trade = {
    trade_fullinfo_get_response: {
      trade: {
        tid: 2231958349,
        title: '买家 13900001111 的订单, 写信给 li.si@example.com 或 李四四',
        buyer_nick: '李四四',
        buyer_id: 77123456,
        receiver_name: '李四四',
        receiver_mobile: '13812345678',
        receiver_address: '文三路 477 号 A 座',
        receiver_city: '杭州市',
        buyer_email: 'li.si@example.com',
        has_buyer_message: true,
        created: '2026-01-01 10:00:00',
        payment: '20.50',
        orders: { order: [{ oid: 2231958350, title: '保温杯', buyer_rate: false }] },
      },
      request_id: 'z1',
    },
  }
  const personal = ['李四四', '77123456', '13812345678', '13900001111', '文三路', '杭州市', 'li.si']

  it('hides people, and keeps types, lengths and everything else', async () => {
    const { url } = await record(await answering(JSON.stringify(trade)))
    const reply = await ask(url, 'taobao.trade.fullinfo.get', {
      tid: '2231958349',
      buyer_nick: '李四四',
      param: JSON.stringify({ receiver: { name: '李四四', phone: '13812345678' }, num: 3 }),
    })
    expect(reply.json).toEqual(trade)
    for (const secret of [...personal, system.session, system.sign]) {
      expect(fileText(), secret).not.toContain(secret)
    }
    const [line] = kept()
    const masked = JSON.parse(line.response.body).trade_fullinfo_get_response.trade
    expect(masked.buyer_id).toBeTypeOf('number')
    expect(String(masked.buyer_id)).toHaveLength(8)
    expect(masked.receiver_mobile).toMatch(/^1\d{10}$/)
    expect(masked.receiver_address).toMatch(
      /^\p{Script=Han}{3} \d{3} \p{Script=Han} [A-Z] \p{Script=Han}$/u,
    )
    expect(masked.buyer_email).toMatch(/^[a-z]{2}\.[a-z]{2}@[a-z]{7}\.[a-z]{3}$/)
    const { tid, has_buyer_message, created, payment, orders } =
      trade.trade_fullinfo_get_response.trade
    expect(masked).toMatchObject({ tid, has_buyer_message, created, payment, orders })
    // The same person is the same person everywhere.
    const { params } = line.request
    expect(params.buyer_nick).toBe(masked.buyer_nick)
    expect(JSON.parse(params.param)).toEqual({
      receiver: { name: masked.receiver_name, phone: masked.receiver_mobile },
      num: 3,
    })
    expect(masked.title).toContain(masked.buyer_nick)
    expect(params).toMatchObject({
      session: '***',
      sign: '***',
      tid: '2231958349',
      app_key: '12345678',
    })
    expect(line.masked).toEqual(
      expect.arrayContaining(['request.session', 'request.param.receiver.name']),
    )
  })

  it('hides people in XML', async () => {
    const xml =
      '<?xml version="1.0" encoding="utf-8" ?><trade_get_response><trade><tid>1</tid><buyer_nick>李四&amp;四</buyer_nick></trade></trade_get_response><!--host-->'
    const { url } = await record(await answering(xml, 'text/xml;charset=UTF-8'))
    await ask(url, 'taobao.trade.get', { format: 'xml' })
    expect(kept()[0].response.body).toMatch(
      /<trade><tid>1<\/tid><buyer_nick>\p{Script=Han}{2}&amp;\p{Script=Han}<\/buyer_nick><\/trade>/u,
    )
  })

  it('hides what an error repeats', async () => {
    const error = {
      error_response: {
        code: 27,
        msg: 'Invalid session',
        sub_msg: `no such session: ${system.session}`,
      },
    }
    const { url } = await record(await answering(JSON.stringify(error)))
    await ask(url, 'taobao.trade.get')
    expect(JSON.parse(kept()[0].response.body).error_response).toMatchObject({
      code: 27,
      sub_msg: 'no such session: ***',
    })
  })

  it('hides everything that a method of secrets takes and gives', async () => {
    await using gateway = createGateway()
    const { url } = await record((await gateway.listen({ port: 0 })).url)
    await call(over(url), 'taobao.top.auth.token.refresh', {
      refresh_token: 'my-own-refresh-token',
    })
    const to = await answering(
      '{"top_auth_token_create_response":{"token_result":"{\\"w\\":\\"tok-123456\\"}"}}',
    )
    const other = await record(to)
    await ask(other.url, 'taobao.top.auth.token.create', { code: 'code-of-somebody' })
    expect(fileText()).not.toMatch(/my-own-refresh|tok-123456|code-of-somebody/)
  })

  it('keeps nothing of an answer that it cannot read', async () => {
    const { url } = await record(await answering('<html>Sorry, 李四四</html>', 'text/html'))
    const reply = await ask(url, 'taobao.trade.get')
    expect(reply.text).toContain('李四四')
    expect(fileText()).not.toContain('李四四')
    expect(kept()[0].response).toMatchObject({ status: 200, contentType: 'text/html', body: '' })
  })

  it('is for the eyes of the owner', async () => {
    await record(await answering('{}'))
    expect(statSync(join(folder, 'localtop-recording.jsonl')).mode & 0o077).toBe(0)
  })
})

describe('read-only', () => {
  it('refuses methods that write, before anything is sent', async () => {
    let requests = 0
    const to = await stranger((_, outgoing) => {
      requests++
      outgoing.end('{"time_get_response":{"time":"2026-01-01 00:00:00"}}')
    })
    const { url } = await record(to, '--read-only')
    const refused = await ask(url, 'taobao.item.add')
    expect(refused.error).toMatchObject({ code: 15, sub_code: 'isv.localtop-record-refused' })
    expect(refused.error?.sub_msg).toContain('taobao.item.add may change something')
    expect((await ask(url, 'taobao.item.add', { format: 'xml' })).text).toContain(
      '<sub_code>isv.localtop',
    )
    const twice = await fetch(`${url}/router/rest?method=taobao.time.get`, {
      method: 'POST',
      body: new URLSearchParams({ method: 'taobao.item.add' }),
    })
    expect(await twice.text()).toContain('names two methods')
    const batch = await fetch(`${url}/router/batch?format=json`, {
      method: 'POST',
      body: writeBatch([{ method: 'taobao.time.get' }, { method: 'taobao.item.delete' }]),
    })
    expect(await batch.text()).toContain('taobao.item.delete may change something')
    const hidden = await fetch(`${url}/router/rest?format=json`, { method: 'POST', body: '{}' })
    expect(await hidden.text()).toContain('no method can be seen')
    expect(requests).toBe(0)
    expect(kept()).toEqual([])
    expect((await ask(url, 'taobao.time.get')).answer.time).toBe('2026-01-01 00:00:00')
    expect(requests).toBe(1)
  })

  it.each([
    ['https://gw.api.taobao.com', [], true],
    ['https://eco.taobao.com/router/rest', ['--allow-writes'], false],
    ['http://gateway.example', [], false],
    ['http://gateway.example', ['--read-only'], true],
  ] as const)('of %s with %j is %s', async (to, args, readOnly) => {
    const { url, command } = await record(to, ...args)
    expect(await command.prints('ready')).toContain(`"readOnly":${readOnly}`)
    if (readOnly) {
      expect((await ask(url, 'taobao.item.add')).error?.sub_code).toBe(
        'isv.localtop-record-refused',
      )
    } else await command.complains('an item.add can make a real listing')
  })
})

describe('what goes wrong', () => {
  it('answers that the gateway cannot be reached, and keeps that', async () => {
    const to = await stranger(() => {})
    servers[0]?.close()
    const { url } = await record(to)
    const { error } = await ask(url, 'taobao.time.get')
    expect(error).toMatchObject({ code: 15, sub_code: 'isp.localtop-record-unreachable' })
    expect(error?.sub_msg).toContain(`${to} cannot be reached: connect ECONNREFUSED`)
    expect(kept()[0]).toMatchObject({
      response: null,
      failure: expect.stringContaining('ECONNREFUSED'),
    })
  })

  it('breaks off where the gateway does, and keeps that', async () => {
    const to = await stranger((_, outgoing) => {
      outgoing.writeHead(200, { 'content-length': '100' })
      outgoing.write('{"time_', () => outgoing.destroy())
    })
    const { url } = await record(to)
    await expect(ask(url, 'taobao.time.get')).rejects.toThrow()
    expect(kept()[0].failure).toContain('the answer broke off after 7 bytes')
  })

  it('has every answered call in its file when it is killed, and goes on from there', async () => {
    const to = await answering('{"time_get_response":{"time":"2026-01-01 00:00:00"}}')
    const first = await record(to)
    await ask(first.url, 'taobao.time.get')
    await ask(first.url, 'taobao.time.get')
    first.command.child.kill('SIGKILL')
    await first.command.ended
    expect(kept().map(({ id }) => id)).toEqual(['1', '2'])
    appendFileSync(join(folder, 'localtop-recording.jsonl'), '{"id":"3","meth')
    const second = await record(to)
    await second.command.complains('was cut: its last line was taken away')
    await ask(second.url, 'taobao.time.get')
    second.command.child.kill('SIGINT')
    const { status, stdout } = await second.command.ended
    expect(status).toBe(0)
    expect(stdout).toContain('"exchanges":3')
    expect(kept().map(({ id }) => id)).toEqual(['1', '2', '3'])
  })

  it.each([
    [[], "required option '--to <url>'"],
    [['--to', 'gateway'], '--to: "gateway" is no URL'],
    [['--to', 'ftp://gateway'], 'neither http nor https'],
    [['--to', 'http://x', '--read-only', '--allow-writes'], '--allow-writes'],
    [['--to', 'http://x', '--file', 'other.txt'], 'other.txt: line 1 is no JSON'],
    [['--to', 'http://x', '--file', 'a.jsonl'], 'a.jsonl is no recording'],
    [['--to', 'http://x', '--file', 'no/such/folder.jsonl'], 'cannot be written'],
  ])('refuses %j with status 2', async (args, message) => {
    writeFileSync(join(folder, 'other.txt'), 'text\nmore\n')
    writeFileSync(join(folder, 'a.jsonl'), '{"id":"1","method":null}\n')
    const { status, stderr } = await runCommand(['record', ...args], folder)
    expect(stderr).toContain(message)
    expect(status).toBe(2)
  })

  it('refuses a port that is taken', async () => {
    const { port } = new URL(await answering('{}'))
    const { status, stderr } = await runCommand(
      ['record', '--to', 'http://x', '--port', port],
      folder,
    )
    expect(stderr).toContain(`--port: port ${port} on 127.0.0.1 is in use`)
    expect(status).toBe(2)
  })
})
