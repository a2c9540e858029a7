import { parseTimestamp } from '../../protocol/timestamp.ts'
import { htmlEscaped } from './json.ts'
import { momentTexts } from './times.ts'

export function* trimmed(value: string): Iterable<string> {
  yield value.trim()
  yield value.trimStart()
  yield value.trimEnd()
  if (value === '') return
  yield `${value} `
  yield `${value}\n`
  yield ` ${value}`
}

/** Blanks and breaks that a client may have cut off after signing. */
const margins: readonly (readonly [before: string, after: string])[] = [
  [' ', ' '],
  ['', '\r\n'],
  ['', '  '],
  ['  ', ''],
  ['  ', '  '],
  ['\n', ''],
  ['\n', '\n'],
  ['', '\t'],
  ['\t', ''],
  ['\t', '\t'],
  ['', '\u3000'],
  ['\u3000', ''],
  ['\u3000', '\u3000'],
  ['', '\u00A0'],
  ['\u00A0', ''],
  ['\uFEFF', ''],
  ['', '\r'],
  ['', '   '],
  ['   ', ''],
  ['   ', '   '],
  ['', '\n\n'],
  [' ', '\n'],
  ['', ' \n'],
  ['', '\0'],
  ['\r\n', ''],
  ['\r\n', '\r\n'],
]

export function* rarelyTrimmed(value: string): Iterable<string> {
  // PHP's trim knows other blanks than JavaScript's.
  yield value.replace(/^[ \t\n\r\0\v]+|[ \t\n\r\0\v]+$/g, '')
  if (value === '') return
  for (const [before, after] of margins) yield before + value + after
}

/** Lengths at which databases, forms and programs cut. */
const usualLengths: readonly number[] = [
  8, 10, 12, 15, 16, 20, 24, 25, 30, 32, 36, 40, 48, 50, 60, 63, 64, 80, 99, 100, 120, 127, 128,
  140, 150, 160, 200, 250, 254, 255, 256, 300, 400, 500, 511, 512, 1000, 1023, 1024, 2000, 2047,
  2048, 4000, 4095, 4096, 5000, 8000, 8192, 10_000, 16_384, 32_767, 65_535,
]
/** Longer values are cut at usual lengths only. */
const everyLengthUpTo = 5000
/** So far from its start a value is tried with dots behind the cut. */
const mostDotted = 200
/** Shorter values are seldom cut. */
const shortest = 24

export function* truncated(value: string): Iterable<string> {
  if (value.length <= shortest) return
  const bytes = Buffer.byteLength(value) > value.length ? Buffer.from(value) : undefined
  for (const length of usualLengths) {
    if (length < value.length) yield value.slice(0, length)
    // Bytes that end inside a character are dropped.
    if (bytes && length < bytes.length) {
      yield bytes
        .subarray(0, length)
        .toString('utf8')
        .replace(/\uFFFD+$/, '')
    }
  }
}

export function* rarelyTruncated(value: string): Iterable<string> {
  const bytes = Buffer.from(value)
  for (const length of usualLengths) {
    if (length >= bytes.length) break
    yield bytes.subarray(0, length).toString('utf8')
    for (const dots of ['…', '...', '..']) yield value.slice(0, length) + dots
  }
  for (let length = 1; length < Math.min(value.length, mostDotted); length++) {
    for (const dots of ['…', '...', '..']) yield value.slice(0, length) + dots
  }
  if (value.length <= everyLengthUpTo) {
    for (let length = value.length - 1; length > 0; length--) yield value.slice(0, length)
  }
  // Cut at a character that ended it: an ampersand, a quote, a line break, a zero byte.
  for (const char of ['&', '#', '\n', '"', "'", '<', ';', ' ', '+', ',', '\0']) {
    const at = value.indexOf(char)
    if (at > 0) yield value.slice(0, at)
  }
  // The front cut off rather than the end.
  for (let at = 1; at < Math.min(value.length, 200); at++) yield value.slice(at)
}

/** Bytes that end inside a character, as they were. */
export function* cutInside(value: string): Iterable<Uint8Array> {
  const bytes = Buffer.from(value)
  if (bytes.length === value.length) return
  for (const length of usualLengths) {
    if (length < bytes.length) yield bytes.subarray(0, length)
  }
}

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
}
const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1)

const booleanTexts: readonly (readonly [yes: string, no: string])[] = [
  ['true', 'false'],
  ['True', 'False'],
  ['TRUE', 'FALSE'],
  ['1', '0'],
  ['1', ''],
  ['yes', 'no'],
  ['Yes', 'No'],
  ['YES', 'NO'],
  ['Y', 'N'],
  ['y', 'n'],
  ['on', 'off'],
  ['T', 'F'],
  ['t', 'f'],
]

