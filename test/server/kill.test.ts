import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createGateway } from '../../src/server/index.ts'
import { addItem, over } from '../support/gateway.ts'
import {
  buildVictim,
  expectKept,
  kills,
  publishUntilGone,
  type VictimProgram,
} from '../support/kills.ts'
import { startRedis } from '../support/redis.ts'

let program: VictimProgram
let folder: string
beforeAll(async () => {
  program = await buildVictim()
  folder = mkdtempSync(join(tmpdir(), 'localtop-kill-'))
})
afterAll(() => {
  program.remove()
  rmSync(folder, { recursive: true })
})

const leastOf = (kill: number) => [40, 100, 250][kill % 3] as number

it(
  `a gateway killed ${kills} times under load has kept every item that it acknowledged, once`,
  async () => {
    const acknowledged: string[] = []
    for (let kill = 1; kill <= kills; kill++) {
      const victim = await program.start('file', folder)
      const before = acknowledged.length
      const add = (num_iid: string) => {
        acknowledged.push(num_iid)
        if (acknowledged.length === before + leastOf(kill)) victim.kill()
      }
      await publishUntilGone(victim.url, add, `k${kill}`)
      await victim.killed
      expect(acknowledged.length - before).toBeGreaterThanOrEqual(leastOf(kill))
      if (kill % 10 !== 0 && kill < kills) continue

      const gateway = createGateway({ store: 'file', data: folder })
      const { items = {} } = await gateway.snapshot()
      await gateway.close()
      expectKept(acknowledged, items)
    }
  },
  60_000 + kills * 60_000,
)

it(
  `of two gateways on one Redis, one killed ${kills} times under load and Redis with it at times, every acknowledged item is kept, once`,
  async () => {
    const redis = await startRedis()
    const survivor = createGateway({ store: redis.url, rateLimit: 'off', profile: 'production' })
    const { url } = await survivor.listen({ port: 0 })
    const acknowledged: string[] = []
    try {
      for (let kill = 1; kill <= kills; kill++) {
        const victim = await program.start(redis.url)
        let byVictim = 0
        let bothKilled: Promise<void> | undefined
        const add = (num_iid: string) => {
          acknowledged.push(num_iid)
          if (++byVictim !== leastOf(kill)) return
          if (kill % 3 === 0) bothKilled = redis.kill()
          else victim.kill()
        }
        const publishing = publishUntilGone(victim.url, add, `v${kill}`)
        // The other goes on meanwhile, and sees at once what the victim acknowledged.
        let number = 0
        let isDone = false
        const beside = (async () => {
          while (!isDone) {
            const outer_id = `s${kill}-0-${number++}`
            const num_iid = await addItem(over(url), { outer_id }).catch(() => undefined)
            if (num_iid !== undefined) acknowledged.push(num_iid)
          }
        })()
        await publishing
        isDone = true
        await beside
        if (bothKilled) {
          await bothKilled
          victim.kill()
          await redis.restart()
        }
        await victim.killed
        expect(byVictim).toBeGreaterThanOrEqual(leastOf(kill))
        if (kill % 10 !== 0 && kill < kills) continue
        await expect
          .poll(() => addItem(over(url), { outer_id: `after-${kill}` }).catch(() => undefined))
          .toBeDefined()
        const { items = {} } = await survivor.snapshot()
        expectKept(acknowledged, items)
        // What a gateway finds that begins now is the same.
        const late = createGateway({ store: redis.url })
        expect((await late.snapshot()).items).toEqual(items)
        await late.close()
      }
    } finally {
      await survivor.close()
      await redis.remove()
    }
  },
  60_000 + kills * 60_000,
)
