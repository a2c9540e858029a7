import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { project, selectionOf } from '../../src/contracts/protocol/fields.ts'
import { listOf, number, text } from '../../src/contracts/protocol/scalars.ts'
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
