import type { userMethods } from '../../contracts/methods/user.ts'
import type { HandlersFor } from './handler.ts'

export const userHandlers: HandlersFor<typeof userMethods> = {
  'taobao.user.seller.get': ({ seller: { may_add_xinpin: _, ...user } }) => ({ user }),
}
