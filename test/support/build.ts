import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'

/** Builds the package once, for the tests that run the command as users do. */
export default async function build(): Promise<void> {
  await promisify(execFile)(process.execPath, [
    join(import.meta.dirname, '../../scripts/build.mjs'),
  ])
}
