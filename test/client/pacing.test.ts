import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createPacer } from '../../src/client/pacing.ts'
import { rateWindow } from '../../src/contracts/index.ts'

/** Time that passes only by sleeping. */
function virtualTime() {
  let time = 0
  return {
    now: () => time,
    sleep: async (ms: number) => {
      time += ms
    },
  }
}

it('never lets more calls through than the rate in any window, however they arrive', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 7 }),
      fc.array(fc.integer({ min: 0, max: 90_000 }), { minLength: 1, maxLength: 40 }),
      async (calls, gaps) => {
        const time = virtualTime()
        const pacer = createPacer({ rate: { calls, per: 'min' }, ...time })
        const sent: number[] = []
        for (const gap of gaps) {
          await time.sleep(gap)
          await pacer.turn()
          sent.push(time.now())
        }
        for (const [at, first] of sent.entries()) {
          const next = sent[at + calls]
          if (next !== undefined) expect(next - first).toBeGreaterThanOrEqual(rateWindow.min)
        }
      },
    ),
  )
})

it('lets a burst through at once, up to the rate', async () => {
  const time = virtualTime()
  const pacer = createPacer({ rate: { calls: 5, per: 'sec' }, ...time })
  await Promise.all(Array.from({ length: 5 }, () => pacer.turn()))
  expect(time.now()).toBe(0)
  await pacer.turn()
  expect(time.now()).toBe(1000)
})

it('lets nobody through while the app is banned', async () => {
  const time = virtualTime()
  const pacer = createPacer({ rate: 'off', ...time })
  pacer.pauseUntil(41_000)
  await Promise.all([pacer.turn(), pacer.turn()])
  expect(time.now()).toBe(41_000)
})

it('goes on after a caller that gave up waiting', async () => {
  const time = virtualTime()
  const pacer = createPacer({ rate: { calls: 1, per: 'sec' }, ...time })
  await pacer.turn()
  await expect(pacer.turn(AbortSignal.abort(new Error('no more')))).rejects.toThrow('no more')
  await pacer.turn()
  expect(time.now()).toBe(1000)
})
