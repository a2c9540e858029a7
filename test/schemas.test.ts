import { expect, it } from 'vitest'
import * as z from 'zod'
import { configFile } from '../src/cli/flags.ts'
import { lockFile, scenario, worldParts } from '../src/contracts/index.ts'
import { capsule } from '../src/kit/index.ts'

// `npm run schemas` writes the files anew.
it.each([
  ['scenario', scenario],
  ['world', worldParts],
  ['config', configFile],
  ['capsule', capsule],
  ['lock', lockFile],
])('schemas/%s.schema.json says what the code takes', async (name, schema) => {
  const text = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' })
  await expect(`${JSON.stringify(text, null, 2)}\n`).toMatchFileSnapshot(
    `../schemas/${name}.schema.json`,
  )
})
