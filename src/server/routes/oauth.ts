import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { addMultipart, boundaryOf } from '../../contracts/protocol/multipart.ts'
import {
  type AuthorizeView,
  authorizeViews,
  mayRedirect,
  type OAuthError,
  type OAuthErrorName,
  oauthError,
  oauthPaths,
  rawParameter,
  readRedirectUri,
  tokenFragment,
  withFragment,
  withQuery,
} from '../../contracts/protocol/oauth.ts'
import { addUrlencoded, noParameters } from '../../contracts/protocol/parameters.ts'
import type { GatewayCore } from '../core.ts'
import { grantCode, isAllowed, issueToken } from '../oauth.ts'
import { StoreUnavailableError } from '../state/store-error.ts'
import type { App, Seller, World } from '../state/world.ts'
import type { Env } from './env.ts'
import { consentPage, faultPage, landingPage, loggedOffPage, type Page } from './oauth-pages.ts'
import { isGone, nobodyThere } from './respond.ts'
import { answerToken, noteAuthorize } from './token.ts'
import { ConnectionLost } from './wire.ts'

type Params = Readonly<Record<string, string>>

/** What an authorisation is about, once the app and where it redirects to can be trusted. */
interface Asked {
  readonly world: World
  readonly app: App
  readonly responseType: string
  /** `undefined` where the client-side flow names none. */
  readonly redirect: URL | undefined
  /** As it was sent; `/token` must send the same. */
  readonly redirectUri: string
  /** Still encoded, so that it is echoed unchanged. */
  readonly rawState: string | undefined
  readonly view: AuthorizeView
  /** Where the client-side flow lands without a `redirect_uri`. */
  readonly landing: string
}

