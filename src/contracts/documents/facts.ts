import { type MethodRow, tierOfRow } from '../catalogue/row.ts'
import { allRows, findRow } from '../catalogue/rows.ts'
import {
  type AnyContract,
  levelOf,
  requiredParameters,
  rootOf,
  type SessionRule,
  shapeOfAnswer,
} from '../define-method.ts'
import { type ProfileName, profileNames } from '../profile.ts'
import type { SecurityLevel } from '../protocol/oauth.ts'
import type { Advice, Limits, WireType } from '../protocol/scalars.ts'
import { findMethod, methodNames, methods } from '../registry.ts'
import type { Tier } from '../tier.ts'
import { answerFacts } from './answer-facts.ts'
import { parameterFacts } from './parameter-facts.ts'

/** What is known of a parameter, or of a field of a structure or answer. */
export interface FieldFacts {
  readonly name: string
  /** How one value stands on the wire. */
  readonly type: WireType | 'Structure'
  /** The same in the platform's words: `Number`, `Price`, `Trade`. */
  readonly documentType: string
  /**
   * How several values are written: `commas` in a text, `array` in JSON, `either` an array or a single
   * one, `wrapped` an array in an object with one key, {@link element}.
   */
  readonly list?: 'commas' | 'array' | 'either' | 'wrapped'
  readonly element?: string
  /** The key of the structure in {@link StructureFacts}. */
  readonly structure?: string
  /** In every profile; of a field of a structure: as the documents say, and nobody is known to enforce it. */
  readonly required?: true
  /** Where not every profile demands it: those that do. */
  readonly requiredIn?: readonly ProfileName[]
  /** What the gateway enforces: code 41. */
  readonly limits?: Limits
  /** What documents mention beside; noted in the journal, never refused. */
  readonly advice?: Advice
  /** Values that documents name without saying that there are no others. */
  readonly examples?: readonly string[]
  readonly default?: string
  /** How a date, or a text that is one, is written. */
  readonly format?: 'yyyy-MM-dd' | 'yyyy-MM-dd HH:mm:ss'
  /** In documents of earlier years only. */
  readonly removed?: true
  /** The response fields that `fields` may name. */
  readonly fieldOptions?: readonly string[]
}

/** The fields of structures by their keys, unique among all methods. */
export type StructureFacts = Readonly<Record<string, readonly FieldFacts[]>>

/** Parameters or the fields below the response root, with the structures that they hold. */
export interface SideFacts {
  readonly fields: readonly FieldFacts[]
  readonly structures: StructureFacts
}

/** What a list of methods says of each. */
export interface ListedMethod {
  readonly name: string
  /** The family, in the platform's words; `unknown` where no document has it. */
  readonly group: string
  /** `removed` was public once and is still called; `sdk-only` has been seen in SDKs alone; `own` is no method of the platform. */
  readonly status: MethodRow['status'] | 'own'
  readonly tier: Tier
  /** `unknown`: nobody has said; the gateway then takes calls with and without. */
  readonly session: SessionRule | 'unknown'
}

/** Everything that is known of a method: documents, schemas and types are written from this alone. */
export interface MethodFacts extends ListedMethod {
  readonly summary?: string
  readonly kind?: NonNullable<MethodRow['kind']>
  /** How we know whether a session is needed. */
  readonly sessionBasis: string
  /** The security level that the session must have. */
  readonly level?: SecurityLevel
  /** The day on which the platform last changed its document. */
  readonly changed?: string
  /** Where parameters and fields have been taken from. */
  readonly source: string
  /** Whether carrying a call out twice does no harm. */
  readonly repeatable: boolean
  /** Nobody knows which parameters are required. */
  readonly requiredUnknown?: true
  /** The key under which the method answers. */
  readonly root: string
  readonly request: SideFacts
  readonly response: SideFacts
}

/** The facts of a method by its contract, hand-written, from the catalogue or anybody's own. */
export function methodFacts(contract: AnyContract): MethodFacts {
  const { name, summary, source, repeatable } = contract
  const row = findRow(name)
  const isOfRow = row !== undefined && isCompiled(contract)
  const params = row?.params ?? []
  const level = levelOf(contract)
  const required = Object.fromEntries(
    profileNames.map((profile) => [profile, isOfRow ? [] : requiredParameters(contract, profile)]),
  ) as Record<ProfileName, readonly string[]>
  return {
    ...listed(contract, row),
    ...(!isOfRow && { summary }),
    ...(row?.kind && { kind: row.kind }),
    sessionBasis: basisOf(contract, row),
    ...(level && { level }),
    ...(row?.changed && { changed: row.changed }),
    source,
    repeatable,
    ...(row?.requiredUnknown && isOfRow && { requiredUnknown: true }),
    root: rootOf(contract),
    request: parameterFacts(
      isOfRow
        ? { rows: params, requiredUnknown: row.requiredUnknown ?? false }
        : { shape: contract.request.shape, rows: params, required },
    ),
    response: answerFacts(shapeOfAnswer(contract), row?.fields ?? [], isOfRow ? undefined : name),
  }
}

/** The facts of a method by its name; `undefined` where LocalTOP knows none of this name. */
export function factsOf(name: string): MethodFacts | undefined {
  const contract = findMethod(name)
  return contract && methodFacts(contract)
}

/** All methods, sorted by name. Reads the whole catalogue. @param extra contracts beside or instead of them */
export function listedMethods(extra: readonly AnyContract[] = []): ListedMethod[] {
  const own = new Map(extra.map((contract) => [contract.name, contract]))
  const rows = new Map(allRows().map((row) => [row.name, row]))
  const names = [...new Set([...methodNames(), ...own.keys()])].sort()
  return names.flatMap((name) => {
    const row = rows.get(name)
    const contract = own.get(name) ?? (methods as Readonly<Record<string, AnyContract>>)[name]
    if (contract) return [listed(contract, row)]
    return row
      ? [{ name, group: row.group, status: row.status, tier: tierOfRow(row), session: row.session }]
      : []
  })
}

const isCompiled = (contract: AnyContract) =>
  !Object.hasOwn(methods, contract.name) && findMethod(contract.name) === contract

function listed(contract: AnyContract, row: MethodRow | undefined): ListedMethod {
  const { name, tier = 'stateful', session } = contract
  return {
    name,
    group: row?.group ?? 'unknown',
    status: row?.status ?? 'own',
    tier,
    session: row && isCompiled(contract) ? row.session : session,
  }
}

function basisOf({ session, source }: AnyContract, row: MethodRow | undefined): string {
  if (row?.session === session && row.sessionBasis !== undefined) return row.sessionBasis
  return row?.session === 'unknown' && session === 'optional'
    ? 'no source says'
    : `the contract (${source})`
}
