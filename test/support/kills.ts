import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { build } from 'esbuild'
import { expect } from 'vitest'
import { addItem, over } from './gateway.ts'

/** A gateway in a process of its own, to be killed. */
interface Victim {
  readonly url: string
  kill(): void
  /** Ends when it has been killed. */
  readonly killed: Promise<void>
}

/** The program that serves a store until somebody kills it. */
export interface VictimProgram {
  start(store: string, data?: string): Promise<Victim>
  remove(): void
}

export async function buildVictim(): Promise<VictimProgram> {
  // Inside node_modules, so that the packages that the program needs are found from there.
  const cache = join(import.meta.dirname, '../../node_modules/.cache')
  mkdirSync(cache, { recursive: true })
  const folder = mkdtempSync(join(cache, 'localtop-kill-'))
  const program = join(folder, 'killed-gateway.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, 'killed-gateway.ts')],
    outfile: program,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    packages: 'external',
  })
  return {
    async start(store, data = '') {
      const child: ChildProcess = spawn(process.execPath, [program, store, data], {
        stdio: ['ignore', 'pipe', 'inherit'],
      })
      const exited = once(child, 'exit')
      const [url] = await Promise.race([
        once(createInterface(child.stdout as NodeJS.ReadableStream), 'line'),
        exited.then(() => Promise.reject(new Error('the gateway ended before it answered'))),
      ])
      return {
        url,
        kill: () => child.kill('SIGKILL'),
        killed: exited.then((how) => expect(how).toEqual([null, 'SIGKILL'])),
      }
    },
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/**
 * Publishes from several callers at once until the gateway is gone.
 *
 * @param acknowledged takes the numbers of the items that were acknowledged
 * @param mark what the outer ids begin with
 */
export async function publishUntilGone(
  url: string,
  acknowledged: (num_iid: string) => void,
  mark: string,
): Promise<void> {
  async function publish(caller: number) {
    for (let number = 0; ; number++) {
      const outer_id = `${mark}-${caller}-${number}`
      const num_iid = await addItem(over(url), { outer_id }).catch(() => undefined)
      if (num_iid === undefined) return
      acknowledged(num_iid)
    }
  }
  await Promise.all(Array.from({ length: 16 }, (_, caller) => publish(caller)))
}

/** Every item that was acknowledged is there, and none is there twice. */
export function expectKept(acknowledged: readonly string[], items: Record<string, unknown>): void {
  expect(new Set(acknowledged).size).toBe(acknowledged.length)
  expect(acknowledged.filter((num_iid) => !Object.hasOwn(items, num_iid))).toEqual([])
  const codes = Object.values(items).map((item) => (item as { outer_id?: string }).outer_id)
  const ours = codes.filter((code) => /^[\w]+-\d+-\d+$/.test(code ?? ''))
  expect(new Set(ours).size).toBe(ours.length)
}

/** `npm run test:kills` asks for two hundred. */
export const kills = Number(process.env.LOCALTOP_KILLS ?? 6)
