import { afterEach, beforeEach, expect, it } from 'vitest'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { addItem, article, call, send } from '../support/gateway.ts'

let gateway: Gateway
beforeEach(() => {
  gateway = createGateway({ rateLimit: 'off' })
})
afterEach(() => gateway.close())

/** Everything that is measured, by its name with labels; fails on what Prometheus cannot read. */
async function scrape(): Promise<Readonly<Record<string, number>>> {
  const answer = await gateway.fetch(new Request('http://localhost/_localtop/metrics'))
  expect(answer.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = await answer.text()
  expect(text.endsWith('\n')).toBe(true)
  const samples: Record<string, number> = {}
  let family = ''
  for (const line of text.trimEnd().split('\n')) {
    const [, described] = /^# (?:HELP|TYPE) (\w+) \S/.exec(line) ?? []
    if (described !== undefined) family = described
    else {
      const label = String.raw`\w+="(?:[^"\\\n]|\\["\\n])*"`
      const sample = new RegExp(`^(\\w+)(\\{${label}(?:,${label})*\\})? (\\d[\\d.e+-]*)$`)
      const [, name = '', labels = '', value] = sample.exec(line) ?? []
      expect(name.startsWith(family), line).toBe(true)
      samples[name + labels] = Number(value)
    }
  }
  return samples
}

const added = 'localtop_calls_total{method="taobao.item.add",outcome="answered",code="0"}'

it('counts calls by method, outcome and error', async () => {
  await addItem(gateway, {}, article)
  await addItem(gateway, {}, article)
  await call(gateway, 'taobao.item.add', {}, article)
  await call(gateway, 'taobao.no.such')
  gateway.faults.add({ fault: 'reset-before' })
  await call(gateway, 'taobao.time.get').catch(() => undefined)
  const samples = await scrape()
  expect(samples).toMatchObject({
    [added]: 2,
    'localtop_calls_total{method="taobao.item.add",outcome="refused",code="40"}': 1,
    'localtop_calls_total{method="unknown",outcome="refused",code="22"}': 1,
    'localtop_calls_total{method="taobao.time.get",outcome="dropped",code="0"}': 1,
    localtop_call_duration_seconds_count: 5,
    'localtop_call_duration_seconds_bucket{le="+Inf"}': 5,
  })
})

it('lets no caller make up labels', async () => {
  for (let at = 0; at < 50; at++) await send(gateway, { method: `made.up"}\n${at}`, app_key: 'x' })
  const calls = Object.keys(await scrape()).filter((name) => name.includes('calls_total'))
  expect(calls).toEqual([expect.stringContaining('method="unknown"')])
})

it('bears the labels that it is given in every sample', async () => {
  await gateway.close()
  gateway = createGateway({ rateLimit: 'off', metricLabels: { worker: '2' } })
  await addItem(gateway, {}, article)
  const names = Object.keys(await scrape())
  expect(names).toContain(added.replace('}', ',worker="2"}'))
  expect(names.filter((name) => !name.includes('worker="2"'))).toEqual([])
})

it('has buckets that grow up to the count', async () => {
  for (let at = 0; at < 20; at++) await call(gateway, 'taobao.time.get')
  const samples = await scrape()
  const buckets = Object.entries(samples).flatMap(([name, value]) =>
    name.includes('_bucket{') ? [value] : [],
  )
  expect(buckets).toEqual([...buckets].sort((a, b) => a - b))
  expect(buckets.at(-1)).toBe(20)
  expect(samples.localtop_call_duration_seconds_sum).toBeGreaterThan(0)
})

it('says how much there is now', async () => {
  const before = await scrape()
  const tenant = await gateway.tenant({ profile: 'guide' })
  const { appKey: app, appSecret: secret, session } = tenant
  await addItem(gateway, {}, { app, secret, session })
  const after = await scrape()
  expect(after).toMatchObject({ localtop_tenants: 1, localtop_journal_exchanges: 1 })
  expect(after.localtop_items).toBe((before.localtop_items ?? 0) + 1)
  expect(after.process_resident_memory_bytes).toBeGreaterThan(1e6)
})

it('does not count backwards when the gateway is reset', async () => {
  await addItem(gateway, {}, article)
  await gateway.reset()
  expect(await scrape()).toMatchObject({ [added]: 1, localtop_journal_exchanges: 0 })
})
