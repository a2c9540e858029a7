import { mostNumbers, type smsMethods } from '../../contracts/methods/sms.ts'
import type { HandlersFor } from './handler.ts'

export const smsHandlers: HandlersFor<typeof smsMethods> = {
  'alibaba.aliqin.fc.sms.num.send': ({ request, world, fail }) => {
    if (request.rec_num.split(',').length > mostNumbers) return fail('isv.MOBILE_COUNT_OVER_LIMIT')
    const chance = world.ids.chanceOf(JSON.stringify(Object.entries(request).sort()))
    const number = (from: number) => from + Math.floor(chance() * from)
    // A logged one: 102475257659^1103163056321.
    return { result: { err_code: '0', model: `${number(1e11)}^${number(1e12)}`, success: true } }
  },
}
