import { assumed, type Behaviour, documented } from '../../contracts/fidelity.ts'
import type { Item } from '../../contracts/models/item.ts'
import type { TopFile } from '../../contracts/protocol/scalars.ts'
import { makePicture, pictureKind, type StoredPicture } from '../state/pictures.ts'
import type { Seller, StoredItem, World } from '../state/world.ts'

/** A picture as an item lists it; `url` is a path of ours, or whatever a world file says. */
type ItemImg = NonNullable<Item['item_imgs']>['item_img'][number]

/** The pictures that an item lists, in their order. */
export const pictureList = (item: Item): readonly ItemImg[] => item.item_imgs?.item_img ?? []

/** The entry of the main picture, where the item lists it. */
export const mainPicture = (item: Item): ItemImg | undefined =>
  item.pic_url === undefined ? undefined : pictureList(item).find(({ url }) => url === item.pic_url)

/** Documented: how many depends on what the seller has subscribed to. Five where nothing says otherwise is assumed. */
const mostPictures = (seller: Seller) => seller.item_img_num ?? 5

/** An image that was sent; clients send an empty file for none. */
export const sentImage = (image: TopFile | undefined): TopFile | undefined =>
  image && image.bytes.byteLength > 0 ? image : undefined

type ImageProblem = 'isv.invalid-parameter:image' | 'isv.item-img-service-error:ITEM_IMG_NUM_LIMIT'

/**
 * What keeps an image from an item; `undefined` when nothing does.
 *
 * @param replaced the picture whose place it takes
 */
export function imageProblem(
  image: TopFile | undefined,
  item: Item,
  seller: Seller,
  replaced: ItemImg | undefined,
): ImageProblem | undefined {
  if (image && !pictureKind(image.bytes)) return 'isv.invalid-parameter:image'
  return !replaced && pictureList(item).length >= mostPictures(seller)
    ? 'isv.item-img-service-error:ITEM_IMG_NUM_LIMIT'
    : undefined
}

interface Placing {
  readonly image: TopFile | undefined
  /** The picture that is changed; `undefined` for a new one. */
  readonly before: ItemImg | undefined
  readonly position: number | undefined
  readonly isMain: boolean
  readonly time: string
}

/** A change of an item's pictures, nothing of it stored yet. */
interface Placed {
  readonly item: StoredItem
  readonly entry: ItemImg & { readonly id: string; readonly url: string }
  /** Its bytes, where they are new. */
  readonly picture: StoredPicture | undefined
}

/**
 * Adds a picture to an item or changes one of it. Call after {@link imageProblem}. The first picture of an
 * item without a main one becomes it, and a main one stays it when its bytes are replaced.
 */
export function placed(item: StoredItem, seller: Seller, world: World, placing: Placing): Placed {
  const { image, before, position, isMain, time } = placing
  const list = pictureList(item)
  const id = before?.id ?? world.ids.pictureId()
  const kind = image && pictureKind(image.bytes)
  const picture =
    image && kind
      ? makePicture(image.bytes, kind, {
          worldId: world.id,
          userId: seller.user_id,
          num_iid: item.num_iid,
          id,
          created: world.picture(id)?.created ?? time,
        })
      : undefined
  const url = picture?.path ?? before?.url ?? ''
  const entry = { id, position: position ?? before?.position ?? behindAll(list), url }
  const wasMain = before !== undefined && before === mainPicture(item)
  const changed: StoredItem = {
    ...item,
    modified: time,
    item_imgs: { item_img: inOrder([...list.filter((one) => one !== before), entry]) },
    ...((isMain || wasMain || !item.pic_url) && { pic_url: url }),
  }
  return { item: changed, entry, picture }
}

const behindAll = (list: readonly ItemImg[]): number =>
  Math.min(
    list.reduce((next, { position = 0 }) => Math.max(next, position + 1), 0),
    Number.MAX_SAFE_INTEGER,
  )

/** An item without one of its pictures. The next one in order takes the place of the main one. */
export function withoutPicture(item: StoredItem, gone: ItemImg, time: string): StoredItem {
  const { item_imgs: _, pic_url, ...rest } = item
  const left = pictureList(item).filter((one) => one !== gone)
  const main = gone === mainPicture(item) ? left[0]?.url : pic_url
  return {
    ...rest,
    modified: time,
    ...(left.length > 0 && { item_imgs: { item_img: left } }),
    ...(main !== undefined && { pic_url: main }),
  }
}

/** By position; equal ones in the order in which they came. */
const inOrder = (list: readonly ItemImg[]): ItemImg[] =>
  [...list].sort((a, b) => (a.position ?? 0) - (b.position ?? 0))

/**
 * An item as it is answered: the paths of pictures that are kept here completed to addresses. What a
 * world file or a caller's `pic_path` says stays as it is.
 */
export function withAddresses<T extends Item>(item: T, world: World, origin: string): T {
  if (item.pic_url === undefined && !item.item_imgs) return item
  const address = (url: string | undefined) => (world.pictureAt(url) ? `${origin}${url}` : url)
  const pic_url = address(item.pic_url)
  return {
    ...item,
    ...(pic_url !== undefined && { pic_url }),
    ...(item.item_imgs && {
      item_imgs: {
        item_img: pictureList(item).map((one) => {
          const url = address(one.url)
          return url === undefined ? one : { ...one, url }
        }),
      },
    }),
  }
}

/** What the handlers of pictures assume. */
export const pictureBehaviours: readonly Behaviour[] = [
  {
    name: 'an item has five pictures at most where its seller says nothing else',
    ...assumed('that there is a limit is documented, the number depends on subscriptions'),
  },
  {
    name: 'a picture must begin as JPG, PNG or GIF',
    ...documented('method catalogue; the sub-code is a guess'),
  },
  {
    name: 'pic_path wins over image',
    ...documented('parameter description of taobao.item.add'),
  },
]
