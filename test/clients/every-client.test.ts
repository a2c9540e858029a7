import { createHash } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { defaultWorld, type RuleSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, type GatewayOptions } from '../../src/server/index.ts'
import {
  type Account,
  type Call,
  type NpmClient,
  npmClients,
  restoreAgent,
  useAgent,
} from '../support/npm-clients.ts'
import { tinyPng } from '../support/png.ts'
import { type Tap, tap } from '../support/tap.ts'

let gateway: Gateway
let relay: Tap | undefined

beforeEach(() => {
  // All of them write the time of the machine's own zone; the platform's is GMT+8.
  vi.stubEnv('TZ', 'Asia/Shanghai')
})
afterEach(async () => {
  vi.unstubAllEnvs()
  restoreAgent()
  relay?.close()
  relay = undefined
  await gateway?.close()
})

async function open(
  client: NpmClient,
  account: Partial<Account> = {},
  options: GatewayOptions = {},
): Promise<Call> {
  gateway = createGateway({ profile: 'production', ...options })
  const { url } = await gateway.listen()
  return client.open(accountAt(client, url, account))
}

function accountAt(
  client: NpmClient,
  url: string,
  account: Partial<Account> = {},
  keepAlive = true,
): Account {
  useAgent({ keepAlive, ...(client.portless && { leadTo: url }) })
  return { url, appKey: '12345678', appSecret: 'helloworld', session: 'test', ...account }
}

const failingWith = (then: RuleSeed['then']): GatewayOptions => ({
  scenarios: [{ title: 'test', rules: [{ then }] }],
})

const title = '青花瓷茶杯 100% 手工+赠品&包邮 @景德镇 😀'
const desc = '@a+b & c=d; 100%25 %zz "引号" <b>粗</b> \\ / ~ !\'()* \u{1F469}‍\u{1F3A8} １'
const cup = {
  title,
  desc,
  price: '45.50',
  num: 8,
  cid: 1512,
  type: 'fixed',
  stuff_status: 'new',
  'location.state': '江西',
  'location.city': '景德镇',
  outer_id: 'CUP+1 &2',
  sell_point: '',
}
const png = tinyPng()
const asStored = { bytes: png.length, sha256: createHash('sha256').update(png).digest('hex') }

describe.each(npmClients)('$name', (client) => {
  it('publishes an item, reads it back letter by letter and lists it', async () => {
    const call = await open(client)
    const added = await call('taobao.item.add', cup)
    expect(added.refusal).toBeUndefined()
    const num_iid = String(added.answer.item.num_iid)
    expect(num_iid).toMatch(/^\d{12}$/)

    const fields = 'num_iid,title,desc,price,num,outer_id,location'
    const read = await call('taobao.item.seller.get', { num_iid, fields })
    expect(read.answer.item).toMatchObject({
      title,
      desc,
      price: '45.50',
      num: 8,
      outer_id: 'CUP+1 &2',
      location: { state: '江西', city: '景德镇' },
    })

    const listed = await call('taobao.items.onsale.get', { fields: 'num_iid,title', q: '青花瓷' })
    expect(listed.answer.total_results).toBe(1)
    expect(listed.answer.items.item).toMatchObject([{ title }])
    expect(String(listed.answer.items.item[0].num_iid)).toBe(num_iid)
  })

  it('sends an empty value, and signs it', async () => {
    const call = await open(client)
    await call('taobao.item.add', cup)
    const [exchange] = gateway.exchanges.list({ method: 'taobao.item.add' })
    expect(exchange).toMatchObject({ outcome: 'answered' })
    expect(gateway.exchanges.find(exchange?.id ?? '')?.request.params.sell_point).toBe('')
  })

  it('sees a refused session as 27/session-expired', async () => {
    const call = await open(client, { session: 'test-expired' })
    const { refusal } = await call('taobao.item.add', cup)
    expect(refusal).toMatchObject({ code: 27, subCode: 'session-expired' })
    expect(refusal?.words).toContain('Invalid session:session-expired')
  })

  it('sees a missing argument as 40, with its name', async () => {
    const call = await open(client)
    const { title: _, ...untitled } = cup
    const { refusal } = await call('taobao.item.add', untitled)
    expect(refusal).toMatchObject({ code: 40, subCode: undefined })
    expect(refusal?.words).toContain('Missing required arguments:title')
  })

  it('sees a wrong argument as 41, with its name', async () => {
    const call = await open(client)
    const { refusal } = await call('taobao.item.add', { ...cup, price: '便宜' })
    expect(refusal).toMatchObject({ code: 41, subCode: undefined })
    expect(refusal?.words).toContain('Invalid arguments:price')
  })

  it('sees a method that is none as 22', async () => {
    const call = await open(client)
    const { refusal } = await call('taobao.item.polish', cup)
    expect(refusal).toMatchObject({ code: 22 })
    expect(refusal?.words).toContain('Invalid method')
  })

  it('sees a wrong secret as 25', async () => {
    const call = await open(client, { appSecret: 'hello-world' })
    const { refusal } = await call('taobao.item.add', cup)
    expect(refusal).toMatchObject({ code: 25, subCode: undefined })
    expect(refusal?.words).toContain('Invalid signature')
  })

  it('sees a ban as 7, with the words that name its seconds', async () => {
    const call = await open(client, {}, failingWith({ ban: '41s' }))
    // Its seconds do not run.
    gateway.clock.freeze()
    const { refusal } = await call('taobao.item.add', cup)
    expect(refusal).toMatchObject({
      code: 7,
      subCode: 'accesscontrol.limited-by-app-access-count',
    })
    expect(refusal?.words).toContain('App Call Limited')
    expect(refusal?.words).toContain('This ban will last for 41 more seconds')
  })

  it("sees the seller's mistake as 15 with an isv sub-code and the Chinese words", async () => {
    const call = await open(client)
    const { refusal } = await call('taobao.item.update', { num_iid: 1, num: 5 })
    expect(refusal).toMatchObject({ code: 15, subCode: 'isv.item-is-delete:invalid-numIid' })
    expect(refusal?.words).toContain('Remote service error')
    expect(refusal?.words).toContain('商品已被删除或不存在')
  })

  it('sees trouble of the platform as 15 with an isp sub-code, and asks once', async () => {
    const trouble = failingWith({ refuse: 'isp.remote-service-timeout' })
    const call = await open(client, {}, trouble)
    const { refusal } = await call('taobao.time.get')
    expect(refusal).toMatchObject({ code: 15, subCode: 'isp.remote-service-timeout' })
    expect(gateway.exchanges.list()).toHaveLength(1)
  })

  it(
    client.keepsLongNumbers
      ? 'sees a number beyond 2^53 as its digits'
      : 'rounds a number beyond 2^53, as JSON.parse does, though it was sent exactly',
    async () => {
      const [seed] = defaultWorld.items ?? []
      if (!seed) throw new Error('the default world has no item')
      const exact = '9007199254740993'
      const world = { ...defaultWorld, items: [{ ...seed, num_iid: exact }] }
      const call = await open(client, {}, { world })
      const { answer } = await call('taobao.item.seller.get', {
        num_iid: exact,
        fields: 'num_iid,title',
      })
      expect(answer.item.title).toBe(seed.title)
      expect(answer.item.num_iid).toBe(client.keepsLongNumbers ? exact : 9007199254740992)
      const [exchange] = gateway.exchanges.list()
      expect(gateway.exchanges.find(exchange?.id ?? '')?.response.body).toContain(
        `"num_iid":${exact}`,
      )
    },
  )

  it('is refused with 31 on a machine that lives in UTC, and the journal says why', async () => {
    vi.stubEnv('TZ', 'UTC')
    const call = await open(client)
    const { refusal } = await call('taobao.time.get')
    expect(refusal).toMatchObject({ code: 31 })
    const [exchange] = gateway.exchanges.list()
    expect(gateway.exchanges.find(exchange?.id ?? '')?.explanation.en).toContain(
      'Eight hours: the caller wrote UTC, not GMT+8.',
    )
  })
})

