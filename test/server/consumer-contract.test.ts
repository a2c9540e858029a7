import { describe, expect, it } from 'vitest'
import { type Finding, formatTime, type RuleSeed } from '../../src/contracts/index.ts'
import {
  createGateway,
  type Gateway,
  type GatewayOptions,
  loadScenario,
  scenarioNames,
} from '../../src/server/index.ts'
import {
  addItem,
  article,
  call,
  type Params,
  phone,
  request,
  send,
  signedParams,
} from '../support/gateway.ts'

const gatewayWith = (options: GatewayOptions = {}) =>
  createGateway({ rateLimit: 'off', profile: 'production', ...options })

const { outer_id: _, ...unnumbered } = phone
const itemAdd = 'taobao.item.add'
const itemGet = 'taobao.item.seller.get'

const breaches = (gateway: Gateway): Finding[] =>
  gateway.report().findings.filter(({ judge }) => judge === 'contract')
const shortly = (findings: readonly Finding[]) =>
  findings.map(({ id, severity, about }) => `${severity} ${id}: ${about}`)

/** What is found after one call. */
async function foundBy(method: string, params: Params, caller = {}): Promise<string[]> {
  await using gateway = gatewayWith()
  await call(gateway, method, params, caller)
  return shortly(breaches(gateway))
}

