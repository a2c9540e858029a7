import {
  compareWithContracts,
  createFindings,
  createMockComparison,
  type DriftFinding,
  defaultWorld,
  type ExchangeLine,
  findMethod,
  type LockFile,
  scenarioFrom,
  sign,
  usedParts,
  type WorldSeed,
  worldFrom,
} from '../../contracts/index.ts'
import { createGateway, type Gateway } from '../../server/index.ts'
import { cutText, readExchangeFile } from '../exchange-sources.ts'

export interface DriftOptions {
  /** Recordings, or other files of exchanges with what was sent and answered. */
  readonly files: readonly string[]
  /** What the integration uses. @default what the recorded calls asked for themselves */
  readonly lock?: LockFile | undefined
}

/** Whether a drift ends a check. */
export const driftFailOn = ['none', 'used', 'any'] as const
export type DriftFailOn = (typeof driftFailOn)[number]

export interface DriftReport {
  readonly format: 'localtop-drift'
  readonly version: 1
  readonly files: readonly string[]
  /** What says what is used. */
  readonly by: 'lock' | 'recording'
  readonly exchanges: number
  /** Calls that have an answer. */
  readonly answers: number
  /** Different calls whose answer could be compared with the mock's. */
  readonly comparedWithMock: number
  /** Different calls that the mock does not answer for want of what they are about. */
  readonly notComparable: number
  readonly findings: readonly DriftFinding[]
  /** What is to be said of the files, each in a sentence. */
  readonly notices: readonly string[]
}

/** There is nothing to compare: never green. */
export class NothingRecordedError extends Error {
  override readonly name = 'NothingRecordedError'
}

/**
 * Compares recorded answers with the contracts, and with what this gateway answers to the same calls.
 * Nothing leaves the process.
 *
 * @throws ExchangeSourceError, NothingRecordedError
 */
export async function findDrift({ files, lock }: DriftOptions): Promise<DriftReport> {
  const { exchanges, notices } = recordedIn(files)
  const used = usedParts(exchanges, lock)
  const findings = createFindings(used)
  compareWithContracts(exchanges, used, findings)
  const comparison = createMockComparison({ used, into: findings })
  let compared = 0
  let notComparable = 0
  const { items = [] } = worldFrom(exchanges).made
  await using gateway = createGateway({
    world: withItems(items),
    profile: 'production',
    rateLimit: 'off',
  })
  for (const exchange of differentCalls(exchanges)) {
    const contract = findMethod(exchange.method ?? '')
    if (!contract || !exchange.response) continue
    const mocked = await mockAnswer(gateway, exchange)
    if (comparison.add(exchange, mocked, contract)) compared++
    else notComparable++
  }
  comparison.finish()
  return {
    format: 'localtop-drift',
    version: 1,
    files,
    by: lock ? 'lock' : 'recording',
    exchanges: exchanges.length,
    answers: exchanges.filter(({ response }) => response).length,
    comparedWithMock: compared,
    notComparable,
    findings: findings.list(),
    notices,
  }
}

/** The exchanges of recordings. @throws NothingRecordedError where no call has its answer */
function recordedIn(files: readonly string[]): {
  readonly exchanges: readonly ExchangeLine[]
  readonly notices: readonly string[]
} {
  const notices: string[] = []
  const exchanges = files.flatMap((file) => {
    const { exchanges: found, cutLine } = readExchangeFile(file)
    if (cutLine !== undefined) notices.push(cutText(file, cutLine))
    return found
  })
  const without = exchanges.filter(({ response }) => !response).length
  if (without > 0)
    notices.push(`${without} of ${exchanges.length} calls are kept without an answer`)
  if (without === exchanges.length) {
    throw new NothingRecordedError(
      `${files.join(', ')}: no call with its answer: nothing to compare`,
    )
  }
  return { exchanges, notices }
}

/** A world and a scenario that answer as was recorded. */
export const replayOf = (files: readonly string[]) => {
  const { exchanges } = recordedIn(files)
  return {
    world: worldFrom(exchanges),
    scenario: scenarioFrom(exchanges, `as recorded in ${files.join(', ')}`),
  }
}

function withItems(items: NonNullable<WorldSeed['items']>): WorldSeed {
  const taken = new Set(items.map(({ num_iid }) => String(num_iid)))
  const others = (defaultWorld.items ?? []).filter(({ num_iid }) => !taken.has(String(num_iid)))
  return { ...defaultWorld, items: [...items, ...others] }
}

/** Each call once: uploads are left out, whose files are not kept. */
function differentCalls(exchanges: readonly ExchangeLine[]): ExchangeLine[] {
  const calls = new Map<string, ExchangeLine>()
  for (const exchange of exchanges) {
    const { request } = exchange
    if (!request || Object.keys(request.files ?? {}).length > 0) continue
    const { sign: _sign, timestamp: _timestamp, session: _session, ...rest } = request.params
    const key = JSON.stringify(Object.entries(rest).sort())
    if (!calls.has(key)) calls.set(key, exchange)
  }
  return [...calls.values()]
}

const [app] = defaultWorld.apps ?? []
const session = defaultWorld.sessions?.[0]?.session ?? ''

/** What this gateway answers to a recorded call, made by an app and a seller of its own. */
async function mockAnswer(gateway: Gateway, exchange: ExchangeLine): Promise<ExchangeLine> {
  const { params = {} } = exchange.request ?? {}
  const sent: Record<string, string> = {
    ...params,
    app_key: String(app?.app_key),
    timestamp: gateway.clock.state().time,
    v: '2.0',
    sign_method: 'md5',
    ...(params.session !== undefined && { session }),
  }
  delete sent.sign
  const body = new URLSearchParams({ ...sent, sign: sign(sent, String(app?.app_secret), 'md5') })
  const response = await gateway.fetch(
    new Request('http://localhost/router/rest', { method: 'POST', body }),
  )
  return { ...exchange, response: { status: response.status, body: await response.text() } }
}
