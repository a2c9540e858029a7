import { createHash } from 'node:crypto'
import { canonicalString, type SignMethod, sign } from '../../src/contracts/index.ts'
import type { Params } from './gateway.ts'
import { tinyPng } from './png.ts'

// Requests as clients of the platform put them on the wire, written by hand: what is odd about each of
// them was measured (split between address and body, escapes, sign, multipart, Host), the lines round it
// are those of the HTTP library that it uses.

/** When all of them were sent: the moment of the documentation's signing example. */
export const moment = '2016-01-01 12:00:00'
const epochMs = Date.parse('2016-01-01T12:00:00+08:00')

/** What every one of them publishes. */
export const item: Params = {
  title: '新款 智能手机+保护壳',
  price: '2999.00',
  num: '100',
  type: 'fixed',
  cid: '1512',
  desc: "100% 全新 & 国行, it's (new)*~!",
  stuff_status: 'new',
  'location.state': '浙江',
  'location.city': '杭州',
}

interface Signing {
  /** `front` is the oldest form: no sign_method, MD5 with the secret in front only. */
  readonly by?: SignMethod | 'front'
  readonly format?: 'json' | 'xml'
  readonly timestamp?: string
  /** Signed like all others. */
  readonly extra?: Params
}

/** All parameters of a `taobao.item.add`, the system's first, signed last. */
export function signed({
  by = 'md5',
  format = 'json',
  timestamp = moment,
  extra = {},
}: Signing = {}): Params {
  const params: Params = {
    app_key: '12345678',
    method: 'taobao.item.add',
    v: '2.0',
    format,
    timestamp,
    session: 'test',
    ...(by !== 'front' && { sign_method: by }),
    ...extra,
    ...item,
  }
  return { ...params, sign: by === 'front' ? signInFront(params) : sign(params, 'helloworld', by) }
}

const signInFront = (params: Params) =>
  createHash('md5')
    .update(`helloworld${canonicalString(params)}`)
    .digest('hex')
    .toUpperCase()

/** Writes `name=value` pairs in the order given. */
export const form = (params: Params, escaped: (text: string) => string) =>
  Object.entries(params)
    .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
    .join('&')
/** A blank as `%20`: JavaScript, Ruby's CGI. */
export const percent = (text: string) =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (char) => `%${hex(char)}`)
const hex = (char: string) => char.charCodeAt(0).toString(16).toUpperCase()
/** A blank as `+`: Java, PHP, Python, Go. */
export const plus = (text: string) => percent(text).replaceAll('%20', '+')
/** `%e6` instead of `%E6`: .NET. */
const lowerCase = (text: string) => plus(text).replaceAll(/%../g, (byte) => byte.toLowerCase())

/** The address carries the system's parameters, the body the method's, as the official SDKs split them. */
function split(params: Params): readonly [query: Params, body: Params] {
  const entries = Object.entries(params)
  const inBody = (name: string) => Object.hasOwn(item, name)
  return [
    Object.fromEntries(entries.filter(([name]) => !inBody(name))),
    Object.fromEntries(entries.filter(([name]) => inBody(name))),
  ]
}

/** A request: lines as they are sent, `#` standing for the number of the body's bytes. */
export function message(lines: readonly string[], body: string | Uint8Array = ''): Buffer {
  const bytes = Buffer.from(body as Uint8Array)
  const head = lines.map((line) => line.replace(/^(content-length: )#$/i, `$1${bytes.length}`))
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), bytes])
}

export const joined = (...pieces: readonly (string | Uint8Array)[]) =>
  Buffer.concat(pieces.map((piece) => Buffer.from(piece as Uint8Array)))

/** Text parts as most clients write them. */
const fields = (boundary: string, params: Params) =>
  Object.entries(params).map(
    ([name, value]) =>
      `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`,
  )

/** The body in chunks of so many bytes, which cut escapes in half, and the empty one that ends it. */
function chunked(body: string, size: number): string {
  const chunks = body.match(new RegExp(`[^]{1,${size}}`, 'g')) ?? []
  return `${chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('')}0\r\n\r\n`
}

