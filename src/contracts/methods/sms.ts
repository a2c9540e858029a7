import * as z from 'zod'
import { contractTable, defineMethod } from '../define-method.ts'
import { boolean, json, structure, text, topText } from '../protocol/scalars.ts'

/** Documented: so many numbers may come in one call. */
export const mostNumbers = 200

export const smsNumSend = defineMethod({
  name: 'alibaba.aliqin.fc.sms.num.send',
  summary: 'Answers as if a text message had been sent; none is.',
  session: 'none',
  repeatable: false,
  request: z.object({
    extend: topText().optional(),
    sms_type: topText(),
    sms_free_sign_name: topText(),
    sms_param: json.optional(),
    rec_num: topText(),
    sms_template_code: topText(),
  }),
  response: z.object({
    result: structure({ err_code: text, model: text, msg: text, success: boolean }),
  }),
  errors: {
    'isv.MOBILE_COUNT_OVER_LIMIT': {
      meaning: `rec_num names more than ${mostNumbers} numbers.`,
      sub_msg: '手机号码数量超过限制',
      fidelity: 'documented',
      source: 'sub-code table of the message service, as public code quotes it',
    },
  },
  example: {
    sms_type: 'normal',
    sms_free_sign_name: '本地小店',
    sms_param: '{"code":"1234"}',
    rec_num: '13000000000',
    sms_template_code: 'SMS_585014',
  },
  source: 'catalogue of 2022-08-30; the answer has the form of a logged one',
  tier: 'stub',
})

export const smsMethods = contractTable(smsNumSend)
