import * as z from 'zod'
import { findError } from './error-reference.ts'
import { platformErrors } from './protocol/error-table.ts'
import { oauthPaths, tokenErrorNames } from './protocol/oauth.ts'
import { parseDuration, parseTime, parseTimeOfDay } from './protocol/timestamp.ts'
import { textPattern } from './text-pattern.ts'
import { tokenProblems } from './token-rule.ts'
import { hookOf, wireFault } from './wire-faults.ts'
import { writtenDuration, writtenRate, writtenSpan, writtenTime } from './written-values.ts'

const banKinds = platformErrors['app-call-limited'].kinds
/** One of the bans of code 7, by its sub-code. */
const banKind = z.enum(Object.keys(banKinds), {
  error: `expected one of ${Object.keys(banKinds).join(', ')}`,
})

/** A platform error as {@link findError} reads it. */
export const errorRef = z
  .union([z.string(), z.int().transform(String)])
  .refine((reference) => typeof findError(String(reference)) !== 'string', {
    error: (issue) => String(findError(String(issue.input))),
  })

/** A text as it travels; YAML writers may leave the quotes of numbers and booleans away. */
export const writtenText = z.union([
  z.string(),
  z
    .number()
    .refine((value) => !Number.isInteger(value) || Number.isSafeInteger(value), {
      error: 'was rounded before it was read: put quotes round a number beyond 2^53',
    })
    .transform(String),
  z.boolean().transform(String),
])

/** A method, a family as in `taobao.items.*`, or `/token`. */
const methodName = z
  .string()
  .regex(/^[^\s*]+\*?$/, 'expected a method such as taobao.item.add, or a family: taobao.items.*')
  .refine((name) => !name.startsWith('/') || name === oauthPaths.token, {
    error: (issue) => `"${issue.input}" is no path that rules reach; expected ${oauthPaths.token}`,
  })

/** What a text must be like: exactly this, or with all that is named. */
const textMatch = z.union([
  writtenText,
  z
    .strictObject({
      contains: writtenText.optional(),
      /** A pattern that occurs in it: see {@link textPattern}. */
      matches: z
        .string()
        .refine((pattern) => typeof textPattern(pattern) !== 'string', {
          error: (issue) => String(textPattern(String(issue.input))),
        })
        .optional(),
      /** Whether it was sent at all. */
      present: z.boolean().optional(),
    })
    .refine((match) => Object.values(match).some((value) => value !== undefined), {
      error: 'expected a text, or one of contains, matches, present',
    })
    .refine(
      ({ present, contains, matches }) =>
        present !== false || (contains === undefined && matches === undefined),
      { error: 'present: false contradicts what the text must be like' },
    ),
])
export type TextMatch = z.output<typeof textMatch>

/** A state of a rule's little state machine, `name=value`; one that nobody has set is `started`. */
const stateText = z
  .string()
  .regex(/^[^=\s]+=[^=]+$/, 'expected a state such as upload=done: a name, = and a value')

/** The value of a state that no rule has set yet. */
export const initialState = 'started'

const isHour = (text: string | undefined) => parseTimeOfDay(text ?? '') !== undefined

const between = z
  .strictObject({ from: writtenTime.optional(), to: writtenTime.optional() })
  .refine(({ from, to }) => (from ?? to) !== undefined, { error: 'expected from, to or both' })
  .refine(({ from, to }) => isHour(from) === isHour(to), {
    error: 'expected two moments, or two times of day',
  })
  .refine(
    ({ from, to }) =>
      isHour(from) ||
      from === undefined ||
      to === undefined ||
      (parseTime(from) ?? 0) < (parseTime(to) ?? Number.POSITIVE_INFINITY),
    { error: 'expected from before to' },
  )
  .refine(
    ({ from, to }) => !isHour(from) || parseTimeOfDay(from ?? '') !== parseTimeOfDay(to ?? ''),
    { error: 'expected two different times of day: between equal ones lies nothing' },
  )

