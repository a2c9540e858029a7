import { describe, expect, it } from 'vitest'
import { shapeOfAnswer } from '../../src/contracts/define-method.ts'
import { findMethod, findRow, sampleAnswer } from '../../src/contracts/index.ts'
import { project, selectionOf } from '../../src/contracts/protocol/fields.ts'
import type { WireShape } from '../../src/contracts/protocol/wire-shape.ts'
import { everyNth } from '../support/methods.ts'

describe('a sample that is made for some fields', () => {
  /** The names in a shape, each as deep as `fields` may ask for it. */
  function pathsIn(shape: WireShape, path: readonly string[] = []): string[][] {
    if (shape.kind === 'value' || path.length > 5) return []
    if (shape.kind === 'list') return pathsIn(shape.of, path)
    return [...shape.fields].flatMap(([name, below]) => [
      [...path, name],
      ...(below.kind === 'list' ? [[...path, below.element]] : []),
      ...pathsIn(below, [...path, name]),
    ])
  }

  it('has in them what the whole sample has', () => {
    let compared = 0
    for (const name of everyNth(25)) {
      const row = findRow(name)
      const contract = findMethod(name)
      if (!row || !contract?.sample) continue
      const shape = shapeOfAnswer(contract)
      const paths = pathsIn(shape)
      for (let turn = 0; turn < Math.min(paths.length, 12); turn++) {
        const only = [0, 1, 2].map((at) => {
          const path = paths[(turn * 31 + at * 17) % paths.length] ?? []
          return path.slice(-1 - ((turn + at) % 3)).join('.')
        })
        const left = (made?: readonly string[]) =>
          project(sampleAnswer(row, { only: made }), shape, selectionOf(only))
        expect(left(only), `${name} ${only}`).toEqual(left())
        compared++
      }
    }
    expect(compared).toBeGreaterThan(500)
  })
})
