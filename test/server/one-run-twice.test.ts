import { request as httpRequest } from 'node:http'
import { afterEach, describe, expect, it } from 'vitest'
import type { RuleSeed } from '../../src/contracts/index.ts'
import { createGateway, type Gateway } from '../../src/server/index.ts'
import { phone, signedParams } from '../support/gateway.ts'

const opened: Gateway[] = []
afterEach(async () => {
  for (const gateway of opened.splice(0)) await gateway.close()
})

const rules: RuleSeed[] = [
  { when: { method: 'taobao.item.add', chance: 0.3 }, then: { refuse: 'isp.unknown-error' } },
  { when: { method: 'taobao.items.*', chance: 0.5 }, then: { fault: 'twice' } },
  { when: { call: 9 }, then: { ban: '41s' } },
]

function open(seed: number): Gateway {
  const gateway = createGateway({
    seed,
    profile: 'production',
    time: '2026-11-11 00:00:00',
    freeze: true,
    scenarios: [{ title: 'chance', rules }],
  })
  opened.push(gateway)
  return gateway
}

const calls = Array.from({ length: 24 }, (_, at): [string, Record<string, string>] =>
  at % 3 === 0
    ? ['taobao.items.onsale.get', { fields: 'num_iid,title,modified' }]
    : ['taobao.item.add', { ...phone, outer_id: `RUN-${at}` }],
)

type Send = (body: string) => Promise<string>

const here =
  (gateway: Gateway): Send =>
  async (body) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    const asked = new Request('http://localhost/router/rest', { method: 'POST', body, headers })
    const response = await gateway.fetch(asked)
    return JSON.stringify([[...response.headers], await response.text()])
  }

/** Header lines as they stood on the wire, and the bytes of the body. */
const overHttp =
  (url: string): Send =>
  (body) =>
    new Promise((resolve, reject) => {
      const headers = { 'content-type': 'application/x-www-form-urlencoded' }
      httpRequest(`${url}/router/rest`, { method: 'POST', headers, agent: false }, (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk) => chunks.push(chunk))
        response.on('end', () =>
          resolve(JSON.stringify([response.rawHeaders, Buffer.concat(chunks).toString('base64')])),
        )
        response.on('error', reject)
      })
        .on('error', reject)
        .end(body)
    })

async function run(gateway: Gateway, send: Send): Promise<string[]> {
  const answers: string[] = []
  for (const [method, params] of calls) {
    answers.push(await send(`${new URLSearchParams(signedParams(gateway, method, params))}`))
    if (answers.length === 16) gateway.clock.advance('41s')
  }
  return answers
}

describe('a run on a frozen clock, one call after the other', () => {
  it('gives the same bytes twice for the same seed, in this process', async () => {
    const [one, two] = [open(7), open(7)]
    const answers = await run(one, here(one))
    expect(await run(two, here(two))).toEqual(answers)
    expect(new Set(answers).size).toBe(calls.length)
    // It has met what was left to chance.
    const text = answers.join('')
    expect(text).toContain('isp.unknown-error')
    expect(text).toContain('This ban will last for')
  })

  it('and over HTTP, headers included', async () => {
    const [one, two] = [open(7), open(7)]
    const answers = await run(one, overHttp((await one.listen()).url))
    expect(await run(two, overHttp((await two.listen()).url))).toEqual(answers)
    expect(answers.join('')).toContain('Tue, 10 Nov 2026 16:00:00 GMT')
  })

  it('and the same again after a reset', async () => {
    const gateway = open(7)
    const first = await run(gateway, here(gateway))
    await gateway.reset()
    const again = await run(gateway, here(gateway))
    // Only the numbers of exchanges go on: no number is used twice.
    const withoutNumbers = (answers: string[]) =>
      answers.map((answer) => answer.replace(/"x-localtop-exchange","\d+"/, ''))
    expect(withoutNumbers(again)).toEqual(withoutNumbers(first))
  })

  it('gives others for another seed', async () => {
    const [one, two] = [open(7), open(8)]
    expect(await run(one, here(one))).not.toEqual(await run(two, here(two)))
  })
})
