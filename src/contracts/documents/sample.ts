import {
  elementName,
  type Field,
  isScalar,
  type MethodRow,
  type Parameter,
} from '../catalogue/row.ts'
import { fieldsOf } from '../catalogue/rows.ts'
import type { SampleOptions } from '../define-method.ts'
import type { TopFile, WireArguments } from '../protocol/scalars.ts'
import { parseTime } from '../protocol/timestamp.ts'
import { isErrorField, type Pick, pickBy, sampleScalar } from './sample-values.ts'

type Structure = Readonly<Record<string, unknown>>

/** How many elements a list has where the request does not say: below the root, and in what an element holds. */
const lengths = { root: 2, nested: 1 }
/** No list grows beyond this, whatever a request asks for. */
const longest = 200

/**
 * A plausible answer of a method, the same for the same request and seed: fields by their names, examples
 * and types, values of the request where names match, an element for each of a list of identifiers. It
 * says that all went well, so what would name an error is left out.
 *
 * @returns the fields below the response root, lists wrapped as the documents show them
 * @example
 * sampleAnswer(findRow('taobao.trade.get'), { request: { tid: '7' } }) // { trade: { tid: '7', … } }
 */
export function sampleAnswer(
  { name, fields = [] }: MethodRow,
  { request = {}, seller, seed = '', only }: SampleOptions = {},
): Structure {
  const { fields: _, ...identifying } = request
  const known = seller && { seller_nick: seller.nick, seller_id: seller.user_id }
  const asked = flat({ ...known, ...request })
  // Which fields are asked for does not change what they hold.
  const pick = pickBy(`${seed}/${name}/${stable(identifying)}`)
  const answered = fields.filter(({ name }) => !ofTheEnvelope.test(name))
  const wanted = only && new Set(only.map((field) => field.trim().split('.', 1)[0] ?? ''))
  return structure(answered, '', { pick, asked, wanted })
}

/** At the root these are the gateway's own: some of them clients take for the signs of an error. */
const ofTheEnvelope = /^(code|msg|sub_code|sub_msg|request_id)$/

interface Sampling {
  readonly pick: Pick
  /** Values of the request by name. */
  readonly asked: ReadonlyMap<string, unknown>
  /** What is left of a structure that has one of these names; `undefined` where all of it is needed. */
  readonly wanted: ReadonlySet<string> | undefined
}

function structure(fields: readonly Field[], path: string, sampling: Sampling): Structure {
  const result: Record<string, unknown> = {}
  const totals: string[] = []
  let listed: number | undefined
  const { wanted } = sampling
  const isCut = path !== '' && wanted !== undefined && leavesOnly(fields, wanted)
  for (const field of fields) {
    const { name } = field
    const isWanted = wanted !== undefined && isAskedFor(field, wanted)
    if (isErrorField(field) || (isCut && !isWanted)) continue
    const at = path === '' ? name : `${path}.${name}`
    // All that is in it, then.
    const within = isWanted ? { ...sampling, wanted: undefined } : sampling
    if (field.list) {
      const elements = list(field, at, within)
      if (elements.length === 0) continue
      listed ??= elements.length
      result[name] = { [elementName(field)]: elements }
    } else {
      const value = single(field, at, within)
      if (value === undefined) continue
      if (field.type === 'Number' && isTotal(name)) totals.push(name)
      result[name] = value
    }
  }
  // A total counts the list beside it.
  for (const name of totals) result[name] = listed ?? 1
  return result
}

/** Whether `fields` leaves nothing else of a structure; a total counts the lists beside it, which are made for it. */
const leavesOnly = (fields: readonly Field[], wanted: ReadonlySet<string>) =>
  fields.some((field) => isAskedFor(field, wanted)) &&
  !fields.some(({ name }) => wanted.has(name) && isTotal(name))

const isAskedFor = (field: Field, wanted: ReadonlySet<string>) =>
  wanted.has(field.name) || (field.list === true && wanted.has(elementName(field)))

const isTotal = (name: string) =>
  /^total(_?(results?|count|num|number|items?|records?|size))?$/i.test(name)

function single(field: Field, at: string, sampling: Sampling): unknown {
  if (field.ref !== undefined) return structure(fieldsOf(field.ref), at, sampling)
  const { name } = field
  return (
    reflected(field, sampling.asked.get(name)) ??
    sampleScalar(field, { name, path: at, pick: sampling.pick })
  )
}

function list(field: Field, at: string, sampling: Sampling): unknown[] {
  const inner = { ...field, list: undefined } as unknown as Field
  const [by, values] = asksFor(field, sampling.asked)
  const count = values?.length ?? (at.includes('.') ? lengths.nested : lengths.root)
  return Array.from({ length: Math.min(count, longest) }, (_, index) => {
    const asked =
      values && by !== undefined ? new Map(sampling.asked).set(by, values[index]) : sampling.asked
    return single(inner, `${at}[${index}]`, { ...sampling, asked })
  }).filter((one) => one !== undefined)
}

/** The list in the request that this one answers element by element: `num_iids` for elements with a `num_iid`. */
function asksFor(
  { name, ref }: Field,
  asked: ReadonlyMap<string, unknown>,
): readonly [by: string | undefined, values: readonly unknown[] | undefined] {
  const candidates = ref === undefined ? [name] : fieldsOf(ref).map((field) => field.name)
  for (const one of candidates) {
    const values = asked.get(ref === undefined ? one : `${one}s`)
    if (Array.isArray(values) && values.length > 0) return [one, values]
  }
  return [undefined, undefined]
}

