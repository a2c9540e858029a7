import { once } from 'node:events'
import { connect } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type Listening } from '../../src/server/index.ts'
import { type Params, signedParams } from '../support/gateway.ts'
import { md5, png, sha256 } from '../support/pictures.ts'

/** A PNG with every byte there is, line breaks of both kinds, and what looks like a boundary. */
const image = Buffer.concat([
  png,
  Uint8Array.from({ length: 256 }, (_, at) => at),
  Buffer.from(
    '\r\n\r\n\n\n\r\n--\r\n--PYTHON_SDK_BOUNDAR\r\n--1701234567890-\r\nContent-Type: x\r\n\r\n',
  ),
])

interface Upload {
  readonly contentType: string
  readonly body: Buffer
}

/** How a client writes its texts and its one file. */
interface Form {
  readonly client: string
  readonly oddity: string
  readonly write: (texts: Params, file: Uint8Array) => Upload
  readonly fileName: string
  readonly fileType: string
}

/** @param texts one line of headers and the empty line after it, for a text of this name */
function multipart(
  contentType: string,
  parts: {
    readonly boundary: string
    readonly start?: string
    readonly text: (name: string) => string
    readonly file: string
    readonly end?: string
    readonly lineBreak?: string
  },
): Form['write'] {
  const { boundary, start = '', end = '\r\n', lineBreak = '\r\n' } = parts
  return (texts, file) => ({
    contentType,
    body: Buffer.concat(
      [
        start,
        ...Object.entries(texts).flatMap(([name, value]) => [
          `--${boundary}${lineBreak}${parts.text(name)}${lineBreak}${lineBreak}`,
          `${value}${lineBreak}`,
        ]),
        `--${boundary}${lineBreak}${parts.file}${lineBreak}${lineBreak}`,
        file,
        `${lineBreak}--${boundary}--${end}`,
      ].map((piece) => Buffer.from(piece as Uint8Array)),
    ),
  })
}

const plainText = (name: string) => `Content-Disposition: form-data; name="${name}"`
const webUtils = (fileName: string): Form['write'] =>
  multipart('multipart/form-data;charset=UTF-8;boundary=1701234567890', {
    boundary: '1701234567890',
    start: '\r\n',
    text: (name) => `Content-Disposition:form-data;name="${name}"\r\nContent-Type:text/plain`,
    file: `Content-Disposition:form-data;name="image";filename="${fileName}"\r\nContent-Type:image/png`,
  })

