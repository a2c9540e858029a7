import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { generate } from 'selfsigned'
import { describe, expect, it } from 'vitest'
import { startCommand } from '../support/command.ts'
import { runFolder, trafficOf } from '../support/run.ts'
import { itNeeds } from '../support/tools.ts'

const node = process.execPath
const withCurl = itNeeds(['curl', '--version'])

describe('localtop run', () => {
  it('passes output, input and exit status through untouched', async () => {
    using folder = runFolder()
    const script = `
      process.stdin.on('data', (bytes) => process.stdout.write(bytes))
      process.stdin.on('end', () => { process.stderr.write('err'); process.exitCode = 9 })`
    const ran = await folder.run([], [node, '-e', script, '--', '{url}', '--flag'], {}, 'in\r\n\0é')

    expect(ran.stdout).toBe('in\r\n\0é')
    expect(ran.stderr.startsWith('err')).toBe(true)
    expect(ran.status).toBe(9)
  })

  it('hands the program its arguments as they are', async () => {
    using folder = runFolder()
    const script = 'console.log(JSON.stringify(process.argv.slice(1)))'
    const ran = await folder.run(
      [],
      [node, '-e', script, '--', '{url}', '%{url}', '', '$HOME', '--'],
    )
    expect(JSON.parse(ran.stdout)).toEqual(['{url}', '%{url}', '', '$HOME', '--'])
  })

  it('ends with 128 and the number of the signal that ended the program', async () => {
    using folder = runFolder()
    expect((await folder.run([], ['sh', '-c', 'kill -KILL $$'])).status).toBe(137)
  })

  it.each([
    ['SIGTERM', 8],
    ['SIGINT', 8],
    ['SIGHUP', 8],
  ] as const)('passes %s on to the program and waits for its end', async (signal, status) => {
    using folder = runFolder()
    const script = `
      process.on('${signal}', () => { console.log('got it'); process.exit(8) })
      setInterval(() => {}, 1000)
      console.log('ready')`
    const running = startCommand(['run', '--', node, '-e', script], folder.path)
    await running.prints('ready')
    running.child.kill(signal)
    const ended = await running.ended
    expect(ended).toMatchObject({ status, stdout: 'ready\ngot it\n' })
    expect(ended.stderr).toContain('exit 8; 0 calls')
  })

  it('sets the environment of the program alone', async () => {
    using folder = runFolder()
    const script = 'console.log(JSON.stringify(process.env))'
    const given = { no_proxy: 'example.com', NODE_OPTIONS: '--no-deprecation' }
    const ran = await folder.run([], [node, '-e', script], given)

    const env: Record<string, string> = JSON.parse(ran.stdout)
    expect(env.http_proxy).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect([env.HTTP_PROXY, env.https_proxy, env.HTTPS_PROXY]).toEqual(
      Array(3).fill(env.http_proxy),
    )
    expect([env.no_proxy, env.NO_PROXY]).toEqual(['', ''])
    expect(env.NODE_USE_ENV_PROXY).toBe('1')
    expect(env.NODE_OPTIONS).toMatch(/^--require ".+" --no-deprecation$/)
    expect(env.JAVA_TOOL_OPTIONS).toContain('-Dhttps.proxyHost=127.0.0.1')
    expect(env.TOP_URL).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/router\/rest$/)
    expect(existsSync(env.SSL_CERT_FILE ?? '')).toBe(false)
  })

  it('hands out bundles that hold the system’s roots and its own certificate', async () => {
    using folder = runFolder()
    const variables = [
      'SSL_CERT_FILE',
      'REQUESTS_CA_BUNDLE',
      'CURL_CA_BUNDLE',
      'NODE_EXTRA_CA_CERTS',
    ]
    const company = join(folder.path, 'company.pem')
    const { cert } = await generate([{ name: 'commonName', value: 'company' }])
    writeFileSync(company, cert)
    const script = `for (const name of ${JSON.stringify(variables)}) console.log(JSON.stringify(require('fs').readFileSync(process.env[name], 'utf8')))
      console.log(JSON.stringify(require('fs').readFileSync(process.env.PHP_INI_SCAN_DIR.split(':').at(-1) + '/localtop.ini', 'utf8')))
      console.log(JSON.stringify(process.env.SSL_CERT_FILE))`
    const ran = await folder.run([], [node, '-e', script], { SSL_CERT_FILE: company })

    const [first = '', ...rest] = ran.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))
    const file = rest.pop()
    expect(rest.pop()).toBe(`curl.cainfo = "${file}"\nopenssl.cafile = "${file}"\n`)
    expect(rest).toEqual([first, first, first])
    const held = new Set(certificatesIn(first))
    const system = certificatesIn(readFileSync('/etc/ssl/certs/ca-certificates.crt', 'utf8'))
    expect(system.length).toBeGreaterThan(50)
    const ours = certificatesIn(
      readFileSync(join(folder.path, '.localtop/authority-cert.pem'), 'utf8'),
    )
    for (const one of [...system, ...ours, ...certificatesIn(cert)]) expect(held).toContain(one)
    expect(held.size).toBe(new Set(system).size + 2)
  })

  itNeeds(['java', '-version'])(
    'hands Java a trust store with all of its own and ours',
    async () => {
      using folder = runFolder()
      const script = 'console.log(process.env.JAVA_TOOL_OPTIONS)'
      const ran = await folder.run([], [node, '-e', script])
      const store = /-Djavax\.net\.ssl\.trustStore=([^"]+)"/.exec(ran.stdout)?.[1] ?? ''
      const names = (args: readonly string[]) =>
        execFileSync('keytool', ['-list', ...args, '-storepass', 'changeit'], { stdio: 'pipe' })
          .toString()
          .match(/^[^,\n]+(?=, .*trustedCertEntry)/gm) ?? []
      expect(names(['-keystore', store]).sort()).toEqual(
        [...names(['-cacerts']), 'localtop'].sort(),
      )
    },
  )
})

