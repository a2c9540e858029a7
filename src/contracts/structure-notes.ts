import * as z from 'zod'
import { nearest } from './near.ts'
import { parseJson } from './protocol/json.ts'
import { metaOf, unwrapped } from './protocol/wire-shape.ts'

/** A parameter full of mistakes is described by its first ones. */
const mostNotes = 20

/**
 * What is odd about a parameter that holds a structure as JSON text: fields that the structure does not
 * have, and such as documents call required that are missing. The gateway refuses neither.
 */
export function structureNotes(parameter: string, text: string, schema: z.ZodType): string[] {
  if (!(schema instanceof z.ZodCodec) || metaOf(schema)?.type !== 'Json') return []
  const notes: string[] = []
  let value: unknown
  try {
    value = parseJson(text)
  } catch {
    return [`${parameter} is no JSON`]
  }
  look(value, schema.def.out as z.ZodType, parameter, notes)
  return notes.slice(0, mostNotes)
}

function look(value: unknown, schema: z.ZodType, path: string, notes: string[]): void {
  if (typeof value !== 'object' || value === null || notes.length >= mostNotes) return
  const inner = unwrapped(schema)
  if (inner) look(value, inner, path, notes)
  else if (schema instanceof z.ZodUnion) {
    for (const option of schema.options as z.ZodType[]) {
      if (option instanceof z.ZodArray === Array.isArray(value)) look(value, option, path, notes)
    }
  } else if (schema instanceof z.ZodArray && Array.isArray(value)) {
    for (const [at, one] of value.entries()) {
      look(one, schema.element as z.ZodType, `${path}[${at}]`, notes)
    }
  } else if (schema instanceof z.ZodObject) {
    const fields = schema.shape as Record<string, z.ZodType>
    for (const [name, part] of Object.entries(value)) {
      const field = Object.hasOwn(fields, name) ? fields[name] : undefined
      if (field) look(part, field, `${path}.${name}`, notes)
      else notes.push(unknownField(path, name, Object.keys(fields)))
    }
    for (const name of metaOf(schema)?.requires ?? []) {
      if ((value as Record<string, unknown>)[name] === undefined) {
        notes.push(`${path}.${name} is missing; documents call it required`)
      }
    }
  }
}

function unknownField(path: string, name: string, known: readonly string[]): string {
  const meant = nearest(underscored(name), known) ?? known.find((one) => one === underscored(name))
  return `${path} has no field "${name}"; it was ignored${meant ? `. Did you mean "${meant}"?` : ''}`
}

/** `itemId` as `item_id`: fields of structures travel with underscores. */
const underscored = (name: string) =>
  name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
