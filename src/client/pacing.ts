import { type Rate, rateWindow } from '../contracts/rate.ts'

/** Lets calls through one after another, never faster than a rate, and none while the app is banned. */
export interface Pacer {
  /** Ends when the caller may send. */
  turn(signal?: AbortSignal): Promise<void>
  /** Nobody is let through before this time, in milliseconds. */
  pauseUntil(time: number): void
}

interface PacerOptions {
  readonly rate: Rate | 'off'
  readonly now: () => number
  readonly sleep: (ms: number, signal?: AbortSignal) => Promise<void>
}

/**
 * A sliding window: at most `calls` in any stretch of the rate's length, so a gateway that counts in
 * windows of its own, wherever they begin, never sees more.
 */
export function createPacer({ rate, now, sleep }: PacerOptions): Pacer {
  const sent: number[] = []
  let pausedUntil = 0
  let queue: Promise<void> = Promise.resolve()

  const waitMs = () => {
    const ban = pausedUntil - now()
    if (rate === 'off' || sent.length < rate.calls) return ban
    return Math.max(ban, (sent[0] as number) + rateWindow[rate.per] - now())
  }

  async function takeTurn(signal?: AbortSignal) {
    signal?.throwIfAborted()
    for (let ms = waitMs(); ms > 0; ms = waitMs()) await sleep(ms, signal)
    if (rate === 'off') return
    if (sent.length >= rate.calls) sent.shift()
    sent.push(now())
  }

  return {
    turn(signal) {
      if (rate === 'off' && pausedUntil <= now()) return Promise.resolve()
      const turn = queue.then(() => takeTurn(signal))
      // One caller's giving up must not stop those behind it.
      queue = turn.catch(() => undefined)
      return turn
    },
    pauseUntil(time) {
      pausedUntil = Math.max(pausedUntil, time)
    },
  }
}
