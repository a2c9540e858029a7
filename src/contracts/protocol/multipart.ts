import { addParameter, type Parameters } from './parameters.ts'

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
  const delimiter = Buffer.from(`--${boundary}`)
  let at = nextDelimiter(bytes, delimiter, 0)
  while (at >= 0) {
    let start = at + delimiter.length
    if (bytes[start] === dash && bytes[start + 1] === dash) return
    while (bytes[start] === 0x20 || bytes[start] === 0x09) start++
    if (bytes[start] === cr) start++
    if (bytes[start] === lf) start++
    const next = nextDelimiter(bytes, delimiter, start)
    addPart(into, bytes.subarray(start, next < 0 ? bytes.length : next))
    at = next
  }
}

const cr = 0x0d
const lf = 0x0a
const dash = 0x2d

/** A delimiter stands at the start of a line and has the line to itself; elsewhere it is content. */
function nextDelimiter(bytes: Buffer, delimiter: Buffer, from: number): number {
  for (let at = bytes.indexOf(delimiter, from); at >= 0; at = bytes.indexOf(delimiter, at + 1)) {
    if (at > 0 && bytes[at - 1] !== lf) continue
    const after = bytes[at + delimiter.length]
    const isWhole = after === undefined || after === cr || after === lf || after === dash
    if (isWhole || after === 0x20 || after === 0x09) return at
  }
  return -1
}

function addPart(into: Parameters, part: Buffer): void {
  const [headersEnd, contentStart] = splitPart(part)
  if (headersEnd < 0) return
  const headers = part.toString('utf8', 0, headersEnd)
  if (headers.includes('\uFFFD')) into.badEncoding = true
  const disposition = /^content-disposition:([^\r\n]*)/im.exec(headers)?.[1] ?? ''
  const name = quoted(disposition, 'name')
  if (name === undefined) return
  const content = part.subarray(contentStart, withoutLineBreak(part))
  const fileName = quoted(disposition, 'filename')
  if (fileName === undefined && !/^\s*file\b/i.test(disposition)) {
    try {
      addParameter(into, name, utf8.decode(content))
    } catch {
      into.badEncoding = true
      addParameter(into, name, content.toString('utf8'))
    }
    return
  }
  into.files ??= Object.create(null) as NonNullable<Parameters['files']>
  if (name in into.files) {
    into.repeated ??= []
    into.repeated.push(name)
    return
  }
  into.files[name] = {
    fileName: (fileName ?? '').split(/[/\\]/).at(-1) ?? '',
    contentType: /^content-type:\s*([^\r\n]*)/im.exec(headers)?.[1]?.trim() ?? '',
    bytes: content,
  }
}

/** Where the headers end and the content starts; both line-break styles. */
function splitPart(part: Buffer): readonly [number, number] {
  const crlf = part.indexOf('\r\n\r\n')
  const lf = part.indexOf('\n\n')
  return crlf >= 0 && (lf < 0 || crlf < lf) ? [crlf, crlf + 4] : [lf, lf + 2]
}

function withoutLineBreak(part: Buffer): number {
  let end = part.length
  if (part[end - 1] === lf) end--
  if (part[end - 1] === cr) end--
  return end
}

function quoted(disposition: string, key: string): string | undefined {
  const match = new RegExp(`(?:^|[;\\s])${key}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, 'i').exec(
    disposition,
  )
  return match?.[1] ?? match?.[2]
}
