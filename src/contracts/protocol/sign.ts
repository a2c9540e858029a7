import * as crypto from 'node:crypto'

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

/** `undefined` is a call without `sign_method`: MD5 with the secret in front only (oldest SDKs). */
export function digest(text: string, secret: string, method: SignMethod | undefined): string {
  switch (method) {
    case 'md5':
      return md5(secret + text + secret)
    case undefined:
      return md5(secret + text)
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
