import * as z from 'zod'
import { getOrCreate } from '../get-or-create.ts'
import { type Problem, problemsOf } from '../problems.ts'
import { responseKey } from '../protocol/envelope.ts'
import { parseTime } from '../protocol/timestamp.ts'
import type { Tier } from '../tier.ts'
import {
  elementName,
  type Field,
  type Hints,
  isScalar,
  type MethodRow,
  type Parameter,
  type StructureRow,
  tierOfRow,
} from './row.ts'

// The shape of the reference files. Every object is strict: a key that is not understood is refused, so
// that nothing new in a refresh goes by unseen.

const hint = z.strictObject({
  default: z.union([z.string(), z.boolean()]).optional(),
  decimals: z.int().optional(),
  eg: z.string().optional(),
  enum: z.array(z.string()).optional(),
  enumWeak: z.literal(true).optional(),
  format: z.enum(['yyyy-MM-dd', 'yyyy-MM-dd HH:mm:ss']).optional(),
  max: z.number().optional(),
  maxCount: z.int().optional(),
  maxLen: z.tuple([z.int(), z.enum(['chars', 'bytes'])]).optional(),
  min: z.number().optional(),
  requiredWhen: z.string().optional(),
})
const yes = z.literal(true).optional()

const fieldKeys = {
  name: z.string().regex(/^[A-Za-z_][\w.]*$/, 'expected a parameter name'),
  type: z.string().min(1),
  list: yes,
  listItemName: z.string().optional(),
  /** Other element names that some SDKs show. */
  listItemNameAlt: z.array(z.string()).optional(),
  itemEvidence: z.string().optional(),
  ref: z.string().optional(),
  opaque: yes,
  required: yes,
  example: z.string().optional(),
  default: z.string().optional(),
  depth: z.int().optional(),
  hints: hint.optional(),
}
const referenceField = z.strictObject(fieldKeys)
type ReferenceField = z.output<typeof referenceField>

const referenceParameter = z.strictObject({
  ...fieldKeys,
  fieldOptions: z.array(z.string()).optional(),
  limitSrc: z
    .partialRecord(z.enum(['max', 'min', 'maxLength', 'maxListSize']), z.string())
    .optional(),
  max: z.number().optional(),
  maxLength: z.int().positive().optional(),
  maxListSize: z.int().positive().optional(),
  min: z.number().optional(),
  refInferred: yes,
  removed: yes,
  requiredSpecial: yes,
  src: z.string().optional(),
  typeInferred: yes,
  typeSrc: z.string().optional(),
})
type ReferenceParameter = z.output<typeof referenceParameter>

const referenceMethod = z.strictObject({
  method: z.string().regex(/^[\x21-\x7e]+$/, 'expected a method name'),
  apiId: z.int().optional(),
  docChanged: z.string().optional(),
  group: z.string(),
  groupInferred: yes,
  groupName: z.string().optional(),
  http: z.enum(['form', 'multipart']),
  kind: z.enum(['qimen-custom', 'qimen-callback', 'aliyun-bridge']).optional(),
  listed2026: z.string().nullable().optional(),
  params: z.array(referenceParameter),
  paramsKnown: z.literal(false).optional(),
  primary: z.string(),
  removedAfter: z.string().optional(),
  requiredKnown: z.literal(false).optional(),
  respSrc: z.string().optional(),
  response: z.strictObject({
    root: z.string(),
    fields: z.array(referenceField).optional(),
    note: z.string().optional(),
    dtoTypes: z.array(z.string()).optional(),
  }),
  seen: z.array(z.string()).optional(),
  session: z.enum(['required', 'optional', 'none', 'unknown']),
  sessionBasis: z.string().optional(),
  sessionGuess: z.enum(['required', 'none']).optional(),
  sessionGuessBasis: z.string().optional(),
  sources: z.array(z.string()),
  status: z.enum(['listed', 'removed', 'sdk-only']),
})
type ReferenceMethod = z.output<typeof referenceMethod>

/** The reference files, as texts. */
export interface ReferenceFiles {
  /** JSON Lines, one method each. */
  readonly methods: string
  /** JSON: structures by key. */
  readonly types: string
  /** JSON: plain example values by structure and field. */
  readonly examples: string
}

/** The catalogue as it is kept, sorted by name. */
export interface ImportedCatalogue {
  readonly methods: readonly MethodRow[]
  /** Those that several methods share. */
  readonly structures: readonly StructureRow[]
  /** What was left out, in words, with how often. */
  readonly leftOut: ReadonlyMap<string, number>
}

/** The reference holds something that is not understood. Every message names method (or structure) and path. */
export class CatalogueError extends Error {
  override readonly name = 'CatalogueError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    const [first] = problems
    const more = problems.length > 1 ? ` (and ${problems.length - 1} more)` : ''
    super(`${first?.path}: ${first?.message}${more}`)
    this.problems = problems
  }
}

