import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import { acceptedForm, isSignMethod } from '../../contracts/protocol/sign.ts'
import type { Received } from '../call.ts'
import type { App } from '../state/world.ts'

export function verifySignature(call: Received & { app: App }): Rejection | undefined {
  const { params, rawBody, app, profile } = call
  if (!params.sign) return reject('missing-signature')
  if (acceptedForm(params, app.app_secret, profile, rawBody)) return undefined
  const declared = params.sign_method
  if (declared && !isSignMethod(declared)) {
    return reject(
      'invalid-signature',
      {},
      {
        en: `sign_method was "${declared}"; expected md5, hmac or hmac-sha256.`,
        zh: `sign_method 为 "${declared}"，应为 md5、hmac 或 hmac-sha256。`,
      },
    )
  }
  return reject(
    'invalid-signature',
    {},
    {
      en: `The sign does not match. The gateway signed ${listed(params)}${rawBody === '' ? '' : ' and the body'} with ${declared || 'md5'}; expected upper-case hex over exactly these, sorted by name.`,
      zh: `签名不匹配。网关参与签名的参数为 ${listed(params)}，方式 ${declared || 'md5'}；应为按参数名排序后的大写十六进制签名。`,
    },
  )
}

/** What is odd about a sign that was accepted, for the journal. */
export function signOddity(call: Received): string | undefined {
  const { params, app, profile, rawBody } = call
  const declared = params.sign_method
  if (!app || !params.sign || (declared && isSignMethod(declared))) return undefined
  const form = acceptedForm(params, app.app_secret, profile, rawBody)
  if (!form) return undefined
  const how = { 'md5-secret-in-front': 'in front only', 'md5-secret-behind': 'behind only' }
  const where = form in how ? how[form as keyof typeof how] : 'in front and behind'
  return declared
    ? `sign_method was "${declared}", which is none; the sign was accepted as MD5 with the secret ${where}`
    : `sign_method is documented as required; without one the sign was accepted as MD5 with the secret ${where}`
}

const listed = (params: Readonly<Record<string, string>>) =>
  Object.keys(params)
    .filter((name) => name !== 'sign')
    .sort()
    .join(', ')