describe('its certificate authority', () => {
  it('is kept in the data folder, its key for the owner alone', async () => {
    using folder = runFolder()
    const file = join(folder.path, 'kept/authority.pem')
    await folder.run(['--data', 'kept'], ['true'])
    const before = readFileSync(file, 'utf8')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    chmodSync(file, 0o644)
    const ran = await folder.run(['--data', 'kept'], ['true'])
    expect(readFileSync(file, 'utf8')).toBe(before)
    expect(statSync(file).mode & 0o777).toBe(0o600)
    expect(ran.stderr).not.toContain('made anew')
  })

  withCurl('is renewed when it has expired, and that is said', async () => {
    using folder = runFolder()
    await folder.run(['--data', '.'], ['true'])
    const { private: key, cert } = await generate([{ name: 'commonName', value: 'old' }], {
      notBeforeDate: new Date('2020-01-01'),
      notAfterDate: new Date('2021-01-01'),
    })
    writeFileSync(join(folder.path, 'authority.pem'), `${key}\n${cert}`)
    const call = ['curl', '-sS', 'https://eco.taobao.com/router/rest']
    const ran = await folder.run(['--data', '.', '--offline'], call)
    expect(ran.stderr).toContain(
      "localtop: the proxy's certificate had expired (Jan  1 00:00:00 2021 GMT) and was made anew",
    )
    expect(ran.stdout).toContain('error_response')
    expect((await folder.run(['--data', '.'], ['true'])).stderr).not.toContain('made anew')
  })

  it('is made anew where the file holds something else', async () => {
    using folder = runFolder()
    writeFileSync(join(folder.path, 'authority.pem'), 'nothing of the kind')
    const ran = await folder.run(['--data', '.'], ['true'])
    expect(ran.stderr).toContain('authority.pem held no certificate with its key; it was made anew')
    expect(ran.status).toBe(0)
  })
})

