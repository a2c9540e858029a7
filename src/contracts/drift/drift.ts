import { checkJson, checkXml } from '../answer-shape/shape-check.ts'
import { type AnyContract, rootOf, shapeOfAnswer } from '../define-method.ts'
import { answerOf, type KeptAnswer } from '../exchanges/answer-of.ts'
import type { ExchangeLine } from '../exchanges/exchange-lines.ts'
import { usageOf } from '../exchanges/usage.ts'
import type { LockFile } from '../lock/lock.ts'
import { nearest } from '../near.ts'
import { errorNameOfWire, kindOf } from '../protocol/errors.ts'
import { findMethod, methodNames } from '../registry.ts'
import { answerPaths, kindOfValue, parentOf, placeIn } from './answer-paths.ts'

export const driftKinds = [
  'unknown-method',
  'unreadable',
  'root',
  'type',
  'missing-field',
  'new-field',
  'unseen-error',
  'mock-refuses',
  'mock-accepts',
  'mock-lacks',
  'mock-adds',
] as const
export type DriftKind = (typeof driftKinds)[number]

/** Something in which recorded answers and what is expected of them differ. */
export interface DriftFinding {
  readonly kind: DriftKind
  /** What the answer was held against. */
  readonly against: 'contract' | 'mock'
  readonly method: string
  /** The place in the answer below its root; empty for the whole. */
  readonly path: string
  readonly expected: string
  readonly received: string
  /** Whether the integration uses it. */
  readonly severity: 'used' | 'unused'
  /** The exchanges that show it, the first ones. */
  readonly exchanges: readonly string[]
  /** How many show it. */
  readonly count: number
}

/** Which parts of answers an integration uses. */
export interface UsedParts {
  /** Whether anything is used there or below, or a structure is used that holds it. */
  isUsed(method: string, path: string): boolean
  /** What this call should have brought, as far as it is known. */
  expectedOf(exchange: ExchangeLine): readonly string[]
}

/** By the lock, where there is one; else by what the recorded calls have asked for themselves. */
export function usedParts(exchanges: readonly ExchangeLine[], lock?: LockFile): UsedParts {
  const byMethod = new Map<string, Set<string>>()
  const own = new Map<ExchangeLine, readonly string[]>()
  if (lock) {
    for (const [method, { fields }] of Object.entries(lock.methods)) {
      byMethod.set(method, new Set(Object.keys(fields)))
    }
  }
  for (const exchange of exchanges) {
    const { method } = exchange
    if (method === null) continue
    const asked = usageOf({ ...exchange, response: null })?.fields ?? []
    if (!lock) {
      const used = byMethod.get(method) ?? new Set<string>()
      byMethod.set(method, used)
      // Where nothing was asked for, what came is what there was to use.
      for (const path of usageOf(exchange)?.fields ?? []) used.add(path)
      own.set(exchange, asked)
      continue
    }
    const locked = [...(byMethod.get(method) ?? [])]
    const asksAll = exchange.request?.params.fields === undefined
    own.set(exchange, asksAll ? locked : locked.filter((path) => asked.includes(path)))
  }
  const isWithin = (inner: string, outer: string) =>
    inner === outer || inner.startsWith(`${outer}.`) || inner.startsWith(`${outer}[]`)
  return {
    isUsed: (method, path) =>
      path === '' ||
      [...(byMethod.get(method) ?? [])].some((one) => isWithin(one, path) || isWithin(path, one)),
    expectedOf: (exchange) => own.get(exchange) ?? [],
  }
}

/** Findings of one kind and place become one. */
export function createFindings(used: UsedParts) {
  const found = new Map<string, DriftFinding & { exchanges: string[]; count: number }>()
  return {
    add(
      exchange: ExchangeLine,
      finding: Pick<DriftFinding, 'kind' | 'path' | 'expected' | 'received'> & {
        readonly against?: DriftFinding['against']
        readonly isUsed?: boolean
      },
    ): void {
      const { isUsed, against = 'contract', ...rest } = finding
      const method = exchange.method ?? '(no method)'
      const key = [rest.kind, method, rest.path, rest.expected, against].join('\n')
      const before = found.get(key)
      if (before) {
        before.count++
        if (before.exchanges.length < 5) before.exchanges.push(exchange.id)
        return
      }
      const severity = (isUsed ?? used.isUsed(method, rest.path)) ? 'used' : 'unused'
      found.set(key, { ...rest, against, method, severity, exchanges: [exchange.id], count: 1 })
    },
    has: (method: string, path: string) =>
      [...found.values()].some((one) => one.method === method && one.path === path),
    list: (): DriftFinding[] =>
      [...found.values()].sort(
        (a, b) =>
          Number(b.severity === 'used') - Number(a.severity === 'used') ||
          order(a.method, b.method) ||
          driftKinds.indexOf(a.kind) - driftKinds.indexOf(b.kind) ||
          order(a.path, b.path),
      ),
  }
}
export type Findings = ReturnType<typeof createFindings>

