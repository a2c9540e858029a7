import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { id, listOf, tag, text } from '../../src/contracts/protocol/scalars.ts'
import { elementsOf, metaOf, shapeOf } from '../../src/contracts/protocol/wire-shape.ts'

describe('the shape of an answer', () => {
  const identifier = { kind: 'value', type: 'Id' }

  it('has structures, lists of what they hold, and values with their type', () => {
    const schema = z.object({ num_iid: id, skus: listOf('sku', z.object({ sku_id: id })) })
    expect(shapeOf(schema)).toEqual({
      kind: 'object',
      fields: new Map<string, unknown>([
        ['num_iid', identifier],
        [
          'skus',
          {
            kind: 'list',
            element: 'sku',
            of: { kind: 'object', fields: new Map([['sku_id', identifier]]) },
          },
        ],
      ]),
    })
  })

  it.each([
    ['optional', id.optional()],
    ['nullable', id.nullable()],
    ['required again', id.optional().nonoptional()],
    ['optional and nullable', id.nullable().optional()],
    ['said later', z.lazy(() => id)],
  ])('is that of what is %s', (_, schema) => {
    expect(shapeOf(schema)).toEqual(identifier)
    expect(metaOf(schema)).toEqual({ type: 'Id' })
  })

  it('is a text where nobody has said anything', () => {
    expect(shapeOf(z.string())).toEqual({ kind: 'value', type: 'Text' })
    expect(shapeOf(tag(z.string(), { limits: { max: 1 } }))).toEqual({
      kind: 'value',
      type: 'Text',
    })
    expect(metaOf(z.string())).toBeUndefined()
    expect(metaOf(z.string().optional())).toBeUndefined()
  })

  it('is a structure where the element that is named is no list', () => {
    const named = tag(z.object({ sku: text }), { list: 'sku' })
    expect(shapeOf(named).kind).toBe('object')
    expect(shapeOf(tag(z.object({ sku: z.array(text) }), { list: 'item' })).kind).toBe('object')
  })

  it('is worked out once', () => {
    const schema = z.object({ num_iid: id })
    expect(shapeOf(schema)).toBe(shapeOf(schema))
  })

  it('has no elements in a list that lacks them', () => {
    expect(elementsOf({ sku: [1, 2] }, 'sku')).toEqual([1, 2])
    expect(elementsOf({}, 'sku')).toEqual([])
  })
})
