import { get } from 'node:http'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createGateway, type Gateway, type Listening } from '../../src/server/index.ts'
import { signedParams } from '../support/gateway.ts'

let gateway: Gateway
let listening: Listening

beforeEach(async () => {
  gateway = createGateway()
  listening = await gateway.listen()
})
afterEach(() => gateway.close())

interface RawAnswer {
  readonly encoding: string | undefined
  readonly length: string | undefined
  readonly bytes: Buffer
}

/** What travels, before any client unpacks it. */
function ask(
  acceptEncoding: string | undefined,
  params: Record<string, string>,
): Promise<RawAnswer> {
  const url = `${listening.url}/router/rest?${new URLSearchParams(params)}`
  const headers = acceptEncoding === undefined ? {} : { 'accept-encoding': acceptEncoding }
  return new Promise((resolve, reject) => {
    get(url, { headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () =>
        resolve({
          encoding: response.headers['content-encoding'],
          length: response.headers['content-length'],
          bytes: Buffer.concat(chunks),
        }),
      )
    }).on('error', reject)
  })
}

const time = () => signedParams(gateway, 'taobao.time.get')

describe('gzip', () => {
  it.each(['gzip', 'gzip, deflate', 'deflate, GZIP;q=0.5', 'x-gzip', 'br, gzip;q=1.0, *;q=0'])(
    'is sent where Accept-Encoding asks for it: %s',
    async (accepted) => {
      const { encoding, length, bytes } = await ask(accepted, time())
      expect(encoding).toBe('gzip')
      expect(length).toBe(String(bytes.length))
      expect(JSON.parse(gunzipSync(bytes).toString()).time_get_response.time).toBeDefined()
    },
  )

  it.each([undefined, '', 'deflate', 'br', 'identity', 'gzip;q=0', 'gzip; q=0.0', 'gzipped'])(
    'is not sent where nobody asks: %s',
    async (accepted) => {
      const { encoding, length, bytes } = await ask(accepted, time())
      expect(encoding).toBeUndefined()
      expect(length).toBe(String(bytes.length))
      expect(bytes.toString()).toMatch(/^\{"time_get_response":/)
    },
  )

  it('carries refusals as well', async () => {
    const { encoding, bytes } = await ask('gzip', { format: 'json' })
    expect(encoding).toBe('gzip')
    expect(gunzipSync(bytes).toString()).toMatch(/^\{"error_response":\{"code":"missing_method"/)
  })
})
