import type { IncomingMessage, ServerResponse } from 'node:http'

/** Who may use the control API through a port. */
export interface Guard {
  readonly token: string
  /** Bound to loopback: no token is needed, but a loopback `Host` and no foreign `Origin`. */
  readonly open: boolean
}

/** What a request brings from the port it came in by; nothing for a call in this process. */
export interface Env {
  readonly Bindings: {
    readonly guard?: Guard | undefined
    readonly incoming?: IncomingMessage | undefined
    readonly outgoing?: ServerResponse | undefined
  }
}
