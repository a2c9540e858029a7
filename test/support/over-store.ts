// Stands for the server's index where the suite runs over another store than memory: see vitest.config.ts.
import { mkdtempSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import {
  createGateway as create,
  type Gateway,
  type GatewayOptions,
} from '../../src/server/index.ts'

export * from '../../src/server/index.ts'

let made = 0

/** A gateway that keeps its state where the run says, unless the test says where. */
export function createGateway(options: GatewayOptions = {}): Gateway {
  if (options.store !== undefined) return create(options)
  if (process.env.LOCALTOP_TEST_STORE === 'file') {
    return create({
      store: 'file',
      data: mkdtempSync(join(tmpdir(), 'localtop-over-')),
      ...options,
    })
  }
  // One no other gateway of the run has had: a worker runs one file.
  const database = (Number(process.env.VITEST_WORKER_ID ?? 0) % 50) * 1000 + (made++ % 1000)
  const url = process.env.LOCALTOP_TEST_REDIS as `redis://${string}`
  return create({ store: `${url}/${database}`, fresh: true, ...options })
}
