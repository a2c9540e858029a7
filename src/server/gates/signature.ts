import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import {
  canonicalString,
  canonicalStringByPair,
  digest,
  type SignMethod,
} from '../../contracts/protocol/sign.ts'
import type { Received } from '../call.ts'
import type { App } from '../state/world.ts'
import { unknownSignMethod } from './request.ts'

export function verifySignature(call: Received & { app: App }): Rejection | undefined {
  const given = call.params.sign
  if (!given) return reject('missing-signature')
  const declared = call.params.sign_method
  if (unknownSignMethod(declared)) {
    return reject(
      'invalid-signature',
      {},
      {
        en: `sign_method was "${declared}"; expected md5, hmac or hmac-sha256.`,
        zh: `sign_method 为 "${declared}"，应为 md5、hmac 或 hmac-sha256。`,
      },
    )
  }
  const sign = call.profile.lowerCaseSign ? given.toUpperCase() : given
  const text = canonicalString(call.params, call.rawBody)
  if (matches(text, sign, call.app.app_secret, declared)) return undefined
  if (call.profile.signSortedByPair) {
    const byPair = canonicalStringByPair(call.params, call.rawBody)
    if (byPair !== text && matches(byPair, sign, call.app.app_secret, declared)) return undefined
  }
  return reject(
    'invalid-signature',
    {},
    {
      en: `The sign does not match. The gateway signed ${listed(call.params)}${call.rawBody === '' ? '' : ' and the body'} with ${declared || 'md5, secret in front'}; expected upper-case hex over exactly these, sorted by name.`,
      zh: `签名不匹配。网关参与签名的参数为 ${listed(call.params)}，方式 ${declared || 'md5'}；应为按参数名排序后的大写十六进制签名。`,
    },
  )
}

/** Without `sign_method` both MD5 forms are accepted: SDKs of that age send either. */
function matches(
  text: string,
  sign: string,
  secret: string,
  declared: string | undefined,
): boolean {
  if (declared) return digest(text, secret, declared as SignMethod) === sign
  return digest(text, secret, undefined) === sign || digest(text, secret, 'md5') === sign
}

const listed = (params: Readonly<Record<string, string>>) =>
  Object.keys(params)
    .filter((name) => name !== 'sign')
    .sort()
    .join(', ')
