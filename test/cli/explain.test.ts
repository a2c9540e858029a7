import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { formatTime, sign } from '../../src/contracts/index.ts'
import { createGateway, type Gateway, signedCurl } from '../../src/server/index.ts'
import { type Running, runCommand, startCommand } from '../support/command.ts'

let folder: string
let gateway: Gateway | undefined
let running: Running | undefined
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-explain-'))
})
afterAll(() => rmSync(folder, { recursive: true }))
afterEach(async () => {
  await gateway?.close()
  running?.child.kill('SIGKILL')
  await running?.ended
  gateway = running = undefined
})

/** Both languages, the width of an ordinary terminal, and no secret of the developer's own. */
const surroundings = {
  LC_ALL: 'C',
  LANG: undefined,
  COLUMNS: '80',
  TOP_APP_SECRET: undefined,
} as NodeJS.ProcessEnv

const explain = (args: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  runCommand(['explain', ...args], folder, { ...surroundings, ...env })

/** Runs the command with a text on its standard input. */
function piped(input: string, ...args: readonly string[]) {
  const command = startCommand(['explain', ...args], folder, surroundings)
  command.child.stdin.end(input)
  return command.ended
}

/** Writes a text into a file and answers its name. */
function fileOf(text: string | Uint8Array, name = 'call.txt'): string {
  writeFileSync(join(folder, name), text)
  return name
}

const article = {
  appKey: 'YOUR_APP_KEY',
  appSecret: 'YOUR_SECRET_KEY',
  session: 'YOUR_SESSION_TOKEN',
}
/** As the start screen prints it. */
const curl = () => signedCurl('http://127.0.0.1:7070', article, 'guide', Date.now())

const params = {
  method: 'taobao.item.seller.get',
  app_key: '12345678',
  session: 'test',
  timestamp: formatTime(Date.UTC(2026, 4, 1)),
  format: 'json',
  v: '2.0',
  sign_method: 'md5',
  fields: 'num_iid,title',
  q: '手机 & co',
}
const text = (value: (text: string) => string) =>
  Object.entries(params)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, given]) => name + value(given))
    .join('')
const md5 = (given: string) => createHash('md5').update(given).digest('hex').toUpperCase()
const encoded = { ...params, sign: md5(`helloworld${text(encodeURIComponent)}helloworld`) }
const right = { ...params, sign: sign(params, 'helloworld', 'md5') }
const formOf = (given: Readonly<Record<string, string>>) => new URLSearchParams(given).toString()

