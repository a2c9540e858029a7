import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { createClient } from '../src/client/index.ts'
import {
  decodeArguments,
  encodeArguments,
  formatTime,
  itemAdd,
  methods,
  type SignMethod,
  sign,
  signMethods,
  type TopFile,
} from '../src/contracts/index.ts'
import { writeResponse } from '../src/contracts/protocol/envelope.ts'
import { parseJson } from '../src/contracts/protocol/json.ts'
import { addMultipart, writeMultipart } from '../src/contracts/protocol/multipart.ts'
import {
  addUrlencoded,
  isSystemParameter,
  noParameters,
} from '../src/contracts/protocol/parameters.ts'
import { readXml, type XmlElement } from '../src/contracts/protocol/read-xml.ts'
import { shapeOf, type WireShape } from '../src/contracts/protocol/wire-shape.ts'
import { createGateway } from '../src/server/index.ts'

/** Runs that find what is to be found and leave the suite quick. */
const runs = { numRuns: 150 }

/** Texts of whole characters, rich in those that forms, headers and markup are made of. */
const text = fc.oneof(
  fc.string({ unit: 'grapheme', maxLength: 12 }),
  fc.string({ unit: fc.constantFrom(...'&=+%;"\'<>[]?/\\ \r\n\t\u0000é中😀\uFFFD'), maxLength: 8 }),
)
const known = fc.constantFrom('__proto__', 'constructor', 'toString', 'hasOwnProperty', 'then', '0')
const name = fc.oneof(text, known).filter((one) => !isSystemParameter(one))

type Entries = readonly (readonly [string, string])[]

const entries = (names: fc.Arbitrary<string>): fc.Arbitrary<Entries> =>
  fc.uniqueArray(fc.tuple(names, text), { selector: ([one]) => one, maxLength: 6 })

/** Names and values as an object in which every name is one like any other. */
function paramsOf(from: Entries): Record<string, string> {
  const params: Record<string, string> = Object.create(null)
  for (const [one, value] of from) params[one] = value
  return params
}

const method = 'taobao.time.get'
const app = { appKey: '12345678', appSecret: 'helloworld' }
const file: TopFile = {
  fileName: 'a.png',
  contentType: 'image/png',
  bytes: new Uint8Array([0, 13, 10, 45, 45]),
}

