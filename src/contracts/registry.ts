import type { AnyContract } from './define-method.ts'
import { itemMethods } from './methods/item.ts'
import { userMethods } from './methods/user.ts'
import { utilMethods } from './methods/util.ts'

/** How a method is answered: by a hand-written contract and a handler over the world, or by a sample. */
export type Tier = 'stateful' | 'stub'

/** The hand-written contracts by method name. */
export const methods = { ...itemMethods, ...userMethods, ...utilMethods } as const

/** The contract of a method, or `undefined` where LocalTOP knows none. */
export function findMethod(name: string): AnyContract | undefined {
  return Object.hasOwn(methods, name) ? methods[name as keyof typeof methods] : undefined
}
