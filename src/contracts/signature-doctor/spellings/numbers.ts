/** Ways in which languages write a number. */

const numberText = /^-?\d{1,20}(\.\d{1,10})?$/

/** The same guesses in the same order for every number, so that all can be tried together. */
export function* numbers(value: string): Iterable<string> {
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

export function* rareNumbers(value: string): Iterable<string> {
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
