import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterEach, beforeEach, expect } from 'vitest'
import { createClient } from '../../src/client/index.ts'
import { itemAdd } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { itInBrowser } from '../support/browser.ts'

let gateway: Gateway
let shopServer: Server
let url: string
/** Where the app of this test takes its sellers back. */
let redirectUri: string
const returned: URL[] = []

beforeEach(async () => {
  gateway = createGateway()
  url = (await gateway.listen({ port: 0 })).url
  returned.length = 0
  shopServer = createServer((request, response) => {
    const back = new URL(request.url ?? '/', redirectUri)
    if (back.pathname === '/callback') returned.push(back)
    response.setHeader('content-type', 'text/html;charset=UTF-8').end('<h1>back at the app</h1>')
  })
  await new Promise<void>((resolve) => shopServer.listen(0, '127.0.0.1', resolve))
  redirectUri = `http://127.0.0.1:${(shopServer.address() as AddressInfo).port}/callback`
})
afterEach(async () => {
  shopServer.closeAllConnections()
  shopServer.close()
  await gateway.close()
})

const newClient = () =>
  createClient({
    url,
    appKey: 'YOUR_APP_KEY',
    appSecret: 'YOUR_SECRET_KEY',
    profile: 'guide',
  })

itInBrowser(
  'a seller is picked, approves, and the app publishes for that shop',
  async (browser) => {
    const client = newClient()
    // The consent page must work where scripts do not.
    const page = await (await browser.newContext({ javaScriptEnabled: false })).newPage()
    const state = '你好 & "welcome" <b>'
    await page.goto(client.authorizeUrl({ redirectUri, state }))
    await page.getByText('隔壁商行').click()
    await page.getByRole('button', { name: 'Approve' }).click()
    await page.getByText('back at the app').waitFor()

    expect(returned).toHaveLength(1)
    const query = returned[0]?.searchParams
    expect(query?.get('state')).toBe(state)
    const token = await client.exchangeCode(query?.get('code') ?? '', { redirectUri })
    expect(token.nick).toBe('隔壁商行')
    const { item } = await client.call(itemAdd, { title: '茶壶', price: '58.00', num: 3 })
    const { items } = await gateway.snapshot()
    expect(items?.[item.num_iid ?? '']).toMatchObject({ title: '茶壶', nick: '隔壁商行' })
  },
)

itInBrowser('a seller refuses, on the page for phones', async (browser) => {
  const context = await browser.newContext({ viewport: { width: 360, height: 640 } })
  const page = await context.newPage()
  await page.goto(newClient().authorizeUrl({ redirectUri, state: 's', view: 'wap' }))
  const widest = await page.evaluate('document.documentElement.scrollWidth')
  expect(widest).toBeLessThanOrEqual(360)
  await page.getByRole('button', { name: 'Refuse' }).click()
  await page.getByText('back at the app').waitFor()
  expect(returned.map(({ searchParams }) => searchParams.get('error'))).toEqual(['access_denied'])
})

itInBrowser('a form on a page of another site approves nothing', async (browser) => {
  const page = await browser.newPage()
  await page.goto(redirectUri)
  const action = `${newClient().authorizeUrl({ redirectUri })}`
  await page.setContent(
    `<form method="post" action="${action.replaceAll('&', '&amp;')}">
      <input name="nick" value="本地小店"><button name="decision" value="approve">win</button>
    </form>`,
  )
  returned.length = 0
  const answered = page.waitForResponse((response) => response.url().startsWith(url))
  await page.getByRole('button', { name: 'win' }).click()
  expect((await answered).status()).toBe(403)
  expect(returned).toEqual([])
})
