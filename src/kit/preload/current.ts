// What Node programs under `localtop run` load first, as one file of its own: it may import nothing heavy.
import { Agent, request as httpRequest } from 'node:http'
import { Readable } from 'node:stream'
import { takeRequests } from '../interceptor.ts'
import { isTaken, type PreloadOptions } from './options.ts'

/**
 * Sends a Node program's calls to the proxy where Node itself does not: versions that do not know the
 * proxy variables, and clients with an agent of their own.
 */
export function install(told: PreloadOptions): void {
  const { port } = told
  // As it is before it is taken.
  const send = httpRequest
  const agent = new Agent()

  function forward(request: Request): Promise<Response> {
    const { host } = new URL(request.url)
    return request.arrayBuffer().then(
      (body) =>
        new Promise((resolve, reject) => {
          const headers: Record<string, string> = { ...Object.fromEntries(request.headers), host }
          delete headers['transfer-encoding']
          if (body.byteLength > 0 || request.method !== 'GET')
            headers['content-length'] = String(body.byteLength)
          const { method, url: path } = request
          send({ host: '127.0.0.1', port, method, path, headers, agent }, (answer) => {
            const { statusCode: status = 502, statusMessage: statusText = '', rawHeaders } = answer
            const pairs = rawHeaders.flatMap((name, at): [string, string][] =>
              at % 2 === 0 ? [[name, rawHeaders[at + 1] ?? '']] : [],
            )
            const isEmpty = [204, 205, 304].includes(status) || method === 'HEAD'
            const stream = isEmpty ? null : (Readable.toWeb(answer) as ReadableStream)
            resolve(new Response(stream, { status, statusText, headers: pairs }))
          })
            .on('error', reject)
            .end(Buffer.from(body))
        }),
    )
  }

  takeRequests({
    takes: (url) => isTaken(url, told),
    answer: forward,
    redirect: async ({ href }) => ({ origin: `http://127.0.0.1:${port}`, path: href }),
  })
}
