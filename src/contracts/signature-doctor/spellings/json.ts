import { isNestedTooDeep } from '../../nesting.ts'
import { permutations } from '../permutations.ts'

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

const sortedKeys = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(sortedKeys)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, below]) => [name, sortedKeys(below)]),
        )
      : value

/** JSON with blanks behind separators, as Python and others write it. */
function spaced(value: Json, comma: string, colon: string): string {
  if (Array.isArray(value)) return `[${value.map((one) => spaced(one, comma, colon)).join(comma)}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(
      ([name, below]) => `${JSON.stringify(name)}${colon}${spaced(below, comma, colon)}`,
    )
    return `{${fields.join(comma)}}`
  }
  return JSON.stringify(value)
}

const unicodeEscaped = (text: string, upper = false) =>
  text.replaceAll(/[\u007f-\uffff]/g, (unit) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upper ? hex.toUpperCase() : hex}`
  })
const slashesEscaped = (text: string) => text.replaceAll('/', '\\/')
export const htmlEscaped = (text: string) =>
  text.replaceAll(/[<>&]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
const gsonEscaped = (text: string) =>
  htmlEscaped(text).replaceAll('=', '\\u003d').replaceAll("'", '\\u0027')

/** What languages make of a structure when nobody says JSON. */
function* printed(value: Json): Iterable<string> {
  yield '[object Object]'
  yield 'Array'
  yield 'Object'
  yield String(value)
  yield python(value)
  yield java(value)
  yield go(value)
  if (Array.isArray(value)) {
    yield value.map(() => '[object Object]').join(',')
    yield 'System.Collections.Generic.List`1[System.String]'
  }
}

function python(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string')
    return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value}'`
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, below]) => `'${name}': ${python(below)}`)
      .join(', ')}}`
  }
  return String(value)
}

function java(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(java).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, below]) => `${name}=${java(below)}`)
      .join(', ')}}`
  }
  return String(value)
}

function go(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(go).join(' ')}]`
  if (value !== null && typeof value === 'object') {
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, below]) => `${name}:${go(below)}`)
      .join(' ')}]`
  }
  return String(value)
}

/** Takes the blanks out of JSON text without reading its values: numbers keep their spelling. */
const compacted = (text: string) =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''))

/** Puts blanks into JSON text likewise. */
const loosened = (text: string, comma: string, colon: string) =>
  compacted(text).replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) =>
    token === ',' ? comma : token === ':' ? colon : token,
  )

/** Stands round a number that is read as text, so that `3.0` stays `3.0`. */
const numberMark = '\uE000'

/** JSON as read, and once more with its numbers as they were spelled; none for what is no structure. */
function structuresOf(value: string): Json[] {
  if (!/^\s*[[{]/.test(value)) return []
  const marked = value.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"${numberMark}${token}${numberMark}"`,
  )
  try {
    const read = JSON.parse(value) as Json
    return isNestedTooDeep(read) ? [] : [read, JSON.parse(marked) as Json]
  } catch {
    return []
  }
}

const unmarked = (text: string) =>
  text.replaceAll(new RegExp(`"${numberMark}|${numberMark}"|${numberMark}`, 'g'), '')

/** So many keys of an object are tried in every order. */
const mostKeys = 5

/** The same structure with its keys in another order, the same for all objects of one set of keys. */
function* keyOrders(value: Json): Iterable<Json> {
  const objects = objectsIn(value)
  const sets = new Map(
    objects.map((object) => [Object.keys(object).join('\n'), Object.keys(object)]),
  )
  for (const [set, keys] of sets) {
    if (keys.length < 2 || keys.length > mostKeys) continue
    for (const order of permutations(keys)) yield reordered(value, set, order)
  }
}

function objectsIn(value: Json): { [name: string]: Json }[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  return value !== null && typeof value === 'object'
    ? [value, ...Object.values(value).flatMap(objectsIn)]
    : []
}

function reordered(value: Json, set: string, order: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((one) => reordered(one, set, order))
  if (value === null || typeof value !== 'object') return value
  const keys = Object.keys(value).join('\n') === set ? order : Object.keys(value)
  return Object.fromEntries(keys.map((key) => [key, reordered(value[key] as Json, set, order)]))
}

const withoutNulls = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(withoutNulls)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, below]) => below !== null)
            .map(([name, below]) => [name, withoutNulls(below)]),
        )
      : value

/** The same JSON with other blanks, breaks or order of keys. */
function* layouts(value: string): Iterable<string> {
  const structures = structuresOf(value)
  if (structures.length === 0) return
  // Without reading it, so that numbers keep their spelling.
  yield compacted(value)
  yield loosened(value, ', ', ': ')
  yield loosened(value, ',', ': ')
  yield loosened(value, ', ', ':')
  for (const one of structures.flatMap((parsed) => [parsed, sortedKeys(parsed)])) {
    for (const text of writings(one)) yield unmarked(text)
  }
}

function* writings(value: Json): Iterable<string> {
  yield JSON.stringify(value)
  yield spaced(value, ', ', ': ')
  yield spaced(value, ',', ': ')
  yield spaced(value, ', ', ':')
  for (const indent of [2, 4, '\t', 1]) yield JSON.stringify(value, null, indent)
  yield JSON.stringify(value, null, 2).replaceAll('\n', '\r\n')
}

export function* reserialised(value: string): Iterable<string> {
  for (const layout of new Set(layouts(value))) {
    yield layout
    yield unicodeEscaped(layout)
    yield slashesEscaped(layout)
    yield unicodeEscaped(slashesEscaped(layout))
  }
}

export function* rarelyReserialised(value: string): Iterable<string> {
  for (const layout of new Set(layouts(value))) {
    yield unicodeEscaped(layout, true)
    yield htmlEscaped(layout)
    yield gsonEscaped(layout)
    yield unicodeEscaped(htmlEscaped(layout))
    yield layout.replaceAll('"', "'")
    yield layout.replaceAll('"', '&quot;')
    yield layout.replaceAll(/:(\s?)"(-?\d+(?:\.\d+)?)"/g, ':$1$2')
    yield layout.replaceAll(/:(\s?)(-?\d+(?:\.\d+)?)(?=[,}\]])/g, ':$1"$2"')
    yield layout.replaceAll(/(\d)\.0+(?=[,}\]])/g, '$1')
    yield layout.replaceAll(/(:\s?-?\d+)(?=[,}\]])/g, '$1.0')
    yield layout.replaceAll('\\/', '/')
    yield JSON.stringify(layout)
    yield `${layout}\n`
  }
  const structures = structuresOf(value)
  for (const parsed of structures) {
    const bare = withoutNulls(parsed)
    for (const one of [bare, sortedKeys(bare), ...keyOrders(parsed)]) {
      for (const layout of [JSON.stringify(one), spaced(one, ', ', ': ')].map(unmarked)) {
        yield layout
        yield unicodeEscaped(layout)
        yield slashesEscaped(layout)
      }
    }
  }
  for (const parsed of structures.slice(0, 1)) yield* printed(parsed)
}
