import type { Explanation } from '../protocol/errors.ts'

/** Ways in which text becomes bytes other than UTF-8, as callers do it by mistake. */

let gbkTable: ReadonlyMap<string, number> | undefined

/** GBK by character, read off the decoder that every JavaScript engine has. */
function gbk(): ReadonlyMap<string, number> {
  if (gbkTable) return gbkTable
  const decoder = new TextDecoder('gbk')
  const table = new Map<string, number>()
  for (let lead = 0x81; lead <= 0xfe; lead++) {
    for (let trail = 0x40; trail <= 0xfe; trail++) {
      const text = decoder.decode(Uint8Array.of(lead, trail))
      if ([...text].length === 1 && text !== '\uFFFD') table.set(text, lead * 256 + trail)
    }
  }
  gbkTable = table
  return table
}

let fourByteTable: ReadonlyMap<string, readonly number[]> | undefined

/** The characters of GB18030 that take four bytes: the rest of the basic plane, read off the decoder. */
function fourBytes(): ReadonlyMap<string, readonly number[]> {
  if (fourByteTable) return fourByteTable
  const decoder = new TextDecoder('gb18030')
  const table = new Map<string, readonly number[]>()
  for (let first = 0x81; first <= 0x84; first++) {
    for (let second = 0x30; second <= 0x39; second++) {
      for (let third = 0x81; third <= 0xfe; third++) {
        for (let fourth = 0x30; fourth <= 0x39; fourth++) {
          const bytes = [first, second, third, fourth]
          const text = decoder.decode(Uint8Array.from(bytes))
          if (text.length === 1 && text !== '\uFFFD') table.set(text, bytes)
        }
      }
    }
  }
  fourByteTable = table
  return table
}

/** GB18030 holds all of Unicode: what GBK lacks takes four bytes. */
function encodeGb18030(text: string): Uint8Array {
  const parts = Array.from(text, (char) => {
    const code = char.codePointAt(0) as number
    if (code < 0x80 || gbk().has(char)) return encodeGbk(char)
    if (code < 0x10000) return Uint8Array.from(fourBytes().get(char) ?? [0x3f])
    // Beyond the basic plane the standard counts on from 0x90308130.
    let pointer = code - 0x10000
    const fourth = 0x30 + (pointer % 10)
    pointer = Math.floor(pointer / 10)
    const third = 0x81 + (pointer % 126)
    pointer = Math.floor(pointer / 126)
    return Uint8Array.of(0x90 + Math.floor(pointer / 10), 0x30 + (pointer % 10), third, fourth)
  })
  return Buffer.concat(parts)
}

/** @param missing stands for a character that GBK does not have: `?` in Java and PHP, nothing in iconv */
export function encodeGbk(text: string, missing: '?' | '' = '?'): Uint8Array {
  const table = gbk()
  const bytes: number[] = []
  for (const char of text) {
    const code = char.codePointAt(0) as number
    const pair = table.get(char)
    if (code < 0x80) bytes.push(code)
    else if (pair !== undefined) bytes.push(pair >> 8, pair & 0xff)
    else if (missing !== '') bytes.push(0x3f)
  }
  return Uint8Array.from(bytes)
}

// biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of ASCII
const notAscii = /[^\u0000-\u007f]/gu
// biome-ignore lint/suspicious/noControlCharactersInRegex: the bounds of Latin-1
const notLatin1 = /[^\u0000-\u00ff]/gu

export interface Charset {
  readonly name: Explanation
  readonly bytes: (text: string) => string | Uint8Array
}

const perUnit = (char: string, by: string) => by.repeat(char.length)
const latin1 = (text: string) => Buffer.from(text, 'latin1')
/** The characters that Windows-1252 has at 0x80 to 0x9F; elsewhere it is Latin-1. */
const windowsChars = '€\u0081‚ƒ„…†‡ˆ‰Š‹Œ\u008dŽ\u008f\u0090‘’“”•–—˜™š›œ\u009džŸ'

const decodeWindows1252 = (bytes: Uint8Array) =>
  Array.from(bytes, (byte) =>
    byte >= 0x80 && byte < 0xa0 ? windowsChars[byte - 0x80] : String.fromCharCode(byte),
  ).join('')

function encodeWindows1252(text: string): Uint8Array {
  return Uint8Array.from(
    Array.from(text, (char) => {
      const at = windowsChars.indexOf(char)
      const code = char.codePointAt(0) as number
      if (at >= 0) return 0x80 + at
      return code < 0x80 || (code >= 0xa0 && code <= 0xff) ? code : 0x3f
    }),
  )
}

