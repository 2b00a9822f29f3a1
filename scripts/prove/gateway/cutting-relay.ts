import { once } from 'node:events'
import { connect, createServer, type Socket } from 'node:net'

/** Stands between an adapter and the gateway. */
export interface CuttingRelay {
  url: string
  /** Ends every connection that there is. */
  cut(): void
  /** The next confirmation does not pass: `onConfirm` is told, and its connection ends. */
  holdConfirm(onConfirm: () => void): void
  /** How often each message was offered, by its id. */
  offers: Map<string, number>
  close(): Promise<void>
}

const OFFERED = /"messageId":"([0-9a-f-]{36})"/g
/** An offer may come in two pieces. */
const TAIL = 64

export async function startCuttingRelay(serverUrl: string): Promise<CuttingRelay> {
  const target = new URL(serverUrl)
  const sockets = new Set<Socket>()
  const offers = new Map<string, number>()
  let held: (() => void) | undefined

  const server = createServer((client) => {
    const upstream = connect(Number(target.port), target.hostname)
    let tail = ''
    upstream.on('data', (bytes) => {
      const text = tail + bytes.toString('latin1')
      if (text.includes('event: message')) {
        for (const [, id = ''] of text.matchAll(OFFERED)) offers.set(id, (offers.get(id) ?? 0) + 1)
      }
      tail = text.slice(-TAIL).replace(OFFERED, '')
      client.write(bytes)
    })
    client.on('data', (bytes) => {
      if (held && bytes.includes('/confirm ')) {
        const onConfirm = held
        held = undefined
        onConfirm()
        client.destroy()
        return
      }
      upstream.write(bytes)
    })
    for (const [one, other] of [
      [client, upstream],
      [upstream, client],
    ] as const) {
      sockets.add(one)
      one.on('error', () => other.destroy())
      one.on('close', () => {
        sockets.delete(one)
        other.destroy()
      })
    }
  }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('the relay has no port')
  const cut = () => {
    for (const socket of sockets) socket.destroy()
  }
  return {
    url: `http://127.0.0.1:${address.port}`,
    cut,
    holdConfirm: (onConfirm) => {
      held = onConfirm
    },
    offers,
    close: async () => {
      cut()
      await once(server.close(), 'close')
    },
  }
}
