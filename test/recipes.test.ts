import { execFile } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGateway } from '../src/server/index.ts'
import { foreignSurroundings, isThere, itNeeds } from './support/tools.ts'

const root = join(import.meta.dirname, '..')

interface Recipe {
  /** Below `examples/`. */
  readonly file: string
  /** Ends well where the test runner is there. */
  readonly probe: readonly string[]
  /** Runs the file, which lies in the working folder. */
  readonly command: readonly string[]
  /** What the runner prints when all four tests have passed. */
  readonly passes: RegExp
  /** Makes the integration send a call again without asking whether the item is there. */
  readonly careless: readonly [text: string, instead: string]
  /** The test that finds it out. */
  readonly foundOutBy: RegExp
}

const junitJar = '/usr/share/java/junit-platform-console-standalone.jar'
const junit = [
  `javac -encoding UTF-8 -cp ${junitJar} -d classes PublishTest.java`,
  `java -jar ${junitJar} --class-path classes --select-class PublishTest --disable-banner`,
].join(' && ')
/** Debian's pytest belongs to Debian's Python, which need not be the first one on the path. */
const pytest = isThere(['pytest-3', '--version']) ? ['pytest-3'] : ['python3', '-m', 'pytest']

/** Those that start the command, as a test runner in any language can. */
const recipes: readonly Recipe[] = [
  {
    file: 'pytest/test_publish.py',
    probe: [...pytest, '--version'],
    command: [...pytest, '-p', 'no:cacheprovider', 'test_publish.py'],
    passes: /\b4 passed/,
    careless: ['if found:', 'if False:'],
    foundOutBy: /FAILED test_publish\.py::test_publishes_once_where_the_answer_is_lost/,
  },
  {
    file: 'phpunit/PublishTest.php',
    probe: ['phpunit', '--version'],
    command: ['phpunit', 'PublishTest.php'],
    passes: /OK \(4 tests,/,
    careless: ['if ($found) {', 'if (false) {'],
    foundOutBy: /\) PublishTest::testPublishesOnceWhereTheAnswerIsLost/,
  },
  {
    file: 'junit/PublishTest.java',
    probe: ['sh', '-c', `javac -version && test -f ${junitJar}`],
    command: ['sh', '-c', junit],
    passes: /\b4 tests successful\b/,
    careless: ['if (found > 0) return found;', ''],
    foundOutBy: /:publishesOnceWhereTheAnswerIsLost\(\)/,
  },
  {
    file: 'go-test/publish_test.go',
    probe: ['go', 'version'],
    command: ['go', 'test', '-v', '-count=1', 'publish_test.go'],
    passes: /(--- PASS: [\s\S]*){4}/,
    careless: ['if len(found.Items.Item) > 0 {', 'if false {'],
    foundOutBy: /--- FAIL: TestPublishesOnceWhereTheAnswerIsLost/,
  },
]

interface Ran {
  readonly status: number | null
  readonly output: string
}

let folder: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-recipe-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** Runs a recipe's copy in a folder of its own, as whoever has copied it does. */
function run(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Ran> {
  const [file = '', ...args] = command
  const options = {
    cwd: folder,
    env: {
      ...process.env,
      LOCALTOP: undefined,
      LOCALTOP_URL: undefined,
      ...foreignSurroundings,
      ...env,
    },
  }
  return new Promise((resolve) => {
    const child = execFile(file, args, options, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, output: stdout + stderr }),
    )
  })
}

/** @param change what is written differently in the copy */
function copy(file: string, change?: readonly [string, string]) {
  const text = readFileSync(join(root, 'examples', file), 'utf8')
  if (change) expect(text.split(change[0])).toHaveLength(2)
  writeFileSync(join(folder, basename(file)), change ? text.replace(...change) : text)
}

/** Installs the command in the folder, for `npx`; every start writes its process id into a file. */
function install() {
  const bin = join(folder, 'node_modules/.bin/localtop')
  mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true })
  const start = `exec "${process.execPath}" "${join(root, 'dist/cli.js')}" "$@"`
  writeFileSync(bin, `#!/bin/sh\necho $$ >> "${folder}/pids"\n${start}\n`)
  chmodSync(bin, 0o755)
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

for (const { file, probe, command, passes, careless, foundOutBy } of recipes) {
  const test = itNeeds(probe)

  describe(`examples/${file}`, () => {
    test('starts the gateway once, passes, and stops it', async () => {
      install()
      copy(file)

      const { status, output } = await run(command)

      expect(output).toMatch(passes)
      expect(status).toBe(0)
      const pids = readFileSync(join(folder, 'pids'), 'utf8').trim().split('\n').map(Number)
      expect(pids).toHaveLength(1)
      await expect.poll(() => pids.filter(isRunning)).toEqual([])
    })

    test('finds out an integration that sends again without asking, on the gateway that runs already', async () => {
      const callers = new Set<string | null>()
      await using gateway = createGateway({
        log: (event) => event.event === 'call' && callers.add(event.appKey),
      })
      const { url } = await gateway.listen()
      copy(file, careless)

      const { status, output } = await run(command, { LOCALTOP_URL: `${url}/` })

      expect(output).toMatch(foundOutBy)
      expect(output).toContain('but the item existed')
      expect(status).not.toBe(0)
      // Each test had a tenant, and took it away again.
      expect([...callers]).toEqual(Array(4).fill(expect.stringMatching(/^tenant-/)))
      const left = await fetch(`${url}/_localtop/tenants`)
      expect(await left.json()).toEqual({ tenants: [] })
    })

    test('says so where the gateway does not start', async () => {
      copy(file)
      const { status, output } = await run(command, { LOCALTOP: 'false' })
      expect(output).toMatch(/false\]? (start did not get ready|ended before it was ready)/)
      expect(status).not.toBe(0)
    })
  })
}

/** Jest is tried by hand: it is larger than everything else that is needed to build this package. */
describe('examples/node-test/publish.test.mjs', () => {
  const file = 'node-test/publish.test.mjs'
  const command = [process.execPath, '--test', '--test-reporter=tap', 'publish.test.mjs']

  beforeEach(() => {
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(root, join(folder, 'node_modules/localtop'))
  })

  it('passes with a gateway in its own process', async () => {
    copy(file)
    const { status, output } = await run(command)
    expect(output).toMatch(/^# pass 4$/m)
    expect(status).toBe(0)
  })

  it('finds out an integration that sends again without asking', async () => {
    copy(file, ['if (found.length > 0) return', 'if (false) return'])
    const { status, output } = await run(command)
    expect(output).toMatch(/^ *not ok \d - publishes once where the answer is lost$/m)
    expect(output).toMatch(/^# fail 1$/m)
    expect(status).toBe(1)
  })

  it('is the same as the one for Jest but for the runner', () => {
    const partOf = (runner: string) => {
      const text = readFileSync(join(root, `examples/${runner}/publish.test.mjs`), 'utf8')
      return text.slice(text.indexOf('// --- The integration under test'))
    }
    expect(partOf('jest')).toBe(partOf('node-test'))
  })
})
