import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { decodeArguments, findMethod, methodNames } from '../../src/contracts/index.ts'
import {
  caseKinds,
  contractCases,
  contractReport,
  defineContractSuite,
  runContractSuite,
} from '../../src/kit/index.ts'
import { createGateway, type Gateway, type Listening } from '../../src/server/index.ts'
import { type Fetch, rewritten } from '../support/faulty-gateway.ts'

// The suite as its users write it, in this very runner, against a port that is not known yet.
let gateway: Gateway
let listening: Listening
beforeAll(async () => {
  gateway = createGateway()
  listening = await gateway.listen({ port: 0 })
})
afterAll(() => gateway.close())

defineContractSuite(
  {
    get url() {
      return listening.url
    },
    methods: ['taobao.time.get', 'taobao.trade.fullinfo.get', 'taobao.item.quantity.update'],
    profile: 'production',
  },
  { describe, it },
)

/** A test runner that keeps what it is given. */
function recorder() {
  const tests: { name: string; run: (...context: unknown[]) => Promise<void> }[] = []
  const path: string[] = []
  return {
    tests,
    describe: (title: string, body: () => void) => {
      path.push(title)
      body()
      path.pop()
    },
    it: (title: string, body: () => Promise<void>) =>
      void tests.push({ name: [...path, title].join(' > '), run: body }),
  }
}

const onlyTime = { methods: ['taobao.time.get'], kinds: ['call'] } as const
/** Hides that a gateway is a LocalTOP, and counts what it is asked. */
const stranger = (own: Fetch) => {
  const seen: Request[] = []
  const fetch: Fetch = async (request) => {
    if (request.url.includes('/_localtop')) return new Response('not found', { status: 404 })
    seen.push(request)
    return own(request)
  }
  return { fetch, seen }
}
const credentials = { appKey: '12345678', appSecret: 'helloworld', session: 'test' }

describe('the cases', () => {
  it('are data, the same every time', () => {
    const cases = contractCases({ methods: ['taobao.item*'], profile: 'guide' })
    expect(JSON.parse(JSON.stringify(cases))).toEqual(cases)
    expect(contractCases({ methods: ['taobao.item*'], profile: 'guide' })).toEqual(cases)
  })

  it('have ids that are unique, and are of every kind', () => {
    const cases = contractCases()
    expect(new Set(cases.map(({ id }) => id)).size).toBe(cases.length)
    expect(new Set(cases.map(({ kind }) => kind))).toEqual(new Set(caseKinds))
  })

  it('stand on both sides of every limit that a contract enforces', () => {
    const edges = contractCases({ methods: ['taobao.item.add'], kinds: ['limits'] })
    expect(edges.map(({ id }) => id)).toEqual(
      expect.arrayContaining([
        'taobao.item.add/limits/title/at-most-120-characters/inside',
        'taobao.item.add/limits/title/at-most-120-characters/outside',
        'taobao.item.add/limits/num/at-most-900000000/outside',
        'taobao.item.add/limits/num/at-least-0/outside',
        'taobao.item.add/limits/price/at-least-0.01/outside',
        'taobao.item.add/limits/price/at-most-100000000.00/inside',
        'taobao.item.add/limits/image/at-most-3145728-bytes/outside',
        'taobao.item.add/limits/seller_cids/at-most-10-values/outside',
      ]),
    )
    // The contract itself agrees with every edge.
    const contract = findMethod('taobao.item.add')
    for (const { id, steps } of edges) {
      const [, , parameter = '', , side] = id.split('/')
      const value = steps[0]?.call.params?.[parameter]
      if (value === undefined) continue
      const decoded = decodeArguments(contract as NonNullable<typeof contract>, {
        [parameter]: value,
      })
      expect('request' in decoded, id).toBe(side === 'inside')
    }
  })

  it('know which methods a pattern stands for', () => {
    const methods = new Set(
      contractCases({ methods: ['taobao.items.*'], kinds: ['session'] }).map(
        ({ method }) => method,
      ),
    )
    expect([...methods].sort()).toEqual(
      methodNames().filter((name) => name.startsWith('taobao.items.')),
    )
  })

  it('are refused where none is selected, or a name is none', () => {
    expect(() => contractCases({ methods: ['taobao.time.get'], kinds: ['fields'] })).toThrow(
      'no case is selected: taobao.time.get and the kinds fields have none',
    )
    expect(() => contractCases({ methods: ['taobao.time.gte'] })).toThrow(
      'methods: no method is called "taobao.time.gte"',
    )
    expect(() => contractCases({ methods: ['nobody.*'] })).toThrow(
      '"nobody.*" stands for no method',
    )
    expect(() => contractCases({ kinds: ['everything' as never] })).toThrow(
      'kinds: "everything" is none; expected some of protocol, call',
    )
  })
})

