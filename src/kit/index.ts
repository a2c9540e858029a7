export { ProgramError } from './child.ts'
export type {
  CaseKind,
  CaseStep,
  ContractCase,
  Expected,
  PlannedCall,
} from './contract-suite/case.ts'
export { caseKinds } from './contract-suite/case.ts'
export { contractCases, eachContractCase, NoCaseError } from './contract-suite/cases.ts'
export type { Mismatch } from './contract-suite/mismatch.ts'
export type { CaseOptions, ContractSuiteOptions } from './contract-suite/options.ts'
export type { CaseOutcome } from './contract-suite/play.ts'
export { reasonNotToRun } from './contract-suite/play.ts'
export type { ContractReport, RunOptions } from './contract-suite/run.ts'
export { NothingToRunError, runContractSuite } from './contract-suite/run.ts'
export { ContractError, defineContractSuite } from './contract-suite/suite.ts'
export { describeStep } from './describe-step.ts'
export type { MatrixEvent, MatrixOptions } from './matrix.ts'
export { runMatrix } from './matrix.ts'
export { contractReport, writeContractReports } from './report/contract-report.ts'
export type { ReportForm } from './report/index.ts'
export { report, reportForms, writeReports } from './report/index.ts'
export type { Paint } from './report/text.ts'
export type { FailOn, MatrixReport, MatrixVerdict, ProgramRun } from './run-report.ts'
export { defaultFailOn, exitText, failOnNames } from './run-report.ts'
export type { MetError, ScenarioOutcome, StepOutcome } from './scenario-runner.ts'
export { playScenario, worldOf } from './scenario-runner.ts'
export type { TestRunner } from './scenario-suite.ts'
export { defineScenarioSuite } from './scenario-suite.ts'
