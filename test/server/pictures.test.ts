import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { defaultWorld, type Tenant, type WorldSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'
import {
  addItem,
  bothProfiles,
  type Caller,
  call,
  neighbour,
  over,
  type Params,
  phone,
  type Reply,
  type Target,
} from '../support/gateway.ts'
import { callWithImage, md5, picture, png, sha256, upload } from '../support/pictures.ts'

const opened: Gateway[] = []
function open(options: GatewayOptions = {}): Gateway {
  const gateway = createGateway({ rateLimit: 'off', ...options })
  opened.push(gateway)
  return gateway
}
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
})

const own = { num_iid: '11223344' }

interface ItemImg {
  readonly id: number
  readonly position: number
  readonly url: string
}

/** The picture that an upload was answered with. */
function imgOf(reply: Reply): { id: string; url: string; created: string } {
  expect(reply.error).toBeUndefined()
  const { id, url, created } = reply.answer.item_img
  return { id: String(id), url, created }
}

async function read(
  target: Target,
  params: Params = own,
  caller?: Caller,
): Promise<{ pic_url?: string; item_imgs?: { item_img: ItemImg[] } }> {
  const asked = { fields: 'pic_url,item_imgs', ...params }
  const { error, answer } = await call(target, 'taobao.item.seller.get', asked, caller)
  expect(error).toBeUndefined()
  return answer.item
}

const listed = async (target: Target, params?: Params, caller?: Caller) =>
  (await read(target, params, caller)).item_imgs?.item_img ?? []

/** What is at an address: through the gateway's own door, or through a socket. */
async function at(url: string, target: Target = { fetch }) {
  const response = await target.fetch(new Request(url))
  return {
    status: response.status,
    headers: response.headers,
    bytes: new Uint8Array(await response.arrayBuffer()),
  }
}

