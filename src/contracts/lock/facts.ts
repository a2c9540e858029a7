import { findRow } from '../catalogue/rows.ts'
import { shapeOfFields } from '../catalogue/shapes.ts'
import { shapeOfAnswer } from '../define-method.ts'
import { type FieldFacts, methodFacts, type SideFacts } from '../documents/facts.ts'
import { parameterFacts } from '../documents/parameter-facts.ts'
import { limitsInWords } from '../documents/words.ts'
import type { WireShape } from '../protocol/wire-shape.ts'
import { findMethod, methods } from '../registry.ts'

/** What the present contracts say of a method, part by part, in the words that a lock keeps. */
export interface PresentMethod {
  readonly session: string
  readonly root: string
  readonly status: string
  /** Parameters that must be sent; behind the name where not everybody demands it. */
  readonly required: readonly string[]
  /** What is known of a parameter by its place; `undefined` where there is none. */
  readonly parameter: (path: string) => string | undefined
  readonly field: (path: string) => string | undefined
  /** The names beside a place that is not there (any more). */
  readonly beside: (part: 'parameter' | 'field', path: string) => readonly string[]
}

/**
 * The present contract of a method. Of a hand-written one the row of the catalogue is said as well: a
 * refresh of the catalogue that leaves the contract behind must show.
 */
export function presentMethod(name: string): PresentMethod | undefined {
  const contract = findMethod(name)
  if (!contract) return undefined
  const facts = methodFacts(contract)
  const shape = shapeOfAnswer(contract)
  const row = Object.hasOwn(methods, name) ? rowSides(name) : undefined
  const both = (own: string | undefined, ofRow: (() => string | undefined) | undefined) => {
    if (!ofRow) return own
    const other = ofRow()
    if (own === undefined && other === undefined) return undefined
    return `${own ?? 'not in the contract'}; catalogue: ${other ?? 'not there'}`
  }
  return {
    session: both(facts.session, row && (() => row.session)) as string,
    root: facts.root,
    status: facts.status,
    required: [
      ...facts.request.fields.flatMap(({ name: field, required, requiredIn }) =>
        required ? [field] : requiredIn ? [`${field} (${requiredIn.join(', ')})`] : [],
      ),
      ...(row?.request.fields ?? [])
        .filter(({ required }) => required)
        .map((field) => `${field.name} (catalogue)`),
    ].sort(),
    parameter: (path) =>
      both(parameterAt(facts.request, path), row && (() => parameterAt(row.request, path))),
    field: (path) => both(fieldAt(shape, path), row && (() => fieldAt(row.shape, path))),
    beside: (part, path) =>
      part === 'parameter' ? parametersBeside(facts.request, path) : fieldsBeside(shape, path),
  }
}

interface RowSides {
  readonly session: string
  readonly request: SideFacts
  readonly shape: WireShape
}

function rowSides(name: string): RowSides | undefined {
  const row = findRow(name)
  if (!row) return undefined
  return {
    session: row.session,
    request: parameterFacts({
      rows: row.params ?? [],
      requiredUnknown: row.requiredUnknown ?? false,
    }),
    shape: shapeOfFields(row.fields ?? []),
  }
}

// --- parameters ---

interface Step {
  readonly name: string
  readonly isList: boolean
}

const stepsOf = (path: string): Step[] =>
  path.split(/(?<!\.)\.(?!\.)/).map((part) => ({
    name: part.replace(/\[\]$/, ''),
    isList: part.endsWith('[]'),
  }))

function parameterAt(side: SideFacts, path: string): string | undefined {
  // The names of top-level parameters hold dots: location.city.
  const whole = side.fields.find(({ name }) => name === path)
  if (whole) return parameterWords(whole)
  let fields: readonly FieldFacts[] = side.fields
  let rest = path
  while (rest !== '') {
    const field = fields.find(
      ({ name }) => rest === name || rest.startsWith(`${name}.`) || rest.startsWith(`${name}[].`),
    )
    if (!field) return undefined
    rest = rest.slice(field.name.length)
    if (rest === '') return parameterWords(field)
    if (rest.startsWith('[]') !== (field.list !== undefined)) return undefined
    if (field.structure === undefined) return undefined
    rest = rest.replace(/^(\[\])?\./, '')
    fields = side.structures[field.structure] ?? []
  }
  return undefined
}

function parameterWords(field: FieldFacts): string {
  const { type, list, element, required, requiredIn, removed } = field
  return [
    list ? `${type} list (${list}${element === undefined ? '' : ` ${element}`})` : type,
    ...(required ? ['required'] : requiredIn ? [`required in ${requiredIn.join(', ')}`] : []),
    ...limitsInWords(field).map(({ en }) => en),
    ...(removed ? ['gone from the newest documents'] : []),
  ].join(', ')
}

function parametersBeside({ fields, structures }: SideFacts, path: string): readonly string[] {
  const inner = Object.values(structures).flatMap((some) => some.map(({ name }) => name))
  return path.includes('.') ? inner : fields.map(({ name }) => name)
}

// --- response fields ---

function fieldAt(shape: WireShape, path: string): string | undefined {
  const found = shapeAt(shape, stepsOf(path))
  if (!found) return undefined
  if (found.kind === 'value') return found.type
  return found.kind === 'list' ? `a list of ${found.element}` : 'a structure'
}

function shapeAt(shape: WireShape, steps: readonly Step[]): WireShape | undefined {
  let here: WireShape | undefined = shape
  for (const { name, isList } of steps) {
    if (!here || here.kind === 'value') return undefined
    if (isList !== (here.kind === 'list')) return undefined
    if (here.kind === 'list') here = here.element === name ? here.of : undefined
    else here = here.fields.get(name)
  }
  return here
}

function fieldsBeside(shape: WireShape, path: string): readonly string[] {
  const parent = shapeAt(shape, stepsOf(path).slice(0, -1))
  if (parent?.kind === 'object') return [...parent.fields.keys()]
  return parent?.kind === 'list' ? [parent.element] : []
}
