import { assumed, type Behaviour, observed } from '../fidelity.ts'
import { getOrCreate } from '../get-or-create.ts'
import { elementsOf, type WireShape } from './wire-shape.ts'

type Structure = Readonly<Record<string, unknown>>

/** What `fields` asks for: a name, and below it `undefined` for all of it or a selection of its own. */
export type Selection = ReadonlyMap<string, Selection | undefined>

/** No answer is nested deeper; what a name says below that is not read. */
const deepest = 32

/** Reads the names `num_iid`, `location.city`, `sku` into a selection. Blanks around names are ignored. */
export function selectionOf(fields: readonly string[]): Selection {
  const below = new Map<string, string[]>()
  for (const field of fields) {
    const [name = '', ...rest] = field.trim().split('.', deepest)
    getOrCreate(below, name, () => []).push(rest.join('.'))
  }
  const selection = new Map<string, Selection | undefined>()
  for (const [name, rests] of below) {
    // Asked for as a whole, whatever else is asked for below it.
    selection.set(name, rests.includes('') ? undefined : selectionOf(rests))
  }
  return selection
}

/**
 * Leaves only the requested fields in the structures below the response root; plain values at the
 * root (`total_results`) stay. A list may be asked for by its own name or by its element's, as the
 * documents do (`sku` for `skus`).
 */
export function project(response: Structure, shape: WireShape, selection: Selection): Structure {
  if (shape.kind !== 'object') return response
  const result: Record<string, unknown> = {}
  for (const [name, below] of shape.fields) {
    const value = response[name]
    if (value === undefined) continue
    // Some callers write the name at the root in front: `trades.tid`.
    result[name] = pick(value, below, selection.has(name) ? selection.get(name) : selection)
  }
  return result
}

function pick(value: unknown, shape: WireShape, selection: Selection | undefined): unknown {
  if (selection === undefined || shape.kind === 'value') return value
  if (shape.kind === 'list') {
    const elements = elementsOf(value, shape.element)
    return { [shape.element]: elements.map((element) => pick(element, shape.of, selection)) }
  }
  if (isWrapper(shape, selection)) return project(value as Structure, shape, selection)
  const from = value as Structure
  const result: Record<string, unknown> = {}
  for (const [name, below] of shape.fields) {
    const asked = askedAs(name, below, selection)
    if (asked !== undefined && from[name] !== undefined) {
      result[name] = pick(from[name], below, selection.get(asked))
    }
  }
  return result
}

/**
 * Whether a structure is none that was asked for but holds one that was: newer methods wrap what they
 * answer (`result: { success, exchange }`), and `fields` speaks of what is inside.
 */
function isWrapper(shape: WireShape & { kind: 'object' }, selection: Selection): boolean {
  return (
    !hasAsked(shape, selection) &&
    [...shape.fields.values()].some((below) => holds(below, selection))
  )
}

function holds(shape: WireShape, selection: Selection): boolean {
  if (shape.kind === 'list') return holds(shape.of, selection)
  if (shape.kind === 'value') return false
  return (
    hasAsked(shape, selection) ||
    [...shape.fields.values()].some((below) => holds(below, selection))
  )
}

/** The name by which a field is asked for: its own, or that of its elements; `undefined` where it is not. */
export function askedAs(name: string, below: WireShape, selection: Selection): string | undefined {
  if (selection.has(name)) return name
  return below.kind === 'list' && selection.has(below.element) ? below.element : undefined
}

/** Whether something that stands right in a structure is asked for. */
export function hasAsked(shape: WireShape & { kind: 'object' }, selection: Selection): boolean {
  for (const [name, below] of shape.fields) {
    if (askedAs(name, below, selection) !== undefined) return true
  }
  return false
}

/** Names in `fields` that no answer of a method has. */
export interface NeverThere {
  /** As they were asked for: `outerid`, `skus.pricee`. */
  readonly paths: readonly string[]
  /** The names that could have been asked for. */
  readonly known: ReadonlySet<string>
}

/**
 * Which names {@link project} finds nowhere in a method's answers. Lenient where it is not settled what a name
 * may stand for, and silent about answers that hold something of which nobody knows what is in it.
 */
export function fieldsNeverThere(shape: WireShape, selection: Selection): NeverThere {
  const there = new Set<string>()
  const known = new Set<string>()
  let isOpen = shape.kind !== 'object' || shape.fields.size === 0

  function atRoot(root: WireShape & { kind: 'object' }, asked: Selection, path: string) {
    for (const [name, below] of root.fields) {
      known.add(name)
      if (below.kind === 'value' && below.type === 'Any') isOpen = true
      found(name, below, asked, path)
      into(below, asked, path)
    }
  }

  function into(below: WireShape, asked: Selection, path: string): void {
    if (below.kind === 'value') return
    if (below.kind === 'list') {
      found(below.element, below.of, asked, path)
      into(below.of, asked, path)
      return
    }
    for (const [name, field] of below.fields) {
      known.add(name)
      found(name, field, asked, path)
      if (field.kind === 'list') found(field.element, field.of, asked, path)
    }
    if (isWrapper(below, asked)) atRoot(below, asked, path)
    else if (!hasAsked(below, asked) && [...below.fields.values()].some(isOpaque)) isOpen = true
  }

  /** Tried for whatever is there: only what is asked for has anything below it. */
  function found(name: string, below: WireShape, asked: Selection, path: string) {
    there.add(path + name)
    const inner = asked.get(name)
    if (!inner) return
    if (isOpaque(below)) for (const one of namesIn(inner)) there.add(`${path}${name}.${one}`)
    else into(below, inner, `${path}${name}.`)
  }

  if (shape.kind === 'object') atRoot(shape, selection, '')
  return { paths: isOpen ? [] : [...namesIn(selection)].filter((one) => !there.has(one)), known }
}

const isOpaque = (shape: WireShape) => shape.kind === 'value' && shape.type === 'Any'

/** The names of a selection as they were written, without those that only lead to others. */
function* namesIn(selection: Selection): Generator<string> {
  for (const [name, below] of selection) {
    if (!below) yield name
    else for (const one of namesIn(below)) yield `${name}.${one}`
  }
}

/** What the gateway assumes of `fields`. */
export const fieldsBehaviours: readonly Behaviour[] = [
  {
    name: 'fields leaves plain values at the root, and all of a list or structure that it names',
    ...observed('logged payloads keep total_results'),
  },
  {
    name: 'fields reaches through structures that hold none of the fields asked for',
    ...assumed('newer methods wrap what they answer in a result'),
  },
  {
    name: 'names in fields may begin with the name at the root',
    ...observed("examples of the platform's documents do"),
  },
]
