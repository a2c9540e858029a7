import {
  type ByteDifference,
  type Explanation,
  type FixLanguage,
  fixLanguages,
  type SignatureExplanation,
} from '../contracts/index.ts'
import type { ExplainedCall } from '../server/index.ts'
import { bold, cyan, dim, green, red, yellow } from './terminal.ts'
import { beginningOf, endOf, textWidth, visible, wrapped } from './text-layout.ts'

export const reportLanguages = ['en', 'zh', 'both'] as const
export type ReportLanguage = (typeof reportLanguages)[number]

interface ReportOptions {
  /** Columns to fill. */
  readonly width: number
  readonly lang: ReportLanguage
  readonly fix: FixLanguage | 'all'
}

/** So much of a string to sign is printed; `--json` has all of it. */
const longest = 4000

/** An explanation for people, without anything that would steer their terminal. */
export function explainReport(answer: ExplainedCall, options: ReportOptions): string {
  const { causes, notes = [], verdict } = answer
  const { lang, width } = options
  const heading = (text: Explanation) => bold(inLanguage(text, lang))
  const lines = [...verdictLines(answer, options)]
  for (const [at, { id, title, detail }] of causes.entries()) {
    const number = causes.length > 1 ? `${at + 1}  ` : ''
    const indent = ' '.repeat(number.length || 2)
    const [first = title.en, second] = lang === 'both' ? [title.en, title.zh] : [title[lang]]
    lines.push('', `${bold(yellow(`${number}${first}`))}  ${dim(id)}`)
    if (second !== undefined) lines.push(indent + bold(second))
    for (const text of lang === 'both' ? [detail.en, detail.zh] : [detail[lang]]) {
      for (const line of wrapped(visible(text), width - indent.length)) lines.push(indent + line)
    }
  }
  if (verdict !== 'correct') lines.push('', ...stringLines(answer, options, heading))
  lines.push(...fixLines(answer, options, heading))
  if (notes.length > 0) {
    lines.push('', heading({ en: 'Notes', zh: '说明' }))
    for (const note of notes) {
      for (const text of lang === 'both' ? [note.en, note.zh] : [note[lang]]) {
        for (const line of wrapped(visible(text), width - 2)) lines.push(`  ${line}`)
      }
    }
  }
  return lines.join('\n')
}

const inLanguage = ({ en, zh }: Explanation, lang: ReportLanguage) =>
  lang === 'both' ? `${en}  ${zh}` : lang === 'zh' ? zh : en

const signColumns = 13

function verdictLines(answer: SignatureExplanation, { lang }: ReportOptions): string[] {
  const { verdict, causes, receivedSign, expectedSign } = answer
  const count = causes.length
  const said = {
    correct: { en: 'The sign is correct.', zh: '签名正确。' },
    explained: {
      en: `The sign is wrong. ${count === 1 ? 'One mistake reproduces' : `${count} mistakes together reproduce`} it exactly:`,
      zh: `签名错误。${count === 1 ? '以下错误' : `以下 ${count} 个错误合在一起`}能精确得出所收到的 sign：`,
    },
    unexplained: {
      en: 'The sign is wrong, and no mistake that is known here gives it.',
      zh: '签名错误，已知的错误都得不出这个 sign。',
    },
  }[verdict]
  const isRight = verdict === 'correct'
  const colour = isRight ? green : red
  const lines = [
    colour(`${isRight ? '✓' : '✗'} ${inLanguage(said, lang === 'both' ? 'en' : lang)}`),
  ]
  if (lang === 'both') lines.push(colour(`  ${said.zh}`))
  if (isRight) return lines
  const shortSign = receivedSign.length > 140 ? `${receivedSign.slice(0, 140)}…` : receivedSign
  return [
    ...lines,
    `  ${dim(padded({ en: 'sign sent', zh: '收到的 sign' }, lang, signColumns))}  ${visible(shortSign)}`,
    `  ${dim(padded({ en: 'sign expected', zh: '正确的 sign' }, lang, signColumns))}  ${expectedSign}`,
  ]
}

/** A label in one language, filled up to so many columns. */
function padded(label: Explanation, lang: ReportLanguage, columns: number): string {
  const text = lang === 'zh' ? label.zh : label.en
  return text + ' '.repeat(Math.max(0, columns - textWidth(text)))
}

/** The names of the two sides, alike in width. */
type Labels = readonly [theirs: string, ours: string]

