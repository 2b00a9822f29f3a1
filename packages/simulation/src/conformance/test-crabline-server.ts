import path from 'node:path'
import { startWhatsAppServer } from '@openclaw/crabline'
import { initAuthCreds, makeWASocket } from '@whiskeysockets/baileys'
import type { Test } from 'tap'
import { z } from 'zod'
import { createKeyStore } from '../phone/key-store.ts'
import { SILENT_LOGGER } from '../phone/silent-logger.ts'
import { followClient } from '../server/test-client.ts'
import { createArrivals } from '../test-arrivals.ts'
import type { ServerUnderTest } from './test-server-under-test.ts'

/** What crabline writes down of a message that it opened. */
const Accepted = z.object({
  accepted: z.literal(true),
  body: z.object({
    key: z.object({ id: z.string(), remoteJid: z.string() }),
    message: z.object({ conversation: z.string() }),
  }),
})

/** The same clients on crabline. It plays one account, without linking, and nobody has a phone. */
export async function startCrablineServer(t: Test, account: string): Promise<ServerUnderTest> {
  // libsignal prints whole sessions.
  for (const method of ['log', 'info', 'warn'] as const) t.capture(console, method)
  const accepted = createArrivals<z.output<typeof Accepted>['body']>()
  const selfJid = `${account}@s.whatsapp.net`
  const { manifest, close } = await startWhatsAppServer({
    selfJid,
    recorderPath: path.join(t.testdir(), 'crabline.jsonl'),
    onEvent(event) {
      const { success, data } = Accepted.safeParse(event)
      if (success) accepted.add(data.body)
    },
  })
  t.teardown(close)
  const { baileysWebSocketUrl, adminInboundUrl } = manifest.endpoints

  return {
    async link() {
      const creds = { ...initAuthCreds(), registered: true, me: { id: selfJid, name: 'Account' } }
      const keys = createKeyStore()
      return () => {
        const socket = makeWASocket({
          waWebSocketUrl: baileysWebSocketUrl,
          auth: { creds, keys },
          logger: SILENT_LOGGER,
          emitOwnEvents: false,
          fireInitQueries: false,
          defaultQueryTimeoutMs: 10_000,
          shouldSyncHistoryMessage: () => false,
        })
        socket.ev.on('creds.update', (update) => Object.assign(creds, update))
        const client = followClient(socket)
        t.teardown(async () => {
          await socket.end(undefined)
          await client.closed
        })
        return client
      }
    },
    async write(customer, _account, { id, text, name }) {
      const jid = `${customer}@s.whatsapp.net`
      const answer = await fetch(adminInboundUrl, {
        method: 'POST',
        headers: { authorization: `Bearer ${manifest.adminToken}`, 'content-type': 'application/json' },
        body: JSON.stringify({ chatJid: jid, senderJid: jid, text, messageId: id, pushName: name }),
      })
      if (!answer.ok) throw new Error(await answer.text())
    },
    async got(customer, _account, id) {
      const isIt = ({ key }: { key: { id: string; remoteJid: string } }) =>
        key.id === id && key.remoteJid === `${customer}@s.whatsapp.net`
      const found = (await accepted.until(isIt)).find(isIt)
      return found?.message.conversation ?? null
    },
  }
}
