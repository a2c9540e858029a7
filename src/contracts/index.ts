// Declaring methods and looking them up

export type { Mismatch } from './answer-shape/mismatch.ts'
export { below, mismatch, valueAt } from './answer-shape/mismatch.ts'
export type { Body } from './answer-shape/read-body.ts'
export { isObject, readBody } from './answer-shape/read-body.ts'
export { checkJson, checkXml, plainOf, structureIn } from './answer-shape/shape-check.ts'
export type { ArgumentIssue } from './arguments.ts'
export {
  advisories,
  decodeArguments,
  encodeArguments,
  missingArgument,
  unknownArguments,
} from './arguments.ts'
export type { Field, MethodRow, Parameter } from './catalogue/row.ts'
export { fieldsOf, findRow } from './catalogue/rows.ts'
export type { ClockCommand, ExplainRequest, Tenant, TenantRequest } from './control.ts'
export {
  clockCommand,
  controlPath,
  controlRoutes,
  explainRequest,
  tenantRequest,
} from './control.ts'
// Worlds, scenarios, the control API
export { defaultWorld } from './default-world.ts'
export type {
  AnyContract,
  MethodContract,
  RequestOf,
  ResponseOf,
  SampleOptions,
  SubCode,
  SubCodeOf,
} from './define-method.ts'
export {
  contractTable,
  defineMethod,
  isReading,
  requiredParameters,
  rootOf,
  shapeOfAnswer,
} from './define-method.ts'
// Documents, all written from the facts of a method
export type {
  FieldFacts,
  ListedMethod,
  MethodFacts,
  SideFacts,
  StructureFacts,
} from './documents/facts.ts'
export { factsOf, listedMethods, methodFacts } from './documents/facts.ts'
export type { JsonSchema } from './documents/json-schema.ts'
export { jsonSchemasOf } from './documents/json-schema.ts'
export type { OpenApiOptions } from './documents/openapi.ts'
export { openApiText } from './documents/openapi.ts'
export type { PageLanguage, PageRow, PageTable, ReferencePage } from './documents/reference-page.ts'
export { pageLanguages, referencePage, tierWords } from './documents/reference-page.ts'
export type { RequestSampleOptions } from './documents/sample.ts'
export { sampleAnswer, sampleRequest } from './documents/sample.ts'
export type { MethodFilter, MethodList } from './documents/search.ts'
export { listMethods, methodsNear, sessionWords, statusWords } from './documents/search.ts'
export { typescriptOf } from './documents/typescript.ts'
export type { MockComparison } from './drift/compare-answers.ts'
export { createMockComparison } from './drift/compare-answers.ts'
export type { DriftFinding, DriftKind, Findings, UsedParts } from './drift/drift.ts'
export { compareWithContracts, createFindings, driftKinds, usedParts } from './drift/drift.ts'
export type { Made } from './drift/replay.ts'
export { scenarioFrom, worldFrom } from './drift/replay.ts'
export { findError, magicReference } from './error-reference.ts'
export type {
  ExchangeLine,
  ExchangeLines,
  RecordingHeader,
  Usage,
} from './exchanges/exchange-lines.ts'
export { ExchangeFormatError, readExchangeLines } from './exchanges/exchange-lines.ts'
export type { PassedExchange, RecordedLine } from './exchanges/recorded-lines.ts'
export { recordedLines } from './exchanges/recorded-lines.ts'
export type { SentCalls, SentRequest } from './exchanges/sent-calls.ts'
export { sentCalls } from './exchanges/sent-calls.ts'
export { usageOf } from './exchanges/usage.ts'
export { explainRule } from './explain-rule.ts'
export type { Behaviour } from './fidelity.ts'
// Verdicts on what an integration did
export { adviceOn } from './judges/advice.ts'
export type { BreachKind, CallBreach, Severity } from './judges/breach.ts'
export { breachKindNames, severityOf } from './judges/breach.ts'
export type { SentToMethod } from './judges/call-breaches.ts'
export { breachesOf } from './judges/call-breaches.ts'
export type { Coverage, MetError } from './judges/coverage.ts'
export { errorsOfRules } from './judges/coverage.ts'
export type {
  CallEvidence,
  CallFault,
  ExitEvidence,
  Finding,
  ItemEvidence,
  JudgeName,
  RunEvidence,
} from './judges/evidence.ts'
export { judgeNames } from './judges/evidence.ts'
export type { Grade } from './judges/grade.ts'
export { gradeRule } from './judges/grade.ts'
export type { ItemTally } from './judges/items.ts'
export type { JudgeOptions, RunReport } from './judges/judge.ts'
export { judgeRun } from './judges/judge.ts'
export type { JudgeLimits } from './judges/limits.ts'
export { judgeLimits } from './judges/limits.ts'
export type { LockChange, LockFile, Locking, SourcedExchange } from './lock/lock.ts'
export {
  LockError,
  lockChanges,
  lockChangeText,
  lockFile,
  lockOf,
  lockText,
  mergeLocks,
  readLock,
} from './lock/lock.ts'
export { authMethods, topAuthTokenCreate, topAuthTokenRefresh } from './methods/auth.ts'
export {
  itemAdd,
  itemDelete,
  itemMethods,
  itemQuantityUpdate,
  itemSellerGet,
  itemsCustomGet,
  itemsInventoryGet,
  itemsOnsaleGet,
  itemUpdate,
  itemUpdateDelisting,
  itemUpdateListing,
} from './methods/item.ts'
export { itemImgDelete, itemImgMethods, itemImgUpload } from './methods/item-img.ts'
export { smsMethods, smsNumSend } from './methods/sms.ts'
export { userMethods, userSellerGet } from './methods/user.ts'
export { timeGet, utilMethods } from './methods/util.ts'
export type { Item, Sku } from './models/item.ts'
export type { User } from './models/user.ts'
export type { HostKind } from './platform-hosts.ts'
export {
  hostKind,
  hostName,
  offlineText,
  platformDomains,
  platformHosts,
  withheldText,
} from './platform-hosts.ts'
export type { Problem } from './problems.ts'
export { OptionError, pathText, problemsOf } from './problems.ts'
export type { Profile, ProfileName } from './profile.ts'
export { describeProfile, profileNames, profiles } from './profile.ts'
export { batchSeparator, separatorHeader, writeBatch } from './protocol/batch.ts'
export type { Format } from './protocol/envelope.ts'
export { contentTypes, responseKey, writeError } from './protocol/envelope.ts'
export type {
  ErrorKind,
  Fidelity,
  PlatformError,
  PlatformErrorName,
  PlatformErrorRef,
  Retry,
} from './protocol/error-table.ts'
export { platformErrors, unknownCodes } from './protocol/error-table.ts'
export type { ErrorResponse, Explanation } from './protocol/errors.ts'
export {
  errorNameOfWire,
  guideCode,
  kindOf,
  Rejection,
  reject,
  retryOf,
} from './protocol/errors.ts'
export { parseJson } from './protocol/json.ts'
export { addMultipart, boundaryOf } from './protocol/multipart.ts'
export type { AuthorizeView, SecurityLevel, TokenAnswer } from './protocol/oauth.ts'
export { oauthErrors, oauthFacts, oauthPaths } from './protocol/oauth.ts'
export {
  addUrlencoded,
  isSystemParameter,
  noParameters,
  systemParameters,
} from './protocol/parameters.ts'
export type { TopFile, WireArguments } from './protocol/scalars.ts'
export {
  boolean,
  date,
  id,
  json,
  listOf,
  normalPrice,
  number,
  price,
  text,
  topBoolean,
  topDate,
  topEnum,
  topFields,
  topFile,
  topId,
  topNumber,
  topPrice,
  topText,
  topTextList,
} from './protocol/scalars.ts'
export type { SignForm, SignMethod, TextParams } from './protocol/sign.ts'
// The protocol
export {
  acceptedForm,
  canonicalString,
  canonicalStringByPair,
  digest,
  sign,
  signMethods,
} from './protocol/sign.ts'
export type { SubCodeFamily } from './protocol/sub-code-families.ts'
export { subCodeFamilies } from './protocol/sub-code-families.ts'
export {
  formatTime,
  parseDuration,
  parseTime,
  parseTimestamp,
  timestampWindow,
} from './protocol/timestamp.ts'
export type { WireShape } from './protocol/wire-shape.ts'
export type { Rate } from './rate.ts'
export { formatRate, parseRate, rateWindow } from './rate.ts'
export type { KnownMethods } from './registry.ts'
export { findMethod, knownMethods, methodNames, methods, tierOf } from './registry.ts'
export {
  html as escapeHtml,
  markdown as escapeMarkdown,
  terminal as escapeTerminal,
  xml as escapeXmlText,
} from './report/escape.ts'
export type { ReportForm } from './report/forms.ts'
export { describeForm, report, reportForms } from './report/forms.ts'
export { page as reportPage } from './report/page.ts'
export type { FailOn, MatrixReport, MatrixVerdict, ProgramRun } from './report/run-report.ts'
export {
  defaultFailOn,
  exitText,
  failOnNames,
  statusText,
  verdictOn,
} from './report/run-report.ts'

