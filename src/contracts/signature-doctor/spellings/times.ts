import { formatTime, parseTimestamp } from '../../protocol/timestamp.ts'

const two = (value: number) => String(value).padStart(2, '0')
const hour = 3_600_000

/** Every usual way to write a moment, in GMT+8 and as if it were UTC. */
function* spellings(text: string): Iterable<string> {
  const [date = '', time = ''] = text.split(' ')
  const [year = '', month = '', day = ''] = date.split('-')
  const [hours = '', minutes = '', seconds = ''] = time.split(':')
  const plain = (part: string) => String(Number(part))
  const twelve = two(Number(hours) % 12 === 0 ? 12 : Number(hours) % 12)
  const short = `${Number(hours) % 12 === 0 ? 12 : Number(hours) % 12}`
  yield `${date} ${hours}:${minutes}`
  yield `${date} ${twelve}:${minutes}:${seconds}`
  yield `${date}T${time}`
  yield `${date}T${time}Z`
  yield `${date}T${time}.000Z`
  yield `${date}T${time}+08:00`
  yield `${date}T${time}+0800`
  yield `${date}T${time}.000+08:00`
  yield `${date}T${time}.000+0800`
  yield `${date}T${time}.000`
  yield `${date} ${time}.000`
  yield `${date} ${time}.0`
  yield `${date} ${time}.000000`
  yield `${date} ${time}+08:00`
  yield `${date} ${time} +0800`
  yield `${date} ${time}Z`
  yield `${date} ${time} `
  yield `${date}  ${time}`
  yield `${date}${time}`
  yield `${date}+${time}`
  yield `${date}%20${time}`
  yield `${date}+${time.replaceAll(':', '%3A')}`
  yield `${date}%20${time.replaceAll(':', '%3A')}`
  yield `${date}_${time}`
  yield date
  yield `${date} 00:00:00`
  yield `${year}${month}${day}${hours}${minutes}${seconds}`
  yield `${year}${month}${day} ${time}`
  yield `${year}${month}${day}`
  yield `${year}/${month}/${day} ${time}`
  yield `${year}/${plain(month)}/${plain(day)} ${time}`
  yield `${year}/${plain(month)}/${plain(day)} ${plain(hours)}:${minutes}:${seconds}`
  yield `${year}-${plain(month)}-${plain(day)} ${time}`
  yield `${year}-${plain(month)}-${plain(day)} ${plain(hours)}:${minutes}:${seconds}`
  yield `${year}-${plain(month)}-${plain(day)} ${plain(hours)}:${plain(minutes)}:${plain(seconds)}`
  yield `${date} ${plain(hours)}:${minutes}:${seconds}`
  yield `${year.slice(2)}-${month}-${day} ${time}`
  yield `${month}/${day}/${year} ${time}`
  yield `${plain(month)}/${plain(day)}/${year} ${short}:${minutes}:${seconds} ${Number(hours) < 12 ? 'AM' : 'PM'}`
  yield `${plain(month)}/${plain(day)}/${year}, ${short}:${minutes}:${seconds} ${Number(hours) < 12 ? 'AM' : 'PM'}`
  yield `${year}年${month}月${day}日 ${time}`
  yield `${date} ${time} ${Number(hours) < 12 ? 'AM' : 'PM'}`
  yield `"${text}"`
  yield `${date} ${time} +0800 CST`
  yield `${date} ${time} +0800 +0800`
  yield `${date} ${time} +0000 UTC`
  yield `${date} ${time} CST`
  // Patterns mistyped: minutes for the month (mm), the month counted from 0, the hour cut to twelve.
  yield `${year}-${minutes}-${day} ${time}`
  yield `${year}-${two(Number(month) - 1)}-${day} ${time}`
  yield `${year}-${Number(month) - 1}-${day} ${time}`
  yield `${year}-${Number(month) - 1}-${Number(day)} ${time}`
  yield `${year}-${Number(month) - 1}-${Number(day)} ${plain(hours)}:${plain(minutes)}:${plain(seconds)}`
  yield `${year}-${month}-${day} ${hours}:${month}:${seconds}`
  yield `${Number(year) + 1}-${month}-${day} ${time}`
  yield `${year}-${month}-${two(dayOfYear(text))} ${time}`
}

const dayOfYear = (text: string) =>
  Math.floor(
    (Date.parse(`${text.slice(0, 10)}T00:00:00Z`) -
      Date.parse(`${text.slice(0, 4)}-01-01T00:00:00Z`)) /
      (24 * hour),
  ) + 1

export function* momentTexts(at: number): Iterable<string> {
  yield String(at)
  yield String(Math.floor(at / 1000))
  yield `${Math.floor(at / 1000)}.0`
  yield new Date(at).toISOString()
  const text = formatTime(at)
  yield text
  yield* spellings(text)
  const utc = new Date(at).toUTCString()
  yield utc
  // `String(new Date())` in the zones in which such programs run.
  for (const [shift, zone, names] of [
    [
      8,
      '+0800',
      ['China Standard Time', '中国标准时间', 'CST', 'GMT+08:00', 'Hong Kong Standard Time'],
    ],
    [0, '+0000', ['Coordinated Universal Time', '协调世界时', 'UTC', 'GMT']],
  ] as const) {
    const [, day = '', month = '', year = '', time = ''] =
      /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at + shift * hour).toUTCString()) ?? []
    const weekday = new Date(at + shift * hour).toUTCString().slice(0, 3)
    for (const name of names) {
      yield `${weekday} ${month} ${day} ${year} ${time} GMT${zone} (${name})`
      yield `${weekday} ${month} ${day} ${time} ${name} ${year}`
    }
    yield `${weekday} ${month} ${day} ${time} ${year}`
    yield `${weekday}, ${day} ${month} ${year} ${time} ${zone}`
  }
}

/** How far apart, in seconds, the moment that was signed and the one that was sent are tried. */
const longestDrift = 600
/** So many spellings of a moment are tried together with other mistakes. */
const commonSpellings = 12

const momentOf = (value: string) => parseTimestamp(value.trim().replace('+', ' '))

export function* timestamps(value: string): Iterable<string> {
  const at = momentOf(value)
  if (at === undefined) return
  yield* [...momentTexts(at)].slice(0, commonSpellings)
  // Read once for the sign and once more for the call.
  for (const seconds of [-1, 1, -2, 2, -3, 3, -5, 5]) yield sameStyle(value, at + seconds * 1000)
  // One of them in UTC.
  for (const hours of [-8, 8]) yield formatTime(at + hours * hour)
}

export function* rareTimestamps(value: string): Iterable<string> {
  const at = momentOf(value)
  if (at === undefined) return
  yield* momentTexts(at)
  for (let seconds = 3; seconds <= longestDrift; seconds++) {
    yield sameStyle(value, at - seconds * 1000)
    yield sameStyle(value, at + seconds * 1000)
  }
  for (let hours = -14; hours <= 14; hours++) {
    for (const seconds of [0, -1, 1, -2, 2]) yield formatTime(at + hours * hour + seconds * 1000)
  }
  for (const hours of [-8, 8]) yield* momentTexts(at + hours * hour)
  if (!/^\d{13}$/.test(value)) return
  for (let ms = 1; ms <= 5000; ms++) {
    yield String(at - ms)
    yield String(at + ms)
  }
}

/** A moment written as another one was. */
function sameStyle(like: string, at: number): string {
  if (/^\d{13}$/.test(like)) return String(at)
  if (/^\d{10}$/.test(like)) return String(Math.floor(at / 1000))
  return formatTime(at)
}
