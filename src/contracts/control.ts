import * as z from 'zod'
import { profileNames } from './profile.ts'
import { worldParts } from './world.ts'
import { writtenDuration, writtenMoment, writtenRate } from './written-values.ts'

/** Where the control API lives; everything else is the platform's. */
export const controlPath = '/_localtop'

/** `POST /clock`: exactly one of freeze, set, advance, scale, resume; `appKey` shifts one tenant alone. */
export const clockCommand = z
  .strictObject({
    /** Stops the clock, at a moment or (`true`) where it stands. */
    freeze: z.union([writtenMoment, z.literal(true)]).optional(),
    /** Moves the clock to a moment; it goes on from there. */
    set: writtenMoment.optional(),
    /** Moves the clock by a duration, back with a minus. */
    advance: writtenDuration.optional(),
    /** How many virtual seconds pass in a real one. */
    scale: z.number().positive().max(1_000_000).optional(),
    /** Ends a freeze and a scale: real pace again, from where the clock stands. */
    resume: z.literal(true).optional(),
    appKey: z.string().optional(),
  })
  .refine(
    ({ appKey: _, ...command }) =>
      Object.values(command).filter((value) => value !== undefined).length === 1,
    { error: 'expected exactly one of freeze, set, advance, scale, resume' },
  )
  .refine(({ appKey, advance }) => appKey === undefined || advance !== undefined, {
    error: 'with appKey only advance can be given: a tenant has an offset, not a clock of its own',
  })
export type ClockCommand = z.output<typeof clockCommand>

/** `POST /tenants`: everything may be left out and is then made up. */
export const tenantRequest = z.strictObject({
  appKey: z.string().min(1).max(64).optional(),
  appSecret: z.string().min(1).optional(),
  session: z.string().min(1).optional(),
  profile: z.enum(profileNames).optional(),
  rateLimit: writtenRate.optional(),
  /** Sellers, sessions and items of the tenant's shop; an empty shop where absent. */
  world: worldParts.optional(),
})
export type TenantRequest = z.input<typeof tenantRequest>

/** A parameter as it travels; JSON authors write numbers and switches as such. */
const wireText = z.unknown().transform((value, context): string => {
  if (typeof value === 'string') return value
  const isRounded = Number.isInteger(value) && !Number.isSafeInteger(value)
  if (typeof value === 'boolean' || (typeof value === 'number' && !isRounded)) return String(value)
  const shown = typeof value === 'object' ? JSON.stringify(value) : String(value)
  context.addIssue({
    code: 'custom',
    message: isRounded
      ? `${shown} is beyond 2^53, where JSON readers round; write it as text`
      : `expected text, as the parameter travels, and ${shown.slice(0, 60)} came`,
  })
  return z.NEVER
})

/** A file of a call: its bytes as text or in base64. */
const explainFile = z
  .strictObject({
    name: z.string(),
    fileName: z.string().optional(),
    text: z.string().optional(),
    base64: z.base64().optional(),
  })
  .refine(({ text, base64 }) => (text === undefined) !== (base64 === undefined), {
    error: 'expected exactly one of text, base64',
  })

/** `POST /explain`: the call in exactly one form; the secret is looked up by `app_key` where it is absent. */
export const explainRequest = z
  .strictObject({
    /** All text parameters of query and body, decoded, `sign` among them. */
    params: z.record(z.string(), wireText).optional(),
    files: z.array(explainFile).optional(),
    /** The raw body of a batch, JSON or XML call, which is part of the signature. */
    body: z.string().optional(),
    /** A query or form as it travelled; beside `params` it only helps. */
    form: z.string().optional(),
    /** A `curl` command. */
    curl: z.string().optional(),
    url: z.string().optional(),
    /** An HTTP request as it travels. */
    raw: z.string().optional(),
    appSecret: z.string().min(1).optional(),
  })
  .refine(
    ({ params, form, curl, url, raw }) =>
      [params ?? form, curl, url, raw].filter((given) => given !== undefined).length === 1,
    { error: 'expected exactly one of params, curl, url, raw, form' },
  )
  .refine(
    ({ params, files, body }) =>
      params !== undefined || (files === undefined && body === undefined),
    { error: 'files and body go with params; curl, url, raw and form have their own' },
  )
export type ExplainRequest = z.input<typeof explainRequest>
export type ParsedExplainRequest = z.output<typeof explainRequest>

