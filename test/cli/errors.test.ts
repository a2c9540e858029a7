import { describe, expect, it } from 'vitest'
import { createGateway, errorCatalogue, showError } from '../../src/server/index.ts'
import { runCommand } from '../support/command.ts'
import { send } from '../support/gateway.ts'

const errors = (...args: string[]) => runCommand(['errors', ...args], '.')

describe('localtop errors list', () => {
  it('names every error by its reference, and what no source knows', async () => {
    const { status, stdout } = await errors('list')
    expect(status).toBe(0)
    for (const { reference } of errorCatalogue().errors) expect(stdout).toContain(`${reference} `)
    expect(stdout).toMatch(/27\/session-expired +Invalid session:session-expired +gate session/)
    expect(stdout).toMatch(/27\/INVALID_PARAMS +.* on demand only/)
    expect(stdout).toContain('48, 49, 51, 52')
  })

  it('prints with --json what GET /_localtop/errors answers', async () => {
    const { stdout } = await errors('list', '--json')
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(errorCatalogue())))
    const gateway = createGateway()
    const response = await gateway.fetch(new Request('http://localhost/_localtop/errors'))
    expect(await response.json()).toEqual(JSON.parse(stdout))
  })
})

describe('localtop errors show', () => {
  it('prints the answers in both profiles and formats, and how to get them', async () => {
    const { status, stdout } = await errors('show', '27/session-expired')
    expect(status).toBe(0)
    expect(stdout).toContain('"code":"invalid_session","msg":"Invalid session:session-expired"')
    expect(stdout).toContain('{"error_response":{"code":27,"msg":"Invalid session:session-expired"')
    expect(stdout).toContain('<error_response><code>27</code>')
    expect(stdout).toContain('x-localtop-error: 27/session-expired')
    expect(stdout).toContain('[[27/session-expired]]')
    expect(stdout).toContain('refuse: 27/session-expired')
    expect(stdout).toContain('the gate session')
  })

  it('fills in the blanks', async () => {
    const { stdout } = await errors('show', '40?parameter=title')
    expect(stdout).toContain('Missing required arguments:title')
    expect(stdout).toContain('?parameter=fields')
  })

  it('shows with --json the very bytes that a gateway sends', async () => {
    for (const reference of ['isp.remote-service-timeout', 'isv.anything-not-exist:x', '530']) {
      const { stdout } = await errors('show', reference, '--json')
      const { answers } = JSON.parse(stdout)
      const headers = { 'x-localtop-error': reference }
      for (const profile of ['guide', 'production'] as const) {
        const gateway = createGateway({ profile })
        for (const format of ['json', 'xml'] as const) {
          const { text } = await send(gateway, { format }, { headers })
          const bare = (body: string) => body.replace(/[0-9a-z]{12}("|<)/, '$1')
          expect(bare(answers[profile][format])).toBe(bare(text))
        }
      }
    }
  })

  it.each([
    ['99', '"99" is no platform error; expected a code'],
    ['27/nonsense', '"nonsense" is no sub-code of 27'],
    ['25?x=1', '"x", which is no blank of this error'],
  ])('refuses %s with status 2 and one line', async (reference, sentence) => {
    const { status, stdout, stderr } = await errors('show', reference)
    expect(status).toBe(2)
    expect(stdout).toBe('')
    expect(stderr).toContain(sentence)
    expect(stderr.trim().split('\n')).toHaveLength(1)
  })

  it('finds the entry of an error however it is called', () => {
    const entryOf = (reference: string) => {
      const shown = showError(reference)
      return typeof shown === 'string' ? shown : shown.error?.reference
    }
    expect(entryOf('invalid-session/session-expired')).toBe('27/session-expired')
    expect(entryOf('27/sessionkey-not-created-by-top')).toBe('27/sessionkey-not-created-by-top')
    expect(entryOf('429')).toBe('7/accesscontrol.limited-by-app-access-count')
    expect(entryOf('isp.remote-service-timeout')).toBe('15/isp.remote-service-timeout')
    expect(entryOf('isv.missing-parameter:image')).toBe('isv.missing-parameter:image')
    expect(entryOf('isv.never-seen')).toBeUndefined()
  })
})
