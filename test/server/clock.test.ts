import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { createClock } from '../../src/server/state/clock.ts'

const noon = Date.parse('2016-01-01T12:00:00+08:00')

/** A clock over a real time that goes on only when told to. */
function clockAt(start = noon) {
  let time = start
  const clock = createClock(() => time)
  return {
    clock,
    pass: (ms: number) => {
      time += ms
    },
  }
}

/** Whether a promise has ended by now, without waiting for it. */
async function hasEnded(promise: Promise<void>): Promise<boolean> {
  let ended = false
  void promise.then(() => {
    ended = true
  })
  for (let turn = 0; turn < 5; turn++) await Promise.resolve()
  return ended
}

describe('a clock', () => {
  it('is the real time until somebody moves it', () => {
    const { clock, pass } = clockAt()
    pass(1500)
    expect(clock.now()).toBe(noon + 1500)
    expect(clock.moved()).toBe(false)
    expect(clock.state()).toEqual({
      time: '2016-01-01 12:00:01',
      epochMs: noon + 1500,
      frozen: false,
      scale: 1,
      moved: false,
    })
  })

  it('stands still when frozen, where it is or at a moment', () => {
    const { clock, pass } = clockAt()
    clock.freeze()
    pass(5000)
    expect(clock.now()).toBe(noon)
    clock.freeze(noon - 86_400_000)
    pass(5000)
    expect(clock.state()).toMatchObject({ time: '2015-12-31 12:00:00', frozen: true, moved: true })
    expect(clock.wall()).toBe(noon + 10_000)
  })

  it('goes on from the moment that it is set to, but not when frozen', () => {
    const { clock, pass } = clockAt()
    clock.set(0)
    pass(1000)
    expect(clock.now()).toBe(1000)
    clock.freeze()
    clock.set(5000)
    pass(1000)
    expect(clock.now()).toBe(5000)
  })

  it('advances running and frozen, and back', () => {
    const { clock, pass } = clockAt()
    clock.advance(60_000)
    pass(1000)
    expect(clock.now()).toBe(noon + 61_000)
    clock.freeze()
    clock.advance(-61_000)
    pass(1000)
    expect(clock.now()).toBe(noon)
  })

  it('runs faster and slower, from where it stands', () => {
    const { clock, pass } = clockAt()
    clock.scale(60)
    pass(1000)
    expect(clock.now()).toBe(noon + 60_000)
    clock.scale(0.5)
    pass(1000)
    expect(clock.now()).toBe(noon + 60_500)
    expect(clock.state()).toMatchObject({ scale: 0.5, frozen: false })
  })

  it('resumes the real pace from where it stands', () => {
    const { clock, pass } = clockAt()
    clock.freeze(1000)
    pass(9000)
    clock.resume()
    pass(500)
    expect(clock.now()).toBe(1500)
    expect(clock.state()).toMatchObject({ frozen: false, scale: 1, moved: true })
  })

  it('is the real time again after a reset', () => {
    const { clock, pass } = clockAt()
    clock.scale(60)
    clock.freeze(1000)
    clock.reset()
    pass(500)
    expect(clock.now()).toBe(noon + 500)
    expect(clock.moved()).toBe(false)
  })
})

describe('a clock beside another', () => {
  it('keeps its distance, however the other is moved', () => {
    const { clock, pass } = clockAt()
    const beside = clock.beside()
    expect(beside.moved()).toBe(false)
    beside.advance(3_600_000)
    pass(1000)
    expect(beside.now()).toBe(noon + 3_601_000)
    clock.freeze(0)
    expect(beside.now()).toBe(3_600_000)
    expect(clock.now()).toBe(0)
    beside.reset()
    expect(beside.now()).toBe(0)
    clock.reset()
    expect(beside.moved()).toBe(false)
  })
})

describe('sleep', () => {
  it('ends at once for nothing', async () => {
    const { clock } = clockAt()
    clock.freeze()
    expect(await hasEnded(clock.sleep(0))).toBe(true)
    expect(await hasEnded(clock.sleep(-5))).toBe(true)
  })

  it('ends early for who has left, and leaves nobody asleep', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    const { clock } = clockAt()
    const leaving = new AbortController()
    const sleeping = clock.sleep(Number.POSITIVE_INFINITY, leaving.signal)
    const other = clock.sleep(5000, leaving.signal)
    expect(await hasEnded(sleeping)).toBe(false)
    leaving.abort()
    expect([await hasEnded(sleeping), await hasEnded(other)]).toEqual([true, true])
    expect(vi.getTimerCount()).toBe(0)
    expect(await hasEnded(clock.sleep(5000, leaving.signal))).toBe(true)
    vi.useRealTimers()
  })

  it('of a frozen clock ends when the clock has been advanced that far, not before', async () => {
    const { clock } = clockAt()
    clock.freeze()
    const sleeping = clock.sleep(5000)
    const sleepingLonger = clock.sleep(5001)
    clock.advance(4999)
    expect(await hasEnded(sleeping)).toBe(false)
    clock.advance(1)
    expect(await hasEnded(sleeping)).toBe(true)
    expect(await hasEnded(sleepingLonger)).toBe(false)
    clock.set(noon + 86_400_000)
    expect(await hasEnded(sleepingLonger)).toBe(true)
  })

  it('of a clock beside another ends when either is advanced', async () => {
    const { clock } = clockAt()
    clock.freeze()
    const beside = clock.beside()
    const sleeping = beside.sleep(5000)
    beside.advance(3000)
    expect(await hasEnded(sleeping)).toBe(false)
    clock.advance(2000)
    expect(await hasEnded(sleeping)).toBe(true)
  })
})

describe('sleep in real time', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: noon })
  })
  afterEach(() => {
    vi.useRealTimers()
  })

  it('ends by itself', async () => {
    const clock = createClock()
    const sleeping = clock.sleep(5000)
    await vi.advanceTimersByTimeAsync(4999)
    expect(await hasEnded(sleeping)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await hasEnded(sleeping)).toBe(true)
    expect(vi.getTimerCount()).toBe(0)
  })

  it('ends as much sooner as the clock runs faster', async () => {
    const clock = createClock()
    clock.scale(60)
    const sleeping = clock.sleep(60_000)
    await vi.advanceTimersByTimeAsync(999)
    expect(await hasEnded(sleeping)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await hasEnded(sleeping)).toBe(true)
  })

  it('waits while the clock is frozen and goes on when it resumes', async () => {
    const clock = createClock()
    const sleeping = clock.sleep(5000)
    await vi.advanceTimersByTimeAsync(3000)
    clock.freeze()
    await vi.advanceTimersByTimeAsync(60_000)
    expect(await hasEnded(sleeping)).toBe(false)
    clock.resume()
    await vi.advanceTimersByTimeAsync(2000)
    expect(await hasEnded(sleeping)).toBe(true)
  })

  it('may be longer than a timer of Node', async () => {
    const clock = createClock()
    const sleeping = clock.sleep(30 * 86_400_000)
    await vi.advanceTimersByTimeAsync(30 * 86_400_000 - 1)
    expect(await hasEnded(sleeping)).toBe(false)
    await vi.advanceTimersByTimeAsync(1)
    expect(await hasEnded(sleeping)).toBe(true)
  })
})
