import { problemsOfAnswer } from '../answers.ts'
import { defaultWorld } from '../default-world.ts'
import { type AnyContract, shapeOfAnswer } from '../define-method.ts'
import { findError } from '../error-reference.ts'
import { answerOf, type KeptAnswer } from '../exchanges/answer-of.ts'
import type { ExchangeLine } from '../exchanges/exchange-lines.ts'
import { wrapped } from '../exchanges/usage.ts'
import { Rejection } from '../protocol/errors.ts'
import { isSystemParameter } from '../protocol/parameters.ts'
import type { WireShape } from '../protocol/wire-shape.ts'
import { findMethod } from '../registry.ts'
import type { RuleSeed } from '../rule.ts'
import type { ScenarioSeed } from '../scenario.ts'
import { itemSeed, type WorldSeed } from '../world.ts'
import { envelopeFields } from './answer-paths.ts'

type Fields = Readonly<Record<string, unknown>>

/** What was made of a recording, and what could not be. */
export interface Made<T> {
  readonly made: T
  /** Each in a sentence. */
  readonly notes: readonly string[]
}

/**
 * A world that answers as was recorded: items go into the shop where they are whole, and the first answer
 * of every method that only has samples becomes its fixed answer. Apps, sellers and sessions are those of
 * the default world: the recorded ones are masked.
 */
export function worldFrom(exchanges: readonly ExchangeLine[]): Made<WorldSeed> {
  const notes = new Set<string>()
  const answers: Record<string, Fields> = {}
  const items = new Map<string, Fields>()
  const nick = defaultWorld.sellers?.[0]?.nick as string
  for (const exchange of exchanges) {
    const known = successOf(exchange)
    if (!known) continue
    const { contract, fields } = known
    const { name, tier = 'stateful' } = contract
    if (tier === 'stateful') {
      for (const item of itemsIn(fields)) addItem(item, nick, items, notes)
      continue
    }
    if (Object.hasOwn(answers, name)) continue
    const { answer, left } = acceptable(contract, fields)
    for (const path of left) {
      notes.add(`${name}: ${path} was left out, which the contract does not know so`)
    }
    if (answer) answers[name] = answer
    else notes.add(`${name}: its answer breaks the contract and was left out`)
  }
  const { apps, sellers, sessions } = defaultWorld
  return {
    made: {
      profile: 'production',
      apps: apps ?? [],
      sellers: sellers ?? [],
      sessions: sessions ?? [],
      items: [...items.values()] as NonNullable<WorldSeed['items']>,
      answers,
    },
    notes: [...notes],
  }
}

interface Success {
  readonly contract: AnyContract
  readonly fields: Fields
}

/** A recorded answer with its lists wrapped and its values typed, the envelope taken away. */
function successOf(exchange: ExchangeLine): Success | undefined {
  const contract = exchange.method === null ? undefined : findMethod(exchange.method)
  if (!contract) return undefined
  const answer = answerOf(exchange, contract)
  return answer.kind === 'success' ? { contract, fields: fieldsOf(answer, contract) } : undefined
}

function fieldsOf(
  { value, body, simplified }: Extract<KeptAnswer, { kind: 'success' }>,
  contract: AnyContract,
): Fields {
  const shape = shapeOfAnswer(contract)
  const whole =
    body.format === 'xml'
      ? (typed(wrapped(value, shape), shape) as Fields)
      : simplified
        ? wrapped(value, shape)
        : value
  return Object.fromEntries(Object.entries(whole).filter(([name]) => !envelopeFields.has(name)))
}

/** In XML every value is a text. */
function typed(value: unknown, shape: WireShape): unknown {
  if (shape.kind === 'value') {
    if (typeof value !== 'string') return value
    if (shape.type === 'Boolean') return value === 'true'
    const isNumber = shape.type === 'Number' || shape.type === 'Long'
    return isNumber && Number.isSafeInteger(Number(value)) ? Number(value) : value
  }
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => {
      if (shape.kind === 'list') {
        return [name, (part as unknown[]).map((one) => typed(one, shape.of))]
      }
      const below = shape.fields.get(name)
      return [name, below ? typed(part, below) : part]
    }),
  )
}

function itemsIn({ item, items }: Fields): readonly Fields[] {
  const list = (items as { item?: unknown } | undefined)?.item
  return [item, ...(Array.isArray(list) ? list : [])].filter(
    (one): one is Fields => typeof one === 'object' && one !== null && 'num_iid' in one,
  )
}

