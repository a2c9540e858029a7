import { formatTime, parseTimestamp } from '../../protocol/timestamp.ts'
import {
  explain,
  type Hypothesis,
  shown,
  texts,
  type Variant,
  withValue,
  withValues,
} from '../hypothesis.ts'
import { permutations } from '../permutations.ts'
import type { Recipe } from '../recipe.ts'

/** What a value may have been when it was signed. */
interface Guesses {
  /** Likely enough to be tried together with other mistakes. */
  readonly common: (value: string, name: string) => Iterable<string>
  /** So many, or so seldom, that they are tried alone only. */
  readonly rare?: (value: string, name: string) => Iterable<string>
  /** What was signed was no text any more. */
  readonly bytes?: (value: string) => Iterable<Uint8Array>
}

const none = (): Iterable<string> => []

/** A hypothesis about single values: each guess of each value is tried, and the n-th guess of all values. */
function aboutValues(
  id: string,
  title: { en: string; zh: string },
  { common, rare = none, bytes }: Guesses,
  fix: 'same-value' | 'timestamp' = 'same-value',
): Hypothesis {
  return {
    id,
    title,
    fix,
    repeats: true,
    *variants(recipe): Iterable<Variant> {
      for (const [guesses, isRare] of [
        [common, false],
        [rare, true],
      ] as const) {
        for (const { name, value } of texts(recipe)) {
          if ((name === 'timestamp') !== (fix === 'timestamp')) continue
          const tried = new Set([value])
          for (const guess of guesses(value, name)) {
            if (tried.has(guess)) continue
            tried.add(guess)
            yield {
              apply: withValue(name, guess),
              parameter: name,
              rare: isRare,
              detail: signedAs(name, guess, value),
            }
          }
        }
        if (fix !== 'same-value') continue
        yield* allTogether(recipe, guesses, isRare, () => true)
        yield* allTogether(recipe, guesses, true, (value) => value.includes('.'))
        if (recipe.body === '') continue
        for (const body of new Set(guesses(recipe.body, ''))) {
          if (body === recipe.body) continue
          yield {
            apply: (recipe) => ({ ...recipe, body }),
            rare: isRare,
            detail: explain(
              `The body was signed as ${shown(body)} and received as ${shown(recipe.body)}. Write it once, and sign and send that very text.`,
              `请求体签名时为 ${shown(body)}，网关收到的是 ${shown(recipe.body)}。应只序列化一次，并用同一文本签名和发送。`,
            ),
          }
        }
      }
      for (const { name, value } of bytes ? texts(recipe) : []) {
        for (const guess of bytes?.(value) ?? []) {
          yield {
            apply: withValue(name, guess),
            parameter: name,
            rare: true,
            detail: explain(
              `"${name}" was cut off after ${guess.byteLength} bytes, inside a character, and signed so.`,
              `参数 "${name}" 签名时在第 ${guess.byteLength} 个字节处被截断（截在一个字符中间）。`,
            ),
          }
        }
      }
    },
  }
}

const signedAs = (name: string, signed: string, received: string) =>
  explain(
    `"${name}" was signed as ${shown(signed)} and received as ${shown(received)}. Turn it into text once, and sign and send that very text.`,
    `参数 "${name}" 签名时为 ${shown(signed)}，网关收到的是 ${shown(received)}。应只转换一次文本，并用同一文本签名和发送。`,
  )

/** The same kind of change in every value at once: the n-th guess of each. */
function* allTogether(
  recipe: Recipe,
  guesses: (value: string, name: string) => Iterable<string>,
  isRare: boolean,
  isMeant: (value: string) => boolean,
): Iterable<Variant> {
  const columns = new Map<string, readonly string[]>()
  for (const { name, value } of texts(recipe)) {
    const column = name === 'timestamp' || !isMeant(value) ? [] : [...guesses(value, name)]
    if (column.length > 0) columns.set(name, column)
  }
  if (columns.size < 2) return
  const most = Math.max(...[...columns.values()].map((column) => column.length))
  for (let at = 0; at < most; at++) {
    const values = new Map<string, string>()
    for (const { name, value } of texts(recipe)) {
      const guess = columns.get(name)?.[at]
      if (guess !== undefined && guess !== value) values.set(name, guess)
    }
    const changed = [...values.keys()]
    const [first] = changed
    if (first === undefined || changed.length < 2) continue
    yield {
      apply: withValues(values),
      rare: isRare,
      parameter: first,
      detail: explain(
        `${changed.join(', ')} were signed with other texts than were sent.`,
        `参数 ${changed.join(', ')} 签名时的文本与发送的不同。`,
      ),
    }
  }
}