/** OAuth 2.0 of the platform: the consent page, the exchange of codes, the refresh. */
export function oauthRoutesOf(core: GatewayCore): Hono<Env> {
  const app = new Hono<Env>()
  const maxSize = core.limits.oauthBodyBytes
  const limit = bodyLimit({
    maxSize,
    onError: () => failure(oauthError('body-too-large'), `more than ${maxSize} bytes came`),
  })
  for (const path of Object.values(oauthPaths)) {
    app.use(path, async (_, next) => {
      const trouble = core.trouble()
      if (trouble) throw trouble
      await next()
    })
  }

  app.get(oauthPaths.authorize, async (c) => {
    const query = queryOf(c)
    const { params } = read(query)
    return noteAuthorize(core, c, params, await authorize(c, query, params))
  })

  async function authorize(c: Context<Env>, query: string, params: Params): Promise<Response> {
    const asked = check(params, query, new URL(c.req.url).origin)
    if (asked instanceof Response) return asked
    const nick = params.localtop_approve
    if (nick !== undefined) return approve(asked, nick)
    return page(consentPage({ ...asked, query, sellers: sellersOf(asked) }), 200)
  }

  app.post(oauthPaths.authorize, limit, async (c) => {
    const foreign = foreignOrigin(c)
    if (foreign !== undefined)
      return fault('origin-foreign', {
        en: `The form was sent from a page of ${foreign}, not from this gateway.`,
        zh: `表单来自 ${foreign} 的页面，而不是本网关。`,
      })
    const body = await c.req.text()
    const query = queryOf(c)
    const { params } = read(query, body)
    return noteAuthorize(core, c, params, await decide(c, `${query}&${body}`, params))
  })

  async function decide(c: Context<Env>, encoded: string, params: Params): Promise<Response> {
    const asked = check(params, encoded, new URL(c.req.url).origin)
    if (asked instanceof Response) return asked
    if (params.decision === 'refuse') return toApp(asked, oauthError('access-denied'))
    if (params.decision !== 'approve')
      return fault('choice-missing', {
        en: `decision was "${params.decision ?? ''}"; expected approve or refuse.`,
        zh: `decision 为 "${params.decision ?? ''}"，应为 approve 或 refuse。`,
      })
    return approve(asked, params.nick ?? '')
  }

  app.post(oauthPaths.token, limit, async (c) => {
    const { params } = read(queryOf(c), await c.req.arrayBuffer(), c.req.header('content-type'))
    return answerToken(core, c, params)
  })
  app.all(oauthPaths.token, (c) =>
    failure(oauthError('verb-wrong'), `the verb was ${c.req.method}; expected POST`),
  )

  app.get(oauthPaths.logoff, (c) => {
    const { client_id = '', redirect_uri } = read(queryOf(c)).params
    const found = core.worldOf(client_id).app(client_id)
    if (!found) return unknownClient(client_id)
    if (redirect_uri === undefined) return page(loggedOffPage(), 200)
    const url = trusted(found, redirect_uri)
    return url instanceof Response ? url : redirectTo(url.href)
  })

  app.get(oauthPaths.landing, () => page(landingPage(), 200))

  app.onError((error, c) => {
    // A fault that a scenario asks for, as the app around this one has it.
    if (error instanceof ConnectionLost || error === c.req.raw.signal.reason) throw error
    if (isGone(c)) return nobodyThere()
    if (error instanceof StoreUnavailableError)
      return failure(oauthError('server-error'), error.message)
    core.options.log?.({ event: 'bug', message: error.message, stack: error.stack })
    return failure(oauthError('server-error'), 'a mistake of this gateway; its log has more')
  })

  /** Looks at everything that must be right before the redirect can be trusted. */
  function check(params: Params, encoded: string, origin: string): Asked | Response {
    const { client_id = '', redirect_uri, response_type = '' } = params
    const world = core.worldOf(client_id)
    const found = world.app(client_id)
    if (!found) return unknownClient(client_id)
    const mayLand = redirect_uri === undefined && response_type === 'token'
    const redirect = mayLand ? undefined : trusted(found, redirect_uri ?? '')
    if (redirect instanceof Response) return redirect
    const asked: Asked = {
      world,
      app: found,
      responseType: response_type,
      redirect,
      redirectUri: redirect_uri ?? '',
      rawState: rawParameter(encoded, 'state'),
      view: authorizeViews.find((view) => view === params.view) ?? 'web',
      landing: `${origin}${oauthPaths.landing}?view=${encodeURIComponent(params.view ?? 'web')}`,
    }
    return response_type === 'code' || response_type === 'token'
      ? asked
      : toApp(asked, oauthError('response-unsupported'))
  }

  function unknownClient(clientId: string): Response {
    const known = [...core.worldOf(clientId).apps().keys()].slice(0, 5).join(', ')
    return fault('client-unknown', {
      en: `No app has the key "${clientId}". This world has ${known || 'none'}.`,
      zh: `没有 app_key 为 "${clientId}" 的应用，现有 ${known || '无'}。`,
    })
  }

  async function approve(asked: Asked, nick: string): Promise<Response> {
    const { world, app: by } = asked
    const seller = world.seller(nick)
    if (!seller) {
      const nicks = [...world.sellers().keys()]
      return fault(
        'seller-unknown',
        {
          en: `No seller has the nick "${nick}". There are:`,
          zh: `没有昵称为 "${nick}" 的卖家，现有：`,
        },
        nicks,
      )
    }
    if (!isAllowed(by, seller)) {
      return fault('user-not-allowed', {
        en: `The app ${by.app_key} lists its users, and ${nick} is not among them: ${by.users?.join(', ') || 'nobody'}.`,
        zh: `应用 ${by.app_key} 的授权用户名单中没有 ${nick}，名单为：${by.users?.join('、') || '空'}。`,
      })
    }
    return redirectTo(await world.transact(() => locationFor(asked, seller)))
  }

  return app
}

/** Grants what was asked for and answers where the browser goes with it. */
function locationFor(asked: Asked, seller: Seller): string {
  const { world, app, redirect, redirectUri, rawState } = asked
  const now = world.clock.now()
  if (asked.responseType === 'token' || !redirect) {
    const fragment = tokenFragment(
      issueToken(world, app, seller, now),
      rawState ?? '',
      app.app_secret,
    )
    return withFragment(redirect ?? new URL(asked.landing), fragment)
  }
  const code = grantCode(world, app, seller, redirectUri, now)
  return withQuery(redirect, `code=${code}${rawState === undefined ? '' : `&state=${rawState}`}`)
}

/** A refusal that goes back to the app, the way that its answer would have gone. */
function toApp(
  { redirect, responseType, rawState, landing }: Asked,
  refused: OAuthError,
): Response {
  const state = rawState === undefined ? '' : `&state=${rawState}`
  const query = `error=${refused.error}&error_description=${encodeURIComponent(refused.error_description)}${state}`
  const url = redirect ?? new URL(landing)
  return redirectTo(responseType === 'token' ? withFragment(url, query) : withQuery(url, query))
}

