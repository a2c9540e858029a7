import { syncBuiltinESMExports } from 'node:module'
import { ClientRequestInterceptor } from '@mswjs/interceptors/ClientRequest'
import { FetchInterceptor } from '@mswjs/interceptors/fetch'
import { redirectUndici, type UndiciRequest } from './undici-dispatcher.ts'

/** What is done with the HTTP requests of this process. */
export interface RequestTaker {
  /** Answers a request of `fetch`, `http` or `https`; `undefined` leaves it alone. */
  readonly answer: (request: Request) => Promise<Response> | undefined
  /** Where a request of npm's `undici` goes instead; `undefined` leaves it alone. */
  readonly redirect: (request: UndiciRequest) => Promise<UndiciRequest> | undefined
}

/** Those that take requests; the newest is asked first. */
const takers: RequestTaker[] = []
let stop: (() => void) | undefined

/** Lets somebody take the HTTP requests of this process. @returns what gives them back */
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

function firstOf<T>(ask: (taker: RequestTaker) => T | undefined): T | undefined {
  for (const taker of takers.toReversed()) {
    const given = ask(taker)
    if (given !== undefined) return given
  }
  return undefined
}

function patch(): () => void {
  const answerOf = (request: Request) => firstOf(({ answer }) => answer(request))
  const ofFetch = new FetchInterceptor()
  ofFetch.on('request', async ({ request, controller }) => {
    const answering = answerOf(request)
    if (!answering) return
    try {
      controller.respondWith(await answering)
    } catch (error) {
      controller.errorWith(error)
    }
  })
  const ofClient = new ClientRequestInterceptor()
  ofClient.on('request', async ({ request, controller }) => {
    const answering = answerOf(request)
    if (!answering) return
    try {
      controller.respondWith(await answering)
    } catch (error) {
      // `fetch` wraps what the socket said; callers of `http` hear the socket itself.
      const { cause } = error as Error
      controller.errorWith(cause instanceof Error ? cause : error)
    }
  })
  ofFetch.apply()
  ofClient.apply()
  // For whoever wrote `import { request } from 'node:https'`.
  syncBuiltinESMExports()
  const release = redirectUndici((request) => firstOf(({ redirect }) => redirect(request)))
  return () => {
    release()
    ofFetch.dispose()
    ofClient.dispose()
    syncBuiltinESMExports()
  }
}
