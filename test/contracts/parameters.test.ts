import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  addParameter,
  addUrlencoded,
  isSystemParameter,
  noParameters,
  systemParameters,
} from '../../src/contracts/protocol/parameters.ts'

function read(...texts: readonly string[]) {
  const into = noParameters()
  for (const text of texts) addUrlencoded(into, text)
  return into
}

/** What was read, as a plain object, so that it can be compared whole. */
const paramsOf = (...texts: readonly string[]) => ({ ...read(...texts).params })

describe('an urlencoded text', () => {
  it.each([
    ['a=1&b=2', { a: '1', b: '2' }],
    ['timestamp=2016-01-01+12%3A00%3A00', { timestamp: '2016-01-01 12:00:00' }],
    ['timestamp=2016-01-01%2012%3A00%3A00', { timestamp: '2016-01-01 12:00:00' }],
    ['a+b=1%2B1', { 'a b': '1+1' }],
    ['title=%E6%89%8B%E6%9C%BA', { title: '手机' }],
    ['title=%e6%89%8b%e6%9c%ba', { title: '手机' }],
    ['title=手机', { title: '手机' }],
    ['t%69tle=x', { title: 'x' }],
    ['location.state=%E6%B5%99', { 'location.state': '浙' }],
    ['a=b=c', { a: 'b=c' }],
    ['a=', { a: '' }],
    ['a', { a: '' }],
    ['a&b=2', { a: '', b: '2' }],
    ['=1', { '': '1' }],
    ['a=1&&b=2&', { a: '1', b: '2' }],
    ['a=1;b=2', { a: '1;b=2' }],
    ['a=%F0%9F%98%80', { a: '😀' }],
  ])('%s is read as %j', (text, params) => {
    expect(paramsOf(text)).toEqual(params)
    expect(read(text).badEncoding).toBe(false)
  })

  it.each(['', '&', '&&', '=', '=&='])('that holds nothing, as %j, gives nothing', (text) => {
    expect(read(text)).toEqual(noParameters())
  })

  it.each(['%zz', '100%', '%4', '%', '%%41'])('keeps a %j that is no escape', (sent) => {
    const { params, badEncoding } = read(`a=${sent}`)
    expect(params.a).toBe(sent.replace('%41', 'A'))
    expect(badEncoding).toBe(false)
  })

  it('keeps a wrong escape beside right ones', () => {
    expect(paramsOf('a=%zz%E6%89%8B+x')).toEqual({ a: '%zz手 x' })
  })

  it('keeps two thousand parameters', () => {
    const text = Array.from({ length: 2000 }, (_, at) => `p${at}=${at}`).join('&')
    expect(Object.keys(read(text).params)).toHaveLength(2000)
    expect(read(text).params.p1999).toBe('1999')
  })

  it('is read back as any client wrote it', () => {
    const text = fc.string({ unit: 'grapheme' })
    fc.assert(
      fc.property(fc.dictionary(text, text), (sent) => {
        fc.pre(sent[''] === undefined)
        expect(paramsOf(new URLSearchParams(Object.entries(sent)).toString())).toEqual({ ...sent })
      }),
    )
  })
})

describe('a name that comes twice', () => {
  it('has its first value, and is noted', () => {
    const { params, repeated } = read('a=1&b=2&a=3')
    expect({ ...params }).toEqual({ a: '1', b: '2' })
    expect(repeated).toEqual(['a'])
  })

  it('has the value of the query, not of the body', () => {
    const { params, repeated } = read('a=query', 'a=body&b=2')
    expect({ ...params }).toEqual({ a: 'query', b: '2' })
    expect(repeated).toEqual(['a'])
  })

  it('has its first value even where that is empty', () => {
    expect(paramsOf('a=&a=1')).toEqual({ a: '' })
  })

  it('is noted once for each time too many', () => {
    expect(read('a=1&a=2&a=3').repeated).toEqual(['a', 'a'])
    expect(read('a=1&b=2').repeated).toBeUndefined()
  })
})

describe('a name that objects know by heart', () => {
  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'valueOf'])(
    'is a name: %s',
    (name) => {
      const { params, repeated } = read(`${name}=1`)
      expect(Object.entries(params)).toEqual([[name, '1']])
      expect(repeated).toBeUndefined()
      expect(read('a=1').params[name]).toBeUndefined()
    },
  )

  it('is noted when it comes twice, as any other', () => {
    const { params, repeated } = read('__proto__=1&__proto__=2')
    expect(Object.entries(params)).toEqual([['__proto__', '1']])
    expect(repeated).toEqual(['__proto__'])
  })

  it('does no harm to other objects', () => {
    read('__proto__=x&__proto__.polluted=1&constructor.prototype.polluted=1')
    expect(({} as Record<string, unknown>).polluted).toBeUndefined()
  })
})

