import type { PlatformErrorName, SignMethod } from '../../contracts/index.ts'

/** What cases are about. `protocol` is asked once, `state` tells small stories, the others are asked of every method. */
export const caseKinds = [
  'protocol',
  'call',
  'required',
  'types',
  'limits',
  'session',
  'fields',
  'order',
  'state',
] as const
export type CaseKind = (typeof caseKinds)[number]

/** Whose authorisation a call is sent with. `neighbour` is another seller's, given to the same app. */
export type SessionOf = 'own' | 'none' | 'empty' | 'unknown' | 'expired' | 'foreign' | 'neighbour'

/** A file of a call: bytes in base64, or so many bytes of nothing. */
export interface PlannedFile {
  readonly fileName: string
  readonly contentType: string
  readonly base64?: string
  readonly size?: number
}

/** `timestamp` as a distance from now in seconds, in one of its three forms; or as a text of its own. */
export type PlannedTime =
  | { readonly offset: number; readonly form: 'text' | 'milliseconds' | 'seconds' }
  | { readonly text: string }

/** How a sign is wrong, or right in an unusual way. */
export interface PlannedSign {
  /** No `sign` is sent. */
  readonly absent?: true
  readonly text?: string
  readonly lowerCase?: true
  /** Made with a secret that is not the app's. */
  readonly otherSecret?: true
  /** Made by this method, whatever `sign_method` says. */
  readonly by?: SignMethod
  /** Parameters that are sent and not signed. */
  readonly without?: readonly string[]
  /** Values that are signed instead of those that are sent. */
  readonly over?: Readonly<Record<string, string>>
}

/** Where parameters travel. The three forms of multipart are those of official SDKs. */
export type Carrier =
  | 'form'
  | 'query'
  | 'query-and-form'
  | 'multipart-java'
  | 'multipart-php'
  | 'multipart-node'

/** A call to be made, as data. Credentials, time and sign are put in when it is sent. */
export interface PlannedCall {
  readonly method?: string
  readonly params?: Readonly<Record<string, string>>
  readonly files?: Readonly<Record<string, PlannedFile>>
  /** @default 'own' */
  readonly session?: SessionOf
  /** System parameters that differ from the usual; `null` leaves one out. */
  readonly system?: Readonly<Record<string, string | null>>
  /** @default now, as text */
  readonly time?: PlannedTime
  /** @default 'md5' */
  readonly signMethod?: SignMethod
  readonly sign?: PlannedSign
  /** @default 'form', multipart where there are files */
  readonly carrier?: Carrier
  /** @default 'POST' */
  readonly verb?: string
  readonly headers?: Readonly<Record<string, string>>
  /** Urlencoded text that is added behind the parameters as it stands. */
  readonly raw?: string
  /** Calls of a batch; `method` and `params` then belong to its `#PUBLIC#` part. */
  readonly batch?: readonly {
    readonly method: string
    readonly params?: Readonly<Record<string, string>>
  }[]
  /** What separates the calls of a batch, sent in `top-api-separator`. */
  readonly separator?: string
}

/** What an answer must hold: a part of it. Lists must be whole and in order; texts may name what was kept. */
export type Pattern =
  | string
  | number
  | boolean
  | readonly Pattern[]
  | { readonly [name: string]: Pattern }

export interface ExpectedAnswer {
  readonly outcome: 'answer'
  readonly method: string
  /** @default 'json' */
  readonly format?: 'json' | 'xml'
  readonly simplify?: true
  readonly holds?: Pattern
  /** Places where something must stand. */
  readonly present?: readonly string[]
  /** Places where nothing may stand. */
  readonly absent?: readonly string[]
  /** The fields that were asked for: the structures at the root may hold no others. */
  readonly fields?: readonly string[]
  /** Places whose value must not be this. */
  readonly differs?: Readonly<Record<string, string>>
  /** Places whose moment must be within ten minutes of the caller's. */
  readonly now?: readonly string[]
}

export interface ExpectedRefusal {
  readonly outcome: 'refusal'
  /** One of these; `business` is any refusal of the method itself. */
  readonly error: readonly (PlatformErrorName | 'business')[]
  /** The parameter that the message must name. */
  readonly parameter?: string
  /** What `sub_code` must begin with. */
  readonly subCode?: string
  /** @default 'json' */
  readonly format?: 'json' | 'xml'
  /** The app is not known, so neither is its profile: the code may be written as in either. */
  readonly withoutApp?: true
}

/** The call is not refused before its method is asked: an answer, or a refusal of the method itself. */
interface ExpectedPass {
  readonly outcome: 'pass'
  readonly method: string
}

export type Expected =
  | ExpectedAnswer
  | ExpectedRefusal
  | ExpectedPass
  | {
      readonly outcome: 'batch'
      readonly separator?: string
      readonly answers: readonly (ExpectedAnswer | ExpectedRefusal)[]
    }

export interface CaseStep {
  readonly call: PlannedCall
  readonly expect: Expected
  /** Parts of the answer that later steps name as `{{name}}`: name to place. */
  readonly keep?: Readonly<Record<string, string>>
}

/** What a case needs that not every gateway has. */
export type Need =
  /** A session of that kind. */
  | 'session'
  | 'expired'
  | 'foreign'
  | 'neighbour'
  /** Things that the method asks after: `known`, or a gateway that makes samples. */
  | 'things'
  /** Parameters that only the caller can know: `known`. */
  | 'known'

/** A case of the contract suite as plain data: calls, and what must come back. */
export interface ContractCase {
  /** `taobao.item.add/required/title`; the same in every run. */
  readonly id: string
  readonly title: string
  readonly kind: CaseKind
  /** The method that it is about; `undefined` for the protocol itself. */
  readonly method: string | undefined
  /** Whether it may change something on a gateway, be it one with a fault. */
  readonly writes: boolean
  /** Whether what it expects is assumed of the platform rather than documented or observed. */
  readonly assumed: boolean
  readonly needs: readonly Need[]
  readonly steps: readonly CaseStep[]
}