/** Which calls a rule is about; a call must satisfy all that is given. */
const ruleMatch = z
  .strictObject({
    /**
     * A method, a family as in `taobao.items.*`, or a list of them; or `/token` for the OAuth endpoint,
     * whose parameters are `grant_type`, `refresh_token` and so on, and whose app is `client_id`. A rule
     * that names none is about all methods, and not about `/token`.
     */
    method: z.union([methodName, z.array(methodName).min(1)]).optional(),
    app: writtenText.optional(),
    session: writtenText.optional(),
    /** Business parameters, each with the text it must have, or `{contains}`, `{matches}`, `{present}`. */
    params: z.record(z.string(), textMatch).optional(),
    /** Fields of the item that the call names by `num_iid`, as the shop has them. */
    item: z.record(z.string(), textMatch).optional(),
    /** The n-th matching call, counted from 1; a range of them; every n-th. */
    call: z
      .union([
        z.int().positive(),
        z
          .strictObject({
            from: z.int().positive().optional(),
            to: z.int().positive().optional(),
            every: z.int().positive().optional(),
          })
          .refine(({ from, to, every }) => (from ?? to ?? every) !== undefined, {
            error: 'expected a number, or one of from, to, every',
          })
          .refine(({ from = 1, to }) => to === undefined || to >= from, {
            error: 'expected to ≥ from',
          })
          .refine(
            ({ from = 1, to, every = 1 }) =>
              to === undefined || to < from || from + every - 1 <= to,
            {
              error: 'every reaches beyond to: no call would ever match',
            },
          ),
      ])
      .optional(),
    /** How likely it is for each matching call, above 0 and up to 1; drawn from the gateway's seed. */
    chance: z
      .number()
      .gt(0, 'expected a chance above 0')
      .lte(1, 'expected a chance of at most 1')
      .optional(),
    /**
     * A stretch of time on the gateway's clock, in GMT+8; `to` is no longer in it. Two moments, or two
     * times of day for the same hours of every day, past midnight too: `{from: "22:00", to: "02:00"}`.
     */
    between: between.optional(),
    /** How long the rule must have been in force, on the gateway's clock. */
    after: writtenSpan.optional(),
    /** A state that must be reached, `name=value`; `name=started` until a rule sets it. */
    state: stateText.optional(),
  })
  .default({})

const delay = z.union([
  writtenSpan,
  z.strictObject({
    /** Anything between two durations, each as likely. */
    uniform: z.tuple([writtenDuration, writtenSpan]).refine(
      ([from, to]) => {
        const least = parseDuration(from) ?? 0
        return least >= 0 && least <= (parseDuration(to) ?? Number.POSITIVE_INFINITY)
      },
      { error: 'expected two durations, the shorter one first' },
    ),
  }),
  z.strictObject({
    /** Mostly short and now and then very long, as networks are: half of them below the median. */
    logNormal: z.strictObject({
      median: writtenSpan,
      /** How far they spread: 0.5 is mild, 1 is wild. */
      sigma: z.number().positive().max(3),
    }),
  }),
])
export type Delay = z.output<typeof delay>

/** A jump of the clock; the plus may stand there. */
const clockJump = z
  .string()
  .transform((text) => text.replace(/^\+/, ''))
  .pipe(writtenDuration)

/** A structure that JSON can write. */
const json = z.record(z.string(), z.json())

const effects = z.strictObject({
  /** Refuses with any platform error, as in `27/session-expired` or `isp.remote-service-timeout`; a list is gone through, one call after the other. */
  refuse: z.union([errorRef, z.array(errorRef).min(1)]).optional(),
  /**
   * Carries the call out and refuses it all the same, as a service does that answered too late for the
   * gateway: whoever sends it again without asking does it twice.
   */
  refuseAfter: errorRef.optional(),
  /** Refuses an exchange or a refresh at `/token`, as in `refresh-expired`. */
  refuseToken: z.enum(tokenErrorNames).optional(),
  /**
   * Bans until the time is over, or until midnight in GMT+8; answers name the seconds left. Whom it
   * bans is the kind's business: the app, the API, or the API for this app.
   */
  ban: z
    .union([
      writtenSpan.transform((time) => ({ for: time, until: undefined, kind: undefined })),
      z.literal('midnight').transform((until) => ({ for: undefined, until, kind: undefined })),
      z
        .strictObject({
          for: writtenSpan.optional(),
          until: z.literal('midnight').optional(),
          kind: banKind.optional(),
        })
        .refine((ban) => (ban.for === undefined) !== (ban.until === undefined), {
          error: 'expected either for or until',
        }),
    ])
    .optional(),
  /** Ends the session of the call: it and every later call with it get 27/session-expired. */
  expireSession: z.literal(true).optional(),
  /** The seller takes the authorisation back: 27/session-not-exist from now on. */
  revokeSession: z.literal(true).optional(),
  /** The app's call limit from the next call on: `5/min`, `off`. */
  quota: writtenRate.optional(),
  /** The app's secret from the next call on: whoever signs with the old one gets 25. */
  appSecret: z.string().min(1).optional(),
  /** Moves the clock once the call has been judged: `+31m`. */
  clock: clockJump.optional(),
  /** Answers later than it would, on the gateway's clock; what the call does is done on time. */
  delay: delay.optional(),
  /** The answer shows the shop without the items made in so long a time before: lists lag behind. */
  lag: writtenSpan.optional(),
  /** What happens to the answer on the wire. */
  fault: wireFault.optional(),
  /**
   * A fixed answer in place of the handler's, so that nothing is carried out: the fields below the
   * response root, lists wrapped as the documents show them. It may break the method's contract.
   */
  answer: json.optional(),
  /** A JSON merge patch (RFC 7396) on what stands under the root of the answer. */
  patch: json.optional(),
  /** Puts a state machine into a state, `name=value`. */
  setState: stateText.optional(),
})

