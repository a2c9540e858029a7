import { getOrCreate } from '../../contracts/get-or-create.ts'
import type { Item } from '../../contracts/models/item.ts'
import type { ProfileName } from '../../contracts/profile.ts'
import { formatTime } from '../../contracts/protocol/timestamp.ts'
import type {
  AppSeed,
  CategorySeed,
  CodeRecord,
  ParsedWorld,
  SellerSeed,
  SessionSeed,
} from '../../contracts/world.ts'
import { createLimiter, type Limiter } from '../traffic/limiter.ts'
import type { Clock } from './clock.ts'
import type { Ids } from './ids.ts'
import { Listing } from './listing.ts'
import { pictureIdIn, type StoredPicture, shownBy } from './pictures.ts'
import { sharedLimiter } from './shared-limiter.ts'
import type { Store } from './store.ts'

/** An item as the store keeps it: always with its number and its seller. */
export type StoredItem = Item & { readonly num_iid: string; readonly nick: string }

export type App = AppSeed
export type Seller = SellerSeed
export type Session = SessionSeed

interface Settings {
  readonly unknown_categories: 'accept' | 'refuse'
  readonly duplicate_items: 'accept' | 'refuse'
  /** Fixed answers by method name. */
  readonly answers: Readonly<Record<string, object>>
  readonly profile?: ProfileName | undefined
}

/** One shop world: its apps, sellers, sessions and items, and the limits that its apps have used up. */
export interface World {
  /** Empty for the gateway's own world; the app key of a tenant. */
  readonly id: string
  readonly clock: Clock
  readonly ids: Ids
  readonly limiter: Limiter
  apps(): ReadonlyMap<string, App>
  app(key: string): App | undefined
  seller(nick: string): Seller | undefined
  sellers(): ReadonlyMap<string, Seller>
  session(key: string): Session | undefined
  sessions(): ReadonlyMap<string, Session>
  sessionByRefreshToken(token: string): Session | undefined
  /** OAuth codes that nobody has exchanged yet. */
  codes(): ReadonlyMap<string, CodeRecord>
  settings(): Settings
  isLeafCategory(cid: string): boolean
  item(numIid: string): StoredItem | undefined
  itemsOf(nick: string): Iterable<StoredItem>
  /** The same in the order of their listing times; made when somebody first asks, and kept in order from then on. */
  listingOf(nick: string): Listing
  /** The seller's items that bear this code, themselves or on one of their SKUs. */
  itemsByOuterId(nick: string, outerId: string): StoredItem[]
  /** Pictures that the item no longer shows are dropped. */
  putItem(item: StoredItem): void
  /** Drops its pictures as well. */
  deleteItem(item: StoredItem): void
  picture(id: string): StoredPicture | undefined
  /** The picture that is served at a path, the origin left out. */
  pictureAt(path: string | undefined): StoredPicture | undefined
  /** Keeps a picture; the item that shows it is put after it. */
  putPicture(picture: StoredPicture): void
  putApp(app: App): void
  putSession(session: Session): void
  putCode(code: CodeRecord): void
  deleteCode(code: string): void
  putSeller(seller: Seller): void
  /** Does work on the world and answers once what it changed is kept: see {@link Store.transact}. */
  transact: Store['transact']
  /** Empties the world and fills it from a seed. */
  plant(seed: ParsedWorld): void
  counts(): { apps: number; sellers: number; sessions: number; items: number }
  /** Makes the indexes anew from what the store holds. */
  reindex(): void
  /** Numbers that were given out elsewhere, or before something was undone, are not given out again. */
  continueAfter(issued: number): void
  /** The world is no more: its indexes follow the store no longer. */
  dispose(): void
}

const kinds = [
  'apps',
  'sellers',
  'sessions',
  'items',
  'categories',
  'settings',
  'pictures',
  'codes',
] as const

/** The store collections of a world. */
export const collectionsOf = (worldId: string) => kinds.map((kind) => collectionName(kind, worldId))
const collectionName = (kind: string, worldId: string) =>
  worldId === '' ? kind : `${kind}@${worldId}`

interface Shelf {
  readonly items: Map<string, StoredItem>
  /** Item numbers; most codes are those of one item, and a set for each would be a fifth of the memory. */
  readonly byOuterId: Map<string, string | Set<string>>
  listing: Listing | undefined
}

