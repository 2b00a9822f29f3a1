import { EventEmitter } from 'node:events'
import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import type { CustomerMessage } from './customer-message.ts'
import { readWireEvent, type WireEvent } from './wire-event.ts'

/** One account's WhatsApp: speaks Noise, Signal and the node protocol with the devices connected to it. */
export interface CrablineServer {
  /** Takes over an upgraded connection and tells of every node that it brings. */
  accept(request: IncomingMessage, stream: Duplex, onEvent: (event: WireEvent) => void): void
  /** Puts a message on the wire; `false` when no connection took it. */
  deliver(message: CustomerMessage): Promise<boolean>
  close(): Promise<void>
}

type AppendEvent = (event: unknown) => Promise<void>

interface AttachOptions {
  accessToken: string
  readonly appendEvent: AppendEvent
  httpServer: EventEmitter
  path: string
  selfJid: string
}

interface AttachedServer {
  close(): Promise<void>
  prepareInboundMessage(message: unknown): { commit(): Promise<'queued' | 'delivered'> } | undefined
}

type Attach = (options: AttachOptions) => AttachedServer

/** The handshake's two messages, of which `accept` tells nothing. */
export const HANDSHAKE_MESSAGES = 2

/** Crabline closes a connection when more than 32 messages wait; this stays well below. */
export const UNHANDLED_MESSAGES_LIMIT = 16

const PATH = '/ws/chat'
// The connection never leaves this process: the token only satisfies crabline's check.
const ACCESS_TOKEN = 'in-process'

/**
 * Loads crabline's WebSocket server.
 *
 * Its public `startWhatsAppServer` puts a recorder in the path of every node (a lock, an append and a sync to disk,
 * at most some 80 messages a second, and a file without bound). The part under it takes any recorder, so that one is
 * used; package.json pins the version it was read in.
 *
 * @returns opens the server of one account, by its phone's digits
 * @throws Error when the installed crabline has no such part
 */
export async function loadCrabline(): Promise<(phone: string) => CrablineServer> {
  const location = new URL(
    './servers/whatsapp-baileys-websocket.js',
    import.meta.resolve('@openclaw/crabline'),
  )
  const module: { attachWhatsAppBaileysWebSocketServer?: Attach } = await import(location.href)
  const attach = module.attachWhatsAppBaileysWebSocketServer
  if (typeof attach !== 'function')
    throw new Error('This version of crabline has no WebSocket server to attach.')
  return (phone) => openCrabline(attach, phone)
}

function openCrabline(attach: Attach, phone: string): CrablineServer {
  const upgrades = new EventEmitter()
  let accepting: AppendEvent | undefined
  const server = attach({
    accessToken: ACCESS_TOKEN,
    httpServer: upgrades,
    path: PATH,
    selfJid: `${phone}@s.whatsapp.net`,
    // Read once for each connection, while `accept` hands it over: so every connection has its own.
    get appendEvent() {
      if (!accepting) throw new Error('crabline asked for a recorder outside of accept')
      return accepting
    },
  })

  return {
    accept(request, stream, onEvent) {
      accepting = async (event) => onEvent(readWireEvent(event))
      request.url = `${PATH}?access_token=${ACCESS_TOKEN}`
      upgrades.emit('upgrade', request, stream, Buffer.alloc(0))
      accepting = undefined
    },
    deliver: async (message) => {
      const prepared = server.prepareInboundMessage(inboundMessage(message))
      return (await prepared?.commit()) === 'delivered'
    },
    close: () => server.close(),
  }
}

function inboundMessage({ id, from, text, pushName, writtenAtSeconds }: CustomerMessage) {
  return {
    key: { fromMe: false, id, remoteJid: `${from}@s.whatsapp.net` },
    message: { conversation: text },
    messageTimestamp: writtenAtSeconds,
    pushName,
  }
}
