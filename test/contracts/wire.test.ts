import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  contentTypes,
  responseKey,
  writeError,
  writeResponse,
} from '../../src/contracts/protocol/envelope.ts'
import { reject, rejectBusiness } from '../../src/contracts/protocol/errors.ts'
import { project, selectionOf } from '../../src/contracts/protocol/fields.ts'
import { parseJson, writeJson } from '../../src/contracts/protocol/json.ts'
import { readXml, textsOf } from '../../src/contracts/protocol/read-xml.ts'
import {
  any,
  boolean,
  date,
  id,
  listOf,
  long,
  number,
  price,
  text,
} from '../../src/contracts/protocol/scalars.ts'
import { shapeOf } from '../../src/contracts/protocol/wire-shape.ts'
import { escapeXml, writeXml } from '../../src/contracts/protocol/xml.ts'

const sku = z.object({ sku_id: id, quantity: number, properties: text }).partial()
const item = z
  .object({
    cid: id,
    created: date,
    has_discount: boolean,
    location: z.object({ city: text, state: text }).partial(),
    num: number,
    num_iid: id,
    price,
    skus: listOf('sku', sku),
    title: text,
  })
  .partial()
const answer = z.object({ total_results: number, items: listOf('item', item).optional() })
const shape = shapeOf(answer)
const itemShape = shapeOf(item)

const scarf = {
  num_iid: '9007199254740993',
  title: '围巾',
  price: '128.00',
  num: 36,
  has_discount: false,
  location: { state: '浙江', city: '杭州' },
  created: '2016-01-01 12:00:00',
  skus: { sku: [{ sku_id: '7104300007405429232', quantity: 3, properties: '1:2' }] },
}
const found = { total_results: 1, items: { item: [scarf] } }

const several = { item: { any: [{ a: 1 }, 'b'] }, long: '9007199254740993', short: 5 }
const severalShape = shapeOf(z.object({ item: listOf('any', any), long, short: long }))

const style = { format: 'json', simplify: false, requestId: 'z28yfhto78v1' } as const
const root = 'items_onsale_get_response'
const header = '<?xml version="1.0" encoding="utf-8" ?>'

describe('JSON', () => {
  it('is compact, with fields in the order of the contract', () => {
    expect(writeJson(found, shape)).toBe(
      '{"total_results":1,"items":{"item":[{"created":"2016-01-01 12:00:00","has_discount":false,"location":{"city":"杭州","state":"浙江"},"num":36,"num_iid":9007199254740993,"price":"128.00","skus":{"sku":[{"sku_id":7104300007405429232,"quantity":3,"properties":"1:2"}]},"title":"围巾"}]}}',
    )
  })

  it('has identifiers as bare numbers and a price as text', () => {
    expect(writeJson({ num_iid: '1', price: '5.00' }, itemShape)).toBe(
      '{"num_iid":1,"price":"5.00"}',
    )
  })

  it('has its lists in order, long numbers bare, and what nobody knows as it is', () => {
    expect(writeJson(several, severalShape)).toBe(
      '{"item":{"any":[{"a":1},"b"]},"long":9007199254740993,"short":5}',
    )
  })

  it('leaves out what is absent, null or an empty list, and keeps what is empty, false or 0', () => {
    expect(writeJson({ total_results: 0, items: { item: [] } }, shape)).toBe('{"total_results":0}')
    expect(
      writeJson({ title: '', num: 0, has_discount: false, price: null, cid: undefined }, itemShape),
    ).toBe('{"has_discount":false,"num":0,"title":""}')
    expect(writeJson({ skus: {} }, itemShape)).toBe('{}')
  })

  it('writes nothing that the contract does not know', () => {
    expect(writeJson({ num: 1, secret: 'x', constructor: 'y' }, itemShape)).toBe('{"num":1}')
  })

  it('flattens lists when it is asked to simplify, at every depth', () => {
    expect(writeJson(found, shape, true)).toContain('"items":[{')
    expect(writeJson(found, shape, true)).toContain('"skus":[{"sku_id"')
  })

  it('escapes texts as JSON does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        expect(JSON.parse(writeJson({ title }, itemShape))).toEqual({ title })
      }),
    )
  })
})

