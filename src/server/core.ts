import type { ClockCommand, Tenant, TenantRequest } from '../contracts/control.ts'
import type { Profile } from '../contracts/profile.ts'
import type { ScenarioSeed } from '../contracts/scenario.ts'
import type { Received } from './call.ts'
import type { Diagnosis } from './diagnosis.ts'
import type { Answer } from './encode.ts'
import type { Listening, ListenOptions } from './listen.ts'
import type { GatewayOptions } from './options.ts'
import type { ClockState } from './state/clock.ts'
import type { Snapshot } from './state/snapshot.ts'
import type { App, World } from './state/world.ts'
import type { Exchange, ExchangeFilter, ExplainedExchange } from './traffic/journal.ts'
import type { ActiveRule } from './traffic/rules.ts'

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
  readonly exchanges: GatewayExchanges
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
}

export interface GatewayScenarios {
  /** The rules in force, each in a sentence. */
  list(): readonly ActiveRule[]
  /** Puts the rules of these scenarios in force instead of those that are. */
  set(scenarios: readonly (string | ScenarioSeed)[]): readonly ActiveRule[]
  clear(): void
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
}

/** What routes need of a gateway beside its public face. */
export interface GatewayCore {
  readonly gateway: Gateway
  readonly options: GatewayOptions
  readonly profile: Profile
  readonly base: World
  worldOf(appKey: string | undefined): World
  profileOf(world: World, app: App | undefined): Profile
  readonly diagnosis: Diagnosis
  answer(call: Received, problem?: Error): Answered | Promise<Answered>
  /** Checks the envelope of a batch; answers its refusal, if it is refused. */
  refuseEnvelope(call: Received, problem?: Error): Promise<Answered | undefined>
  /** Answers one call of a batch whose envelope has been accepted. */
  answerBatched(call: Received): Answered | Promise<Answered>
  tenants(): readonly string[]
  dropTenant(appKey: string): Promise<boolean>
  moveClock(command: ClockCommand): ClockState
}
