import { parseTime } from '../../contracts/protocol/timestamp.ts'
import type { Rule, TextMatch } from '../../contracts/rule.ts'
import { textPattern } from '../../contracts/text-pattern.ts'
import type { Judged } from './rules.ts'

type Test<T> = (value: T) => boolean

/** A pattern is looked for in so many characters of a text at the most. */
const longestSearched = 20_000

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
    const from = (between.from && parseTime(between.from)) ?? Number.NEGATIVE_INFINITY
    const to = (between.to && parseTime(between.to)) ?? Number.POSITIVE_INFINITY
    tests.push(({ now }) => now >= Number(from) && now < Number(to))
  }
  return (call) => tests.every((test) => test(call))
}

function textTest(match: TextMatch): Test<string | undefined> {
  if (typeof match === 'string') return (text) => text === match
  const { contains, matches, present } = match
  const pattern = matches === undefined ? undefined : textPattern(matches)
  return (text) => {
    if (text === undefined) return present === false
    if (present === false) return false
    if (contains !== undefined && !text.includes(contains)) return false
    return (
      pattern === undefined ||
      (typeof pattern !== 'string' && pattern.test(text.slice(0, longestSearched)))
    )
  }
}
