import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { addMultipart, boundaryOf, writeMultipart } from '../../src/contracts/protocol/multipart.ts'
import { noParameters } from '../../src/contracts/protocol/parameters.ts'

/** Every byte there is: a picture of the worst kind. */
const picture = Uint8Array.from({ length: 256 }, (_, at) => at)

/** Texts as UTF-8 and bytes as they are, one after the other. */
const bytes = (...pieces: readonly (string | Uint8Array)[]) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array)))

function read(body: Uint8Array, boundary: string) {
  const into = noParameters()
  addMultipart(into, body, boundary)
  const files = Object.entries(into.files ?? {}).map(([name, file]) => ({
    name,
    fileName: file.fileName,
    contentType: file.contentType,
    bytes: [...file.bytes],
  }))
  return { params: { ...into.params }, files, badEncoding: into.badEncoding }
}

const params = { method: 'taobao.item.add', title: '手机' }
const image = (fileName: string, contentType: string) => ({
  name: 'image',
  fileName,
  contentType,
  bytes: [...picture],
})

/**
 * The forms that clients were seen to write; the first seven are those that
 * `Request.formData()` refuses. Each sends the same two texts and the same picture.
 */
const forms: readonly {
  readonly client: string
  readonly oddity: string
  readonly contentType: string
  readonly body: Uint8Array
  readonly fileName: string
  readonly fileType: string
}[] = [
  ...['Java 2011', 'Java 2021', '.NET 2015', '.NET 2023'].map((client) => ({
    client,
    oddity: 'a line break before the first boundary, no blanks in headers, charset before boundary',
    contentType: 'multipart/form-data;charset=UTF-8;boundary=1701234567890',
    body: bytes(
      '\r\n--1701234567890\r\n',
      'Content-Disposition:form-data;name="method"\r\nContent-Type:text/plain\r\n\r\n',
      'taobao.item.add',
      '\r\n--1701234567890\r\n',
      'Content-Disposition:form-data;name="title"\r\nContent-Type:text/plain\r\n\r\n',
      '手机',
      '\r\n--1701234567890\r\n',
      // .NET 2015 sends the path that it was given.
      `Content-Disposition:form-data;name="image";filename="${client === '.NET 2015' ? 'C:\\pictures\\a.png' : 'a.png'}"\r\n`,
      'Content-Type:image/png\r\n\r\n',
      picture,
      '\r\n--1701234567890--\r\n',
    ),
    fileName: 'a.png',
    fileType: 'image/png',
  })),
  ...['PHP 2018', 'PHP 2026'].map((client) => ({
    client,
    oddity: 'a blank after the file name, no line break after the last boundary',
    contentType: 'multipart/form-data; boundary=-------------5f3e9a1b2c4d5',
    body: bytes(
      '---------------5f3e9a1b2c4d5\r\n',
      'Content-Disposition: form-data; name="method"\r\n\r\n',
      'taobao.item.add\r\n',
      '---------------5f3e9a1b2c4d5\r\n',
      'Content-Disposition: form-data; name="title"\r\n\r\n',
      '手机\r\n',
      '---------------5f3e9a1b2c4d5\r\n',
      'Content-Disposition: form-data; name="image"; filename="image" \r\n',
      'Content-Type: image/png\r\n\r\n',
      picture,
      '\r\n---------------5f3e9a1b2c4d5--',
    ),
    fileName: 'image',
    fileType: 'image/png',
  })),
  {
    client: 'Python 2',
    oddity: 'a file that calls itself file, not form-data',
    contentType: 'multipart/form-data; boundary=PYTHON_SDK_BOUNDARY',
    body: bytes(
      '--PYTHON_SDK_BOUNDARY\r\n',
      'Content-Disposition: form-data; name="method"\r\n\r\n',
      'taobao.item.add\r\n',
      '--PYTHON_SDK_BOUNDARY\r\n',
      'Content-Disposition: form-data; name="title"\r\n\r\n',
      '手机\r\n',
      '--PYTHON_SDK_BOUNDARY\r\n',
      'Content-Disposition: file; name="image"; filename="a.png"\r\n',
      'Content-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n',
      picture,
      '\r\n--PYTHON_SDK_BOUNDARY--\r\n',
    ),
    fileName: 'a.png',
    fileType: 'image/png',
  },
  {
    client: 'requests (Python)',
    oddity: 'a file without a content type',
    contentType: 'multipart/form-data; boundary=0123456789abcdef',
    body: bytes(
      '--0123456789abcdef\r\n',
      'Content-Disposition: form-data; name="method"\r\n\r\ntaobao.item.add\r\n',
      '--0123456789abcdef\r\n',
      'Content-Disposition: form-data; name="title"\r\n\r\n手机\r\n',
      '--0123456789abcdef\r\n',
      'Content-Disposition: form-data; name="image"; filename="a.png"\r\n\r\n',
      picture,
      '\r\n--0123456789abcdef--\r\n',
    ),
    fileName: 'a.png',
    fileType: '',
  },
  {
    client: 'jyh (Node)',
    oddity: 'a content type of false, no line break at the end',
    contentType: 'multipart/form-data; boundary=--------------------------1234',
    body: bytes(
      '----------------------------1234\r\n',
      'Content-Disposition: form-data; name="method"\r\n\r\ntaobao.item.add\r\n',
      '----------------------------1234\r\n',
      'Content-Disposition: form-data; name="title"\r\n\r\n手机\r\n',
      '----------------------------1234\r\n',
      'Content-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: false\r\n\r\n',
      picture,
      '\r\n----------------------------1234--',
    ),
    fileName: 'a.png',
    fileType: 'false',
  },
  {
    client: 'PHP with @file (curl)',
    oddity: 'a whole path for a file name',
    contentType: 'multipart/form-data; boundary=------------------------abcdef',
    body: bytes(
      '--------------------------abcdef\r\n',
      'Content-Disposition: form-data; name="method"\r\n\r\ntaobao.item.add\r\n',
      '--------------------------abcdef\r\n',
      'Content-Disposition: form-data; name="title"\r\n\r\n手机\r\n',
      '--------------------------abcdef\r\n',
      'Content-Disposition: form-data; name="image"; filename="/var/www/pictures/a.png"\r\n',
      'Content-Type: application/octet-stream\r\n\r\n',
      picture,
      '\r\n--------------------------abcdef--\r\n',
    ),
    fileName: 'a.png',
    fileType: 'application/octet-stream',
  },
  {
    client: 'ali-topsdk (Node, form-data)',
    oddity: 'none',
    contentType: 'multipart/form-data; boundary="a b"',
    body: bytes(
      '--a b\r\nContent-Disposition: form-data; name="method"\r\n\r\ntaobao.item.add\r\n',
      '--a b\r\nContent-Disposition: form-data; name="title"\r\n\r\n手机\r\n',
      '--a b\r\nContent-Disposition: form-data; name="image"; filename="image"\r\n',
      'Content-Type: image/png\r\n\r\n',
      picture,
      '\r\n--a b--\r\n',
    ),
    fileName: 'image',
    fileType: 'image/png',
  },
]

