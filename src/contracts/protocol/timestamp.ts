import { type Behaviour, documented, observed } from '../fidelity.ts'
/** The platform's only time zone, GMT+8, in milliseconds. */
export const platformOffset = 8 * 60 * 60 * 1000
/** How far a `timestamp` may be off, in milliseconds, either way (documented: ten minutes). */
export const timestampWindow = 10 * 60 * 1000

/** The first and the last moment that the text form can say, in milliseconds. */
export const earliest = Date.parse('0000-01-01T00:00:00+08:00')
export const latest = Date.parse('9999-12-31T23:59:59+08:00')

let lastSecond = Number.NaN
let lastText = ''

/**
 * `2026-11-23 18:00:00` in GMT+8, the platform's text form of a moment. What lies beyond the years 0
 * to 9999 is written as the first or last moment of them.
 */
export function formatTime(epochMs: number): string {
  const second = Math.floor(Math.min(latest, Math.max(earliest, epochMs)) / 1000)
  // A call writes the same second several times.
  if (second !== lastSecond) {
    lastText = new Date(second * 1000 + platformOffset).toISOString().slice(0, 19).replace('T', ' ')
    lastSecond = second
  }
  return lastText
}

const timePattern = /^(\d{4})-(\d{2})-(\d{2}) (\d{2}):(\d{2}):(\d{2})$/

/** Milliseconds since the epoch of a `yyyy-MM-dd HH:mm:ss` text in GMT+8; `undefined` if it is none. */
export function parseTime(text: string): number | undefined {
  // The texts of one second come in a row: a call's timestamp, its answer's dates, the next call's.
  if (text !== lastParsed) {
    lastMoment = readTime(text)
    lastParsed = text
  }
  return lastMoment
}

let lastParsed = ''
let lastMoment: number | undefined

function readTime(text: string): number | undefined {
  if (!timePattern.test(text)) return undefined
  const epochMs = Date.parse(`${text.replace(' ', 'T')}+08:00`)
  // Date.parse rolls 2016-02-30 over to March in some engines; what does not come back is no date.
  return Number.isNaN(epochMs) || formatTime(epochMs) !== text ? undefined : epochMs
}

const dayPattern = /^([01]\d|2[0-3]):([0-5]\d)(?::([0-5]\d))?$/

/** Milliseconds since midnight of a `HH:mm` or `HH:mm:ss` text; `undefined` if it is none. */
export function parseTimeOfDay(text: string): number | undefined {
  const [, hours, minutes, seconds = '0'] = dayPattern.exec(text) ?? []
  if (hours === undefined) return undefined
  return ((Number(hours) * 60 + Number(minutes)) * 60 + Number(seconds)) * 1000
}

/** Milliseconds since midnight in GMT+8. */
export const timeOfDay = (epochMs: number): number => {
  const day = 24 * 60 * 60 * 1000
  return (((epochMs + platformOffset) % day) + day) % day
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

const units: ReadonlyMap<string, number> = new Map([
  ['', 1000],
  ['ms', 1],
  ['s', 1000],
  ['sec', 1000],
  ['m', 60_000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['hour', 3_600_000],
  ['d', 86_400_000],
  ['day', 86_400_000],
])

/** Reads `500ms`, `31m`, `-8h`, `1.5s` into milliseconds; a bare number is seconds. */
export function parseDuration(text: string): number | undefined {
  const [, count = '', unit = ''] =
    /^(-?\d{1,12}(?:\.\d{1,6})?)\s*([a-z]*)$/.exec(text.trim()) ?? []
  const factor = units.get(unit)
  return count === '' || factor === undefined ? undefined : Number(count) * factor
}

/** What the gateway assumes of timestamps. */
export const timestampBehaviours: readonly Behaviour[] = [
  {
    name: 'a timestamp may be ten minutes off, either way',
    ...documented('public parameter table'),
  },
  {
    name: 'a timestamp may be epoch milliseconds (13 digits) or seconds (10 digits)',
    ...observed('the official Python SDK sends the first, a C SDK the second'),
  },
]
