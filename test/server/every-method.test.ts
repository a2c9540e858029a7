import { describe, expect, it } from 'vitest'
import { isTopResponseError } from '../../src/client/errors.ts'
import { createClient } from '../../src/client/index.ts'
import { compileRow } from '../../src/contracts/catalogue/compile.ts'
import { isScalar } from '../../src/contracts/catalogue/row.ts'
import { allRows } from '../../src/contracts/catalogue/rows.ts'
import {
  decodeArguments,
  type MethodRow,
  methods,
  rootOf,
  sampleRequest,
  type WireArguments,
} from '../../src/contracts/index.ts'
import { readXml, type XmlElement } from '../../src/contracts/protocol/read-xml.ts'
import { createGateway } from '../../src/server/index.ts'
import { type Params, send, signedParams } from '../support/gateway.ts'

// The loop: the client makes a request from a contract, the gateway judges it by the contract and answers
// from it, and the client judges the answer. Every method of the platform goes through it.

const gateway = createGateway({ rateLimit: 'off', profile: 'production' })
const client = createClient({
  url: 'http://localhost',
  appKey: '12345678',
  appSecret: 'helloworld',
  session: 'test',
  retry: { attempts: 1 },
  fetch: (url, init) => gateway.fetch(new Request(url, init)),
})

const rows = allRows().filter(({ name }) => !Object.hasOwn(methods, name))
const answered = rows.filter(({ fields }) => fields !== undefined)

/** What is wrong with a method, for those where something is. */
async function failures(
  some: readonly MethodRow[],
  check: (row: MethodRow) => Promise<string | undefined>,
): Promise<string[]> {
  const found: string[] = []
  for (const row of some) {
    const problem = await check(row).catch((error: Error) => error.message)
    if (problem !== undefined) found.push(`${row.name}: ${problem}`)
  }
  return found
}

const isFile = (value: unknown) => typeof value !== 'string'
const hasFile = (sent: WireArguments) => Object.values(sent).some(isFile)

describe('every method with a known answer', { timeout: 240_000 }, () => {
  it('takes a call made from its contract, and answers what the contract says, in JSON', async () => {
    const check = async (row: MethodRow) => {
      const decoded = decodeArguments(compileRow(row), sampleRequest(row))
      if ('issues' in decoded) return JSON.stringify(decoded.issues)
      const answer = await client.callByName(row.name, decoded.request)
      // Nobody knows what is in an opaque structure or in bytes, and what names an error is none here.
      const expected = (row.fields ?? []).filter(
        ({ name, type, ref }) =>
          (ref !== undefined || (isScalar(type) && type !== 'byte[]')) &&
          !/err|fail|msg|code|exception/i.test(name),
      )
      const missing = expected.filter(({ name }) => !Object.hasOwn(answer, name))
      return missing.length > 0 ? `no ${missing.map(({ name }) => name).join(', ')}` : undefined
    }
    expect(await failures(answered, check)).toEqual([])
  })

  it('takes all its parameters at once, and answers the same in simplified JSON and in XML', async () => {
    const check = async (row: MethodRow) => {
      const sent = sampleRequest(row, { all: true })
      // A file changes nothing about how the answer is written.
      const texts = hasFile(sent)
        ? Object.fromEntries(Object.entries(sent).filter(([, value]) => !isFile(value)))
        : sent
      if (hasFile(sent) && row.params?.some((one) => one.type === 'byte[]' && one.required)) {
        await client.callUnchecked(row.name, sent)
        return undefined
      }
      const asked = (params: Params) => send(gateway, params)
      const params = (extra: Params) => ({ ...(texts as Params), ...extra })
      const json = await asked(signedParams(gateway, row.name, params({})))
      if (json.error) return json.text
      if (JSON.stringify(json.json) !== json.text) return `a key stands there twice: ${json.text}`
      const root = rootOf(compileRow(row))
      const answer = withoutRequestId(json.json[root])
      const simple = await asked(signedParams(gateway, row.name, params({ simplify: 'true' })))
      const xml = await asked(signedParams(gateway, row.name, params({}), { format: 'xml' }))
      const element = readXml(xml.text)
      if (element.name !== root) return `the root of XML is ${element.name}`
      expect(withoutRequestId(simple.json)).toEqual(simplified(answer))
      expect(treeOf(element).filter(([name]) => name !== 'request_id')).toEqual(tree(answer))
      return undefined
    }
    expect(await failures(answered, check)).toEqual([])
  })
})

describe('every required parameter', { timeout: 240_000 }, () => {
  it('is named by a 40 when it is absent', async () => {
    let tried = 0
    const check = async (row: MethodRow) => {
      const sent = sampleRequest(row)
      for (const name of Object.keys(sent)) {
        const { [name]: _, ...rest } = sent
        tried++
        const came = await client.callUnchecked(row.name, rest).then(
          () => 'an answer',
          (error) => (isTopResponseError(error) ? `${error.code} ${error.msg}` : String(error)),
        )
        if (came !== `40 Missing required arguments:${name}`) return `${name}: ${came}`
      }
      return undefined
    }
    expect(await failures(rows, check)).toEqual([])
    const required = rows.flatMap((row) =>
      row.requiredUnknown ? [] : (row.params ?? []).filter((one) => one.required),
    )
    expect(tried).toBe(required.length)
  })
})

describe('a method whose answer nobody knows', { timeout: 120_000 }, () => {
  it('answers an empty root, and the tier says why', async () => {
    const unanswered = rows.filter(({ fields }) => fields === undefined)
    const check = async (row: MethodRow) => {
      const sent = sampleRequest(row)
      if (hasFile(sent)) {
        await client.callUnchecked(row.name, sent)
        return undefined
      }
      const reply = await send(gateway, signedParams(gateway, row.name, sent as Params))
      const tier = row.params ? 'request-only' : 'name-only'
      const expected = { [rootOf(compileRow(row))]: { request_id: expect.any(String) } }
      expect(reply.json).toEqual(expected)
      expect(reply.headers.get('x-localtop-tier')).toBe(tier)
      return undefined
    }
    expect(await failures(unanswered, check)).toEqual([])
    expect(unanswered.length).toBeGreaterThan(3000)
  })
})

// biome-ignore lint/suspicious/noExplicitAny: answers of any method
type Json = any

const withoutRequestId = ({ request_id: _, ...rest }: Json) => rest

/** What a list of the documented form becomes: an object with one key, that holds an array, is that array. */
function simplified(value: Json): Json {
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map(simplified)
  const entries = Object.entries(value)
  const [first] = entries
  if (entries.length === 1 && first && Array.isArray(first[1])) return simplified(first[1])
  return Object.fromEntries(entries.map(([name, part]) => [name, simplified(part)]))
}

type Tree = readonly (readonly [name: string, below: string | Tree])[]

/** JSON as elements: an array is an element for each of its values. */
function tree(value: Json): Tree {
  return Object.entries(value as object).flatMap(([name, part]) =>
    (Array.isArray(part) ? part : [part]).map(
      (one) => [name, typeof one === 'object' ? tree(one) : one === '' ? [] : String(one)] as const,
    ),
  )
}

const treeOf = ({ children }: XmlElement): Tree =>
  children.map((child) => [
    child.name,
    child.children.length > 0 || child.text === '' ? treeOf(child) : child.text,
  ])
