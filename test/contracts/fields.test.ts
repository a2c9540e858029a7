import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { fieldsNeverThere, project, selectionOf } from '../../src/contracts/protocol/fields.ts'
import { any, boolean, listOf, number, text } from '../../src/contracts/protocol/scalars.ts'
import { shapeOf } from '../../src/contracts/protocol/wire-shape.ts'

const place = z
  .object({ city: text, state: text, geo: z.object({ x: number, y: number }) })
  .partial()
const shape = shapeOf(
  z.object({
    total: number,
    shop: z.object({ name: text, place, skus: listOf('sku', place) }).partial(),
  }),
)
const geo = { x: 1, y: 2 }
const response = {
  total: 3,
  shop: {
    name: 'n',
    place: { city: 'c', state: 's', geo },
    skus: { sku: [{ city: 'c', state: 's' }] },
  },
}
const asked = (...fields: string[]) => project(response, shape, selectionOf(fields))

describe('fields', () => {
  it('leave plain values at the root alone', () => {
    expect(asked('name')).toEqual({ total: 3, shop: { name: 'n' } })
  })

  it('reach as deep as they are written', () => {
    expect(asked('place.geo.x', 'place.city')).toEqual({
      total: 3,
      shop: { place: { city: 'c', geo: { x: 1 } } },
    })
  })

  it('that ask for the whole win over those that ask for a part', () => {
    expect(asked('place.geo.x', 'place.geo')).toEqual({ total: 3, shop: { place: { geo } } })
    expect(asked('place.geo', 'place.geo.x')).toEqual({ total: 3, shop: { place: { geo } } })
  })

  it('name a list by itself or by its elements', () => {
    const list = { total: 3, shop: { skus: { sku: [{ city: 'c' }] } } }
    expect(asked('sku.city')).toEqual(list)
    expect(asked('skus.city')).toEqual(list)
  })

  it('may have blanks around them', () => {
    expect(asked(' name ')).toEqual({ total: 3, shop: { name: 'n' } })
  })

  it('are read down to a depth that no answer has', () => {
    const deep = Array(1_000_000).fill('place').join('.')
    expect(asked(deep, 'place.city')).toEqual({
      total: 3,
      shop: { place: { city: 'c' } },
    })
  })

  it('that name nothing select nothing', () => {
    expect(asked('nonsense', '', ' ', '.')).toEqual({ total: 3, shop: {} })
  })
})

describe('fields of an answer that lacks something', () => {
  it('leave that out', () => {
    const lacking = { shop: { place: { city: 'c' } } }
    const left = project(lacking, shape, selectionOf(['name', 'place.geo.x', 'skus.city']))
    expect(left).toEqual({ shop: { place: {} } })
    expect(Object.keys(left)).toEqual(['shop'])
    expect(Object.keys(left.shop as object)).toEqual(['place'])
  })

  it('leave an answer alone whose root is no structure', () => {
    const answer = { any: 'thing' }
    expect(project(answer, { kind: 'value', type: 'Any' }, selectionOf(['x']))).toBe(answer)
  })
})

const exchange = z.object({ id: number, items: listOf('item', z.object({ sku: text })) }).partial()
const wrapped = shapeOf(
  z
    .object({
      total: number,
      result: z
        .object({
          success: boolean,
          message: text,
          page: z.object({ exchange, size: number }).partial(),
        })
        .partial(),
    })
    .partial(),
)
const exchanged = { id: 7, items: { item: [{ sku: 'a' }] } }
const wrappedAnswer = {
  total: 1,
  result: { success: true, message: 'm', page: { exchange: exchanged, size: 9 } },
}
const unwrapped = (...fields: string[]) => project(wrappedAnswer, wrapped, selectionOf(fields))

