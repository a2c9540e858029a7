import type * as z from 'zod'
import {
  type AnyContract,
  type Body,
  below,
  checkJson,
  checkXml,
  errorNameOfWire,
  findMethod,
  isObject,
  type Mismatch,
  mismatch,
  type PlatformError,
  type PlatformErrorName,
  type ProfileName,
  parseTime,
  pathText,
  plainOf,
  platformErrors,
  profileNames,
  profiles,
  readBody,
  rootOf,
  shapeOfAnswer,
  structureIn,
  timestampWindow,
  valueAt,
  type WireShape,
} from '../../contracts/index.ts'
import type { Expected, ExpectedAnswer, ExpectedRefusal, Pattern } from './case.ts'
import { isSpaced, type RawAnswer, readText } from './read-answer.ts'

/** What an answer is judged by besides what is expected of it. */
export interface Judging {
  readonly profile: ProfileName
  readonly asksForGzip: boolean
  /** When the call was made, in milliseconds. */
  readonly now: number
}

export interface Judgement {
  readonly mismatches: readonly Mismatch[]
  /** What stands below the root, where it could be read: what later steps keep. */
  readonly value: unknown
}

/** Holds an answer against what is expected. */
export function judgeAnswer(raw: RawAnswer, expected: Expected, judging: Judging): Judgement {
  const isBatch = expected.outcome === 'batch'
  const format = isBatch || expected.outcome === 'pass' ? 'json' : (expected.format ?? 'json')
  const { text, mismatches } = readText(raw, format, judging.asksForGzip)
  if (text === undefined) return { mismatches, value: undefined }
  if (!isBatch) {
    const judged = judgeText(text, expected, judging)
    return { mismatches: [...mismatches, ...judged.mismatches], value: judged.value }
  }
  const parts = text.split(expected.separator ?? '\r\n-S-\r\n')
  if (parts.length !== expected.answers.length) {
    const count = mismatch('body', `${expected.answers.length} answers`, text)
    return { mismatches: [...mismatches, count], value: undefined }
  }
  const judged = expected.answers.flatMap((one, at) =>
    judgeText(parts[at] as string, one, judging).mismatches.map((found) => ({
      ...found,
      path: `answer ${at + 1}: ${found.path}`,
    })),
  )
  return { mismatches: [...mismatches, ...judged], value: undefined }
}

function judgeText(
  text: string,
  expected: Exclude<Expected, { outcome: 'batch' }>,
  judging: Judging,
): Judgement {
  const format = expected.outcome === 'pass' ? 'json' : (expected.format ?? 'json')
  const simplify = expected.outcome === 'answer' && expected.simplify === true
  const body = readBody(text, format, simplify)
  if ('path' in body) return { mismatches: [body], value: undefined }
  const spaced =
    format === 'json' && isSpaced(text) ? [mismatch('body', 'JSON without blanks', text)] : []
  const judged = judgeBody(body, expected, judging)
  return { ...judged, mismatches: [...spaced, ...judged.mismatches] }
}

function judgeBody(
  body: Body,
  expected: Exclude<Expected, { outcome: 'batch' }>,
  judging: Judging,
): Judgement {
  const isRefusal = body.root === 'error_response'
  if (expected.outcome === 'refusal') {
    if (isRefusal) return { mismatches: checkRefusal(body, expected, judging), value: undefined }
    const wanted = `error_response with ${codesIn(expected.error, judging.profile).join(' or ')}`
    return { mismatches: [mismatch('body', wanted, rootedIn(body))], value: undefined }
  }
  if (isRefusal && expected.outcome === 'pass') {
    const business: ExpectedRefusal = { outcome: 'refusal', error: ['business'] }
    return { mismatches: checkRefusal(body, business, judging), value: undefined }
  }
  if (isRefusal) {
    return { mismatches: [mismatch('body', 'an answer', rootedIn(body))], value: undefined }
  }
  const contract = findMethod(expected.method) as AnyContract
  return judgeSuccess(body, contract, { ...expected, outcome: 'answer' }, judging)
}

const rootedIn = (body: Body) =>
  body.format === 'json'
    ? { [body.root ?? '(no root)']: body.exact }
    : { [body.root]: plainOf(body.element, anything) }

/** For elements that no contract is at hand for: names and texts. */
const anything: WireShape = { kind: 'object', fields: new Map() }

// --- refusals ---

const isBusiness = (code: number) => code === 15 || code === 50 || code > 100

const codesIn = (names: ExpectedRefusal['error'], profile: ProfileName) =>
  names.map((name) =>
    name === 'business' ? 'a refusal of the method' : profiles[profile].errorCode(name),
  )

