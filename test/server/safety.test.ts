import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import {
  createGateway,
  type Gateway,
  type Limits,
  type Listening,
  type LogEvent,
  loadScenario,
} from '../../src/server/index.ts'
import { defaultLimits } from '../../src/server/limits.ts'
import { article, call, over, phone, signedParams } from '../support/gateway.ts'
import { openSocket, type RawSocket } from '../support/raw-socket.ts'

let gateway: Gateway
let server: Listening
const sockets: RawSocket[] = []
const bugs: LogEvent[] = []

async function open(limits: Partial<Limits> = {}) {
  gateway = createGateway({
    rateLimit: 'off',
    limits,
    log: (event) => event.event === 'bug' && bugs.push(event),
  })
  server = await gateway.listen()
}
async function socket(): Promise<RawSocket> {
  const opened = await openSocket(server.port)
  sockets.push(opened)
  return opened
}
afterEach(async () => {
  for (const one of sockets.splice(0)) one.destroy()
  await gateway.close()
  expect(bugs.splice(0)).toEqual([])
})

const form = 'application/x-www-form-urlencoded'
const get = (path: string) => `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`
const sending = (line: string, body: string, type = form) =>
  `${line} HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`

/** Sends bytes on a connection of their own and reads the answer. */
async function ask(bytes: string) {
  const asking = await socket()
  asking.write(bytes)
  return asking.reply()
}
const signedForm = () =>
  new URLSearchParams(signedParams(over(server.url), 'taobao.item.add', phone, article)).toString()
const rest = '/router/rest?format=json'
const parseError = { sub_code: 'isp.top-parse-error' }
const refusalIn = (body: string) => JSON.parse(body).error_response

/** What the journal says about the newest call. */
function explanation() {
  const [newest] = gateway.exchanges.list({ limit: 1 })
  return gateway.exchanges.find(newest?.id ?? '')?.explanation
}

describe('a call', () => {
  it('with a larger body is refused, one of that very size is read', async () => {
    await open({ bodyBytes: 1000 })
    const ask1 = (length: number) => ask(sending(`POST ${rest}`, 'x'.repeat(length)))
    expect(refusalIn((await ask1(1001)).body)).toMatchObject(parseError)
    expect(explanation()?.en).toContain('larger than 1000 bytes')
    expect(explanation()?.zh).toContain('超过 1000 字节')
    expect(refusalIn((await ask1(1000)).body).code).toBe('missing_method')
  })

  it('with more text is refused, whatever files there may be', async () => {
    await open({ textBytes: 1000 })
    const forms: [string, (text: string) => string][] = [
      [form, (text) => `title=${text}`],
      ['application/json', (text) => text],
      [
        'multipart/form-data; boundary=b',
        (text) =>
          [text.slice(500), text.slice(0, 500)]
            .map(
              (half, at) =>
                `--b\r\nContent-Disposition: form-data; name="t${at}"\r\n\r\n${half}\r\n`,
            )
            .join(''),
      ],
    ]
    for (const [type, write] of forms) {
      const ask1 = async (length: number) =>
        refusalIn((await ask(sending(`POST ${rest}`, write('x'.repeat(length)), type))).body)
      expect(await ask1(1001)).toMatchObject(parseError)
      expect(explanation()?.en).toContain('text of the call is larger than 1000 bytes')
      expect(explanation()?.zh).toContain('1000 字节')
      expect((await ask1(900)).code).toBe('missing_method')
    }
    const file = `--b\r\nContent-Disposition: form-data; name="image"; filename="a"\r\n\r\n${'x'.repeat(9000)}\r\n--b--`
    const upload = await ask(sending(`POST ${rest}`, file, 'multipart/form-data; boundary=b'))
    expect(refusalIn(upload.body).code).toBe('missing_method')
  })

  it.each([
    ['in the query', (many: string) => get(`${rest}&${many}`)],
    ['in the body', (many: string) => sending(`POST ${rest}`, many)],
    ['in both', (many: string) => sending(`POST ${rest}&${many.slice(0, 4)}`, many.slice(5))],
    ['of one name', (many: string) => sending(`POST ${rest}`, many.replaceAll(/p\d/g, 'p'))],
    [
      'and files in a multipart body',
      (many: string) => {
        const parts = many.split('&').map((pair, at) => {
          const file = at % 2 ? '; filename="a.jpg"' : ''
          return `--b\r\nContent-Disposition: form-data; name="${pair.slice(0, 2)}"${file}\r\n\r\n1\r\n`
        })
        return sending(`POST ${rest}`, `${parts.join('')}--b--`, 'multipart/form-data; boundary=b')
      },
    ],
  ])('with more parameters %s is refused', async (_, write) => {
    await open({ parameters: 6 })
    const pairs = (count: number) => Array.from({ length: count }, (_, at) => `p${at}=1`).join('&')
    // `format` is one of them.
    expect(refusalIn((await ask(write(pairs(6)))).body)).toMatchObject(parseError)
    expect(explanation()?.en).toContain('more than 6 parameters')
    expect(refusalIn((await ask(write(pairs(5)))).body).code).toBe('missing_method')
  })

  it('with a million parameters is refused by default', async () => {
    await open()
    const many = Array.from({ length: 1_000_000 }, (_, at) => `${at}=`).join('&')
    expect(refusalIn((await ask(sending(`POST ${rest}`, many))).body)).toMatchObject(parseError)
  })

  it('with a longer URL is refused', async () => {
    await open({ headerBytes: 4000 })
    expect((await ask(get(`${rest}&a=${'x'.repeat(4000)}`))).statusLine).toContain('431')
    expect((await ask(get(`${rest}&a=${'x'.repeat(3000)}`))).statusLine).toContain('200')
  })
})