/** Written by hand as captured bodies of these clients were. */
const forms: readonly Form[] = [
  ...['Java 2011', 'Java 2021', '.NET 2023'].map((client) => ({
    client,
    oddity: 'a line break before the first boundary, no blanks, charset before boundary',
    write: webUtils('a.png'),
    fileName: 'a.png',
    fileType: 'image/png',
  })),
  {
    client: '.NET 2015',
    oddity: 'the same, and a whole path in the file name',
    write: webUtils('C:\\my pictures\\a.png'),
    fileName: 'a.png',
    fileType: 'image/png',
  },
  ...['PHP 2018, file in memory', 'PHP 2026'].map((client) => ({
    client,
    oddity: 'a blank after the file name, no line break after the last boundary',
    write: multipart('multipart/form-data; boundary=-------------5f3e9a1b2c4d5', {
      boundary: '-------------5f3e9a1b2c4d5',
      text: plainText,
      file: 'Content-Disposition: form-data; name="image"; filename="image" \r\nContent-Type: image/png',
      end: '',
    }),
    fileName: 'image',
    fileType: 'image/png',
  })),
  {
    client: 'PHP with @file',
    oddity: 'a whole path in the file name',
    write: multipart('multipart/form-data; boundary=------------------------abcdef', {
      boundary: '------------------------abcdef',
      text: plainText,
      file: 'Content-Disposition: form-data; name="image"; filename="/var/www/a.png"\r\nContent-Type: application/octet-stream',
    }),
    fileName: 'a.png',
    fileType: 'application/octet-stream',
  },
  {
    client: 'Python 2',
    oddity: 'a file that calls itself file, a fixed boundary, a transfer encoding',
    write: multipart('multipart/form-data; boundary=PYTHON_SDK_BOUNDARY', {
      boundary: 'PYTHON_SDK_BOUNDARY',
      text: (name) => `${plainText(name)}\r\nContent-Type: text/plain; charset=UTF-8`,
      file: 'Content-Disposition: file; name="image"; filename="a.png"\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary',
    }),
    fileName: 'a.png',
    fileType: 'image/png',
  },
  {
    client: 'requests (taobaopy, py-new)',
    oddity: 'a file without a content type',
    write: multipart('multipart/form-data; boundary=0123456789abcdef0123456789abcdef', {
      boundary: '0123456789abcdef0123456789abcdef',
      text: plainText,
      file: 'Content-Disposition: form-data; name="image"; filename="image"',
    }),
    fileName: 'image',
    fileType: '',
  },
  {
    client: 'requests of old, with a Chinese file name',
    oddity: 'filename* and no filename',
    write: multipart('multipart/form-data; boundary=0123456789abcdef0123456789abcdef', {
      boundary: '0123456789abcdef0123456789abcdef',
      text: plainText,
      file: `Content-Disposition: form-data; name="image"; filename*=utf-8''%E6%89%8B%E6%9C%BA.png`,
    }),
    fileName: '手机.png',
    fileType: '',
  },
  {
    client: 'jyh (Node)',
    oddity: 'a content type of false, no line break at the end',
    write: multipart('multipart/form-data; boundary=--------------------------1234', {
      boundary: '--------------------------1234',
      text: plainText,
      file: 'Content-Disposition: form-data; name="image"; filename="a.png"\r\nContent-Type: false',
      end: '',
    }),
    fileName: 'a.png',
    fileType: 'false',
  },
  {
    client: 'curl',
    oddity: 'header names in lower case',
    write: multipart('multipart/form-data; boundary=------------------------9a8b7c', {
      boundary: '------------------------9a8b7c',
      text: (name) => plainText(name).toLowerCase(),
      file: 'content-disposition: form-data; filename="x name=y.png"; name="image"\r\ncontent-type: image/png',
    }),
    fileName: 'x name=y.png',
    fileType: 'image/png',
  },
  {
    client: 'one that ends its lines with LF',
    oddity: 'no CR anywhere but in the file',
    write: multipart('multipart/form-data; boundary=B', {
      boundary: 'B',
      text: plainText,
      file: 'Content-Disposition: form-data; name="image"; filename="a.png"\nContent-Type: image/png',
      end: '\n',
      lineBreak: '\n',
    }),
    fileName: 'a.png',
    fileType: 'image/png',
  },
]

const path = '/router/rest'
let gateway: Gateway
let server: Listening
beforeAll(async () => {
  gateway = createGateway({ rateLimit: 'off' })
  server = await gateway.listen()
})
afterAll(() => gateway.close())

/** Signed texts of an upload that replaces the main picture: any number of them can be made. */
const texts = () =>
  signedParams(gateway, 'taobao.item.img.upload', {
    num_iid: '11223344',
    id: '0',
    is_major: 'true',
    partner_id: '本店 SDK',
  })

interface Answer {
  readonly exchange: string
  readonly text: string
}

/** One way of sending a form, to the answer. */
type Send = (upload: Upload, query: string) => Promise<Answer>

const throughFetch: Send = async ({ contentType, body }, query) => {
  const response = await gateway.fetch(
    new Request(`${server.url}${path}${query}`, {
      method: 'POST',
      headers: { 'content-type': contentType },
      body,
    }),
  )
  const exchange = response.headers.get('x-localtop-exchange') ?? ''
  return { exchange, text: await response.text() }
}

interface RawOptions {
  readonly headers?: readonly string[]
  /** The name of a header as this client writes it. */
  readonly spelled?: (name: string) => string
  /** The body as it goes over the wire, in pieces. */
  readonly pieces?: (body: Buffer) => readonly Uint8Array[]
  readonly withLength?: boolean
  /** Waits for `100 Continue` before the body. */
  readonly waits?: boolean
}

/** Writes a request into a socket, byte by byte as told. */
function throughSocket(options: RawOptions = {}): Send {
  const { headers = [], spelled = (name) => name, pieces = (body) => [body] } = options
  const { withLength = true, waits = false } = options
  return async ({ contentType, body }, query) => {
    const socket = connect(server.port, '127.0.0.1')
    await once(socket, 'connect')
    socket.setNoDelay(true)
    const received: Buffer[] = []
    socket.on('data', (chunk) => received.push(chunk))
    const lines = [
      `POST ${path}${query} HTTP/1.1`,
      `${spelled('Host')}: 127.0.0.1:${server.port}`,
      `${spelled('Content-Type')}: ${contentType}`,
      ...(withLength ? [`${spelled('Content-Length')}: ${body.length}`] : []),
      `${spelled('Connection')}: close`,
      ...headers,
    ]
    socket.write(`${lines.join('\r\n')}\r\n\r\n`)
    if (waits) {
      await once(socket, 'data')
      expect(Buffer.concat(received).toString()).toBe('HTTP/1.1 100 Continue\r\n\r\n')
      received.length = 0
    }
    const closed = once(socket, 'close')
    for (const piece of pieces(body)) {
      if (!socket.write(piece)) await once(socket, 'drain')
    }
    await closed
    const answer = Buffer.concat(received).toString()
    const [head = '', text = ''] = answer.split('\r\n\r\n')
    expect(head).toMatch(/^HTTP\/1\.1 200 /)
    return { exchange: /^x-localtop-exchange: (\S+)/im.exec(head)?.[1] ?? '', text }
  }
}

