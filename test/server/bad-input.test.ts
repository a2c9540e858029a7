import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text as textOf } from 'node:stream/consumers'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { methods } from '../../src/contracts/index.ts'
import {
  createGateway,
  type Gateway,
  type Listening,
  type LogEvent,
} from '../../src/server/index.ts'
import {
  addItem,
  article,
  bothProfiles,
  call,
  codeIn,
  type Params,
  phone,
  type Reply,
  request,
  send,
  signedParams,
} from '../support/gateway.ts'

const rest = 'http://localhost/router/rest'
const form = 'application/x-www-form-urlencoded'
const post = (body: string | Uint8Array<ArrayBuffer>, contentType = form) =>
  new Request(rest, { method: 'POST', body, headers: { 'content-type': contentType } })
const formOf = (params: Params) => new URLSearchParams(params).toString()
/** A property run is the same every time. */
const repeatable = { seed: 20160101, numRuns: 300 }

/** What every answer must be, whatever came: HTTP 200, one root, the format that its type says. */
function expectPlatformAnswer({ status, headers, text }: Reply) {
  expect(status).toBe(200)
  if (headers.get('content-type') === 'text/javascript;charset=UTF-8') {
    const roots = Object.keys(JSON.parse(text))
    expect(roots).toEqual([expect.stringMatching(/^(error|\w+)_response$/)])
    return
  }
  expect(headers.get('content-type')).toBe('text/xml;charset=UTF-8')
  expect(text).toMatch(/^<\?xml [^>]*\?><(\w+_response)>.*<\/\1><!--[^>]*-->$/s)
}

describe.each(bothProfiles)('%s: bodies', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const query = (params: Params) => `${rest}?${formOf(params)}`
  const signed = () => signedParams(gateway, 'taobao.time.get', {}, { session: null })

  it('none, and no content type, is read from the query', async () => {
    const reply = await request(gateway, new Request(query(signed()), { method: 'POST' }))
    expect(reply.answer.time).toBeDefined()
    const empty = await request(gateway, new Request(rest, { method: 'POST' }))
    expect(String(empty.error?.code)).toBe(String(codeIn(profile, 21)))
  })

  it('of 20 MB are refused, not read', async () => {
    const big = `${formOf(signed())}&x=${'x'.repeat(20 * 1024 * 1024)}`
    const reply = await request(gateway, post(big))
    expectPlatformAnswer(reply)
    expect(reply.error?.sub_code).toBe('isp.top-parse-error')
    expect(reply.headers.get('x-localtop-gate')).toBe('encoding')
  })

  it('of a megabyte are read', async () => {
    const reply = await call(gateway, 'taobao.time.get', { x: 'x'.repeat(1024 * 1024) })
    expect(reply.answer.time).toBeDefined()
  })

  it('of JSON are not read as parameters, and the journal says so', async () => {
    const reply = await request(gateway, post(JSON.stringify(signed()), 'application/json'))
    expect(String(reply.error?.code)).toBe(String(codeIn(profile, 21)))
    const exchange = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
    expect(exchange?.explanation.en).toContain('application/json')
    expect(exchange?.explanation.zh).toContain('application/x-www-form-urlencoded')
  })

  it.each(['application/json', 'text/xml', 'nonsense', 'application/octet-stream'])(
    'of the type %s are signed with the parameters of the query',
    async (contentType) => {
      const body = '{"a":1}'
      const reply = await request(
        gateway,
        new Request(query(signed()), {
          method: 'POST',
          body,
          headers: { 'content-type': contentType },
        }),
      )
      expect(reply.error?.code).toBe(codeIn(profile, 25))
    },
  )

  it('without a content type, or with a charset, are forms', async () => {
    const bytes = new TextEncoder().encode(formOf(signed()))
    const untyped = await request(gateway, new Request(rest, { method: 'POST', body: bytes }))
    expect(untyped.answer.time).toBeDefined()
    const typed = await request(gateway, post(formOf(signed()), `${form}; charset=utf-8`))
    expect(typed.answer.time).toBeDefined()
  })

  it('of multipart are read without a file in them', async () => {
    const data = new FormData()
    for (const [name, value] of Object.entries(signed())) data.append(name, value)
    const reply = await request(gateway, new Request(rest, { method: 'POST', body: data }))
    expect(reply.answer.time).toBeDefined()
  })

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; boundary=x',
  ])('of %s with nothing in them are an empty call', async (contentType) => {
    const reply = await request(gateway, post('--y\r\nnonsense', contentType))
    expect(String(reply.error?.code)).toBe(String(codeIn(profile, 21)))
  })
})

