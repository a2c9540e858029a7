import { expect, it } from 'vitest'
import { gateTable, modelledErrors } from '../../src/server/gates/index.ts'

it('the gates stand in this order, and each refuses with its errors', () => {
  const order: readonly [gate: string, batch: string, ...errors: string[]][] = [
    ['verb', 'envelope', 'http-action-not-allowed'],
    ['encoding', 'both', 'invalid-encoding', 'remote-service-error/isp.top-parse-error'],
    ['forced-error', 'both'],
    ['method-present', 'call', 'missing-method'],
    ['app', 'envelope', 'missing-app-key', 'invalid-app-key/isv.appkey-not-exists'],
    ['version', 'envelope', 'missing-version', 'invalid-version', 'unsupported-version'],
    ['format', 'envelope', 'invalid-format'],
    ['timestamp', 'envelope', 'missing-timestamp', 'invalid-timestamp'],
    ['signature', 'envelope', 'missing-signature', 'invalid-signature'],
    ['method', 'call', 'invalid-method'],
    ['grants', 'call', 'insufficient-isv-permissions/isv.permission-api-package-limit'],
    ['limits', 'call', 'app-call-limited/accesscontrol.limited-by-app-access-count'],
    [
      'session',
      'call',
      'missing-session',
      'invalid-session/session-is-blank',
      'invalid-session/invalid-sessionkey',
      'invalid-session/sessionkey-not-generated-by-server',
      'invalid-session/session-not-exist',
      'invalid-session/session-expired',
      'insufficient-session-permissions',
    ],
    ['required', 'call', 'missing-required-arguments'],
    ['arguments', 'call', 'invalid-arguments'],
    ['faults', 'call'],
    [
      'answer',
      'call',
      'remote-service-error/isp.internal-error',
      'remote-service-error/isp.remote-service-error',
    ],
  ]
  expect(gateTable().map(({ name, batch, errors }) => [name, batch, ...errors])).toEqual(order)
  expect([...modelledErrors()]).toEqual(
    order.flatMap(([name, , ...errors]) => errors.map((error) => [error, name])),
  )
})
