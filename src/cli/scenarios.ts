import { readFileSync } from 'node:fs'
import { Command } from 'commander'
import * as z from 'zod'
import { explainRule, scenario } from '../contracts/index.ts'
import { describeStep, playScenario } from '../kit/index.ts'
import { loadScenario, scenarioNames } from '../server/index.ts'
import { bold, dim, green, print, printJson, red } from './terminal.ts'

interface JsonFlag {
  readonly json?: boolean
}

export function scenariosCommand(): Command {
  const command = new Command('scenarios')
  command
    .command('list')
    .description('list the scenarios that come with LocalTOP')
    .option('--json', 'machine-readable')
    .action(list)
  command
    .command('show')
    .description('print a scenario, its rules and steps in sentences')
    .argument('<name>', 'a name, or a YAML or JSON file')
    .option('--json', 'machine-readable')
    .action(show)
  command
    .command('check')
    .description(
      'play scenarios against a gateway with the bundled client; all of them where none is named',
    )
    .argument('[names...]', 'names or files')
    .option('--json', 'machine-readable')
    .action(check)
  command
    .command('schema')
    .description('print the JSON Schema of scenario files, for editors')
    .action(() =>
      print(
        JSON.stringify(z.toJSONSchema(scenario, { io: 'input', unrepresentable: 'any' }), null, 2),
      ),
    )
  return command
}

function list({ json }: JsonFlag): void {
  const scenarios = scenarioNames().map((name) => loadScenario(name))
  if (json) {
    printJson(
      scenarios.map(({ name, scenario: { title, titleZh, description } }) => ({
        name,
        title,
        titleZh,
        description,
      })),
    )
    return
  }
  const width = Math.max(...scenarios.map(({ name }) => name.length))
  for (const { name, scenario: one } of scenarios)
    print(`${bold(name.padEnd(width))}  ${one.title}${one.titleZh ? dim(`  ${one.titleZh}`) : ''}`)
}

function show(name: string, { json }: JsonFlag): void {
  const { file, scenario: one } = loadScenario(name)
  if (json) {
    printJson(one)
    return
  }
  const titles = [bold(one.title), one.titleZh, one.description]
  print(`${titles.filter((text) => text !== undefined).join('\n')}\n`)
  for (const rule of one.rules)
    print(`rule  ${explainRule(rule)}\n      ${dim(explainRule(rule, 'zh'))}`)
  for (const [at, step] of one.steps.entries())
    print(`${String(at + 1).padStart(4)}  ${describeStep(step)}`)
  print(`\n${dim(file)}\n${readFileSync(file, 'utf8').trimEnd()}`)
}

async function check(names: readonly string[], { json }: JsonFlag): Promise<void> {
  const chosen = names.length > 0 ? names : scenarioNames()
  const scenarios = chosen.map((name) => loadScenario(name, { toPlay: true }))
  let failed = 0
  for (const { name, scenario: one } of scenarios) {
    const outcome = await playScenario(one)
    // A scenario without steps plays nothing, so it proves nothing: its expectations are of a program.
    const passed = outcome.passed && outcome.steps.length > 0
    if (!passed) failed++
    const { title, steps } = outcome
    if (json) printJson({ name, title, titleZh: one.titleZh, passed, steps })
    else {
      print(`${passed ? green('✓') : red('✗')} ${bold(name)} ${dim(one.title)}`)
      const last = steps.at(-1)
      if (!passed)
        print(
          `    ${last ? `step ${steps.length}, ${last.title}: ${last.problem}` : 'the scenario has no steps: its expectations are for a program of yours, nothing was verified'}`,
        )
    }
  }
  if (!json) print(`${scenarios.length - failed} of ${scenarios.length} scenarios passed`)
  process.exitCode = failed > 0 ? 1 : 0
}
