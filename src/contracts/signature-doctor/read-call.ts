import { addUrlencoded, noParameters } from '../protocol/parameters.ts'
import { beginning, CallFormatError } from './call-format.ts'
import { type ReadFile, readCurl } from './read-curl.ts'
import { looksLikeHttp, readHttp } from './read-http.ts'
import { parseJsonCall, readJsonCall, readUrl } from './read-json.ts'
import { finished, type ReadCall } from './sent-call.ts'

/**
 * Reads a signed call from what people have at hand: a `curl` command (of a shell, of Windows' cmd, of a
 * browser's "copy as cURL"), a URL, an HTTP request as it travels, JSON (what `POST /explain` takes, an
 * object of parameters, HAR), or a query string.
 *
 * @param given bytes where it comes from a file, so that pictures in a raw request stay what they are
 * @param readFile reads the files that a curl command names with `@`; without it they are not at hand
 * @throws CallFormatError saying what came, what was expected and where
 * @example
 * readCall("curl http://127.0.0.1:7070/router/rest -d 'method=taobao.time.get&sign=…'").params.sign
 */
export function readCall(given: string | Uint8Array, readFile?: ReadFile): ReadCall {
  const whole = textOf(given)
  const text = whole.trimEnd()
  if (text === '') throw new CallFormatError(`nothing came; expected ${expected}`)
  if (/^[{[]/.test(text)) return readJsonCall(parseJsonCall(text), readFile)
  if (looksLikeHttp(text)) return readHttp(typeof given === 'string' ? whole : bytesOf(given))
  const curl = readCurl(whole, readFile)
  if (curl) return curl
  if (/^(?:[a-z][a-z+.-]*:\/\/|\/|\?|[\w.-]+(?::\d+)?\/\S*\?|[\w.-]+:\d+\?)\S*$/i.test(text))
    return readUrl(text)
  if (/^[^\s=&?]+=/.test(text)) {
    const into = noParameters()
    addUrlencoded(into, text)
    return finished('form', into, [], { body: '', form: text })
  }
  throw new CallFormatError(`it begins with ${beginning(text)}; expected ${expected}`)
}

const expected =
  'a curl command, a URL with its query, an HTTP request, JSON such as {"params":{…}}, or a form such as method=…&sign=…'

/** UTF-8, or the UTF-16 that PowerShell writes into files. */
function textOf(given: string | Uint8Array): string {
  if (typeof given === 'string') return given.replace(/^\uFEFF/, '').trimStart()
  const isUtf16 = given[0] === 0xff && given[1] === 0xfe
  return new TextDecoder(isUtf16 ? 'utf-16le' : 'utf-8').decode(given).trimStart()
}

/** The bytes without what `textOf` takes off in front. */
function bytesOf(given: Uint8Array): Uint8Array {
  if (given[0] === 0xff && given[1] === 0xfe) return Buffer.from(textOf(given))
  let from = given[0] === 0xef && given[1] === 0xbb ? 3 : 0
  while ([0x20, 0x09, 0x0d, 0x0a].includes(given[from] ?? -1)) from++
  return given.subarray(from)
}
