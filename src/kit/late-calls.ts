import type { Gateway } from '../server/index.ts'

/** Longer than a scenario lets a call wait. */
const latest = '24h'

/** Calls whose program did not wait for them are carried out all the same, as the platform would. */
export async function letLateCallsEnd(gateway: Gateway): Promise<void> {
  gateway.clock.advance(latest)
  // Whoever slept on the clock goes on in a later turn of the event loop.
  for (let turn = 0; turn < 5; turn++) await new Promise((resolve) => setImmediate(resolve))
}
