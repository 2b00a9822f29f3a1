import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import type { ServerIdentity } from './certificate.ts'
import { MAX_FRAME_BYTES, openConnection } from './connection.ts'
import type { Connection } from './connection-paths.ts'

export interface ClientsOptions {
  identity: ServerIdentity
  /** Clients at a time; more are refused. */
  limit: number
  /** False breaks every client at its first word, without an answer. */
  isUp: () => boolean
  onReady: (connection: Connection) => void
  /** @param connection undefined when the client never showed who it is */
  onClose: (connection: Connection | undefined, reason: string) => void
}

/** The sockets of clients, from their request on. */
export interface Clients {
  /** Takes a request for a WebSocket, as Node's HTTP server hands it out. */
  accept(request: IncomingMessage, socket: Duplex, head: Buffer): void
  /** How many are there, with or without a handshake. */
  count(): number
  /** Breaks all. */
  cut(): void
}

const PATH = '/ws/chat'

export function createClients(options: ClientsOptions): Clients {
  const webSockets = new WebSocketServer({
    noServer: true,
    maxPayload: MAX_FRAME_BYTES + 1024,
    perMessageDeflate: false,
  })

  function opened(socket: WebSocket): void {
    let ready: Connection | undefined
    openConnection(socket, {
      identity: options.identity,
      onReady(connection) {
        ready = connection
        options.onReady(connection)
      },
      onClose: (reason) => options.onClose(ready, reason),
    })
  }

  return {
    accept(request, socket, head) {
      if (!options.isUp()) {
        socket.destroy()
        return
      }
      const url = URL.parse(request.url ?? '', 'http://simulator')
      if (url?.pathname !== PATH) return refuse(socket, '404 Not Found', `Connect to ${PATH}.`)
      if (webSockets.clients.size >= options.limit) {
        return refuse(socket, '503 Service Unavailable', 'Too many clients; restart the simulator.')
      }
      webSockets.handleUpgrade(request, socket, head, (webSocket) => opened(webSocket))
    },
    count: () => webSockets.clients.size,
    cut() {
      for (const socket of webSockets.clients) socket.terminate()
    },
  }
}

function refuse(socket: Duplex, status: string, sentence: string): void {
  socket.on('error', () => socket.destroy())
  const head = [
    `HTTP/1.1 ${status}`,
    'connection: close',
    'content-type: text/plain; charset=utf-8',
    `content-length: ${Buffer.byteLength(sentence)}`,
  ]
  socket.end(`${head.join('\r\n')}\r\n\r\n${sentence}`, () => socket.destroy())
}
