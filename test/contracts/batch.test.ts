import { describe, expect, it } from 'vitest'
import {
  batchSeparator,
  readBatch,
  separatorHeader,
  writeBatch,
} from '../../src/contracts/protocol/batch.ts'

function read(body: string, named?: string, most?: Parameters<typeof readBatch>[2]) {
  const { calls, separator } = readBatch(body, named, most)
  return {
    calls: calls.map(({ params }) => ({ ...params })),
    repeated: calls.map((call) => call.repeated),
    separator,
  }
}

describe('the body of a batch', () => {
  it('is one urlencoded segment for each call', () => {
    expect(read('a=1&b=2\r\n-S-\r\nc=%E6%89%8B\r\n-S-\r\na=3')).toEqual({
      calls: [{ a: '1', b: '2' }, { c: '手' }, { a: '3' }],
      repeated: [undefined, undefined, undefined],
      separator: '\r\n-S-\r\n',
    })
  })

  it('that is empty is one call without parameters', () => {
    expect(read('').calls).toEqual([{}])
  })

  it('has N for a call without parameters of its own', () => {
    expect(read('N\r\n-S-\r\nN=1\r\n-S-\r\nN').calls).toEqual([{}, { N: '1' }, {}])
  })

  it('may begin with parameters of all calls, which their own go before', () => {
    expect(read('#PUBLIC#a=1&b=2\r\n-S-\r\nN\r\n-S-\r\nb=3&c=4')).toEqual({
      calls: [
        { a: '1', b: '2' },
        { b: '3', c: '4', a: '1' },
      ],
      repeated: [undefined, undefined],
      separator: '\r\n-S-\r\n',
    })
  })

  it('notes what a call itself says twice', () => {
    expect(read('#PUBLIC#a=1\r\n-S-\r\na=2&a=3').repeated).toEqual([['a']])
  })

  it('has parameters of all calls at its beginning only', () => {
    expect(read('a=1\r\n-S-\r\n#PUBLIC#b=2').calls).toEqual([{ a: '1' }, { '#PUBLIC#b': '2' }])
  })

  it('may hold parameters of all calls and no call', () => {
    expect(read('#PUBLIC#a=1').calls).toEqual([])
  })
})

describe('another separator', () => {
  it('is named by a header', () => {
    expect(separatorHeader).toBe('top-api-separator')
  })

  it('is first what stands in the header, then what that decodes to', () => {
    expect(read('a=1%40b=2@c', '%40').calls).toEqual([{ a: '1' }, { b: '2@c' }])
  })

  it.each([
    ['as it stands', '@@', 'a=1@@b=2', '@@'],
    ['urlencoded in the header', '%40%40', 'a=1@@b=2', '@@'],
    ['that looks urlencoded and is not', '%40', 'a=1%40b=2', '%40'],
    ['that no text decodes to', '%zz', 'a=1%zzb=2', '%zz'],
  ])('is taken %s', (_, named, body, separator) => {
    expect(read(body, named)).toMatchObject({ calls: [{ a: '1' }, { b: '2' }], separator })
  })

  it.each(['', undefined])('that is named as %j is none', (named) => {
    expect(read(`a=1${batchSeparator}b=2`, named)).toMatchObject({
      calls: [{ a: '1' }, { b: '2' }],
      separator: batchSeparator,
    })
  })

  it.each(['%40%40', '%zz', '@@'])('that the body lacks stays as it was named: %s', (named) => {
    expect(read('a=1', named)).toMatchObject({ calls: [{ a: '1' }], separator: named })
  })
})

describe('what is read at the most', () => {
  const body = (calls: number) =>
    Array.from({ length: calls }, (_, at) => `a=${at}`).join(batchSeparator)

  it('is one call more than so many, and one still where all share parameters', () => {
    const most = { calls: 2, parameters: 10 }
    expect(read(`#PUBLIC#b=1${batchSeparator}${body(9)}`, undefined, most).calls).toHaveLength(3)
    expect(read(body(9), undefined, most).calls.length).toBeGreaterThan(2)
    expect(read(body(2), undefined, most).calls).toHaveLength(2)
  })

  it('are so many parameters of each call', () => {
    const { calls } = readBatch('#PUBLIC#c=1&d=2\r\n-S-\r\na=1&b=2\r\n-S-\r\na=1', undefined, {
      calls: 9,
      parameters: 2,
    })
    expect(calls.map(({ params, room }) => [{ ...params }, room])).toEqual([
      [{ a: '1', b: '2' }, -1],
      [{ a: '1', c: '1' }, -1],
    ])
  })

  it('is everything where nothing is said', () => {
    expect(read(body(5000)).calls).toHaveLength(5000)
    const many = Array.from({ length: 5000 }, (_, at) => `p${at}=1`).join('&')
    expect(Object.keys(read(many).calls[0] ?? {})).toHaveLength(5000)
  })
})

describe('a batch that is written', () => {
  it('is what the official SDK writes', () => {
    expect(writeBatch([{ a: '1 2', b: '手' }, {}, { c: '3' }])).toBe(
      'a=1+2&b=%E6%89%8B\r\n-S-\r\nN\r\n-S-\r\nc=3',
    )
    expect(writeBatch([{ a: '1' }], { s: 'x' }, '@@')).toBe('#PUBLIC#s=x@@a=1')
  })

  it('is read back as it was', () => {
    const calls = [{ a: '1' }, {}, { b: '=&+%' }]
    expect(read(writeBatch(calls)).calls).toEqual(calls)
    expect(read(writeBatch(calls, { s: 'x' }, '@@'), '@@').calls).toEqual(
      calls.map((call) => ({ ...call, s: 'x' })),
    )
  })
})
