import { assumed, type Behaviour, observed } from '../../contracts/fidelity.ts'
import type { PlatformErrorRef } from '../../contracts/protocol/error-table.ts'
import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { platformOffset } from '../../contracts/protocol/timestamp.ts'
import { type Rate, rateWindow } from '../../contracts/rate.ts'

/** Why an app may not call now. */
export interface Ban {
  /** Which of the four limits, a sub-code of code 7. */
  readonly kind: string
  /** Seconds until the ban ends, rounded up, at least 1. */
  readonly seconds: number
}

/** Who calls what. */
interface LimitedCall {
  readonly appKey: string
  readonly method: string
}

/** Counts the calls of apps in windows, and holds the bans and limits that scenarios impose. */
export interface Limiter {
  /** Counts a call; answers a ban when the app is banned or its window is full. */
  count(appKey: string, rate: Rate | 'off', now: number): Ban | undefined | Promise<Ban | undefined>
  /** The limit that a scenario has put on the app instead of its own. */
  rateOf(appKey: string): Rate | 'off' | undefined
  /** Puts another limit on an app, and begins to count anew. */
  setRate(appKey: string, rate: Rate | 'off'): void
  /** The ban that a scenario has imposed and that this call falls under; the longest of several. */
  banOn(call: LimitedCall, now: number): Ban | undefined
  /** Bans whom the kind of ban is about: the app, the API, or the API for this app. */
  ban(call: LimitedCall, kind: string, until: number): void
  clear(): void
}

export const defaultBanKind = 'accesscontrol.limited-by-app-access-count'

/** Documented: whom each kind of ban is about. That the dynamic throttle bans the app is assumed. */
export function banScopes({ appKey, method }: LimitedCall) {
  return {
    'accesscontrol.limited-by-api-access-count': `api ${method}`,
    'accesscontrol.limited-by-app-api-access-count': `app-api ${appKey} ${method}`,
    app: `app ${appKey}`,
  } as const
}

interface Window {
  start: number
  end: number
  calls: number
}

const day = rateWindow.day
/** A day's quota is counted until 00:00 GMT+8. */
export const nextMidnight = (now: number) =>
  Math.floor((now + platformOffset) / day + 1) * day - platformOffset

export const secondsLeft = (until: number, now: number) =>
  Math.max(1, Math.ceil((until - now) / 1000))

/** When a window ends that opens now. */
export const windowEnd = (rate: Rate, now: number) =>
  rate.per === 'day' ? nextMidnight(now) : now + rateWindow[rate.per]

export function createLimiter(): Limiter {
  const windows = new Map<string, Window>()
  const rates = new Map<string, Rate | 'off'>()
  const bans = new Map<string, { kind: string; until: number }>()

  return {
    count(appKey, rate, now) {
      if (rate === 'off') return undefined
      let window = windows.get(appKey)
      // A clock that was set back starts a new window rather than banning until a far future.
      if (!window || now >= window.end || now < window.start) {
        window = { start: now, end: windowEnd(rate, now), calls: 0 }
        windows.set(appKey, window)
      }
      if (window.calls < rate.calls) {
        window.calls++
        return undefined
      }
      return { kind: defaultBanKind, seconds: secondsLeft(window.end, now) }
    },
    rateOf: (appKey) => rates.get(appKey),
    setRate(appKey, rate) {
      rates.set(appKey, rate)
      windows.delete(appKey)
    },
    banOn(call, now) {
      if (bans.size === 0) return undefined
      let longest: { kind: string; until: number } | undefined
      for (const scope of Object.values(banScopes(call))) {
        const ban = bans.get(scope)
        if (!ban) continue
        if (now >= ban.until) bans.delete(scope)
        else if (!longest || ban.until > longest.until) longest = ban
      }
      return longest && { kind: longest.kind, seconds: secondsLeft(longest.until, now) }
    },
    ban(call, kind, until) {
      const scopes: Readonly<Record<string, string>> = banScopes(call)
      bans.set(scopes[kind] ?? banScopes(call).app, { kind, until })
    },
    clear() {
      windows.clear()
      rates.clear()
      bans.clear()
    },
  }
}

/**
 * A refusal with the platform's own words: `This ban will last for N more seconds`. Whoever reads them
 * waits in real time, so a clock that runs faster names so many fewer.
 *
 * @param pace how many seconds of the ban pass in a real one
 */
export function banned({ kind, seconds: left }: Ban, pace = 1): Rejection {
  const seconds = Math.max(1, Math.ceil(left / pace))
  return reject(
    `app-call-limited/${kind}` as PlatformErrorRef,
    { seconds },
    {
      en: `The call limit is used up; the app is banned for ${seconds} more seconds. Wait that long, then send the same call again: it was not carried out.`,
      zh: `调用频率超限，应用被禁 ${seconds} 秒。请等待后重发：本次调用没有执行。`,
    },
  )
}

/** How call limits are counted. */
export const windowBehaviours: readonly Behaviour[] = [
  {
    name: "a day's quota is counted until 00:00 GMT+8",
    ...observed('a logged ban lasted until that hour'),
  },
  {
    name: 'a window of a second, minute or hour opens with its first call',
    ...assumed('the page on flow control does not say how windows lie'),
  },
]
