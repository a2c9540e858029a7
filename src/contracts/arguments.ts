import * as z from 'zod'
import type { AnyContract, RequestOf } from './define-method.ts'
import { parsing, requiredParameters } from './define-method.ts'
import { assumed, type Behaviour, observed } from './fidelity.ts'
import { pathText } from './problems.ts'
import type { ProfileName } from './profile.ts'
import type { TopFile, WireArguments } from './protocol/scalars.ts'
import { metaOf } from './protocol/wire-shape.ts'
import { structureOddities } from './structure-oddities.ts'

/** What is wrong with one parameter. */
export interface ArgumentIssue {
  readonly parameter: string
  /** What was expected, in words. */
  readonly expected: string
  /** What came; `undefined` for a parameter that is missing. */
  readonly received: string | undefined
}

interface CompiledArgument {
  readonly schema: z.ZodType
  readonly position: number
  /** Takes any text as it is: nothing needs to be parsed. */
  readonly isAnyText: boolean
}

const compiled = new WeakMap<AnyContract, ReadonlyMap<string, CompiledArgument>>()

/** The parameters of a contract, each with its schema and its place, worked out once. */
export function argumentsOf(contract: AnyContract): ReadonlyMap<string, CompiledArgument> {
  let found = compiled.get(contract)
  if (!found) {
    const shape = contract.request.shape as Record<string, z.ZodType>
    found = new Map(
      Object.entries(shape).map(([name, given], position) => {
        const schema = (given instanceof z.ZodOptional ? given.unwrap() : given) as z.ZodType
        const isAnyText =
          schema instanceof z.ZodString && schema.format === null && !schema.def.checks?.length
        return [name, { schema, position, isAnyText }]
      }),
    )
    compiled.set(contract, found)
  }
  return found
}

/**
 * A text of blanks only counts as not sent: the official SDKs leave such parameters out, so nobody has
 * seen what the gateway makes of one (assumed).
 */
export const isSent = (value: string | TopFile | undefined): boolean =>
  value !== undefined && (typeof value !== 'string' || (value !== '' && value.trim() !== ''))

/** The first parameter that a profile demands and the call lacks. */
export function missingArgument(
  contract: AnyContract,
  profile: ProfileName,
  sent: WireArguments,
): string | undefined {
  for (const name of requiredParameters(contract, profile)) {
    if (!isSent(sent[name])) return name
  }
  return undefined
}

/**
 * Reads texts into values. Only what was sent is looked at: the schemas are those of the contract's
 * `request`, parameter by parameter, which costs a call of ten parameters a tenth of a whole-object parse.
 * Parameters that the contract does not know are accepted, as the platform does, and left out.
 */
export function decodeArguments<C extends AnyContract>(
  contract: C,
  sent: WireArguments,
): { readonly request: RequestOf<C> } | { readonly issues: readonly ArgumentIssue[] } {
  const known = argumentsOf(contract)
  const context = parsing(contract)
  const request: Record<string, unknown> = {}
  let issues: (ArgumentIssue & { position: number })[] | undefined
  for (const name in sent) {
    const argument = known.get(name)
    const value = sent[name]
    if (!argument || value === undefined || !isSent(value)) continue
    if (argument.isAnyText && typeof value === 'string') {
      request[name] = value
      continue
    }
    const result = argument.schema.safeParse(value, context)
    if (result.success) request[name] = result.data
    else {
      issues ??= []
      issues.push({ ...issueOf(name, value, result.error), position: argument.position })
    }
  }
  // Reported in the contract's order, so that the answer does not depend on the sender's.
  if (issues) return { issues: issues.sort((a, b) => a.position - b.position) }
  return { request: request as RequestOf<C> }
}

/** Writes values as they travel; the other direction of {@link decodeArguments}. */
export function encodeArguments<C extends AnyContract>(
  contract: C,
  request: RequestOf<C>,
): { readonly sent: WireArguments } | { readonly issues: readonly ArgumentIssue[] } {
  const known = argumentsOf(contract)
  const sent: Record<string, string | TopFile> = {}
  const issues: ArgumentIssue[] = []
  for (const [name, value] of Object.entries(request as Record<string, unknown>)) {
    if (value === undefined) continue
    const argument = known.get(name)
    if (!argument && contract.tier === 'name-only') sent[name] = anyText(value)
    else if (!argument) {
      issues.push({
        parameter: name,
        expected: `expected a parameter of ${contract.name}`,
        received: show(value),
      })
    } else {
      const result = z.safeEncode(argument.schema, value, parsing(contract))
      if (result.success) {
        sent[name] = result.data as string | TopFile
        issues.push(...unknownFields(name, sent[name], argument.schema))
      } else issues.push(issueOf(name, value, result.error))
    }
  }
  return issues.length > 0 ? { issues } : { sent }
}

