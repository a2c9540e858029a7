import {
  addUrlencoded,
  noParameters,
  type Parameters,
} from '../../contracts/protocol/parameters.ts'
import type { Source } from '../call.ts'
import type { Entry } from './exchange.ts'

/**
 * A call as the journal keeps it: the texts that its parameters came in, which are read once more when
 * somebody looks. Two dozen parameters are as many objects that the garbage collector copies and frees
 * again; kept for each of the last thousand calls, they would cost a quarter of what the gateway does.
 */
class KeptCall {
  readonly #source: Source
  #read: Parameters['params'] | undefined
  readonly files: undefined
  readonly repeated
  readonly badEncoding
  readonly room
  readonly verb
  readonly path
  readonly origin
  readonly rawBody
  readonly contentType
  readonly tooLarge
  readonly forcedError
  readonly world
  readonly app
  readonly profile
  readonly format
  readonly simplify
  readonly requestId
  readonly now
  readonly wall
  readonly contract
  readonly response
  readonly isGiven
  readonly fate

  constructor(call: Entry['call'], source: Source) {
    this.#source = source
    this.repeated = call.repeated
    this.badEncoding = call.badEncoding
    this.room = call.room
    this.verb = call.verb
    this.path = call.path
    this.origin = call.origin
    this.rawBody = call.rawBody
    this.contentType = call.contentType
    this.tooLarge = call.tooLarge
    this.forcedError = call.forcedError
    this.world = call.world
    this.app = call.app
    this.profile = call.profile
    this.format = call.format
    this.simplify = call.simplify
    this.requestId = call.requestId
    this.now = call.now
    this.wall = call.wall
    this.contract = call.contract
    this.response = call.response
    this.isGiven = call.isGiven
    this.fate = call.fate
  }

  get params(): Parameters['params'] {
    this.#read ??= readFrom(this.#source).params
    return this.#read
  }

  get source(): Source {
    return this.#source
  }
}

/** What the journal keeps of a call: what is not urlencoded text as it is. */
export const keptCall = (call: Entry['call']): Entry['call'] =>
  call.source ? new KeptCall(call, call.source) : call

const readFrom = ({ query, form, room }: Source): Parameters => {
  const parameters = noParameters(room)
  addUrlencoded(parameters, query)
  addUrlencoded(parameters, form)
  return parameters
}
