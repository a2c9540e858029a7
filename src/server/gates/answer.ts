import { type AnyContract, parsing, shapeOfAnswer } from '../../contracts/define-method.ts'
import { problemsOf } from '../../contracts/problems.ts'
import { Rejection, reject } from '../../contracts/protocol/errors.ts'
import { project, selectionOf } from '../../contracts/protocol/fields.ts'
import { mergePatch } from '../../contracts/protocol/merge-patch.ts'
import type { Received } from '../call.ts'
import { type AnyHandler, failWith } from '../handlers/handler.ts'
import { Halt } from '../pipeline.ts'
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
 * Runs the method's handler (or takes a fixed answer of a rule or the world, or a sample), leaves the
 * requested `fields`, holds the answer against the contract and waits until what was written is kept;
 * what cannot be is refused where the gates are run.
 *
 * @param find the gateway's handlers
 * @param onBug told when a handler's answer breaks its own contract: our mistake, not the caller's
 */
export function answerWith(
  find: (contract: AnyContract) => AnyHandler | undefined,
  onBug: (problem: Error, call: Received) => void,
) {
  return function answer(call: Answerable) {
    const outcome = call.world.transact(() => carryOut(call))
    const wait = call.fate?.wait ?? 0
    // What a rule delays is the answer: whoever gives up waiting for it finds the call carried out.
    return wait > 0
      ? Promise.resolve(outcome).then(async (late) => {
          await call.world.clock.sleep(wait)
          return late
        })
      : outcome
  }

  function carryOut(call: Answerable) {
    const { contract, world } = call
    if (call.fate?.answer) return finish(call, call.fate.answer, 'scripted')
    const { answers = {} } = world.settings()
    if (Object.hasOwn(answers, contract.name)) {
      return finish(call, answers[contract.name] as object, 'given')
    }
    const handler = find(contract)
    if (!handler) {
      if (!contract.sample) return reject('invalid-method')
      const sample = contract.sample({
        request: call.request as never,
        seller: call.seller,
        seed: world.ids.seed,
        only: (call.request as { fields?: readonly string[] }).fields,
      })
      return finish(call, sample, 'sampled')
    }
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

  function finish(
    call: Answerable,
    result: object | Rejection,
    origin: 'handled' | 'sampled' | 'given' | 'scripted' = 'handled',
  ) {
    if (result instanceof Rejection) return result
    const { fields } = call.request as { fields?: readonly string[] }
    // What a rule answers is sent as it stands, whatever it does to its receiver.
    const response =
      fields && origin !== 'scripted'
        ? project(
            result as Record<string, unknown>,
            shapeOfAnswer(call.contract),
            selectionOf(fields),
          )
        : result
    // A sample is made from the contract; what a world gives was checked when it was read.
    const checked =
      origin === 'handled' && call.contract.response.safeParse(response, parsing(call.contract))
    if (checked && !checked.success) {
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
    const facts = {
      response: patched as object,
      isGiven: origin === 'given' || origin === 'scripted',
    }
    const refusal = call.fate?.refuseAfter
    return refusal ? new Halt(facts, refusal) : facts
  }
}
