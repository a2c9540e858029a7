import * as z from 'zod'
import { getOrCreate } from '../get-or-create.ts'
import { parseTime } from './timestamp.ts'

/** How a value stands on the wire; the writers, samples and reference pages read it. */
export type WireType =
  | 'Text'
  | 'Number'
  /** A whole number that may pass 2^53, so digits in our code. */
  | 'Id'
  /** A whole number, digits in our code where it passes 2^53. */
  | 'Long'
  | 'Decimal'
  | 'Boolean'
  | 'Price'
  | 'Date'
  | 'Json'
  | 'File'
  /** Nobody knows what it is. */
  | 'Any'

/** Limits that documents mention but nobody is known to enforce: reported, never refused. */
export interface Advice {
  readonly chars?: number
  readonly bytes?: number
  readonly min?: number
  readonly max?: number
  readonly oneOf?: readonly string[]
}

/** Limits that are enforced, as far as documents of the contract are to name them. */
export interface Limits {
  /** Of a text, in UTF-16 code units. */
  readonly maxLength?: number | undefined
  /** Comma-separated values in a text. */
  readonly maxList?: number | undefined
  /** Elements of a list. */
  readonly maxItems?: number | undefined
  readonly min?: number | undefined
  readonly max?: number | undefined
  /** Exclusive. */
  readonly above?: number | undefined
  /** Of a file. */
  readonly maxBytes?: number | undefined
  readonly oneOf?: readonly string[] | undefined
}

export interface WireMeta {
  readonly type?: WireType
  readonly limits?: Limits
  /** A comma-separated list, of elements such as these. */
  readonly items?: WireMeta
  /** The element name of a wrapped list: `skus: { sku: [...] }`. */
  readonly list?: string
  readonly advice?: Advice
  /** What documents call required in a structure; nobody is known to enforce it. */
  readonly requires?: readonly string[]
}

/** What {@link z} schemas of ours know beside their zod type. Survives `pick`, `partial` and `extend`. */
export const wire = z.registry<WireMeta>()

export function tag<T extends z.ZodType>(schema: T, meta: WireMeta): T {
  // zod's registry type wants the schema's own metadata shape; ours is the same for every schema.
  ;(wire as z.core.$ZodRegistry<WireMeta, z.ZodType>).add(schema, meta)
  return schema
}

/** A file of a multipart call. */
export interface TopFile {
  readonly fileName: string
  readonly contentType: string
  readonly bytes: Uint8Array
}

/** Business parameters as they travel: texts, and files of a multipart body. */
export type WireArguments = Readonly<Record<string, string | TopFile>>

/** What a check of a limit says: the value is of the right type, and too long, too large or too many. */
const pastLimit = (error: string) => ({ error, params: { isLimit: true } })

// --- request: every business parameter travels as text; codecs read it and write it back ---

// Making a schema costs more than anything else at the start, so what many have in common is made once.
const anyText = z.string()
const anyTexts = z.array(anyText)
const unlimitedText = tag(anyText.clone(), { type: 'Text', limits: {} })

/** Text. `max` counts UTF-16 code units, as the official SDK checks do; `maxList` counts comma-separated parts. */
export function topText(limits: { max?: number; maxList?: number; advice?: Advice } = {}) {
  const { max, maxList, advice } = limits
  if (max === undefined && maxList === undefined && advice === undefined) return unlimitedText
  let schema = z.string()
  if (max !== undefined) {
    const error = `expected at most ${max} characters`
    // zod counts code points, which is what JSON Schema means; the SDKs count UTF-16 units.
    schema = schema.max(max, error).refine((text) => text.length <= max, pastLimit(error))
  }
  if (maxList !== undefined) {
    schema = schema.refine(
      (text) => text.split(',').length <= maxList,
      pastLimit(`expected at most ${maxList} comma-separated values`),
    )
  }
  return tag(schema, {
    type: 'Text',
    limits: { maxLength: max, maxList },
    ...(advice && { advice }),
  })
}

/** One of a few texts, enforced. */
export function topEnum<const T extends readonly [string, ...string[]]>(values: T) {
  return tag(z.enum(values), { type: 'Text', limits: { oneOf: values } })
}

const numberText = z.string().regex(/^-?\d{1,16}$/, 'expected a whole number')
const wholeNumber = z.int()

/** A whole number: digits only, so `""`, `0x10` and `1.5` are refused. */
export function topNumber(limits: { min?: number; max?: number; advice?: Advice } = {}) {
  const { min, max } = limits
  let schema = wholeNumber
  if (min !== undefined) schema = schema.min(min)
  if (max !== undefined) schema = schema.max(max)
  return tag(z.codec(numberText, schema, { decode: Number, encode: String }), {
    type: 'Number',
    limits: { min, max },
    ...(limits.advice && { advice: limits.advice }),
  })
}

const maxId = '9223372036854775807'
/** The digits of an identifier: no leading zeros, below 2^63. */
export const idText = z
  .string()
  .regex(/^(0|[1-9]\d{0,18})$/, 'expected an identifier: digits only')
  .refine((text) => text.length < 19 || text <= maxId, 'expected an identifier below 2^63')

