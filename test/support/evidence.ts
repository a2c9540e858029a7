import {
  adviceOn,
  type CallEvidence,
  type ExitEvidence,
  type ItemEvidence,
  type RunEvidence,
} from '../../src/contracts/index.ts'

/** What a call came to: `ok`, a reference such as `7/accesscontrol.…`, or a ban with its seconds. */
type Outcome = 'ok' | string | { readonly ban: number; readonly kind?: string }

const dailyBan = 'accesscontrol.limited-by-app-access-count'

/** One call, in short: everything else is filled in. */
export interface Sketch extends Partial<CallEvidence> {
  readonly gives?: Outcome
  /** Milliseconds from the start of the run, by both clocks. */
  readonly t?: number
}

const begin = Date.parse('2026-11-11T00:00:00+08:00')
/** When a run begins, in real time. */
export const callsBegin = Date.parse('2026-03-03T00:00:00+08:00')

/** A whole call of a sketch; the n-th one, counted from 1. */
function callOf(sketch: Sketch, number: number): CallEvidence {
  const { gives = 'ok', t = number * 10, ...given } = sketch
  const at = begin + t
  const wallAt = callsBegin + t
  const shared = {
    id: String(number),
    shop: '',
    appKey: '12345678',
    method: 'taobao.item.add',
    seller: '本地小店',
    session: 1,
    params: {},
    made: null,
    banSeconds: null,
    at,
    wallAt,
    wallDone: (given.wallAt ?? wallAt) + 1,
    fault: null,
    breaches: [],
  }
  if (gives === 'ok') {
    return {
      ...shared,
      outcome: 'answered',
      gate: null,
      code: null,
      subCode: null,
      retry: null,
      unknownOutcome: false,
      executed: true,
      ...given,
    }
  }
  const reference = typeof gives === 'string' ? gives : `7/${gives.kind ?? dailyBan}`
  const [code, subCode = null] = reference.split('/') as [string, string?]
  return {
    ...shared,
    outcome: 'refused',
    gate: 'faults',
    code: Number(code),
    subCode,
    ...adviceOn(Number(code), subCode),
    banSeconds: typeof gives === 'string' ? null : gives.ban,
    executed: false,
    ...given,
  }
}

interface Rest {
  /** The exit status; absent where nobody watches the program. */
  readonly exit?: number | ExitEvidence
  /** Items beyond those that the calls made. */
  readonly items?: readonly Partial<ItemEvidence>[]
  /** Made, and gone when the run has ended. */
  readonly gone?: readonly string[]
  /** When the evidence is taken, in milliseconds from the start. */
  readonly until?: number
}

/** A run of sketches; the shop has what they made. */
export function runOf(sketches: readonly Sketch[], rest: Rest = {}): RunEvidence {
  const calls = sketches.map((sketch, at) => callOf(sketch, at + 1))
  const made = calls
    .filter((call) => call.made !== null && !rest.gone?.includes(call.made))
    .map((call) => itemOf({ ...call.params, num_iid: call.made as string, shop: call.shop }))
  const { exit, until = 3_600_000 * 24 } = rest
  return {
    calls,
    items: [...made, ...(rest.items ?? []).map(itemOf)],
    ...(exit !== undefined && {
      exit: typeof exit === 'number' ? { status: exit, signal: null } : exit,
    }),
    at: begin + until,
    wallAt: callsBegin + until,
    truncated: false,
  }
}

function itemOf(item: Partial<ItemEvidence> & { readonly outer_id?: string }): ItemEvidence {
  return {
    shop: item.shop ?? '',
    nick: item.nick ?? '本地小店',
    num_iid: item.num_iid ?? '1',
    title: item.title ?? '',
    price: item.price ?? '',
    approve_status: item.approve_status ?? 'onsale',
    outerIds: item.outerIds ?? (item.outer_id === undefined ? [] : [item.outer_id]),
  }
}

let numbers = 0
/** An item.add that is answered: `made` is a number of its own. */
export const add = (outerId: string, rest: Sketch = {}): Sketch => ({
  params: { outer_id: outerId, title: `商品 ${outerId}`, price: '10.00' },
  ...((rest.gives ?? 'ok') === 'ok' &&
    rest.executed !== false && { made: String(610_000_000_000 + ++numbers) }),
  ...rest,
})
