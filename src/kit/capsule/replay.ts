import { parseJson } from '../../contracts/index.ts'
import type { Capsule, CapsuleAnswer } from './capsule.ts'
import { isCompared, type Played, playCapsule } from './play.ts'

/** An answer that came otherwise than in the run. */
export interface Difference {
  /** Which request, from 1. */
  readonly request: number
  /** Its number in the journal of the run. */
  readonly exchange: string
  /** Where in the answer: `item_add_response.item.num_iid`, `status`, `body` for what is no JSON. */
  readonly path: string
  readonly expected: string
  readonly got: string
}

/** What a replay has shown. */
export interface Replay {
  readonly answers: {
    readonly same: number
    readonly different: number
    /** Answers with keys that are random, and what is no call. */
    readonly notCompared: number
  }
  readonly firstDifference: Difference | null
  /** What the run showed and the replay shows again, and what it does not; each as `judge/id`. */
  readonly again: readonly string[]
  readonly gone: readonly string[]
  /** What only the replay shows. */
  readonly fresh: readonly string[]
  /** Every answer was the same, and the same was found. */
  readonly isSame: boolean
  /** The failure of the run came again, or another. */
  readonly stillFails: boolean
  readonly gaps: readonly string[]
}

/** Repeats the run of a capsule and holds it against what the run was. */
export async function replayCapsule(capsule: Capsule): Promise<Replay> {
  return compare(capsule, await playCapsule(capsule))
}

function compare(capsule: Capsule, played: Played): Replay {
  let same = 0
  let notCompared = 0
  const differences: Difference[] = []
  for (const [at, { answer }] of capsule.requests.entries()) {
    if (!isCompared(answer)) {
      notCompared++
      continue
    }
    const difference = differenceOf(answer, played.answers[at])
    if (difference) differences.push({ request: at + 1, exchange: answer.exchange, ...difference })
    else same++
  }
  const before = namesOf(capsule.failure)
  const after = namesOf(played.failure)
  const again = before.filter((name) => after.includes(name))
  const gone = before.filter((name) => !after.includes(name))
  const fresh = after.filter((name) => !before.includes(name))
  return {
    answers: { same, different: differences.length, notCompared },
    firstDifference: differences[0] ?? null,
    again,
    gone,
    fresh,
    isSame: differences.length === 0 && gone.length === 0 && fresh.length === 0,
    stillFails: after.length > 0,
    gaps: capsule.gaps,
  }
}

/** What a run has shown, each in a line. */
const namesOf = ({ findings, unmet, bugs }: Capsule['failure']): string[] => [
  ...findings.map(({ judge, id, about }) => `${judge}/${id}: ${about.join(', ')}`),
  ...unmet,
  ...bugs.map((exchange) => `an answer that breaks its contract: #${exchange}`),
]

type Place = Pick<Difference, 'path' | 'expected' | 'got'>

function differenceOf(expected: CapsuleAnswer, got: CapsuleAnswer | undefined): Place | undefined {
  if (!got) return { path: '', expected: 'an answer', got: 'none' }
  for (const name of ['status', 'fault', 'sha256'] as const) {
    if (expected[name] !== got[name])
      return { path: name, expected: shown(expected[name]), got: shown(got[name]) }
  }
  if (expected.body === got.body) return undefined
  return bodyDifference(expected.body ?? '', got.body ?? '')
}

function bodyDifference(expected: string, got: string): Place {
  const inJson = jsonDifference(read(expected), read(got), '')
  if (inJson) return inJson
  let at = 0
  while (expected[at] === got[at]) at++
  const from = Math.max(0, at - 20)
  return {
    path: `body, character ${at + 1}`,
    expected: shown(expected.slice(from, at + 60)),
    got: shown(got.slice(from, at + 60)),
  }
}

const read = (text: string): unknown => {
  try {
    return parseJson(text)
  } catch {
    return undefined
  }
}

function jsonDifference(expected: unknown, got: unknown, path: string): Place | undefined {
  if (isStructure(expected) && isStructure(got)) {
    for (const name of new Set([...Object.keys(expected), ...Object.keys(got)])) {
      const place = Array.isArray(expected) ? `${path}[${name}]` : `${path}${path && '.'}${name}`
      const found = jsonDifference(expected[name], got[name], place)
      if (found) return found
    }
    return undefined
  }
  if (Object.is(expected, got)) return undefined
  return path === '' ? undefined : { path, expected: shown(expected), got: shown(got) }
}

const isStructure = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null

const longestShown = 120

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value)
  return text.length > longestShown ? `${text.slice(0, longestShown)}…` : text
}
