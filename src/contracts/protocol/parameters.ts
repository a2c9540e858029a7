import querystring from 'node:querystring'
import { assumed, type Behaviour, observed } from '../fidelity.ts'
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
  /** How many more are taken; below 0 more have come, and the rest was not read. */
  room: number
}

/**
 * Makes objects that inherit nothing, so that `__proto__` and `constructor` are names like any other.
 * Unlike `Object.create(null)` itself, which V8 keeps as a slow dictionary, they share hidden classes.
 */
const Bare = function Bare() {} as unknown as new () => Record<string, string>
Bare.prototype = Object.create(null)

/** @param room how many parameters and files are taken at the most */
export const noParameters = (room = Number.POSITIVE_INFINITY): Parameters => ({
  params: new Bare(),
  files: undefined,
  repeated: undefined,
  badEncoding: false,
  room,
})

/** Sets a text parameter unless the name is taken, or there is no room for it. */
export function addParameter(into: Parameters, name: string, value: string): void {
  if (--into.room < 0) return
  if (into.params[name] !== undefined) {
    into.repeated ??= []
    into.repeated.push(name)
  } else {
    into.params[name] = value
  }
}

const replacement = '\uFFFD'

/**
 * Adds the parameters of an urlencoded text: a query string without its `?`, or a body.
 * `%zz` stays as it is and `+` is a blank, as the platform's clients expect. Split by hand: half the
 * time of `querystring.parse`, a third of `URLSearchParams`.
 */
export function addUrlencoded(into: Parameters, text: string): void {
  // Four times as quick as `replaceAll` where there is little else than blanks.
  const spaced = text.includes('+') ? text.split('+').join(' ') : text
  if (spaced.includes(replacement)) into.badEncoding = true
  for (let from = 0; from < spaced.length && into.room >= 0; ) {
    let end = spaced.indexOf('&', from)
    if (end < 0) end = spaced.length
    if (end > from) {
      const mark = spaced.indexOf('=', from)
      const hasValue = mark >= 0 && mark < end
      const name = decode(spaced.slice(from, hasValue ? mark : end), into)
      const value = hasValue ? decode(spaced.slice(mark + 1, end), into) : ''
      if (name !== '' || value !== '') addParameter(into, name, value)
    }
    from = end + 1
  }
}

/** From this length on V8 cuts a text out by pointing into it. */
const shortestPart = 13

function decode(text: string, into: Parameters): string {
  // A longer piece stays a part of the whole in memory, which would live as long as an item does that has it;
  // what is decoded is a copy.
  if (text.length < shortestPart && !text.includes('%')) return text
  try {
    return decodeURIComponent(text)
  } catch {
    // An escape that is none, or bytes that are no UTF-8: this one keeps the first and replaces the second.
    const decoded = querystring.unescape(text)
    // What was sent as that very character is no replacement.
    const sent = text.match(/%EF%BF%BD/gi)?.length ?? 0
    if (decoded.split(replacement).length - 1 > sent) into.badEncoding = true
    return decoded
  }
}

/** What the gateway assumes of parameters. */
export const parameterBehaviours: readonly Behaviour[] = [
  {
    name: 'of a parameter that comes more than once the first counts, the query before the body',
    ...assumed('nobody has seen what the gateway makes of repeated parameters'),
  },
  {
    name: 'query and body are read together; system parameters may stand in either',
    ...observed('official SDKs put them in one, the other or both'),
  },
  {
    name: '%zz, which is no escape, stays as it is; + is a blank',
    ...assumed("as the decoders of the platform's age do"),
  },
]
