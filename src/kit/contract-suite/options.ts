import {
  findMethod,
  methods as handWritten,
  methodNames,
  OptionError,
  type ProfileName,
} from '../../contracts/index.ts'
import { type CaseKind, caseKinds } from './case.ts'

/** Which cases there are: all that is needed to make them, and nothing of where they will be sent. */
export interface CaseOptions {
  /** Which gateway's contract is to be kept. @default 'production' */
  readonly profile?: ProfileName | undefined
  /** Names, or patterns such as `taobao.items.*`; `*` is every method of the platform. @default those with a hand-written contract */
  readonly methods?: readonly string[] | undefined
  /** @default all */
  readonly kinds?: readonly CaseKind[] | undefined
  /** Parameters of things that exist on the gateway, by method: `{ 'taobao.trade.get': { tid: '7' } }`. */
  readonly known?: Readonly<Record<string, Readonly<Record<string, string>>>> | undefined
}

/** Where the cases are sent, and how. Read when the run starts, so any of it may be a getter. */
export interface ContractSuiteOptions extends CaseOptions {
  /** The gateway: its origin, or the address of its `/router/rest`. One of `url` and `fetch` is needed. */
  readonly url?: string | undefined
  /** Answers requests in this process, as `createGateway().fetch` does. */
  readonly fetch?: ((request: Request) => Promise<Response>) | undefined
  /** A LocalTOP mints a tenant where there is none. @default none */
  readonly appKey?: string | undefined
  readonly appSecret?: string | undefined
  readonly session?: string | undefined
  /** Sessions that cases about sessions need; cases without theirs are not run. */
  readonly sessions?:
    | {
        readonly expired?: string | undefined
        /** Given to another app. */
        readonly foreign?: string | undefined
        /** Another seller's, given to this app. */
        readonly neighbour?: string | undefined
      }
    | undefined
  /** Whether calls may change something. @default true for a LocalTOP, false for any other gateway */
  readonly writes?: boolean | undefined
  /** Whether to hold the gateway to what is only assumed of the platform. @default true for a LocalTOP, false for any other */
  readonly assumed?: boolean | undefined
  /** Never send faster: `5/sec`, `off`. @default off for a LocalTOP, 5/sec for any other */
  readonly rate?: string | undefined
  /** The gateway's time in milliseconds. @default a LocalTOP's own clock, else Date.now */
  readonly now?: (() => number) | undefined
}

/** The names that patterns stand for, in order, each once. @throws OptionError for one that stands for none */
export function methodsNamed(patterns: readonly string[] | undefined): readonly string[] {
  if (patterns === undefined) return Object.keys(handWritten)
  const found = patterns.flatMap((pattern) => {
    if (!pattern.includes('*')) {
      if (findMethod(pattern)) return [pattern]
      throw new OptionError(`methods: no method is called "${pattern}"`)
    }
    const regex = new RegExp(`^${pattern.split('*').map(escaped).join('.*')}$`)
    const names = methodNames().filter((name) => regex.test(name))
    if (names.length === 0) throw new OptionError(`methods: "${pattern}" stands for no method`)
    return names
  })
  return [...new Set(found)]
}

const escaped = (text: string) => text.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')

/** @throws OptionError for a kind that is none */
export function kindsNamed(kinds: readonly string[] | undefined): readonly CaseKind[] {
  const unknown = kinds?.find((kind) => !(caseKinds as readonly string[]).includes(kind))
  if (unknown !== undefined) {
    throw new OptionError(`kinds: "${unknown}" is none; expected some of ${caseKinds.join(', ')}`)
  }
  return (kinds as readonly CaseKind[] | undefined) ?? caseKinds
}
