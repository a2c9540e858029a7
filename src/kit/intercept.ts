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
  const refusalFor = (host: string) =>
    hostKind(host) === 'withheld' ? withheldText(host) : offlineText(host)
  const giveBack = takeRequests({
    takes({ host }) {
      const kind = hostKind(host)
      return kind === 'platform' || kind === 'withheld' || (offline && kind === 'other')
    },
    async answer(request) {
      const { host } = new URL(request.url)
      if (hostKind(host) === 'platform') return gateway.fetch(request)
      return new Response(refusalFor(host), { status: 502 })
    },
    async redirect({ host, pathname, search }) {
      if (hostKind(host) !== 'platform') throw new TypeError(refusalFor(host).trimEnd())
      // A dispatcher speaks to sockets only.
      port ??= gateway.listen()
      return { origin: (await port).url, path: pathname + search }
    },
  })
  const restore = () => {
    giveBack()
    port?.then((listening) => listening.close()).catch(() => undefined)
    port = undefined
  }
  return { restore, [Symbol.dispose]: restore }
}
