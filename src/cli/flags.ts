import { InvalidArgumentError, Option } from 'commander'
import * as z from 'zod'
import {
  profileNames,
  worldSeed,
  writtenMoment,
  writtenRate,
  writtenWindow,
} from '../contracts/index.ts'
import { type GatewayOptions, readDataFile } from '../server/index.ts'
import { UsageError } from './terminal.ts'

/** What the flags shared by `start` and later commands give, as commander names it. */
export interface GatewayFlags {
  readonly port?: number
  readonly host?: string
  readonly profile?: 'guide' | 'production'
  readonly world?: string
  readonly store?: GatewayOptions['store']
  readonly data?: string
  readonly durability?: 'process' | 'disk'
  readonly fresh?: boolean
  readonly rateLimit?: string
  readonly timestampWindow?: string
  readonly scenario?: readonly string[]
  readonly time?: string
  readonly freeze?: boolean
  readonly watch?: boolean
  readonly seed?: string
  readonly httpStatus?: 'always-200' | 'semantic'
  readonly readyFile?: string
  readonly tls?: boolean
  readonly workers?: number
  readonly log?: 'pretty' | 'json' | 'silent'
  readonly config?: string
}

export const port = (text: string) => {
  if (!/^\d{1,5}$/.test(text) || Number(text) > 65_535) {
    throw new InvalidArgumentError('expected 0 to 65535')
  }
  return Number(text)
}

/** So many workers at the most: each holds the whole shop in memory. */
const mostWorkers = 64

export const workerCount = (text: string) => {
  if (!/^\d{1,3}$/.test(text) || Number(text) < 1 || Number(text) > mostWorkers) {
    throw new InvalidArgumentError(`expected 1 to ${mostWorkers}`)
  }
  return Number(text)
}

export const rate = (text: string) => {
  const { error } = writtenRate.safeParse(text)
  if (error) throw new InvalidArgumentError(error.issues[0]?.message ?? '')
  return text
}

const window = (text: string) => {
  const { error } = writtenWindow.safeParse(text)
  if (error) throw new InvalidArgumentError(error.issues[0]?.message ?? '')
  return text
}

const moment = (text: string) => {
  const { error } = writtenMoment.safeParse(text)
  if (error) throw new InvalidArgumentError(error.issues[0]?.message ?? '')
  return text
}

const writtenRedis = z
  .templateLiteral([z.enum(['redis://', 'rediss://']), z.string().min(1)])
  .refine((url) => URL.canParse(url), 'expected redis://host:port/db')

const store = (text: string) => {
  if (text === 'memory' || text === 'file' || writtenRedis.safeParse(text).success) return text
  throw new InvalidArgumentError('expected memory, file or redis://host:port/db')
}

const collect = (value: string, before: readonly string[] = []) => [...before, value]

/** The flags in the order in which `--help` lists them. Defaults are filled in by {@link withConfig}. */
export const gatewayFlags = () => [
  new Option('--port <n>', 'port to listen on, 0 for any free one (default: 7070)').argParser(port),
  new Option('--host <address>', 'address to listen on (default: 127.0.0.1)'),
  new Option('--profile <name>', 'which gateway is imitated (default: guide)').choices(
    profileNames,
  ),
  new Option('--world <file>', 'YAML or JSON file with the state to start from'),
  new Option(
    '--store <where>',
    'where state is kept: memory, file, or a Redis that several gateways share, redis://host:port/db (default: file)',
  ).argParser(store),
  new Option('--data <dir>', 'folder of the file store (default: .localtop)'),
  new Option(
    '--durability <of>',
    'what an acknowledged change survives: a killed process, or a power cut as well (default: process)',
  ).choices(['process', 'disk']),
  new Option('--fresh', 'empty the data folder (or the shop in Redis) first'),
  new Option(
    '--rate-limit <rate>',
    'call limit of an app: N/sec, N/min, N/hour, N/day or off',
  ).argParser(rate),
  new Option(
    '--timestamp-window <duration>',
    'how far timestamp may be off: 10m, 9h, or off (default: 10m)',
  ).argParser(window),
  new Option(
    '--scenario <name>',
    'put the rules of a scenario in force: a name or a file; repeatable',
  ).argParser(collect),
  new Option(
    '--time <moment>',
    "where the gateway's clock begins, in GMT+8: 2026-11-11 00:00:00 (default: the real time)",
  ).argParser(moment),
  new Option('--freeze', "stop the gateway's clock at the start, at --time where it is given"),
  new Option('--seed <text>', 'same seed, same identifiers (default: 1)'),
  new Option(
    '--tls',
    'open an HTTPS port beside, one above --port, with a certificate kept in the data folder',
  ),
  new Option('--http-status <mode>', 'HTTP status of errors (default: always-200)').choices([
    'always-200',
    'semantic',
  ]),
  new Option(
    '--ready-file <file>',
    'write URL, control URL and token there once the gateway answers',
  ),
  new Option('--log <kind>', 'what is printed of each call (default: pretty)').choices([
    'pretty',
    'json',
    'silent',
  ]),
  new Option('--config <file>', 'YAML or JSON file with the same names as these flags'),
]

