import { decodeArguments, missingArgument } from '../../contracts/arguments.ts'
import type { AnyContract } from '../../contracts/define-method.ts'
import { type Rejection, reject } from '../../contracts/protocol/errors.ts'
import type { WireArguments } from '../../contracts/protocol/scalars.ts'
import type { Received } from '../call.ts'

type Checked = Received & { contract: AnyContract }

export function checkRequired(call: Checked): Rejection | undefined {
  const parameter = missingArgument(call.contract, call.profile.name, sentBy(call))
  if (parameter === undefined) return undefined
  return reject(
    'missing-required-arguments',
    { parameter },
    {
      en: `${call.contract.name} demands "${parameter}" in the ${call.profile.name} profile; it is absent or empty.`,
      zh: `${call.contract.name} 在 ${call.profile.name} 模式下必须传 "${parameter}"，而请求中没有或为空。`,
    },
  )
}

export function readArguments(call: Checked): { request: object } | Rejection {
  const result = decodeArguments(call.contract, sentBy(call))
  if ('request' in result) return result
  const [issue] = result.issues
  const { parameter, expected, received } = issue as NonNullable<typeof issue>
  return reject(
    'invalid-arguments',
    { parameter },
    {
      en: `"${parameter}" was "${received}": ${expected}.`,
      zh: `参数 "${parameter}" 的值 "${received}" 不合法：${expected}。`,
    },
  )
}

/** Texts and files together; only a multipart call has files. */
export function sentBy({ params, files }: Received): WireArguments {
  return files ? Object.assign(Object.create(null), params, files) : params
}
