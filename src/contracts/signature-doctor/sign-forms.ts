import type { Explanation } from '../protocol/errors.ts'
import { explain } from './hypothesis.ts'

/** How a digest was written where upper-case hex was wanted. */
export interface Form {
  readonly id: string
  readonly title: Explanation
  readonly detail: Explanation
}

/** A sign as it came, read back into the upper-case hex of the digest it stands for. */
export interface Reading {
  readonly hex: string
  /** `undefined` where it was written as it should be. */
  readonly form: Form | undefined
}

const form = (id: string, title: Explanation, en: string, zh: string): Form => ({
  id,
  title,
  detail: explain(en, zh),
})

const lowerCase = form(
  'lower-case-hex',
  explain('The sign is in lower case', 'sign 是小写'),
  'The sign was written in lower-case hex; the platform wants upper case.',
  'sign 为小写十六进制；平台要求大写。',
)
const base64 = form(
  'base64',
  explain('The sign is in base64', 'sign 是 base64'),
  'The sign was written in base64; the platform wants upper-case hex.',
  'sign 为 base64 编码；平台要求大写十六进制。',
)
const whitespace = form(
  'sign-whitespace',
  explain('Something stands round the sign', 'sign 前后有多余字符'),
  'The sign has blanks, line breaks or quotes round it.',
  'sign 前后带有空格、换行或引号。',
)
const separated = form(
  'hex-with-separators',
  explain('The sign has separators in it', 'sign 中带有分隔符'),
  'The hex digits of the sign are separated, as BitConverter of .NET writes them.',
  'sign 的十六进制数字之间带有分隔符（如 .NET 的 BitConverter）。',
)
const shortened = form(
  'leading-zeros-dropped',
  explain('Zeros of the sign are missing', 'sign 缺少补零'),
  'Bytes below 0x10 were written with one hex digit, or zeros in front were dropped.',
  '小于 0x10 的字节只写了一位十六进制，或开头的零被省略。',
)
const extended = form(
  'sign-extended-bytes',
  explain('Bytes of the sign were extended by their sign', 'sign 的字节做了符号扩展'),
  'Negative bytes were written as FFFFFFxx: mask them with 0xFF.',
  '负数字节被写成 FFFFFFxx：应先与 0xFF 做与运算。',
)
const truncated = form(
  'digest-truncated',
  explain('The sign is cut', 'sign 被截短'),
  'Only a part of the digest was sent, as 16-digit MD5 is elsewhere.',
  '只发送了摘要的一部分（例如 16 位 MD5）。',
)

/** Every digest, in upper-case hex, that a sign as it came may stand for without looking at the call. */
export function readingsOf(sign: string): Reading[] {
  const readings: Reading[] = []
  const add = (hex: string, how: Form | undefined) => {
    if (!readings.some((one) => one.hex === hex)) readings.push({ hex, form: how })
  }
  if (/^[0-9A-F]+$/.test(sign)) add(sign, undefined)
  if (/^[0-9a-f]+$/i.test(sign)) add(sign.toUpperCase(), lowerCase)
  const bare = sign.replaceAll(/^[\s"']+|[\s"']+$/g, '')
  if (bare !== sign && /^[0-9a-f]+$/i.test(bare)) add(bare.toUpperCase(), whitespace)
  const digits = bare.replaceAll(/[-: ]|^0x/g, '')
  if (digits !== bare && /^[0-9a-f]+$/i.test(digits)) add(digits.toUpperCase(), separated)
  const unextended = bare.replaceAll(/f{6}([89a-f][0-9a-f])/gi, '$1')
  if (unextended !== bare && /^[0-9a-f]+$/i.test(unextended))
    add(unextended.toUpperCase(), extended)
  for (const text of new Set([bare, bare.replaceAll(' ', '+'), decoded(bare)])) {
    if (!/^[A-Za-z0-9+/_-]{16,}={0,2}$/.test(text)) continue
    const bytes = Buffer.from(text, 'base64')
    if ([16, 20, 32, 64].includes(bytes.length)) add(bytes.toString('hex').toUpperCase(), base64)
    const inner = bytes.toString('latin1')
    if (/^[0-9a-f]{32,128}$/i.test(inner)) add(inner.toUpperCase(), base64)
  }
  return readings
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/** How a sign that is no whole digest may have come from one. */
export function spoiltForm(sign: string, hex: string): Form | undefined {
  const given = sign.toUpperCase()
  if (given.length >= hex.length || given.length < 8) return undefined
  if (given === hex.replace(/^0+/, '')) return shortened
  if (given === hex.replaceAll(/0([0-9A-F])|([1-9A-F][0-9A-F])/g, '$1$2')) return shortened
  if (given === hex.slice(8, 24) || hex.startsWith(given) || hex.endsWith(given)) return truncated
  return undefined
}

/** So few digits of a right sign may be wrong for it to be called a slip: two signs never come so near by chance. */
const mostSlips = 3

const slip = form(
  'sign-mistyped',
  explain('The sign was changed on its way', 'sign 在传输中被改动'),
  'All but a few digits of the sign are right: it was changed, cut or mistyped after signing.',
  'sign 只有个别字符不对：签名之后被改动、截断或抄错。',
)

/** A right sign with a few digits changed, one dropped or one too many. */
export function mistyped(sign: string, right: string): Form | undefined {
  const given = sign.toUpperCase()
  if (given === right || Math.abs(given.length - right.length) > mostSlips) return undefined
  if (given.length === right.length) {
    let wrong = 0
    for (let at = 0; at < right.length; at++) if (given[at] !== right[at]) wrong++
    return wrong <= mostSlips ? slip : undefined
  }
  // What stands before and after the place where digits are missing or too many.
  const shorter = Math.min(given.length, right.length)
  let front = 0
  while (front < shorter && given[front] === right[front]) front++
  let back = 0
  while (back < shorter - front && given.at(-1 - back) === right.at(-1 - back)) back++
  return front + back === shorter && shorter > 0 ? slip : undefined
}