/** A body in chunks of the sizes given, again and again. */
function chunked(body: Buffer, sizes: readonly number[]): Uint8Array[] {
  const pieces: Uint8Array[] = []
  for (let at = 0, n = 0; at < body.length; n++) {
    const chunk = body.subarray(at, at + (sizes[n % sizes.length] as number))
    at += chunk.length
    // The frame of a chunk is cut as well: its size, its end and what follows travel apart.
    pieces.push(Buffer.from(chunk.length.toString(16)), Buffer.from('\r\n'), chunk)
    pieces.push(Buffer.from('\r'), Buffer.from('\n'))
  }
  return [...pieces, Buffer.from('0\r\n\r\n')]
}

/** The upload arrived whole: in the journal, and at the address that was answered. */
async function expectWhole({ exchange, text }: Answer, form: Form, file = image): Promise<void> {
  const explained = gateway.exchanges.find(exchange)
  expect(explained?.outcome, text).toBe('answered')
  expect(explained?.request.files).toEqual({
    image: {
      fileName: form.fileName,
      contentType: form.fileType,
      bytes: file.byteLength,
      sha256: sha256(file),
      md5: md5(file),
    },
  })
  const { url } = JSON.parse(text).item_img_upload_response.item_img
  const served = await fetch(url)
  expect(served.headers.get('content-type')).toBe('image/png')
  expect(sha256(new Uint8Array(await served.arrayBuffer()))).toBe(sha256(file))
}

describe.each(forms)('an upload as by $client: $oddity', (form) => {
  it('arrives in this process', async () => {
    await expectWhole(await throughFetch(form.write(texts(), image), ''), form)
  })

  it('arrives through a socket', async () => {
    await expectWhole(await throughSocket()(form.write(texts(), image), ''), form)
  })

  it('arrives with the system parameters in the query, and the others beside the file', async () => {
    const { num_iid = '', id = '', is_major = '', ...system } = texts()
    const upload = form.write({ num_iid, id, is_major }, image)
    const query = `?${new URLSearchParams(system)}`
    await expectWhole(await throughFetch(upload, query), form)
    await expectWhole(await throughSocket()(upload, query), form)
  })

  it('arrives in chunks with borders anywhere', async () => {
    const upload = form.write(texts(), image)
    for (const sizes of [[1], [7, 1, 2, 64, 3]]) {
      const send = throughSocket({
        headers: ['Transfer-Encoding: chunked'],
        withLength: false,
        pieces: (body) => chunked(body, sizes),
      })
      await expectWhole(await send(upload, ''), form)
    }
  })

  it.each([
    ['CR', '\r'],
    ['LF', '\n'],
    ['CRLF', '\r\n'],
    ['two dashes', '--'],
    ['a blank', ' '],
  ])('keeps what the file ends with: %s', async (_, end) => {
    const file = Buffer.concat([png, Buffer.from(end)])
    await expectWhole(await throughFetch(form.write(texts(), file), ''), form, file)
  })
})

describe('the way of an upload', () => {
  const [java] = forms as [Form]

  it('may begin with Expect: 100-continue, as PHP does with more than a megabyte', async () => {
    const large = Buffer.concat([image, Buffer.alloc(2 * 1024 * 1024, 0x0d)])
    const send = throughSocket({ headers: ['Expect: 100-continue'], waits: true })
    await expectWhole(await send(java.write(texts(), large), ''), java, large)
  })

  it('may have header names in lower case', async () => {
    const send = throughSocket({ spelled: (name) => name.toLowerCase() })
    await expectWhole(await send(java.write(texts(), image), ''), java)
  })

  it('may cut the body anywhere between packets', async () => {
    const send = throughSocket({
      pieces: (body) =>
        Array.from({ length: Math.ceil(body.length / 13) }, (_, at) =>
          body.subarray(at * 13, at * 13 + 13),
        ),
    })
    await expectWhole(await send(java.write(texts(), image), ''), java)
  })
})
