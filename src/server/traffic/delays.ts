import { parseDuration } from '../../contracts/protocol/timestamp.ts'
import type { Delay } from '../../contracts/rule.ts'

/** No sample is longer, in milliseconds: a log-normal delay knows no end. */
const longest = 86_400_000

/** How long this call is delayed, in milliseconds. @param random in [0, 1) */
export function delayOf(delay: Delay, random: () => number): number {
  if (typeof delay === 'string') return parseDuration(delay) ?? 0
  if ('uniform' in delay) {
    const [from = 0, to = 0] = delay.uniform.map((text) => parseDuration(text) ?? 0)
    return Math.round(from + (to - from) * random())
  }
  const { median, sigma } = delay.logNormal
  // Box and Muller: two even chances make a normal one.
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.min(longest, Math.round((parseDuration(median) ?? 0) * Math.exp(sigma * normal)))
}
