import type { RequestOf } from '../../contracts/define-method.ts'
import { assumed, type Behaviour } from '../../contracts/fidelity.ts'
import type { itemMethods, itemUpdate } from '../../contracts/methods/item.ts'
import { inventoryBanners } from '../../contracts/methods/item.ts'
import type { Item, Sku } from '../../contracts/models/item.ts'
import { mostStock } from '../../contracts/models/item-arguments.ts'
import type { TopFile } from '../../contracts/protocol/scalars.ts'
import { formatTime, parseTime } from '../../contracts/protocol/timestamp.ts'
import { isOnSale } from '../state/listing.ts'
import { pictureKind } from '../state/pictures.ts'
import type { Seller, StoredItem, World } from '../state/world.ts'
import type { HandlersFor } from './handler.ts'
import { fieldsFrom, isWithinSkuPrices, skusFrom, stockOf, withoutFields } from './item-fields.ts'
import { inventoryPage, isPagedTooDeep, onSalePage, type Page } from './item-list.ts'
import { imageProblem, mainPicture, placed, sentImage, withAddresses } from './item-pictures.ts'

const dayMs = 86_400_000
/** Documented default of `valid_thru`, in days. */
const defaultValidThru = 14

export const itemHandlers: HandlersFor<typeof itemMethods> = {
  'taobao.item.add': ({ request, seller, world, now, fail }) => {
    const time = formatTime(now)
    const skus = skusFrom(request, world.ids, time)
    if (skus === 'lengths') return fail('isv.mismatch-parameters:sku')
    if (skus === 'duplicate') return fail('isv.item-add-service-error:IC_CHECKSTEP_SKU_DUPLICATE')
    if (skus && stockOf(skus) !== request.num) {
      return fail('isv.parameters-mismatch:num-and-sku_quantities')
    }
    if (!isWithinSkuPrices(request.price, skus)) {
      return fail('isv.item-add-service-error:IC_CHECKSTEP_ITME_NOT_IN_SKU_PRICE')
    }
    if (request.is_xinpin) {
      if (request.type === 'auction' || request.stuff_status === 'second') {
        return fail('isv.invalid-parameter:xinpin')
      }
      if (!seller.may_add_xinpin) return fail('isv.invalid-permission:add-xinpin')
    }
    if (isUnknownCategory(world, request.cid)) {
      return fail('isv.item-add-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST')
    }
    if (
      world.settings().duplicate_items === 'refuse' &&
      isDuplicate(world, seller, request, time)
    ) {
      return fail('isv.item-add-service-error:ERROR_PUBLISH_DUPLICATE')
    }
    const image = imageOf(request)
    if (image && !pictureKind(image.bytes)) return fail('isv.invalid-parameter:image')
    const item = listed(
      // One object, assigned to: spreading so many fields into another costs as much as all the gates.
      Object.assign(
        {
          approve_status: 'onsale',
          freight_payer: 'seller',
          has_discount: false,
          has_invoice: false,
          has_showcase: false,
          has_warranty: false,
          stuff_status: 'new',
          type: 'fixed',
          valid_thru: defaultValidThru,
          sold_quantity: 0,
          num_iid: world.ids.itemId(),
          nick: seller.nick,
          created: time,
          modified: time,
        },
        fieldsFrom(request),
        skus && { skus: { sku: [...skus] } },
        request.pic_path && { pic_url: request.pic_path },
      ),
      listedFrom(request.list_time, now),
    )
    world.putItem(image ? withMain(item, image, seller, world, time) : item)
    return { item: { num_iid: item.num_iid, created: time } }
  },

  'taobao.item.update': ({ request, seller, world, now, fail }) => {
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-permission:update-item')
    const time = formatTime(now)
    const old = item.skus?.sku ?? []
    const given = skusFrom(request, world.ids, time, old)
    if (given === 'lengths') return fail('isv.mismatch-parameters:sku')
    if (given === 'duplicate')
      return fail('isv.item-update-service-error:IC_CHECKSTEP_SKU_DUPLICATE')
    const skus = given && (request.is_replace_sku ? given : merged(old, given))
    if (!isWithinSkuPrices(request.price ?? item.price, skus ?? old)) {
      return fail('isv.item-update-service-error:IC_CHECKSTEP_ITME_NOT_IN_SKU_PRICE')
    }
    if (isUnknownCategory(world, request.cid)) {
      return fail('isv.item-update-service-error:CATEGORY_IS_NOT_LEAF_OR_NOT_EXIST')
    }
    const kept = request.empty_fields ? withoutFields(item, request.empty_fields) : item
    const changed: StoredItem = {
      ...kept,
      ...fieldsFrom(request, item),
      ...(skus && { skus: { sku: [...skus] }, num: stockOf(skus) }),
      ...(request.pic_path && { pic_url: request.pic_path }),
      num_iid: item.num_iid,
      nick: item.nick,
      modified: time,
    }
    const goesOnSale = changed.approve_status === 'onsale' && item.approve_status !== 'onsale'
    const image = imageOf(request)
    const problem = image && imageProblem(image, changed, seller, mainPicture(changed))
    if (problem) return fail(problem)
    const relisted =
      goesOnSale || request.list_time !== undefined || request.valid_thru !== undefined
    if (relisted) {
      listed(
        changed,
        listedFrom(request.list_time ?? (goesOnSale ? undefined : item.list_time), now),
      )
    }
    world.putItem(image ? withMain(changed, image, seller, world, time) : changed)
    return changedItem(changed, time)
  },

  'taobao.item.delete': ({ request, seller, world, fail }) => {
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-parameters:item_delete')
    world.deleteItem(item)
    return {
      item: { num_iid: item.num_iid, ...(item.created !== undefined && { created: item.created }) },
    }
  },

  'taobao.item.seller.get': ({ request, seller, world, origin, fail }) => {
    const item = world.item(request.num_iid)
    return item && item.nick === seller.nick
      ? { item: withAddresses(item, world, origin) }
      : fail('isv.item-get-service-error:ITEM_NOT_FOUND')
  },

  'taobao.items.onsale.get': ({ request, seller, world, now, origin, fail }) => {
    if (isPagedTooDeep(request)) return fail('isv.invalid-parameter:gain-number-too-large')
    const time = formatTime(now)
    const page = onSalePage(world.listingOf(seller.nick), time, request)
    return addressed(page, world, origin)
  },

  'taobao.items.inventory.get': ({ request, seller, world, now, origin }) => {
    const time = formatTime(now)
    const belongs = banners[bannerOf(request.banner)]
    const page = inventoryPage(
      world.listingOf(seller.nick),
      time,
      belongs && ((item) => belongs(item, time)),
      request,
    )
    return addressed(page, world, origin)
  },

  'taobao.item.update.listing': ({ request, seller, world, now, fail }) => {
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-permission:update-item')
    // Documented: with SKUs num is ignored, their sum counts.
    const num = item.skus ? stockOf(item.skus.sku) : request.num
    if (num === 0) return fail('isv.item-listing-service-error')
    const time = formatTime(now)
    world.putItem(listed({ ...item, approve_status: 'onsale', num, modified: time }, now))
    return changedItem(item, time)
  },

  'taobao.item.update.delisting': ({ request, seller, world, now, fail }) => {
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-permission:update-item')
    const time = formatTime(now)
    world.putItem({ ...item, approve_status: 'instock', delist_time: time, modified: time })
    return changedItem(item, time)
  },

  'taobao.item.quantity.update': ({ request, seller, world, now, fail }) => {
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-permission:update-item')
    const { type = 1, quantity } = request
    if (type !== 1 && type !== 2) return fail('isv.invalid-parameter:type')
    const skus = item.skus?.sku ?? []
    const at = skuIndex(skus, request.sku_id, request.outer_id)
    if (request.sku_id !== undefined && at < 0) return fail('isv.invalid-parameter:sku_id')
    if (at < 0 && request.outer_id !== undefined && request.outer_id !== item.outer_id) {
      return fail('isv.invalid-parameter:outer_id')
    }
    const before = (at < 0 ? item.num : skus[at]?.quantity) ?? 0
    const after = type === 1 ? quantity : before + quantity
    if (after < 0 || after > mostStock) return fail('isv.invalid-parameter:quantity')
    const time = formatTime(now)
    const changedSkus = skus.map((sku, index) =>
      index === at ? { ...sku, quantity: after, modified: time } : sku,
    )
    const num = at < 0 ? after : stockOf(changedSkus)
    world.putItem({
      ...item,
      num,
      modified: time,
      ...(item.skus && { skus: { sku: changedSkus } }),
    })
    return {
      item: {
        num_iid: item.num_iid,
        modified: time,
        num,
        ...(at >= 0 && { skus: { sku: [changedSkus[at] as Sku] } }),
      },
    }
  },

  'taobao.items.custom.get': ({ request, seller, world, origin }) => {
    const found = world.itemsByOuterId(seller.nick, request.outer_id)
    if (found.length === 0) return {}
    const item = found.map((one) => asTextStructures(withAddresses(one, world, origin)))
    return { items: { item } }
  },
}

