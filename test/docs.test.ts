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
