import { itNeeds } from './tools.ts'

/** A test that runs Python. Skipped where the machine has none; in CI, where it is installed, it fails instead. */
export const itInPython = itNeeds(['python3', '--version'])