/** An identifier: a number on the wire that may pass 2^53, so it is text in our code. */
export const topId = tag(idText, { type: 'Id', limits: { min: 0 } })
/** An identifier that may not be 0. */
export const topIdPositive = tag(
  idText.refine((text) => text !== '0', pastLimit('expected an identifier above 0')),
  { type: 'Id', limits: { min: 1 } },
)

// --- request: what machine-made contracts need besides ---

interface LongLimits {
  readonly min?: number | undefined
  readonly max?: number | undefined
  readonly advice?: Advice | undefined
}

const longText = z
  .string()
  .regex(/^-?(0|[1-9]\d{0,18})$/, { error: 'expected a whole number', abort: true })
  .refine((text) => BigInt.asIntN(64, BigInt(text)) === BigInt(text), {
    error: 'expected a whole number of 64 bits',
  })

/** A whole number as text or number; `number` where it is exact, else digits. */
export const numberOrDigits = (text: string): number | string =>
  Number.isSafeInteger(Number(text)) ? Number(text) : text

/** A number with its limits. Each member of a union has its own: encoding loses checks on a union as a whole. */
const within = <T extends z.ZodType<number | string>>(schema: T, limits: LongLimits): T =>
  limits.min === undefined && limits.max === undefined
    ? schema
    : schema.refine(isWithin(limits), pastLimit(`expected a number ${range(limits)}`))

const wholeWithin = (limits: LongLimits) =>
  z.union([within(wholeNumber, limits), within(longText, limits)], 'expected a whole number')

const isWithin =
  ({ min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY }: LongLimits) =>
  (value: number | string) =>
    Number(value) >= min && Number(value) <= max

function range({ min, max }: LongLimits): string {
  if (min === undefined) return `of at most ${max}`
  return max === undefined ? `of at least ${min}` : `from ${min} to ${max}`
}

/** A whole number of 64 bits: a number in our code where that is exact, else its digits. `min` and `max` are inclusive. */
export function topLong(limits: LongLimits = {}) {
  return tag(z.codec(longText, wholeWithin(limits), { decode: numberOrDigits, encode: String }), {
    type: 'Long',
    limits: { min: limits.min, max: limits.max },
    ...(limits.advice && { advice: limits.advice }),
  })
}

/** A whole number of 64 bits that names something: digits in our code, so that it stays exact. A number is taken too. */
export function topLongId(limits: LongLimits = {}) {
  return tag(z.codec(longText, wholeWithin(limits), { decode: (text) => text, encode: String }), {
    type: 'Id',
    limits: { min: limits.min, max: limits.max },
    ...(limits.advice && { advice: limits.advice }),
  })
}

/** A decimal number, text in our code so that no digit is lost. A number is taken too. */
export function topDecimal(limits: LongLimits = {}) {
  return tag(
    z.codec(
      z.string().regex(/^-?\d+(\.\d+)?$/, 'expected a decimal number'),
      z.union([within(z.string(), limits), within(z.number(), limits)]),
      { decode: (text) => text, encode: String },
    ),
    {
      type: 'Decimal',
      limits: { min: limits.min, max: limits.max },
      ...(limits.advice && { advice: limits.advice }),
    },
  )
}

/** A list of scalars, comma-separated on the wire. */
export function topList(
  element: z.ZodType<unknown, string>,
  limits: { max?: number | undefined } = {},
) {
  const { max } = limits
  const list = z.array(element)
  return tag(
    z.codec(
      z.string(),
      max === undefined ? list : list.max(max, `expected at most ${max} values`),
      { decode: (text) => text.split(','), encode: (values) => values.join(',') },
    ),
    {
      type: 'Text',
      limits: { maxItems: max },
      items: (wire as z.core.$ZodRegistry<WireMeta, z.ZodType>).get(element) ?? { type: 'Text' },
    },
  )
}

/** `true` or `false`, nothing else. */
export const topBoolean = tag(
  z.codec(z.enum(['true', 'false']), z.boolean(), {
    decode: (text) => text === 'true',
    encode: (value) => (value ? 'true' : 'false'),
  }),
  { type: 'Boolean' },
)

const priceText = z
  .string()
  .regex(/^\d{1,12}(\.\d{1,2})?$/, 'expected a price in yuan with at most two decimals')

/**
 * A price in yuan, as text in our code too: at most two decimals on the way in, always two after
 * reading (`2999.0` becomes `2999.00`). `above` is exclusive, `min` and `max` inclusive, in yuan.
 */
