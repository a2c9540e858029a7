import type { ClockCommand } from '../contracts/control.ts'
import { OptionError } from '../contracts/problems.ts'
import { earliest, latest, parseDuration, parseTime } from '../contracts/protocol/timestamp.ts'
import type { Scenario } from '../contracts/scenario.ts'
import type { GatewayOptions } from './options.ts'
import type { ClockState, createClock, OffsetClock, SavedClock } from './state/clock.ts'
import type { Store } from './state/store.ts'
import type { World } from './state/world.ts'

interface ClockDeps {
  readonly clock: ReturnType<typeof createClock>
  readonly store: Store
  /** The store is that of several gateways, which have one clock. */
  readonly isShared: boolean
  readonly options: Pick<GatewayOptions, 'time' | 'freeze'>
  /** Does what all gateways on the store are to know. */
  readonly tell: (work: () => void) => Promise<void> | undefined
}

/** Who moves the clock, and the offsets of tenants beside it. */
export interface ClockControl {
  /** As the options say, or in real time. */
  start(): void
  /** Writes how the clock goes, for the other gateways. */
  save(): void
  /** Follows what another gateway has written. */
  follow(kind: string | undefined, appKey: string | undefined, after: unknown): void
  /** A tenant's own clock, made where there is none. */
  ofTenant(appKey: string): OffsetClock
  resetTenant(appKey: string): void
  /** Forgets a tenant's clock; what the store has of it goes with {@link drop}. */
  forget(appKey: string): void
  drop(appKey: string): void
  /**
   * What sets the clock to where a scenario begins; a time that the options give is not overruled.
   *
   * @throws OptionError for a tenant's clock that should be frozen
   */
  scenarioMove(clock: NonNullable<Scenario['clock']>, world: World): () => void
  /** Moves a world's clock, as far as clocks go. */
  advance(world: World, ms: number): Promise<void> | undefined
  command(command: ClockCommand): ClockState
}

export function createClockControl({
  clock,
  store,
  isShared,
  options,
  tell,
}: ClockDeps): ClockControl {
  const offsets = new Map<string, OffsetClock>()
  const startTime = options.time === undefined ? undefined : moment(options.time)
  function start() {
    clock.reset()
    if (options.freeze) clock.freeze(startTime)
    else if (startTime !== undefined) clock.set(startTime)
  }

  function save() {
    if (isShared) store.put('meta', 'clock', clock.save())
  }

  /** Moves a clock and writes it down. */
  function moving(change: () => void, appKey = '') {
    return () => {
      change()
      const own = offsets.get(appKey)?.offset()
      if (own === undefined) save()
      else if (isShared) store.put('meta', `offset@${appKey}`, own)
    }
  }

  /**
   * Moves a clock: the one of all gateways on a shared store, so that each move counts, whoever makes it.
   * It has moved here when this returns.
   */
  const move = (change: () => void, appKey = '') => tell(moving(change, appKey))

  start()
  return {
    start,
    save,
    follow(kind, appKey, after) {
      if (kind === 'clock') clock.adopt((after as SavedClock | undefined) ?? unmoved)
      if (kind === 'offset' && appKey) offsets.get(appKey)?.adopt(Number(after ?? 0))
    },
    ofTenant(appKey) {
      const own = offsets.get(appKey) ?? clock.beside()
      offsets.set(appKey, own)
      return own
    },
    resetTenant(appKey) {
      offsets.get(appKey)?.reset()
      store.delete('meta', `offset@${appKey}`)
    },
    forget: (appKey) => void offsets.delete(appKey),
    drop: (appKey) => store.delete('meta', `offset@${appKey}`),
    scenarioMove({ at, freeze }, world) {
      const own = offsets.get(world.id)
      if (own && freeze)
        throw new OptionError('a tenant has an offset, not a clock that could be frozen')
      const target = moment(at)
      if (own) return moving(() => own.advance(target - own.now()), world.id)
      if (startTime !== undefined) return () => {}
      return moving(() => (freeze ? clock.freeze(target) : clock.set(target)))
    },
    advance(world, ms) {
      const one = offsets.get(world.id) ?? clock
      return move(() => {
        const target = Math.min(latest, Math.max(earliest, one.now() + ms))
        one.advance(target - one.now())
      }, world.id)
    },
    command({ appKey, freeze, set, advance, scale, resume }) {
      const one = (appKey === undefined ? undefined : offsets.get(appKey)) ?? clock
      const target = one.now() + (advance === undefined ? 0 : milliseconds(advance))
      if (target < earliest || target > latest) {
        throw new OptionError(`advance was "${advance}": the clock knows the years 0 to 9999`)
      }
      if (appKey !== undefined) {
        const own = offsets.get(appKey)
        if (!own) throw new OptionError(`no tenant has the app key "${appKey}"`)
        const ms = milliseconds(advance ?? '')
        move(() => own.advance(ms), appKey)
        return clock.state()
      }
      move(() => {
        if (freeze !== undefined) clock.freeze(freeze === true ? undefined : moment(freeze))
        if (set !== undefined) clock.set(moment(set))
        if (advance !== undefined) clock.advance(milliseconds(advance))
        if (scale !== undefined) clock.scale(scale)
        if (resume) clock.resume()
      })
      return clock.state()
    },
  }
}

const unmoved: SavedClock = { base: 0, since: 0, pace: 1, moved: false }

function moment(text: string): number {
  const at = parseTime(text)
  if (at === undefined)
    throw new OptionError(`"${text}" is no time; expected yyyy-MM-dd HH:mm:ss in GMT+8`)
  return at
}

function milliseconds(text: string): number {
  const ms = parseDuration(text)
  if (ms === undefined)
    throw new OptionError(`"${text}" is no duration; expected one such as 500ms, 31m, 8h`)
  return ms
}