describe('a batch', () => {
  const separator = '\r\n-S-\r\n'

  it('of more calls is refused, and none of them is carried out', async () => {
    await open({ batchCalls: 2 })
    const body = (calls: number) => Array(calls).fill('method=taobao.time.get').join(separator)
    const ask1 = (calls: number) =>
      ask(sending('POST /router/batch?format=json', body(calls), 'text/plain'))
    expect(refusalIn((await ask1(3)).body)).toMatchObject(parseError)
    expect(explanation()?.en).toContain('more than 2 calls')
    expect(gateway.exchanges.list()).toHaveLength(1)
    // Two are taken; what is wrong now is the envelope.
    expect(refusalIn((await ask1(2)).body)).not.toMatchObject(parseError)
  })
})

describe('the control API', () => {
  it.each([
    ['PUT', '/scenarios', { scenarioBytes: 500 }],
    ['PUT', '/snapshot', { snapshotBytes: 500 }],
    ['POST', '/tenants', { controlBodyBytes: 500 }],
    ['POST', '/faults', { controlBodyBytes: 500 }],
    ['POST', '/clock', { controlBodyBytes: 500 }],
    ['POST', '/explain', { explainBytes: 500 }],
  ])('refuses a larger body of %s %s', async (verb, path, limits) => {
    await open(limits)
    const ask1 = (body: string) => ask(sending(`${verb} /_localtop${path}`, body))
    const large = await ask1(`{"x":"${'y'.repeat(500)}"}`)
    expect(large.statusLine).toContain('413')
    expect(JSON.parse(large.body).error).toContain('larger than 500 bytes')
    expect((await ask1('{"x":1}')).statusLine).toContain('400')
  })

  it.each([
    ['POST', '/explain', (deep: string) => `{"params":{"a":${deep}}}`],
    ['POST', '/tenants', (deep: string) => `{"world":{"answers":{"taobao.time.get":${deep}}}}`],
    ['POST', '/faults', (deep: string) => `{"fault":${deep}}`],
    ['POST', '/clock', (deep: string) => `{"set":${deep}}`],
    ['PUT', '/snapshot', (deep: string) => `{"items":${deep}}`],
    [
      'PUT',
      '/scenarios',
      (deep: string) =>
        `{"scenarios":[{"title":"x","rules":[{"when":{},"then":{"answer":${deep}}}]}]}`,
    ],
  ])('refuses a body of %s %s that is nested without end', async (verb, path, write) => {
    await open()
    for (const deep of [
      '{"a":'.repeat(5000) + 1 + '}'.repeat(5000),
      '['.repeat(300) + ']'.repeat(300),
    ]) {
      const { statusLine, body } = await ask(sending(`${verb} /_localtop${path}`, write(deep)))
      expect(statusLine).toContain('400')
      expect(JSON.parse(body).error).toBe('the body is nested more than 200 levels deep')
    }
  })

  it.each([
    ['a sign that is none', { sign: 'A'.repeat(400_000) }],
    ['lists within lists', { sign: 'A'.repeat(32), a: '['.repeat(50_000) + ']'.repeat(50_000) }],
    [
      'structures within each other',
      { sign: 'A'.repeat(32), a: `${'{"a":'.repeat(9000)}1${'}'.repeat(9000)}` },
    ],
  ])('finds no cause for %s, and says so', async (_, odd) => {
    await open()
    const params = { app_key: '12345678', ...odd }
    const { statusLine, body } = await ask(
      sending('POST /_localtop/explain', JSON.stringify({ params })),
    )
    expect(statusLine).toContain('200')
    expect(JSON.parse(body).verdict).toBe('unexplained')
  })

  it('looks for no more words than a person asks for', async () => {
    await open()
    const search = (q: string) => ask(get(`/_localtop/methods?q=${q}`))
    expect((await search('item+add')).statusLine).toContain('200')
    const { statusLine, body } = await search('a+'.repeat(100_000))
    expect(statusLine).toContain('400')
    expect(JSON.parse(body).error).toBe('q has 200000 characters; expected at most 200')
  })

  it('explains no call of more parameters than the gateway reads', async () => {
    await open({ parameters: 6 })
    const explain = (count: number) => {
      const names = Array.from({ length: count - 2 }, (_, at) => [`p${at}`, '1'])
      const params = { app_key: '12345678', sign: 'A'.repeat(32), ...Object.fromEntries(names) }
      return ask(sending('POST /_localtop/explain', JSON.stringify({ params })))
    }
    const refused = await explain(7)
    expect(refused.statusLine).toContain('400')
    expect(JSON.parse(refused.body).error).toBe(
      'the call has 7 parameters; the gateway reads at most 6',
    )
    expect((await explain(6)).statusLine).toContain('200')
  })

  it('takes a thousand tenants, and refuses one too many', async () => {
    await open({ tenants: 1000 })
    for (let at = 0; at < 999; at++) await gateway.tenant()
    const mint = (body: object) => ask(sending('POST /_localtop/tenants', JSON.stringify(body)))
    expect((await mint({ appKey: 'last' })).statusLine).toContain('201')
    const refused = await mint({})
    expect(refused.statusLine).toContain('400')
    expect(JSON.parse(refused.body).error).toContain('there are 1000 tenants')
    // One that is there may be minted anew.
    expect((await mint({ appKey: 'last' })).statusLine).toContain('201')
  })

  it.each(['./mine.yaml', '/etc/hosts.yaml', '..\\mine', 'mine.json'])(
    'reads no file of this machine for whoever asks for the scenario %s',
    async (name) => {
      await open()
      const { statusLine, body } = await ask(
        sending('PUT /_localtop/scenarios', JSON.stringify({ scenarios: [name] })),
      )
      expect(statusLine).toContain('400')
      expect(body).toContain('files are read only where the command line names them')
    },
  )

  it.each(['no-cors', 'cors'])('is not for %s requests of other sites', async (mode) => {
    await open()
    const from = (site: string, how: string) =>
      ask(
        `GET /_localtop/exchanges HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: ${site}\r\nSec-Fetch-Mode: ${how}\r\n\r\n`,
      )
    expect((await from('cross-site', mode)).statusLine).toContain('403')
    for (const site of ['same-origin', 'none'])
      expect((await from(site, mode)).statusLine).toContain('200')
    // A link on another site that a person follows: that site sees nothing of the answer.
    expect((await from('cross-site', 'navigate')).statusLine).toContain('200')
  })

  it('lets no other site read an answer', async () => {
    await open()
    for (const path of ['/_localtop/health', rest]) {
      const { headers } = await ask(
        `GET ${path} HTTP/1.1\r\nHost: localhost\r\nOrigin: https://evil.example\r\n\r\n`,
      )
      expect(Object.keys(headers)).not.toContain('access-control-allow-origin')
    }
  })

  it.each(['', 'Host: evil.example:7070\r\n', 'Host: localhost\r\nHost: evil.example\r\n'])(
    'is not for a request with %j for a host',
    async (host) => {
      await open()
      const { statusLine } = await ask(`GET /_localtop/exchanges HTTP/1.1\r\n${host}\r\n`)
      expect(statusLine).toMatch(/ 40[03] /)
    },
  )
})

