/** What the gateway takes no more of. The platform's own limits are in the contracts of its methods. */
export interface Limits {
  /** Open connections of a port; one more is closed at once. @default 4096 */
  readonly connections: number
  /** Until a request's line and headers have come, in milliseconds. @default 30000 */
  readonly headersMs: number
  /** Until a whole request has come, its body too, in milliseconds. @default 120000 */
  readonly requestMs: number
  /** Until a connection on which nothing is asked is closed, in milliseconds. @default 5000 */
  readonly idleMs: number
  /** A request's line and headers together; a GET carries all its parameters there. @default 256 KB */
  readonly headerBytes: number
  /** The body of a call, its files too. @default 16 MB */
  readonly bodyBytes: number
  /** The text of a call: a body that is not multipart, the texts of one that is. @default 4 MB */
  readonly textBytes: number
  /** Parameters and files of a call, repeated ones counted. @default 1000 */
  readonly parameters: number
  /** Calls in a batch. @default 100 */
  readonly batchCalls: number
  /** A body of OAuth. @default 64 KB */
  readonly oauthBodyBytes: number
  /** A body of the control API. @default 32 MB */
  readonly controlBodyBytes: number
  /** The body of `POST /_localtop/explain`; a call in it has at most `parameters`. @default 1 MB */
  readonly explainBytes: number
  /** The body of `PUT /_localtop/snapshot`. @default 256 MB */
  readonly snapshotBytes: number
  /** A scenario file, and the body of `PUT /_localtop/scenarios`. @default 1 MB */
  readonly scenarioBytes: number
  /** Tenants at a time. @default 10000 */
  readonly tenants: number
  /** Exchanges in the journal; the oldest goes. @default 1000 */
  readonly journalCount: number
  /** Characters of requests and answers in the journal, roughly. @default 32 MB */
  readonly journalBytes: number
}

const kb = 1024
const mb = 1024 * kb

export const defaultLimits: Limits = {
  connections: 4096,
  headersMs: 30_000,
  requestMs: 120_000,
  idleMs: 5000,
  headerBytes: 256 * kb,
  bodyBytes: 16 * mb,
  textBytes: 4 * mb,
  parameters: 1000,
  batchCalls: 100,
  oauthBodyBytes: 64 * kb,
  controlBodyBytes: 32 * mb,
  explainBytes: mb,
  snapshotBytes: 256 * mb,
  scenarioBytes: mb,
  tenants: 10_000,
  journalCount: 1000,
  journalBytes: 32 * mb,
}
