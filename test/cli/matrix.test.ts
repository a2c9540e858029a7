import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { MatrixReport, ProgramRun } from '../../src/kit/index.ts'
import { loadScenario, scenarioNames } from '../../src/server/index.ts'
import { runCommand, startCommand } from '../support/command.ts'
import { itInPython } from '../support/python.ts'

const fixtures = join(import.meta.dirname, '../fixtures')
const scenarioFile = (name: string) => join(fixtures, 'matrix', `${name}.yaml`)
const allFiles = readdirSync(join(fixtures, 'matrix')).map((file) => file.replace('.yaml', ''))
const uploader = (file: string) => ['python3', join(fixtures, 'uploaders', file)]
/** Calls nobody and ends at once; Node is on every machine that runs these tests. */
const idle = [process.execPath, '-e', '']

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-matrix-'))
})
afterAll(() => rmSync(folder, { recursive: true }))

let reports = 0
interface Played {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
  readonly place: string
  /** What `--json` printed last. */
  readonly report: MatrixReport
  run(scenario: string): ProgramRun
}

async function matrix(
  flags: readonly string[],
  program: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Promise<Played> {
  const place = join(folder, `reports-${++reports}`)
  const ended = await runCommand(
    ['matrix', '--json', '--report', place, ...flags, '--', ...program],
    folder,
    { PYTHONDONTWRITEBYTECODE: '1', ...env },
  )
  const last = ended.stdout.trimEnd().split('\n').at(-1) ?? ''
  const report = last.startsWith('{"event":"report"') ? JSON.parse(last) : undefined
  return {
    ...ended,
    place,
    report,
    run(scenario) {
      const found = report?.runs.find((one: ProgramRun) => one.scenario === scenario)
      if (!found) throw new Error(`no run of ${scenario}: ${ended.stdout}${ended.stderr}`)
      return found
    },
  }
}

const scenarios = (...names: readonly string[]) =>
  names.flatMap((name) => ['--scenario', scenarioFile(name)])
const found = ({ report }: ProgramRun) => report.findings.map(({ id }) => id).sort()
const byCredentials = ['{url}/router/rest', '{appKey}', '{appSecret}', '{session}']

describe('an uploader that somebody else wrote', () => {
  itInPython('has no finding where it makes no mistake', async () => {
    const { status, report } = await matrix(
      ['--jobs', '2', '--fail-on', 'any', ...scenarios(...allFiles)],
      uploader('shop_sync.py'),
    )
    expect(report.runs.map((run) => [run.scenario, found(run)])).toEqual(
      allFiles.map((name) => [name, []]),
    )
    expect(report.verdict.passed).toBe(true)
    expect(status).toBe(0)
    const met = report.runs.filter((run) => run.met).map((run) => run.scenario)
    expect(met).toEqual(allFiles.filter((name) => name !== 'all-well'))
  })

  itInPython('has no finding where it gives up on a long ban, one item after another', async () => {
    const { status, report, run } = await matrix(
      ['--jobs', '2', '--fail-on', 'any', ...scenarios(...allFiles)],
      [...uploader('list_catalog.py'), ...byCredentials],
    )
    expect(report.runs.map((one) => [one.scenario, found(one)])).toEqual(
      allFiles.map((name) => [name, []]),
    )
    expect(run('ban-until-midnight')).toMatchObject({
      exit: { status: 1 },
      report: { items: { once: 2, twice: 0, lost: 1 }, backOff: 'A' },
    })
    expect(status).toBe(0)
    // Credentials were filled in, and are in no report.
    expect(JSON.stringify(report)).not.toContain('helloworld')
  })

  itInPython('is found out when it takes error 7 for success', async () => {
    const { status, run } = await matrix(
      scenarios('ban-of-a-second', 'all-well'),
      uploader('shop_sync.py'),
      { BUG: 'success' },
    )
    expect(status).toBe(1)
    expect(found(run('ban-of-a-second'))).toEqual(
      expect.arrayContaining(['took-refusal-for-success', 'never-created']),
    )
    expect(run('ban-of-a-second').report).toMatchObject({
      silentFailures: 4,
      items: { once: 2, twice: 0, lost: 4 },
      backOff: 'F',
    })
    expect(found(run('all-well'))).toEqual([])
  })

  itInPython('is found out when it sends again at once during a ban', async () => {
    const flags = [...scenarios('ban-of-a-second'), '--fail-on', 'backoff']
    const { status, run } = await matrix(flags, uploader('shop_sync.py'), { BUG: 'impatient' })
    expect(status).toBe(1)
    expect(found(run('ban-of-a-second'))).toEqual(['called-during-ban'])
    expect(run('ban-of-a-second').report.backOff).toBe('F')
  })

  itInPython('is found out when it sends again after a lost answer, without asking', async () => {
    const program = [...uploader('lose_answer.py'), ...uploader('shop_sync.py')]
    const careless = await matrix(scenarios('all-well'), program, { BUG: 'resubmit' })
    expect(careless.status).toBe(1)
    expect(careless.run('all-well').report).toMatchObject({
      items: { once: 5, twice: 1, lost: 0 },
      findings: [{ judge: 'duplicates', count: 1 }],
    })
    const careful = await matrix(scenarios('all-well'), program)
    expect(careful.status).toBe(0)
    expect(found(careful.run('all-well'))).toEqual([])
  })
})

/** Publishes one item and ends with the status given; everything else as a test says. */
const script = (body: string) => [
  process.execPath,
  '--input-type=module',
  '-e',
  `import { createHash } from 'node:crypto'
   const call = async (method, params) => {
     const all = { method, app_key: process.env.TOP_APP_KEY, session: process.env.TOP_SESSION, v: '2.0',
       timestamp: String(Date.now()), format: 'json', sign_method: 'md5', ...params }
     const text = Object.keys(all).sort().map((name) => name + all[name]).join('')
     const secret = process.env.TOP_APP_SECRET
     all.sign = createHash('md5').update(secret + text + secret).digest('hex').toUpperCase()
     const answer = await fetch(process.env.TOP_URL, { method: 'POST', body: new URLSearchParams(all) })
     return answer.json()
   }
   ${body}`,
]

describe('the program', () => {
  it('finds gateway, credentials and scenario in its environment, and keeps the rest of it', async () => {
    const print = script(
      `await call('taobao.time.get', {})
       const { LOCALTOP_URL, LOCALTOP_SCENARIO, LOCALTOP_SCALE, TOP_URL, TOP_AUTH_URL, TOP_APP_KEY, MINE } = process.env
       console.log(JSON.stringify({ LOCALTOP_URL, LOCALTOP_SCENARIO, LOCALTOP_SCALE, TOP_URL, TOP_AUTH_URL, TOP_APP_KEY, MINE, args: process.argv.slice(1) }))
       console.error('to the other stream')`,
    )
    const { place, run, status } = await matrix(
      [...scenarios('all-well'), '--scale', '60'],
      [...print, 'at={url}', '{appKey}', '{other}'],
      { MINE: 'kept' },
    )
    expect(status).toBe(0)
    const { files } = run('all-well')
    const said = JSON.parse(readFileSync(join(place, files.stdout), 'utf8'))
    expect(said).toEqual({
      LOCALTOP_URL: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+$/),
      LOCALTOP_SCENARIO: 'all-well',
      LOCALTOP_SCALE: '60',
      TOP_URL: `${said.LOCALTOP_URL}/router/rest`,
      TOP_AUTH_URL: said.LOCALTOP_URL,
      TOP_APP_KEY: '12345678',
      MINE: 'kept',
      args: [`at=${said.LOCALTOP_URL}`, '12345678', '{other}'],
    })
    expect(readFileSync(join(place, files.stderr), 'utf8')).toBe('to the other stream\n')
    const [exchange = ''] = readFileSync(join(place, files.exchanges), 'utf8').split('\n')
    expect(JSON.parse(exchange)).toMatchObject({ id: '1', method: 'taobao.time.get' })
  })

  it('meets each scenario in a fresh world, in the profile asked for', async () => {
    const program = script(
      `const item = { title: '杯', price: '9.90', num: '1', outer_id: 'CUP' }
       const answer = await call('taobao.item.add', item)
       console.log(JSON.stringify(answer))`,
    )
    const flags = ['--profile', 'guide', ...scenarios('all-well', 'outcome-unknown')]
    const { place, run } = await matrix(flags, program)
    for (const name of ['all-well', 'outcome-unknown']) {
      const { report, files } = run(name)
      expect(report.items).toEqual({ sent: 1, once: 1, twice: 0, lost: 0 })
      const answer = JSON.parse(readFileSync(join(place, files.stdout), 'utf8'))
      expect(answer.item_add_response).toMatchObject({ code: 0, item: { num_iid: 610000000001 } })
    }
  })

  it('meets its own app where the world has one', async () => {
    const world = join(folder, 'own.yaml')
    writeFileSync(
      world,
      'apps: [{ app_key: "777", app_secret: mine }]\nsellers: [{ nick: 我, user_id: 7 }]\nsessions: [{ session: own, app_key: "777", seller: 我 }]\n',
    )
    const program = script(`console.log(JSON.stringify(await call('taobao.time.get', {})))`)
    const { run, place } = await matrix(['--world', world, ...scenarios('all-well')], program)
    expect(readFileSync(join(place, run('all-well').files.stdout), 'utf8')).toContain(
      'time_get_response',
    )
    expect(JSON.stringify(readFileSync(join(place, 'all-well/exchanges.jsonl'), 'utf8'))).toContain(
      '777',
    )
  })

  it('is stopped when its time is up, with what it has started, and that is no pass', async () => {
    const program = [
      process.execPath,
      '-e',
      `const own = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'inherit' })
       console.log(own.pid)
       process.on('SIGTERM', () => {})
       setInterval(() => {}, 1000)`,
    ]
    // Long enough for two processes to start on a busy machine.
    const flags = ['--timeout', '5s', '--fail-on', 'none', ...scenarios('all-well')]
    const { status, report, place } = await matrix(flags, program)
    expect(status).toBe(1)
    const own = Number(readFileSync(join(place, 'all-well/stdout.txt'), 'utf8'))
    expect(own).toBeGreaterThan(1)
    expect(() => process.kill(own, 0)).toThrow('ESRCH')
    expect(report.runs).toMatchObject([
      { state: 'never-ended', exit: { status: null, signal: 'SIGKILL' } },
    ])
  })

  it('that calls nobody passes nothing, and is told what to try', async () => {
    const { status, report } = await matrix(['--fail-on', 'none', ...scenarios('all-well')], idle)
    expect(status).toBe(1)
    expect(report.runs).toMatchObject([{ state: 'no-call' }])
    expect(report.verdict.reasons[0]?.reason.en).toMatch(/^no call arrived: .*TOP_URL.*\{url\}/)
  })

  it('is served over HTTPS too where --tls asks for it', async () => {
    const program = `
      const { readFileSync } = require('node:fs')
      const ca = readFileSync(process.env.LOCALTOP_TLS_CERTIFICATE)
      const [url] = process.argv.slice(1)
      if (url !== process.env.LOCALTOP_TLS_URL) throw new Error(url)
      const query = 'method=taobao.time.get&v=2.0&app_key=12345678'
      require('node:https').get(url + '/router/rest?' + query, { ca }, (answer) => {
        answer.setEncoding('utf8').on('data', (text) => console.log(text))
      })`
    const flags = ['--tls', '--data', join(folder, 'tls'), '--fail-on', 'none']
    const ran = await matrix(
      [...flags, ...scenarios('all-well')],
      [process.execPath, '-e', program, '{tlsUrl}'],
    )
    expect(ran.run('all-well')).toMatchObject({ state: 'ended', exit: { status: 0 } })
    expect(readFileSync(join(ran.place, 'all-well/stdout.txt'), 'utf8')).toContain('error_response')
  })

  it('may end as it likes unless --fail-on says exit', async () => {
    const program = script(`await call('taobao.time.get', {}); process.exitCode = 3`)
    const lenient = await matrix(scenarios('all-well'), program)
    expect(lenient.status).toBe(0)
    const strict = await matrix(['--fail-on', 'silent,exit', ...scenarios('all-well')], program)
    expect(strict.status).toBe(1)
    expect(strict.report.verdict.reasons).toEqual([
      {
        scenario: 'all-well',
        reason: { en: 'The program ended with exit 3.', zh: '程序结束时为 exit 3。' },
      },
    ])
  })

  it('that did not wait for an answer is judged by what the call has done all the same', async () => {
    const file = join(folder, 'slow.yaml')
    writeFileSync(
      file,
      'title: slow\nprofile: guide\nrules:\n  - { when: { method: taobao.item.add, call: 1 }, then: { delay: 1h } }\n',
    )
    const program = script(
      `const item = { title: '杯', price: '9.90', num: '1', outer_id: 'CUP' }
       await Promise.race([call('taobao.item.add', item), new Promise((wake) => setTimeout(wake, 300))])
       await call('taobao.item.add', item)
       process.exit(0)`,
    )
    const { run, status } = await matrix(['--scenario', file], program)
    expect(run('slow').report.items).toEqual({ sent: 1, once: 0, twice: 1, lost: 0 })
    expect(status).toBe(1)
  })

  it('hears of bans in the seconds that it will wait, whatever the scale', async () => {
    const program = script(
      `const item = (n) => ({ title: '杯' + n, price: '9.90', num: '1', outer_id: 'CUP-' + n, type: 'fixed', cid: '1512',
         desc: '杯', stuff_status: 'new', 'location.state': '浙江', 'location.city': '杭州' })
       for (const n of [1, 2]) await call('taobao.item.add', item(n))
       const { error_response: ban } = await call('taobao.item.add', item(3))
       console.log(ban.sub_msg)
       await new Promise((wake) => setTimeout(wake, 1000 * Number(ban.sub_msg.split(' ')[5])))
       await call('taobao.item.add', item(3))`,
    )
    const flags = ['--scale', '100000', ...scenarios('ban-until-midnight')]
    const { run, place } = await matrix(flags, program)
    const said = readFileSync(join(place, 'ban-until-midnight/stdout.txt'), 'utf8')
    expect(said).toBe('This ban will last for 1 more seconds\n')
    expect(run('ban-until-midnight').report).toMatchObject({
      items: { once: 3, lost: 0 },
      backOff: 'A',
      findings: [],
    })
  })
})

