import { getOrCreate } from '../../contracts/get-or-create.ts'
import type { Verdict } from '../pipeline.ts'
import type { Entry } from './exchange.ts'

/** Upper bounds of the histogram, in seconds. */
const bounds = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5] as const

/** What is true at the moment somebody looks. */
export interface Gauges {
  readonly [name: string]: { readonly help: string; readonly value: number }
}

/** Counts calls since the process began; a reset of the gateway does not take them back. */
export interface Metrics {
  count(entry: Pick<Entry, 'call' | 'verdict' | 'took'>): void
  /** Everything in the text format of Prometheus (0.0.4). */
  text(version: string, gauges: Gauges): string
}

/** @param always labels of every sample */
export function createMetrics(always: Readonly<Record<string, string>> = {}): Metrics {
  const own = Object.entries(always).map(([name, value]) => `${name}=${JSON.stringify(value)}`)
  /** A sample's name with its labels. */
  const sample = (name: string, ...labels: readonly string[]) => {
    const all = [...labels, ...own]
    return all.length === 0 ? name : `${name}{${all.join()}}`
  }
  /** By method, then by what came of the calls: {@link ended}. Labels are written when somebody looks. */
  const calls = new Map<string, Map<number, number>>()
  const buckets = new Array<number>(bounds.length).fill(0)
  let total = 0
  let seconds = 0

  return {
    count({ call, verdict, took }) {
      // A name that nobody knows is the caller's to choose, and no label: there would be no end of them.
      const counts = getOrCreate(calls, call.contract?.name ?? 'unknown', () => new Map())
      const end = ended(verdict)
      counts.set(end, (counts.get(end) ?? 0) + 1)
      total++
      seconds += took / 1000
      let at = 0
      while (at < bounds.length && took / 1000 > (bounds[at] as number)) at++
      if (at < bounds.length) buckets[at] = (buckets[at] as number) + 1
    },
    text(version, gauges) {
      let upTo = 0
      const duration = 'localtop_call_duration_seconds'
      return [
        ...family('localtop_info', 'gauge', 'The version that runs.', [
          `${sample('localtop_info', `version="${version}"`)} 1`,
        ]),
        ...family(
          'localtop_calls_total',
          'counter',
          'Calls of the platform, by method, outcome and platform error (0 for none).',
          [...calls].flatMap(([method, counts]) =>
            [...counts].map(
              ([end, count]) =>
                `${sample('localtop_calls_total', `method="${method}",${labelsOf(end)}`)} ${count}`,
            ),
          ),
        ),
        ...family(duration, 'histogram', 'How long the gateway took to answer a call.', [
          ...bounds.map((bound, at) => {
            upTo += buckets[at] as number
            return `${sample(`${duration}_bucket`, `le="${bound}"`)} ${upTo}`
          }),
          `${sample(`${duration}_bucket`, 'le="+Inf"')} ${total}`,
          `${sample(`${duration}_sum`)} ${seconds}`,
          `${sample(`${duration}_count`)} ${total}`,
        ]),
        ...Object.entries(gauges).flatMap(([name, { help, value }]) =>
          family(name, 'gauge', help, [`${sample(name)} ${value}`]),
        ),
        '',
      ].join('\n')
    },
  }
}

/** What came of a call, as a number: the platform's code where it was refused. */
const ended = ({ rejection, dropped }: Verdict): number =>
  rejection ? rejection.error.code : dropped ? droppedCall : answeredCall
const answeredCall = 0
const droppedCall = -1

function labelsOf(end: number): string {
  if (end === droppedCall) return 'outcome="dropped",code="0"'
  return `outcome="${end === answeredCall ? 'answered' : 'refused'}",code="${end}"`
}

const family = (name: string, type: string, help: string, samples: readonly string[]) => [
  `# HELP ${name} ${help}`,
  `# TYPE ${name} ${type}`,
  ...samples,
]
