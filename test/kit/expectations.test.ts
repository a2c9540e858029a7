import { expect, it } from 'vitest'
import { judgeRun } from '../../src/contracts/index.ts'
import { type Expected, unmetExpectations } from '../../src/kit/expectations.ts'
import { add, runOf } from '../support/evidence.ts'

const report = judgeRun(
  runOf(
    [
      add('A', { t: 0, gives: { ban: 2 } }),
      add('A', { t: 20, gives: { ban: 2 } }),
      add('B', { t: 3000 }),
      add('B', { t: 3500 }),
      add('C', { t: 4000, gives: '15/isv.invalid-parameter:title' }),
    ],
    { exit: 0 },
  ),
)
const called = [...Array(5).fill('taobao.item.add'), 'taobao.items.custom.get', null]

it.each<[Expected, string[]]>([
  [{ items: { created: 1, duplicates: 1, lost: 2 } }, []],
  [
    { items: { created: 3 } },
    [
      'expected 3 items created, got 1',
      'expected 0 items twice, got 1',
      'expected 0 items lost, got 2',
    ],
  ],
  [{ errorsMet: ['7', '429', 'isv.invalid-parameter:title'] }, []],
  [{ errorsMet: ['25'] }, ['expected the error 25 to be met; it was not']],
  [{ noSilentFailures: true }, ['expected no silent failure, got 2']],
  [{ maxCallsDuringBan: 1 }, []],
  [{ maxCallsDuringBan: 0 }, ['expected at most 0 calls during bans, got 1']],
  [{ calls: [{ method: 'taobao.item.*', min: 5, max: 5 }] }, []],
  [
    {
      calls: [
        { method: 'taobao.item.add', min: 6 },
        { method: 'taobao.items.custom.get', max: 0 },
      ],
    },
    [
      'expected at least 6 calls of taobao.item.add, got 5',
      'expected at most 0 calls of taobao.items.custom.get, got 1',
    ],
  ],
  [{ exit: 0 }, []],
  [{ exit: 1 }, ['expected exit status 1, got 0']],
])('%j', (expected, unmet) => {
  const sentences = unmetExpectations(expected, report, called)
  expect(sentences.map(({ en }) => en)).toEqual(unmet)
  for (const { zh } of sentences) expect(zh).toMatch(/\p{Script=Han}/u)
})
