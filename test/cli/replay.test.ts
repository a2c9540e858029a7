import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { Capsule, MatrixReport, Replay } from '../../src/kit/index.ts'
import { runCommand } from '../support/command.ts'
import { itInPython } from '../support/python.ts'

const fixtures = join(import.meta.dirname, '../fixtures')
const uploader = (file: string) => ['python3', join(fixtures, 'uploaders', file)]

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-replay-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

/** A program that signs as the platform demands; `call`, `item` and the credentials are there for its body. */
const script = (body: string) => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { createHash, createHmac } from 'node:crypto'
   const { TOP_URL, TOP_APP_KEY, TOP_APP_SECRET, TOP_SESSION } = process.env
   const digest = (text, secret, how) => how === 'hmac-sha256'
     ? createHmac('sha256', secret).update(text).digest('hex').toUpperCase()
     : createHash('md5').update(secret + text + secret).digest('hex').toUpperCase()
   const signed = (method, params = {}, { secret = TOP_APP_SECRET, body = '' } = {}) => {
     const all = { ...(method && { method }), app_key: TOP_APP_KEY, session: TOP_SESSION, v: '2.0', timestamp: String(Date.now()),
       format: 'json', sign_method: 'md5', ...params }
     const text = Object.keys(all).sort().map((name) => name + all[name]).join('') + body
     return { ...all, sign: digest(text, secret, all.sign_method) }
   }
   const send = async (url, init) => {
     try { return await (await fetch(url, init)).text() } catch (error) { return String(error) }
   }
   const call = (method, params, how) => send(TOP_URL, { method: 'POST', body: new URLSearchParams(signed(method, params, how)) })
   const item = (outer_id, title = outer_id) => ({ title, outer_id, price: '9.90', num: '1', type: 'fixed', cid: '1512',
     desc: 'a cup', stuff_status: 'new', 'location.state': '浙江', 'location.city': '杭州' })
   ${body}`,
]

let count = 0

/** Runs a program through one scenario and answers what it left. */
async function matrix(scenario: object, program: readonly string[], flags: readonly string[] = []) {
  const place = join(folder, `reports-${++count}`)
  const file = join(folder, `scenario-${count}.yaml`)
  writeFileSync(file, JSON.stringify(scenario))
  const { stdout, stderr, status } = await runCommand(
    ['matrix', '--json', '--report', place, '--scenario', file, ...flags, '--', ...program],
    folder,
    { PYTHONDONTWRITEBYTECODE: '1' },
  )
  const last = stdout.trimEnd().split('\n').at(-1) ?? ''
  const report: MatrixReport = JSON.parse(last)
  const name = report.runs[0]?.files.capsule
  if (name === undefined) throw new Error(`no capsule: ${stdout}${stderr}`)
  const path = join(place, name)
  return { report, status, file: path, capsule: readCapsule(path), program }
}

const readCapsule = (file: string): Capsule => JSON.parse(readFileSync(file, 'utf8'))

async function replay(file: string, ...flags: string[]) {
  const { stdout, stderr, status } = await runCommand(['replay', file, '--json', ...flags], folder)
  const [replayed, shrunk] = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line))
  return { status, stderr, replayed: replayed as Replay, shrunk }
}

const twice = script(
  `for (const id of ['A', 'B', 'A', 'C']) await call('taobao.item.add', item(id))`,
)
const nothingFails = { title: 'nothing fails', profile: 'production' }

it('a capsule that cannot be written costs no verdict, and the report says why', async () => {
  const place = mkdtempSync(join(tmpdir(), 'localtop-no-capsule-'))
  try {
    mkdirSync(join(place, 'all-goes-well.capsule.json'))
    const liar = [process.execPath, '-e', 'fetch(process.env.TOP_URL)']
    const flags = ['--scenario', 'all-goes-well', '--fail-on', 'none', '--report', place]
    const { status, stdout } = await runCommand(['matrix', ...flags, '--', ...liar], place)
    expect(stdout).toMatch(/^No capsule could be left: all-goes-well\.capsule\.json: /m)
    expect(stdout).toContain('Not one call was answered')
    expect(status).toBe(1)
  } finally {
    rmSync(place, { recursive: true })
  }
})

describe('a program that sends a product again when its answer is lost', () => {
  const program = [
    'env',
    'BUG=resubmit',
    ...uploader('lose_answer.py'),
    ...uploader('shop_sync.py'),
  ]

  itInPython(
    'leaves a capsule that repeats it exactly, down to the two calls that matter',
    async () => {
      const left = await matrix(nothingFails, program)
      expect(left.status).toBe(1)
      expect(left.report.notes?.[0]?.en).toContain(`localtop replay ${left.file}`)

      const whole = await replay(left.file, '--shrink')
      expect(whole.replayed).toMatchObject({
        answers: { same: left.capsule.requests.length, different: 0, notCompared: 0 },
        firstDifference: null,
        isSame: true,
        stillFails: true,
        gone: [],
        fresh: [],
      })
      expect(whole.replayed.again).toHaveLength(1)
      expect(whole.status).toBe(1)
      expect(whole.shrunk).toMatchObject({ requests: 2, rules: 0, isShortest: true })
      expect(whole.shrunk.sequence).toEqual([
        expect.stringMatching(/^1 +\+0\.0 s {2}taobao\.item\.add (SPRING-\d\d): answered$/),
        expect.stringMatching(/^2 +\+\d\.\d s {2}taobao\.item\.add (SPRING-\d\d): answered$/),
      ])

      const smaller = await replay(whole.shrunk.file)
      expect(smaller.replayed).toMatchObject({ isSame: true, stillFails: true })
      expect(smaller.replayed.again).toEqual(whole.replayed.again)
      // What is left means the same things: their numbers are those of the whole run.
      const numbers = ({ requests }: Capsule) =>
        requests.flatMap(({ answer }) => /"num_iid":(\d+)/.exec(answer?.body ?? '')?.[1] ?? [])
      const [, again = ''] = numbers(readCapsule(whole.shrunk.file))
      expect(numbers(left.capsule)).toContain(again)
      expect(Number(again)).toBeGreaterThan(610_000_000_002)
    },
  )
})

describe('a capsule', () => {
  it('is not left by a run that passed, which takes that of an earlier run away', async () => {
    const { file } = await matrix(nothingFails, twice)
    const place = join(file, '..')
    const once = script(`await call('taobao.item.add', item('A'))`)
    const scenario = join(folder, `scenario-${count}.yaml`)
    const { status } = await runCommand(
      ['matrix', '--report', place, '--scenario', scenario, '--', ...once],
      folder,
    )
    expect(status).toBe(0)
    expect(existsSync(file)).toBe(false)
  })

  it('is left by localtop run as well', async () => {
    const place = join(folder, 'run')
    const { stderr, status } = await runCommand(
      ['run', '--profile', 'production', '--report', place, '--fail-on', 'any', '--', ...twice],
      folder,
    )
    expect(status).toBe(1)
    const file = join(place, 'run.capsule.json')
    expect(stderr).toContain(`localtop replay ${file}`)
    const { replayed } = await replay(file)
    expect(replayed).toMatchObject({ answers: { same: 4, different: 0 }, isSame: true })
  })

  it('repeats delays, broken connections, chance, bans, files, batches and calls at one time', async () => {
    const scenario = {
      title: 'much goes wrong',
      profile: 'production',
      clock: '2026-11-11 00:00:00',
      rules: [
        { when: { method: 'taobao.item.add', call: 12 }, then: { ban: '30s' } },
        { when: { method: 'taobao.item.add', chance: 0.3 }, then: { refuse: 'isp.unknown-error' } },
        { when: { method: 'taobao.item.add', call: { every: 3 } }, then: { delay: '20s' } },
        { when: { method: 'taobao.item.add', call: 5 }, then: { fault: 'reset-after' } },
        { when: { method: 'taobao.items.*' }, then: { fault: 'twice' } },
        { when: { method: 'taobao.time.get', call: 1 }, then: { clock: '31m' } },
      ],
    }
    const program = script(
      `const picture = new Blob([Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64')])
       const upload = (id) => {
         const form = new FormData()
         for (const [name, value] of Object.entries(signed('taobao.item.add', item(id)))) form.set(name, value)
         form.set('image', picture, 'p.png')
         return send(TOP_URL, { method: 'POST', body: form })
       }
       const get = (method, params) => send(TOP_URL + '?' + new URLSearchParams(signed(method, params)))
       const batch = () => {
         const body = ['A', 'B'].map((id) => new URLSearchParams({ method: 'taobao.item.add', ...item('batch-' + id) })).join('\\r\\n-S-\\r\\n')
         const query = new URLSearchParams(signed(undefined, {}, { body }))
         return send(TOP_URL.replace('rest', 'batch') + '?' + query, { method: 'POST', body, headers: { 'content-type': 'text/plain' } })
       }
       await Promise.all(['A', 'B', 'C', 'D', 'A', 'E'].map((id) => call('taobao.item.add', item(id))))
       await get('taobao.time.get')
       await Promise.all([upload('F'), upload('A'), batch(), get('taobao.items.onsale.get', { fields: 'num_iid,title,modified' })])
       await Promise.all(['G', 'H', 'A', 'I'].map((id) => call('taobao.item.add', item(id, '杯子 & ' + id), )))
       await send(TOP_URL.replace('router/rest', '_localtop/faults'), { method: 'POST', body: JSON.stringify({ fault: 'truncated' }), headers: { 'content-type': 'application/json' } })
       await call('taobao.items.onsale.get', { fields: 'num_iid', format: 'xml' })
       await call('taobao.nothing.get')`,
    )
    const { file, capsule } = await matrix(scenario, program, ['--scale', '60', '--seed', '7'])
    const { replayed } = await replay(file)
    expect(replayed.firstDifference).toBeNull()
    expect(replayed).toMatchObject({ isSame: true, gone: [], fresh: [], gaps: [] })
    // 6 at once, the time, 4 at once with a batch of two, 4, a fault put in force, 2.
    expect(capsule.requests).toHaveLength(18)
    expect(replayed.answers).toEqual({ same: 17, different: 0, notCompared: 1 })
    const text = JSON.stringify(capsule.requests)
    for (const met of ['isp.unknown-error', 'This ban will last for', '"fault":"reset-after"'])
      expect(text).toContain(met)
    const delayed = capsule.requests.filter(({ at, answer }) => (answer?.at ?? 0) - at >= 300)
    expect(delayed.length).toBeGreaterThan(1)
  })

  it('says what the first answer is that came otherwise, and where', async () => {
    const { file, capsule } = await matrix(nothingFails, twice)
    const edited = file.replace('.capsule', '.edited.capsule')
    const body = capsule.requests[1]?.answer?.body?.replace('610000000002', '610000000009')
    const requests = capsule.requests.map((one, at) =>
      at === 1 ? { ...one, answer: { ...one.answer, body } } : one,
    )
    writeFileSync(edited, JSON.stringify({ ...capsule, requests }))
    const { status, replayed } = await replay(edited)
    expect(status).toBe(1)
    expect(replayed).toMatchObject({
      answers: { same: 3, different: 1 },
      firstDifference: {
        request: 2,
        exchange: '2',
        path: 'item_add_response.item.num_iid',
        expected: expect.stringContaining('610000000009'),
        got: expect.stringContaining('610000000002'),
      },
      isSame: false,
      stillFails: true,
    })
    const { stdout } = await runCommand(['replay', edited], folder)
    expect(stdout).toContain(
      'the first that differs is request 2 (exchange 2), at item_add_response.item.num_iid',
    )
  })

  it('ends with 0 when nothing is found any more', async () => {
    const { file, capsule } = await matrix(nothingFails, twice)
    const edited = file.replace('.capsule', '.edited.capsule')
    writeFileSync(edited, JSON.stringify({ ...capsule, requests: capsule.requests.slice(0, 2) }))
    const { status, replayed } = await replay(edited)
    expect(replayed).toMatchObject({ again: [], stillFails: false, answers: { different: 0 } })
    expect(replayed.gone).toEqual(['duplicates/published-twice: A'])
    expect(status).toBe(0)
  })

  it('loses the rules that do not matter when it is shrunk', async () => {
    const scenario = {
      ...nothingFails,
      rules: [
        { when: { method: 'taobao.items.onsale.get' }, then: { refuse: '7' } },
        { when: { method: 'taobao.item.add', call: 2 }, then: { fault: 'reset-after' } },
        { when: { method: 'taobao.item.add', call: 9 }, then: { ban: '1s' } },
      ],
    }
    const { file } = await matrix(
      scenario,
      script(`for (const id of ['A', 'B', 'B', 'C']) await call('taobao.item.add', item(id))`),
    )
    const { shrunk } = await replay(file, '--shrink', '--output', join(folder, 'small.json'))
    expect(shrunk).toMatchObject({
      target: 'duplicates/sent-again-without-asking',
      from: { requests: 4, rules: 3 },
      rules: 1,
      isShortest: true,
      file: join(folder, 'small.json'),
    })
    expect(shrunk.sequence[0]).toContain('reset the connection after carrying it out')
    expect(await replay(join(folder, 'small.json'))).toMatchObject({ replayed: { isSame: true } })
  })

  it('is as short as the budget allows, and says so', async () => {
    const { file } = await matrix(nothingFails, twice)
    const { shrunk } = await replay(file, '--shrink', '--budget', '1')
    expect(shrunk).toMatchObject({ requests: 4, runs: 1, isShortest: false })
  })

  it('says what could not be kept: the keys of an authorisation are random', async () => {
    const world = {
      ...nothingFails,
      world: {
        sessions: [
          {
            session: 'old-session',
            app_key: '12345678',
            seller: '本地小店',
            refresh_token: 'old-refresh-token',
          },
        ],
      },
    }
    const program = script(
      `const form = { client_id: TOP_APP_KEY, client_secret: TOP_APP_SECRET, grant_type: 'refresh_token', refresh_token: 'old-refresh-token' }
       const token = JSON.parse(await send(TOP_URL.replace('router/rest', 'token'), { method: 'POST', body: new URLSearchParams(form) }))
       for (const id of ['A', 'A']) await call('taobao.item.add', { ...item(id), session: token.access_token })`,
    )
    const { file, capsule } = await matrix(world, program)
    expect(capsule.gaps).toEqual([expect.stringContaining('the program authorised itself')])
    const { replayed } = await replay(file)
    expect(replayed).toMatchObject({ isSame: true, answers: { same: 2, notCompared: 1 } })
    const { stdout } = await runCommand(['replay', file], folder)
    expect(stdout).toContain('incomplete: the program authorised itself')
  })
})

describe('secrets', () => {
  const planted = {
    secret: 'Planted&Secret/0123456789',
    other: 'PlantedOtherSecret0123',
    session: 'planted session 610+zz0123456789',
    refresh: 'planted-refresh-token-0123456789',
    rotated: 'PlantedRotatedSecret0123',
    unknown: 'planted-session-of-nobody',
    password: 'planted-password',
  }
  const world = {
    apps: [
      { app_key: '777', app_secret: planted.secret },
      { app_key: '778', app_secret: planted.other },
    ],
    sellers: [{ nick: '我', user_id: 7 }],
    sessions: [
      { session: planted.session, app_key: '777', seller: '我', refresh_token: planted.refresh },
    ],
  }
  const scenario = {
    title: 'the secret is another after a while',
    profile: 'guide',
    rules: [
      {
        when: { method: 'taobao.time.get', call: 1, session: planted.session },
        then: { appSecret: planted.rotated },
      },
    ],
  }
  const program = script(
    `for (const id of ['A', 'A']) await call('taobao.item.add', item(id))
     await send(TOP_URL + '?' + new URLSearchParams(signed('taobao.items.onsale.get', { fields: 'num_iid', sign_method: 'hmac-sha256' })))
     const lower = signed('taobao.items.onsale.get', { fields: 'num_iid' })
     await send(TOP_URL, { method: 'POST', body: new URLSearchParams({ ...lower, sign: lower.sign.toLowerCase() }) })
     const form = new FormData()
     for (const [name, value] of Object.entries(signed('taobao.item.add', item('M')))) form.set(name, value)
     await send(TOP_URL, { method: 'POST', body: form })
     await call('taobao.item.add', item('wrong sign'), { secret: '${planted.other}' })
     await call('taobao.item.add', { ...item('wrong session'), session: '${planted.unknown}' })
     await call('taobao.item.add', item('said', 'my secret is ${planted.secret}'))
     await call('taobao.item.add', { ...item('password'), password: '${planted.password}' })
     await call('taobao.item.add', { ...item('json'), input_str: JSON.stringify({ access_token: '${planted.password}' }) })
     await call('taobao.time.get')
     await call('taobao.item.add', item('old secret'))
     await call('taobao.item.add', item('new secret'), { secret: '${planted.rotated}' })`,
  )

  it('of the world never reach the capsule, and every sign is as right or wrong as it was', async () => {
    const file = join(folder, 'secrets-world.json')
    writeFileSync(file, JSON.stringify(world))
    const left = await matrix(scenario, program, ['--world', file])
    const text = readFileSync(left.file, 'utf8')
    for (const [name, secret] of Object.entries(planted)) {
      for (const form of [
        secret,
        encodeURIComponent(secret),
        `${new URLSearchParams({ x: secret })}`.slice(2),
        JSON.stringify(secret).slice(1, -1),
        Buffer.from(secret).toString('base64').slice(0, -4),
      ]) {
        expect(text.includes(form), `${name} as ${form}`).toBe(false)
      }
    }
    const codes = left.capsule.requests.map(
      ({ answer }) => /"code":"?(\w+)/.exec(answer?.body ?? '')?.[1],
    )
    expect(codes).toEqual([
      ...['0', '0', '0', '0', '0', 'invalid_signature', 'invalid_session'],
      ...['0', '0', '0', '0', 'invalid_signature', '0'],
    ])
    const { replayed } = await replay(left.file)
    expect(replayed.firstDifference).toBeNull()
    expect(replayed).toMatchObject({ isSame: true, stillFails: true, answers: { same: 13 } })
  })

  it('that everybody knows stay, so that the requests are those of the program', async () => {
    const { capsule } = await matrix(nothingFails, twice)
    const [{ body } = {}] = capsule.requests
    expect(body?.text).toContain('app_key=12345678&session=test&')
    expect(capsule.world.apps?.map(({ app_secret }) => app_secret)).toContain('helloworld')
  })
})

describe('what is no capsule', () => {
  it.each([
    ['a missing file', undefined, /replay-.*: there is no such file/],
    ['what is no JSON', 'requests:\n  - 1\n', /: this is no JSON: /],
    ['a capsule that was cut', 'cut', /:\d+: the file ends in the middle: it was cut/],
    [
      'another file of JSON',
      '{"format":"localtop-matrix"}',
      /format: this is no capsule: its format is "localtop-matrix"/,
    ],
    ['a list', '[]', /format: this is no capsule/],
    ['null', 'null', /format: this is no capsule/],
    [
      'a capsule of another version',
      '{"format":"localtop-capsule","version":2}',
      /version: this capsule is of version 2; this LocalTOP reads version 1/,
    ],
    ['a capsule edited into something else', 'edited', /:\d+: requests\[1\]\.at: /],
    ['a capsule with an unknown name', 'named', /:\d+: .*secnario/],
    ['a world that names what is not there', 'world', /world\.sessions\[0\]\.app_key: /],
    ['a request that cannot be sent', 'verb', /requests\[0\]: .*CONNECT/],
  ])('%s is refused with its place, status 2', async (name, content, problem) => {
    const file = join(folder, `${name}.json`)
    const { capsule } = ['cut', 'edited', 'named', 'world', 'verb'].includes(content ?? '')
      ? await matrix(nothingFails, twice)
      : { capsule: undefined }
    const [first, second, ...rest] = capsule?.requests ?? []
    const written = {
      cut: JSON.stringify(capsule, null, 2)?.slice(0, -300),
      edited: JSON.stringify(
        { ...capsule, requests: [first, { ...second, at: 'soon' }, ...rest] },
        null,
        2,
      ),
      named: JSON.stringify({ ...capsule, secnario: 'x' }, null, 2),
      world: JSON.stringify({ ...capsule, world: { ...capsule?.world, apps: [] } }),
      verb: JSON.stringify({ ...capsule, requests: [{ ...first, verb: 'CONNECT' }] }, null, 2),
    }[content ?? '']
    if (content !== undefined) writeFileSync(file, written ?? content)
    const { status, stderr, stdout } = await runCommand(['replay', file], folder)
    expect(stderr).toMatch(problem)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })

  it.each([
    [['--output', 'x.json'], /^localtop: --output: goes with --shrink\n$/],
    [['--budget', '0', '--shrink'], /--budget.*expected 1 to 9999999/],
  ])('a wrong use is refused: %s', async (flags, problem) => {
    const { status, stderr } = await runCommand(['replay', 'x.capsule.json', ...flags], folder)
    expect(stderr).toMatch(problem)
    expect(status).toBe(2)
  })
})