describe('connections', () => {
  it('a thousand at once are all answered', async () => {
    await open()
    const all = await Promise.all(Array.from({ length: 1000 }, socket))
    for (const one of all) one.write(sending(`POST ${rest}`, signedForm()))
    const answers = await Promise.all(all.map((one) => one.reply()))
    expect(answers.filter(({ body }) => body.includes('item_add_response'))).toHaveLength(1000)
  })

  it('one too many is closed at once, and taken when another has gone', async () => {
    await open({ connections: 2 })
    const first = await socket()
    const second = await socket()
    for (const one of [first, second]) {
      one.write(get('/_localtop/health'))
      await one.reply()
    }
    const third = await socket()
    expect(await third.ended()).toBe('')
    second.destroy()
    await expect
      .poll(async () => {
        const next = await socket()
        next.write(get('/_localtop/health'))
        return next.reply().then(
          ({ statusLine }) => statusLine,
          () => 'closed',
        )
      })
      .toContain('200')
  })
})

describe('a slow client', () => {
  const soon = { headersMs: 100, requestMs: 200 }
  const ended = async (bytes: string) => {
    const slow = await socket()
    slow.write(bytes)
    return slow.ended()
  }

  it.each([
    ['that says nothing', ''],
    ['that does not end its first line', 'POST /router/re'],
    ['that does not end its headers', 'POST /router/rest HTTP/1.1\r\nHost: localhost\r\n'],
  ])('%s is cut', async (_, bytes) => {
    await open(soon)
    const others = call(over(server.url), 'taobao.time.get')
    expect(await ended(bytes)).toMatch(/^HTTP\/1\.1 408 /)
    expect((await others).answer.time).toBeDefined()
  })

  it.each([
    ['POST /router/rest', 'Content-Length: 1000\r\n\r\nmethod='],
    ['POST /router/rest', 'Transfer-Encoding: chunked\r\n\r\n5\r\nmetho'],
    ['POST /router/batch', 'Content-Length: 1000\r\n\r\nmethod='],
    ['POST /token', 'Content-Length: 1000\r\n\r\nclient_id='],
    ['PUT /_localtop/snapshot', 'Content-Length: 1000\r\n\r\n{'],
  ])('that does not end the body of %s (%j) is cut', async (line, rest) => {
    await open(soon)
    expect(await ended(`${line} HTTP/1.1\r\nHost: localhost\r\n${rest}`)).toMatch(
      /^(HTTP\/1\.1 408 |$)/,
    )
    expect((await call(over(server.url), 'taobao.time.get')).answer.time).toBeDefined()
  })

  it('that asks nothing more is let go', async () => {
    await open({ idleMs: 50 })
    const idle = await socket()
    idle.write(get('/_localtop/health'))
    await idle.reply()
    expect(await idle.ended()).toBe('')
  })
})

