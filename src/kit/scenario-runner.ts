import { createClient, isTopResponseError, readItemTexts, type TopClient } from '../client/index.ts'
import {
  type Caller,
  decodeArguments,
  defaultWorld,
  errorNameOfWire,
  findError,
  findMethod,
  type itemAdd,
  itemsInventoryGet,
  itemsOnsaleGet,
  type ParsedWorld,
  parseDuration,
  platformErrors,
  profiles,
  type RequestOf,
  type Scenario,
  type ScenarioStep,
  type WorldSeed,
  worldSeed,
} from '../contracts/index.ts'
import { createGateway, type Gateway } from '../server/index.ts'

/** What became of one step of a scenario. */
export interface StepOutcome {
  /** What the step does and expects, in a sentence. */
  readonly title: string
  /** Why the step did not give what it must; `undefined` when it did. */
  readonly problem: string | undefined
}

export interface ScenarioOutcome {
  readonly title: string
  readonly passed: boolean
  readonly steps: readonly StepOutcome[]
}

/**
 * Where every scenario's clock starts: far from the real time, which the gateway would accept as a
 * `timestamp` too, and after the default world's expired sessions.
 */
const startOfPlay = '2016-11-11 00:00:00'

/** The world a scenario plays in: the default one, with the collections that it names replaced. */
export function worldOf(scenario: Scenario): WorldSeed {
  return { ...defaultWorld, ...(scenario.world as WorldSeed | undefined) }
}

/**
 * Plays a scenario with the bundled client against a gateway of its own, in this process. Waiting costs
 * no time: the client's sleep moves the gateway's clock. A step that does not give what it must ends the play.
 */
export async function playScenario(scenario: Scenario): Promise<ScenarioOutcome> {
  const world = worldSeed.parse(worldOf(scenario))
  await using gateway = createGateway({
    world: worldOf(scenario),
    profile: scenario.profile,
    rateLimit: scenario.rateLimit,
    scenarios: [{ title: scenario.title, rules: scenario.rules }],
  })
  gateway.clock.set(startOfPlay)
  const steps: StepOutcome[] = []
  for (const step of scenario.steps) {
    const problem = await playStep(step, { scenario, world, gateway })
    steps.push({ title: describeStep(step), problem })
    if (problem !== undefined) break
  }
  const passed =
    steps.length === scenario.steps.length && steps.every((step) => step.problem === undefined)
  return { title: scenario.title, passed, steps }
}

interface Play {
  readonly scenario: Scenario
  readonly world: ParsedWorld
  readonly gateway: Gateway
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
  return 'call' in step ? playCall(step, play) : playPublish(step, play)
}

type CallStep = Extract<ScenarioStep, { call: string }>
type PublishStep = Extract<ScenarioStep, { publish: unknown }>

async function playCall(step: CallStep, play: Play): Promise<string | undefined> {
  const client = clientFor(step.as, play)
  const contract = findMethod(step.call)
  if (!contract) return `${step.call} has no contract`
  let answer: unknown
  try {
    if (step.as?.check === false) answer = await client.callUnchecked(step.call, step.with)
    else {
      const decoded = decodeArguments(contract, step.with)
      if ('issues' in decoded)
        return `"with" breaks the contract: ${JSON.stringify(decoded.issues)}`
      answer = await client.call(contract, decoded.request)
    }
  } catch (error) {
    return judgeError(error, step.expect.fails)
  }
  if (step.expect.fails !== undefined)
    return `expected ${step.expect.fails}, but the call was answered`
  return missingPart(step.expect.gives, answer)
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

function clientFor(as: Caller | undefined, play: Play): TopClient {
  const { world, gateway } = play
  const session = as?.session ?? firstSession(play, as?.app)
  const appKey = as?.app ?? world.sessions.find((one) => one.session === session)?.app_key ?? ''
  const app = world.apps.find((one) => one.app_key === appKey)
  const off = parseDuration(as?.clockOff ?? '0s') ?? 0
  return createClient({
    url: 'http://gateway.invalid',
    appKey,
    appSecret: as?.secret ?? app?.app_secret ?? '',
    session: session === '' ? undefined : session,
    profile: profileOf(play, as),
    fetch: (url, init) => gateway.fetch(new Request(url, init)),
    now: () => gateway.clock.state().epochMs + off,
    random: () => 0.5,
    // Waiting moves the clock instead of taking time.
    sleep: async (ms) => void gateway.clock.advance(`${ms}ms`),
    ...(as?.refreshTo !== undefined && { refreshSession: () => as.refreshTo as string }),
  })
}

const firstSession = ({ scenario, world }: Play, appKey: string | undefined): string => {
  const wanted = (app: ParsedWorld['apps'][number]) =>
    appKey === undefined ? app.profile === (scenario.profile ?? 'guide') : app.app_key === appKey
  const app = world.apps.find(wanted) ?? world.apps[0]
  return world.sessions.find((session) => session.app_key === app?.app_key)?.session ?? ''
}

function profileOf({ scenario, world }: Play, as: Caller | undefined) {
  if (scenario.profile) return scenario.profile
  const app = world.apps.find((one) => one.app_key === as?.app)
  return app?.profile ?? world.profile ?? profiles.guide.name
}

function expectedError(reference: string): { code: number; subCode: string | undefined } {
  const found = findError(reference)
  if (typeof found === 'string') throw new Error(found)
  return { code: found.error.code, subCode: found.error.sub_code }
}

function judgeError(error: unknown, fails: string | undefined): string | undefined {
  if (!isTopResponseError(error)) return error instanceof Error ? error.message : String(error)
  if (fails === undefined) return `expected an answer, got ${error.message}`
  const { code, subCode } = expectedError(fails)
  const name = errorNameOfWire(error.code)
  const isCode = name !== undefined && platformErrors[name].code === code
  return isCode && (subCode === undefined || error.subCode === subCode)
    ? undefined
    : `expected ${fails}, got ${error.message}`
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

/** A step in a sentence. */
export function describeStep(step: ScenarioStep): string {
  if ('advance' in step) return `${step.advance} pass`
  if ('freeze' in step) return `the clock stops at ${step.freeze}`
  if ('publish' in step) {
    const { published, failed } = step.expect
    const count = (n: number) => `${n} ${n === 1 ? 'item' : 'items'}`
    return `publishes ${count(step.publish.length)}: ${published} published, ${failed} failed`
  }
  const outcome =
    step.expect.fails === undefined ? 'is answered' : `fails with ${step.expect.fails}`
  return `${step.call} ${outcome}`
}
