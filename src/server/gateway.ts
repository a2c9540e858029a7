import { catalogueSummary } from '../contracts/catalogue/summary.ts'
import { defaultWorld } from '../contracts/default-world.ts'
import type { AnyContract } from '../contracts/define-method.ts'
import { OptionError } from '../contracts/problems.ts'
import { type Profile, profiles } from '../contracts/profile.ts'
import { reject, rejectBusiness } from '../contracts/protocol/errors.ts'
import { parseDuration, timestampWindow } from '../contracts/protocol/timestamp.ts'
import { rateOption } from '../contracts/rate.ts'
import { findMethod, knownMethods, methods, tierOf } from '../contracts/registry.ts'
import { faultRequest } from '../contracts/rule.ts'
import { unknownMethods } from '../contracts/rule-checks.ts'
import { type ParsedWorld, worldSeed } from '../contracts/world.ts'
import { writtenWindow } from '../contracts/written-values.ts'
import { createApp, type App as HttpApp } from './app.ts'
import type { Received } from './call.ts'
import { createClockControl } from './clock-control.ts'
import type { Answered, Gateway, GatewayCore, Noted } from './core.ts'
import { createDiagnosis } from './diagnosis.ts'
import { encode } from './encode.ts'
import { gatesFor } from './gates/index.ts'
import type { AnyHandler } from './handlers/handler.ts'
import { handlers } from './handlers/index.ts'
import { defaultLimits, type Limits } from './limits.ts'
import { type Listening, listen } from './listen.ts'
import { ExistingStateError, type GatewayOptions } from './options.ts'
import type { Runnable, Verdict } from './pipeline.ts'
import { createReporter } from './report.ts'
import { findOAuthEndpoint, oauthGates } from './routes/token.ts'
import { createScenariosInForce } from './scenarios-in-force.ts'
import { createClock } from './state/clock.ts'
import { deferred } from './state/deferred.ts'
import { createIds } from './state/ids.ts'
import { redisStore } from './state/redis-store.ts'
import { restoreSnapshot, type Snapshot, snapshotSchema, takeSnapshot } from './state/snapshot.ts'
import { fileStore, memoryStore, type Store } from './state/store.ts'
import { StoreUnavailableError } from './state/store-error.ts'
import { type App, collectionsOf, createWorld, type World } from './state/world.ts'
import { createTelling } from './telling.ts'
import { mintTenant } from './tenants.ts'
import { isSignRefused } from './traffic/exchange.ts'
import { createJournal } from './traffic/journal.ts'
import { localLedgers, sharedLedgers } from './traffic/ledgers.ts'
import { createMetrics } from './traffic/metrics.ts'
import { createRules, type Fate } from './traffic/rules.ts'
import { createJournalSharing } from './traffic/shared-journal.ts'

interface TenantRecord {
  readonly seed: ParsedWorld
}

/**
 * Builds a gateway. Nothing listens until `listen` is called; `fetch` works without a socket.
 *
 * @throws ZodError for a world or scenario that is none, OptionError for an unknown scenario or a rate that is none
 * @example
 * const gateway = createGateway({ profile: 'guide' })
 * const { url } = await gateway.listen({ port: 0 })
 * // … point an SDK at `${url}/router/rest` …
 * await gateway.close()
 */
