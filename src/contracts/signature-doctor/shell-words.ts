import { CallFormatError, type Place, placeOf } from './call-format.ts'

/** The words of a `curl` command as the program itself would get them. */
export interface CurlWords {
  readonly words: readonly string[]
  /** An `&` outside quotes would have ended the command; it was taken for a part of the URL. */
  readonly bareAmpersand: boolean
}

/** The program's name, where something that looks like its first argument follows. */
const commandName = /(?<![\w.@-])curl(?:\.exe)?(?=\s+(?:[-'"$^\\`]|https?:|[\w.-]+[:./]))/g

/**
 * Finds the `curl` command in a text and splits it into words: of a POSIX shell (bash, zsh), or of
 * Windows' cmd where line ends or quotes are marked with carets. What stands before it (a prompt,
 * `sudo`, an assignment) is passed over; what a shell would give to another command is left out.
 *
 * @returns `undefined` where the text has no curl command
 * @throws CallFormatError for a quote that is never closed and for a variable that has no value here
 */
export function curlWords(text: string): CurlWords | undefined {
  const matches = [...text.matchAll(commandName)]
  const isComment = (at: number) => /^[ \t]*#/.test(text.slice(text.lastIndexOf('\n', at) + 1, at))
  // A root prompt looks like a comment, so a comment is better than nothing.
  const found = matches.find((match) => !isComment(match.index)) ?? matches[0]
  if (!found) return undefined
  const from = found.index + found[0].length
  return isForCmd(text.slice(from))
    ? { words: cmdWords(text, from), bareAmpersand: false }
    : shellWords(text, from)
}

/** A caret that opens a quote or ends a line, outside what a POSIX shell takes for quoted, is cmd's. */
function isForCmd(text: string): boolean {
  const tokens =
    /\\[\s\S]|\$'(?:[^'\\]|\\[\s\S])*'|'[^']*'|"(?:[^"\\]|\\[\s\S])*"|\s\^(?="|[ \t]*\r?\n)/g
  for (const [token] of text.matchAll(tokens)) if (/^\s\^$/.test(token)) return true
  return false
}

/** `NAME=value` at the start of a line before the command: what its `$NAME` stands for. */
function assignmentsBefore(text: string): Map<string, string> {
  const pattern =
    /^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)=(?:'([^']*)'|"([^"$`\\]*)"|([^\s;'"$`\\&|()]*))(?=[ \t]*(?:;|\r?$))/gm
  return new Map(
    [...text.matchAll(pattern)].map(([, name = '', single, double, bare]) => [
      name,
      single ?? double ?? bare ?? '',
    ]),
  )
}

