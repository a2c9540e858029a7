import type { AnyContract } from '../../contracts/define-method.ts'
import { type ProfileName, profiles } from '../../contracts/profile.ts'
import { Rejection } from '../../contracts/protocol/errors.ts'
import type { TopFile } from '../../contracts/protocol/scalars.ts'
import type { Received } from '../call.ts'
import type { GateInfo } from '../pipeline.ts'
import type { World } from '../state/world.ts'
import type { Entry } from './exchange.ts'

type PackedFile = Omit<TopFile, 'bytes'> & { readonly base64: string }

/** What is a name in a packed entry and a thing in this gateway. */
interface Packed extends Omit<Entry, 'call' | 'verdict' | 'bytes'> {
  readonly call: Omit<Received, 'world' | 'app' | 'profile' | 'files' | 'source'> & {
    readonly world: string
    readonly app: string | undefined
    readonly profile: string
    readonly contract: string | undefined
    readonly files: Readonly<Record<string, PackedFile>> | undefined
  }
  readonly verdict: {
    readonly rejection: Rejection | undefined
    readonly dropped?: true
    readonly passed: number
    readonly gates: readonly string[]
  }
}

/** Finds in this gateway what another one means. */
export interface Unpacking {
  readonly worldOf: (id: string) => World | undefined
  readonly findContract: (name: string) => AnyContract | undefined
  readonly gates: readonly GateInfo[]
}

/** An entry of the journal as text, for the other gateways of a shared store. */
export function packEntry(entry: Omit<Entry, 'bytes'>): string {
  const { call, verdict, ...rest } = entry
  const { world, app, profile, contract, files, source: ____, params, ...facts } = call
  const { session: _, seller: __, request: ___, ...kept } = facts as Record<string, unknown>
  return JSON.stringify({
    ...rest,
    call: {
      ...kept,
      params,
      world: world.id,
      app: app?.app_key,
      profile: profile.name,
      contract: contract?.name,
      files:
        files &&
        Object.fromEntries(
          Object.entries(files).map(([name, { bytes, ...file }]) => [
            name,
            { ...file, base64: Buffer.from(bytes).toString('base64') },
          ]),
        ),
    },
    verdict: { ...verdict, gates: verdict.gates.map(({ name }) => name) },
  })
}

/** `undefined` for an entry of a world that is no more. */
export function unpackEntry(text: string, by: Unpacking): Omit<Entry, 'bytes'> | undefined {
  const { call, verdict, ...rest } = JSON.parse(text) as Packed
  const world = by.worldOf(call.world)
  if (!world) return undefined
  const { rejection } = verdict
  const files =
    call.files &&
    Object.fromEntries(
      Object.entries(call.files).map(([name, { base64, ...file }]) => [
        name,
        { ...file, bytes: Buffer.from(base64, 'base64') },
      ]),
    )
  const contract = call.contract === undefined ? undefined : by.findContract(call.contract)
  return {
    ...rest,
    call: {
      ...call,
      files: files as Received['files'],
      source: undefined,
      world,
      app: call.app === undefined ? undefined : world.app(call.app),
      profile: profiles[call.profile as ProfileName],
      ...(contract && { contract }),
    } as Entry['call'],
    verdict: {
      ...verdict,
      rejection:
        rejection &&
        new Rejection(rejection.name, rejection.error, rejection.detail, rejection.retryAfter),
      gates: verdict.gates.flatMap((name) => by.gates.find((gate) => gate.name === name) ?? []),
    },
  }
}
