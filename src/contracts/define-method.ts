import * as z from 'zod'
import { getOrCreate } from './get-or-create.ts'
import type { ProfileName } from './profile.ts'
import { responseKey } from './protocol/envelope.ts'
import type { Fidelity } from './protocol/error-table.ts'
import type { SecurityLevel } from './protocol/oauth.ts'
import { shapeOf, type WireShape } from './protocol/wire-shape.ts'
import type { Tier } from './tier.ts'

/** What a declared sub-code means, and the text that goes with it on the wire. */
export interface SubCode extends Fidelity {
  /** When the method answers it, for readers of the contract. */
  readonly meaning: string
  /** `sub_msg` on the wire. */
  readonly sub_msg?: string
  /** The platform code that it travels under, one of the error table's. @default 15 */
  readonly code?: number
}

/** What a sample of an answer is made for. */
export interface SampleOptions {
  /** What the call was made with, decoded: values appear under the same names in the answer. */
  readonly request?: Readonly<Record<string, unknown>>
  /** The seller whose session it is: what is said to be the seller's is this one's. */
  readonly seller?: { readonly nick: string; readonly user_id: string } | undefined
  /** Another seed gives other values. @default '' */
  readonly seed?: string
  /** The fields that are left of it afterwards: what stands below the root and is none of them need not be made. */
  readonly only?: readonly string[] | undefined
}

export type RequestSchema = z.ZodObject<z.ZodRawShape>
export type ResponseSchema = z.ZodObject<z.ZodRawShape>
export type SessionRule = 'required' | 'optional' | 'none'

/**
 * The one declaration of an API method. Argument checks, handler types, answer checks, the client's
 * typed `call`, JSON Schema, samples and scenario steps are all read from it.
 */
export interface MethodContract<
  Name extends string = string,
  Req extends RequestSchema = RequestSchema,
  Res extends ResponseSchema = ResponseSchema,
  Sub extends string = string,
  Session extends SessionRule = SessionRule,
> {
  readonly name: Name
  readonly summary: string
  /** Whether a call needs a seller's session. One that is sent is checked in any case. */
  readonly session: Session
  /** The security level that the session must still have. @default {@link levelOf} says it by the name */
  readonly level?: SecurityLevel
  /** Whether parameters and answer are secrets that no journal may keep. @default false */
  readonly secret?: boolean
  /**
   * Whether carrying the call out twice does no harm. One that is not repeatable (it makes something
   * new, or adds up) must not be sent again after an unknown outcome without asking first.
   */
  readonly repeatable: boolean
  /** Business parameters as a zod codec: decoding reads the texts of the wire, encoding writes them. */
  readonly request: Req
  /** The fields under the response root, as the documents show them. */
  readonly response: Res
  /** Business refusals that a handler may answer, code 15 unless they say another. */
  readonly errors: Readonly<Record<Sub, SubCode>>
  /** What must be sent, where a profile demands other parameters than `request` itself does. */
  readonly profiles?: Partial<
    Record<ProfileName, { readonly required: readonly (keyof Req['shape'] & string)[] }>
  >
  /** Parameters of a call that works, as they travel; files are left out. */
  readonly example: Readonly<Record<string, string>>
  /** Where the parameters and fields have been taken from. */
  readonly source: string
  /** @default 'stateful' */
  readonly tier?: Tier
  /** Makes an answer where no handler does: the same for the same request and seed. */
  readonly sample?: (options: SampleOptions) => Readonly<Record<string, unknown>>
  /** How the answer is written, where that is known without its schema: {@link shapeOfAnswer}. */
  readonly shape?: WireShape
  /** The JSON key of the answer. @default {@link responseKey} says it by the name */
  readonly root?: string
}

/**
 * Declares a method. The worth is in the inferred types: handlers, client calls and scenario steps
 * are checked against them.
 *
 * @example
 * export const timeGet = defineMethod({
 *   name: 'taobao.time.get',
 *   summary: 'The gateway\'s time.',
 *   session: 'none',
 *   repeatable: true,
 *   request: z.object({}),
 *   response: z.object({ time: date }),
 *   example: {},
 *   source: 'catalogue 2022-08-30',
 * })
 */
export function defineMethod<
  const Name extends string,
  Req extends RequestSchema,
  Res extends ResponseSchema,
  const Session extends SessionRule,
  const Sub extends string = never,
>(
  contract: Omit<MethodContract<Name, Req, Res, Sub, Session>, 'errors'> & {
    readonly errors?: Readonly<Record<Sub, SubCode>>
  },
): MethodContract<Name, Req, Res, Sub, Session> {
  return { errors: {} as Record<Sub, SubCode>, ...contract }
}

/** A contract of any method. */
// biome-ignore lint/suspicious/noExplicitAny: the request and response of "any contract" are open in both directions
export type AnyContract = MethodContract<string, any, any, any>

/** What a caller hands over and a handler gets: decoded business parameters. */
export type RequestOf<C extends AnyContract> = z.output<C['request']>
/** What a handler answers and a caller gets. */
export type ResponseOf<C extends AnyContract> = z.output<C['response']>
/** The sub-codes that a contract declares. */
export type SubCodeOf<C> =
  // biome-ignore lint/suspicious/noExplicitAny: only the sub-codes are looked at
  C extends MethodContract<string, any, any, infer S, SessionRule> ? S : never

/** Lists contracts by their names, keeping each one's type. */
export function contractTable<const T extends readonly AnyContract[]>(
  ...contracts: T
): { readonly [C in T[number] as C['name']]: C } {
  return Object.fromEntries(contracts.map((contract) => [contract.name, contract])) as never
}

/**
 * The security level of a method: its own, else that of reading or writing. `undefined` for a method
 * that needs no authorisation.
 */
export function levelOf({ name, level, session }: AnyContract): SecurityLevel | undefined {
  if (session === 'none') return undefined
  return level ?? (/\.(get|search|query|list)$/.test(name) ? 'r1' : 'w1')
}

/** Whether a method only reads, as its name says: the platform labels none. */
export const isReading = (name: string): boolean =>
  /\.(get|search|query|find|list|count|check)$/.test(name)

/** How a method's answer is written. */
export const shapeOfAnswer = (contract: AnyContract): WireShape =>
  // Naming the response makes the schemas of a method of the catalogue.
  contract.shape ?? shapeOf(contract.response)

const roots = new WeakMap<AnyContract, string>()

/** The key under which a method answers. */
export const rootOf = (contract: AnyContract): string =>
  getOrCreate(roots, contract, () => contract.root ?? responseKey(contract.name))

/**
 * How zod is to work on a contract. It compiles a parser for every structure at its first use, which
 * pays for the few methods that are called all the time and takes longer than the call for all others.
 */
export const parsing = ({
  tier = 'stateful',
}: AnyContract): z.core.ParseContext<z.core.$ZodIssue> | undefined =>
  tier === 'stateful' ? undefined : { jitless: true }

const requiredNames = new WeakMap<AnyContract, Map<ProfileName, readonly string[]>>()

/** The parameters that a call must carry in a profile, in the order in which their absence is reported. */
export function requiredParameters(contract: AnyContract, profile: ProfileName): readonly string[] {
  const byProfile = getOrCreate(requiredNames, contract, () => new Map())
  return getOrCreate(byProfile, profile, () => {
    const named = contract.profiles?.[profile]?.required
    if (named) return named
    const shape = contract.request.shape as Record<string, z.ZodType>
    return Object.keys(shape).filter((name) => !(shape[name] instanceof z.ZodOptional))
  })
}
