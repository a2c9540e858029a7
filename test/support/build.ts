import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { startRedis } from './redis.ts'

/**
 * Builds the package once, for the tests that run the command as users do, and starts the Redis of a
 * run over Redis.
 */
export default async function build(): Promise<(() => Promise<void>) | undefined> {
  await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, '../../scripts/build.mjs'),
  ])
  if (process.env.LOCALTOP_TEST_STORE !== 'redis') return undefined
  const redis = await startRedis('in memory')
  process.env.LOCALTOP_TEST_REDIS = redis.url
  return () => redis.remove()
}
