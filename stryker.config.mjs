const folder = process.env.LOCALTOP_MUTANTS_REPORT ?? '.stryker'

// Mutation testing of the protocol and the gates, by scripts/mutants.mjs: docs/mutation-testing.md.
export default {
  testRunner: 'vitest',
  plugins: ['@stryker-mutator/vitest-runner', import.meta.filename],
  ignorers: ['fidelity-labels'],
  // Tests reach the gates through the composed gateway: what they import says nothing of what they cover.
  vitest: { configFile: 'vitest.mutants.config.ts', related: false },
  coverageAnalysis: 'perTest',
  // No such file: Stryker would rewrite the real one through an API that TypeScript 7 does not have.
  tsconfigFile: 'none.json',
  concurrency: 2,
  // A slow machine is no killed mutant.
  timeoutMS: 20_000,
  incremental: true,
  tempDirName: '.stryker/sandboxes',
  ignorePatterns: ['.stryker', 'dist', 'bench', 'examples', '.localtop'],
  reporters: ['clear-text', 'html', 'json', 'progress'],
  clearTextReporter: { logTests: false, reportTests: false },
  htmlReporter: { fileName: `${folder}/report.html` },
  jsonReporter: { fileName: `${folder}/report.json` },
}

const labels = new Set(['documented', 'observed', 'assumed'])

/** What says how sure we are that the platform behaves so, and is printed by `localtop fidelity`: no behaviour. */
const fidelityLabels = {
  shouldIgnore({ node }) {
    const isLabel = node.type === 'CallExpression' && labels.has(node.callee.name)
    const isLedger = node.type === 'VariableDeclarator' && /Behaviours$/.test(node.id.name)
    return isLabel || isLedger ? 'a fidelity label' : undefined
  },
}

export const strykerPlugins = [{ kind: 'Ignore', name: 'fidelity-labels', value: fidelityLabels }]
