/** The platform's only time zone, GMT+8, in milliseconds. */
export const platformOffset = 8 * 60 * 60 * 1000
/** How far a `timestamp` may be off, in milliseconds, either way (documented: ten minutes). */
export const timestampWindow = 10 * 60 * 1000

/** `2026-11-23 18:00:00` in GMT+8, the platform's text form of a moment. */
export function formatTime(epochMs: number): string {
  return new Date(epochMs + platformOffset).toISOString().slice(0, 19).replace('T', ' ')
}

const timePattern = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/** Milliseconds since the epoch of a `yyyy-MM-dd HH:mm:ss` text in GMT+8; `undefined` if it is none. */
export function parseTime(text: string): number | undefined {
  if (!timePattern.test(text)) return undefined
  const epochMs = Date.parse(`${text.replace(' ', 'T')}+08:00`)
  // Date.parse rolls 2016-02-30 over to March in some engines; what does not come back is no date.
  return Number.isNaN(epochMs) || formatTime(epochMs) !== text ? undefined : epochMs
}

/**
 * Reads a `timestamp` parameter: the documented text form, or the epoch milliseconds and seconds
 * that official SDK lines send (13 and 10 digits).
 */
export function parseTimestamp(text: string): number | undefined {
  if (/^\d{13}$/.test(text)) return Number(text)
  if (/^\d{10}$/.test(text)) return Number(text) * 1000
  return parseTime(text)
}

const units: Record<string, number> = {
  ms: 1,
  s: 1000,
  sec: 1000,
  m: 60_000,
  min: 60_000,
  h: 3_600_000,
  hour: 3_600_000,
  d: 86_400_000,
  day: 86_400_000,
}

/** Reads `500ms`, `31m`, `-8h`, `1.5s` into milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number | undefined {
  const match = /^(-?\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(text.trim())
  const unit = match && (match[2] === '' ? 1000 : units[match[2] as string])
  return match && unit !== undefined && unit !== null ? Number(match[1]) * unit : undefined
}