describe('an identifier beyond 2^53', () => {
  const identifier = fc.bigInt({ min: 0n, max: 2n ** 63n - 1n }).map(String)

  it('is the same digit for digit after writing and reading', () => {
    fc.assert(
      fc.property(identifier, (num_iid) => {
        const back = parseJson(writeJson({ num_iid }, itemShape)) as { num_iid: unknown }
        expect(id.parse(back.num_iid)).toBe(num_iid)
      }),
    )
  })

  it('stands in XML digit for digit too', () => {
    expect(writeXml({ num_iid: '9007199254740993' }, itemShape)).toBe(
      '<num_iid>9007199254740993</num_iid>',
    )
  })
})

describe('reading JSON', () => {
  it.each([
    ['9007199254740993', '9007199254740993'],
    ['-9007199254740993', '-9007199254740993'],
    ['123456789012345', 123456789012345],
    [
      '{"a":9007199254740993,"b":[7104300007405429232,1]}',
      { a: '9007199254740993', b: ['7104300007405429232', 1] },
    ],
    ['{"a":"9007199254740993"}', { a: '9007199254740993' }],
    ['{"a":"x 9007199254740993, y"}', { a: 'x 9007199254740993, y' }],
    ['{"9007199254740993":1}', { '9007199254740993': 1 }],
    ['{"a\\"9007199254740993":9007199254740993}', { 'a"9007199254740993': '9007199254740993' }],
    ['{"a":"\\\\","b":9007199254740993}', { a: '\\', b: '9007199254740993' }],
    ['[ 9007199254740993 , true,null ]', ['9007199254740993', true, null]],
  ])('of %s keeps every digit', (json, value) => {
    expect(parseJson(json)).toEqual(value)
  })

  it.each([
    '0.1234567890123456789',
    '[1.0000000000000000]',
    '{"a":12345678901234567890.5}',
    '1234567890123456e3',
    '1e0000000000000000',
    '12345678901234567e3',
    '12345678901234567E+3',
    '-12345678901234567e-30',
    '-0.1234567890123456789',
  ])('of %s, which is no whole number, is as usual', (json) => {
    expect(parseJson(json)).toEqual(JSON.parse(json))
  })

  it('gives what JSON.parse gives where no number is that long', () => {
    const short = fc.jsonValue().filter((value) => !/\d{16}/.test(JSON.stringify(value)))
    fc.assert(
      fc.property(short, (value) => {
        const json = JSON.stringify(value)
        expect(parseJson(json)).toEqual(JSON.parse(json))
      }),
    )
  })

  it('gives what JSON.parse gives for any text in it', () => {
    const digits = fc.string({
      unit: fc.constantFrom('"', '\\', ',', ':', '-', '.', '1234567890123456'),
    })
    fc.assert(
      fc.property(digits, digits, (one, other) => {
        const value = { [one]: other, list: [one, other] }
        expect(parseJson(JSON.stringify(value))).toEqual(value)
      }),
    )
  })

  it.each(['', '{', '{"a":}', '<html>', '{"a":9007199254740993'])('refuses %j', (json) => {
    expect(() => parseJson(json)).toThrow(SyntaxError)
  })
})

describe('XML', () => {
  it('marks lists, and names their elements', () => {
    expect(writeXml(found, shape)).toBe(
      '<total_results>1</total_results><items list="true"><item><created>2016-01-01 12:00:00</created><has_discount>false</has_discount><location><city>杭州</city><state>浙江</state></location><num>36</num><num_iid>9007199254740993</num_iid><price>128.00</price><skus list="true"><sku><sku_id>7104300007405429232</sku_id><quantity>3</quantity><properties>1:2</properties></sku></skus><title>围巾</title></item></items>',
    )
  })

  it('leaves out what is absent, null or an empty list, and keeps an empty text', () => {
    expect(writeXml({ total_results: 0, items: { item: [] } }, shape)).toBe(
      '<total_results>0</total_results>',
    )
    expect(writeXml({ title: '', price: null }, itemShape)).toBe('<title></title>')
  })

  it('has its lists in order, and what nobody knows as JSON', () => {
    expect(writeXml(several, severalShape)).toBe(
      '<item list="true"><any>{"a":1}</any><any>b</any></item><long>9007199254740993</long><short>5</short>',
    )
  })

  it('escapes what stands for markup, HTML in a description above all', () => {
    expect(escapeXml('<p class="a">A & B</p> ]]>')).toBe(
      '&lt;p class="a"&gt;A &amp; B&lt;/p&gt; ]]&gt;',
    )
    expect(escapeXml('&lt;')).toBe('&amp;lt;')
  })

  it('can be read whatever a text holds', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (title) => {
        const document = writeResponse('r', { title }, itemShape, { ...style, format: 'xml' })
        const writable = [...title].filter((char) =>
          /[\t\n\r\u{20}-\u{FFFD}\u{10000}-\u{10FFFF}]/u.test(char),
        )
        expect(textsOf(readXml(document)).title).toBe(writable.join(''))
      }),
    )
  })

  it('drops the control characters that it cannot write, and keeps tab and line breaks', () => {
    const all = String.fromCharCode(...Array.from({ length: 33 }, (_, at) => at))
    expect(escapeXml(all)).toBe('\t\n\r ')
    expect(escapeXml('a\u0000b\u001Fc\uFFFEd\uFFFFe\u007F')).toBe('abcde\u007F')
  })
})

