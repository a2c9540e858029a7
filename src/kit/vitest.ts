import { test as base, expect } from 'vitest'
import { errorNameOfWire, exchangesText } from '../contracts/index.ts'
import type { Exchange, Gateway } from '../server/index.ts'
import { contractBreaches } from './contract-breaches.ts'
import { createFixture, type Fixture } from './fixture.ts'

export type { Fixture, FixtureOptions } from './fixture.ts'
export { createFixture } from './fixture.ts'

/** Whose calls are looked at: a fixture's tenant, or all of a gateway. */
type Called = Fixture | Gateway

/** Vitest's `test` with a fixture of its own for each test that asks for `top`. */
export const test = base.extend<{ top: Fixture }>({
  // biome-ignore lint/correctness/noEmptyPattern: vitest reads the pattern to see what a fixture needs
  top: async ({}, use) => {
    await using top = await createFixture()
    await use(top)
  },
})

interface TopMatchers<R = unknown> {
  /**
   * An error of the platform: thrown by a client, or an answer that holds `error_response`.
   *
   * @param expected its sub-code (`isv.x`), its code in either profile's spelling (`27`, `'invalid_session'`), or
   * both (`'15/isv.x'`); any error where it is absent
   */
  toBeTopError(expected?: string | number): R
  /**
   * That a fixture's tenant, or anybody where a gateway is given, called a method.
   *
   * @param params some of its parameters, as they travel; asymmetric matchers may stand for values
   */
  toHaveBeenCalledWithMethod(method: string, params?: Readonly<Record<string, unknown>>): R
  /** That no call broke the contract of its method. */
  toHaveKeptContract(): R
}

declare module 'vitest' {
  // biome-ignore lint/suspicious/noExplicitAny: declared so by vitest
  interface Matchers<T = any> extends TopMatchers<T> {}
}

expect.extend({
  toBeTopError(received: unknown, expected?: string | number) {
    const error = topErrorIn(received)
    const [code, subCode] = wanted(expected)
    const pass =
      error !== undefined &&
      (code === undefined || isSameCode(code, error.code)) &&
      (subCode === undefined || subCode === error.subCode)
    const { printReceived } = this.utils
    return {
      pass,
      message: () =>
        `expected ${error ? `the TOP error ${error.code}${error.subCode ? `/${error.subCode}` : ''}` : printReceived(received)} ${this.isNot ? 'not ' : ''}to be ${expected === undefined ? 'an error of the platform' : `the TOP error ${expected}`}`,
    }
  },
  toHaveBeenCalledWithMethod(
    received: Called,
    method: string,
    params: Readonly<Record<string, unknown>> = {},
  ) {
    const { gateway, appKey } = partsOf(received)
    const calls = gateway.exchanges.list({ appKey })
    const ofMethod = calls
      .filter((call) => call.method === method)
      .map(({ id }) => ({ id, params: gateway.exchanges.find(id)?.request.params ?? {} }))
    const asSent = Object.entries(params).map(([name, value]) => [name, sentForm(value)] as const)
    const pass = ofMethod.some((call) =>
      asSent.every(([name, value]) => this.equals(call.params[name], value)),
    )
    const { printExpected, printReceived } = this.utils
    return {
      pass,
      message: () =>
        [
          `expected ${method} ${this.isNot ? 'not ' : ''}to have been called${asSent.length > 0 ? ` with ${printExpected(Object.fromEntries(asSent))}` : ''}`,
          ofMethod.length > 0
            ? ofMethod.map((call) => `#${call.id} ${printReceived({ ...call.params })}`).join('\n')
            : `called were: ${namesOf(calls)}`,
        ].join('\n'),
    }
  },
  toHaveKeptContract(received: Called) {
    const { gateway, appKey } = partsOf(received)
    const calls = gateway.exchanges.list({ appKey })
    const breaches = contractBreaches(gateway, appKey)
    return {
      // Who has not called has kept nothing.
      pass: calls.length > 0 && breaches.length === 0,
      message: () =>
        calls.length === 0
          ? 'no call was made, so no contract was kept'
          : breaches.length === 0
            ? `expected a contract to be broken in ${calls.length} calls, and none was`
            : [
                `expected the contract to be kept in ${calls.length} calls:`,
                ...breaches.map(
                  ({ exchanges, method, detail }) =>
                    `${exchangesText({ exchanges })} ${method}: ${detail.en}`,
                ),
              ].join('\n'),
    }
  },
})

function partsOf(received: Called): { gateway: Gateway; appKey: string | undefined } {
  if (!('client' in received)) return { gateway: received, appKey: undefined }
  return { gateway: received.gateway, appKey: received.tenant.appKey }
}

const namesOf = (calls: readonly Exchange[]) =>
  [...new Set(calls.map(({ method }) => method ?? 'a call without a method'))].join(', ') ||
  'nothing'

/** Numbers and switches travel as texts. */
const sentForm = (value: unknown) =>
  typeof value === 'number' || typeof value === 'boolean' ? String(value) : value

/** The error in what a client threw or a gateway answered, however its fields are spelt. */
function topErrorIn(received: unknown) {
  const given = typeof received === 'string' ? parsed(received) : received
  if (typeof given !== 'object' || given === null) return undefined
  const { error_response: inner } = given as { error_response?: unknown }
  const fields = (inner ?? given) as Readonly<Record<string, unknown>>
  const { code } = fields
  const subCode = fields.subCode ?? fields.sub_code
  // What Node itself throws has codes too, such as ECONNRESET.
  if (!isCode(code) || (inner === undefined && !(given instanceof Error) && subCode === undefined))
    return undefined
  return { code, subCode: typeof subCode === 'string' ? subCode : undefined }
}

const isCode = (code: unknown): code is string | number =>
  (typeof code === 'number' || typeof code === 'string') &&
  (errorNameOfWire(code) !== undefined || typeof code === 'number')

function wanted(expected: string | number | undefined): [string | undefined, string | undefined] {
  if (expected === undefined) return [undefined, undefined]
  const text = String(expected)
  const slash = text.indexOf('/')
  if (slash >= 0) return [text.slice(0, slash), text.slice(slash + 1)]
  return isCode(expected) || /^\d+$/.test(text) ? [text, undefined] : [undefined, text]
}

/** `27` and `invalid_session` are the same error. */
function isSameCode(a: string | number, b: string | number): boolean {
  const name = errorNameOfWire(a)
  return String(a) === String(b) || (name !== undefined && name === errorNameOfWire(b))
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