describe('localtop explain', () => {
  it('says of the curl line of the start screen that its sign is correct', async () => {
    const { status, stdout } = await explain([fileOf(curl())])
    expect({ status, stdout }).toEqual({
      status: 0,
      stdout: '✓ The sign is correct.\n  签名正确。\n',
    })
  })

  it('takes that line with one character changed for wrong, and shows what is signed', async () => {
    const line = curl()
    const changed = line.replace("'title=新", "'title=旧")
    expect(changed).not.toBe(line)
    const { status, stdout } = await explain([fileOf(changed)])
    expect(status).toBe(1)
    expect(stdout).toContain('✗ The sign is wrong')
    expect(stdout).toContain('{secret}app_keyYOUR_APP_KEY')
    expect(stdout).toContain('title旧')
    expect(stdout).not.toContain('YOUR_SECRET_KEY')
  })

  it('names the cause in both languages, marks the difference, and shows the fix in six languages', async () => {
    const { status, stdout } = await explain([fileOf(JSON.stringify(encoded))])
    expect(status).toBe(1)
    expect(stdout).toContain('URL-encoded values were signed  values-url-encoded')
    expect(stdout).toContain('签名')
    expect(stdout).toContain(`sign sent      ${encoded.sign}`)
    expect(stdout).toContain(`sign expected  ${right.sign}`)
    const lines = stdout.split('\n')
    // The caret stands below the first character, and the first byte, that differs.
    const carets = lines.flatMap((line, at) => (/^ +\^$/.test(line) ? [at] : []))
    expect(carets).toHaveLength(2)
    const marked = carets.map((at) => {
      const column = (lines[at] as string).length - 1
      const [theirs, ours] = [lines[at - 2], lines[at - 1]] as [string, string]
      expect(theirs.slice(11, column)).toBe(ours.slice(11, column))
      return [theirs.slice(column, column + 3), ours.slice(column, column + 3)]
    })
    expect(marked).toEqual([
      ['%2C', ',ti'],
      ['25 ', '2c '],
    ])
    for (const language of ['python', 'php', 'java', 'go', 'javascript', 'csharp']) {
      expect(stdout).toMatch(new RegExp(`^  ${language} +\\S`, 'm'))
    }
    expect(stdout).not.toContain('helloworld')
  })

  it('fills no more than the columns there are, but for what is to be copied', async () => {
    const { stdout } = await explain([fileOf(formOf(encoded))], { COLUMNS: '60' })
    const wide = stdout.split('\n').filter((line) => line.length > 60)
    expect(wide.length).toBeGreaterThan(0)
    for (const line of wide) {
      expect(line).toMatch(
        /^ {2}(client|gateway) +\{secret\}|^ {2}(python|php|java|go|javascript|csharp) /,
      )
    }
  })

  it('speaks one language where it is asked to, or LANG says so', async () => {
    const file = fileOf(formOf(encoded))
    const chinese = await explain([file], { LC_ALL: '', LANG: 'zh_CN.UTF-8' })
    expect(chinese.stdout).toContain('签名错误')
    expect(chinese.stdout).not.toContain('The sign is wrong')
    const english = await explain([file, '--lang', 'en'], { LC_ALL: 'zh_CN.UTF-8' })
    expect(english.stdout).toContain('The sign is wrong')
    expect(english.stdout).not.toContain('签名错误')
  })

  it('shows the fix of one programming language only', async () => {
    const { stdout } = await explain([fileOf(formOf(encoded)), '--fix', 'go'])
    expect(stdout).toMatch(/^ {2}go {2}/m)
    expect(stdout).not.toMatch(/^ {2}python/m)
  })

  it.each([
    ['a curl command', `curl -s http://127.0.0.1:7070/router/rest \\\n  -d '${formOf(encoded)}'`],
    ['a URL', `http://127.0.0.1:7070/router/rest?${formOf(encoded)}`],
    ['a raw request', `POST /router/rest HTTP/1.1\r\nHost: x\r\n\r\n${formOf(encoded)}`],
    ['JSON', JSON.stringify({ params: encoded })],
    ['a form', formOf(encoded)],
  ])('reads %s from standard input, with - or without', async (_, input) => {
    for (const args of [[], ['-']]) {
      const { status, stdout } = await piped(input, '--json', ...args)
      expect(status).toBe(1)
      expect(JSON.parse(stdout)).toMatchObject({
        verdict: 'explained',
        causes: [{ id: 'values-url-encoded' }],
        expectedSign: right.sign,
        receivedSign: encoded.sign,
      })
    }
  })

  it('takes a URL in quotes for the call itself', async () => {
    const { status } = await explain([`http://127.0.0.1:7070/router/rest?${formOf(right)}`])
    expect(status).toBe(0)
  })

  it('reads the files that a curl command names', async () => {
    fileOf(formOf(right), 'form.txt')
    expect(await piped('curl http://x/router/rest -d @form.txt')).toMatchObject({ status: 0 })
  })

  it('takes the secret from a flag or the environment, and does not print it', async () => {
    const own = { ...params, app_key: '99887766' }
    const file = fileOf(formOf({ ...own, sign: sign(own, 'from-elsewhere', 'md5') }))
    const unknown = await explain([file])
    expect(unknown.status).toBe(2)
    expect(unknown.stderr).toContain('no app has the key "99887766" here')
    expect(unknown.stderr).toContain('--app-secret or in TOP_APP_SECRET')
    expect(await explain([file, '--app-secret', 'from-elsewhere'])).toMatchObject({ status: 0 })
    expect(await explain([file], { TOP_APP_SECRET: 'from-elsewhere' })).toMatchObject({ status: 0 })
    const wrong = await explain([file, '--app-secret', 'another-one'])
    expect(wrong.status).toBe(1)
    expect(wrong.stdout).not.toContain('another-one')
  })

  it('knows the apps of a world file', async () => {
    const own = { ...params, app_key: '1001' }
    fileOf('apps: [{app_key: 1001, app_secret: of-the-world}]\n', 'world.yaml')
    const file = fileOf(formOf({ ...own, sign: sign(own, 'of-the-world', 'md5') }))
    expect(await explain([file, '--world', 'world.yaml'])).toMatchObject({ status: 0 })
  })

  it('asks a running gateway, which knows its tenants', async () => {
    gateway = createGateway()
    const { url } = await gateway.listen({ port: 0 })
    const { appKey, appSecret } = await gateway.tenant({ profile: 'production' })
    const own = { ...params, app_key: appKey }
    const file = fileOf(formOf({ ...own, sign: sign(own, appSecret, 'md5').toLowerCase() }))
    const { status, stdout } = await explain([file, '--gateway', url, '--json'])
    expect(status).toBe(1)
    expect(JSON.parse(stdout)).toMatchObject({ causes: [{ id: 'lower-case-hex' }] })
    expect(stdout).not.toContain(appSecret)
  })

  it('shows its token to a gateway that is open to other machines', async () => {
    gateway = createGateway()
    const { port, controlToken } = await gateway.listen({ port: 0, host: '0.0.0.0' })
    const asked = [fileOf(formOf(right)), '--gateway', `http://127.0.0.1:${port}`]
    const refused = await explain(asked)
    expect(refused.status).toBe(2)
    expect(refused.stderr).toContain('--token: ')
    expect(await explain([...asked, '--token', controlToken])).toMatchObject({ status: 0 })
  })

  it('writes out what would steer a terminal', async () => {
    const own = { ...params, q: 'a\u001b[2Jb\u202ec' }
    const { stdout } = await explain([fileOf(formOf({ ...own, sign: '0'.repeat(32) }))])
    expect(stdout).toContain('qa\\x1b[2Jb\\u202ec')
    for (const char of '\u001b\u202e') expect(stdout).not.toContain(char)
  })

  it('says what is odd about the call', async () => {
    const { status, stdout } = await piped(`curl http://x/router/rest?${formOf(right)}`)
    expect(status).toBe(0)
    expect(stdout).toContain('The URL stands without quotes')
    expect(stdout).toContain('URL 没有加引号')
  })
})

