import type { FieldFacts, MethodFacts, SideFacts } from './facts.ts'
import { sentencesOf } from './words.ts'

/** A JSON Schema of draft 2020-12, as plain data. */
export type JsonSchema = Readonly<Record<string, unknown>>

/** Where the schema of a structure is to be found. */
export type RefOf = (key: string) => string

/** The schema of a set of fields: parameters, or a structure of a request or of an answer. */
export type SchemaOf = (fields: readonly FieldFacts[], refOf: RefOf) => JsonSchema

const dialect = 'https://json-schema.org/draft/2020-12/schema'

/**
 * The JSON Schemas of a method: of its business parameters by their values (a form writes them as text,
 * whole numbers in digits), and of the JSON answer with its root.
 *
 * @example
 * jsonSchemasOf(factsOf('taobao.trade.get')).response.properties // { trade_get_response: { … } }
 */
export function jsonSchemasOf(facts: MethodFacts): { request: JsonSchema; response: JsonSchema } {
  const { name, request, response } = facts
  const refOf: RefOf = (key) => `#/$defs/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`
  return {
    request: {
      $schema: dialect,
      title: `${name} request`,
      ...parametersSchema(request.fields, refOf),
      ...defsOf(request, refOf, sentStructure),
    },
    response: {
      $schema: dialect,
      title: `${name} response`,
      ...rootSchema(facts, refOf),
      ...defsOf(response, refOf, answeredStructure),
    },
  }
}

function defsOf({ structures }: SideFacts, refOf: RefOf, schemaOf: SchemaOf): JsonSchema {
  const entries = Object.entries(structures).map(([key, fields]) => [key, schemaOf(fields, refOf)])
  return entries.length > 0 ? { $defs: Object.fromEntries(entries) } : {}
}

/** The answer of a success, with its root. */
export function rootSchema({ root, response, tier }: MethodFacts, refOf: RefOf): JsonSchema {
  const isKnown = tier === 'stateful' || tier === 'stub'
  return {
    type: 'object',
    required: [root],
    properties: {
      [root]: {
        type: 'object',
        ...(!isKnown && { description: 'Nobody knows what this method answers.' }),
        properties: {
          ...answerProperties(response.fields, refOf),
          request_id: { type: 'string', description: "The platform's name for this call." },
        },
      },
    },
  }
}

/** Business parameters by their values. Unknown ones are accepted, as the platform does. */
export const parametersSchema: SchemaOf = (fields, refOf) =>
  taken(fields, (field) => parameter(field, refOf))

/** A structure as people write it into JSON. */
export const sentStructure: SchemaOf = (fields, refOf) =>
  taken(fields, ({ type, structure, list }) => {
    const one = structure === undefined ? sent[type] : { $ref: refOf(structure) }
    return list ? { type: 'array', items: one } : one
  })

/** A structure of an answer: every field may be absent. */
export const answeredStructure: SchemaOf = (fields, refOf) => ({
  type: 'object',
  properties: answerProperties(fields, refOf),
})

function taken(
  fields: readonly FieldFacts[],
  schemaOf: (field: FieldFacts) => JsonSchema,
): JsonSchema {
  const required = fields.filter(isRequired).map(({ name }) => name)
  return {
    type: 'object',
    properties: properties(fields, schemaOf),
    ...(required.length > 0 && { required }),
  }
}

/** By the real platform, whose profile is `production`. */
export const isRequired = ({ required, requiredIn }: FieldFacts) =>
  required === true || requiredIn?.includes('production') === true

const properties = (fields: readonly FieldFacts[], schemaOf: (field: FieldFacts) => JsonSchema) =>
  Object.fromEntries(
    fields.map((field) => [field.name, { ...schemaOf(field), ...described(field) }]),
  )

const answerProperties = (fields: readonly FieldFacts[], refOf: RefOf) =>
  properties(fields, ({ type, structure, list, element = '' }) => {
    const one = structure === undefined ? answered[type] : { $ref: refOf(structure) }
    return list ? { type: 'object', properties: { [element]: { type: 'array', items: one } } } : one
  })

function described(field: FieldFacts): JsonSchema {
  const sentences = sentencesOf(field)
  return {
    ...(sentences.length > 0 && { description: sentences.join(' ') }),
    ...(field.removed && { deprecated: true }),
  }
}

function parameter(field: FieldFacts, refOf: RefOf): JsonSchema {
  const { type, list, structure, limits = {}, format } = field
  const { maxItems, min, max, maxLength, oneOf } = limits
  const many = (items: JsonSchema) => ({
    type: 'array',
    items,
    ...(maxItems !== undefined && { maxItems }),
  })
  if (structure !== undefined) {
    const one = { $ref: refOf(structure) }
    const contentSchema = list === 'either' ? { anyOf: [many(one), one] } : list ? many(one) : one
    return { ...jsonText, contentSchema }
  }
  const isNumber = type === 'Number' || type === 'Id' || type === 'Long' || type === 'Decimal'
  const one = {
    ...(type === 'Price' ? sentPrice : sent[type]),
    ...(type === 'Date' && format === 'yyyy-MM-dd' && { pattern: dayOrMoment }),
    ...(type === 'Any' && text),
    ...(isNumber && min !== undefined && { minimum: min }),
    ...(isNumber && max !== undefined && { maximum: max }),
    ...(maxLength !== undefined && { maxLength }),
    ...(oneOf && { enum: oneOf }),
  }
  return list ? many(one) : one
}

const text = { type: 'string' }
const jsonText = { type: 'string', contentMediaType: 'application/json' }
const long = { type: 'integer', format: 'int64' }
const decimal = { type: ['string', 'number'], pattern: String.raw`^-?\d+(\.\d+)?$` }
const moment = { type: 'string', pattern: String.raw`^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2}$` }
const dayOrMoment = String.raw`^\d{4}-\d{2}-\d{2}( \d{2}:\d{2}:\d{2})?$`
const sentPrice = { type: 'string', pattern: String.raw`^\d{1,12}(\.\d{1,2})?$` }

const sent: Readonly<Record<FieldFacts['type'], JsonSchema>> = {
  Text: text,
  Number: long,
  Id: long,
  Long: long,
  Decimal: decimal,
  Boolean: { type: 'boolean' },
  Price: text,
  Date: moment,
  Json: jsonText,
  File: { type: 'string', format: 'binary', contentMediaType: 'application/octet-stream' },
  Any: {},
  Structure: { type: 'object' },
}

const answered: Readonly<Record<FieldFacts['type'], JsonSchema>> = {
  ...sent,
  Price: { type: 'string', pattern: String.raw`^\d+\.\d{2}$` },
}
