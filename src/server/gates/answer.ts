import type { AnyContract } from '../../contracts/define-method.ts'
import { problemsOf } from '../../contracts/problems.ts'
import { Rejection, reject } from '../../contracts/protocol/errors.ts'
import { project, selectionOf } from '../../contracts/protocol/fields.ts'
import { mergePatch } from '../../contracts/protocol/merge-patch.ts'
import { shapeOf } from '../../contracts/protocol/wire-shape.ts'
import type { Received } from '../call.ts'
import { type AnyHandler, failWith } from '../handlers/handler.ts'
import { type App, laggingWorld, type Seller } from '../state/world.ts'
import type { Fate } from '../traffic/rules.ts'

type Answerable = Received & {
  app: App
  contract: AnyContract
  request: object
  seller?: Seller
  fate?: Fate
}

/**
 * Runs the method's handler, leaves the requested `fields`, holds the answer against the contract and
 * waits until what was written is kept; what cannot be is refused where the gates are run.
 *
 * @param find the gateway's handlers
 * @param onBug told when a handler's answer breaks its own contract: our mistake, not the caller's
 */
export function answerWith(
  find: (contract: AnyContract) => AnyHandler | undefined,
  onBug: (problem: Error, call: Received) => void,
) {
  return function answer(call: Answerable) {
    const handler = find(call.contract)
    if (!handler) return reject('invalid-method')
    return call.world.transact(() => carryOut(call, handler))
  }

  function carryOut(call: Answerable, handler: AnyHandler) {
    const lag = call.fate?.lag
    const result = handler({
      request: call.request as never,
      seller: call.seller as never,
      app: call.app,
      world: lag === undefined ? call.world : laggingWorld(call.world, call.now - lag),
      now: call.now,
      origin: call.origin,
      fail: failWith(call.contract),
    })
    return result instanceof Promise
      ? result.then((late) => finish(call, late))
      : finish(call, result)
  }

  function finish(call: Answerable, result: object | Rejection) {
    if (result instanceof Rejection) return result
    const { fields } = call.request as { fields?: readonly string[] }
    const response = fields
      ? project(
          result as Record<string, unknown>,
          shapeOf(call.contract.response),
          selectionOf(fields),
        )
      : result
    const checked = call.contract.response.safeParse(response)
    if (!checked.success) {
      const [problem] = problemsOf(checked.error)
      const text = `the answer of ${call.contract.name} breaks its contract at ${problem?.path}: ${problem?.message}`
      onBug(new Error(text), call)
      return reject(
        'remote-service-error/isp.internal-error',
        {},
        {
          en: `A mistake of this gateway: ${text}.`,
          zh: `网关自身的错误：${text}。`,
        },
      )
    }
    // A scenario may break what the contract promises; a handler may not.
    const patched = call.fate?.patches.reduce<unknown>(mergePatch, response) ?? response
    return { response: patched as object }
  }
}
