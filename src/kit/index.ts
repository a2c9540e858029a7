export type { ScenarioOutcome, StepOutcome } from './scenario-runner.ts'
export { describeStep, playScenario, worldOf } from './scenario-runner.ts'
export type { TestRunner } from './scenario-suite.ts'
export { defineScenarioSuite } from './scenario-suite.ts'