describe('an answer', () => {
  it('has one root, and request_id last inside it', () => {
    const written = writeResponse(root, { total_results: 0 }, shape, style)
    expect(written).toBe(
      '{"items_onsale_get_response":{"total_results":0,"request_id":"z28yfhto78v1"}}',
    )
  })

  it('has nothing but a request_id where nothing was found', () => {
    expect(writeResponse('item_get_response', {}, itemShape, style)).toBe(
      '{"item_get_response":{"request_id":"z28yfhto78v1"}}',
    )
  })

  it('loses its root when it is simplified', () => {
    const written = writeResponse(root, found, shape, { ...style, simplify: true })
    expect(Object.keys(JSON.parse(written))).toEqual(['total_results', 'items', 'request_id'])
    expect(JSON.parse(written).items).toHaveLength(1)
    expect(writeResponse(root, {}, itemShape, { ...style, simplify: true })).toBe(
      '{"request_id":"z28yfhto78v1"}',
    )
  })

  it('is a document in XML: the header to the letter, a host comment at the end', () => {
    const written = writeResponse(root, { total_results: 0 }, shape, { ...style, format: 'xml' })
    expect(written).toMatch(
      /^<\?xml version="1\.0" encoding="utf-8" \?><items_onsale_get_response><total_results>0<\/total_results><request_id>z28yfhto78v1<\/request_id><\/items_onsale_get_response><!--top[\w.]+-->$/,
    )
    expect(textsOf(readXml(written))).toEqual({ total_results: '0', request_id: 'z28yfhto78v1' })
  })

  it('is not simplified in XML', () => {
    const xml = { ...style, format: 'xml' } as const
    expect(writeResponse(root, found, shape, { ...xml, simplify: true })).toBe(
      writeResponse(root, found, shape, xml),
    )
  })

  it('carries code 0 before its request_id where a profile wants it, in both formats', () => {
    expect(writeResponse(root, { total_results: 0 }, shape, { ...style, code: 0 })).toBe(
      '{"items_onsale_get_response":{"total_results":0,"code":0,"request_id":"z28yfhto78v1"}}',
    )
    expect(writeResponse(root, {}, itemShape, { ...style, format: 'xml', code: 0 })).toContain(
      `<${root}><code>0</code><request_id>z28yfhto78v1</request_id></${root}>`,
    )
  })

  it('names its charset, without which .NET reads Latin-1', () => {
    expect(contentTypes).toEqual({
      json: 'text/javascript;charset=UTF-8',
      xml: 'text/xml;charset=UTF-8',
    })
  })
})

describe('the root of an answer', () => {
  it.each([
    ['taobao.item.add', 'item_add_response'],
    ['taobao.items.onsale.get', 'items_onsale_get_response'],
    ['taobao.tmc.messages.consume', 'tmc_messages_consume_response'],
    ['tmall.selected.items.search', 'tmall_selected_items_search_response'],
    ['alibaba.aliqin.fc.sms.num.send', 'alibaba_aliqin_fc_sms_num_send_response'],
    ['alibaba.taobao.x', 'alibaba_taobao_x_response'],
  ])('of %s is %s', (method, key) => {
    expect(responseKey(method)).toBe(key)
  })
})