describe('what is not UTF-8', () => {
  it.each([
    ['a=%FF', 'a byte that UTF-8 never has'],
    ['title=%CA%D6%BB%FA', '手机 in GBK'],
    ['a=%E6%89', 'a character cut short'],
    ['a=%C0%AF', 'a slash in a form that is too long'],
    ['a=%ED%A0%80', 'half a surrogate pair'],
    ['%FF=1', 'a name'],
    ['a=ok&b=%FF', 'one value among others'],
    ['a=1&a=%FF', 'a value that comes second'],
    ['a=%EF%BF%BD%FF', 'a byte beside a true replacement character'],
    ['a=%FF&b=%EF%BF%BD', 'a value before a true replacement character'],
    ['a=\uFFFD', 'a raw byte of the body, which has been replaced before'],
    ['\uFFFD=1', 'a raw byte in a name'],
  ])('is noticed in %s: %s', (text) => {
    expect(read(text).badEncoding).toBe(true)
  })

  it.each([
    ['a=%EF%BF%BD'],
    ['a=%ef%bf%bd'],
    ['%EF%BF%BD=1'],
    ['a=x%EF%BF%BDy&b=%EF%BF%BD%EF%BF%BD'],
    ['a=%EF%BF%BD&a=%EF%BF%BD'],
    ['%EF%BF%BD=1&%EF%BF%BD=2'],
  ])('is not seen in a replacement character that was really sent: %s', (text) => {
    expect(read(text).badEncoding).toBe(false)
  })

  it('is not seen in replacement characters of query and body together', () => {
    expect(read('a=%EF%BF%BD', 'b=%EF%BF%BD').badEncoding).toBe(false)
  })

  it('is noticed in the body whatever the query holds, and the other way round', () => {
    expect(read('a=%EF%BF%BD', 'b=%FF').badEncoding).toBe(true)
    expect(read('a=%FF', 'b=%EF%BF%BD').badEncoding).toBe(true)
  })

  it('is noticed behind a value that was dropped as repeated', () => {
    expect(read('a=%EF%BF%BD&a=%FF').badEncoding).toBe(true)
    expect(read('a=%FF&a=%EF%BF%BD').badEncoding).toBe(true)
  })
})

describe('a system parameter', () => {
  it('is one of the platform, and never what objects know by heart', () => {
    expect(['method', 'sign', 'v', 'partner_id'].every(isSystemParameter)).toBe(true)
    expect(Object.keys(systemParameters).every(isSystemParameter)).toBe(true)
    expect(['fields', 'toString', '__proto__', ''].some(isSystemParameter)).toBe(false)
  })
})

describe('room', () => {
  const within = (room: number, text: string) => {
    const into = noParameters(room)
    addUrlencoded(into, text)
    return into
  }

  it('is for so many parameters, the last one included', () => {
    const { params, room } = within(2, 'a=1&b=2')
    expect({ ...params }).toEqual({ a: '1', b: '2' })
    expect(room).toBe(0)
  })

  it('is below 0 once one more has come, and that one is not taken', () => {
    const { params, room } = within(2, 'a=1&b=2&c=3')
    expect({ ...params }).toEqual({ a: '1', b: '2' })
    expect(room).toBe(-1)
  })

  it('once it is gone, nothing more is read', () => {
    const into = within(1, 'a=1&b=2&c=%FF&d=4')
    addUrlencoded(into, 'e=%FF')
    expect({ ...into.params }).toEqual({ a: '1' })
    expect(into).toMatchObject({ room: -1, badEncoding: false })
  })

  it('is taken by repeated names as well', () => {
    expect(within(2, 'a=1&a=2&a=3')).toMatchObject({ room: -1, repeated: ['a'] })
  })
})

describe('adding one parameter', () => {
  it('leaves the first one standing', () => {
    const into = noParameters()
    addParameter(into, 'constructor', '1')
    addParameter(into, 'constructor', '2')
    expect({ ...into.params }).toEqual({ constructor: '1' })
    expect(into.repeated).toEqual(['constructor'])
  })
})
