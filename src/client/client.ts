import { type ArgumentIssue, encodeArguments, missingArgument } from '../contracts/arguments.ts'
import {
  type AnyContract,
  parsing,
  type RequestOf,
  type ResponseOf,
  rootOf,
} from '../contracts/define-method.ts'
import { getOrCreate } from '../contracts/get-or-create.ts'
import { nearest } from '../contracts/near.ts'
import { OptionError, problemsOf } from '../contracts/problems.ts'
import { responseKey } from '../contracts/protocol/envelope.ts'
import type { WireArguments } from '../contracts/protocol/scalars.ts'
import { findMethod, methodNames } from '../contracts/registry.ts'
import {
  isTopError,
  isTopResponseError,
  TopRequestError,
  type TopResponseError,
  TopShapeError,
} from './errors.ts'
import { authorizeUrl, fetchToken, type TopToken } from './oauth.ts'
import { type ClientOptions, settingsOf } from './options.ts'
import { createPacer } from './pacing.ts'
import { publishItems } from './publish.ts'
import { backOff, planAfter } from './retry.ts'
import type { CallOptions, TopClient } from './top-client.ts'
import { type Called, send } from './transport.ts'

/**
 * @throws OptionError for options that cannot be used
 * @example
 * const client = createClient({ url: 'http://127.0.0.1:7070', appKey: '12345678', appSecret: 'helloworld', session: 'test' })
 */
export function createClient(options: ClientOptions): TopClient {
  const settings = settingsOf(options)
  const pacer = createPacer(settings)
  let session = options.session
  let knownRefreshToken = options.refreshToken
  let renewing: Promise<unknown> | undefined
  const refreshes = new Map<string, Promise<TopToken>>()

  async function call<C extends AnyContract>(
    contract: C,
    request: RequestOf<C>,
    { session: given, signal }: CallOptions = {},
  ): Promise<ResponseOf<C>> {
    const sent = checkedRequest(contract, request)
    const called = { name: contract.name, root: rootOf(contract) }
    let mayRenew = given === undefined
    for (let attempt = 1; ; attempt++) {
      await pacer.turn(signal)
      const used = given ?? session
      try {
        const { response, body } = await send(called, sent, used, settings, signal)
        return checkedResponse(contract, response, body)
      } catch (error) {
        if (!isTopError(error)) throw error
        const plan = planAfter(error, contract, attempt, settings.retry, settings.random)
        if (plan.action === 're-authorise' && mayRenew && isTopResponseError(error)) {
          if (!options.refreshSession && knownRefreshToken === undefined) throw error
          mayRenew = false
          // Another call may have renewed the session while this one was under way.
          if (used === session) await renew(error)
        } else if (plan.action === 'wait') await settings.sleep(plan.ms, signal)
        else if (plan.action === 'wait-out-ban') pacer.pauseUntil(settings.now() + plan.ms)
        else throw error
      }
    }
  }

  /** Calls refused at the same time share one new session. */
  function renew(refused: TopResponseError): Promise<unknown> {
    renewing ??= newSession(refused).finally(() => {
      renewing = undefined
    })
    return renewing
  }

  async function newSession(refused: TopResponseError): Promise<void> {
    if (options.refreshSession) session = await options.refreshSession(refused)
    else await client.refresh()
  }

  async function take(token: TopToken): Promise<TopToken> {
    session = token.session
    knownRefreshToken = token.refresh.expiresIn > 0 ? token.refreshToken : undefined
    await options.onToken?.(token)
    return token
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
    const checked = contract.response.safeParse(response, parsing(contract))
    if (checked.success) return checked.data as ResponseOf<C>
    throw new TopShapeError(contract.name, problemsOf(checked.error), body)
  }

  const client: TopClient = {
    call,
    async callByName(name, params, callOptions) {
      const contract = findMethod(name)
      if (contract) return call(contract, params as never, callOptions)
      const meant = nearest(name, methodNames())
      throw new OptionError(
        `callByName: the platform has no method "${name}"${meant ? `; did you mean ${meant}?` : ''}`,
      )
    },
    async callUnchecked(method, params, { session: given = session, signal } = {}) {
      await pacer.turn(signal)
      return (await send(calledAs(method), params, given, settings, signal)).response
    },
    authorizeUrl: (asked) => authorizeUrl(settings, asked),
    exchangeCode: async (code, { redirectUri, signal }) =>
      take(
        await fetchToken(
          { grant_type: 'authorization_code', code, redirect_uri: redirectUri },
          settings,
          signal,
        ),
      ),
    async refresh(refreshToken = knownRefreshToken) {
      if (refreshToken === undefined)
        throw new OptionError(
          'refresh: no refresh token is known; give one, or exchange a code first',
        )
      // A refresh token works once: whoever asks meanwhile gets the same answer.
      return getOrCreate(refreshes, refreshToken, () =>
        fetchToken({ grant_type: 'refresh_token', refresh_token: refreshToken }, settings)
          .then(take)
          .finally(() => refreshes.delete(refreshToken)),
      )
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

/** A method that may be nobody's: a test calls such as well. */
function calledAs(name: string): Called {
  const contract = findMethod(name)
  return { name, root: contract ? rootOf(contract) : responseKey(name) }
}
