import { connect, createServer, type Socket } from 'node:net'

/** A socket in the file system, or a port of this machine. */
type Place = { readonly path: string } | { readonly host: string; readonly port: number }

export interface Bridge {
  /** Ends it with all that goes over it. */
  close(): void
}

/** Passes what is sent to one place on to another, and the answers back. */
export function bridge(from: Place, to: Place): Promise<Bridge> {
  const open = new Set<Socket>()
  // Either side may say that it has sent all and still wait for the answer.
  const server = createServer({ allowHalfOpen: true }, (near) => {
    const far = connect({ ...to, allowHalfOpen: true })
    open.add(near)
    near.pipe(far).pipe(near)
    near
      .on('error', () => far.destroy())
      .on('close', () => {
        open.delete(near)
        far.destroy()
      })
    far.on('error', () => near.destroy()).on('close', () => near.destroy())
  })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(from, () =>
      resolve({
        close() {
          server.close()
          for (const socket of open) socket.destroy()
        },
      }),
    )
  })
}
