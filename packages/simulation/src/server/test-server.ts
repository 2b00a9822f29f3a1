import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import {
  type BinaryNode,
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
import type { Test } from 'tap'
import { createKeyStore } from '../phone/key-store.ts'
import { createArrivals } from '../test-arrivals.ts'
import { formatAddress } from './address.ts'
import { createWhatsAppServer, type WhatsAppServer, type WhatsAppServerOptions } from './whatsapp-server.ts'

/** A WhatsApp server of a test's own, with Baileys clients that are linked to it. */
export async function startTestServer(t: Test, options: WhatsAppServerOptions = {}) {
  // libsignal prints whole sessions.
  t.capture(console, 'info')
  t.capture(console, 'warn')
  const ended = createArrivals<string>()
  const server = createWhatsAppServer({
    ...options,
    listener: { onClosed: (_device, reason) => ended.add(reason), onError: (error) => t.fail(String(error)) },
  })
  const taken = createArrivals<TakenStanza>()
  const { take } = server.world
  server.world.take = (sender, stanza) => {
    take(sender, stanza)
    taken.add({ from: sender.person.phone, ...stanza })
  }
  const http = createServer()
  http.on('upgrade', server.accept)
  await new Promise<void>((resolve) => void http.listen(0, '127.0.0.1', resolve))
  const { port } = http.address() as AddressInfo
  const url = `ws://127.0.0.1:${port}/ws/chat`
  const clients: { closed: Promise<unknown> }[] = []

  /** The test ends when this client has, too. */
  function adopt<Client extends { closed: Promise<unknown> }>(client: Client): Client {
    clients.push(client)
    return client
  }

  t.teardown(async () => {
    server.close()
    await Promise.all(clients.map(({ closed }) => closed))
    http.close()
  })
  return {
    server,
    url,
    /** Why connections ended, in order. */
    ended,
    /** What devices sent, once the server has worked on it. */
    taken,
    /** Connects a Baileys client; `until` open unless it is not meant to be. */
    connect: (credentials: LinkedCredentials, config: Partial<SocketConfig> = {}) =>
      adopt(connectClient(url, credentials, config)),
    adopt,
    /** The addresses of a person's devices by LID. */
    lidsOf: (phone: string) =>
      [...(server.persons.find(phone)?.devices.keys() ?? [])].map((n) => formatAddress(phone, 'lid', n)),
    link: (phone: string) => linkCredentials(server, phone),
  }
}

/** A stanza that the server took, and the phone of the person whose device sent it. */
export type TakenStanza = BinaryNode & { from: string }

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

function connectClient(url: string, credentials: LinkedCredentials, config: Partial<SocketConfig>) {
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
