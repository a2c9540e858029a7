import type { Context } from 'hono'
import { readBatch, separatorHeader } from '../../contracts/protocol/batch.ts'
import type { Parameters } from '../../contracts/protocol/parameters.ts'
import { hookOf } from '../../contracts/wire-faults.ts'
import { noFacts, type Received } from '../call.ts'
import type { Answered, GatewayCore } from '../core.ts'
import { tooLarge } from '../gates/request.ts'
import type { Env } from './env.ts'
import { headersOf, receive } from './receive.ts'
import { nobodyThere, respond } from './respond.ts'

/**
 * Answers `/router/batch`: the envelope (query and raw body) is checked once; then every call in it is
 * answered like one of its own, in order, and the answers are joined by the separator. A refused
 * envelope is one plain error response. The batch has one connection: the first fault that a call of it
 * meets is that of the whole answer, and one that comes before its call ends the batch there; the calls
 * before it have been carried out.
 */
export function batchRoute(core: GatewayCore) {
  const { batchCalls, parameters } = core.limits
  return async function answerBatch(c: Context<Env>): Promise<Response> {
    const header = headersOf(c)
    const reading = await receive(core, c, header, 'raw')
    if (!reading) return nobodyThere()
    const { call, problem } = reading
    const most = { calls: batchCalls, parameters }
    const { calls, separator } = readBatch(call.rawBody, header(separatorHeader), most)
    const envelope =
      calls.length > batchCalls ? { ...call, tooLarge: tooLarge.batch(batchCalls) } : call
    const refused = await core.refuseEnvelope(envelope, problem)
    if (refused) {
      core.options.tap?.answered(c.req.raw, refused)
      return respond(refused, header, c)
    }
    const answers: Answered[] = []
    // One after the other: what one call writes the next may read.
    for (const call of calls) {
      const answered = await core.answerBatched(callIn(core, envelope, call))
      answers.push(answered)
      if (answered.fault && hookOf(answered.fault) === 'before') break
    }
    const answer = joined(answers, separator)
    core.options.tap?.answered(c.req.raw, answer)
    return respond(answer, header, c)
  }
}

/** What the envelope says of every call, whatever the call says itself (assumed). */
const ofEnvelope = [
  'app_key',
  'timestamp',
  'v',
  'format',
  'sign_method',
  'simplify',
  'sign',
] as const

function callIn(
  core: GatewayCore,
  envelope: Received,
  { params, repeated, badEncoding, room }: Parameters,
): Received {
  for (const name of ofEnvelope) {
    const value = envelope.params[name]
    if (value !== undefined) params[name] = value
    // Only where it is there: what something was deleted from stays slow.
    else if (params[name] !== undefined) delete params[name]
  }
  for (const name in envelope.params) params[name] ??= envelope.params[name] as string
  return {
    ...envelope,
    params,
    repeated,
    badEncoding,
    room,
    tooLarge: room < 0 ? tooLarge.parameters(core.limits.parameters) : undefined,
    files: undefined,
    source: undefined,
    rawBody: '',
    forcedError: undefined,
    requestId: envelope.world.ids.requestId(),
    now: core.worldOf(params.app_key).clock.now(),
    ...noFacts,
  }
}

function joined(answers: readonly Answered[], separator: string): Answered {
  const first = answers[0] as Answered
  return {
    ...first,
    // A batch whose envelope is accepted has no status of its own.
    status: 200,
    retryAfter: undefined,
    body: answers.map(({ body }) => body).join(separator),
    exchange: answers.map(({ exchange }) => exchange).join(','),
    gate: answers.map(({ gate }) => gate).join(','),
    tier: undefined,
    fault: answers.find(({ fault }) => fault)?.fault,
  }
}
