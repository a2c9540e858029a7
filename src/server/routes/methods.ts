import type { Hono } from 'hono'
import { listedMethods, methodFacts } from '../../contracts/documents/facts.ts'
import { openApiText } from '../../contracts/documents/openapi.ts'
import {
  listMethods,
  methodsNear,
  sessionWords,
  statusWords,
} from '../../contracts/documents/search.ts'
import { tiers } from '../../contracts/tier.ts'
import type { GatewayCore } from '../core.ts'
import { describeMethod } from '../describe-method.ts'
import { version } from '../version.ts'
import { badRequest, notFound, oneOf, wholeNumber } from './bad-request.ts'
import { callerIn } from './caller.ts'
import type { Env } from './env.ts'

/** Each word is looked for in each of thousands of methods. */
const longestSearch = 200

/** The catalogue: lists and searches methods, says everything about one. */
export function addMethodRoutes(app: Hono<Env>, core: GatewayCore): void {
  const own = core.ownContracts
  const all = () => listedMethods(own)

  app.get('/methods', (c) => {
    const { q, tier, session, group, status, limit } = c.req.query()
    if (q !== undefined && q.length > longestSearch)
      throw badRequest(`q has ${q.length} characters; expected at most ${longestSearch}`)
    return c.json(
      listMethods(all(), {
        words: q?.split(/\s+/).filter((word) => word !== ''),
        group,
        tier: oneOf('tier', tier, tiers),
        session: oneOf('session', session, sessionWords),
        status: oneOf('status', status, statusWords),
        limit: wholeNumber('limit', limit),
      }),
    )
  })

  app.get('/methods/:name', async (c) => {
    const contract = contractNamed(c.req.param('name'))
    const { who, now } = callerIn(core, c.req.query('appKey'))
    return c.json(
      await describeMethod(contract, {
        url: new URL(c.req.url).origin,
        who,
        now,
        // What a method of the caller's own does when it is called is not known here.
        fresh: own.includes(contract) ? undefined : core.fresh,
      }),
    )
  })

  app.get('/openapi', (c) => {
    const names = c.req.queries('method') ?? []
    if (names.length === 0) throw badRequest('expected ?method=NAME, once or several times')
    const facts = [...new Set(names)].map((name) => methodFacts(contractNamed(name)))
    const server = new URL(c.req.url).origin
    return c.body([...openApiText(facts, { version, server })].join(''), 200, {
      'content-type': 'application/json; charset=utf-8',
    })
  })

  function contractNamed(name: string) {
    const contract = core.findContract(name)
    if (contract) return contract
    const near = methodsNear(
      all().map((method) => method.name),
      name,
    )
    throw notFound(
      `no method is called "${name}"${near.length > 0 ? `; did you mean ${near.join(', ')}?` : ''}`,
    )
  }
}
