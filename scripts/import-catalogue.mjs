// Turns the reference files of the platform's methods into the catalogue that the project keeps:
//   npm run catalogue -- FOLDER
// FOLDER holds top-catalogue.jsonl, top-types.json and top-examples.json, each as it is or gzipped.
import { existsSync, readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { build } from 'esbuild'

const root = join(import.meta.dirname, '..')
const [folder] = process.argv.slice(2)
if (folder === undefined) fail('usage: npm run catalogue -- FOLDER', 2)

const { outputFiles } = await build({
  absWorkingDir: root,
  entryPoints: ['src/contracts/catalogue/import.ts'],
  bundle: true,
  platform: 'node',
  format: 'esm',
  write: false,
  logLevel: 'warning',
})
const { importCatalogue, summaryOf } = await import(
  `data:text/javascript;base64,${Buffer.from(outputFiles[0].contents).toString('base64')}`
)

try {
  const { methods, structures, leftOut } = importCatalogue({
    methods: read('top-catalogue.jsonl'),
    types: read('top-types.json'),
    examples: read('top-examples.json'),
  })
  await write('methods.ndjson', methods)
  await write('structures.ndjson', structures)
  await writeFile(place('summary.ts'), summaryOf(methods))
  console.log(
    `${methods.length} methods, ${structures.length} structures that several of them share`,
  )
  for (const [what, count] of leftOut) console.log(`left out: ${count} ${what}`)
} catch (error) {
  fail(
    error.name === 'CatalogueError'
      ? error.problems.map(({ path, message }) => `${path}: ${message}`).join('\n')
      : error.message,
    1,
  )
}

function read(name) {
  const path = join(folder, name)
  if (existsSync(path)) return readFileSync(path, 'utf8')
  if (existsSync(`${path}.gz`)) return gunzipSync(readFileSync(`${path}.gz`)).toString('utf8')
  throw new Error(`${folder} has neither ${name} nor ${name}.gz`)
}

function place(name) {
  return join(root, 'src/contracts/catalogue', name)
}

/** One row a line, the name first: lines are found by it. */
function write(name, rows) {
  const lines = rows.map((row) => `${JSON.stringify(row)}\n`)
  return writeFile(place(name), lines.join(''))
}

function fail(message, status) {
  console.error(message)
  process.exit(status)
}
