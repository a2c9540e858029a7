import * as z from 'zod'
import { findError } from './error-reference.ts'
import { platformErrors } from './protocol/error-table.ts'
import { parseDuration } from './protocol/timestamp.ts'
import { methods } from './registry.ts'
import { appSeed, worldParts } from './world.ts'
import { writtenDuration, writtenMoment } from './written-values.ts'

const banKinds = platformErrors['app-call-limited'].kinds
/** How long something lasts: above 0. */
const span = writtenDuration.refine((text) => (parseDuration(text) ?? 1) > 0, {
  error: 'expected a duration above 0',
})
/** One of the bans of code 7, by its sub-code. */
const banKind = z.string().refine((kind) => Object.hasOwn(banKinds, kind), {
  error: `expected one of ${Object.keys(banKinds).join(', ')}`,
})
const errorRef = z
  .union([z.string(), z.int().transform(String)])
  .refine((reference) => typeof findError(String(reference)) !== 'string', {
    error: (issue) => String(findError(String(issue.input))),
  })
/** A text as it travels; YAML writers may leave the quotes of numbers and booleans away. */
const text = z.union([
  z.string(),
  z
    .number()
    .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
      error: 'was rounded before it was read: put quotes round a number beyond 2^53',
    })
    .transform(String),
  z.boolean().transform(String),
])

/** Which calls a rule is about; a call must satisfy all that is given. */
const ruleMatch = z
  .strictObject({
    /** A method, or a family as in `taobao.items.*`. */
    method: z.string().optional(),
    app: text.optional(),
    session: text.optional(),
    /** Business parameters that must have these very texts. */
    params: z.record(z.string(), text).optional(),
    /** The n-th matching call, counted from 1, or a range of them. */
    call: z
      .union([
        z.int().positive(),
        z
          .strictObject({ from: z.int().positive(), to: z.int().positive().optional() })
          .refine(({ from, to }) => to === undefined || to >= from, {
            error: 'expected to ≥ from',
          }),
      ])
      .optional(),
  })
  .default({})

/** What happens to a call that a rule is about. Exactly one of these. */
const ruleEffect = z
  .strictObject({
    /** Refuses with any platform error, as in `27/session-expired` or `isp.remote-service-timeout`. */
    refuse: errorRef.optional(),
    /** Bans the app: every call is refused until the time is over; answers name the seconds left. */
    ban: z
      .union([
        span.transform((time) => ({ for: time, kind: undefined })),
        z.strictObject({ for: span, kind: banKind.optional() }),
      ])
      .optional(),
    /** Ends the session of the call: it and every later call with it get 27/session-expired. */
    expireSession: z.literal(true).optional(),
    /** Answers later than it would; runs on the gateway's clock. */
    delay: span.optional(),
  })
  .refine((effect) => Object.values(effect).filter((value) => value !== undefined).length === 1, {
    error: 'expected exactly one of refuse, ban, expireSession, delay',
  })

export const rule = z.strictObject({
  when: ruleMatch,
  then: ruleEffect,
  /** How often it applies: `once`, `always`, or a number of times; `once` by default, every call of a range. */
  times: z.union([z.enum(['once', 'always']), z.int().positive()]).optional(),
})

/** Who sends a step's calls; what is not given is the scenario's first app and session. */
const caller = z.strictObject({
  app: text.optional(),
  secret: z.string().optional(),
  session: text.optional(),
  /** How far the caller's own clock is off, as in `-11m`. */
  clockOff: writtenDuration.optional(),
  /** `false` sends what the bundled client would refuse to send. */
  check: z.boolean().optional(),
  /** The session that the client gets when it asks for a new one. */
  refreshTo: z.string().optional(),
})

/** What a call must give: an error, or an answer that holds at least these fields. */
const outcome = z
  .strictObject({ fails: errorRef.optional(), gives: z.record(z.string(), z.unknown()).optional() })
  .refine((expected) => (expected.fails === undefined) !== (expected.gives === undefined), {
    error: 'expected either fails or gives',
  })

const step = z.union([
  z.strictObject({
    call: z.string().refine((name) => Object.hasOwn(methods, name), {
      error: (issue) => `"${issue.input}" is no method with a contract`,
    }),
    with: z.record(z.string(), text).default({}),
    as: caller.optional(),
    expect: outcome,
  }),
  z.strictObject({
    /** Items for `client.publish`, as a CSV file would hold them. */
    publish: z.array(z.record(z.string(), text)).min(1),
    as: caller.optional(),
    expect: z.strictObject({
      published: z.int().nonnegative(),
      failed: z.int().nonnegative().default(0),
      /** How many items the shop has on sale afterwards beyond those it had. */
      newItems: z.int().nonnegative().optional(),
      /** Errors that the gateway answered on the way. */
      refusals: z.array(errorRef).optional(),
    }),
  }),
  z.strictObject({ advance: writtenDuration }),
  z.strictObject({ freeze: writtenMoment }),
])

/** A story of calls with what each must give, and the rules that make it go wrong. */
export const scenario = z.strictObject({
  title: z.string().min(1),
  description: z.string().optional(),
  /** Replaces the default world, collection by collection. */
  world: worldParts.optional(),
  profile: z.enum(['guide', 'production']).optional(),
  rateLimit: appSeed.shape.rate_limit,
  rules: z.array(rule).default([]),
  steps: z.array(step).default([]),
})

/** A scenario as people write it. */
export type ScenarioSeed = z.input<typeof scenario>
export type Scenario = z.output<typeof scenario>
export type Rule = z.output<typeof rule>
export type RuleSeed = z.input<typeof rule>
export type ScenarioStep = z.output<typeof step>
export type Caller = z.output<typeof caller>

/**
 * Declares a scenario in TypeScript; YAML and JSON files have the same form.
 *
 * @throws ZodError when the scenario is not one
 * @example
 * defineScenario({
 *   title: 'the second item is banned for two seconds',
 *   rules: [{ when: { method: 'taobao.item.add', call: 2 }, then: { ban: '2s' } }],
 *   steps: [],
 * })
 */
export const defineScenario = (seed: ScenarioSeed): Scenario => scenario.parse(seed)

/** How often a rule applies at the most. A range with no number of times means every call in it. */
export function timesOf({ when, times }: Pick<Rule, 'when' | 'times'>): number {
  const given = times ?? (typeof when.call === 'object' ? 'always' : 'once')
  return given === 'always' ? Number.POSITIVE_INFINITY : given === 'once' ? 1 : given
}

/** A rule in one sentence. */
export function explainRule({ when, then, times }: Rule): string {
  const calls = [
    when.method ? `calls of ${when.method}` : 'all calls',
    when.app && `by app ${when.app}`,
    when.session && 'with the session named',
    when.params &&
      `with ${Object.entries(when.params)
        .map(([name, value]) => `${name}=${value}`)
        .join(', ')}`,
  ]
  const which =
    when.call === undefined
      ? ''
      : typeof when.call === 'number'
        ? `number ${when.call} of `
        : `numbers ${when.call.from} to ${when.call.to ?? 'the last'} of `
  const effect = then.refuse
    ? `refuse it with ${then.refuse}`
    : then.ban
      ? `ban the app for ${then.ban.for}`
      : then.expireSession
        ? 'end its session'
        : `answer it ${then.delay} later`
  const limit = timesOf({ when, times })
  const often =
    limit === 1 ? 'once' : limit === Number.POSITIVE_INFINITY ? 'every time' : `${limit} times`
  return `Of ${which}${calls.filter(Boolean).join(' ')}: ${effect}, ${often}.`
}
