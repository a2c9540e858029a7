import * as z from 'zod'
import { contractTable, defineMethod } from '../define-method.ts'
import { json, topText } from '../protocol/scalars.ts'

const refused = (meaning: string) => ({
  meaning,
  fidelity: 'assumed' as const,
  source: 'no payload was ever logged; sub_msg is what /token says',
})

/** What `/token` answers, as a text that holds JSON. */
const tokenResult = z.object({ token_result: json })

export const topAuthTokenCreate = defineMethod({
  name: 'taobao.top.auth.token.create',
  summary: 'Exchanges an authorisation code for a session, as /token does.',
  session: 'none',
  secret: true,
  // A code works once.
  repeatable: false,
  request: z.object({ code: topText(), uuid: topText().optional() }),
  response: tokenResult,
  errors: {
    'isv.invalid-parameter:code': refused('the code is unknown, used, expired or of another app'),
  },
  example: { code: 'AbCdEfGhIjKlMnOpQrStUvWx0000001' },
  source: 'catalogue of 2022-08-30',
})

export const topAuthTokenRefresh = defineMethod({
  name: 'taobao.top.auth.token.refresh',
  summary: 'Gives a new session and a new refresh token for a refresh token, as /token does.',
  session: 'none',
  secret: true,
  // The old refresh token is over.
  repeatable: false,
  request: z.object({ refresh_token: topText() }),
  response: tokenResult,
  errors: {
    'isv.invalid-parameter:refresh_token': refused(
      'the refresh token is unknown, used, expired, of another app, or not for refreshing',
    ),
  },
  example: { refresh_token: '6200013bc6cb4f6ed2ce8ZZc73a24754b66c1c470fc188100000001' },
  source: 'catalogue of 2022-08-30',
})

export const authMethods = contractTable(topAuthTokenCreate, topAuthTokenRefresh)
