import * as z from 'zod'
import { type Field, isIdName, isScalar, type Parameter } from '../catalogue/row.ts'
import { fieldsOf } from '../catalogue/rows.ts'
import { parameterSchema } from '../catalogue/schemas.ts'
import { wireTypes } from '../catalogue/shapes.ts'
import type { ProfileName } from '../profile.ts'
import type { Advice, Limits, WireMeta, WireType } from '../protocol/scalars.ts'
import { metaOf, unwrapped } from '../protocol/wire-shape.ts'
import type { FieldFacts, SideFacts } from './facts.ts'

interface Declared {
  readonly rows: readonly Parameter[]
}
interface OfCatalogue extends Declared {
  readonly requiredUnknown: boolean
}
interface OfContract extends Declared {
  readonly shape: Readonly<Record<string, z.ZodType>>
  readonly required: Readonly<Record<ProfileName, readonly string[]>>
}

/** The facts of parameters: what is enforced from their schemas, what is only said from their rows. */
export function parameterFacts(declared: OfCatalogue | OfContract): SideFacts {
  const structures: Record<string, readonly FieldFacts[]> = {}
  if ('shape' in declared) {
    const rows = new Map(declared.rows.map((row) => [row.name, row]))
    const fields = Object.entries(declared.shape).map(([name, schema]) => ({
      ...factsOf(name, schema, rows.get(name)),
      ...requirement(name, declared.required),
    }))
    return { fields, structures }
  }
  const fields = declared.rows.map((row): FieldFacts => {
    const required = row.required && !declared.requiredUnknown && { required: true as const }
    if (row.ref !== undefined) {
      gather(row.ref, structures)
      return { ...ofStructure(row), ...said(row), ...required }
    }
    return { ...factsOf(row.name, parameterSchema(row), row), ...required }
  })
  return { fields, structures }
}

function requirement(name: string, required: OfContract['required']): Partial<FieldFacts> {
  const profiles = (Object.keys(required) as ProfileName[]).filter((profile) =>
    required[profile].includes(name),
  )
  if (profiles.length === 0) return {}
  return profiles.length === Object.keys(required).length
    ? { required: true }
    : { requiredIn: profiles }
}

// --- by schema ---

function factsOf(name: string, schema: z.ZodType, row: Parameter | undefined): FieldFacts {
  const meta = metaOf(schema) ?? plain(schema)
  const one = meta.items ?? meta
  const type = one.type ?? 'Text'
  const limits = written({ ...one.limits, ...meta.limits })
  return {
    name,
    type,
    documentType: row?.type ?? documentTypes[type],
    ...(meta.items && { list: 'commas' }),
    ...(limits && { limits }),
    ...((meta.advice ?? one.advice) && { advice: meta.advice ?? one.advice }),
    ...(row && said(row)),
  } as FieldFacts
}

/** A schema that none of our constructors made. */
function plain(schema: z.ZodType): WireMeta {
  const inner = unwrapped(schema)
  if (inner) return plain(inner)
  if (schema instanceof z.ZodEnum)
    return { type: 'Text', limits: { oneOf: schema.options.map(String) } }
  if (schema instanceof z.ZodString) {
    return { type: 'Text', limits: { maxLength: schema.maxLength ?? undefined } }
  }
  return { type: 'Text' }
}

const documentTypes: Readonly<Record<WireType, string>> = {
  Text: 'String',
  Number: 'Number',
  Id: 'Number',
  Long: 'Number',
  Decimal: 'BigDecimal',
  Boolean: 'Boolean',
  Price: 'Price',
  Date: 'Date',
  Json: 'Json',
  File: 'byte[]',
  Any: '?',
}
export const documentTypeOf = (type: WireType): string => documentTypes[type]

/** Without what is undefined; `undefined` where nothing is left. */
function written(limits: Limits): Limits | undefined {
  const known = Object.entries(limits).filter(([, value]) => value !== undefined)
  return known.length > 0 ? Object.fromEntries(known) : undefined
}

/** What a row says beside its type and limits. */
function said(row: Parameter): Partial<FieldFacts> {
  const { example, hints, removed, fieldOptions, default: standard } = row
  const examples = hints?.enumWeak ? hints.enum : example === undefined ? undefined : [example]
  return {
    ...(examples && { examples }),
    ...(standard !== undefined && { default: standard }),
    ...(hints?.format && { format: hints.format }),
    ...(removed && { removed }),
    ...(fieldOptions && { fieldOptions }),
  }
}

// --- structures, which only rows describe ---

function ofStructure({ name, type, ref, list, maxListSize, removed }: Parameter): FieldFacts {
  const many = list ? 'array' : maxListSize === undefined ? undefined : 'either'
  return {
    name,
    type: 'Structure',
    documentType: type,
    structure: ref as string,
    ...(many && { list: many }),
    ...(maxListSize !== undefined && !removed && { limits: { maxItems: maxListSize } }),
  }
}

function gather(ref: string, into: Record<string, readonly FieldFacts[]>): void {
  if (Object.hasOwn(into, ref)) return
  const fields = fieldsOf(ref)
  into[ref] = fields.map(ofField)
  for (const field of fields) if (field.ref !== undefined) gather(field.ref, into)
}

/** In a structure, JSON may stand as it is instead of in a text. */
const inStructures: Readonly<Record<string, WireType>> = { ...wireTypes, Json: 'Any' }

function ofField(field: Field): FieldFacts {
  const { name, type, ref, list, required, example, hints } = field
  const advice = adviceOf(hints)
  const examples = hints?.enumWeak ? hints.enum : example === undefined ? undefined : [example]
  return {
    name,
    type:
      ref !== undefined
        ? 'Structure'
        : type === 'Number' && isIdName(name)
          ? 'Id'
          : (isScalar(type) && inStructures[type]) || 'Any',
    documentType: type,
    ...(ref !== undefined && { structure: ref }),
    ...(list && { list: 'array' as const }),
    ...(required && { required }),
    ...(advice && { advice }),
    ...(examples && { examples }),
    ...(hints?.format && { format: hints.format }),
  }
}

function adviceOf(hints: Field['hints'] = {}): Advice | undefined {
  const { maxChars: chars, maxBytes: bytes, min, max, enum: values, enumWeak } = hints
  const advice: Advice = {
    ...(chars !== undefined && { chars }),
    ...(bytes !== undefined && { bytes }),
    ...(min !== undefined && { min }),
    ...(max !== undefined && { max }),
    ...(values && !enumWeak && { oneOf: values }),
  }
  return Object.keys(advice).length > 0 ? advice : undefined
}