describe('a picture that was uploaded', () => {
  it('is served at the address that the answer names, byte for byte', async () => {
    const { url } = await open().listen()
    const target = over(url)
    const img = imgOf(await upload(target, own, png))
    expect(img.url).toMatch(
      new RegExp(`^${url}/imgextra/i1/100000001/[0-9a-f]{16}_${img.id}\\.png$`),
    )

    const got = await fetch(img.url)
    expect(got.status).toBe(200)
    expect(new Uint8Array(await got.arrayBuffer())).toEqual(new Uint8Array(png))
    expect(Object.fromEntries(got.headers)).toMatchObject({
      'content-type': 'image/png',
      'content-length': String(png.byteLength),
      etag: `"${sha256(png)}"`,
      'cache-control': expect.stringContaining('max-age='),
      'x-content-type-options': 'nosniff',
    })
    expect(await read(target)).toEqual({
      pic_url: img.url,
      item_imgs: { item_img: [{ id: Number(img.id), position: 0, url: img.url }] },
    })
  })

  it('is asked for by HEAD, and not sent again to who has it', async () => {
    const { url } = await open().listen()
    const img = imgOf(await upload(over(url), own, png))
    const head = await fetch(img.url, { method: 'HEAD' })
    expect(head.status).toBe(200)
    expect(head.headers.get('content-length')).toBe(String(png.byteLength))
    expect((await head.arrayBuffer()).byteLength).toBe(0)
    const etag = head.headers.get('etag') ?? ''
    const again = (ifNoneMatch: string) =>
      fetch(img.url, { headers: { 'if-none-match': ifNoneMatch } })
    for (const known of [etag, `"x", W/${etag}`]) expect((await again(known)).status).toBe(304)
    expect((await again('"x"')).status).toBe(200)
  })

  it.each([
    ['jpg', 'image/jpeg'],
    ['png', 'image/png'],
    ['gif', 'image/gif'],
  ] as const)('is %s by its own first bytes, whatever its name says', async (kind, type) => {
    const gateway = open()
    // Sent as 手机.jpg of the type image/jpeg in any case.
    const img = imgOf(await upload(gateway, own, picture(kind)))
    expect(img.url).toMatch(new RegExp(`\\.${kind}$`))
    const got = await at(img.url, gateway)
    expect(got.headers.get('content-type')).toBe(type)
    expect(got.bytes).toEqual(picture(kind))
  })

  it('has the address by which each caller comes', async () => {
    const gateway = open()
    const [one, two] = [await gateway.listen(), await gateway.listen()]
    const byName = `http://localhost:${one.port}`
    const { pathname } = new URL(imgOf(await upload(over(one.url), own, png)).url)
    for (const origin of [one.url, two.url, byName]) {
      const { pic_url, item_imgs } = await read(over(origin))
      expect([pic_url, item_imgs?.item_img[0]?.url]).toEqual(
        [origin, origin].map((o) => o + pathname),
      )
    }
    expect((await read(gateway)).pic_url).toBe(`http://localhost${pathname}`)
    expect((await at(two.url + pathname)).bytes).toEqual(new Uint8Array(png))
  })

  it('is told of by its hashes in the journal', async () => {
    const gateway = open()
    const reply = await upload(gateway, own, png)
    const exchange = gateway.exchanges.find(reply.headers.get('x-localtop-exchange') ?? '')
    expect(exchange?.request.files.image).toEqual({
      fileName: '手机.jpg',
      contentType: 'image/jpeg',
      bytes: png.byteLength,
      sha256: sha256(png),
      md5: md5(png),
    })
  })

  it('is listed, with the main picture, by every method that answers items', async () => {
    const gateway = open()
    const { url } = imgOf(await upload(gateway, own, png))
    const fields = 'num_iid,pic_url,item_imgs'
    const first = async (method: string, params: Params) =>
      (await call(gateway, method, { fields, ...params })).answer.items.item.find(
        ({ num_iid }: { num_iid: number }) => String(num_iid) === own.num_iid,
      )
    expect((await first('taobao.items.onsale.get', {})).pic_url).toBe(url)
    const custom = await first('taobao.items.custom.get', { outer_id: 'SCARF-01' })
    expect([custom.pic_url, custom.item_imgs.item_img[0].url]).toEqual([url, url])
    await call(gateway, 'taobao.item.update.delisting', own)
    expect((await first('taobao.items.inventory.get', {})).pic_url).toBe(url)
  })

  it('is answered in XML as well', async () => {
    const reply = await upload(open(), own, png, { format: 'xml' })
    expect(reply.text).toMatch(
      /<item_img><created>[^<]+<\/created><id>\d+<\/id><url>http:\/\/localhost\/imgextra\/[^<]+\.png<\/url><\/item_img>/,
    )
  })

  it('has the time of the gateway', async () => {
    const gateway = open()
    gateway.clock.freeze('2026-05-01 10:00:00')
    expect(imgOf(await upload(gateway, own, png)).created).toBe('2026-05-01 10:00:00')
    const { answer } = await call(gateway, 'taobao.item.seller.get', { ...own, fields: 'modified' })
    expect(answer.item.modified).toBe('2026-05-01 10:00:00')
  })
})