const order = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)

/** Holds recorded answers against the contracts. */
export function compareWithContracts(
  exchanges: readonly ExchangeLine[],
  used: UsedParts,
  into: Findings,
): void {
  const seen = new Map<string, Presence>()
  for (const exchange of exchanges) {
    const { method } = exchange
    if (method === null) continue
    const contract = findMethod(method)
    if (!contract) {
      const near = nearest(method, methodNames())
      into.add(exchange, {
        kind: 'unknown-method',
        path: '',
        expected: `a method of the catalogue${near ? ` (did you mean ${near}?)` : ''}`,
        received: method,
      })
      continue
    }
    const answer = answerOf(exchange, contract)
    if (answer.kind === 'unreadable') {
      into.add(exchange, {
        kind: 'unreadable',
        path: '',
        expected: 'an answer of the platform',
        received: answer.why,
      })
    }
    if (answer.kind === 'error') checkError(exchange, answer, contract, into)
    if (answer.kind === 'success') checkSuccess(exchange, answer, contract, { used, into, seen })
  }
  for (const { exchange, path, wasThere } of seen.values()) {
    if (wasThere) continue
    into.add(exchange, {
      kind: 'missing-field',
      path,
      expected: 'the field, which was asked for or is locked',
      received: 'nothing, in every answer',
    })
  }
}

/** Whether a field that should be there has been seen. */
interface Presence {
  readonly exchange: ExchangeLine
  readonly path: string
  wasThere: boolean
}

function checkError(
  exchange: ExchangeLine,
  { code, subCode }: Extract<KeptAnswer, { kind: 'error' }>,
  contract: AnyContract,
  into: Findings,
): void {
  const add = (expected: string, received: string) =>
    into.add(exchange, { kind: 'unseen-error', path: received, expected, received, isUsed: true })
  if (errorNameOfWire(code) === undefined) {
    add('a code of the error table', subCode === undefined ? `${code}` : `${code}/${subCode}`)
  } else if (
    subCode !== undefined &&
    !kindOf(code, subCode) &&
    !Object.hasOwn(contract.errors, subCode)
  ) {
    add('a sub_code of the error table or the contract', `${code}/${subCode}`)
  }
}

function checkSuccess(
  exchange: ExchangeLine,
  answer: Extract<KeptAnswer, { kind: 'success' }>,
  contract: AnyContract,
  {
    used,
    into,
    seen,
  }: { readonly used: UsedParts; readonly into: Findings; readonly seen: Map<string, Presence> },
): void {
  const root = rootOf(contract)
  if (!answer.simplified && answer.root !== root) {
    const received = `the root ${answer.root}`
    into.add(exchange, { kind: 'root', path: '', expected: `the root ${root}`, received })
    return
  }
  const { tier = 'stateful' } = contract
  if (tier === 'request-only' || tier === 'name-only') return
  const shape = shapeOfAnswer(contract)
  const { body } = answer
  const mismatches =
    body.format === 'json'
      ? checkJson(body.typed, shape, '', answer.simplified)
      : checkXml(body.element, shape, '')
  for (const { path, expected, received } of mismatches) {
    const place = placeIn(shape, path)
    into.add(exchange, { kind: 'type', path: place, expected, received: kindIn(received) })
  }
  const { known, unknown } = answerPaths(answer.value, shape)
  const asked = askedNames(exchange)
  for (const [path, value] of unknown) {
    into.add(exchange, {
      kind: 'new-field',
      path,
      expected: 'nothing: the contract has no such field',
      received: kindOfValue(value),
      isUsed: asked.has(path.split('.').at(-1) ?? ''),
    })
  }
  for (const path of used.expectedOf(exchange)) {
    const parent = parentOf(path)
    if (parent !== '' && !known.has(parent)) continue
    const key = `${exchange.method}\n${path}`
    const presence = seen.get(key) ?? { exchange, path, wasThere: false }
    seen.set(key, presence)
    if (known.has(path)) presence.wasThere = true
  }
}

/** Values are masked, but their kind is enough. */
function kindIn(received: string): string {
  try {
    return kindOfValue(JSON.parse(received))
  } catch {
    return received.startsWith('"') ? 'a text' : received
  }
}

const askedNames = ({ request }: ExchangeLine): ReadonlySet<string> =>
  new Set(
    (request?.params.fields ?? '')
      .split(',')
      .map((field) => field.trim().split('.').at(-1) ?? '')
      .filter((name) => name !== ''),
  )
