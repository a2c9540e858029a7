import type { Fidelity, PlatformErrorRef } from '../contracts/protocol/error-table.ts'
import { Rejection } from '../contracts/protocol/errors.ts'

/**
 * The end of a run that brings facts with it: those behind a refusal are needed too (what the wire does
 * to it), and without a refusal nobody is answered at all.
 */
export class Halt {
  readonly facts: object
  readonly rejection: Rejection | undefined

  constructor(facts: object, rejection: Rejection | undefined) {
    this.facts = facts
    this.rejection = rejection
  }
}

/** What a gate learned; `undefined` when it only looked. */
type Outcome<Facts> = Facts | Rejection | Halt | undefined

/** One check of a call. A refusal is a value; what a gate throws is a bug of ours. */
type Gate<Call, Facts extends object> = (call: Call) => Outcome<Facts> | Promise<Outcome<Facts>>

/** A gate in the order, with what it may answer and how sure we are of it. */
export interface GateInfo extends Fidelity {
  readonly name: string
  /** The refusals that it gives by their real causes. */
  readonly errors: readonly PlatformErrorRef[]
  /** What of a batch it checks: the envelope once, every call in it, or both. */
  readonly batch: 'envelope' | 'call' | 'both'
}

/** What came of a call. */
export interface Verdict {
  readonly rejection: Rejection | undefined
  /** The call was neither carried out nor refused: its connection fails. */
  readonly dropped?: true
  /** How many gates ran; the last of them refused when there is a rejection. */
  readonly passed: number
  /** The gates in their order, those behind a refusal too. */
  readonly gates: readonly GateInfo[]
}

/** Gates that can be run. */
export interface Runnable<In extends object> {
  readonly gates: readonly GateInfo[]
  /** Runs the gates on one call object, which gathers their facts. Waits only where a gate does. */
  run(call: In): Verdict | Promise<Verdict>
}

export interface Pipeline<In extends object, Out extends object> extends Runnable<In> {
  /** Appends a gate; it does not compile before the facts it needs are there. */
  gate<Facts extends object>(info: GateInfo, gate: Gate<Out, Facts>): Pipeline<In, Out & Facts>
  /** Some of the gates in the same order; whoever leaves one out has its facts from elsewhere. */
  only(isWanted: (info: GateInfo) => boolean): Runnable<In>
}

interface Step {
  readonly info: GateInfo
  readonly gate: Gate<never, object>
}

export function pipeline<In extends object>(): Pipeline<In, In> {
  return build<In, In>([])
}

function build<In extends object, Out extends object>(steps: readonly Step[]): Pipeline<In, Out> {
  const gates = steps.map((step) => step.info)

  function run(call: object, from: number): Verdict | Promise<Verdict> {
    for (let at = from; at < steps.length; at++) {
      const outcome = (steps[at] as Step).gate(call as never)
      if (outcome === undefined) continue
      if (outcome instanceof Promise) {
        return outcome.then((late) => take(call, late, at, gates) ?? run(call, at + 1))
      }
      const verdict = take(call, outcome, at, gates)
      if (verdict) return verdict
    }
    return { rejection: undefined, passed: steps.length, gates }
  }

  return {
    gate: (info, gate) => build([...steps, { info, gate: gate as Gate<never, object> }]),
    only: (isWanted) => build<In, Out>(steps.filter(({ info }) => isWanted(info))),
    gates,
    run: (call) => run(call, 0),
  }
}

function take(
  call: object,
  outcome: Outcome<object>,
  at: number,
  gates: readonly GateInfo[],
): Verdict | undefined {
  if (outcome instanceof Rejection) return { rejection: outcome, passed: at + 1, gates }
  const halt = outcome instanceof Halt ? outcome : undefined
  const facts = (halt ? halt.facts : outcome) as Readonly<Record<string, unknown>> | undefined
  // A loop, not Object.assign: a fifth of the time that all gates together take.
  for (const name in facts) (call as Record<string, unknown>)[name] = facts[name]
  if (!halt) return undefined
  const { rejection } = halt
  return { rejection, ...(!rejection && { dropped: true as const }), passed: at + 1, gates }
}
