import type { authMethods } from '../../contracts/methods/auth.ts'
import { redeemCode, refreshToken } from '../oauth.ts'
import type { HandlersFor } from './handler.ts'

export const authHandlers: HandlersFor<typeof authMethods> = {
  'taobao.top.auth.token.create': ({ request: { code }, world, app, now, fail }) => {
    const outcome = redeemCode(world, app, code, now)
    return outcome.refused
      ? fail('isv.invalid-parameter:code', outcome.refused.error_description)
      : { token_result: JSON.stringify(outcome.token) }
  },
  'taobao.top.auth.token.refresh': ({ request: { refresh_token }, world, app, now, fail }) => {
    const outcome = refreshToken(world, app, refresh_token, now)
    return outcome.refused
      ? fail('isv.invalid-parameter:refresh_token', outcome.refused.error_description)
      : { token_result: JSON.stringify(outcome.token) }
  },
}
