import {
  getNextPreKeys,
  initAuthCreds,
  type MessageUserReceiptUpdate,
  makeWASocket,
  type SocketConfig,
  type WAMessage,
  type WAMessageUpdate,
  type WASocket,
} from '@whiskeysockets/baileys'
import { pino } from 'pino'
import { createKeyStore } from '../phone/key-store.ts'
import { createArrivals } from '../test-arrivals.ts'
import { formatAddress } from './address.ts'
import type { WhatsAppServer } from './whatsapp-server.ts'

export type LinkedCredentials = Awaited<ReturnType<typeof linkCredentials>>
export type TestClient = ReturnType<typeof connectClient>

/** More than Baileys wants to find: it uploads none, which would keep the test's process alive for half a minute. */
const PRE_KEYS = 20

/** Credentials of a client that is linked to this phone and has left its keys here. */
export async function linkCredentials(server: WhatsAppServer, phone: string) {
  const creds = initAuthCreds()
  const { signedPreKey, signedIdentityKey, registrationId } = creds
  const device = server.link(phone, {
    noiseKey: creds.noiseKey.public,
    keys: {
      registrationId,
      identityKey: signedIdentityKey.public,
      signedPreKey: {
        keyId: signedPreKey.keyId,
        publicKey: signedPreKey.keyPair.public,
        signature: signedPreKey.signature,
      },
    },
  })
  if (!device?.companion?.keys) throw new Error('no more devices')
  const keys = createKeyStore()
  const { update, preKeys } = await getNextPreKeys({ creds, keys }, PRE_KEYS)
  Object.assign(creds, update)
  for (const [id, pair] of Object.entries(preKeys)) device.companion.keys.preKeys.set(Number(id), pair.public)
  const me = {
    id: formatAddress(phone, 'pn', device.number),
    lid: formatAddress(phone, 'lid', device.number),
    name: `Client of ${phone}`,
  }
  const account = { details: new Uint8Array(1), accountSignatureKey: new Uint8Array(32) }
  return { creds: { ...creds, registered: true, me, account }, keys, device }
}

/** Connects a real Baileys client to a server's socket, `ws://host:port/ws/chat`. */
export function connectClient(
  url: string,
  credentials: LinkedCredentials,
  config: Partial<SocketConfig> = {},
) {
  const { creds, keys } = credentials
  const socket = makeWASocket({
    waWebSocketUrl: url,
    auth: { creds, keys },
    emitOwnEvents: false,
    shouldSyncHistoryMessage: () => false,
    // A query that is open when the connection ends keeps the process alive until it times out.
    fireInitQueries: false,
    defaultQueryTimeoutMs: 10_000,
    logger: pino({ level: 'silent' }),
    ...config,
  })
  socket.ev.on('creds.update', (update) => Object.assign(creds, update))
  return { ...followClient(socket), credentials }
}

/** Writes down what a Baileys client hears. */
export function followClient(socket: WASocket) {
  const opened = Promise.withResolvers<void>()
  const closed = Promise.withResolvers<number | undefined>()
  const acks = createArrivals<string>()
  const messages = createArrivals<WAMessage>()
  const texts = createArrivals<{ id: string; chat: string; text: string }>()
  const updates = createArrivals<WAMessageUpdate>()
  const receipts = createArrivals<MessageUserReceiptUpdate>()
  const offline = createArrivals<number>()
  socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
    if (connection === 'open') opened.resolve()
    if (connection === 'close') closed.resolve(statusCode(lastDisconnect?.error))
  })
  socket.ws.on('CB:ack,class:message', (node: { attrs: { id: string } }) => acks.add(node.attrs.id))
  socket.ws.on('CB:ib,,offline', (node: { content: { attrs: { count: string } }[] }) =>
    offline.add(Number(node.content[0]?.attrs.count)),
  )
  socket.ev.on('messages.upsert', (upsert) => {
    for (const message of upsert.messages) {
      messages.add(message)
      const { id, remoteJid } = message.key
      texts.add({ id: id ?? '', chat: remoteJid ?? '', text: textOf(message) })
    }
  })
  socket.ev.on('message-receipt.update', (changed) => changed.forEach(receipts.add))
  socket.ev.on('messages.update', (changed) => changed.forEach(updates.add))
  return {
    ...{ socket, acks, messages, texts, updates, receipts, offline },
    opened: opened.promise,
    closed: closed.promise,
    text: (to: string, text: string, id: string) => socket.sendMessage(to, { text }, { messageId: id }),
    /** Closes the connection as a process that ends does. */
    goAway: () => socket.ws.close(),
  }
}

function textOf({ message }: WAMessage): string {
  return message?.conversation ?? message?.extendedTextMessage?.text ?? ''
}

function statusCode(error: unknown): number | undefined {
  if (!(error instanceof Error) || !('output' in error)) return undefined
  const { output } = error as { output: { statusCode?: number } }
  return output.statusCode
}
