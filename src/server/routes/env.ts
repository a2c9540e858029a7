import type { IncomingMessage } from 'node:http'
import type { Guard } from '../listen.ts'

/** What a request brings from the port it came in by; nothing for a call in this process. */
export interface Env {
  readonly Bindings: {
    readonly guard?: Guard | undefined
    readonly incoming?: IncomingMessage | undefined
  }
}
