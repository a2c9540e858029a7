import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createGateway } from '../../src/server/index.ts'
import { addItem, over } from '../support/gateway.ts'

// Inside node_modules, so that the packages that the program needs are found from there.
const cache = join(import.meta.dirname, '../../node_modules/.cache')
let program: string
let folder: string
beforeAll(async () => {
  mkdirSync(cache, { recursive: true })
  program = join(mkdtempSync(join(cache, 'localtop-kill-')), 'file-gateway.mjs')
  folder = mkdtempSync(join(tmpdir(), 'localtop-kill-'))
  await build({
    entryPoints: [join(import.meta.dirname, '../support/file-gateway.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  })
})
afterAll(() => {
  rmSync(join(program, '..'), { recursive: true })
  rmSync(folder, { recursive: true })
})

/** Publishes from several callers at once, kills the gateway in the midst of it, answers what was acknowledged. */
async function publishUntilKilled(kill: number, least: number): Promise<string[]> {
  const child = spawn(process.execPath, [program, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
  const exited = once(child, 'exit')
  const [url] = await Promise.race([
    once(createInterface(child.stdout), 'line'),
    exited.then(() => Promise.reject(new Error('the gateway ended before it answered'))),
  ])
  const acknowledged: string[] = []
  async function publish(caller: number) {
    for (let number = 0; ; number++) {
      const outer_id = `${kill}-${caller}-${number}`
      const num_iid = await addItem(over(url), { outer_id }).catch(() => undefined)
      if (num_iid === undefined) return
      acknowledged.push(num_iid)
      if (acknowledged.length === least) child.kill('SIGKILL')
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, caller) => publish(caller)))
  expect(await exited).toEqual([null, 'SIGKILL'])
  return acknowledged
}

/** `npm run test:kills` asks for two hundred. */
const kills = Number(process.env.LOCALTOP_KILLS ?? 6)

it(
  `a gateway killed ${kills} times under load has kept every item that it acknowledged, once`,
  async () => {
    const acknowledged: string[] = []
    for (let kill = 1; kill <= kills; kill++) {
      const least = [40, 100, 250][kill % 3] as number
      const more = await publishUntilKilled(kill, least)
      expect(more.length).toBeGreaterThanOrEqual(least)
      acknowledged.push(...more)
      expect(new Set(acknowledged).size).toBe(acknowledged.length)
      if (kill % 10 !== 0 && kill < kills) continue

      const gateway = createGateway({ store: 'file', data: folder })
      const { items = {} } = await gateway.snapshot()
      await gateway.close()
      expect(acknowledged.filter((num_iid) => !Object.hasOwn(items, num_iid))).toEqual([])
      const codes = Object.values(items).map((item) => (item as { outer_id?: string }).outer_id)
      const ours = codes.filter((code) => /^\d+-\d+-\d+$/.test(code ?? ''))
      expect(new Set(ours).size).toBe(ours.length)
    }
  },
  60_000 + kills * 10_000,
)
