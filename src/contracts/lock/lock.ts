import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { ExchangeLine } from '../exchanges/exchange-lines.ts'
import { usageOf } from '../exchanges/usage.ts'
import { nearest } from '../near.ts'
import { problemsOf } from '../problems.ts'
import { presentMethod } from './facts.ts'

const entry = z.strictObject({
  /** What the contract said when it was locked. */
  is: z.string(),
  /** Of the method, the place and `is`: says whether the entry was changed by hand. */
  hash: z.string(),
  /** The first exchange that used it: file and number. */
  usedBy: z.string(),
})

const lockedMethod = z.strictObject({
  session: z.string(),
  /** The key under which the method answers. */
  root: z.string(),
  status: z.string(),
  /** Parameters that had to be sent, whether or not they were. */
  required: z.array(z.string()),
  hash: z.string(),
  usedBy: z.string(),
  parameters: z.record(z.string(), entry),
  fields: z.record(z.string(), entry),
})
type LockedMethod = z.output<typeof lockedMethod>

/** `localtop.lock.json`: the parts of the platform's contract that an integration has used. */
export const lockFile = z.strictObject({
  $schema: z.string().optional(),
  format: z.literal('localtop-lock'),
  version: z.literal(1),
  methods: z.record(z.string(), lockedMethod),
})
export type LockFile = z.output<typeof lockFile>

/** A lock cannot be used, or there is nothing to lock. */
export class LockError extends Error {
  override readonly name = 'LockError'
}

/** An exchange, and the file or gateway that it comes from. */
export interface SourcedExchange {
  readonly source: string
  readonly exchange: ExchangeLine
}

export interface Locking {
  readonly lock: LockFile
  /** Exchanges that used something of a known method. */
  readonly exchanges: number
  /** What could not be locked, each in a sentence. */
  readonly notes: readonly string[]
}

/**
 * Locks what exchanges have used, as the present contracts say it.
 *
 * @throws LockError where they used nothing: a lock of nothing would never fail
 */
export function lockOf(sourced: readonly SourcedExchange[]): Locking {
  const uses = new Map<string, MethodUse>()
  const notes = new Set<string>()
  let used = 0
  for (const { source, exchange } of sourced) {
    const { method } = exchange
    const usage = usageOf(exchange)
    const by = `${source}#${exchange.id}`
    if (method === null || !usage) {
      const note = whyNotLocked(exchange, by)
      if (note !== undefined) notes.add(note)
      continue
    }
    used++
    for (const name of usage.unknown ?? []) {
      notes.add(`${method} has no parameter "${name}": not locked (first in ${by})`)
    }
    if (usage.cut) {
      notes.add(`${by}: the answer of ${method} is not kept whole; what it carried is not locked`)
    }
    const of = uses.get(method) ?? { usedBy: by, parameters: new Map(), fields: new Map() }
    uses.set(method, of)
    for (const path of usage.parameters) if (!of.parameters.has(path)) of.parameters.set(path, by)
    for (const path of usage.fields) if (!of.fields.has(path)) of.fields.set(path, by)
  }
  if (uses.size === 0) {
    const why = sourced.length === 0 ? 'there are none' : [...notes][0]
    throw new LockError(
      `the exchanges used no method of the platform (${why ?? 'none names one'}): a lock of nothing would never fail`,
    )
  }
  const methods = Object.fromEntries(
    [...uses]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([method, use]) => [method, lockMethod(method, use)]),
  )
  return {
    lock: { format: 'localtop-lock', version: 1, methods },
    exchanges: used,
    notes: [...notes].sort(),
  }
}

interface MethodUse {
  readonly usedBy: string
  /** The first exchange that used each. */
  readonly parameters: Map<string, string>
  readonly fields: Map<string, string>
}

function whyNotLocked({ method, gate, request }: ExchangeLine, by: string): string | undefined {
  if (method === null) return `${by} names no method: not locked`
  if (!presentMethod(method)) return `"${method}" is no method of the platform: not locked (${by})`
  if (gate === 'signature') return `${by} was refused for its sign: not locked`
  return request ? undefined : `${by} is kept without what was sent: not locked`
}

function lockMethod(method: string, use: MethodUse): LockedMethod {
  const present = presentMethod(method) as NonNullable<ReturnType<typeof presentMethod>>
  const { session, root, status, required } = present
  const entries = (part: 'parameter' | 'field', paths: ReadonlyMap<string, string>) =>
    Object.fromEntries(
      [...paths]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .flatMap(([path, usedBy]) => {
          const is = present[part](path)
          return is === undefined
            ? []
            : [[path, { is, hash: hashOf(method, part, path, is), usedBy }]]
        }),
    )
  return {
    session,
    root,
    status,
    required: [...required],
    hash: methodHash(method, { session, root, status, required }),
    usedBy: use.usedBy,
    parameters: entries('parameter', use.parameters),
    fields: entries('field', use.fields),
  }
}

const hashOf = (...parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 16)

const methodHash = (
  method: string,
  {
    session,
    root,
    status,
    required,
  }: Pick<LockedMethod, 'session' | 'root' | 'status'> & {
    readonly required: readonly string[]
  },
) => hashOf(method, session, root, status, required)

