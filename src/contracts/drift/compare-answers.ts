import { type AnyContract, shapeOfAnswer } from '../define-method.ts'
import { answerOf, type KeptAnswer } from '../exchanges/answer-of.ts'
import type { ExchangeLine } from '../exchanges/exchange-lines.ts'
import { getOrCreate } from '../get-or-create.ts'
import { platformErrors } from '../protocol/error-table.ts'
import { errorNameOfWire } from '../protocol/errors.ts'
import { answerPaths, parentOf } from './answer-paths.ts'
import type { Findings, UsedParts } from './drift.ts'

/** Refusals of the call itself, whatever the shop behind the gateway is like. */
const ofTheCall = new Set<number>([9, 21, 22, 40, 41])

export interface MockComparison {
  /**
   * Takes a recorded answer and what the mock says to the same call.
   *
   * @returns whether they could be compared: a refusal for what is in the shop says nothing
   */
  add(recorded: ExchangeLine, mocked: ExchangeLine, contract: AnyContract): boolean
  /** Adds what all answers of a method together show. */
  finish(): void
}

/** What the answers of a method have held, each place with the exchange that shows it. */
interface Seen {
  readonly there: Map<string, ExchangeLine>
  readonly here: Map<string, ExchangeLine>
}

/** Compares recorded answers with those of the mock, in structure only. */
export function createMockComparison({
  used,
  into,
}: {
  readonly used: UsedParts
  readonly into: Findings
}): MockComparison {
  const methods = new Map<string, Seen>()
  return {
    add(recorded, mocked, contract) {
      const theirs = answerOf(recorded, contract)
      const ours = answerOf(mocked, contract)
      if (theirs.kind === 'success' && ours.kind === 'success') {
        if (theirs.root !== ours.root) return false
        const shape = shapeOfAnswer(contract)
        const seen = getOrCreate(methods, contract.name, () => ({
          there: new Map(),
          here: new Map(),
        }))
        for (const path of answerPaths(theirs.value, shape).known) seen.there.set(path, recorded)
        for (const path of answerPaths(ours.value, shape).known) seen.here.set(path, recorded)
        return true
      }
      return compareRefusal(recorded, theirs, ours, into)
    },
    finish() {
      for (const [method, { there, here }] of methods) {
        const add = (
          kind: 'mock-lacks' | 'mock-adds',
          path: string,
          exchange: ExchangeLine,
          [expected, received]: readonly [string, string],
        ) => {
          if (into.has(method, path)) return
          into.add(exchange, {
            kind,
            path,
            expected: `${expected}, as the mock answers`,
            received,
            against: 'mock',
          })
        }
        for (const [path, exchange] of there) {
          if (isFirst(path, here)) add('mock-lacks', path, exchange, ['nothing', 'the field'])
        }
        for (const [path, exchange] of here) {
          // What only the mock answers and nobody uses is nobody's loss.
          if (isFirst(path, there) && used.isUsed(method, path)) {
            add('mock-adds', path, exchange, ['the field', 'nothing'])
          }
        }
      }
    },
  }
}

function compareRefusal(
  recorded: ExchangeLine,
  theirs: KeptAnswer,
  ours: KeptAnswer,
  into: Findings,
): boolean {
  const isOurs = theirs.kind === 'success' && ours.kind === 'error'
  const refused = isOurs ? ours : theirs
  if (refused.kind !== 'error' || (!isOurs && ours.kind !== 'success')) return false
  const name = errorNameOfWire(refused.code)
  if (name === undefined || !ofTheCall.has(platformErrors[name].code)) return false
  const text = `${platformErrors[name].code} ${refused.msg}`
  into.add(recorded, {
    kind: isOurs ? 'mock-refuses' : 'mock-accepts',
    path: '',
    expected: isOurs ? `${text}, as the mock answers` : 'an answer, as from the mock',
    received: isOurs ? 'an answer' : text,
    against: 'mock',
    isUsed: true,
  })
  return true
}

/** Whether a place is there only on one side, and not merely below another that is. */
const isFirst = (path: string, other: ReadonlyMap<string, unknown>): boolean => {
  if (other.has(path)) return false
  const parent = parentOf(path)
  return parent === '' || other.has(parent)
}
