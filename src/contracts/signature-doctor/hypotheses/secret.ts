import { type Change, explain, type Hypothesis, type Variant } from '../hypothesis.ts'
import { isHmac } from '../recipe.ts'

const withSecret =
  (change: (secret: string) => string): Change =>
  (recipe) => ({ ...recipe, secret: change(recipe.secret) })

/** A secret that was not there when it was read. */
function* unread(): Iterable<Variant> {
  for (const text of [
    'null',
    'undefined',
    'None',
    'nil',
    '<nil>',
    'YOUR_APP_SECRET',
    'your_app_secret',
  ]) {
    yield {
      apply: withSecret(() => text),
      rare: text.length > 9,
      detail: explain(
        `The text "${text}" was used in place of the secret: it was not read.`,
        `把文本 "${text}" 当作了 secret：没有读到真正的 secret。`,
      ),
    }
  }
}

const missing = (
  id: string,
  front: boolean,
  back: boolean,
  title: { en: string; zh: string },
): Hypothesis => ({
  id,
  title,
  fix: 'digest',
  *variants(recipe): Iterable<Variant> {
    if (isHmac(recipe.digest)) {
      if (!front && !back) {
        yield {
          apply: withSecret(() => ''),
          detail: explain(
            'The key of the HMAC was empty: the secret was not read.',
            'HMAC 的密钥为空：没有读到 secret。',
          ),
        }
        yield* unread()
      }
      return
    }
    if (!front && !back) yield* unread()
    yield {
      apply: (recipe) => ({ ...recipe, front, back }),
      detail: explain(
        `MD5 wants the secret in front of the text and behind it; it stood ${front ? 'in front only' : back ? 'behind only' : 'nowhere'}.`,
        `MD5 签名要求在待签名串首尾都拼接 secret；实际${front ? '只在开头' : back ? '只在结尾' : '首尾都没有'}拼接。`,
      ),
    }
  },
})

/** What gets round a secret when it is read from a file, a spreadsheet or a web page. */
const surroundings: readonly (readonly [before: string, after: string, name: string])[] = [
  ['', '\n', 'a line feed behind it'],
  ['', '\r\n', 'a line break (CR LF) behind it'],
  ['', '\r', 'a carriage return behind it'],
  ['', ' ', 'a blank behind it'],
  [' ', '', 'a blank in front of it'],
  [' ', ' ', 'blanks round it'],
  ['', '\t', 'a tab behind it'],
  ['\t', '', 'a tab in front of it'],
  ['\n', '', 'a line feed in front of it'],
  ['\n', '\n', 'line feeds round it'],
  ['', '  ', 'two blanks behind it'],
  ['  ', '', 'two blanks in front of it'],
  ['', '\n\n', 'two line feeds behind it'],
  ['', ' \n', 'a blank and a line feed behind it'],
  ['\uFEFF', '', 'a byte order mark in front of it'],
  ['\uFEFF', '\n', 'a byte order mark in front of it and a line feed behind'],
  ['\uFEFF', '\r\n', 'a byte order mark in front of it and a line break behind'],
  ['\u00EF\u00BB\u00BF', '', 'a byte order mark, read as Latin-1, in front of it'],
  ['"', '"', 'double quotes round it'],
  ["'", "'", 'single quotes round it'],
  ['"', '"\n', 'double quotes round it and a line feed behind'],
  ['`', '`', 'backquotes round it'],
  ['', '\0', 'a zero byte behind it'],
  ['', '\u00A0', 'a no-break space behind it'],
  ['\u00A0', '', 'a no-break space in front of it'],
  ['', '\u200B', 'a zero-width space behind it'],
  ['\u200B', '', 'a zero-width space in front of it'],
  ['', '\u3000', 'a full-width space behind it'],
  ['', ';', 'a semicolon behind it'],
  ['', ',', 'a comma behind it'],
  ['', "'", 'a single quote behind it'],
  ['', '"', 'a double quote behind it'],
  ['<', '>', 'angle brackets round it'],
  ['{', '}', 'braces round it'],
]

/** So many of the first are tried together with other mistakes. */
const commonSurroundings = 12

