import querystring from 'node:querystring'
import type { TopFile } from './scalars.ts'

/** The system parameters; every other parameter of a call is a business parameter. */
export const systemParameters = {
  method: { required: true, summary: 'API name, such as taobao.item.add' },
  app_key: { required: true, summary: 'key of the calling application' },
  session: {
    required: false,
    summary: "a seller's authorisation; the method says whether it is needed",
  },
  timestamp: { required: true, summary: 'yyyy-MM-dd HH:mm:ss in GMT+8, at most ten minutes off' },
  v: { required: true, summary: 'protocol version, always 2.0' },
  sign_method: { required: true, summary: 'md5, hmac (HMAC-MD5) or hmac-sha256' },
  sign: { required: true, summary: 'upper-case hex signature over all other text parameters' },
  format: { required: false, summary: 'xml or json' },
  simplify: { required: false, summary: 'true flattens JSON answers' },
  partner_id: { required: false, summary: 'tag of the SDK' },
  target_app_key: { required: false, summary: 'app that provides the called API' },
} as const

export const isSystemParameter = (name: string) => Object.hasOwn(systemParameters, name)

/** What a call carries, before anything is judged. */
export interface Parameters {
  /** Decoded text parameters of query and body by name. Has no prototype: any name is safe. */
  readonly params: Record<string, string>
  /** Files of a multipart body by name; `undefined` for the common call without one. */
  files: Record<string, TopFile> | undefined
  /** Names that came more than once; the first one, query before body, counts (assumed). */
  repeated: string[] | undefined
  /** A value, or a name, was not UTF-8. */
  badEncoding: boolean
}

export const noParameters = (): Parameters => ({
  params: Object.create(null) as Record<string, string>,
  files: undefined,
  repeated: undefined,
  badEncoding: false,
})

/** Sets a text parameter unless the name is taken. */
export function addParameter(into: Parameters, name: string, value: string): void {
  if (name in into.params) {
    into.repeated ??= []
    into.repeated.push(name)
  } else {
    into.params[name] = value
  }
}

const replacement = '\uFFFD'
const decodeOptions = { maxKeys: 0 }

/**
 * Adds the parameters of an urlencoded text: a query string without its `?`, or a body.
 * `%zz` stays as it is and `+` is a blank, as the platform's clients expect.
 */
export function addUrlencoded(into: Parameters, text: string): void {
  if (text === '') return
  const parsed = querystring.parse(text, '&', '=', decodeOptions)
  // What the decoder could not read it replaced; what was sent as that very character it kept.
  let replaced = 0
  for (const name in parsed) {
    const value = parsed[name]
    const values = typeof value === 'string' ? [value] : (value ?? [])
    for (const one of values) {
      if (name !== '' || one !== '') addParameter(into, name, one)
      replaced += replacementsIn(name) + replacementsIn(one)
    }
  }
  if (replaced > 0 && replaced > (text.match(/%EF%BF%BD/gi)?.length ?? 0)) into.badEncoding = true
}

const replacementsIn = (text: string): number =>
  text.includes(replacement) ? text.split(replacement).length - 1 : 0
