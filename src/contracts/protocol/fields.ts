import type { WireShape } from './wire-shape.ts'

type Structure = Readonly<Record<string, unknown>>

/** What `fields` asks for: a name, and below it `undefined` for all of it or a selection of its own. */
export type Selection = ReadonlyMap<string, Selection | undefined>

/** Reads `num_iid,title,location.city,sku` into a selection. Blanks around names are ignored. */
export function selectionOf(fields: readonly string[]): Selection {
  const selection = new Map<string, Map<string, undefined> | undefined>()
  for (const field of fields) {
    const [name = '', ...rest] = field.trim().split('.')
    const below = selection.get(name)
    if (rest.length === 0) selection.set(name, undefined)
    else if (below) below.set(rest.join('.'), undefined)
    else if (!selection.has(name)) selection.set(name, new Map([[rest.join('.'), undefined]]))
  }
  return selection
}

/**
 * Leaves only the requested fields in every structure below the response root; plain values at the
 * root (`total_results`) stay. A list may be asked for by its own name or by its element's, as the
 * documents do (`sku` for `skus`).
 */
export function project(response: Structure, shape: WireShape, selection: Selection): Structure {
  if (shape.kind !== 'object') return response
  const result: Record<string, unknown> = {}
  for (const [name, below] of shape.fields) {
    const value = response[name]
    if (value !== undefined)
      result[name] = below.kind === 'value' ? value : pick(value, below, selection)
  }
  return result
}

function pick(value: unknown, shape: WireShape, selection: Selection | undefined): unknown {
  if (selection === undefined || shape.kind === 'value') return value
  if (shape.kind === 'list') {
    const elements = (value as Record<string, readonly unknown[]>)[shape.element] ?? []
    return { [shape.element]: elements.map((element) => pick(element, shape.of, selection)) }
  }
  const from = value as Structure
  const result: Record<string, unknown> = {}
  for (const [name, below] of shape.fields) {
    const asked = selection.has(name)
      ? name
      : below.kind === 'list' && selection.has(below.element)
        ? below.element
        : undefined
    if (asked !== undefined && from[name] !== undefined) {
      result[name] = pick(from[name], below, selection.get(asked))
    }
  }
  return result
}
