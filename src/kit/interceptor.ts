import http from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { ClientRequestInterceptor } from '@mswjs/interceptors/ClientRequest'
import { FetchInterceptor } from '@mswjs/interceptors/fetch'
import { redirectUndici, type UndiciRequest } from './undici-dispatcher.ts'

/** Somebody who takes some HTTP requests of this process. */
export interface RequestTaker {
  /** Whether requests to this URL are taken; all others are left alone. */
  readonly takes: (url: URL) => boolean
  /** Answers a request of `fetch`, `http` or `https`. */
  readonly answer: (request: Request) => Promise<Response>
  /** Where a request of npm's `undici` goes instead. */
  readonly redirect: (url: URL) => Promise<UndiciRequest>
}

/** The newest takes first. */
const takers: RequestTaker[] = []
let stop: (() => void) | undefined

/** Lets somebody take HTTP requests of this process. @returns what gives them back */
export function takeRequests(taker: RequestTaker): () => void {
  takers.push(taker)
  stop ??= patch()
  return () => {
    const at = takers.indexOf(taker)
    if (at < 0) return
    takers.splice(at, 1)
    if (takers.length > 0) return
    stop?.()
    stop = undefined
  }
}

const takerOf = (url: URL) => takers.findLast(({ takes }) => takes(url))

function patch(): () => void {
  const ofFetch = new FetchInterceptor()
  ofFetch.on('request', async ({ request, controller }) => {
    const taker = takerOf(new URL(request.url))
    if (!taker) return
    try {
      controller.respondWith(await taker.answer(request))
    } catch (error) {
      controller.errorWith(error)
    }
  })
  const ofClient = new ClientRequestInterceptor()
  ofClient.on('request', async ({ request, controller }) => {
    const taker = takerOf(new URL(request.url))
    if (!taker) return
    try {
      controller.respondWith(await taker.answer(request))
    } catch (error) {
      // `fetch` wraps what the socket said; callers of `http` hear the socket itself.
      const { cause } = error as Error
      controller.errorWith(cause instanceof Error ? cause : error)
    }
  })
  const { request, get } = http
  ofFetch.apply()
  ofClient.apply()
  Object.assign(http, {
    request: seeingThroughProxies(request, { http: http.request, https: https.request }),
    get: seeingThroughProxies(get, { http: http.get, https: https.get }),
  })
  // For whoever wrote `import { request } from 'node:https'`.
  syncBuiltinESMExports()
  const release = redirectUndici((url) => takerOf(url)?.redirect(url))
  return () => {
    release()
    ofFetch.dispose()
    ofClient.dispose()
    syncBuiltinESMExports()
  }
}

type Send = typeof http.request
interface Options {
  readonly path?: unknown
}

/**
 * Clients that know of a proxy send it a request whose path is a whole URL, which the interceptor cannot
 * read. It is told of the URL instead; what nobody takes goes to the proxy as it is.
 */
function seeingThroughProxies(
  original: Send,
  intercepted: { readonly http: Send; readonly https: Send },
): Send {
  return ((...args: unknown[]) => {
    const [options] = args as [Options]
    const path = typeof options === 'object' ? options?.path : undefined
    const url =
      typeof path === 'string' && /^https?:\/\//i.test(path) && URL.canParse(path)
        ? new URL(path)
        : undefined
    if (!url) return Reflect.apply(intercepted.http, http, args)
    if (!takerOf(url)) return Reflect.apply(original, http, args)
    const {
      host,
      hostname,
      port,
      path: _,
      protocol,
      agent,
      ...rest
    } = options as http.RequestOptions
    const send = url.protocol === 'https:' ? intercepted.https : intercepted.http
    return Reflect.apply(send, http, [url, rest, ...args.slice(1)])
  }) as Send
}
