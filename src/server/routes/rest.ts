import type { Context } from 'hono'
import type { GatewayCore } from '../core.ts'
import type { Env } from './env.ts'
import { headersOf, receive } from './receive.ts'
import { nobodyThere, respond } from './respond.ts'

/** Answers `/router/rest`: reads the call leniently, runs the gates, writes the answer. */
export function restRoute(core: GatewayCore) {
  return async function answerRest(c: Context<Env>): Promise<Response> {
    const header = headersOf(c)
    const reading = await receive(core, c, header, 'parameters')
    if (!reading) return nobodyThere()
    const answering = core.answer(reading.call, reading.problem)
    const answer = answering instanceof Promise ? await answering : answering
    core.options.tap?.answered(c.req.raw, answer)
    return respond(answer, header, c)
  }
}