describe('in a test runner', () => {
  it('names every case, and numbers titles that come twice', () => {
    const runner = recorder()
    defineContractSuite({ fetch: createGateway().fetch }, runner)
    const names = runner.tests.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
    expect(names).toContain(
      'contract of the production gateway > taobao.item.add > without title the answer is 40 and names it',
    )
  })

  it('does not define a suite without a case', () => {
    const runner = recorder()
    expect(() => defineContractSuite({ methods: [], kinds: ['call'] }, runner)).toThrow(
      'no case is selected',
    )
    expect(runner.tests).toEqual([])
  })

  it('reads where the gateway is when the first case runs', async () => {
    const runner = recorder()
    let url: string | undefined
    defineContractSuite(
      {
        ...onlyTime,
        get url() {
          return url
        },
      },
      runner,
    )
    url = listening.url
    for (const { run } of runner.tests) await run()
    expect(runner.tests).toHaveLength(3)
  })

  it('fails with every mismatch and its place, and without credentials', async () => {
    await using own = createGateway()
    const broken: Fetch = async (request) =>
      rewritten(await own.fetch(request), (text) =>
        text.includes('time_get_response')
          ? text
              .replace(/"time":"[^"]*"/, '"time":"soon"')
              .replace(/"request_id":"\w+"/, '"request_id":7')
          : text,
      )
    const runner = recorder()
    defineContractSuite({ ...onlyTime, fetch: broken }, runner)
    const error = (await runner.tests[0]?.run().catch((reason: Error) => reason)) as Error
    expect(error.message).toContain('taobao.time.get/call/json: a good call is answered')
    expect(error.message).toContain(
      'time_get_response.time: expected yyyy-MM-dd HH:mm:ss; received "soon"',
    )
    expect(error.message).toContain('time_get_response.request_id: expected a text; received 7')
    expect(error.message).toContain('method=taobao.time.get session=***')
    expect(error.message).not.toMatch(/suite-own|secret/)
  })

  it('skips what this gateway cannot be asked, and fails where that is everything', async () => {
    const skipped: unknown[] = []
    const context = { skip: (reason: unknown) => skipped.push(reason) }
    const play = async (methods: readonly string[]) => {
      const runner = recorder()
      await using own = createGateway()
      const { fetch } = stranger(own.fetch)
      const options = {
        methods,
        kinds: ['call', 'state'],
        fetch,
        rate: 'off',
        ...credentials,
      } as const
      defineContractSuite(options, runner)
      for (const { run } of runner.tests) await run(context)
    }
    await play(['taobao.time.get', 'taobao.item.delete'])
    expect(skipped).toContain('it may change something on the gateway (writes)')
    await expect(play(['taobao.item.delete'])).rejects.toThrow(
      /none of the \d+ selected cases can be run on this gateway: it may change something/,
    )
  })
})

