import type { Rate } from '../../contracts/rate.ts'
import {
  banScopes,
  defaultBanKind,
  type Limiter,
  secondsLeft,
  windowEnd,
} from '../traffic/limiter.ts'
import type { Store } from './store.ts'

interface SharedRate {
  readonly rate: Rate | 'off'
  /** Tells the windows before it was set from those after. */
  readonly since: number
}

interface SharedBan {
  readonly kind: string
  readonly until: number
}

/**
 * A limiter whose counts, bans and limits several gateways share: the counts where they are counted at
 * once, the rest as records of the store. They belong to no snapshot.
 */
export function sharedLimiter(
  worldId: string,
  store: Store,
  countCall: NonNullable<Store['countCall']>,
): Limiter {
  const rateKey = (appKey: string) => `rate@${worldId}@${appKey}`
  const banKey = (scope: string) => `ban@${worldId}@${scope}`
  const clearedKey = `cleared@${worldId}`
  const meta = <T>(key: string) => store.collection<T>('meta').get(key)

  return {
    async count(appKey, rate, now) {
      if (rate === 'off') return undefined
      const since = meta<SharedRate>(rateKey(appKey))?.since ?? 0
      const cleared = meta<number>(clearedKey) ?? 0
      const window = `${worldId}:${cleared}:${since}:${appKey}`
      const until = await countCall(window, now, windowEnd(rate, now), rate.calls)
      return until === undefined
        ? undefined
        : { kind: defaultBanKind, seconds: secondsLeft(until, now) }
    },
    rateOf: (appKey) => meta<SharedRate>(rateKey(appKey))?.rate,
    setRate(appKey, rate) {
      const since = (meta<SharedRate>(rateKey(appKey))?.since ?? 0) + 1
      store.put('meta', rateKey(appKey), { rate, since } satisfies SharedRate)
    },
    banOn(call, now) {
      let longest: SharedBan | undefined
      for (const scope of Object.values(banScopes(call))) {
        const ban = meta<SharedBan>(banKey(scope))
        if (ban && now < ban.until && (!longest || ban.until > longest.until)) longest = ban
      }
      return longest && { kind: longest.kind, seconds: secondsLeft(longest.until, now) }
    },
    ban(call, kind, until) {
      const scopes: Readonly<Record<string, string>> = banScopes(call)
      const scope = scopes[kind] ?? banScopes(call).app
      store.put('meta', banKey(scope), { kind, until } satisfies SharedBan)
    },
    clear() {
      const own = [`rate@${worldId}@`, `ban@${worldId}@`]
      for (const key of [...store.collection('meta').keys()]) {
        if (own.some((begin) => key.startsWith(begin))) store.delete('meta', key)
      }
      store.put('meta', clearedKey, (meta<number>(clearedKey) ?? 0) + 1)
    },
  }
}
