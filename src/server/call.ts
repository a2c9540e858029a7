import type { Profile } from '../contracts/profile.ts'
import type { Format } from '../contracts/protocol/envelope.ts'
import type { Explanation } from '../contracts/protocol/errors.ts'
import type { Parameters } from '../contracts/protocol/parameters.ts'
import type { App, World } from './state/world.ts'

/** The texts that all parameters of a call were read from. */
export interface Source {
  /** The query without its `?`. */
  readonly query: string
  /** An urlencoded body. */
  readonly form: string
  /** How many parameters were taken at the most. */
  readonly room: number
}

/** A call as it came in, before any gate: what is read leniently so that even a refusal can be written. */
export interface Received extends Parameters {
  /** `undefined` for a call whose parameters came otherwise: in a multipart body, or in a batch. */
  readonly source: Source | undefined
  /** Where it came from: `GET`, `POST`, as sent. */
  readonly verb: string
  readonly path: string
  /** Scheme and authority of the request's URL, without a slash at its end: the Host that the caller sent. */
  readonly origin: string
  /** The raw body of a JSON, XML or text call, which is signed but not read as parameters. */
  readonly rawBody: string
  readonly contentType: string
  /** What passed a limit of the gateway and was not read. */
  readonly tooLarge: Explanation | undefined
  /** What `x-localtop-error` asks for. */
  readonly forcedError: string | undefined
  /** The world of the app key, or the gateway's own where the key is nobody's. */
  readonly world: World
  /** Present when the app key is known. */
  readonly app: App | undefined
  readonly profile: Profile
  readonly format: Format
  readonly simplify: boolean
  readonly requestId: string
  /** The virtual time at which the call arrived, in milliseconds. */
  readonly now: number
  /** The real time at which it arrived, in milliseconds. */
  readonly wall: number
}

/**
 * Room for the facts that gates add: an object that has all its properties from the start keeps one
 * hidden class, which makes every gate cheaper.
 */
export const noFacts = {
  contract: undefined,
  fate: undefined,
  session: undefined,
  seller: undefined,
  request: undefined,
  response: undefined,
  isGiven: undefined,
}
