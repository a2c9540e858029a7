import { createHash } from 'node:crypto'
import * as z from 'zod'
import type { Item } from '../../contracts/models/item.ts'
import { idText } from '../../contracts/protocol/scalars.ts'
import { writtenMoment } from '../../contracts/written-values.ts'

/** What a picture may be, by the bytes that it begins with. */
const kinds = [
  { extension: 'jpg', contentType: 'image/jpeg', begins: ['ffd8ff'] },
  { extension: 'png', contentType: 'image/png', begins: ['89504e470d0a1a0a'] },
  { extension: 'gif', contentType: 'image/gif', begins: ['474946383761', '474946383961'] },
] as const

/** JPG, PNG or GIF; `undefined` for anything else, whatever its name and declared type say. */
export function pictureKind(bytes: Uint8Array): (typeof kinds)[number] | undefined {
  const start = Buffer.from(bytes.subarray(0, 8)).toString('hex')
  return kinds.find(({ begins }) => begins.some((one) => start.startsWith(one)))
}

/** A picture as the store keeps it. */
export const storedPicture = z.strictObject({
  id: idText,
  /** The item that shows it. */
  num_iid: idText,
  /** Where it is served, without the origin: a world may be read through several. */
  path: z.string().regex(/^\/imgextra\/\S+$/, 'expected a path below /imgextra/'),
  content_type: z.enum(kinds.map(({ contentType }) => contentType)),
  /** How many bytes it has. */
  bytes: z.int().positive(),
  /** Of its bytes, in lower-case hex. */
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  base64: z.base64(),
  created: writtenMoment,
})
export type StoredPicture = z.output<typeof storedPicture>

/**
 * A picture as it is to be stored. Its name holds a digest of its bytes and of its world, since worlds
 * number alike: an address never shows another picture than it did when it was answered.
 *
 * @param whose the world, the seller and the item that it belongs to
 */
export function makePicture(
  bytes: Uint8Array,
  kind: (typeof kinds)[number],
  whose: { worldId: string; userId: string; num_iid: string; id: string; created: string },
): StoredPicture {
  const sha256 = createHash('sha256').update(bytes).digest('hex')
  const own = createHash('sha256').update(`${whose.worldId}\n${sha256}`).digest('hex').slice(0, 16)
  return {
    id: whose.id,
    num_iid: whose.num_iid,
    path: `/imgextra/i1/${whose.userId}/${own}_${whose.id}.${kind.extension}`,
    content_type: kind.contentType,
    bytes: bytes.byteLength,
    sha256,
    base64: Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64'),
    created: whose.created,
  }
}

/** The id in the path of a picture; `undefined` for any other text. */
export const pictureIdIn = (path: string | undefined): string | undefined =>
  path === undefined ? undefined : /^\/imgextra\/.*_(\d{1,19})\.(?:jpg|png|gif)$/.exec(path)?.[1]

/** The ids of all pictures that an item shows, as far as they may be ours. */
export function shownBy(item: Item): ReadonlySet<string> {
  const ids = new Set<string>()
  for (const { id } of item.item_imgs?.item_img ?? []) if (id !== undefined) ids.add(id)
  const main = pictureIdIn(item.pic_url)
  if (main !== undefined) ids.add(main)
  return ids
}
