import type { Explanation } from '../protocol/errors.ts'
import { type Attempt, exchangesOf, groupBy } from './attempts.ts'
import { type BreachKind, breachKinds, type CallBreach, severityOf } from './breach.ts'
import type { Finding } from './evidence.ts'
import type { Run } from './run.ts'

/** The exchanges that a finding names at most; its count is of all. */
const mostExchanges = 1000
/** So many places of one kind in one method have findings of their own; the others share one. */
const mostPlaces = 20

interface Broken {
  readonly call: Attempt
  readonly breach: CallBreach
}

/**
 * Finds what the integration sent against the contracts of its methods: one finding for each kind, method and
 * place, however many calls show it. Notices apart, which are held against nobody.
 */
export function judgeContract({ attempts }: Run): Record<'findings' | 'notices', Finding[]> {
  const broken = attempts.flatMap((call) => call.breaches.map((breach) => ({ call, breach })))
  const places = new Map<string, Set<string>>()
  const groups = groupBy(broken, ({ call: { method }, breach: { kind, path } }) => {
    const about = [kind, kind === 'unknown-method' ? '' : method]
    // The same mistake in every element of a list is one.
    const place = kind === 'unknown-method' ? String(method) : path.replaceAll(/\[\d+\]/g, '[]')
    const taken = places.get(String(about)) ?? new Set()
    places.set(String(about), taken)
    if (taken.size < mostPlaces) taken.add(place)
    return JSON.stringify([...about, taken.has(place) ? place : null])
  })
  const all = [...groups.values()].map(findingOf)
  return {
    findings: all.filter(({ severity }) => severity !== 'notice'),
    notices: all.filter(({ severity }) => severity === 'notice'),
  }
}

function findingOf(broken: readonly Broken[]): Finding {
  const [{ call, breach }] = broken as [Broken]
  const { kind } = breach
  const calls = [...new Set(broken.map((one) => one.call))]
  const method = cut(call.method ?? 'a call without method')
  const path = cut(breach.path)
  const others = new Set(broken.map((one) => one.breach.path.replaceAll(/\[\d+\]/g, '[]'))).size - 1
  const more = kind === 'unknown-method' ? new Set(calls.map((one) => one.method)).size - 1 : others
  return {
    judge: 'contract',
    id: kind,
    severity: severityOf(breach),
    title: breachKinds[kind].title,
    detail: detailOf(breach.detail, calls.length, more),
    advice: breachKinds[kind].advice,
    count: calls.length,
    about: [aboutOf(kind, method, path)],
    method,
    path,
    exchanges: exchangesOf(calls.slice(0, mostExchanges)),
  }
}

/** Findings about a whole method have no place in it to name. */
const aboutOf = (kind: BreachKind, method: string, path: string) =>
  kind === 'unknown-method' || kind === 'removed-method' ? method : `${method} ${path}`

const detailOf = ({ en, zh }: Explanation, calls: number, more: number): Explanation => ({
  en: `${cut(en, 400)} ${calls} ${calls === 1 ? 'call' : 'calls'}${more > 0 ? `, and ${more} more names` : ''}.`,
  zh: `${cut(zh, 400)}共 ${calls} 次调用${more > 0 ? `，另有 ${more} 个名称` : ''}。`,
})

/** Names come from the caller and may be of any length. */
const cut = (text: string, most = 120) =>
  text.length > most ? `${text.slice(0, most - 1)}…` : text
