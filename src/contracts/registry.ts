import { compileRow } from './catalogue/compile.ts'
import { findRow, rowNames } from './catalogue/rows.ts'
import type { AnyContract } from './define-method.ts'
import { authMethods } from './methods/auth.ts'
import { itemMethods } from './methods/item.ts'
import { itemImgMethods } from './methods/item-img.ts'
import { smsMethods } from './methods/sms.ts'
import { userMethods } from './methods/user.ts'
import { utilMethods } from './methods/util.ts'
import type { Tier } from './tier.ts'

/** The hand-written contracts by method name. */
export const methods = {
  ...itemMethods,
  ...itemImgMethods,
  ...smsMethods,
  ...userMethods,
  ...utilMethods,
  ...authMethods,
} as const

const compiled = new Map<string, AnyContract>()

/**
 * The contract of a method: hand-written, else compiled from the catalogue when it is first asked for.
 * `undefined` for a name that the platform does not have.
 *
 * @example
 * findMethod('taobao.trade.fullinfo.get')?.session // 'required'
 */
export function findMethod(name: string): AnyContract | undefined {
  if (Object.hasOwn(methods, name)) return methods[name as keyof typeof methods]
  const known = compiled.get(name)
  if (known) return known
  const row = findRow(name)
  if (!row) return undefined
  const contract = compileRow(row)
  compiled.set(name, contract)
  return contract
}

/** The names of all methods, sorted. Reads the whole catalogue once: for lists and suggestions, not for calls. */
export function methodNames(): readonly string[] {
  names ??= [...new Set([...rowNames(), ...Object.keys(methods)])].sort()
  return names
}

let names: readonly string[] | undefined

/** The methods that somebody answers. */
export interface KnownMethods {
  has(name: string): boolean
  /** For suggestions and patterns: reads the whole catalogue. */
  all(): readonly string[]
}

/** @param extra the names of methods that a gateway was given beside those of the platform */
export const knownMethods = (extra: readonly string[] = []): KnownMethods => ({
  has: (name) => extra.includes(name) || findMethod(name) !== undefined,
  all: () => [...extra, ...methodNames()],
})

/** How a method is answered, or `undefined` where LocalTOP knows none of this name. */
export function tierOf(name: string): Tier | undefined {
  const contract = findMethod(name)
  return contract && (contract.tier ?? 'stateful')
}