describe('a call against its contract', () => {
  it.each([
    [
      'a wrong type',
      itemAdd,
      { ...phone, price: 'abc' },
      ['error wrong-type: taobao.item.add price'],
    ],
    [
      'a switch that is none',
      itemAdd,
      { ...phone, has_invoice: 'yes' },
      ['error wrong-type: taobao.item.add has_invoice'],
    ],
    [
      'a text too long',
      itemAdd,
      { ...phone, title: '长'.repeat(121) },
      ['error out-of-limits: taobao.item.add title'],
    ],
    [
      'a number out of range',
      itemAdd,
      { ...phone, num: '900000001' },
      ['error out-of-limits: taobao.item.add num'],
    ],
    [
      'a price of nothing',
      itemAdd,
      { ...phone, price: '0' },
      ['error out-of-limits: taobao.item.add price'],
    ],
    [
      'none of a few values',
      itemAdd,
      { ...phone, approve_status: 'sold' },
      ['error out-of-limits: taobao.item.add approve_status'],
    ],
    [
      'too many in a list',
      itemAdd,
      { ...phone, seller_cids: '1,2,3,4,5,6,7,8,9,10,11' },
      ['error out-of-limits: taobao.item.add seller_cids'],
    ],
    [
      'a misspelt parameter',
      itemAdd,
      { ...unnumbered, outerid: 'A' },
      ['error unknown-parameter: taobao.item.add outerid'],
    ],
    [
      'a parameter of its own',
      itemAdd,
      { ...phone, colour: 'red' },
      ['warning unknown-parameter: taobao.item.add colour'],
    ],
    [
      'a misspelt field',
      itemGet,
      { num_iid: '1', fields: 'title,outerid' },
      ['error unknown-field: taobao.item.seller.get fields: outerid'],
    ],
    [
      'a field of nowhere',
      itemGet,
      { num_iid: '1', fields: 'title,stock_of_all' },
      ['warning unknown-field: taobao.item.seller.get fields: stock_of_all'],
    ],
    [
      'a missing parameter',
      itemGet,
      { fields: 'title' },
      ['error missing-parameter: taobao.item.seller.get num_iid'],
    ],
    [
      'a missing one that is blank',
      itemGet,
      { num_iid: ' ', fields: 'title' },
      ['error missing-parameter: taobao.item.seller.get num_iid'],
    ],
    ['an unknown method', 'taobao.item.ad', phone, ['error unknown-method: taobao.item.ad']],
    [
      'a wrong format',
      'taobao.time.get',
      { format: 'yaml' },
      ['error malformed-call: taobao.time.get format'],
    ],
    [
      'a wrong version',
      'taobao.time.get',
      { v: '3.0' },
      ['error malformed-call: taobao.time.get v'],
    ],
    [
      'a wrong timestamp',
      'taobao.time.get',
      { timestamp: 'today' },
      ['error malformed-call: taobao.time.get timestamp'],
    ],
  ] as const)('%s is found', async (_, method, params, found) => {
    expect(await foundBy(method, params)).toEqual(found)
  })

  it('all mistakes of a call are found, where the gateway names the first', async () => {
    const params = { fields: 'titel', num_iid: 'x', numiid: '1' }
    expect(await foundBy(itemGet, params)).toEqual([
      'error wrong-type: taobao.item.seller.get num_iid',
      'error unknown-field: taobao.item.seller.get fields: titel',
      'warning unknown-parameter: taobao.item.seller.get numiid',
    ])
  })

  it('a session that is not sent is missing; one that has ended is the world’s affair', async () => {
    const params = { num_iid: '1', fields: 'title' }
    expect(await foundBy(itemGet, params, { session: null })).toEqual([
      'error missing-parameter: taobao.item.seller.get session',
    ])
    expect(await foundBy(itemGet, params, { session: 'gone' })).toEqual([])
  })

  it('a parameter sent twice is found', async () => {
    await using gateway = gatewayWith()
    const params = signedParams(gateway, itemGet, { num_iid: '1', fields: 'title' })
    await send(gateway, new URLSearchParams([...Object.entries(params), ['fields', 'price']]))
    expect(shortly(breaches(gateway))).toEqual([
      'warning repeated-parameter: taobao.item.seller.get fields',
    ])
  })

  it('a wrong sign and missing public parameters are found', async () => {
    await using gateway = gatewayWith()
    const good = signedParams(gateway, 'taobao.time.get')
    const { sign, ...unsigned } = good
    const { app_key, ...nobodys } = good
    const { method, ...nothing } = good
    for (const params of [{ ...good, sign: 'A'.repeat(32) }, unsigned, nobodys, nothing]) {
      await send(gateway, params)
    }
    expect(shortly(breaches(gateway))).toEqual([
      'error malformed-call: taobao.time.get sign',
      'error missing-parameter: taobao.time.get sign',
      'error missing-parameter: taobao.time.get app_key',
      'error missing-parameter: a call without method method',
    ])
  })

  it('mistakes in a structure are found at their place', async () => {
    const videos = (...elements: object[]) =>
      foundBy('alibaba.ailabs.aligenie.openvideo.push', { videos: JSON.stringify(elements) })
    expect(await videos({ charge_type: 'free' }, { charge_type: 'dear' })).toEqual([
      'error wrong-type: alibaba.ailabs.aligenie.openvideo.push videos[0].charge_type',
    ])
    expect(await videos({ charge_type: 2, charge_typ: 2 }, { charge_type: 2, likes: 1 })).toEqual([
      'error unknown-parameter: alibaba.ailabs.aligenie.openvideo.push videos[0].charge_typ',
      'warning unknown-parameter: alibaba.ailabs.aligenie.openvideo.push videos[1].likes',
    ])
    expect(await videos({ charge_type: 2, like_count: '7' })).toEqual([])
  })

  it('nothing is found in a method of which only the name is known', async () => {
    expect(
      await foundBy('alibaba.adlab.business.parcelbooking.address.search', { anything: 'x' }),
    ).toEqual([])
  })
})

