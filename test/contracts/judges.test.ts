import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  breachKindNames,
  type CallEvidence,
  type Finding,
  gradeRule,
  judgeNames,
  judgeRun,
  type RunEvidence,
} from '../../src/contracts/index.ts'
import { add, callsBegin, runOf, type Sketch } from '../support/evidence.ts'
import { type Fate, simulate } from '../support/perfect-client.ts'

const judge = (sketches: readonly Sketch[], rest?: Parameters<typeof runOf>[1]) =>
  judgeRun(runOf(sketches, rest))
const ids = ({ findings }: { readonly findings: readonly Finding[] }) =>
  findings.map(({ id }) => id).sort()
const finding = (report: ReturnType<typeof judge>, id: string) =>
  report.findings.find((one) => one.id === id)

const isp = '15/isp.item-service-unavailable'
const isv = '15/isv.invalid-parameter:title'
const lostAfter = { kind: 'reset-after', hook: 'after' } as const
const lostBefore = { kind: 'reset-before', hook: 'before' } as const

describe('a refusal taken for success', () => {
  it('is found where the item was never sent again and the program ended with 0', () => {
    const report = judge([add('A', { gives: { ban: 2 } }), add('B', { t: 5000 })], { exit: 0 })
    expect(finding(report, 'took-refusal-for-success')).toMatchObject({
      judge: 'silent',
      severity: 'error',
      count: 1,
      about: ['A'],
      exchanges: ['1', '2'],
    })
    expect(report.silentFailures).toBe(1)
    expect(finding(report, 'took-refusal-for-success')?.detail.en).toBe(
      '1 call was refused with 7/accesscontrol.limited-by-app-access-count and never sent again; the program ended with exit status 0.',
    )
  })

  it('is none where the program ended with another status: it has said so', () => {
    expect(ids(judge([add('A', { gives: isv }), add('B')], { exit: 1 }))).toEqual([])
  })

  it('is none where the item was sent again later and made, whatever came between', () => {
    const calls = [add('A', { gives: isp }), add('B'), add('C'), add('A', { t: 9000 })]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  it('is found where the platform refused to the last and the program says success', () => {
    const calls = [0, 300, 900].map((t) => add('A', { gives: isp, t }))
    expect(ids(judge(calls, { exit: 0 }))).toEqual(['never-created', 'said-success'])
  })

  it('is none where the platform says that the item is published already', () => {
    const gives = '15/isv.item-add-service-error:ERROR_PUBLISH_DUPLICATE'
    expect(ids(judge([add('A', { gives })], { exit: 0 }))).toEqual([])
  })

  it('is none where the shop had the item before', () => {
    const items = [{ outer_id: 'A' } as object]
    expect(ids(judge([add('A', { gives: isv })], { exit: 0, items }))).toEqual([])
  })

  it('is found for changes as well, unless a later one took their place', () => {
    const change = (price: string, gives: string): Sketch => ({
      method: 'taobao.item.update',
      params: { num_iid: '7', price },
      gives,
    })
    expect(ids(judge([change('1.00', isv)], { exit: 0 }))).toEqual(['took-refusal-for-success'])
    expect(ids(judge([change('1.00', isp), change('1.00', 'ok')], { exit: 0 }))).toEqual([])
    expect(ids(judge([change('1.00', isv), change('2.00', 'ok')], { exit: 0 }))).toEqual([])
  })

  it('is none for a deletion of what is gone', () => {
    const calls = [
      { method: 'taobao.item.delete', params: { num_iid: '404' }, gives: '15/isv.item-not-exist' },
    ]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  it('is suspected, where nobody knows the end, only of what a retry would have saved, and not at once', () => {
    const calls = [add('A', { gives: { ban: 2 }, t: 0 }), add('B', { t: 2500 })]
    const later = judge(calls, { until: 70_000 })
    expect(finding(later, 'took-refusal-for-success')?.severity).toBe('warning')
    expect(ids(judge(calls, { until: 50_000 }))).toEqual([])
    expect(ids(judge([add('A', { gives: isv }), add('B')]))).toEqual([])
    expect(ids(judge([add('A', { gives: { ban: 31_062 } })]))).toEqual([])
  })

  it('is not seen in an answer that may not have arrived', () => {
    const calls = [add('A', { gives: isp, fault: lostAfter }), add('A', { t: 900 })]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })
})

describe('a number that it never got', () => {
  const upload = (num_iid: string): Sketch => ({
    method: 'taobao.item.img.upload',
    params: { num_iid, image: 'a.jpg (3 bytes)' },
    gives: '41',
  })

  it.each(['', '0', 'None', 'null', 'undefined'])(
    '%j is found, whatever the exit status',
    (number) => {
      const report = judge([add('A', { gives: isv }), upload(number)], { exit: 1 })
      expect(finding(report, 'used-a-number-it-never-got')).toMatchObject({
        severity: 'error',
        exchanges: ['1', '2'],
      })
    },
  )

  it('is none where the number is one', () => {
    expect(ids(judge([add('A', { gives: isv }), upload('610000000001')], { exit: 1 }))).toEqual([])
  })

  it('is none where no item was refused before', () => {
    expect(ids(judge([add('A'), upload('0')], { exit: 1 }))).toEqual([])
  })
})

describe('pages', () => {
  const page = (page_no: string, gives = 'ok', t?: number): Sketch => ({
    method: 'taobao.items.onsale.get',
    params: { fields: 'num_iid', page_no },
    gives,
    ...(t !== undefined && { t }),
  })

  it('are skipped where one was refused and those behind it were read', () => {
    const report = judge([page('1'), page('2', isp), page('3')], { exit: 0 })
    expect(finding(report, 'skipped-page')).toMatchObject({ count: 1, exchanges: ['2', '3'] })
  })

  it('are not where the page was read later, or the program said so', () => {
    const calls = [page('1'), page('2', isp), page('3'), page('2', 'ok', 900)]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
    expect(ids(judge(calls.slice(0, 3), { exit: 1 }))).toEqual([])
  })

  it('are none where the last was refused and the program stopped, saying success: that is another finding', () => {
    expect(ids(judge([page('1'), page('2', isp)], { exit: 0 }))).toEqual(['ended-on-a-refusal'])
    expect(ids(judge([page('1'), page('2', isp)], { exit: 1 }))).toEqual([])
  })

  it('asking for what is not there is no failure', () => {
    const gone = {
      method: 'taobao.item.seller.get',
      params: { num_iid: '7' },
      gives: '15/isv.item-not-exist',
    }
    expect(ids(judge([gone], { exit: 0 }))).toEqual([])
  })
})

describe('bans', () => {
  it('are broken by the same call sent again too early', () => {
    const report = judge(
      [0, 20, 60, 2010].map((t) => add('A', { t, gives: t < 2000 ? { ban: 2 } : 'ok' })),
      { exit: 0 },
    )
    expect(finding(report, 'called-during-ban')).toMatchObject({
      count: 2,
      exchanges: ['1', '2', '3'],
    })
    expect(finding(report, 'called-during-ban')?.detail.en).toBe(
      'The platform said "This ban will last for 2 more seconds" (#1); 2 more calls came before it was over, the first after 20 ms.',
    )
    expect(report.backOff).toBe('E')
  })

  it('are kept by whoever waits the named seconds in real time, though the clock of the gateway stands', () => {
    const calls = [0, 2005, 4010].map((t) =>
      add('A', { t: 0, wallAt: t, gives: t < 4000 ? { ban: 2 } : 'ok' }),
    )
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  it('are kept by whoever lets the clock of the gateway wait', () => {
    const calls = [0, 31_062_000].map((t) =>
      add('A', { t, wallAt: t === 0 ? 0 : 1, gives: t === 0 ? { ban: 31_062 } : 'ok' }),
    )
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  it('are broken by sending again at once what is then answered: the seconds had been named', () => {
    const calls = [add('A', { t: 0, gives: { ban: 41 } }), add('A', { t: 30 })]
    expect(ids(judge(calls, { exit: 0 }))).toEqual(['called-during-ban'])
  })

  it('are named in real seconds by a clock that runs faster, and judged in them', () => {
    const scaled = (ms: number) => {
      const first = add('A', { t: 0, gives: { ban: 2 } })
      const again = add('A', { t: ms * 60, wallAt: callsBegin + ms })
      return judgeRun({ ...runOf([first, again], { exit: 0 }), pace: 60 })
    }
    expect(ids(scaled(2005))).toEqual([])
    // For the gateway 48 seconds have passed by then, but the program had been told of 2.
    expect(ids(scaled(800))).toEqual(['called-during-ban'])
  })

  it('of one API do not concern the others', () => {
    const kind = 'accesscontrol.limited-by-app-api-access-count'
    const other = { method: 'taobao.time.get', params: {}, t: 30 }
    const calls = [
      add('A', { t: 0, gives: { ban: 2, kind } }),
      other,
      { ...other, t: 40 },
      add('A', { t: 2010 }),
    ]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  const pool = (size: number, exit: number) =>
    judge(
      Array.from({ length: size }, (_, at) =>
        add(`A-${at}`, { t: at * 300, gives: { ban: 31_062 } }),
      ),
      { exit },
    )
  it('may be learnt of by each of eight workers, who give up and say so', () => {
    expect(ids(pool(8, 1))).toEqual([])
    expect(ids(pool(9, 1))).toEqual(['called-during-ban'])
  })

  it('are not listened to by a program that goes on with the next item and ends with 0', () => {
    const report = pool(4, 0)
    expect(finding(report, 'called-during-ban')).toMatchObject({ count: 3 })
    expect(report.backOff).toBe('F')
  })

  it('of another app do not concern this one', () => {
    const calls = [
      add('A', { t: 0, gives: { ban: 2 } }),
      add('A', { t: 10, appKey: 'other', shop: 'other' }),
      add('A', { t: 2010 }),
    ]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  it('end for a whole herd at once', () => {
    const herd = (size: number, apart: number) => {
      const names = Array.from({ length: size }, (_, at) => `A-${at}`)
      return judge(
        [
          ...names.map((name, at) => add(name, { t: at, gives: { ban: 2 } })),
          ...names.map((name, at) => add(name, { t: 2010 + at * apart })),
        ],
        { exit: 0 },
      )
    }
    expect(ids(herd(8, 2))).toEqual(['thundering-herd'])
    expect(herd(8, 2).backOff).toBe('B')
    expect(ids(herd(7, 2))).toEqual([])
    expect(ids(herd(8, 40))).toEqual([])
  })
})

describe('back-off', () => {
  const series = (waits: readonly number[], gives = isp) => {
    let t = 0
    const calls = [add('A', { t, gives: waits.length === 0 ? 'ok' : gives })]
    for (const [at, wait] of waits.entries()) {
      t += wait
      calls.push(add('A', { t, gives: at === waits.length - 1 ? 'ok' : gives }))
    }
    return judge(calls, { exit: 0 })
  }

  it('wants a wait after isp.*', () => {
    expect(ids(series([5, 5, 5]))).toEqual(['did-not-wait'])
    expect(series([5, 5, 5]).backOff).toBe('D')
    expect(ids(series([5, 5]))).toEqual([])
  })

  it('wants jitter in many waits', () => {
    expect(ids(series([500, 501, 502, 500]))).toEqual(['no-jitter'])
    expect(ids(series([500, 501, 502]))).toEqual([])
    expect(ids(series([500, 1000, 2000, 4000]))).toEqual([])
    expect(ids(series([500, 430, 560, 470]))).toEqual([])
  })

  it.each(['40', '41', '22', isv, '11/isv.permission-api-package-limit'])(
    'does not send %s again unchanged',
    (gives) => {
      const again = judge([add('A', { gives, t: 0 }), add('A', { gives, t: 800 })], { exit: 1 })
      expect(ids(again)).toEqual(['sent-again-in-vain'])
      expect(finding(again, 'sent-again-in-vain')?.exchanges).toEqual(['1', '2'])
      expect(again.backOff).toBe('D')
    },
  )

  it('may send it changed, or by the next run', () => {
    const changed = { outer_id: 'A', title: 'another', price: '10.00' }
    const calls = [
      add('A', { gives: isv, t: 0 }),
      add('A', { gives: isv, t: 800, params: changed }),
    ]
    expect(ids(judge(calls, { exit: 1 }))).toEqual([])
    const nextRun = [add('A', { gives: isv, t: 0 }), add('A', { gives: isv, t: 3_600_000 })]
    expect(ids(judge(nextRun, { exit: 1 }))).toEqual([])
  })

  it.each(['25', '27/session-expired'])('may try %s once more, not twice', (gives) => {
    const calls = [0, 500, 1500].map((t) => add('A', { gives, t }))
    expect(ids(judge(calls.slice(0, 2), { exit: 1 }))).toEqual([])
    expect(ids(judge(calls, { exit: 1 }))).toEqual(['sent-again-in-vain'])
  })

  it('may send a refused session anew with another', () => {
    const calls = [1, 2, 3].map((session) => add('A', { gives: '27/session-expired', session }))
    expect(ids(judge(calls, { exit: 1 }))).toEqual([])
  })

  it('may ask again for what is not there yet', () => {
    const ask = { method: 'taobao.item.seller.get', params: { num_iid: '7' } }
    const calls = [0, 500, 1500].map((t) => ({ ...ask, t, gives: '15/isv.item-not-exist' }))
    expect(ids(judge(calls, { exit: 1 }))).toEqual([])
  })

  it('does not give up what one more attempt would have saved, though it says so', () => {
    const report = judge([add('A', { gives: isp })], { exit: 1 })
    expect(ids(report)).toEqual(['gave-up'])
    expect(report.backOff).toBe('C')
    expect(ids(judge([add('A', { gives: { ban: 120 } })], { exit: 1 }))).toEqual(['gave-up'])
  })

  it('may give up on a longer ban, on an open outcome and on a lost answer', () => {
    expect(ids(judge([add('A', { gives: { ban: 121 } })], { exit: 1 }))).toEqual([])
    expect(ids(judge([add('A', { gives: '15/isp.remote-service-timeout' })], { exit: 1 }))).toEqual(
      [],
    )
    const lost = add('A', { executed: false, fault: lostBefore })
    expect(ids(judge([lost], { exit: 1 }))).toEqual([])
  })

  it('may give up on what a service refuses in words of its own', () => {
    expect(ids(judge([add('A', { gives: '15/9100' })], { exit: 1 }))).toEqual([])
    expect(ids(judge([add('A', { gives: '10' })], { exit: 1 }))).toEqual(['gave-up'])
  })

  it('may give up on a short ban once the app has been told of a long one', () => {
    const calls = [
      add('A', { t: 0, gives: { ban: 15 } }),
      add('B', { t: 15_500 }),
      add('C', { t: 15_900, gives: { ban: 21_600 } }),
    ]
    expect(ids(judge(calls, { exit: 1 }))).toEqual([])
  })

  it('may give up once questions about the item were not answered either', () => {
    const asked = (t: number, gives: Sketch['gives'] = isp): Sketch => ({
      method: 'taobao.items.custom.get',
      params: { outer_id: 'A' },
      t,
      gives,
    })
    const refused = add('A', { t: 0, gives: isp })
    expect(ids(judge([refused, asked(900), asked(2900)], { exit: 1 }))).toEqual([])
    expect(ids(judge([refused, asked(900), asked(2900), add('B', { t: 9000 })]))).toEqual([])
    expect(ids(judge([refused, asked(900), asked(2900, 'ok')], { exit: 1 }))).toEqual(['gave-up'])
  })

  it('is none in a pool whose workers each send another call again at once', () => {
    const pool = (wait: number) =>
      ['A', 'B', 'C', 'D'].flatMap((name, at) => [
        add(name, { t: at * 1000, gives: '8' }),
        add(name, { t: at * 1000 + wait }),
      ])
    expect(ids(judge(pool(60), { exit: 0 }))).toEqual(['did-not-wait'])
    expect(ids(judge(pool(300), { exit: 0 }))).toEqual([])
  })

  it('has no grade where nothing was refused, and an A where nothing is objected to', () => {
    expect(judge([add('A')], { exit: 0 }).backOff).toBeNull()
    expect(judge([add('A', { gives: isv })], { exit: 1 }).backOff).toBe('A')
    expect(Object.keys(gradeRule)).toEqual(['A', 'B', 'C', 'D', 'E', 'F'])
  })
})

describe('duplicates and losses', () => {
  it('an item made again after a lost answer is found, with the attempt whose answer was lost', () => {
    const report = judge([add('A', { fault: lostAfter }), add('A', { t: 500 })], { exit: 0 })
    expect(ids(report)).toEqual(['sent-again-without-asking'])
    expect(report.items).toEqual({ sent: 1, once: 0, twice: 1, lost: 0 })
    expect(report.findings[0]?.exchanges).toEqual(['1', '2'])
    expect(report.findings[0]?.detail.en).toBe(
      'The shop has 1 item more than once. A: the answer of #1 did not arrive (reset-after), but the item existed; #2 made it a second time.',
    )
  })

  it('an answer that came late may have found nobody waiting', () => {
    const slow = add('A', { wallAt: 0, wallDone: 40_000 })
    const report = judge([add('A', { wallAt: 10_000 }), slow], { exit: 0 })
    expect(ids(report)).toEqual(['sent-again-without-asking'])
    expect(report.findings[0]?.detail.en).toContain(
      'the answer of #2 took 40 s, but the item existed; #1 made it',
    )
  })

  it('an answer lost before the write may be sent again', () => {
    const lost = add('A', { executed: false, fault: lostBefore })
    expect(ids(judge([lost, add('A', { t: 500 })], { exit: 0 }))).toEqual([])
  })

  it('a lost answer whose item is there is no loss', () => {
    const report = judge([add('A', { fault: lostAfter })], { exit: 1 })
    expect(report.items).toEqual({ sent: 1, once: 1, twice: 0, lost: 0 })
    expect(ids(report)).toEqual([])
  })

  it('an item answered twice is found too', () => {
    expect(ids(judge([add('A'), add('A')], { exit: 0 }))).toEqual(['published-twice'])
  })

  it('a duplicate that the integration deleted is none', () => {
    const again = add('A')
    const drop = { method: 'taobao.item.delete', params: { num_iid: String(again.made) } }
    const report = judge([add('A'), again, drop], { exit: 0, gone: [String(again.made)] })
    expect(ids(report)).toEqual([])
    expect(report.items.once).toBe(1)
  })

  it('one outer_id of two sellers is two items', () => {
    const calls = [add('A'), add('A', { seller: '隔壁商行', session: 2 })]
    const report = judge(calls, { exit: 0 })
    expect(ids(report)).toEqual([])
    expect(report.items).toEqual({ sent: 2, once: 2, twice: 0, lost: 0 })
  })

  it('a call with a session that nobody knows is about the same item as its repetition', () => {
    const calls = [
      add('A', { seller: null, gives: '27/session-expired' }),
      add('A', { t: 500, session: 2 }),
    ]
    expect(ids(judge(calls, { exit: 0 }))).toEqual([])
  })

  it('without an outer_id title and price tell items apart, and only equal ones are suspected', () => {
    const bare = (title: string, desc: string, made: string): Sketch => ({
      params: { title, price: '10', desc },
      made,
    })
    expect(ids(judge([bare('t', 'a', '1'), bare('u', 'a', '2')], { exit: 0 }))).toEqual([])
    expect(ids(judge([bare('t', 'a', '1'), bare('t', 'b', '2')], { exit: 0 }))).toEqual([])
    const twice = judge([bare('t', 'a', '1'), bare('t', 'a', '2')], { exit: 0 })
    expect(twice.findings).toMatchObject([{ id: 'published-twice', severity: 'warning' }])
    const afterDoubt = [{ ...bare('t', 'a', '1'), fault: lostAfter }, bare('t', 'a', '2')]
    expect(judge(afterDoubt, { exit: 0 }).findings).toMatchObject([
      { id: 'sent-again-without-asking', severity: 'error' },
    ])
  })

  it('a call lost on the way and never sent again is a loss where the program says success', () => {
    const lost = add('A', { executed: false, fault: lostBefore })
    expect(ids(judge([lost], { exit: 0 }))).toEqual(['never-created'])
    expect(ids(judge([lost], { exit: 1 }))).toEqual([])
    expect(judge([lost], { exit: 1 }).items.lost).toBe(1)
  })

  it('an answer that a scenario made up is nobody’s loss', () => {
    const report = judge([add('A', { made: '999' })], { exit: 0, gone: ['999'] })
    expect(ids(report)).toEqual([])
    expect(report.items).toEqual({ sent: 1, once: 1, twice: 0, lost: 0 })
  })
})

describe('coverage', () => {
  it('says what was met, what came next and after how long, and what was never met', () => {
    const report = judgeRun(
      runOf(
        [
          add('A', { gives: isp, t: 0 }),
          add('A', { t: 700 }),
          add('B', { gives: isv, t: 800 }),
          add('C', { t: 900 }),
          add('D', { gives: '27/session-expired', t: 1000 }),
        ],
        { exit: 1 },
      ),
      { expected: ['7/accesscontrol.limited-by-app-access-count', isp, '27', '25'] },
    )
    expect(report.coverage.met).toMatchObject([
      {
        error: isp,
        count: 1,
        next: { sentAgain: 1, calledElse: 0, stopped: 0 },
        after: { shortestMs: 700, longestMs: 700 },
        exchanges: ['1'],
      },
      { error: isv, next: { sentAgain: 0, calledElse: 1, stopped: 0 }, after: null },
      { error: '27/session-expired', next: { sentAgain: 0, calledElse: 0, stopped: 1 } },
    ])
    expect(report.coverage.missing).toEqual(['25', '7/accesscontrol.limited-by-app-access-count'])
  })
})

describe('any run', () => {
  const anyText = fc.oneof(
    fc.string({ maxLength: 8 }),
    fc.constantFrom('__proto__', 'constructor', '', '0', 'None', 'A', '1'),
  )
  const method = fc.oneof(
    fc.constantFrom(
      'taobao.item.add',
      'taobao.item.delete',
      'taobao.item.update',
      'taobao.items.onsale.get',
      'taobao.item.img.upload',
    ),
    anyText,
  )
  const number = fc.oneof(fc.integer({ min: -5, max: 2000 }), fc.constantFrom(0, 8.64e15, -8.64e15))
  const call: fc.Arbitrary<CallEvidence> = fc.record({
    id: anyText,
    shop: fc.constantFrom('', 'x'),
    appKey: fc.option(anyText),
    method: fc.option(method),
    seller: fc.option(fc.constantFrom('a', 'b')),
    session: fc.option(fc.nat(3)),
    params: fc.dictionary(
      fc.oneof(
        fc.constantFrom('outer_id', 'title', 'price', 'num_iid', 'page_no', '__proto__'),
        anyText,
      ),
      anyText,
      { maxKeys: 5 },
    ),
    outcome: fc.constantFrom('answered' as const, 'refused' as const, 'dropped' as const),
    gate: fc.option(anyText),
    code: fc.option(fc.constantFrom(7, 15, 25, 27, 40, 41, 22, 0, -1, 1e9)),
    subCode: fc.option(fc.oneof(fc.constantFrom('isp.x', 'isv.x', 'x-duplicate'), anyText)),
    retry: fc.option(
      fc.constantFrom(
        'no' as const,
        'back-off' as const,
        'after-ban' as const,
        're-authorise' as const,
      ),
    ),
    unknownOutcome: fc.boolean(),
    banSeconds: fc.option(number),
    made: fc.option(fc.constantFrom('1', '2', '')),
    at: number,
    wallAt: number,
    wallDone: number,
    executed: fc.boolean(),
    fault: fc.option(
      fc.record({ kind: anyText, hook: fc.constantFrom('before' as const, 'after' as const) }),
    ),
    breaches: fc.array(
      fc.record({
        kind: fc.constantFrom(...breachKindNames),
        path: anyText,
        detail: fc.record({ en: anyText, zh: anyText }),
      }),
      { maxLength: 3 },
    ),
  })
  const evidence: fc.Arbitrary<RunEvidence> = fc.record({
    calls: fc.array(call, { maxLength: 40 }),
    items: fc.array(
      fc.record({
        shop: fc.constantFrom('', 'x'),
        nick: fc.constantFrom('a', 'b'),
        num_iid: fc.constantFrom('1', '2', '3'),
        title: anyText,
        price: anyText,
        approve_status: anyText,
        outerIds: fc.array(anyText, { maxLength: 2 }),
      }),
      { maxLength: 5 },
    ),
    exit: fc.option(
      fc.record({ status: fc.option(fc.constantFrom(0, 1)), signal: fc.option(anyText) }),
      { nil: undefined },
    ),
    at: number,
    wallAt: number,
    truncated: fc.boolean(),
  })

  it('is judged without a throw, and every finding names exchanges of the run', () => {
    fc.assert(
      fc.property(evidence, (run) => {
        const report = judgeRun(run)
        const known = new Set(run.calls.map(({ id }) => id))
        for (const { exchanges, about, count, judge: by } of report.findings) {
          expect(exchanges.length).toBeGreaterThan(0)
          expect(exchanges.every((id) => known.has(id))).toBe(true)
          expect(about.length).toBeGreaterThan(0)
          expect(count).toBeGreaterThan(0)
          expect(judgeNames).toContain(by)
        }
        const { sent, once, twice, lost } = report.items
        expect(once + twice + lost).toBe(sent)
        expect(judgeRun(run)).toEqual(report)
      }),
      { numRuns: 500 },
    )
  })

  const fate: fc.Arbitrary<Fate> = fc.oneof(
    { weight: 3, arbitrary: fc.constant({ kind: 'ok' as const }) },
    {
      weight: 4,
      arbitrary: fc.record({
        kind: fc.constantFrom(
          'isp' as const,
          'isv' as const,
          'unknown' as const,
          'lost-before' as const,
          'lost-after' as const,
        ),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        kind: fc.constant('ban' as const),
        seconds: fc.oneof(fc.integer({ min: 1, max: 120 }), fc.constantFrom(121, 31_062)),
      }),
    },
  )
  it('of a client that makes no mistake has no finding, whatever happens to it', () => {
    let refusals = 0
    fc.assert(
      fc.property(
        fc.array(fate, { maxLength: 30 }),
        fc.integer({ min: 1, max: 15 }),
        fc.integer({ min: 1, max: 7 }),
        fc.boolean(),
        fc.boolean(),
        fc.infiniteStream(fc.double({ min: 0, max: 0.999, noNaN: true })),
        (fates, items, workers, together, virtual, chance) => {
          const random = () => chance.next().value as number
          const run = simulate({ fates, items, workers, together, virtual, random })
          refusals += run.calls.filter(({ outcome }) => outcome === 'refused').length
          expect(judgeRun(run).findings).toEqual([])
        },
      ),
      { numRuns: 1000 },
    )
    expect(refusals).toBeGreaterThan(1000)
  })
})
