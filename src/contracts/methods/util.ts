import * as z from 'zod'
import { contractTable, defineMethod } from '../define-method.ts'
import { date } from '../protocol/scalars.ts'

export const timeGet = defineMethod({
  name: 'taobao.time.get',
  summary: "The gateway's time, for clients whose own clock is off.",
  session: 'none',
  repeatable: true,
  request: z.object({}),
  response: z.object({ time: date }),
  example: {},
  source: 'catalogue of 2022-08-30',
})

export const utilMethods = contractTable(timeGet)
