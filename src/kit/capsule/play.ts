import type {
  Explanation,
  JudgeLimits,
  RunReport,
  ScenarioSeed,
  WorldSeed,
} from '../../contracts/index.ts'
import { createGateway, type Exchange, type Gateway, type Tap } from '../../server/index.ts'
import { unmetExpectations } from '../expectations.ts'
import { letLateCallsEnd } from '../late-calls.ts'
import type { Capsule, CapsuleAnswer, CapsuleRequest } from './capsule.ts'
import { bugsIn, failureOf, writtenAnswer } from './pack.ts'

/** What came of a capsule when it was played. */
export interface Played {
  /** By request, in their order; `undefined` for what is no call, or had no answer by the end. */
  readonly answers: readonly (CapsuleAnswer | undefined)[]
  readonly failure: Capsule['failure']
  readonly exchanges: readonly Exchange[]
}

/** Enough for every capsule. */
const journalBounds = { maxCount: 1_000_000, maxBytes: 1024 * 1024 * 1024 }

/**
 * Plays a capsule against a gateway of its own in this process: every request at its moment, on a clock
 * that stands in between.
 */
export async function playCapsule(capsule: Capsule): Promise<Played> {
  const { clock, requests } = capsule
  let wall = clock.start
  const answers: (CapsuleAnswer | undefined)[] = requests.map(() => undefined)
  const places = new WeakMap<Request, number>()
  const tap: Tap = {
    pass(request, next, numbers) {
      numbers.continueAfter(requests[places.get(request) ?? 0]?.issued ?? 0)
      return next(request)
    },
    answered(request, { status, body, exchange, fault }) {
      const at = places.get(request)
      if (at === undefined) return
      answers[at] = {
        at: wall - clock.start,
        exchange,
        status,
        ...(fault && { fault: fault.kind }),
        ...(isCompared(requests[at]?.answer) && writtenAnswer(body)),
      }
    },
  }
  const { store: _, ...options } = capsule.gateway
  await using gateway = createGateway({
    ...options,
    world: capsule.world as WorldSeed,
    scenarios: capsule.scenarios as ScenarioSeed[],
    journal: journalBounds,
    wall: () => wall,
    tap,
  })
  await gateway.ready()
  if (clock.scale !== 1) gateway.clock.scale(clock.scale)
  for (const { at, index } of momentsOf(requests)) {
    wall = clock.start + at
    gateway.clock.tick()
    if (index === undefined) {
      await turns(1)
      continue
    }
    const request = requestOf(requests[index] as CapsuleRequest)
    places.set(request, index)
    // A connection that a scenario breaks is no mistake, and one that it holds is not waited for.
    await Promise.race([gateway.fetch(request).then(drop, drop), turns(5)])
  }
  wall = clock.start + clock.length
  gateway.clock.tick()
  if (clock.lateCalls) await letLateCallsEnd(gateway)
  const report = gateway.report({
    exit: capsule.exit,
    expect: 'rules',
    limits: capsule.limits as Partial<JudgeLimits>,
  })
  const unmet = unmetIn(capsule, report, gateway)
  return {
    answers,
    failure: failureOf(report, unmet, bugsIn(gateway), []),
    exchanges: gateway.exchanges.list(),
  }
}

const drop = () => undefined

/** Whether the text of an answer is the same in every run; keys that are given out are random. */
export const isCompared = (
  answer: CapsuleAnswer | undefined,
): answer is CapsuleAnswer & ({ body: string } | { sha256: string }) =>
  answer?.body !== undefined || answer?.sha256 !== undefined

function unmetIn({ expect }: Capsule, report: RunReport, { exchanges }: Gateway): Explanation[] {
  if (!expect) return []
  const called = exchanges.list().map(({ method }) => method)
  return unmetExpectations(expect, report, called)
}

/** When something happens: a request comes, or one that was delayed is answered. */
function momentsOf(requests: readonly CapsuleRequest[]): { at: number; index?: number }[] {
  const arrivals = requests.map(({ at }, index) => ({ at, index }))
  const ends = requests.flatMap(({ at, answer }) =>
    answer && answer.at > at ? [{ at: answer.at }] : [],
  )
  // Stable: of one moment, what ends comes first, and requests stay in their order.
  return [...ends, ...arrivals].sort((a, b) => a.at - b.at)
}

function requestOf({ url, verb, headers, body }: CapsuleRequest): Request {
  const bytes =
    body && Buffer.from(body.text ?? body.base64 ?? '', body.text === undefined ? 'base64' : 'utf8')
  return new Request(url, {
    method: verb,
    headers,
    ...(bytes && verb !== 'GET' && verb !== 'HEAD' && { body: new Uint8Array(bytes) }),
  })
}

/** Whatever can go on without the clock has gone on. */
async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve))
}
