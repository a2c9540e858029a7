import type { AnyContract } from '../contracts/define-method.ts'
import type { ProfileName } from '../contracts/profile.ts'
import type { ScenarioSeed } from '../contracts/scenario.ts'
import type { WireFault } from '../contracts/wire-faults.ts'
import type { WorldSeed } from '../contracts/world.ts'
import type { SignatureHint } from './diagnosis.ts'
import type { HttpStatusMode } from './encode.ts'
import type { AnyHandler } from './handlers/handler.ts'
import type { Limits } from './limits.ts'
import type { ScenarioFile } from './scenarios-in-force.ts'
import type { FileDoor } from './state/file-door.ts'
import type { Durability } from './state/journal-adapter.ts'
import type { Exchange } from './traffic/exchange.ts'

/** What {@link createGateway} can be told; everything has a default. */
export interface GatewayOptions {
  /** Which gateway is imitated. Wins over the world's word, loses to a tenant's. @default the world's, else `guide` */
  readonly profile?: ProfileName | undefined
  /** The state to start from. @default one shop with a few items, the documentation's and the article's credentials */
  readonly world?: WorldSeed | undefined
  /** Where state is kept; several gateways may share a Redis (`redis://host:port/db`). @default 'memory' */
  readonly store?: 'memory' | 'file' | `redis://${string}` | `rediss://${string}` | undefined
  /**
   * Waits for a Redis that is not there yet, and refuses calls meanwhile; `ready` ends when it is. What Redis
   * itself refuses, such as a wrong password, is an error all the same. @default false: `ready` and `listen` fail
   */
  readonly awaitStore?: boolean | undefined
  /** The folder of a file store. @default '.localtop' */
  readonly data?: string | undefined
  /**
   * What an acknowledged change in a data folder survives: the end of the process however it comes, or
   * a power cut as well (`fdatasync` of each group of changes before the answer). @default 'process'
   */
  readonly durability?: Durability | undefined
  /** Empties a data folder that holds state already. @default false */
  readonly fresh?: boolean | undefined
  /** Call limit of an app: `100/min`, `off`. @default the profile's */
  readonly rateLimit?: string | undefined
  /**
   * How far `timestamp` may be off, either way: `10m`, `9h`, `off`. For clients that write the time of
   * a machine in another time zone. @default the platform's ten minutes
   */
  readonly timestampWindow?: string | undefined
  /** Scenarios whose rules are in force: names, files, or scenarios. @default none */
  readonly scenarios?: readonly (string | ScenarioSeed)[] | undefined
  /** Reads scenario files anew when they change; a broken edit keeps the last good one. @default false */
  readonly watch?: boolean | undefined
  /** Where the clock begins: `2026-11-11 00:00:00`; after a reset as well. @default the real time */
  readonly time?: string | undefined
  /** Whether the clock stands still from the start. @default false */
  readonly freeze?: boolean | undefined
  /** Same seed, same identifiers. @default 1 */
  readonly seed?: number | string | undefined
  /** `semantic` answers errors with 429, 401, 400 …; the platform itself always says 200. @default 'always-200' */
  readonly httpStatus?: HttpStatusMode | undefined
  /** Bounds of the journal. @default 1000 exchanges, 32 MB */
  readonly journal?: { readonly maxCount?: number; readonly maxBytes?: number } | undefined
  /** Labels that every sample of `GET /_localtop/metrics` carries, for gateways that answer on one port. @default none */
  readonly metricLabels?: Readonly<Record<string, string>> | undefined
  /** What the gateway takes no more of. @default see {@link Limits} */
  readonly limits?: Partial<Limits> | undefined
  /** Methods beside, or instead of, those that come with LocalTOP. */
  readonly methods?: readonly MethodEntry[] | undefined
  /** Told of every call, and of mistakes of the gateway's own. @default silent */
  readonly log?: ((event: LogEvent) => void) | undefined
  /** What a file store writes through. @default the file system */
  readonly files?: FileDoor | undefined
  /** The real time in milliseconds. @default Date.now */
  readonly wall?: (() => number) | undefined
  /** Stands between every caller and the gateway. @default nobody */
  readonly tap?: Tap | undefined
}

/** Sees what comes before the gateway does, and what it answers: by this a run is kept and repeated. */
export interface Tap {
  /** Passes a request on, when and as it likes. */
  pass(
    request: Request,
    next: (request: Request) => Promise<Response>,
    numbers: IssuedNumbers,
  ): Promise<Response>
  /**
   * Told of every answer at `/router/rest` and `/router/batch` as it was written, whatever the wire does to
   * it afterwards. The request is the one that was passed on.
   */
  answered(request: Request, answer: WrittenAnswer): void
}

/** How many item, SKU and picture numbers the gateway's own world has given out. */
export interface IssuedNumbers {
  issued(): number
  /** Goes on after so many, where fewer have been given out. */
  continueAfter(issued: number): void
}

/** What a gateway has to say to a call; `fault` is what happens to it on the wire. */
export interface WrittenAnswer {
  readonly status: number
  readonly body: string
  /** Its numbers in the journal, with commas for a batch. */
  readonly exchange: string
  readonly fault: WireFault | undefined
}

/** A contract with what answers it. */
export interface MethodEntry {
  readonly contract: AnyContract
  readonly handler: AnyHandler
}

export type LogEvent =
  /** `signature` and `hint` come with a call refused for its sign, a few times a second at the most. */
  | ({ readonly event: 'call' } & Exchange & Partial<SignatureHint>)
  /** A scenario file in force was edited: it was read, or there is a problem with it. */
  | ({ readonly event: 'scenario' } & ScenarioFile)
  /** The store cannot be written, or can again; a data folder was taken over from a dead process. */
  | { readonly event: 'store'; readonly message: string }
  | { readonly event: 'bug'; readonly message: string; readonly stack: string | undefined }

/** The data folder holds state, and a world was given: one of them would be lost. */
export class ExistingStateError extends Error {
  override readonly name = 'ExistingStateError'
}
