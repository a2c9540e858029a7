import { OptionError } from '../../contracts/index.ts'
import type { Capsule } from './capsule.ts'
import { ddmin } from './ddmin.ts'
import { type Played, playCapsule } from './play.ts'

export interface ShrinkOptions {
  /** How often the run may be played. @default 1000 */
  readonly budget?: number
  /** Ends it; the best so far is kept. */
  readonly signal?: AbortSignal | undefined
  readonly onProgress?: ((progress: ShrinkProgress) => void) | undefined
}

export interface ShrinkProgress {
  readonly runs: number
  readonly budget: number
  /** How many are left. */
  readonly requests: number
  readonly rules: number
}

/** The shortest sequence that was found. */
export interface Shrunk {
  /** It is a capsule of its own: with the answers that this sequence gets. */
  readonly capsule: Capsule
  readonly played: Played
  /** What it still shows. */
  readonly target: string
  readonly from: { readonly requests: number; readonly rules: number }
  readonly runs: number
  /** Nothing more can be left out; `false` where the budget, or somebody, ended it before that was known. */
  readonly isShortest: boolean
}

/** What of a capsule is left out or kept. */
interface Part {
  readonly requests: readonly number[]
  readonly rules: readonly RulePlace[]
}

type RulePlace = readonly [scenario: number, rule: number]

/** No more plays: the budget is used up, or somebody has had enough. */
class Enough extends Error {
  override readonly name = 'Enough'
}

/**
 * Looks for the shortest sequence of requests, and the fewest rules, that still give the first finding of a
 * run. Requests keep their moments, and numbers given out stay those of the run: a request that names
 * an item still means that item, also when earlier items are not made any more.
 *
 * @throws OptionError where there is nothing that could be looked for, or it does not come again
 */
export async function shrinkCapsule(
  capsule: Capsule,
  { budget = 1000, signal, onProgress }: ShrinkOptions = {},
): Promise<Shrunk> {
  const target = targetOf(capsule)
  const all: Part = {
    requests: capsule.requests.map((_, at) => at),
    rules: capsule.scenarios.flatMap(({ rules }, scenario) =>
      rules.map((_, rule) => [scenario, rule] as const),
    ),
  }
  let best = all
  let runs = 0
  let isShortest = true

  async function fails(part: Part): Promise<boolean> {
    if (runs >= budget || signal?.aborted) throw new Enough()
    runs++
    const found = target.isIn(await playCapsule(partOf(capsule, part)))
    if (found) best = part
    onProgress?.({
      runs,
      budget,
      requests: best.requests.length,
      rules: best.rules.length,
    })
    // So that an interruption is heard.
    await new Promise((resolve) => setImmediate(resolve))
    return found
  }

  const shrinkRequests = () => ddmin(best.requests, (requests) => fails({ ...best, requests }))

  try {
    if (!(await fails(all))) {
      throw new OptionError(`${target.name} does not come again when the capsule is replayed`)
    }
    // What proves it is often enough.
    const proof = target.requests
    if (proof.length > 0 && proof.length < all.requests.length)
      await fails({ ...best, requests: proof })
    await shrinkRequests()
    const before = best.rules.length
    await ddmin(best.rules, (rules) => fails({ ...best, rules }), 0)
    if (best.rules.length < before) await shrinkRequests()
  } catch (error) {
    if (!(error instanceof Enough)) throw error
    isShortest = false
  }
  const smaller = partOf(capsule, best)
  const played = await playCapsule(smaller)
  return {
    capsule: {
      ...smaller,
      requests: smaller.requests.map(({ answer: _, ...request }, at) => {
        const answer = played.answers[at]
        return answer ? { ...request, answer } : request
      }),
      shrunkFrom: capsule.shrunkFrom ?? capsule.requests.length,
      failure: { ...played.failure, reasons: capsule.failure.reasons },
    },
    played,
    target: target.name,
    from: { requests: all.requests.length, rules: all.rules.length },
    runs,
    isShortest,
  }
}

interface Target {
  readonly name: string
  /** The places of the requests that prove it. */
  readonly requests: readonly number[]
  isIn(played: Played): boolean
}

/** The worst that was found: the first finding, else a mistake of the gateway's own. */
function targetOf({ failure, requests }: Capsule): Target {
  const placesOf = (exchanges: readonly string[]) =>
    requests.flatMap(({ answer }, at) =>
      answer?.exchange.split(',').some((one) => exchanges.includes(one)) ? [at] : [],
    )
  const [finding] = failure.findings
  if (finding) {
    const { judge, id, about, exchanges } = finding
    return {
      name: `${judge}/${id}`,
      requests: placesOf(exchanges),
      isIn: ({ failure: { findings } }) =>
        findings.some(
          (one) =>
            one.judge === judge &&
            one.id === id &&
            one.severity === finding.severity &&
            one.about.some((label) => about.includes(label)),
        ),
    }
  }
  if (failure.bugs.length > 0) {
    return {
      name: 'an answer that breaks its contract',
      requests: placesOf(failure.bugs),
      isIn: (played) => played.failure.bugs.length > 0,
    }
  }
  throw new OptionError(
    failure.unmet.length > 0
      ? 'there is no finding to look for: that something expected did not come about is true of every shorter run too'
      : `there is no finding to look for: ${failure.reasons[0] ?? 'the capsule names none'}`,
  )
}

function partOf(capsule: Capsule, { requests, rules }: Part): Capsule {
  return {
    ...capsule,
    requests: requests.map((at) => capsule.requests[at] as Capsule['requests'][number]),
    scenarios: capsule.scenarios
      .map((one, at) => ({
        ...one,
        rules: rules
          .filter(([scenario]) => scenario === at)
          .map(([, rule]) => one.rules[rule] as (typeof one.rules)[number]),
      }))
      .filter(({ rules: left, clock }) => left.length > 0 || clock !== undefined),
  }
}