/**
 * Turns the reference into the rows that the project keeps.
 *
 * @throws CatalogueError for a key, type, reference or root that is not understood
 */
export function importCatalogue(files: ReferenceFiles): ImportedCatalogue {
  const problems: Problem[] = []
  const leftOut = new Map<string, number>()
  const leave = (what: string) => void leftOut.set(what, (leftOut.get(what) ?? 0) + 1)
  const structures = new Map(
    Object.entries(z.record(z.string(), z.array(z.unknown())).parse(JSON.parse(files.types))).map(
      ([name, fields]) => [
        name,
        fields.map((one, at) => read(referenceField, one, `${name}[${at}]`)),
      ],
    ),
  )
  const examples = z
    .object({ byType: z.record(z.string(), z.record(z.string(), z.unknown())) })
    .parse(JSON.parse(files.examples)).byType

  function read<T>(schema: z.ZodType<T>, value: unknown, place: string): T {
    const result = schema.safeParse(value)
    if (result.success) return result.data
    problems.push(
      ...problemsOf(result.error).map(({ path, message }) => ({
        path: `${place}${path === '' || path.startsWith('[') ? '' : '.'}${path}`,
        message,
      })),
    )
    return value as T
  }

  const rows = files.methods
    .split('\n')
    .filter((line) => line !== '')
    .map((line, at) => {
      const value = JSON.parse(line)
      return read(referenceMethod, value, value.method ?? `line ${at + 1}`)
    })
  // What does not have the expected shape cannot be judged further.
  if (problems.length > 0) throw new CatalogueError(problems)

  /** The structures that are used, each with the methods that do. */
  const users = new Map<string, Set<string>>()
  const fieldsByRef = new Map<string, readonly Field[]>()
  const methods = rows.map(methodRow).sort(byName)
  const shared: StructureRow[] = []
  const own = new Map<string, Record<string, readonly Field[]>>()
  for (const [ref, by] of [...users].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const fields = fieldsByRef.get(ref) ?? []
    const [method = ''] = by
    if (by.size > 1) shared.push({ name: ref, fields })
    else getOrCreate(own, method, (): Record<string, readonly Field[]> => ({}))[ref] = fields
  }
  for (const cycle of cycles(fieldsByRef)) {
    problems.push({ path: cycle, message: 'the structure contains itself' })
  }
  methods.forEach(({ name }, at) => {
    if (methods[at - 1]?.name === name) problems.push({ path: name, message: 'stands there twice' })
  })
  if (problems.length > 0) throw new CatalogueError(problems)
  return {
    methods: methods.map((row) => compact({ ...row, structures: own.get(row.name) })),
    structures: shared,
    leftOut,
  }

  function methodRow(row: ReferenceMethod): MethodRow {
    const { method: name, kind, response, params } = row
    const isQimen = kind === 'qimen-custom' || kind === 'qimen-callback'
    if (response.root !== (isQimen ? 'response' : responseKey(name))) {
      problems.push({
        path: `${name}.response.root`,
        message: `was "${response.root}"; expected ${responseKey(name)}`,
      })
    }
    const use = (field: ReferenceField) => void (field.ref && take(field.ref, name))
    params.forEach(use)
    response.fields?.forEach(use)
    const hasFile = params.some(({ type }) => type === 'byte[]')
    if ((row.http === 'multipart') !== hasFile) leave('http that does not fit the parameters')
    return compact({
      name,
      group: row.groupName ?? row.group,
      status: row.status,
      kind,
      session: row.session,
      sessionBasis: row.sessionBasis,
      params:
        row.paramsKnown === false
          ? undefined
          : params.map((one, at) => parameter(one, `${name}.params[${at}]`)),
      requiredUnknown: row.requiredKnown === false ? true : undefined,
      root: isQimen ? response.root : undefined,
      fields: response.fields?.map((one, at) => field(one, `${name}.response.fields[${at}]`)),
      changed: row.docChanged,
      source: row.primary,
    })
  }

  function parameter(from: ReferenceParameter, place: string): Parameter {
    const { removed, typeInferred, maxLength, maxListSize, fieldOptions } = from
    return compact({
      ...field(from, place),
      required: from.required && !removed ? true : undefined,
      removed,
      typeInferred,
      maxLength,
      maxListSize,
      min: limit(from.min, `${place}.min`),
      max: limit(from.max, `${place}.max`),
      default: from.default,
      fieldOptions,
    })
  }

  /** The bounds of the type itself say nothing; others that a number cannot hold are refused. */
  function limit(value: number | undefined, path: string): number | undefined {
    if (value === undefined || Math.abs(value) === 2 ** 63) return undefined
    if (!Number.isSafeInteger(value)) problems.push({ path, message: `${value} is not exact` })
    return value
  }

  function field(
    from: ReferenceField,
    place: string,
    examplesOfType: Readonly<Record<string, unknown>> = {},
  ): Field {
    const { name, type, list, ref, listItemName, opaque, required, hints } = from
    if (ref !== undefined) {
      if (!structures.has(ref)) {
        problems.push({ path: `${place}.ref`, message: `no structure is called "${ref}"` })
      }
    } else if (!isScalar(type) && !opaque && !from.type.match(/^(Struct|Datalist)$/)) {
      leave('structures that nobody describes')
    }
    if (listItemName !== undefined && !list) {
      problems.push({ path: `${place}.listItemName`, message: 'stands at what is no list' })
    }
    const example = [from.example, hints?.eg, examplesOfType[name]]
      .filter((one) => one !== undefined)
      .map(String)
      .find((one) => fits(one, from))
    if (example === undefined && (from.example ?? hints?.eg) !== undefined) {
      leave('examples that are not of their type, or are addresses')
    }
    return compact({
      name,
      type,
      list,
      ref,
      element:
        listItemName !== undefined && listItemName !== elementName({ type })
          ? listItemName
          : undefined,
      required,
      example,
      hints: hints && hintsOf(hints),
    })
  }

  /** Takes a structure, and those that it holds, into the catalogue of a method. */
  function take(ref: string, method: string): void {
    const by = getOrCreate(users, ref, () => new Set<string>())
    if (by.has(method)) return
    by.add(method)
    const fields = structures.get(ref) ?? []
    getOrCreate(fieldsByRef, ref, () => {
      const known = examples[ref.split(/[@#]/)[0] ?? '']
      return fields.map((one, at) => field(one, `${ref}[${at}]`, known))
    })
    for (const below of fields) if (below.ref) take(below.ref, method)
  }
}

const byName = (a: { name: string }, b: { name: string }) => (a.name < b.name ? -1 : 1)

const patterns: Readonly<Record<string, RegExp>> = {
  String: /./s,
  Number: /^-?\d{1,15}$/,
  Boolean: /^(true|false)$/,
  Price: /^\d{1,9}(\.\d{1,2})?$/,
  BigDecimal: /^-?\d{1,12}(\.\d+)?$/,
}

/** Whether an example can be sent and answered as it stands. Addresses are the platform's own, so none is kept. */
function fits(example: string, { type, ref, list }: ReferenceField): boolean {
  if (
    ref !== undefined ||
    list ||
    example.length > 200 ||
    /:\/\/|^\s*$|^(null|无|xxx*)$/i.test(example)
  )
    return false
  return type === 'Date'
    ? parseTime(example) !== undefined
    : (patterns[type]?.test(example) ?? false)
}

function hintsOf(hints: z.output<typeof hint>): Hints | undefined {
  const { enumWeak, format, min, max, maxLen, requiredWhen } = hints
  const [length, unit] = maxLen ?? []
  const kept: Hints = compact({
    enum: hints.enum,
    enumWeak,
    format,
    min,
    max,
    maxChars: unit === 'chars' ? length : undefined,
    maxBytes: unit === 'bytes' ? length : undefined,
    requiredWhen,
  })
  return Object.keys(kept).length > 0 ? kept : undefined
}

/** An object without what is undefined. */
function compact<T extends object>(value: { [K in keyof T]: T[K] | undefined }): T {
  return Object.fromEntries(Object.entries(value).filter(([, part]) => part !== undefined)) as T
}

/** Structures that contain themselves, each once. */
function cycles(structures: ReadonlyMap<string, readonly Field[]>): string[] {
  const done = new Set<string>()
  const found: string[] = []
  const visit = (name: string, above: readonly string[]) => {
    if (above.includes(name)) found.push(name)
    else if (!done.has(name)) {
      for (const { ref } of structures.get(name) ?? []) {
        if (ref !== undefined) visit(ref, [...above, name])
      }
      done.add(name)
    }
  }
  for (const name of structures.keys()) visit(name, [])
  return found
}

/** A module that says how many methods of each tier there are, so that nobody reads the catalogue to print it. */
export function summaryOf(methods: readonly MethodRow[]): string {
  const ofTier = (tier: Tier) => methods.filter((row) => tierOfRow(row) === tier).length
  return [
    '// Written by the import of the catalogue, beside its rows.',
    '',
    '/** How many methods the catalogue has, in all and by what is known of them. */',
    'export const catalogueSummary = {',
    `  methods: ${methods.length},`,
    `  stub: ${ofTier('stub')},`,
    `  'request-only': ${ofTier('request-only')},`,
    `  'name-only': ${ofTier('name-only')},`,
    '} as const',
    '',
  ].join('\n')
}
