import { join } from 'node:path'
import { describe, expect } from 'vitest'
import { runCommand } from '../support/command.ts'
import { runFolder, trafficOf } from '../support/run.ts'
import { itNeeds } from '../support/tools.ts'

const programs = join(import.meta.dirname, '../fixtures/programs')
/** The calls in the programs were signed long ago. */
const flags = ['--timestamp-window', 'off', '--offline']
const answered = /^\{"time_get_response":\{"time":"[\d :-]+","request_id":"\w+"\}\}$/

const unchanged = [
  { by: ['sh'], file: 'curl.sh', probe: ['curl', '--version'], calls: 2 },
  { by: ['python3'], file: 'with_urllib.py', probe: ['python3', '--version'], calls: 2 },
  { by: ['php'], file: 'with_curl.php', probe: ['php', '--ri', 'curl'], calls: 2 },
  { by: ['java'], file: 'Call.java', probe: ['java', '-version'], calls: 4 },
  { by: ['go', 'run'], file: 'call.go', probe: ['go', 'version'], calls: 2 },
  { by: ['ruby'], file: 'call.rb', probe: ['ruby', '-v'], calls: 2 },
  { by: [process.execPath], file: 'call.mjs', probe: [process.execPath, '-v'], calls: 6 },
]

describe('a program with the platform written into it, unchanged', () => {
  for (const { by, file, probe, calls } of unchanged) {
    const test = itNeeds(probe)
    test(`${file} meets the gateway over HTTP and HTTPS`, async () => {
      using folder = runFolder()
      const ran = await folder.run(flags, [...by, join(programs, file)])

      const lines = ran.stdout.trimEnd().split(/\r?\n/)
      expect(lines, ran.stderr).toHaveLength(calls)
      for (const line of lines) expect(line).toMatch(answered)
      expect(ran.status).toBe(0)
      expect(ran.report.runs[0]?.report.calls).toMatchObject({ total: calls, answered: calls })
      expect(trafficOf(ran)).toContain('gw.api.taobao.com:80 http answered')
      expect(trafficOf(ran)).toContain('eco.taobao.com:443 https answered')
      expect(ran.report.traffic.hosts.every(({ outcome }) => outcome === 'answered')).toBe(true)
    })
  }

  const inPython = itNeeds(['python3', '--version'])
  inPython('the article’s upload publishes its item', async () => {
    using folder = runFolder()
    const ran = await folder.run([], ['python3', join(programs, 'upload_product.py')])

    expect(ran.stdout, ran.stderr).toMatch(/^published [1-9]\d*\r?\n$/)
    expect(trafficOf(ran)).toEqual(['api.taobao.com:443 https answered'])
    expect(ran.report.runs[0]?.report.items).toMatchObject({ once: 1 })
  })
})

describe('--isolate', () => {
  const isolated = [...flags, '--isolate']
  const namespace = ['unshare', '--net', '--mount', 'ip', 'link', 'set', 'lo', 'up']
  for (const { by, file, needs } of [
    { by: ['python3'], file: 'with_http_client.py', needs: 'command -v python3' },
    { by: ['php'], file: 'with_streams.php', needs: 'command -v php' },
  ]) {
    const test = itNeeds(['sh', '-c', `${needs} && ${namespace.join(' ')}`])
    test(`brings ${file} to the gateway, which takes no proxy`, async () => {
      using folder = runFolder()
      const ran = await folder.run(isolated, [...by, join(programs, file)])

      const lines = ran.stdout.trimEnd().split('\n')
      expect(lines, ran.stderr).toHaveLength(2)
      for (const line of lines) expect(line).toMatch(answered)
      expect(ran.report.traffic.isolated).toBe(true)
      expect(trafficOf(ran)).toEqual([
        'eco.taobao.com:443 https answered',
        'gw.api.taobao.com:80 http answered',
      ])
    })
  }

  const inNamespace = itNeeds(namespace)
  inNamespace('leaves the program no network but the way to the proxy', async () => {
    using folder = runFolder()
    const ran = await folder.run(isolated, ['cat', '/proc/net/dev', '/proc/net/route'])

    const devices = ran.stdout.match(/^\s*\w+(?=:)/gm)?.map((name) => name.trim())
    expect(devices).toEqual(['lo'])
    expect(ran.stdout.trimEnd().split('\n').at(-1)).toMatch(/^Iface/)
  })

  inNamespace('passes the status, output and signals of the program through', async () => {
    using folder = runFolder()
    const ended = await folder.run(isolated, ['sh', '-c', 'echo out; echo err >&2; exit 7'])
    expect(ended).toMatchObject({ status: 7, stdout: 'out\n' })
    expect(ended.stderr).toMatch(/^err\n/)
    expect((await folder.run(isolated, ['sh', '-c', 'kill -9 $$'])).status).toBe(137)
    const missing = await folder.run(isolated, ['no-such-program'])
    expect(missing.status).toBe(2)
    expect(missing.stderr).toContain('"no-such-program" cannot be started')
  })

  inNamespace('says what is missing where no network can be made', async () => {
    using folder = runFolder()
    const args = ['run', '--isolate', '--', 'true']
    const ran = await runCommand(args, folder.path, { PATH: folder.path })
    expect(ran.status).toBe(2)
    expect(ran.stderr).toMatch(/^localtop: --isolate: no network namespace can be made here: /)
  })
})
