import {
  type ArgumentIssue,
  encodeArguments,
  missingArgument,
  type WireArguments,
} from '../contracts/arguments.ts'
import type { AnyContract, RequestOf, ResponseOf } from '../contracts/define-method.ts'
import { problemsOf } from '../contracts/problems.ts'
import { isTopError, isTopResponseError, TopRequestError, TopShapeError } from './errors.ts'
import { type ClientOptions, settingsOf } from './options.ts'
import { createPacer } from './pacing.ts'
import { publishItems } from './publish.ts'
import { backOff, planAfter } from './retry.ts'
import type { CallOptions, TopClient } from './top-client.ts'
import { send } from './transport.ts'

/**
 * @throws OptionError for options that cannot be used
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:7070', appKey: '12345678', appSecret: 'helloworld', session: 'test' })
 */
export function createClient(options: ClientOptions): TopClient {
  const settings = settingsOf(options)
  const pacer = createPacer(settings)
  let session = options.session
  let refreshing: Promise<string> | undefined

  async function call<C extends AnyContract>(
    contract: C,
    request: RequestOf<C>,
    { session: given, signal }: CallOptions = {},
  ): Promise<ResponseOf<C>> {
    const sent = checkedRequest(contract, request)
    let mayRefresh = given === undefined && options.refreshSession !== undefined
    for (let attempt = 1; ; attempt++) {
      await pacer.turn(signal)
      const used = given ?? session
      try {
        const { response, body } = await send(contract.name, sent, used, settings, signal)
        return checkedResponse(contract, response, body)
      } catch (error) {
        if (!isTopError(error)) throw error
        const plan = planAfter(error, contract, attempt, settings.retry, settings.random)
        if (plan.action === 're-authorise' && mayRefresh && isTopResponseError(error)) {
          mayRefresh = false
          // Another call may have refreshed the session while this one was under way.
          if (used === session) await refresh(error)
        } else if (plan.action === 'wait') await settings.sleep(plan.ms, signal)
        else if (plan.action === 'wait-out-ban') pacer.pauseUntil(settings.now() + plan.ms)
        else throw error
      }
    }
  }

  function refresh(refused: Parameters<NonNullable<ClientOptions['refreshSession']>>[0]) {
    refreshing ??= Promise.resolve(options.refreshSession?.(refused) as string)
      .then((renewed) => {
        session = renewed
        return renewed
      })
      .finally(() => {
        refreshing = undefined
      })
    return refreshing
  }

  function checkedRequest<C extends AnyContract>(
    contract: C,
    request: RequestOf<C>,
  ): WireArguments {
    const encoded = encodeArguments(contract, request)
    if ('issues' in encoded) throw new TopRequestError(contract.name, encoded.issues)
    const parameter = missingArgument(contract, settings.profile, encoded.sent)
    if (parameter !== undefined) {
      const issue: ArgumentIssue = {
        parameter,
        expected: `required in the ${settings.profile} profile`,
        received: undefined,
      }
      throw new TopRequestError(contract.name, [issue])
    }
    return encoded.sent
  }

  function checkedResponse<C extends AnyContract>(
    contract: C,
    response: unknown,
    body: string,
  ): ResponseOf<C> {
    const checked = contract.response.safeParse(response)
    if (checked.success) return checked.data as ResponseOf<C>
    throw new TopShapeError(contract.name, problemsOf(checked.error), body)
  }

  const client: TopClient = {
    call,
    async callUnchecked(method, params, { session: given = session, signal } = {}) {
      await pacer.turn(signal)
      return (await send(method, params, given, settings, signal)).response
    },
    publish: (items, publishOptions) =>
      publishItems(client, items, {
        wait: (attempt, signal) =>
          settings.sleep(backOff(attempt, settings.retry, settings.random), signal),
        ...publishOptions,
      }),
  }
  return client
}
