import { constants, gunzipSync } from 'node:zlib'
import { createClient, type TopClient } from '../client/index.ts'
import {
  batchSeparator,
  type Caller,
  formatTime,
  type ParsedWorld,
  parseDuration,
  profiles,
  type Scenario,
  sign,
  writeBatch,
} from '../contracts/index.ts'
import type { Gateway } from '../server/index.ts'

/** A scenario under way. */
export interface Play {
  readonly scenario: Scenario
  readonly world: ParsedWorld
  readonly gateway: Gateway
  /** The session that a refresh has given; later steps use it where they name none. */
  newest: string | undefined
}

/** Any address: the gateway is in this process. */
const origin = 'http://gateway.invalid'
const defaultTimeout = '30s'

/** The bundled client as a step's caller. Waiting moves the gateway's clock instead of taking time. */
export function clientFor(as: Caller | undefined, play: Play): TopClient {
  const { gateway } = play
  const { appKey, appSecret, session, now } = credentialsOf(as, play)
  return createClient({
    url: origin,
    appKey,
    appSecret,
    session: session === '' ? undefined : session,
    profile: profileOf(play, as),
    fetch: (url, init) => fetchAs(as, play, url, init),
    now,
    random: () => 0.5,
    sleep: async (ms) => void gateway.clock.advance(`${ms}ms`),
    ...(as?.refreshToken !== undefined && { refreshToken: as.refreshToken }),
    ...(as?.refreshTo !== undefined && { refreshSession: () => as.refreshTo as string }),
  })
}

/** Sends calls by `/router/batch` and answers what came, still in one text. */
export async function sendBatch(
  calls: readonly { readonly call: string; readonly with: Readonly<Record<string, string>> }[],
  as: Caller | undefined,
  play: Play,
): Promise<readonly string[]> {
  const { appKey, appSecret, session, now } = credentialsOf(as, play)
  const body = writeBatch(calls.map(({ call, with: params }) => ({ method: call, ...params })))
  const params = {
    app_key: appKey,
    ...(session !== '' && { session }),
    timestamp: formatTime(now()),
    v: '2.0',
    format: 'json',
    sign_method: 'md5',
  }
  const query = new URLSearchParams({ ...params, sign: sign(params, appSecret, 'md5', body) })
  const response = await fetchAs(as, play, `${origin}/router/batch?${query}`, {
    method: 'POST',
    body,
    headers: { 'content-type': 'text/plain;charset=UTF-8' },
  })
  return (await response.text()).split(batchSeparator)
}

function credentialsOf(as: Caller | undefined, play: Play) {
  const { world, gateway } = play
  const session = as?.session ?? (as?.app === undefined ? play.newest : undefined)
  const own = session ?? firstSession(play, as?.app)
  const appKey =
    as?.app ??
    world.sessions.find((one) => one.session === own)?.app_key ??
    firstApp(play, undefined)?.app_key ??
    ''
  const app = world.apps.find((one) => one.app_key === appKey)
  const off = parseDuration(as?.clockOff ?? '0s') ?? 0
  return {
    appKey,
    appSecret: as?.secret ?? app?.app_secret ?? '',
    session: own,
    now: () => gateway.clock.state().epochMs + off,
  }
}

function firstApp({ scenario, world }: Play, appKey: string | undefined) {
  const wanted = (app: ParsedWorld['apps'][number]) =>
    appKey === undefined ? app.profile === (scenario.profile ?? 'guide') : app.app_key === appKey
  return world.apps.find(wanted) ?? world.apps[0]
}

const firstSession = (play: Play, appKey: string | undefined): string => {
  const app = firstApp(play, appKey)
  return play.world.sessions.find((session) => session.app_key === app?.app_key)?.session ?? ''
}

export function profileOf({ scenario, world }: Play, as: Caller | undefined) {
  if (scenario.profile) return scenario.profile
  const app = world.apps.find((one) => one.app_key === as?.app)
  return app?.profile ?? world.profile ?? profiles.guide.name
}

/** One request, as a broken caller would send it, waited for on the gateway's clock. */
async function fetchAs(
  as: Caller | undefined,
  play: Play,
  url: string,
  init: RequestInit,
): Promise<Response> {
  const response = await waitFor(as, play, new Request(url, broken(as, play, init)))
  if (response.headers.get('content-encoding') !== 'gzip') return response
  // What `fetch` does by itself where there is a socket: it takes what can be unpacked before a cut.
  try {
    const packed = Buffer.from(await response.arrayBuffer())
    const bytes = gunzipSync(packed, { finishFlush: constants.Z_SYNC_FLUSH })
    return new Response(bytes, { status: response.status })
  } catch (cause) {
    throw new TypeError('terminated', { cause })
  }
}

function broken(as: Caller | undefined, play: Play, init: RequestInit): RequestInit {
  const { system, without = [], verb } = as ?? {}
  const { body } = init
  if (!(body instanceof URLSearchParams) || !(system || without.length > 0 || verb)) return init
  const params: Record<string, string> = { ...Object.fromEntries(body), ...system }
  for (const name of without) delete params[name]
  if (!without.includes('sign') && system?.sign === undefined)
    params.sign = sign(params, credentialsOf(as, play).appSecret, 'md5')
  return { ...init, method: verb ?? 'POST', body: new URLSearchParams(params) }
}

/** By so much the clock goes on at a time, in milliseconds, while nothing comes. */
const patience = 100
/** A gateway that waits for nothing has answered after so many turns of the event loop. */
const turns = 25

/**
 * Waits for an answer, its body included. Where the gateway waits on its clock, the clock is moved, step by
 * step until the answer is there or the caller has had enough.
 */
async function waitFor(
  as: Caller | undefined,
  { gateway }: Play,
  request: Request,
): Promise<Response> {
  const enough = parseDuration(as?.timeout ?? defaultTimeout) ?? 0
  const abort = new AbortController()
  let isOver = false
  const answer = gateway
    .fetch(new Request(request, { signal: abort.signal }))
    .then(
      async (response) =>
        new Response(await response.arrayBuffer(), {
          status: response.status,
          headers: response.headers,
        }),
    )
    .finally(() => {
      isOver = true
    })
  // Looked at below; a rejection must not count as nobody's meanwhile.
  answer.catch(() => undefined)
  for (let waited = 0; !isOver; waited += patience) {
    for (let turn = 0; turn < turns && !isOver; turn++)
      await new Promise<void>((resolve) => setImmediate(resolve))
    if (isOver) break
    if (waited >= enough) {
      abort.abort(new DOMException(`no answer within ${enough} ms`, 'TimeoutError'))
      throw new TypeError(`no answer within ${enough} ms`)
    }
    gateway.clock.advance(`${patience}ms`)
  }
  return answer
}
