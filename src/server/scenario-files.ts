import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { nearest } from '../contracts/near.ts'
import { OptionError, type Problem, pathText } from '../contracts/problems.ts'
import { type KnownMethods, knownMethods } from '../contracts/registry.ts'
import { unknownMethods } from '../contracts/rule-checks.ts'
import { type Scenario, scenario } from '../contracts/scenario.ts'
import { readDataFile } from './data-files.ts'
import { defaultLimits } from './limits.ts'
import { packageRoot } from './package-root.ts'

/** A scenario with the name that people call it by. */
export interface NamedScenario {
  readonly name: string
  readonly file: string
  readonly scenario: Scenario
}

const extension = /\.(ya?ml|json)$/

/** The folder of the scenarios that come with LocalTOP. */
export const bundledScenarios = join(packageRoot, 'scenarios')

/** The names of the scenarios that come with LocalTOP. */
export const scenarioNames = (folder = bundledScenarios): string[] =>
  readdirSync(folder)
    .filter((file) => extension.test(file))
    .map((file) => file.replace(extension, ''))
    .sort()

/** How a scenario is looked for and looked at. */
export interface LoadOptions {
  /** Where names are looked for. @default the scenarios that come with LocalTOP */
  readonly folder?: string
  /** The methods that rules may be about. @default those that LocalTOP knows */
  readonly known?: KnownMethods
  /** Whether it must have something that can be played or judged. @default false */
  readonly toPlay?: boolean
}

/**
 * Reads a scenario by its name, or from a file.
 *
 * @throws DataFileError for a file that is none; OptionError naming the known scenarios for an unknown name
 */
export function loadScenario(nameOrFile: string, options: LoadOptions = {}): NamedScenario {
  const { folder = bundledScenarios } = options
  const read = (file: string) =>
    readDataFile(file, scenario, (value) => problemsIn(value, options), defaultLimits.scenarioBytes)
  if (extension.test(nameOrFile)) {
    return {
      name: basename(nameOrFile).replace(extension, ''),
      file: nameOrFile,
      scenario: read(nameOrFile),
    }
  }
  const file = ['yaml', 'yml', 'json']
    .map((end) => join(folder, `${nameOrFile}.${end}`))
    .find((path) => existsSync(path))
  if (!file || nameOrFile.includes('/')) {
    const names = scenarioNames(folder)
    const meant = nearest(nameOrFile, names)
    throw new OptionError(
      `there is no scenario "${nameOrFile}"${meant ? `; did you mean ${meant}?` : '.'} There are ${names.length}, which "localtop scenarios list" shows; a file ends in .yaml or .json`,
    )
  }
  return { name: nameOrFile, file, scenario: read(file) }
}

function problemsIn(
  { rules, steps, expect }: Scenario,
  { known = knownMethods(), toPlay = false }: LoadOptions,
): Problem[] {
  const problems = unknownMethods(rules, known).map(({ path, message }) => ({
    path: pathText(path),
    message,
  }))
  if (toPlay && steps.length === 0 && !expect) {
    problems.push({
      path: 'steps',
      message: 'the scenario has no steps and no expect: nothing would be verified',
    })
  }
  return problems
}
