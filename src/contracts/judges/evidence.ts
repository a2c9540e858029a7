import type { Retry } from '../protocol/error-table.ts'
import type { Explanation } from '../protocol/errors.ts'
import type { CallBreach, Severity } from './breach.ts'

/** What a scenario did to a call on the wire. */
export interface CallFault {
  /** As scenarios write it: `reset-after`, `truncated`, `hang` … */
  readonly kind: string
  /** Whether it came before the handler's turn or after it. */
  readonly hook: 'before' | 'after'
}

/** One call of a run, as the judges see it. Holds no secret. */
export interface CallEvidence {
  /** The exchange's number in the journal. */
  readonly id: string
  /** The world it was made in: empty for the gateway's own, else a tenant's app key. */
  readonly shop: string
  readonly appKey: string | null
  readonly method: string | null
  /** The seller whose session it came with, where the session is known. */
  readonly seller: string | null
  /** Which session it came with: equal numbers, equal sessions. */
  readonly session: number | null
  /** Business parameters, secrets masked; a file is its name and size. */
  readonly params: Readonly<Record<string, string>>
  /** What the gateway decided, whether or not the answer arrived; `dropped` when a fault came first. */
  readonly outcome: 'answered' | 'refused' | 'dropped'
  readonly gate: string | null
  readonly code: number | null
  readonly subCode: string | null
  /** What the platform's table says about sending it again; `null` where it was not refused. */
  readonly retry: Retry | null
  /** The refusal leaves open whether the call was carried out. */
  readonly unknownOutcome: boolean
  /** Seconds until a ban ends, as the answer named them. */
  readonly banSeconds: number | null
  /** The number of the item it made. */
  readonly made: string | null
  /** When it arrived, by the gateway's clock, in milliseconds. */
  readonly at: number
  /** When it arrived and when it was answered, in real time, in milliseconds. */
  readonly wallAt: number
  readonly wallDone: number
  /** The handler carried it out, whether or not the answer arrived. */
  readonly executed: boolean
  readonly fault: CallFault | null
  /** In what it broke the contract of its method, as it was sent: nothing that a scenario did is among it. */
  readonly breaches: readonly CallBreach[]
}

/** One item of a shop when the run has ended. */
export interface ItemEvidence {
  readonly shop: string
  readonly nick: string
  readonly num_iid: string
  readonly title: string
  readonly price: string
  readonly approve_status: string
  /** Its own outer_id and those of its SKUs. */
  readonly outerIds: readonly string[]
}

/** How the program ended. */
export interface ExitEvidence {
  /** `null` when a signal ended it. */
  readonly status: number | null
  readonly signal: string | null
}

/** Everything that is known about a run. */
export interface RunEvidence {
  /** Oldest first. */
  readonly calls: readonly CallEvidence[]
  readonly items: readonly ItemEvidence[]
  /** Absent while the program still runs, or where nobody watches it. */
  readonly exit?: ExitEvidence | undefined
  /** When the evidence was taken: by the gateway's clock, and in real time. */
  readonly at: number
  readonly wallAt: number
  /**
   * How many milliseconds of the gateway's clock pass in a real one. Bans name real seconds.
   * @default 1
   */
  readonly pace?: number
  /** The journal has dropped the oldest calls. */
  readonly truncated: boolean
}

export const judgeNames = ['silent', 'backoff', 'duplicates', 'losses', 'contract'] as const
export type JudgeName = (typeof judgeNames)[number]

/** What a judge holds against an integration. */
export interface Finding {
  readonly judge: JudgeName
  /** Which kind of mistake: `took-refusal-for-success`, `called-during-ban` … */
  readonly id: string
  /** `warning` where the journal alone cannot prove it, or little harm is done; `notice` where nobody objects. */
  readonly severity: Severity
  /** The method that it is about, where it is about one. */
  readonly method?: string
  /** Where in the call: `title`, `skus[0].price`, `fields: outerid`. */
  readonly path?: string
  readonly title: Explanation
  readonly detail: Explanation
  /** What to do instead. */
  readonly advice: Explanation
  /** How often: calls, or items. */
  readonly count: number
  /** What it is about, in words of the integration: outer_id, else title, else the method. */
  readonly about: readonly string[]
  /** The exchanges that prove it, in the order in which they happened. */
  readonly exchanges: readonly string[]
}