describe('an upload', () => {
  it('comes in eleven forms', () => {
    expect(forms).toHaveLength(11)
  })

  it.each(forms)('by $client is read: $oddity', ({ contentType, body, fileName, fileType }) => {
    expect(read(body, boundaryOf(contentType) ?? '')).toEqual({
      params,
      files: [image(fileName, fileType)],
      badEncoding: false,
    })
  })

  it.each(forms)('by $client is read where its bytes stand in a larger buffer', (form) => {
    const larger = bytes('--', picture, form.body, picture)
    const window = larger.subarray(258, 258 + form.body.length)
    expect(read(window, boundaryOf(form.contentType) ?? '').files).toEqual([
      image(form.fileName, form.fileType),
    ])
  })

  it('may end its lines with LF alone', () => {
    const body = bytes(
      '--B\nContent-Disposition: form-data; name="title"\n\n手机\n',
      '--B\nContent-Disposition: form-data; name="image"; filename="a.png"\nContent-Type: image/png\n\n',
      picture,
      '\n--B--\n',
    )
    expect(read(body, 'B')).toEqual({
      params: { title: '手机' },
      files: [image('a.png', 'image/png')],
      badEncoding: false,
    })
  })

  it('may end its lines with LF alone and its content with CR', () => {
    const file = '--B\nContent-Disposition: form-data; name="a"; filename="f"\n\nx\r\n--B--\n'
    expect(read(bytes(file), 'B').files[0]?.bytes).toEqual([...bytes('x\r')])
  })

  it('may end its lines with LF alone and hold CRLF in its content', () => {
    const body = bytes('--B\nContent-Disposition: form-data; name="title"\n\nx\r\n\r\ny\n--B--\n')
    expect(read(body, 'B').params).toEqual({ title: 'x\r\n\r\ny' })
  })

  it('that calls itself file is one, even without a file name', () => {
    const body = bytes(
      '--B\r\nContent-Disposition: file; name="image"\r\n\r\n',
      picture,
      '\r\n--B--',
    )
    expect(read(body, 'B')).toEqual({ params: {}, files: [image('', '')], badEncoding: false })
  })

  it('may hold no file at all', () => {
    const body = bytes('--B\r\nContent-Disposition: form-data; name="title"\r\n\r\nx\r\n--B--\r\n')
    expect(read(body, 'B')).toEqual({ params: { title: 'x' }, files: [], badEncoding: false })
    const into = noParameters()
    addMultipart(into, body, 'B')
    expect(into.files).toBeUndefined()
  })

  it('may write its header names in any case', () => {
    const body = bytes(
      '--B\r\ncontent-type: image/png\r\nCONTENT-DISPOSITION: form-data; NAME="image"; FileName="a.png"\r\n\r\n',
      picture,
      '\r\n--B--\r\n',
    )
    expect(read(body, 'B').files).toEqual([image('a.png', 'image/png')])
  })

  it('may lack its last boundary: what came is kept', () => {
    const body = bytes('--B\r\nContent-Disposition: form-data; name="title"\r\n\r\n手机\r\n')
    expect(read(body, 'B').params).toEqual({ title: '手机' })
  })
})