function checkRefusal(body: Body, expected: ExpectedRefusal, { profile }: Judging): Mismatch[] {
  const root = 'error_response'
  const parts: Readonly<Record<string, unknown>> =
    body.format === 'json'
      ? body.typed
      : Object.fromEntries(body.element.children.map(({ name, text }) => [name, text]))
  const { code, msg, sub_code, request_id } = parts
  const found: Mismatch[] = []
  const name =
    typeof code === 'number' || typeof code === 'string' ? errorNameOfWire(code) : undefined
  const writers = expected.withoutApp ? profileNames : [profile]
  if (!writers.some((one) => isExpectedCode(code, name, expected.error, one, body.format))) {
    const type = body.format === 'json' && profile === 'production' ? ', as number' : ''
    const wanted = codesIn(expected.error, profile).join(' or ')
    found.push(mismatch(below(root, 'code'), `${wanted}${type}`, refusalText(parts)))
  } else if (name && !msgsOf(name).some((one) => one.test(String(msg)))) {
    found.push(mismatch(below(root, 'msg'), String(platformErrors[name].msg), msg))
  }
  if (typeof msg !== 'string' || msg === '') found.push(mismatch(below(root, 'msg'), 'a text', msg))
  if (expected.parameter !== undefined && !String(msg).endsWith(`:${expected.parameter}`)) {
    found.push(mismatch(below(root, 'msg'), `the name "${expected.parameter}" behind a colon`, msg))
  }
  const wantsSubCode =
    expected.subCode !== undefined ||
    name === 'invalid-session' ||
    expected.error.includes('business')
  if (wantsSubCode || sub_code !== undefined) {
    const isThere = typeof sub_code === 'string' && sub_code !== ''
    if (!isThere || !sub_code.startsWith(expected.subCode ?? '')) {
      found.push(mismatch(below(root, 'sub_code'), expected.subCode ?? 'a text', sub_code))
    }
  }
  return [...found, ...checkRequestId(request_id, root)]
}

const refusalText = ({ code, msg, sub_code }: Readonly<Record<string, unknown>>) => ({
  code,
  msg,
  ...(sub_code !== undefined && { sub_code }),
})

function isExpectedCode(
  code: unknown,
  name: PlatformErrorName | undefined,
  expected: ExpectedRefusal['error'],
  profile: ProfileName,
  format: 'json' | 'xml',
): boolean {
  if (name === undefined) return false
  const asWritten = profiles[profile].errorCode(name)
  const isWritten = format === 'xml' ? String(asWritten) === code : asWritten === code
  const isMeant =
    expected.includes(name) ||
    (expected.includes('business') && isBusiness(platformErrors[name].code))
  return isWritten && isMeant
}

