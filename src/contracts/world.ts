import * as z from 'zod'
import { itemFields, sku } from './models/item.ts'
import { user } from './models/user.ts'
import { profileNames } from './profile.ts'
import { idText, normalPrice } from './protocol/scalars.ts'
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

export const appSeed = z.strictObject({
  app_key: key,
  app_secret: z.string().min(1),
  /** Which gateway this app sees; the gateway's own setting where absent. */
  profile: z.enum(profileNames).optional(),
  /** `all`, or the methods it may call; `taobao.items.*` stands for a family. */
  grants: z.union([z.literal('all'), z.array(name)]).default('all'),
  rate_limit: writtenRate.optional(),
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
})

export const itemSeed = z.strictObject({
  ...itemFields,
  ...z.object(itemFields).partial().shape,
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
    profile: parts.profile,
  }))
  .check((context) => {
    const { value } = context
    for (const { path, message } of [...danglingReferences(value), ...duplicates(value)]) {
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
export type CategorySeed = z.output<typeof categorySeed>

/**
 * The world of a gateway that is given none. The first app, session and item are those of the
 * platform's own signing example, the second app's credentials those of the guide article's script.
 */
export const defaultWorld: WorldSeed = {
  apps: [
    { app_key: '12345678', app_secret: 'helloworld', profile: 'production' },
    { app_key: 'YOUR_APP_KEY', app_secret: 'YOUR_SECRET_KEY', profile: 'guide' },
    {
      app_key: '23456789',
      app_secret: 'few-grants-secret',
      profile: 'production',
      grants: ['taobao.time.get', 'taobao.user.seller.get', 'taobao.items.*'],
    },
  ],
  sellers: [
    {
      nick: '本地小店',
      user_id: '100000001',
      sex: 'f',
      type: 'C',
      status: 'normal',
      has_shop: true,
      consumer_protection: true,
      alipay_bind: 'bind',
      promoted_type: 'authentication',
      auto_repost: 'limited',
      item_img_num: 5,
      item_img_size: 500,
      seller_credit: { level: 7, score: 2148, total_num: 2160, good_num: 2151 },
    },
    {
      nick: '隔壁商行',
      user_id: '100000002',
      type: 'B',
      status: 'normal',
      has_shop: true,
      may_add_xinpin: true,
      seller_credit: { level: 12, score: 51_200, total_num: 51_480, good_num: 51_322 },
    },
  ],
  sessions: [
    { session: 'test', app_key: '12345678', seller: '本地小店' },
    { session: 'test-renewed', app_key: '12345678', seller: '本地小店' },
    { session: 'test-neighbour', app_key: '12345678', seller: '隔壁商行' },
    {
      session: 'test-expired',
      app_key: '12345678',
      seller: '本地小店',
      expires: '2015-12-31 23:59:59',
    },
    { session: 'test-few-grants', app_key: '23456789', seller: '本地小店' },
    { session: 'YOUR_SESSION_TOKEN', app_key: 'YOUR_APP_KEY', seller: '本地小店' },
    {
      session: 'EXPIRED_SESSION_TOKEN',
      app_key: 'YOUR_APP_KEY',
      seller: '本地小店',
      expires: '2015-12-31 23:59:59',
    },
  ],
  items: [
    {
      num_iid: '11223344',
      nick: '本地小店',
      title: '手工编织羊毛围巾',
      price: '128.00',
      num: 36,
      cid: '1512',
      type: 'fixed',
      stuff_status: 'new',
      approve_status: 'onsale',
      outer_id: 'SCARF-01',
      desc: '澳洲美利奴羊毛，手工编织，冬季保暖',
      location: { state: '浙江', city: '杭州' },
      created: '2015-06-18 10:00:00',
      modified: '2015-12-01 09:30:00',
      list_time: '2015-12-01 09:30:00',
    },
    {
      num_iid: '11223345',
      nick: '本地小店',
      title: '龙井绿茶 250克 罐装',
      price: '88.00',
      num: 120,
      cid: '1512',
      type: 'fixed',
      stuff_status: 'new',
      approve_status: 'onsale',
      outer_id: 'TEA-01',
      location: { state: '浙江', city: '杭州' },
      created: '2015-07-01 08:00:00',
      list_time: '2015-07-01 08:00:00',
      props: '20000:33564',
      skus: {
        sku: [
          {
            sku_id: '31001',
            properties: '1627207:28341',
            quantity: 70,
            price: '88.00',
            outer_id: 'TEA-01-SPRING',
          },
          {
            sku_id: '31002',
            properties: '1627207:28342',
            quantity: 50,
            price: '98.00',
            outer_id: 'TEA-01-AUTUMN',
          },
        ],
      },
    },
    {
      num_iid: '11223346',
      nick: '本地小店',
      title: '青花瓷茶杯（停售）',
      price: '45.50',
      num: 8,
      cid: '1512',
      type: 'fixed',
      stuff_status: 'new',
      approve_status: 'instock',
      outer_id: 'CUP-01',
      location: { state: '浙江', city: '杭州' },
      created: '2015-08-08 08:08:08',
    },
    {
      num_iid: '22334455',
      nick: '隔壁商行',
      title: '不锈钢保温杯 500ml',
      price: '59.90',
      num: 300,
      cid: '1512',
      type: 'fixed',
      stuff_status: 'new',
      approve_status: 'onsale',
      outer_id: 'BOTTLE-01',
      location: { state: '江苏', city: '苏州' },
      created: '2015-03-03 12:00:00',
      list_time: '2015-03-03 12:00:00',
    },
  ],
  categories: [{ cid: '1512', name: '日用百货' }],
}