describe.each(bothProfiles)('%s: parameters', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const add = (params: Params) => call(gateway, 'taobao.item.add', { ...phone, ...params })

  it('that come twice count as they came first, query before body', async () => {
    const signed = signedParams(gateway, 'taobao.item.add', phone)
    const twice = await request(gateway, post(`${formOf(signed)}&title=another`))
    const { answer } = await call(gateway, 'taobao.item.seller.get', {
      num_iid: String(twice.answer.item.num_iid),
      fields: 'title',
    })
    expect(answer.item.title).toBe(phone.title)
    const other = await request(gateway, post(`title=another&${formOf(signed)}`))
    expect(other.error?.code).toBe(codeIn(profile, 25))
  })

  it.each([
    '__proto__',
    'constructor',
    'toString',
    'hasOwnProperty',
    '__proto__[admin]',
    'a.b.__proto__',
  ])('called %s are parameters like any other', async (name) => {
    const params = signedParams(
      gateway,
      'taobao.item.add',
      Object.fromEntries([...Object.entries(phone), [name, 'x']]),
    )
    const reply = await send(gateway, new URLSearchParams(Object.entries(params)))
    expect(reply.error).toBeUndefined()
    expect(({} as Record<string, unknown>).admin).toBeUndefined()
    const exchange = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
    expect(exchange?.notes.join()).toContain(`"${name}" is no parameter of taobao.item.add`)
    const missing = await send(gateway, new URLSearchParams({ format: 'json', [name]: 'x' }))
    expect(missing.error?.code).toBe(codeIn(profile, 21))
  })

  it.each(['constructor', 'toString', '__proto__'])(
    'whose value is %s find nothing',
    async (value) => {
      expect(
        (await send(gateway, { method: value, app_key: value, format: 'json' })).error?.code,
      ).toBe(codeIn(profile, 29))
      expect((await call(gateway, value)).error?.code).toBe(codeIn(profile, 22))
      const session = await call(gateway, 'taobao.item.add', phone, { session: value })
      expect(session.error?.code).toBe(codeIn(profile, 27))
    },
  )

  it.each(['%FF%FE', '%E4%BD', '%C4%E3%BA%C3'])(
    'that are not UTF-8 (%s) are refused',
    async (bytes) => {
      const signed = formOf(signedParams(gateway, 'taobao.item.add', phone))
      const reply = await request(gateway, post(`${signed}&desc_modules=${bytes}`))
      expect(reply.error?.code).toBe(codeIn(profile, 47))
      const inQuery = await request(gateway, new Request(`${rest}?format=json&${bytes}=1`))
      expect(inQuery.error?.code).toBe(codeIn(profile, 47))
    },
  )

  it('may hold the replacement character, in query and body', async () => {
    const inBody = await add({ desc: '\uFFFD' })
    expect(inBody.error).toBeUndefined()
    const { partner_id, ...others } = signedParams(gateway, 'taobao.item.add', {
      ...phone,
      desc: '\uFFFD',
      partner_id: '\uFFFD',
    }) as Params & { partner_id: string }
    const both = await request(
      gateway,
      new Request(`${rest}?${formOf({ partner_id })}`, {
        method: 'POST',
        body: new URLSearchParams(others),
      }),
    )
    expect(both.error).toBeUndefined()
  })

  it.each([
    ['title', 'x'.repeat(121)],
    ['title', '好'.repeat(121)],
    ['price', 'abc'],
    ['price', '-1'],
    ['price', '0'],
    ['price', '0.00'],
    ['price', '1e9'],
    ['price', '1.005'],
    ['price', '100000000.01'],
    ['price', '1,000'],
    ['price', 'NaN'],
    ['price', '２９９９'],
    ['num', '1.5'],
    ['num', '-1'],
    ['num', '900000001'],
    ['num', '0x10'],
    ['num', '1e3'],
    ['num', 'ten'],
    ['type', 'gift'],
    ['stuff_status', 'old'],
    ['approve_status', 'gone'],
    ['has_discount', 'yes'],
    ['has_discount', 'TRUE'],
    ['cid', '-1'],
    ['cid', '9223372036854775808'],
    ['list_time', 'tomorrow'],
    ['list_time', '2026-02-30 00:00:00'],
  ])('refuses %s = %s by name', async (name, value) => {
    const { error } = await add({ [name]: value })
    expect(error).toMatchObject({ code: codeIn(profile, 41), msg: `Invalid arguments:${name}` })
  })

  it.each([
    ['title', '好'.repeat(120)],
    ['price', '0.01'],
    ['price', '100000000'],
    ['num', '0'],
    ['num', '900000000'],
    ['cid', '9223372036854775807'],
  ])('accepts %s = %s', async (name, value) => {
    expect((await add({ [name]: value })).error).toBeUndefined()
  })

  it.each(['title', 'num'])('counts %s of blanks only as missing', async (name) => {
    for (const value of ['', ' ', '\t\u3000']) {
      const { error } = await add({ [name]: value })
      expect(error).toMatchObject({
        code: codeIn(profile, 40),
        msg: `Missing required arguments:${name}`,
      })
    }
  })

  it('writes what XML cannot hold so that the document stays one', async () => {
    const title = `<b>&"'\u0000\u0008]]>\u{1F600}`
    const num_iid = await addItem(gateway, { title })
    const xml = await call(
      gateway,
      'taobao.item.seller.get',
      { num_iid, fields: 'title' },
      { format: 'xml' },
    )
    expect(xml.text).toContain(`<title>&lt;b&gt;&amp;"']]&gt;\u{1F600}</title>`)
    const json = await call(gateway, 'taobao.item.seller.get', { num_iid, fields: 'title' })
    expect(json.answer.item.title).toBe(title)
  })
})

