import type { Explanation } from '../protocol/errors.ts'
import type { Finding } from './evidence.ts'
import type { Run } from './run.ts'

export type Grade = 'A' | 'B' | 'C' | 'D' | 'E' | 'F'

/**
 * The rule by which back-off is graded: the worst thing that was done decides. A run in which nothing
 * was refused has no grade.
 */
export const gradeRule: Readonly<Record<Grade, Explanation>> = {
  A: { en: 'nothing to object to', zh: '没有问题' },
  B: {
    en: 'waits, but all at once: no jitter, or a herd after a ban',
    zh: '会等待，但步调一致：没有抖动，或封禁后同时涌回',
  },
  C: {
    en: 'gave up on what a retry would have saved',
    zh: '放弃了重试即可成功的调用',
  },
  D: {
    en: 'sent again without waiting, or what can never succeed',
    zh: '不等待就重发，或重发不可能成功的调用',
  },
  E: { en: 'called once or twice during a ban', zh: '封禁期间调用了一两次' },
  F: { en: 'called during bans again and again', zh: '封禁期间反复调用' },
}

/** Calls during bans up to here are an E. */
const fewCalls = 2

const gradeOfFinding: Readonly<Record<string, Grade>> = {
  'no-jitter': 'B',
  'thundering-herd': 'B',
  'gave-up': 'C',
  'did-not-wait': 'D',
  'sent-again-in-vain': 'D',
}

/** Grades the back-off of a run by {@link gradeRule}; `null` where nothing was refused. */
export function gradeOf({ attempts }: Run, findings: readonly Finding[]): Grade | null {
  if (!attempts.some(({ outcome }) => outcome === 'refused')) return null
  const grades = findings
    .filter(({ judge }) => judge === 'backoff')
    .map(({ id, count }) =>
      id === 'called-during-ban' ? (count <= fewCalls ? 'E' : 'F') : (gradeOfFinding[id] ?? 'A'),
    )
  return grades.sort().at(-1) ?? 'A'
}