// --- numbers ---

const numberText = /^-?\d{1,20}(\.\d{1,10})?$/

/** The same guesses in the same order for every number, so that all can be tried together. */
function* numbers(value: string): Iterable<string> {
  if (!numberText.test(value)) return
  const number = Number(value)
  const [whole = '', fraction = ''] = value.split('.')
  const bare = fraction.replace(/0+$/, '')
  yield bare === '' ? whole : `${whole}.${bare}`
  yield `${whole}.${bare === '' ? '0' : bare}`
  yield `${whole}.${fraction.padEnd(2, '0')}`
  yield number.toFixed(2)
  yield number.toFixed(1)
  yield number.toFixed(0)
  yield String(Math.trunc(number))
  yield String(number)
}

function* rareNumbers(value: string): Iterable<string> {
  if (!numberText.test(value)) return
  yield* printedNumbers(value)
  const number = Number(value)
  const [whole = '', fraction = ''] = value.split('.')
  const end = fraction === '' ? '' : `.${fraction}`
  const thousands = whole.replace(/\B(?=(\d{3})+$)/g, ',')
  yield thousands + end
  yield thousands
  yield `${thousands}.${fraction.padEnd(2, '0')}`
  yield value.replace('.', ',')
  yield String(Math.fround(number))
  yield* exponents(number)
  for (let digits = 0; digits <= 10; digits++) {
    yield* exponentForms(number.toExponential(digits))
    yield trimmedExponent(number.toExponential(digits))
  }
  yield String(Math.round(number * 100))
  yield String(number / 100)
  yield (number / 100).toFixed(2)
  yield value.replace(/^0+(?=\d)/, '')
  for (const before of ['+', '0', '¥', '￥', '$']) yield before + value
  for (const after of ['L', 'f', 'd', 'D', 'M', '0', '00', '000', '.']) yield value + after
  for (let digits = 1; digits <= 10; digits++) {
    yield number.toPrecision(digits)
    yield number.toExponential(digits)
    yield number.toFixed(digits)
  }
  if (Number.isSafeInteger(number)) {
    yield number.toString(16)
    yield BigInt(number).toString()
  }
}

/** `1.0E7` of Java, `1e+07` of C and Go, `1E+07` of .NET. */
function* exponents(number: number): Iterable<string> {
  if (number !== 0 && Number.isFinite(number)) yield* exponentForms(number.toExponential())
}

function* exponentForms(text: string): Iterable<string> {
  const [mantissa = '', exponent = ''] = text.split('e')
  const power = Number(exponent)
  const withPoint = mantissa.includes('.') ? mantissa : `${mantissa}.0`
  const sign = power < 0 ? '-' : '+'
  const size = String(Math.abs(power))
  for (const head of new Set([mantissa, withPoint])) {
    for (const e of ['E', 'e']) {
      yield `${head}${e}${power}`
      yield `${head}${e}${sign}${size.padStart(2, '0')}`
      yield `${head}${e}${sign}${size.padStart(3, '0')}`
      yield `${head}${e}${sign}${size}`
    }
  }
}

/** As spreadsheets show a long number: six digits, zeros behind them dropped. */
const trimmedExponent = (text: string) =>
  text.replace(/\.?0*e([+-])(\d+)$/, (_, sign, size) => `E${sign}${String(size).padStart(2, '0')}`)

/** What a language prints of a number: plain where it is middling, with an exponent where it is large or small. */
function* printedNumbers(value: string): Iterable<string> {
  if (!numberText.test(value)) return
  const number = Number(value)
  const size = Math.abs(number)
  const java = size !== 0 && (size < 1e-3 || size >= 1e7)
  // Java: 2.999E7, 1.0E-5, 100.0
  yield java ? javaForm(number) : Number.isInteger(number) ? `${number}.0` : String(number)
  // Go with %v: 2.999e+07 from seven digits on, 1e-05 for small ones
  yield size !== 0 && (size < 1e-4 || size >= 1e6) ? exponentForm(number) : String(number)
  // Go and C with %g: six digits at most
  yield size !== 0 && (size < 1e-4 || size >= 1e6)
    ? trimmedExponent(number.toExponential(5)).replace('E', 'e')
    : String(Number(number.toPrecision(6)))
  // Python: 2.999e+16 from 17 digits on, 1e-05 for small ones
  yield size !== 0 && (size < 1e-4 || size >= 1e16)
    ? exponentForm(number)
    : Number.isInteger(number)
      ? `${number}.0`
      : String(number)
}