describe('a body', () => {
  it.each(['', '\r\n', '--B--', '--B--\r\n', '--B', '--B\r\n', 'nothing of the kind'])(
    'that holds no part gives nothing: %j',
    (text) => {
      expect(read(bytes(text), 'B')).toEqual({ params: {}, files: [], badEncoding: false })
    },
  )

  it('is read up to its last boundary and no further', () => {
    const part = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n'
    const after = '--B\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n'
    expect(read(bytes(part, '--B--\r\n', after), 'B').params).toEqual({ a: '1' })
  })

  it('may have a preamble', () => {
    const part = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--'
    expect(read(bytes('for readers without MIME\r\n', part), 'B').params).toEqual({ a: '1' })
  })

  it('has its nameless parts left out', () => {
    const body = bytes(
      '--B\r\nContent-Type: text/plain\r\n\r\nlost\r\n',
      '--B\r\nContent-Disposition: form-data\r\n\r\nlost\r\n',
      '--B\r\n\r\nlost\r\n',
      '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--B--',
    )
    expect(read(body, 'B')).toEqual({ params: { a: '1' }, files: [], badEncoding: false })
  })
})

describe('the content of a part', () => {
  const of = (content: string | Uint8Array, header = 'name="a"; filename="f"') =>
    bytes('--B\r\nContent-Disposition: form-data; ', header, '\r\n\r\n', content, '\r\n--B--\r\n')
  const text = (content: string | Uint8Array) => read(of(content, 'name="a"'), 'B')

  it.each([
    ['an empty line', 'x\r\n\r\ny'],
    ['an empty line at its start', '\r\n\r\nx'],
    ['line breaks at its end', 'x\r\n\r\n'],
    ['what looks like headers', 'Content-Disposition: form-data; name="b"\r\n\r\n2'],
    ['dashes', '--'],
    ['another boundary', '\r\n--C\r\n'],
    ['its boundary in the middle of a line', 'a --B b'],
    ['a line that begins as its boundary does', '\r\n--B-\r\n--BC\r\n--BC-\r\n'],
    ['nothing', ''],
    ['a byte order mark', '\uFEFFx'],
    ['blanks around it', '  x\t'],
    ['a true replacement character', '\uFFFD'],
    ['an escape of another encoding', '100%25+1'],
  ])('may hold %s', (_, content) => {
    expect(text(content)).toEqual({ params: { a: content }, files: [], badEncoding: false })
    expect(read(of(content), 'B').files[0]?.bytes).toEqual([...bytes(content)])
  })

  it('that is no UTF-8 is noticed in a text, and is nothing special in a file', () => {
    const gbk = Uint8Array.of(0xca, 0xd6, 0xbb, 0xfa)
    expect(text(gbk).badEncoding).toBe(true)
    expect(read(of(gbk), 'B')).toMatchObject({ badEncoding: false, files: [{ bytes: [...gbk] }] })
  })
})

