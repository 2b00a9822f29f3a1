import { initAuthCreds, makeWASocket, type WASocket } from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { type Arrivals, createArrivals } from './test-arrivals.ts'
import { createKeyStore } from './test-key-store.ts'

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

/** Credentials that outlive a connection, as a broker keeps them. */
export type TestCredentials = ReturnType<typeof newCredentials>

/** Credentials of a device that is already linked to this phone: crabline has no pairing. */
export function newCredentials(phone: string) {
  const me = { id: `${phone}@s.whatsapp.net`, name: 'Test device' }
  return { creds: { ...initAuthCreds(), registered: true, me }, keys: createKeyStore() }
}

/** Connects a device to a simulator's `url`, as the account `phone`. */
export function connectDevice(url: string, phone: string, credentials = newCredentials(phone)): TestDevice {
  const socket = makeWASocket({
    waWebSocketUrl: `${url.replace('http', 'ws')}/ws/chat?account=${phone}`,
    auth: credentials,
    emitOwnEvents: false,
    logger: pino({ level: 'silent' }),
  })
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<number | undefined>()
  const acks = createArrivals<string>()
  const texts = createArrivals<{ id: string; from: string; name: string; text: string }>()
  socket.ev.on('creds.update', (update) => Object.assign(credentials.creds, update))
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
