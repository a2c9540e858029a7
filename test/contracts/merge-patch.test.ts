import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { writeJson } from '../../src/contracts/protocol/json.ts'
import { mergePatch, shapeOfPatched } from '../../src/contracts/protocol/merge-patch.ts'
import { id, listOf, long, number, text } from '../../src/contracts/protocol/scalars.ts'
import { shapeOf } from '../../src/contracts/protocol/wire-shape.ts'

describe('a merge patch', () => {
  // The cases of RFC 7396, appendix A.
  it.each([
    [{ a: 'b' }, { a: 'c' }, { a: 'c' }],
    [{ a: 'b' }, { b: 'c' }, { a: 'b', b: 'c' }],
    [{ a: 'b' }, { a: null }, {}],
    [{ a: 'b', b: 'c' }, { a: null }, { b: 'c' }],
    [{ a: ['b'] }, { a: 'c' }, { a: 'c' }],
    [{ a: 'c' }, { a: ['b'] }, { a: ['b'] }],
    [{ a: { b: 'c' } }, { a: { b: 'd', c: null } }, { a: { b: 'd' } }],
    [{ a: [{ b: 'c' }] }, { a: [1] }, { a: [1] }],
    [
      ['a', 'b'],
      ['c', 'd'],
      ['c', 'd'],
    ],
    [{ a: 'b' }, ['c'], ['c']],
    [{ a: 'foo' }, null, null],
    [{ a: 'foo' }, 'bar', 'bar'],
    [{ e: null }, { a: 1 }, { e: null, a: 1 }],
    [[1, 2], { a: 'b', c: null }, { a: 'b' }],
    [{}, { a: { bb: { ccc: null } } }, { a: { bb: {} } }],
    ['text', { a: 1 }, { a: 1 }],
    [null, { a: 1 }, { a: 1 }],
  ])('%j with %j gives %j', (target, patch, merged) => {
    expect(mergePatch(target, patch)).toEqual(merged)
    expect(Object.keys(Object(mergePatch(target, patch)))).toEqual(Object.keys(Object(merged)))
  })

  it('leaves what it was laid over as it was', () => {
    const target = { a: { b: 1 } }
    mergePatch(target, { a: { b: 2 }, c: 3 })
    expect(target).toEqual({ a: { b: 1 } })
  })
})

const item = z
  .object({ num_iid: id, sold: long, title: text, num: number, skus: listOf('sku', text) })
  .partial()
const shape = shapeOf(
  z.object({ item, items: listOf('item', item), ids: listOf('id', id), total: number }).partial(),
)
const written = (value: unknown) => writeJson(value, shapeOfPatched(value, shape))

describe('a patched answer', () => {
  it('is written as before where nothing is out of shape', () => {
    const response = {
      item: { num_iid: '9007199254740993', sold: '5', title: '5' },
      items: { item: [{ num_iid: '1' }, { num_iid: '2' }] },
      ids: { id: ['9007199254740993'] },
      total: 2,
    }
    expect(written(response)).toBe(writeJson(response, shape))
    expect(written(response)).toContain('"num_iid":9007199254740993,"sold":5,"title":"5"')
  })

  it('keeps the order of known fields, and has new ones last', () => {
    expect(written({ new: 1, total: 2, item: { title: 'x', colour: 'red', num_iid: '1' } })).toBe(
      '{"item":{"num_iid":1,"title":"x","colour":"red"},"total":2,"new":1}',
    )
  })

  it.each([
    ['an identifier that is none any more', { item: { num_iid: 'abc' } }],
    ['an identifier with digits in it', { item: { num_iid: 'x1' } }],
    ['an identifier that begins with digits', { item: { sold: '1x' } }],
    ['a text for a structure', { item: 'gone' }],
    ['a number for a list', { items: 7 }],
    ['an array for a structure', { item: [1, 2] }],
    ['an array for a list', { items: [{ num_iid: 'a' }] }],
    ['a structure for a text', { total: { much: 'more' } }],
    ['a list of texts where structures belong', { items: { item: ['a', 'b'] } }],
    ['a list of structures where identifiers belong', { ids: { id: [{ a: 1 }] } }],
    ['a list with something beside it', { items: { item: [{ title: 'x' }], more: true } }],
    ['a list under another name', { items: { thing: ['x'] } }],
    ['a text where the elements belong', { items: { item: 'x' } }],
    ['a structure that no contract knows', { other: { deep: { deeper: [1] } } }],
    ['an empty structure', { item: {} }],
  ])('holds whatever a patch has put in: %s', (_, response) => {
    expect(JSON.parse(written(response))).toEqual(response)
  })

  it('has numbers with a sign where they belong', () => {
    expect(written({ item: { sold: '-5' } })).toBe('{"item":{"sold":-5}}')
    expect(written({ item: { sold: '--5' } })).toBe('{"item":{"sold":"--5"}}')
  })

  it('has identifiers in lists that are whole, and texts in those that are not', () => {
    expect(written({ ids: { id: ['12', '13'] } })).toBe('{"ids":{"id":[12,13]}}')
    expect(written({ items: { item: [{ num_iid: '12' }] } })).toBe(
      '{"items":{"item":[{"num_iid":12}]}}',
    )
    expect(written({ items: { item: [{ num_iid: '12' }, 'x'] } })).toBe(
      '{"items":{"item":[{"num_iid":"12"},"x"]}}',
    )
  })

  it('leaves out the list that a patch has emptied, as the platform does', () => {
    expect(written({ items: { item: [] }, total: 0 })).toBe('{"total":0}')
  })

  it('is written whole where no shape is known', () => {
    const value = { b: '1', a: { c: ['2'] } }
    expect(writeJson(value, shapeOfPatched(value, undefined))).toBe(JSON.stringify(value))
  })
})
