import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { runFolder } from '../support/run.ts'
import { itNeeds } from '../support/tools.ts'

const program = (...args: string[]) => [
  'python3',
  join(import.meta.dirname, '../fixtures/programs/list_and_add.py'),
  ...args,
]
const inPython = itNeeds(['python3', '--version'])

/** What every form has of the program's mistakes. */
const places = [
  'taobao.item.update price',
  'taobao.item.update title',
  'taobao.item.update outerid',
  'taobao.item.seller.get fields: outerid',
  'taobao.item.seller.get num_iid',
  'taobao.item.seler.get',
  'taobao.time.get format',
]

describe('localtop run', () => {
  inPython('finds what a program sends against the contracts, in every report', async () => {
    using folder = runFolder()
    const ran = await folder.run(['--offline', '--fail-on', 'contract'], program('wrong'))
    const { findings = [], notices = [] } = ran.report.runs[0]?.report ?? {}
    const own = findings.filter(({ judge }) => judge === 'contract')

    expect(own.map(({ id, about: [about], exchanges }) => [id, about, exchanges])).toEqual([
      ['wrong-type', 'taobao.item.update price', ['2']],
      ['out-of-limits', 'taobao.item.update title', ['3']],
      ['unknown-parameter', 'taobao.item.update outerid', ['4']],
      ['unknown-field', 'taobao.item.seller.get fields: outerid', ['5']],
      ['missing-parameter', 'taobao.item.seller.get num_iid', ['6']],
      ['unknown-method', 'taobao.item.seler.get', ['7']],
      ['malformed-call', 'taobao.time.get format', ['8']],
    ])
    expect(notices.map(({ id, about: [about] }) => [id, about])).toContainEqual([
      'removed-method',
      'taobao.item.add',
    ])
    expect(ran.status).toBe(1)
    for (const form of ['json', 'html', 'xml', 'txt', 'md']) {
      const file = join(folder.path, `.localtop/reports/run.${form}`)
      // Markdown takes underscores for emphasis unless they are escaped.
      const text = readFileSync(file, 'utf8').replaceAll('\\_', '_')
      const shown = form === 'json' ? places.map((place) => JSON.stringify(place)) : places
      for (const place of shown) expect(text, form).toContain(place)
    }
    for (const place of places) expect(ran.stderr).toContain(`about ${place}; exchanges #`)
  })

  inPython('fails on one kind alone where that is asked for', async () => {
    using folder = runFolder()
    const status = async (failOn: string, ...args: string[]) =>
      (await folder.run(['--offline', '--fail-on', failOn], program(...args))).status
    expect(await status('contract/unknown-field', 'wrong')).toBe(1)
    expect(await status('contract/repeated-parameter', 'wrong')).toBe(0)
    expect(await status('contract/removed-method')).toBe(1)
  })

  inPython('finds nothing in a program that keeps the contracts', async () => {
    using folder = runFolder()
    const ran = await folder.run(['--offline', '--fail-on', 'any'], program())
    expect(ran.report.runs[0]?.report.findings, ran.stderr).toEqual([])
    expect(ran.status).toBe(0)
    expect(ran.stderr).toContain(
      "i A method that is gone from the documents (contract/removed-method)\n    taobao.item.add has been taken out of the platform's directory. 1 call.",
    )
  })

  inPython('refuses a kind that is none', async () => {
    using folder = runFolder()
    const ran = await folder.run(['--fail-on', 'contract/wrong'], program())
    expect(ran.status).toBe(2)
    expect(ran.stderr).toContain('"contract/wrong" is none of silent')
    expect(ran.stderr).toContain('contract/wrong-type')
  })
})