describe('what leaves the machine', () => {
  withCurl('other hosts of the platform are refused, over HTTP and HTTPS', async () => {
    using folder = runFolder()
    const hosts = ['http://taobao.com', 'https://img.alicdn.com', 'https://mc.api.tbsandbox.com']
    const ran = await folder.run([], ['curl', '-sS', '-w', '%{http_code}\n', ...hosts])
    expect(ran.stdout.trimEnd().split('\n')).toEqual(
      ['taobao.com', 'img.alicdn.com', 'mc.api.tbsandbox.com'].flatMap((host) => [
        expect.stringMatching(
          `^LocalTOP: ${host} is the platform's, and nothing is ever sent there`,
        ),
        '502',
      ]),
    )
    expect(trafficOf(ran)).toEqual([
      'img.alicdn.com:443 https refused',
      'mc.api.tbsandbox.com:443 https refused',
      'taobao.com:80 http refused',
    ])
    expect(ran.stderr).toContain('img.alicdn.com:443 https: 1 refused')
    expect(ran.stderr).toContain('The proxy let nothing through to *.taobao.com')
  })

  withCurl('with --offline every other machine is refused, and this one is not', async () => {
    using folder = runFolder()
    const fails = (url: string) => `curl -sS --max-time 20 ${url}; echo " $?"`
    const script = `${fails('http://shop.example/')}; ${fails('https://shop.example/')}; curl -sS "$LOCALTOP_URL/_localtop/health"`
    const ran = await folder.run(['--offline'], ['sh', '-c', script])
    const [http, , https, health] = ran.stdout.split('\n')
    expect(http).toBe(
      'LocalTOP: shop.example is not on this machine, and --offline lets nothing leave it.',
    )
    expect(https).toMatch(/^ (56|22)$/)
    expect(JSON.parse(health ?? '')).toMatchObject({ ready: true })
    expect(trafficOf(ran)).toEqual([
      expect.stringMatching(/^127\.0\.0\.1:\d+ http passed$/),
      'shop.example:443 tunnel refused',
      'shop.example:80 http refused',
    ])
  })

  withCurl('a call that a scenario cuts off is cut off for the program too', async () => {
    using folder = runFolder()
    writeFileSync(
      join(folder.path, 'cut.yaml'),
      'title: the answer is lost\nrules:\n  - then: { fault: reset-before }\n    times: always\nsteps: []\n',
    )
    const call = ['sh', join(import.meta.dirname, '../fixtures/programs/curl.sh')]
    const flags = ['--scenario', 'cut.yaml', '--timestamp-window', 'off', '--fail-on', 'none']
    const ran = await folder.run(flags, call)
    expect(ran).toMatchObject({ stdout: '' })
    expect([52, 56]).toContain(ran.status)
    expect(ran.report.runs[0]?.report.calls).toMatchObject({ total: 1, dropped: 1 })

    // The same for a program that reads its URL from the environment.
    const script = `curl -s -d "$(sed -n "s/^call='\\(.*\\)'/\\1/p" ${call[1]})" "$TOP_URL"; echo $?`
    expect((await folder.run(flags, ['sh', '-c', script])).stdout).toMatch(/^(52|56)\n$/)
  })
})

describe('a program that made no call', () => {
  it('is said so, with what to try; the status stays the program’s', async () => {
    using folder = runFolder()
    const ran = await folder.run([], ['true'])
    expect(ran.status).toBe(0)
    expect(ran.stderr).toMatch(/no call arrived: .*try --isolate on Linux/)
    expect(ran.report).toMatchObject({ runs: [{ state: 'no-call' }], verdict: { passed: false } })
    const html = readFileSync(join(folder.path, '.localtop/reports/run.html'), 'utf8')
    expect(html).toContain('no call arrived: the program made none')
  })

  it('fails where --fail-on is given', async () => {
    using folder = runFolder()
    expect((await folder.run(['--fail-on', 'losses'], ['true'])).status).toBe(1)
  })
})

describe('a wrong use ends with status 2 and one line', () => {
  it.each([
    [[], ['no-such-program'], /^localtop: "no-such-program" cannot be started: there is no such/],
    [['--data', 'file/data'], ['true'], /^localtop: the data folder file\/data cannot keep the/],
    [['--fail-on', 'all'], ['true'], /^error: option '--fail-on <what>' .*"all" is none of/],
    [['--report', 'file'], ['true'], /^localtop: --report: file cannot be made/],
  ] as const)('%j %j', async (flags, program, line) => {
    using folder = runFolder()
    writeFileSync(join(folder.path, 'file'), '')
    const ran = await folder.run(flags, program)
    expect(ran.stderr).toMatch(line)
    expect(ran.stderr.trimEnd().split('\n')).toHaveLength(1)
    expect(ran.status).toBe(2)
  })

  it('names the port that is taken', async () => {
    using folder = runFolder()
    const taken = createServer()
    const port = await new Promise<number>((resolve) =>
      taken.listen(0, '127.0.0.1', () => resolve((taken.address() as { port: number }).port)),
    )
    const running = startCommand(['run', '--port', String(port), '--', 'true'], folder.path)
    const { status, stderr } = await running.ended
    taken.close()
    expect(stderr).toMatch(`localtop: --port: port ${port} on 127.0.0.1 is in use`)
    expect(status).toBe(2)
  })
})

const certificatesIn = (text: string) =>
  text.match(/-----BEGIN CERTIFICATE-----[\s\S]*?-----END CERTIFICATE-----/g) ?? []
