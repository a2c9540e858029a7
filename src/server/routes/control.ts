import { timingSafeEqual } from 'node:crypto'
import { type Context, Hono } from 'hono'
import { bodyLimit } from 'hono/body-limit'
import { HTTPException } from 'hono/http-exception'
import * as z from 'zod'
import {
  clockCommand,
  controlRoutes,
  explainRequest,
  tenantRequest,
} from '../../contracts/control.ts'
import { OptionError, problemsOf } from '../../contracts/problems.ts'
import { parseJson } from '../../contracts/protocol/json.ts'
import { parseTime } from '../../contracts/protocol/timestamp.ts'
import { describeForm, report, reportForms } from '../../contracts/report/forms.ts'
import { soFar } from '../../contracts/report/run-report.ts'
import type { FaultSeed } from '../../contracts/rule.ts'
import { type ScenarioSeed, scenario } from '../../contracts/scenario.ts'
import { CallFormatError } from '../../contracts/signature-doctor/call-format.ts'
import { readExplainRequest } from '../../contracts/signature-doctor/read-json.ts'
import type { GatewayCore, OfTenant } from '../core.ts'
import { signedCurl } from '../curl.ts'
import { errorCatalogue } from '../error-list.ts'
import { isLoopback } from '../listen.ts'
import { scenarioNames } from '../scenario-files.ts'
import { type Snapshot, snapshotSchema } from '../state/snapshot.ts'
import { StoreUnavailableError } from '../state/store-error.ts'
import type { Gauges } from '../traffic/metrics.ts'
import type { ActiveRule } from '../traffic/rules.ts'
import { version } from '../version.ts'
import { badRequest, notFound, wholeNumber } from './bad-request.ts'
import { callerIn } from './caller.ts'
import type { Env } from './env.ts'
import { addMethodRoutes } from './methods.ts'
import { isGone, nobodyThere } from './respond.ts'