export function createWorld(id: string, store: Store, clock: Clock, ids: Ids): World {
  const [apps, sellers, sessions, items, categories, settings, pictures, codes] = kinds.map(
    (kind) => collectionName(kind, id),
  ) as [string, string, string, string, string, string, string, string]
  const issuedKey = `issued@${id}`
  const shelves = new Map<string, Shelf>()

  function shelfOf(nick: string): Shelf {
    return getOrCreate(shelves, nick, () => ({
      items: new Map(),
      byOuterId: new Map(),
      listing: undefined,
    }))
  }

  // The indexes follow the store, whoever changes it: a call, or the undoing of one that was refused.
  store.observe(items, (numIid, was, is) => {
    const [before, after] = [was, is] as [StoredItem | undefined, StoredItem | undefined]
    if (before) unindex(before)
    // An item that is changed keeps its place.
    if (before && before.nick !== after?.nick) shelfOf(before.nick).items.delete(numIid)
    if (after) index(after)
  })

  function index(item: StoredItem) {
    const shelf = shelfOf(item.nick)
    shelf.items.set(item.num_iid, item)
    shelf.listing?.add(item)
    for (const outerId of outerIdsOf(item)) {
      const numbers = shelf.byOuterId.get(outerId)
      if (numbers === undefined) shelf.byOuterId.set(outerId, item.num_iid)
      else if (typeof numbers === 'object') numbers.add(item.num_iid)
      else if (numbers !== item.num_iid) {
        shelf.byOuterId.set(outerId, new Set([numbers, item.num_iid]))
      }
    }
  }

  function unindex(item: StoredItem) {
    const shelf = shelfOf(item.nick)
    shelf.listing?.delete(item)
    for (const outerId of outerIdsOf(item)) {
      const numbers = shelf.byOuterId.get(outerId)
      if (typeof numbers === 'object') numbers.delete(item.num_iid)
      if (numbers === item.num_iid || (typeof numbers === 'object' && numbers.size === 0)) {
        shelf.byOuterId.delete(outerId)
      }
    }
  }

  /** Before what bears the numbers: a log torn between them skips a number and never gives it twice. */
  function keepIssued() {
    const issued = ids.issued()
    if (store.collection('meta').get(issuedKey) !== issued) store.put('meta', issuedKey, issued)
  }

  /** Drops those pictures of an item that it shows no more. */
  function dropPictures(before: StoredItem | undefined, after: StoredItem | undefined) {
    if (!before || (!before.item_imgs && before.pic_url === undefined)) return
    const shown = after && shownBy(after)
    for (const one of shownBy(before)) {
      if (shown?.has(one) || world.picture(one)?.num_iid !== before.num_iid) continue
      store.delete(pictures, one)
    }
  }

  const world: World = {
    id,
    clock,
    ids,
    limiter: store.countCall ? sharedLimiter(id, store, store.countCall) : createLimiter(),
    apps: () => store.collection<App>(apps),
    app: (key) => store.collection<App>(apps).get(key),
    seller: (nick) => store.collection<Seller>(sellers).get(nick),
    sellers: () => store.collection<Seller>(sellers),
    session: (key) => store.collection<Session>(sessions).get(key),
    sessions: () => store.collection<Session>(sessions),
    sessionByRefreshToken(token) {
      for (const session of world.sessions().values())
        if (session.refresh_token === token) return session
      return undefined
    },
    codes: () => store.collection<CodeRecord>(codes),
    settings: () =>
      store.collection<Settings>(settings).get('settings') ?? {
        unknown_categories: 'accept',
        duplicate_items: 'accept',
        answers: {},
      },
    isLeafCategory(cid) {
      const category = store.collection<CategorySeed>(categories).get(cid)
      return category !== undefined && !category.is_parent
    },
    item: (numIid) => store.collection<StoredItem>(items).get(numIid),
    itemsOf: (nick) => shelves.get(nick)?.items.values() ?? [],
    listingOf(nick) {
      const shelf = shelfOf(nick)
      shelf.listing ??= new Listing(shelf.items.values())
      return shelf.listing
    },
    itemsByOuterId(nick, outerId) {
      const shelf = shelves.get(nick)
      const numbers = shelf?.byOuterId.get(outerId) ?? []
      return [...(typeof numbers === 'string' ? [numbers] : numbers)].flatMap(
        (numIid) => shelf?.items.get(numIid) ?? [],
      )
    },
    putItem(item) {
      const before = world.item(item.num_iid)
      keepIssued()
      store.put(items, item.num_iid, item)
      dropPictures(before, item)
    },
    deleteItem(item) {
      store.delete(items, item.num_iid)
      dropPictures(item, undefined)
    },
    picture: (pictureId) => store.collection<StoredPicture>(pictures).get(pictureId),
    pictureAt(path) {
      const found = world.picture(pictureIdIn(path) ?? '')
      return found?.path === path ? found : undefined
    },
    putPicture(picture) {
      keepIssued()
      store.put(pictures, picture.id, picture)
    },
    putApp: (app) => store.put(apps, app.app_key, app),
    putSession: (session) => store.put(sessions, session.session, session),
    putCode: (code) => store.put(codes, code.code, code),
    deleteCode: (code) => store.delete(codes, code),
    putSeller: (seller) => store.put(sellers, seller.nick, seller),
    transact: (work) => store.transact(work),
    plant(seed) {
      store.drop(collectionsOf(id))
      shelves.clear()
      world.limiter.clear()
      ids.restart()
      keepIssued()
      store.put(settings, 'settings', {
        unknown_categories: seed.unknown_categories,
        duplicate_items: seed.duplicate_items,
        answers: seed.answers,
        ...(seed.profile && { profile: seed.profile }),
      } satisfies Settings)
      for (const app of seed.apps) world.putApp(app)
      for (const seller of seed.sellers) store.put(sellers, seller.nick, seller)
      for (const session of seed.sessions) world.putSession(session)
      for (const category of seed.categories) store.put(categories, category.cid, category)
      for (const { num_iid, item_imgs } of seed.items) {
        if (num_iid) ids.continueAfterId(num_iid)
        for (const { id: picture } of item_imgs?.item_img ?? []) {
          if (picture) ids.continueAfterId(picture)
        }
      }
      for (const item of seed.items) {
        const created = item.created ?? formatTime(clock.now())
        world.putItem({
          approve_status: 'onsale',
          type: 'fixed',
          stuff_status: 'new',
          created,
          modified: created,
          ...((item.approve_status ?? 'onsale') === 'onsale' && { list_time: created }),
          ...item,
          num_iid: item.num_iid ?? ids.itemId(),
        })
      }
    },
    counts: () => ({
      apps: world.apps().size,
      sellers: store.collection(sellers).size,
      sessions: world.sessions().size,
      items: store.collection(items).size,
    }),
    reindex() {
      shelves.clear()
      for (const item of store.collection<StoredItem>(items).values()) {
        index(item)
        ids.continueAfterId(item.num_iid)
        for (const { sku_id } of item.skus?.sku ?? []) if (sku_id) ids.continueAfterId(sku_id)
        for (const picture of shownBy(item)) ids.continueAfterId(picture)
      }
      ids.continueAfter(store.collection<number>('meta').get(issuedKey) ?? 0)
    },
    continueAfter: (issued) => ids.continueAfter(issued),
    dispose: () => store.observe(items, undefined),
  }
  return world
}

/** A world whose lists do not show items made after a moment: the platform's indexes lag behind its store. */
export function laggingWorld(world: World, horizon: number): World {
  const until = formatTime(horizon)
  const isShown = ({ created }: StoredItem) => (created ?? '') <= until
  const itemsOf = (nick: string) => [...world.itemsOf(nick)].filter(isShown)
  return {
    ...world,
    itemsOf,
    listingOf: (nick) => new Listing(itemsOf(nick)),
    itemsByOuterId: (nick, outerId) => world.itemsByOuterId(nick, outerId).filter(isShown),
  }
}

function outerIdsOf(item: StoredItem): Set<string> {
  const ids = new Set<string>()
  if (item.outer_id) ids.add(item.outer_id)
  for (const sku of item.skus?.sku ?? []) if (sku.outer_id) ids.add(sku.outer_id)
  return ids
}
