import {
  explain,
  type Hypothesis,
  shown,
  texts,
  type Variant,
  withValue,
  withValues,
} from '../hypothesis.ts'
import type { Recipe } from '../recipe.ts'
import { rarelyReserialised, reserialised } from '../spellings/json.ts'
import { numbers, rareNumbers } from '../spellings/numbers.ts'
import {
  cutInside,
  rarelyReformatted,
  rarelyTrimmed,
  rarelyTruncated,
  reformatted,
  trimmed,
  truncated,
} from '../spellings/texts.ts'
import { rareTimestamps, timestamps } from '../spellings/times.ts'

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
