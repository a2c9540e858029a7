import type { AnyContract, Tier } from './define-method.ts'
import { authMethods } from './methods/auth.ts'
import { itemMethods } from './methods/item.ts'
import { itemImgMethods } from './methods/item-img.ts'
import { smsMethods } from './methods/sms.ts'
import { userMethods } from './methods/user.ts'
import { utilMethods } from './methods/util.ts'

/** The hand-written contracts by method name. */
export const methods = {
  ...itemMethods,
  ...itemImgMethods,
  ...smsMethods,
  ...userMethods,
  ...utilMethods,
  ...authMethods,
} as const

/** The contract of a method, or `undefined` where LocalTOP knows none. */
export function findMethod(name: string): AnyContract | undefined {
  return Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : undefined
}

/** How a method is answered, or `undefined` where LocalTOP knows none of this name. */
export function tierOf(name: string): Tier | undefined {
  const contract = findMethod(name)
  return contract && (contract.tier ?? 'stateful')
}
