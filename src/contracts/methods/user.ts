import * as z from 'zod'
import { contractTable, defineMethod } from '../define-method.ts'
import { user } from '../models/user.ts'
import { topFields } from '../protocol/scalars.ts'

export const userSellerGet = defineMethod({
  name: 'taobao.user.seller.get',
  summary: 'Reads the seller whose session it is.',
  session: 'required',
  repeatable: true,
  request: z.object({ fields: topFields({ max: 200 }) }),
  response: z.object({ user }),
  example: { fields: 'user_id,nick,type' },
  source: 'catalogue of 2023-01-17',
})

export const userMethods = contractTable(userSellerGet)
