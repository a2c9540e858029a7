import { requiredParameters } from '../contracts/define-method.ts'
import { itemAdd } from '../contracts/methods/item.ts'
import type { ProfileName } from '../contracts/profile.ts'
import type { TopFile, WireArguments } from '../contracts/protocol/scalars.ts'
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
  const example: Readonly<Record<string, string>> = itemAdd.example
  const names = requiredParameters(itemAdd, profile)
  const sent = Object.fromEntries(names.map((name) => [name, example[name] as string]))
  return signedCall(url, itemAdd.name, sent, who, now)
}

/**
 * A signed call of any method as a `curl` command for a POSIX shell, valid for ten minutes from `now`.
 * A file must be printable: the command carries its content.
 */
export function signedCall(
  url: string,
  method: string,
  sent: WireArguments,
  who: Credentials,
  now: number,
): string {
  const { texts, files } = signedParts(method, sent, who, now)
  const hasFiles = Object.keys(files).length > 0
  const lines = [
    // --form-string takes a text as it is, where -F would read files for one that begins with @.
    ...Object.entries(texts).map(
      ([name, value]) =>
        `${hasFiles ? '--form-string' : '--data-urlencode'} ${quote(`${name}=${value}`)}`,
    ),
    ...Object.entries(files).map(([name, { bytes, fileName, contentType }]) => {
      const content = new TextDecoder().decode(bytes)
      return `-F ${quote(`${name}=${content};filename=${fileName};type=${contentType}`)}`
    }),
  ]
  return [`curl -s ${url}/router/rest`, ...lines].join(' \\\n  ')
}

/** All parameters of a call with its sign, texts and files apart: files are not signed. */
export function signedParts(
  method: string,
  sent: WireArguments,
  who: Credentials,
  now: number,
): { texts: Record<string, string>; files: Record<string, TopFile> } {
  const texts: Record<string, string> = {
    method,
    app_key: who.appKey,
    session: who.session,
    timestamp: formatTime(now),
    format: 'json',
    v: '2.0',
    sign_method: 'md5',
  }
  const files: Record<string, TopFile> = {}
  for (const [name, value] of Object.entries(sent)) {
    if (typeof value === 'string') texts[name] = value
    else files[name] = value
  }
  texts.sign = sign(texts, who.appSecret, 'md5')
  return { texts, files }
}

const quote = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`
