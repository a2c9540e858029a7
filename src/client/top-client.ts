import type { AnyContract, RequestOf, ResponseOf } from '../contracts/define-method.ts'
import type { WireArguments } from '../contracts/protocol/scalars.ts'
import type { AuthorizeOptions, TopToken } from './oauth.ts'
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
   * TopTransportError when no answer came; TopShapeError for an answer that breaks the contract;
   * TopAuthError when a refused session could not be refreshed
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
  /** The address of the page on which a seller authorises the app. */
  authorizeUrl(options: AuthorizeOptions): string
  /**
   * Exchanges the code that came back for a token, which becomes the client's session. A code works
   * once, so this is never repeated.
   *
   * @param options.redirectUri the one given to `authorizeUrl`
   * @throws TopAuthError for the platform's refusal; TopTransportError; TopShapeError
   * @example
   * const { nick, session } = await client.exchangeCode(code, { redirectUri })
   */
  exchangeCode(
    code: string,
    options: { readonly redirectUri: string; readonly signal?: AbortSignal | undefined },
  ): Promise<TopToken>
  /**
   * Gets a new session and refresh token, which become the client's. The old refresh token is over then.
   *
   * @param refreshToken by default the one known from the options or the last token
   * @throws OptionError when none is known; TopAuthError for the platform's refusal; TopTransportError; TopShapeError
   */
  refresh(refreshToken?: string): Promise<TopToken>
}
