import type { Logger } from '@carteiro/runtime/logger'
import type {
  AuthenticationCreds,
  GroupMetadata,
  MessageUserReceiptUpdate,
  proto,
  SignalKeyStore,
  WAMessageUpdate,
} from '@whiskeysockets/baileys'
import { createBaileysLogger } from './baileys-logger.ts'
import { type Disconnect, readDisconnect } from './disconnect-reason.ts'
import { followQr, type ShownQr } from './follow-qr.ts'
import type { MessageCommit } from './message-commit.ts'
import { openSocket, type UploadSite, type Upsert, type WASocket } from './open-socket.ts'

/** What a socket tells the rest of the broker. Called in order, never awaited. */
export interface SocketListener {
  /** A new socket, before it is open: the place to listen to its stanzas. */
  onSocket(instanceId: string, socket: WASocket): void
  onSocketEnd(instanceId: string): void
  onUpsert(instanceId: string, upsert: Upsert): void
  /** What became of messages: receipts, edits, errors. */
  onUpdates(instanceId: string, updates: WAMessageUpdate[]): void
  /** Receipts of a group's members. */
  onReceipts(instanceId: string, receipts: MessageUserReceiptUpdate[]): void
  getMessage(instanceId: string, waMessageId: string): Promise<proto.IMessage | undefined>
  groupMetadata(instanceId: string, jid: string): Promise<GroupMetadata | undefined>
}

export interface SocketLifeOptions {
  instanceId: string
  creds: AuthenticationCreds
  keys: SignalKeyStore
  commit: MessageCommit
  url: string | undefined
  uploads: UploadSite | undefined
  logger: Logger
  listener: SocketListener
  /** Ends the socket. */
  signal: AbortSignal
  /** Another QR code is shown, or none any more. While one is, pairing codes may be asked for. */
  onQr: (shown: ShownQr | undefined, socket: WASocket) => void
  onOpen: (socket: WASocket) => void
  onCredentials: () => void
}

/** How a socket ended, and how long it was open: 0 when it never was. */
export type SocketEnd = Disconnect & { openMs: number }

/** A server that does not answer the closing handshake is not waited for. */
const END_TIMEOUT_MS = 2_500

/** Opens one socket and resolves when it has ended, whatever the cause. */
export async function liveOnce(options: SocketLifeOptions): Promise<SocketEnd> {
  const { instanceId, listener } = options
  const socket = openSocket({
    auth: { creds: options.creds, keys: options.keys },
    logger: createBaileysLogger(options.logger, instanceId),
    makeSignalRepository: options.commit.makeSignalRepository,
    url: options.url,
    uploads: options.uploads,
    getMessage: (id) => listener.getMessage(instanceId, id),
    groupMetadata: (jid) => listener.groupMetadata(instanceId, jid),
  })
  options.commit.listen(socket.ws)
  let openedAt: number | undefined
  socket.ev.on('creds.update', options.onCredentials)
  socket.ev.on('messages.upsert', (upsert) => listener.onUpsert(instanceId, upsert))
  socket.ev.on('messages.update', (updates) => listener.onUpdates(instanceId, updates))
  socket.ev.on('message-receipt.update', (receipts) => listener.onReceipts(instanceId, receipts))
  followQr(socket, (shown) => options.onQr(shown, socket))
  listener.onSocket(instanceId, socket)
  const error = await untilClosed(socket, options.signal, () => {
    openedAt = Date.now()
    options.onOpen(socket)
  })
  listener.onSocketEnd(instanceId)
  return { ...readDisconnect(error), openMs: openedAt === undefined ? 0 : Date.now() - openedAt }
}

/** Resolves with Baileys' error, if the end had one. */
function untilClosed(socket: WASocket, signal: AbortSignal, onOpen: () => void): Promise<unknown> {
  return new Promise((resolve) => {
    let deadline: NodeJS.Timeout | undefined
    const closed = (error: unknown) => {
      clearTimeout(deadline)
      signal.removeEventListener('abort', end)
      resolve(error)
    }
    const end = () => {
      deadline = setTimeout(() => closed(undefined), END_TIMEOUT_MS)
      socket.end(undefined).catch(closed)
    }
    socket.ev.on('connection.update', ({ connection, lastDisconnect }) => {
      if (connection === 'open') onOpen()
      if (connection === 'close') closed(lastDisconnect?.error)
    })
    if (signal.aborted) end()
    else signal.addEventListener('abort', end, { once: true })
  })
}
