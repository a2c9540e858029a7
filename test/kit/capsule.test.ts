import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import fc from 'fast-check'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
// What makes it is no part of the kit's door.
import { ddmin } from '../../src/kit/capsule/ddmin.ts'
import { createRecorder } from '../../src/kit/capsule/recorder.ts'
import {
  type Capsule,
  readCapsule,
  replayCapsule,
  runMatrix,
  shrinkCapsule,
} from '../../src/kit/index.ts'
import { createGateway } from '../../src/server/index.ts'
import { call, phone, request } from '../support/gateway.ts'

let folder: string
let capsule: Capsule
/** Twelve products, and the third once more. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-capsule-'))
  const program = `
    const { createHash } = require('node:crypto')
    const { TOP_URL, TOP_APP_KEY, TOP_APP_SECRET, TOP_SESSION } = process.env
    ;(async () => {
      for (const id of [...Array(12).keys(), 2]) {
        const all = { method: 'taobao.item.add', app_key: TOP_APP_KEY, session: TOP_SESSION, v: '2.0', format: 'json',
          sign_method: 'md5', timestamp: String(Date.now()), title: 'T' + id, outer_id: 'T' + id, price: '9.90', num: '1' }
        const text = Object.keys(all).sort().map((name) => name + all[name]).join('')
        all.sign = createHash('md5').update(TOP_APP_SECRET + text + TOP_APP_SECRET).digest('hex').toUpperCase()
        await fetch(TOP_URL, { method: 'POST', body: new URLSearchParams(all) })
      }
    })()`
  const { runs } = await runMatrix({
    command: [process.execPath, '-e', program],
    scenarios: [
      {
        name: 'plain',
        file: join(folder, 'plain.yaml'),
        scenario: { title: 'plain', profile: 'guide', rules: [], steps: [] },
      },
    ],
    env: process.env,
    folder,
  })
  capsule = readCapsule(join(folder, runs[0]?.files.capsule ?? 'none'))
}, 60_000)
afterAll(() => rmSync(folder, { recursive: true }))

describe('a capsule in a test of one’s own', () => {
  it('is replayed in this process', async () => {
    expect(capsule.requests).toHaveLength(13)
    expect(await replayCapsule(capsule)).toMatchObject({
      answers: { same: 13, different: 0, notCompared: 0 },
      again: ['duplicates/published-twice: T2'],
      isSame: true,
    })
  })

  it('is shrunk to the calls that prove what was found', async () => {
    const counts: number[] = []
    const shrunk = await shrinkCapsule(capsule, {
      onProgress: ({ requests }) => counts.push(requests),
    })
    expect(shrunk).toMatchObject({ isShortest: true, from: { requests: 13 }, runs: counts.length })
    expect(shrunk.capsule.requests.map(({ issued }) => issued)).toEqual([2, 12])
    expect(shrunk.capsule.shrunkFrom).toBe(13)
    expect(counts.at(-1)).toBe(2)
  })

  it('is as short as it has become when somebody has had enough', async () => {
    const stop = new AbortController()
    const {
      capsule: smaller,
      isShortest,
      runs,
    } = await shrinkCapsule(capsule, {
      signal: stop.signal,
      onProgress: ({ runs }) => runs === 2 && stop.abort(),
    })
    expect({ isShortest, runs }).toEqual({ isShortest: false, runs: 2 })
    expect(smaller.requests).toHaveLength(2)
    expect(await replayCapsule(smaller)).toMatchObject({ isSame: true, stillFails: true })
  })

  it('whose finding does not come again is not shrunk', async () => {
    const passing = { ...capsule, requests: capsule.requests.slice(0, 12) }
    await expect(shrinkCapsule(passing)).rejects.toThrow(
      'duplicates/published-twice does not come again when the capsule is replayed',
    )
  })

  it('without a finding has nothing to look for, which is said', async () => {
    const failure = {
      findings: [],
      bugs: [],
      unmet: [],
      reasons: ['the program ended with exit 3'],
    }
    await expect(shrinkCapsule({ ...capsule, failure })).rejects.toThrow(
      'there is no finding to look for: the program ended with exit 3',
    )
  })
})

describe('delta debugging', () => {
  it('leaves exactly what is needed, where leaving out the rest changes nothing', async () => {
    const lists = fc.uniqueArray(fc.nat(99), { minLength: 1, maxLength: 40 })
    await fc.assert(
      fc.asyncProperty(lists, fc.infiniteStream(fc.boolean()), async (all, coin) => {
        const needed = all.filter(() => coin.next().value)
        const kept = await ddmin(all, async (some) => needed.every((one) => some.includes(one)), 0)
        expect(kept).toEqual(needed)
      }),
    )
  })

  it('keeps as many as it must', async () => {
    expect(await ddmin([1, 2, 3], async () => true, 1)).toHaveLength(1)
    expect(await ddmin([1, 2, 3], async () => true, 0)).toEqual([])
  })
})

describe('what is kept of a run', () => {
  it('is whole from the beginning on, and what was too much is said', async () => {
    const recorder = createRecorder({ maxCount: 2 })
    await using gateway = createGateway({ ...recorder.options, profile: 'guide' })
    recorder.begin(() => gateway.clock.state().epochMs)
    for (const outer_id of ['A', 'B', 'C']) {
      expect((await call(gateway, 'taobao.item.add', { ...phone, outer_id })).error).toBeUndefined()
    }
    recorder.end()
    const { requests, gaps } = recorder.recording()
    expect(requests.map(({ answer }) => answer?.exchange)).toEqual(['1', '2'])
    expect(gaps).toEqual([expect.stringMatching(/^after 2 requests the rest was not kept/)])
  })

  it('does not hold what only looks, and says that tenants are missing', async () => {
    const recorder = createRecorder()
    await using gateway = createGateway(recorder.options)
    recorder.begin(() => gateway.clock.state().epochMs)
    const control = (path: string, init?: RequestInit) =>
      request(gateway, new Request(`http://localhost/_localtop${path}`, init))
    await control('/exchanges')
    await control('/clock', {
      method: 'POST',
      body: '{"advance":"1h"}',
      headers: { 'content-type': 'application/json' },
    })
    await control('/tenants', {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'application/json' },
    })
    recorder.end()
    const { requests, gaps } = recorder.recording()
    expect(requests.map(({ url }) => new URL(url).pathname)).toEqual(['/_localtop/clock'])
    expect(gaps).toEqual([expect.stringContaining('tenants')])
  })

  it('leaves a body that is too long to the gateway, and says so', async () => {
    const recorder = createRecorder()
    await using gateway = createGateway(recorder.options)
    recorder.begin(() => gateway.clock.state().epochMs)
    const { error } = await request(
      gateway,
      new Request('http://localhost/router/rest?format=json', {
        method: 'POST',
        body: new Uint8Array(16 * 1024 * 1024 + 1),
      }),
    )
    recorder.end()
    expect(error?.sub_code).toBe('isp.top-parse-error')
    const { requests, gaps } = recorder.recording()
    expect(requests).toEqual([])
    expect(gaps).toEqual([expect.stringContaining('16 MB')])
  })
})