/** `2.999e+07`: as many digits as needed, two at least in the exponent. */
const exponentForm = (number: number) => number.toExponential().replace(/e([+-])(\d)$/, 'e$10$2')

/** `2.999E7`, `1.0E-5`. */
function javaForm(number: number): string {
  const [mantissa = '', exponent = ''] = number.toExponential().split('e')
  return `${mantissa.includes('.') ? mantissa : `${mantissa}.0`}E${Number(exponent)}`
}

// --- times ---

const two = (value: number) => String(value).padStart(2, '0')
const hour = 3_600_000

/** Every usual way to write a moment, in GMT+8 and as if it were UTC. */
function* spellings(text: string): Iterable<string> {
  const [date = '', time = ''] = text.split(' ')
  const [year = '', month = '', day = ''] = date.split('-')
  const [hours = '', minutes = '', seconds = ''] = time.split(':')
  const plain = (part: string) => String(Number(part))
  const twelve = two(Number(hours) % 12 === 0 ? 12 : Number(hours) % 12)
  const short = `${Number(hours) % 12 === 0 ? 12 : Number(hours) % 12}`
  yield `${date} ${hours}:${minutes}`
  yield `${date} ${twelve}:${minutes}:${seconds}`
  yield `${date}T${time}`
  yield `${date}T${time}Z`
  yield `${date}T${time}.000Z`
  yield `${date}T${time}+08:00`
  yield `${date}T${time}+0800`
  yield `${date}T${time}.000+08:00`
  yield `${date}T${time}.000+0800`
  yield `${date}T${time}.000`
  yield `${date} ${time}.000`
  yield `${date} ${time}.0`
  yield `${date} ${time}.000000`
  yield `${date} ${time}+08:00`
  yield `${date} ${time} +0800`
  yield `${date} ${time}Z`
  yield `${date} ${time} `
  yield `${date}  ${time}`
  yield `${date}${time}`
  yield `${date}+${time}`
  yield `${date}%20${time}`
  yield `${date}+${time.replaceAll(':', '%3A')}`
  yield `${date}%20${time.replaceAll(':', '%3A')}`
  yield `${date}_${time}`
  yield date
  yield `${date} 00:00:00`
  yield `${year}${month}${day}${hours}${minutes}${seconds}`
  yield `${year}${month}${day} ${time}`
  yield `${year}${month}${day}`
  yield `${year}/${month}/${day} ${time}`
  yield `${year}/${plain(month)}/${plain(day)} ${time}`
  yield `${year}/${plain(month)}/${plain(day)} ${plain(hours)}:${minutes}:${seconds}`
  yield `${year}-${plain(month)}-${plain(day)} ${time}`
  yield `${year}-${plain(month)}-${plain(day)} ${plain(hours)}:${minutes}:${seconds}`
  yield `${year}-${plain(month)}-${plain(day)} ${plain(hours)}:${plain(minutes)}:${plain(seconds)}`
  yield `${date} ${plain(hours)}:${minutes}:${seconds}`
  yield `${year.slice(2)}-${month}-${day} ${time}`
  yield `${month}/${day}/${year} ${time}`
  yield `${plain(month)}/${plain(day)}/${year} ${short}:${minutes}:${seconds} ${Number(hours) < 12 ? 'AM' : 'PM'}`
  yield `${plain(month)}/${plain(day)}/${year}, ${short}:${minutes}:${seconds} ${Number(hours) < 12 ? 'AM' : 'PM'}`
  yield `${year}年${month}月${day}日 ${time}`
  yield `${date} ${time} ${Number(hours) < 12 ? 'AM' : 'PM'}`
  yield `"${text}"`
  yield `${date} ${time} +0800 CST`
  yield `${date} ${time} +0800 +0800`
  yield `${date} ${time} +0000 UTC`
  yield `${date} ${time} CST`
  // Patterns mistyped: minutes for the month (mm), the month counted from 0, the hour cut to twelve.
  yield `${year}-${minutes}-${day} ${time}`
  yield `${year}-${two(Number(month) - 1)}-${day} ${time}`
  yield `${year}-${Number(month) - 1}-${day} ${time}`
  yield `${year}-${Number(month) - 1}-${Number(day)} ${time}`
  yield `${year}-${Number(month) - 1}-${Number(day)} ${plain(hours)}:${plain(minutes)}:${plain(seconds)}`
  yield `${year}-${month}-${day} ${hours}:${month}:${seconds}`
  yield `${Number(year) + 1}-${month}-${day} ${time}`
  yield `${year}-${month}-${two(dayOfYear(text))} ${time}`
}

