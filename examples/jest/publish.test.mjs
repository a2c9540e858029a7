// Tests of an integration with the Taobao Open Platform, against LocalTOP, in Jest.
//
//     npm install --save-dev jest localtop
//     NODE_OPTIONS=--experimental-vm-modules npx jest --testMatch '**/*.test.mjs'
//
// LocalTOP is an ES module, hence the option. Tests that have to stay CommonJS start the command instead,
// as the recipes in other languages do.
// The gateway runs in this process; every test has a tenant, and so a shop, of its own.

import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, expect, test } from '@jest/globals'
import { createGateway } from 'localtop'
import { contractBreaches } from 'localtop/kit'

const gateway = createGateway()
const { url } = await gateway.listen()
afterAll(() => gateway.close())

/** An app with secret, session, empty shop and journal of its own. */
async function mintTenant() {
  const tenant = await gateway.tenant({ profile: 'production' })
  const of = { appKey: tenant.appKey }
  return {
    ...tenant,
    url,
    refuse: (error, rule) =>
      gateway.scenarios.set([{ title: error, rules: [{ then: { refuse: error }, ...rule }] }], of),
    fault: (fault) => gateway.faults.add(fault, of),
    /** What was called, as `method code`; 0 where it was answered. */
    calls: () => gateway.exchanges.list(of).map(({ method, code }) => `${method} ${code ?? 0}`),
    /** What the gateway has to say against the integration, a sentence each. */
    findings: () => [
      ...gateway.report(of).findings.map(({ detail }) => detail.en),
      ...contractBreaches(gateway, tenant.appKey).map(({ problem }) => problem),
    ],
  }
}

const item = {
  title: '陶瓷咖啡杯 350ml',
  price: '39.90',
  num: '20',
  outer_id: 'CUP-350',
  type: 'fixed',
  stuff_status: 'new',
  cid: '1512',
  desc: '景德镇陶瓷，可进洗碗机',
  'location.state': '浙江',
  'location.city': '杭州',
}

test('publishes an item', async () => {
  const tenant = await mintTenant()

  expect(await publish(tenant, item)).toBeGreaterThan(0)

  expect(tenant.calls()).toEqual(['taobao.item.add 0'])
  expect(tenant.findings()).toEqual([])
})

test('publishes once where the answer is lost', async () => {
  const tenant = await mintTenant()
  tenant.fault({ fault: 'reset-after', method: 'taobao.item.add' })

  expect(await publish(tenant, item)).toBeGreaterThan(0)

  expect(tenant.findings()).toEqual([])
  expect(tenant.calls()).toEqual(['taobao.item.add 0', 'taobao.items.custom.get 0'])
})

test('waits while the platform has trouble', async () => {
  const tenant = await mintTenant()
  const twice = { when: { method: 'taobao.item.add' }, times: 2 }
  tenant.refuse('isp.item-service-unavailable', twice)

  expect(await publish(tenant, item)).toBeGreaterThan(0)

  expect(tenant.calls().filter((call) => call === 'taobao.item.add 15')).toHaveLength(2)
  expect(tenant.findings()).toEqual([])
})

test('does not try again without an authorisation', async () => {
  const tenant = await mintTenant()
  tenant.refuse('27/session-expired')

  await expect(publish(tenant, item)).rejects.toMatchObject({ subCode: 'session-expired' })

  expect(tenant.calls()).toEqual(['taobao.item.add 27'])
})

// --- The integration under test: import yours instead. ---

class TopError extends Error {
  constructor({ code, sub_code = '', sub_msg = '' }) {
    super(`${code}: ${sub_code}: ${sub_msg}`)
    this.subCode = sub_code
  }
}

/** Publishes an item, and never twice: after an unknown outcome it looks for it first. */
async function publish(top, item) {
  for (const wait of [200, 500, null]) {
    try {
      return (await call(top, 'taobao.item.add', item)).item.num_iid
    } catch (problem) {
      // isp.* is the platform's trouble: the call may be sent again, later.
      const isFinal = problem instanceof TopError && !problem.subCode.startsWith('isp.')
      if (isFinal || wait === null) throw problem
      await sleep(wait)
    }
    const asked = { outer_id: item.outer_id, fields: 'num_iid' }
    const found = (await call(top, 'taobao.items.custom.get', asked)).items?.item ?? []
    if (found.length > 0) return found[0].num_iid
  }
}

async function call({ url, appKey, appSecret, session }, method, params) {
  const inPlatformZone = new Date(Date.now() + 8 * 3_600_000)
  const sent = {
    method,
    app_key: appKey,
    session,
    timestamp: inPlatformZone.toISOString().slice(0, 19).replace('T', ' '),
    format: 'json',
    v: '2.0',
    sign_method: 'md5',
    ...params,
  }
  const text = Object.keys(sent)
    .sort()
    .map((name) => name + sent[name])
    .join('')
  const digest = createHash('md5').update(appSecret + text + appSecret)
  const body = new URLSearchParams({ ...sent, sign: digest.digest('hex').toUpperCase() })
  const response = await fetch(`${url}/router/rest`, { method: 'POST', body })
  const answer = await response.json()
  // Refusals come with HTTP 200 as well.
  if (answer.error_response) throw new TopError(answer.error_response)
  return answer[`${method.replace('taobao.', '').replaceAll('.', '_')}_response`]
}
