import * as z from 'zod'
import { getOrCreate } from '../get-or-create.ts'
import { parseJson } from '../protocol/json.ts'
import {
  type Advice,
  any,
  boolean,
  date,
  decimal,
  json,
  listOf,
  long,
  longId,
  numberOrDigits,
  price,
  tag,
  text,
  topBoolean,
  topDate,
  topDecimal,
  topFields,
  topFile,
  topList,
  topLong,
  topLongId,
  topPrice,
  topText,
} from '../protocol/scalars.ts'
import { metaOf, unwrapped } from '../protocol/wire-shape.ts'
import { elementName, type Field, isIdName, isScalar, type Parameter } from './row.ts'
import { fieldsOf } from './rows.ts'

// Rows as zod schemas, by the same constructors as hand-written contracts. A schema that has no limits of
// its own is made once for all methods.

// --- answers ---

const answerScalars: Readonly<Record<string, z.ZodType>> = {
  String: text,
  Number: long,
  Boolean: boolean,
  Date: date,
  Price: price,
  BigDecimal: decimal,
  Json: json,
  '?': any,
  'byte[]': any,
}

/** Some structures are called as scalars are. */
const keyOf = (ref: string | undefined, isId = false, type = '') =>
  ref !== undefined ? `structure ${ref}` : isId ? '#id' : type

const answerSchemas = new Map<string, z.ZodType>()

/** The schema of a response: every field may be absent, and others may come. */
export const answerSchema = (fields: readonly Field[]) =>
  z.looseObject(Object.fromEntries(fields.map((field) => [field.name, answerField(field)])))

function answerField(field: Field): z.ZodType {
  const { name, type, list, ref } = field
  const isId = type === 'Number' && isIdName(name)
  const element = list ? elementName(field) : ''
  return getOrCreate(answerSchemas, `${keyOf(ref, isId, type)} ${element}`, () => {
    const one =
      ref !== undefined
        ? getOrCreate(answerSchemas, keyOf(ref), () => answerSchema(fieldsOf(ref)))
        : isId
          ? longId
          : (answerScalars[type] ?? any)
    return (list ? listOf(element, one) : one).optional()
  })
}

// --- parameters ---

/** The schema of a parameter, without regard to whether it is required. */
export function parameterSchema(parameter: Parameter): z.ZodType {
  const { name, type, ref, list, typeInferred, maxListSize: listed, ...single } = parameter
  const maxListSize = parameter.removed ? undefined : listed
  if (ref !== undefined) return structureText(ref, list, maxListSize)
  if (name === 'fields' && (type === 'String' || type === '?')) {
    return topFields(maxListSize === undefined ? {} : { max: maxListSize })
  }
  if (type === 'byte[]') {
    const file = topFile({ max: parameter.maxLength ?? Number.POSITIVE_INFINITY })
    return typeInferred ? tag(z.union([plainText, file]), { type: 'File' }) : file
  }
  // A guess is nothing to refuse a call by; of an opaque structure nothing is known but that it is a text.
  if (typeInferred || !isScalar(type)) return plainText
  // Old SDKs type a list of numbers as a number with a list size.
  if (list || (type === 'Number' && listed !== undefined)) {
    return topList(scalarParameter({ name, type, ...single }), { max: maxListSize })
  }
  return scalarParameter(parameter)
}

type ScalarParameter = Omit<Parameter, 'list'>

const plainText = topText()
const plainJson = tag(z.string(), { type: 'Json' })
const unlimited: Readonly<Record<string, z.ZodType<unknown, string>>> = {
  String: plainText,
  '?': plainText,
  Number: topLong(),
  '#id': topLongId(),
  Boolean: topBoolean,
  Date: topDate,
  Price: topPrice(),
  BigDecimal: topDecimal(),
  Json: plainJson,
}

function scalarParameter(parameter: ScalarParameter): z.ZodType<unknown, string> {
  const { name, type, maxListSize } = parameter
  const isText = type === 'String' || type === '?' || type === 'Json'
  // A number has no length that anybody would check, and a range of a text may mean anything.
  const enforced: Partial<ScalarParameter> = parameter.removed ? {} : parameter
  const max = isText ? undefined : enforced.max
  const min = isText ? undefined : enforced.min
  const maxLength = isText ? enforced.maxLength : undefined
  const advice = adviceOf(parameter, isText)
  if (type === 'Date') return parameter.hints?.format === 'yyyy-MM-dd' ? dayOrMoment : topDate
  if (type === 'Boolean') return topBoolean
  if (!advice && max === undefined && min === undefined && !maxLength && !maxListSize) {
    const key = type === 'Number' && isIdName(name) ? '#id' : type
    return unlimited[key] ?? plainText
  }
  const noted = advice && { advice }
  switch (type) {
    case 'Number':
      return (isIdName(name) ? topLongId : topLong)({ min, max, ...noted })
    case 'Price':
      return topPrice({ min, max, ...noted })
    case 'BigDecimal':
      return topDecimal({ min, max, ...noted })
    default:
      return topText({
        ...(maxLength && { max: maxLength }),
        ...(maxListSize && { maxList: maxListSize }),
        ...noted,
      })
  }
}

const dayOrMoment = tag(
  z
    .string()
    .refine(
      (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) || topDate.safeParse(value).success,
      'expected yyyy-MM-dd or yyyy-MM-dd HH:mm:ss',
    ),
  { type: 'Date' },
)

