import { isObject } from '../answer-shape/read-body.ts'
import type { WireShape } from '../protocol/wire-shape.ts'

/** What an answer holds, by its places: `trade.orders.order[].title`. */
export interface AnswerPaths {
  /** Fields and structures that the contract knows. */
  readonly known: ReadonlySet<string>
  /** Fields that it does not. */
  readonly unknown: ReadonlyMap<string, unknown>
}

/** At the root these are the gateway's own, whatever a method's fields are called. */
export const envelopeFields = new Set(['code', 'msg', 'sub_code', 'sub_msg', 'request_id'])

/** Walks an answer along its contract. Lists may be wrapped or, in a simplified answer, not. */
export function answerPaths(value: unknown, shape: WireShape): AnswerPaths {
  const known = new Set<string>()
  const unknown = new Map<string, unknown>()
  walk(value, shape, '')
  return { known, unknown }

  function walk(here: unknown, of: WireShape, path: string): void {
    if (here === null || here === undefined) return
    if (path !== '') known.add(path)
    if (of.kind === 'value') return
    if (of.kind === 'list') {
      const at = `${path}.${of.element}[]`
      if (isObject(here)) {
        for (const name of Object.keys(here)) {
          if (name !== of.element) unknown.set(`${path}.${name}`, here[name])
        }
      }
      const elements = isObject(here) ? here[of.element] : here
      for (const one of Array.isArray(elements) ? elements : []) walk(one, of.of, at)
      return
    }
    if (!isObject(here)) return
    for (const [name, part] of Object.entries(here)) {
      const below = of.fields.get(name)
      const at = path === '' ? name : `${path}.${name}`
      if (below) walk(part, below, at)
      else if (!(path === '' && envelopeFields.has(name))) unknown.set(at, part)
    }
  }
}

/** The place of the structure that a field stands in; empty for one at the root. */
export const parentOf = (path: string): string => path.slice(0, Math.max(0, path.lastIndexOf('.')))

/** What a value is, in a word. */
export function kindOfValue(value: unknown): string {
  if (value === null) return 'null'
  if (Array.isArray(value)) return 'a list'
  if (isObject(value)) return 'a structure'
  return typeof value === 'string' ? 'a text' : `a ${typeof value}`
}

/** A place such as `orders[3].title` by the contract, whatever form the answer had: `orders.order[].title`. */
export function placeIn(shape: WireShape, path: string): string {
  let here: WireShape | undefined = shape
  let place = ''
  let hasElement = false
  for (const [, name, index] of path.matchAll(/([^.[\]]+)|\[(\d+)\]/g)) {
    if (name !== undefined) {
      place += place === '' ? name : `.${name}`
      if (here?.kind === 'list') hasElement = true
      else here = here?.kind === 'object' ? here.fields.get(name) : undefined
    } else if (index !== undefined) {
      if (here?.kind === 'list') {
        place += hasElement ? '[]' : `.${here.element}[]`
        here = here.of
      } else place += '[]'
      hasElement = false
    }
  }
  return place
}
