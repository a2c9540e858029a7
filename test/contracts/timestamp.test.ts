import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  formatTime,
  parseDuration,
  parseTime,
  parseTimeOfDay,
  parseTimestamp,
  platformOffset,
  timeOfDay,
  timestampWindow,
} from '../../src/contracts/protocol/timestamp.ts'
import { formatRate, parseRate, rateWindow } from '../../src/contracts/rate.ts'

const noon = Date.UTC(2016, 0, 1, 4)

describe('a moment', () => {
  it('is written in GMT+8, wherever the machine stands', () => {
    expect(formatTime(noon)).toBe('2016-01-01 12:00:00')
    expect(parseTime('2016-01-01 12:00:00')).toBe(noon)
    expect(formatTime(Date.UTC(2015, 11, 31, 16))).toBe('2016-01-01 00:00:00')
  })

  it('loses its milliseconds, and never runs ahead', () => {
    expect(formatTime(noon + 999)).toBe('2016-01-01 12:00:00')
  })

  it('is the same second after writing and reading', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 100_000_000_000 }), (second) => {
        expect(parseTime(formatTime(second * 1000))).toBe(second * 1000)
      }),
    )
  })

  it('sorts as text as it does in time', () => {
    const second = fc.integer({ min: 0, max: 10_000_000_000 })
    fc.assert(
      fc.property(second, second, (one, other) => {
        fc.pre(one < other)
        expect(formatTime(one * 1000) < formatTime(other * 1000)).toBe(true)
      }),
    )
  })

  it.each([
    '2016-02-30 00:00:00',
    '2016-01-01 24:00:00',
    '2016-01-01',
    '2016-01-01T12:00:00',
    '2016-01-01 12:00',
    '2016-01-01 12:00:00.000',
    ' 2016-01-01 12:00:00',
    '2016-01-01 12:00:00 ',
    '2016-1-1 12:00:00',
    '12016-01-01 12:00:00',
    '2016-01-01 12:00:60',
    '2016-01-01 12:00:5/',
    '2016-01-01 12:00:5:',
    '2016-01-01 12:00:/5',
    '2016-01-01 12:00::5',
    '2016-01-01 12:00:  ',
    '1451620800000',
    '',
  ])('is not %j', (text) => {
    expect(parseTime(text)).toBeUndefined()
  })

  it.each(['00', '09', '10', '59'])('has a second %s', (second) => {
    expect(parseTime(`2016-01-01 12:00:${second}`)).toBe(noon + Number(second) * 1000)
  })

  it('does not know daylight saving: every day has 24 hours', () => {
    // China had summer time from 1986 to 1991; GMT+8 never does.
    expect(parseTime('1986-05-04 12:00:00')).toBe(Date.UTC(1986, 4, 4, 4))
  })
})

describe('a timestamp', () => {
  it.each([
    ['2016-01-01 12:00:00', 'text in GMT+8'],
    ['1451620800000', 'milliseconds, as the official Python line sends'],
    ['1451620800', 'seconds, as the C SDK sends'],
  ])('may be %s: %s', (text) => {
    expect(parseTimestamp(text)).toBe(noon)
  })

  it.each([
    '2011-07-01 13: 52:03',
    '2016-01-01T12:00:00Z',
    '2016-01-01 12:00',
    '14516208000',
    '145162080',
    '14516208000000',
    'x1451620800000',
    '1451620800000x',
    'x1451620800',
    '1451620800x',
    '-1451620800',
    '1451620800.5',
    '１４５１６２０８００',
    ' 1451620800',
    'now',
    '',
  ])('is not %j', (text) => {
    expect(parseTimestamp(text)).toBeUndefined()
  })

  it('written in UTC is eight hours off', () => {
    const inUtc = new Date(noon).toISOString().slice(0, 19).replace('T', ' ')
    expect(noon - (parseTimestamp(inUtc) as number)).toBe(platformOffset)
    expect(platformOffset).toBeGreaterThan(timestampWindow)
  })

  it('may be ten minutes off', () => {
    expect(timestampWindow).toBe(600_000)
  })
})

describe('a time of day', () => {
  it.each([
    ['00:00', 0],
    ['09:30', 34_200_000],
    ['19:05:07', 68_707_000],
    ['23:59:59', 86_399_000],
  ])('%s is %d ms after midnight', (text, ms) => {
    expect(parseTimeOfDay(text)).toBe(ms)
  })

  it.each([
    '',
    '24:00',
    '30:00',
    '12:60',
    '12:00:60',
    '9:30',
    '1x:30',
    '12:3x',
    '12:30:0x',
    '112:30',
    '12:30:001',
    '12:30:',
    ' 12:30',
  ])('is not %j', (text) => {
    expect(parseTimeOfDay(text)).toBeUndefined()
  })

  it('is that of GMT+8', () => {
    expect(timeOfDay(noon)).toBe(43_200_000)
    expect(timeOfDay(Date.UTC(2015, 11, 31, 16, 0, 0, 1))).toBe(1)
  })

  it('is counted forward before 1970 as well', () => {
    expect(timeOfDay(Date.UTC(1969, 11, 31, 15, 59, 59))).toBe(86_399_000)
  })
})

describe('a duration', () => {
  it.each([
    ['500ms', 500],
    ['2s', 2000],
    ['2sec', 2000],
    ['31m', 1_860_000],
    ['31min', 1_860_000],
    ['8h', 28_800_000],
    ['1hour', 3_600_000],
    ['1d', 86_400_000],
    ['1day', 86_400_000],
    ['-8h', -28_800_000],
    ['1.5s', 1500],
    ['1.25s', 1250],
    ['5 s', 5000],
    [' 5s ', 5000],
    ['5', 5000],
    ['0s', 0],
  ])('%j is %d ms', (text, ms) => {
    expect(parseDuration(text)).toBe(ms)
  })

  it.each([
    '',
    's',
    'ms',
    '5x',
    '5M',
    '5 S',
    '1h30m',
    '+5s',
    '.5s',
    '5.s',
    '1e3s',
    '--5s',
    '5s!',
    '٥s',
  ])('is not %j', (text) => {
    expect(parseDuration(text)).toBeUndefined()
  })

  it.each(['5constructor', '5tostring', '5valueof'])(
    'has no unit that only objects know: %s',
    (text) => {
      expect(parseDuration(text)).toBeUndefined()
    },
  )

  it('is finite or none', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^-?\d{1,400}[a-z]{0,12}$/), (text) => {
        expect(parseDuration(text) ?? 0).toSatisfy(Number.isFinite)
      }),
    )
    expect(parseDuration(`${'9'.repeat(400)}s`)).toBeUndefined()
  })
})

describe('a rate', () => {
  it.each([
    ['100/min', { calls: 100, per: 'min' }],
    ['5/sec', { calls: 5, per: 'sec' }],
    ['1/hour', { calls: 1, per: 'hour' }],
    ['5000/day', { calls: 5000, per: 'day' }],
    ['off', 'off'],
  ] as const)('%s is read, and written as it was', (text, rate) => {
    expect(parseRate(text)).toEqual(rate)
    expect(formatRate(rate)).toBe(text)
  })

  it.each([
    '',
    '0/min',
    '-1/min',
    '1.5/sec',
    '100',
    '/min',
    '100/minute',
    '100 / min',
    'OFF',
    '100/constructor',
    '0100/min',
  ])('is not %j', (text) => {
    expect(parseRate(text)).toBeUndefined()
  })

  it('is counted in windows of its unit', () => {
    expect(rateWindow).toEqual({ sec: 1000, min: 60_000, hour: 3_600_000, day: 86_400_000 })
  })
})
