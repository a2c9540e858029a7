import { hostKind, offlineText, withheldText } from '../contracts/index.ts'
import type { Gateway } from '../server/index.ts'
import { takeRequests } from './interceptor.ts'

export interface InterceptOptions {
  /** Refuses calls to every host that is not this machine. @default false */
  readonly offline?: boolean
}

/** Requests of this process that end at a gateway, until it is disposed of. */
export interface Interception extends Disposable {
  /** Gives the process its network back. */
  restore(): void
}

/**
 * Answers this process's calls to the platform's hosts by a gateway: `fetch`, `http` and `https`, and
 * npm's `undici` through its global dispatcher. Other hosts pass, except those of the platform that the
 * gateway does not answer for. Where several gateways intercept, the newest one answers; tests that run
 * at the same time share one gateway and have a tenant each.
 *
 * @example
 * const gateway = createGateway()
 * const interception = intercept(gateway)
 * await fetch('https://eco.taobao.com/router/rest', { method: 'POST', body })
 * interception.restore()
 */
export function intercept(
  gateway: Pick<Gateway, 'fetch' | 'listen'>,
  { offline = false }: InterceptOptions = {},
): Interception {
  let port: ReturnType<Gateway['listen']> | undefined
  const refusalFor = (host: string) => {
    const kind = hostKind(host)
    if (kind === 'withheld') return withheldText(host)
    return offline && kind === 'other' ? offlineText(host) : undefined
  }
  const giveBack = takeRequests({
    answer(request) {
      const { host } = new URL(request.url)
      if (hostKind(host) === 'platform') return gateway.fetch(request)
      const refusal = refusalFor(host)
      return refusal === undefined
        ? undefined
        : Promise.resolve(new Response(refusal, { status: 502 }))
    },
    redirect({ origin = '', path }) {
      if (!URL.canParse(String(origin))) return undefined
      const { host } = new URL(origin)
      const refusal = refusalFor(host)
      if (refusal !== undefined) return Promise.reject(new TypeError(refusal.trimEnd()))
      if (hostKind(host) !== 'platform') return undefined
      // A dispatcher speaks to sockets only.
      port ??= gateway.listen()
      return port.then(({ url }) => ({ origin: url, path }))
    },
  })
  const restore = () => {
    giveBack()
    port?.then((listening) => listening.close()).catch(() => undefined)
    port = undefined
  }
  return { restore, [Symbol.dispose]: restore }
}
