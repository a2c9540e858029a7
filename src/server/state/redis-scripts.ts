import type { Redis, Result } from 'ioredis'

/** Every key of a shop begins so; two shops on one Redis have databases of their own. */
export const prefix = 'localtop:'
export const keys = {
  /** The id of the last transaction: a gateway that knows it knows everything. */
  head: `${prefix}head`,
  /** The last transactions, each under its id: what other gateways follow. */
  changes: `${prefix}changes`,
  /** Names of collections that hold records. */
  names: `${prefix}names`,
  /** The last exchanges of all gateways. */
  journal: `${prefix}journal`,
  /** Counts the blocks of numbers of exchanges that gateways have taken. */
  numbers: `${prefix}numbers`,
  /** Counts the gateways that have begun. */
  gateways: `${prefix}gateways`,
  /** Records by key, one hash a collection: all transactions folded together. */
  collection: (name: string) => `${prefix}c:${name}`,
} as const

/** The head of a shop that has had no transaction. */
export const noHead = '0-0'

/** How many transactions a gateway may be behind and still catch up without reading everything. */
const keptChanges = 16_384

/**
 * Applies a transaction if nobody else has applied one since; else answers what came since. A transaction
 * is one JSON list of texts, three a change: reading and writing values in Lua would change them.
 */
const commit = `
local head = redis.call('GET', KEYS[1]) or '${noHead}'
if head ~= ARGV[1] then
  if ARGV[1] == '${noHead}' then return { 0, head, {} } end
  return { 0, head, redis.call('XRANGE', KEYS[2], ARGV[1], '+') }
end
local parts = cjson.decode(ARGV[3])
for at = 1, #parts, 3 do
  local name = parts[at]
  local key = '${prefix}c:' .. name
  if parts[at + 2] == '' then
    redis.call('HDEL', key, parts[at + 1])
    if redis.call('EXISTS', key) == 0 then redis.call('SREM', KEYS[3], name) end
  else
    redis.call('HSET', key, parts[at + 1], parts[at + 2])
    redis.call('SADD', KEYS[3], name)
  end
end
redis.call('SET', KEYS[1], ARGV[2])
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ${keptChanges}, ARGV[2], 'changes', ARGV[3])
return { 1, ARGV[2], {} }
`

/** What came since, with the transaction that the gateway knows before it: without that, it missed some. */
const follow = `
local head = redis.call('GET', KEYS[1]) or '${noHead}'
if head == ARGV[1] or ARGV[1] == '${noHead}' then return { head, {} } end
return { head, redis.call('XRANGE', KEYS[2], ARGV[1], '+') }
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
      head: string,
      changes: string,
      names: string,
      known: string,
      id: string,
      operations: string,
    ): Result<[taken: 0 | 1, head: string, since: StreamEntry[]], Context>
    localtopFollow(
      head: string,
      changes: string,
      known: string,
    ): Result<[head: string, since: StreamEntry[]], Context>
    localtopCount(window: string, now: number, end: number, calls: number): Result<number, Context>
  }
}

export function defineScripts(client: Redis): void {
  client.defineCommand('localtopCommit', { numberOfKeys: 3, lua: commit })
  client.defineCommand('localtopFollow', { numberOfKeys: 2, lua: follow })
  client.defineCommand('localtopCount', { numberOfKeys: 1, lua: count })
}
