import { readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'
import { compileRow } from '../../src/contracts/catalogue/compile.ts'
import { CatalogueError, importCatalogue, summaryOf } from '../../src/contracts/catalogue/import.ts'
import { allRows, findRow, rowNames } from '../../src/contracts/catalogue/rows.ts'
import { shapeOf } from '../../src/contracts/protocol/wire-shape.ts'

// biome-ignore lint/suspicious/noExplicitAny: a reference that is wrong on purpose has any shape
type Loose = any

const method = (changes: Loose = {}): Loose => ({
  method: 'taobao.tea.get',
  status: 'listed',
  group: 'tea',
  groupName: '茶叶API',
  session: 'required',
  http: 'form',
  params: [{ name: 'tea_id', type: 'Number', required: true }],
  response: {
    root: 'tea_get_response',
    fields: [{ name: 'teas', type: 'Tea', list: true, listItemName: 'tea', ref: 'Tea' }],
  },
  primary: 'page:2026-05-16',
  sources: ['page'],
  ...changes,
})
const types: Loose = {
  Tea: [
    { name: 'tea_id', type: 'Number' },
    { name: 'leaf', type: 'Leaf', ref: 'Leaf' },
  ],
  Leaf: [{ name: 'length', type: 'Number', hints: { enum: ['1'], enumWeak: true } }],
}

const imported = (methods: readonly Loose[] = [method()], structures: Loose = types) =>
  importCatalogue({
    methods: methods.map((one) => `${JSON.stringify(one)}\n`).join(''),
    types: JSON.stringify(structures),
    examples: JSON.stringify({ byType: { Leaf: { length: 7 } } }),
  })

function problems(...given: Parameters<typeof imported>): string[] {
  try {
    imported(...given)
  } catch (error) {
    if (error instanceof CatalogueError) {
      return error.problems.map(({ path, message }) => `${path}: ${message}`)
    }
    throw error
  }
  return []
}

describe('the import of the catalogue', () => {
  it('puts the structures that only one method has into its line', () => {
    const { methods, structures } = imported()
    expect(structures).toEqual([])
    expect(methods).toEqual([
      {
        name: 'taobao.tea.get',
        group: '茶叶API',
        status: 'listed',
        session: 'required',
        params: [{ name: 'tea_id', type: 'Number', required: true }],
        // The element name follows from the type, so it is not kept.
        fields: [{ name: 'teas', type: 'Tea', list: true, ref: 'Tea' }],
        structures: {
          Leaf: [
            {
              name: 'length',
              type: 'Number',
              example: '7',
              hints: { enum: ['1'], enumWeak: true },
            },
          ],
          Tea: [
            { name: 'tea_id', type: 'Number' },
            { name: 'leaf', type: 'Leaf', ref: 'Leaf' },
          ],
        },
        source: 'page:2026-05-16',
      },
    ])
  })

  it('keeps structures that several methods have apart from them', () => {
    const other = method({ method: 'taobao.tea.search' })
    other.response.root = 'tea_search_response'
    const { methods, structures } = imported([other, method()])
    expect(structures.map(({ name }) => name)).toEqual(['Leaf', 'Tea'])
    expect(methods.map(({ name }) => name)).toEqual(['taobao.tea.get', 'taobao.tea.search'])
    expect(methods.every((row) => row.structures === undefined)).toBe(true)
  })

  it('tells what is not known from what is empty', () => {
    const unknown = method({ params: [], paramsKnown: false, response: { ...method().response } })
    unknown.response = { root: 'tea_get_response', note: 'unknown' }
    const [row] = imported([unknown]).methods
    expect(row).not.toHaveProperty('params')
    expect(row).not.toHaveProperty('fields')
    const empty = method({ params: [], response: { root: 'tea_get_response', fields: [] } })
    expect(imported([empty]).methods[0]).toMatchObject({ params: [], fields: [] })
  })

  it('never demands a parameter that is gone from the documents', () => {
    const gone = { name: 'tea_id', type: 'Number', required: true, removed: true }
    expect(imported([method({ params: [gone] })]).methods[0]?.params).toEqual([
      { name: 'tea_id', type: 'Number', removed: true },
    ])
  })

  it('drops limits that the type has anyway, and examples that are none', () => {
    const param = { name: 'tea_id', type: 'Number', max: 2 ** 63, example: 'abc' }
    const { methods, leftOut } = imported([method({ params: [param] })])
    expect(methods[0]?.params).toEqual([{ name: 'tea_id', type: 'Number' }])
    expect([...leftOut.values()]).toEqual([1])
  })

  it.each<[string, Loose, string]>([
    ['a key of a method', { colour: 'green' }, 'taobao.tea.get: Unrecognized key: "colour"'],
    [
      'a key of a parameter',
      { params: [{ name: 'a', type: 'String', pattern: 'x' }] },
      'taobao.tea.get.params[0]: Unrecognized key: "pattern"',
    ],
    [
      'a key of a hint',
      { params: [{ name: 'a', type: 'String', hints: { smell: 'sweet' } }] },
      'taobao.tea.get.params[0].hints: Unrecognized key: "smell"',
    ],
    [
      'a session rule',
      { session: 'sometimes' },
      'taobao.tea.get.session: Invalid option: expected one of "required"|"optional"|"none"|"unknown"',
    ],
    [
      'a root',
      { response: { root: 'tea', fields: [] } },
      'taobao.tea.get.response.root: was "tea"; expected tea_get_response',
    ],
    [
      'a structure that is not there',
      { params: [{ name: 'a', type: 'Cup', ref: 'Cup' }] },
      'taobao.tea.get.params[0].ref: no structure is called "Cup"',
    ],
    [
      'a limit that no number holds',
      { params: [{ name: 'a', type: 'Number', max: 9007199254740994 }] },
      'taobao.tea.get.params[0].max: 9007199254740994 is not exact',
    ],
  ])(
    'refuses %s that it does not understand, and names method and path',
    (_, changes, expected) => {
      expect(problems([method(changes)])).toEqual([expected])
    },
  )

  it('refuses a structure that contains itself', () => {
    const found = problems([method()], {
      ...types,
      Leaf: [{ name: 'tea', type: 'Tea', ref: 'Tea' }],
    })
    expect(found).toEqual(['Tea: the structure contains itself'])
  })

  it('refuses two methods of one name', () => {
    expect(problems([method(), method()])).toEqual(['taobao.tea.get: stands there twice'])
  })
})

describe('the catalogue that is kept', () => {
  const file = (name: string) =>
    readFileSync(new URL(`../../src/contracts/catalogue/${name}`, import.meta.url), 'utf8')

  it('is sorted by name, one line each, and every line is found by its name', () => {
    const names = rowNames()
    expect(names).toEqual([...names].sort())
    expect(new Set(names).size).toBe(names.length)
    for (const name of names) expect(findRow(name)?.name).toBe(name)
  })

  it.each(['', 'a', 'taobao.item.ad', 'taobao.item.add.', 'zzz', '\u{10ffff}', 'constructor'])(
    'has nothing by the name "%s"',
    (name) => expect(findRow(name)).toBeUndefined(),
  )

  it('has the 9,728 methods of the platform: 7,647 with parameters, 6,640 with answers', () => {
    const rows = allRows()
    expect(rows.length).toBe(9728)
    expect(rows.filter(({ params }) => params).length).toBe(7647)
    expect(rows.filter(({ fields }) => fields).length).toBe(6640)
  })

  it('is written by the same shape whether that is read from a row or from its schema', () => {
    for (const row of allRows().filter(({ fields }) => fields)) {
      const contract = compileRow(row)
      expect(contract.shape, row.name).toEqual(shapeOf(contract.response))
    }
  })

  it('is counted in its summary', () => {
    expect(file('summary.ts')).toBe(summaryOf(allRows()))
  })
})