describe('the reports', () => {
  it('are written beside the output, in every form, and into the summary of a GitHub step', async () => {
    const summary = join(folder, 'summary.md')
    const { place, report } = await matrix(scenarios('all-well', 'title-refused'), idle, {
      GITHUB_STEP_SUMMARY: summary,
    })
    for (const end of ['json', 'xml', 'html', 'txt', 'md']) {
      expect(existsSync(join(place, `matrix.${end}`)), end).toBe(true)
    }
    const written = JSON.parse(readFileSync(join(place, 'matrix.json'), 'utf8'))
    expect(report).toMatchObject(written)
    expect(readFileSync(summary, 'utf8')).toBe(readFileSync(join(place, 'matrix.md'), 'utf8'))
  })

  it('print the table, and a line for each run while it goes on', async () => {
    const { stdout, stderr } = await runCommand(
      ['matrix', ...scenarios('all-well'), '--report', join(folder, 'table'), '--', ...idle],
      folder,
    )
    expect(stdout).toMatch(
      /^scenario +exit status +once +twice +lost +silent +back-off +time\nall-well +no call +0 +0 +0 +0 +– +\d+\.\d s\n/,
    )
    expect(stderr).toMatch(/^1\/1 all-well: no call, nothing found, \d+\.\d s\n$/)
  })

  it('are of what there is when the matrix is interrupted', async () => {
    const place = join(folder, 'interrupted')
    const waiting = script(
      `await call('taobao.time.get', {})
       if (process.env.LOCALTOP_SCENARIO === 'outcome-unknown') setInterval(() => {}, 1000)`,
    )
    const files = scenarios('all-well', 'outcome-unknown', 'title-refused')
    const running = startCommand(
      ['matrix', '--json', '--report', place, ...files, '--', ...waiting],
      folder,
    )
    await running.prints('{"event":"started","scenario":"outcome-unknown"')
    running.child.kill('SIGINT')
    const { status } = await running.ended
    expect(status).toBe(130)
    const report: MatrixReport = JSON.parse(readFileSync(join(place, 'matrix.json'), 'utf8'))
    expect(report.interrupted).toBe(true)
    expect(report.runs.map(({ scenario, state }) => [scenario, state])).toEqual([
      ['all-well', 'ended'],
      ['outcome-unknown', 'interrupted'],
    ])
  })
})

