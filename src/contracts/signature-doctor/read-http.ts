import type { Explanation } from '../protocol/errors.ts'
import { beginning, CallFormatError } from './call-format.ts'
import { explain } from './hypothesis.ts'
import { callOf, queryOf, type ReadCall } from './sent-call.ts'

const requestLine =
  /^([A-Z]{3,7})[ \t]+((?:\/|\?|https?:\/\/)[^\r\n]*?)(?:[ \t]+HTTP\/\d(?:\.\d)?)?[ \t]*(?:\r?\n|$)/

/** Whether a text begins as an HTTP request does. */
export const looksLikeHttp = (text: string) => requestLine.test(text)

/**
 * Reads a request as it travels: request line (origin or absolute form), headers, body; lines end with
 * CRLF or LF, the body may be chunked, headers and body may be missing.
 *
 * @param raw bytes where there are any, because files in a body are no text
 * @throws CallFormatError naming the line that is neither header nor body
 */
export function readHttp(raw: string | Uint8Array): ReadCall {
  const bytes = typeof raw === 'string' ? Buffer.from(raw) : Buffer.from(raw)
  // One byte, one character: the head is ASCII but for what people wrote by hand.
  const text = bytes.toString('latin1')
  const head = requestLine.exec(text)
  if (!head) {
    throw new CallFormatError(
      `it begins with ${beginning(bytes.toString('utf8', 0, 200))}; expected a request line such as "POST /router/rest HTTP/1.1"`,
      { line: 1, column: 1 },
    )
  }
  const headers = new Map<string, string>()
  let at = head[0].length
  for (let line = 2; at < text.length; line++) {
    const end = text.indexOf('\n', at)
    const next = end < 0 ? text.length : end + 1
    const written = text.slice(at, next).replace(/\r?\n$/, '')
    if (written === '') {
      at = next
      break
    }
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[ \t]*(.*?)[ \t]*$/.exec(written)
    if (!field) {
      // The empty line got lost: what looks like a form, or like JSON or XML, is the body.
      if (/^(?:[^\s=&]+=|[{[<]|--)/.test(written)) break
      throw new CallFormatError(
        `${beginning(bytes.toString('utf8', at, next))} is no header; expected "Name: value", or an empty line before the body`,
        { line, column: 1 },
      )
    }
    headers.set((field[1] as string).toLowerCase(), field[2] as string)
    at = next
  }
  const notes: Explanation[] = []
  const target = Buffer.from(head[2] as string, 'latin1').toString('utf8')
  return callOf(
    'raw',
    {
      verb: head[1] as string,
      query: queryOf(target),
      contentType: headers.get('content-type') ?? '',
      body: bodyOf(bytes.subarray(at), headers, notes),
    },
    notes,
  )
}

function bodyOf(
  bytes: Buffer,
  headers: ReadonlyMap<string, string>,
  notes: Explanation[],
): Uint8Array {
  if (/\bchunked\b/i.test(headers.get('transfer-encoding') ?? '')) {
    // Tools that show requests often have put the chunks together already.
    return unchunked(bytes) ?? withoutLineEnd(bytes)
  }
  const declared = headers.get('content-length')
  const length = declared !== undefined && /^\d{1,9}$/.test(declared) ? Number(declared) : undefined
  if (length === undefined) return withoutLineEnd(bytes)
  if (bytes.length >= length) {
    // What stands behind it is the line end of a file or terminal, or of lines that were CRLF.
    const behind = bytes.subarray(length).toString('latin1')
    return /^\s*$/.test(behind) ? bytes.subarray(0, length) : withoutLineEnd(bytes)
  }
  const hasLostReturns = bytes.length + bytes.toString('latin1').split('\n').length - 1 >= length
  if (!hasLostReturns) {
    notes.push(
      explain(
        `The body has ${bytes.length} bytes and Content-Length says ${length}: some of it is missing here.`,
        `请求体只有 ${bytes.length} 字节，而 Content-Length 为 ${length}：内容不完整。`,
      ),
    )
  }
  return withoutLineEnd(bytes)
}

/** A file ends with a line end that the body does not have. Multipart readers do not mind. */
function withoutLineEnd(bytes: Buffer): Buffer {
  let end = bytes.length
  if (bytes[end - 1] === 0x0a) end--
  if (bytes[end - 1] === 0x0d) end--
  return bytes.subarray(0, end)
}

function unchunked(bytes: Buffer): Buffer | undefined {
  const chunks: Buffer[] = []
  for (let at = 0; ; ) {
    const line = /^([0-9a-fA-F]{1,8})[^\r\n]*(?:\r?\n|$)/.exec(
      bytes.toString('latin1', at, at + 200),
    )
    if (!line) return undefined
    const size = Number.parseInt(line[1] as string, 16)
    at += line[0].length
    if (size === 0) return Buffer.concat(chunks)
    if (at + size > bytes.length) return undefined
    chunks.push(bytes.subarray(at, at + size))
    at += size
    if (bytes[at] === 0x0d) at++
    if (bytes[at] === 0x0a) at++
    // Without its last chunk, as a log that was cut has it.
    if (at >= bytes.length) return Buffer.concat(chunks)
  }
}
