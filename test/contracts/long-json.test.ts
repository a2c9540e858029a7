import { expect, it } from 'vitest'
import { parseJson } from '../../src/contracts/protocol/json.ts'

it('reading JSON of one very long text is no burden', () => {
  const desc = 'x"'.repeat(200_000) + 'x'.repeat(20_000_000)
  const { desc: read, num_iid } = parseJson(
    `{"desc":${JSON.stringify(desc)},"num_iid":9007199254740993}`,
  ) as { desc: string; num_iid: string }
  expect(num_iid).toBe('9007199254740993')
  expect(read === desc).toBe(true)
})