function addItem(item: Fields, nick: string, into: Map<string, Fields>, notes: Set<string>): void {
  const id = String(item.num_iid)
  const before = into.get(id)
  const whole: Fields = { ...before, ...item, num_iid: id, nick }
  if (itemSeed.safeParse(whole).success) into.set(id, whole)
  else if (!before) {
    notes.add(
      `item ${id} is not whole (title, price, num), or has fields of another kind: left out`,
    )
  }
}

/** An answer without what its contract does not know; `undefined` where nothing helps. */
function acceptable(contract: AnyContract, fields: Fields) {
  const answer = structuredClone(fields) as Record<string, unknown>
  const left: string[] = []
  for (let tries = 0; tries < 200; tries++) {
    const [problem] = problemsOfAnswer(contract, answer)
    if (!problem) return { answer, left }
    const at = problem.path.findLastIndex((part) => typeof part === 'string')
    if (at < 0) break
    let parent: unknown = answer
    for (const part of problem.path.slice(0, at)) parent = (parent as Fields)[part]
    delete (parent as Record<string, unknown>)[problem.path[at] as string]
    left.push(problem.path.filter((part) => typeof part === 'string').join('.'))
  }
  return { answer: undefined, left: [] }
}

/**
 * A scenario that answers as was recorded, errors and what breaks the contract included: a rule for every
 * call, by its parameters. A call that was recorded several times is answered in the same order, and then
 * as the last time.
 */
export function scenarioFrom(
  exchanges: readonly ExchangeLine[],
  title: string,
): Made<ScenarioSeed> {
  const notes = new Set<string>()
  const calls = new Map<string, RecordedCall>()
  for (const exchange of exchanges) {
    if (exchange.method === null || !exchange.request) continue
    const then = effectOf(exchange, notes)
    if (!then) continue
    const params = matchedParams(exchange, notes)
    const when = { method: exchange.method, ...(params && { params }) }
    const key = JSON.stringify(when)
    const call: RecordedCall = calls.get(key) ?? { when, thens: [] }
    calls.set(key, call)
    call.thens.push(then)
  }
  const rules = [...calls.values()]
    // What asks for more decides first.
    .sort((a, b) => paramCount(b.when) - paramCount(a.when))
    .flatMap(({ when, thens }) => rulesOf(when, thens))
  return { made: { title, profile: 'production', rules }, notes: [...notes] }
}

type Effect = RuleSeed['then']

/** What was called, and what came of it each time. */
interface RecordedCall {
  readonly when: RuleSeed['when'] & object
  readonly thens: Effect[]
}

const paramCount = ({ params = {} }: RuleSeed['when'] & object) => Object.keys(params).length

function rulesOf(when: RuleSeed['when'] & object, thens: readonly Effect[]): RuleSeed[] {
  const isSame = thens.every((then) => JSON.stringify(then) === JSON.stringify(thens[0]))
  if (isSame) return [{ when, then: thens[0] as Effect, times: 'always' }]
  return thens.map((then, at) =>
    at === thens.length - 1
      ? { when: { ...when, call: { from: at + 1 } }, then }
      : { when: { ...when, call: at + 1 }, then },
  )
}

function effectOf(exchange: ExchangeLine, notes: Set<string>): Effect | undefined {
  const contract = findMethod(exchange.method ?? '')
  if (!contract) {
    notes.add(`${exchange.method} is no method of the catalogue: no rule`)
    return undefined
  }
  const answer = answerOf(exchange, contract)
  if (answer.kind === 'success') {
    return { answer: fieldsOf(answer, contract) as never }
  }
  if (answer.kind === 'error') {
    const reference =
      String(answer.code) + (answer.subCode === undefined ? '' : `/${answer.subCode}`)
    if (findError(reference) instanceof Rejection) return { refuse: reference }
    notes.add(`${contract.name}: the error ${reference} is not known here: no rule`)
    return undefined
  }
  notes.add(`exchange ${exchange.id} of ${contract.name}: ${answer.why}: no rule`)
  return undefined
}

/** Longer texts make rules that nobody can read. */
const longestMatch = 500

/** The parameters by which a call is known again: a masked one comes with another value in life. */
function matchedParams(
  { request, masked = [], method }: ExchangeLine,
  notes: Set<string>,
): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [name, value] of Object.entries(request?.params ?? {})) {
    if (isSystemParameter(name) || value === '') continue
    const place = `request.${name}`
    const isMasked = masked.some(
      (one) => one === place || (/^[.[]/.test(one.slice(place.length)) && one.startsWith(place)),
    )
    if (isMasked) {
      notes.add(`${method}: ${name} is masked, so the rule takes any value`)
      continue
    }
    if (value.length <= longestMatch) params[name] = value
  }
  return Object.keys(params).length > 0 ? params : undefined
}
