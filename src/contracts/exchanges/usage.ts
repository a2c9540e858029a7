import { type AnyContract, shapeOfAnswer } from '../define-method.ts'
import type { FieldFacts, SideFacts, StructureFacts } from '../documents/facts.ts'
import { methodFacts } from '../documents/facts.ts'
import { getOrCreate } from '../get-or-create.ts'
import { askedAs, hasAsked, project, type Selection, selectionOf } from '../protocol/fields.ts'
import { parseJson } from '../protocol/json.ts'
import { isSystemParameter } from '../protocol/parameters.ts'
import { elementsOf, type WireShape } from '../protocol/wire-shape.ts'
import { findMethod } from '../registry.ts'
import { answerOf } from './answer-of.ts'
import type { ExchangeLine, Usage } from './exchange-lines.ts'

/**
 * The parameters and response fields of its method that a call has used: what it sent, and what it asked
 * for with `fields`, else what its answer carried. `undefined` where nothing can be known: no method of this
 * name, a call refused for its sign, or an exchange kept without its request.
 */
export function usageOf(exchange: ExchangeLine): Usage | undefined {
  if (exchange.used) return exchange.used
  const contract = exchange.method === null ? undefined : findMethod(exchange.method)
  if (!contract || !exchange.request || exchange.gate === 'signature') return undefined
  const { params, files = {} } = exchange.request
  const sent = sentPaths(contract, { ...params, ...files })
  const { fields, cut } = fieldPaths(exchange, contract)
  return {
    parameters: [...sent.known].sort(),
    fields: [...fields].sort(),
    ...(sent.unknown.size > 0 && { unknown: [...sent.unknown].sort() }),
    ...(cut && { cut }),
  }
}

// --- what was sent ---

const requests = new WeakMap<AnyContract, SideFacts>()

interface SentPaths {
  readonly known: Set<string>
  readonly unknown: Set<string>
}

function sentPaths(contract: AnyContract, sent: Readonly<Record<string, unknown>>): SentPaths {
  const paths: SentPaths = { known: new Set(), unknown: new Set() }
  const { fields, structures } = getOrCreate(
    requests,
    contract,
    () => methodFacts(contract).request,
  )
  for (const [name, value] of Object.entries(sent)) {
    if (isSystemParameter(name)) continue
    const fact = fields.find((one) => one.name === name)
    if (!fact) paths.unknown.add(name)
    else if (fact.structure === undefined) paths.known.add(name)
    else addStructure(fact, structureIn(value), structures, name, paths)
  }
  return paths
}

/** A structure travels as JSON in a text. */
function structureIn(value: unknown): unknown {
  try {
    return typeof value === 'string' ? parseJson(value) : value
  } catch {
    return undefined
  }
}

function addStructure(
  fact: FieldFacts,
  value: unknown,
  structures: StructureFacts,
  path: string,
  paths: SentPaths,
): void {
  const known = structures[fact.structure as string] ?? []
  const at = fact.list ? `${path}[]` : path
  const before = paths.known.size
  for (const one of Array.isArray(value) ? value : [value]) {
    if (typeof one !== 'object' || one === null) continue
    for (const [name, part] of Object.entries(one)) {
      const below = known.find((field) => field.name === name)
      const place = `${at}.${name}`
      if (!below) paths.unknown.add(place)
      else if (below.structure === undefined) paths.known.add(place)
      else addStructure(below, part, structures, place, paths)
    }
  }
  if (paths.known.size === before) paths.known.add(path)
}

// --- what was asked for and answered ---

function fieldPaths(
  exchange: ExchangeLine,
  contract: AnyContract,
): { readonly fields: Set<string>; readonly cut?: true } {
  const shape = shapeOfAnswer(contract)
  const { fields: asked } = exchange.request?.params ?? {}
  const takesFields = Object.hasOwn(contract.request.shape, 'fields')
  const selection =
    takesFields && asked !== undefined && asked.trim() !== ''
      ? selectionOf(asked.split(','))
      : undefined
  const fields = new Set<string>()
  const answer = answerOf(exchange, contract)
  if (answer.kind === 'success') {
    const whole = wrapped(answer.value, shape)
    const seen = selection ? project(whole, shape, selection) : whole
    addCarried(seen, shape, '', fields)
  }
  if (selection) addAsked(shape, selection, '', fields)
  const isCut = answer.kind === 'none' && answer.why.includes('whole')
  return { fields, ...(isCut && { cut: true as const }) }
}

/** An answer with its lists wrapped as the documents show them, however it came; what the shape lacks is left out. */
export function wrapped(value: unknown, shape: WireShape): Readonly<Record<string, unknown>> {
  return wrappedPart(value, shape) as Readonly<Record<string, unknown>>
}

function wrappedPart(value: unknown, shape: WireShape): unknown {
  if (shape.kind === 'value' || typeof value !== 'object' || value === null) return value
  if (shape.kind === 'list') {
    const elements = Array.isArray(value) ? value : elementsOf(value, shape.element)
    const list = Array.isArray(elements) ? elements : [elements]
    return { [shape.element]: list.map((one) => wrappedPart(one, shape.of)) }
  }
  const parts: Record<string, unknown> = {}
  for (const [name, below] of shape.fields) {
    const part = (value as Record<string, unknown>)[name]
    if (part !== undefined) parts[name] = wrappedPart(part, below)
  }
  return parts
}

const isMissing = (value: unknown) => value === undefined || value === null

function addCarried(value: unknown, shape: WireShape, path: string, into: Set<string>): void {
  if (isMissing(value)) return
  if (shape.kind === 'value' || typeof value !== 'object') {
    into.add(path)
    return
  }
  const before = into.size
  if (shape.kind === 'list') {
    const at = listPath(path, shape.element)
    for (const one of elementsOf(value, shape.element)) addCarried(one, shape.of, at, into)
  } else {
    for (const [name, below] of shape.fields) {
      addCarried((value as Record<string, unknown>)[name], below, joined(path, name), into)
    }
  }
  // Carried, with nothing in it.
  if (into.size === before && path !== '' && ![...into].some((one) => one.startsWith(path))) {
    into.add(path)
  }
}

/** Where what was asked for stands in the shape, whether or not an answer carried it. */
function addAsked(shape: WireShape, selection: Selection, path: string, into: Set<string>): void {
  if (shape.kind === 'value') return
  if (shape.kind === 'list') {
    addAsked(shape.of, selection, listPath(path, shape.element), into)
    return
  }
  for (const [name, below] of shape.fields) {
    const key = askedAs(name, below, selection)
    const at = joined(path, name)
    if (key === undefined) {
      // `fields` speaks of what stands inside the structure at the root, and of wrappers.
      if (path === '' || !hasAsked(shape, selection)) addAsked(below, selection, at, into)
      continue
    }
    const inner = selection.get(key)
    if (inner) addAsked(below, inner, at, into)
    else if (below.kind === 'value') into.add(at)
    else if (![...into].some((one) => one.startsWith(`${at}.`))) into.add(at)
  }
}

const joined = (path: string, name: string) => (path === '' ? name : `${path}.${name}`)
/** `skus` of elements `sku` is `skus.sku[]`. */
const listPath = (path: string, element: string) => `${joined(path, element)}[]`
