import { assumed, type Behaviour, observed } from '../../contracts/fidelity.ts'
/** The one source of identifiers and chance in a gateway: same seed, same sequence. */
export interface Ids {
  /** 12 characters of lower-case base 36, as the platform's request ids look. */
  requestId(): string
  /** A new item number; numbers rise, so the newest item has the greatest. */
  itemId(): string
  skuId(): string
  pictureId(): string
  /** In [0, 1). */
  random(): number
  readonly seed: string
  /** Chance that depends on the seed and this text alone, whatever has been drawn before. */
  chanceOf(text: string): () => number
  /** How many item, SKU and picture numbers have been given out: what a store keeps. */
  issued(): number
  /** Goes on after so many numbers that an earlier process gave out. */
  continueAfter(issued: number): void
  /** Goes on after this number, where it is one of ours. */
  continueAfterId(id: string): void
  /** Back to the start of the sequence. */
  restart(): void
}

const firstItem = 610_000_000_000
const firstSku = 4 * firstItem
const firstPicture = 8 * firstItem
const sixDigits = 36 ** 6

/**
 * @param seed any whole number; 1 where nobody asks for another
 * @param sequenceSeed what the sequence depends on, asked for at its start: gateways that share a store have
 *   one each
 */
export function createIds(
  seed: number | string = 1,
  sequenceSeed: () => number | string = () => seed,
): Ids {
  let sequence: (() => number) | undefined
  const next = () => {
    sequence ??= random(sequenceSeed())
    return sequence()
  }
  let issued = 0
  const six = () =>
    Math.floor(next() * sixDigits)
      .toString(36)
      .padStart(6, '0')
  return {
    requestId: () => six() + six(),
    itemId: () => String(firstItem + ++issued),
    skuId: () => String(firstSku + ++issued),
    pictureId: () => String(firstPicture + ++issued),
    random: next,
    seed: String(seed),
    chanceOf: (text) => random(`${seed}/${text}`),
    issued: () => issued,
    continueAfter(count) {
      issued = Math.max(issued, count)
    },
    continueAfterId(id) {
      const number = Number(id)
      const first = [firstPicture, firstSku].find((one) => number > one) ?? firstItem
      const count = number - first
      if (count > 0 && count < firstItem) issued = Math.max(issued, count)
    },
    restart() {
      sequence = undefined
      issued = 0
    },
  }
}

/** The small fast counter generator sfc32, seeded from a text by FNV-1a. */
function random(seed: number | string): () => number {
  let hash = 0x811c9dc5
  for (const char of String(seed)) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 0x01000193)
  let a = hash >>> 0
  let b = Math.imul(hash, 0x9e3779b1) >>> 0
  let c = Math.imul(hash, 0x85ebca6b) >>> 0
  let counter = 1
  const step = () => {
    const t = (a + b + counter++) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = ((c << 21) | (c >>> 11)) + t
    return (t >>> 0) / 2 ** 32
  }
  for (let warmUp = 0; warmUp < 12; warmUp++) step()
  return step
}

/** What identifiers look like. */
export const idBehaviours: readonly Behaviour[] = [
  {
    name: 'a request_id is 12 characters of lower-case base 36',
    ...observed('logged ones have 11 to 13'),
  },
  {
    name: 'item, SKU and picture numbers rise, and pass 2^31',
    ...assumed('real ones do; the very numbers are ours'),
  },
]
