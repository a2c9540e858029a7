import type { HostKind } from '../../contracts/index.ts'

/** What became of calls to one host. */
export interface HostTraffic {
  readonly host: string
  readonly port: number
  readonly kind: HostKind
  /** `tunnel` is TLS that was passed on unread: how many calls were in it is not known. */
  readonly as: 'http' | 'https' | 'websocket' | 'tunnel'
  /**
   * `answered` by the gateway; `passed` on to where it was meant for; `refused`; `untrusted`: the
   * program did not accept our certificate.
   */
  readonly outcome: 'answered' | 'passed' | 'refused' | 'untrusted'
  readonly count: number
}

/** Counts what passes the proxy. */
export interface Traffic {
  add(one: Omit<HostTraffic, 'count'>): void
  /** In the order in which they came first. */
  list(): readonly HostTraffic[]
}

export function createTraffic(): Traffic {
  const counts = new Map<string, HostTraffic>()
  return {
    add({ host, port, kind, as, outcome }) {
      const key = [host, port, as, outcome].join(' ')
      const count = (counts.get(key)?.count ?? 0) + 1
      counts.set(key, { host, port, kind, as, outcome, count })
    },
    list: () => [...counts.values()],
  }
}
