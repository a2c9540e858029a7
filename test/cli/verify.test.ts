import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createGateway } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'

let folder: string
let requests = 0
let stranger: Server
let strangerUrl: string
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-verify-'))
  // A gateway that is none: it answers everything alike.
  stranger = createServer((_, response) => {
    requests++
    response.setHeader('content-type', 'text/javascript;charset=UTF-8')
    response.end('{"time_get_response":{"time":"2026-01-01 00:00:00","request_id":"x"}}')
  })
  await new Promise<void>((resolve) => stranger.listen(0, '127.0.0.1', resolve))
  strangerUrl = `http://127.0.0.1:${(stranger.address() as AddressInfo).port}`
})
afterAll(async () => {
  await new Promise((resolve) => stranger.close(resolve))
  rmSync(folder, { recursive: true })
})

const verify = (...args: readonly string[]) => runCommand(['verify', ...args], folder)
const time = ['--methods', 'taobao.time.get', '--kinds', 'call']

it('finds that this gateway keeps the contract, and writes its reports', async () => {
  const { status, stdout } = await verify('--methods', 'taobao.time.get,taobao.item.delete')
  expect(stdout).toContain('the gateway in this process (LocalTOP), contract of production')
  expect(stdout).toMatch(/taobao\.item\.delete +\d+ +\d+ +– +–/)
  expect(status).toBe(0)
  for (const end of ['json', 'xml', 'html', 'txt', 'md']) {
    expect(existsSync(join(folder, `.localtop/reports/verify.${end}`)), end).toBe(true)
  }
})

it('verifies a gateway over HTTP, with a tenant of its own', async () => {
  await using gateway = createGateway()
  const { url } = await gateway.listen({ port: 0 })
  const { status, stdout } = await verify('--url', url, '--profile', 'guide', '--json', ...time)
  expect(status).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ url, isLocalTop: true, passed: 3, failed: 0 })
})

it('ends with 1 where the contract is broken, and says where', async () => {
  const keys = ['--app-key', 'k', '--app-secret', 's3cret-of-mine', '--rate', 'off']
  const { status, stdout, stderr } = await verify('--url', strangerUrl, ...keys, ...time)
  expect(status).toBe(1)
  expect(stdout).toContain('✗ taobao.time.get/call/xml')
  expect(stderr).toContain(`${strangerUrl} is no LocalTOP; these 3 calls will be made:`)
  expect(stderr).toContain('POST taobao.time.get  # taobao.time.get/call/json')
  expect(stdout + stderr).not.toContain('s3cret-of-mine')
  expect(readFileSync(join(folder, '.localtop/reports/verify.json'), 'utf8')).not.toContain(
    's3cret-of-mine',
  )
})

it('lists the calls of a dry run and sends nothing', async () => {
  const before = requests
  const { status, stdout, stderr } = await verify('--url', strangerUrl, '--dry-run', ...time)
  expect([status, requests]).toEqual([0, before])
  expect(stdout.trim().split('\n')).toEqual([
    'POST taobao.time.get  # taobao.time.get/call/json',
    'POST taobao.time.get  # taobao.time.get/call/simplify',
    'POST taobao.time.get  # taobao.time.get/call/xml',
  ])
  expect(stderr).toContain('3 calls; 0 cases would not be run. Nothing was sent.')
  const all = await verify('--dry-run', '--json', '--methods', 'taobao.item.add')
  const cases = all.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line))
  expect(cases.length).toBeGreaterThan(100)
  expect(cases.find(({ id }) => id === 'taobao.item.add/required/title')).toMatchObject({
    method: 'taobao.item.add',
    steps: [{ expect: { outcome: 'refusal', parameter: 'title' } }],
  })
})

it('ends with 2 where no case is selected or can be run, and for a wrong use', async () => {
  const wrong = async (...args: readonly string[]) => {
    const { status, stderr } = await verify(...args)
    expect(status, stderr).toBe(2)
    return stderr
  }
  expect(await wrong('--methods', 'taobao.time.get', '--kinds', 'fields')).toContain(
    'no case is selected',
  )
  expect(await wrong('--kinds', 'all')).toContain('kinds: "all" is none')
  expect(await wrong('--methods', 'taobao.no.such')).toContain(
    'no method is called "taobao.no.such"',
  )
  expect(await wrong('--url', 'nowhere')).toContain('url: "nowhere" is none')
  expect(await wrong('--url', strangerUrl, ...time)).toContain('appKey is needed')
  writeFileSync(join(folder, 'known.yaml'), 'taobao.time.get: 7\n')
  expect(await wrong('--known', 'known.yaml')).toContain('known.yaml:1: taobao.time.get')
  const keys = ['--app-key', 'k', '--app-secret', 's', '--rate', 'off']
  const writing = ['--methods', 'taobao.item.delete', '--kinds', 'call,state']
  expect(await wrong('--url', strangerUrl, ...keys, ...writing)).toContain(
    'can be run on this gateway',
  )
})

it('says that a gateway cannot be reached', async () => {
  const { status, stderr } = await verify('--url', 'http://127.0.0.1:9', ...time)
  expect(status).toBe(1)
  expect(stderr).toContain('http://127.0.0.1:9 cannot be reached')
})
