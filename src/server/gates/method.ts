import type { AnyContract } from '../../contracts/define-method.ts'
import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import type { Received } from '../call.ts'

/** @param find the gateway's registry: hand-written contracts, and whatever it was given beside them */
export function findContract(find: (name: string) => AnyContract | undefined) {
  return function findMethod({ params }: Received): { contract: AnyContract } | Rejection {
    const name = params.method as string
    const contract = find(name)
    return contract
      ? { contract }
      : reject(
          'invalid-method',
          {},
          {
            en: `No method is called "${name}" here.`,
            zh: `没有名为 "${name}" 的 API。`,
          },
        )
  }
}
