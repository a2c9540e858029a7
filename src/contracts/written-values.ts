import * as z from 'zod'
import { parseDuration, parseTime, parseTimeOfDay } from './protocol/timestamp.ts'
import { parseRate } from './rate.ts'

// Values as people write them in worlds, scenarios, configuration files and control calls.

/** A moment: `2026-11-11 00:00:00`, in GMT+8. */
export const writtenMoment = z.string().refine((text) => parseTime(text) !== undefined, {
  error: 'expected yyyy-MM-dd HH:mm:ss in GMT+8',
})

/** A moment, or a time of day, in GMT+8: `2026-11-11 00:00:00`, `22:00`, `02:30:15`. */
export const writtenTime = z
  .string()
  .refine((text) => (parseTime(text) ?? parseTimeOfDay(text)) !== undefined, {
    error: 'expected yyyy-MM-dd HH:mm:ss or HH:mm in GMT+8',
  })

/** A stretch of time: `500ms`, `31m`, back with a minus. */
export const writtenDuration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'expected a duration such as 500ms, 2s, 31m, 8h',
})

/** How long something lasts: a duration above 0. */
export const writtenSpan = writtenDuration.refine((text) => (parseDuration(text) ?? 1) > 0, {
  error: 'expected a duration above 0',
})

/** A call limit: `100/min`, `off`. */
export const writtenRate = z.string().refine((text) => parseRate(text) !== undefined, {
  error: 'expected N/sec, N/min, N/hour, N/day or off',
})

/** How far a timestamp may be off: `10m`, `off`. */
export const writtenWindow = z
  .string()
  .refine((text) => text === 'off' || (parseDuration(text) ?? -1) >= 0, {
    error: 'expected a duration such as 10m or 9h, or off',
  })
