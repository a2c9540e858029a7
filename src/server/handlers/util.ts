import type { utilMethods } from '../../contracts/methods/util.ts'
import { formatTime } from '../../contracts/protocol/timestamp.ts'
import type { HandlersFor } from './handler.ts'

export const utilHandlers: HandlersFor<typeof utilMethods> = {
  'taobao.time.get': ({ now }) => ({ time: formatTime(now) }),
}