describe('a program that', () => {
  it('fails before its first call is quoted, without a secret, rather than told how to call', async () => {
    const dying = [
      process.execPath,
      '-e',
      'console.error("no such file: items.csv, " + process.env.TOP_APP_SECRET); process.exitCode = 3',
    ]
    const { status, report } = await matrix(['--fail-on', 'none', ...scenarios('all-well')], dying)
    expect(status).toBe(1)
    expect(report.verdict.reasons[0]?.reason.en).toBe(
      'no call arrived: the program ended with exit 3 before it made one; it said last: no such file: items.csv, ***',
    )
  })

  it('does not stop when it is asked to is killed by a second interrupt, and reported', async () => {
    const place = join(folder, 'deaf')
    const deaf = script(
      `process.on('SIGTERM', () => console.log('deaf'))
       await call('taobao.time.get', {})
       console.log('waits')
       setInterval(() => {}, 1000)`,
    )
    const running = startCommand(
      ['matrix', '--show-output', '--report', place, ...scenarios('all-well'), '--', ...deaf],
      folder,
    )
    await running.complains('waits')
    running.child.kill('SIGINT')
    await running.complains('deaf')
    running.child.kill('SIGINT')
    const { status } = await running.ended
    expect(status).toBe(130)
    const { runs } = JSON.parse(readFileSync(join(place, 'matrix.json'), 'utf8')) as MatrixReport
    expect(runs).toMatchObject([
      { state: 'interrupted', exit: { status: null, signal: 'SIGKILL' } },
    ])
  })
})

