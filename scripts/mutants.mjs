// `npm run test:mutants [GROUP …]`: mutation testing of the protocol and the gates (docs/mutation-testing.md),
// each group of files by the tests that are about it. What has not changed since the last run is not run again.
import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

const protocol = 'src/contracts/protocol'
const gates = 'src/server/gates'
const groups = {
  batch: { files: [`${protocol}/batch.ts`], tests: ['contracts/batch'] },
  errors: {
    files: ['errors', 'error-table', 'sub-code-families'].map((name) => `${protocol}/${name}.ts`),
    tests: ['contracts/errors'],
  },
  fields: { files: [`${protocol}/fields.ts`], tests: ['contracts/fields'] },
  'wire-shape': { files: [`${protocol}/wire-shape.ts`], tests: ['contracts/wire-shape'] },
  'merge-patch': { files: [`${protocol}/merge-patch.ts`], tests: ['contracts/merge-patch'] },
  multipart: { files: [`${protocol}/multipart.ts`], tests: ['contracts/multipart'] },
  oauth: { files: [`${protocol}/oauth.ts`], tests: ['contracts/oauth'] },
  parameters: { files: [`${protocol}/parameters.ts`], tests: ['contracts/parameters'] },
  'read-xml': { files: [`${protocol}/read-xml.ts`], tests: ['contracts/read-xml'] },
  scalars: {
    files: [`${protocol}/scalars.ts`],
    tests: ['contracts/scalars', 'contracts/scalar-limits'],
  },
  sign: { files: [`${protocol}/sign.ts`], tests: ['contracts/sign'] },
  timestamp: { files: [`${protocol}/timestamp.ts`], tests: ['contracts/timestamp'] },
  writers: {
    files: ['envelope', 'json', 'xml'].map((name) => `${protocol}/${name}.ts`),
    tests: ['contracts/wire'],
  },
  answer: {
    files: [`${gates}/answer.ts`],
    tests: ['server/answer-check', 'server/stub', 'server/rules'],
  },
  limits: { files: [`${gates}/limits.ts`], tests: ['server/limits'] },
  gates: {
    files: readdirSync(gates)
      .filter((name) => name !== 'answer.ts' && name !== 'limits.ts')
      .map((name) => `${gates}/${name}`),
    tests: ['server/gate-order', 'server/refusals', 'server/gates'],
  },
}

const target = 95
const asked = process.argv.slice(2)
const unknown = asked.filter((name) => !Object.hasOwn(groups, name))
if (unknown.length > 0) {
  console.error(`no group ${unknown.join(', ')}; there are ${Object.keys(groups).join(', ')}`)
  process.exit(2)
}
const grouped = new Set(Object.values(groups).flatMap(({ files }) => files))
const left = readdirSync(protocol)
  .map((name) => `${protocol}/${name}`)
  .filter((file) => !grouped.has(file))
if (left.length > 0) throw new Error(`no tests are named for ${left.join(', ')}`)

const rows = []
for (const name of asked.length > 0 ? asked : Object.keys(groups)) rows.push(...run(name))
report(rows)

/** Runs Stryker over a group; answers a row for each of its files. */
function run(name) {
  const { files, tests } = groups[name]
  const folder = join('.stryker', name)
  const { status } = spawnSync(
    join('node_modules', '.bin', 'stryker'),
    ['run', '--mutate', files.join(), '--incrementalFile', join(folder, 'incremental.json')],
    {
      stdio: 'inherit',
      env: {
        ...process.env,
        LOCALTOP_MUTANTS_REPORT: folder,
        LOCALTOP_MUTANTS_TESTS: tests.map((test) => `test/${test}.test.ts`).join(),
      },
    },
  )
  if (status !== 0) process.exit(status ?? 1)
  const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8'))
  return Object.entries(report.files).map(([file, { mutants }]) => {
    const count = (...statuses) => mutants.filter((one) => statuses.includes(one.status)).length
    return {
      file,
      killed: count('Killed', 'Timeout'),
      survived: count('Survived', 'NoCoverage'),
      ignored: count('Ignored'),
    }
  })
}

function report(rows) {
  const sum = (key) => rows.reduce((total, row) => total + row[key], 0)
  const all = { killed: sum('killed'), survived: sum('survived'), ignored: sum('ignored') }
  const line = ({ killed, survived, ignored }) =>
    `${((100 * killed) / (killed + survived)).toFixed(1)} | ${killed} | ${survived} | ${ignored} |`
  console.log(
    '\n| file | killed, % | killed | survived | ignored |\n| --- | --: | --: | --: | --: |',
  )
  for (const row of rows) console.log(`| \`${row.file}\` | ${line(row)}`)
  console.log(`| ${asked.length > 0 ? 'these files' : 'all'} | ${line(all)}`)
  if (100 * all.killed < target * (all.killed + all.survived)) process.exit(1)
}
