import * as z from 'zod'
import { problemsOfAnswer } from './answers.ts'
import { item, sku } from './models/item.ts'
import { user } from './models/user.ts'
import { nearest } from './near.ts'
import { profileNames } from './profile.ts'
import { callbackHost, tokenSettings } from './protocol/oauth.ts'
import { idText, normalPrice } from './protocol/scalars.ts'
import { findMethod, methodNames } from './registry.ts'
import { writtenMoment, writtenRate } from './written-values.ts'

const name = z.string().min(1)
// YAML and JSON authors write ids and keys as numbers; texts is what they are.
const wholeNumber = z.int().nonnegative().transform(String)
const key = z.union([name, wholeNumber])
/** What travels as a number: digits, as text because it may pass 2^53. */
const number = z.union([idText, wholeNumber])
const money = z.union([z.string(), z.number().transform(String)]).pipe(
  z
    .string()
    .regex(/^\d{1,12}(\.\d{1,2})?$/, 'expected a price in yuan with at most two decimals')
    .transform(normalPrice),
)

const callback = z.string().refine((text) => callbackHost(text) !== undefined, {
  error: 'expected an address such as https://shop.example.com/callback, or a domain',
})

export const appSeed = z.strictObject({
  app_key: key,
  app_secret: z.string().min(1),
  /** Which gateway this app sees; the gateway's own setting where absent. */
  profile: z.enum(profileNames).optional(),
  /** `all`, or the methods it may call; `taobao.items.*` stands for a family. */
  grants: z.union([z.literal('all'), z.array(name)]).default('all'),
  rate_limit: writtenRate.optional(),
  /**
   * Callbacks registered for OAuth, addresses or bare domains: `/authorize` redirects within their
   * top-level domains. An app without any may redirect to this machine only.
   */
  redirect_uris: z.array(callback).min(1).optional(),
  /** The nicks that may authorise it; another gets page error 1001. Absent means every seller. */
  users: z.array(name).optional(),
  /** How long what OAuth gives lasts, in seconds. */
  token: tokenSettings.optional(),
})

export const sellerSeed = z.strictObject({
  ...user.shape,
  nick: name,
  user_id: number,
  /** Whether the seller may publish items marked is_xinpin. */
  may_add_xinpin: z.boolean().optional(),
})

export const sessionSeed = z.strictObject({
  session: name,
  app_key: key,
  /** The nick of the seller who gave it. */
  seller: name,
  /** When it ends; absent means never. */
  expires: writtenMoment.optional(),
  revoked: z.boolean().optional(),
  refresh_token: z.string().min(1).optional(),
  /** When the refresh token ends; absent means never. */
  refresh_expires: writtenMoment.optional(),
  /** When calls of a security level are answered 42; absent means never. */
  r1_expires: writtenMoment.optional(),
  r2_expires: writtenMoment.optional(),
  w1_expires: writtenMoment.optional(),
  w2_expires: writtenMoment.optional(),
})

/** A code that a seller's consent has brought about and nobody has exchanged yet. */
export const codeRecord = z.strictObject({
  code: name,
  app_key: key,
  seller: name,
  /** As it was given to `/authorize`. */
  redirect_uri: z.string(),
  expires: writtenMoment,
})

export const itemSeed = z.strictObject({
  ...item.shape,
  num_iid: number.optional(),
  cid: number.optional(),
  nick: name,
  title: name,
  price: money,
  num: z.int().nonnegative(),
  created: writtenMoment.optional(),
  modified: writtenMoment.optional(),
  list_time: writtenMoment.optional(),
  delist_time: writtenMoment.optional(),
  skus: z
    .strictObject({
      sku: z.array(
        sku.extend({
          sku_id: number,
          price: money,
          quantity: z.int().nonnegative(),
          properties: z.string(),
        }),
      ),
    })
    .optional(),
})

export const categorySeed = z.strictObject({
  cid: number,
  name,
  parent_cid: number.default('0'),
  is_parent: z.boolean().default(false),
})