describe('a part', () => {
  it('whose name comes twice counts once: the first', () => {
    const part = (value: string) =>
      `--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n${value}\r\n`
    const into = noParameters()
    addMultipart(into, bytes(part('1'), part('2'), '--B--'), 'B')
    expect({ ...into.params }).toEqual({ a: '1' })
    expect(into.repeated).toEqual(['a'])
  })

  it.each(['__proto__', 'constructor', 'toString'])('may be named %s', (name) => {
    const header = `Content-Disposition: form-data; name="${name}"`
    const body = bytes(
      `--B\r\n${header}\r\n\r\n1\r\n--B\r\n${header}; filename="f"\r\n\r\n2\r\n--B--`,
    )
    const into = noParameters()
    addMultipart(into, body, 'B')
    expect(Object.entries(into.params)).toEqual([[name, '1']])
    expect(Object.keys(into.files ?? {})).toEqual([name])
  })

  it('may have its name without quotes, and its file name first', () => {
    const body = bytes(
      '--B\r\nContent-Disposition: form-data; filename=a.png; name=image\r\n\r\nx\r\n--B--',
    )
    expect(read(body, 'B').files).toMatchObject([{ name: 'image', fileName: 'a.png' }])
  })

  it('may have a file name that holds what looks like a name', () => {
    const body = bytes(
      '--B\r\nContent-Disposition: form-data; filename="a; name=b.png"; name="image"\r\n\r\nx\r\n--B--',
    )
    expect(read(body, 'B').files).toMatchObject([{ name: 'image', fileName: 'a; name=b.png' }])
  })

  it.each([
    [`filename*=utf-8''%E6%89%8B%E6%9C%BA.png`, '手机.png'],
    [`filename*=UTF-8'zh'a%20b.png; filename="c.png"`, 'a b.png'],
    [`filename*=%zz`, '%zz'],
  ])('may have its file name as %s', (header, fileName) => {
    const disposition = `--B\r\nContent-Disposition: form-data; name="image"; ${header}`
    const { files, params, badEncoding } = read(
      bytes(disposition, '\r\n\r\n', picture, '\r\n--B--'),
      'B',
    )
    expect({ files, params, badEncoding }).toEqual({
      files: [image(fileName, '')],
      params: {},
      badEncoding: false,
    })
  })

  it('may have an empty content type', () => {
    const body = bytes(
      '--B\r\nContent-Type:\r\nContent-Disposition: form-data; name="a"; filename="f"\r\n\r\n1\r\n--B--',
    )
    expect(read(body, 'B').files).toMatchObject([{ contentType: '' }])
  })

  it('with an empty file name is a file', () => {
    const body = bytes(
      '--B\r\nContent-Disposition: form-data; name="a"; filename=""\r\n\r\n\r\n--B--',
    )
    expect(read(body, 'B')).toMatchObject({ params: {}, files: [{ name: 'a', bytes: [] }] })
  })
})

