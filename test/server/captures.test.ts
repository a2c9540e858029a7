import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sign } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import {
  type Capture,
  captures,
  form,
  item,
  joined,
  message,
  moment,
  percent,
  plus,
  signed,
  type Written,
  waiting,
} from '../support/captures.ts'
import type { Params } from '../support/gateway.ts'
import { openSocket, type RawReply, type RawSocket } from '../support/raw-socket.ts'

let gateway: Gateway
let port: number
const sockets: RawSocket[] = []
beforeEach(async () => {
  gateway = createGateway({ profile: 'production' })
  gateway.clock.freeze(moment)
  ;({ port } = await gateway.listen())
})
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy()
  await gateway.close()
})

async function open(): Promise<RawSocket> {
  const socket = await openSocket(port)
  sockets.push(socket)
  return socket
}

const titled = (some: readonly Capture[]) =>
  some.map((capture) => [`${capture.client}: ${capture.oddity}`, capture] as const)

const contentTypes: Readonly<Record<Written, string>> = {
  json: 'text/javascript;charset=UTF-8',
  simplified: 'text/javascript;charset=UTF-8',
  xml: 'text/xml;charset=UTF-8',
}

/** The whole body, nothing before it and nothing after it. */
const bodies: Readonly<Record<Written, RegExp>> = {
  json: /^\{"item_add_response":\{"item":\{"created":"2016-01-01 12:00:00","num_iid":\d{12}\},"request_id":"[0-9a-z]{11,13}"\}\}$/,
  simplified:
    /^\{"item":\{"created":"2016-01-01 12:00:00","num_iid":\d{12}\},"request_id":"[0-9a-z]{11,13}"\}$/,
  xml: /^<\?xml version="1\.0" encoding="utf-8" \?><item_add_response><item><created>2016-01-01 12:00:00<\/created><num_iid>\d{12}<\/num_iid><\/item><request_id>[0-9a-z]{11,13}<\/request_id><\/item_add_response><!--top127000000001\.localtop-->$/,
}

/** A file as the journal tells of it. */
const storedAs = (bytes: Uint8Array) =>
  expect.objectContaining({
    bytes: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
  })

/** What every answer is on the wire, whatever it says. */
function expectWire(
  { statusLine, headers, body, length }: RawReply,
  written: Written,
  asked: string | Uint8Array = '',
) {
  expect(statusLine).toBe('HTTP/1.1 200 OK')
  expect(headers['content-type']).toBe(contentTypes[written])
  // One piece of a known length: some clients take the first chunk for the whole.
  expect(headers['content-length']).toBe(String(length))
  // Compressed where the client asks, and only there: half of them cannot read it.
  const asksGzip = /^accept-encoding:.*gzip/im.test(Buffer.from(asked).toString('latin1'))
  expect(headers['content-encoding']).toBe(asksGzip ? 'gzip' : undefined)
  if (!asksGzip) expect(length).toBe(Buffer.byteLength(body))
  expect(length).toBeGreaterThan(20)
  expect(headers).not.toHaveProperty('transfer-encoding')
  expect(headers).not.toHaveProperty('location')
  if (written !== 'xml') expect(JSON.stringify(JSON.parse(body))).toBe(body)
}

describe('a call as it stands on the wire is answered:', () => {
  it.each(titled(captures))('%s', async (_, { bytes, answer = 'json', image, closes }) => {
    const socket = await open()
    socket.write(bytes)
    const reply = await socket.reply()
    expect(reply.body).toMatch(bodies[answer])
    expectWire(reply, answer, bytes)
    const exchange = gateway.exchanges.find(reply.headers['x-localtop-exchange'] ?? '')
    expect(exchange?.request.params).toMatchObject(item)
    expect(exchange?.request.files).toEqual(image ? { image: storedAs(image) } : {})
    if (closes) {
      expect(reply.headers.connection).toBe('close')
      expect(await socket.ended()).toBe('')
    }
  })

  it('the documentation example, with the sign that is printed there', async () => {
    const socket = await open()
    socket.write(
      'GET /router/rest?method=taobao.item.seller.get&app_key=12345678&session=test&timestamp=2016-01-01+12%3A00%3A00&format=json&v=2.0&sign_method=md5&sign=66987CB115214E59E6EC978214934FB8&fields=num_iid%2Ctitle%2Cnick%2Cprice%2Cnum&num_iid=11223344 HTTP/1.1\r\nHost: gw.api.taobao.com\r\n\r\n',
    )
    const reply = await socket.reply()
    expectWire(reply, 'json')
    expect(reply.body).toMatch(
      /^\{"item_seller_get_response":\{"item":\{"nick":"本地小店","num":36,"num_iid":11223344,"price":"128\.00","title":"手工编织羊毛围巾"\},"request_id":"\w+"\}\}$/,
    )
  })

  it('keeps no secret that a client sends', async () => {
    const socket = await open()
    const sent = captures.find(({ client }) => client === 'alidayujs (npm)')
    socket.write(sent?.bytes ?? '')
    const { headers } = await socket.reply()
    const exchange = gateway.exchanges.find(headers['x-localtop-exchange'] ?? '')
    expect(exchange?.request.params).toMatchObject({ secret: '***', session: '***', sign: '***' })
  })
})