describe.each(['guide', 'production'] as const)('%s: what the bundled client signs', (profile) => {
  const gateway = createGateway({ profile, rateLimit: 'off' })
  const clientWith = (signMethod: SignMethod) =>
    createClient({
      url: 'http://localhost',
      ...app,
      signMethod,
      fetch: (url, init) => gateway.fetch(new Request(url, init)),
    })
  const answered = { time: expect.any(String) }

  it('is accepted in a form, whatever the names and values', async () => {
    await fc.assert(
      fc.asyncProperty(entries(name), fc.constantFrom(...signMethods), async (sent, how) => {
        const answer = await clientWith(how).callUnchecked(method, paramsOf(sent))
        expect(answer).toMatchObject(answered)
      }),
      runs,
    )
  })

  it('is accepted in the query of a GET', async () => {
    await fc.assert(
      fc.asyncProperty(entries(name), fc.constantFrom(...signMethods), async (sent, how) => {
        const query = new URLSearchParams(signed(sent, how)).toString()
        const response = await gateway.fetch(new Request(`http://localhost/router/rest?${query}`))
        expect(await response.text()).toContain('"time_get_response"')
      }),
      runs,
    )
  })

  it('is accepted beside a file, with names that a header can hold', async () => {
    const written = name.filter((one) => !/["\r\n\uFFFD]/.test(one) && one !== 'image')
    await fc.assert(
      fc.asyncProperty(entries(written), fc.constantFrom(...signMethods), async (sent, how) => {
        const business = Object.assign(paramsOf(sent), { image: file })
        expect(await clientWith(how).callUnchecked(method, business)).toMatchObject(answered)
      }),
      runs,
    )
  })
})

const system = (how: SignMethod): Entries => [
  ['method', method],
  ['app_key', app.appKey],
  ['timestamp', formatTime(Date.now())],
  ['v', '2.0'],
  ['format', 'json'],
  ['sign_method', how],
]

function signed(sent: Entries, how: SignMethod): [string, string][] {
  const all = [...system(how), ...sent].map(([one, value]): [string, string] => [one, value])
  return [...all, ['sign', sign(paramsOf(all), app.appSecret, how)]]
}

/** One byte of a name or value is another one. */
interface Change {
  readonly entry: number
  readonly part: 0 | 1
  readonly at: number
  readonly byte: number
}

const change: fc.Arbitrary<Change> = fc.record({
  entry: fc.nat(20),
  part: fc.constantFrom(0, 1),
  at: fc.nat(60),
  byte: fc.nat(255),
})

/** The bytes of the form with the change made; `undefined` where it changes nothing. */
function spoilt(form: readonly [string, string][], { entry, part, at, byte }: Change) {
  const which = entry % form.length
  const pieces = form.map((one) => one.map((piece) => Buffer.from(piece)))
  const piece = pieces[which]?.[part]
  if (!piece || piece.length === 0) return undefined
  const place = at % piece.length
  if (piece[place] === byte) return undefined
  piece[place] = byte
  const changedName = pieces[which]?.[0]?.toString() ?? ''
  return {
    name: form[which]?.[0] ?? '',
    changedName,
    isText: isUtf8(piece),
    body: pieces.map((one) => one.map(percent).join('=')).join('&'),
  }
}

const percent = (bytes: Buffer) => bytes.toString('hex').replaceAll(/../g, '%$&')

function isUtf8(bytes: Buffer): boolean {
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(bytes)
    return true
  } catch {
    return false
  }
}

describe('production: a signed call that was changed on its way', () => {
  const gateway = createGateway({ profile: 'production', rateLimit: 'off' })
  const codeOf = async (body: string): Promise<number | undefined> => {
    const response = await gateway.fetch(
      new Request('http://localhost/router/rest', {
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body,
      }),
    )
    const code = /"code":(\d+)|<code>(\d+)</.exec(await response.text())
    return code ? Number(code[1] ?? code[2]) : undefined
  }
  const business = fc.uniqueArray(fc.tuple(name, text), {
    selector: ([one]) => one,
    minLength: 1,
    maxLength: 4,
  })

  it('was good before', async () => {
    await fc.assert(
      fc.asyncProperty(business, fc.constantFrom(...signMethods), async (sent, how) => {
        const body = signed(sent, how).map((one) =>
          one.map((each) => percent(Buffer.from(each))).join('='),
        )
        expect(await codeOf(body.join('&'))).toBeUndefined()
      }),
      { numRuns: 30 },
    )
  })

  it('is refused as 25 for one byte of a parameter of its own, or as 47 where that is no UTF-8', async () => {
    await fc.assert(
      fc.asyncProperty(
        business,
        change,
        fc.constantFrom(...signMethods),
        async (sent, one, how) => {
          const form = signed(sent, how)
          // Only what comes behind the system parameters and before the sign.
          const entry = system(how).length + (one.entry % sent.length)
          const changed = spoilt(form, { ...one, entry })
          fc.pre(changed !== undefined && !isSystemParameter(changed.changedName))
          expect(await codeOf(changed?.body ?? '')).toBe(changed?.isText ? 25 : 47)
        },
      ),
      { numRuns: 400 },
    )
  })

  it('is refused as 25 for one character of its sign, in lower case too', async () => {
    const character = fc.constantFrom(...'0123456789ABCDEFabcdef -+/=中')
    await fc.assert(
      fc.asyncProperty(
        business,
        fc.nat(63),
        character,
        fc.constantFrom(...signMethods),
        async (sent, at, char, how) => {
          const form = signed(sent, how)
          const right = form.at(-1)?.[1] ?? ''
          const place = at % right.length
          fc.pre(right[place] !== char)
          form[form.length - 1] = ['sign', right.slice(0, place) + char + right.slice(place + 1)]
          expect(await codeOf(new URLSearchParams(form).toString())).toBe(25)
        },
      ),
      { numRuns: 200 },
    )
  })

  it('is refused for one byte anywhere, system parameters and sign among them', async () => {
    await fc.assert(
      fc.asyncProperty(
        business,
        change,
        fc.constantFrom(...signMethods),
        async (sent, one, how) => {
          const changed = spoilt(signed(sent, how), one)
          fc.pre(changed !== undefined)
          expect(await codeOf(changed?.body ?? '')).toEqual(expect.any(Number))
        },
      ),
      { numRuns: 400 },
    )
  })
})

// --- what is written can be read: answers ---

const moment = fc
  .integer({ min: 0, max: 4_000_000_000 })
  .map((seconds) => formatTime(seconds * 1000))
const identifier = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)
const price = fc
  .tuple(fc.nat(99_999_999), fc.nat(99))
  .map(([yuan, fen]) => `${yuan}.${String(fen).padStart(2, '0')}`)

/** Values of a shape: any field may be absent, a list has something in it. */
function anyOf(shape: WireShape, texts: fc.Arbitrary<string>): fc.Arbitrary<unknown> {
  switch (shape.kind) {
    case 'object': {
      const fields = [...shape.fields].map(([field, below]) => [field, anyOf(below, texts)])
      return fc.record(Object.fromEntries(fields), { requiredKeys: [], noNullPrototype: true })
    }
    case 'list':
      return fc
        .array(anyOf(shape.of, texts), { minLength: 1, maxLength: 2 })
        .map((elements) => ({ [shape.element]: elements }))
    case 'value':
      if (shape.type === 'Number') return fc.maxSafeInteger()
      if (shape.type === 'Id') return identifier
      if (shape.type === 'Boolean') return fc.boolean()
      if (shape.type === 'Price') return price
      return shape.type === 'Date' ? moment : texts
  }
}