/** A picture, and behind it every byte there is and what a careless reader takes for the end of a part. */
const picture = joined(
  tinyPng(),
  Uint8Array.from({ length: 256 }, (_, at) => at),
  '\r\n--\r\n--1',
)

/** How an answer is written. */
export type Written = 'json' | 'simplified' | 'xml'

export interface Capture {
  readonly client: string
  readonly oddity: string
  readonly bytes: Buffer
  /** @default json */
  readonly answer?: Written
  /** The picture that comes with it. */
  readonly image?: Uint8Array
  /** The client hangs up after one call. */
  readonly closes?: true
}

const [javaQuery, javaBody] = split(
  signed({ format: 'xml', extra: { partner_id: 'top-sdk-java-20110125' } }),
)
const [java2021Query, java2021Body] = split(
  signed({ by: 'hmac-sha256', extra: { partner_id: 'top-sdk-java-20210726', simplify: 'true' } }),
)
const [javaFileQuery, javaFileBody] = split(signed())
const [netQuery, netBody] = split(signed({ format: 'xml' }))
const [phpQuery, phpBody] = split(
  signed({ extra: { partner_id: 'top-sdk-php-20180326', target_app_key: '' } }),
)
const [newPhpQuery, newPhpBody] = split(signed({ extra: { simplify: '1' } }))
const [phpFileQuery, phpFileBody] = split(signed())
const [pythonQuery, pythonBody] = split(
  signed({
    timestamp: String(epochMs),
    extra: { partner_id: 'top-sdk-python-20151217' },
  }),
)
const [pythonFileQuery, pythonFileBody] = split(signed({ timestamp: String(epochMs) }))
const [goQuery, goBody] = split(signed({ by: 'hmac-sha256', extra: { simplify: 'true' } }))