const dayOfYear = (text: string) =>
  Math.floor(
    (Date.parse(`${text.slice(0, 10)}T00:00:00Z`) -
      Date.parse(`${text.slice(0, 4)}-01-01T00:00:00Z`)) /
      (24 * hour),
  ) + 1

function* momentTexts(at: number): Iterable<string> {
  yield String(at)
  yield String(Math.floor(at / 1000))
  yield `${Math.floor(at / 1000)}.0`
  yield new Date(at).toISOString()
  const text = formatTime(at)
  yield text
  yield* spellings(text)
  const utc = new Date(at).toUTCString()
  yield utc
  // `String(new Date())` in the zones in which such programs run.
  for (const [shift, zone, names] of [
    [
      8,
      '+0800',
      ['China Standard Time', '中国标准时间', 'CST', 'GMT+08:00', 'Hong Kong Standard Time'],
    ],
    [0, '+0000', ['Coordinated Universal Time', '协调世界时', 'UTC', 'GMT']],
  ] as const) {
    const [, day = '', month = '', year = '', time = ''] =
      /^\w+, (\d+) (\w+) (\d+) ([\d:]+)/.exec(new Date(at + shift * hour).toUTCString()) ?? []
    const weekday = new Date(at + shift * hour).toUTCString().slice(0, 3)
    for (const name of names) {
      yield `${weekday} ${month} ${day} ${year} ${time} GMT${zone} (${name})`
      yield `${weekday} ${month} ${day} ${time} ${name} ${year}`
    }
    yield `${weekday} ${month} ${day} ${time} ${year}`
    yield `${weekday}, ${day} ${month} ${year} ${time} ${zone}`
  }
}

/** How far apart, in seconds, the moment that was signed and the one that was sent are tried. */
const longestDrift = 600
/** So many spellings of a moment are tried together with other mistakes. */
const commonSpellings = 12

const momentOf = (value: string) => parseTimestamp(value.trim().replace('+', ' '))

function* timestamps(value: string): Iterable<string> {
  const at = momentOf(value)
  if (at === undefined) return
  yield* [...momentTexts(at)].slice(0, commonSpellings)
  // Read once for the sign and once more for the call.
  for (const seconds of [-1, 1, -2, 2, -3, 3, -5, 5]) yield sameStyle(value, at + seconds * 1000)
  // One of them in UTC.
  for (const hours of [-8, 8]) yield formatTime(at + hours * hour)
}

function* rareTimestamps(value: string): Iterable<string> {
  const at = momentOf(value)
  if (at === undefined) return
  yield* momentTexts(at)
  for (let seconds = 3; seconds <= longestDrift; seconds++) {
    yield sameStyle(value, at - seconds * 1000)
    yield sameStyle(value, at + seconds * 1000)
  }
  for (let hours = -14; hours <= 14; hours++) {
    for (const seconds of [0, -1, 1, -2, 2]) yield formatTime(at + hours * hour + seconds * 1000)
  }
  for (const hours of [-8, 8]) yield* momentTexts(at + hours * hour)
  if (!/^\d{13}$/.test(value)) return
  for (let ms = 1; ms <= 5000; ms++) {
    yield String(at - ms)
    yield String(at + ms)
  }
}

/** A moment written as another one was. */
function sameStyle(like: string, at: number): string {
  if (/^\d{13}$/.test(like)) return String(at)
  if (/^\d{10}$/.test(like)) return String(Math.floor(at / 1000))
  return formatTime(at)
}

// --- JSON ---

type Json = string | number | boolean | null | Json[] | { [name: string]: Json }

const sortedKeys = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(sortedKeys)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .sort(([a], [b]) => (a < b ? -1 : 1))
            .map(([name, below]) => [name, sortedKeys(below)]),
        )
      : value

/** JSON with blanks behind separators, as Python and others write it. */
function spaced(value: Json, comma: string, colon: string): string {
  if (Array.isArray(value)) return `[${value.map((one) => spaced(one, comma, colon)).join(comma)}]`
  if (value !== null && typeof value === 'object') {
    const fields = Object.entries(value).map(
      ([name, below]) => `${JSON.stringify(name)}${colon}${spaced(below, comma, colon)}`,
    )
    return `{${fields.join(comma)}}`
  }
  return JSON.stringify(value)
}

