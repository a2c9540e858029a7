import type { itemImgMethods } from '../../contracts/methods/item-img.ts'
import { formatTime } from '../../contracts/protocol/timestamp.ts'
import type { HandlersFor } from './handler.ts'
import {
  imageProblem,
  mainPicture,
  pictureList,
  placed,
  sentImage,
  withoutPicture,
} from './item-pictures.ts'

/** Documented: in answers of the platform the main picture has this id, so callers may name it so. */
const mainId = '0'

export const itemImgHandlers: HandlersFor<typeof itemImgMethods> = {
  'taobao.item.img.upload': ({ request, seller, world, now, origin, fail }) => {
    const image = sentImage(request.image)
    if (!image && request.id === undefined) return fail('isv.missing-parameter:image')
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-permission:update-item')
    const isMain = request.id === mainId
    const before = isMain
      ? mainPicture(item)
      : pictureList(item).find(({ id }) => id !== undefined && id === request.id)
    // An item without a main picture gets one by the same call.
    const isUnknown = request.id !== undefined && !before && !(isMain && image)
    if (isUnknown) return fail('isv.invalid-parameter:id')
    const problem = imageProblem(image, item, seller, before)
    if (problem) return fail(problem)
    const change = placed(item, seller, world, {
      image,
      before,
      position: request.position,
      // `false` is what SDKs send when nobody says anything: it makes no picture less than it was.
      isMain: isMain || request.is_major === true,
      time: formatTime(now),
    })
    if (change.picture) world.putPicture(change.picture)
    world.putItem(change.item)
    const { id, url } = change.entry
    const kept = world.pictureAt(url)
    return {
      item_img: {
        ...(kept && { created: kept.created }),
        id,
        url: kept ? `${origin}${url}` : url,
      },
    }
  },

  'taobao.item.img.delete': ({ request, seller, world, now, fail }) => {
    const item = world.item(request.num_iid)
    if (!item) return fail('isv.item-is-delete:invalid-numIid')
    if (item.nick !== seller.nick) return fail('isv.invalid-permission:update-item')
    const gone = pictureList(item).find(({ id }) => id === request.id)
    if (!gone) return fail('isv.invalid-parameter:id')
    const created = world.picture(request.id)?.created
    world.putItem(withoutPicture(item, gone, formatTime(now)))
    return { item_img: { ...(created !== undefined && { created }), id: request.id } }
  },
}
