import type {
  AnyContract,
  RequestOf,
  ResponseOf,
  SubCodeOf,
} from '../../contracts/define-method.ts'
import { type Rejection, rejectBusiness } from '../../contracts/protocol/errors.ts'
import type { App, Seller, World } from '../state/world.ts'

/** Everything a handler may use. It checks first and changes last, without awaiting in between. */
export interface HandlerContext<C extends AnyContract> {
  readonly request: RequestOf<C>
  /** The session's seller; only present where the contract requires a session. */
  readonly seller: C['session'] extends 'required' ? Seller : Seller | undefined
  /** The app that calls. */
  readonly app: App
  readonly world: World
  /** Milliseconds since the epoch on the gateway's clock. */
  readonly now: number
  /** Scheme and authority by which the call came, `http://127.0.0.1:7070`: what answered addresses begin with. */
  readonly origin: string
  /** Refuses with a sub-code that the contract declares; another does not compile. */
  readonly fail: (subCode: SubCodeOf<C>, subMsg?: string) => Rejection
}

/** What answers a stateful method. */
export type Handler<C extends AnyContract> = (
  context: HandlerContext<C>,
) => ResponseOf<C> | Rejection | Promise<ResponseOf<C> | Rejection>

/** A handler for every contract of a table, no more and no fewer. */
export type HandlersFor<T extends Readonly<Record<string, AnyContract>>> = {
  readonly [N in keyof T]: Handler<T[N]>
}

export type AnyHandler = (
  context: HandlerContext<never>,
) => object | Rejection | Promise<object | Rejection>

/** The `fail` of a contract: the sub-code with the code and the text it is declared with. */
export function failWith(contract: AnyContract) {
  return (subCode: string, subMsg?: string): Rejection => {
    const declared = contract.errors[subCode]
    const meaning = declared?.meaning ?? ''
    const detail = { en: meaning, zh: declared?.sub_msg ?? meaning }
    return rejectBusiness(subCode, subMsg ?? declared?.sub_msg, detail, declared?.code)
  }
}
