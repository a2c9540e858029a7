import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'
import * as fc from 'fast-check'
import { afterAll, describe, expect, it } from 'vitest'
import { defaultWorld, worldSeed } from '../src/contracts/index.ts'
import { readDataFile } from '../src/server/data-files.ts'
import {
  bundledScenarios,
  createGateway,
  DataFileError,
  type LogEvent,
  loadScenario,
} from '../src/server/index.ts'
import { captures, moment, signed } from './support/captures.ts'
import { mutated } from './support/mutations.ts'

/** How many inputs in all. `npm run fuzz` takes a million. */
const inputs = Number(process.env.LOCALTOP_FUZZ ?? 6000)
const share = (part: number) => ({ numRuns: Math.max(50, Math.round(inputs * part)) })
const long = { timeout: Math.max(60_000, inputs * 2) }

const bugs: LogEvent[] = []
const gateway = createGateway({
  profile: 'production',
  rateLimit: 'off',
  time: moment,
  freeze: true,
  journal: { maxCount: 200, maxBytes: 2 ** 20 },
  log: (event) => {
    if (event.event === 'bug') bugs.push(event)
  },
})
afterAll(() => gateway.close())

interface Message {
  readonly verb: string
  readonly path: string
  readonly headers: [string, string][]
  readonly body: Buffer
}

/** A request as a client wrote it, taken apart. */
function messageOf(raw: Uint8Array): Message {
  const bytes = Buffer.from(raw)
  const end = bytes.indexOf('\r\n\r\n')
  const [first = '', ...lines] = bytes.subarray(0, end).toString('latin1').split('\r\n')
  const [verb = 'POST', path = '/'] = first.split(' ')
  const headers = lines.map((line): [string, string] => {
    const at = line.indexOf(':')
    return [line.slice(0, at), line.slice(at + 1).trim()]
  })
  return { verb, path, headers, body: bytes.subarray(end + 4) }
}

const messages = captures.map(({ bytes }) => messageOf(bytes))
const contentTypeOf = ({ headers }: Message) =>
  headers.find(([name]) => name.toLowerCase() === 'content-type')?.[1] ?? ''

/** Sends bytes to the gateway and holds the answer against what every answer must be. */
async function answered(path: string, body: Uint8Array | undefined, contentType: string) {
  const headers = new Headers()
  try {
    headers.set('content-type', contentType)
  } catch {
    // No HTTP library sends such a header.
    return
  }
  const response = await gateway.fetch(
    new Request(`http://localhost${path}`, {
      method: body ? 'POST' : 'GET',
      headers,
      ...(body && { body: body as Uint8Array<ArrayBuffer> }),
    }),
  )
  const text = await response.text()
  expect(response.status).toBe(200)
  if (response.headers.get('content-type')?.startsWith('text/javascript')) JSON.parse(text)
  else expect(text).toMatch(/^<\?xml /)
  expect(bugs).toEqual([])
}

/** A proxy's client writes the whole address. */
const pathOf = (path: string) => path.replace(/^https?:\/\/[^/]*/, '')
const isForm = (one: Message) => /urlencoded/i.test(contentTypeOf(one)) && one.body.length > 0
const isMultipart = (one: Message) => /multipart/i.test(contentTypeOf(one))
const bodiesOf = (some: readonly Message[]) => some.map(({ body }) => new Uint8Array(body))
const text = (bytes: Uint8Array) => Buffer.from(bytes).toString('latin1')
/** An address cannot hold everything; what is sent for the rest is what HTTP libraries send. */
const query = (bytes: Uint8Array) => encodeURI(text(bytes)).replaceAll('#', '%23')

describe('whatever comes, the answer is one of the platform', () => {
  it('to forms', long, async () => {
    const some = messages.filter(isForm)
    expect(some.length).toBeGreaterThan(5)
    const sent = some.map(({ path, body }) =>
      fc.tuple(fc.constant(pathOf(path)), mutated([new Uint8Array(body)])),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(...sent), ([path, body]) =>
        answered(path, body, 'application/x-www-form-urlencoded'),
      ),
      share(0.4),
    )
  })

  it('to queries', long, async () => {
    const asked = messages.map(({ path, body }) => Buffer.from(path.split('?')[1] ?? body))
    await fc.assert(
      fc.asyncProperty(mutated(asked.filter(({ length }) => length > 0)), (bytes) =>
        answered(`/router/rest?${query(bytes)}`, undefined, ''),
      ),
      share(0.2),
    )
  })

  it('to multipart bodies under mutated content types', long, async () => {
    const some = messages.filter(isMultipart)
    expect(some.length).toBeGreaterThan(3)
    const pairs = some.map((one) =>
      fc.tuple(
        fc.constant(pathOf(one.path)),
        mutated([new Uint8Array(one.body)]),
        fc.oneof(
          { weight: 4, arbitrary: fc.constant(contentTypeOf(one)) },
          { weight: 1, arbitrary: mutated([Buffer.from(contentTypeOf(one))]).map(text) },
        ),
      ),
    )
    await fc.assert(
      fc.asyncProperty(fc.oneof(...pairs), ([path, body, type]) => answered(path, body, type)),
      share(0.2),
    )
  })

  it('to batches', long, async () => {
    const { method: _, ...system } = signed()
    const one = 'method=taobao.item.seller.get&fields=num_iid%2Ctitle&num_iid=11223344'
    const bodies = [[one, one].join('\r\n-S-\r\n'), `method=taobao.time.get-S-${one}`, one]
    const address = `/router/batch?${new URLSearchParams(system)}`
    await fc.assert(
      fc.asyncProperty(mutated(bodies.map((body) => Buffer.from(body))), (body) =>
        answered(address, body, 'text/plain;charset=UTF-8'),
      ),
      share(0.1),
    )
  })

  it('and a signed call is carried out or refused, whatever stands in it', long, async () => {
    const client = async (params: Record<string, string>) => {
      const all = signed({ extra: params })
      await answered(
        '/router/rest',
        Buffer.from(new URLSearchParams(all).toString()),
        'application/x-www-form-urlencoded',
      )
    }
    const names = ['title', 'price', 'num', 'skus', 'props', 'outer_id', 'image', 'valid_thru']
    const values = ['1;2;3', '[{"a":1}]', '{"x":{}}', '20000:33564', '2999.00', '商品']
    await fc.assert(
      fc.asyncProperty(
        fc.dictionary(
          fc.constantFrom(...names),
          mutated(values.map((value) => Buffer.from(value))).map((bytes) => bytes.toString()),
          { maxKeys: 4 },
        ),
        client,
      ),
      share(0.05),
    )
  })
})

