import * as z from 'zod'
import { nearest } from './near.ts'
import { parseJson } from './protocol/json.ts'
import { metaOf, unwrapped } from './protocol/wire-shape.ts'

/** Something odd in a structure that is no reason to refuse a call. */
export interface Oddity {
  readonly kind: 'no-json' | 'unknown-field' | 'missing-field'
  /** Where: `order.items[0].itemId`. */
  readonly path: string
  /** The field that was probably meant. */
  readonly meant?: string | undefined
  /** In a sentence, with the place. */
  readonly text: string
}

/** A parameter full of mistakes is described by its first ones. */
const most = 20

/**
 * What is odd about a parameter that holds a structure as JSON text: fields that the structure does not
 * have, and such as documents call required that are missing. The gateway refuses neither.
 */
export function structureOddities(parameter: string, text: string, schema: z.ZodType): Oddity[] {
  if (!(schema instanceof z.ZodCodec) || metaOf(schema)?.type !== 'Json') return []
  const found: Oddity[] = []
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    return [{ kind: 'no-json', path: parameter, text: `${parameter} is no JSON` }]
  }
  look(value, schema.def.out as z.ZodType, parameter, found)
  return found.slice(0, most)
}

function look(value: unknown, schema: z.ZodType, path: string, found: Oddity[]): void {
  if (typeof value !== 'object' || value === null || found.length >= most) return
  const inner = unwrapped(schema)
  if (inner) look(value, inner, path, found)
  else if (schema instanceof z.ZodUnion) {
    for (const option of schema.options as z.ZodType[]) {
      if (option instanceof z.ZodArray === Array.isArray(value)) look(value, option, path, found)
    }
  } else if (schema instanceof z.ZodArray && Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      look(one, schema.element as z.ZodType, `${path}[${at}]`, found)
    }
  } else if (schema instanceof z.ZodObject) {
    const fields = schema.shape as Record<string, z.ZodType>
    for (const [name, part] of Object.entries(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field) look(part, field, `${path}.${name}`, found)
      else {
        found.push(unknownField(path, name, Object.keys(fields)))
      }
    }
    for (const name of metaOf(schema)?.requires ?? []) {
      if ((value as Record<string, unknown>)[name] === undefined) {
        const text = `${path}.${name} is missing; documents call it required`
        found.push({ kind: 'missing-field', path: `${path}.${name}`, text })
      }
    }
  }
}

function unknownField(path: string, name: string, known: readonly string[]): Oddity {
  const meant = nearest(underscored(name), known) ?? known.find((one) => one === underscored(name))
  const text = `${path} has no field "${name}"${meant ? `. Did you mean "${meant}"?` : ''}`
  return { kind: 'unknown-field', path: `${path}.${name}`, meant, text }
}

/** `itemId` as `item_id`: fields of structures travel with underscores. */
const underscored = (name: string) =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
