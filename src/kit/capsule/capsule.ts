import * as z from 'zod'
import {
  defaultWorld,
  expectations,
  profileNames,
  scenario,
  worldParts,
  writtenMoment,
  writtenRate,
  writtenWindow,
} from '../../contracts/index.ts'

/** Up to the year 9999, where the gateway's time ends. */
const milliseconds = z.number().min(0).max(253_402_214_400_000)

/** The bytes of a body: as text where they are UTF-8, else in base64. */
const bytes = z
  .strictObject({ text: z.string().optional(), base64: z.base64().optional() })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), {
    error: 'expected exactly one of text, base64',
  })

/** What the gateway wrote, whatever the wire did to it. */
const answer = z.strictObject({
  /** When, in milliseconds of real time since the run began. */
  at: milliseconds,
  /** Its number in the journal of the run; with commas for a batch. */
  exchange: z.string(),
  status: z.int().nonnegative(),
  /** Absent where it holds keys that are random, or is longer than 64 KB. */
  body: z.string().optional(),
  /** Of a longer one, in lower-case hex. */
  sha256: z.string().optional(),
  /** What a scenario did to it on the wire. */
  fault: z.string().optional(),
})

const request = z.strictObject({
  /** When it arrived, in milliseconds of real time since the run began. */
  at: milliseconds,
  /** What the gateway's clock said then, in GMT+8; for readers. */
  time: z.string(),
  /** How many item, SKU and picture numbers the gateway had given out by then. */
  issued: z.int().nonnegative(),
  verb: z.string().min(1),
  url: z.url(),
  headers: z.record(z.string(), z.string()),
  body: bytes.optional(),
  /** Absent for what is no call, and where the run ended first. */
  answer: answer.optional(),
})

/** A finding as it can be told from others. */
const foundBefore = z.strictObject({
  judge: z.string(),
  id: z.string(),
  severity: z.enum(['error', 'warning', 'notice']),
  title: z.string(),
  about: z.array(z.string()),
  exchanges: z.array(z.string()),
})

/** A run that failed, whole: what it started from, every request, and what was found. */
export const capsule = z.strictObject({
  format: z.literal('localtop-capsule'),
  version: z.literal(1),
  /** The version of LocalTOP that wrote it. */
  localtop: z.string(),
  /** The command, secrets hidden. */
  program: z.array(z.string()),
  scenario: z.string(),
  gateway: z.strictObject({
    seed: z.union([z.string(), z.number()]),
    profile: z.enum(profileNames).optional(),
    rateLimit: writtenRate.optional(),
    timestampWindow: writtenWindow.optional(),
    httpStatus: z.enum(['always-200', 'semantic']).optional(),
    time: writtenMoment.optional(),
    freeze: z.boolean().optional(),
    /** Where state was kept; a replay keeps it in memory. */
    store: z.enum(['memory', 'file', 'redis']),
  }),
  clock: z.strictObject({
    /** The real time when the run began, in milliseconds since 1970. */
    start: milliseconds,
    /** How long it took, in milliseconds. */
    length: milliseconds,
    /** How many seconds of the gateway passed in a real one. */
    scale: z.number().positive().max(1_000_000),
    /** Whether delayed calls were let end before the judges looked. */
    lateCalls: z.boolean(),
  }),
  /** Secrets and sessions are stand-ins, but for those that come with LocalTOP. */
  world: worldParts,
  scenarios: z.array(scenario),
  /** What the scenario's file expects of the program. */
  expect: expectations.optional(),
  /** How the program ended. */
  exit: z.strictObject({ status: z.int().nullable(), signal: z.string().nullable() }).optional(),
  limits: z.record(z.string(), z.number()),
  failure: z.strictObject({
    findings: z.array(foundBefore),
    /** What was expected and did not come about. */
    unmet: z.array(z.string()),
    /** Exchanges in which the gateway's own answer broke its contract. */
    bugs: z.array(z.string()),
    /** Why the run did not pass, in words. */
    reasons: z.array(z.string()),
  }),
  /** How many requests the run had that this was shrunk from. */
  shrunkFrom: z.int().positive().optional(),
  /** Why a replay may differ: what could not be kept, each in a sentence. */
  gaps: z.array(z.string()),
  /** In the order in which they arrived. */
  requests: z.array(request),
})

export type Capsule = z.output<typeof capsule>
export type CapsuleRequest = Capsule['requests'][number]
export type CapsuleAnswer = NonNullable<CapsuleRequest['answer']>

/** Longer answers are kept as their hash. */
export const longestAnswer = 64 * 1024

/** Secrets that come with LocalTOP: everybody knows them. */
export const publicSecrets: ReadonlySet<string> = new Set(
  [
    ...(defaultWorld.apps ?? []).map(({ app_secret }) => app_secret),
    ...(defaultWorld.sessions ?? []).flatMap(({ session, refresh_token }) => [
      session,
      refresh_token ?? '',
    ]),
  ].filter((secret) => secret !== ''),
)
