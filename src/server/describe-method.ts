import { type AnyContract, levelOf, type SubCode } from '../contracts/define-method.ts'
import { type MethodFacts, methodFacts } from '../contracts/documents/facts.ts'
import { isRequired, type JsonSchema, jsonSchemasOf } from '../contracts/documents/json-schema.ts'
import { type PlatformErrorName, platformErrors } from '../contracts/protocol/error-table.ts'
import { nameByCode } from '../contracts/protocol/errors.ts'
import type { TopFile, WireArguments } from '../contracts/protocol/scalars.ts'
import type { Gateway } from './core.ts'
import { type Credentials, signedCall, signedParts } from './curl.ts'
import { errorList } from './error-list.ts'
import { gateTable } from './gates/index.ts'

/** Everything that LocalTOP can say about a method. */
export interface DescribedMethod {
  readonly facts: MethodFacts
  /** The refusals that it can answer, in the order in which they are looked for. */
  readonly errors: readonly MethodError[]
  /** Draft 2020-12, of the parameters by their values and of the JSON answer. */
  readonly schema: { readonly request: JsonSchema; readonly response: JsonSchema }
  readonly sample: {
    /** Business parameters as they travel; files by their names. */
    readonly request: Readonly<Record<string, string>>
    /** The same as a signed command, valid for ten minutes. */
    readonly curl: string
    /** What a gateway with the default world answers to it; absent for a method that it was given. */
    readonly answer?: object
  }
}

export interface MethodError {
  /** As in `x-localtop-error`. */
  readonly reference: string
  readonly code: number
  readonly msg: string
  readonly subCode?: string
  readonly subMsg?: string
  readonly gate: string
  /** When the method answers it. */
  readonly meaning?: string
}

export interface DescribeOptions {
  /** Where the gateway is that the command calls. */
  readonly url: string
  readonly who: Credentials
  /** In milliseconds, on the clock of that gateway. */
  readonly now: number
  /** Makes a gateway of the default world that answers the sample request; without it there is no answer. */
  readonly fresh?: (() => Gateway) | undefined
}

export async function describeMethod(
  contract: AnyContract,
  { url, who, now, fresh }: DescribeOptions,
): Promise<DescribedMethod> {
  const facts = methodFacts(contract)
  const { sent, answer } = await firstAnswered(contract, facts, { url, fresh })
  return {
    facts,
    errors: errorsOf(contract, facts),
    schema: jsonSchemasOf(facts),
    sample: {
      request: Object.fromEntries(
        Object.entries(sent).map(([name, value]) => [
          name,
          typeof value === 'string' ? value : `@${value.fileName}`,
        ]),
      ),
      curl: signedCall(url, contract.name, sent, who, now),
      ...(answer && { answer }),
    },
  }
}

/** The first of the sample requests that the default world answers; else the last, with its refusal. */
async function firstAnswered(
  contract: AnyContract,
  facts: MethodFacts,
  { url, fresh }: Pick<DescribeOptions, 'url' | 'fresh'>,
): Promise<{ sent: WireArguments; answer?: object }> {
  const [sent, withFiles] = sampleRequests(contract, facts)
  if (!fresh) return { sent }
  await using gateway = fresh()
  const answer = await answerOf(gateway, url, contract.name, sent)
  if (!withFiles || !('error_response' in answer)) return { sent, answer }
  return { sent: withFiles, answer: await answerOf(gateway, url, contract.name, withFiles) }
}

/** With the files that are required, and with every file: some methods want one and do not say so. */
function sampleRequests(
  { example }: AnyContract,
  { request }: MethodFacts,
): [WireArguments, WireArguments?] {
  const files = request.fields.filter(({ type }) => type === 'File')
  const given = (some: typeof files) => ({
    ...example,
    ...Object.fromEntries(some.map(({ name }) => [name, gif])),
  })
  const required = files.filter(isRequired)
  return required.length < files.length ? [given(required), given(files)] : [given(files)]
}

/** The head of a GIF: a picture that a shell can write without a file. */
const gif: TopFile = {
  fileName: 'sample.gif',
  contentType: 'image/gif',
  bytes: new TextEncoder().encode('GIF89a'),
}

/** The documentation's own app, whose profile is that of the real platform. */
const documented: Credentials = { appKey: '12345678', appSecret: 'helloworld', session: 'test' }

async function answerOf(
  gateway: Gateway,
  url: string,
  method: string,
  sent: WireArguments,
): Promise<object> {
  const form = new FormData()
  const { texts, files } = signedParts(method, sent, documented, gateway.clock.state().epochMs)
  for (const [name, value] of Object.entries(texts)) form.append(name, value)
  for (const [name, { bytes, fileName, contentType }] of Object.entries(files)) {
    form.append(name, new Blob([Buffer.from(bytes)], { type: contentType }), fileName)
  }
  const response = await gateway.fetch(
    new Request(`${url}/router/rest`, { method: 'POST', body: form }),
  )
  return JSON.parse(await response.text()) as object
}

/** The gates whose refusals depend on the method; all others look at every call alike. */
const common = ['verb', 'method-present', 'method', 'answer']

function errorsOf(contract: AnyContract, { request, session }: MethodFacts): MethodError[] {
  const skipped = new Set([
    ...common,
    ...(request.fields.length === 0 ? ['arguments', 'required'] : []),
    ...(request.fields.some(({ required, requiredIn }) => required || requiredIn)
      ? []
      : ['required']),
  ])
  const ofGates = errorList().flatMap(({ reference, code, name, msg, subCode, subMsg, gate }) => {
    if (gate === null || skipped.has(gate)) return []
    if (name === 'missing-session' && session !== 'required') return []
    if (name === 'insufficient-session-permissions' && !levelOf(contract)) return []
    return [
      {
        reference,
        code,
        msg,
        ...(subCode !== undefined && { subCode }),
        ...(subMsg !== undefined && { subMsg }),
        gate,
      },
    ]
  })
  const order = gateTable().map(({ name }) => name)
  const declared = Object.entries(contract.errors as Readonly<Record<string, SubCode>>).map(
    ([subCode, { code = 15, sub_msg, meaning }]) => ({
      reference: `${code}/${subCode}`,
      code,
      msg: platformErrors[nameByCode.get(code) as PlatformErrorName].msg,
      subCode,
      ...(sub_msg !== undefined && { subMsg: sub_msg }),
      gate: 'answer',
      meaning,
    }),
  )
  return [...ofGates.sort((a, b) => order.indexOf(a.gate) - order.indexOf(b.gate)), ...declared]
}
