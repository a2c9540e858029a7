/** So many elements a chunk has at the most. */
const mostInChunk = 1024

/**
 * A list that stays in order while elements come and go, made of short pieces: a change costs the square
 * root of its length, a place in it is found by its number, and what is added at the end costs next to nothing.
 */
export class Ordered<T> {
  readonly #compare: (a: T, b: T) => number
  #chunks: T[][] = []
  #size = 0

  /** @param compare never 0 for two elements */
  constructor(compare: (a: T, b: T) => number, elements: Iterable<T> = []) {
    this.#compare = compare
    const sorted = [...elements].sort(compare)
    this.#size = sorted.length
    for (let at = 0; at < sorted.length; at += mostInChunk) {
      this.#chunks.push(sorted.slice(at, at + mostInChunk))
    }
  }

  get size(): number {
    return this.#size
  }

  add(element: T): void {
    const isBefore = (one: T) => this.#compare(one, element) < 0
    const at = Math.min(this.#chunkOf(isBefore), this.#chunks.length - 1)
    const chunk = this.#chunks[at]
    this.#size++
    if (!chunk) {
      this.#chunks.push([element])
      return
    }
    const place = countBefore(chunk, isBefore)
    if (chunk.length < mostInChunk) chunk.splice(place, 0, element)
    else if (place === chunk.length) this.#chunks.splice(at + 1, 0, [element])
    else {
      chunk.splice(place, 0, element)
      this.#chunks.splice(at + 1, 0, chunk.splice(mostInChunk >> 1))
    }
  }

  /** Takes out the element that compares as equal. */
  delete(element: T): void {
    const isBefore = (one: T) => this.#compare(one, element) < 0
    const at = this.#chunkOf(isBefore)
    const chunk = this.#chunks[at]
    if (!chunk) return
    const place = countBefore(chunk, isBefore)
    const found = chunk[place]
    if (found === undefined || this.#compare(found, element) !== 0) return
    chunk.splice(place, 1)
    this.#size--
    if (chunk.length === 0) this.#chunks.splice(at, 1)
  }

  /** How many elements from the start have a property that none has behind the first without it. */
  countWhile(isBefore: (element: T) => boolean): number {
    const at = this.#chunkOf(isBefore)
    let count = 0
    for (const chunk of this.#chunks.slice(0, at)) count += chunk.length
    return count + countBefore(this.#chunks[at] ?? [], isBefore)
  }

  /** The elements from one number up to another, as an array has them. */
  slice(from: number, to: number): T[] {
    const found: T[] = []
    let first = 0
    for (const chunk of this.#chunks) {
      if (first >= to) break
      if (first + chunk.length > from) {
        for (const one of chunk.slice(Math.max(0, from - first), to - first)) found.push(one)
      }
      first += chunk.length
    }
    return found
  }

  /** Shows the elements from one number up to another, the last one first where they are wanted backwards. */
  visit(from: number, to: number, backwards: boolean, show: (element: T) => void): void {
    const chunks = this.#chunks
    let first = backwards ? this.#size : 0
    for (let step = 0; step < chunks.length; step++) {
      const chunk = chunks[backwards ? chunks.length - 1 - step : step] as T[]
      if (backwards) first -= chunk.length
      const [low, high] = [Math.max(0, from - first), Math.min(chunk.length, to - first)]
      if (backwards) for (let at = high - 1; at >= low; at--) show(chunk[at] as T)
      else for (let at = low; at < high; at++) show(chunk[at] as T)
      if (!backwards) first += chunk.length
    }
  }

  /** Which chunk has the first element that is not before. */
  #chunkOf(isBefore: (element: T) => boolean): number {
    return countBefore(this.#chunks, (chunk) => isBefore(chunk.at(-1) as T))
  }
}

/** How many elements of a sorted array come before. */
function countBefore<T>(sorted: readonly T[], isBefore: (element: T) => boolean): number {
  let [from, to] = [0, sorted.length]
  while (from < to) {
    const middle = (from + to) >> 1
    if (isBefore(sorted[middle] as T)) from = middle + 1
    else to = middle
  }
  return from
}
