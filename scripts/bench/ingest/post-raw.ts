import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** A connection that posts one request after another. */
export interface RawConnection {
  /** @returns the answer's status */
  post(request: Buffer): Promise<number>
  close(): void
}

/**
 * HTTP/1.1 as spare as a client can speak it: requests are bytes that were made before, and of an answer only its
 * status and its end are looked for. The client shares the cores with what it measures; an HTTP library's share would
 * be counted as the servers', to both alike, and make them look more alike than they are.
 */
export async function connectRaw(url: string): Promise<RawConnection> {
  const { hostname, port } = new URL(url)
  const socket = connect({ host: hostname, port: Number(port), noDelay: true })
  await once(socket, 'connect')
  return { post: (request) => post(socket, request), close: () => void socket.destroy() }
}

function post(socket: Socket, request: Buffer): Promise<number> {
  return new Promise((resolve, reject) => {
    let text = ''
    const onData = (bytes: Buffer) => {
      text += bytes.toString('latin1')
      if (!isWhole(text)) return
      settle()
      // HTTP/1.1 202 Accepted
      resolve(Number(text.slice(9, 12)))
    }
    const onEnd = () => {
      settle()
      reject(new Error('the server closed the connection'))
    }
    const settle = () => {
      socket.off('data', onData)
      socket.off('close', onEnd)
    }
    socket.on('data', onData)
    socket.on('close', onEnd)
    socket.write(request)
  })
}

const HEADERS_END = '\r\n\r\n'
const CONTENT_LENGTH = /\r\ncontent-length: (\d+)\r\n/i

/** The servers tell how long their answers are. @throws Error where one does not */
function isWhole(text: string): boolean {
  const end = text.indexOf(HEADERS_END)
  if (end < 0) return false
  const length = CONTENT_LENGTH.exec(text)?.[1]
  if (length === undefined) throw new Error('an answer does not say how long it is')
  return text.length >= end + HEADERS_END.length + Number(length)
}

/** The bytes of a POST. */
export function rawPost(url: string, headers: Record<string, string>, body: string): Buffer {
  const { host, pathname } = new URL(url)
  const all = { host, ...headers, 'content-length': String(Buffer.byteLength(body)) }
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}`)
  return Buffer.from(`POST ${pathname} HTTP/1.1\r\n${lines.join('\r\n')}${HEADERS_END}${body}`)
}