/** What documents mention and nobody enforces. */
function adviceOf(parameter: ScalarParameter, isText: boolean): Advice | undefined {
  const { hints = {}, removed } = parameter
  const older = removed || isText ? parameter : undefined
  const chars = hints.maxChars ?? (removed || !isText ? parameter.maxLength : undefined)
  const min = hints.min ?? older?.min
  const max = hints.max ?? older?.max
  const oneOf = hints.enumWeak ? undefined : hints.enum
  const advice: Advice = {
    ...(chars !== undefined && { chars }),
    ...(hints.maxBytes !== undefined && { bytes: hints.maxBytes }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(oneOf && { oneOf }),
  }
  return Object.keys(advice).length > 0 ? advice : undefined
}

// --- structures, which travel as JSON text ---

const structureTexts = new Map<string, z.ZodType>()

/** A structure, or a list of them, as JSON text. What it holds is worked out when one is sent. */
function structureText(ref: string, list: true | undefined, most: number | undefined): z.ZodType {
  return getOrCreate(structureTexts, `${ref} ${list} ${most}`, () => {
    const one = z.lazy(() => structureSchema(ref))
    // An SDK shows some lists as a single structure with a list size.
    const isEither = !list && most !== undefined
    const array = z.array(one)
    const many = most === undefined ? array : array.max(most, `expected at most ${most} elements`)
    const schema: z.ZodType = list ? many : isEither ? z.union([many, one]) : one
    const expected = `expected JSON: ${list ? 'a list of structures' : 'a structure'}`
    return tag(
      z.codec(z.string(), schema, {
        decode(text, context) {
          try {
            return parseJson(text) as never
          } catch {
            context.issues.push({ code: 'custom', input: text, message: expected })
            return z.NEVER
          }
        },
        encode: (value) => writeStructure(value, schema),
      }),
      { type: 'Json' },
    )
  })
}

const structureSchemas = new Map<string, z.ZodType>()

/** The fields of a structure as people write them into JSON: numbers may come as texts, texts as numbers. */
function structureSchema(ref: string): z.ZodType {
  return getOrCreate(structureSchemas, ref, () => {
    const fields = fieldsOf(ref)
    const requires = fields.filter(({ required }) => required).map(({ name }) => name)
    return tag(
      z.looseObject(Object.fromEntries(fields.map((field) => [field.name, structureField(field)]))),
      { requires },
    )
  })
}

function structureField({ name, type, list, ref }: Field): z.ZodType {
  const isId = type === 'Number' && isIdName(name)
  const key = `${keyOf(ref, isId, type)} ${list ?? ''}`
  return getOrCreate(structureFields, key, () => {
    const one =
      ref !== undefined
        ? z.lazy(() => structureSchema(ref))
        : isId
          ? lenientId
          : (lenient[type] ?? any)
    return (list ? z.array(one) : one).nullish()
  })
}

const structureFields = new Map<string, z.ZodType>()

const writtenNumber = z.union(
  [z.int(), z.string().regex(/^-?\d{1,19}$/, 'expected a whole number')],
  'expected a whole number',
)
const asText = z.union([z.string(), z.number(), z.boolean()], 'expected a text')
const lenientId = tag(z.codec(writtenNumber, writtenNumber, { decode: String, encode: String }), {
  type: 'Id',
})
/** A decoder that takes what JSON libraries of the platform's kind convert by themselves (assumed). */
const lenient: Readonly<Record<string, z.ZodType>> = {
  String: tag(z.codec(asText, asText, { decode: String, encode: (value) => value }), {
    type: 'Text',
  }),
  Number: tag(
    z.codec(writtenNumber, writtenNumber, {
      decode: (value) => numberOrDigits(String(value)),
      encode: (value) => value,
    }),
    { type: 'Long' },
  ),
  Boolean: tag(
    z.codec(
      z.union(
        [z.boolean(), z.enum(['true', 'false'], 'expected true or false')],
        'expected true or false',
      ),
      z.boolean(),
      { decode: (value) => value === true || value === 'true', encode: (value) => value },
    ),
    { type: 'Boolean' },
  ),
  Date: tag(asText, { type: 'Date' }),
  Price: tag(z.codec(asText, asText, { decode: String, encode: (value) => value }), {
    type: 'Price',
  }),
  BigDecimal: tag(asText, { type: 'Decimal' }),
  // A string that holds JSON, or the JSON itself.
  Json: tag(z.unknown(), { type: 'Json' }),
  '?': any,
  'byte[]': any,
}

/** JSON text of a structure, with whole numbers bare and exact. */
function writeStructure(value: unknown, schema: z.ZodType): string {
  const inner = unwrapped(schema)
  if (inner) return value === null ? 'null' : writeStructure(value, inner)
  if (schema instanceof z.ZodUnion) {
    return writeStructure(value, schema.options[Array.isArray(value) ? 0 : 1] as z.ZodType)
  }
  if (schema instanceof z.ZodArray) {
    const elements = (value as unknown[]).map((one) =>
      writeStructure(one, schema.element as z.ZodType),
    )
    return `[${elements.join(',')}]`
  }
  if (schema instanceof z.ZodObject) {
    const shape = schema.shape as Record<string, z.ZodType>
    const parts = Object.entries(value as object)
      .filter(([, part]) => part !== undefined)
      .map(([name, part]) => `${JSON.stringify(name)}:${writeStructure(part, shape[name] ?? any)}`)
    return `{${parts.join(',')}}`
  }
  const type = metaOf(schema)?.type
  return type === 'Id' || type === 'Long' ? String(value) : JSON.stringify(value)
}
