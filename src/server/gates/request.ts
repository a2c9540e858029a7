import type { AnyContract } from '../../contracts/define-method.ts'
import { findError, magicReference } from '../../contracts/error-reference.ts'
import { assumed, type Behaviour } from '../../contracts/fidelity.ts'
import { formats } from '../../contracts/protocol/envelope.ts'
import { type Explanation, Rejection, reject } from '../../contracts/protocol/errors.ts'
import type { Received } from '../call.ts'

/** What is said of a call that passes a limit; the platform's own limits are not known. */
export const tooLarge = {
  body: (bytes: number): Explanation => ({
    en: `The body is larger than ${bytes} bytes, more than this gateway reads.`,
    zh: `请求体超过 ${bytes} 字节，网关不予读取。`,
  }),
  text: (bytes: number): Explanation => ({
    en: `The text of the call is larger than ${bytes} bytes, more than this gateway reads.`,
    zh: `文本内容超过 ${bytes} 字节，网关不予读取。`,
  }),
  parameters: (most: number): Explanation => ({
    en: `The call has more than ${most} parameters and files, more than this gateway reads.`,
    zh: `参数和文件超过 ${most} 个，网关不予读取。`,
  }),
  batch: (most: number): Explanation => ({
    en: `The batch has more than ${most} calls, more than this gateway takes.`,
    zh: `批量请求中的调用超过 ${most} 个，网关不予受理。`,
  }),
} as const

export function checkVerb({ verb }: Received): Rejection | undefined {
  if (verb === 'POST' || verb === 'GET') return undefined
  return reject(
    'http-action-not-allowed',
    {},
    {
      en: `The verb was ${verb}; only GET and POST are allowed.`,
      zh: `请求方法为 ${verb}，只允许 GET 和 POST。`,
    },
  )
}

export function checkEncoding({ badEncoding, tooLarge }: Received): Rejection | undefined {
  if (tooLarge) return reject('remote-service-error/isp.top-parse-error', {}, tooLarge)
  if (!badEncoding) return undefined
  return reject(
    'invalid-encoding',
    {},
    {
      en: 'A parameter is not UTF-8. Encode all names and values in UTF-8 before percent-encoding them.',
      zh: '参数不是 UTF-8 编码。请先以 UTF-8 编码，再做 URL 编码。',
    },
  )
}

/**
 * The parameters in which `[[27/session-expired]]` asks for that error: those that callers of any SDK
 * can set as they like. Not `desc`, whose text is its author's business and long.
 */
export const magicParameters = ['session', 'app_key', 'title', 'fields', 'q', 'outer_id'] as const

/**
 * Answers what `x-localtop-error` asks for, or a magic value in a parameter, before anything else is
 * looked at. The header wins.
 *
 * @param find the gateway's registry: what the called method declares of a sub-code is answered
 */
export function forceError(find: (name: string) => AnyContract | undefined) {
  return function forced({ forcedError, params }: Received): Rejection | undefined {
    if (forcedError !== undefined) return asked(forcedError, 'x-localtop-error', params)
    for (const name of magicParameters) {
      const value = params[name]
      // Nearly every call ends here: nothing else may be done for those that ask for nothing.
      if (value === undefined || !value.includes('[[')) continue
      const reference = magicReference(value)
      if (reference !== undefined) return asked(reference, name, params)
    }
    return undefined
  }

  function asked(reference: string, where: string, { method }: Received['params']): Rejection {
    const found = findError(reference, {}, method === undefined ? undefined : find(method))
    if (typeof found === 'string') {
      const detail = { en: `${where}: ${found}`, zh: `${where} 无法识别：${found}` }
      return reject('parameter-error', {}, detail)
    }
    const { name, error, retryAfter } = found
    const detail = {
      en: `${where} asked for ${reference}.`,
      zh: `由 ${where} 指定返回 ${reference}。`,
    }
    return new Rejection(name, error, detail, retryAfter)
  }
}

/** Double brackets where a magic value may stand, that hold none: somebody may have misspelt a name. */
export function unusedBrackets({ params }: Received): string[] {
  return magicParameters.flatMap((name) => {
    const text = params[name] ?? ''
    const [brackets] = /\[\[[^[\]]{1,200}\]\]/.exec(text) ?? []
    return brackets === undefined || magicReference(text) !== undefined
      ? []
      : [
          // A session is nobody's to read.
          `${name} has ${name === 'session' ? 'double brackets with what' : `"${brackets}", which`} is no reference of an error; it was taken for text`,
        ]
  })
}

export function checkMethodPresent({
  params,
  rawBody,
  contentType,
}: Received): Rejection | undefined {
  if (params.method) return undefined
  const unread =
    rawBody === ''
      ? ''
      : ` The body (${contentType}) is not read as parameters; send application/x-www-form-urlencoded or multipart/form-data.`
  return reject(
    'missing-method/missing-method',
    {},
    {
      en: `No parameter "method" came.${unread}`,
      zh: `没有 method 参数。${unread === '' ? '' : `请求体类型 ${contentType} 不会被当作参数读取，请使用 application/x-www-form-urlencoded 或 multipart/form-data。`}`,
    },
  )
}

export function checkVersion({ params }: Received): Rejection | undefined {
  const version = params.v
  if (version === '2.0') return undefined
  if (!version) return reject('missing-version')
  const expected = { en: `v was "${version}"; expected 2.0.`, zh: `v 为 "${version}"，应为 2.0。` }
  return /^\d+\.\d+$/.test(version)
    ? reject('unsupported-version', {}, expected)
    : reject('invalid-version', {}, expected)
}

export function checkFormat({ params }: Received): Rejection | undefined {
  const format = params.format
  if (!format || (formats as readonly string[]).includes(format)) return undefined
  return reject(
    'invalid-format',
    {},
    {
      en: `format was "${format}"; expected json or xml.`,
      zh: `format 为 "${format}"，应为 json 或 xml。`,
    },
  )
}

/** What the gateway assumes of requests. */
export const requestBehaviours: readonly Behaviour[] = [
  {
    name: 'a body may have 16 MB, a call 1,000 parameters, a batch 100 calls; more is refused as isp.top-parse-error',
    ...assumed("the platform's own limits are not known"),
  },
  {
    name: 'PUT, DELETE and other verbs are refused as 9',
    ...assumed('the error table names GET and POST; other verbs were never seen answered'),
  },
  {
    name: 'format may be json or xml; json2 and xml2, which SDKs know, are refused as 23',
    ...assumed('no document says what they are'),
  },
  {
    name: 'a v of two numbers other than 2.0 is refused as 34, any other text as 33',
    ...assumed('the error table has both; where the line runs was never seen'),
  },
  {
    name: 'a refusal is written in the format asked for where that can be read, else in the default one',
    ...assumed('nobody has seen a call with an unknown format answered'),
  },
]
