import { OptionError } from './problems.ts'

const rateUnits = ['sec', 'min', 'hour', 'day'] as const
export type RateUnit = (typeof rateUnits)[number]

/** At most `calls` calls in one window of `per`. */
export interface Rate {
  readonly calls: number
  readonly per: RateUnit
}

/** Reads `100/min`, `5/sec`, `5000/day` or `off`; `undefined` for anything else. */
export function parseRate(text: string): Rate | 'off' | undefined {
  if (text === 'off') return 'off'
  const match = /^([1-9]\d{0,8})\/(sec|min|hour|day)$/.exec(text)
  return match ? { calls: Number(match[1]), per: match[2] as RateUnit } : undefined
}

export const formatRate = (rate: Rate | 'off') =>
  rate === 'off' ? 'off' : `${rate.calls}/${rate.per}`

/** The length of a window in milliseconds. A day's window is cut at 00:00 GMT+8 by whoever counts. */
export const rateWindow: Readonly<Record<RateUnit, number>> = {
  sec: 1000,
  min: 60_000,
  hour: 3_600_000,
  day: 86_400_000,
}

/** Reads the option `rateLimit`. @throws OptionError saying what came */
export function rateOption(text: string): Rate | 'off' {
  const rate = parseRate(text)
  if (rate !== undefined) return rate
  throw new OptionError(`rateLimit was "${text}"; expected N/sec, N/min, N/hour, N/day or off`)
}