/** A parameter of which nothing is known: texts and files as they are, structures as JSON. */
const anyText = (value: unknown): string | TopFile =>
  typeof value !== 'object' || value === null
    ? String(value)
    : 'bytes' in value
      ? (value as TopFile)
      : JSON.stringify(value)

/** Fields that a structure does not have: the gateway would ignore them, and their sender never know. */
function unknownFields(
  parameter: string,
  sent: string | TopFile,
  schema: z.ZodType,
): ArgumentIssue[] {
  return typeof sent !== 'string'
    ? []
    : structureOddities(parameter, sent, schema)
        .filter(({ kind }) => kind === 'unknown-field')
        .map(({ text }) => ({ parameter, expected: text, received: show(sent) }))
}

function issueOf(parameter: string, value: unknown, error: z.ZodError): ArgumentIssue {
  const [issue] = error.issues
  const place = issue?.path.length ? ` at ${pathText(issue.path)}` : ''
  const expected = `${issue?.message ?? 'expected another value'}${place}`
  return { parameter, expected, received: show(value) }
}

/** A value that somebody sent, as far as a sentence has room for it. */
export function show(value: unknown): string {
  const text =
    typeof value === 'string'
      ? value
      : typeof value === 'object'
        ? 'a file or structure'
        : String(value)
  return text.length > 60 ? `${text.slice(0, 57)}… (${text.length} characters)` : text
}

/** What the caller sent beyond the contract's knowledge, for the journal. */
export function unknownArguments(contract: AnyContract, names: Iterable<string>): string[] {
  const known = argumentsOf(contract)
  return [...names].filter((name) => !known.has(name))
}

/** Advisory limits that the call passes, and what is odd about structures: noted in the journal, never refused. */
export const advisories = (contract: AnyContract, sent: WireArguments): string[] =>
  [...argumentsOf(contract)].flatMap(([name, { schema }]) => {
    const value = sent[name]
    if (typeof value !== 'string' || value === '') return []
    return [
      ...structureOddities(name, value, schema).map(({ text }) => text),
      ...adviceAgainst(name, value, schema),
    ]
  })

/** The limits that only documents mention and a value passes, each in a sentence. */
export function adviceAgainst(name: string, value: string, schema: z.ZodType): string[] {
  const { chars, bytes, min, max, oneOf } = metaOf(schema)?.advice ?? {}
  const notes: string[] = []
  if (chars !== undefined && [...value].length > chars) {
    notes.push(`${name} has ${[...value].length} characters; documents mention ${chars}`)
  }
  if (bytes !== undefined && Buffer.byteLength(value) > bytes) {
    notes.push(`${name} has ${Buffer.byteLength(value)} bytes; documents mention ${bytes}`)
  }
  if ((min !== undefined && Number(value) < min) || (max !== undefined && Number(value) > max)) {
    notes.push(`${name} is ${show(value)}; documents mention ${min ?? 'any'} to ${max ?? 'any'}`)
  }
  if (oneOf && !oneOf.includes(value)) {
    notes.push(`${name} is "${show(value)}"; documents mention ${oneOf.join(', ')}`)
  }
  return notes
}

/** What the gateway assumes of arguments. */
export const argumentBehaviours: readonly Behaviour[] = [
  {
    name: 'an argument that is empty or of blanks only counts as not sent',
    ...assumed('official SDKs leave such parameters out'),
  },
  {
    name: 'parameters that a method does not know are signed and otherwise ignored',
    ...observed('clients send parameters of their own and are answered'),
  },
  {
    name: 'of several bad arguments the first in the order of the contract is named',
    ...assumed('logged payloads name one argument; which of several was never seen'),
  },
  {
    name: 'a structure may hold fields that nobody knows and lack those that documents call required',
    ...assumed('which of them a service demands is not documented; the journal notes them'),
  },
  {
    name: 'a number in a structure may be written as text, and a text as a number',
    ...assumed("JSON libraries of the platform's kind convert them"),
  },
  {
    name: 'limits that only documents mention are noted in the journal, not enforced',
    ...assumed('SDK checks of different years disagree'),
  },
]