describe('a gateway that is no LocalTOP', () => {
  it('is only read from, with what is documented or observed', async () => {
    await using own = createGateway({ rateLimit: 'off' })
    const { fetch, seen } = stranger(own.fetch)
    const before = await own.snapshot()
    const report = await runContractSuite({ fetch, rate: 'off', ...credentials })
    expect(report).toMatchObject({ isLocalTop: false, writes: false, failed: 0 })
    expect(report.passed).toBeGreaterThan(100)
    expect(await own.snapshot()).toEqual(before)
    const wrote = report.cases.filter(
      ({ state, method }) => state !== 'not-run' && method && !/\.get$/.test(method),
    )
    expect(wrote).toEqual([])
    expect(report.cases.filter(({ state, assumed }) => state !== 'not-run' && assumed)).toEqual([])
    expect(seen.length).toBe(report.calls)
  })

  it("is asked about ended and foreign sessions where the documentation's app is named", async () => {
    await using own = createGateway({ rateLimit: 'off' })
    const { fetch } = stranger(own.fetch)
    const { session: _, ...app } = credentials
    const options = { fetch, rate: 'off', kinds: ['session', 'state'], writes: true } as const
    const methods = ['taobao.item.seller.get', 'taobao.user.seller.get']
    const report = await runContractSuite({ ...options, ...app, methods, assumed: true })
    expect(report).toMatchObject({ failed: 0, notRun: 0 })
  })

  it('is asked for things that exist there, once they are named', async () => {
    await using own = createGateway({ rateLimit: 'off' })
    const { fetch } = stranger(own.fetch)
    const options = {
      fetch,
      rate: 'off',
      methods: ['taobao.item.seller.get'],
      kinds: ['call', 'fields'],
      ...credentials,
    } as const
    await expect(runContractSuite(options)).rejects.toThrow('none of the 6 selected cases')
    const known = { 'taobao.item.seller.get': { num_iid: '11223344' } }
    expect(await runContractSuite({ ...options, known })).toMatchObject({
      passed: 6,
      failed: 0,
      notRun: 0,
    })
  })

  it('is sent no call faster than the rate says', async () => {
    await using own = createGateway()
    const { fetch } = stranger(own.fetch)
    const started = performance.now()
    const { calls } = await runContractSuite({ ...onlyTime, fetch, rate: '20/sec', ...credentials })
    // Three calls have two distances of a twentieth of a second between them.
    expect(calls).toBe(3)
    expect(performance.now() - started).toBeGreaterThanOrEqual(100)
  })

  it('needs credentials, and an address that is one', async () => {
    const { fetch } = stranger(createGateway().fetch)
    await expect(runContractSuite({ ...onlyTime, fetch })).rejects.toThrow(
      'appKey is needed for http://localhost, which is no LocalTOP',
    )
    await expect(runContractSuite({ ...onlyTime, url: 'gateway' })).rejects.toThrow(
      'url: "gateway" is none',
    )
    await expect(runContractSuite(onlyTime)).rejects.toThrow('url or fetch is needed')
  })
})

describe('a LocalTOP', () => {
  it('keeps its own shop, and forgets the tenant afterwards', async () => {
    await using own = createGateway()
    const before = await own.snapshot()
    const { failed } = await runContractSuite({ fetch: own.fetch, methods: ['taobao.item.delete'] })
    expect(failed).toBe(0)
    const after = await own.snapshot()
    expect(after).toMatchObject(before)
    expect(JSON.stringify(after)).not.toContain('suite-')
  })

  it('is held to its contract by methods of the catalogue too', async () => {
    await using own = createGateway({ rateLimit: 'off' })
    const report = await runContractSuite({
      fetch: own.fetch,
      methods: ['taobao.trade*', 'taobao.logistics.*', 'account.*'],
    })
    expect(report.cases.filter(({ state }) => state === 'failed')).toEqual([])
    expect(report.passed).toBeGreaterThan(500)
  })
})

describe('the report', () => {
  it('holds failures, call and answer in every form', async () => {
    await using own = createGateway()
    const hostile: Fetch = async (request) => {
      const response = await own.fetch(request)
      return request.url.includes('/router/')
        ? rewritten(response, (text) => text.replace(/\d{4}-\d\d-\d\d [\d:]+/, '</code><b>|*'))
        : response
    }
    const report = await runContractSuite({ ...onlyTime, fetch: hostile })
    expect(report).toMatchObject({ passed: 0, failed: 3 })
    const text = contractReport(report, 'text')
    expect(text).toContain('✗ taobao.time.get/call/json')
    expect(text).toContain('0 passed, 3 failed, 0 not run; 3 calls')
    expect(contractReport(report, 'html')).not.toContain('<b>|')
    expect(contractReport(report, 'html')).toContain('&lt;b&gt;')
    const junit = contractReport(report, 'junit')
    expect(junit).toContain('tests="3" failures="3"')
    expect(junit).not.toContain('<b>|')
    expect(contractReport(report, 'markdown')).toContain('| taobao.time.get | 3 | – | 3 | – |')
    expect(JSON.parse(contractReport(report, 'json'))).toMatchObject({ failed: 3 })
  })
})