export type { Paint } from './report/text.ts'
export { exchangesText } from './report/words.ts'
export type { FaultSeed, Rule, RuleSeed } from './rule.ts'
export { decidersOf, errorRef } from './rule.ts'
export type {
  Caller,
  Expectations,
  Scenario,
  ScenarioSeed,
  ScenarioStep,
  StepFile,
  StepOutcomeExpected,
} from './scenario.ts'
export { defineScenario, expectations, scenario } from './scenario.ts'
export { isSecretName } from './secret-names.ts'
// The signature doctor
export { CallFormatError } from './signature-doctor/call-format.ts'
export type {
  ByteDifference,
  SignatureCause,
  SignatureContext,
  SignatureExplanation,
  SignedCall,
} from './signature-doctor/explain.ts'
export { explainSignature } from './signature-doctor/explain.ts'
export type { FixLanguage } from './signature-doctor/fixes.ts'
export { fixLanguages } from './signature-doctor/fixes.ts'
export { readCall } from './signature-doctor/read-call.ts'
export type { ReadFile } from './signature-doctor/read-curl.ts'
export type { ReadCall } from './signature-doctor/sent-call.ts'
export { textPattern } from './text-pattern.ts'
export type { Tier } from './tier.ts'
export { tiers } from './tier.ts'
export type { FaultHook, WireFault, WireFaultKind } from './wire-faults.ts'
export { hookOf, wireFaultKinds } from './wire-faults.ts'
export type { ParsedWorld, WorldSeed } from './world.ts'
export { worldParts, worldSeed } from './world.ts'
export { writtenMoment, writtenRate, writtenWindow } from './written-values.ts'
