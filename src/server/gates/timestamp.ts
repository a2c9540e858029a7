import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { formatTime, parseTimestamp, timestampWindow } from '../../contracts/protocol/timestamp.ts'
import type { Received } from '../call.ts'

/**
 * Ten minutes either way. A client lives in real time: once the clock has been moved, a timestamp
 * near the wall clock is as good as one near the virtual clock.
 */
export function checkTimestamp({ params, now, world }: Received): Rejection | undefined {
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
  if (isNear(sent, now) || (world.clock.moved() && isNear(sent, world.clock.wall())))
    return undefined
  const hours = Math.round((sent - now) / 3_600_000)
  const zone = Math.abs(hours) === 8 ? ' Eight hours: the caller wrote UTC, not GMT+8.' : ''
  return reject(
    'invalid-timestamp',
    {},
    {
      en: `timestamp ${text} is ${distance(sent, now)} the gateway's ${formatTime(now)} (GMT+8); ten minutes are allowed.${zone}`,
      zh: `timestamp ${text} 与网关时间 ${formatTime(now)}（GMT+8）相差超过 10 分钟。${zone === '' ? '' : '恰好相差 8 小时：调用方写的是 UTC，不是 GMT+8。'}`,
    },
  )
}

const isNear = (sent: number, now: number) => Math.abs(sent - now) <= timestampWindow

function distance(sent: number, now: number): string {
  const seconds = Math.round(Math.abs(sent - now) / 1000)
  const text =
    seconds < 120
      ? `${seconds} s`
      : seconds < 7200
        ? `${Math.round(seconds / 60)} min`
        : `${Math.round(seconds / 3600)} h`
  return `${text} ${sent < now ? 'behind' : 'ahead of'}`
}
