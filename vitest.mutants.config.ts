import { relative } from 'node:path'
import { defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'
import base from './vitest.config.ts'

/** First what the last mutants failed, then the shortest: most mutants die at once. */
class LikeliestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]) {
    const rank = ({ project, moduleId }: TestSpecification) => {
      const key = `${project.name}:${relative(this.ctx.config.root, moduleId)}`
      const last = this.ctx.cache.getFileTestResults(key)
      return last === undefined ? Number.POSITIVE_INFINITY : last.failed ? 0 : last.duration
    }
    return files.toSorted((one, other) => rank(one) - rank(other))
  }
}

/** What runs for every mutant of `npm run test:mutants`: the fast tests of the protocol and the gates. */
export default defineConfig({
  test: {
    ...base.test,
    // Nothing here runs the built package.
    globalSetup: [],
    setupFiles: ['test/support/few-runs.ts'],
    sequence: { sequencer: LikeliestFirst },
    include: (process.env.LOCALTOP_MUTANTS_TESTS ?? '').split(','),
  },
})
