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
import {
  type PublishableItem,
  type PublishOptions,
  type PublishResult,
  publishItems,
} from './publish.ts'
import { backOff, planAfter } from './retry.ts'
import { send } from './transport.ts'

export interface CallOptions {
  /** Instead of the client's session. */
  readonly session?: string | undefined
  /** Ends waiting and sending. */
  readonly signal?: AbortSignal | undefined
}

/** A caller of the platform, typed by the same contracts that the gateway keeps. */
export interface TopClient {
  /**
   * Calls a method: checks the request, signs, sends, checks the answer. What is worth sending again is
   * sent again; a ban is waited out; a refused session is refreshed once.
   *
   * @throws TopRequestError before anything is sent; TopResponseError for the platform's refusal;
   * TopTransportError when no answer came; TopShapeError for an answer that breaks the contract
   * @example
   * const { item } = await client.call(itemSellerGet, { fields: ['num_iid', 'title'], num_iid: '11223344' })
   */
  call<C extends AnyContract>(
    contract: C,
    request: RequestOf<C>,
    options?: CallOptions,
  ): Promise<ResponseOf<C>>
  /** Sends texts as they are, once, and answers what came under the root: for testing a gateway. @throws as `call`, but TopRequestError */
  callUnchecked(method: string, params: WireArguments, options?: CallOptions): Promise<unknown>
  /**
   * Publishes items, several at a time. An item whose outcome is unknown is looked for by its
   * `outer_id` before it is sent again, so none is published twice.
   */
  publish(items: Iterable<PublishableItem>, options?: PublishOptions): Promise<PublishResult[]>
}

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
