import { spawnSync } from 'node:child_process'
import { expect, it, type TestFunction } from 'vitest'

/** Java has to start, Go to compile: both are slow on a busy machine. */
export const slow = 120_000

/** A client that writes local time or reads its source in the machine's charset fails in these. */
export const foreignSurroundings = {
  TZ: 'America/New_York',
  LC_ALL: 'C',
  NO_PROXY: '127.0.0.1',
  no_proxy: '127.0.0.1',
  PYTHONDONTWRITEBYTECODE: '1',
}

/** Whether a command ends well on this machine. */
export function isThere([tool = '', ...args]: readonly string[]): boolean {
  return spawnSync(tool, args, { stdio: 'ignore' }).status === 0
}

/**
 * A test that needs a program. Skipped where the machine does not have it; in CI, where all are
 * installed, it fails instead.
 *
 * @param probe a command that ends well where the program is there
 */
export function itNeeds(probe: readonly string[]) {
  const canRun = isThere(probe)
  return (name: string, test: TestFunction): void => {
    if (canRun) it(name, { timeout: slow }, test)
    else if (process.env.CI)
      it(name, () => expect.fail(`"${probe.join(' ')}" fails on this machine, and CI needs it`))
    // Outside CI a machine may lack a language; nothing of ours depends on it.
    else it.skip(`${name} (skipped: "${probe.join(' ')}" fails on this machine)`, () => {})
  }
}