/** The collections and switches of a world; scenarios replace some of them. */
export const worldParts = z
  .strictObject({
    apps: z.array(appSeed),
    sellers: z.array(sellerSeed),
    sessions: z.array(sessionSeed),
    items: z.array(itemSeed),
    categories: z.array(categorySeed),
    /** `refuse` makes taobao.item.add and .update accept leaf categories of this world only. */
    unknown_categories: z.enum(['accept', 'refuse']),
    /** `refuse` makes taobao.item.add refuse an item whose title, price and category are on sale already. */
    duplicate_items: z.enum(['accept', 'refuse']),
    /**
     * Fixed answers by method name: the fields below the response root, lists wrapped as the documents
     * show them. They take the place of handlers and samples.
     */
    answers: z.record(name, z.record(z.string(), z.unknown())),
    /** The profile of apps that set none. */
    profile: z.enum(profileNames),
  })
  .partial()

/** The state a gateway starts from: a world file, a tenant's world, a scenario's world. */
export const worldSeed = worldParts
  .transform((parts) => ({
    apps: parts.apps ?? [],
    sellers: parts.sellers ?? [],
    sessions: parts.sessions ?? [],
    items: parts.items ?? [],
    categories: parts.categories ?? [],
    unknown_categories: parts.unknown_categories ?? 'accept',
    duplicate_items: parts.duplicate_items ?? 'accept',
    answers: parts.answers ?? {},
    profile: parts.profile,
  }))
  .check((context) => {
    const { value } = context
    for (const { path, message } of [
      ...danglingReferences(value),
      ...duplicates(value),
      ...wrongAnswers(value),
    ]) {
      context.issues.push({ code: 'custom', input: value, path, message })
    }
  })

interface Misplaced {
  readonly path: (string | number)[]
  readonly message: string
}

/** The key of each collection's records: two of one key would be one. */
const keys = {
  apps: 'app_key',
  sellers: 'nick',
  sessions: 'session',
  items: 'num_iid',
  categories: 'cid',
} as const

function duplicates(world: z.output<typeof worldParts>): Misplaced[] {
  const found: Misplaced[] = []
  for (const [collection, key] of Object.entries(keys)) {
    const seen = new Set<unknown>()
    const records = world[collection as keyof typeof keys] as readonly Record<string, unknown>[]
    for (const [at, record] of (records ?? []).entries()) {
      const value = record[key]
      if (value === undefined) continue
      if (seen.has(value)) {
        found.push({
          path: [collection, at, key],
          message: `"${value}" stands in ${collection} twice`,
        })
      }
      seen.add(value)
    }
  }
  return found
}

/** Fixed answers of no method, and those that break their method's contract. */
function wrongAnswers({ answers = {} }: z.output<typeof worldParts>): Misplaced[] {
  return Object.entries(answers).flatMap(([method, answer]): Misplaced[] => {
    const contract = findMethod(method)
    if (!contract) {
      const meant = nearest(method, methodNames())
      const hint = meant ? `; did you mean ${meant}?` : ''
      return [{ path: ['answers', method], message: `no method has this name${hint}` }]
    }
    return problemsOfAnswer(contract, answer).map(({ path, message }) => ({
      path: ['answers', method, ...path],
      message,
    }))
  })
}

/** What names something that is not there: a session of no app, an item of no seller. */
function danglingReferences(world: z.output<typeof worldParts>): Misplaced[] {
  const apps = new Set(world.apps?.map((app) => app.app_key))
  const nicks = new Set(world.sellers?.map((seller) => seller.nick))
  const found: Misplaced[] = []
  const expectSeller = (path: (string | number)[], nick: string) => {
    if (!nicks.has(nick)) found.push({ path, message: `no seller has the nick "${nick}"` })
  }
  for (const [at, session] of (world.sessions ?? []).entries()) {
    if (!apps.has(session.app_key)) {
      found.push({
        path: ['sessions', at, 'app_key'],
        message: `no app has the key "${session.app_key}"`,
      })
    }
    expectSeller(['sessions', at, 'seller'], session.seller)
  }
  for (const [at, app] of (world.apps ?? []).entries()) {
    for (const [index, nick] of (app.users ?? []).entries())
      expectSeller(['apps', at, 'users', index], nick)
  }
  for (const [at, item] of (world.items ?? []).entries())
    expectSeller(['items', at, 'nick'], item.nick)
  return found
}

/** A world as people write it. */
export type WorldSeed = z.input<typeof worldSeed>
/** A world with its defaults filled in. */
export type ParsedWorld = z.output<typeof worldSeed>
export type AppSeed = z.output<typeof appSeed>
export type SellerSeed = z.output<typeof sellerSeed>
export type SessionSeed = z.output<typeof sessionSeed>
export type CodeRecord = z.output<typeof codeRecord>
export type CategorySeed = z.output<typeof categorySeed>