/** What `--config` takes: the names of the flags. */
export const configFile = z
  .strictObject({
    port: z.int().min(0).max(65_535),
    host: z.string(),
    profile: z.enum(profileNames),
    world: z.string(),
    store: z.union([z.enum(['memory', 'file']), writtenRedis]),
    data: z.string(),
    durability: z.enum(['process', 'disk']),
    fresh: z.boolean(),
    'rate-limit': writtenRate,
    'timestamp-window': writtenWindow,
    scenario: z.union([z.string().transform((name) => [name]), z.array(z.string())]),
    time: writtenMoment,
    freeze: z.boolean(),
    watch: z.boolean(),
    seed: z.union([z.string(), z.int().transform(String)]),
    'http-status': z.enum(['always-200', 'semantic']),
    'ready-file': z.string(),
    tls: z.boolean(),
    workers: z.int().min(1).max(mostWorkers),
    log: z.enum(['pretty', 'json', 'silent']),
  })
  .partial()

/** The flags with those of the configuration file behind them; a flag wins. @throws DataFileError */
export function withConfig(flags: GatewayFlags): GatewayFlags {
  if (flags.config === undefined) return flags
  const {
    'rate-limit': rateLimit,
    'timestamp-window': timestampWindow,
    'http-status': httpStatus,
    'ready-file': readyFile,
    ...same
  } = readDataFile(flags.config, configFile)
  return {
    ...same,
    ...(rateLimit !== undefined && { rateLimit }),
    ...(timestampWindow !== undefined && { timestampWindow }),
    ...(httpStatus !== undefined && { httpStatus }),
    ...(readyFile !== undefined && { readyFile }),
    ...flags,
    // Commander says `true` where nobody says anything.
    watch: same.watch !== false && flags.watch !== false,
  } as GatewayFlags
}

/** What a gateway is built from; `store` is a file where nothing is said. @throws DataFileError, UsageError */
export function gatewayOptions(flags: GatewayFlags): GatewayOptions {
  if (flags.fresh && flags.store === 'memory') {
    throw new UsageError('--fresh: a memory store is always fresh')
  }
  if (flags.durability !== undefined && flags.store === 'memory') {
    throw new UsageError('--durability: a memory store keeps nothing')
  }
  if (flags.durability !== undefined && flags.store?.startsWith('redis')) {
    throw new UsageError('--durability: what a Redis keeps is said in its own configuration')
  }
  return {
    profile: flags.profile,
    // Parsed twice, once here for its messages with file and line.
    world:
      flags.world === undefined
        ? undefined
        : (readDataFile(flags.world, worldSeed) as GatewayOptions['world']),
    store: flags.store ?? 'file',
    data: flags.data ?? '.localtop',
    durability: flags.durability,
    fresh: flags.fresh,
    rateLimit: flags.rateLimit,
    timestampWindow: flags.timestampWindow,
    scenarios: flags.scenario,
    time: flags.time,
    freeze: flags.freeze,
    seed: flags.seed ?? 1,
    httpStatus: flags.httpStatus,
  }
}
