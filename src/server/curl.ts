import { requiredParameters } from '../contracts/define-method.ts'
import { itemAdd } from '../contracts/methods/item.ts'
import type { ProfileName } from '../contracts/profile.ts'
import { sign } from '../contracts/protocol/sign.ts'
import { formatTime } from '../contracts/protocol/timestamp.ts'

/** Whose call a sample is. */
export interface Credentials {
  readonly appKey: string
  readonly appSecret: string
  readonly session: string
}

/** A signed `taobao.item.add` as a `curl` command for a POSIX shell, valid for ten minutes from `now`. */
export function signedCurl(
  url: string,
  who: Credentials,
  profile: ProfileName,
  now: number,
): string {
  const params: Record<string, string> = {
    method: itemAdd.name,
    app_key: who.appKey,
    session: who.session,
    timestamp: formatTime(now),
    format: 'json',
    v: '2.0',
    sign_method: 'md5',
  }
  for (const name of requiredParameters(itemAdd, profile)) {
    params[name] = (itemAdd.example as Readonly<Record<string, string>>)[name] as string
  }
  params.sign = sign(params, who.appSecret, 'md5')
  const lines = Object.entries(params).map(
    ([name, value]) => `--data-urlencode ${quote(`${name}=${value}`)}`,
  )
  return [`curl -s ${url}/router/rest`, ...lines].join(' \\\n  ')
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
