import * as z from 'zod'
import { type WireMeta, type WireType, wire } from './scalars.ts'

/** A response schema as the writers need it: what is an object, a wrapped list, an identifier. */
export type WireShape =
  | { readonly kind: 'object'; readonly fields: ReadonlyMap<string, WireShape> }
  | { readonly kind: 'list'; readonly element: string; readonly of: WireShape }
  | { readonly kind: 'value'; readonly type: WireType }

const shapes = new WeakMap<z.ZodType, WireShape>()

/** The shape of a response schema, worked out once. */
export function shapeOf(schema: z.ZodType): WireShape {
  let shape = shapes.get(schema)
  if (!shape) {
    shape = derive(schema)
    shapes.set(schema, shape)
  }
  return shape
}

function derive(schema: z.ZodType): WireShape {
  const meta = metaOf(schema)
  const inner = unwrapped(schema)
  if (inner) return shapeOf(inner)
  if (schema instanceof z.ZodObject) {
    const fields = schema.shape as Record<string, z.ZodType>
    const element = meta?.list !== undefined ? fields[meta.list] : undefined
    if (meta?.list !== undefined && element instanceof z.ZodArray) {
      return { kind: 'list', element: meta.list, of: shapeOf(element.element as z.ZodType) }
    }
    return {
      kind: 'object',
      fields: new Map(Object.entries(fields).map(([name, field]) => [name, shapeOf(field)])),
    }
  }
  return { kind: 'value', type: meta?.type ?? 'Text' }
}

/** The elements of a wrapped list. */
export const elementsOf = (list: unknown, element: string): readonly unknown[] =>
  (list as Readonly<Record<string, readonly unknown[] | undefined>>)[element] ?? []

/** What our own constructors noted about a schema, looked up through what wraps it. */
export function metaOf(schema: z.ZodType): WireMeta | undefined {
  const meta = (wire as z.core.$ZodRegistry<WireMeta, z.ZodType>).get(schema)
  const inner = unwrapped(schema)
  return meta ?? (inner && metaOf(inner))
}

/** What stands below `optional`, `nullable` and `required`. */
export function unwrapped(schema: z.ZodType): z.ZodType | undefined {
  const wraps =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodLazy
  return wraps ? (schema.unwrap() as z.ZodType) : undefined
}
