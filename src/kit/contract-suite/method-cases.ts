import {
  type AnyContract,
  decodeArguments,
  findMethod,
  isReading,
  type ProfileName,
  requiredParameters,
  shapeOfAnswer,
  structureIn,
} from '../../contracts/index.ts'
import { type BaseCall, baseCall, goodCall, withParameter } from './base-call.ts'
import type {
  CaseKind,
  CaseStep,
  ContractCase,
  Expected,
  ExpectedAnswer,
  ExpectedRefusal,
  Need,
  PlannedCall,
  SessionOf,
} from './case.ts'
import { edgesOf, nearlyRight, wrongType } from './edges.ts'
import type { CaseOptions } from './options.ts'

type MethodKind = Exclude<CaseKind, 'protocol' | 'state'>

interface Making {
  readonly contract: AnyContract
  readonly options: CaseOptions
  readonly profile: ProfileName
  readonly base: BaseCall
  /** Makes a case of one call. */
  readonly one: (
    id: string,
    title: string,
    call: PlannedCall,
    expect: Expected,
    more?: Partial<ContractCase>,
  ) => ContractCase
}

/** The cases of one method that each kind asks for. */
const makers: Readonly<Record<MethodKind, (making: Making) => Iterable<ContractCase>>> = {
  call: callCases,
  required: requiredCases,
  types: typeCases,
  limits: limitCases,
  session: sessionCases,
  fields: fieldsCases,
  order: orderCases,
}

/** All cases of a method, in the order of the kinds. */
export function* casesOfMethod(
  name: string,
  kinds: readonly CaseKind[],
  options: CaseOptions,
): Generator<ContractCase> {
  const contract = findMethod(name) as AnyContract
  const profile = options.profile ?? 'production'
  const base = baseCall(contract, options)
  for (const kind of kinds) {
    if (kind === 'protocol' || kind === 'state') continue
    const one: Making['one'] = (id, title, call, expect, more = {}) => ({
      id: `${name}/${kind}/${id}`,
      title,
      kind,
      method: name,
      writes: !isReading(name),
      assumed: false,
      needs: sessionNeeds(contract),
      steps: [{ call, expect }],
      ...more,
    })
    yield* makers[kind]({ contract, options, profile, base, one })
  }
}

const sessionNeeds = ({ session }: AnyContract): readonly Need[] =>
  session === 'required' ? ['session'] : []

const refusal = (error: ExpectedRefusal['error'][number], parameter?: string): ExpectedRefusal => ({
  outcome: 'refusal',
  error: [error],
  ...(parameter !== undefined && { parameter }),
})

// --- a good call ---

function* callCases({ contract, options, one }: Making): Generator<ContractCase> {
  const { name: method } = contract
  const { given, call, needs: things } = goodCall(contract, options)
  const needs = [...sessionNeeds(contract), ...things]
  const more = (steps: readonly CaseStep[]) => ({
    needs,
    steps: [...given, ...steps],
    writes: !isReading(method) || given.length > 0,
  })
  const written = (
    id: string,
    title: string,
    system: Readonly<Record<string, string>>,
    how: Partial<ExpectedAnswer>,
  ) => {
    const planned = { ...call, system }
    const expect: ExpectedAnswer = { outcome: 'answer', method, ...how }
    return one(id, title, planned, expect, more([{ call: planned, expect }]))
  }
  yield written('json', 'a good call is answered as the contract says', {}, {})
  yield written(
    'simplify',
    'simplify takes away the root and the inner keys of lists',
    { simplify: 'true' },
    { simplify: true },
  )
  yield written(
    'xml',
    'the answer in XML is as the contract says',
    { format: 'xml' },
    { format: 'xml' },
  )
  const whole = baseCall(contract, options, true)
  if (Object.keys(whole.params).length > Object.keys(call.params).length && given.length === 0) {
    const passes: Expected = { outcome: 'pass', method }
    yield one('all', 'a call with every parameter is not refused', whole, passes)
  }
}

// --- arguments ---

function* requiredCases({ contract, profile, base, one }: Making): Generator<ContractCase> {
  for (const name of requiredParameters(contract, profile)) {
    yield one(
      name,
      `without ${name} the answer is 40 and names it`,
      withParameter(base, name, undefined),
      refusal('missing-required-arguments', name),
    )
    if (base.files[name]) continue
    yield one(
      `${name}/empty`,
      `an empty ${name} counts as missing`,
      withParameter(base, name, ''),
      refusal('missing-required-arguments', name),
      { assumed: true },
    )
  }
}

function* typeCases({ contract, base, one }: Making): Generator<ContractCase> {
  for (const name of parametersOf(contract)) {
    const wrong = (id: string, words: string, value: string, assumed: boolean) =>
      one(
        id,
        `${words} is 41 and is named`,
        withParameter(base, name, value),
        refusal('invalid-arguments', name),
        { assumed },
      )
    const text = wrongType(contract, name)
    if (text !== undefined) yield wrong(name, `${name} of the wrong type`, text, false)
    const near = nearlyRight(contract, name)
    if (near !== undefined) yield wrong(`${name}/${near}`, `${name}=${near}`, near, true)
  }
}

function* limitCases({ contract, options, base, one }: Making): Generator<ContractCase> {
  const whole = baseCall(contract, options, true)
  for (const name of parametersOf(contract)) {
    const good = whole.params[name] ?? whole.files[name]
    for (const { limit, inside, outside } of edgesOf(contract, name, good)) {
      const id = `${name}/${limit.replaceAll(' ', '-')}`
      yield one(`${id}/inside`, `${name} may be ${limit}`, withParameter(base, name, inside), {
        outcome: 'pass',
        method: contract.name,
      })
      yield one(
        `${id}/outside`,
        `${name} must be ${limit}, or the answer is 41 and names it`,
        withParameter(base, name, outside),
        refusal('invalid-arguments', name),
      )
    }
  }
}

