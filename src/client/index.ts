export { createClient } from './client.ts'
export type { WireError } from './errors.ts'
export {
  isTopAuthError,
  isTopError,
  isTopRequestError,
  isTopResponseError,
  isTopShapeError,
  isTopTransportError,
  TopAuthError,
  TopError,
  TopRequestError,
  TopResponseError,
  TopShapeError,
  TopTransportError,
} from './errors.ts'
export type { ItemRow, RowProblem } from './item-files.ts'
export { ItemFileError, readItems, readItemTexts } from './item-files.ts'
export type { AuthorizeOptions, TokenSpan, TopToken } from './oauth.ts'
export type { ClientOptions, RetryOptions } from './options.ts'
export type { PublishFileOptions, PublishFileSummary, RowResult } from './publish-file.ts'
export { publishFile } from './publish-file.ts'
export type {
  PublishableItem,
  PublishError,
  PublishOptions,
  PublishResult,
} from './publish-types.ts'
export type { CallOptions, MethodTypes, TopClient } from './top-client.ts'
