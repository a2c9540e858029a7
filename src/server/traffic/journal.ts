import type { CallEvidence } from '../../contracts/judges/evidence.ts'
import { isSystemParameter } from '../../contracts/protocol/parameters.ts'
import { isSecretName, maskedStructure } from '../../contracts/secret-names.ts'
import type { Received } from '../call.ts'
import type { SignatureDiagnosis } from './diagnosis-mask.ts'
import { evidenceFrom } from './evidence.ts'
import {
  type Entry,
  type Exchange,
  type ExplainedExchange,
  explained,
  gateOf,
  isSecretCall,
  outcomeOf,
  summary,
} from './exchange.ts'
import { keptCall } from './kept-call.ts'

export interface Journal {
  /** @returns the entry with its id */
  add(entry: Omit<Entry, 'id' | 'bytes' | 'wall'>, wall: number): Entry
  /** Takes entries of other gateways, in the order in which they were answered. */
  adopt(others: readonly Omit<Entry, 'bytes'>[]): void
  /** Where its numbers come from from here on; one after the other where nobody says. It is empty then. */
  numberBy(numberAfter: (number: number) => number): void
  /** The id that the next exchange will get. */
  nextId(): string
  list(filter?: ExchangeFilter): Exchange[]
  find(id: string): ExplainedExchange | undefined
  /** What the judges look at, oldest first; all of it, or one app's. */
  evidence(appKey?: string): CallEvidence[]
  /** The oldest exchanges have been dropped since the journal was emptied. */
  hasDropped(): boolean
  /** Empties it, or of the exchanges of one world; this gateway's own stay after the one with this number. */
  clear(worldId?: string, after?: number): void
  size(): number
}

export interface ExchangeFilter {
  readonly appKey?: string | undefined
  readonly method?: string | undefined
  /** The platform's code, whatever the profile; 0 for answers. */
  readonly code?: number | undefined
  /** The gate that refused, or where the connection was dropped. */
  readonly gate?: string | undefined
  readonly outcome?: Exchange['outcome'] | undefined
  /** Those at or after a moment in milliseconds on the gateway's clock, or after the exchange with this id. */
  readonly since?: number | { readonly id: string } | undefined
  /** A text that occurs in a parameter (secret ones left out) or in the answer, in any case. */
  readonly text?: string | undefined
  /** The newest so many. */
  readonly limit?: number | undefined
}

/**
 * A journal that never grows beyond its bounds: the oldest exchange goes first.
 *
 * @param diagnose says why a sign is wrong; asked when somebody looks
 * @param maxCount exchanges kept
 * @param maxBytes characters of requests and answers kept, roughly
 */
