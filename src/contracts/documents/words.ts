import type { Explanation } from '../protocol/errors.ts'
import type { FieldFacts } from './facts.ts'

/** The limits that are enforced, in words; empty where there are none. */
export function limitsInWords({ limits = {}, type }: FieldFacts): Explanation[] {
  const { maxLength, maxList, maxItems, max, above, maxBytes, oneOf } = limits
  // That an identifier is not negative goes without saying.
  const min = type === 'Id' && limits.min === 0 ? undefined : limits.min
  return [
    ...(maxLength === undefined
      ? []
      : [{ en: `at most ${maxLength} characters`, zh: `最多 ${maxLength} 个字符` }]),
    ...(maxList === undefined
      ? []
      : [
          {
            en: `at most ${maxList} comma-separated values`,
            zh: `最多 ${maxList} 个值，以逗号分隔`,
          },
        ]),
    ...(maxItems === undefined
      ? []
      : [{ en: `at most ${maxItems} elements`, zh: `最多 ${maxItems} 个元素` }]),
    ...(maxBytes === undefined
      ? []
      : [{ en: `at most ${maxBytes} bytes`, zh: `最大 ${maxBytes} 字节` }]),
    ...(above === undefined ? [] : [{ en: `more than ${above}`, zh: `大于 ${above}` }]),
    ...rangeInWords(min, max),
    ...(oneOf ? [oneOfInWords(oneOf)] : []),
  ]
}

/** What documents mention and nobody enforces. */
export function adviceInWords({ advice = {}, type }: FieldFacts): Explanation[] {
  const { chars, bytes, min, max, oneOf } = advice
  const isText = type === 'Text' || type === 'Json'
  return [
    ...(chars === undefined
      ? []
      : [{ en: `at most ${chars} characters`, zh: `最多 ${chars} 个字符` }]),
    ...(bytes === undefined ? [] : [{ en: `at most ${bytes} bytes`, zh: `最大 ${bytes} 字节` }]),
    // Of a text nobody knows what a range means: its value, or its length.
    ...rangeInWords(min, max).map(({ en, zh }) =>
      isText ? { en: `range ${en}`, zh: `取值范围 ${zh}` } : { en, zh },
    ),
    ...(oneOf ? [oneOfInWords(oneOf)] : []),
  ]
}

function rangeInWords(min: number | undefined, max: number | undefined): Explanation[] {
  if (min === undefined && max === undefined) return []
  if (max === undefined) return [{ en: `at least ${min}`, zh: `不小于 ${min}` }]
  if (min === undefined) return [{ en: `at most ${max}`, zh: `不大于 ${max}` }]
  return [{ en: `${min} to ${max}`, zh: `${min} 至 ${max}` }]
}

const oneOfInWords = (values: readonly string[]): Explanation => ({
  en: `one of ${values.join(', ')}`,
  zh: `取值 ${values.join('、')}`,
})

/** Limits and advice in one English sentence each, for comments and descriptions. */
export function sentencesOf(field: FieldFacts): string[] {
  const limits = limitsInWords(field).map(({ en }) => en)
  const advice = adviceInWords(field).map(({ en }) => en)
  const { examples, removed, requiredIn, fieldOptions } = field
  return [
    ...(limits.length > 0 ? [`Limits: ${limits.join('; ')}.`] : []),
    ...(advice.length > 0
      ? [`Documents mention, and nobody is known to enforce: ${advice.join('; ')}.`]
      : []),
    ...(requiredIn ? [`Required in the profile ${requiredIn.join(', ')}.`] : []),
    ...(removed ? ['Gone from the newest documents.'] : []),
    ...(field.default === undefined ? [] : [`Default: ${field.default}.`]),
    ...(examples ? [`For example: ${examples.join(', ')}.`] : []),
    ...(fieldOptions ? [`Fields to ask for: ${fieldOptions.join(', ')}.`] : []),
  ]
}
