import type { Redis, Result } from 'ioredis'

/** Every key of a shop begins so; two shops on one Redis have databases of their own. */
export const prefix = 'localtop:'
export const keys = {
  /** Counts the transactions; what a gateway knows is known by it. */
  version: `${prefix}version`,
  /** The last transactions, each under its version: what other gateways follow. */
  changes: `${prefix}changes`,
  /** Names of collections. */
  names: `${prefix}names`,
  /** The last exchanges of all gateways. */
  journal: `${prefix}journal`,
  /** Counts the gateways that have begun. */
  gateways: `${prefix}gateways`,
  /** Records by key, one hash a collection. */
  collection: (name: string) => `${prefix}c:${name}`,
} as const

/** How many transactions a gateway may be behind and still catch up without reading everything. */
const keptChanges = 4096

/**
 * Applies a transaction if nobody else has applied one since; else answers what came since.
 * Values are passed as texts: reading and writing JSON in Lua would change them.
 */
const commit = `
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if current ~= tonumber(ARGV[1]) then
  return { 0, current, redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+') }
end
for at = 3, #ARGV, 3 do
  local key = '${prefix}c:' .. ARGV[at]
  if ARGV[at + 2] == '' then
    redis.call('HDEL', key, ARGV[at + 1])
  else
    redis.call('HSET', key, ARGV[at + 1], ARGV[at + 2])
    redis.call('SADD', KEYS[3], ARGV[at])
  end
end
local version = current + 1
redis.call('SET', KEYS[1], version)
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${keptChanges}, version .. '-0', 'operations', ARGV[2])
return { 1, version }
`

const follow = `
local current = tonumber(redis.call('GET', KEYS[1]) or '0')
if current == tonumber(ARGV[1]) then return { current, {} } end
return { current, redis.call('XRANGE', KEYS[2], '(' .. ARGV[1] .. '-0', '+') }
`

/** Counts a call in a window as the limiter of one process does; the clocks of gateways may differ by seconds. */
const count = `
local window = redis.call('HMGET', KEYS[1], 'start', 'end', 'calls')
local now = tonumber(ARGV[1])
if not window[1] or now >= tonumber(window[2]) or now < tonumber(window[1]) - 5000 then
  redis.call('HSET', KEYS[1], 'start', now, 'end', ARGV[2], 'calls', 1)
  redis.call('EXPIRE', KEYS[1], 172800)
  return -1
end
if tonumber(window[3]) < tonumber(ARGV[3]) then
  redis.call('HINCRBY', KEYS[1], 'calls', 1)
  return -1
end
return tonumber(window[2])
`

export type StreamEntry = readonly [id: string, fields: readonly string[]]

declare module 'ioredis' {
  interface RedisCommander<Context> {
    localtopCommit(
      version: string,
      changes: string,
      names: string,
      ...args: (string | number)[]
    ): Result<[0, number, StreamEntry[]] | [1, number], Context>
    localtopFollow(
      version: string,
      changes: string,
      known: number,
    ): Result<[number, StreamEntry[]], Context>
    localtopCount(window: string, now: number, end: number, calls: number): Result<number, Context>
  }
}

export function defineScripts(client: Redis): void {
  client.defineCommand('localtopCommit', { numberOfKeys: 3, lua: commit })
  client.defineCommand('localtopFollow', { numberOfKeys: 2, lua: follow })
  client.defineCommand('localtopCount', { numberOfKeys: 1, lua: count })
}
