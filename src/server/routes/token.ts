import type { Context } from 'hono'
import * as z from 'zod'
import { type AnyContract, defineMethod } from '../../contracts/define-method.ts'
import { documented } from '../../contracts/fidelity.ts'
import { Rejection } from '../../contracts/protocol/errors.ts'
import { mergePatch } from '../../contracts/protocol/merge-patch.ts'
import { type OAuthError, oauthError, oauthPaths } from '../../contracts/protocol/oauth.ts'
import { noParameters } from '../../contracts/protocol/parameters.ts'
import { topText } from '../../contracts/protocol/scalars.ts'
import { hookOf } from '../../contracts/wire-faults.ts'
import { noFacts, type Received } from '../call.ts'
import type { GatewayCore } from '../core.ts'
import { redeemCode, refreshToken } from '../oauth.ts'
import { Halt } from '../pipeline.ts'
import { StoreUnavailableError } from '../state/store-error.ts'
import type { App, World } from '../state/world.ts'
import { deliveryOf } from '../traffic/faults.ts'
import type { Fate } from '../traffic/rules.ts'
import type { Env } from './env.ts'
import { deliver, deliverHere } from './wire.ts'

type Params = Readonly<Record<string, string>>

/** What an OAuth endpoint answers, in whole or as a refusal; the reason is for people. */
type Reply =
  | { readonly status: number; readonly body: object; readonly reason?: never }
  | { readonly status: number; readonly body: OAuthError; readonly reason: string }

const text = topText().optional()

/** `/token` and `/authorize` as rules and the journal see them: all that is sent there is secret. */
const endpoint = (name: string): AnyContract =>
  defineMethod({
    name,
    summary: 'An OAuth endpoint, which is no method of the platform.',
    session: 'none',
    secret: true,
    repeatable: false,
    request: z.object({
      client_id: text,
      client_secret: text,
      grant_type: text,
      response_type: text,
      code: text,
      refresh_token: text,
      redirect_uri: text,
      scope: text,
      state: text,
      view: text,
      decision: text,
      nick: text,
      localtop_approve: text,
    }),
    response: z.object({}),
    example: {},
    source: 'OAuth page',
  })
const tokenEndpoint = endpoint(oauthPaths.token)
const authorizeEndpoint = endpoint(oauthPaths.authorize)

/** The endpoints by name, for a journal that comes from another gateway. */
export const findOAuthEndpoint = (name: string): AnyContract | undefined =>
  [tokenEndpoint, authorizeEndpoint].find((one) => one.name === name)

export const oauthGates = [
  { name: 'oauth', errors: [], batch: 'call' as const, ...documented('OAuth page') },
] as const

/** Answers an exchange of a code or a refresh; the rules about `/token` have their say first. */
export async function answerToken(
  core: GatewayCore,
  c: Context<Env>,
  params: Params,
): Promise<Response> {
  const started = performance.now()
  const call = callOf(core, c, params, tokenEndpoint)
  const { app, world } = call
  const refused = problemWith(app, params)
  const ruled = app && !refused ? await core.applyRules({ ...call, app }) : undefined
  const { fate } = ((ruled instanceof Halt ? ruled.facts : ruled) ?? {}) as { fate?: Fate }
  const reply = refused ?? (await replyTo(world, app as App, params, fate))
  const isHeldBack = fate !== undefined && fate.wait > 0 && !(ruled instanceof Halt)
  if (isHeldBack) await world.clock.sleep(fate.wait)
  const exchange = note(core, { ...call, ...(fate && { fate }) }, reply, started)
  const body = reply ? JSON.stringify(reply.body) : ''
  const headers = {
    'content-type': 'application/json;charset=UTF-8',
    'cache-control': 'no-store',
    pragma: 'no-cache',
    'x-localtop-exchange': exchange,
    ...(reply?.reason !== undefined && { 'x-localtop-reason': reply.reason }),
  }
  const status = reply?.status ?? 0
  if (!fate?.wire) return new Response(body, { status, headers })
  const delivery = deliveryOf(fate.wire, { status, body, headers })
  const { outgoing } = c.env
  return outgoing
    ? deliver(delivery, outgoing, world.clock)
    : deliverHere(delivery, c.req.raw, world.clock)
}

