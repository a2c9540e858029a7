// Never run: `tsc` fails when one of these begins to compile.
import { createClient } from '../src/client/index.ts'
import { type Behaviour, itemAdd, itemSellerGet, timeGet } from '../src/contracts/index.ts'
import type { utilMethods } from '../src/contracts/methods/util.ts'
import { reject } from '../src/contracts/protocol/errors.ts'
import type { Received } from '../src/server/call.ts'
import { readArguments } from '../src/server/gates/arguments.ts'
import { checkSession } from '../src/server/gates/session.ts'
import type { Handler, HandlersFor } from '../src/server/handlers/handler.ts'
import { type GateInfo, pipeline } from '../src/server/pipeline.ts'

const client = createClient({ url: 'http://x', appKey: 'a', appSecret: 's' })
const info = { name: 'x', errors: [], fidelity: 'assumed', source: 'test' } as const

export const handlers = {
  // @ts-expect-error a contract without a handler
  missing: {} satisfies HandlersFor<typeof utilMethods>,
  extra: {
    'taobao.time.get': () => ({ time: '' }),
    // @ts-expect-error a handler without a contract
    'taobao.nothing.get': () => ({}),
  } satisfies HandlersFor<typeof utilMethods>,
  // @ts-expect-error an answer that is not the contract's
  wrong: (() => ({ time: 5 })) satisfies Handler<typeof timeGet>,
  // @ts-expect-error a sub-code that the contract does not declare
  undeclared: (({ fail }) => fail('isv.never-declared')) satisfies Handler<typeof itemSellerGet>,
}

export const gates = {
  // @ts-expect-error arguments before the method is known
  early: pipeline<Received>().gate(info, readArguments),
  // @ts-expect-error a session before the app is known
  session: pipeline<Received>().gate(info, checkSession),
}

export const calls = [
  // @ts-expect-error num is a number
  client.call(itemAdd, { title: 't', num: '1' }),
  // @ts-expect-error a title is required in every profile
  client.call(itemAdd, { num: 1 }),
  // @ts-expect-error time.get takes nothing
  client.call(timeGet, { fields: ['time'] }),
  // @ts-expect-error an answer has what the contract says
  client.call(itemSellerGet, { fields: [], num_iid: '1' }).then(({ items }) => items),
]

// @ts-expect-error a default behaviour without a label
export const unlabelled: Behaviour = { name: 'x' }

export const causes = {
  ...info,
  // @ts-expect-error a gate that claims an error which is not in the table
  errors: ['invalid-session/nonsense'],
} satisfies GateInfo

// @ts-expect-error an error that is not in the table
export const unknownError = reject('invalid-session/nonsense')