/** The control API: a tool of LocalTOP, apart from the platform's protocol. */
export function controlRoutesOf(core: GatewayCore): Hono<Env> {
  const { gateway } = core
  const app = new Hono<Env>()

  app.use(async (c, next) => {
    const refused = refusal(c)
    // Health answers anybody, with less to say.
    if (refused && !(c.req.path.endsWith('/health') && c.req.method === 'GET')) {
      return c.json({ error: refused }, 403)
    }
    await next()
  })

  app.use(async (c, next) => {
    const trouble = core.trouble()
    if (trouble && !c.req.path.endsWith('/health')) throw trouble
    await core.catchUp()
    await next()
  })

  const atMost = (maxSize: number) => {
    const error = `the body is larger than ${maxSize} bytes, more than this route reads`
    return bodyLimit({ maxSize, onError: (c) => c.json({ error }, 413) })
  }
  const limit = atMost(core.limits.controlBodyBytes)

  app.get('/', (c) => c.json({ name: 'localtop', version, routes: controlRoutes }))

  app.get('/health', (c) =>
    c.json({
      ready: core.trouble() === undefined,
      version,
      profile: core.profile.name,
      ...(refusal(c) === undefined && {
        counts: {
          ...core.base.counts(),
          tenants: core.tenants().length,
          exchanges: gateway.exchanges.list().length,
          rules: gateway.scenarios.list().length,
        },
      }),
    }),
  )

  app.get('/curl', (c) => {
    const text = sampleCall(core, new URL(c.req.url).origin, c.req.query('appKey'))
    return c.req.header('accept')?.includes('application/json')
      ? c.json({ curl: text })
      : c.text(`${text}\n`)
  })

  app.get('/errors', (c) => c.json(errorCatalogue()))
  addMethodRoutes(app, core)

  app.get('/exchanges', (c) => {
    const { appKey, method, code, gate, outcome, since, text, limit } = c.req.query()
    const filter = {
      appKey,
      method,
      gate,
      text,
      outcome: outcomeNamed(outcome),
      since: sinceOf(since),
      code: wholeNumber('code', code),
      limit: wholeNumber('limit', limit),
    }
    return c.json({ exchanges: gateway.exchanges.list(filter) })
  })
  app.delete('/exchanges', async (c) => {
    gateway.exchanges.clear()
    await core.shared()
    return c.json({ ok: true })
  })
  app.get('/exchanges/:id', (c) => {
    const exchange = gateway.exchanges.find(c.req.param('id'))
    if (!exchange) throw notFound(`the journal has no exchange "${c.req.param('id')}" (any more)`)
    return c.json(exchange)
  })

  app.post('/reset', async (c) => {
    const appKey = c.req.query('appKey')
    if (appKey !== undefined && !core.tenants().includes(appKey)) {
      throw notFound(`no tenant has the app key "${appKey}"`)
    }
    await gateway.reset(appKey === undefined ? {} : { appKey })
    return c.json({ ok: true })
  })

  app.get('/snapshot', async (c) =>
    c.json(await gateway.snapshot({ secrets: c.req.query('secrets') === 'include' })),
  )
  app.put('/snapshot', atMost(core.limits.snapshotBytes), async (c) => {
    await gateway.restore((await bodyOf(c, snapshotSchema)) as Snapshot)
    return c.json({ ok: true })
  })

  app.get('/clock', (c) => c.json(gateway.clock.state()))
  app.post('/clock', limit, async (c) => {
    const command = await bodyOf(c, clockCommand)
    if (command.appKey !== undefined && !core.tenants().includes(command.appKey)) {
      throw notFound(`no tenant has the app key "${command.appKey}"`)
    }
    core.moveClock(command)
    await core.shared()
    return c.json(gateway.clock.state())
  })

  app.get('/scenarios', (c) =>
    c.json({
      active: rulesInForce(tenantOf(c)),
      available: scenarioNames(),
      files: gateway.scenarios.files(),
    }),
  )
  app.put('/scenarios', atMost(core.limits.scenarioBytes), async (c) => {
    const { scenarios } = await bodyOf(c, scenarioChoice)
    const of = tenantOf(c)
    try {
      gateway.scenarios.set(scenarios as (string | ScenarioSeed)[], of)
    } catch (error) {
      // An unknown name, or a file that is no scenario: the message says which and where.
      throw badRequest(error instanceof Error ? error.message : String(error))
    }
    await core.shared()
    return c.json({ active: rulesInForce(of) })
  })
  app.delete('/scenarios', async (c) => {
    gateway.scenarios.clear(tenantOf(c))
    await core.shared()
    return c.json({ ok: true })
  })
  const inWords = ({ scenario: from, sentence, sentenceZh }: ActiveRule) => ({
    scenario: from,
    rule: sentence,
    ruleZh: sentenceZh,
  })
  const rulesInForce = (of: OfTenant) => gateway.scenarios.list(of).map(inWords)

  app.get('/faults', (c) => c.json({ active: gateway.faults.list(tenantOf(c)).map(inWords) }))
  app.post('/faults', limit, async (c) => {
    // What is no fault is named by `add`.
    const added = gateway.faults.add((await jsonOf(c)) as FaultSeed, tenantOf(c))
    await core.shared()
    return c.json(inWords(added), 201)
  })
  app.delete('/faults', async (c) => {
    gateway.faults.clear(tenantOf(c))
    await core.shared()
    return c.json({ ok: true })
  })

  function tenantOf(c: Context<Env>): OfTenant {
    const appKey = c.req.query('appKey')
    if (appKey !== undefined && !core.tenants().includes(appKey))
      throw notFound(`no tenant has the app key "${appKey}"`)
    return { appKey }
  }

  app.post('/explain', limit, async (c) => {
    // Identifiers written as numbers may pass 2^53, and a rounded one would be another call.
    const asked = await bodyOf(c, explainRequest, parseJson)
    return c.json(core.diagnosis.explain(readExplainRequest(asked)))
  })

  app.get('/report', (c) => {
    const { appKey, format = 'json' } = c.req.query()
    const form = reportForms.find((known) => known === format)
    if (!form) throw badRequest(`format was "${format}"; expected ${reportForms.join(', ')}`)
    const judged = reportOn(appKey)
    if (form === 'json') return c.json(judged)
    return c.body(report(soFar(judged, appKey ?? 'all apps'), form), 200, {
      'content-type': `${describeForm(form).contentType};charset=UTF-8`,
    })
  })
  app.get('/coverage', (c) => c.json(reportOn(c.req.query('appKey')).coverage))
  function reportOn(appKey: string | undefined) {
    if (appKey !== undefined && !core.worldOf(appKey).app(appKey)) {
      throw notFound(`no app has the key "${appKey}"`)
    }
    return gateway.report({ appKey })
  }

  app.get('/metrics', (c) =>
    c.body(core.metrics.text(version, gaugesOf(core)), 200, {
      'content-type': 'text/plain; version=0.0.4; charset=utf-8',
    }),
  )

  app.get('/tenants', (c) => c.json({ tenants: core.tenants() }))
  app.post('/tenants', limit, async (c) =>
    c.json(await gateway.tenant(await bodyOf(c, tenantRequest)), 201),
  )
  app.delete('/tenants/:appKey', async (c) => {
    const appKey = c.req.param('appKey')
    if (!(await core.dropTenant(appKey))) throw notFound(`no tenant has the app key "${appKey}"`)
    return c.json({ ok: true })
  })

  app.onError((error, c) => {
    if (isGone(c)) return nobodyThere()
    if (error instanceof HTTPException) return c.json({ error: error.message }, error.status)
    if (error instanceof OptionError || error instanceof CallFormatError)
      return c.json({ error: error.message }, 400)
    if (error instanceof z.ZodError) {
      return c.json(
        { error: 'the body is not what this route takes', problems: problemsOf(error) },
        400,
      )
    }
    if (error instanceof StoreUnavailableError) return c.json({ error: error.message }, 503)
    core.options.log?.({ event: 'bug', message: error.message, stack: error.stack })
    return c.json({ error: `a mistake of this gateway: ${error.message}` }, 500)
  })

  return app
}

