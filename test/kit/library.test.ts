import { describe, expect, it } from 'vitest'
import {
  hookOf,
  methods,
  type PlatformError,
  platformErrors,
  type WireFault,
  wireFaultKinds,
} from '../../src/contracts/index.ts'
import { type MetError, playScenario } from '../../src/kit/index.ts'
import { loadScenario, scenarioNames } from '../../src/server/index.ts'

const library = scenarioNames().map((name) => loadScenario(name, { toPlay: true }))

/** Every error that the gateway really answers while the library is played. */
async function metWhilePlaying(): Promise<MetError[]> {
  const met: MetError[] = []
  for (const { scenario } of library) met.push(...(await playScenario(scenario)).met)
  return met
}

describe('the library of scenarios', () => {
  it('has more than thirty, each with a title in English and Chinese and a word on what to do', () => {
    expect(library.length).toBeGreaterThan(30)
    for (const { name, scenario } of library) {
      expect(scenario.titleZh, name).toMatch(/\p{Script=Han}/u)
      expect(scenario.description?.length, name).toBeGreaterThan(20)
    }
    expect(new Set(library.map(({ scenario }) => scenario.title)).size).toBe(library.length)
    expect(new Set(library.map(({ scenario }) => scenario.titleZh)).size).toBe(library.length)
  })

  it('shows every platform error, and every sub-code that a contract declares', async () => {
    const met = await metWhilePlaying()
    const codes = new Set(met.map(({ code }) => code))
    const kinds = new Set(met.map(({ code, subCode }) => `${code}/${subCode}`))
    const declared = new Set(met.map(({ method, subCode }) => `${method} ${subCode}`))
    const missing: string[] = []
    for (const [name, row] of Object.entries(platformErrors) as [string, PlatformError][]) {
      if (!codes.has(row.code)) missing.push(`${row.code} ${name}`)
      for (const [kind, { sub_code }] of Object.entries(row.kinds ?? {})) {
        // Two kinds may send one sub-code with other texts.
        if (sub_code !== false && !kinds.has(`${row.code}/${sub_code ?? kind}`))
          missing.push(`${row.code}/${kind}`)
      }
    }
    for (const { name, errors } of Object.values(methods)) {
      for (const subCode of Object.keys(errors)) {
        if (!declared.has(`${name} ${subCode}`)) missing.push(`${name} ${subCode}`)
      }
    }
    expect(missing).toEqual([])
  })

  it('shows every fault on the wire, before and after the write where both can be', () => {
    const faults = library.flatMap(({ scenario }) =>
      scenario.rules.flatMap(({ then }): WireFault[] => (then.fault ? [then.fault] : [])),
    )
    const kinds = new Set(faults.map(({ kind }) => kind))
    expect(wireFaultKinds.filter((kind) => !kinds.has(kind))).toEqual([])
    for (const kind of ['hang', 'bad-gateway'] as const) {
      const hooks = faults.filter((fault) => fault.kind === kind).map(hookOf)
      expect(new Set(hooks), kind).toEqual(new Set(['before', 'after']))
    }
  })

  it('is played the same way twice', async () => {
    const name = 'throttled-now-and-then'
    const { scenario } = loadScenario(name)
    const [one, two] = [await playScenario(scenario), await playScenario(scenario)]
    expect(one).toEqual(two)
    expect(one.met.length).toBeGreaterThan(0)
  })
})
