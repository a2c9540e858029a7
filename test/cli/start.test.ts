import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { get } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { wireFaultKinds } from '../../src/contracts/index.ts'
import { createGateway } from '../../src/server/index.ts'
import { type Running, runCommand, startCommand } from '../support/command.ts'
import { over, phone, signedParams } from '../support/gateway.ts'
import { openSocket } from '../support/raw-socket.ts'

const exec = promisify(execFile)

let folder: string
let running: Running | undefined
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'localtop-start-'))
})
afterEach(async () => {
  running?.child.kill('SIGKILL')
  await running?.ended
  running = undefined
  rmSync(folder, { recursive: true })
})

/** Starts a gateway on a free port and answers what its ready line says. */
async function start(...args: readonly string[]) {
  running = startCommand(['start', '--json', '--port', '0', ...args], folder)
  return JSON.parse(await running.prints('\n')) as {
    url: string
    controlUrl: string
    controlToken: string
    pid: number
    port: number
    tlsUrl?: string
    tlsCertificate?: string
  }
}

const getJson = async (url: string) =>
  (await (await fetch(url)).json()) as { counts: Record<string, number> }

describe('localtop start', () => {
  it.each(['guide', 'production'])(
    'prints a curl line that publishes an item when pasted (%s)',
    async (profile) => {
      running = startCommand(
        ['start', '--port', '0', '--store', 'memory', '--profile', profile],
        folder,
      )
      const screen = await running.prints('Ctrl-C')
      const curl = /^curl (?:.*\\\n)*.*$/m.exec(screen)?.[0] ?? ''
      const { stdout } = await exec('sh', ['-c', curl])
      expect(JSON.parse(stdout)).toMatchObject({
        item_add_response: { item: { num_iid: expect.any(Number) } },
      })
      expect(screen).toContain('valid for ten minutes')
      expect(screen).toContain(`${profile}:`)
      expect(screen).toMatch(/control\s+http:\/\/127\.0\.0\.1:\d+\/_localtop/)
    },
  )

  it('is what a bare localtop does', async () => {
    running = startCommand(['--port', '0', '--store', 'memory'], folder)
    expect(await running.prints('Ctrl-C')).toContain('/router/rest')
  })

  it.each(['SIGINT', 'SIGTERM'] as const)('stops in order on %s, with status 0', async (signal) => {
    const { url } = await start('--store', 'memory')
    running?.child.kill(signal)
    expect(await running?.ended).toMatchObject({ status: 0, stderr: '' })
    await expect(fetch(url)).rejects.toThrow()
  })

  it('finishes the call that is under way when it is told to stop, and keeps it', async () => {
    const { port, url, controlUrl } = await start()
    const form = String(new URLSearchParams(signedParams(over(url), 'taobao.item.add', phone)))
    const socket = await openSocket(port)
    socket.write(
      `POST /router/rest HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: ${form.length}\r\n\r\n`,
    )
    socket.write(form.slice(0, 100))
    // A call on another connection, answered, shows that the half one is being read.
    const { counts } = await getJson(`${controlUrl}/health`)
    running?.child.kill('SIGTERM')
    await expect
      .poll(() => fetch(url).then(String, () => 'listens no more'))
      .toBe('listens no more')
    socket.write(form.slice(100))
    expect((await socket.reply()).body).toContain('"item_add_response"')
    expect(await socket.ended()).toBe('')
    expect(await running?.ended).toMatchObject({ status: 0, stderr: '' })

    const again = await start()
    const after = await getJson(`${again.controlUrl}/health`)
    expect(after.counts.items).toBe((counts.items ?? 0) + 1)
  })

  it('keeps what it has acknowledged from one start to the next', async () => {
    const first = await start()
    const { curl } = (await (
      await fetch(`${first.controlUrl}/curl`, { headers: { accept: 'application/json' } })
    ).json()) as { curl: string }
    await exec('sh', ['-c', curl])
    const before = await getJson(`${first.controlUrl}/health`)
    running?.child.kill('SIGTERM')
    await running?.ended
    const second = await start()
    expect(await getJson(`${second.controlUrl}/health`)).toMatchObject({
      counts: { items: before.counts.items },
    })
    expect(existsSync(join(folder, '.localtop'))).toBe(true)
  })

  it('writes a ready file for its owner only, once it answers', async () => {
    const ready = await start('--ready-file', 'ready.json')
    const file = join(folder, 'ready.json')
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(ready)
    expect(ready).toMatchObject({ pid: running?.child.pid, controlUrl: `${ready.url}/_localtop` })
    expect(statSync(file).mode & 0o077).toBe(0)
    expect(await getJson(`${ready.controlUrl}/health`)).toMatchObject({ ready: true })
  })

  it('takes its flags from a configuration file; a flag wins', async () => {
    writeFileSync(
      join(folder, 'localtop.yaml'),
      'profile: production\nstore: memory\nscenario: wrong-signature\nrate-limit: 1/day\nport: 1\n',
    )
    const { controlUrl } = await start('--config', 'localtop.yaml')
    expect(await getJson(`${controlUrl}/health`)).toMatchObject({ profile: 'production' })
    expect(existsSync(join(folder, '.localtop'))).toBe(false)
  })

  it('answers with every fault on the wire and has nothing to complain of', async () => {
    const { url, controlUrl } = await start('--store', 'memory', '--log', 'silent')
    const faults = wireFaultKinds.filter((kind) => kind !== 'hang')
    for (const fault of faults) {
      await fetch(`${controlUrl}/faults`, { method: 'POST', body: JSON.stringify({ fault }) })
      const curl = await (await fetch(`${controlUrl}/curl`)).text()
      // Whatever becomes of it, the answer of the next call shows that the gateway goes on.
      await exec('sh', ['-c', curl]).catch(() => undefined)
    }
    expect((await fetch(`${url}/_localtop/health`)).status).toBe(200)
    const exchanges = await (await fetch(`${controlUrl}/exchanges`)).json()
    const met = (exchanges as { exchanges: { fault: { kind: string } }[] }).exchanges
    expect(met.map(({ fault }) => fault.kind)).toEqual(faults)
    running?.child.kill('SIGTERM')
    expect((await running?.ended)?.stderr).toBe('')
  })

  it('puts the rules of a scenario in force, and says so', async () => {
    running = startCommand(
      ['start', '--port', '0', '--store', 'memory', '--scenario', 'banned-for-two-seconds'],
      folder,
    )
    expect(await running.prints('Ctrl-C')).toContain(
      'Of number 2 of calls of taobao.item.seller.get or taobao.item.add: ban the API for the app for 2s (accesscontrol.limited-by-app-api-access-count), once.',
    )
  })

  it('reads a scenario anew when its file changes, and says what is wrong with a broken one', async () => {
    const file = join(folder, 'mine.yaml')
    const refusing = (code: number) =>
      writeFileSync(file, `title: mine\nrules:\n  - then: {refuse: ${code}}\n`)
    refusing(22)
    running = startCommand(
      ['start', '--port', '0', '--store', 'memory', '--scenario', 'mine.yaml'],
      folder,
    )
    await running.prints('Ctrl-C')
    refusing(50)
    await running.prints('scenario mine read anew')
    refusing(99)
    await running.complains('mine.yaml:3: rules[0].then.refuse: "99" is no platform error')
    running.child.kill('SIGTERM')
    const { status, stderr } = await running.ended
    expect(status).toBe(0)
    expect(stderr).toContain('the last good one stays')
  })

  it.each([
    [['--time', '2026-11-11 00:00:00', '--freeze'], ''],
    [['--config', 'localtop.yaml'], 'time: 2026-11-11 00:00:00\nfreeze: true\nwatch: false\n'],
  ])('begins at a time of its own: %j %j', async (args, config) => {
    writeFileSync(join(folder, 'localtop.yaml'), config)
    const { controlUrl } = await start('--store', 'memory', ...args)
    const clock = await (await fetch(`${controlUrl}/clock`)).json()
    expect(clock).toMatchObject({ time: '2026-11-11 00:00:00', frozen: true })
  })

  it('opens an HTTPS port beside, with a certificate that it keeps', async () => {
    const ask = async () => {
      const { url, tlsUrl, tlsCertificate } = await start('--tls')
      expect(await getJson(`${url}/_localtop/health`)).toMatchObject({ ready: true })
      const ca = readFileSync(tlsCertificate ?? '', 'utf8')
      const { port } = new URL(tlsUrl ?? '')
      // By the name of the platform, as a client does that has the host written into it.
      const status = await new Promise((resolve, reject) => {
        const options = { port, host: '127.0.0.1', servername: 'eco.taobao.com', ca, agent: false }
        get({ ...options, path: '/router/rest' }, (answer) => resolve(answer.statusCode)).on(
          'error',
          reject,
        )
      })
      running?.child.kill('SIGTERM')
      expect(await running?.ended).toMatchObject({ status: 0, stderr: '' })
      return { status, ca }
    }
    const first = await ask()
    expect(first.status).toBe(200)
    expect(statSync(join(folder, '.localtop/tls-key.pem')).mode & 0o077).toBe(0)
    expect(await ask()).toEqual(first)
  })

  it('prints a line for each call, without secrets', async () => {
    running = startCommand(['start', '--port', '0', '--store', 'memory'], folder)
    const screen = await running.prints('Ctrl-C')
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(screen)?.[0]
    await fetch(`${url}/router/rest?method=taobao.time.get&app_key=12345678&session=sesame`)
    const printed = await running.prints(' ms #1')
    expect(printed).toMatch(/taobao\.time\.get 12345678 32 at version/)
    expect(printed).not.toContain('sesame')
  })
})