describe('the choice of scenarios', () => {
  it('is every one of the library that makes calls fail, where nothing is said', {
    timeout: 240_000,
  }, async () => {
    const failing = scenarioNames().filter((name) => {
      const { rules, rateLimit } = loadScenario(name).scenario
      return rules.length > 0 || rateLimit !== undefined
    })
    expect(failing.length).toBeGreaterThan(0)
    const { report } = await matrix(['--jobs', '4'], idle)
    expect(report.runs.map(({ scenario }) => scenario)).toEqual(failing)
    const all = await matrix(['--all', '--jobs', '4'], idle)
    expect(all.report.runs.map(({ scenario }) => scenario)).toEqual(scenarioNames())
  })

  it('gives two files of one name two places', async () => {
    const { report } = await matrix(scenarios('all-well', 'all-well'), idle)
    expect(report.runs.map(({ scenario }) => scenario)).toEqual(['all-well', 'all-well-2'])
  })
})

describe('a wrong use is said in one line that names it', () => {
  it.each([
    [[], [], /missing required argument 'program'/],
    [
      [],
      ['/no/such/program'],
      /^localtop: "\/no\/such\/program" cannot be started: there is no such program\n$/,
    ],
    [
      ['--fail-on', 'slow'],
      ['x'],
      /--fail-on.*"slow" is none of silent, backoff, duplicates, losses, contract, contract\/wrong-type, .*, expectations, not-met, exit, any, none/,
    ],
    [['--fail-on', 'none,any'], ['x'], /^localtop: --fail-on: none goes with nothing else\n$/],
    [['--jobs', '0'], ['x'], /--jobs.*expected 1 to 64/],
    [['--timeout', 'soon'], ['x'], /--timeout.*expected a duration above 0/],
    [['--scale', '0'], ['x'], /--scale.*expected a number above 0/],
    [['--scenario', 'nope'], ['x'], /^localtop: there is no scenario "nope"/],
    [
      ['--jobs', '2', '--port', '7099'],
      ['x'],
      /^localtop: port 7099 can serve one run at a time; jobs was 2\n$/,
    ],
  ])('%j -- %j', async (flags, program, expected) => {
    const { status, stderr, stdout } = await runCommand(
      ['matrix', '--report', join(folder, 'wrong'), ...flags, '--', ...program],
      folder,
    )
    expect(stderr).toMatch(expected)
    expect(stdout).toBe('')
    expect(status).toBe(2)
  })

  it('a report folder that cannot be made, before anything is run', async () => {
    const file = join(folder, 'a-file')
    writeFileSync(file, '')
    const { status, stderr } = await runCommand(
      ['matrix', '--report', join(file, 'below'), '--', ...idle],
      folder,
    )
    expect(stderr).toMatch(/^localtop: --report: .* cannot be made: /)
    expect(status).toBe(2)
  })
})
