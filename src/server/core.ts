import type { ClockCommand, Tenant, TenantRequest } from '../contracts/control.ts'
import type { AnyContract } from '../contracts/define-method.ts'
import type { RunReport } from '../contracts/judges/judge.ts'
import type { Profile } from '../contracts/profile.ts'
import type { FaultSeed } from '../contracts/rule.ts'
import type { ScenarioSeed } from '../contracts/scenario.ts'
import type { WireFault } from '../contracts/wire-faults.ts'
import type { Received } from './call.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Answer } from './encode.ts'
import type { Limits } from './limits.ts'
import type { Listening, ListenOptions } from './listen.ts'
import type { GatewayOptions } from './options.ts'
import type { ReportOptions } from './report.ts'
import type { ScenarioFile } from './scenarios-in-force.ts'
import type { Clock, ClockState } from './state/clock.ts'
import type { Snapshot } from './state/snapshot.ts'
import type { StoreUnavailableError } from './state/store-error.ts'
import type { App, World } from './state/world.ts'
import type { Entry, Exchange, ExplainedExchange } from './traffic/exchange.ts'
import type { ExchangeFilter } from './traffic/journal.ts'
import type { Metrics } from './traffic/metrics.ts'
import type { ActiveRule, Rules } from './traffic/rules.ts'

/** A running gateway, with or without a socket. */
export interface Gateway extends AsyncDisposable {
  /** Answers a request in this process: platform endpoints and control API, no socket needed. */
  readonly fetch: (request: Request) => Promise<Response>
  /** Opens a port. @throws PortInUseError */
  listen(options?: ListenOptions): Promise<Listening>
  /** Finishes what is under way, closes port and store. */
  close(): Promise<void>
  /** Ends when the store is loaded; calls wait for it by themselves. @throws ExistingStateError, FolderInUseError, StoreFormatError */
  ready(): Promise<void>
  /** Back to the seed: see `POST /_localtop/reset`. */
  reset(options?: { readonly appKey?: string }): Promise<void>
  snapshot(options?: { readonly secrets?: boolean }): Promise<Snapshot>
  /** @throws ZodError for what is no snapshot, OptionError for an app whose secret nobody knows */
  restore(snapshot: Snapshot): Promise<void>
  /** Mints an app with a secret, a session and a shop of its own. */
  tenant(request?: TenantRequest): Promise<Tenant>
  readonly clock: GatewayClock
  readonly scenarios: GatewayScenarios
  readonly faults: GatewayFaults
  readonly exchanges: GatewayExchanges
  /**
   * Judges what the callers did so far, from the journal and the shops as they are now.
   *
   * @throws OptionError for an app key that nobody has
   */
  report(options?: ReportOptions): RunReport
}

/** The clock as people move it: times in GMT+8, durations such as `31m`. */
export interface GatewayClock {
  state(): ClockState
  /** @throws OptionError for a text that is no time */
  freeze(at?: string): ClockState
  set(at: string): ClockState
  advance(duration: string): ClockState
  scale(factor: number): ClockState
  resume(): ClockState
  /** Lets delays that are over end, where the real time is one that was given (`wall`) and has been moved. */
  tick(): void
}

/** Narrows to one tenant: rules that only its calls meet, beside those of the gateway. */
export interface OfTenant {
  readonly appKey?: string | undefined
}

export interface GatewayScenarios {
  /** The rules in force, faults among them, each in a sentence; first what decides first. */
  list(of?: OfTenant): readonly ActiveRule[]
  /**
   * Puts the rules of these scenarios in force instead of those that are, and sets the clock where one
   * of them says so.
   *
   * @throws ZodError, DataFileError, OptionError for what is no scenario
   */
  set(scenarios: readonly (string | ScenarioSeed)[], of?: OfTenant): readonly ActiveRule[]
  clear(of?: OfTenant): void
  /** The scenario files in force, and what is wrong with their last edit. */
  files(): readonly ScenarioFile[]
}

/** Faults put in force one by one, before the rules of scenarios. */
export interface GatewayFaults {
  /**
   * @throws ZodError for what is no fault
   * @example
   * gateway.faults.add({ fault: 'reset-after', method: 'taobao.item.add' })
   */
  add(fault: FaultSeed, of?: OfTenant): ActiveRule
  list(of?: OfTenant): readonly ActiveRule[]
  clear(of?: OfTenant): void
}

export interface GatewayExchanges {
  list(filter?: ExchangeFilter): Exchange[]
  find(id: string): ExplainedExchange | undefined
  clear(): void
}

/** An answer, and what its headers say to people. */
export interface Answered extends Answer {
  readonly exchange: string
  readonly gate: string
  readonly tier: string | undefined
  /** When it was written, in milliseconds on the world's clock. */
  readonly now: number
  /** What happens to it on the wire. */
  readonly fault: WireFault | undefined
  /** The clock that the wire waits by. */
  readonly clock: Clock
}

/** What routes need of a gateway beside its public face. */
export interface GatewayCore {
  readonly gateway: Gateway
  readonly options: GatewayOptions
  readonly limits: Limits
  readonly metrics: Metrics
  readonly profile: Profile
  readonly base: World
  worldOf(appKey: string | undefined): World
  profileOf(world: World, app: App | undefined): Profile
  readonly diagnosis: Diagnosis
  findContract(name: string): AnyContract | undefined
  /** The contracts of the methods that the gateway was given. */
  readonly ownContracts: readonly AnyContract[]
  /** Another gateway, in memory, with the default world and the methods of the platform. */
  fresh(): Gateway
  answer(call: Received, problem?: Error): Answered | Promise<Answered>
  /** Checks the envelope of a batch; answers its refusal, if it is refused. */
  refuseEnvelope(call: Received, problem?: Error): Promise<Answered | undefined>
  /** Answers one call of a batch whose envelope has been accepted. */
  answerBatched(call: Received): Answered | Promise<Answered>
  /** Why nothing can be answered now. */
  trouble(): StoreUnavailableError | undefined
  /** Brings in the exchanges of other gateways on the same store. */
  catchUp(): Promise<void>
  /** Ends when other gateways know of the moves of the clock and of the emptied journal. */
  shared(): Promise<unknown> | undefined
  tenants(): readonly string[]
  dropTenant(appKey: string): Promise<boolean>
  moveClock(command: ClockCommand): ClockState
  /** What rules have in store for a call of `/token`. */
  readonly applyRules: Rules['apply']
  /** Puts a call and what came of it into the journal and the log. @returns its number there */
  note(entry: Noted): string
}

/** A call and what came of it. */
export type Noted = Omit<Entry, 'id' | 'bytes' | 'wall'>