/** One part under one header, as a body. */
const part = (disposition: string, content: string | Uint8Array = 'x', more = '') =>
  bytes(`--B\r\nContent-Disposition:${disposition}\r\n${more}\r\n`, content, '\r\n--B--\r\n')

describe('the header of a part', () => {
  it.each([
    [' form-data; name = "a"', { a: 'x' }],
    [' form-data; name="a"; name="b"', { a: 'x' }],
    [' form-data; size=3; name="a"', { a: 'x' }],
    [' form-data; name="file"', { file: 'x' }],
    [' form-data; name="profile"', { profile: 'x' }],
    [' filed; name="a"', { a: 'x' }],
    [' form-data; name=""', { '': 'x' }],
    [' form-data; xname="a"', {}],
  ])('as %s gives %j', (disposition, expected) => {
    expect(read(part(disposition), 'B')).toMatchObject({ params: expected, files: [] })
  })

  it.each(['file; name="a"', ' file; name="a"', '\t FILE; name="a"'])(
    'calls it a file as %j',
    (disposition) => {
      expect(read(part(disposition), 'B').files).toMatchObject([{ name: 'a', fileName: '' }])
    },
  )

  it.each([
    [`filename="c.png"; filename*=utf-8''d.png`, 'c.png'],
    ['filename="c.png"; filename="d.png"', 'c.png'],
    [`filename*=utf-8''it's.png`, "it's.png"],
    ['filename = "c.png"', 'c.png'],
  ])('has one file name in %s', (names, fileName) => {
    expect(read(part(` form-data; name="a"; ${names}`), 'B').files).toMatchObject([{ fileName }])
  })

  it('has its content type without the blanks around it', () => {
    const file = part(' form-data; name="a"; filename="f"', 'x', 'Content-Type: \t image/png \r\n')
    expect(read(file, 'B').files).toMatchObject([{ contentType: 'image/png' }])
  })

  it('is none of another name that ends in its own', () => {
    const body = bytes(
      '--B\r\nX-Content-Disposition: form-data; name="b"\r\nX-Content-Type: text/html\r\n',
      'Content-Disposition: form-data; name="a"; filename="f"\r\nContent-Type: image/png\r\n\r\nx\r\n--B--',
    )
    expect(read(body, 'B').files).toMatchObject([{ name: 'a', contentType: 'image/png' }])
  })

  it('that is no UTF-8 is noticed', () => {
    const gbk = Uint8Array.of(0xca, 0xd6)
    const body = bytes('--B\r\nContent-Disposition: form-data; name="', gbk, '"\r\n\r\nx\r\n--B--')
    expect(read(body, 'B').badEncoding).toBe(true)
  })

  it('without an empty line after it is none', () => {
    const body = bytes('--B\r\nContent-Disposition: form-data; name="a"\r\n--B--')
    expect(read(body, 'B')).toEqual({ params: {}, files: [], badEncoding: false })
  })
})

describe('the end of a part', () => {
  const head = '--B\r\nContent-Disposition: form-data; name="a"\r\n\r\n'

  it.each([
    ['a boundary without a line break', `${head}1\r\n--B`],
    ['a boundary with blanks behind it', `${head}1\r\n--B \t\r\n`],
    ['the last boundary', `${head}1\r\n--B--`],
    ['a boundary after LF alone', `${head}1\n--B--`],
    ['the end of the body', `${head}1`],
  ])('is %s', (_, body) => {
    expect(read(bytes(body), 'B').params).toEqual({ a: '1' })
  })

  it('may be followed by blanks and another part', () => {
    const next = '--B \t\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n--B--'
    expect(read(bytes(`${head}1\r\n${next}`), 'B').params).toEqual({ a: '1', b: '2' })
    const tabbed = '--B\t\r\nContent-Disposition: form-data; name="b"\r\n\r\n2\r\n--B--'
    expect(read(bytes(`${head}1\r\n${tabbed}`), 'B').params).toEqual({ a: '1', b: '2' })
  })

  it('is no empty line of LF in it', () => {
    expect(read(bytes(`${head}x\n\ny\r\n--B--`), 'B').params).toEqual({ a: 'x\n\ny' })
  })
})

