import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { type Browser, chromium } from 'playwright-core'
import { expect, it } from 'vitest'

/** The browser that CHROMIUM names, else the first one in PATH. */
function findBrowser(): string | undefined {
  if (process.env.CHROMIUM) return process.env.CHROMIUM
  const folders = (process.env.PATH ?? '').split(delimiter).filter((folder) => folder !== '')
  return ['chromium', 'google-chrome']
    .flatMap((name) => folders.map((folder) => join(folder, name)))
    .find(isExecutable)
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}

/** A test in a real browser. Skipped where the machine has none; in CI, where one is installed, it fails instead. */
export function itInBrowser(name: string, test: (browser: Browser) => Promise<void>): void {
  const executablePath = findBrowser()
  if (executablePath === undefined) {
    if (process.env.CI) it(name, () => expect.fail('no chromium on this machine, and CI runs it'))
    else it.skip(`${name} (skipped: no chromium on this machine)`, () => {})
    return
  }
  // A browser takes its time to start on a busy machine.
  it(name, { timeout: 120_000 }, async () => {
    const browser = await chromium.launch({
      executablePath,
      args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--no-first-run',
        '--disable-background-networking',
      ],
    })
    try {
      await test(browser)
    } finally {
      await browser.close()
    }
  })
}
