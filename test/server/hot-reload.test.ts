import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type LogEvent } from '../../src/server/index.ts'
import { call } from '../support/gateway.ts'

let folder: string
let file: string
let gateway: Gateway
let events: LogEvent[]
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-reload-'))
  file = join(folder, 'mine.yaml')
  events = []
})
afterEach(async () => {
  await gateway.close()
  rmSync(folder, { recursive: true })
})

const refusing = (code: number) =>
  `title: mine\nrules:\n  - then: { refuse: ${code} }\n    times: always\n`
const start = (watch = true) => {
  writeFileSync(file, refusing(22))
  gateway = createGateway({
    profile: 'production',
    scenarios: [file],
    watch,
    log: (event) => void events.push(event),
  })
}
const code = async () => (await call(gateway, 'taobao.time.get')).error?.code
const edits = () => events.filter(({ event }) => event === 'scenario')

describe('a scenario file', () => {
  it('is read anew when it changes, however an editor writes it', async () => {
    start()
    expect(await code()).toBe(22)
    writeFileSync(file, refusing(50))
    await expect.poll(code).toBe(50)
    // Another file, renamed into its place.
    writeFileSync(`${file}.tmp`, refusing(10))
    renameSync(`${file}.tmp`, file)
    await expect.poll(code).toBe(10)
    // Away, and there again.
    rmSync(file)
    writeFileSync(file, refusing(43))
    await expect.poll(code).toBe(43)
    expect(edits().at(-1)).toEqual({ event: 'scenario', scenario: 'mine', file, problem: null })
  })

  it('keeps its last good form when an edit is broken, and says why and where', async () => {
    start()
    writeFileSync(file, refusing(22).replace('refuse: 22', 'refuse: 99'))
    await expect.poll(edits).toHaveLength(1)
    const problem = `${file}:3: rules[0].then.refuse: "99" is no platform error`
    expect(edits()[0]).toMatchObject({ problem: expect.stringContaining(problem) })
    expect(await code()).toBe(22)
    const told = await gateway.fetch(new Request('http://localhost/_localtop/scenarios'))
    expect(await told.json()).toMatchObject({
      active: [{ scenario: 'mine' }],
      files: [{ scenario: 'mine', file, problem: expect.stringContaining(problem) }],
    })
    writeFileSync(file, 'title: [')
    await expect.poll(() => edits().length).toBe(2)
    rmSync(file)
    await expect
      .poll(() => gateway.scenarios.files()[0]?.problem)
      .toContain('there is no such file')
    expect(await code()).toBe(22)
    writeFileSync(file, refusing(50))
    await expect.poll(code).toBe(50)
    expect(gateway.scenarios.files()).toEqual([{ scenario: 'mine', file, problem: null }])
  })

  it('counts from the start after an edit, for tenants too', async () => {
    start()
    const tenant = await gateway.tenant()
    gateway.scenarios.set([file], tenant)
    gateway.scenarios.clear()
    const as = { app: tenant.appKey, secret: tenant.appSecret, session: tenant.session }
    const ofTenant = async () => (await call(gateway, 'taobao.time.get', {}, as)).error?.code
    expect([await ofTenant(), await code()]).toEqual([22, undefined])
    writeFileSync(file, refusing(50))
    await expect.poll(ofTenant).toBe(50)
    expect(await code()).toBeUndefined()
  })

  it('is what a reset goes back to, in its last good form', async () => {
    start()
    writeFileSync(file, refusing(50))
    await expect.poll(code).toBe(50)
    gateway.scenarios.clear()
    expect(await code()).toBeUndefined()
    await gateway.reset()
    expect(await code()).toBe(50)
  })

  it('is left alone where nobody asks to watch it, and once it is not in force any more', async () => {
    start(false)
    writeFileSync(file, refusing(50))
    gateway.scenarios.set([{ title: 'witness', rules: [] }])
    expect(gateway.scenarios.files()).toEqual([])
    await gateway.reset()
    expect(await code()).toBe(22)
    expect(edits()).toEqual([])
  })
})