describe('a wrong use of explain ends with status 2 and one line', () => {
  const call = formOf(right)
  it.each([
    ['nothing on standard input', '', [], 'nothing came; expected a curl command'],
    ['what is no call', 'hello', [], 'it begins with "hello"'],
    ['a quote that is not closed', "curl \\\n -d 'a=1", [], "line 2, column 5: the quote '"],
    ['JSON that is none', '{\n"a": }', [], 'line 2, column 6: this is no JSON'],
    ['a call without a sign', 'a=1&app_key=12345678', [], 'the call has no sign'],
    ['a call without an app key', 'a=1&sign=X', [], 'the call has no app_key'],
    ['a file that is not there', '', ['gone.txt'], 'gone.txt: there is no such file'],
    ['a folder', '', ['.'], '.: '],
    [
      'a world that is not there',
      call,
      ['--world', 'gone.yaml'],
      'gone.yaml: there is no such file',
    ],
    ['a gateway that is no URL', call, ['--gateway', 'nope'], '--gateway was "nope"'],
    ['a world beside a gateway', call, ['--gateway', 'http://x', '--world', 'x'], '--world: '],
    ['an unknown language', call, ['--lang', 'fr'], '--lang'],
    ['an unknown programming language', call, ['--fix', 'perl'], '--fix'],
    ['an unknown flag', call, ['--bogus'], '--bogus'],
  ])('%s', async (_, input, args, message) => {
    const { status, stdout, stderr } = await piped(input, ...args)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('a gateway that does not answer', async () => {
    gateway = createGateway()
    const { url } = await gateway.listen({ port: 0 })
    const file = fileOf(call)
    await gateway.close()
    const dead = await explain([file, '--gateway', url])
    expect(dead).toMatchObject({ status: 2, stdout: '' })
    expect(dead.stderr).toContain(`--gateway: ${url} does not answer`)
  })
})

describe('localtop start', () => {
  const wrong = { ...params, timestamp: '', sign: '' }
  const callWrongly = (url: string) => {
    const now = { ...wrong, timestamp: formatTime(Date.now()) }
    const { sign: _, ...unsigned } = now
    const given = sign(unsigned, 'helloworld', 'md5').toLowerCase()
    return fetch(`${url}/router/rest?${formOf({ ...unsigned, sign: given })}`)
  }

  it('prints a line that names the cause of a wrong sign and where to read more', async () => {
    running = startCommand(['start', '--port', '0', '--store', 'memory'], folder)
    const screen = await running.prints('Ctrl-C')
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(screen)?.[0] ?? ''
    await callWrongly(url)
    const printed = await running.prints('/exchanges/1')
    expect(printed).toMatch(
      /25 at signature .* ms #1\n {2}The sign is in lower case \(lower-case-hex\); /,
    )
    expect(printed).toContain(`localtop explain, or curl -s ${url}/_localtop/exchanges/1`)
  })

  it('writes the ids of the causes into a JSON log', async () => {
    running = startCommand(
      ['start', '--port', '0', '--store', 'memory', '--json', '--log', 'json'],
      folder,
    )
    const { url } = JSON.parse(await running.prints('\n'))
    await callWrongly(url)
    const printed = await running.prints('"code":25')
    expect(JSON.parse(printed.trim().split('\n').at(-1) ?? '')).toMatchObject({
      event: 'call',
      code: 25,
      signature: ['lower-case-hex'],
    })
  })
})
