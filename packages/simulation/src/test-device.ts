import type { WASocket } from '@whiskeysockets/baileys'
import {
  newAuth,
  openClient,
  type TestAuth,
  untilClosed,
  untilOpen,
  untilQr,
} from './linking/test-linked-device.ts'
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

/** Logs a device in that was linked before. */
export function connectDevice(url: string, auth: TestAuth): TestDevice {
  const socket = openClient(url, auth, { emitOwnEvents: false })
  const acks = createArrivals<string>()
  const texts = createArrivals<{ id: string; from: string; name: string; text: string }>()
  socket.ws.on('CB:ack,class:message', (node: { attrs: { id: string } }) => acks.add(node.attrs.id))
  socket.ev.on('messages.upsert', ({ messages }) => {
    for (const { key, message, pushName } of messages) {
      const from = key.remoteJid?.split('@')[0] ?? ''
      texts.add({ id: key.id ?? '', from, name: pushName ?? '', text: message?.conversation ?? '' })
    }
  })
  const opened = untilOpen(socket)
  // Who looks at `closed` alone is told there.
  opened.catch(() => undefined)
  return {
    socket,
    opened,
    closed: untilClosed(socket),
    acks,
    texts,
    send: (to, text, id) => socket.sendMessage(to, { text }, { messageId: id }),
    goAway: () => socket.ws.close(),
  }
}

/** Links a new device to a phone (digits) of a simulator in any process: shows a QR code, which the phone scans. */
export async function linkDevice(url: string, phone: string): Promise<TestAuth> {
  const auth = newAuth()
  const socket = openClient(url, auth)
  const closed = untilClosed(socket)
  const response = await fetch(`${url}/accounts/${phone}/link`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ qr: await untilQr(socket) }),
  })
  if (response.status !== 201) throw new Error(`${phone} could not link a device: ${await response.text()}`)
  await closed
  return auth
}
