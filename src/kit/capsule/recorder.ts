import { controlPath, oauthPaths, separatorHeader } from '../../contracts/index.ts'
import type { GatewayOptions, IssuedNumbers, Tap, WrittenAnswer } from '../../server/index.ts'

/** A request as it came, and what was answered. */
export interface KeptRequest {
  /** Real time, in milliseconds. */
  readonly at: number
  /** What the gateway's clock said, in milliseconds. */
  readonly now: number
  readonly issued: number
  readonly verb: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Buffer
  answer?: KeptAnswer
}

interface KeptAnswer extends Pick<WrittenAnswer, 'status' | 'body' | 'exchange'> {
  readonly at: number
  readonly fault: string | undefined
}

/** Everything that came to a gateway between the two moments. */
export interface Recording {
  readonly start: number
  readonly end: number
  readonly requests: readonly KeptRequest[]
  /** What could not be kept, each in a sentence. */
  readonly gaps: readonly string[]
}

/** Keeps what comes to one gateway, in the order in which it is carried out. */
export interface Recorder {
  /** What the gateway is to be built with. Until `begin` its time stands, so that a replay begins at the same. */
  readonly options: Pick<GatewayOptions, 'wall' | 'tap'>
  /** Time runs from here. @param now what the gateway's clock says */
  begin(now: () => number): void
  /** Time stands again: what the judges see is what a replay sees. Later requests are not kept. */
  end(): void
  recording(): Recording
}

export interface RecorderBounds {
  /** @default 100000 */
  readonly maxCount?: number
  /** Of requests and answers. @default 64 MB */
  readonly maxBytes?: number
}

/** The longest body that the gateway reads; a longer one is refused whatever is in it. */
const longestBody = 16 * 1024 * 1024

/** What decides over an answer. */
const keptHeaders = ['content-type', 'x-localtop-error', separatorHeader]

/** @param wall the real time in milliseconds */
export function createRecorder(
  { maxCount = 100_000, maxBytes = 64 * 1024 * 1024 }: RecorderBounds = {},
  wall: () => number = Date.now,
): Recorder {
  const start = wall()
  /** The time while it stands: while one request is carried out, and before and after the run. */
  let standing: number | undefined = start
  let end = start
  let state: 'before' | 'running' | 'full' | 'after' = 'before'
  let clock = () => start
  let bytes = 0
  const requests: KeptRequest[] = []
  const gaps = new Set<string>()
  const known = new WeakMap<Request, KeptRequest>()
  let last: Promise<void> = Promise.resolve()

  function keep(request: KeptRequest): boolean {
    bytes += request.body.length + request.url.length
    if (requests.length >= maxCount || bytes > maxBytes) {
      state = 'full'
      gaps.add(
        `after ${requests.length} requests the rest was not kept: a capsule holds ${maxCount} requests and ${Math.round(maxBytes / 1024 / 1024)} MB`,
      )
      return false
    }
    requests.push(request)
    return true
  }

  /** One request after the other is begun, each at a moment of its own: so their order can be repeated. */
  async function inTurn(work: () => Promise<Response>): Promise<Response> {
    const before = last
    let release = () => {}
    last = new Promise((resolve) => {
      release = resolve
    })
    await before
    if (state === 'running') standing = wall()
    const answering = work()
    void Promise.race([answering.catch(() => undefined), turn()]).then(() => {
      if (state === 'running' || state === 'full') standing = undefined
      release()
    })
    return answering
  }

  const tap: Tap = {
    async pass(request, next, numbers) {
      if (state !== 'running' || !isKept(request, gaps)) return next(request)
      const taken = await takeBody(request)
      if (!taken) return next(request)
      const { passed, body } = taken
      return inTurn(() => {
        if (body.length > longestBody) {
          gaps.add('a request of more than 16 MB was not kept; the gateway refuses such')
        } else if (state === 'running') {
          const kept = keptOf(request, body, numbers, wallNow(), clock())
          if (keep(kept)) known.set(passed, kept)
        }
        return next(passed)
      })
    },
    answered(request, { status, body, exchange, fault }) {
      const kept = known.get(request)
      if (!kept) return
      bytes += body.length
      kept.answer = { at: wallNow(), status, body, exchange, fault: fault?.kind }
    },
  }
  const wallNow = () => standing ?? wall()

  return {
    options: { wall: wallNow, tap },
    begin(now) {
      clock = now
      state = 'running'
      standing = undefined
    },
    end() {
      end = wall()
      standing = end
      state = 'after'
    },
    recording: () => ({ start, end, requests, gaps: [...gaps] }),
  }
}

const turn = () => new Promise<void>((resolve) => setImmediate(resolve))

function keptOf(
  request: Request,
  body: Buffer,
  numbers: IssuedNumbers,
  at: number,
  now: number,
): KeptRequest {
  const headers = keptHeaders.flatMap((name) => {
    const value = request.headers.get(name)
    return value === null ? [] : [[name, value]]
  })
  return {
    at,
    now,
    issued: numbers.issued(),
    verb: request.method,
    url: request.url,
    headers: Object.fromEntries(headers),
    body,
  }
}

/** Calls, authorisation, and what steers the gateway; whatever only looks at it changes no answer. */
function isKept({ method, url }: Request, gaps: Set<string>): boolean {
  const { pathname } = new URL(url)
  if (/^\/router\/(rest|batch)\/?$/.test(pathname)) return true
  if (Object.values(oauthPaths).includes(pathname as never)) {
    gaps.add(
      'the program authorised itself: what that gives is random, so its answers are not compared, and the sessions it gave are in the world from the start',
    )
    return true
  }
  if (!pathname.startsWith(controlPath) || method === 'GET' || method === 'HEAD') return false
  if (/^\/(clock|faults|scenarios|reset)$/.test(pathname.slice(controlPath.length))) return true
  if (/^\/(tenants|snapshot)/.test(pathname.slice(controlPath.length))) {
    gaps.add('the program made tenants, or put a snapshot in place: that is not kept')
  }
  return false
}

/** Reads the body and answers the same request with it; `undefined` where the caller hung up half-way. */
async function takeBody(request: Request): Promise<{ passed: Request; body: Buffer } | undefined> {
  const { method, url, headers } = request
  // A GET's body means nothing.
  if (method === 'GET' || method === 'HEAD') return { passed: request, body: Buffer.alloc(0) }
  try {
    const body = Buffer.from(await request.arrayBuffer())
    return { passed: new Request(url, { method, headers, body }), body }
  } catch {
    // The gateway finds out by itself.
    return undefined
  }
}
