import { Validator } from '@seriousme/openapi-schema-validator'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, it } from 'vitest'
import {
  type AnyContract,
  decodeArguments,
  type FieldFacts,
  factsOf,
  findMethod,
  findRow,
  type JsonSchema,
  jsonSchemasOf,
  type MethodFacts,
  methodNames,
  methods,
  openApiText,
  referencePage,
  sampleAnswer,
  sampleRequest,
  type WireArguments,
} from '../../src/contracts/index.ts'
import { everyNth, variedMethods } from '../support/methods.ts'

const known = (name: string): MethodFacts => {
  const facts = factsOf(name)
  if (!facts) throw new Error(`there is no method ${name}`)
  return facts
}

/** A validator that reads the texts of a form as the values that they are. */
const validator = new Ajv2020({
  coerceTypes: true,
  strict: true,
  allErrors: true,
  strictTypes: false,
  formats: { int64: true, binary: true },
})

/** What a schema says about a value. */
function problems(schema: JsonSchema, value: unknown): string[] {
  const check = validator.compile(schema)
  check(value)
  return (check.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
}

/** The texts of a call as OpenAPI would read them: lists taken apart; a file is any text. */
const formOf = (schema: JsonSchema, sent: WireArguments) =>
  Object.fromEntries(
    Object.entries(sent).map(([name, value]) => {
      const { type } = (schema.properties as Record<string, JsonSchema>)[name] ?? {}
      if (typeof value !== 'string') return [name, value.fileName]
      return [name, type === 'array' ? value.split(',') : value]
    }),
  )

/** What is wrong with the JSON within the texts of a call. */
function problemsInTexts(schema: JsonSchema, sent: WireArguments): string[] {
  return Object.entries(sent).flatMap(([name, value]) => {
    const { contentSchema } = (schema.properties as Record<string, JsonSchema>)[name] ?? {}
    if (contentSchema === undefined || typeof value !== 'string') return []
    const whole = { ...(contentSchema as JsonSchema), $defs: schema.$defs }
    return problems(whole, JSON.parse(value)).map((problem) => `${name}${problem}`)
  })
}

const sampled = [...new Set([...variedMethods, ...everyNth(60)])]
const catalogued = sampled.filter((name) => !Object.hasOwn(methods, name))

describe('the JSON Schema of a request', () => {
  it('takes what the gateway takes: a sample with every parameter, and one with the required ones', () => {
    const found = catalogued.flatMap((name) => {
      const row = findRow(name)
      if (!row) throw new Error(`${name} has no row`)
      const { request } = jsonSchemasOf(known(name))
      return [true, false].flatMap((all) => {
        const sent = sampleRequest(row, { all })
        return [...problems(request, formOf(request, sent)), ...problemsInTexts(request, sent)].map(
          (problem) => `${name}: ${problem}`,
        )
      })
    })
    expect(found).toEqual([])
    expect(catalogued.length).toBeGreaterThan(150)
  })

  it.each(Object.values<AnyContract>(methods))(
    'of $name takes its example',
    ({ name, example }) => {
      const { request } = jsonSchemasOf(known(name))
      expect(problems(request, formOf(request, example))).toEqual([])
    },
  )

  it('lacks nothing that production requires', () => {
    const { request } = jsonSchemasOf(known('taobao.item.add'))
    expect(request.required).toEqual(
      expect.arrayContaining(['type', 'cid', 'desc', 'num', 'stuff_status', 'title']),
    )
    expect(problems(request, { title: '茶杯' })).toContain(" must have required property 'cid'")
  })

  it('names 64 bits, prices, dates, files, and what JSON texts hold', () => {
    const of = (name: string) =>
      jsonSchemasOf(known(name)).request.properties as Record<string, JsonSchema>
    expect(of('taobao.item.update').num_iid).toMatchObject({ type: 'integer', format: 'int64' })
    expect(of('taobao.item.update').price).toMatchObject({ type: 'string' })
    expect(of('taobao.item.update').image).toMatchObject({
      format: 'binary',
      contentMediaType: 'application/octet-stream',
    })
    expect(of('taobao.trades.sold.get').start_created).toMatchObject({
      pattern: expect.stringContaining('\\d{4}-\\d{2}-\\d{2}'),
    })
    expect(of('cainiao.waybill.ii.get').param_waybill_cloud_print_apply_new_request).toMatchObject({
      type: 'string',
      contentMediaType: 'application/json',
      contentSchema: { $ref: expect.stringMatching(/^#\/\$defs\//) },
    })
  })
})

describe('the JSON Schema of a response', () => {
  it('takes a sample answer under its root', () => {
    const found = catalogued.flatMap((name) => {
      const row = findRow(name)
      const facts = known(name)
      if (!row?.fields) return []
      // On the wire an identifier is a number.
      const written = JSON.parse(JSON.stringify({ [facts.root]: sampleAnswer(row) }))
      return problems(jsonSchemasOf(facts).response, written).map((one) => `${name}: ${one}`)
    })
    expect(found).toEqual([])
  })

  it('wraps lists as the wire does', () => {
    const { response } = jsonSchemasOf(known('taobao.trades.sold.get'))
    const wrong = { trades_sold_get_response: { trades: [{ tid: 1 }] } }
    const right = { trades_sold_get_response: { trades: { trade: [{ tid: 1 }] } } }
    expect(problems(response, wrong)).not.toEqual([])
    expect(problems(response, right)).toEqual([])
  })
})

// --- limits ---

interface Limited {
  readonly name: string
  readonly field: FieldFacts
}

/** Every parameter of which limits or advice are known. */
const limitedParameters: readonly Limited[] = methodNames().flatMap((name) =>
  known(name)
    .request.fields.filter(({ limits, advice }) => limits ?? advice)
    .map((field) => ({ name, field })),
)
const limited = (has: (field: FieldFacts) => unknown) =>
  limitedParameters.filter(({ field }) => has(field))

/** Whether the gateway takes a value. */
function takes(name: string, parameter: string, value: string): boolean {
  const contract = findMethod(name) as AnyContract
  return 'request' in decodeArguments(contract, { [parameter]: value })
}

describe('a limit that documents call enforced is, and exactly so', () => {
  const isNumber = ({ type }: FieldFacts) => ['Number', 'Long', 'Id'].includes(type)
  const rules: readonly [
    kind: string,
    has: (field: FieldFacts) => unknown,
    at: (field: FieldFacts) => string,
    beyond: (field: FieldFacts) => string,
  ][] = [
    [
      'the least of a number',
      (field) => isNumber(field) && !field.list && field.limits?.min !== undefined,
      ({ limits }) => String(limits?.min),
      ({ limits }) => String((limits?.min ?? 0) - 1),
    ],
    [
      'the most of a number',
      (field) => isNumber(field) && !field.list && field.limits?.max !== undefined,
      ({ limits }) => String(limits?.max),
      ({ limits }) => String((limits?.max ?? 0) + 1),
    ],
    [
      'the length of a text',
      ({ limits, list }) => !list && limits?.maxLength !== undefined && !limits.maxList,
      ({ limits }) => 'x'.repeat(limits?.maxLength ?? 0),
      ({ limits }) => 'x'.repeat((limits?.maxLength ?? 0) + 1),
    ],
    [
      'the size of a list of texts',
      ({ type, list, limits }) => type === 'Text' && list === 'commas' && limits?.maxItems,
      ({ limits }) => Array(limits?.maxItems).fill('x').join(),
      ({ limits }) =>
        Array((limits?.maxItems ?? 0) + 1)
          .fill('x')
          .join(),
    ],
    [
      'the values of an enumeration',
      ({ limits }) => limits?.oneOf,
      ({ limits }) => String(limits?.oneOf?.at(-1)),
      ({ limits }) => `${limits?.oneOf?.[0]}x`,
    ],
  ]

  it.each(rules)('%s', (_, has, at, beyond) => {
    const all = limited(has)
    expect(all.length).toBeGreaterThan(1)
    const wrong = all.filter(
      ({ name, field }) =>
        !takes(name, field.name, at(field)) || takes(name, field.name, beyond(field)),
    )
    expect(wrong.map(({ name, field }) => `${name} ${field.name}`)).toEqual([])
  })

  it('and advice is none: the gateway takes what passes it', () => {
    const advised = limited(
      ({ type, advice, limits, list }) =>
        type === 'Text' && !list && !limits && advice?.chars !== undefined,
    )
    expect(advised.length).toBeGreaterThan(10)
    const refused = advised.filter(
      ({ name, field }) => !takes(name, field.name, 'x'.repeat((field.advice?.chars ?? 0) + 1)),
    )
    expect(refused).toEqual([])
  })
})

// --- OpenAPI ---

const options = { version: '0.0.0', server: 'http://127.0.0.1:7070' }
const written = (names: readonly string[]) => [...openApiText(names.map(known), options)].join('')

async function validity(text: string): Promise<unknown> {
  const { valid, errors } = await new Validator().validate(JSON.parse(text))
  return valid ? 'valid' : errors
}

describe('an OpenAPI document', () => {
  it('is valid, for methods that are unlike each other', async () => {
    const text = written(variedMethods)
    expect(await validity(text)).toBe('valid')
    const { openapi, paths } = JSON.parse(text)
    expect(openapi).toMatch(/^3\.1\./)
    expect(Object.keys(paths)).toEqual([...variedMethods].map((name) => `/router/rest#${name}`))
  })

  it('is refused by the validator where it is not: the test can fail', async () => {
    const broken = written(['taobao.time.get']).replace('"responses"', '"answers"')
    expect(await validity(broken)).not.toBe('valid')
  })

  it('refers to nothing that it does not have, and has nothing that nobody refers to', () => {
    const { paths, components } = JSON.parse(written(variedMethods))
    const all = JSON.stringify({ paths, components })
    const refs = new Set(
      [...all.matchAll(/"#\/components\/schemas\/([^"]+)"/g)].map(([, name]) => name),
    )
    expect([...refs].sort()).toEqual(Object.keys(components.schemas).sort())
  })

  it('has schemas that a validator of JSON Schema understands', () => {
    const document = JSON.parse(written(variedMethods))
    const ajv = new Ajv2020({ strict: false, formats: { int64: true, binary: true } })
    ajv.addSchema({ $id: 'https://localhost/', ...document })
    for (const name of Object.keys(document.components.schemas)) {
      const ref = `https://localhost/#/components/schemas/${name}`
      expect(() => ajv.compile({ $ref: ref }), name).not.toThrow()
    }
  })

  it('shares a structure among the methods that have it', () => {
    const names = ['taobao.trade.get', 'taobao.trade.fullinfo.get', 'taobao.trades.sold.get']
    const document = JSON.parse(written(names))
    const tradeOf = (name: string) =>
      JSON.stringify(document.paths[`/router/rest#${name}`].post.responses).match(
        /#\/components\/schemas\/(Trade[^"]*)/,
      )?.[1]
    const keys = names.map(tradeOf)
    expect(keys.every((key) => key !== undefined && key in document.components.schemas)).toBe(true)
  })

  it('says who may call, and takes a required file in multipart only', () => {
    const { paths, components } = JSON.parse(
      written(['taobao.time.get', 'taobao.trade.fullinfo.get', 'taobao.picture.upload']),
    )
    const of = (name: string) => paths[`/router/rest#${name}`].post
    expect(of('taobao.time.get').security).toEqual([{ app_key: [], sign: [] }])
    expect(of('taobao.trade.fullinfo.get').security).toEqual([
      { app_key: [], sign: [], session: [] },
    ])
    expect(Object.keys(components.securitySchemes)).toEqual(['app_key', 'sign', 'session'])
    expect(Object.keys(of('taobao.trade.fullinfo.get').requestBody.content)).toEqual([
      'application/x-www-form-urlencoded',
      'multipart/form-data',
    ])
    expect(Object.keys(of('taobao.picture.upload').requestBody.content)).toEqual([
      'multipart/form-data',
    ])
  })

  it('answers either the root or an error', () => {
    const { paths } = JSON.parse(written(['taobao.time.get']))
    const { schema } =
      paths['/router/rest#taobao.time.get'].post.responses['200'].content['application/json']
    expect(schema.oneOf[0].required).toEqual(['time_get_response'])
    expect(schema.oneOf[1]).toEqual({ $ref: '#/components/schemas/ErrorResponse' })
  })
})

// --- pages ---

describe('a reference page', () => {
  const page = (name: string, lang: 'en' | 'zh' = 'en') => referencePage(known(name), lang)

  it('takes structures apart below their field', () => {
    const { rows } = page('cainiao.waybill.ii.get').parameters
    expect(rows[0]).toMatchObject({ depth: 0, required: 'yes' })
    expect(rows[0]?.type).toMatch(/^JSON WaybillCloudPrint/)
    expect(rows[1]).toMatchObject({ depth: 1, name: 'cp_code', required: 'by documents' })
    expect(Math.max(...rows.map(({ depth }) => depth))).toBeGreaterThan(3)
  })

  it('keeps what is enforced apart from what documents mention', () => {
    const title = page('taobao.item.add').parameters.rows.find(({ name }) => name === 'title')
    expect(title?.limits).toBe('at most 120 characters')
    expect(title?.notes).toContain('documents mention at most 30 characters')
  })

  it('says what nobody knows', () => {
    const nameOnly = methodNames().find((name) => known(name).tier === 'name-only') as string
    expect(page(nameOnly).parameters.note).toMatch(/Nobody knows its parameters/)
    expect(page(nameOnly).response.note).toMatch(/empty root/)
    expect(page(nameOnly, 'zh').response.note).toMatch(/没有人知道/)
  })

  it('has no word of English where it is Chinese, but what the platform writes itself', () => {
    const { about, parameters, response } = page('taobao.time.get', 'zh')
    const labels = [...about.map(([label]) => label), parameters.heading, response.heading]
    expect(labels.filter((label) => /[a-z]/.test(label))).toEqual([])
  })

  it('shows every field of every method', { timeout: 120_000 }, () => {
    const wrong = methodNames().flatMap((name) => {
      const facts = known(name)
      const { parameters, response } = referencePage(facts, 'en')
      const top = [...parameters.rows, ...response.rows].filter(({ depth }) => depth === 0)
      return top.length === facts.request.fields.length + facts.response.fields.length ? [] : [name]
    })
    expect(wrong).toEqual([])
  })
})
