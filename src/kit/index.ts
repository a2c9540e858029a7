export type {
  FailOn,
  Finding,
  MatrixReport,
  MatrixVerdict,
  Mismatch,
  ProgramRun,
  ReportForm,
} from '../contracts/index.ts'
export {
  defaultFailOn,
  exitText,
  failOnNames,
  report,
  reportForms,
} from '../contracts/index.ts'
export type { Capsule, CapsuleAnswer, CapsuleRequest } from './capsule/capsule.ts'
export { capsule } from './capsule/capsule.ts'
export { writeCapsule } from './capsule/pack.ts'
export { readCapsule } from './capsule/read.ts'
export type { Difference, Replay } from './capsule/replay.ts'
export { replayCapsule } from './capsule/replay.ts'
export type { ShrinkOptions, ShrinkProgress, Shrunk } from './capsule/shrink.ts'
export { shrinkCapsule } from './capsule/shrink.ts'
export { sequenceInWords } from './capsule/words.ts'
export { ProgramError } from './child.ts'
export { contractBreaches } from './contract-breaches.ts'
export type {
  CaseKind,
  CaseStep,
  ContractCase,
  Expected,
  PlannedCall,
} from './contract-suite/case.ts'
export { caseKinds } from './contract-suite/case.ts'
export { contractCases, eachContractCase, NoCaseError } from './contract-suite/cases.ts'
export { contractReport, writeContractReports } from './contract-suite/contract-report.ts'
export type { CaseOptions, ContractSuiteOptions } from './contract-suite/options.ts'
export type { CaseOutcome } from './contract-suite/play.ts'
export { reasonNotToRun } from './contract-suite/play.ts'
export type { ContractReport, ContractRunOptions } from './contract-suite/run.ts'
export { NothingToRunError, runContractSuite } from './contract-suite/run.ts'
export { ContractError, defineContractSuite } from './contract-suite/suite.ts'
export { describeStep } from './describe-step.ts'
export type { DriftFailOn, DriftOptions, DriftReport } from './drift/drift.ts'
export { driftFailOn, findDrift, NothingRecordedError, replayOf } from './drift/drift.ts'
export { driftText } from './drift/drift-text.ts'
export type { GatheredExchanges } from './exchange-sources.ts'
export { ExchangeSourceError, exchangesIn, exchangesOf } from './exchange-sources.ts'
export type { Fixture, FixtureOptions } from './fixture.ts'
export { createFixture } from './fixture.ts'
export type { Interception, InterceptOptions } from './intercept.ts'
export { intercept } from './intercept.ts'
export type { MatrixEvent, MatrixOptions } from './matrix.ts'
export { runMatrix } from './matrix.ts'
export type { Recorder, RecorderEvent, RecorderOptions } from './record/recorder.ts'
export { openRecorder } from './record/recorder.ts'
export { passedSignals, shellStatus } from './run/foreground.ts'
export type { RunOptions, RunResult } from './run/run.ts'
export { runProgram } from './run/run.ts'
export type { HostTraffic } from './run/traffic.ts'
export type { MetError, ScenarioOutcome, StepOutcome } from './scenario-runner.ts'
export { playScenario, worldOf } from './scenario-runner.ts'
export type { TestRunner } from './scenario-suite.ts'
export { defineScenarioSuite } from './scenario-suite.ts'
export { writeReports } from './write-reports.ts'