type Effects = z.output<typeof effects>

/** The effects that decide what becomes of a call; there can be one. */
const deciders = ['refuse', 'refuseToken', 'ban', 'expireSession', 'revokeSession'] as const

/** Which of a rule's effects decide about the call, so that no handler is asked. */
export function decidersOf(then: Effects): string[] {
  const found: string[] = deciders.filter((name) => then[name] !== undefined)
  if (then.fault && hookOf(then.fault) === 'before') found.push(`fault ${then.fault.kind}`)
  return found
}

/** What happens to a call that a rule is about: one decision at the most, and what goes with it. */
const ruleEffect = effects
  .refine((then) => Object.values(then).some((value) => value !== undefined), {
    error: `expected at least one of ${Object.keys(effects.shape).join(', ')}`,
  })
  .superRefine((then, context) => {
    const decided = decidersOf(then)
    if (decided.length > 1) {
      context.addIssue({
        code: 'custom',
        message: `${decided.join(' and ')} contradict each other: a call is decided once`,
      })
    }
    if (then.answer !== undefined && then.lag !== undefined) {
      context.addIssue({
        code: 'custom',
        path: ['lag'],
        message: 'lag changes what the shop shows, and answer does not look at the shop',
      })
    }
    if (then.refuseAfter !== undefined) {
      for (const other of ['answer', 'patch'] as const) {
        if (then[other] === undefined) continue
        context.addIssue({
          code: 'custom',
          path: [other],
          message: `${other} is about an answer, and refuseAfter leaves none`,
        })
      }
    }
    for (const change of ['refuseAfter', 'answer', 'patch', 'lag'] as const) {
      if (then[change] === undefined || decided.length === 0) continue
      context.addIssue({
        code: 'custom',
        path: [change],
        message:
          change === 'refuseAfter'
            ? `refuseAfter carries the call out, and ${decided[0]} decides before that`
            : `${change} changes an answer, and ${decided[0]} leaves none`,
      })
    }
  })

const times = z
  .union([z.enum(['once', 'always']), z.int().positive()], {
    error: 'expected once, always, or a number of times above 0',
  })
  .optional()

export const rule = z
  .strictObject({
    when: ruleMatch,
    then: ruleEffect,
    /**
     * How often it applies: `once`, `always`, or a number of times. By default once; every time where
     * `when` names a stretch or a share of the calls; once for each error of a list.
     */
    times,
  })
  .refine(
    ({ then, times: given }) =>
      !Array.isArray(then.refuse) || typeof given !== 'number' || given >= then.refuse.length,
    {
      error: 'times is less than the errors listed: the last ones would never come',
      path: ['times'],
    },
  )
  .superRefine(({ when, then }, context) => {
    for (const problem of tokenProblems(methodsOf({ when }), when, then)) {
      context.addIssue({ code: 'custom', ...problem })
    }
  })
export type Rule = z.output<typeof rule>
export type RuleSeed = z.input<typeof rule>

/** A fault put in force by itself: `POST /faults`. The conditions stand beside it. */
export const faultRequest = z
  .strictObject({ ...ruleMatch.unwrap().shape, fault: wireFault, times })
  .superRefine(({ fault, times: _, ...when }, context) => {
    for (const { path, message } of tokenProblems(methodsOf({ when }), when, { fault })) {
      context.addIssue({ code: 'custom', path: path.slice(1), message })
    }
  })
  .transform(
    ({ fault, times: given, ...when }): Rule => ({
      when,
      then: { fault },
      ...(given !== undefined && { times: given }),
    }),
  )
export type FaultSeed = z.input<typeof faultRequest>

/** How often a rule applies at the most. */
export function timesOf({ when, then, times }: Pick<Rule, 'when' | 'then' | 'times'>): number {
  if (times !== undefined)
    return times === 'always' ? Number.POSITIVE_INFINITY : times === 'once' ? 1 : times
  if (Array.isArray(then.refuse)) return then.refuse.length
  const isStretch =
    typeof when.call === 'object' ||
    when.chance !== undefined ||
    when.between !== undefined ||
    when.after !== undefined ||
    when.state !== undefined
  return isStretch ? Number.POSITIVE_INFINITY : 1
}

/** The methods and families that a rule names; none where it is about all. */
export const methodsOf = ({ when }: Pick<Rule, 'when'>): readonly string[] =>
  when.method === undefined ? [] : Array.isArray(when.method) ? when.method : [when.method]

/** Whether a name is the method, or of the family. */
export const isOfMethod = (pattern: string, name: string): boolean =>
  pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern
