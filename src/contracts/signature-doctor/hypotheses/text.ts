import {
  type Charset,
  encodeGbk,
  gbkCharsets,
  latin1Charsets,
  unicodeCharsets,
} from '../charsets.ts'
import {
  explain,
  type Hypothesis,
  mapValues,
  shown,
  texts,
  type Variant,
  withValue,
} from '../hypothesis.ts'
import type { Recipe } from '../recipe.ts'

const separators: readonly (readonly [pair: string, joint: string])[] = [
  ['=', '&'],
  ['=', ''],
  ['', '&'],
  [':', ''],
  [':', ','],
  [':', '&'],
  [':', ';'],
  ['=', ','],
  ['=', ';'],
  ['=', '|'],
  ['=', '\n'],
  ['=', ' '],
  ['', ','],
  ['', ' '],
  ['', '\n'],
  ['', '|'],
  ['', ';'],
  [' ', ''],
  [' ', ' '],
  ['%3D', '%26'],
  [': ', ', '],
]

/** So many of the first are tried together with other mistakes. */
const commonSeparators = 6

const separatorsLeftIn: Hypothesis = {
  id: 'separators-left-in',
  title: explain('Separators were left in', '待签名串中保留了分隔符'),
  fix: 'join',
  *variants(recipe): Iterable<Variant> {
    for (const [at, [pair, joint]] of separators.entries()) {
      const detail = explain(
        `The parameters were joined as name${pair}value${joint}…; the platform joins names and values with nothing between.`,
        `参数以 name${pair}value${joint}… 的形式拼接；平台要求参数名与值之间没有任何分隔符。`,
      )
      for (const tail of joint === '' ? [''] : ['', joint]) {
        yield {
          apply: (recipe) => ({ ...recipe, pair, joint, tail }),
          rare: at >= commonSeparators,
          detail,
        }
        for (const glue of new Set([joint, '&'])) {
          if (glue !== '' && (recipe.front || recipe.back)) {
            yield {
              apply: (recipe) => ({ ...recipe, pair, joint, tail, glue }),
              rare: at > 0,
              detail,
            }
          }
        }
      }
      if (joint !== '') {
        yield {
          apply: (recipe) => ({
            ...recipe,
            pair,
            joint,
            rewrite: (text) => joint + recipe.rewrite(text),
          }),
          rare: true,
          detail,
        }
      }
    }
    if (recipe.front || recipe.back) {
      for (const glue of ['&', ' ', '\n', ':', ',', '|', '+', '-', '_']) {
        yield {
          apply: (recipe) => ({ ...recipe, glue }),
          rare: glue !== '&',
          detail: explain(
            `Between the secret and the text stood ${shown(glue)}.`,
            `secret 与待签名串之间多了 ${shown(glue)}。`,
          ),
        }
      }
    }
    // What languages print of a map.
    for (const [before, after, pair, joint] of [
      ['{', '}', '=', ', '],
      ['{', '}', ': ', ', '],
      ['{', '}', ':', ','],
      ['map[', ']', ':', ' '],
      ['[', ']', '=', ', '],
    ] as const) {
      yield {
        apply: (recipe) => ({ ...recipe, pair, joint, rewrite: (text) => before + text + after }),
        rare: true,
        detail: explain(
          `A map was signed as its language prints it: ${before}name${pair}value${joint}…${after}.`,
          `直接对 map 的打印结果签名：${before}name${pair}value${joint}…${after}。`,
        ),
      }
    }
    const quoted = (text: string) => JSON.stringify(text)
    for (const [quote, pair, joint] of [
      [quoted, ':', ','],
      [quoted, ': ', ', '],
      [(text: string) => `'${text}'`, ': ', ', '],
    ] as const) {
      yield {
        apply: (recipe) => ({
          ...recipe,
          pair,
          joint,
          encodeName: quote,
          encodeValue: quote,
          rewrite: (text) => `{${text}}`,
        }),
        rare: true,
        detail: explain(
          'The parameters were signed as JSON; the platform joins names and values with nothing between.',
          '对参数的 JSON 文本做了签名；平台要求参数名与值直接拼接。',
        ),
      }
    }
    // The query string as it is, with names in front of the secret as other platforms want it.
    for (const name of ['secret', 'app_secret', 'key', 'appSecret', 'secret_key']) {
      yield {
        apply: (recipe) => ({
          ...recipe,
          pair: '=',
          joint: '&',
          tail: `&${name}=${recipe.secret}`,
          front: false,
          back: false,
        }),
        rare: true,
        detail: explain(
          `The text ended in &${name}=… as other platforms want it.`,
          `待签名串以 &${name}=… 结尾，这是其他平台的做法。`,
        ),
      }
    }
  },
}

