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

/** Requests and responses by method name, for those that types were written for: empty until then. */
// biome-ignore lint/suspicious/noEmptyInterface: it is there to be merged with
export interface MethodTypes {}

type RequestByName<Name extends string> = Name extends keyof MethodTypes
  ? MethodTypes[Name] extends { request: infer Request }
    ? Request
    : never
  : Readonly<Record<string, unknown>>
type ResponseByName<Name extends string> = Name extends keyof MethodTypes
  ? MethodTypes[Name] extends { response: infer Response }
    ? Response
    : never
  : // biome-ignore lint/suspicious/noExplicitAny: nobody has said what this method answers
    any

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
  /**
   * Calls any of the platform's methods by its name, checked like {@link TopClient.call} by the contract
   * of the catalogue. Numbers may be given as numbers or digits, lists as arrays, structures as objects.
   * Types for chosen methods: `localtop methods types NAME…`.
   *
   * @throws OptionError for a name that the platform does not have; else as `call`
   * @example
   * const { trade } = await client.callByName('taobao.trade.get', { fields: ['tid', 'payment'], tid: '7' })
   */
  callByName<const Name extends string>(
    name: Name,
    params: RequestByName<Name>,
    options?: CallOptions,
  ): Promise<ResponseByName<Name>>
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