const unicodeEscaped = (text: string, upper = false) =>
  text.replaceAll(/[\u007f-\uffff]/g, (unit) => {
    const hex = unit.charCodeAt(0).toString(16).padStart(4, '0')
    return `\\u${upper ? hex.toUpperCase() : hex}`
  })
const slashesEscaped = (text: string) => text.replaceAll('/', '\\/')
const htmlEscaped = (text: string) =>
  text.replaceAll(/[<>&]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`)
const gsonEscaped = (text: string) =>
  htmlEscaped(text).replaceAll('=', '\\u003d').replaceAll("'", '\\u0027')

/** What languages make of a structure when nobody says JSON. */
function* printed(value: Json): Iterable<string> {
  yield '[object Object]'
  yield 'Array'
  yield 'Object'
  yield String(value)
  yield python(value)
  yield java(value)
  yield go(value)
  if (Array.isArray(value)) {
    yield value.map(() => '[object Object]').join(',')
    yield 'System.Collections.Generic.List`1[System.String]'
  }
}

function python(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(python).join(', ')}]`
  if (value === null) return 'None'
  if (typeof value === 'boolean') return value ? 'True' : 'False'
  if (typeof value === 'string')
    return value.includes("'") && !value.includes('"') ? `"${value}"` : `'${value}'`
  if (typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, below]) => `'${name}': ${python(below)}`)
      .join(', ')}}`
  }
  return String(value)
}

function java(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(java).join(', ')}]`
  if (value !== null && typeof value === 'object') {
    return `{${Object.entries(value)
      .map(([name, below]) => `${name}=${java(below)}`)
      .join(', ')}}`
  }
  return String(value)
}

function go(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(go).join(' ')}]`
  if (value !== null && typeof value === 'object') {
    return `map[${Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, below]) => `${name}:${go(below)}`)
      .join(' ')}]`
  }
  return String(value)
}

/** Takes the blanks out of JSON text without reading its values: numbers keep their spelling. */
const compacted = (text: string) =>
  text.replaceAll(/"(?:[^"\\]|\\.)*"|\s+/g, (token) => (token.startsWith('"') ? token : ''))

/** Puts blanks into JSON text likewise. */
const loosened = (text: string, comma: string, colon: string) =>
  compacted(text).replaceAll(/"(?:[^"\\]|\\.)*"|[,:]/g, (token) =>
    token === ',' ? comma : token === ':' ? colon : token,
  )

/** Stands round a number that is read as text, so that `3.0` stays `3.0`. */
const numberMark = '\uE000'

