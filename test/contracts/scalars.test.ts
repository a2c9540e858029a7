import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  boolean,
  date,
  id,
  normalPrice,
  price,
  structure,
  text,
  topBoolean,
  topDate,
  topEnum,
  topFile,
  topId,
  topIdPositive,
  topLong,
  topNumber,
  topPrice,
  topText,
  topTextList,
} from '../../src/contracts/protocol/scalars.ts'
import { formatTime } from '../../src/contracts/protocol/timestamp.ts'

const takes = (schema: z.ZodType, value: unknown) => schema.safeParse(value).success

/** What passes for a number elsewhere: with JavaScript, with spreadsheets, with people. */
const noNumbers = [
  '',
  ' ',
  'abc',
  '0x10',
  '1e9',
  '+1',
  ' 1',
  '1 ',
  '1\n',
  '１',
  '٣',
  '1,000',
  '1_000',
  'NaN',
  'Infinity',
  '--1',
  '-',
  '½',
  '1\u0000',
]

describe('a number', () => {
  it.each([
    ['0', 0],
    ['20', 20],
    ['-5', -5],
    ['007', 7],
    ['9007199254740991', Number.MAX_SAFE_INTEGER],
    ['-9007199254740991', Number.MIN_SAFE_INTEGER],
  ])('reads %s', (sent, value) => {
    expect(topNumber().parse(sent)).toBe(value)
  })

  it.each([...noNumbers, '1.5', '1.0', '.5'])('refuses %j', (sent) => {
    expect(takes(topNumber(), sent)).toBe(false)
  })

  it.each([
    '1763988157000,1763988157000',
    'x'.repeat(19),
    '9223372036854775808',
    '-9223372036854775809',
  ])('of 64 bits refuses %j, and does not stumble over it', (sent) => {
    expect(takes(topLong(), sent)).toBe(false)
  })

  it.each(['9007199254740992', '-9007199254740992', '99999999999999999999'])(
    'refuses %s, which it could not keep exactly',
    (sent) => {
      expect(takes(topNumber(), sent)).toBe(false)
    },
  )

  it('refuses a value that is no text: everything travels as text', () => {
    for (const value of [1, true, null, undefined, {}, ['1']])
      expect(takes(topNumber(), value)).toBe(false)
  })

  it('keeps to its limits on both sides', () => {
    const limited = topNumber({ min: 1, max: 200 })
    expect(['1', '200'].every((sent) => takes(limited, sent))).toBe(true)
    expect(['0', '201', '-1'].some((sent) => takes(limited, sent))).toBe(false)
  })

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(fc.maxSafeInteger(), (value) => {
        const schema = topNumber()
        expect(schema.parse(z.encode(schema, value))).toBe(value)
      }),
    )
  })

  it('is not written when it could not be read', () => {
    for (const value of [1.5, Number.NaN, Number.POSITIVE_INFINITY, 2 ** 53]) {
      expect(z.safeEncode(topNumber(), value).success).toBe(false)
    }
  })
})

describe('an identifier', () => {
  const largest = 2n ** 63n - 1n

  it('stays the text it was, however large', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: largest }), (value) => {
        const sent = String(value)
        expect(topId.parse(sent)).toBe(sent)
        expect(z.encode(topId, sent)).toBe(sent)
      }),
    )
    expect(topId.parse('9007199254740993')).toBe('9007199254740993')
  })

  it('ends at 2^63 - 1', () => {
    expect(takes(topId, String(largest))).toBe(true)
    expect(takes(topId, String(largest + 1n))).toBe(false)
  })

  it.each([...noNumbers, '-1', '1.0', '01', '00', '99999999999999999999'])('refuses %j', (sent) => {
    expect(takes(topId, sent)).toBe(false)
  })

  it('may be 0, unless it must be above', () => {
    expect(takes(topId, '0')).toBe(true)
    expect(takes(topIdPositive, '0')).toBe(false)
    expect(takes(topIdPositive, '1')).toBe(true)
  })
})

describe('a price', () => {
  it.each([
    ['2999.00', '2999.00'],
    ['2999.0', '2999.00'],
    ['2999', '2999.00'],
    ['0.1', '0.10'],
    ['0', '0.00'],
    ['007.5', '7.50'],
    ['00', '0.00'],
    ['999999999999.99', '999999999999.99'],
  ])('%s is read as %s', (sent, value) => {
    expect(topPrice().parse(sent)).toBe(value)
  })

  it.each([...noNumbers, '-1', '1.005', '.5', '1.', '1.2.3', '¥5', '5元', '1000000000000'])(
    'refuses %j',
    (sent) => {
      expect(takes(topPrice(), sent)).toBe(false)
    },
  )

  it('has a lower bound that it must pass and an upper one that it may reach', () => {
    const limited = topPrice({ above: 0, max: 100_000_000 })
    expect(['0.01', '100000000.00'].every((sent) => takes(limited, sent))).toBe(true)
    expect(['0', '0.00', '100000000.01'].some((sent) => takes(limited, sent))).toBe(false)
  })

  it('never goes through a binary fraction: every fen is read back', () => {
    fc.assert(
      fc.property(fc.bigInt({ min: 0n, max: 10n ** 14n - 1n }), (fen) => {
        const written = `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`
        expect(topPrice().parse(written)).toBe(written)
        expect(z.encode(topPrice(), written)).toBe(written)
        expect(takes(price, written)).toBe(true)
      }),
    )
  })

  it('is the same after being read twice', () => {
    const sent = fc
      .tuple(fc.nat(), fc.constantFrom('', '.5', '.50', '.05', '.00'))
      .map(([yuan, fen]) => `${yuan}${fen}`)
    fc.assert(
      fc.property(sent, (text) => {
        expect(normalPrice(normalPrice(text))).toBe(normalPrice(text))
      }),
    )
  })
})

