/** How many columns of a terminal a character takes: two where it is Chinese, or as wide. */
function widthOf(char: string): number {
  const point = char.codePointAt(0) ?? 0
  if (/\p{M}/u.test(char) || point === 0x200d) return 0
  const isWide =
    (point >= 0x1100 && point <= 0x115f) ||
    (point >= 0x2e80 && point <= 0xa4cf) ||
    (point >= 0xac00 && point <= 0xd7a3) ||
    (point >= 0xf900 && point <= 0xfaff) ||
    (point >= 0xfe30 && point <= 0xfe6f) ||
    (point >= 0xff00 && point <= 0xff60) ||
    (point >= 0xffe0 && point <= 0xffe6) ||
    point >= 0x1f300
  return isWide ? 2 : 1
}

export const textWidth = (text: string) => [...text].reduce((sum, char) => sum + widthOf(char), 0)

/** Punctuation that must not begin a line. */
const clinging = /^[，。；：？！、）》”’,.;:?!)\]]/

/** Breaks a text into lines of at most so many columns: between words, and between Chinese characters. */
export function wrapped(text: string, columns: number): string[] {
  const pieces =
    text.match(
      /[\p{sc=Han}\u3000-\u303f\uff00-\uff60][，。；：？！、）》”’]*|\s+|[^\s\p{sc=Han}\u3000-\u303f\uff00-\uff60]+/gu,
    ) ?? []
  const lines: string[] = []
  let line = ''
  let width = 0
  for (const piece of pieces) {
    const more = textWidth(piece)
    if (width + more > columns && line !== '' && !clinging.test(piece)) {
      lines.push(line.trimEnd())
      line = ''
      width = 0
      if (piece.trim() === '') continue
    }
    // A word longer than a line, such as a value without blanks.
    if (more > columns) {
      for (const char of piece) {
        if (width + widthOf(char) > columns) {
          lines.push(line)
          line = ''
          width = 0
        }
        line += char
        width += widthOf(char)
      }
      continue
    }
    line += piece
    width += more
  }
  if (line.trim() !== '') lines.push(line.trimEnd())
  return lines
}

/** As much of the end of a text as fits into so many columns. */
export function endOf(text: string, columns: number): string {
  return [...beginningOf([...text].reverse().join(''), columns)].reverse().join('')
}

/** As much of the beginning of a text as fits into so many columns. */
export function beginningOf(text: string, columns: number): string {
  let taken = ''
  let width = 0
  for (const char of text) {
    width += widthOf(char)
    if (width > columns) break
    taken += char
  }
  return taken
}

const escapes: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A text of somebody else's for a terminal: what would steer it is written out. */
export const visible = (text: string) =>
  text.replaceAll(
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
    /[\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g,
    (char) =>
      escapes[char] ??
      (char < '\u0100'
        ? `\\x${char.charCodeAt(0).toString(16).padStart(2, '0')}`
        : `\\u${char.charCodeAt(0).toString(16)}`),
  )
