import type { Tier } from '../tier.ts'

/** The scalar types of the platform's documents. `?` is a field whose type nobody knows. */
const scalarTypes = [
  'String',
  'Number',
  'Boolean',
  'Date',
  'Price',
  'BigDecimal',
  'Json',
  'byte[]',
  '?',
] as const
export type ScalarType = (typeof scalarTypes)[number]

/** What was read from prose by machine: reported and used for samples, never enforced. */
export interface Hints {
  readonly enum?: readonly string[]
  /** The values are examples rather than a closed list: not even reported. */
  readonly enumWeak?: true
  readonly format?: 'yyyy-MM-dd' | 'yyyy-MM-dd HH:mm:ss'
  readonly min?: number
  readonly max?: number
  readonly maxChars?: number
  readonly maxBytes?: number
  readonly requiredWhen?: string
}

/** A field of a structure or of a response, or a parameter of a method. */
export interface Field {
  readonly name: string
  /** A scalar type, or the name of a structure in the platform's own words. */
  readonly type: string
  readonly list?: true
  /** The key of the structure: {@link MethodRow.structures}, else a shared one. A field without one is a scalar, or opaque. */
  readonly ref?: string
  /** The name of a list's elements, where it does not follow from the type: {@link elementName}. */
  readonly element?: string
  readonly required?: true
  readonly example?: string
  readonly hints?: Hints
}

/** A parameter of a method. */
export interface Parameter extends Field {
  /** Gone from the newest documents: accepted, never demanded, its limits only reported. */
  readonly removed?: true
  /** The type is a guess: it is not enforced. */
  readonly typeInferred?: true
  /** Of a text in UTF-16 code units, of a file in bytes. */
  readonly maxLength?: number
  readonly maxListSize?: number
  readonly min?: number
  readonly max?: number
  readonly default?: string
  /** The response fields that `fields` may name. */
  readonly fieldOptions?: readonly string[]
}

/** One line of the catalogue: what is known of a method. */
export interface MethodRow {
  readonly name: string
  readonly group: string
  /** `removed` was public once and is still called; `sdk-only` has been seen in SDKs alone. */
  readonly status: 'listed' | 'removed' | 'sdk-only'
  readonly kind?: 'qimen-custom' | 'qimen-callback' | 'aliyun-bridge'
  readonly session: 'required' | 'optional' | 'none' | 'unknown'
  /** Where the session rule was read, where that is known. */
  readonly sessionBasis?: string
  /** Absent where only the name is known. */
  readonly params?: readonly Parameter[]
  /** Nobody knows which of the parameters are required. */
  readonly requiredUnknown?: true
  /** The JSON key of the answer, where it does not follow from the name. */
  readonly root?: string
  /** Absent where nobody knows the answer. */
  readonly fields?: readonly Field[]
  /** The structures that no other method has, by their keys. */
  readonly structures?: Readonly<Record<string, readonly Field[]>>
  /** The day on which the platform last changed the document. */
  readonly changed?: string
  /** The source of the parameters, and its day. */
  readonly source: string
}

/** One line of the structures that several methods share. */
export interface StructureRow {
  readonly name: string
  readonly fields: readonly Field[]
}

export const isScalar = (type: string): type is ScalarType =>
  (scalarTypes as readonly string[]).includes(type)

/** How a method of the catalogue is answered: by a sample, or as far as it is known. */
export function tierOfRow({ params, fields }: MethodRow): Tier {
  if (fields) return 'stub'
  return params ? 'request-only' : 'name-only'
}

/** Whether a field names something: such a number is digits in our code, exact beyond 2^53. */
export const isIdName = (name: string) => /(^|_)(id|iid|tid|oid|cid|pid|vid|sid)s?$/i.test(name)

/** The name of a list's elements: each capital of the type becomes `_` and the small letter. */
export function elementName({ type, element }: Pick<Field, 'type' | 'element'>): string {
  if (element !== undefined) return element
  if (type === '?' || type === 'byte[]') return 'string'
  if (type === 'BigDecimal') return 'big_decimal'
  return type.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/^_/, '')
}
