import type { ScenarioStep, StepOutcomeExpected } from '../contracts/index.ts'

/** A step in a sentence. */
export function describeStep(step: ScenarioStep): string {
  if ('advance' in step) return `${step.advance} pass`
  if ('freeze' in step) return `the clock stops at ${step.freeze}`
  if ('publish' in step) {
    const { published, failed } = step.expect
    const count = (n: number) => `${n} ${n === 1 ? 'item' : 'items'}`
    return `publishes ${count(step.publish.length)}: ${published} published, ${failed} failed`
  }
  if ('refresh' in step) {
    const { fails, breaks } = step.expect
    const outcome = breaks ? 'gets no answer' : fails ? `fails: ${fails}` : 'gives a new one'
    return `refreshing the session ${outcome}`
  }
  if ('exchanges' in step) {
    const { method, fails } = step.exchanges
    const which = [method ?? 'any method', fails && `refused with ${fails}`].filter(Boolean)
    return `the journal has ${step.count} calls of ${which.join(' ')}`
  }
  if ('batch' in step) {
    const one = ({ call, expect }: (typeof step.batch)[number]) =>
      expect ? `${call} ${describeOutcome(expect)}` : call
    const whole = step.expect ? ` ${describeOutcome(step.expect)}` : ''
    return `a batch${whole}: ${step.batch.map(one).join(', ')}`
  }
  const often = step.repeat === undefined ? '' : ` (${step.repeat} times)`
  return `${step.call} ${describeOutcome(step.expect)}${often}`
}

function describeOutcome({ fails, breaks }: StepOutcomeExpected): string {
  if (Array.isArray(fails)) return `fails with ${fails.join(', then ')}`
  if (fails !== undefined) return `fails with ${fails}`
  if (breaks !== undefined)
    return breaks === 'connection' ? 'gets no answer' : 'gets an answer that cannot be read'
  return 'is answered'
}
