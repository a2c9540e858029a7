import { type AnyContract, decodeArguments, type WireArguments } from '../../contracts/index.ts'
import type { PlannedFile } from './case.ts'

/** One side of a limit that a contract enforces. */
export interface Edge {
  /** `at most 120 characters` */
  readonly limit: string
  /** The last value that is accepted, and the first that is not. */
  readonly inside: string | PlannedFile
  readonly outside: string | PlannedFile
}

type Accepts = (value: WireArguments[string]) => boolean

// What a parameter takes is asked of the contract itself, value by value: it holds for a contract
// written by hand and for one line of the catalogue alike, and nothing about limits is written twice.

const acceptedBy =
  (contract: AnyContract, name: string): Accepts =>
  (value) =>
    'request' in decodeArguments(contract, { [name]: value } as never)

const noValue = 'not-a-value'

/** A text that is of the wrong type; `undefined` where any text is right. */
export function wrongType(contract: AnyContract, name: string): string | undefined {
  const accepts = acceptedBy(contract, name)
  return accepts('x') || accepts(noValue) ? undefined : noValue
}

/** What comes close to a value and is none, by a value of that type. */
const nearly = [
  ['1.50', '1.234'],
  ['1', '1.5'],
  ['true', 'yes'],
  ['2026-01-01 00:00:00', '2026-02-30 00:00:00'],
] as const

/** A text that lenient readers take for a value of the parameter's type and that is none. */
export function nearlyRight(contract: AnyContract, name: string): string | undefined {
  const accepts = acceptedBy(contract, name)
  if (accepts('x')) return undefined
  return nearly.find(([right, wrong]) => accepts(right) && !accepts(wrong))?.[1]
}

/**
 * The limits of a parameter, found by halving.
 *
 * @param good a value that is accepted
 */
export function edgesOf(
  contract: AnyContract,
  name: string,
  good: string | PlannedFile | undefined,
): Edge[] {
  const accepts = acceptedBy(contract, name)
  if (accepts(fileOf(1))) return fileEdges(accepts)
  if (accepts('x')) return textEdges(accepts)
  const start = [good, '1', '10', '100'].find(
    (one): one is string =>
      typeof one === 'string' && /^\d+(\.\d{1,2})?$/.test(one) && accepts(one),
  )
  if (start === undefined) return []
  if (accepts(`${start},${start}`)) return listEdges(accepts, start)
  if (accepts(`${start.split('.')[0]}.5`)) return priceEdges(accepts, start)
  return numberEdges(accepts, start)
}

const mostCharacters = 300_000

function textEdges(accepts: Accepts): Edge[] {
  // Three bytes each: who counts bytes instead of characters is found out.
  const text = (length: number) => '中'.repeat(length)
  const longest = lastAccepted(1n, BigInt(mostCharacters), (n) => accepts(text(Number(n))))
  const edges: Edge[] = []
  if (longest !== undefined) {
    const most = Number(longest)
    const limit = `at most ${most} characters`
    edges.push({ limit, inside: text(most), outside: text(most + 1) })
  }
  const room = longest === undefined ? mostCharacters : Number(longest)
  return [...edges, ...listEdges(accepts, 'x', Math.floor((room + 1) / 2))]
}

function listEdges(accepts: Accepts, element: string, room = 2000): Edge[] {
  const list = (length: number) => Array.from({ length }, () => element).join(',')
  const longest = lastAccepted(1n, BigInt(Math.min(room, 2000)), (n) => accepts(list(Number(n))))
  if (longest === undefined) return []
  const most = Number(longest)
  return [{ limit: `at most ${most} values`, inside: list(most), outside: list(most + 1) }]
}

/** Beyond these a contract states no limit but that of a number itself. */
const largest = 9_007_199_254_740_991n

function numberEdges(accepts: Accepts, start: string): Edge[] {
  const from = BigInt(start)
  const most = lastAccepted(from, largest, (n) => accepts(String(n)))
  const least = lastAccepted(-from, largest, (n) => accepts(String(-n)))
  return [
    ...(most === undefined ? [] : [numberEdge('most', most, most + 1n)]),
    ...(least === undefined ? [] : [numberEdge('least', -least, -least - 1n)]),
  ]
}

const numberEdge = (side: 'most' | 'least', inside: bigint, outside: bigint): Edge => ({
  limit: `at ${side} ${inside}`,
  inside: String(inside),
  outside: String(outside),
})

function priceEdges(accepts: Accepts, start: string): Edge[] {
  const [yuan = '0', fen = ''] = start.split('.')
  const from = BigInt(yuan + fen.padEnd(2, '0'))
  const most = lastAccepted(from, 99_999_999_999_999n, (n) => accepts(priceText(n)))
  const least = accepts('0') ? undefined : lastAccepted(-from, 0n, (n) => accepts(priceText(-n)))
  return [
    ...(most === undefined ? [] : [priceEdge('most', most, most + 1n)]),
    ...(least === undefined ? [] : [priceEdge('least', -least, -least - 1n)]),
  ]
}

const priceText = (fen: bigint) => `${fen / 100n}.${String(fen % 100n).padStart(2, '0')}`

const priceEdge = (side: 'most' | 'least', inside: bigint, outside: bigint): Edge => ({
  limit: `at ${side} ${priceText(inside)}`,
  inside: priceText(inside),
  outside: priceText(outside),
})

/** Larger files would only show how large a body may be. */
const mostBytes = 8 * 1024 * 1024

function fileEdges(accepts: Accepts): Edge[] {
  const most = lastAccepted(1n, BigInt(mostBytes), (n) => accepts(fileOf(Number(n))))
  if (most === undefined) return []
  const file = (size: number): PlannedFile => ({
    fileName: 'large.png',
    contentType: 'image/png',
    size,
  })
  const size = Number(most)
  return [{ limit: `at most ${size} bytes`, inside: file(size), outside: file(size + 1) }]
}

/** A file of which only the size matters. */
const fileOf = (byteLength: number) =>
  ({ fileName: 'x', contentType: '', bytes: { byteLength } }) as WireArguments[string]

/** The last number that is accepted, counting up from one that is; `undefined` where all are. */
function lastAccepted(
  from: bigint,
  to: bigint,
  accepts: (value: bigint) => boolean,
): bigint | undefined {
  if (accepts(to)) return undefined
  let [good, bad] = [from, to]
  while (bad - good > 1n) {
    const middle = (good + bad) / 2n
    if (accepts(middle)) good = middle
    else bad = middle
  }
  return good
}
