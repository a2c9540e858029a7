import { execFile } from 'node:child_process'
import { expect, it } from 'vitest'

const isThere = await new Promise<boolean>((resolve) =>
  execFile('python3', ['--version'], (error) => resolve(error === null)),
)

/** A test that runs Python. Skipped where the machine has none; in CI, where it is installed, it fails instead. */
export function itInPython(name: string, test: () => Promise<void>): void {
  if (isThere) it(name, { timeout: 120_000 }, test)
  else if (process.env.CI) it(name, () => expect.fail('no python3 on this machine, and CI runs it'))
  else it.skip(`${name} (skipped: no python3 on this machine)`, () => {})
}
