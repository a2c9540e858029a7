import { formatTime } from '../../contracts/protocol/timestamp.ts'

/** The time as everything in a gateway sees it. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number
  /** The real time: what a client that knows nothing of this clock writes into `timestamp`. */
  wall(): number
  /** How many of its milliseconds pass in a real one; 1 while it stands. */
  pace(): number
  /** Whether anybody has frozen, set, moved or scaled it. */
  moved(): boolean
  /**
   * Ends when this clock has gone on by `ms`, whether by itself or by being moved; earlier when the
   * signal is aborted or the gateway closes.
   */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
}

/** The gateway's one clock: it can be frozen, set, advanced and scaled. */
export interface MovableClock extends Clock {
  freeze(at?: number): void
  set(at: number): void
  advance(ms: number): void
  scale(factor: number): void
  /** Real pace again, from where the clock stands. */
  resume(): void
  /** Back to the real time. */
  reset(): void
  /** Lets everybody who sleeps go on, and leaves no timer behind. */
  stop(): void
  /** Wakes whoever has slept long enough: for a real time that is given, and moved, by somebody. */
  tick(): void
  state(): ClockState
  /** What another clock needs to show the same time from here on. */
  save(): SavedClock
  adopt(saved: SavedClock): void
  /** A clock that runs beside this one at a distance of its own. */
  beside(): OffsetClock
}

/** Virtual time = base + (wall - since) * pace. */
export interface SavedClock {
  readonly base: number
  readonly since: number
  readonly pace: number
  readonly moved: boolean
}

export interface OffsetClock extends Clock {
  advance(ms: number): void
  offset(): number
  adopt(offset: number): void
  reset(): void
}

export interface ClockState {
  readonly time: string
  readonly epochMs: number
  readonly frozen: boolean
  readonly scale: number
  readonly moved: boolean
}

interface Sleeper {
  until: number
  readonly clock: Clock
  readonly wake: () => void
}

/** The longest a timer of Node's can wait; a sleeper that sleeps longer is looked at again. */
const longestTimer = 2 ** 31 - 1

/** @param wall the real time in milliseconds, replaced in tests */
export function createClock(wall: () => number = Date.now): MovableClock {
  // Virtual time = base + (wall - since) * pace; a frozen clock has pace 0.
  let since = 0
  let base = 0
  let pace = 1
  let moved = false
  let stopped = false
  const sleepers = new Set<Sleeper>()
  let timer: NodeJS.Timeout | undefined

  let lastSeen = wall()
  const now = () => (moved ? Math.round(base + (wall() - since) * pace) : wall())

  function change(to: number, newPace: number) {
    base = to
    since = wall()
    pace = newPace
    moved = true
    wakeSleepers()
  }

  /** Who sleeps sleeps no longer for a clock of the machine that was set back meanwhile. */
  function followBack() {
    const seen = wall()
    if (seen < lastSeen) {
      for (const sleeper of sleepers) sleeper.until -= (lastSeen - seen) * pace
    }
    lastSeen = seen
  }

  function wakeSleepers() {
    clearTimeout(timer)
    followBack()
    let soonest = Number.POSITIVE_INFINITY
    for (const sleeper of sleepers) {
      const left = sleeper.until - sleeper.clock.now()
      if (left <= 0) {
        sleepers.delete(sleeper)
        sleeper.wake()
      } else soonest = Math.min(soonest, left)
    }
    if (soonest < Number.POSITIVE_INFINITY && pace > 0) {
      timer = setTimeout(wakeSleepers, Math.min(Math.ceil(soonest / pace), longestTimer))
    }
  }

  function sleepOn(clock: Clock, ms: number, signal?: AbortSignal): Promise<void> {
    if (ms <= 0 || stopped || signal?.aborted) return Promise.resolve()
    return new Promise((resolve) => {
      const wake = () => {
        signal?.removeEventListener('abort', giveUp)
        resolve()
      }
      followBack()
      const sleeper = { until: clock.now() + ms, clock, wake }
      const giveUp = () => {
        sleepers.delete(sleeper)
        wakeSleepers()
        wake()
      }
      signal?.addEventListener('abort', giveUp)
      sleepers.add(sleeper)
      wakeSleepers()
    })
  }

  const clock: MovableClock = {
    now,
    wall,
    moved: () => moved,
    pace: () => (pace === 0 ? 1 : pace),
    sleep: (ms, signal) => sleepOn(clock, ms, signal),
    freeze: (at = now()) => change(at, 0),
    set: (at) => change(at, pace),
    advance: (ms) => change(now() + ms, pace),
    scale: (factor) => change(now(), factor),
    resume: () => change(now(), 1),
    reset() {
      pace = 1
      moved = false
      wakeSleepers()
    },
    stop() {
      stopped = true
      clearTimeout(timer)
      for (const sleeper of sleepers) sleeper.wake()
      sleepers.clear()
    },
    tick: wakeSleepers,
    state: () => ({
      time: formatTime(now()),
      epochMs: now(),
      frozen: pace === 0,
      scale: pace === 0 ? 1 : pace,
      moved,
    }),
    save: () => ({ base, since, pace, moved }),
    adopt(saved) {
      base = saved.base
      since = saved.since
      pace = saved.pace
      moved = saved.moved
      wakeSleepers()
    },
    beside() {
      let offset = 0
      const shifted: OffsetClock = {
        now: () => now() + offset,
        wall,
        moved: () => moved || offset !== 0,
        pace: clock.pace,
        sleep: (ms, signal) => sleepOn(shifted, ms, signal),
        advance(ms) {
          offset += ms
          wakeSleepers()
        },
        offset: () => offset,
        adopt(other) {
          offset = other
          wakeSleepers()
        },
        reset() {
          offset = 0
          wakeSleepers()
        },
      }
      return shifted
    },
  }
  return clock
}