describe('room', () => {
  const file = (name: string) =>
    `--B\r\nContent-Disposition: form-data; name="${name}"; filename="f"\r\n\r\n1\r\n`
  const text = (name: string) =>
    `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n1\r\n`
  function within(room: number, ...parts: readonly string[]) {
    const into = noParameters(room)
    addMultipart(into, bytes(...parts, '--B--'), 'B')
    return {
      names: [...Object.keys(into.params), ...Object.keys(into.files ?? {})],
      room: into.room,
    }
  }

  it('is for so many texts and files together', () => {
    expect(within(2, text('a'), file('b'))).toEqual({ names: ['a', 'b'], room: 0 })
    expect(within(2, text('a'), file('b'), file('c'))).toEqual({ names: ['a', 'b'], room: -1 })
    expect(within(2, file('b'), file('c'), text('a'))).toEqual({ names: ['b', 'c'], room: -1 })
  })

  it('once it is gone, nothing more is read', () => {
    expect(within(1, text('a'), file('b'), text('c'), file('d')).room).toBe(-1)
  })

  it('for a file that comes twice is taken twice, and the first counts', () => {
    const into = noParameters()
    const again = file('b').replace('\r\n1\r\n', '\r\n2\r\n')
    addMultipart(into, bytes(file('b'), again, again, '--B--'), 'B')
    expect(into.repeated).toEqual(['b', 'b'])
    expect(into.files?.b?.bytes.toString()).toBe('1')
    expect(within(2, file('b'), file('b'), file('b')).room).toBe(-1)
  })
})

describe('a body that is written', () => {
  const file = { fileName: 'a.png', contentType: 'image/png', bytes: Uint8Array.of(0, 13, 10, 255) }

  it('is what the official SDKs write', () => {
    const written = writeMultipart({ method: 'x', title: '手\n机' }, { image: file }, 'B')
    expect(Buffer.from(written).toString('latin1')).toBe(
      bytes(
        '--B\r\nContent-Disposition: form-data; name="method"\r\n\r\nx\r\n',
        '--B\r\nContent-Disposition: form-data; name="title"\r\n\r\n手\n机\r\n',
        '--B\r\nContent-Disposition: form-data; name="image"; filename="a.png"\r\n',
        'Content-Type: image/png\r\n\r\n',
        file.bytes,
        '\r\n--B--\r\n',
      ).toString('latin1'),
    )
  })

  it('has a content type in any case', () => {
    const written = writeMultipart({}, { image: { ...file, contentType: '' } }, 'B')
    expect(read(written, 'B').files[0]?.contentType).toBe('application/octet-stream')
  })

  it('escapes what would end a name', () => {
    const written = writeMultipart({ 'a"b\r\nc': '1' }, {}, 'B')
    expect(Buffer.from(written).toString()).toContain('name="a%22b%0D%0Ac"\r\n')
  })
})

describe('the boundary', () => {
  it.each([
    ['multipart/form-data; \t boundary=abc', 'abc'],
    ['multipart/form-data; boundary="a;b"; charset=UTF-8', 'a;b'],
    ['multipart/form-data; boundary=abc', 'abc'],
    ['multipart/form-data;boundary=abc', 'abc'],
    ['multipart/form-data;charset=UTF-8;boundary=1701234567890', '1701234567890'],
    ['multipart/form-data; boundary=abc; charset=UTF-8', 'abc'],
    ['multipart/form-data; boundary="a b"', 'a b'],
    ['multipart/form-data; Boundary=----WebKitFormBoundaryx', '----WebKitFormBoundaryx'],
    ['multipart/form-data; boundary=a=b', 'a=b'],
  ])('of %j is %s', (contentType, boundary) => {
    expect(boundaryOf(contentType)).toBe(boundary)
  })

  it.each([
    'multipart/form-data',
    'multipart/form-data; boundary=',
    'multipart/form-data; xboundary=a',
    'multipart/form-data boundary=a',
    '',
  ])('may be missing, as in %j', (contentType) => {
    expect(boundaryOf(contentType)).toBeUndefined()
  })
})