export const captures: readonly Capture[] = [
  {
    client: 'Java 2011',
    oddity: 'system parameters in the address, a Host without its port, XML',
    answer: 'xml',
    bytes: message(
      [
        `POST /router/rest?${form(javaQuery, plus)} HTTP/1.1`,
        'Accept: text/xml,text/javascript,text/html',
        'User-Agent: top-sdk-java',
        'Content-Type: application/x-www-form-urlencoded;charset=UTF-8',
        'Cache-Control: no-cache',
        'Pragma: no-cache',
        'Host: 127.0.0.1',
        'Connection: keep-alive',
        'Content-Length: #',
      ],
      form(javaBody, plus),
    ),
  },
  {
    client: 'Java 2021',
    oddity: 'hmac-sha256, gzip, simplify',
    answer: 'simplified',
    bytes: message(
      [
        `POST /router/rest?${form(java2021Query, plus)} HTTP/1.1`,
        'Host: gw.api.taobao.com',
        'Accept: text/xml,text/javascript',
        'User-Agent: top-sdk-java',
        'Accept-Encoding: gzip',
        'Content-Type: application/x-www-form-urlencoded;charset=UTF-8',
        'Cache-Control: no-cache',
        'Pragma: no-cache',
        'Connection: keep-alive',
        'Content-Length: #',
      ],
      form(java2021Body, plus),
    ),
  },
  {
    client: 'Java with a picture',
    oddity: 'a line break before the first boundary, no blanks in the headers of parts',
    image: picture,
    bytes: message(
      [
        `POST /router/rest?${form(javaFileQuery, plus)} HTTP/1.1`,
        'Accept: text/xml,text/javascript',
        'User-Agent: top-sdk-java',
        'Content-Type: multipart/form-data;charset=UTF-8;boundary=1451620800000',
        'Host: 127.0.0.1',
        'Connection: keep-alive',
        'Content-Length: #',
      ],
      joined(
        ...Object.entries(javaFileBody).map(
          ([name, value]) =>
            `\r\n--1451620800000\r\nContent-Disposition:form-data;name="${name}"\r\nContent-Type:text/plain\r\n\r\n${value}`,
        ),
        '\r\n--1451620800000\r\nContent-Disposition:form-data;name="image";filename="主图.png"\r\nContent-Type:image/png\r\n\r\n',
        picture,
        '\r\n--1451620800000--\r\n',
      ),
    ),
  },
  {
    client: '.NET 2015',
    oddity: 'no sign_method, the secret in front only, lower-case escapes, all in the body, XML',
    answer: 'xml',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'User-Agent: Top4Net',
        'Content-Type: application/x-www-form-urlencoded;charset=utf-8',
        'Host: 127.0.0.1',
        'Content-Length: #',
        'Connection: Keep-Alive',
      ],
      form(signed({ by: 'front', format: 'xml' }), lowerCase),
    ),
  },
  {
    client: '.NET 2023',
    oddity: 'lower-case escapes in address and body, gzip, XML',
    answer: 'xml',
    bytes: message(
      [
        `POST /router/rest?${form(netQuery, lowerCase)} HTTP/1.1`,
        'Accept: text/xml,text/javascript',
        'User-Agent: top-sdk-net',
        'Accept-Encoding: gzip',
        'Content-Type: application/x-www-form-urlencoded;charset=utf-8',
        'Host: eco.taobao.com',
        'Content-Length: #',
        'Connection: Keep-Alive',
      ],
      form(netBody, lowerCase),
    ),
  },
  {
    client: 'PHP 2018',
    oddity: 'an empty value that is sent and signed, lower-case header name',
    bytes: message(
      [
        `POST /router/rest?${form(phpQuery, plus)} HTTP/1.1`,
        'Host: gw.api.taobao.com',
        'User-Agent: top-sdk-php',
        'Accept: */*',
        'content-type: application/x-www-form-urlencoded; charset=UTF-8',
        'Content-Length: #',
      ],
      form(phpBody, plus),
    ),
  },
  {
    client: 'PHP, the new one',
    oddity: 'simplify=1, which is not true: the root stays',
    bytes: message(
      [
        `POST /router/rest?${form(newPhpQuery, plus)} HTTP/1.1`,
        'Host: eco.taobao.com',
        'Accept: */*',
        'content-type: application/x-www-form-urlencoded; charset=UTF-8',
        'Content-Length: #',
      ],
      form(newPhpBody, plus),
    ),
  },
  {
    client: 'PHP with a picture from memory',
    oddity: 'a blank after the file name, no line break at the end',
    image: picture,
    bytes: message(
      [
        `POST /router/rest?${form(phpFileQuery, plus)} HTTP/1.1`,
        'Host: gw.api.taobao.com',
        'User-Agent: top-sdk-php',
        'Accept: */*',
        'Content-Type: multipart/form-data; boundary=-------------5686a1c0b71b0',
        'Content-Length: #',
      ],
      joined(
        ...fields('-------------5686a1c0b71b0', phpFileBody),
        '---------------5686a1c0b71b0\r\nContent-Disposition: form-data; name="image"; filename="image" \r\nContent-Type: image/png\r\n\r\n',
        picture,
        '\r\n---------------5686a1c0b71b0--',
      ),
    ),
  },
  {
    client: 'Python 2, official',
    oddity: 'epoch milliseconds',
    bytes: message(
      [
        `POST /router/rest?${form(pythonQuery, plus)} HTTP/1.1`,
        'Host: gw.api.taobao.com',
        'Accept-Encoding: identity',
        'Content-Length: #',
        'Content-type: application/x-www-form-urlencoded;charset=UTF-8',
        'Cache-Control: no-cache',
        'Connection: Keep-Alive',
      ],
      form(pythonBody, plus),
    ),
  },
  {
    client: 'Python 2, official, with a picture',
    oddity: 'a file that calls itself file, a boundary that is always the same',
    image: picture,
    bytes: message(
      [
        `POST /router/rest?${form(pythonFileQuery, plus)} HTTP/1.1`,
        'Host: gw.api.taobao.com',
        'Accept-Encoding: identity',
        'Content-Length: #',
        'Content-type: multipart/form-data; boundary=PYTHON_SDK_BOUNDARY',
        'Connection: Keep-Alive',
      ],
      joined(
        ...fields('PYTHON_SDK_BOUNDARY', pythonFileBody),
        '--PYTHON_SDK_BOUNDARY\r\nContent-Disposition: file; name="image"; filename="a.png"\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: binary\r\n\r\n',
        picture,
        '\r\n--PYTHON_SDK_BOUNDARY--\r\n',
      ),
    ),
  },
  {
    client: 'Python 2, a port',
    oddity: 'multipart without any file',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: 127.0.0.1',
        'Accept-Encoding: identity',
        'Content-Length: #',
        'Content-type: multipart/form-data; boundary=PYTHON_SDK_BOUNDARY',
        'Connection: close',
      ],
      joined(...fields('PYTHON_SDK_BOUNDARY', signed()), '--PYTHON_SDK_BOUNDARY--\r\n'),
    ),
    closes: true,
  },
  {
    client: 'C',
    oddity: 'epoch seconds',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'Accept: */*',
        'Content-Length: #',
        'Content-Type: application/x-www-form-urlencoded',
      ],
      form(signed({ timestamp: String(epochMs / 1000) }), percent),
    ),
  },
  {
    client: 'taobaopy',
    oddity: 'hmac, gzip and deflate',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'User-Agent: python-requests/2.31.0',
        'Accept-Encoding: gzip, deflate',
        'Accept: */*',
        'Connection: keep-alive',
        'Content-Length: #',
        'Content-Type: application/x-www-form-urlencoded',
      ],
      form(signed({ by: 'hmac' }), plus),
    ),
  },
  {
    client: 'zsqk',
    oddity: 'a POST with everything in the address: no body, no type, no length; simplify',
    answer: 'simplified',
    bytes: message([
      `POST /router/rest?${form(signed({ extra: { simplify: 'true' } }), percent)} HTTP/1.1`,
      'Host: gw.api.taobao.com',
      'Connection: close',
    ]),
    closes: true,
  },
  {
    client: 'Go, official',
    oddity: 'hmac-sha256, no charset, simplify',
    answer: 'simplified',
    bytes: message(
      [
        `POST /router/rest?${form(goQuery, plus)} HTTP/1.1`,
        'Host: eco.taobao.com',
        'User-Agent: Go-http-client/1.1',
        'Content-Length: #',
        'Content-Type: application/x-www-form-urlencoded',
        'Accept-Encoding: gzip',
      ],
      form(goBody, plus),
    ),
  },
  {
    client: 'Go, bububa',
    oddity: 'all in the body, sorted by name, simplify',
    answer: 'simplified',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'User-Agent: Go-http-client/1.1',
        'Content-Length: #',
        'Content-Type: application/x-www-form-urlencoded; charset=utf-8',
        'Accept-Encoding: gzip',
      ],
      form(
        Object.fromEntries(Object.entries(signed({ extra: { simplify: 'true' } })).sort()),
        plus,
      ),
    ),
  },
  {
    client: 'PHP, ihipop',
    oddity: 'header names in mixed case and hmac, simplify',
    answer: 'simplified',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'user-agent: GuzzleHttp/6.5.5 curl/7.64.0 PHP/7.3.19',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: #',
      ],
      form(signed({ by: 'hmac', extra: { simplify: 'true' } }), plus),
    ),
  },
  {
    client: 'taobao (npm), GET',
    oddity: 'all in the address, a Host without its port, hangs up after it',
    bytes: message([
      `GET /router/rest?${form(signed(), percent)} HTTP/1.1`,
      'Host: 127.0.0.1',
      'Connection: close',
    ]),
    closes: true,
  },
  {
    client: 'taobao (npm), POST',
    oddity: 'a chunked body, here in chunks of five bytes, which cut every escape',
    bytes: joined(
      message([
        'POST /router/rest HTTP/1.1',
        'Content-Type: application/x-www-form-urlencoded',
        'Host: 127.0.0.1',
        'Connection: close',
        'Transfer-Encoding: chunked',
      ]),
      chunked(form(signed(), percent), 5),
    ),
    closes: true,
  },
  {
    client: 'top (npm)',
    oddity: 'a GET that announces a type for the body it has not',
    bytes: message([
      `GET /router/rest?${form(signed(), percent)} HTTP/1.1`,
      'User-Agent: node-urllib/2.44.0',
      'Accept-Encoding: gzip',
      'Content-Type: application/x-www-form-urlencoded',
      'Host: gw.api.taobao.com',
      'Connection: keep-alive',
    ]),
  },
  {
    client: 'a client that gives a GET a body',
    oddity: 'the address counts, the body does not',
    bytes: message(
      [
        `GET /router/rest?${form(signed(), percent)} HTTP/1.1`,
        'host: 127.0.0.1',
        'content-type: application/x-www-form-urlencoded',
        'content-length: #',
        'Connection: keep-alive',
      ],
      'title=another&unsigned=yes',
    ),
  },
  {
    client: 'Ruby, taobaorb',
    oddity: 'Net::HTTP with its list of encodings, XML',
    answer: 'xml',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Accept-Encoding: gzip;q=1.0,deflate;q=0.6,identity;q=0.3',
        'Accept: */*',
        'User-Agent: Ruby',
        'Host: gw.api.taobao.com',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: #',
      ],
      form(signed({ format: 'xml' }), plus),
    ),
  },
  {
    client: 'jyh (npm), with a picture',
    oddity: 'a part of the type false, no line break at the end',
    image: picture,
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'content-type: multipart/form-data; boundary=--------------------------515890814546601021194782',
        'Host: 127.0.0.1',
        'Connection: close',
        'Content-Length: #',
      ],
      joined(
        ...fields('--------------------------515890814546601021194782', signed()),
        '----------------------------515890814546601021194782\r\nContent-Disposition: form-data; name="image"; filename="image"\r\nContent-Type: false\r\n\r\n',
        picture,
        '\r\n----------------------------515890814546601021194782--',
      ),
    ),
    closes: true,
  },
  {
    client: 'alidayujs (npm)',
    oddity: 'the secret itself among the parameters, signed, and parameters that nobody knows',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'Content-Type: application/x-www-form-urlencoded',
        'Content-Length: #',
        'Connection: close',
      ],
      form(signed({ extra: { secret: 'helloworld', sms_type: 'normal' } }), percent),
    ),
    closes: true,
  },
  {
    client: 'a client behind an HTTP proxy',
    oddity: 'the whole address in the first line',
    bytes: message(
      [
        'POST http://gw.api.taobao.com/router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'Proxy-Connection: Keep-Alive',
        'Content-Type: application/x-www-form-urlencoded;charset=utf-8',
        'Content-Length: #',
      ],
      form(signed(), plus),
    ),
  },
  {
    client: 'a GET behind an HTTP proxy',
    oddity: 'the whole address with its port and all parameters in the first line',
    bytes: message([
      `GET http://gw.api.taobao.com:80/router/rest?${form(signed(), plus)} HTTP/1.1`,
      'Host: gw.api.taobao.com:80',
      'Proxy-Connection: Keep-Alive',
    ]),
  },
]

