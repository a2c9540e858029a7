import * as z from 'zod'
import { nearest } from './near.ts'
import { type OAuthErrorName, oauthErrors } from './protocol/oauth.ts'
import { knownMethods } from './registry.ts'
import { errorRef, rule, writtenText } from './rule.ts'
import { deadRules } from './rule-checks.ts'
import { appSeed, worldParts } from './world.ts'
import { writtenDuration, writtenMoment, writtenSpan } from './written-values.ts'

/** Who sends a step's calls; what is not given is the scenario's first app and session. */
const caller = z.strictObject({
  app: writtenText.optional(),
  secret: z.string().optional(),
  session: writtenText.optional(),
  /** How far the caller's own clock is off, as in `-11m`. */
  clockOff: writtenDuration.optional(),
  /** `false` sends what the bundled client would refuse to send, and sends it once. */
  check: z.boolean().optional(),
  /** The session that the client gets when it asks for a new one. */
  refreshTo: z.string().optional(),
  /** The token with which the client refreshes a refused session. */
  refreshToken: z.string().optional(),
  /** How long the client waits for an answer, on the gateway's clock; 30 s where nothing is said. */
  timeout: writtenSpan.optional(),
  /** Parameters that a broken caller sends otherwise, system parameters too; signed unless `sign` is among them. */
  system: z.record(z.string(), writtenText).optional(),
  /** Parameters that a broken caller leaves out. */
  without: z.array(z.string()).min(1).optional(),
  /** The HTTP verb of a broken caller. */
  verb: z.string().optional(),
})

/** What a call must give. */
const outcome = z
  .strictObject({
    /** An error; a list is the outcome of so many calls, one after the other. */
    fails: z.union([errorRef, z.array(errorRef).min(1)]).optional(),
    /** An answer that holds at least these fields. */
    gives: z.record(z.string(), z.unknown()).optional(),
    /** No answer of the platform: the connection broke or timed out, or what came cannot be read. */
    breaks: z.enum(['connection', 'answer']).optional(),
  })
  .refine(
    ({ fails, gives, breaks }) =>
      [fails, gives, breaks].filter((expected) => expected !== undefined).length === 1,
    { error: 'expected one of fails, gives, breaks' },
  )

const known = knownMethods()
const callName = z.string().refine(known.has, {
  error: (issue) => {
    const meant = nearest(String(issue.input), known.all())
    return `"${issue.input}" is no method of the platform${meant ? `; did you mean ${meant}?` : ''}`
  },
})

/** A file that a step uploads. */
const file = z.union([
  /** The smallest picture of its kind. */
  z.enum(['png', 'gif']),
  z.strictObject({ text: z.string() }),
  z.strictObject({ base64: z.base64() }),
])

const oauthFailure = z.enum(Object.keys(oauthErrors) as [OAuthErrorName, ...OAuthErrorName[]])

const call = z.strictObject({
  call: callName,
  with: z.record(z.string(), writtenText).default({}),
  /** Files of a multipart call. */
  files: z.record(z.string(), file).optional(),
  /** How often the same call is sent, whatever comes of it. */
  repeat: z.int().positive().optional(),
  as: caller.optional(),
  expect: outcome,
})

const publish = z.strictObject({
  /** Items for `client.publish`, as a CSV file would hold them. */
  publish: z.array(z.record(z.string(), writtenText)).min(1),
  as: caller.optional(),
  expect: z.strictObject({
    published: z.int().nonnegative(),
    failed: z.int().nonnegative().default(0),
    /** How many items the shop has on sale afterwards beyond those it had. */
    newItems: z.int().nonnegative().optional(),
    /** Errors that the gateway answered on the way. */
    refusals: z.array(errorRef).optional(),
  }),
})

const batch = z
  .strictObject({
    /** Calls of one `/router/batch`. */
    batch: z
      .array(
        z.strictObject({
          call: callName,
          with: z.record(z.string(), writtenText).default({}),
          expect: outcome.optional(),
        }),
      )
      .min(1),
    as: caller.optional(),
    /** What becomes of the whole batch, where its calls are not answered one by one. */
    expect: outcome.optional(),
  })
  .refine(
    ({ batch: calls, expect }) =>
      expect !== undefined
        ? calls.every((one) => one.expect === undefined)
        : calls.every((one) => one.expect !== undefined),
    { error: 'expected either an expect of the whole batch, or one for each call' },
  )