/** Two locks in one: what both have is as the second says. */
export function mergeLocks(first: LockFile, second: LockFile): LockFile {
  const methods: Record<string, LockedMethod> = { ...first.methods }
  for (const [name, locked] of Object.entries(second.methods)) {
    const before = methods[name]
    methods[name] = {
      ...locked,
      parameters: sorted({ ...before?.parameters, ...locked.parameters }),
      fields: sorted({ ...before?.fields, ...locked.fields }),
    }
  }
  return { ...first, methods: sorted(methods) }
}

const sorted = <T>(record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)))

/** A lock as it is kept: the same for the same use. */
export const lockText = (lock: LockFile): string => JSON.stringify(lock, null, 2)

/** @throws LockError for a text that is no lock, of another version, cut, changed by hand, or of nothing */
export function readLock(text: string): LockFile {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch (error) {
    const isCut =
      text.trim() === '' ||
      /end of JSON|Unterminated|after property value|end of data/i.test((error as Error).message)
    throw new LockError(
      isCut ? 'is cut: it ends in the middle' : `is no JSON: ${(error as Error).message}`,
    )
  }
  const { format, version } = (typeof value === 'object' ? (value ?? {}) : {}) as {
    format?: unknown
    version?: unknown
  }
  if (format !== 'localtop-lock') {
    throw new LockError('is no lock: "format": "localtop-lock" expected')
  }
  if (version !== 1) {
    throw new LockError(
      `is a lock of version ${String(version)}, and this LocalTOP reads version 1; write it again with localtop lock`,
    )
  }
  const { data, error } = lockFile.safeParse(value)
  if (error) {
    const [problem] = problemsOf(error)
    throw new LockError(`${problem?.path}: ${problem?.message}`)
  }
  const changed = changedByHand(data)
  if (changed !== undefined) {
    throw new LockError(
      `${changed} does not fit its hash: changed by hand, or merged badly; write it again with localtop lock`,
    )
  }
  if (Object.keys(data.methods).length === 0) {
    throw new LockError('locks no method: a check of nothing is never green')
  }
  return data
}

function changedByHand({ methods }: LockFile): string | undefined {
  for (const [method, locked] of Object.entries(methods)) {
    if (methodHash(method, locked) !== locked.hash) return `methods.${method}`
    for (const [part, entries] of partsOf(locked)) {
      for (const [path, { is, hash }] of Object.entries(entries)) {
        if (hashOf(method, part, path, is) !== hash) return `${method}, ${part} ${path},`
      }
    }
  }
  return undefined
}

const partsOf = ({ parameters, fields }: LockedMethod) =>
  [
    ['parameter', parameters],
    ['field', fields],
  ] as const

/** A used part of the contract that is not what it was. */
export interface LockChange {
  readonly method: string
  /** `method`, `session`, `root`, `status`, `parameter title`, `field item.num_iid`. */
  readonly part: string
  readonly was: string
  readonly is: string
  /** The exchange that used it. */
  readonly usedBy: string
}

/** What has changed of what is locked, against the present contracts. */
export function lockChanges({ methods }: LockFile): LockChange[] {
  return Object.entries(methods).flatMap(([method, locked]) => changesOf(method, locked))
}

function changesOf(method: string, locked: LockedMethod): LockChange[] {
  const present = presentMethod(method)
  const { usedBy } = locked
  if (!present) {
    return [
      {
        method,
        part: 'method',
        was: `there (${locked.status})`,
        is: 'no method of the platform',
        usedBy,
      },
    ]
  }
  const changes: LockChange[] = []
  for (const part of ['session', 'root', 'status'] as const) {
    if (present[part] !== locked[part]) {
      changes.push({ method, part, was: locked[part], is: present[part], usedBy })
    }
  }
  for (const [part, entries] of partsOf(locked)) {
    for (const [path, { is: was, usedBy: by }] of Object.entries(entries)) {
      const is = present[part](path)
      if (is === was) continue
      changes.push({
        method,
        part: `${part} ${path}`,
        was,
        is: is ?? `no ${part}${meant(present.beside(part, path), path)}`,
        usedBy: by,
      })
    }
  }
  // A parameter that was never sent and must be now refuses every call.
  for (const name of present.required) {
    if (locked.required.includes(name)) continue
    const plain = name.replace(/ \(.*\)$/, '')
    if (Object.hasOwn(locked.parameters, plain)) continue
    changes.push({
      method,
      part: `parameter ${plain}`,
      was: 'not required',
      is: `required${name.slice(plain.length)}, and never sent`,
      usedBy,
    })
  }
  return changes
}

function meant(names: readonly string[], path: string): string {
  const near = nearest(path.split('.').at(-1) ?? path, names)
  return near === undefined ? '' : ` (did you mean ${near}?)`
}

/** A change in one line. */
export function lockChangeText({ method, part, was, is, usedBy }: LockChange): string {
  const hash = usedBy.lastIndexOf('#')
  return `${method}, ${part}: was ${was}; is ${is} (used by exchange ${usedBy.slice(hash + 1)} of ${usedBy.slice(0, hash)})`
}