describe('whatever comes', () => {
  /** A gateway with the mistakes that it reports of itself. */
  function watched() {
    const mistakes: string[] = []
    const log = (event: LogEvent) => event.event === 'bug' && mistakes.push(event.message)
    return { gateway: createGateway({ rateLimit: 'off', log }), mistakes }
  }

  it('arbitrary bytes, query and content type get one answer of the platform', async () => {
    const { gateway, mistakes } = watched()
    const contentType = fc.oneof(
      fc.constantFrom(
        form,
        `${form};charset=GBK`,
        'multipart/form-data; boundary=b',
        'multipart/form-data;charset=UTF-8;boundary="-"',
        'application/json',
        '',
      ),
      fc.stringMatching(/^[ -~]{0,40}$/),
    )
    const fragment = fc.constantFrom(
      '--b\r\n',
      '--b--',
      '---\r\n',
      'Content-Disposition: form-data; name="method"\r\n\r\n',
      'content-disposition:form-data;name="__proto__";filename="x"\r\n\r\n',
      'method=taobao.time.get&',
      'app_key=12345678&',
      'app_key=YOUR_APP_KEY&',
      'format=json&',
      'format=xml&',
      '%',
      '%E4',
      '=&=&&',
      '\r\n\r\n',
    )
    const bytes = fc
      .array(
        fc.oneof(
          fc.uint8Array({ maxLength: 40 }),
          fragment.map((text) => new TextEncoder().encode(text)),
        ),
      )
      .map((parts) => new Uint8Array(Buffer.concat(parts)))
    const query = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.array(fragment).map((parts) => parts.join('')),
    )
    const verb = fc.constantFrom('GET', 'POST', 'POST', 'POST', 'PUT', 'DELETE')
    await fc.assert(
      fc.asyncProperty(verb, query, contentType, bytes, async (method, search, type, body) => {
        const asked = new Request(`${rest}?${search}`, {
          method,
          headers: type === '' ? {} : { 'content-type': type },
          ...(method !== 'GET' && { body }),
        })
        const reply = await request(gateway, asked)
        expectPlatformAnswer(reply)
        expect(reply.text).not.toContain('isp.internal-error')
      }),
      repeatable,
    )
    expect(mistakes).toEqual([])
  })

  const awkward = fc.oneof(
    fc.string({ unit: 'grapheme', maxLength: 20 }),
    fc.constantFrom(
      '-1',
      '0',
      '1',
      '9007199254740991',
      '-9007199254740991',
      '9223372036854775807',
      '9223372036854775808',
      '99999999',
      '1.5',
      '1e400',
      '0000000000000001',
      'NaN',
      'true',
      'null',
      '[]',
      '{"a":1}',
      ',',
      ',,,,',
      ';:;:',
      '*',
      '.',
      'a.b.c',
      'item.skus.sku.sku_id',
      '__proto__',
      'constructor.prototype',
      '9999-12-31 23:59:59',
      '0000-01-01 00:00:00',
      '1969-12-31 23:59:59',
      'num:asc',
      ':',
      '11223344',
      '11223345',
      '1627207:1,1627207:2',
      '1,2',
      '\u0000',
    ),
  )

  it.each(Object.values(methods))(
    '$name takes any values without a mistake of the gateway',
    async (contract) => {
      const names = Object.keys(contract.request.shape)
      const some = fc.dictionary(fc.constantFrom(...names, 'simplify', '__proto__'), awkward, {
        maxKeys: 6,
      })
      const format = fc.constantFrom('json' as const, 'xml' as const)
      await fc.assert(
        fc.asyncProperty(some, format, async (values, answerFormat) => {
          const { gateway, mistakes } = watched()
          const params = { ...contract.example, ...values }
          const reply = await call(gateway, contract.name, params, { format: answerFormat })
          if (values.simplify !== 'true' || answerFormat === 'xml') expectPlatformAnswer(reply)
          if (!reply.error && !contract.name.endsWith('.get')) {
            // What was accepted can still be read, and restored.
            const fields = 'num_iid,title,num,list_time,delist_time,skus'
            for (const list of ['taobao.items.onsale.get', 'taobao.items.inventory.get']) {
              expect((await call(gateway, list, { fields })).error).toBeUndefined()
            }
            await gateway.restore(await gateway.snapshot())
          }
          expect(mistakes).toEqual([])
        }),
        { ...repeatable, numRuns: 100 },
      )
    },
  )

  it.each([
    { valid_thru: '9007199254740991' },
    { valid_thru: '-9007199254740991' },
    { list_time: '9999-12-31 23:59:59' },
    { list_time: '0000-01-01 00:00:00', valid_thru: '-1' },
    { num_iid: '9223372036854775807' },
    { empty_fields: 'list_time,delist_time,approve_status,type' },
  ] as Params[])('an update with %o leaves an item that can be read', async (params) => {
    const { gateway, mistakes } = watched()
    await call(gateway, 'taobao.item.update', { num_iid: '11223344', ...params })
    const { answer } = await call(gateway, 'taobao.item.seller.get', {
      num_iid: '11223344',
      fields: 'num_iid,valid_thru,list_time,delist_time',
    })
    expect(answer.item?.num_iid).toBe(11223344)
    expect(mistakes).toEqual([])
  })
})

