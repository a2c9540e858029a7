import * as crypto from 'node:crypto'
import { assumed, type Behaviour, documented, observed } from '../fidelity.ts'

/** The sign methods of the platform; `hmac` is HMAC-MD5. */
export const signMethods = ['md5', 'hmac', 'hmac-sha256'] as const
export type SignMethod = (typeof signMethods)[number]

/** Text parameters by name, as they were received or will be sent. */
export type TextParams = Readonly<Record<string, string>>

/**
 * The string to sign: every parameter but `sign`, sorted by name, name and value joined without
 * separators. Empty values stay in (every official SDK that sends them signs them as the bare name).
 * The default sort compares UTF-16 code units, as the platform's Java does.
 */
export function canonicalString(params: TextParams, body = ''): string {
  let text = ''
  for (const name of Object.keys(params).sort()) {
    if (name !== 'sign') text += name + params[name]
  }
  return text + body
}

/**
 * The order that the guide article's script uses: whole `name + value` texts sorted. It differs
 * from {@link canonicalString} only where one name begins with another.
 */
export function canonicalStringByPair(params: TextParams, body = ''): string {
  const pairs: string[] = []
  for (const name of Object.keys(params)) {
    if (name !== 'sign') pairs.push(name + params[name])
  }
  return pairs.sort().join('') + body
}

/** How a sign was made: by a sign method, or as SDKs older than `sign_method` did. */
export type SignForm = SignMethod | 'md5-secret-in-front' | 'md5-secret-behind'

/** The upper-case hex digest of a string to sign. */
export function digest(text: string, secret: string, form: SignForm): string {
  switch (form) {
    case 'md5':
      return md5(secret + text + secret)
    case 'md5-secret-in-front':
      return md5(secret + text)
    case 'md5-secret-behind':
      return md5(text + secret)
    case 'hmac':
      return crypto.createHmac('md5', secret).update(text).digest('hex').toUpperCase()
    case 'hmac-sha256':
      return crypto.createHmac('sha256', secret).update(text).digest('hex').toUpperCase()
  }
}

const md5 = (text: string) => crypto.hash('md5', text).toUpperCase()

/**
 * Signs a call as `/router/rest` demands: upper-case hex over all text parameters.
 *
 * @param params all text parameters, system and business, query and body; files are left out
 * @param body the raw body of batch, JSON and XML calls, appended after the sorted parameters
 * @example
 * params.sign = sign(params, 'helloworld', 'md5') // '66987CB115214E59E6EC978214934FB8'
 */
export function sign(params: TextParams, secret: string, method: SignMethod, body = ''): string {
  return digest(canonicalString(params, body), secret, method)
}

export const isSignMethod = (text: string): text is SignMethod =>
  (signMethods as readonly string[]).includes(text)

/** In what a profile is more lenient than the platform. */
export interface SignLeniency {
  readonly lowerCaseSign: boolean
  readonly signSortedByPair: boolean
}

/**
 * Whether a gateway accepts the `sign` of a call, and as what: the one judgement, which the signature
 * gate and the signature doctor share.
 *
 * Without `sign_method` three forms of MD5 are tried, for SDKs of that age send any of them; under one
 * that the platform does not know, MD5 with the secret in front only.
 *
 * @param params all text parameters as they were received, `sign` among them
 * @param body the raw body of a batch, JSON or XML call
 * @returns the form that the sign has, or `undefined` for a sign that is refused
 */
export function acceptedForm(
  params: TextParams,
  secret: string,
  { lowerCaseSign, signSortedByPair }: SignLeniency,
  body = '',
): SignForm | undefined {
  const given = params.sign
  if (!given) return undefined
  const sign = lowerCaseSign ? given.toUpperCase() : given
  const forms = formsFor(params.sign_method)
  const formOf = (text: string) => forms.find((form) => digest(text, secret, form) === sign)
  const form = formOf(canonicalString(params, body))
  if (form !== undefined || !signSortedByPair) return form
  return formOf(canonicalStringByPair(params, body))
}

function formsFor(declared: string | undefined): readonly SignForm[] {
  if (!declared) return ['md5-secret-in-front', 'md5', 'md5-secret-behind']
  return isSignMethod(declared) ? [declared] : ['md5-secret-in-front']
}

/** What the gateway assumes of signatures. */
export const signBehaviours: readonly Behaviour[] = [
  {
    name: 'a parameter with an empty value is signed as its bare name',
    ...observed('SDKs that send empty values sign them so; a call that skips them is refused'),
  },
  {
    name: 'every text parameter of query and body is signed, known or not; files are not',
    ...observed('captured calls of two dozen clients'),
  },
  {
    name: 'names are sorted by UTF-16 code unit',
    ...documented('signing page: ASCII order; beyond ASCII as Java sorts'),
  },
  {
    name: 'a sign in lower-case hex is refused (production)',
    ...assumed('the signing page says upper case; nobody has seen a lower-case one judged'),
  },
  {
    name: 'without sign_method, MD5 with the secret in front, behind, or on both sides is accepted',
    ...observed('.NET SDKs send the first, the oldest Java SDK the second'),
  },
  {
    name: 'under an unknown sign_method, MD5 with the secret in front only is accepted, anything else refused as 25',
    ...assumed('one client in use signs so; the real answer was never seen'),
  },
]