const refresh = z.strictObject({
  /** A refresh token for `/token`; the session that it gives is that of the steps to come. */
  refresh: z.string(),
  as: caller.optional(),
  expect: z
    .strictObject({
      fails: oauthFailure.optional(),
      gives: z.literal('a session').optional(),
      /** No answer came. */
      breaks: z.literal('connection').optional(),
    })
    .refine((expected) => Object.values(expected).filter((one) => one !== undefined).length === 1, {
      error: 'expected one of fails, gives: a session, breaks: connection',
    }),
})

const exchanges = z.strictObject({
  /** Which exchanges of the journal are counted. */
  exchanges: z.strictObject({ method: callName.optional(), fails: errorRef.optional() }),
  count: z.int().nonnegative(),
})

const step = z.union([
  call,
  publish,
  batch,
  refresh,
  exchanges,
  z.strictObject({ advance: writtenDuration }),
  z.strictObject({ freeze: writtenMoment }),
])

const callCount = z
  .strictObject({
    method: z.string(),
    min: z.int().nonnegative().optional(),
    max: z.int().nonnegative().optional(),
  })
  .refine(({ min, max }) => (min ?? max) !== undefined, { error: 'expected min, max or both' })
  .refine(({ min, max }) => min === undefined || max === undefined || min <= max, {
    error: 'expected max ≥ min',
  })

/** What an integration must have done when the scenario was played against it. */
export const expectations = z
  .strictObject({
    /** Items by their `outer_id`, at the end. */
    items: z
      .strictObject({
        /** How many new ones there are. */
        created: z.int().nonnegative().optional(),
        /** How many of them more than once; 0 where nothing is said. */
        duplicates: z.int().nonnegative().default(0),
        /** How many were sent and are not there; 0 where nothing is said. */
        lost: z.int().nonnegative().default(0),
      })
      .optional(),
    /** Errors that the gateway must have answered it. */
    errorsMet: z.array(errorRef).min(1).optional(),
    /** No error may have been taken for success. */
    noSilentFailures: z.literal(true).optional(),
    /** How many calls may come while the app is banned, the one that brought the ban not counted. */
    maxCallsDuringBan: z.int().nonnegative().optional(),
    /** How often methods must and may have been called. */
    calls: z.array(callCount).min(1).optional(),
    /** The exit status of the program. */
    exit: z.int().min(0).max(255).optional(),
  })
  .refine((expected) => Object.values(expected).some((value) => value !== undefined), {
    error:
      'expected at least one of items, errorsMet, noSilentFailures, maxCallsDuringBan, calls, exit',
  })
export type Expectations = z.output<typeof expectations>

/** The time at which a scenario begins, and how it runs from there. */
const startClock = z.union([
  writtenMoment.transform((at) => ({ at, freeze: false })),
  z.strictObject({ at: writtenMoment, freeze: z.boolean().default(false) }),
])

/** Each call is held against every rule. */
const mostRules = 500

/** A story of calls with what each must give, and the rules that make it go wrong. */
export const scenario = z
  .strictObject({
    title: z.string().min(1),
    /** The title in Chinese. */
    titleZh: z.string().min(1).optional(),
    /** What happens, and what a good integration does. */
    description: z.string().optional(),
    /** Replaces the default world, collection by collection. */
    world: worldParts.optional(),
    profile: z.enum(['guide', 'production']).optional(),
    rateLimit: appSeed.shape.rate_limit,
    /** Where the clock is set when the scenario begins: `2026-11-11 00:00:00`, or `{ at, freeze }`. */
    clock: startClock.optional(),
    rules: z.array(rule).max(mostRules, `expected at most ${mostRules} rules`).default([]),
    /** By which the bundled client plays the scenario alone. */
    steps: z.array(step).default([]),
    /** What is expected of an integration that meets the scenario. */
    expect: expectations.optional(),
  })
  .check((context) => {
    const { rules, world } = context.value
    const apps = world?.apps && new Set(world.apps.map((app) => app.app_key))
    for (const { path, message } of deadRules(rules, apps)) {
      context.issues.push({ code: 'custom', input: context.value, path: [...path], message })
    }
  })

/** A scenario as people write it. */
export type ScenarioSeed = z.input<typeof scenario>
export type Scenario = z.output<typeof scenario>
export type ScenarioStep = z.output<typeof step>
export type StepOutcomeExpected = z.output<typeof outcome>
export type StepFile = z.output<typeof file>
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
