import { io, type Socket } from 'socket.io-client'
import { epochMs } from '../roundtrip/latencies.ts'

const AT_ONCE = 25

/** Sockets that hear a tenant's events, and note how long each took from being stored. */
export async function openListeners(
  url: string,
  auth: object,
  count: number,
): Promise<{ latencies: number[]; heard(): number; close(): void }> {
  const latencies: number[] = []
  const sockets: Socket[] = []
  let heard = 0
  for (let opened = 0; opened < count; opened += AT_ONCE) {
    const batch = Array.from({ length: Math.min(AT_ONCE, count - opened) }, () =>
      io(url, { transports: ['websocket'], forceNew: true, reconnection: false, auth }),
    )
    for (const socket of batch) {
      socket.on('messages.new', ({ occurredAt }) => {
        heard++
        latencies.push(Math.max(0, epochMs() - Date.parse(occurredAt)))
      })
    }
    await Promise.all(batch.map(connected))
    sockets.push(...batch)
  }
  return {
    latencies,
    heard: () => heard,
    close: () => {
      for (const socket of sockets) socket.close()
    },
  }
}

const connected = (socket: Socket): Promise<void> =>
  new Promise((resolve, reject) => {
    socket.once('connect', resolve)
    socket.once('connect_error', reject)
  })