it('the signature doctor answers, or says what it cannot read', { timeout: 600_000 }, async () => {
  const curls = messages
    .filter(isForm)
    .map(({ path, body }) =>
      Buffer.from(`curl -X POST 'http://127.0.0.1:7070${path}' --data '${text(body)}'`),
    )
  const raws = captures.map(({ bytes }) => bytes)
  const asked = fc.oneof(
    mutated(curls).map((bytes) => ({ curl: text(bytes) })),
    mutated(raws).map((bytes) => ({ raw: text(bytes) })),
    mutated(messages.map(({ path }) => Buffer.from(`http://localhost${path}`))).map((bytes) => ({
      url: text(bytes),
    })),
  )
  await fc.assert(
    fc.asyncProperty(asked, async (question) => {
      const response = await gateway.fetch(
        new Request('http://localhost/_localtop/explain', {
          method: 'POST',
          body: JSON.stringify(question),
          headers: { 'content-type': 'application/json' },
        }),
      )
      expect([200, 400]).toContain(response.status)
      expect(JSON.stringify(await response.json()).length).toBeGreaterThan(2)
      expect(bugs).toEqual([])
    }),
    { numRuns: Math.min(2000, Math.max(30, Math.round(inputs * 0.002))) },
  )
})

describe('a file that somebody wrote is read, or each mistake in it named', () => {
  const folder = mkdtempSync(join(tmpdir(), 'localtop-fuzz-'))
  afterAll(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'file.yaml')

  const reads = (read: () => unknown) => (bytes: Uint8Array) => {
    writeFileSync(file, bytes)
    try {
      read()
    } catch (error) {
      expect(error).toBeInstanceOf(DataFileError)
      expect((error as Error).message).toContain(file)
    }
  }

  it.each([
    ['no content at all', ' \n', 'file.yaml: it is empty'],
    ['a bracket that is never closed', 'title: [a\nb: c', /^[^\n]*[^:]$/],
    ['an alias of nothing', 'title: *nobody', 'Unresolved alias'],
    ['aliases without bound', `a: &a [x, x]\n${bombOf(20)}`, 'resource exhaustion'],
  ])('%s', (_, source, message) => {
    writeFileSync(file, source)
    expect(() => loadScenario(file)).toThrow(message)
    expect(() => loadScenario(file)).toThrow(DataFileError)
  })

  it('as a scenario', long, () => {
    const library = readdirSync(bundledScenarios).map((name) =>
      readFileSync(join(bundledScenarios, name)),
    )
    fc.assert(
      fc.property(
        mutated(library),
        reads(() => loadScenario(file)),
      ),
      share(0.02),
    )
  })

  it('as a world', long, () => {
    const worlds = [Buffer.from(JSON.stringify(defaultWorld, null, 2))]
    fc.assert(
      fc.property(
        mutated(worlds),
        reads(() => readDataFile(file, worldSeed)),
      ),
      share(0.02),
    )
  })
})

it('nothing grows: what a thousand inputs leave behind, the next thousand leave as well', async () => {
  setFlagsFromString('--expose-gc')
  const collect = runInNewContext('gc') as () => void
  const forms = bodiesOf(messages.filter(isForm))
  const heapAfter = async () => {
    const all = fc.sample(mutated(forms), { numRuns: 1500, seed: 7 })
    for (const body of all)
      await answered('/router/rest', body, 'application/x-www-form-urlencoded')
    await gateway.reset()
    collect()
    return process.memoryUsage().heapUsed / 2 ** 20
  }
  await heapAfter()
  const first = await heapAfter()
  for (let time = 0; time < Math.min(50, inputs / 3000); time++) await heapAfter()
  expect((await heapAfter()) - first).toBeLessThan(8)
}, 300_000)

/** Lists that hold the list before them ten times each. */
function bombOf(depth: number): string {
  const name = (at: number) => String.fromCharCode(97 + at)
  return Array.from({ length: depth }, (_, at) => {
    const items = Array(10)
      .fill(`*${name(at)}`)
      .join(', ')
    return `${name(at + 1)}: &${name(at + 1)} [${items}]`
  }).join('\n')
}
