// The same for versions of Node that have no fetch, which the interceptor needs: `http` and `https` only.
import http, { type ClientRequest, type RequestOptions } from 'node:http'
import https from 'node:https'
import { syncBuiltinESMExports } from 'node:module'
import { isTaken, type PreloadOptions } from './options.ts'

type Send = (...args: unknown[]) => ClientRequest

/** Sends a Node program's calls to the proxy. */
export function install(told: PreloadOptions): void {
  const send = http.request
  for (const [module, protocol] of [
    [http, 'http:'],
    [https, 'https:'],
  ] as const) {
    const original = module.request as Send
    const request: Send = (...args) => {
      const { options, callback } = read(args)
      const url = urlOf(options, protocol)
      if (!url || !isTaken(url, told)) return original.apply(module, args)
      const { host, hostname, agent, servername, ...rest } = options as https.RequestOptions
      const headers = { ...options.headers, host: url.host }
      const { port } = told
      const toProxy = {
        ...rest,
        headers,
        protocol: 'http:',
        host: '127.0.0.1',
        port,
        path: url.href,
      }
      return send(toProxy, callback as undefined)
    }
    const get: Send = (...args) => {
      const sent = request(...args)
      sent.end()
      return sent
    }
    Object.assign(module, { request, get })
  }
  syncBuiltinESMExports()
}

/** Arguments are (options), (url) or (url, options), each with a callback or without. */
function read(args: readonly unknown[]): { options: RequestOptions; callback: unknown } {
  const [first, second, third] = args
  const isUrl = typeof first === 'string' || first instanceof URL
  if (!isUrl) return { options: (first ?? {}) as RequestOptions, callback: second }
  const { protocol, hostname, port, pathname, search } = new URL(first)
  const fromUrl = { protocol, hostname, port, path: pathname + search }
  return typeof second === 'function'
    ? { options: fromUrl, callback: second }
    : { options: { ...fromUrl, ...(second as RequestOptions | undefined) }, callback: third }
}

function urlOf(options: RequestOptions, protocol: string): URL | undefined {
  const { path } = options
  const host = String(options.hostname || options.host || 'localhost').replace(/:\d+$/, '')
  const port = options.port ? `:${options.port}` : ''
  const base = `${options.protocol ?? protocol}//${host}${port}`
  try {
    return new URL(path || '/', base)
  } catch {
    return undefined
  }
}
