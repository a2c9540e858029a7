import { isSecretName } from '../../contracts/index.ts'
import { publicSecrets } from './capsule.ts'

/** What stands in a capsule where a secret stood: the same for the same secret, wherever it occurs. */
export interface StandIns {
  /** For a value that is a secret by its place. Those that come with LocalTOP stand for themselves. */
  of(secret: string, kind: string): string
  /** A text without the secrets met so far, however they are written in it. */
  scrub(text: string): string
  /** Texts of a structure without secrets: by the names they stand under, and wherever a known one occurs. */
  scrubAll<T>(value: T): T
  /** Members of JSON in a text that are secrets by their names, and known ones anywhere. */
  scrubJson(text: string): string
}

/** Shorter ones are replaced where they stand as a secret only: they occur in texts that mean something else. */
const shortestScrubbed = 8

const isSecretKey = (name: string) => name === 'appSecret' || isSecretName(name)

const jsonMember = /"((?:[^"\\]|\\.)*)"(\s*:\s*)"((?:[^"\\]|\\.)*)"/g

export function createStandIns(): StandIns {
  const known = new Map<string, string>()
  let pattern: RegExp | undefined
  let written = new Map<string, string>()

  function learn(secret: string, kind: string): string {
    const before = known.get(secret)
    if (before !== undefined) return before
    const number = [...known.values()].filter((one) => one.startsWith(`${kind}-`)).length + 1
    const standIn = publicSecrets.has(secret) ? secret : `${kind}-${number}`
    known.set(secret, standIn)
    pattern = undefined
    return standIn
  }

  /** One pass over a text for all secrets, the longest first. */
  function compiled(): RegExp | undefined {
    if (pattern) return pattern
    written = new Map()
    for (const [secret, standIn] of known) {
      if (secret.length < shortestScrubbed || secret === standIn) continue
      for (const write of writings) written.set(write(secret), standIn)
    }
    if (written.size === 0) return undefined
    const all = [...written.keys()].sort((a, b) => b.length - a.length)
    pattern = new RegExp(all.map(escapeRegExp).join('|'), 'g')
    return pattern
  }

  function scrub(text: string): string {
    const secrets = compiled()
    return secrets ? text.replaceAll(secrets, (found) => written.get(found) ?? found) : text
  }

  function scrubAll(value: unknown, key = ''): unknown {
    if (typeof value === 'string')
      return value !== '' && isSecretKey(key) ? learn(value, kindOf(key)) : scrub(value)
    if (Array.isArray(value)) return value.map((one) => scrubAll(one, key))
    if (typeof value !== 'object' || value === null) return value
    return Object.fromEntries(
      Object.entries(value).map(([name, part]) => [scrub(name), scrubAll(part, name)]),
    )
  }

  return {
    of: (secret, kind) => learn(secret, kind),
    scrub,
    scrubAll: <T>(value: T) => scrubAll(value) as T,
    scrubJson: (text) =>
      scrub(
        text.replaceAll(jsonMember, (member, name: string, colon: string, value: string) =>
          isSecretKey(name) && value !== ''
            ? `"${name}"${colon}${JSON.stringify(learn(unescaped(value), kindOf(name)))}`
            : member,
        ),
      ),
  }
}

/** What a stand-in is called. */
export const kindOf = (name: string): string =>
  name === 'session' || name === 'access_token'
    ? 'session'
    : /secret/i.test(name)
      ? 'secret'
      : name.replaceAll('_', '-')

/** How a secret may be written: as it is, in a URL, in JSON, in XML. */
const writings = [
  (secret: string) => secret,
  encodeURIComponent,
  (secret: string) => encodeURIComponent(secret).replaceAll('%20', '+'),
  (secret: string) => JSON.stringify(secret).slice(1, -1),
  (secret: string) =>
    secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;'),
]

function unescaped(text: string): string {
  try {
    return JSON.parse(`"${text}"`) as string
  } catch {
    return text
  }
}

const escapeRegExp = (text: string) => text.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&')