describe('what is no picture', () => {
  it.each(bothProfiles)('%s: no image is refused with the code that was seen', async (profile) => {
    for (const image of [undefined, new Uint8Array()]) {
      const reply = await upload(open({ profile }), own, image)
      expect(reply.error).toMatchObject({
        code: profile === 'guide' ? 'item_service_refusal' : 530,
        msg: 'Remote service error',
        sub_code: 'isv.missing-parameter:image',
        sub_msg: '图片为空！',
      })
    }
  })

  it.each([
    ['an SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    ['a page', Buffer.from('<html><script>alert(1)</script></html>')],
    ['a WebP', Buffer.from('RIFF\0\0\0\0WEBPVP8 ')],
    ['half a signature', png.subarray(0, 5)],
  ])('is refused: %s', async (_, bytes) => {
    const gateway = open()
    const reply = await upload(gateway, own, bytes)
    expect(reply.error?.sub_code).toBe('isv.invalid-parameter:image')
    expect(await listed(gateway)).toEqual([])
  })

  it('has three megabytes and a byte', async () => {
    const gateway = open()
    const limit = 3_145_728
    const img = imgOf(await upload(gateway, own, picture('jpg', limit)))
    expect((await at(img.url, gateway)).bytes.byteLength).toBe(limit)
    const reply = await upload(gateway, own, picture('jpg', limit + 1))
    expect(reply.error).toMatchObject({ code: 41, msg: 'Invalid arguments:image' })
  })

  it('is a text', async () => {
    const reply = await call(open(), 'taobao.item.img.upload', { ...own, image: 'a.png' })
    expect(reply.error).toMatchObject({ code: 41, msg: 'Invalid arguments:image' })
  })
})

describe('the pictures of an item', () => {
  /** An item with three pictures, the first of them the main one. */
  async function withThree(gateway: Gateway) {
    const made = []
    for (const fill of [1, 2, 3]) {
      made.push(imgOf(await upload(gateway, own, picture('png', 32, fill))))
    }
    return made as [(typeof made)[0], (typeof made)[0], (typeof made)[0]]
  }
  const order = async (gateway: Gateway) => (await listed(gateway)).map(({ id }) => String(id))

  it('are numbered in turn, and the first is the main one', async () => {
    const gateway = open()
    const [a, b, c] = await withThree(gateway)
    expect(new Set([a.id, b.id, c.id]).size).toBe(3)
    expect(await listed(gateway)).toEqual(
      [a, b, c].map(({ id, url }, position) => ({ id: Number(id), position, url })),
    )
    expect((await read(gateway)).pic_url).toBe(a.url)
  })

  it('stand where position says', async () => {
    const gateway = open()
    const [a, b, c] = await withThree(gateway)
    const d = imgOf(await upload(gateway, { ...own, position: '1' }, png))
    expect(await order(gateway)).toEqual([a.id, b.id, d.id, c.id])
    imgOf(await upload(gateway, { ...own, id: c.id, position: '0' }))
    expect(await order(gateway)).toEqual([a.id, c.id, b.id, d.id])
    expect((await at(c.url, gateway)).bytes).toEqual(picture('png', 32, 3))
  })

  it('may stand at the greatest of all positions, and still be followed', async () => {
    const gateway = open()
    const greatest = String(Number.MAX_SAFE_INTEGER)
    const a = imgOf(await upload(gateway, { ...own, position: greatest }, png))
    const b = imgOf(await upload(gateway, own, png))
    expect(await order(gateway)).toEqual([a.id, b.id])
  })

  it('have another main one when is_major says so, and only then', async () => {
    const gateway = open()
    const [a, b] = await withThree(gateway)
    imgOf(await upload(gateway, { ...own, id: b.id, is_major: 'false' }))
    expect((await read(gateway)).pic_url).toBe(a.url)
    imgOf(await upload(gateway, { ...own, id: b.id, is_major: 'true' }))
    expect((await read(gateway)).pic_url).toBe(b.url)
    const d = imgOf(await upload(gateway, { ...own, is_major: 'true' }, png))
    expect((await read(gateway)).pic_url).toBe(d.url)
    expect(await order(gateway)).toHaveLength(4)
  })

  it('are replaced by id: the same place, other bytes, another address', async () => {
    const gateway = open()
    gateway.clock.freeze('2026-05-01 10:00:00')
    const [a, b, c] = await withThree(gateway)
    gateway.clock.advance('1h')
    const renewed = imgOf(await upload(gateway, { ...own, id: a.id, is_major: 'false' }, png))
    expect(renewed).toEqual({ id: a.id, url: expect.anything(), created: a.created })
    expect(renewed.url).not.toBe(a.url)
    expect((await at(renewed.url, gateway)).bytes).toEqual(new Uint8Array(png))
    expect((await at(a.url, gateway)).status).toBe(404)
    expect(await order(gateway)).toEqual([a.id, b.id, c.id])
    // The main one stays it.
    expect((await read(gateway)).pic_url).toBe(renewed.url)
  })

  it('have a main one that the id 0 names as well', async () => {
    const gateway = open()
    const first = imgOf(await upload(gateway, { ...own, id: '0' }, picture('gif')))
    const second = imgOf(await upload(gateway, { ...own, id: '0' }, png))
    expect(second.id).toBe(first.id)
    expect(await read(gateway)).toMatchObject({
      pic_url: second.url,
      item_imgs: { item_img: [{ url: second.url }] },
    })
    const none = await upload(gateway, { num_iid: '11223345', id: '0' })
    expect(none.error?.sub_code).toBe('isv.invalid-parameter:id')
  })

  it('are deleted by id, and the next one takes the place of the main one', async () => {
    const gateway = open()
    const [a, b, c] = await withThree(gateway)
    const remove = async (id: string) =>
      (await call(gateway, 'taobao.item.img.delete', { ...own, id })).answer.item_img
    expect(await remove(c.id)).toEqual({ created: c.created, id: Number(c.id) })
    expect((await read(gateway)).pic_url).toBe(a.url)
    await remove(a.id)
    expect(await read(gateway)).toMatchObject({
      pic_url: b.url,
      item_imgs: { item_img: [{ id: Number(b.id) }] },
    })
    await remove(b.id)
    expect(await read(gateway)).toEqual({})
    for (const { url } of [a, b, c]) expect((await at(url, gateway)).status).toBe(404)
    const again = await call(gateway, 'taobao.item.img.delete', { ...own, id: a.id })
    expect(again.error?.sub_code).toBe('isv.invalid-parameter:id')
  })

  it("are out of another seller's reach, and of another item's", async () => {
    const gateway = open()
    const { id, url } = imgOf(await upload(gateway, own, png))
    for (const method of ['taobao.item.img.upload', 'taobao.item.img.delete']) {
      const foreign = await call(gateway, method, { ...own, id }, neighbour)
      expect(foreign.error?.sub_code).toBe('isv.invalid-permission:update-item')
      const elsewhere = await call(gateway, method, { num_iid: '11223345', id })
      expect(elsewhere.error?.sub_code).toBe('isv.invalid-parameter:id')
    }
    expect((await at(url, gateway)).status).toBe(200)
  })

  it.each([
    [5, undefined],
    [2, 2],
  ])('are at most %i where the seller has an item_img_num of %s', async (most, item_img_num) => {
    const world: WorldSeed = {
      ...defaultWorld,
      sellers: (defaultWorld.sellers ?? []).map(({ item_img_num: _, ...seller }) => ({
        ...seller,
        ...(item_img_num !== undefined && { item_img_num }),
      })),
    }
    const gateway = open({ world })
    let last = ''
    for (let n = 0; n < most; n++) last = imgOf(await upload(gateway, own, png)).id
    const refused = await upload(gateway, own, png)
    expect(refused.error?.sub_code).toBe('isv.item-img-service-error:ITEM_IMG_NUM_LIMIT')
    // To replace one, or to delete one and add another, is not to have more.
    imgOf(await upload(gateway, { ...own, id: last }, picture('gif')))
    await call(gateway, 'taobao.item.img.delete', { ...own, id: last })
    imgOf(await upload(gateway, own, png))
    expect(await listed(gateway)).toHaveLength(most)
  })

  it('go when the item goes', async () => {
    const gateway = open()
    const images = await withThree(gateway)
    await call(gateway, 'taobao.item.delete', own)
    for (const { url } of images) expect((await at(url, gateway)).status).toBe(404)
    expect(await gateway.snapshot()).not.toHaveProperty('pictures')
  })

  it('go when empty_fields names the fields that show them', async () => {
    const gateway = open()
    const [a, b] = await withThree(gateway)
    await call(gateway, 'taobao.item.update', { ...own, empty_fields: 'item_imgs' })
    expect(await read(gateway)).toEqual({ pic_url: a.url })
    expect((await at(a.url, gateway)).status).toBe(200)
    expect((await at(b.url, gateway)).status).toBe(404)
    await call(gateway, 'taobao.item.update', { ...own, empty_fields: 'pic_url' })
    expect((await at(a.url, gateway)).status).toBe(404)
  })
})

describe('what a world file or a caller says of pictures', () => {
  const item_img = [
    { id: '7', position: 0, url: 'https://img.example.com/a.jpg' },
    { id: '8', position: 1, url: 'i1/100000001/T1b.jpg' },
  ]
  const world: WorldSeed = {
    ...defaultWorld,
    items: [
      {
        ...own,
        nick: '本地小店',
        title: '有图',
        price: '1.00',
        num: 1,
        pic_url: 'https://img.example.com/a.jpg',
        item_imgs: { item_img },
      },
    ],
  }
  const asAnswered = item_img.map((one) => ({ ...one, id: Number(one.id) }))

  it('stays as it is', async () => {
    expect(await read(open({ world }))).toEqual({
      pic_url: 'https://img.example.com/a.jpg',
      item_imgs: { item_img: asAnswered },
    })
  })

  it('stays beside what is uploaded, and is replaced and deleted like it', async () => {
    const gateway = open({ world })
    const { url } = imgOf(await upload(gateway, own, png))
    expect(await listed(gateway)).toEqual([
      ...asAnswered,
      { id: expect.any(Number), position: 2, url },
    ])
    const moved = await upload(gateway, { ...own, id: '8', is_major: 'true' })
    expect(moved.answer.item_img).toEqual({ id: 8, url: 'i1/100000001/T1b.jpg' })
    expect((await read(gateway)).pic_url).toBe('i1/100000001/T1b.jpg')
    await call(gateway, 'taobao.item.img.delete', { ...own, id: '8' })
    expect((await read(gateway)).pic_url).toBe('https://img.example.com/a.jpg')
    const renewed = imgOf(await upload(gateway, { ...own, id: '7' }, png))
    expect(renewed.id).toBe('7')
    expect((await at(renewed.url, gateway)).status).toBe(200)
  })

  it('never names a number that is given out again', async () => {
    const gateway = open()
    const { id } = imgOf(await upload(gateway, own, png))
    const seed: WorldSeed = {
      ...world,
      items: [{ ...world.items?.[0], item_imgs: { item_img: [{ id, position: 0 }] } }] as never,
    }
    expect(imgOf(await upload(open({ world: seed }), own, png)).id).not.toBe(id)
  })

  it('is pic_path, which is shown as it is and wins over image', async () => {
    const gateway = open()
    const pic_path = 'i7/T1rfxpXcVhXXXH9QcZ_033150.jpg'
    const reply = await callWithImage(gateway, 'taobao.item.add', { ...phone, pic_path }, png)
    const num_iid = String(reply.answer.item.num_iid)
    expect(await read(gateway, { num_iid })).toEqual({ pic_url: pic_path })
    await callWithImage(gateway, 'taobao.item.update', { num_iid, pic_path: 'i7/b.jpg' }, png)
    expect(await read(gateway, { num_iid })).toEqual({ pic_url: 'i7/b.jpg' })
    // A picture that looks like ours and is none.
    const strange = '/imgextra/i1/100000001/0123456789abcdef_4880000000001.png'
    await call(gateway, 'taobao.item.update', { num_iid, pic_path: strange })
    expect(await read(gateway, { num_iid })).toEqual({ pic_url: strange })
  })
})

describe('the image of taobao.item.add and taobao.item.update', () => {
  const add = async (gateway: Gateway, image: Uint8Array) =>
    String((await callWithImage(gateway, 'taobao.item.add', phone, image)).answer.item.num_iid)

  it('becomes the main picture of a new item', async () => {
    const gateway = open()
    const num_iid = await add(gateway, png)
    const { pic_url = '', item_imgs } = await read(gateway, { num_iid })
    expect(item_imgs?.item_img).toEqual([{ id: expect.any(Number), position: 0, url: pic_url }])
    expect((await at(pic_url, gateway)).bytes).toEqual(new Uint8Array(png))
  })

  it('takes the place of the main picture of an item', async () => {
    const gateway = open()
    const num_iid = await add(gateway, png)
    const second = imgOf(await upload(gateway, { num_iid }, picture('jpg')))
    const before = await read(gateway, { num_iid })
    const image = picture('gif')
    await callWithImage(gateway, 'taobao.item.update', { num_iid, title: '改' }, image)
    const after = await read(gateway, { num_iid })
    expect(after.pic_url).not.toBe(before.pic_url)
    expect((await at(after.pic_url ?? '', gateway)).bytes).toEqual(image)
    expect((await at(before.pic_url ?? '', gateway)).status).toBe(404)
    expect(after.item_imgs?.item_img).toEqual([
      { ...before.item_imgs?.item_img[0], url: after.pic_url },
      { id: Number(second.id), position: 1, url: second.url },
    ])
  })

  it('becomes the main picture of an item that had none, or one by pic_path', async () => {
    const gateway = open()
    const num_iid = await addItem(gateway, { pic_path: 'i7/a.jpg' })
    const listedBefore = imgOf(await upload(gateway, { num_iid }, picture('jpg')))
    expect((await read(gateway, { num_iid })).pic_url).toBe('i7/a.jpg')
    await callWithImage(gateway, 'taobao.item.update', { num_iid }, png)
    const { pic_url = '', item_imgs } = await read(gateway, { num_iid })
    expect((await at(pic_url, gateway)).bytes).toEqual(new Uint8Array(png))
    expect(item_imgs?.item_img.map(({ url }) => url)).toEqual([listedBefore.url, pic_url])
  })

  it('that is empty counts as not sent', async () => {
    const gateway = open()
    expect(await read(gateway, { num_iid: await add(gateway, new Uint8Array()) })).toEqual({})
  })
})

describe('pictures are kept', () => {
  it('by the file store, over a restart', async () => {
    const data = mkdtempSync(join(tmpdir(), 'localtop-pictures-'))
    try {
      const first = open({ store: 'file', data })
      const large = picture('jpg', 3_000_000, 0x41)
      const [a, b] = [imgOf(await upload(first, own, png)), imgOf(await upload(first, own, large))]
      const gone = imgOf(await upload(first, own, png))
      await call(first, 'taobao.item.img.delete', { ...own, id: gone.id })
      await first.close()

      const second = open({ store: 'file', data })
      expect((await at(a.url, second)).bytes).toEqual(new Uint8Array(png))
      expect(sha256((await at(b.url, second)).bytes)).toBe(sha256(large))
      expect((await at(gone.url, second)).status).toBe(404)
      const next = imgOf(await upload(second, own, png))
      expect([a.id, b.id, gone.id]).not.toContain(next.id)
      await second.close()
    } finally {
      rmSync(data, { recursive: true })
    }
  })

  it('in snapshots, for another gateway too', async () => {
    const gateway = open()
    const { id, url } = imgOf(await upload(gateway, own, png))
    const taken = await gateway.snapshot({ secrets: true })
    expect(taken.pictures?.[id]).toMatchObject({
      id,
      num_iid: own.num_iid,
      content_type: 'image/png',
      bytes: png.byteLength,
      sha256: sha256(png),
      base64: Buffer.from(png).toString('base64'),
    })
    await call(gateway, 'taobao.item.img.delete', { ...own, id })
    const other = open()
    for (const one of [gateway, other]) {
      await one.restore(JSON.parse(JSON.stringify(taken)))
      expect((await at(url, one)).bytes).toEqual(new Uint8Array(png))
      expect((await read(one)).pic_url).toBe(url)
      expect(imgOf(await upload(one, own, png)).id).not.toBe(id)
    }
  })

  it('not in a snapshot that makes a page of a picture', async () => {
    const gateway = open()
    const { id } = imgOf(await upload(gateway, own, png))
    const taken = await gateway.snapshot()
    const record = { ...(taken.pictures?.[id] as object), content_type: 'text/html' }
    await expect(gateway.restore({ ...taken, pictures: { [id]: record } })).rejects.toThrow(
      /content_type/,
    )
  })

  it('no longer than until the next reset', async () => {
    const gateway = open()
    const { url } = imgOf(await upload(gateway, own, png))
    await gateway.reset()
    expect((await at(url, gateway)).status).toBe(404)
  })
})

describe('tenants, whose worlds number alike', () => {
  const as = ({ appKey, appSecret, session }: Tenant): Caller => ({
    app: appKey,
    secret: appSecret,
    session,
    format: 'json',
  })
  /** Two tenants, each with an item of the same number. */
  async function two(gateway: Gateway) {
    const tenants = [await gateway.tenant(), await gateway.tenant()] as const
    const items = [
      await addItem(gateway, {}, as(tenants[0])),
      await addItem(gateway, {}, as(tenants[1])),
    ]
    expect(items[0]).toBe(items[1])
    return { tenants, num_iid: items[0] ?? '' }
  }

  it('have each their own picture under one number', async () => {
    const gateway = open()
    const { tenants, num_iid } = await two(gateway)
    const [a, b] = [
      imgOf(await upload(gateway, { num_iid }, picture('png', 50, 1), as(tenants[0]))),
      imgOf(await upload(gateway, { num_iid }, picture('png', 50, 2), as(tenants[1]))),
    ]
    expect(a.id).toBe(b.id)
    expect((await at(a.url, gateway)).bytes).toEqual(picture('png', 50, 1))
    expect((await at(b.url, gateway)).bytes).toEqual(picture('png', 50, 2))
  })

  it('lose only their own, though both have the same picture', async () => {
    const gateway = open()
    const { tenants, num_iid } = await two(gateway)
    const [a, b] = [
      imgOf(await upload(gateway, { num_iid }, png, as(tenants[0]))),
      imgOf(await upload(gateway, { num_iid }, png, as(tenants[1]))),
    ]
    await call(gateway, 'taobao.item.img.delete', { num_iid, id: a.id }, as(tenants[0]))
    expect((await at(a.url, gateway)).status).toBe(404)
    expect((await at(b.url, gateway)).status).toBe(200)
    await gateway.reset({ appKey: tenants[1].appKey })
    expect((await at(b.url, gateway)).status).toBe(404)
  })
})

describe('an address where no picture is', () => {
  it('answers 404 and a sentence', async () => {
    const gateway = open()
    const { url } = imgOf(await upload(gateway, own, png))
    const wrong = [
      url.replace('100000001', '100000002'),
      url.replace(/[0-9a-f]{16}_/, '0123456789abcdef_'),
      url.replace('.png', '.jpg'),
      `${url}.jpg`,
      'http://localhost/imgextra/',
      'http://localhost/imgextra',
    ]
    for (const address of wrong) {
      const { status, bytes } = await at(address, gateway)
      expect({ address, status }).toEqual({ address, status: 404 })
      expect(JSON.parse(Buffer.from(bytes).toString()).error).toContain('/imgextra')
    }
  })

  it.each([
    '/imgextra/%',
    '/imgextra/%00_1.png',
    '/imgextra/%ff%fe_1.png',
    '/imgextra/i1/%2e%2e/%2e%2e/etc/passwd',
    '/imgextra/..%2f..%2fetc_1.jpg',
    '/imgextra/__proto___1.png',
    '/imgextra/constructor',
    '/imgextra/手机_1.png',
    "/imgextra/<script>_1.gif?x='",
    '/imgextra/{50,000 characters}',
  ])('does not upset the gateway: %s', async (named) => {
    const path = named.replace('{50,000 characters}', '_1.pn'.repeat(10_000))
    const mistakes: unknown[] = []
    const gateway = open({ log: (event) => event.event === 'bug' && mistakes.push(event) })
    const { url } = await gateway.listen()
    for (const response of [
      await gateway.fetch(new Request(`http://localhost${path}`)),
      await fetch(url + path),
    ]) {
      expect(response.status).toBe(404)
      expect(await response.json()).toEqual({ error: expect.any(String) })
    }
    expect(mistakes).toEqual([])
  })

  it('is any address for POST', async () => {
    const gateway = open()
    const { url } = imgOf(await upload(gateway, own, png))
    expect((await gateway.fetch(new Request(url, { method: 'POST' }))).status).toBe(404)
  })
})
