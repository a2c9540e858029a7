export type {
  Gateway,
  GatewayClock,
  GatewayExchanges,
  GatewayFaults,
  GatewayScenarios,
  OfTenant,
} from './core.ts'
export { signedCurl } from './curl.ts'
export { DataFileError, readDataFile } from './data-files.ts'
export type { DescribedMethod, MethodError } from './describe-method.ts'
export type { ExplainedCall } from './diagnosis.ts'
export type { HttpStatusMode } from './encode.ts'
export type { ErrorCatalogue, ListedError, ShownError } from './error-list.ts'
export { errorCatalogue, showError } from './error-list.ts'
export type { LedgerEntry } from './fidelity.ts'
export { fidelityLedger } from './fidelity.ts'
export { magicParameters } from './gates/request.ts'
export { createGateway, methodCounts } from './gateway.ts'
export type { Handler, HandlerContext } from './handlers/handler.ts'
export type { Limits } from './limits.ts'
export type { Listening, ListenOptions } from './listen.ts'
export { isLoopback, PortInUseError } from './listen.ts'
export type {
  GatewayOptions,
  IssuedNumbers,
  LogEvent,
  MethodEntry,
  Tap,
  WrittenAnswer,
} from './options.ts'
export { ExistingStateError } from './options.ts'
export { packageRoot } from './package-root.ts'
export type { ReportOptions } from './report.ts'
export type { LoadOptions, NamedScenario } from './scenario-files.ts'
export { bundledScenarios, loadScenario, scenarioNames } from './scenario-files.ts'
export type { ScenarioFile } from './scenarios-in-force.ts'
export type { ClockState } from './state/clock.ts'
export type { FileDoor } from './state/file-door.ts'
export type {
  FolderCompaction,
  FolderRepair,
  FolderReport,
  PlaceInFolder,
  RepairOptions,
} from './state/folder-tools.ts'
export { checkFolder, compactFolder, repairFolder } from './state/folder-tools.ts'
export type { Durability } from './state/journal-adapter.ts'
export { FolderInUseError } from './state/lock.ts'
export { StoreFormatError } from './state/log-lines.ts'
export type { Snapshot } from './state/snapshot.ts'
export { RedisUnavailableError, StoreUnavailableError } from './state/store-error.ts'
export type { Certificate, KeptCertificate } from './tls.ts'
export { keptCertificate } from './tls.ts'
export type { SignatureDiagnosis } from './traffic/diagnosis-mask.ts'
export type { Exchange, ExplainedExchange, NearMiss, UploadedFile } from './traffic/exchange.ts'
export type { ExchangeFilter } from './traffic/journal.ts'
export type { ActiveRule } from './traffic/rules.ts'
export { version } from './version.ts'
