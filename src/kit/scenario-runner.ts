import {
  isTopAuthError,
  isTopResponseError,
  isTopShapeError,
  isTopTransportError,
  readItemTexts,
  type TopClient,
} from '../client/index.ts'
import {
  decodeArguments,
  defaultWorld,
  errorNameOfWire,
  findError,
  findMethod,
  type itemAdd,
  itemsInventoryGet,
  itemsOnsaleGet,
  oauthErrors,
  parseJson,
  platformErrors,
  type RequestOf,
  type Scenario,
  type ScenarioStep,
  type StepFile,
  type StepOutcomeExpected,
  type TopFile,
  type WorldSeed,
  worldSeed,
} from '../contracts/index.ts'
import { createGateway, type Exchange, type Gateway } from '../server/index.ts'
import { describeStep } from './describe-step.ts'
import { clientFor, type Play, profileOf, sendBatch } from './player.ts'

/** What became of one step of a scenario. */
export interface StepOutcome {
  /** What the step does and expects, in a sentence. */
  readonly title: string
  /** Why the step did not give what it must; `undefined` when it did. */
  readonly problem: string | undefined
}

/** An error that the gateway answered. */
export type MetError = Pick<Exchange, 'method' | 'code' | 'subCode'>

export interface ScenarioOutcome {
  readonly title: string
  readonly passed: boolean
  readonly steps: readonly StepOutcome[]
  /** Every error that the gateway answered on the way, in its order. */
  readonly met: readonly MetError[]
}

/**
 * Where a scenario's clock starts that does not say it: far from the real time, which the gateway would
 * accept as a `timestamp` too, and after the default world's expired sessions.
 */
const startOfPlay = '2016-11-11 00:00:00'

/** The world a scenario plays in: the default one, with the collections that it names replaced. */
export function worldOf(scenario: Scenario): WorldSeed {
  return { ...defaultWorld, ...(scenario.world as WorldSeed | undefined) }
}

/**
 * Plays a scenario with the bundled client against a gateway of its own, in this process. The clock stands
 * still but where somebody waits, so waiting costs no time and every play is the same. A step that does
 * not give what it must ends the play.
 */
export async function playScenario(scenario: Scenario): Promise<ScenarioOutcome> {
  const world = worldSeed.parse(worldOf(scenario))
  await using gateway = createGateway({
    world: worldOf(scenario),
    profile: scenario.profile,
    rateLimit: scenario.rateLimit,
    time: scenario.clock?.at ?? startOfPlay,
    freeze: true,
    scenarios: [{ title: scenario.title, rules: scenario.rules }],
  })
  const play: Play = { scenario, world, gateway, newest: undefined }
  const steps: StepOutcome[] = []
  for (const step of scenario.steps) {
    const problem = await playStep(step, play)
    steps.push({ title: describeStep(step), problem })
    if (problem !== undefined) break
  }
  const passed =
    steps.length === scenario.steps.length && steps.every((step) => step.problem === undefined)
  const met = gateway.exchanges
    .list()
    .filter(({ outcome }) => outcome === 'refused')
    .map(({ method, code, subCode }) => ({ method, code, subCode }))
  return { title: scenario.title, passed, steps, met }
}

/** @returns what went otherwise than it must */
async function playStep(step: ScenarioStep, play: Play): Promise<string | undefined> {
  const { gateway } = play
  if ('advance' in step) {
    gateway.clock.advance(step.advance)
    return undefined
  }
  if ('freeze' in step) {
    gateway.clock.freeze(step.freeze)
    return undefined
  }
  if ('exchanges' in step) return countExchanges(step, gateway)
  if ('call' in step) return playCall(step, play)
  if ('batch' in step) return playBatch(step, play)
  return 'refresh' in step ? playRefresh(step, play) : playPublish(step, play)
}

type CallStep = Extract<ScenarioStep, { call: string }>
type PublishStep = Extract<ScenarioStep, { publish: unknown }>
type BatchStep = Extract<ScenarioStep, { batch: unknown }>
type RefreshStep = Extract<ScenarioStep, { refresh: unknown }>
type ExchangesStep = Extract<ScenarioStep, { exchanges: unknown }>

/** What came of one call. */
type Came =
  | { readonly answer: unknown }
  | { readonly error: SeenError; readonly message: string }
  | { readonly broken: 'connection' | 'answer'; readonly message: string }
  | { readonly problem: string }

interface SeenError {
  readonly code: number | string
  readonly subCode: string | undefined
}

