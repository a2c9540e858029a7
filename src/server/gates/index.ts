import type { AnyContract } from '../../contracts/define-method.ts'
import type { Fidelity } from '../../contracts/protocol/error-table.ts'
import type { Rate } from '../../contracts/rate.ts'
import type { Received } from '../call.ts'
import type { AnyHandler } from '../handlers/handler.ts'
import { type GateInfo, pipeline } from '../pipeline.ts'
import type { Rules } from '../traffic/rules.ts'
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
  (name: string, codes: readonly number[], label: Fidelity): GateInfo => ({
    name,
    codes,
    batch,
    ...label,
  })
/** A check of the envelope of a batch, as far as there is one. */
const once = gateOf('envelope')
/** A check of each call of a batch. */
const each = gateOf('call')
const both = gateOf('both')
const documented = (source: string): Fidelity => ({ fidelity: 'documented', source })
const observed = (source: string): Fidelity => ({ fidelity: 'observed', source })
const assumed = (source: string): Fidelity => ({ fidelity: 'assumed', source })

/** THE ORDER in which a call is checked. The first refusal is the answer. */
export const gatesFor = (deps: GateDeps) =>
  pipeline<Received>()
    .gate(once('verb', [9], documented('error table: GET and POST only')), checkVerb)
    .gate(
      both('encoding', [47, 15], documented('everything is UTF-8; the size limit is ours')),
      checkEncoding,
    )
    .gate(both('forced-error', [], assumed('a tool of LocalTOP, not of the platform')), forceError)
    .gate(each('method-present', [21], observed('an empty call answers 21')), checkMethodPresent)
    .gate(once('app', [28, 29], observed('a full call with an unknown key answers 29')), findApp)
    .gate(once('version', [32, 33, 34], documented(`error table; ${order}`)), checkVersion)
    .gate(once('format', [23], documented(`error table; ${order}`)), checkFormat)
    .gate(
      once('timestamp', [30, 31], documented('ten minutes, GMT+8')),
      checkTimestamps(deps.timestampWindow),
    )
    .gate(
      once('signature', [24, 25], observed('a bad sign with missing arguments answers 25')),
      verifySignature,
    )
    .gate(
      each('method', [22], documented(`error table; ${order}`)),
      findContract(deps.findContract),
    )
    .gate(each('grants', [11], observed('logged payloads')), checkGrants)
    .gate(each('limits', [7], documented('flow control page')), checkLimits(deps.rateLimit))
    .gate(each('session', [26, 27, 42], observed('logged payloads; 42 assumed')), checkSession)
    .gate(each('required', [40], observed('logged payloads')), checkRequired)
    .gate(
      each('arguments', [41], observed('logged payloads; limits from the catalogue')),
      readArguments,
    )
    .gate(each('faults', [], assumed('scenario rules, a tool of LocalTOP')), deps.rules.apply)
    .gate(
      each('answer', [15, 530], documented('business errors travel as code 15; 530 was logged')),
      answerWith(deps.findHandler, deps.onBug),
    )
