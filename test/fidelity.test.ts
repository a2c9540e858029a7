import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { subCodeFamilies } from '../src/contracts/index.ts'
import { fidelityLedger } from '../src/server/index.ts'

const ledger = fidelityLedger()
const count = (label: string) => ledger.filter(({ fidelity }) => fidelity === label).length
const onDemand = ledger.filter(({ modelled }) => modelled === false)

describe('the ledger of what we know and what we assume', () => {
  it.each(['gate', 'error', 'sub-code', 'default'])('has entries of the kind %s', (kind) => {
    expect(ledger.filter((entry) => entry.kind === kind).length).toBeGreaterThan(10)
  })

  it('has every family of sub-codes', () => {
    const families = ledger.filter(({ kind }) => kind === 'family')
    expect(families.map(({ name }) => name)).toEqual(subCodeFamilies.map(({ form }) => form))
  })

  it('labels each, and says where it has that from', () => {
    const unlabelled = ledger.filter(
      ({ name, fidelity, source }) =>
        !['documented', 'observed', 'assumed'].includes(fidelity) ||
        source.trim().length < 5 ||
        name.trim() === '',
    )
    expect(unlabelled).toEqual([])
  })

  it('says nothing twice', () => {
    const names = ledger.map(({ kind, name }) => `${kind} ${name}`)
    expect(names.filter((name, at) => names.indexOf(name) !== at)).toEqual([])
  })

  it.each([
    ['default', /first.*more than once|more than once the first/],
    ['default', /blanks only counts as not sent/],
    ['default', /16 MB/],
    ['default', /price of 0/],
    ['default', /without sign_method/],
    ['default', /unknown sign_method/],
    ['default', /lower-case hex/],
    ['default', /empty value is signed/],
    ['default', /simplify counts only when/],
    ['default', /simplify takes the root away/],
    ['default', /comment that names the machine/],
    ['default', /text\/javascript/],
    ['default', /without format/],
    ['default', /^fields come in the order/],
    ['default', /empty list is left out/],
    ['default', /00:00 GMT\+8/],
    ['default', /window of a second/],
    ['default', /epoch/],
    ['default', /request_id is/],
    ['default', /HTTP 200/],
    ['default', /body of a GET/],
    ['default', /session that is sent is checked/],
    ['default', /passed the grants/],
  ])('knows the %s %s', (kind, name) => {
    expect(ledger.filter((entry) => entry.kind === kind && name.test(entry.name))).toHaveLength(1)
  })

  it('says of every error whether something here causes it, and of nothing else', () => {
    const unsaid = ledger.filter(
      ({ kind, modelled }) => (kind === 'error') !== (modelled !== undefined),
    )
    expect(unsaid).toEqual([])
  })

  it('calls modelled what a gate answers, and on demand what none does', () => {
    const isModelled = (name: string) =>
      ledger.find((entry) => entry.kind === 'error' && entry.name === name)?.modelled
    expect(isModelled('27/session-expired')).toBe(true)
    expect(isModelled('530 Remote service error')).toBe(true)
    expect(isModelled('27/INVALID_PARAMS')).toBe(false)
    expect(isModelled('13 Insufficient partner permissions')).toBe(false)
  })
})

/** What the README must say; a number that is none of the ledger's is out of date. */
const sentences: Readonly<Record<string, string>> = {
  'README.md': `The ledger has ${ledger.length} entries: ${count('documented')} documented, ${count('observed')} observed, ${count('assumed')} assumed; ${onDemand.length} errors have no cause here and come on demand only.`,
  'README.zh-CN.md': `清单共 ${ledger.length} 条：有文档 ${count('documented')} 条，见过实例 ${count('observed')} 条，推测 ${count('assumed')} 条；${onDemand.length} 个错误在本网关没有自然的原因，只能指定返回。`,
}

/** On one line, with single blanks: the README is wrapped. */
const flat = (text: string) => text.replaceAll(/\s+/g, ' ')
const unspaced = (text: string) => text.replaceAll(/\s+/g, '')

it.each(Object.entries(sentences))('%s has the numbers of the ledger', (file, sentence) => {
  const text = readFileSync(join(import.meta.dirname, '..', file), 'utf8')
  // A line may be broken anywhere in Chinese.
  const plain = file.includes('zh') ? unspaced : flat
  expect(plain(text).includes(plain(sentence)), `${file} must say: ${sentence}`).toBe(true)
})
