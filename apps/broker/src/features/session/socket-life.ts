import type { Logger } from '@carteiro/runtime/logger'
import { retryWhileDatabaseAway } from '@carteiro/runtime/retry-while-away'
import type {
  AuthenticationCreds,
  BinaryNode,
  GroupMetadata,
  MessageUserReceiptUpdate,
  proto,
  SignalKeyStore,
  WAMessageUpdate,
} from '@whiskeysockets/baileys'
import { createBaileysLogger } from './baileys-logger.ts'
import { type EndReason, readEnd, SocketFault } from './disconnect-reason.ts'
import { endOnBadFrame } from './end-on-bad-frame.ts'
import { endPromptly } from './end-promptly.ts'
import { endUnanswered } from './end-unanswered.ts'
import { followQr, type ShownQr } from './follow-qr.ts'
import { hideUnreadableActs } from './hide-unreadable-acts.ts'
import { type LivenessTimes, watchLiveness } from './liveness.ts'
import type { MessageCommit } from './message-commit.ts'
import { openSocket, type SocketSettings, type Upsert, type WASocket } from './open-socket.ts'
import { receiptsOfOthers } from './receipts-of-others.ts'

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
  /** Resolves when what a stanza told is written down, and may be acknowledged; rejects where it will not be. */
  kept(instanceId: string, stanza: BinaryNode): Promise<void>
  getMessage(instanceId: string, waMessageId: string): Promise<proto.IMessage | undefined>
  groupMetadata(instanceId: string, jid: string): Promise<GroupMetadata | undefined>
}

export interface SocketLifeOptions {
  instanceId: string
  creds: AuthenticationCreds
  keys: SignalKeyStore
  commit: MessageCommit
  settings: SocketSettings
  liveness: LivenessTimes
  logger: Logger
  listener: SocketListener
  /** The session is only logged in to be logged out: nothing that comes is taken. */
  leaving: boolean
  /** Ends the socket. */
  signal: AbortSignal
  /** Breaks it at once: it may not be ours any more. */
  lost: AbortSignal
  /** Another QR code is shown, or none any more. While one is, pairing codes may be asked for. */
  onQr: (shown: ShownQr | undefined, socket: WASocket) => void
  /** A phone linked it. */
  onPaired: () => void
  onOpen: (socket: WASocket) => void
  onCredentials: () => void
}

/** How a socket ended, and how long it was open: 0 when it never was. */
export interface SocketEnd {
  reason: EndReason
  openMs: number
}

/** What an end may take altogether: closing handshake, and Baileys' own tidying up. */
const END_TIMEOUT_MS = 2_500

/** Opens one socket and resolves when it has ended, whatever the cause. */
export async function liveOnce(options: SocketLifeOptions): Promise<SocketEnd> {
  const { instanceId, listener, leaving } = options
  const socket = openSocket({
    ...options.settings,
    auth: { creds: options.creds, keys: options.keys },
    logger: createBaileysLogger(options.logger, instanceId),
    makeSignalRepository: options.commit.makeSignalRepository,
    deaf: leaving,
    kept: (stanza) => listener.kept(instanceId, stanza),
    // Baileys would take an error for a message that is not there, and never give it.
    getMessage: (id) =>
      retryWhileDatabaseAway(() => listener.getMessage(instanceId, id), { signal: options.signal }),
    groupMetadata: (jid) => listener.groupMetadata(instanceId, jid),
  })
  options.commit.listen(socket.ws)
  let openedAt: number | undefined
  socket.ev.on('creds.update', options.onCredentials)
  followQr(socket, (shown) => options.onQr(shown, socket))
  if (!leaving) addListener(socket, instanceId, listener)
  const error = await untilClosed(socket, options, () => {
    openedAt = performance.now()
    options.onOpen(socket)
  })
  if (!leaving) listener.onSocketEnd(instanceId)
  return { reason: readEnd(error), openMs: openedAt === undefined ? 0 : performance.now() - openedAt }
}

function addListener(socket: WASocket, instanceId: string, listener: SocketListener): void {
  const readable = hideUnreadableActs(socket.ws)
  socket.ev.on('messages.upsert', (upsert) => listener.onUpsert(instanceId, readable(upsert)))
  socket.ev.on('messages.update', (updates) => listener.onUpdates(instanceId, updates))
  socket.ev.on('message-receipt.update', (receipts) =>
    listener.onReceipts(instanceId, receiptsOfOthers(receipts, socket.authState.creds)),
  )
  listener.onSocket(instanceId, socket)
}

type Watching = Pick<SocketLifeOptions, 'signal' | 'lost' | 'liveness' | 'onPaired'>

/** Resolves with Baileys' error, if the end had one, or with ours. */
function untilClosed(
  socket: WASocket,
  { signal, lost, liveness, onPaired }: Watching,
  onOpen: () => void,
): Promise<unknown> {
  return new Promise((resolve) => {
    let deadline: NodeJS.Timeout | undefined
    const breakLine = endPromptly(socket)
    const closed = (error: unknown) => {
      clearTimeout(deadline)
      alive.stop()
      stopWaiting()
      signal.removeEventListener('abort', endAsked)
      lost.removeEventListener('abort', breakNow)
      resolve(error)
    }
    const end = (error?: Error) => {
      deadline ??= setTimeout(() => closed(error), END_TIMEOUT_MS)
      socket.end(error).catch(closed)
    }
    const endAsked = () => end()
    const breakNow = () => {
      breakLine()
      end()
    }
    endOnBadFrame(socket, (cause) => end(new SocketFault('bad_frame', cause)))
    const alive = watchLiveness(socket, liveness, () => {
      end(new SocketFault('no_answer'))
      breakLine()
    })
    const stopWaiting = endUnanswered(socket, () => {
      end(new SocketFault('connection_lost'))
      breakLine()
    })
    socket.ev.on('connection.update', ({ connection, lastDisconnect, isNewLogin, qr }) => {
      if (isNewLogin) onPaired()
      if (connection === 'open' || qr !== undefined) alive.open()
      if (connection === 'open') onOpen()
      if (connection === 'close') closed(lastDisconnect?.error)
    })
    signal.addEventListener('abort', endAsked, { once: true })
    lost.addEventListener('abort', breakNow, { once: true })
    if (lost.aborted) breakNow()
    else if (signal.aborted) end()
  })
}
