import { parseTime, parseTimeOfDay, timeOfDay } from '../../contracts/protocol/timestamp.ts'
import type { Rule, TextMatch } from '../../contracts/rule.ts'
import { textPattern } from '../../contracts/text-pattern.ts'
import type { Judged } from './rules.ts'

type Test<T> = (value: T) => boolean

/** Works out once what a call must be like for a rule; states, counts and chance are looked at by whoever counts. */
export function callTest({ when, then }: Rule): Test<Judged> {
  const tests: Test<Judged>[] = []
  const { app, session, params, item, between } = when
  if (app !== undefined) tests.push((call) => call.app.app_key === app)
  if (session !== undefined) tests.push(({ params: sent }) => sent.session === session)
  // Only a call with a session can lose it.
  if (then.expireSession || then.revokeSession) tests.push((call) => call.session !== undefined)
  for (const [name, match] of Object.entries(params ?? {})) {
    const matches = textTest(match)
    tests.push(({ params: sent }) => matches(sent[name]))
  }
  for (const [name, match] of Object.entries(item ?? {})) {
    const matches = textTest(match)
    tests.push(({ params: sent, world }) => {
      const named = world.item(sent.num_iid ?? '') as Readonly<Record<string, unknown>> | undefined
      const value = named?.[name]
      return named !== undefined && matches(value === undefined ? undefined : String(value))
    })
  }
  if (between) {
    tests.push(timeTest(between.from, between.to))
  }
  return (call) => tests.every((test) => test(call))
}

/** Between two moments, or two times of day: then from one to the other, past midnight where it comes first. */
function timeTest(first: string | undefined, last: string | undefined): Test<Judged> {
  const hours = [first, last].map((text) => parseTimeOfDay(text ?? ''))
  const [opens, closes] = hours
  if (opens !== undefined && closes !== undefined) {
    return ({ now }) => {
      const time = timeOfDay(now)
      return opens < closes ? time >= opens && time < closes : time >= opens || time < closes
    }
  }
  const from = parseTime(first ?? '') ?? Number.NEGATIVE_INFINITY
  const to = parseTime(last ?? '') ?? Number.POSITIVE_INFINITY
  return ({ now }) => now >= from && now < to
}

function textTest(match: TextMatch): Test<string | undefined> {
  if (typeof match === 'string') return (text) => text === match
  const { contains, matches, present } = match
  const pattern = matches === undefined ? undefined : textPattern(matches)
  return (text) => {
    if (text === undefined) return present === false
    if (present === false) return false
    if (contains !== undefined && !text.includes(contains)) return false
    return pattern === undefined || (typeof pattern !== 'string' && pattern.test(text))
  }
}
