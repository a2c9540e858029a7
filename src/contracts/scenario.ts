import * as z from 'zod'
import { findError } from './protocol/errors.ts'
import { parseDuration, parseTime } from './protocol/timestamp.ts'
import { methods } from './registry.ts'
import { appSeed, worldParts } from './world.ts'

const duration = z.string().refine((text) => parseDuration(text) !== undefined, {
  error: 'expected a duration such as 500ms, 2s, 31m, 8h',
})
const errorRef = z
  .union([z.string(), z.int().transform(String)])
  .refine((reference) => typeof findError(String(reference)) !== 'string', {
    error: (issue) => String(findError(String(issue.input))),
  })
const text = z.union([z.string(), z.number().transform(String), z.boolean().transform(String)])

/** Which calls a rule is about; a call must satisfy all that is given. */
export const ruleMatch = z
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
export const ruleEffect = z
  .strictObject({
    /** Refuses with any platform error, as in `27/session-expired` or `isp.remote-service-timeout`. */
    refuse: errorRef.optional(),
    /** Bans the app: every call is refused until the time is over; answers name the seconds left. */
    ban: z
      .union([
        duration.transform((time) => ({ for: time, kind: undefined })),
        z.strictObject({ for: duration, kind: z.string().optional() }),
      ])
      .optional(),
    /** Ends the session of the call: it and every later call with it get 27/session-expired. */
    expireSession: z.literal(true).optional(),
    /** Answers later than it would; runs on the gateway's clock. */
    delay: duration.optional(),
  })
  .refine((effect) => Object.values(effect).filter((value) => value !== undefined).length === 1, {
    error: 'expected exactly one of refuse, ban, expireSession, delay',
  })

export const rule = z.strictObject({
  when: ruleMatch,
  then: ruleEffect,
  /** How often it applies: `once` (default), `always`, or a number of times. */
  times: z.union([z.enum(['once', 'always']), z.int().positive()]).default('once'),
})

/** Who sends a step's calls; what is not given is the scenario's first app and session. */
const caller = z.strictObject({
  app: text.optional(),
  secret: z.string().optional(),
  session: text.optional(),
  /** How far the caller's own clock is off, as in `-11m`. */
  clockOff: duration.optional(),
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

export const step = z.union([
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
  z.strictObject({ advance: duration }),
  z.strictObject({
    freeze: z.string().refine((time) => parseTime(time) !== undefined, {
      error: 'expected yyyy-MM-dd HH:mm:ss in GMT+8',
    }),
  }),
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
  const often = times === 'once' ? 'once' : times === 'always' ? 'every time' : `${times} times`
  return `Of ${which}${calls.filter(Boolean).join(' ')}: ${effect}, ${often}.`
}