export function topPrice(
  limits: {
    above?: number | undefined
    min?: number | undefined
    max?: number | undefined
    advice?: Advice | undefined
  } = {},
) {
  const { above, min, max } = limits
  let schema = anyText
  const limit = (isWithin: (yuan: number) => boolean, expected: string) => {
    schema = schema.refine((text) => isWithin(Number(text)), pastLimit(`expected ${expected}`))
  }
  if (above !== undefined) limit((yuan) => yuan > above, `more than ${above}`)
  if (min !== undefined) limit((yuan) => yuan >= min, `at least ${min}`)
  if (max !== undefined) limit((yuan) => yuan <= max, `at most ${max}`)
  return tag(z.codec(priceText, schema, { decode: normalPrice, encode: (price) => price }), {
    type: 'Price',
    limits: { above, min, max },
    ...(limits.advice && { advice: limits.advice }),
  })
}

/** `5` and `5.0` as `5.00`, without ever going through a binary fraction. */
export function normalPrice(text: string): string {
  if (/^(0|[1-9]\d*)\.\d\d$/.test(text)) return text
  const [yuan = '0', fen = ''] = text.split('.')
  return `${yuan.replace(/^0+(?=\d)/, '')}.${fen.padEnd(2, '0')}`
}

/** A moment as the platform writes it, `yyyy-MM-dd HH:mm:ss` in GMT+8; stays text in our code. */
export const topDate = tag(
  z.string().refine((text) => parseTime(text) !== undefined, 'expected yyyy-MM-dd HH:mm:ss'),
  { type: 'Date' },
)

/** A list of texts, comma-separated on the wire. */
export function topTextList(limits: { max?: number } = {}) {
  const { max = 1000 } = limits
  return tag(
    z.codec(anyText, anyTexts.max(max), {
      decode: (text) => text.split(','),
      encode: (values) => values.join(','),
    }),
    { type: 'Text', limits: { maxItems: max }, items: { type: 'Text' } },
  )
}

/** The `fields` parameter: the response fields that the caller asks for. */
export const topFields = (limits: { max?: number } = {}) => topTextList(limits)

/** A `byte[]` parameter: a file of a multipart body. `max` is its size in bytes. */
export function topFile(limits: { max: number }) {
  return tag(
    z
      .custom<TopFile>(
        (value) => typeof value === 'object' && value !== null && 'bytes' in value,
        'expected a file of a multipart body',
      )
      .refine(
        (file) => file.bytes.byteLength <= limits.max,
        pastLimit(`expected at most ${limits.max} bytes`),
      ),
    { type: 'File', limits: Number.isFinite(limits.max) ? { maxBytes: limits.max } : {} },
  )
}

// --- response: JSON types as the platform writes them ---

export const text = tag(z.string(), { type: 'Text' })
export const number = tag(z.int(), { type: 'Number' })
/** A number on the wire; digits as text in our code, exact beyond 2^53. */
export const id = tag(
  z.codec(z.union([z.int().nonnegative(), idText]), z.string(), {
    decode: String,
    encode: (v) => v,
  }),
  { type: 'Id' },
)
export const boolean = tag(z.boolean(), { type: 'Boolean' })
export const price = tag(z.string().regex(/^\d+\.\d{2}$/), { type: 'Price' })
export const date = tag(
  z.string().refine((value) => parseTime(value) !== undefined, 'expected yyyy-MM-dd HH:mm:ss'),
  { type: 'Date' },
)
/** A string that holds JSON. */
export const json = tag(z.string(), { type: 'Json' })

/** A whole number of 64 bits: a number in our code where that is exact, else its digits. */
export const long = tag(
  z.codec(z.union([z.int(), longText]), z.union([z.int(), z.string()]), {
    decode: (value) => numberOrDigits(String(value)),
    encode: (value) => value,
  }),
  { type: 'Long' },
)
/** A whole number of 64 bits that names something: digits in our code, so that it stays exact. */
export const longId = tag(
  z.codec(z.union([z.int(), longText]), z.string(), { decode: String, encode: (value) => value }),
  { type: 'Id' },
)
/** Not settled: some answers have a decimal number as text, some as a number. */
export const decimal = tag(z.union([z.string(), z.number()]), { type: 'Decimal' })
/** What nobody knows the type of. */
export const any = tag(z.unknown(), { type: 'Any' })

/** The field of an answer that is not promised; made once for all fields of its kind. */
function optional<T extends z.ZodType>(schema: T): z.ZodOptional<T> {
  return getOrCreate(optionals, schema, () => schema.optional()) as z.ZodOptional<T>
}
const optionals = new WeakMap<z.ZodType, z.ZodOptional>()

/** A structure of an answer, none of whose fields is promised: a `partial()` that is made at less cost. */
export function structure<T extends Readonly<Record<string, z.ZodType>>>(fields: T) {
  const shape = Object.entries(fields).map(([name, field]) => [name, optional(field)])
  return z.object(Object.fromEntries(shape) as { -readonly [K in keyof T]: z.ZodOptional<T[K]> })
}

/** TOP wraps every list in an object with one key, the element's name: `skus: { sku: [...] }`. */
export function listOf<const Name extends string, T extends z.ZodType>(name: Name, element: T) {
  const shape = { [name]: z.array(element) } as { [K in Name]: z.ZodArray<T> }
  return tag(z.object(shape), { list: name })
}
