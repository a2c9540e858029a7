import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { formatTime, parseTimestamp } from '../../contracts/protocol/timestamp.ts'
import type { Received } from '../call.ts'

/**
 * Ten minutes either way. A client lives in real time: once the clock has been moved, a timestamp
 * near the wall clock is as good as one near the virtual clock.
 *
 * @param window how far a timestamp may be off, in milliseconds; infinite takes any time
 */
export function checkTimestamps(window: number) {
  return (call: Received) => checkTimestamp(call, window)
}

function checkTimestamp({ params, now, world }: Received, window: number): Rejection | undefined {
  const text = params.timestamp
  if (!text) return reject('missing-timestamp')
  const sent = parseTimestamp(text)
  if (sent === undefined) {
    return reject(
      'invalid-timestamp',
      {},
      {
        en: `timestamp was "${text}"; expected yyyy-MM-dd HH:mm:ss in GMT+8, such as ${formatTime(now)}.`,
        zh: `timestamp 为 "${text}"，应为 GMT+8 时区的 yyyy-MM-dd HH:mm:ss，例如 ${formatTime(now)}。`,
      },
    )
  }
  const isNear = (time: number) => Math.abs(sent - time) <= window
  if (isNear(now) || (world.clock.moved() && isNear(world.clock.wall()))) return undefined
  const hours = Math.round((sent - now) / 3_600_000)
  const zone = Math.abs(hours) === 8 ? ' Eight hours: the caller wrote UTC, not GMT+8.' : ''
  return reject(
    'invalid-timestamp',
    {},
    {
      en: `timestamp ${text} is ${distance(sent, now)} the gateway's ${formatTime(now)} (GMT+8); ${span(window)} are allowed.${zone}`,
      zh: `timestamp ${text} 与网关时间 ${formatTime(now)}（GMT+8）相差超过 ${Math.round(window / 60_000)} 分钟。${zone === '' ? '' : '恰好相差 8 小时：调用方写的是 UTC，不是 GMT+8。'}`,
    },
  )
}

function distance(sent: number, now: number): string {
  return `${span(Math.abs(sent - now))} ${sent < now ? 'behind' : 'ahead of'}`
}

function span(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 120) return `${seconds} s`
  return seconds < 7200 ? `${Math.round(seconds / 60)} min` : `${Math.round(seconds / 3600)} h`
}
