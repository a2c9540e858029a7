import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  any,
  boolean,
  date,
  decimal,
  id,
  json,
  listOf,
  long,
  longId,
  number,
  numberOrDigits,
  price,
  text,
  topBoolean,
  topDate,
  topDecimal,
  topEnum,
  topFields,
  topFile,
  topId,
  topIdPositive,
  topList,
  topLong,
  topLongId,
  topNumber,
  topPrice,
  topText,
  topTextList,
} from '../../src/contracts/protocol/scalars.ts'
import { metaOf } from '../../src/contracts/protocol/wire-shape.ts'

const advice = { max: 7 }

/** What documents, samples and judges are told of a scalar. */
describe('a scalar says of itself', () => {
  it.each([
    ['topText', topText(), { type: 'Text', limits: {} }],
    [
      'topText with limits',
      topText({ max: 60, maxList: 5, advice: { chars: 30 } }),
      { type: 'Text', limits: { maxLength: 60, maxList: 5 }, advice: { chars: 30 } },
    ],
    ['topEnum', topEnum(['a', 'b']), { type: 'Text', limits: { oneOf: ['a', 'b'] } }],
    ['topNumber', topNumber(), { type: 'Number', limits: {} }],
    [
      'topNumber with limits',
      topNumber({ min: 1, max: 9, advice }),
      { type: 'Number', limits: { min: 1, max: 9 }, advice },
    ],
    ['topId', topId, { type: 'Id', limits: { min: 0 } }],
    ['topIdPositive', topIdPositive, { type: 'Id', limits: { min: 1 } }],
    ['topLong', topLong(), { type: 'Long', limits: {} }],
    [
      'topLong with limits',
      topLong({ min: 1, max: 9, advice }),
      { type: 'Long', limits: { min: 1, max: 9 }, advice },
    ],
    ['topLongId', topLongId(), { type: 'Id', limits: {} }],
    [
      'topLongId with limits',
      topLongId({ min: 1, max: 9, advice }),
      { type: 'Id', limits: { min: 1, max: 9 }, advice },
    ],
    ['topDecimal', topDecimal(), { type: 'Decimal', limits: {} }],
    [
      'topDecimal with limits',
      topDecimal({ min: 1, max: 9, advice }),
      { type: 'Decimal', limits: { min: 1, max: 9 }, advice },
    ],
    [
      'topList',
      topList(topNumber({ max: 9 }), { max: 3 }),
      {
        type: 'Text',
        limits: { maxItems: 3 },
        items: { type: 'Number', limits: { max: 9 } },
      },
    ],
    [
      'topList of what says nothing',
      topList(z.string()),
      { type: 'Text', limits: {}, items: { type: 'Text' } },
    ],
    ['topBoolean', topBoolean, { type: 'Boolean' }],
    ['topPrice', topPrice(), { type: 'Price', limits: {} }],
    [
      'topPrice with limits',
      topPrice({ above: 0, min: 1, max: 9, advice }),
      { type: 'Price', limits: { above: 0, min: 1, max: 9 }, advice },
    ],
    ['topDate', topDate, { type: 'Date' }],
    [
      'topTextList',
      topTextList(),
      { type: 'Text', limits: { maxItems: 1000 }, items: { type: 'Text' } },
    ],
    [
      'topFields',
      topFields({ max: 3 }),
      { type: 'Text', limits: { maxItems: 3 }, items: { type: 'Text' } },
    ],
    ['topFile', topFile({ max: 3 }), { type: 'File', limits: { maxBytes: 3 } }],
    [
      'topFile of any size',
      topFile({ max: Number.POSITIVE_INFINITY }),
      { type: 'File', limits: {} },
    ],
    ['text', text, { type: 'Text' }],
    ['number', number, { type: 'Number' }],
    ['id', id, { type: 'Id' }],
    ['boolean', boolean, { type: 'Boolean' }],
    ['price', price, { type: 'Price' }],
    ['date', date, { type: 'Date' }],
    ['json', json, { type: 'Json' }],
    ['long', long, { type: 'Long' }],
    ['longId', longId, { type: 'Id' }],
    ['decimal', decimal, { type: 'Decimal' }],
    ['any', any, { type: 'Any' }],
    ['listOf', listOf('sku', text), { list: 'sku' }],
  ] as const)('%s', (_, schema, said) => {
    const meta = metaOf(schema)
    expect(meta).toEqual(said)
    // What is advised is said only where something is.
    expect(Object.keys(meta ?? {})).toEqual(Object.keys(said))
  })
})

const file = { fileName: '', contentType: '', bytes: new Uint8Array(4) }

