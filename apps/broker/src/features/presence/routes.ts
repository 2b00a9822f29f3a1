import { ReadMessages, ReadResult, SetPresence, ShownPresence } from '@carteiro/contracts/broker-presence'
import { Slug } from '@carteiro/contracts/identifier'
import { formatJid, parseRecipient } from '@carteiro/contracts/jid'
import { Problem } from '@carteiro/contracts/problem'
import type { HttpServer } from '@carteiro/runtime/http-server'
import { z } from 'zod'
import type { Dependencies } from '../../dependencies.ts'
import { readMessages } from './read-messages.ts'

const params = z.object({ id: Slug })

type Needed = Pick<Dependencies, 'connected' | 'connection' | 'settings'>

/** What others see of an instance beside its messages: that it types, that it has read. */
export function presenceRoutes(server: HttpServer, { connected, connection, settings }: Needed): void {
  server.post(
    '/instances/:id/presence',
    { schema: { tags: ['presence'], params, body: SetPresence, response: { 200: ShownPresence } } },
    async ({ params: { id }, body }) => {
      const jid = 'to' in body ? parseRecipient(body.to) : undefined
      if ('to' in body && !jid) {
        throw new Problem('INVALID_TO', 'The recipient is no phone number, user, LID or group.')
      }
      const socket = await connected(id)
      const { presence } = body
      if (!jid && !socket.authState.creds.me?.name) {
        throw new Problem(
          'BROKER_ERROR',
          'WhatsApp has not told the name of this account yet, under which it would be shown: ask again later.',
        )
      }
      await socket.sendPresenceUpdate(presence, jid && formatJid(jid))
      return { presence, ...(jid ? { to: { jid: formatJid(jid) } } : {}) }
    },
  )

  server.post(
    '/instances/:id/read',
    { schema: { tags: ['presence'], params, body: ReadMessages, response: { 200: ReadResult } } },
    async ({ params: { id: instanceId }, body }) => {
      const socket = await connected(instanceId)
      const { readReceipts = true } = await settings.of(instanceId)
      return await readMessages(connection.db, socket, { instanceId, ...body }, readReceipts)
    },
  )
}
