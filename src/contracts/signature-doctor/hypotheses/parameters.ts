import * as crypto from 'node:crypto'
import { isSystemParameter } from '../../protocol/parameters.ts'
import {
  type Change,
  type Evidence,
  explain,
  type Hypothesis,
  inOrderOfSending,
  shown,
  texts,
  type Variant,
  withEntries,
  without,
  withValue,
} from '../hypothesis.ts'
import { type Recipe, signatureOf } from '../recipe.ts'

const list = (names: Iterable<string>) => [...names].join(', ')

/** Leaves parameters out, where there are any. */
function* dropped(
  names: readonly string[],
  tell: (names: string) => { en: string; zh: string },
): Iterable<Variant> {
  const [parameter] = names
  if (parameter === undefined) return
  yield { apply: without(new Set(names)), parameter, detail: tell(list(names)) }
}

const namesWhere = (recipe: Recipe, isSuch: (value: string, name: string) => boolean): string[] =>
  [...texts(recipe)].filter(({ name, value }) => isSuch(value, name)).map(({ name }) => name)

const emptyParameterSkipped: Hypothesis = {
  id: 'empty-parameter-skipped',
  title: explain('An empty parameter was sent and not signed', '空值参数已发送但未参与签名'),
  fix: 'empty',
  *variants(recipe): Iterable<Variant> {
    const tell = (names: string) =>
      explain(
        `Sent without a value and left out when signing: ${names}. An empty parameter is signed as its bare name.`,
        `以下参数发送了空值但未参与签名：${names}。空值参数应以参数名参与签名，或者干脆不发送。`,
      )
    const empty = namesWhere(recipe, (value) => value === '')
    const blank = namesWhere(recipe, (value) => value.trim() === '')
    yield* dropped(blank, tell)
    if (empty.length < blank.length) yield* dropped(empty, tell)
    if (blank.length > 1) for (const name of blank) yield* dropped([name], tell)
    // PHP's empty() and a script's falsy test take more for empty.
    const falsy = namesWhere(recipe, (value) => value === '' || value === '0')
    if (falsy.length > empty.length) yield* dropped(falsy, tell)
    const falseToo = namesWhere(recipe, (value) => ['', '0', 'false'].includes(value))
    if (falseToo.length > falsy.length) yield* dropped(falseToo, tell)
  },
}

const fileParameterSigned: Hypothesis = {
  id: 'file-parameter-signed',
  title: explain('A file was signed', '文件参数参与了签名'),
  fix: 'files',
  *variants(_recipe, { files }): Iterable<Variant> {
    for (const { name, fileName, bytes } of files) {
      const contents: (readonly [string | Uint8Array, string, string])[] = [
        ['', 'with nothing behind its name', '只有参数名'],
        [fileName, 'with its file name', '文件名'],
        [`@${fileName}`, 'with @ and its file name', '@文件名'],
        [bytes, 'with its content', '文件内容'],
        [
          Buffer.from(bytes).toString('utf8'),
          'with its content read as text',
          '按文本读取的文件内容',
        ],
        [
          Buffer.from(bytes).toString('latin1'),
          'with its content read as Latin-1',
          '按 Latin-1 读取的文件内容',
        ],
        [
          Buffer.from(bytes).toString('base64'),
          'with its content in base64',
          'base64 形式的文件内容',
        ],
        [Buffer.from(bytes).toString('hex'), 'with its content in hex', '十六进制形式的文件内容'],
        [String(bytes.byteLength), 'with its size', '文件大小'],
        ...(['md5', 'sha1', 'sha256'] as const).flatMap((algorithm) => {
          const hex = crypto.createHash(algorithm).update(bytes).digest('hex')
          return [hex, hex.toUpperCase()].map(
            (text) => [text, `with its ${algorithm}`, `${algorithm} 摘要`] as const,
          )
        }),
        [pythonBytes(bytes), 'as Python prints bytes', 'Python bytes 的文本形式'],
        [
          `<_io.BufferedReader name='${fileName}'>`,
          'as Python prints a file',
          'Python 文件对象的文本形式',
        ],
        [`[${[...bytes].join(' ')}]`, 'as Go prints bytes', 'Go 字节切片的文本形式'],
        [
          `[${[...new Int8Array(bytes)].join(', ')}]`,
          'as Java prints bytes',
          'Java 字节数组的文本形式',
        ],
        [JSON.stringify(Buffer.from(bytes)), 'as JSON of a buffer', 'Buffer 的 JSON 文本'],
        ...[
          '[object Object]',
          '[object Buffer]',
          '[object Blob]',
          '[object File]',
          'Array',
          'Object',
        ].map((text) => [text, `as "${text}"`, `"${text}"`] as const),
        [bytes.join(','), 'as a list of byte values', '字节数组文本'],
        [`b'${fileName}'`, 'with its file name', '文件名'],
      ]
      for (const [at, [value, en, zh]] of contents.entries()) {
        yield {
          apply: withEntries({ name, value }),
          parameter: name,
          rare: at > 6,
          detail: explain(
            `The file "${name}" was signed ${en}; files are never signed.`,
            `文件参数 "${name}" 以${zh}参与了签名；文件不参与签名。`,
          ),
        }
      }
    }
    if (files.length > 1) {
      yield {
        apply: withEntries(...files.map(({ name }) => ({ name, value: '' }))),
        parameter: (files[0] as { name: string }).name,
        detail: explain(
          `The files ${list(files.map(({ name }) => name))} were signed by their names; files are never signed.`,
          `文件参数 ${list(files.map(({ name }) => name))} 以参数名参与了签名；文件不参与签名。`,
        ),
      }
    }
  },
}