function shellWords(text: string, from: number): CurlWords {
  const variables = assignmentsBefore(text.slice(0, from))
  const words: string[] = []
  let word: string | undefined
  let bareAmpersand = false
  /** The next word belongs to a redirection. */
  let redirected = false
  let at = from

  const place = (where: number): Place => placeOf(text, where)
  function finish() {
    if (word === undefined) return
    if (redirected) redirected = false
    else words.push(word)
    word = undefined
  }

  /** Reads what follows a `$` outside single quotes. */
  function expansion(): string {
    const start = at
    const name = /^\$(?:\{([A-Za-z_]\w*)\}|([A-Za-z_]\w*))/.exec(text.slice(at, at + 200))
    if (name) {
      at += name[0].length
      const value = variables.get(name[1] ?? name[2] ?? '')
      if (value !== undefined) return value
      throw new CallFormatError(
        `the shell puts a value in place of ${name[0]}, and it is not known here; expected the command with its values, as "set -x" prints it`,
        place(start),
      )
    }
    if (/^\$[({\d@*#?!]/.test(text.slice(at, at + 2))) {
      throw new CallFormatError(
        `the shell works out ${text.slice(at, at + 2)}… itself; expected the command with its values, as "set -x" prints it`,
        place(start),
      )
    }
    at++
    return '$'
  }

  function singleQuoted(): string {
    const end = text.indexOf("'", at + 1)
    if (end < 0) throw unclosed("'", place(at))
    const inner = text.slice(at + 1, end)
    at = end + 1
    return inner
  }

  function doubleQuoted(): string {
    const start = at
    let inner = ''
    at++
    while (text[at] !== '"') {
      const char = text[at]
      if (char === undefined) throw unclosed('"', place(start))
      if (char === '\\') {
        const next = text[at + 1]
        const isLineEnd = next === '\r' && text[at + 2] === '\n'
        if (next === '\n' || isLineEnd) at += isLineEnd ? 3 : 2
        else if (next !== undefined && '$`"\\'.includes(next)) {
          inner += next
          at += 2
        } else {
          inner += char
          at++
        }
      } else if (char === '$') inner += expansion()
      else if (char === '`') throw substitution(place(at))
      else {
        inner += char
        at++
      }
    }
    at++
    return inner
  }

  while (at < text.length) {
    const char = text[at] as string
    const rest = text.slice(at, at + 200)
    // A continuation; a blank behind the backslash is what copying leaves there. PowerShell's is a backtick.
    const continued = /^[\\`][ \t]*\r?\n/.exec(rest)
    if (continued) {
      at += continued[0].length
      // Within a word the lines are one; curl's own arguments begin on a new word anyway.
      if (/^[ \t]/.test(text.slice(at, at + 1))) finish()
    } else if (char === ' ' || char === '\t') {
      finish()
      at++
    } else if (char === '\n' || char === '\r') {
      finish()
      // Chat programs and editors take the backslashes away; an option on the next line still belongs here.
      if (!/^\s*-{1,2}[A-Za-z]/.test(text.slice(at, at + 40))) break
      at++
    } else if (char === '#' && word === undefined) {
      const end = text.indexOf('\n', at)
      at = end < 0 ? text.length : end
    } else if (char === '&' && /[?=]/.test(word ?? '') && /^&[^\s&;|>]/.test(rest)) {
      bareAmpersand = true
      word += char
      at++
    } else if (char === '>' || char === '<') {
      if (/^\d$/.test(word ?? '')) word = undefined
      finish()
      at += (/^(?:>>|<<<|<<-?|>&|<&|>)/.exec(rest)?.[0] ?? char).length
      redirected = true
    } else if (';|&)'.includes(char)) break
    else {
      word ??= ''
      if (char === "'") word += singleQuoted()
      else if (char === '"') word += doubleQuoted()
      else if (rest.startsWith("$'")) {
        const end = endOfAnsiQuote(text, at + 2)
        if (end < 0) throw unclosed("$'", place(at))
        word += unescapeAnsi(text.slice(at + 2, end))
        at = end + 1
      } else if (rest.startsWith('$"')) at++
      else if (char === '$') word += expansion()
      else if (char === '`') throw substitution(place(at))
      else if (char === '\\') {
        word += text[at + 1] ?? ''
        at += 2
      } else {
        word += char
        at++
      }
    }
  }
  finish()
  return { words, bareAmpersand }
}

const unclosed = (quote: string, place: Place) =>
  new CallFormatError(
    `the quote ${quote} that opens here is never closed; expected the whole command`,
    place,
  )
const substitution = (place: Place) =>
  new CallFormatError(
    'the shell works out what stands between ` and ` itself; expected the command with its values, as "set -x" prints it',
    place,
  )

function endOfAnsiQuote(text: string, from: number): number {
  for (let at = from; at < text.length; at++) {
    if (text[at] === '\\') at++
    else if (text[at] === "'") return at
  }
  return -1
}

const ansiEscapes: Readonly<Record<string, string>> = {
  a: '\x07',
  b: '\b',
  e: '\x1b',
  E: '\x1b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
  v: '\v',
}

/** What `$'…'` stands for. Bytes written as \xHH or in octal are UTF-8 when they stand together. */
function unescapeAnsi(inner: string): string {
  const escapes =
    /((?:\\x[0-9a-fA-F]{1,2}|\\[0-7]{1,3})+)|\\u([0-9a-fA-F]{1,4})|\\U([0-9a-fA-F]{1,8})|\\c(.)|\\(.)/gs
  return inner.replaceAll(
    escapes,
    (whole, bytes?: string, u?: string, long?: string, control?: string, char?: string) => {
      if (bytes !== undefined) {
        const values = [...bytes.matchAll(/\\x([0-9a-fA-F]{1,2})|\\([0-7]{1,3})/g)]
        return Buffer.from(
          values.map(([, hex, octal]) =>
            hex === undefined ? Number.parseInt(octal ?? '', 8) : Number.parseInt(hex, 16),
          ),
        ).toString('utf8')
      }
      if (u !== undefined) return String.fromCharCode(Number.parseInt(u, 16))
      if (long !== undefined) {
        const point = Number.parseInt(long, 16)
        return point <= 0x10_ff_ff ? String.fromCodePoint(point) : whole
      }
      if (control !== undefined) return String.fromCharCode(control.charCodeAt(0) & 0x1f)
      const known = ansiEscapes[char ?? '']
      if (known !== undefined) return known
      return `'"\\?`.includes(char ?? '') ? (char ?? '') : whole
    },
  )
}

/**
 * Windows has two readers: cmd takes carets away (inside plain quotes it leaves them), then the program
 * itself reads quotes and backslashes. Chrome's "Copy as cURL (cmd)" writes for both.
 */
function cmdWords(text: string, from: number): string[] {
  let line = ''
  let quoted = false
  let at = from
  while (at < text.length) {
    const char = text[at] as string
    if (char === '^' && !quoted) {
      const lineEnd = /^\r?\n/.exec(text.slice(at + 1, at + 3))?.[0]
      at += 1 + (lineEnd?.length ?? 0)
      // The character behind a caret is taken as it is, a line break behind a continuation as well.
      if (lineEnd === undefined) {
        const blanks = /^[ \t]+\r?\n/.exec(text.slice(at, at + 200))
        if (blanks) {
          at += blanks[0].length
          continue
        }
      }
      const next = /^\r?\n/.exec(text.slice(at, at + 2))?.[0]
      line += next === undefined ? (text[at] ?? '') : '\n'
      at += next?.length ?? 1
      continue
    }
    if (char === '"') quoted = !quoted
    if (!quoted && /[\n&|<>]/.test(char)) break
    if (char !== '\r' || quoted) line += char
    at++
  }
  const isDoubled = text.slice(from).includes('^"')
  return argumentsOf(line, isDoubled, placeOf(text, from))
}

/** Splits a command line as Windows programs do. Chrome doubles every backslash where it writes `^"`. */
function argumentsOf(line: string, isDoubled: boolean, place: Place): string[] {
  const words: string[] = []
  let word: string | undefined
  let quoted = false
  for (let at = 0; at < line.length; ) {
    const char = line[at] as string
    if ((char === ' ' || char === '\t') && !quoted) {
      if (word !== undefined) words.push(word)
      word = undefined
      at++
      continue
    }
    word ??= ''
    if (char === '\\') {
      const run = /^\\+/.exec(line.slice(at))?.[0] ?? char
      const halves = line[at + run.length] === '"' || (isDoubled && run.length % 2 === 0)
      word += '\\'.repeat(halves ? Math.floor(run.length / 2) : run.length)
      at += run.length
      if (halves && run.length % 2 === 1) {
        word += '"'
        at++
      }
    } else if (char === '"') {
      if (quoted && line[at + 1] === '"') {
        word += '"'
        at += 2
      } else {
        quoted = !quoted
        at++
      }
    } else {
      word += char
      at++
    }
  }
  if (quoted) throw unclosed('"', place)
  if (word !== undefined) words.push(word)
  return words
}
