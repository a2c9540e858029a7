import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type GatewayOptions } from '../src/server/index.ts'
import { foreignSurroundings, itNeeds, slow } from './support/tools.ts'

const root = join(import.meta.dirname, '..')

interface Finished {
  readonly status: number
  readonly stdout: string
  readonly stderr: string
}

/** Runs a child while this process goes on, since the gateway answers from here. */
function run(command: readonly string[], env: NodeJS.ProcessEnv = {}): Promise<Finished> {
  const [file = '', ...args] = command
  const options = {
    timeout: slow,
    env: {
      ...process.env,
      TOP_APP_KEY: undefined,
      TOP_APP_SECRET: undefined,
      TOP_SESSION: undefined,
      ...foreignSurroundings,
      ...env,
    },
  }
  return new Promise((resolve, reject) => {
    execFile(file, args, options, (error, stdout, stderr) => {
      if (error && typeof error.code !== 'number') reject(error)
      else resolve({ status: Number(error?.code ?? 0), stdout, stderr })
    })
  })
}

let gateway: Gateway | undefined
afterEach(() => gateway?.close())

async function start(options: GatewayOptions = {}) {
  gateway = createGateway({ profile: 'guide', ...options })
  const { url } = await gateway.listen({ port: 0 })
  return { gateway, url }
}

const examples = [
  { file: 'python/publish.py', by: ['python3'], probe: ['python3', '--version'] },
  { file: 'php/publish.php', by: ['php'], probe: ['php', '--version'] },
  { file: 'java/Publish.java', by: ['java'], probe: ['java', '-version'] },
  { file: 'go/publish.go', by: ['go', 'run'], probe: ['go', 'version'] },
  { file: 'shell/publish.sh', by: ['sh'], probe: ['curl', '--version'] },
]

for (const { file, by, probe } of examples) {
  const test = itNeeds(probe)
  const command = [...by, join(root, 'examples', file)]

  describe(`examples/${file}`, () => {
    test('publishes an item and meets the three refusals of the guide profile', async () => {
      const { gateway, url } = await start()

      const { status, stdout, stderr } = await run([...command, url])

      expect(stderr).toBe('')
      expect(stdout.trimEnd().split(/\r?\n/)).toEqual([
        expect.stringMatching(/^published [1-9]\d*$/),
        'missing title: missing_parameter',
        'wrong session: invalid_session',
        expect.stringMatching(
          /^over the limit: 429 after 100 calls, banned for ([1-9]|[1-5]\d|60) seconds$/,
        ),
      ])
      expect(status).toBe(0)

      const calls = gateway.exchanges.list()
      expect(calls).toHaveLength(101)
      expect(calls.slice(0, 3)).toMatchObject([
        { method: 'taobao.item.add', verb: 'POST', outcome: 'answered' },
        { method: 'taobao.item.add', gate: 'required', code: 40 },
        { method: 'taobao.item.add', gate: 'session', code: 27 },
      ])
      expect(calls.at(-1)).toMatchObject({ gate: 'limits', code: 7 })
      const published = gateway.exchanges.find(calls[0]?.id ?? '')
      expect(published?.request.params.title).toBe('陶瓷咖啡杯 350ml')
      expect(published?.notes).toEqual([])
    })

    test('takes credentials from the environment, and says what went wrong', async () => {
      const { gateway, url } = await start()
      const { appKey, appSecret, session } = await gateway.tenant({ rateLimit: '5/min' })
      const credentials = {
        TOP_APP_KEY: appKey,
        TOP_APP_SECRET: appSecret,
        TOP_SESSION: session,
      }

      const first = await run([...command, `${url}/`], credentials)
      expect(first).toMatchObject({ status: 0, stderr: '' })
      expect(first.stdout).toContain('429 after 5 calls')
      expect(gateway.exchanges.list({ appKey })).toHaveLength(6)

      const banned = await run([...command, url], credentials)
      expect(banned).toMatchObject({ status: 1, stdout: '' })
      expect(banned.stderr).toMatch(/^publish: 429: This ban will last for \d+ more seconds$/m)
    })

    test('fails where no gateway answers, and where nobody listens', async () => {
      const { gateway, url } = await start()

      const elsewhere = await run([...command, `${url}/_localtop/health?`])
      expect(elsewhere).toMatchObject({ status: 1, stdout: '' })
      expect(elsewhere.stderr).toMatch(/^publish: ./m)

      await gateway.close()
      const nowhere = await run([...command, url])
      expect(nowhere).toMatchObject({ status: 1, stdout: '' })
      expect(nowhere.stderr).toMatch(/^publish: ./m)
    })
  })
}

describe("a script that calls as the guide article's does", () => {
  /**
   * The article's habits, in our words: epoch seconds, a price as Python prints a float, whole
   * name + value texts sorted, lower-case hex, and `code` handed on whatever its type.
   */
  async function upload(url: string, given: { session?: string; title?: string } = {}) {
    const params: Record<string, string> = {
      method: 'taobao.item.add',
      app_key: 'YOUR_APP_KEY',
      session: given.session ?? 'YOUR_SESSION_TOKEN',
      timestamp: String(Math.floor(Date.now() / 1000)),
      format: 'json',
      v: '2.0',
      sign_method: 'md5',
      title: given.title ?? '新款智能手机',
      price: '2999.0',
      num: '100',
    }
    const pairs = Object.entries(params).map(([name, value]) => name + value)
    const text = `YOUR_SECRET_KEY${pairs.sort().join('')}YOUR_SECRET_KEY`
    params.sign = createHash('md5').update(text).digest('hex')
    const body = new URLSearchParams(params)
    const response = await fetch(`${url}/router/rest`, { method: 'POST', body })
    const answer = (await response.json()) as {
      error_response?: { code: number | string }
      item_add_response: { item: { num_iid: number }; code: number }
    }
    return answer.error_response
      ? { code: answer.error_response.code }
      : { id: answer.item_add_response.item.num_iid, ok: answer.item_add_response.code }
  }

  it('publishes with the placeholder credentials', async () => {
    const { url } = await start()
    expect(await upload(url)).toEqual({ id: expect.any(Number), ok: 0 })
  })

  it('reads the number 429 once the limit is passed', async () => {
    const { url } = await start({ rateLimit: '2/min' })
    await upload(url)
    await upload(url)
    expect(await upload(url)).toEqual({ code: 429 })
  })

  it('reads invalid_session for a session that nobody gave', async () => {
    const { url } = await start()
    expect(await upload(url, { session: 'NO_SUCH_SESSION' })).toEqual({ code: 'invalid_session' })
  })

  it('reads missing_parameter for an empty title', async () => {
    const { url } = await start()
    expect(await upload(url, { title: '' })).toEqual({ code: 'missing_parameter' })
  })
})
