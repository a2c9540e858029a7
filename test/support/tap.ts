import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'

/** A port that passes everything on to another one and keeps what callers sent. */
export interface Tap {
  readonly url: string
  /** What came over each connection so far, byte for byte as Latin-1. */
  readonly sent: readonly string[]
  close(): void
}

/** Listens between a client and a gateway. */
export async function tap(target: string): Promise<Tap> {
  const { hostname, port } = new URL(target)
  const sent: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((caller) => {
    const at = sent.push('') - 1
    const callee = connect(Number(port), hostname)
    for (const socket of [caller, callee]) {
      sockets.add(socket)
      // Either side may hang up as it likes; the other one is told by `pipe` or `close`.
      socket.on('error', () => undefined)
      socket.on('close', () => {
        caller.destroy()
        callee.destroy()
      })
    }
    caller.on('data', (chunk) => {
      sent[at] += chunk.toString('latin1')
    })
    caller.pipe(callee).pipe(caller)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sent,
    close() {
      server.close()
      for (const socket of sockets) socket.destroy()
    },
  }
}
