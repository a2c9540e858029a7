import { expect, it } from 'vitest'
import { fidelityLedger } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'

it('labels every gate, error and declared sub-code, with a source', () => {
  const ledger = fidelityLedger()
  for (const kind of ['gate', 'error', 'sub-code', 'default']) {
    expect(ledger.filter((entry) => entry.kind === kind).length).toBeGreaterThan(10)
  }
  const unlabelled = ledger.filter(
    ({ fidelity, source }) =>
      !['documented', 'observed', 'assumed'].includes(fidelity) || source.length < 5,
  )
  expect(unlabelled).toEqual([])
})

it('is printed by localtop fidelity', async () => {
  const { status, stdout } = await runCommand(['fidelity'], '.')
  expect(status).toBe(0)
  expect(stdout).toMatch(/error +27\/session-expired +observed +logged payload/)
  expect(stdout).toMatch(/\d+ documented, \d+ observed, \d+ assumed/)
  const json = await runCommand(['fidelity', '--json'], '.')
  expect(JSON.parse(json.stdout)).toEqual(fidelityLedger())
})
