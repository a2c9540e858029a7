/** How `undici` 7 and later speak to whoever sent a request. */
export interface ModernHandler {
  onRequestStart?(controller: Controller, context: unknown): void
  onRequestUpgrade?(controller: Controller, status: number, headers: Headers, socket: unknown): void
  onResponseStart?(controller: Controller, status: number, headers: Headers, text: string): void
  onResponseData?(controller: Controller, chunk: Buffer): void
  onResponseEnd?(controller: Controller, trailers: Headers): void
  onResponseError?(controller: Controller, error: unknown): void
}

type Headers = Record<string, string | string[]>
type RawHeaders = readonly (Buffer | string)[]

/** What a handler steers its request with. */
interface Controller {
  rawHeaders: RawHeaders
  aborted: boolean
  paused: boolean
  reason: unknown
  abort(reason: unknown): void
  pause(): void
  resume(): void
}

/** A handler of today in the words of `undici` 6, which Node 20 and 22 have inside. */
export function legacyHandler(handler: ModernHandler) {
  let resume = () => {}
  let abort: (reason: unknown) => void = () => {}
  const controller: Controller = {
    rawHeaders: [],
    aborted: false,
    paused: false,
    reason: null,
    abort(reason) {
      controller.aborted = true
      controller.reason = reason
      abort(reason)
    },
    pause() {
      controller.paused = true
    },
    resume() {
      controller.paused = false
      resume()
    },
  }
  return {
    onConnect(stop: (reason: unknown) => void, context: unknown) {
      abort = stop
      handler.onRequestStart?.(controller, context)
    },
    onUpgrade(status: number, raw: RawHeaders, socket: unknown) {
      handler.onRequestUpgrade?.(controller, status, headersOf(raw), socket)
    },
    onHeaders(status: number, raw: RawHeaders, goOn: () => void, text: string) {
      resume = goOn
      controller.rawHeaders = raw
      handler.onResponseStart?.(controller, status, headersOf(raw), text)
      return !controller.paused
    },
    onData(chunk: Buffer) {
      handler.onResponseData?.(controller, chunk)
      return !controller.paused
    },
    onComplete(raw: RawHeaders | null) {
      handler.onResponseEnd?.(controller, headersOf(raw ?? []))
    },
    onError(error: unknown) {
      handler.onResponseError?.(controller, error)
    },
  }
}

function headersOf(raw: RawHeaders): Headers {
  const headers: Headers = {}
  for (let at = 0; at + 1 < raw.length; at += 2) {
    const name = textOf(raw[at]).toLowerCase()
    const value = textOf(raw[at + 1])
    const before = headers[name]
    headers[name] = before === undefined ? value : [before, value].flat()
  }
  return headers
}

const textOf = (one: Buffer | string = '') =>
  typeof one === 'string' ? one : one.toString('latin1')
