import type { WireArguments } from '../contracts/arguments.ts'
import type { AnyContract, RequestOf, ResponseOf } from '../contracts/define-method.ts'
import type { PublishableItem, PublishOptions, PublishResult } from './publish-types.ts'

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