/** What JSON says, in our terms: identifiers are texts, lists are wrapped. */
function fromJson(value: unknown, shape: WireShape, simplify: boolean): unknown {
  switch (shape.kind) {
    case 'object':
      return Object.fromEntries(
        Object.entries(value as object).map(([field, below]) => [
          field,
          fromJson(below, shape.fields.get(field) as WireShape, simplify),
        ]),
      )
    case 'list': {
      const elements = simplify ? value : (value as Record<string, unknown>)[shape.element]
      return {
        [shape.element]: (elements as unknown[]).map((one) => fromJson(one, shape.of, simplify)),
      }
    }
    case 'value':
      return shape.type === 'Id' ? String(value) : value
  }
}

function fromXml(element: XmlElement, shape: WireShape): unknown {
  switch (shape.kind) {
    case 'object':
      return Object.fromEntries(
        element.children.map((child) => [
          child.name,
          fromXml(child, shape.fields.get(child.name) as WireShape),
        ]),
      )
    case 'list':
      expect(element.attributes).toBe(' list="true"')
      expect(element.children.every((child) => child.name === shape.element)).toBe(true)
      return { [shape.element]: element.children.map((child) => fromXml(child, shape.of)) }
    case 'value':
      if (shape.type === 'Number') return Number(element.text)
      return shape.type === 'Boolean' ? element.text === 'true' : element.text
  }
}

const withoutRequestId = ({ request_id, ...rest }: Record<string, unknown>) => {
  expect(request_id).toBe('abcdef123456')
  return rest
}

describe.each(Object.values(methods))('an answer of $name', ({ response }) => {
  const shape = shapeOf(response)
  const style = { requestId: 'abcdef123456', simplify: false } as const
  // XML has no way to write most control characters.
  const inXml = text.filter((one) =>
    /^[\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]*$/u.test(one),
  )

  it('is read from JSON, simplified or not, as it was written', () => {
    fc.assert(
      fc.property(anyOf(shape, text), fc.boolean(), (value, simplify) => {
        const written = writeResponse('r', value, shape, { ...style, format: 'json', simplify })
        const parsed = parseJson(written) as Record<string, Record<string, unknown>>
        const inner = withoutRequestId(simplify ? parsed : (parsed.r ?? {}))
        expect(fromJson(inner, shape, simplify)).toEqual(value)
      }),
      { numRuns: 25 },
    )
  })

  it('is read from XML as it was written', () => {
    fc.assert(
      fc.property(anyOf(shape, inXml), (value) => {
        const root = readXml(writeResponse('r', value, shape, { ...style, format: 'xml' }))
        const children = root.children.filter((child) => child.name !== 'request_id')
        expect(fromXml({ ...root, children }, shape)).toEqual(value)
      }),
      { numRuns: 25 },
    )
  })
})

// --- what is written can be read: requests ---

describe('a request of taobao.item.add', () => {
  const words = text.filter((one) => one.trim() !== '')
  const request = fc.record(
    {
      title: words,
      desc: words,
      num: fc.nat(900_000_000),
      price: price.filter((one) => Number(one) > 0),
      cid: identifier,
      has_discount: fc.boolean(),
      list_time: moment,
      image_urls: fc.array(
        words.map((one) => one.replaceAll(',', '')).filter((one) => one.trim() !== ''),
        { minLength: 1, maxLength: 5 },
      ),
    },
    { requiredKeys: ['title', 'num'], noNullPrototype: true },
  )
  const encoded = (value: unknown) => {
    const result = encodeArguments(itemAdd, value as never)
    if (!('sent' in result)) throw new Error(JSON.stringify(result.issues))
    return result.sent
  }

  it('is read from a form as it was meant', () => {
    fc.assert(
      fc.property(request, (value) => {
        const into = noParameters()
        addUrlencoded(
          into,
          new URLSearchParams(encoded(value) as Record<string, string>).toString(),
        )
        expect(decodeArguments(itemAdd, into.params)).toEqual({ request: value })
        expect(into.badEncoding).toBe(false)
      }),
      runs,
    )
  })

  it('is read from a multipart body as it was meant, its picture to the byte', () => {
    const picture = fc.uint8Array({ maxLength: 40 }).map((bytes) => ({ ...file, bytes }))
    fc.assert(
      fc.property(request, picture, (value, image) => {
        const into = noParameters()
        const texts = encoded(value) as Record<string, string>
        addMultipart(into, writeMultipart(texts, { image }, 'localtop'), 'localtop')
        expect(decodeArguments(itemAdd, into.params)).toEqual({ request: value })
        expect({ ...into.files?.image, bytes: [...(into.files?.image?.bytes ?? [])] }).toEqual({
          ...image,
          bytes: [...image.bytes],
        })
        expect(into.badEncoding).toBe(false)
      }),
      runs,
    )
  })
})
