import type { Agent } from 'node:https'
import {
  type AuthenticationState,
  type BaileysEventMap,
  type BinaryNode,
  type GroupMetadata,
  makeWASocket,
  type proto,
  type SocketConfig,
  type WASocket,
  type WAVersion,
} from '@whiskeysockets/baileys'
import type { BaileysLogger } from './baileys-logger.ts'
import { flushMessages } from './flush-messages.ts'
import { handleInTurn } from './handle-in-turn.ts'
import { holdAcks } from './hold-acks.ts'

export type { WASocket, WAVersion }
export type Upsert = BaileysEventMap['messages.upsert']

/** A media host that is not WhatsApp's, and the agent that trusts it. */
export interface UploadSite {
  /** `host:port` */
  hostname: string
  maxContentLengthBytes: number
  agent: Agent
}

/** What every socket of this process has in common. */
export interface SocketSettings {
  /** Only for the simulator; else Baileys' own. */
  url: string | undefined
  /** Where files are uploaded; else where WhatsApp says. */
  uploads: UploadSite | undefined
  /** Of WhatsApp Web, as which it presents itself; else Baileys' own. */
  version: WAVersion | undefined
}

export interface OpenSocketOptions extends SocketSettings {
  auth: AuthenticationState
  logger: BaileysLogger
  /** Decrypts, and commits what it decrypted. */
  makeSignalRepository: SocketConfig['makeSignalRepository']
  /** Messages are neither opened nor handed on. */
  deaf: boolean
  /** Resolves when what a stanza told is kept, and may be acknowledged; rejects where it will not be. */
  kept: (stanza: BinaryNode) => Promise<void>
  /** What was sent under a WhatsApp id, for a phone that could not read it and asks again. */
  getMessage: (waMessageId: string) => Promise<proto.IMessage | undefined>
  /** Whom a group is made of, so that not every message to it asks WhatsApp. */
  groupMetadata: (jid: string) => Promise<GroupMetadata | undefined>
}

/** As long as a timer may be: Baileys' own watch never looks, for liveness.ts does. */
const NEVER_MS = 2 ** 31 - 1

/** How often a message is sent again, and asked for again, as by WhatsApp Web. */
const MAX_RETRIES = 5

/** Baileys counts each message twice that it sends again. */
const RETRIES_COUNTED = 2 * MAX_RETRIES

/**
 * Opens one socket to WhatsApp, with Baileys set to be a quiet second device: not online (the phone keeps
 * ringing), no history, no previews fetched, nothing of our own echoed.
 */
export function openSocket(options: OpenSocketOptions): WASocket {
  const { auth, logger, makeSignalRepository, url, uploads, version, deaf } = options
  const { getMessage, groupMetadata, kept } = options
  const socket = makeWASocket({
    auth,
    logger,
    makeSignalRepository,
    ...(url === undefined ? {} : { waWebSocketUrl: url }),
    ...(uploads && { customUploadHosts: [uploads], fetchAgent: uploads.agent }),
    ...(version && { version }),
    browser: ['Carteiro', 'Chrome', '1'],
    // end-unanswered.ts watches in its place.
    connectTimeoutMs: 0,
    // Below the 25 s that a send may take.
    defaultQueryTimeoutMs: 20_000,
    keepAliveIntervalMs: NEVER_MS,
    markOnlineOnConnect: false,
    syncFullHistory: false,
    shouldSyncHistoryMessage: () => false,
    ...(deaf && { shouldIgnoreJid: () => true }),
    generateHighQualityLinkPreview: false,
    emitOwnEvents: false,
    // The key store waits for the database by itself; what still fails, fails the same again.
    transactionOpts: { maxCommitRetries: 2, delayBetweenTriesMs: 200 },
    maxMsgRetryCount: RETRIES_COUNTED,
    getMessage: async ({ id }) => (id ? await getMessage(id) : undefined),
    cachedGroupMetadata: groupMetadata,
  })
  // By this number it asks, and each asking it counts once.
  if (socket.messageRetryManager) Reflect.set(socket.messageRetryManager, 'maxMsgRetryCount', MAX_RETRIES)
  flushMessages(socket.ev)
  if (!deaf) holdAcks(socket, kept)
  handleInTurn(socket.ws)
  return socket
}