describe('over a real socket', () => {
  let gateway: Gateway
  let server: Listening
  const bugs: LogEvent[] = []
  beforeAll(async () => {
    gateway = createGateway({
      rateLimit: 'off',
      log: (event) => event.event === 'bug' && bugs.push(event),
    })
    server = await gateway.listen({ port: 0 })
  })
  afterAll(() => gateway.close())

  const signed = () => formOf(signedParams(gateway, 'taobao.item.add', phone, article))
  interface Sending {
    readonly method?: string
    readonly path?: string
    readonly headers?: Record<string, string>
    readonly body?: string | Iterable<string | Buffer>
  }
  async function exchange({ method = 'POST', path = '', headers = {}, body = '' }: Sending) {
    const asked = httpRequest(`${server.url}/router/rest${path}`, {
      method,
      headers: { 'content-type': form, ...headers },
    })
    const answered = once(asked, 'response')
    // A server that answers before it has read everything may close the connection on the sender.
    asked.on('error', () => undefined)
    if (typeof body === 'string') asked.end(body)
    else {
      for (const chunk of body) {
        if (!asked.write(chunk)) await Promise.race([once(asked, 'drain'), answered])
      }
      asked.end()
    }
    const [response] = await answered
    return { response, text: await textOf(response) }
  }

  it('a chunked body is read, however it is cut', async () => {
    const body = Buffer.from(signed())
    const chunks = Array.from({ length: Math.ceil(body.length / 7) }, (_, at) =>
      body.subarray(at * 7, at * 7 + 7),
    )
    const { text, response } = await exchange({ body: chunks })
    expect(response.statusCode).toBe(200)
    expect(text).toContain('"item_add_response"')
  })

  it('a chunked body of 20 MB is refused with an answer', async () => {
    const megabyte = Buffer.alloc(1024 * 1024, 'x')
    const { text, response } = await exchange({
      path: '?format=json',
      body: Array.from({ length: 20 }, () => megabyte),
    })
    expect(response.statusCode).toBe(200)
    expect(JSON.parse(text).error_response.sub_code).toBe('isp.top-parse-error')
  })

  it('a body of 20 MB with its length said is refused with an answer', async () => {
    const { text } = await exchange({ path: '?format=json', body: 'x'.repeat(20 * 1024 * 1024) })
    expect(JSON.parse(text).error_response.sub_code).toBe('isp.top-parse-error')
  })

  it('a GET with a body is answered from its query, and the connection goes on', async () => {
    const body = 'method=nothing'
    const sent = [
      `GET /router/rest?${signed()} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
      'GET /router/rest?format=json HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
    ]
    const text = await raw(sent.join(''))
    expect(text).toContain('"item_add_response"')
    expect(text).toContain('"missing_method"')
  })

  it('Connection: close is honoured, and a Host without a port will do', async () => {
    const body = signed()
    const text = await raw(
      `POST /router/rest HTTP/1.1\r\nHost: gw.api.taobao.com\r\nConnection: close\r\nContent-Type: ${form}\r\nContent-Length: ${body.length}\r\n\r\n${body}`,
    )
    expect(text).toMatch(/^HTTP\/1\.1 200 OK\r\n/)
    expect(text).toMatch(/^connection: close\r$/im)
    expect(text).toContain('"item_add_response"')
  })

  it('an answer has a content length, no chunks, and nothing after the JSON', async () => {
    const { response, text } = await exchange({ body: signed() })
    expect(response.headers['content-length']).toBe(String(Buffer.byteLength(text)))
    expect(response.headers['transfer-encoding']).toBeUndefined()
    expect(response.headers['content-type']).toBe('text/javascript;charset=UTF-8')
    const refused = await exchange({ path: '?format=json' })
    expect(refused.text.slice(0, 18)).toBe('{"error_response":{'.slice(0, 18))
    expect(refused.text.endsWith('}}')).toBe(true)
  })

  it('Expect: 100-continue is answered before the body is sent', async () => {
    const body = signed()
    const asked = httpRequest(`${server.url}/router/rest`, {
      method: 'POST',
      headers: { 'content-type': form, 'content-length': body.length, expect: '100-continue' },
    })
    asked.flushHeaders()
    await once(asked, 'continue')
    asked.end(body)
    const [response] = await once(asked, 'response')
    expect(await textOf(response)).toContain('"item_add_response"')
  })

  it('HTTP/1.0 without a Host is answered or refused, not dropped', async () => {
    expect(await raw('GET /router/rest?format=json HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 \d{3} /)
  })

  it('bytes that are no HTTP get a 400, and the next call an answer', async () => {
    expect(await raw('nonsense\r\n\r\n')).toMatch(/^HTTP\/1\.1 400 /)
    expect((await exchange({ body: signed() })).text).toContain('"item_add_response"')
  })

  it('a caller that hangs up half-way is no mistake of the gateway', async () => {
    for (const head of [
      `Content-Type: ${form}\r\nContent-Length: 1000`,
      'Transfer-Encoding: chunked',
    ]) {
      const socket = connect(server.port, '127.0.0.1')
      await once(socket, 'connect')
      socket.write(`POST /router/rest HTTP/1.1\r\nHost: localhost\r\n${head}\r\n\r\n5\r\nmetho`)
      // A call on another connection, answered, shows that the half one is being read.
      await exchange({ body: signed() })
      socket.destroy()
      await once(socket, 'close')
      await exchange({ body: signed() })
      await exchange({ body: signed() })
    }
    expect(bugs).toEqual([])
  })

  /** Writes bytes as they are and reads until the server closes. */
  async function raw(bytes: string): Promise<string> {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.write(bytes)
    return textOf(socket)
  }
})