const parametersOf = (contract: AnyContract) => Object.keys(contract.request.shape as object)

// --- sessions ---

function* sessionCases({ contract, base, one }: Making): Generator<ContractCase> {
  const { session: rule, name: method } = contract
  const sent = (session: SessionOf): PlannedCall => ({ ...base, session })
  const needs: readonly Need[] = []
  if (rule === 'required') {
    yield one(
      'absent',
      'without a session the answer is 26',
      sent('none'),
      refusal('missing-session'),
      { needs },
    )
  } else {
    const passes: Expected = { outcome: 'pass', method }
    yield one('absent', 'no session is demanded', sent('none'), passes, { needs })
  }
  // That a session is checked where none is demanded is our guess.
  const assumed = rule !== 'required'
  const bad = (session: SessionOf, title: string, more: Partial<ContractCase>) =>
    one(session, `${title} is refused as 27`, sent(session), refusal('invalid-session'), {
      needs,
      assumed,
      ...more,
    })
  yield bad('unknown', 'a session that nobody gave', {})
  yield bad('expired', 'a session that has ended', { needs: ['expired'] })
  yield bad('foreign', "another app's session", { needs: ['foreign'] })
  yield bad('empty', 'an empty session', {})
}

// --- fields ---

function* fieldsCases({ contract, options, one }: Making): Generator<ContractCase> {
  if (!parametersOf(contract).includes('fields')) return
  const { given, call, needs: things } = goodCall(contract, options)
  const { some, all } = askable(contract)
  if (!some) return
  const { name: method } = contract
  const asking = (
    id: string,
    title: string,
    fields: readonly string[],
    how: Partial<ExpectedAnswer>,
  ) => {
    const planned = {
      ...call,
      params: { ...call.params, fields: fields.join(',') },
      system: { format: how.format ?? 'json' },
    }
    const expect: ExpectedAnswer = { outcome: 'answer', method, ...how }
    return one(id, title, planned, expect, {
      needs: [...sessionNeeds(contract), ...things],
      writes: given.length > 0 || !isReading(method),
      steps: [...given, { call: planned, expect }],
    })
  }
  for (const format of ['json', 'xml'] as const) {
    const title = `only the fields asked for are answered (${format})`
    yield asking(format, title, some, { format, fields: some })
  }
  const fits = mayAskFor(contract, all)
  if (fits) yield asking('all', 'whatever field is asked for has its type', all, {})
}

/** Whether so many fields may be asked for at once. */
const mayAskFor = (contract: AnyContract, all: readonly string[]) =>
  'request' in decodeArguments(contract, { fields: all.join(',') } as never)

/** Two plain fields of the first structure at the root, those of an example where it has some; and all of them. */
function askable(contract: AnyContract): {
  readonly some?: readonly string[]
  readonly all: readonly string[]
} {
  const shape = shapeOfAnswer(contract)
  if (shape.kind !== 'object') return { all: [] }
  for (const inner of shape.fields.values()) {
    const fields = structureIn(inner)
    if (!fields) continue
    const plain = [...fields].filter(([, one]) => one.kind === 'value').map(([name]) => name)
    const shown = (contract.example.fields ?? '').split(',').filter((one) => plain.includes(one))
    const some = [...new Set([...shown, ...plain])].slice(0, 2)
    // What is the only field there is shows nothing when it is the only one answered.
    if (some.length > 0 && fields.size > some.length) return { some, all: [...fields.keys()] }
  }
  return { all: [] }
}

// --- two things wrong ---

function* orderCases({ contract, profile, base, one }: Making): Generator<ContractCase> {
  const required = requiredParameters(contract, profile)
  const [first, second] = required
  if (first === undefined) return
  const lacking = withParameter(base, first, undefined)
  yield one(
    'sign-before-arguments',
    `a wrong sign is refused before the missing ${first}`,
    { ...lacking, sign: { otherSecret: true } },
    refusal('invalid-signature'),
  )
  if (contract.session === 'required') {
    yield one(
      'session-before-arguments',
      `a missing session is refused before the missing ${first}`,
      { ...lacking, session: 'none' },
      refusal('missing-session'),
      { needs: [], assumed: true },
    )
  }
  const typed = parametersOf(contract).find(
    (name) => name !== first && wrongType(contract, name) !== undefined,
  )
  if (typed !== undefined) {
    const wrong = withParameter(base, typed, wrongType(contract, typed))
    const { [first]: _, ...params } = wrong.params ?? {}
    const { [first]: __, ...files } = wrong.files ?? {}
    yield one(
      'missing-before-wrong',
      `the missing ${first} is refused before the wrong ${typed}`,
      { ...wrong, params, files },
      refusal('missing-required-arguments', first),
      { assumed: true },
    )
  }
  if (second !== undefined) {
    const rest = withParameter({ ...base, ...pick(lacking) }, second, undefined)
    yield one(
      'first-missing',
      `of ${first} and ${second}, both missing, one is named`,
      rest,
      { outcome: 'refusal', error: ['missing-required-arguments'], parameter: first },
      { assumed: true },
    )
  }
}

const pick = ({ params = {}, files = {} }: PlannedCall) => ({ params, files })
