import { type Behaviour, documented, observed } from '../fidelity.ts'
/** The platform's only time zone, GMT+8, in milliseconds. */
export const platformOffset = 8 * 60 * 60 * 1000
/** How far a `timestamp` may be off, in milliseconds, either way (documented: ten minutes). */
export const timestampWindow = 10 * 60 * 1000

/** The first and the last moment that the text form can say, in milliseconds. */
export const earliest = Date.parse('0000-01-01T00:00:00+08:00')
export const latest = Date.parse('9999-12-31T23:59:59+08:00')

/**
 * `2026-11-23 18:00:00` in GMT+8, the platform's text form of a moment. What lies beyond the years 0
 * to 9999 is written as the first or last moment of them.
 */
export function formatTime(epochMs: number): string {
  const second = Math.floor(Math.min(latest, Math.max(earliest, epochMs)) / 1000)
  // A call writes the same second several times.
  if (second !== lastSecond) {
    const minute = Math.floor(second / 60)
    lastText = textOf(minute) + twoDigits[second - minute * 60]
    lastSecond = second
  }
  return lastText
}

let lastSecond = Number.NaN
let lastText = ''

/** Minutes since the epoch by their texts, `2026-11-23 18:00:`, and the other way round; bounded. */
const minutes = new Map<string, number>()
const texts = new Map<number, string>()
/** A list of items has dates of as many minutes, and their texts are made and read again and again. */
const mostMinutes = 4096
const twoDigits = Array.from({ length: 60 }, (_, number) => String(number).padStart(2, '0'))

function textOf(minute: number): string {
  const known = texts.get(minute)
  if (known !== undefined) return known
  if (texts.size >= mostMinutes) {
    texts.clear()
    minutes.clear()
  }
  const text = new Date(minute * 60_000 + platformOffset)
    .toISOString()
    .slice(0, 17)
    .replace('T', ' ')
  texts.set(minute, text)
  minutes.set(text, minute)
  return text
}

/** Milliseconds since the epoch of a `yyyy-MM-dd HH:mm:ss` text in GMT+8; `undefined` if it is none. */
export function parseTime(text: string): number | undefined {
  if (text.length !== 19) return undefined
  const minute = minuteOf(text.slice(0, 17))
  if (minute === undefined) return undefined
  const [tens, ones] = [text.charCodeAt(17) - zero, text.charCodeAt(18) - zero]
  const isSecond = tens >= 0 && tens < 6 && ones >= 0 && ones < 10
  return isSecond ? (minute * 60 + tens * 10 + ones) * 1000 : undefined
}

const zero = '0'.charCodeAt(0)
const minutePattern = /^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:$/

function minuteOf(text: string): number | undefined {
  const known = minutes.get(text)
  if (known !== undefined || !minutePattern.test(text)) return known
  const minute = Date.parse(`${text.replace(' ', 'T')}00+08:00`) / 60_000
  // Date.parse rolls 2016-02-30 over to March in some engines; what does not come back is no date.
  return Number.isNaN(minute) || textOf(minute) !== text ? undefined : minute
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