export function createGateway(options: GatewayOptions = {}): Gateway {
  const { httpStatus = 'always-200', seed: idSeed = 1 } = options
  const rateLimit = options.rateLimit === undefined ? undefined : rateOption(options.rateLimit)
  const limits: Limits = { ...defaultLimits, ...options.limits }
  const clock = createClock(options.wall)
  // Gateways that share a store must not give the same request ids.
  const idsOf = (seed: number | string) =>
    createIds(seed, () => {
      const { gateway: number = 1 } = store.journal?.() ?? {}
      return number === 1 ? seed : `${seed}/${number}`
    })
  const store = storeOf(options)
  const base = createWorld('', store, clock, idsOf(idSeed))
  const worlds = new Map<string, World>()
  const everyWorld = () => [base, ...worlds.values()]
  let hasBegun = false
  const telling = createTelling({ store, isShared: isShared(options), reportBug })
  const clockControl = createClockControl({
    clock,
    store,
    isShared: isShared(options),
    options,
    tell: telling.tell,
  })
  // What is in force lives as long as the shop's gateways do: a data folder does not keep it.
  const records = isShared(options) ? store : memoryStore()
  const ledgers = isShared(options) ? sharedLedgers(store) : localLedgers()
  store.observe('tenants', followTenant)
  store.observe('meta', followMeta)
  if (records !== store) records.observe('meta', followMeta)
  const rules = createRules({ ledgers, advance: clockControl.advance })
  const givenSeed = worldSeed.parse(options.world ?? defaultWorld)

  const extra = new Map((options.methods ?? []).map((entry) => [entry.contract.name, entry]))
  const builtIn = handlers as unknown as Readonly<Record<string, AnyHandler>>
  const known = knownMethods([...extra.keys()])
  const contractOf = (name: string) => extra.get(name)?.contract ?? findMethod(name)
  const gates = gatesFor({
    findContract: contractOf,
    findHandler: ({ name }) => extra.get(name)?.handler ?? builtIn[name],
    rules,
    rateLimit,
    timestampWindow: windowOf(options.timestampWindow),
    onBug: reportBug,
  })
  const envelopeGates = gates.only(({ batch }) => batch !== 'call')
  const batchedGates = gates.only(({ batch }) => batch !== 'envelope')
  const inForce = createScenariosInForce({
    rules,
    ledgers,
    records,
    tell: telling.tell,
    worlds: everyWorld,
    initial: options.scenarios ?? [],
    known,
    clockMove: (at, world = base) => clockControl.scenarioMove(at, world),
    watch: options.watch ?? false,
    onEdit: (edit) => options.log?.({ event: 'scenario', ...edit }),
  })
  inForce.begin()
  const worldOf = (appKey: string | undefined) =>
    appKey === undefined ? base : (worlds.get(appKey) ?? base)
  const diagnosis = createDiagnosis({
    worldOf,
    worlds: everyWorld,
    profileOf,
    findContract: contractOf,
    wall: clock.wall,
  })
  const journal = createJournal(
    diagnosis.ofRefused,
    options.journal?.maxCount ?? limits.journalCount,
    options.journal?.maxBytes ?? limits.journalBytes,
  )
  const sharing = createJournalSharing(store, journal, {
    worldOf: (id) => (id === '' ? base : worlds.get(id)),
    findContract: (name) => findOAuthEndpoint(name) ?? contractOf(name),
    gates: [...gates.gates, ...oauthGates],
  })

  const metrics = createMetrics(options.metricLabels)

  function reportBug(problem: Error) {
    options.log?.({ event: 'bug', message: problem.message, stack: problem.stack })
  }

  let isReady = false
  const refusing = deferred()
  /** Why nothing can be answered before the store is loaded. */
  let away: StoreUnavailableError | undefined
  const trouble = () => away ?? store.trouble()
  const onAway = () => {
    away = store.trouble()
    refusing.resolve()
  }

  const ready = once(async () => {
    await store.load(options.awaitStore ? onAway : undefined)
    const shared = store.journal?.()
    if (shared) journal.numberBy(shared.numberAfter)
    const tellAgain = telling.begin()
    try {
      await store.transact(beginOrWake)
    } catch (error) {
      if (error instanceof ExistingStateError) await store.close()
      throw error
    }
    tellAgain()
    await telling.pending()
    if (hasBegun) await sharing.clear(undefined)
    away = undefined
    isReady = true
  })
  /** Ends when calls are answered, if only with the store's trouble. */
  const answering = () => Promise.race([ready(), refusing.done])

  function beginOrWake() {
    // The seed is written last: without it, the first start was killed before its world was whole.
    const isWhole = store.collection('meta').has('seed')
    if (isWhole && (!options.fresh || hasBegun)) {
      if (!options.world || hasBegun) {
        wake()
        if (isShared(options)) inForce.join()
        return
      }
      throw new ExistingStateError(
        `${isShared(options) ? 'the shared store' : `the data folder ${options.data ?? '.localtop'}`} holds state already; a world needs an empty one (fresh)`,
      )
    }
    // Another gateway may be first, which has the same to begin with.
    hasBegun = true
    store.drop([...store.names()])
    if (isShared(options)) {
      clockControl.start()
      clockControl.save()
      inForce.begin()
    }
    plantBase(givenSeed)
  }

  function plantBase(seed: ParsedWorld) {
    base.plant(seed)
    store.put('meta', 'seed', seed)
  }

  /** A tenant has its world as long as the store has the tenant, also when that is undone. */
  function followTenant(appKey: string, _: unknown, after: unknown) {
    if (after === undefined) forgetTenant(appKey)
    else if (!worlds.has(appKey)) openTenant(appKey).reindex()
  }

  function followMeta(key: string, _: unknown, after: unknown) {
    const [kind, appKey] = key.split('@')
    clockControl.follow(kind, appKey, after)
    inForce.follow(kind, appKey ?? '', after)
    if (kind !== 'issued' || typeof after !== 'number') return
    const world = appKey ? worlds.get(appKey) : base
    world?.continueAfter(after)
  }

  /** Makes indexes and tenants anew from what the store holds. */
  function wake() {
    base.reindex()
    for (const world of worlds.values()) world.dispose()
    worlds.clear()
    for (const appKey of store.collection('tenants').keys()) {
      const world = openTenant(appKey)
      world.reindex()
      rules.begin(world)
    }
  }

  function openTenant(appKey: string): World {
    const own = clockControl.ofTenant(appKey)
    const world = createWorld(appKey, store, own, idsOf(`${idSeed}/${appKey}`))
    worlds.set(appKey, world)
    return world
  }

  function closeTenant(appKey: string) {
    store.drop(collectionsOf(appKey))
    store.delete('tenants', appKey)
    store.delete('meta', `issued@${appKey}`)
    clockControl.drop(appKey)
    inForce.drop(appKey)
  }

  function forgetTenant(appKey: string) {
    worlds.get(appKey)?.dispose()
    worlds.delete(appKey)
    clockControl.forget(appKey)
    journal.clear(appKey)
  }

  function profileOf(world: World, app: App | undefined): Profile {
    const name =
      (world.id === '' ? undefined : app?.profile) ??
      options.profile ??
      app?.profile ??
      world.settings().profile ??
      'guide'
    return profiles[name]
  }

  function judge(by: Runnable<Received>, call: Received): Verdict | Promise<Verdict> {
    try {
      const running = by.run(call)
      return running instanceof Promise ? running.catch(troubleVerdict) : running
    } catch (error) {
      return troubleVerdict(error)
    }
  }

  function answer(call: Received, problem?: Error): Answered | Promise<Answered> {
    return answerBy(gates, call, problem)
  }

  function answerBy(
    by: Runnable<Received>,
    call: Received,
    mistake?: Error,
  ): Answered | Promise<Answered> {
    const started = performance.now()
    const problem = mistake ?? trouble()
    const verdict = problem ? troubleVerdict(problem) : judge(by, call)
    return verdict instanceof Promise
      ? verdict.then((late) => settle(call, late, started))
      : settle(call, verdict, started)
  }

  async function refuseEnvelope(call: Received, mistake?: Error): Promise<Answered | undefined> {
    const started = performance.now()
    const problem = mistake ?? trouble()
    const verdict = await (problem ? troubleVerdict(problem) : judge(envelopeGates, call))
    return verdict.rejection && settle(call, verdict, started)
  }

  /**
   * What a gate throws is a mistake of ours, or a store that cannot keep what was changed: answered as
   * the platform's trouble.
   */
  function troubleVerdict(error: unknown): Verdict {
    if (error instanceof StoreUnavailableError) {
      const rejection = rejectBusiness('isp.remote-service-error', error.reason, {
        en: `The store could not keep the change: ${error.message}. ${error.isUnknown ? 'Whether the change arrived is unknown; look before the call is sent again.' : 'Nothing was changed; send the call again once it can.'}`,
        zh: `存储无法保存本次修改：${error.zh}。${error.isUnknown ? '无法确定本次修改是否已生效，重发前请先查询。' : '数据没有变化，恢复后请重发本次调用。'}`,
      })
      return { rejection, passed: gates.gates.length, gates: gates.gates }
    }
    const problem = error instanceof Error ? error : new Error(String(error))
    reportBug(problem)
    const rejection = reject(
      'remote-service-error/isp.internal-error',
      {},
      {
        en: `A mistake of this gateway: ${problem.message}`,
        zh: `网关自身的错误：${problem.message}`,
      },
    )
    return { rejection, passed: gates.gates.length, gates: gates.gates }
  }

  function settle(call: Received, verdict: Verdict, started: number): Answered {
    const { rejection, dropped, passed } = verdict
    const { status, contentType, body, retryAfter } = dropped
      ? nothing
      : encode(call, rejection, httpStatus)
    const { contract, fate } = call as { contract?: AnyContract; fate?: Fate }
    const exchange = note({ call, verdict, status, body, took: performance.now() - started })
    return {
      status,
      contentType,
      body,
      retryAfter,
      exchange,
      gate: rejection || dropped ? (verdict.gates[passed - 1]?.name ?? '') : 'passed',
      tier: contract && (contract.tier ?? 'stateful'),
      now: call.now,
      fault: fate?.wire,
      clock: call.world.clock,
    }
  }

  function resetTenant(appKey: string) {
    const record = store.collection<TenantRecord>('tenants').get(appKey)
    if (!record) throw new OptionError(`no tenant has the app key "${appKey}"`)
    const world = worlds.get(appKey)
    clockControl.resetTenant(appKey)
    world?.plant(record.seed)
    inForce.drop(appKey)
    journal.clear(appKey)
  }

  function resetAll() {
    for (const key of core.tenants()) closeTenant(key)
    clockControl.start()
    clockControl.save()
    journal.clear()
    inForce.reset()
    plantBase(store.collection<ParsedWorld>('meta').get('seed') ?? givenSeed)
  }

  function note(entry: Noted): string {
    const added = journal.add(entry, clock.wall())
    sharing.add(added)
    metrics.count(entry)
    if (options.log) {
      const [newest] = journal.list({ limit: 1 })
      const hint = newest && isSignRefused(newest) ? diagnosis.hint(entry.call) : undefined
      if (newest) options.log({ event: 'call', ...newest, ...hint })
    }
    return added.id
  }

  function tenantWorld(appKey: string | undefined): World | undefined {
    if (appKey === undefined) return undefined
    const world = worlds.get(appKey)
    if (!world) throw new OptionError(`no tenant has the app key "${appKey}"`)
    return world
  }

  /** What other gateways have acknowledged must be seen; where that fails, {@link Store.trouble} says so. */
  const fetchFresh: HttpApp['fetch'] = (request, port) => {
    const fresh = away ? undefined : store.fresh()
    if (!fresh) return answerRequest(request, port)
    return Promise.allSettled([telling.pending(), fresh]).then(() => answerRequest(request, port))
  }

  const listening = new Set<Listening>()
  const core: Omit<GatewayCore, 'gateway'> = {
    options,
    limits,
    metrics,
    get profile() {
      return profileOf(base, undefined)
    },
    base,
    worldOf,
    diagnosis,
    findContract: contractOf,
    ownContracts: [...extra.values()].map(({ contract }) => contract),
    fresh: () => createGateway({ wall: clock.wall }),
    profileOf,
    answer,
    refuseEnvelope,
    answerBatched: (call) => answerBy(batchedGates, call),
    tenants: () => [...store.collection('tenants').keys()],
    trouble,
    catchUp: sharing.catchUp,
    shared: telling.pending,
    async dropTenant(appKey) {
      return store.transact(() => {
        if (!worlds.has(appKey)) return false
        closeTenant(appKey)
        return true
      })
    },
    moveClock: clockControl.command,
    applyRules: rules.apply,
    note,
  }

  const gateway: Gateway = {
    report: createReporter({
      journal,
      clock,
      rules,
      worlds: everyWorld,
    }),
    async fetch(request) {
      // Once it is ready nothing is waited for.
      if (!isReady) await answering()
      return fetchFresh(request)
    },
    async listen(listenOptions = {}) {
      await answering()
      const server = await listen(fetchFresh, listenOptions, limits)
      listening.add(server)
      return server
    },
    async close() {
      inForce.close()
      // First, so that a delayed call is answered now rather than cut off.
      clock.stop()
      await Promise.all([...listening].map((server) => server.close()))
      listening.clear()
      // What is waited for will not come any more.
      if (away) await store.close()
      await ready().catch(() => undefined)
      await store.close()
    },
    ready,
    async reset({ appKey } = {}) {
      await ready()
      await store.transact(() => (appKey === undefined ? resetAll() : resetTenant(appKey)))
      await sharing.clear(appKey)
    },
    async snapshot({ secrets = false } = {}) {
      await ready()
      await store.fresh()
      return takeSnapshot(store, secrets)
    },
    async restore(snapshot) {
      await ready()
      const read = snapshotSchema.parse(snapshot) as Snapshot
      await store.transact(() => {
        restoreSnapshot(store, read)
        wake()
      })
    },
    async tenant(request = {}) {
      await ready()
      const { tenant, seed } = mintTenant(request, clock.now(), {
        profile: options.profile ?? base.settings().profile ?? 'guide',
        rateLimit: options.rateLimit,
      })
      await store.transact(() => {
        if (worlds.has(tenant.appKey)) closeTenant(tenant.appKey)
        else if (worlds.size >= limits.tenants) {
          throw new OptionError(
            `there are ${worlds.size} tenants, and no more are taken; drop some (DELETE /tenants/:appKey) or reset`,
          )
        }
        openTenant(tenant.appKey).plant(seed)
        inForce.drop(tenant.appKey)
        store.put('tenants', tenant.appKey, { seed } satisfies TenantRecord)
      })
      return tenant
    },
    clock: {
      state: () => clock.state(),
      freeze: (at) => clockControl.command({ freeze: at ?? true }),
      set: (at) => clockControl.command({ set: at }),
      advance: (duration) => clockControl.command({ advance: duration }),
      scale: (factor) => clockControl.command({ scale: factor }),
      resume: () => clockControl.command({ resume: true }),
      tick: () => clock.tick(),
    },
    scenarios: {
      list: ({ appKey } = {}) => rules.list(tenantWorld(appKey)),
      set(scenarios, { appKey } = {}) {
        const world = tenantWorld(appKey)
        inForce.set(scenarios, world)
        return rules.list(world)
      },
      clear: ({ appKey } = {}) => inForce.clear(tenantWorld(appKey)),
      files: () => inForce.files(),
    },
    faults: {
      add(fault, { appKey } = {}) {
        const rule = faultRequest.parse(fault)
        const [problem] = unknownMethods([rule], known)
        if (problem) throw new OptionError(problem.message)
        return inForce.addFault(rule, tenantWorld(appKey))
      },
      list: ({ appKey } = {}) =>
        rules.list(tenantWorld(appKey)).filter(({ scenario }) => scenario === 'faults'),
      clear: ({ appKey } = {}) => inForce.clearFaults(tenantWorld(appKey)),
    },
    exchanges: {
      list: (filter) => journal.list(filter),
      find: (id) => journal.find(id),
      clear() {
        journal.clear()
        const cleared = sharing.clear(undefined)
        if (cleared) telling.share(cleared)
      },
    },
    [Symbol.asyncDispose]: () => gateway.close(),
  }
  const app = createApp(Object.assign(core, { gateway }) as GatewayCore)
  const { tap } = options
  const answerRequest: HttpApp['fetch'] = tap
    ? (request, port) =>
        tap.pass(request, async (passed) => app.fetch(passed, port), {
          issued: () => base.ids.issued(),
          continueAfter: (issued) => base.continueAfter(issued),
        })
    : app.fetch
  return gateway
}

