import { getOrCreate } from '../get-or-create.ts'
import type { WireType } from '../protocol/scalars.ts'
import type { WireShape } from '../protocol/wire-shape.ts'
import { elementName, type Field, isIdName } from './row.ts'
import { fieldsOf } from './rows.ts'

/** How the scalars of documents stand on the wire. */
export const wireTypes: Readonly<Record<string, WireType>> = {
  String: 'Text',
  Number: 'Long',
  Boolean: 'Boolean',
  Date: 'Date',
  Price: 'Price',
  BigDecimal: 'Decimal',
  Json: 'Json',
}

const shapes = new Map<string, WireShape>()

/**
 * The shape of an answer straight from its row: what {@link shapeOf} says of the schema, without making
 * the schema, which for a trade takes longer than the call.
 */
export const shapeOfFields = (fields: readonly Field[]): WireShape => ({
  kind: 'object',
  fields: new Map(fields.map((field) => [field.name, shapeOfField(field)])),
})

function shapeOfField(field: Field): WireShape {
  const { name, type, ref, list } = field
  const one: WireShape =
    ref !== undefined
      ? getOrCreate(shapes, ref, () => shapeOfFields(fieldsOf(ref)))
      : scalarShape(type === 'Number' && isIdName(name) ? 'Id' : (wireTypes[type] ?? 'Any'))
  return list ? { kind: 'list', element: elementName(field), of: one } : one
}

const scalarShapes = new Map<WireType, WireShape>()
/** One object for all fields of a type: there are a hundred thousand fields. */
const scalarShape = (type: WireType) =>
  getOrCreate<WireType, WireShape>(scalarShapes, type, () => ({ kind: 'value', type }))
