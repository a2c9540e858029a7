import type { methods } from '../../contracts/registry.ts'
import { authHandlers } from './auth.ts'
import type { HandlersFor } from './handler.ts'
import { itemHandlers } from './item.ts'
import { itemImgHandlers } from './item-img.ts'
import { smsHandlers } from './sms.ts'
import { userHandlers } from './user.ts'
import { utilHandlers } from './util.ts'

/** A handler for every hand-written contract: leaving one out does not compile. */
export const handlers: HandlersFor<typeof methods> = {
  ...itemHandlers,
  ...itemImgHandlers,
  ...smsHandlers,
  ...userHandlers,
  ...utilHandlers,
  ...authHandlers,
}