describe('an error', () => {
  const { error } = reject('invalid-session/session-expired')

  it('begins with its root, is one line and ends without a line break', () => {
    expect(writeError(error, { ...style, code: 27 })).toBe(
      '{"error_response":{"code":27,"msg":"Invalid session:session-expired","sub_code":"session-expired","request_id":"z28yfhto78v1"}}',
    )
  })

  it('always begins with the same eighteen bytes: a Go SDK cuts there', () => {
    const any = fc.string({ unit: 'binary' })
    fc.assert(
      fc.property(any, any, (sub_code, sub_msg) => {
        const written = writeError(rejectBusiness(sub_code, sub_msg).error, { ...style, code: 15 })
        expect(written.slice(0, 18)).toBe('{"error_response":')
        expect(written).not.toMatch(/[\r\n]/)
        expect(JSON.parse(written.slice(18, -1))).toMatchObject({ code: 15, sub_code })
      }),
    )
  })

  it('keeps its root when it is simplified', () => {
    expect(writeError(error, { ...style, simplify: true, code: 27 })).toBe(
      writeError(error, { ...style, code: 27 }),
    )
  })

  it("has the code in the article's words where a profile wants it", () => {
    expect(JSON.parse(writeError(error, { ...style, code: 'invalid_session' }))).toMatchObject({
      error_response: { code: 'invalid_session', sub_code: 'session-expired' },
    })
  })

  it('is a document in XML', () => {
    const written = writeError(error, { ...style, format: 'xml', code: 27 })
    expect(written.startsWith(`${header}<error_response><code>27</code><msg>`)).toBe(true)
    expect(textsOf(readXml(written))).toEqual({
      code: '27',
      msg: 'Invalid session:session-expired',
      sub_code: 'session-expired',
      request_id: 'z28yfhto78v1',
    })
  })

  it('can be read in XML whatever its texts hold', () => {
    const sub_msg = 'price < 0 & "x"\u0000\u001B]]>'
    const written = writeError(rejectBusiness('isv.x', sub_msg).error, {
      ...style,
      format: 'xml',
      code: 15,
    })
    expect(textsOf(readXml(written)).sub_msg).toBe('price < 0 & "x"]]>')
  })
})

describe('the fields that a caller asks for', () => {
  const asked = (fields: string) => project(found, shape, selectionOf(fields.split(',')))
  const itemOf = (fields: string) => (asked(fields).items as typeof found.items).item[0]

  it('are all that an item has', () => {
    expect(itemOf('num_iid,title')).toEqual({ num_iid: '9007199254740993', title: '围巾' })
  })

  it('do not touch plain values beside the list', () => {
    expect(asked('title').total_results).toBe(1)
  })

  it.each(['sku', 'skus'])('may name a list as %s', (name) => {
    expect(itemOf(name)).toEqual({ skus: scarf.skus })
  })

  it('may name one field of a structure', () => {
    expect(itemOf('location.city')).toEqual({ location: { city: '杭州' } })
    expect(itemOf('location.city,location.state')).toEqual({ location: scarf.location })
  })

  it('may name one field of a list', () => {
    expect(itemOf('sku.quantity')).toEqual({ skus: { sku: [{ quantity: 3 }] } })
    expect(itemOf('skus.quantity')).toEqual({ skus: { sku: [{ quantity: 3 }] } })
  })

  it.each(['location,location.city', 'location.city,location'])(
    'name all of a structure that they name whole, as in %s',
    (fields) => {
      expect(itemOf(fields)).toEqual({ location: scarf.location })
    },
  )

  it('may have blanks around them and come twice', () => {
    expect(itemOf(' num , num,title ')).toEqual({ num: 36, title: '围巾' })
  })

  it.each(['nonsense', '', 'Title', 'constructor', '__proto__', 'title.x.y'])(
    'give nothing for a name that is none: %j',
    (name) => {
      const { title: _, ...others } = itemOf(`num,${name}`) ?? {}
      expect(others).toEqual({ num: 36 })
    },
  )

  it('leave the answer itself as it was', () => {
    const before = structuredClone(found)
    asked('title,location.city,sku.quantity')
    expect(found).toEqual(before)
  })
})
