import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { scenarioNames } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-scenarios-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

const scenarios = (...args: readonly string[]) => runCommand(['scenarios', ...args], folder)

it('lists the scenarios with their titles', async () => {
  const { status, stdout } = await scenarios('list')
  expect(status).toBe(0)
  for (const name of scenarioNames()) expect(stdout).toContain(name)
  const json = await scenarios('list', '--json')
  expect(JSON.parse(json.stdout).map((one: { name: string }) => one.name)).toEqual(scenarioNames())
})

it('shows a scenario: rules and steps in sentences, and the file', async () => {
  const { stdout } = await scenarios('show', 'service-unavailable-once')
  expect(stdout).toContain(
    'Of number 1 of calls of taobao.item.add: refuse it with isp.item-service-unavailable, once.',
  )
  expect(stdout).toContain('publishes 1 item: 1 published, 0 failed')
  expect(stdout).toContain('title: the item service is down for one call')
})

it('plays all scenarios', async () => {
  const { status, stdout } = await scenarios('check')
  const count = scenarioNames().length
  expect({ status, last: stdout.trimEnd().split('\n').at(-1) }).toEqual({
    status: 0,
    last: `${count} of ${count} scenarios passed`,
  })
})

it('plays a file, and says which step failed', async () => {
  const file = join(folder, 'mine.yaml')
  writeFileSync(file, 'title: mine\nsteps:\n  - {call: taobao.time.get, expect: {fails: 25}}\n')
  const { status, stdout } = await scenarios('check', file)
  expect(status).toBe(1)
  expect(stdout).toContain(
    'step 1, taobao.time.get fails with 25: expected 25, but the call was answered',
  )
})

it('does not call a scenario without steps passed', async () => {
  const file = join(folder, 'empty.yaml')
  writeFileSync(file, 'title: empty\n')
  const { status, stderr } = await scenarios('check', file)
  expect(status).toBe(2)
  expect(stderr).toContain(
    `${file}:1: steps: the scenario has no steps and no expect: nothing would be verified`,
  )
  writeFileSync(file, 'title: of a program\nexpect: {exit: 0}\n')
  const other = await scenarios('check', file)
  expect(other.status).toBe(1)
  expect(other.stdout).toContain('nothing was verified')
})

it('names the place of rules that can never match', async () => {
  const file = join(folder, 'dead.yaml')
  writeFileSync(
    file,
    [
      'title: dead',
      'rules:',
      '  - when: {method: taobao.item.ad}',
      '    then: {refuse: 27}',
      'steps:',
      '  - {call: taobao.time.get, expect: {gives: {}}}',
      '',
    ].join('\n'),
  )
  const one = await scenarios('check', file)
  expect([one.status, one.stderr.trim()]).toEqual([
    2,
    `localtop: ${file}:3: rules[0].when.method: no method is called "taobao.item.ad" here, so this rule can never match; did you mean taobao.item.add?`,
  ])
  writeFileSync(
    file,
    [
      'title: dead',
      'world:',
      '  apps: [{app_key: "1", app_secret: s}]',
      'rules:',
      '  - when: {app: "2"}',
      '    then: {refuse: 27}',
      '  - when: {state: shop=closed}',
      '    then: {refuse: 27}',
      '',
    ].join('\n'),
  )
  const { stderr } = await scenarios('check', file)
  expect(stderr).toContain(`${file}:5: rules[0].when.app: the scenario's world has no app "2"`)
  expect(stderr).toContain(`${file}:7: rules[1].when.state: no rule sets shop=closed`)
})

it('names file, line and path of what is wrong in a scenario', async () => {
  const file = join(folder, 'broken.yaml')
  writeFileSync(
    file,
    'title: broken\nrules:\n  - when: {method: taobao.item.add}\n    then:\n      refuse: 27/nonsense\nsteps:\n  - {call: taobao.item.ad, expect: {fails: 25}}\n',
  )
  const { status, stderr } = await scenarios('check', file)
  expect(status).toBe(2)
  expect(stderr).toContain(`${file}:5: rules[0].then.refuse: "nonsense" is no sub-code of 27`)
  expect(stderr).toContain(
    `${file}:7: steps[0].call: "taobao.item.ad" is no method of the platform`,
  )
})

it('prints a JSON Schema for editors', async () => {
  const { stdout } = await scenarios('schema')
  expect(JSON.parse(stdout)).toMatchObject({
    type: 'object',
    required: expect.arrayContaining(['title']),
    properties: { rules: { type: 'array' } },
  })
})