async function playCall(step: CallStep, play: Play): Promise<string | undefined> {
  const { expect, repeat = 1 } = step
  const expected = Array.isArray(expect.fails)
    ? expect.fails.map((fails) => ({ fails }))
    : Array<StepOutcomeExpected>(repeat).fill(expect)
  // A client that tries again would meet other errors than those listed.
  const once = step.as?.check === false || expected.length > 1 || expect.breaks !== undefined
  const client = clientFor(step.as, play)
  for (const [at, one] of expected.entries()) {
    const problem = judge(await send(step, client, once), one)
    if (problem !== undefined) return expected.length > 1 ? `call ${at + 1}: ${problem}` : problem
  }
  return undefined
}

async function send(step: CallStep, client: TopClient, once: boolean): Promise<Came> {
  const contract = findMethod(step.call)
  if (!contract) return { problem: `${step.call} has no contract` }
  const sent = { ...step.with, ...filesOf(step.files) }
  try {
    if (once) return { answer: await client.callUnchecked(step.call, sent) }
    const decoded = decodeArguments(contract, sent)
    if ('issues' in decoded)
      return { problem: `"with" breaks the contract: ${JSON.stringify(decoded.issues)}` }
    return { answer: await client.call(contract, decoded.request) }
  } catch (error) {
    return cameOf(error)
  }
}

/** The smallest pictures there are: one pixel. */
const pictures = {
  png: {
    contentType: 'image/png',
    base64:
      'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  },
  gif: {
    contentType: 'image/gif',
    base64: 'R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7',
  },
} as const

function filesOf(files: Readonly<Record<string, StepFile>> = {}): Record<string, TopFile> {
  return Object.fromEntries(
    Object.entries(files).map(([name, file]) => {
      const known = typeof file === 'string' ? pictures[file] : undefined
      const bytes =
        typeof file === 'object' && 'text' in file
          ? Buffer.from(file.text)
          : Buffer.from(known?.base64 ?? (file as { base64: string }).base64, 'base64')
      const contentType = known?.contentType ?? 'application/octet-stream'
      return [
        name,
        { fileName: typeof file === 'string' ? `image.${file}` : name, contentType, bytes },
      ]
    }),
  )
}

function cameOf(error: unknown): Came {
  const message = error instanceof Error ? error.message : String(error)
  if (isTopResponseError(error))
    return { error: { code: error.code, subCode: error.subCode }, message }
  if (isTopTransportError(error)) return { broken: 'connection', message }
  if (isTopShapeError(error)) return { broken: 'answer', message }
  return { problem: message }
}

/** @returns what is otherwise than expected */
function judge(came: Came, expected: StepOutcomeExpected): string | undefined {
  if ('problem' in came) return came.problem
  const { fails, gives, breaks } = expected
  if ('broken' in came) {
    if (came.broken === breaks) return undefined
    const wanted = breaks ?? (typeof fails === 'string' ? fails : 'an answer')
    return `expected ${wanted}, but ${came.broken === 'connection' ? 'no answer came' : 'the answer could not be read'}: ${came.message}`
  }
  if ('error' in came) {
    if (typeof fails !== 'string')
      return `expected ${breaks === undefined ? 'an answer' : 'none that can be read'}, got ${came.message}`
    return isError(came.error, fails) ? undefined : `expected ${fails}, got ${came.message}`
  }
  if (gives === undefined) {
    const wanted = typeof fails === 'string' ? fails : 'no answer that can be read'
    return `expected ${wanted}, but the call was answered`
  }
  return missingPart(gives, came.answer)
}

function isError({ code, subCode }: SeenError, reference: string): boolean {
  const expected = expectedError(reference)
  const name = errorNameOfWire(code)
  return (
    name !== undefined &&
    platformErrors[name].code === expected.code &&
    (expected.subCode === undefined || subCode === expected.subCode)
  )
}

async function playBatch(step: BatchStep, play: Play): Promise<string | undefined> {
  let texts: readonly string[]
  try {
    texts = await sendBatch(step.batch, step.as, play)
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    return step.expect
      ? judge({ broken: 'connection', message }, step.expect)
      : `no answer came: ${message}`
  }
  if (step.expect) return judge(readAnswer(texts.join('')), step.expect)
  if (texts.length !== step.batch.length)
    return `expected ${step.batch.length} answers, got ${texts.length}: ${texts.join(' ')}`
  for (const [at, { call, expect }] of step.batch.entries()) {
    const problem = expect && judge(readAnswer(texts[at] as string), expect)
    if (problem !== undefined) return `call ${at + 1}, ${call}: ${problem}`
  }
  return undefined
}

function readAnswer(text: string): Came {
  let answer: unknown
  try {
    answer = parseJson(text)
  } catch {
    return { broken: 'answer', message: text.slice(0, 200) }
  }
  const [[root = '', fields] = []] = Object.entries(answer as object)
  if (root !== 'error_response') return { answer: fields }
  const { code, sub_code } = fields as { code: number | string; sub_code?: string }
  return { error: { code, subCode: sub_code }, message: text }
}

async function playRefresh(step: RefreshStep, play: Play): Promise<string | undefined> {
  const { fails, breaks } = step.expect
  try {
    const { session } = await clientFor(step.as, play).refresh(step.refresh)
    const wanted = fails ?? (breaks && 'no answer')
    if (wanted !== undefined) return `expected ${wanted}, but a session was given`
    play.newest = session
    return undefined
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error)
    if (breaks !== undefined) {
      return isTopAuthError(error) ? `expected no answer, got ${message}` : undefined
    }
    if (fails === undefined) return `expected a session, got ${message}`
    const row = oauthErrors[fails]
    const isIt =
      isTopAuthError(error) && error.error === row.error && error.description === row.description
    return isIt ? undefined : `expected ${fails}, got ${message}`
  }
}

