import { once } from 'node:events'
import { connect } from 'node:net'
import { gunzipSync } from 'node:zlib'

/** One HTTP answer as it stood on the wire. */
export interface RawReply {
  /** `HTTP/1.1 200 OK` */
  readonly statusLine: string
  /** By lower-case name; a name that came twice has both values, joined by a comma. */
  readonly headers: Readonly<Record<string, string>>
  /** As many bytes as the headers promised, unpacked where they are gzip, read as UTF-8. */
  readonly body: string
  /** How many bytes the body has on the wire. */
  readonly length: number
}

export interface RawSocket {
  /** Sends bytes; texts are sent as UTF-8. */
  write(bytes: string | Uint8Array): void
  /** The next answer. Fails when the gateway hangs up before it is whole, or writes what is no HTTP. */
  reply(): Promise<RawReply>
  /** Ends when the gateway has hung up; gives what came after the last answer that was read. */
  ended(): Promise<string>
  destroy(): void
}

/** A connection on which everything is written and read by hand. */
export async function openSocket(port: number): Promise<RawSocket> {
  const socket = connect(port, '127.0.0.1')
  await once(socket, 'connect')
  let unread = Buffer.alloc(0)
  let isOver = false
  let wake = () => {}
  socket.on('data', (chunk) => {
    unread = Buffer.concat([unread, chunk])
    wake()
  })
  socket.on('error', () => undefined)
  socket.on('close', () => {
    isOver = true
    wake()
  })
  /** Waits for more bytes; fails when no more will come. */
  async function more(): Promise<void> {
    if (isOver) throw new Error(`the connection ended after ${JSON.stringify(String(unread))}`)
    await new Promise<void>((resolve) => {
      wake = resolve
    })
  }
  return {
    write: (bytes) => void socket.write(bytes),
    async reply() {
      let end = unread.indexOf('\r\n\r\n')
      for (; end < 0; end = unread.indexOf('\r\n\r\n')) await more()
      const [statusLine = '', ...lines] = unread.toString('latin1', 0, end).split('\r\n')
      if (!/^HTTP\/1\.1 \d{3} /.test(statusLine)) throw new Error(`no status line: ${statusLine}`)
      const headers: Record<string, string> = {}
      for (const line of lines) {
        const [, name = '', value = ''] = /^([^:]+): *(.*)$/.exec(line) ?? []
        const key = name.toLowerCase()
        headers[key] = key in headers ? `${headers[key]}, ${value}` : value
      }
      const length = Number(headers['content-length'] ?? 0)
      while (unread.length < end + 4 + length) await more()
      const bytes = unread.subarray(end + 4, end + 4 + length)
      const body = String(headers['content-encoding'] === 'gzip' ? gunzipSync(bytes) : bytes)
      unread = unread.subarray(end + 4 + length)
      return { statusLine, headers, body, length }
    },
    async ended() {
      while (!isOver) await more()
      return String(unread)
    },
    destroy: () => void socket.destroy(),
  }
}