describe('a finding', () => {
  it('is one for the same mistake in many calls, with them all', async () => {
    await using gateway = gatewayWith()
    for (const price of ['abc', 'x', '1.001']) await call(gateway, itemAdd, { ...phone, price })
    await addItem(gateway)
    expect(breaches(gateway)).toEqual([
      {
        judge: 'contract',
        id: 'wrong-type',
        severity: 'error',
        title: { en: 'A parameter is of the wrong type', zh: '参数类型错误' },
        detail: {
          en: '"price" was "abc": expected a price in yuan with at most two decimals. 3 calls.',
          zh: expect.stringContaining('"price" 的值 "abc"'),
        },
        advice: expect.objectContaining({ en: expect.stringContaining('41') }),
        count: 3,
        about: ['taobao.item.add price'],
        method: itemAdd,
        path: 'price',
        exchanges: ['1', '2', '3'],
      },
    ])
  })

  it('names what was probably meant', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemGet, { numiid: '1', fields: 'outerid' })
    expect(breaches(gateway).map(({ detail }) => detail.en)).toEqual([
      `${itemGet} demands "num_iid" in the production profile; it is absent or empty. 1 call.`,
      `${itemGet} has no parameter "numiid". Did you mean "num_iid"? 1 call.`,
      `fields asks for "outerid", which no answer of ${itemGet} has. Did you mean "outer_id"? 1 call.`,
    ])
  })

  it('stays one of a few, and short, whatever names somebody makes up', async () => {
    await using gateway = gatewayWith()
    for (let at = 0; at < 60; at++) {
      await call(gateway, 'taobao.time.get', { [`x${'y'.repeat(500)}${at}`]: '1' })
      await call(gateway, `no.such.method.${at}`)
    }
    const found = breaches(gateway)
    expect(found).toHaveLength(42)
    expect(found.reduce((sum, { count }) => sum + count, 0)).toBe(120)
    expect(found.find(({ count }) => count === 40)?.detail.en).toMatch(
      /40 calls, and 39 more names\.$/,
    )
    expect(Math.max(...found.map(({ detail }) => detail.en.length))).toBeLessThan(500)
  })

  it('is by the profile of the call', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, { title: '茶杯', price: '9.90', num: '1' }, article)
    expect(breaches(gateway).map(({ path }) => path)).toContain('cid')
    await using guide = gatewayWith({ profile: 'guide' })
    await call(guide, itemAdd, { title: '茶杯', price: '9.90', num: '1' }, article)
    expect(breaches(guide)).toEqual([])
  })

  it('looks at one app where that is asked for', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, { ...phone, price: 'abc' })
    await addItem(gateway, {}, article)
    expect(gateway.report({ appKey: 'YOUR_APP_KEY' }).findings).toEqual([])
  })
})

describe('what is good to know', () => {
  it('is a notice: a method gone from the documents, a value beyond them', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, { ...phone, title: '长'.repeat(40) })
    const { findings, notices } = gateway.report()
    expect(findings).toEqual([])
    expect(shortly(notices)).toEqual([
      'notice beyond-documents: taobao.item.add title',
      'notice removed-method: taobao.item.add',
    ])
  })
})