function countExchanges({ exchanges, count }: ExchangesStep, gateway: Gateway): string | undefined {
  const { method, fails } = exchanges
  const found = gateway.exchanges
    .list({ method })
    .filter(
      ({ code, subCode }) =>
        fails === undefined ||
        (code !== null && isError({ code, subCode: subCode ?? undefined }, fails)),
    ).length
  return found === count ? undefined : `expected ${count} of them in the journal, found ${found}`
}

async function playPublish(step: PublishStep, play: Play): Promise<string | undefined> {
  const { expect } = step
  const client = clientFor(step.as, play)
  const items: RequestOf<typeof itemAdd>[] = []
  for (const [at, texts] of step.publish.entries()) {
    const { item, problems } = readItemTexts(texts, profileOf(play, step.as))
    if (!item) return `item ${at + 1} breaks the contract: ${JSON.stringify(problems)}`
    items.push(item)
  }
  const before = await countItems(client)
  const results = await client.publish(items, { concurrency: 1 })
  const count = (status: string) => results.filter((result) => result.status === status).length
  const published = count('published')
  if (published !== expect.published) {
    const reasons = results.flatMap((result) => result.error?.message ?? [])
    return `expected ${expect.published} published, got ${published}: ${reasons.join('; ') || 'no error'}`
  }
  const failed = results.length - published
  if (failed !== expect.failed) return `expected ${expect.failed} failed, got ${failed}`
  if (expect.newItems !== undefined) {
    const added = (await countItems(client)) - before
    if (added !== expect.newItems)
      return `expected ${expect.newItems} new items in the shop, got ${added}`
  }
  return missingRefusal(expect.refusals ?? [], play.gateway)
}

/** How many items the seller has, on sale and in stock. */
async function countItems(client: TopClient): Promise<number> {
  const request = { fields: ['num_iid'], page_size: 1 }
  const onSale = await client.call(itemsOnsaleGet, request)
  const inStock = await client.call(itemsInventoryGet, request)
  return onSale.total_results + inStock.total_results
}

function missingRefusal(references: readonly string[], gateway: Gateway): string | undefined {
  const answered = gateway.exchanges.list()
  for (const reference of references) {
    const { code, subCode } = expectedError(reference)
    const seen = answered.some(
      (exchange) =>
        exchange.code === code && (subCode === undefined || exchange.subCode === subCode),
    )
    if (!seen)
      return `expected the gateway to refuse a call with ${reference} on the way; it did not`
  }
  return undefined
}

function expectedError(reference: string): { code: number; subCode: string | undefined } {
  const found = findError(reference)
  if (typeof found === 'string') throw new Error(found)
  return { code: found.error.code, subCode: found.error.sub_code }
}

/** Where an answer lacks what is expected of it; what it has beyond that does not matter. */
function missingPart(expected: unknown, actual: unknown, path = ''): string | undefined {
  if (typeof expected !== 'object' || expected === null) {
    return expected === actual || String(expected) === String(actual)
      ? undefined
      : `expected ${path || 'the answer'} to be ${JSON.stringify(expected)}, got ${JSON.stringify(actual)}`
  }
  for (const [name, part] of Object.entries(expected)) {
    const found = (actual as Record<string, unknown> | undefined)?.[name]
    const problem = missingPart(part, found, path === '' ? name : `${path}.${name}`)
    if (problem !== undefined) return problem
  }
  return undefined
}