const big = joined(picture, Buffer.alloc(1_200_000, picture))
const boundary = '------------------------d74496d66958873e'
/** Those whose client sends its body when it is told to go on. */
export const waiting: readonly Capture[] = [
  {
    client: '.NET 2015',
    oddity: 'a form',
    answer: 'xml',
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'User-Agent: Top4Net',
        'Content-Type: application/x-www-form-urlencoded;charset=utf-8',
        'Host: 127.0.0.1',
        'Content-Length: #',
        'Expect: 100-continue',
        'Connection: Keep-Alive',
      ],
      form(signed({ by: 'front', format: 'xml' }), lowerCase),
    ),
  },
  {
    client: 'PHP',
    oddity: 'a picture of more than a megabyte, with the path of its file for a name',
    image: big,
    bytes: message(
      [
        'POST /router/rest HTTP/1.1',
        'Host: gw.api.taobao.com',
        'User-Agent: top-sdk-php',
        'Accept: */*',
        'Content-Length: #',
        `Content-Type: multipart/form-data; boundary=${boundary}`,
        'Expect: 100-continue',
      ],
      joined(
        ...fields(boundary, signed()),
        `--${boundary}\r\nContent-Disposition: form-data; name="image"; filename="/var/www/a.png"\r\nContent-Type: image/png\r\n\r\n`,
        big,
        `\r\n--${boundary}--\r\n`,
      ),
    ),
  },
]
