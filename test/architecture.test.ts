import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative, sep } from 'node:path'
import { fileURLToPath } from 'node:url'
import { transformSync } from 'esbuild'
import { describe, expect, it } from 'vitest'

const src = fileURLToPath(new URL('../src', import.meta.url))
const rooms = ['contracts', 'server', 'client', 'kit', 'cli'] as const

interface SourceFile {
  /** `server/state/clock.ts` */
  readonly path: string
  readonly room: string
  /** What it imports or re-exports, types included: packages as written, ours as `room/file.ts`. */
  readonly imports: readonly { readonly target: string; readonly ours: boolean }[]
  /** The code without comments and types. */
  readonly code: string
}

const importPattern =
  /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^\s*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

function readSource(path: string): SourceFile {
  const source = readFileSync(join(src, path), 'utf8')
  const imports = [...source.matchAll(importPattern)].map((match) => {
    const target = match[1] ?? match[2] ?? match[3] ?? ''
    return target.startsWith('.')
      ? { target: join(dirname(path), target).split(sep).join('/'), ours: true }
      : { target, ours: false }
  })
  const { code } = transformSync(source, { loader: 'ts', legalComments: 'none' })
  return { path, room: path.split('/')[0] ?? '', imports, code }
}

const files = readdirSync(src, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
  .map((entry) => relative(src, join(entry.parentPath, entry.name)).split(sep).join('/'))
  // Lines of other people's programs, as texts.
  .filter((path) => path !== 'contracts/signature-doctor/fixes.ts')
  .sort()
  .map(readSource)

const inRoom = (room: string) => files.filter((file) => file.room === room)

/** `file -> target` for every import that a rule does not allow. */
function forbidden(
  some: readonly SourceFile[],
  allows: (target: string, from: string) => boolean,
  ours = true,
): string[] {
  return some.flatMap((file) =>
    file.imports
      .filter((one) => one.ours === ours && !allows(one.target, file.path))
      .map(({ target }) => `${file.path} -> ${target}`),
  )
}

/** `file: match` for every place where a pattern stands in code. */
const found = (some: readonly SourceFile[], pattern: RegExp) =>
  some.flatMap(({ path, code }) =>
    [...code.matchAll(pattern)].map(([match]) => `${path}: ${match}`),
  )

describe('the house', () => {
  it('has files in every room, and none outside', () => {
    for (const room of rooms) expect(inRoom(room).length, room).toBeGreaterThan(0)
    expect(files.filter(({ room }) => !rooms.some((known) => known === room))).toEqual([])
  })

  it('has doors: its files import each other', () => {
    const doors = files.flatMap(({ imports }) => imports.filter(({ ours }) => ours))
    expect(doors.length).toBeGreaterThan(files.length)
    const known = new Set(['contracts/signature-doctor/fixes.ts', ...files.map(({ path }) => path)])
    expect(doors.filter(({ target }) => !known.has(target))).toEqual([])
  })
})

describe('who may import whom', () => {
  it('contracts imports contracts only', () => {
    expect(forbidden(inRoom('contracts'), (target) => target.startsWith('contracts/'))).toEqual([])
  })

  it.each(['server', 'client'])('%s imports itself and contracts only', (room) => {
    const allowed = (target: string) =>
      target.startsWith(`${room}/`) || target.startsWith('contracts/')
    expect(forbidden(inRoom(room), allowed)).toEqual([])
  })

  it('kit imports the public indexes of server, client and contracts only', () => {
    const doors = ['server/index.ts', 'client/index.ts', 'contracts/index.ts']
    const allowed = (target: string) => target.startsWith('kit/') || doors.includes(target)
    expect(forbidden(inRoom('kit'), allowed)).toEqual([])
  })

  it('cli imports public indexes only', () => {
    const allowed = (target: string) => target.startsWith('cli/') || /^\w+\/index\.ts$/.test(target)
    expect(forbidden(inRoom('cli'), allowed)).toEqual([])
  })
})

describe('packages stay where they belong', () => {
  const isOf = (target: string, name: string) => target === name || target.startsWith(`${name}/`)

  it.each([
    ['hono', 'server/app.ts and server/routes/', /^server\/(app\.ts|routes\/)/],
    ['@hono/node-server', 'server/listen.ts', /^server\/listen\.ts$/],
    ['lowdb', 'server/state/', /^server\/state\//],
    ['commander', 'cli/', /^cli\//],
  ] as const)('%s only in %s', (name, _, where) => {
    const allowed = (target: string, from: string) => !isOf(target, name) || where.test(from)
    expect(forbidden(files, allowed, false)).toEqual([])
    const users = files.filter(({ imports }) => imports.some(({ target }) => isOf(target, name)))
    expect(users.length, `files that import ${name}`).toBeGreaterThan(0)
  })

  it('contracts knows no HTTP and no files but those of its own catalogue', () => {
    const allowed = (target: string, from: string) =>
      (target === 'node:fs' && from === 'contracts/catalogue/sorted-lines.ts') ||
      !/^(node:)?(https?|net|tls|fs|fs\/promises|child_process)$/.test(target)
    expect(forbidden(inRoom('contracts'), allowed, false)).toEqual([])
  })
})

describe('time and chance', () => {
  const wallClock = /\bDate\.now\b|\bnew Date\(\s*\)|\bnew Date(?!\s*\()|(?<!new )\bDate\(\s*\)/g
  const chance = /\bMath\.random\b/g

  it('come to the server from state/clock.ts and state/ids.ts only', () => {
    const others = inRoom('server').filter(
      ({ path }) => !['server/state/clock.ts', 'server/state/ids.ts'].includes(path),
    )
    expect(found(others, wallClock)).toEqual([])
    expect(found(others, chance)).toEqual([])
  })

  it('do not exist in contracts', () => {
    expect(found(inRoom('contracts'), wallClock)).toEqual([])
    expect(found(inRoom('contracts'), chance)).toEqual([])
    expect(found(inRoom('contracts'), /\bset(Timeout|Interval|Immediate)\b/g)).toEqual([])
  })

  it('are options of the client, whose defaults sit in one file', () => {
    const places = [...found(inRoom('client'), wallClock), ...found(inRoom('client'), chance)]
    const sources = new Set(places.map((place) => place.split(':')[0]))
    expect([...sources]).toHaveLength(1)
  })
})

describe('the surroundings', () => {
  it.each([
    ['the environment', /\bprocess\.env\b/g],
    ['the console', /\bconsole\.\w+/g],
    ['the exit', /\bprocess\.(exit|exitCode|abort)\b/g],
    ['the standard streams', /\bprocess\.(stdout|stderr|stdin)\b/g],
    ['the arguments', /\bprocess\.argv\b/g],
  ])('are for cli alone: %s', (_, pattern) => {
    expect(
      found(
        files.filter(({ room }) => room !== 'cli'),
        pattern,
      ),
    ).toEqual([])
  })
})