/** Bytes as Python's `str` shows them: `b'\\x89PNG…'`. */
function pythonBytes(bytes: Uint8Array): string {
  const names = new Map([
    [9, '\\t'],
    [10, '\\n'],
    [13, '\\r'],
    [92, '\\\\'],
  ])
  const quote = bytes.includes(39) && !bytes.includes(34) ? '"' : "'"
  let text = ''
  for (const byte of bytes) {
    const char = String.fromCharCode(byte)
    if (char === quote) text += `\\${char}`
    else if (names.has(byte)) text += names.get(byte)
    else if (byte >= 32 && byte < 127) text += char
    else text += `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return `b${quote}${text}${quote}`
}

const signItselfSigned: Hypothesis = {
  id: 'sign-itself-signed',
  title: explain('sign was signed', 'sign 本身参与了签名'),
  fix: 'sign-last',
  *variants(recipe, { params }): Iterable<Variant> {
    // Signed a second time with the first sign still in place.
    const first = signatureOf(recipe)
    for (const value of [
      '',
      first,
      first.toLowerCase(),
      'null',
      'None',
      'undefined',
      'nil',
      'sign',
      params.sign ?? '',
    ]) {
      yield {
        apply: withEntries({ name: 'sign', value }),
        parameter: 'sign',
        detail: explain(
          `A parameter "sign"${value === '' ? ' without a value' : ` with the value ${shown(value)}`} stood in the string to sign.`,
          `待签名串中出现了 sign 参数${value === '' ? '（空值）' : `（值为 ${shown(value)}）`}。`,
        ),
      }
    }
  },
}

const addedAfterSigning: Hypothesis = {
  id: 'parameter-added-after-signing',
  title: explain('A parameter was added after signing', '签名之后又增加了参数'),
  fix: 'sign-last',
  repeats: true,
  *variants(recipe): Iterable<Variant> {
    const tell = (names: string) =>
      explain(
        `Sent and not signed: ${names}. Sign last, when every parameter has its place.`,
        `以下参数已发送但未参与签名：${names}。应在所有参数就绪之后再签名。`,
      )
    // Likely ones first: what is put in by the part of a program that sends.
    const likely = ['session', 'sign_method', 'format', 'v', 'simplify', 'partner_id', 'timestamp']
    const names = recipe.entries.map(({ name }) => name)
    const rank = (name: string) => (likely.indexOf(name) + likely.length + 1) % (likely.length + 1)
    for (const name of [...names].sort((a, b) => rank(a) - rank(b))) {
      yield* dropped([name], tell)
    }
    const business = names.filter((name) => !isSystemParameter(name))
    const system = names.filter(isSystemParameter)
    if (business.length > 1) yield* dropped(business, tell)
    if (system.length > 1) yield* dropped(system, tell)
    // Three and more system parameters at once, as when a wrapper adds its own set.
    for (let chosen = 0; chosen < 2 ** Math.min(system.length, 11); chosen++) {
      const some = system.filter((_, at) => chosen & (1 << at))
      if (some.length < 2 || some.length === system.length) continue
      for (const variant of dropped(some, tell)) yield { ...variant, rare: true }
    }
    const files = namesWhere(recipe, (value) => value.startsWith('@'))
    yield* dropped(files, (names) =>
      explain(
        `PHP clients take a value that begins with @ for a file and do not sign it: ${names}.`,
        `PHP 客户端把以 @ 开头的值当作文件而不签名：${names}。`,
      ),
    )
    const structured = namesWhere(recipe, (value) => /^[[{]/.test(value))
    if (structured.length > 1) yield* dropped(structured, tell)
    const numeric = namesWhere(recipe, (value) => /^(-?\d+(\.\d+)?|true|false)$/.test(value))
    if (numeric.length > 1) yield* dropped(numeric, tell)
    const long = namesWhere(recipe, (value) => value.length >= 1024)
    if (long.length > 1) yield* dropped(long, tell)
  },
}

type Guess = readonly [name: string, value: string]

/** Parameters that programs sign and then do not send, with the values that they have. */
function* commonGuesses({ params, appSecret, sessions }: Evidence): Iterable<Guess> {
  for (const session of ['', ...nothings, ...sessions.slice(0, mostSessions)]) {
    yield ['session', session]
  }
  for (const value of ['json', 'xml']) yield ['format', value]
  for (const value of ['md5', 'hmac', 'hmac-sha256']) yield ['sign_method', value]
  yield ['v', '2.0']
  for (const value of ['false', 'true', '']) yield ['simplify', value]
  for (const value of ['', 'apidoc', 'top-apitools', 'top-sdk-php-20180326', 'top-sdk-java']) {
    yield ['partner_id', value]
  }
  for (const name of ['app_secret', 'secret', 'appSecret']) yield [name, appSecret]
  for (const name of ['appkey', 'appKey']) if (params.app_key) yield [name, params.app_key]
  yield ['target_app_key', '']
  yield ['charset', 'utf-8']
  yield ['charset', 'UTF-8']
}

/** So many sessions of an app are tried. */
const mostSessions = 50
/** What a missing value becomes as text. */
const nothings = ['null', 'None', 'undefined', 'nil', '<nil>']

function* rareGuesses(evidence: Evidence): Iterable<Guess> {
  const { params, appSecret, sessions, knownParameters, otherSecrets } = evidence
  for (const value of ['HMAC', 'MD5', 'HmacSHA256', 'sha256', '']) yield ['sign_method', value]
  for (const value of ['md5', 'MD5', 'hmac', 'hmac-sha256', 'HMAC-SHA256', 'RSA', 'RSA2', '']) {
    for (const name of ['signMethod', 'sign_type', 'signType']) yield [name, value]
  }
  for (const value of ['', 'JSON', 'XML']) yield ['format', value]
  for (const value of ['0', '1']) yield ['simplify', value]
  for (const value of sdkTags()) yield ['partner_id', value]
  for (const name of [
    'secret_key',
    'appsecret',
    'client_secret',
    'secretKey',
    'app_secret_key',
    'AppSecret',
    'key',
  ]) {
    yield [name, appSecret]
  }
  for (const value of ['utf8', 'UTF8', 'gbk', 'GBK']) yield ['charset', value]
  for (const name of ['api_key', 'client_id', 'key', 'appid', 'app_id']) {
    if (params.app_key) yield [name, params.app_key]
  }
  for (const name of ['api', 'apiName', 'api_name', 'action', 'methodName']) {
    if (params.method) yield [name, params.method]
  }
  for (const session of new Set([params.session, ...sessions.slice(0, mostSessions)])) {
    if (!session) continue
    for (const name of ['access_token', 'token', 'sessionKey', 'session_key', 'top_session']) {
      yield [name, session]
    }
  }
  for (const appKey of [...otherSecrets.keys()].slice(0, 10)) yield ['target_app_key', appKey]
  yield ['version', '2.0']
  yield ['lang', 'zh_CN']
  yield ['page_no', '1']
  for (const value of ['10', '20', '40', '50', '100', '200']) yield ['page_size', value]
  for (const name of [...usualNames, ...knownParameters]) yield [name, '']
  for (const name of [
    'session',
    'partner_id',
    'target_app_key',
    'simplify',
    'format',
    ...knownParameters,
  ]) {
    for (const value of nothings) yield [name, value]
  }
  for (const name of knownParameters) {
    for (const value of ['false', 'true', '0', '1', '[]', '{}', 'Array']) yield [name, value]
  }
}

/** Tags of SDKs: a line, and for some the day it was made. */
function* sdkTags(): Iterable<string> {
  const lines = ['java', 'net', 'php', 'python', 'node', 'nodejs', 'go', 'csharp', 'c', 'ruby']
  for (const line of lines) {
    for (const tag of [`top-sdk-${line}`, `taobao-sdk-${line}`, `${line}-sdk`]) yield tag
    for (const day of sdkDays) yield `top-sdk-${line}-${day}`
  }
  yield 'top-sdk-java-dynamicVersionNo'
}

/** Days that SDKs in circulation bear in their tag. */
const sdkDays = [
  '20110125',
  '20111115',
  '20121120',
  '20130320',
  '20130507',
  '20140105',
  '20141120',
  '20150716',
  '20151012',
  '20151214',
  '20160607',
  '20160825',
  '20161027',
  '20170211',
  '20170323',
  '20180326',
  '20180510',
  '20190612',
  '20190805',
  '20191218',
  '20200101',
  '20200701',
  '20210401',
  '20211221',
  '20220101',
  '20230415',
  '20231010',
  '20240101',
]

/** Names that are signed without a value and then left out. */
const usualNames = [
  'method',
  'app_key',
  'timestamp',
  'callback',
  'sdk',
  'url',
  'body',
  'data',
  'nonce',
  '_',
  'code',
  'state',
  'lang',
  'encode',
  'debug',
  'access_token',
  'refresh_token',
  'ip',
  'image',
  'pic',
  'file',
]

const signedNotSent: Hypothesis = {
  id: 'parameter-signed-not-sent',
  title: explain('A parameter was signed and not sent', '参数参与了签名但没有发送'),
  fix: 'same-set',
  repeats: true,
  *variants(recipe, evidence): Iterable<Variant> {
    const present = new Set([...recipe.entries.map(({ name }) => name), 'sign'])
    for (const file of evidence.files) present.add(file.name)
    const tell = (text: string) =>
      explain(`Signed and not received: ${text}.`, `以下参数参与了签名，但网关没有收到：${text}。`)
    for (const [guesses, rare] of [
      [commonGuesses(evidence), false],
      [rareGuesses(evidence), true],
    ] as const) {
      for (const [name, value] of guesses) {
        if (present.has(name)) continue
        const isSecret =
          value !== '' && (value === evidence.appSecret || evidence.sessions.includes(value))
        yield {
          apply: withEntries({ name, value }),
          parameter: name,
          rare,
          detail: tell(isSecret ? name : `${name}=${value}`),
        }
      }
    }
    // Every optional parameter of the method, signed by its name and left out when sending.
    const absent = evidence.knownParameters.filter((name) => !present.has(name))
    if (absent.length > 1) {
      yield {
        apply: withEntries(...absent.map((name) => ({ name, value: '' }))),
        parameter: absent[0] as string,
        detail: tell(list(absent)),
      }
    }
  },
}

const bodyMissing: Hypothesis = {
  id: 'body-missing',
  title: explain('The body is not part of the signature', '请求体没有参与签名'),
  fix: 'body',
  *variants(recipe): Iterable<Variant> {
    if (recipe.body === '') return
    yield {
      apply: (recipe) => ({ ...recipe, body: '' }),
      detail: explain(
        'The raw body of a JSON, XML or batch call is appended to the sorted parameters; it was left out.',
        'JSON、XML 或批量调用的原始请求体应拼接在排序后的参数之后；签名时遗漏了。',
      ),
    }
  },
}

const bodyMisplaced: Hypothesis = {
  id: 'body-misplaced',
  title: explain('The body stands in the wrong place', '请求体拼接的位置不对'),
  fix: 'body',
  *variants(recipe): Iterable<Variant> {
    if (recipe.body === '') return
    for (const [bodyAt, en, zh] of [
      ['front', 'in front of the parameters', '参数之前'],
      ['after-secret', 'behind the last secret', '结尾的 secret 之后'],
    ] as const) {
      yield {
        apply: (recipe) => ({ ...recipe, bodyAt }),
        detail: explain(
          `The body was signed ${en}; it belongs behind the sorted parameters and before the last secret.`,
          `请求体被拼接在${zh}；应在排序后的参数之后、结尾的 secret 之前。`,
        ),
      }
    }
    for (const name of ['body', 'data', 'content', 'request', 'json']) {
      yield {
        apply: (recipe) => ({ ...withEntries({ name, value: recipe.body })(recipe), body: '' }),
        parameter: name,
        detail: explain(
          `The body was signed as a parameter "${name}"; it is appended without a name.`,
          `请求体以参数 "${name}" 的形式参与了签名；应不带名称直接拼接。`,
        ),
      }
    }
  },
}

const encoders: readonly ((text: string) => string)[] = [
  (text) => encodeURIComponent(text).replaceAll('%20', '+'),
  encodeURIComponent,
  (text) => text,
  (text) =>
    encodeURIComponent(text)
      .replaceAll('%20', '+')
      .replaceAll(/[!'()*]/g, percent)
      .replaceAll('~', '%7E'),
  (text) =>
    encodeURIComponent(text)
      .replaceAll('%20', '+')
      .replaceAll(/[!'()~]/g, percent),
]
const percent = (char: string) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`

/** Parameters as JSON, as several languages write it. */
function* jsonTexts(parameters: readonly { name: string; value: string }[]): Iterable<string> {
  const compact = JSON.stringify(
    Object.fromEntries(parameters.map(({ name, value }) => [name, value])),
  )
  const spaced = `{${parameters
    .map(({ name, value }) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
    .join(', ')}}`
  for (const text of [compact, spaced]) {
    const ascii = text.replaceAll(
      /[\u007f-\uffff]/g,
      (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`,
    )
    for (const one of [text, ascii]) {
      yield one
      yield one.replaceAll('/', '\\/')
    }
  }
}

/** So many bodies are tried together with other mistakes. */
const commonBodies = 4

export const bodyAppended: Hypothesis = {
  id: 'body-appended',
  title: explain('A body was appended that does not belong there', '多拼接了请求体'),
  fix: 'body',
  *variants(recipe, { form, params }): Iterable<Variant> {
    if (recipe.body !== '') return
    const detail = explain(
      'The form body was appended to the string to sign; only the raw body of a JSON, XML or batch call is.',
      '待签名串后又拼接了表单请求体；只有 JSON、XML 或批量调用的原始请求体才需要拼接。',
    )
    const bodies = new Set<string>()
    if (form) {
      bodies.add(form)
      // The form as it was before the sign was put in.
      bodies.add(
        form
          .split('&')
          .filter((part) => !/^sign=/.test(part))
          .join('&'),
      )
    }
    const entries = [...texts({ ...recipe, entries: inOrderOfSending(recipe) })]
    const groups = [
      entries,
      entries.filter(({ name }) => !isSystemParameter(name)),
      entries.filter(({ name }) => isSystemParameter(name)),
    ]
    for (const group of groups) {
      const sorted = [...group].sort((a, b) => (a.name < b.name ? -1 : 1))
      const filled = group.filter(({ value }) => value !== '')
      for (const some of [group, sorted, filled]) {
        for (const encode of encoders) {
          bodies.add(some.map(({ name, value }) => `${encode(name)}=${encode(value)}`).join('&'))
        }
        for (const text of jsonTexts(some)) bodies.add(text)
      }
    }
    for (const text of ['{}', 'null', '""', '[]', 'None', 'undefined', '\n', '\r\n', ' '])
      bodies.add(text)
    if (params.method) bodies.add(params.method)
    for (const [at, body] of [...bodies].filter((text) => text !== '').entries()) {
      yield { apply: (recipe) => ({ ...recipe, body }), rare: at >= commonBodies, detail }
    }
  },
}

const nameChanged: Hypothesis = {
  id: 'name-changed',
  title: explain('A parameter was signed under another name', '参数以另一个名称参与了签名'),
  fix: 'same-set',
  *variants(recipe): Iterable<Variant> {
    const camel = (name: string) =>
      name.replaceAll(/[_.]([a-z])/g, (_, letter: string) => letter.toUpperCase())
    const spellings: readonly ((name: string) => string)[] = [
      (name) => name.toLowerCase(),
      (name) => name.toUpperCase(),
      camel,
      (name) => name.replaceAll('.', '__'),
      (name) => name.replaceAll('.', '_'),
      (name) => name.replaceAll('_', ''),
      (name) => name.replaceAll('_', '-'),
      (name) => name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      (name) => `${name.charAt(0).toUpperCase()}${camel(name).slice(1)}`,
    ]
    const rename =
      (change: (name: string) => string, only?: string): Change =>
      (recipe) => ({
        ...recipe,
        entries: recipe.entries.map((entry) =>
          only === undefined || entry.name === only
            ? { ...entry, name: change(entry.name) }
            : entry,
        ),
      })
    const detail = (from: string, to: string) =>
      explain(`Sent as "${from}", signed as "${to}".`, `发送时名为 "${from}"，签名时名为 "${to}"。`)
    for (const change of spellings) {
      const first = recipe.entries.find(({ name }) => change(name) !== name)
      if (!first) continue
      yield {
        apply: rename(change),
        parameter: first.name,
        detail: detail(first.name, change(first.name)),
      }
      for (const { name } of recipe.entries) {
        if (change(name) !== name) {
          yield {
            apply: rename(change, name),
            rare: true,
            parameter: name,
            detail: detail(name, change(name)),
          }
        }
      }
    }
  },
}

/** System parameters that were signed with another of their few values. */
const changedAfterSigning: Hypothesis = {
  id: 'parameter-changed-after-signing',
  title: explain('A parameter was changed after signing', '签名之后参数值被修改'),
  fix: 'sign-last',
  repeats: true,
  *variants(recipe, { sessions, otherSecrets }): Iterable<Variant> {
    const values: Readonly<Record<string, readonly string[]>> = {
      format: ['json', 'xml', 'JSON', 'XML', 'json2', 'xml2', ''],
      v: ['2.0', '2', '1.0', ''],
      sign_method: [
        'md5',
        'hmac',
        'hmac-sha256',
        'MD5',
        'HMAC',
        'hmac-md5',
        'sha256',
        'HmacSHA256',
        'hmac_sha256',
        '',
      ],
      simplify: ['true', 'false', '1', '0', ''],
      session: [...sessions.slice(0, 50), ''],
      app_key: [...otherSecrets.keys()],
      page_no: ['1', '0', '2'],
      page_size: ['10', '20', '40', '50', '100', '200'],
    }
    for (const { name, value } of texts(recipe)) {
      for (const other of values[name] ?? []) {
        if (other === value) continue
        yield {
          apply: withValue(name, other),
          parameter: name,
          detail:
            name === 'session'
              ? explain(
                  'Signed with another session than the one that was sent.',
                  '签名时的 session 与发送的不同。',
                )
              : explain(
                  `Signed with ${name}=${other}, sent with ${name}=${value}.`,
                  `签名时 ${name}=${other}，发送时 ${name}=${value}。`,
                ),
        }
      }
    }
  },
}

export const parameterHypotheses: readonly Hypothesis[] = [
  emptyParameterSkipped,
  fileParameterSigned,
  signItselfSigned,
  bodyMissing,
  bodyMisplaced,
  addedAfterSigning,
  signedNotSent,
  changedAfterSigning,
  nameChanged,
]