describe('a body that waits for its 100', () => {
  it.each(titled(waiting))('gets it before it is sent: %s', async (_, capture) => {
    const { bytes, answer = 'json', image } = capture
    const socket = await open()
    const bodyAt = bytes.indexOf('\r\n\r\n') + 4
    socket.write(bytes.subarray(0, bodyAt))
    expect((await socket.reply()).statusLine).toBe('HTTP/1.1 100 Continue')
    socket.write(bytes.subarray(bodyAt))
    const reply = await socket.reply()
    expect(reply.body).toMatch(bodies[answer])
    expectWire(reply, answer)
    const exchange = gateway.exchanges.find(reply.headers['x-localtop-exchange'] ?? '')
    expect(exchange?.request.files).toEqual(image ? { image: storedAs(image) } : {})
  })
})

describe('a refusal as it stands on the wire', () => {
  const asked = (params: Params) =>
    message([`GET /router/rest?${form(params, plus)} HTTP/1.1`, 'Host: 127.0.0.1'])
  const json = (code: number, rest: string) =>
    new RegExp(
      `^\\{"error_response":\\{"code":${code},${rest},"request_id":"[0-9a-z]{11,13}"\\}\\}$`,
    )
  const xml = (code: number, rest: string) =>
    new RegExp(
      `^<\\?xml version="1\\.0" encoding="utf-8" \\?><error_response><code>${code}</code>${rest}<request_id>[0-9a-z]{11,13}</request_id></error_response><!--top127000000001\\.localtop-->$`,
    )
  const expired = { ...signed(), session: 'test-expired' }
  const refusals: readonly (readonly [what: string, Buffer, Written, RegExp])[] = [
    [
      'a wrong sign',
      asked({ ...signed(), sign: '0'.repeat(32) }),
      'json',
      json(25, '"msg":"Invalid signature"'),
    ],
    [
      'a wrong sign in XML',
      asked({ ...signed({ format: 'xml' }), sign: '0'.repeat(32) }),
      'xml',
      xml(25, '<msg>Invalid signature</msg>'),
    ],
    [
      'an expired session, simplified: the root stays',
      asked({
        ...expired,
        simplify: 'true',
        sign: sign({ ...expired, simplify: 'true' }, 'helloworld', 'md5'),
      }),
      'json',
      json(27, '"msg":"Invalid session:session-expired","sub_code":"session-expired"'),
    ],
    [
      "openerp's sign_method that is none",
      asked({ ...signed(), sign_method: 'md5-front' }),
      'json',
      json(25, '"msg":"Invalid signature"'),
    ],
    [
      'nothing at all, as ali-topsdk sends with get',
      message(['GET /router/rest HTTP/1.1', 'host: 127.0.0.1', 'Connection: keep-alive']),
      'xml',
      xml(21, '<msg>Missing method</msg><sub_msg>http传入的参数加入method字段</sub_msg>'),
    ],
    [
      'everything in the body of a GET, as topsdk sends with get',
      message(
        [
          'GET /router/rest HTTP/1.1',
          'host: 127.0.0.1',
          'content-type: application/x-www-form-urlencoded',
          'content-length: #',
          'Connection: keep-alive',
        ],
        form(signed(), percent),
      ),
      'xml',
      xml(21, '<msg>Missing method</msg><sub_msg>http传入的参数加入method字段</sub_msg>'),
    ],
  ]
  it.each(refusals)('%s', async (_, bytes, written, body) => {
    const socket = await open()
    socket.write(bytes)
    const reply = await socket.reply()
    expect(reply.body).toMatch(body)
    expectWire(reply, written)
  })
})

describe('one connection', () => {
  const forms = ['Java 2011', 'taobao (npm), GET', 'PHP with a picture from memory'] as const
  /** A capture whose client does not hang up. */
  const kept = (client: string) => {
    const capture = captures.find((one) => one.client === client)
    return Buffer.from(
      (capture as Capture).bytes
        .toString('latin1')
        .replace('Connection: close', 'Connection: keep-alive'),
      'latin1',
    )
  }

  it('answers two calls that were sent at once, in their order', async () => {
    const socket = await open()
    socket.write(joined(kept('Java 2011'), kept('taobao (npm), GET')))
    const replies = [await socket.reply(), await socket.reply()]
    expect(replies[0]?.body).toMatch(bodies.xml)
    expect(replies[1]?.body).toMatch(bodies.json)
  })

  it('answers calls of every form one after the other', async () => {
    const socket = await open()
    for (const client of [...forms, 'taobao (npm), POST', 'zsqk', ...forms]) {
      socket.write(kept(client))
      const { body, headers } = await socket.reply()
      expect(body, client).toContain('num_iid')
      expect(headers.connection, client).not.toBe('close')
    }
    expect(gateway.exchanges.list({ code: 0 })).toHaveLength(8)
  })

  it('reads a call that comes byte for byte', async () => {
    const socket = await open()
    const bytes = kept('Java 2011')
    for (const byte of bytes) {
      socket.write(Uint8Array.of(byte))
      // Lets what was written go out before the next byte.
      await new Promise(setImmediate)
    }
    expect((await socket.reply()).body).toMatch(bodies.xml)
  })
})
