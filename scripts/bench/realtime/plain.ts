import { once } from 'node:events'
import { createServer } from 'node:http'
import { Server } from 'socket.io'
import { atRate, type Pace } from '../roundtrip/latencies.ts'
import { openListeners } from './listeners.ts'
import { untilHeard } from './until-heard.ts'

/** The plain way: Socket.IO tells a message to all sockets as it comes. Nothing is stored, nothing can be replayed. */
export async function measurePlain(pace: Pace, sockets: number, payload: object): Promise<number[]> {
  const http = createServer().listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  if (address === null || typeof address === 'string') throw new Error('the server has no port')
  const server = new Server(http, { transports: ['websocket'], serveClient: false })
  const listeners = await openListeners(`http://127.0.0.1:${address.port}`, {}, sockets)
  try {
    await atRate(pace, async (n) => {
      server.emit('messages.new', { ...payload, seq: n, occurredAt: new Date().toISOString() })
    })
    await untilHeard(listeners, pace.count * sockets)
    return listeners.latencies
  } finally {
    listeners.close()
    await server.close()
  }
}