describe('a wrong use of start ends with status 2 and one line that names it', () => {
  const world = (text: string) => writeFileSync(join(folder, 'world.yaml'), text)

  it.each([
    ['an unknown flag', ['--bogus'], '--bogus'],
    ['a port that is none', ['--port', '70000'], '--port'],
    ['an unknown profile', ['--profile', 'sandbox'], '--profile'],
    ['a rate that is none', ['--rate-limit', 'fast'], '--rate-limit'],
    ['a window that is none', ['--timestamp-window', 'wide'], '--timestamp-window'],
    [
      'a world file that is not there',
      ['--world', 'gone.yaml'],
      'gone.yaml: there is no such file',
    ],
    ['a scenario that is unknown', ['--scenario', 'nonsense'], 'there is no scenario "nonsense"'],
    [
      'a scenario file that is not there',
      ['--scenario', 'gone.yaml'],
      'gone.yaml: there is no such file',
    ],
    ['a time that is none', ['--time', 'tomorrow'], '--time'],
    ['a command that is none', ['nonsense'], '"nonsense" is no command'],
    ['--fresh with a memory store', ['--store', 'memory', '--fresh'], '--fresh'],
  ])('%s', async (_, args, message) => {
    const { status, stdout, stderr } = await runCommand(['start', '--port', '0', ...args], folder)
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' })
    expect(stderr).toContain(message)
    expect(stderr.trimEnd().split('\n')).toHaveLength(1)
  })

  it('a world that breaks the schema, with line and path', async () => {
    world(
      'apps:\n  - app_key: a\n    app_secret: s\nitems:\n  - nick: x\n    title: t\n    price: cheap\n    num: 1\n',
    )
    const { status, stderr } = await runCommand(['start', '--world', 'world.yaml'], folder)
    expect(status).toBe(2)
    expect(stderr).toContain('world.yaml:7: items[0].price: expected a price in yuan')
  })

  it('a world whose session belongs to no app', async () => {
    world(
      'sellers: [{nick: x, user_id: 1}]\nsessions:\n  - {session: s, app_key: nobody, seller: x}\n',
    )
    const { stderr } = await runCommand(['start', '--world', 'world.yaml'], folder)
    expect(stderr).toContain('world.yaml:3: sessions[0].app_key: no app has the key "nobody"')
  })

  it('a world that is no YAML', async () => {
    world('apps: [\n')
    const { status, stderr } = await runCommand(['start', '--world', 'world.yaml'], folder)
    expect(status).toBe(2)
    expect(stderr).toMatch(/world\.yaml:\d+: /)
  })

  it('a world where the data folder holds state already', async () => {
    await start()
    running?.child.kill('SIGTERM')
    await running?.ended
    world('apps: []\n')
    const { status, stderr } = await runCommand(
      ['start', '--port', '0', '--world', 'world.yaml'],
      folder,
    )
    expect(status).toBe(2)
    expect(stderr).toContain('--fresh')
  })

  it('a port that somebody else has', async () => {
    const gateway = createGateway()
    const { port } = await gateway.listen({ port: 0 })
    const result = await runCommand(['start', '--store', 'memory', '--port', String(port)], folder)
    await gateway.close()
    expect(result.status).toBe(2)
    expect(result.stderr).toContain(`--port: port ${port} on 127.0.0.1 is in use`)
  })

  it('a data folder that another gateway has', async () => {
    const { pid } = await start()
    const { status, stderr } = await runCommand(['start', '--port', '0'], folder)
    expect(status).toBe(2)
    expect(stderr).toContain(`in use by process ${pid}`)
  })
})

it('knows its version and its help', async () => {
  const { version } = JSON.parse(
    readFileSync(join(import.meta.dirname, '../../package.json'), 'utf8'),
  )
  expect(await runCommand(['--version'], folder)).toMatchObject({
    status: 0,
    stdout: `${version}\n`,
  })
  for (const args of [
    ['--help'],
    ['start', '--help'],
    ['publish', '--help'],
    ['scenarios', 'check', '--help'],
  ]) {
    const { status, stdout } = await runCommand(args, folder)
    expect({ status, usage: stdout.startsWith('Usage: localtop') }).toEqual({
      status: 0,
      usage: true,
    })
  }
})