function stringLines(
  { stringToSign, theirString, difference, verdict }: SignatureExplanation,
  { width, lang }: ReportOptions,
  heading: (text: Explanation) => string,
): string[] {
  const columns = lang === 'zh' ? 6 : 7
  const labels: Labels = [
    padded({ en: 'client', zh: '客户端' }, lang, columns),
    padded({ en: 'gateway', zh: '网关' }, lang, columns),
  ]
  const lines = [heading({ en: 'What is signed', zh: '待签名串' })]
  const isSame = theirString === undefined || theirString === stringToSign
  if (isSame) lines.push(`  ${dim(labels[1])}  ${shortened(visible(stringToSign))}`)
  else {
    const at = firstDifference(theirString, stringToSign)
    lines.push(
      `  ${dim(labels[0])}  ${shortened(marked(theirString, at, red))}`,
      `  ${dim(labels[1])}  ${shortened(marked(stringToSign, at, green))}`,
      '',
      heading({ en: 'Where they part', zh: '首个不同之处' }),
      ...windows(theirString, stringToSign, at, width, labels),
    )
  }
  if (verdict === 'unexplained') {
    const advice = {
      en: 'Print what your client digests, just before it does, and compare it with this line. {secret} stands for the secret.',
      zh: '请在计算摘要之前打印客户端的待签名串，与上面一行逐字对照。{secret} 代表 secret。',
    }
    for (const text of lang === 'both' ? [advice.en, advice.zh] : [advice[lang]]) {
      for (const line of wrapped(text, width - 2)) lines.push(`  ${line}`)
    }
  }
  if (difference && difference.theirs.hex + difference.ours.hex !== '') {
    if (isSame)
      lines.push('', heading({ en: 'Other bytes for the same text', zh: '文本相同，字节不同' }))
    lines.push(...hexLines(difference, width, lang, labels))
  }
  return lines
}

/** The bytes on both sides of a difference, one below the other, with a caret below the first that differs. */
function hexLines(
  { at, theirs, ours }: ByteDifference,
  width: number,
  lang: ReportLanguage,
  labels: Labels,
): string[] {
  const room = Math.floor((width - textWidth(labels[0]) - 4) / 3)
  const sides = [theirs, ours].map(({ hex }) => hex.split(' ').filter((byte) => byte !== ''))
  const common = Math.min(16, at)
  // As many bytes go in front as the longer side does not need behind.
  const longer = Math.max(...sides.map((bytes) => bytes.length - common))
  const before = Math.min(common, Math.max(4, room - longer))
  const row = (side: 0 | 1, colour: (text: string) => string) => {
    const bytes = (sides[side] ?? []).slice(common - before, common - before + room)
    const same = bytes.slice(0, before).map((byte) => `${byte} `)
    return `  ${dim(labels[side])}  ${dim(same.join(''))}${colour(bytes.slice(before).join(' '))}`.trimEnd()
  }
  const said =
    lang === 'zh'
      ? `从第 ${at - before} 字节起，第 ${at} 字节不同`
      : `bytes from ${at - before} on; number ${at} differs`
  const caret = 2 + textWidth(labels[0]) + 2 + 3 * before
  return [`  ${dim(said)}`, row(0, red), row(1, green), `${' '.repeat(caret)}${bold('^')}`]
}

const shortened = (text: string) =>
  text.length > longest
    ? `${text.slice(0, longest)}… (${text.length} characters; --json has all)`
    : text

/** The index of the first character that differs, never within one of two halves. */
function firstDifference(a: string, b: string): number {
  let at = 0
  while (at < a.length && a[at] === b[at]) at++
  const isHalf = /[\udc00-\udfff]/.test(a[at] ?? b[at] ?? '') && at > 0
  return isHalf ? at - 1 : at
}

/** The text with everything from a place on in a colour. */
const marked = (text: string, at: number, colour: (text: string) => string) => {
  const end = Math.min(text.length, longest)
  return visible(text.slice(0, at)) + (at < end ? colour(visible(text.slice(at))) : '')
}

/** Both texts round their difference, as much as one line holds, with a caret below it. */
function windows(
  theirs: string,
  ours: string,
  at: number,
  width: number,
  labels: Labels,
): string[] {
  const room = width - textWidth(labels[0]) - 6
  const common = visible(ours.slice(Math.max(0, at - 200), at))
  const before = endOf(common, Math.floor(room / 2))
  const cutBefore = before.length < common.length || at > 200
  const row = (label: string, text: string, colour: (text: string) => string) => {
    const rest = visible(text.slice(at, at + 300))
    const shown = beginningOf(rest, room - textWidth(before))
    const more = shown.length < rest.length ? '…' : ''
    return `  ${dim(label)}  ${cutBefore ? '…' : ' '}${before}${colour(shown)}${more}`.trimEnd()
  }
  const offset = 2 + textWidth(labels[0]) + 2 + 1 + textWidth(before)
  return [
    row(labels[0], theirs, red),
    row(labels[1], ours, green),
    `${' '.repeat(offset)}${bold('^')}`,
  ]
}

function fixLines(
  { fixes }: SignatureExplanation,
  { fix }: ReportOptions,
  heading: (text: Explanation) => string,
): string[] {
  const chosen = fixLanguages.filter(
    (language) => fixes[language] !== undefined && (fix === 'all' || fix === language),
  )
  if (chosen.length === 0) return []
  const width = Math.max(...chosen.map((language) => language.length))
  return [
    '',
    heading({ en: 'Fix', zh: '修正' }),
    ...chosen.map((language) => `  ${dim(language.padEnd(width))}  ${cyan(fixes[language] ?? '')}`),
  ]
}