/** How many methods are answered over the world, and how many the catalogue has in all. */
export const methodCounts = {
  stateful: Object.keys(methods).filter((name) => tierOf(name) === 'stateful').length,
  all: catalogueSummary.methods,
} as const

const isShared = ({ store }: GatewayOptions) => store?.startsWith('redis') ?? false

function storeOf({
  store = 'memory',
  data = '.localtop',
  durability,
  files,
  log,
}: GatewayOptions): Store {
  const onNotice = (message: string) => log?.({ event: 'store', message })
  if (store.startsWith('redis')) return redisStore(store, onNotice)
  if (store !== 'file') return memoryStore()
  return fileStore(data, { durability, files, onNotice })
}

/** What is written for a call whose connection fails before it is carried out. */
const nothing = { status: 0, contentType: '', body: '', retryAfter: undefined } as const

function windowOf(text: string | undefined): number {
  if (text === undefined) return timestampWindow
  const { error } = writtenWindow.safeParse(text)
  if (error) throw new OptionError(`timestampWindow was "${text}"; ${error.issues[0]?.message}`)
  return parseDuration(text) ?? Number.POSITIVE_INFINITY
}

function once<T>(work: () => Promise<T>): () => Promise<T> {
  let result: Promise<T> | undefined
  return () => (result ??= work())
}