describe('what is past a limit is told from what is none of the kind', () => {
  it.each([
    ['a text', topText({ max: 2 }), '一二三', 'expected at most 2 characters'],
    ['a list', topText({ maxList: 2 }), 'a,b,c', 'expected at most 2 comma-separated values'],
    ['an identifier', topIdPositive, '0', 'expected an identifier above 0'],
    ['a long below', topLong({ min: 1, max: 9 }), '0', 'expected a number from 1 to 9'],
    ['a long above', topLong({ min: 1, max: 9 }), '10', 'expected a number from 1 to 9'],
    ['a long without upper limit', topLong({ min: 1 }), '0', 'expected a number of at least 1'],
    ['a long without lower limit', topLong({ max: 9 }), '10', 'expected a number of at most 9'],
    ['a long identifier', topLongId({ min: 1 }), '0', 'expected a number of at least 1'],
    ['a decimal', topDecimal({ max: 1 }), '1.5', 'expected a number of at most 1'],
    ['a price that must be above', topPrice({ above: 1 }), '1.00', 'expected more than 1'],
    ['a price below', topPrice({ min: 1 }), '0.99', 'expected at least 1'],
    ['a price above', topPrice({ max: 1 }), '1.01', 'expected at most 1'],
    ['a file', topFile({ max: 3 }), file, 'expected at most 3 bytes'],
  ])('%s', (_, schema: z.ZodType, sent, message) => {
    const { error } = schema.safeParse(sent)
    expect(error?.issues.at(-1)).toMatchObject({ message, params: { isLimit: true } })
  })

  it.each([
    ['a number', topNumber(), '1.5', 'expected a whole number'],
    ['an identifier', topId, '-1', 'expected an identifier: digits only'],
    ['a large identifier', topId, '9223372036854775808', 'expected an identifier below 2^63'],
    ['a long', topLong({ max: 9 }), '1.5', 'expected a whole number'],
    ['a large long', topLong(), '9223372036854775808', 'expected a whole number of 64 bits'],
    ['a decimal', topDecimal({ max: 9 }), '1e5', 'expected a decimal number'],
    ['a price', topPrice(), '1.005', 'expected a price in yuan with at most two decimals'],
    ['a date', topDate, 'today', 'expected yyyy-MM-dd HH:mm:ss'],
    ['a date of an answer', date, 'today', 'expected yyyy-MM-dd HH:mm:ss'],
    ['a file', topFile({ max: 3 }), 'text', 'expected a file of a multipart body'],
  ])('%s', (_, schema: z.ZodType, sent, message) => {
    const { error } = schema.safeParse(sent)
    expect(error?.issues[0]).toMatchObject({ message })
    expect(error?.issues[0]).not.toHaveProperty('params.isLimit')
  })

  it('says once what is wrong with a number', () => {
    expect(topLong().safeParse('9'.repeat(400)).error?.issues).toHaveLength(1)
  })

  it('counts the values of a list', () => {
    const { error } = topList(topNumber(), { max: 2 }).safeParse('1,2,3')
    expect(error?.issues).toMatchObject([{ code: 'too_big', message: 'expected at most 2 values' }])
  })
})

describe('a limit is a value that may still be sent', () => {
  it.each([
    ['a text', topText({ max: 2 }), '一二'],
    ['a list in a text', topText({ maxList: 2 }), 'a,b'],
    ['the least long', topLong({ min: -1, max: 9 }), '-1'],
    ['the largest long', topLong({ min: -1, max: 9 }), '9'],
    ['the least long alone', topLong({ min: -1 }), '-1'],
    ['the largest long alone', topLong({ max: 9 }), '9'],
    ['the largest of 64 bits', topLong(), '9223372036854775807'],
    ['the least of 64 bits', topLong(), '-9223372036854775808'],
    ['the least long identifier', topLongId({ min: 1 }), '1'],
    ['the least decimal', topDecimal({ min: 0.5, max: 1 }), '0.5'],
    ['the largest decimal', topDecimal({ min: 0.5, max: 1 }), '1.0'],
    ['the least price', topPrice({ min: 1 }), '1.00'],
    ['the largest price', topPrice({ max: 1 }), '1.00'],
    ['the largest identifier', topId, '9223372036854775807'],
    ['a thousand texts', topTextList(), Array.from({ length: 1000 }, () => 'x').join()],
    ['as many values', topList(topNumber(), { max: 2 }), '1,2'],
    ['any number of values', topList(topNumber()), '1,2,3'],
  ])('%s', (_, schema: z.ZodType, sent) => {
    expect(schema.safeParse(sent).error).toBeUndefined()
  })

  it('a thousand and one texts are too many', () => {
    const sent = Array.from({ length: 1001 }, () => 'x').join()
    expect(topTextList().safeParse(sent).success).toBe(false)
    expect(topFields({ max: 2 }).safeParse('a,b,c').success).toBe(false)
  })
})

