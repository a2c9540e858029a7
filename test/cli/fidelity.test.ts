import { expect, it } from 'vitest'
import { fidelityLedger } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'

it('is printed by localtop fidelity', async () => {
  const { status, stdout } = await runCommand(['fidelity'], '.')
  expect(status).toBe(0)
  expect(stdout).toMatch(/error +27\/session-expired +observed +logged payload/)
  expect(stdout).toMatch(/27\/INVALID_PARAMS +observed +logged payload +on demand only/)
  expect(stdout).toMatch(/default +a body may have 16 MB/)
  expect(stdout).toContain(`${fidelityLedger().length} entries: `)
  expect(stdout).toMatch(/\d+ documented, \d+ observed, \d+ assumed/)
  const json = await runCommand(['fidelity', '--json'], '.')
  expect(JSON.parse(json.stdout)).toEqual(fidelityLedger())
})
