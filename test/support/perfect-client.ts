import type { RunEvidence } from '../../src/contracts/index.ts'
import { add, runOf, type Sketch } from './evidence.ts'

/** What the gateway does to the next item.add that reaches it. */
export type Fate =
  | { readonly kind: 'ok' | 'isp' | 'isv' | 'unknown' | 'lost-before' | 'lost-after' }
  | { readonly kind: 'ban'; readonly seconds: number }

export interface Simulation {
  readonly fates: readonly Fate[]
  readonly items: number
  readonly workers: number
  /** The workers of a pool that pauses as a whole know what one was told; otherwise each learns by itself. */
  readonly together: boolean
  /** Waiting moves only the gateway's clock, as for a client in the gateway's own process. */
  readonly virtual: boolean
  /** Chance, in [0, 1). */
  readonly random: () => number
}

/** A longer ban is given up on, with an exit status above 0. */
const patience = 120

/**
 * A client that makes no mistake, and a gateway that does what it is told, in steps of time. It waits
 * bans out with a little chance, backs off with jitter, asks by outer_id after a lost answer or an
 * open outcome, reports what it could not do, and ends with 1 then.
 */
export function simulate({
  fates,
  items,
  workers,
  together,
  virtual,
  random,
}: Simulation): RunEvidence {
  const calls: Sketch[] = []
  const queue = Array.from({ length: items }, (_, at) => `A-${at + 1}`)
  const made = new Set<string>()
  const pool = Array.from({ length: workers }, (_, at) => ({
    at: at * 3,
    item: undefined as string | undefined,
    tries: 0,
    ask: false,
  }))
  let next = 0
  let banUntil = 0
  let pausedUntil = 0
  let failed = 0
  let stopped = false

  const push = (t: number, sketch: Sketch) =>
    calls.push({
      t,
      ...(virtual && { wallAt: 1000 + calls.length, wallDone: 1000 + calls.length }),
      ...sketch,
    })

  for (;;) {
    const worker = pool
      .filter(({ item }) => item !== undefined || (queue.length > 0 && !stopped))
      .sort((a, b) => a.at - b.at)[0]
    if (!worker) break
    if (together && worker.at < pausedUntil) {
      worker.at = pausedUntil + Math.round(random() * 150)
      continue
    }
    if (worker.item === undefined) {
      Object.assign(worker, { item: queue.shift(), tries: 0, ask: false })
    }
    const item = worker.item as string
    const t = worker.at
    const done = () => {
      worker.item = undefined
      worker.at = t + 4
    }
    const giveUp = () => {
      failed++
      done()
    }
    const waitOut = (seconds: number) => {
      worker.at = t + seconds * 1000 + Math.round(random() * 150)
      pausedUntil = Math.max(pausedUntil, worker.at)
    }
    const backOff = () => {
      const ms = 200 * 2 ** worker.tries
      worker.at = t + Math.round(ms / 2 + (ms / 2) * random())
    }
    if (t < banUntil) {
      const seconds = Math.ceil((banUntil - t) / 1000)
      if (worker.ask) {
        push(t, {
          method: 'taobao.items.custom.get',
          params: { outer_id: item },
          gives: { ban: seconds },
        })
      } else push(t, add(item, { gives: { ban: seconds } }))
      if (seconds > patience) {
        stopped = true
        giveUp()
      } else waitOut(seconds)
      continue
    }
    if (worker.ask) {
      push(t, { method: 'taobao.items.custom.get', params: { outer_id: item } })
      worker.ask = false
      if (made.has(item)) done()
      else worker.at = t + 2
      continue
    }
    const fate = fates[next++] ?? { kind: 'ok' as const }
    worker.tries++
    switch (fate.kind) {
      case 'ok':
        push(t, add(item))
        made.add(item)
        done()
        break
      case 'ban':
        banUntil = t + fate.seconds * 1000
        push(t, add(item, { gives: { ban: fate.seconds } }))
        if (fate.seconds > patience) {
          stopped = true
          giveUp()
        } else waitOut(fate.seconds)
        break
      case 'isv':
        push(t, add(item, { gives: '15/isv.invalid-parameter:title' }))
        giveUp()
        break
      case 'isp':
      case 'unknown':
        push(
          t,
          add(item, {
            gives: fate.kind === 'isp' ? '15/isp.service-error' : '15/isp.remote-service-timeout',
          }),
        )
        worker.ask = fate.kind === 'unknown'
        if (worker.tries > 4) giveUp()
        else backOff()
        break
      case 'lost-before':
        push(t, add(item, { executed: false, fault: { kind: 'reset-before', hook: 'before' } }))
        worker.ask = true
        if (worker.tries > 4) giveUp()
        else backOff()
        break
      case 'lost-after':
        push(t, add(item, { fault: { kind: 'reset-after', hook: 'after' } }))
        made.add(item)
        worker.ask = true
        backOff()
        break
    }
  }
  return runOf(calls, { exit: failed + queue.length > 0 ? 1 : 0 })
}
