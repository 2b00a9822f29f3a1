import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** A way to a server whose reader can stop reading: nothing of what the server sends is taken meanwhile, nor on new connections. */
export interface ReadingRelay {
  url: string
  stopReading(): void
  readOn(): void
  /** Ends every connection there is. */
  cut(): void
  close(): Promise<void>
}

/** Stands between a client and a server, as a network does that has no more room. */
export async function startReadingRelay(serverUrl: string): Promise<ReadingRelay> {
  const target = new URL(serverUrl)
  const upstreams = new Set<Socket>()
  const clients = new Set<Socket>()
  let isReading = true
  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    upstreams.add(upstream)
    clients.add(client)
    client.pipe(upstream)
    upstream.on('data', (bytes) => void client.write(bytes))
    if (!isReading) upstream.pause()
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      one.on('error', () => other.destroy())
      one.on('close', () => {
        upstreams.delete(upstream)
        clients.delete(client)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  const cut = () => {
    for (const socket of [...upstreams, ...clients]) socket.destroy()
  }
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay has no port')
  return {
    url: `http://127.0.0.1:${address.port}`,
    stopReading: () => {
      isReading = false
      for (const upstream of upstreams) upstream.pause()
    },
    readOn: () => {
      isReading = true
      for (const upstream of upstreams) upstream.resume()
    },
    cut,
    close: async () => {
      cut()
      await once(server.close(), 'close')
    },
  }
}