const changedItem = (item: StoredItem, modified: string) => ({
  item: { num_iid: item.num_iid, modified },
})

/** Documented: `pic_path`, which becomes the main picture as it stands, wins over `image`. */
const imageOf = ({ image, pic_path }: Pick<RequestOf<typeof itemUpdate>, 'image' | 'pic_path'>) =>
  pic_path === undefined ? sentImage(image) : undefined

/** An item with this main picture, in the place of the one that it had; the picture is stored. */
function withMain(
  item: StoredItem,
  image: TopFile,
  seller: Seller,
  world: World,
  time: string,
): StoredItem {
  const before = mainPicture(item)
  const change = placed(item, seller, world, {
    image,
    before,
    position: undefined,
    isMain: true,
    time,
  })
  if (change.picture) world.putPicture(change.picture)
  return change.item
}

const addressed = ({ items, ...page }: Page, world: World, origin: string): Page =>
  items
    ? { ...page, items: { item: items.item.map((one) => withAddresses(one, world, origin)) } }
    : page

/** Sets on a new item when it goes on and off sale; one in stock has no such times. */
function listed(item: StoredItem, from: number): StoredItem {
  if (item.approve_status !== 'onsale') return item
  const days = Math.max(0, item.valid_thru ?? defaultValidThru)
  return Object.assign(item, {
    list_time: formatTime(from),
    delist_time: formatTime(from + days * dayMs),
  })
}