/** The messages that an error of the table travels with; each `{hole}` stands for some text. */
function msgsOf(name: PlatformErrorName): RegExp[] {
  const row: PlatformError = platformErrors[name]
  const texts = [row.msg, ...Object.values(row.kinds ?? {}).flatMap(({ msg }) => msg ?? [])]
  return texts.map((text) => {
    const parts = text.split(/\{\w+\}/).map((one) => one.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'))
    return new RegExp(`^${parts.join('.+')}$`, 's')
  })
}

function checkRequestId(value: unknown, root: string): Mismatch[] {
  const isId = typeof value === 'string' && value !== ''
  return isId ? [] : [mismatch(below(root, 'request_id'), 'a text', value)]
}

// --- answers ---

function judgeSuccess(
  body: Body,
  contract: AnyContract,
  expected: ExpectedAnswer,
  judging: Judging,
): Judgement {
  const whole = shapeOfAnswer(contract)
  const shape = withoutEnvelope(whole)
  const root = body.root ?? ''
  const found: Mismatch[] = []
  const wanted = expected.simplify ? undefined : rootOf(contract)
  if (body.root !== wanted) {
    const mine = wanted === undefined ? 'no root' : `the root "${wanted}"`
    return { mismatches: [mismatch('body', mine, body.root)], value: undefined }
  }
  const value = body.format === 'json' ? body.exact : (plainOf(body.element, shape) as object)
  if (body.format === 'xml') found.push(...checkXml(body.element, shape, root))
  else found.push(...checkJson(body.typed, shape, root, expected.simplify))
  const parts = value as Readonly<Record<string, unknown>>
  found.push(...checkRequestId(parts.request_id, root))
  found.push(...checkCode(parts.code, whole, root, judging.profile, body.format))
  if (found.length === 0 && body.format === 'json' && !expected.simplify) {
    found.push(...checkSchema(body.exact, contract, root))
  }
  found.push(...checkWishes(value, expected, shape, contract, judging, root))
  return { mismatches: found, value }
}

/** At the root these are the gateway's own, whatever a method's fields are called. */
const envelope = ['code', 'msg', 'sub_code', 'sub_msg', 'request_id']

const withoutEnvelope = (shape: WireShape): WireShape =>
  shape.kind === 'object' && envelope.some((name) => shape.fields.has(name))
    ? { ...shape, fields: new Map([...shape.fields].filter(([name]) => !envelope.includes(name))) }
    : shape

/** `code` inside an answer: the guide's addition, and 0. */
function checkCode(
  code: unknown,
  shape: WireShape,
  root: string,
  profile: ProfileName,
  format: 'json' | 'xml',
): Mismatch[] {
  if (shape.kind === 'object' && shape.fields.has('code')) return []
  const { successCode } = profiles[profile]
  const written = format === 'xml' && successCode !== undefined ? String(successCode) : successCode
  const words = written === undefined ? 'no code in an answer' : `code ${written}`
  return code === written ? [] : [mismatch(below(root, 'code'), words, code)]
}

/** What a hand-written contract promises beyond types: fields that must be there. */
function checkSchema(value: object, contract: AnyContract, root: string): Mismatch[] {
  if ((contract.tier ?? 'stateful') !== 'stateful') return []
  const { error } = (contract.response as z.ZodType).safeParse(value)
  return (error?.issues ?? []).map(({ path, message }) => {
    const place = pathText(path)
    return mismatch(below(root, place), message, valueAt(value, place))
  })
}

function checkWishes(
  value: unknown,
  expected: ExpectedAnswer,
  shape: WireShape,
  contract: AnyContract,
  { now }: Judging,
  root: string,
): Mismatch[] {
  const { holds, present = [], absent = [], differs = {}, fields } = expected
  return [
    ...(holds === undefined ? [] : compare(value, holds, root)),
    ...present.flatMap((path) =>
      valueAt(value, path) === undefined
        ? [mismatch(below(root, path), 'something', undefined)]
        : [],
    ),
    ...absent.flatMap((path) => {
      const there = valueAt(value, path)
      return there === undefined ? [] : [mismatch(below(root, path), 'nothing', there)]
    }),
    ...Object.entries(differs).flatMap(([path, other]) =>
      String(valueAt(value, path)) === other
        ? [mismatch(below(root, path), 'another value than before', other)]
        : [],
    ),
    ...(expected.now ?? []).flatMap((path) => {
      const text = valueAt(value, path)
      const moment = typeof text === 'string' ? parseTime(text) : undefined
      const isNear = moment !== undefined && Math.abs(moment - now) <= timestampWindow
      return isNear ? [] : [mismatch(below(root, path), 'a moment near now', text)]
    }),
    ...(fields === undefined ? [] : checkFields(value, fields, shape, contract, root)),
  ]
}

/** The structures at the root hold what was asked for and nothing else. */
function checkFields(
  value: unknown,
  asked: readonly string[],
  shape: WireShape,
  contract: AnyContract,
  root: string,
): Mismatch[] {
  if (shape.kind !== 'object') return []
  const found: Mismatch[] = []
  let some = 0
  for (const [name, inner] of shape.fields) {
    const known = structureIn(inner)
    const at = below(root, name)
    // Only where the structure has what was asked for: others may wrap it.
    if (!known || !asked.some((one) => known.has(one))) continue
    for (const structure of structuresAt((value as Record<string, unknown>)[name], inner)) {
      for (const field of Object.keys(structure)) {
        if (asked.includes(field)) some++
        else found.push(mismatch(below(at, field), `only ${asked.join(', ')}`, structure[field]))
      }
    }
  }
  const mustBeThere = (contract.tier ?? 'stateful') === 'stateful'
  if (mustBeThere && some === 0) {
    found.push(mismatch(root, `some of ${asked.join(', ')}`, value))
  }
  return found
}

function structuresAt(value: unknown, shape: WireShape): readonly Record<string, unknown>[] {
  if (!isObject(value)) return []
  if (shape.kind !== 'list') return [value]
  const elements = value[shape.element]
  return Array.isArray(elements) ? elements.filter(isObject) : []
}

/** A part of an answer. Values are compared as texts: their types are the shape's business. */
function compare(value: unknown, pattern: Pattern, path: string): Mismatch[] {
  if (Array.isArray(pattern)) {
    const list = pattern as readonly Pattern[]
    if (!Array.isArray(value) || value.length !== list.length) {
      return [mismatch(path, `${list.length} elements`, value)]
    }
    return list.flatMap((one, at) => compare(value[at], one, below(path, at)))
  }
  if (typeof pattern === 'object') {
    if (!isObject(value)) return [mismatch(path, 'an object', value)]
    return Object.entries(pattern).flatMap(([name, one]) =>
      compare(value[name], one, below(path, name)),
    )
  }
  return value !== undefined && String(value) === String(pattern)
    ? []
    : [mismatch(path, JSON.stringify(pattern), value)]
}
