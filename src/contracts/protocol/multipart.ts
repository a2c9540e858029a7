import querystring from 'node:querystring'
import { addParameter, type Parameters } from './parameters.ts'
import type { TopFile } from './scalars.ts'
import type { TextParams } from './sign.ts'

/** The boundary of a `multipart/form-data` content type, wherever in it the boundary stands. */
export function boundaryOf(contentType: string): string | undefined {
  const match = /;\s*boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  return match?.[1] ?? match?.[2]
}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * Adds the parameters and files of a multipart body. No stock parser takes all the forms that
 * official SDKs write, so this one is tolerant: line breaks before the first boundary, headers
 * without blanks (`form-data;name="x"`), a blank after `filename="…"`, no line break after the last
 * boundary, `Content-Disposition: file`, parts without or with an odd content type, a path as file name.
 */
export function addMultipart(into: Parameters, body: Uint8Array, boundary: string): void {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const delimiter = Buffer.from(`\n--${boundary}`)
  let at = nextDelimiter(bytes, delimiter, 0)
  while (at >= 0 && into.room >= 0) {
    // The rest of the delimiter's line stays before the headers, which are looked for at the start of a line.
    const start = at + delimiter.length - 1
    // A dash after a delimiter is the first of two: the last one.
    if (bytes[start] === dash) return
    const next = nextDelimiter(bytes, delimiter, start)
    const isParameter = addPart(into, bytes.subarray(start, next < 0 ? bytes.length : next))
    // What is none takes the room of one all the same: a body could hold millions.
    if (!isParameter) into.room--
    at = next
  }
}

const cr = 0x0d
const lf = 0x0a
const dash = 0x2d

/**
 * A delimiter stands at the start of a line and has the line to itself; elsewhere it is content. The line
 * break before it is looked for with it: dashes within dashes would be found at every byte.
 */
function nextDelimiter(bytes: Buffer, delimiter: Buffer, from: number): number {
  const isFirst =
    from === 0 && bytes.subarray(0, delimiter.length - 1).equals(delimiter.subarray(1))
  if (isFirst && hasLineToItself(bytes, delimiter.length - 1)) return 0
  let at = bytes.indexOf(delimiter, Math.max(0, from - 1))
  while (at >= 0 && !hasLineToItself(bytes, at + delimiter.length)) {
    at = bytes.indexOf(delimiter, at + 1)
  }
  return at < 0 ? -1 : at + 1
}

function hasLineToItself(bytes: Buffer, end: number): boolean {
  const after = bytes[end]
  const isLast = after === dash && bytes[end + 1] === dash
  return isLast || [undefined, cr, lf, 0x20, 0x09].includes(after)
}

/** @returns whether the part is a parameter or file */
function addPart(into: Parameters, part: Buffer): boolean {
  const [headersEnd, contentStart, lineBreak] = splitPart(part)
  if (headersEnd < 0) return false
  const headers = part.toString('utf8', 0, headersEnd)
  if (headers.includes('\uFFFD')) into.badEncoding = true
  const disposition = /^content-disposition:([^\r\n]*)/im.exec(headers)?.[1] ?? ''
  const { name, filename: fileName } = fieldsOf(disposition)
  if (name === undefined) return false
  const content = part.subarray(contentStart, withoutLineBreak(part, lineBreak))
  if (fileName === undefined && !/^\s*file\b/i.test(disposition)) {
    try {
      addParameter(into, name, utf8.decode(content))
    } catch {
      into.badEncoding = true
      addParameter(into, name, content.toString('utf8'))
    }
    return true
  }
  if (--into.room < 0) return true
  into.files ??= Object.create(null) as NonNullable<Parameters['files']>
  if (name in into.files) {
    into.repeated ??= []
    into.repeated.push(name)
    return true
  }
  into.files[name] = {
    fileName: (fileName ?? '').split(/[/\\]/).at(-1) ?? '',
    contentType: /^content-type:([^\r\n]*)/im.exec(headers)?.[1]?.trim() ?? '',
    bytes: content,
  }
  return true
}

/** Where the headers end and the content starts, and how long a line break is; both styles. */
function splitPart(part: Buffer): readonly [number, number, 1 | 2] {
  const crlf = part.indexOf('\r\n\r\n')
  const lf = part.indexOf('\n\n')
  return crlf >= 0 && (lf < 0 || crlf < lf) ? [crlf, crlf + 4, 2] : [lf, lf + 2, 1]
}

/** Where the content ends. A picture may end with CR: where lines end with LF alone it is no line break's. */
function withoutLineBreak(part: Buffer, lineBreak: 1 | 2): number {
  let end = part.length
  if (part[end - 1] === lf) end--
  if (lineBreak === 2 && part[end - 1] === cr) end--
  return end
}

/**
 * The fields of a disposition, the first of each name, read one after the other so that a file name may
 * hold what looks like one. Old versions of requests write names that are not ASCII as `filename*=utf-8''…`.
 */
function fieldsOf(disposition: string): { name?: string; filename?: string } {
  const fields: Record<string, string> = {}
  // A name is tried from its beginning only, so that a long one without a `=` is not tried from every letter.
  const field = /(?<![\w*-])([\w*-]+)\s*=\s*(?:"([^"]*)"|([^;\s]+))/g
  for (const match of disposition.matchAll(field)) {
    const value = match[2] ?? match[3] ?? ''
    const key = (match[1] ?? '').toLowerCase()
    if (key === 'name' || key === 'filename') fields[key] ??= value
    else if (key === 'filename*')
      fields.filename ??= querystring.unescape(value.replace(/^[^']*'[^']*'/, ''))
  }
  return fields
}

/**
 * Writes texts and files as a multipart body. Not by `FormData`, which turns every line break of a
 * text into CRLF: the text is signed, so it must arrive as it was.
 *
 * @param boundary what no line of the content begins with
 */
export function writeMultipart(
  params: TextParams,
  files: Readonly<Record<string, TopFile>>,
  boundary: string,
): Uint8Array<ArrayBuffer> {
  const pieces: (string | Uint8Array)[] = []
  const head = (name: string) =>
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"`
  for (const name of Object.keys(params)) pieces.push(`${head(name)}\r\n\r\n${params[name]}\r\n`)
  for (const [name, { fileName, contentType, bytes }] of Object.entries(files)) {
    pieces.push(`${head(name)}; filename="${quoted(fileName)}"\r\n`)
    pieces.push(`Content-Type: ${contentType || 'application/octet-stream'}\r\n\r\n`, bytes, '\r\n')
  }
  pieces.push(`--${boundary}--\r\n`)
  return Buffer.concat(
    pieces.map((piece) => (typeof piece === 'string' ? Buffer.from(piece) : piece)),
  )
}

/** A name within quotes, with what would end them escaped as browsers do. */
const quoted = (name: string) => name.replaceAll(/["\r\n]/g, (char) => encodeURIComponent(char))