/** The address, if the app may be redirected to it; else the page that says so. */
function trusted(app: App, redirectUri: string): URL | Response {
  const url = readRedirectUri(redirectUri)
  if (!url) {
    return fault('redirect-invalid', {
      en: `redirect_uri was "${redirectUri}"; expected an address with http or https.`,
      zh: `redirect_uri 为 "${redirectUri}"，应为 http 或 https 地址。`,
    })
  }
  if (mayRedirect(url, app.redirect_uris)) return url
  return app.redirect_uris
    ? fault('callback-mismatch', {
        en: `redirect_uri was "${redirectUri}"; the callbacks of ${app.app_key} are ${app.redirect_uris.join(', ')}.`,
        zh: `redirect_uri 为 "${redirectUri}"，应用 ${app.app_key} 登记的回调地址为 ${app.redirect_uris.join('、')}。`,
      })
    : fault('callback-mismatch', {
        en: `redirect_uri was "${redirectUri}". ${app.app_key} has registered no callback, so only this machine is allowed (localhost, 127.0.0.1, *.localhost, *.test); give the app redirect_uris in the world.`,
        zh: `redirect_uri 为 "${redirectUri}"。应用 ${app.app_key} 未登记回调地址，只允许本机（localhost、127.0.0.1、*.localhost、*.test）；请在 world 中为其设置 redirect_uris。`,
      })
}

/** Help for people goes into a header, never into the body. */
const failure = (refused: OAuthError, reason: string) =>
  json(refused, 400, { 'x-localtop-reason': reason })

function json(
  body: object,
  status: number,
  headers: Readonly<Record<string, string>> = {},
): Response {
  return new Response(JSON.stringify(body), {
    status,
    headers: {
      'content-type': 'application/json;charset=UTF-8',
      'cache-control': 'no-store',
      pragma: 'no-cache',
      ...headers,
    },
  })
}

function fault(
  name: OAuthErrorName,
  reason: { readonly en: string; readonly zh: string },
  list: readonly string[] = [],
): Response {
  return page(
    faultPage({ ...oauthError(name), reason, list }),
    name === 'origin-foreign' ? 403 : 400,
  )
}

function page(body: Page, status: number): Response {
  return new Response(String(body), {
    status,
    headers: {
      'content-type': 'text/html;charset=UTF-8',
      'cache-control': 'no-store',
      // No form-action: browsers would hold it against the redirect that follows the form.
      'content-security-policy':
        "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'",
      // With no-referrer the browser would send "Origin: null" with the form.
      'referrer-policy': 'same-origin',
      'x-content-type-options': 'nosniff',
    },
  })
}

const redirectTo = (location: string) =>
  new Response(null, {
    status: 302,
    // Once more through URL: what stands in an encoded state must not break the header.
    headers: { location: new URL(location).href, 'cache-control': 'no-store' },
  })

const sellersOf = ({ world, app }: Asked) =>
  [...world.sellers().values()].map((seller) => ({ ...seller, allowed: isAllowed(app, seller) }))

function queryOf(c: Context<Env>): string {
  const { url } = c.req
  const mark = url.indexOf('?')
  return mark < 0 ? '' : url.slice(mark + 1)
}

/** Query and body together; what stands in the query counts first. */
function read(query: string, body?: string | ArrayBuffer, contentType = '') {
  const into = noParameters()
  addUrlencoded(into, query)
  if (typeof body === 'string') addUrlencoded(into, body)
  else if (body) {
    const boundary = /^multipart\//i.test(contentType) ? boundaryOf(contentType) : undefined
    if (boundary === undefined) addUrlencoded(into, new TextDecoder().decode(body))
    else addMultipart(into, new Uint8Array(body), boundary)
  }
  return into
}

/** The Origin of a form that another page has sent; `undefined` for our own page and for programs. */
function foreignOrigin(c: Context<Env>): string | undefined {
  const origin = c.req.header('origin')
  if (origin === undefined) return undefined
  const host = c.req.header('host') ?? new URL(c.req.url).host
  return URL.canParse(origin) && new URL(origin).host === host ? undefined : origin
}
