import type { WASocket } from '@whiskeysockets/baileys'
import { newAuth, openClient, type TestAuth, untilClosed, untilQr } from './linking/test-linked-device.ts'
import { type Arrivals, createArrivals } from './test-arrivals.ts'

/** A linked device: a real Baileys client, its credentials in memory. */
export interface TestDevice {
  socket: WASocket
  opened: Promise<void>
  /** Resolves with Baileys' status code when the connection is gone. */
  closed: Promise<number | undefined>
  /** Ids that the server acknowledged. */
  acks: Arrivals<string>
  /** What customers wrote. */
  texts: Arrivals<{ id: string; from: string; name: string; text: string }>
  send(to: string, text: string, id: string): Promise<unknown>
  /** Closes the connection as a process that ends does. Baileys' own `end` leaves its pending queries to time out. */
  goAway(): Promise<void>
}

/** Links a device by QR code to a simulator of another process: what it connects with from then on. */
export async function linkByHttp(url: string, phone: string): Promise<TestAuth> {
  const auth = newAuth()
  const registering = openClient(url, auth)
  const closed = untilClosed(registering)
  const answer = await fetch(`${url}/accounts/${phone}/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ qr: await untilQr(registering) }),
  })
  if (answer.status !== 201) throw new Error(`${phone} linked no device: ${await answer.text()}`)
  await closed
  return auth
}

/** Connects a linked device to a simulator. @param url of the simulator, http */
export function connectDevice(url: string, auth: TestAuth): TestDevice {
  const socket = openClient(url, auth, { emitOwnEvents: false })
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<number | undefined>()
  const acks = createArrivals<string>()
  const texts = createArrivals<{ id: string; from: string; name: string; text: string }>()
  socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
    if (connection === 'open') opened.resolve()
    if (connection === 'close') closed.resolve(statusCode(lastDisconnect?.error))
  })
  socket.ws.on('CB:ack,class:message', (node: { attrs: { id: string } }) => acks.add(node.attrs.id))
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { key, message, pushName } of messages) {
      const from = key.remoteJid?.split('@')[0] ?? ''
      texts.add({ id: key.id ?? '', from, name: pushName ?? '', text: message?.conversation ?? '' })
    }
  })
  return {
    socket,
    opened: opened.promise,
    closed: closed.promise,
    acks,
    texts,
    send: (to, text, id) => socket.sendMessage(to, { text }, { messageId: id }),
    goAway: () => socket.ws.close(),
  }
}

function statusCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('output' in error)) return undefined
  const { output } = error as { output: { statusCode?: number } }
  return output.statusCode
}
