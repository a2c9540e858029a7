import { legacyHandler, type ModernHandler } from './undici-handlers.ts'

/** What of a request `undici` hands to its dispatcher. */
export interface UndiciRequest {
  readonly origin?: string | URL | undefined
  readonly path: string
}

interface Dispatcher {
  dispatch(request: UndiciRequest, handler: unknown): boolean
}

/** Where `undici`, Node's own and npm's, keeps the dispatcher for those who name none, old and new. */
const legacyPlace = Symbol.for('undici.globalDispatcher.1')
const modernPlace = Symbol.for('undici.globalDispatcher.2')

/**
 * Sends some requests of `undici` elsewhere. Node's own `undici` is loaded first, so that one from npm
 * finds a dispatcher and sets none of its own.
 *
 * @returns what undoes it
 */
export function redirectUndici(
  redirect: (url: URL) => Promise<UndiciRequest> | undefined,
): () => void {
  new Headers()
  const globals = globalThis as unknown as Record<symbol, Dispatcher | undefined>
  const legacy = globals[legacyPlace]
  // A version 8 from npm looks there, and would set a dispatcher of its own in both places. What it finds
  // stays when all is undone: it has no other then.
  if (legacy) globals[modernPlace] ??= modern(legacy)
  const undo = [legacyPlace, modernPlace].map((place) => {
    const original = globals[place]
    if (!original) return () => undefined
    const ours = redirecting(original, redirect)
    globals[place] = ours
    return () => {
      // Somebody who has set another since then means it.
      if (globals[place] === ours) globals[place] = original
    }
  })
  return () => {
    for (const one of undo) one()
  }
}

/** A dispatcher that takes the handlers of today and has one of old do the work. */
const modern = (legacy: Dispatcher): Dispatcher =>
  withDispatch(legacy, (request, handler) =>
    legacy.dispatch(request, legacyHandler(handler as ModernHandler)),
  )

function redirecting(
  original: Dispatcher,
  redirect: (url: URL) => Promise<UndiciRequest> | undefined,
): Dispatcher {
  return withDispatch(original, (request, handler) => {
    const { origin = '', path } = request
    const redirected = URL.canParse(path, String(origin)) && redirect(new URL(path, origin))
    if (!redirected) return original.dispatch(request, handler)
    redirected.then(
      (other) => original.dispatch({ ...request, ...other }, handler),
      (error) => fail(handler, error),
    )
    return true
  })
}

const withDispatch = (original: Dispatcher, dispatch: Dispatcher['dispatch']): Dispatcher =>
  new Proxy(original, {
    get(target, key) {
      if (key === 'dispatch') return dispatch
      const value: unknown = Reflect.get(target, key, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })

/** Handlers of version 7 and later have other names than those before. */
function fail(handler: unknown, error: unknown): void {
  const { onError, onResponseError } = handler as {
    onError?: (error: unknown) => void
    onResponseError?: (controller: unknown, error: unknown) => void
  }
  if (onError) onError.call(handler, error)
  else onResponseError?.call(handler, undefined, error)
}
