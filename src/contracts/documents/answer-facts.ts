import type { Field } from '../catalogue/row.ts'
import { fieldsOf } from '../catalogue/rows.ts'
import type { WireShape } from '../protocol/wire-shape.ts'
import type { FieldFacts, SideFacts } from './facts.ts'
import { documentTypeOf } from './parameter-facts.ts'

/**
 * The facts of an answer: what it holds from its shape, what its structures are called and what values
 * look like from the rows of the catalogue.
 *
 * @param owner the method, where structures are its own rather than those of the catalogue
 */
export function answerFacts(
  shape: WireShape,
  rows: readonly Field[],
  owner: string | undefined,
): SideFacts {
  const structures: Record<string, readonly FieldFacts[]> = {}
  const keys = new Map<WireShape, string>()
  return { fields: fieldsIn(shape, rows), structures }

  function fieldsIn(of: WireShape, known: readonly Field[]): FieldFacts[] {
    if (of.kind !== 'object') return []
    const byName = new Map(known.map((row) => [row.name, row]))
    return [...of.fields].map(([name, below]) => fieldFacts(name, below, byName.get(name)))
  }

  function fieldFacts(name: string, below: WireShape, row: Field | undefined): FieldFacts {
    const many = below.kind === 'list'
    const one = many ? below.of : below
    const { example, hints } = row ?? {}
    const examples = hints?.enum ?? (example === undefined ? undefined : [example])
    const common = {
      name,
      ...(many && { list: 'wrapped' as const, element: below.element }),
      ...(examples && { examples }),
    }
    if (one.kind === 'value') {
      return { ...common, type: one.type, documentType: row?.type ?? documentTypeOf(one.type) }
    }
    const documentType = row?.type ?? pascal(many ? below.element : name)
    return {
      ...common,
      type: 'Structure',
      documentType,
      structure: structureOf(one, documentType, row),
    }
  }

  function structureOf(of: WireShape, type: string, row: Field | undefined): string {
    const before = keys.get(of)
    if (before !== undefined) return before
    const key = owner === undefined && row?.ref !== undefined ? row.ref : unused(`${type}@${owner}`)
    keys.set(of, key)
    structures[key] = []
    structures[key] = fieldsIn(of, row?.ref === undefined ? [] : fieldsOf(row.ref))
    return key
  }

  /** Structures of one type may differ within a method. */
  function unused(wanted: string): string {
    let key = `${wanted}.own`
    for (let at = 2; Object.hasOwn(structures, key); at++) key = `${wanted}.own${at}`
    return key
  }
}

/** `item_img` as `ItemImg`. */
export const pascal = (name: string) =>
  name
    .split(/[^\p{L}\p{N}]+/u)
    .map((part) => part.slice(0, 1).toUpperCase() + part.slice(1))
    .join('')
