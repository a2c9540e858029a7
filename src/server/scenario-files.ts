import { existsSync, readdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { OptionError } from '../contracts/problems.ts'
import { type Scenario, scenario } from '../contracts/scenario.ts'
import { readDataFile } from './data-files.ts'
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

/**
 * Reads a scenario by its name, or from a file.
 *
 * @throws DataFileError for a file that is none; OptionError naming the known scenarios for an unknown name
 */
export function loadScenario(nameOrFile: string, folder = bundledScenarios): NamedScenario {
  if (extension.test(nameOrFile)) {
    return {
      name: basename(nameOrFile).replace(extension, ''),
      file: nameOrFile,
      scenario: readDataFile(nameOrFile, scenario),
    }
  }
  const file = ['yaml', 'yml', 'json']
    .map((end) => join(folder, `${nameOrFile}.${end}`))
    .find((path) => existsSync(path))
  if (!file || nameOrFile.includes('/')) {
    throw new OptionError(
      `there is no scenario "${nameOrFile}"; there are ${scenarioNames(folder).join(', ')}. A file ends in .yaml or .json`,
    )
  }
  return { name: nameOrFile, file, scenario: readDataFile(file, scenario) }
}