describe('fields of an answer that is wrapped', () => {
  it('are looked for inside, and the wrapping keeps its plain values', () => {
    expect(unwrapped('exchange.id')).toEqual({
      total: 1,
      result: { success: true, message: 'm', page: { exchange: { id: 7 } } },
    })
  })

  it('are looked for however deep, through lists too', () => {
    expect(unwrapped('id')).toEqual({
      total: 1,
      result: { success: true, message: 'm', page: { exchange: { id: 7 }, size: 9 } },
    })
    expect(unwrapped('sku')).toEqual({
      total: 1,
      result: {
        success: true,
        message: 'm',
        page: { exchange: exchanged, size: 9 },
      },
    })
  })

  it('are taken where they stand first', () => {
    expect(unwrapped('message', 'id')).toEqual({ total: 1, result: { message: 'm' } })
  })

  it('that nothing holds leave nothing of it', () => {
    expect(unwrapped('colour')).toEqual({ total: 1, result: {} })
  })

  it('may name a list inside by its elements', () => {
    expect(unwrapped('item.sku')).toEqual({
      total: 1,
      result: {
        success: true,
        message: 'm',
        page: { exchange: { items: { item: [{ sku: 'a' }] } }, size: 9 },
      },
    })
  })
})

describe('names that no answer has', () => {
  const of = (answer: typeof shape, ...fields: string[]) =>
    fieldsNeverThere(answer, selectionOf(fields))
  const never = (...fields: string[]) => of(shape, ...fields).paths

  it.each([
    'total',
    'shop',
    'shop.name',
    'name',
    'place',
    'place.city',
    'place.geo',
    'place.geo.x',
    'shop.place.geo.x',
    'skus',
    'skus.city',
    'skus.geo.y',
    'sku',
    'sku.city',
    'sku.geo.y',
    'shop.sku.city',
  ])('are not %s', (field) => {
    expect(never(field)).toEqual([])
  })

  it.each([
    'nam',
    'shop.nam',
    'place.cit',
    'place.geo.z',
    'place.geo.x.y',
    'skus.cit',
    'sku.cit',
    'sku.geo.z',
    'shop.sku.cit',
    'total.x',
  ])('are %s', (field) => {
    expect(never(field)).toEqual([field])
  })

  it('are told from those that are there, as they were written', () => {
    expect(never('name', 'nam', 'place.cit', 'place.city', 'shop.colour')).toEqual([
      'nam',
      'place.cit',
      'shop.colour',
    ])
  })

  it('come with those that could have been asked for', () => {
    expect([...of(shape, 'nam').known]).toEqual(['total', 'shop', 'name', 'place', 'skus'])
    expect([...of(shape, 'place.cit').known].sort()).toEqual([
      'city',
      'geo',
      'name',
      'place',
      'shop',
      'skus',
      'state',
      'total',
    ])
  })

  it('are looked for in a list at the root', () => {
    const found = shapeOf(z.object({ items: listOf('item', place), total: number }))
    for (const field of ['items', 'items.city', 'item', 'item.city', 'city', 'total']) {
      expect(of(found, field).paths).toEqual([])
    }
    expect(of(found, 'item.cit', 'items.cit', 'cit').paths).toEqual([
      'item.cit',
      'items.cit',
      'cit',
    ])
  })

  it('are looked for inside what is wrapped', () => {
    const paths = (...fields: string[]) => of(wrapped, ...fields).paths
    for (const field of ['exchange.id', 'id', 'sku', 'item.sku', 'items.sku', 'success', 'size']) {
      expect(paths(field)).toEqual([])
    }
    expect(paths('exchange.ix')).toEqual(['exchange.ix'])
    expect(paths('colour')).toEqual(['colour'])
    // Next to the wrapping's own fields nothing deeper is reached.
    expect(paths('message', 'id')).toEqual(['id'])
  })

  const open = shapeOf(
    z
      .object({
        total: number,
        shop: z.object({ name: text, more: any }).partial(),
      })
      .partial(),
  )

  it('are none below what nobody knows', () => {
    expect(of(open, 'more.a', 'more.b.c', 'more').paths).toEqual([])
    expect(of(open, 'more.a', 'nam').paths).toEqual(['nam'])
  })

  it('are none where what nobody knows may hold them', () => {
    expect(of(open, 'colour').paths).toEqual([])
    expect(of(open, 'name', 'colour').paths).toEqual(['colour'])
    const atRoot = shapeOf(z.object({ total: number, more: any }))
    expect(of(atRoot, 'colour').paths).toEqual([])
    expect([...of(atRoot, 'colour').known]).toEqual(['total', 'more'])
  })

  it('are none of an answer of which nothing is known', () => {
    expect(of(shapeOf(z.object({})), 'colour')).toEqual({ paths: [], known: new Set() })
    expect(of(shapeOf(any), 'colour')).toEqual({ paths: [], known: new Set() })
  })
})