/** Booleans apart from the rest, so that all of a call can be tried together. */
function* booleans(value: string): Iterable<string> {
  const isYes = /^(true|1|yes|y|on|t)$/i.test(value)
  if (!isYes && !/^(false|0|no|n|off|f)$/i.test(value)) return
  for (const [yes, no] of booleanTexts) yield isYes ? yes : no
}

const unixBreaks = (value: string) => value.replaceAll(/\r\n?/g, '\n')
const escapedHtml = (value: string) =>
  value.replaceAll(/[&<>"']/g, (char) => entities[char] ?? char)

/** Line breaks and entities change on their way through forms, files and templates. */
export function* reformatted(value: string): Iterable<string> {
  yield* booleans(value)
  yield unixBreaks(value)
  yield unixBreaks(value).replaceAll('\n', '\r\n')
  yield escapedHtml(value)
  yield value
    .replaceAll('&lt;', '<')
    .replaceAll('&gt;', '>')
    .replaceAll('&quot;', '"')
    .replaceAll(/&#0?39;|&apos;|&#x27;/g, "'")
    .replaceAll('&nbsp;', '\u00A0')
    .replaceAll('&amp;', '&')
}

export function* rarelyReformatted(value: string): Iterable<string> {
  yield value.replaceAll(/\s+/g, ' ')
  yield value.replaceAll(/\s+/g, '')
  yield value.replaceAll(/, +/g, ',')
  yield value.replaceAll(/\p{L}+/gu, (word) => capital(word.toLowerCase()))
  yield unixBreaks(value).replaceAll('\n', '<br />\n')
  yield unixBreaks(value).replaceAll('\n', '<br>\n')
  yield value.replaceAll(/\r\n|\n|\r/g, '<br />$&')
  // A text written as a JSON string: with quotes, and < > & escaped as Go does.
  yield htmlEscaped(JSON.stringify(value))
  yield htmlEscaped(JSON.stringify(value)).slice(1, -1)
  yield JSON.stringify(value).slice(1, -1)
  yield value.toLowerCase()
  yield value.toUpperCase()
  yield capital(value)
  yield capital(value.toLowerCase())
  for (const instead of ['\r', ' ', '', '\\n', '<br>', '<br/>', '<br />']) {
    yield unixBreaks(value).replaceAll('\n', instead)
  }
  yield value.replaceAll('\\n', '\n')
  yield value.replaceAll(/[&<>"]/g, (char) => entities[char] ?? char)
  yield value.replaceAll(/[&<>]/g, (char) => entities[char] ?? char)
  yield escapedHtml(value).replaceAll('&#39;', '&#039;')
  yield escapedHtml(value).replaceAll('&#39;', '&#x27;')
  yield escapedHtml(value).replaceAll('&quot;', '&#34;')
  yield value.replaceAll(/<[^>]*>/g, '')
  yield value.replaceAll(/[\\'"]/g, '\\$&')
  yield value.replaceAll(/\\(.)/g, '$1')
  yield value.replaceAll('"', '\\"')
  yield JSON.stringify(value)
  yield `'${value}'`
  yield `b'${value}'`
  yield value.replaceAll('"', '')
  for (const form of ['NFC', 'NFD', 'NFKC']) yield value.normalize(form)
  yield value.replaceAll(/\p{Extended_Pictographic}\uFE0F?/gu, '')
  yield value.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, '')
  yield value.replaceAll(/[\u{10000}-\u{10FFFF}]/gu, '?')
  for (const blank of ['\u00A0', '\u3000']) yield value.replaceAll(blank, ' ')
  yield value.replaceAll('，', ',')
  yield value.replaceAll('：', ':')
  if (value === '' || /^(null|none|undefined|nil|nan)$/i.test(value)) {
    yield* ['', 'null', 'None', 'undefined', 'nil', 'NaN', '<nil>', 'NULL', '""']
  }
  yield* lists(value)
  const at = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/.test(value) ? parseTimestamp(value) : undefined
  if (at !== undefined) yield* momentTexts(at)
}

/** A list joined in another way. */
function* lists(value: string): Iterable<string> {
  if (!/[,;]/.test(value) || value.length > 5000 || /^\s*[[{]/.test(value)) return
  for (const separator of [',', ';']) {
    if (!value.includes(separator)) continue
    const parts = value.split(separator).map((part) => part.trim())
    for (const other of [separator, `${separator} `, ',', ';', '|', ' ', '', ', '])
      yield parts.join(other)
    yield [...parts].sort().join(separator)
    yield [...parts].reverse().join(separator)
    yield `[${parts.join(', ')}]`
    yield `[${parts.join(',')}]`
    yield `[${parts.join(' ')}]`
    yield JSON.stringify(parts)
    yield `[${parts.map((part) => `'${part}'`).join(', ')}]`
    yield `[${parts.map((part) => `"${part}"`).join(', ')}]`
    yield 'Array'
    yield 'System.String[]'
    yield 'System.Collections.Generic.List`1[System.String]'
    yield parts.join(separator) + separator
    yield parts.filter((part) => part !== '').join(separator)
  }
}
