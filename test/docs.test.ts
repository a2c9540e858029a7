import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { errorCatalogue } from '../src/server/index.ts'
import { errorsPage } from './support/errors-page.ts'

// `npm run docs` writes the files anew.
it.each([
  ['en', '../docs/errors.md'],
  ['zh', '../docs/errors.zh-CN.md'],
] as const)('the page of errors (%s) says what the table says', async (language, file) => {
  await expect(errorsPage(errorCatalogue(), language)).toMatchFileSnapshot(file)
})

it('the page of errors names every reference', () => {
  const { errors } = errorCatalogue()
  const page = errorsPage({ errors, families: [], unknownCodes: [] }, 'en')
  const missing = errors.filter(({ reference }) => !page.includes(`\`${reference}\``))
  expect(missing).toEqual([])
})

it('the page of mutation testing has a row for each file of the protocol and the gates', () => {
  const root = join(import.meta.dirname, '..')
  const page = readFileSync(join(root, 'docs/mutation-testing.md'), 'utf8')
  const rows = [...page.matchAll(/^\| `(src\/\S+)` \|/gm)].map(([, file]) => file)
  const files = ['src/contracts/protocol', 'src/server/gates'].flatMap((folder) =>
    readdirSync(join(root, folder)).map((file) => `${folder}/${file}`),
  )
  expect(rows.sort()).toEqual(files.sort())
})