describe('a whole number of 64 bits', () => {
  it('is a number where that is exact, else its digits', () => {
    expect(topLong().parse('9007199254740991')).toBe(Number.MAX_SAFE_INTEGER)
    expect(topLong().parse('9007199254740993')).toBe('9007199254740993')
    expect(long.parse(5)).toBe(5)
    expect(long.parse('5')).toBe(5)
    expect(long.parse('9007199254740993')).toBe('9007199254740993')
    expect(numberOrDigits('-7')).toBe(-7)
  })

  it('is digits where it names something', () => {
    expect(topLongId().parse('5')).toBe('5')
    expect(longId.parse(5)).toBe('5')
    expect(longId.parse('5')).toBe('5')
  })

  it.each(['', '01', '1.0', '+1', ' 1', '1 ', '--1', '0x1'])('is not %j', (sent) => {
    expect(topLong().safeParse(sent).success).toBe(false)
    expect(topLongId().safeParse(sent).success).toBe(false)
  })

  it('is written as digits, from a number as well', () => {
    expect(z.encode(topLong(), 5)).toBe('5')
    expect(z.encode(topLong(), '9007199254740993')).toBe('9007199254740993')
    expect(z.encode(topLongId(), 5)).toBe('5')
    expect(z.encode(long, 5)).toBe(5)
    expect(z.encode(longId, '5')).toBe('5')
    expect(z.encode(id, '5')).toBe('5')
  })

  it('is not written when it could not be read', () => {
    const { error } = z.safeEncode(topLong(), 1.5)
    expect(error?.issues[0]?.message).toBe('expected a whole number')
  })

  it.each([
    ['a long', topLong({ max: 9 }), 10],
    ['a long as digits', topLong({ max: 9 }), '10'],
    ['a long identifier', topLongId({ max: 9 }), '10'],
    ['a decimal', topDecimal({ max: 9 }), '9.5'],
    ['a decimal as a number', topDecimal({ max: 9 }), 9.5],
  ])('past its limit is not written: %s', (_, schema: z.ZodType, value) => {
    const { error } = z.safeEncode(schema, value)
    expect(error?.issues).toMatchObject([{ message: 'expected a number of at most 9' }])
  })
})

describe('a decimal number', () => {
  it.each(['0', '-1', '1.50', '123456789012345678901234567890.123'])(
    'keeps %s as it is',
    (sent) => {
      expect(topDecimal().parse(sent)).toBe(sent)
      expect(z.encode(topDecimal(), sent)).toBe(sent)
    },
  )

  it.each(['', '.5', '5.', '1.2.3', '1,5', '1e5', 'x1', '1x', '--1'])('is not %j', (sent) => {
    expect(topDecimal().safeParse(sent).success).toBe(false)
  })

  it('may be written from a number, and stand as either in an answer', () => {
    expect(z.encode(topDecimal(), 1.5)).toBe('1.5')
    expect(decimal.parse('1.50')).toBe('1.50')
    expect(decimal.parse(1.5)).toBe(1.5)
    expect(decimal.safeParse(true).success).toBe(false)
  })
})

describe('a list of scalars', () => {
  const numbers = topList(topNumber())

  it('is its values with commas between them', () => {
    expect(numbers.parse('1,2')).toEqual([1, 2])
    expect(z.encode(numbers, [1, 2])).toBe('1,2')
  })

  it('is refused with the place of what does not fit', () => {
    expect(numbers.safeParse('1,x').error?.issues[0]?.path).toEqual([1])
  })
})

describe('a list in an answer', () => {
  it('is wrapped in an object with the name of its elements', () => {
    expect(listOf('sku', text).parse({ sku: ['a'] })).toEqual({ sku: ['a'] })
    expect(listOf('sku', text).safeParse({ skus: ['a'] }).success).toBe(false)
    expect(listOf('sku', text).safeParse({ sku: [1] }).success).toBe(false)
  })
})

describe('a price', () => {
  it.each(['x1.00', '1.00x', '1x00', '.00', '1.0', '1.000'])('of an answer is not %j', (value) => {
    expect(price.safeParse(value).success).toBe(false)
  })

  it('of an answer may have any number of digits', () => {
    expect(price.safeParse('1234567890123.45').success).toBe(true)
  })
})