export const secretHypotheses: readonly Hypothesis[] = [
  missing(
    'secret-missing-in-front',
    false,
    true,
    explain('The secret is missing in front', '开头缺少 secret'),
  ),
  missing(
    'secret-missing-at-end',
    true,
    false,
    explain('The secret is missing at the end', '结尾缺少 secret'),
  ),
  missing('secret-missing', false, false, explain('The secret is missing', '没有使用 secret')),
  {
    id: 'secret-whitespace',
    title: explain('Something stands round the secret', 'secret 前后有多余字符'),
    fix: 'secret',
    *variants(recipe): Iterable<Variant> {
      for (const [at, [before, after, name]] of surroundings.entries()) {
        const detail = explain(
          `The secret was used with ${name}.`,
          `签名所用的 secret 带有多余字符：${JSON.stringify(before)} … ${JSON.stringify(after)}。`,
        )
        yield {
          apply: withSecret((secret) => before + secret + after),
          rare: at >= commonSurroundings,
          detail,
        }
      }
      // Written by hand at one end only, as in secret + text + secret + "\n".
      if (isHmac(recipe.digest)) return
      for (const [before, after] of [
        ['', '\n'],
        ['', ' '],
        ['', '\r\n'],
      ] as const) {
        yield {
          apply: (recipe) => ({
            ...recipe,
            body: recipe.body + recipe.secret + after,
            back: false,
            glue: before,
          }),
          detail: explain(
            'The text to sign ended with a blank or line break after the secret.',
            '待签名串在末尾的 secret 之后还有空格或换行。',
          ),
        }
      }
    },
  },
  {
    id: 'secret-case-changed',
    title: explain('The secret was written in another case', 'secret 大小写被改变'),
    fix: 'secret',
    *variants(recipe): Iterable<Variant> {
      const detail = explain(
        'The secret was used in all upper or all lower case.',
        '签名所用的 secret 被转成了大写或小写。',
      )
      for (const secret of [recipe.secret.toUpperCase(), recipe.secret.toLowerCase()]) {
        if (secret !== recipe.secret) yield { apply: withSecret(() => secret), detail }
      }
    },
  },
  {
    id: 'secret-of-another-app',
    title: explain('The secret is that of another app', '使用了其他应用的 secret'),
    fix: 'secret',
    *variants(recipe, { otherSecrets }): Iterable<Variant> {
      for (const [appKey, secret] of otherSecrets) {
        if (secret === recipe.secret) continue
        yield {
          apply: withSecret(() => secret),
          parameter: 'app_key',
          detail: explain(
            `The sign was made with the secret of the app ${appKey}.`,
            `签名使用的是应用 ${appKey} 的 secret。`,
          ),
        }
      }
    },
  },
  {
    id: 'not-the-secret',
    title: explain('Something else was used as the secret', '用其他值充当了 secret'),
    fix: 'secret',
    *variants(recipe, { params }): Iterable<Variant> {
      for (const name of ['app_key', 'session']) {
        const value = params[name]
        if (!value) continue
        yield {
          apply: withSecret(() => value),
          parameter: name,
          detail: explain(
            `The value of ${name} was used in place of the secret.`,
            `把 ${name} 的值当作了 secret。`,
          ),
        }
      }
      for (const [wrong, en, zh] of [
        [recipe.secret.slice(0, -1), 'without its last character', '缺少最后一个字符的形式'],
        [recipe.secret.slice(1), 'without its first character', '缺少第一个字符的形式'],
        [recipe.secret + recipe.secret, 'twice', '重复两次的形式'],
        [Buffer.from(recipe.secret).toString('base64'), 'in base64', 'base64 形式'],
        [Buffer.from(recipe.secret).toString('hex'), 'in hex', '十六进制形式'],
        [
          `${recipe.secret}&`,
          'with & behind it, as OAuth 1.0 does',
          '末尾带 &（OAuth 1.0 的做法）',
        ],
      ] as const) {
        yield {
          apply: withSecret(() => wrong),
          detail: explain(`The secret was used ${en}.`, `使用的 secret 为${zh}。`),
        }
      }
    },
  },
]