/** What a caller needs to be a tenant. */
export interface Tenant {
  readonly appKey: string
  readonly appSecret: string
  readonly session: string
  /** The seller whose session it is. */
  readonly nick: string
  readonly profile: (typeof profileNames)[number]
  readonly rateLimit: string
}

/** The routes of the control API, as `GET /_localtop` lists them. */
export const controlRoutes = [
  { method: 'GET', path: '/', does: 'lists these routes' },
  {
    method: 'GET',
    path: '/health',
    does: 'says whether the gateway is ready, its version, profile and counts',
  },
  {
    method: 'GET',
    path: '/curl',
    does: 'answers a freshly signed curl line, valid for ten minutes',
  },
  {
    method: 'GET',
    path: '/errors',
    does: 'lists every platform error with its texts and the reference that asks for it',
  },
  {
    method: 'GET',
    path: '/methods',
    does: 'lists the methods of the platform; ?q= words in name and group, ?tier=, ?session=, ?group=, ?status=, ?limit= narrow it',
  },
  {
    method: 'GET',
    path: '/methods/:name',
    does: 'says everything about a method: parameters, limits, errors, JSON Schema, a signed sample call and its answer; ?appKey= by whom',
  },
  {
    method: 'GET',
    path: '/openapi',
    does: 'answers an OpenAPI 3.1 document of methods: ?method=taobao.trade.get&method=…',
  },
  {
    method: 'GET',
    path: '/exchanges',
    does: 'lists the journal, newest last; ?appKey=, ?method=, ?code=, ?gate=, ?outcome=, ?since=, ?text=, ?limit= narrow it',
  },
  { method: 'DELETE', path: '/exchanges', does: 'empties the journal' },
  {
    method: 'GET',
    path: '/exchanges/:id',
    does: 'answers one exchange with its gate trail and an explanation in English and Chinese',
  },
  {
    method: 'POST',
    path: '/reset',
    does: 'restores the seed and drops tenants, bans, quotas, rules, exchanges and clock changes; ?appKey= one tenant only',
  },
  {
    method: 'GET',
    path: '/snapshot',
    does: 'answers the state; secrets and sessions with ?secrets=include',
  },
  {
    method: 'PUT',
    path: '/snapshot',
    does: 'takes a state; secrets and sessions that it lacks stay as they are',
  },
  { method: 'GET', path: '/clock', does: 'answers the time and how it runs' },
  {
    method: 'POST',
    path: '/clock',
    does: 'moves the clock: {"freeze":"2016-01-01 12:00:00"}, {"set":…}, {"advance":"31m"}, {"scale":60}, {"resume":true}',
  },
  {
    method: 'GET',
    path: '/scenarios',
    does: 'lists the rules in force, each in a sentence, their files, and the scenarios to choose from; ?appKey= those of a tenant',
  },
  {
    method: 'PUT',
    path: '/scenarios',
    does: 'puts the rules of scenarios in force: {"scenarios":["name", {…}]}; ?appKey= for one tenant, before those of all',
  },
  {
    method: 'DELETE',
    path: '/scenarios',
    does: 'drops the rules of scenarios; ?appKey= those of a tenant',
  },
  { method: 'GET', path: '/faults', does: 'lists the faults put in force one by one' },
  {
    method: 'POST',
    path: '/faults',
    does: 'puts a fault in force: {"fault":"reset-after","method":"taobao.item.add","times":1}; ?appKey= for one tenant',
  },
  { method: 'DELETE', path: '/faults', does: 'drops these faults; ?appKey= those of a tenant' },
  {
    method: 'POST',
    path: '/explain',
    does: 'says why a signature is wrong: {"params":{…,"sign"}}, {"curl":"…"}, {"url":"…"} or {"raw":"…"}; "appSecret" where the app is not known here',
  },
  {
    method: 'GET',
    path: '/report',
    does: 'judges what the callers did: silent failures, back-off, duplicates, losses; ?appKey= one app, ?format=html, junit, text or markdown',
  },
  {
    method: 'GET',
    path: '/coverage',
    does: 'lists the errors met, what the callers did next, and those never met; ?appKey= one app',
  },
  { method: 'GET', path: '/metrics', does: 'answers counts, times and sizes as Prometheus text' },
  {
    method: 'POST',
    path: '/tenants',
    does: 'mints an app with secret, session and shop of its own',
  },
  { method: 'GET', path: '/tenants', does: 'lists the tenants by app key' },
  { method: 'DELETE', path: '/tenants/:appKey', does: 'drops a tenant with its shop' },
] as const satisfies readonly { method: string; path: string; does: string }[]