describe('any form, written by the book', () => {
  const boundary = '------------------------localtop0123456789'
  const name = fc.stringMatching(/^[a-z_.]{1,12}$/)
  const text = fc.string({ unit: 'grapheme' })
  const field = fc.record({ name, value: text })
  const file = fc.record({
    name,
    fileName: fc.stringMatching(/^[\w. -]{0,12}$/),
    contentType: fc.constantFrom('image/png', 'image/jpeg', 'application/octet-stream'),
    // Rich in the bytes that stand around parts, so that a careless cut is found.
    bytes: fc
      .uint8Array()
      .map((some) => some.map((byte) => (byte % 3 ? byte : byte % 2 ? 13 : 10))),
  })
  const unique = { selector: (part: { name: string }) => part.name }

  it('is read back as it was written', () => {
    fc.assert(
      fc.property(
        fc.uniqueArray(field, unique),
        fc.uniqueArray(file, unique),
        (fields, uploads) => {
          const body = bytes(
            ...fields.map(
              (one) =>
                `--${boundary}\r\nContent-Disposition: form-data; name="${one.name}"\r\n\r\n${one.value}\r\n`,
            ),
            ...uploads.flatMap((one) => [
              `--${boundary}\r\nContent-Disposition: form-data; name="${one.name}"; filename="${one.fileName}"\r\n`,
              `Content-Type: ${one.contentType}\r\n\r\n`,
              one.bytes,
              '\r\n',
            ]),
            `--${boundary}--\r\n`,
          )
          expect(read(body, boundary)).toEqual({
            params: Object.fromEntries(fields.map((one) => [one.name, one.value])),
            files: uploads.map((one) => ({ ...one, bytes: [...one.bytes] })),
            badEncoding: false,
          })
        },
      ),
    )
  })

  it('never makes the reader throw, whatever is cut off or broken', () => {
    const noise = fc.array(
      fc.oneof(
        fc.constantFrom(
          '--B',
          '\r\n',
          '\n\n',
          'Content-Disposition:',
          ' form-data; name="a"',
          '--',
        ),
        fc.uint8Array({ maxLength: 8 }),
      ),
    )
    fc.assert(
      fc.property(noise, (pieces) => {
        expect(() => read(bytes(...pieces), 'B')).not.toThrow()
      }),
    )
  })
})

describe('a body made to keep the reader busy', () => {
  const refusedOf = (body: Uint8Array, boundary = 'b', room = 1000) => {
    const into = noParameters(room)
    addMultipart(into, body, boundary)
    return into.room < 0
  }

  // Each of these would take minutes, if its time grew with the square of its length; the test would end.
  it.each([
    ['a name that does not end', `form-data; ${'a'.repeat(1_000_000)}`],
    ['blanks after a name', `form-data; a${' '.repeat(1_000_000)}`],
    ['quotes that do not end', `form-data; ${'a="'.repeat(300_000)}`],
  ])('has %s in its disposition', (_, disposition) => {
    const body = bytes(
      `--b\r\nContent-Disposition: ${disposition}\r\n\r\n1\r\n`,
      '--b\r\nContent-Disposition: form-data; name="x"\r\n\r\n2\r\n--b--',
    )
    expect(read(body, 'b').params).toMatchObject({ x: '2' })
  })

  it('is dashes within dashes', () => {
    const body = bytes('\r\n', Buffer.alloc(4_000_000, '-'))
    expect(read(bytes('x', body), '-'.repeat(100_000)).params).toEqual({})
  })

  it('is a million parts of nothing: they count as parameters', () => {
    expect(refusedOf(Buffer.from('--b\r\n\r\n'.repeat(1_000_000)))).toBe(true)
    expect(refusedOf(Buffer.from('--b\r\n\r\n'.repeat(900)))).toBe(false)
  })
})