/** Notes a visit of the consent page in the journal, and how it ended. */
export function noteAuthorize(
  core: GatewayCore,
  c: Context<Env>,
  params: Params,
  answered: Response,
): Response {
  const call = callOf(core, c, params, authorizeEndpoint)
  const location = answered.headers.get('location') ?? ''
  const [, error] = /[?&#]error=([^&]+)/.exec(location) ?? []
  const failed = answered.status >= 400 ? 'no consent: the page says why' : error
  const reply: Reply =
    failed === undefined
      ? { status: answered.status, body: {} }
      : {
          status: answered.status,
          body: { error: error ?? 'invalid_request', error_description: '' },
          reason: failed,
        }
  answered.headers.set('x-localtop-exchange', note(core, call, reply, performance.now()))
  return answered
}

type OAuthCall = Received & { readonly contract: AnyContract; readonly fate?: Fate }

function callOf(
  core: GatewayCore,
  c: Context<Env>,
  params: Params,
  contract: AnyContract,
): OAuthCall {
  const { client_id } = params
  const world = core.worldOf(client_id)
  const app = client_id === undefined ? undefined : world.app(client_id)
  const received: Received = {
    ...noParameters(),
    params: {
      ...params,
      method: c.req.path,
      ...(client_id !== undefined && { app_key: client_id }),
    },
    source: undefined,
    verb: c.req.method,
    path: c.req.path,
    origin: new URL(c.req.url).origin,
    rawBody: '',
    contentType: c.req.header('content-type') ?? '',
    tooLarge: undefined,
    forcedError: undefined,
    world,
    app,
    profile: core.profileOf(world, app),
    format: 'json' as const,
    simplify: false,
    requestId: world.ids.requestId(),
    now: world.clock.now(),
    wall: world.clock.wall(),
    ...noFacts,
  }
  return { ...received, contract }
}

/** @param reply `undefined` where a fault came before there was one */
function note(
  core: GatewayCore,
  call: OAuthCall,
  reply: Reply | undefined,
  started: number,
): string {
  const { status = 0, body = {}, reason } = reply ?? {}
  const { error = '', error_description = '' } = body as Partial<OAuthError>
  const rejection =
    reason === undefined
      ? undefined
      : // The journal shows what it says; its name is read by no encoder.
        new Rejection(
          'invalid-session',
          { code: status, msg: withoutCode(error_description, call) || error, sub_code: error },
          { en: `${reason}.`, zh: `${reason}。` },
        )
  return core.note({
    call,
    verdict: {
      rejection,
      ...(!reply && { dropped: true as const }),
      passed: oauthGates.length,
      gates: oauthGates,
    },
    status,
    body: JSON.stringify(body),
    took: performance.now() - started,
  })
}

/** The platform's words name the code that was refused; a code of another gateway may still be good. */
const withoutCode = (words: string, { params: { code } }: OAuthCall) =>
  code ? words.replaceAll(code, '***') : words

/** What is wrong before the code or the token is looked at. */
function problemWith(app: App | undefined, params: Params): Reply | undefined {
  const { client_secret, grant_type } = params
  if (!grant_type) return missing('grant_type')
  if (grant_type !== 'authorization_code' && grant_type !== 'refresh_token') {
    return no(oauthError('grant-unsupported'), 'expected authorization_code or refresh_token')
  }
  if (!app) return no(oauthError('client-unknown'), 'no app has this client_id')
  if (client_secret !== app.app_secret) {
    return no(oauthError('secret-wrong'), 'client_secret is not the secret of the app')
  }
  const isCode = grant_type === 'authorization_code'
  const name = isCode ? 'code' : 'refresh_token'
  if (!params[name]) return missing(name)
  return isCode && !params.redirect_uri ? missing('redirect_uri') : undefined
}

/** @returns `undefined` where a fault came before the request was carried out */
async function replyTo(
  world: World,
  app: App,
  params: Params,
  fate: Fate | undefined,
): Promise<Reply | undefined> {
  if (fate?.refuseToken !== undefined) {
    const fill = { code: params.code ?? '', parameter: 'grant_type' }
    return no(oauthError(fate.refuseToken, fill), 'a rule of a scenario')
  }
  if (fate?.wire && hookOf(fate.wire) === 'before') return undefined
  try {
    const reply = fate?.answer
      ? { status: 200, body: fate.answer }
      : await world.transact(() => carryOut(world, app, params))
    const patched = (fate?.patches ?? []).reduce<unknown>(mergePatch, reply.body) as object
    return reply.status === 200 ? { status: 200, body: patched } : reply
  } catch (error) {
    if (!(error instanceof StoreUnavailableError)) throw error
    return no(oauthError('server-error'), error.message)
  }
}

function carryOut(world: World, app: App, params: Params): Reply {
  const now = world.clock.now()
  const { grant_type, code = '', refresh_token = '', redirect_uri } = params
  const outcome =
    grant_type === 'authorization_code'
      ? redeemCode(world, app, code, now, redirect_uri)
      : refreshToken(world, app, refresh_token, now)
  return outcome.refused
    ? no(outcome.refused, outcome.reason)
    : { status: 200, body: outcome.token }
}

const missing = (parameter: string) =>
  no(oauthError('parameter-missing', { parameter }), `${parameter} did not come`)

/** Help for people goes into a header, never into the body. */
const no = (body: OAuthError, reason: string): Reply => ({ status: 400, body, reason })
