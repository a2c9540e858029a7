import type { ArgumentIssue } from '../contracts/arguments.ts'
import type { Problem } from '../contracts/problems.ts'
import type { PlatformErrorName, Retry } from '../contracts/protocol/error-table.ts'
import { errorNameOfWire, kindOf, retryOf } from '../contracts/protocol/errors.ts'

/** What all errors of the client have in common. */
export abstract class TopError extends Error {
  /** The method that was called; `authorization_code` or `refresh_token` where a token was asked for. */
  readonly method: string
  /** Whether the gateway may have carried the call out all the same. */
  abstract readonly outcome: 'not-done' | 'unknown'

  constructor(method: string, message: string, options?: ErrorOptions) {
    super(`${method}: ${message}`, options)
    this.method = method
  }
}

/** `error_response` as it came, in either profile's spelling of `code`. */
export interface WireError {
  readonly code: number | string
  readonly msg?: string | undefined
  readonly sub_code?: string | undefined
  readonly sub_msg?: string | undefined
  readonly request_id?: string | undefined
}

/** The platform refused the call. Errors travel with HTTP 200; this is how they come to light. */
export class TopResponseError extends TopError {
  override readonly name = 'TopResponseError'
  /** As it travelled: `27`, or `"invalid_session"` from a gateway in the guide profile. */
  readonly code: number | string
  readonly msg: string
  readonly subCode: string | undefined
  readonly subMsg: string | undefined
  readonly requestId: string | undefined
  /** The error's name in the platform's table, the same for both spellings of the code. */
  readonly error: PlatformErrorName | undefined
  /** What the platform's documents say about sending the call again. */
  readonly retry: Retry
  override readonly outcome: 'not-done' | 'unknown'

  constructor(method: string, { code, msg = '', sub_code, sub_msg, request_id }: WireError) {
    const sub = sub_code ? ` ${sub_code}` : ''
    super(method, `${code} ${msg}${sub}${sub_msg ? ` (${sub_msg})` : ''}`)
    this.code = code
    this.msg = msg
    this.subCode = sub_code
    this.subMsg = sub_msg
    this.requestId = request_id
    this.error = errorNameOfWire(code)
    this.retry = retryOf(code, sub_code)
    this.outcome = kindOf(code, sub_code)?.unknownOutcome ? 'unknown' : 'not-done'
  }

  /** The seconds that a ban's own words name; `undefined` for an error without them. */
  get banSeconds(): number | undefined {
    const seconds = /will last for (\d+) more second/.exec(this.subMsg ?? '')?.[1]
    return seconds === undefined ? undefined : Number(seconds)
  }
}

/** The call did not reach the gateway, or its answer did not reach the client. */
export class TopTransportError extends TopError {
  override readonly name = 'TopTransportError'
  /** `not-done` only where no connection came about. */
  override readonly outcome: 'not-done' | 'unknown'
  /** The HTTP status, where an answer came that is not the platform's. */
  readonly status: number | undefined

  constructor(
    method: string,
    message: string,
    outcome: 'not-done' | 'unknown',
    { status, cause }: { status?: number | undefined; cause?: unknown } = {},
  ) {
    super(method, message, { cause })
    this.outcome = outcome
    this.status = status
  }
}

/** An answer came, and it is not what the method's contract promises. */
export class TopShapeError extends TopError {
  override readonly name = 'TopShapeError'
  override readonly outcome = 'unknown'
  readonly problems: readonly Problem[]
  /** The answer, cut at 2,000 characters. */
  readonly body: string

  constructor(method: string, problems: readonly Problem[], body: string) {
    const [first] = problems
    super(
      method,
      `the answer breaks the contract at ${first?.path || 'its root'}: ${first?.message}`,
    )
    this.problems = problems
    this.body = body.slice(0, 2000)
  }
}

/** The request breaks the method's contract; nothing was sent. */
export class TopRequestError extends TopError {
  override readonly name = 'TopRequestError'
  override readonly outcome = 'not-done'
  readonly issues: readonly ArgumentIssue[]

  constructor(method: string, issues: readonly ArgumentIssue[]) {
    const [first] = issues
    const came = first?.received === undefined ? 'is missing' : `was "${first.received}"`
    super(method, `"${first?.parameter}" ${came}: ${first?.expected}`)
    this.issues = issues
  }
}

/** The platform gave no token: code or refresh token are not (or no longer) good, or the app is not known. */
export class TopAuthError extends TopError {
  override readonly name = 'TopAuthError'
  override readonly outcome = 'not-done'
  /** As it came: the platform says `invalid_client` for a bad code too. */
  readonly error: string
  readonly description: string
  /** The HTTP status; 400 from the platform. */
  readonly status: number

  constructor(
    grant: string,
    {
      error,
      description,
      status,
    }: { readonly error: string; readonly description: string; readonly status: number },
  ) {
    super(grant, description === '' ? error : `${error} (${description})`)
    this.error = error
    this.description = description
    this.status = status
  }
}

const named = (error: unknown, name: string) =>
  error instanceof Error && error.name === name && 'outcome' in error

// By name, so that they hold across two copies of this module.
export const isTopResponseError = (error: unknown): error is TopResponseError =>
  named(error, 'TopResponseError')
export const isTopTransportError = (error: unknown): error is TopTransportError =>
  named(error, 'TopTransportError')
export const isTopShapeError = (error: unknown): error is TopShapeError =>
  named(error, 'TopShapeError')
export const isTopRequestError = (error: unknown): error is TopRequestError =>
  named(error, 'TopRequestError')
export const isTopAuthError = (error: unknown): error is TopAuthError =>
  named(error, 'TopAuthError')
export const isTopError = (error: unknown): error is TopError =>
  isTopResponseError(error) ||
  isTopTransportError(error) ||
  isTopShapeError(error) ||
  isTopRequestError(error) ||
  isTopAuthError(error)