/** GBK, the usual default of Chinese Windows. */
export const gbkCharsets: readonly Charset[] = [
  { name: { en: 'GBK', zh: 'GBK' }, bytes: (text) => encodeGbk(text) },
  { name: { en: 'GBK', zh: 'GBK' }, bytes: (text) => encodeGbk(text, '') },
  { name: { en: 'GB18030', zh: 'GB18030' }, bytes: encodeGb18030 },
  {
    name: { en: 'UTF-8 read as GBK', zh: '把 UTF-8 当作 GBK 读出的文本' },
    bytes: (text) => new TextDecoder('gbk').decode(Buffer.from(text)),
  },
]

/** Latin-1 and its kin: UTF-8 read as Latin-1, or characters it lacks replaced or dropped. */
export const latin1Charsets: readonly Charset[] = [
  {
    name: { en: 'UTF-8 read as Latin-1', zh: '把 UTF-8 当作 Latin-1 读出的文本' },
    bytes: (text) => Buffer.from(text).toString('latin1'),
  },
  {
    name: { en: 'UTF-8 read as Windows-1252', zh: '把 UTF-8 当作 Windows-1252 读出的文本' },
    bytes: (text) => decodeWindows1252(Buffer.from(text)),
  },
  {
    name: { en: 'Latin-1 with ? for other characters', zh: 'Latin-1（其余字符变成 ?）' },
    bytes: (text) => latin1(text.replaceAll(notLatin1, '?')),
  },
  {
    name: { en: 'Latin-1 with ? for other characters', zh: 'Latin-1（其余字符变成 ?）' },
    bytes: (text) => latin1(text.replaceAll(notLatin1, (char) => perUnit(char, '?'))),
  },
  {
    name: { en: 'Windows-1252 with ? for other characters', zh: 'Windows-1252（其余字符变成 ?）' },
    bytes: encodeWindows1252,
  },
  { name: { en: 'the low byte of each character', zh: '每个字符的低字节' }, bytes: latin1 },
  {
    name: { en: 'ASCII with ? for other characters', zh: 'ASCII（其余字符变成 ?）' },
    bytes: (text) => text.replaceAll(notAscii, '?'),
  },
  {
    name: { en: 'ASCII with ? for other characters', zh: 'ASCII（其余字符变成 ?）' },
    bytes: (text) => text.replaceAll(notAscii, (char) => perUnit(char, '?')),
  },
  {
    name: {
      en: 'ASCII with ? for every byte of other characters',
      zh: 'ASCII（其余字符的每个字节变成 ?）',
    },
    bytes: (text) => text.replaceAll(notAscii, (char) => '?'.repeat(Buffer.byteLength(char))),
  },
  {
    name: { en: 'ASCII without other characters', zh: 'ASCII（其余字符被丢弃）' },
    bytes: (text) => text.replaceAll(notAscii, ''),
  },
  {
    name: { en: 'Latin-1 without other characters', zh: 'Latin-1（其余字符被丢弃）' },
    bytes: (text) => latin1(text.replaceAll(notLatin1, '')),
  },
  {
    name: {
      en: 'ASCII with XML references for other characters',
      zh: 'ASCII（其余字符写成 XML 字符引用）',
    },
    bytes: (text) => text.replaceAll(notAscii, (char) => `&#${char.codePointAt(0)};`),
  },
  {
    name: {
      en: 'ASCII with the replacement character for other characters',
      zh: 'ASCII（其余字符变成替换字符）',
    },
    bytes: (text) => text.replaceAll(notAscii, (char) => '\uFFFD'.repeat(Buffer.byteLength(char))),
  },
]

/** Other encodings of Unicode. */
export const unicodeCharsets: readonly Charset[] = [
  { name: { en: 'UTF-16LE', zh: 'UTF-16LE' }, bytes: (text) => Buffer.from(text, 'utf16le') },
  {
    name: { en: 'UTF-16BE', zh: 'UTF-16BE' },
    bytes: (text) => Buffer.from(text, 'utf16le').swap16(),
  },
  {
    name: { en: 'UTF-16 with a byte order mark', zh: '带 BOM 的 UTF-16' },
    bytes: (text) => Buffer.from(`\uFEFF${text}`, 'utf16le'),
  },
  {
    name: { en: 'UTF-16 with a byte order mark', zh: '带 BOM 的 UTF-16' },
    bytes: (text) => Buffer.from(`\uFEFF${text}`, 'utf16le').swap16(),
  },
  {
    name: { en: 'UTF-8 with a byte order mark', zh: '带 BOM 的 UTF-8' },
    bytes: (text) => `\uFEFF${text}`,
  },
  {
    name: { en: 'decomposed characters (NFD)', zh: '分解形式的字符（NFD）' },
    bytes: (text) => text.normalize('NFD'),
  },
  {
    name: { en: 'composed characters (NFC)', zh: '合成形式的字符（NFC）' },
    bytes: (text) => text.normalize('NFC'),
  },
  {
    name: { en: 'text with \\u escapes', zh: '带 \\u 转义的文本' },
    bytes: (text) =>
      text.replaceAll(
        /[\u0080-\uffff]/g,
        (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
      ),
  },
]