describe('what a scenario causes', () => {
  it.each<[RuleSeed]>([
    [{ then: { refuse: '41?parameter=title' } }],
    [{ then: { refuse: '40' } }],
    [{ then: { refuse: '22' } }],
    [{ then: { ban: '2s' } }],
    [{ then: { fault: { kind: 'reset-before' } } }],
    [{ then: { fault: { kind: 'truncated' } } }],
    [{ then: { expireSession: true } }],
  ])('is no finding: %j', async (rule) => {
    await using gateway = gatewayWith({ scenarios: [{ title: 'test', rules: [rule] }] })
    for (let at = 0; at < 3; at++) await call(gateway, itemAdd, phone).catch(() => undefined)
    expect(breaches(gateway)).toEqual([])
  })

  it('is no finding where an error is asked for by header or magic value', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, { ...phone, title: '[[41]]' })
    await call(gateway, itemGet, { num_iid: '1', fields: '[[isp.x]]' })
    await call(gateway, itemAdd, phone, { headers: { 'x-localtop-error': '41' } })
    expect(breaches(gateway)).toEqual([])
  })

  it('is no finding where a made-up value comes back', async () => {
    const answer = { item: { num_iid: 'none-at-all' } }
    const rules = [{ when: { method: itemAdd }, then: { patch: answer } }]
    await using gateway = gatewayWith({ scenarios: [{ title: 'test', rules }] })
    await call(gateway, itemAdd, phone)
    await call(gateway, itemGet, { num_iid: 'none-at-all', fields: 'title' })
    expect(breaches(gateway)).toEqual([])
    await call(gateway, itemGet, { num_iid: 'undefined', fields: 'title' })
    expect(shortly(breaches(gateway))).toEqual(['error wrong-type: taobao.item.seller.get num_iid'])
  })

  it('is no finding where it changed the secret that calls are signed with', async () => {
    const rules = [{ when: { call: 1 }, then: { appSecret: 'the-new-secret' } }]
    await using gateway = gatewayWith({ scenarios: [{ title: 'test', rules }] })
    for (let at = 0; at < 3; at++) await call(gateway, 'taobao.time.get')
    expect(gateway.report().calls.refused).toBe(2)
    expect(breaches(gateway)).toEqual([])
    await call(gateway, 'taobao.time.get', {}, { secret: 'another' })
    expect(shortly(breaches(gateway))).toEqual(['error malformed-call: taobao.time.get sign'])
  })

  // What happens on the wire happens after everything that is looked at here.
  const scenarios = scenarioNames()
    .map((name) => loadScenario(name))
    .filter(({ scenario: { rules } }) => !rules.some(({ then }) => then.fault || then.delay))

  it.each(scenarios)('is no finding to correct calls: $name', async ({ scenario }) => {
    await using gateway = gatewayWith({
      ...(scenario.profile && { profile: scenario.profile }),
      scenarios: [{ title: scenario.title, rules: scenario.rules, clock: scenario.clock }],
    })
    const time = formatTime(Date.now())
    for (const timestamp of [undefined, undefined, time]) {
      const caller = timestamp === undefined ? {} : { timestamp }
      await call(gateway, itemAdd, phone, caller)
      await call(gateway, itemGet, { num_iid: '11223344', fields: 'title,price' }, caller)
    }
    expect(shortly(breaches(gateway))).toEqual([])
  })

  it('is no finding where the clock was moved', async () => {
    await using gateway = gatewayWith()
    const params = signedParams(gateway, 'taobao.time.get')
    gateway.clock.advance('30d')
    await send(gateway, params)
    expect(breaches(gateway)).toEqual([])
  })
})

describe('secrets and long values', () => {
  it('stand in no finding', async () => {
    await using gateway = gatewayWith()
    const secret = 'a-secret-nobody-may-see'
    await call(gateway, 'taobao.top.auth.token.create', {
      code: secret,
      uuid: secret,
      codee: secret,
    })
    await call(gateway, itemAdd, { ...phone, num: 'helloworld', access_token: secret })
    const text = JSON.stringify(gateway.report())
    expect(breaches(gateway).length).toBeGreaterThan(1)
    expect(text).not.toContain(secret)
    expect(text).not.toContain('helloworld')
  })

  it('are not called wrong because the journal masks or cuts what it shows', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, { ...phone, desc: '<p>好</p>'.repeat(12_000) })
    expect(gateway.exchanges.find('1')?.request.params.desc).toContain('characters)')
    expect(breaches(gateway)).toEqual([])
  })
})

describe('GET /report', () => {
  it('has every finding in every form', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, { ...unnumbered, price: 'abc', outerid: 'A' })
    await call(gateway, itemGet, { fields: 'titel' })
    for (const form of ['json', 'html', 'junit', 'text', 'markdown']) {
      const url = `http://localhost/_localtop/report?format=${form}`
      const { text } = await request(gateway, new Request(url))
      for (const place of ['price', 'outerid', /num\\?_iid/, 'fields: titel']) {
        expect(text, form).toMatch(place)
      }
      for (const words of ['is of the wrong type', 'taken out of the platform']) {
        expect(text, form).toContain(words)
      }
    }
  })

  it('says all of it in both languages', async () => {
    await using gateway = gatewayWith()
    await call(gateway, itemAdd, {
      ...unnumbered,
      price: 'abc',
      outerid: 'A',
      title: '长'.repeat(40),
    })
    await call(gateway, itemGet, { fields: 'titel', num_iid: '1' })
    await call(gateway, 'no.such.method', { v: '3.0' })
    const { findings, notices } = gateway.report()
    for (const { title, detail, advice } of [...findings, ...notices]) {
      for (const { en, zh } of [title, detail, advice]) {
        expect(en).toMatch(/^\P{Script=Han}+$/u)
        expect(zh).toMatch(/\p{Script=Han}/u)
      }
    }
  })
})