interface Escaping {
  readonly name: string
  readonly escape: (text: string) => string
}

const byte = (value: number, lower: boolean) => {
  const hex = value.toString(16).padStart(2, '0')
  return `%${lower ? hex : hex.toUpperCase()}`
}

/** Percent-encoding with a set of characters that stay, in upper or lower case, of UTF-8 or GBK. */
function escaper(
  stays: RegExp,
  blank: '+' | '%20',
  lower = false,
  toBytes: (text: string) => Uint8Array = (text) => Buffer.from(text),
) {
  return remembered((text) => {
    let result = ''
    for (const char of text) {
      if (stays.test(char)) result += char
      else if (char === ' ' && blank === '+') result += '+'
      else for (const value of toBytes(char)) result += byte(value, lower)
    }
    return result
  })
}

const mostRemembered = 100

/** The search asks for the same values again and again. */
function remembered(work: (text: string) => string): (text: string) => string {
  const known = new Map<string, string>()
  return (text) => {
    let result = known.get(text)
    if (result === undefined) {
      if (known.size >= mostRemembered) known.clear()
      result = work(text)
      known.set(text, result)
    }
    return result
  }
}

const escapings: readonly Escaping[] = [
  { name: 'JavaScript encodeURIComponent', escape: escaper(/[A-Za-z0-9\-_.!~*'()]/, '%20') },
  { name: 'PHP urlencode', escape: escaper(/[A-Za-z0-9\-_.]/, '+') },
  { name: 'PHP rawurlencode', escape: escaper(/[A-Za-z0-9\-_.~]/, '%20') },
  { name: 'Java URLEncoder', escape: escaper(/[A-Za-z0-9\-_.*]/, '+') },
  { name: 'Python quote', escape: escaper(/[A-Za-z0-9\-_.~/]/, '%20') },
  { name: 'Python quote_plus', escape: escaper(/[A-Za-z0-9\-_.~]/, '+') },
  { name: '.NET UrlEncode', escape: escaper(/[A-Za-z0-9\-_.!*()]/, '+', true) },
  { name: '.NET EscapeDataString', escape: escaper(/[A-Za-z0-9\-_.~]/, '%20', true) },
  { name: '.NET UrlEncode', escape: escaper(/[A-Za-z0-9\-_.!*()]/, '+') },
  { name: '.NET EscapeDataString', escape: escaper(/[A-Za-z0-9\-_.!~*'()]/, '%20', true) },
  { name: 'Java URLEncoder in lower case', escape: escaper(/[A-Za-z0-9\-_.*]/, '+', true) },
  { name: 'PHP urlencode in lower case', escape: escaper(/[A-Za-z0-9\-_.]/, '+', true) },
  { name: 'URL encoding with / left alone', escape: escaper(/[A-Za-z0-9\-_.~/]/, '+') },
  { name: 'URL encoding with * left alone', escape: escaper(/[A-Za-z0-9\-_.~*]/, '%20') },
  { name: 'Go PathEscape', escape: escaper(/[A-Za-z0-9\-_.~$&+=:@]/, '%20') },
  { name: 'JavaScript encodeURI', escape: escaper(/[A-Za-z0-9\-_.!~*'();/?:@&=+$,#]/, '%20') },
  { name: 'JavaScript escape', escape: (text) => escape(text) },
  { name: 'URL encoding of blanks and non-ASCII characters only', escape: escaper(/[!-~]/, '%20') },
  { name: 'URL encoding of non-ASCII characters only', escape: escaper(/[ -~]/, '%20') },
  { name: 'URL encoding with : left alone', escape: escaper(/[A-Za-z0-9\-_.~:]/, '%20') },
  { name: 'URL encoding with : left alone', escape: escaper(/[A-Za-z0-9\-_.~:]/, '+') },
  { name: 'URL encoding in GBK', escape: escaper(/[A-Za-z0-9\-_.]/, '+', false, encodeGbk) },
  { name: 'URL encoding in GBK', escape: escaper(/[A-Za-z0-9\-_.]/, '+', true, encodeGbk) },
  { name: 'URL encoding in GBK', escape: escaper(/[A-Za-z0-9\-_.~]/, '%20', false, encodeGbk) },
]

const valuesUrlEncoded: Hypothesis = {
  id: 'values-url-encoded',
  title: explain('URL-encoded values were signed', '对 URL 编码后的值做了签名'),
  fix: 'raw-values',
  *variants(recipe): Iterable<Variant> {
    for (const { name, escape: encode } of escapings) {
      const detail = explain(
        `The values were percent-encoded (${name}) before signing; sign them as they are and encode them when sending.`,
        `签名之前对值做了 URL 编码（${name}）；应先用原始值签名，发送时再编码。`,
      )
      yield { apply: (recipe) => ({ ...recipe, encodeValue: encode }), detail }
      yield {
        apply: (recipe) => ({ ...recipe, encodeValue: (value) => encode(encode(value)) }),
        rare: true,
        detail: explain(
          `The values were percent-encoded twice (${name}) before signing.`,
          `签名之前对值做了两次 URL 编码（${name}）。`,
        ),
      }
      yield {
        apply: (recipe) => ({ ...recipe, encodeName: encode, encodeValue: encode }),
        rare: true,
        detail,
      }
      yield { apply: (recipe) => ({ ...recipe, rewrite: encode }), rare: true, detail }
    }
    for (const { name, value } of texts(recipe)) {
      for (const { name: by, escape: encode } of escapings) {
        const encoded = encode(value)
        if (encoded === value) continue
        yield {
          apply: withValue(name, encoded),
          parameter: name,
          rare: true,
          detail: explain(
            `"${name}" was percent-encoded (${by}) before signing.`,
            `参数 "${name}" 在签名之前做了 URL 编码（${by}）。`,
          ),
        }
      }
    }
    // The other way round: what arrived is still encoded, because it was encoded twice.
    yield* decodedTwice(recipe)
  },
}

function* decodedTwice(recipe: Recipe): Iterable<Variant> {
  const decode = (value: string) => {
    try {
      return decodeURIComponent(value)
    } catch {
      return value
    }
  }
  const decoders = [decode, (value: string) => decode(value.replaceAll('+', ' '))]
  for (const decoder of decoders) {
    const changed = [...texts(recipe)].filter(
      ({ value }) => /%[0-9a-f]{2}/i.test(value) && decoder(value) !== value,
    )
    const [first] = changed
    if (!first) continue
    yield {
      apply: mapValues((value) => (/%[0-9a-f]{2}/i.test(value) ? decoder(value) : value)),
      parameter: first.name,
      detail: explain(
        `The values were signed as they are, but sent percent-encoded twice: "${first.name}" arrived as ${shown(first.value)}.`,
        `签名使用的是原始值，但发送时做了两次 URL 编码："${first.name}" 收到的是 ${shown(first.value)}。`,
      ),
    }
  }
}

/** So many blanks of one value are tried one by one. */
const mostBlanks = 6

const plusForSpace: Hypothesis = {
  id: 'plus-for-space',
  title: explain('Blank and plus were mixed up', '空格与加号混淆'),
  fix: 'raw-values',
  *variants(recipe): Iterable<Variant> {
    const detail = (name: string, from: string, to: string) =>
      explain(
        `In ${name} the client signed ${shown(to)} where the gateway received ${shown(from)}.`,
        `${name} 中，客户端签名时是 ${shown(to)}，网关收到的是 ${shown(from)}。`,
      )
    for (const [from, to] of [
      [' ', '+'],
      [' ', '%20'],
      ['+', ' '],
      ['+', '%2B'],
      ['%20', ' '],
      ['%20', '+'],
    ] as const) {
      const changed = [...texts(recipe)].filter(({ value }) => value.includes(from))
      const [first] = changed
      if (!first) continue
      yield {
        apply: (recipe) => ({
          ...recipe,
          encodeValue: (value) => recipe.encodeValue(value.replaceAll(from, to)),
        }),
        parameter: first.name,
        detail: detail(changed.map(({ name }) => name).join(', '), from, to),
      }
      // A replacement without the flag for all of them.
      yield {
        apply: mapValues((value) => value.replace(from, to)),
        parameter: first.name,
        rare: true,
        detail: detail(first.name, from, to),
      }
      for (const { name, value } of changed) {
        if (changed.length > 1) {
          yield {
            apply: withValue(name, value.replaceAll(from, to)),
            parameter: name,
            detail: detail(name, from, to),
          }
        }
        const parts = value.split(from)
        if (parts.length > mostBlanks + 1 || parts.length < 3) continue
        for (let chosen = 1; chosen < 2 ** (parts.length - 1) - 1; chosen++) {
          const text = parts.reduce(
            (sum, part, at) => sum + (chosen & (1 << (at - 1)) ? to : from) + part,
          )
          yield {
            apply: withValue(name, text),
            parameter: name,
            rare: true,
            detail: detail(name, from, to),
          }
        }
      }
    }
  },
}

/** UTF-8 that was read as Latin-1, as it was before; any other text as it is. */
function unspoilt(value: string): string {
  const bytes = Buffer.from(value, 'latin1')
  const text = bytes.toString('utf8')
  return bytes.toString('latin1') === value && !text.includes('\uFFFD') ? text : value
}

const inCharset = (
  id: string,
  title: { en: string; zh: string },
  charsets: readonly Charset[],
): Hypothesis => ({
  id,
  title,
  fix: 'utf8',
  *variants(recipe): Iterable<Variant> {
    for (const { name, bytes } of charsets) {
      yield {
        apply: (recipe) => ({ ...recipe, bytes }),
        detail: explain(
          `The string to sign was turned into bytes as ${name.en}; the platform wants UTF-8.`,
          `待签名串按 ${name.zh} 转换为字节；平台要求 UTF-8。`,
        ),
      }
    }
    if (id !== 'charset-latin1') return
    // What arrived is spoilt: UTF-8 that was read as Latin-1 and encoded once more.
    const first = [...texts(recipe)].find(({ value }) => unspoilt(value) !== value)
    if (first) {
      yield {
        apply: mapValues(unspoilt),
        parameter: first.name,
        detail: explain(
          `"${first.name}" was signed as UTF-8, then read as Latin-1 and sent spoilt.`,
          `参数 "${first.name}" 以 UTF-8 签名，发送时却被当作 Latin-1 再次编码，成了乱码。`,
        ),
      }
    }
  },
})

const textPrefixed: Hypothesis = {
  id: 'text-prefixed',
  title: explain('Something stands in front of the parameters', '参数之前多了其他内容'),
  fix: 'join',
  *variants(_recipe, { params }): Iterable<Variant> {
    const method = params.method ?? ''
    const paths = [
      '/router/rest',
      '/rest',
      'router/rest',
      method,
      `/${method}`,
      'POST',
      'GET',
      'POST&',
      'GET&',
    ]
    for (const prefix of paths) {
      if (prefix === '') continue
      yield {
        apply: (recipe) => ({ ...recipe, rewrite: (text) => prefix + recipe.rewrite(text) }),
        rare: true,
        detail: explain(
          `${shown(prefix)} stood in front of the parameters, as other platforms want it.`,
          `参数之前多了 ${shown(prefix)}，这是其他平台的做法。`,
        ),
      }
    }
  },
}

const halfSigned: Hypothesis = {
  id: 'names-or-values-left-out',
  title: explain('Only names or only values were signed', '只对参数名或只对参数值签名'),
  fix: 'join',
  *variants(): Iterable<Variant> {
    yield {
      apply: (recipe) => ({ ...recipe, encodeName: () => '' }),
      detail: explain(
        'The values were signed without their names.',
        '签名时只拼接了参数值，没有参数名。',
      ),
    }
    yield {
      apply: (recipe) => ({ ...recipe, encodeValue: () => '' }),
      detail: explain(
        'The names were signed without their values.',
        '签名时只拼接了参数名，没有参数值。',
      ),
    }
    yield {
      apply: (recipe) => ({ ...recipe, valueFirst: true }),
      detail: explain('Each value was signed before its name.', '签名时参数值拼接在参数名之前。'),
    }
  },
}

export const textHypotheses: readonly Hypothesis[] = [
  inCharset('charset-gbk', explain('GBK instead of UTF-8', '使用了 GBK 而不是 UTF-8'), gbkCharsets),
  inCharset(
    'charset-latin1',
    explain('Latin-1 or ASCII instead of UTF-8', '使用了 Latin-1 或 ASCII 而不是 UTF-8'),
    latin1Charsets,
  ),
  inCharset(
    'charset-unicode',
    explain('Another Unicode encoding than UTF-8', '使用了 UTF-8 以外的 Unicode 编码'),
    unicodeCharsets,
  ),
  separatorsLeftIn,
  halfSigned,
  textPrefixed,
  plusForSpace,
  valuesUrlEncoded,
]