describe('a scenario file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'localtop-safety-'))
  const file = join(folder, 'mine.yaml')
  afterEach(() => rmSync(file, { force: true }))

  it('that is too large is not read', async () => {
    await open()
    writeFileSync(file, `title: ${'x'.repeat(defaultLimits.scenarioBytes)}\nrules: []\n`)
    expect(() => loadScenario(file)).toThrow(
      `${file}: the file has ${defaultLimits.scenarioBytes + 18} bytes; expected at most ${defaultLimits.scenarioBytes}`,
    )
  })

  it.each([
    ['brackets', '['.repeat(300_000)],
    ['brackets that are closed', `title: ${'['.repeat(300)}${']'.repeat(300)}`],
    ['structures', `title: ${'{a: '.repeat(100_000)}`],
    ['lists', '- '.repeat(300_000)],
    ['lines', Array.from({ length: 500 }, (_, at) => `${' '.repeat(at)}a:`).join('\n')],
    ['lists, whatever brackets their texts close,', `title: ${'["]",'.repeat(5000)}`],
  ])('of %s within each other is refused', async (_, source) => {
    await open()
    writeFileSync(file, source)
    expect(() => loadScenario(file)).toThrow(`${file}: it is nested more than 200 levels deep`)
  })

  it.each([
    ['a name twice', 'title: x\nrules: []\ntitle: y\n', ':3: the name "title" stands here twice'],
    [
      'a list for a name',
      `title: x\n${'? '.repeat(300)}x\n`,
      ':2: a name is a list or a structure',
    ],
  ])('with %s is refused', async (_, source, message) => {
    await open()
    writeFileSync(file, source)
    expect(() => loadScenario(file)).toThrow(file + message)
  })

  it('may have any number of texts with a bracket that is never closed', async () => {
    await open()
    const rule = '- {when: {params: {title: "cup [A"}}, then: {delay: 1s}}\n'
    writeFileSync(
      file,
      `title: x\ndescription: |\n  ${'['.repeat(1000)}\nrules:\n${rule.repeat(450)}`,
    )
    expect(loadScenario(file).scenario.rules).toHaveLength(450)
  })

  it('of more rules than a call should be held against is refused', async () => {
    await open()
    writeFileSync(
      file,
      `title: x\nrules:\n${'- {then: {refuse: 27/session-expired}}\n'.repeat(501)}`,
    )
    expect(() => loadScenario(file)).toThrow('rules: expected at most 500 rules')
  })

  it('of aliases within aliases is refused', async () => {
    await open()
    const levels = Array.from({ length: 9 }, (_, at) => {
      const of = at === 0 ? 'x' : `*a${at - 1}`
      return `a${at}: &a${at} [${Array(9).fill(of).join(', ')}]`
    })
    writeFileSync(file, `${levels.join('\n')}\n`)
    expect(() => loadScenario(file)).toThrow(`${file}: Excessive alias count`)
  })
})