describe('a truth value', () => {
  it('is true or false', () => {
    expect(topBoolean.parse('true')).toBe(true)
    expect(topBoolean.parse('false')).toBe(false)
    expect(z.encode(topBoolean, true)).toBe('true')
    expect(z.encode(topBoolean, false)).toBe('false')
  })

  it.each(['', ' ', 'True', 'TRUE', 'yes', 'on', '1', '0', 'no', ' true', 'true ', 'null'])(
    'is not %j',
    (sent) => {
      expect(takes(topBoolean, sent)).toBe(false)
    },
  )
})

describe('a date', () => {
  it.each([
    '2016-01-01 12:00:00',
    '2016-02-29 23:59:59',
    '2000-02-29 00:00:00',
    '9999-12-31 23:59:59',
  ])('may be %s', (sent) => {
    expect(topDate.parse(sent)).toBe(sent)
  })

  it.each([
    '2016-02-30 00:00:00',
    '2015-02-29 00:00:00',
    '1900-02-29 00:00:00',
    '2016-13-01 00:00:00',
    '2016-00-01 00:00:00',
    '2016-01-00 00:00:00',
    '2016-01-01 24:00:00',
    '2016-01-01 12:60:00',
    '2016-01-01 12:00:60',
    '2016-01-01',
    '2016-1-1 12:00:00',
    '2016-01-01T12:00:00',
    '2016-01-01T12:00:00+08:00',
    '2016/01/01 12:00:00',
    ' 2016-01-01 12:00:00',
    '2016-01-01 12:00:00\n',
    '2016-01-01  12:00:00',
    '２016-01-01 12:00:00',
    '1451620800000',
    '',
  ])('is not %j', (sent) => {
    expect(takes(topDate, sent)).toBe(false)
  })

  it('stays the text it was', () => {
    const seconds = fc.integer({ min: 0, max: 4_000_000_000 })
    fc.assert(
      fc.property(seconds, (second) => {
        const sent = formatTime(second * 1000)
        expect(topDate.parse(sent)).toBe(sent)
        expect(z.encode(topDate, sent)).toBe(sent)
        expect(takes(date, sent)).toBe(true)
      }),
    )
  })
})

describe('a text', () => {
  it('is measured in UTF-16 units, as the official SDKs do', () => {
    const limited = topText({ max: 4 })
    expect(takes(limited, '😀😀')).toBe(true)
    expect(takes(limited, '😀😀x')).toBe(false)
    expect(takes(limited, '一二三四')).toBe(true)
  })

  it('that holds a list is measured by its commas', () => {
    const limited = topText({ maxList: 2 })
    expect(takes(limited, 'a,b')).toBe(true)
    expect(takes(limited, 'a,b,c')).toBe(false)
    expect(takes(limited, 'a,b,')).toBe(false)
  })

  it('of a closed set is spelled exactly', () => {
    const set = topEnum(['new', 'second'])
    expect(takes(set, 'new')).toBe(true)
    for (const sent of ['New', ' new', 'new ', '', 'unused', 'toString']) {
      expect(takes(set, sent)).toBe(false)
    }
  })

  it('list is read back as it was written', () => {
    const parts = fc.array(
      fc.string().map((text) => text.replaceAll(',', '')),
      { minLength: 1 },
    )
    fc.assert(
      fc.property(parts, (values) => {
        expect(topTextList().parse(z.encode(topTextList(), values))).toEqual(values)
      }),
    )
  })

  it('list has at most as many parts as its contract says', () => {
    const limited = topTextList({ max: 2 })
    expect(takes(limited, 'a,b')).toBe(true)
    expect(takes(limited, 'a,b,c')).toBe(false)
  })
})

describe('a file', () => {
  const file = (size: number) => ({ fileName: '', contentType: '', bytes: new Uint8Array(size) })

  it('may be as large as its contract says, and not a byte larger', () => {
    expect(takes(topFile({ max: 3 }), file(3))).toBe(true)
    expect(takes(topFile({ max: 3 }), file(4))).toBe(false)
  })

  it.each(['/9j/4AAQ', '', null, 1, {}])('is not a text or anything else: %j', (value) => {
    expect(takes(topFile({ max: 3 }), value)).toBe(false)
  })
})

describe('an answer', () => {
  it('may give an identifier as a number or as digits; our code gets digits', () => {
    expect(id.parse(123)).toBe('123')
    expect(id.parse('9007199254740993')).toBe('9007199254740993')
  })

  it('may not give an identifier that was rounded on the way, or none', () => {
    for (const value of [2 ** 53, 1.5, -1, '', 'abc', null]) expect(takes(id, value)).toBe(false)
  })

  it('gives a price with two decimals and a truth value as one', () => {
    expect(takes(price, '2999.00')).toBe(true)
    for (const value of ['2999', '2999.0', 2999, '-1.00', ''])
      expect(takes(price, value)).toBe(false)
    for (const value of ['true', 1, null]) expect(takes(boolean, value)).toBe(false)
  })
})

describe('a structure of an answer', () => {
  it('promises none of its fields, in their order, and holds those that are there', () => {
    const location = structure({ state: text, city: text, zip: id })
    expect(Object.keys(location.shape)).toEqual(['state', 'city', 'zip'])
    expect(location.parse({})).toEqual({})
    expect(location.parse({ city: '杭州', zip: 310_000 })).toEqual({ city: '杭州', zip: '310000' })
    expect(takes(location, { city: 1 })).toBe(false)
  })

  it('shares what makes a field optional with others of its kind', () => {
    expect(structure({ city: text }).shape.city).toBe(structure({ title: text }).shape.title)
  })
})