/** A value of the request as a field would hold it; `undefined` where it is of another kind. */
function reflected({ type, list }: Field, value: unknown): unknown {
  if (list || value === undefined || value === null || typeof value === 'object') return undefined
  const text = String(value)
  switch (type) {
    case 'Number':
      return /^-?(0|[1-9]\d{0,18})$/.test(text) ? value : undefined
    case 'Boolean':
      return typeof value === 'boolean' ? value : undefined
    case 'Date':
      return parseTime(text) === undefined ? undefined : text
    case 'Price':
      return /^\d+\.\d{2}$/.test(text) ? text : undefined
    case 'BigDecimal':
      return /^-?\d+(\.\d+)?$/.test(text) ? text : undefined
    case 'String':
      return text
    default:
      return undefined
  }
}

/** The values of a request by name, those in structures too; what stands higher wins. */
function flat(request: Structure): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  let level: unknown[] = [request]
  while (level.length > 0) {
    const below: unknown[] = []
    for (const part of level) {
      for (const [name, value] of Object.entries(part as object)) {
        if (name === 'fields') continue
        const isStructure =
          typeof value === 'object' && value !== null && !(value instanceof Uint8Array)
        if (isStructure && !Array.isArray(value) && !('bytes' in value)) below.push(value)
        else if (!values.has(name)) values.set(name, textList(name, value))
      }
    }
    level = below
  }
  return values
}

/** `num_iids: "1,2"` as the list that it is. */
const textList = (name: string, value: unknown) =>
  typeof value === 'string' && /(^|_)\w*ids$/.test(name) ? value.split(',') : value

/** JSON with sorted keys: the order in which parameters came does not matter. */
const stable = (value: Structure) =>
  JSON.stringify(value, (_, part) =>
    typeof part === 'object' && part !== null && !Array.isArray(part)
      ? part instanceof Uint8Array
        ? part.byteLength
        : Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  )

// --- requests ---

export interface RequestSampleOptions {
  /** Every parameter that is not removed, instead of the required ones alone. @default false */
  readonly all?: boolean
  /** @default '' */
  readonly seed?: string
}

/** Parameters of a call that a method accepts, as they travel. */
export function sampleRequest(
  row: MethodRow,
  { all = false, seed = '' }: RequestSampleOptions = {},
): WireArguments {
  const pick = pickBy(`${seed}/${row.name}`)
  const sent: Record<string, string | TopFile> = {}
  for (const parameter of row.params ?? []) {
    if (parameter.removed || !(all || (parameter.required && !row.requiredUnknown))) continue
    const value = sampleParameter(parameter, row, pick)
    if (value !== '') sent[parameter.name] = value
  }
  return sent
}

function sampleParameter(parameter: Parameter, row: MethodRow, pick: Pick): string | TopFile {
  const { name, type, list, ref } = parameter
  if (type === 'byte[]') return sampleFile
  if (name === 'fields') return parameter.example ?? fieldsAskedFor(parameter, row)
  if (ref !== undefined) {
    const value = writtenStructure(fieldsOf(ref), name, pick)
    return JSON.stringify(list || parameter.maxListSize !== undefined ? [value] : value)
  }
  if (!isScalar(type)) return list ? '[]' : '{}'
  const text = fitting(parameter, textOf(sampleScalar(parameter, { name, path: name, pick })))
  return list ? text.replaceAll(',', '') : text
}

const textOf = (value: unknown) => (value === undefined ? '' : String(value))

/** Cut and moved into the limits of a parameter. */
function fitting(
  { type, name, min, max, maxLength, default: standard }: Parameter,
  text: string,
): string {
  if (type === 'Number' || type === 'Price') {
    const value = Number(text)
    if (min !== undefined && value < min) return String(min)
    if (max !== undefined && value > max) return standard ?? String(max)
  }
  if (type === 'String' && maxLength !== undefined && text.length > maxLength) {
    // A moment or an address that is cut is none; a number will do.
    return /\d/.test(text) ? '1' : text.slice(0, maxLength)
  }
  return text === '' ? name : text
}

/** Some of the fields that the method answers. */
function fieldsAskedFor({ fieldOptions }: Parameter, { fields = [] }: MethodRow): string {
  const structures = fields.flatMap(({ ref }) => (ref === undefined ? [] : [fieldsOf(ref)]))
  const names =
    fieldOptions ?? structures[0]?.map(({ name }) => name) ?? fields.map(({ name }) => name)
  return names.slice(0, 5).join(',') || 'id'
}

/** A structure as people write it into JSON: lists are plain arrays there. */
function writtenStructure(fields: readonly Field[], path: string, pick: Pick): Structure {
  const result: Record<string, unknown> = {}
  for (const { list, ...field } of fields) {
    const { name, ref, type } = field
    const at = `${path}.${name}`
    const value =
      ref !== undefined
        ? writtenStructure(fieldsOf(ref), at, pick)
        : sampleScalar(field, { name, path: at, pick })
    if (value === undefined) {
      // Nobody knows what is in it, only that something must be.
      if (field.required) result[name] = list ? [] : {}
      continue
    }
    const written = type === 'Number' && ref === undefined ? Number(value) : value
    result[name] = list ? [written] : written
  }
  return result
}

/** The smallest PNG: one transparent point. */
const sampleFile: TopFile = {
  fileName: 'sample.png',
  contentType: 'image/png',
  bytes: Uint8Array.from(
    atob(
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==',
    ),
    (char) => char.charCodeAt(0),
  ),
}