/** JSON as read, and once more with its numbers as they were spelled; none for what is no structure. */
function structuresOf(value: string): Json[] {
  if (!/^\s*[[{]/.test(value)) return []
  const marked = value.replaceAll(/"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g, (token) =>
    token.startsWith('"') ? token : `"${numberMark}${token}${numberMark}"`,
  )
  try {
    return [JSON.parse(value) as Json, JSON.parse(marked) as Json]
  } catch {
    return []
  }
}

const unmarked = (text: string) =>
  text.replaceAll(new RegExp(`"${numberMark}|${numberMark}"|${numberMark}`, 'g'), '')

/** So many keys of an object are tried in every order. */
const mostKeys = 5

/** The same structure with its keys in another order, the same for all objects of one set of keys. */
function* keyOrders(value: Json): Iterable<Json> {
  const objects = objectsIn(value)
  const sets = new Map(
    objects.map((object) => [Object.keys(object).join('\n'), Object.keys(object)]),
  )
  for (const [set, keys] of sets) {
    if (keys.length < 2 || keys.length > mostKeys) continue
    for (const order of permutations(keys)) yield reordered(value, set, order)
  }
}

function objectsIn(value: Json): { [name: string]: Json }[] {
  if (Array.isArray(value)) return value.flatMap(objectsIn)
  return value !== null && typeof value === 'object'
    ? [value, ...Object.values(value).flatMap(objectsIn)]
    : []
}

function reordered(value: Json, set: string, order: readonly string[]): Json {
  if (Array.isArray(value)) return value.map((one) => reordered(one, set, order))
  if (value === null || typeof value !== 'object') return value
  const keys = Object.keys(value).join('\n') === set ? order : Object.keys(value)
  return Object.fromEntries(keys.map((key) => [key, reordered(value[key] as Json, set, order)]))
}

const withoutNulls = (value: Json): Json =>
  Array.isArray(value)
    ? value.map(withoutNulls)
    : value !== null && typeof value === 'object'
      ? Object.fromEntries(
          Object.entries(value)
            .filter(([, below]) => below !== null)
            .map(([name, below]) => [name, withoutNulls(below)]),
        )
      : value

/** The same JSON with other blanks, breaks or order of keys. */
function* layouts(value: string): Iterable<string> {
  const structures = structuresOf(value)
  if (structures.length === 0) return
  // Without reading it, so that numbers keep their spelling.
  yield compacted(value)
  yield loosened(value, ', ', ': ')
  yield loosened(value, ',', ': ')
  yield loosened(value, ', ', ':')
  for (const one of structures.flatMap((parsed) => [parsed, sortedKeys(parsed)])) {
    for (const text of writings(one)) yield unmarked(text)
  }
}

function* writings(value: Json): Iterable<string> {
  yield JSON.stringify(value)
  yield spaced(value, ', ', ': ')
  yield spaced(value, ',', ': ')
  yield spaced(value, ', ', ':')
  for (const indent of [2, 4, '\t', 1]) yield JSON.stringify(value, null, indent)
  yield JSON.stringify(value, null, 2).replaceAll('\n', '\r\n')
}

function* reserialised(value: string): Iterable<string> {
  for (const layout of new Set(layouts(value))) {
    yield layout
    yield unicodeEscaped(layout)
    yield slashesEscaped(layout)
    yield unicodeEscaped(slashesEscaped(layout))
  }
}

function* rarelyReserialised(value: string): Iterable<string> {
  for (const layout of new Set(layouts(value))) {
    yield unicodeEscaped(layout, true)
    yield htmlEscaped(layout)
    yield gsonEscaped(layout)
    yield unicodeEscaped(htmlEscaped(layout))
    yield layout.replaceAll('"', "'")
    yield layout.replaceAll('"', '&quot;')
    yield layout.replaceAll(/:(\s?)"(-?\d+(?:\.\d+)?)"/g, ':$1$2')
    yield layout.replaceAll(/:(\s?)(-?\d+(?:\.\d+)?)(?=[,}\]])/g, ':$1"$2"')
    yield layout.replaceAll(/(\d)\.0+(?=[,}\]])/g, '$1')
    yield layout.replaceAll(/(:\s?-?\d+)(?=[,}\]])/g, '$1.0')
    yield layout.replaceAll('\\/', '/')
    yield JSON.stringify(layout)
    yield `${layout}\n`
  }
  const structures = structuresOf(value)
  for (const parsed of structures) {
    const bare = withoutNulls(parsed)
    for (const one of [bare, sortedKeys(bare), ...keyOrders(parsed)]) {
      for (const layout of [JSON.stringify(one), spaced(one, ', ', ': ')].map(unmarked)) {
        yield layout
        yield unicodeEscaped(layout)
        yield slashesEscaped(layout)
      }
    }
  }
  for (const parsed of structures.slice(0, 1)) yield* printed(parsed)
}

// --- texts ---

function* trimmed(value: string): Iterable<string> {
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

function* rarelyTrimmed(value: string): Iterable<string> {
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

function* truncated(value: string): Iterable<string> {
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

function* rarelyTruncated(value: string): Iterable<string> {
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
function* cutInside(value: string): Iterable<Uint8Array> {
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
function* reformatted(value: string): Iterable<string> {
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

function* rarelyReformatted(value: string): Iterable<string> {
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

export const valueHypotheses: readonly Hypothesis[] = [
  aboutValues(
    'timestamp-changed',
    explain('The timestamp was changed after signing', '签名之后 timestamp 被改变'),
    { common: timestamps, rare: rareTimestamps },
    'timestamp',
  ),
  aboutValues(
    'number-reformatted',
    explain('A number was written in another way', '数字被改写成另一种形式'),
    { common: numbers, rare: rareNumbers },
  ),
  aboutValues(
    'json-reserialised',
    explain('JSON was written anew after signing', '签名之后 JSON 被重新序列化'),
    { common: reserialised, rare: rarelyReserialised },
  ),
  aboutValues('value-trimmed', explain('A value was trimmed', '参数值首尾空白被去除'), {
    common: trimmed,
    rare: rarelyTrimmed,
  }),
  aboutValues(
    'value-reformatted',
    explain('A value was written in another way', '参数值被改写成另一种形式'),
    { common: reformatted, rare: rarelyReformatted },
  ),
  aboutValues('value-truncated', explain('A value was cut off', '参数值被截断'), {
    common: truncated,
    rare: rarelyTruncated,
    bytes: cutInside,
  }),
]