export function createJournal(
  diagnose: (call: Received) => SignatureDiagnosis,
  maxCount: number,
  maxBytes: number,
): Journal {
  let entries: (Entry | undefined)[] = []
  let first = 0
  let bytes = 0
  let number = 0
  let numberAfter = (last: number) => last + 1
  let dropped = false
  let hasAdopted = false

  function dropOldest() {
    dropped = true
    bytes -= entries[first]?.bytes ?? 0
    entries[first++] = undefined
    // Shifting an array costs its length each time; this does it once in a while.
    if (first > maxCount) {
      entries = entries.slice(first)
      first = 0
    }
  }

  function keep(entry: Entry) {
    entries.push(entry)
    bytes += entry.bytes
    while (entries.length - first > maxCount || (bytes > maxBytes && entries.length - first > 1)) {
      dropOldest()
    }
  }

  /** Where the exchange stands, or would stand: numbers only grow, where no other gateway's are among them. */
  function placeOf(id: string): number {
    let [from, to] = [first, entries.length]
    while (from < to) {
      const middle = (from + to) >> 1
      if (Number(entries[middle]?.id) < Number(id)) from = middle + 1
      else to = middle
    }
    return from
  }

  const journal: Journal = {
    nextId: () => String(numberAfter(number)),
    add(entry, wall) {
      number = numberAfter(number)
      const { verdict, status, body, took } = entry
      const id = String(number)
      const call = keptCall(entry.call)
      const added = { id, call, verdict, status, body, took, wall, bytes: sizeOf(call, body) }
      keep(added)
      return added
    },
    adopt(others) {
      if (others.length === 0) return
      hasAdopted = true
      const all = [
        ...entries.slice(first),
        ...others.map((one) => ({
          ...one,
          adopted: true as const,
          bytes: sizeOf(one.call, one.body),
        })),
      ]
      entries = []
      first = 0
      bytes = 0
      // In one order, whichever gateway is asked.
      const inOrder = (a: Entry, b: Entry) => a.wall - b.wall || Number(a.id) - Number(b.id)
      for (const entry of (all as Entry[]).sort(inOrder)) keep(entry)
    },
    numberBy(given) {
      journal.clear()
      number = 0
      numberAfter = given
    },
    list(filter = {}) {
      const { limit } = filter
      const isWanted = filterOf(filter)
      // By its place: the numbers of several gateways do not rise together.
      const after =
        typeof filter.since === 'object'
          ? entries.findIndex((entry) => entry?.id === (filter.since as { id: string }).id)
          : -1
      const found: Exchange[] = []
      const oldest = Math.max(first, after + 1)
      for (let at = entries.length - 1; at >= oldest && found.length < (limit ?? maxCount); at--) {
        const entry = entries[at] as Entry
        if (isWanted(entry)) found.push(summary(entry))
      }
      return found.reverse()
    },
    find(id) {
      const entry = hasAdopted
        ? entries.slice(first).find((one) => one?.id === id)
        : entries[placeOf(id)]
      return entry?.id === id ? explained(entry, diagnose) : undefined
    },
    evidence: (appKey) =>
      evidenceFrom(
        (entries.slice(first) as Entry[]).filter(
          ({ call }) => appKey === undefined || call.params.app_key === appKey,
        ),
      ),
    hasDropped: () => dropped,
    clear(worldId, after) {
      if (worldId === undefined) dropped = false
      const stays = ({ id, call, adopted }: Entry) =>
        (worldId !== undefined && call.world.id !== worldId) ||
        (after !== undefined && !adopted && Number(id) > after)
      const kept = entries.slice(first).filter((entry) => entry && stays(entry))
      entries = kept
      first = 0
      bytes = kept.reduce((sum, entry) => sum + (entry?.bytes ?? 0), 0)
    },
    size: () => entries.length - first,
  }
  return journal
}

/** Cheap questions first: the texts are looked at only where all else fits. */
function filterOf(filter: ExchangeFilter): (entry: Entry) => boolean {
  const { appKey, method, code, gate, outcome, since } = filter
  const text = filter.text?.toLowerCase()
  return (entry) => {
    const { call, verdict } = entry
    if (appKey !== undefined && call.params.app_key !== appKey) return false
    if (method !== undefined && call.params.method !== method) return false
    if (code !== undefined && (verdict.rejection?.error.code ?? 0) !== code) return false
    if (gate !== undefined && gateOf(verdict) !== gate) return false
    if (outcome !== undefined && outcomeOf(verdict) !== outcome) return false
    if (typeof since === 'number' && call.now < since) return false
    if (typeof since === 'object' && isBefore(entry, since.id)) return false
    return text === undefined || holds(entry, text)
  }
}

/** Where the exchange is gone from the journal; what other gateways have added has numbers of its own. */
const isBefore = ({ id, adopted }: Entry, since: string) => !adopted && Number(id) <= Number(since)

function holds({ call, body }: Entry, text: string): boolean {
  const isSecret = isSecretCall(call)
  for (const [name, value] of Object.entries(call.params)) {
    const isHidden = isSecretName(name) || (isSecret && !isSystemParameter(name))
    if (!isHidden && maskedStructure(value).toLowerCase().includes(text)) return true
  }
  return !isSecret && body.toLowerCase().includes(text)
}

function sizeOf(call: Entry['call'], body: string): number {
  const { source } = call
  let size = body.length + call.rawBody.length
  if (source) return size + source.query.length + source.form.length
  for (const name in call.params) size += name.length + (call.params[name] as string).length
  if (call.files) for (const file of Object.values(call.files)) size += file.bytes.byteLength
  return size
}