/** When an item goes on sale: at the time it is given, otherwise now. */
const listedFrom = (listTime: string | undefined, now: number): number =>
  listTime === undefined ? now : (parseTime(listTime) ?? now)

type Banner = (typeof inventoryBanners)[number]

const bannerOf = (text: string | undefined): Banner =>
  inventoryBanners.find((banner) => banner === text) ?? 'for_shelved'

/** Which items not on sale a banner stands for, `undefined` all. The names are documented, their bounds assumed. */
const banners: Readonly<Record<Banner, ((item: StoredItem, time: string) => boolean) | undefined>> =
  {
    // The default means "waiting for the shelf": everything in the warehouse, as the article's reader expects.
    for_shelved: undefined,
    regular_shelved: (item, time) =>
      item.approve_status === 'onsale' && (item.list_time ?? '') > time,
    never_on_shelf: (item) => item.list_time === undefined,
    off_shelf: (item) => item.approve_status === 'instock' && item.list_time !== undefined,
    sold_out: (item) => (item.num ?? 0) === 0,
    violation_off_shelf: (item) => item.violation === true,
  }

function isUnknownCategory(world: World, cid: string | undefined): boolean {
  return (
    cid !== undefined &&
    world.settings().unknown_categories === 'refuse' &&
    !world.isLeafCategory(cid)
  )
}

function isDuplicate(
  world: World,
  seller: Seller,
  { title, price, cid }: { title: string; price?: string | undefined; cid?: string | undefined },
  time: string,
): boolean {
  for (const item of world.itemsOf(seller.nick)) {
    const isSame = item.title === title && item.price === price && item.cid === cid
    if (isSame && isOnSale(item, time)) return true
  }
  return false
}

/** SKUs are matched by their properties; those not named stay. */
function merged(old: readonly Sku[], given: readonly Sku[]): Sku[] {
  const named = new Set(given.map((sku) => sku.properties))
  return [...old.filter((sku) => !named.has(sku.properties)), ...given]
}

/** Documented: `sku_id` beats `outer_id`. */
function skuIndex(
  skus: readonly Sku[],
  skuId: string | undefined,
  outerId: string | undefined,
): number {
  if (skuId !== undefined) return skus.findIndex((sku) => sku.sku_id === skuId)
  return outerId === undefined ? -1 : skus.findIndex((sku) => sku.outer_id === outerId)
}

/** taobao.items.custom.get answers some structures as texts that hold JSON. */
function asTextStructures({ food_security, locality_life, cuntao_item_specific, ...item }: Item) {
  const text = (value: object | undefined) =>
    value === undefined ? undefined : JSON.stringify(value)
  return {
    ...item,
    food_security: text(food_security),
    locality_life: text(locality_life),
    cuntao_item_specific: text(cuntao_item_specific),
  }
}

/** What the handlers of items assume. */
export const itemBehaviours: readonly Behaviour[] = [
  {
    name: 'categories and properties are accepted unread, unless the world refuses unknown categories',
    ...assumed('the real category tree is not part of LocalTOP'),
  },
  {
    name: 'the same item may be published twice, unless the world refuses duplicates',
    ...assumed('what counts as a duplicate is not published'),
  },
  {
    name: 'is_rectangle and is_sixth_pic are read and have no effect',
    ...assumed('no document says what they change in an answer'),
  },
  {
    name: 'the bounds of the kinds that banner chooses from',
    ...assumed('the names are documented, what belongs to which is not'),
  },
  {
    name: 'an item of another seller is not found when it is read',
    ...assumed('the sub-code was seen, its cause was not'),
  },
]