/** Whoever may steer the gateway may not, by that, have it read this machine's files. */
const scenarioName = z.string().regex(/^[^./\\]+$/, {
  error: 'expected a name or a scenario: files are read only where the command line names them',
})

const scenarioChoice = z.strictObject({
  scenarios: z.array(z.union([scenarioName, scenario])).min(1),
})

async function bodyOf<T extends z.ZodType>(
  c: Context<Env>,
  schema: T,
  parse: (text: string) => unknown = JSON.parse,
): Promise<z.output<T>> {
  return schema.parse(await jsonOf(c, parse))
}

async function jsonOf(
  c: Context<Env>,
  parse: (text: string) => unknown = JSON.parse,
): Promise<unknown> {
  const text = await c.req.text()
  try {
    return text.trim() === '' ? {} : parse(text)
  } catch (error) {
    throw badRequest(`the body is no JSON: ${(error as Error).message}`)
  }
}

const outcomes = ['answered', 'refused', 'dropped'] as const

function outcomeNamed(text: string | undefined) {
  if (text === undefined) return undefined
  const outcome = outcomes.find((one) => one === text)
  if (!outcome) throw badRequest(`outcome was "${text}"; expected one of ${outcomes.join(', ')}`)
  return outcome
}

function sinceOf(text: string | undefined) {
  if (text === undefined) return undefined
  if (/^\d{1,12}$/.test(text)) return { id: text }
  const at = parseTime(text)
  if (at === undefined)
    throw badRequest(
      `since was "${text}"; expected yyyy-MM-dd HH:mm:ss in GMT+8, or the id of an exchange`,
    )
  return at
}

/**
 * Why a request may not use the control API; `undefined` when it may. A call in this process comes
 * through no socket and may; a web page open in the developer's browser may not.
 */
function refusal(c: Context<Env>): string | undefined {
  if (!c.env.guard) return undefined
  const { token, open } = c.env.guard
  if (!open) {
    return isToken(c.req.header('authorization') ?? '', token)
      ? undefined
      : 'the gateway is reachable from other machines: send "Authorization: Bearer <control token>"'
  }
  const host = (c.req.header('host') ?? '').replace(/:\d+$/, '')
  if (!isLoopback(host)) return `the Host "${host}" is not this machine`
  const origin = c.req.header('origin')
  if (origin !== undefined)
    return isLoopback(hostOf(origin)) ? undefined : `the Origin "${origin}" is foreign`
  // Pictures and scripts of other pages come without an Origin; a link that somebody follows may.
  const isForeign = c.req.header('sec-fetch-site') === 'cross-site'
  return isForeign && c.req.header('sec-fetch-mode') !== 'navigate'
    ? 'a page of another site asked for it'
    : undefined
}

function hostOf(origin: string): string {
  try {
    return new URL(origin).hostname
  } catch {
    return origin
  }
}

function isToken(header: string, token: string): boolean {
  const given = Buffer.from(header)
  const expected = Buffer.from(`Bearer ${token}`)
  return given.length === expected.length && timingSafeEqual(given, expected)
}

function gaugesOf(core: GatewayCore): Gauges {
  const tenants = core.tenants()
  const worlds = [core.base, ...tenants.map((appKey) => core.worldOf(appKey))]
  return {
    localtop_items: {
      help: 'Items in all shops.',
      value: worlds.reduce((sum, world) => sum + world.counts().items, 0),
    },
    localtop_tenants: { help: 'Tenants.', value: tenants.length },
    localtop_journal_exchanges: {
      help: 'Exchanges in the journal.',
      value: core.gateway.exchanges.list().length,
    },
    localtop_rules: {
      help: 'Rules of scenarios and faults in force for everybody.',
      value: core.gateway.scenarios.list().length,
    },
    process_resident_memory_bytes: {
      help: 'Memory of the process.',
      value: process.memoryUsage.rss(),
    },
  }
}

/** A signed call that works when pasted, by the named app or the first one that can publish. */
function sampleCall(core: GatewayCore, url: string, appKey?: string): string {
  const { who, profile, now } = callerIn(core, appKey)
  return signedCurl(url, who, profile, now)
}
