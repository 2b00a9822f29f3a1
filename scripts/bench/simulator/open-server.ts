import { once } from 'node:events'
import { createServer } from 'node:http'
import { openClient } from '@carteiro/simulation/linking/test-linked-device'
import { createPhone } from '@carteiro/simulation/phone/create-phone'
import { linkCredentials } from '@carteiro/simulation/server/test-server'
import { createWhatsAppServer, type WhatsAppServer } from '@carteiro/simulation/server/whatsapp-server'
import type { WASocket } from '@whiskeysockets/baileys'

/** A WhatsApp in this process, and real Baileys clients beside it. */
export interface OpenServer {
  server: WhatsAppServer
  /** Links a client; it connects when called. */
  link(phone: string): Promise<() => WASocket>
  stop(): Promise<void>
}

export async function openServer(): Promise<OpenServer> {
  const server = createWhatsAppServer({
    createPhone: (person, port) => createPhone({ person, pushName: person.pushName, port }),
  })
  const http = createServer()
  http.on('upgrade', server.accept)
  http.listen(0, '127.0.0.1')
  await once(http, 'listening')
  const address = http.address()
  const url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`
  return {
    server,
    async link(phone) {
      const credentials = await linkCredentials(server, phone)
      // A busy machine takes longer than Baileys' own patience.
      const config = { fireInitQueries: false, emitOwnEvents: false, connectTimeoutMs: 300_000 }
      return () => openClient(url, credentials, config)
    },
    async stop() {
      server.close()
      http.closeAllConnections()
      await once(http.close(), 'close')
    },
  }
}

/** Resolves when each is logged in. */
export async function untilAllOpen(sockets: WASocket[]): Promise<void> {
  await Promise.all(
    sockets.map((socket) => socket.waitForConnectionUpdate(async ({ connection }) => connection === 'open')),
  )
}