/** Makes three calls one after the other, over a tap that sees the connections. */
async function callThrice(client: NpmClient, keepAlive: boolean): Promise<Tap> {
  gateway = createGateway({ profile: 'production' })
  relay = await tap((await gateway.listen()).url)
  const call = client.open(accountAt(client, relay.url, {}, keepAlive))
  for (let times = 0; times < 3; times++) {
    const { answer } = await call('taobao.user.seller.get', { fields: 'nick' })
    expect(answer.user.nick).toBe('本地小店')
  }
  return relay
}

describe('connections', () => {
  it.each(npmClients)('$name makes three calls over one that is kept alive', async (client) => {
    const { sent } = await callThrice(client, true)
    expect(sent).toHaveLength(1)
    expect(sent[0]?.match(/ HTTP\/1\.1\r\n/g)).toHaveLength(3)
  })

  it.each(npmClients.filter(({ ownAgent }) => !ownAgent))(
    '$name makes three calls over three that are closed',
    async (client) => {
      const { sent } = await callThrice(client, false)
      expect(sent).toHaveLength(3)
      for (const one of sent) expect(one).toMatch(/^connection: close\r$/im)
    },
  )
})

const uploading = npmClients.filter((client) => client.file)

it('two of the ways can send files', () => {
  expect(uploading.map(({ name }) => name)).toEqual([
    'ali-topsdk execute (POST, multipart)',
    'topsdk FILE_UPLOAD (POST, multipart)',
  ])
})

describe.each(uploading)('$name: pictures', (client) => {
  const image = client.file?.(png)
  /** What the gateway received last. */
  function received() {
    const newest = gateway.exchanges.list({ limit: 1 })[0]
    return gateway.exchanges.find(newest?.id ?? '')?.request
  }

  it('publishes an item with its picture, byte for byte', async () => {
    const call = await open(client)
    const { answer } = await call('taobao.item.add', { ...cup, image })
    expect(String(answer.item.num_iid)).toMatch(/^\d{12}$/)
    expect(received()?.params.title).toBe(title)
    expect(received()?.files).toMatchObject({ image: { fileName: 'image', ...asStored } })
  })

  it('adds a picture to an item that is there', async () => {
    const call = await open(client)
    const { answer, refusal } = await call('taobao.item.img.upload', { num_iid: 11223344, image })
    expect(refusal).toBeUndefined()
    expect(String(answer.item_img.id)).toMatch(/^\d+$/)
    expect(answer.item_img).toMatchObject({
      url: expect.stringMatching(/^https?:\/\/\S+$/),
      created: expect.stringMatching(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/),
    })
    expect(received()?.files).toMatchObject({ image: { fileName: 'image', ...asStored } })
  })

  it('sees a refused upload like any other refused call', async () => {
    const call = await open(client, { session: 'test-expired' })
    const { refusal } = await call('taobao.item.add', { ...cup, image })
    expect(refusal).toMatchObject({ code: 27, subCode: 'session-expired' })
  })
})
