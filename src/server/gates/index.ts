import type { AnyContract } from '../../contracts/define-method.ts'
import { assumed, documented, type Fidelity, observed } from '../../contracts/fidelity.ts'
import type { PlatformErrorRef } from '../../contracts/protocol/error-table.ts'
import type { Rate } from '../../contracts/rate.ts'
import type { Received } from '../call.ts'
import type { AnyHandler } from '../handlers/handler.ts'
import { type GateInfo, pipeline } from '../pipeline.ts'
import { createRules, type Rules } from '../traffic/rules.ts'
import { answerWith } from './answer.ts'
import { checkGrants, findApp } from './app.ts'
import { checkRequired, readArguments } from './arguments.ts'
import { checkLimits } from './limits.ts'
import { findContract } from './method.ts'
import {
  checkEncoding,
  checkFormat,
  checkMethodPresent,
  checkVerb,
  checkVersion,
  forceError,
} from './request.ts'
import { checkSession } from './session.ts'
import { verifySignature } from './signature.ts'
import { checkTimestamps } from './timestamp.ts'

export interface GateDeps {
  readonly findContract: (name: string) => AnyContract | undefined
  readonly findHandler: (contract: AnyContract) => AnyHandler | undefined
  readonly rules: Rules
  readonly rateLimit: Rate | 'off' | undefined
  /** How far a timestamp may be off, in milliseconds. */
  readonly timestampWindow: number
  readonly onBug: (problem: Error, call: Received) => void
}

const order = 'the order is not published; this one fits the payloads seen'
const gateOf =
  (batch: GateInfo['batch']) =>
  (name: string, errors: readonly PlatformErrorRef[], label: Fidelity): GateInfo => ({
    name,
    errors,
    batch,
    ...label,
  })
/** A check of the envelope of a batch, as far as there is one. */
const once = gateOf('envelope')
/** A check of each call of a batch. */
const each = gateOf('call')
const both = gateOf('both')

/** THE ORDER in which a call is checked. The first refusal is the answer. */
export const gatesFor = (deps: GateDeps) =>
  pipeline<Received>()
    .gate(
      once('verb', ['http-action-not-allowed'], documented('error table: GET and POST only')),
      checkVerb,
    )
    .gate(
      both(
        'encoding',
        ['invalid-encoding', 'remote-service-error/isp.top-parse-error'],
        documented('everything is UTF-8; the size limit is ours'),
      ),
      checkEncoding,
    )
    .gate(
      both('forced-error', [], assumed('a tool of LocalTOP, not of the platform')),
      forceError(deps.findContract),
    )
    .gate(
      each('method-present', ['missing-method'], observed('an empty call answers 21')),
      checkMethodPresent,
    )
    .gate(
      once(
        'app',
        ['missing-app-key', 'invalid-app-key/isv.appkey-not-exists'],
        observed('a full call with an unknown key answers 29'),
      ),
      findApp,
    )
    .gate(
      once(
        'version',
        ['missing-version', 'invalid-version', 'unsupported-version'],
        documented(`error table; ${order}`),
      ),
      checkVersion,
    )
    .gate(once('format', ['invalid-format'], documented(`error table; ${order}`)), checkFormat)
    .gate(
      once(
        'timestamp',
        ['missing-timestamp', 'invalid-timestamp'],
        documented('ten minutes, GMT+8'),
      ),
      checkTimestamps(deps.timestampWindow),
    )
    .gate(
      once(
        'signature',
        ['missing-signature', 'invalid-signature'],
        observed('a bad sign with missing arguments answers 25'),
      ),
      verifySignature,
    )
    .gate(
      each('method', ['invalid-method'], documented(`error table; ${order}`)),
      findContract(deps.findContract),
    )
    .gate(
      each(
        'grants',
        ['insufficient-isv-permissions/isv.permission-api-package-limit'],
        observed('logged payloads'),
      ),
      checkGrants,
    )
    .gate(
      each(
        'limits',
        ['app-call-limited/accesscontrol.limited-by-app-access-count'],
        documented('flow control page'),
      ),
      checkLimits(deps.rateLimit),
    )
    .gate(
      each(
        'session',
        [
          'missing-session',
          'invalid-session/session-is-blank',
          'invalid-session/invalid-sessionkey',
          'invalid-session/sessionkey-not-generated-by-server',
          'invalid-session/session-not-exist',
          'invalid-session/session-expired',
          'insufficient-session-permissions',
        ],
        observed('logged payloads; that an ended level gives 42 is assumed'),
      ),
      checkSession,
    )
    .gate(
      each('required', ['missing-required-arguments'], observed('logged payloads')),
      checkRequired,
    )
    .gate(
      each(
        'arguments',
        ['invalid-arguments'],
        observed('logged payloads; limits from the catalogue'),
      ),
      readArguments,
    )
    .gate(each('faults', [], assumed('scenario rules, a tool of LocalTOP')), deps.rules.apply)
    .gate(
      each(
        'answer',
        // Besides, whatever sub-codes the methods declare.
        [
          'remote-service-error/isp.internal-error',
          'remote-service-error/isp.remote-service-error',
        ],
        documented('business errors travel as code 15; 530 was logged'),
      ),
      answerWith(deps.findHandler, deps.onBug),
    )

/** The errors that gates answer by their real causes, each with its gate. What methods declare comes besides. */
export function modelledErrors(): ReadonlyMap<string, string> {
  return new Map(
    gateTable().flatMap(({ name, errors }) => errors.map((error) => [error as string, name])),
  )
}

/** The order as data, for readers: nothing in it is called. */
export const gateTable = (): readonly GateInfo[] =>
  gatesFor({
    findContract: () => undefined,
    findHandler: () => undefined,
    rules: createRules(),
    rateLimit: undefined,
    timestampWindow: 0,
    onBug: () => {},
  }).gates
