import { formatJid, type Jid } from '@carteiro/contracts/jid'
import type { Database } from '@carteiro/database/connect'
import { proto, type WAMessage, type WAMessageKey } from '@whiskeysockets/baileys'
import { z } from 'zod'
import type { SendLedger } from './send-ledger.ts'

/** A message that this broker has sent or seen. */
export interface KnownMessage {
  key: WAMessageKey
  message: proto.IMessage
}

/** Looks a message up by WhatsApp's id; `undefined` when it is not known, or no longer. */
export type FindMessage = (
  instanceId: string,
  waMessageId: string,
  chat: Jid,
) => Promise<KnownMessage | undefined>

const JournalledMessage = z.object({
  payload: z.object({
    message: z.record(z.string(), z.unknown()),
    metadata: z.object({
      rawKey: z.object({
        remoteJid: z.string(),
        fromMe: z.boolean().default(false),
        participant: z.string().nullable().default(null),
      }),
    }),
  }),
})

/** Own messages are in the ledger, the others in the journal; both keep them for some days. */
export function createFindMessage(db: Database, ledger: Pick<SendLedger, 'content'>): FindMessage {
  return async (instanceId, waMessageId, chat) => {
    const own = await ledger.content(instanceId, waMessageId)
    if (own) return { key: { remoteJid: formatJid(chat), id: waMessageId, fromMe: true }, message: own }
    const row = await db
      .selectFrom('broker.journal')
      .select('event')
      .where('instance_id', '=', instanceId)
      .where('event_id', '=', waMessageId)
      .executeTakeFirst()
    const event = JournalledMessage.safeParse(row?.event)
    if (!event.success) return undefined
    const { message, metadata } = event.data.payload
    return { key: { ...metadata.rawKey, id: waMessageId }, message: proto.Message.fromObject(message) }
  }
}

/**
 * A message as Baileys quotes it. Of one that is not known the phone gets the id alone: it shows the quote where it
 * has the message itself.
 */
export function toQuoted(known: KnownMessage | undefined, waMessageId: string, chat: Jid): WAMessage {
  const remoteJid = formatJid(chat)
  if (!known) {
    return { key: { remoteJid, id: waMessageId, fromMe: false }, message: { conversation: '' } }
  }
  const { key, message } = known
  // Under another spelling of the chat Baileys would take it for a quote from another chat.
  const participant = key.participant ?? key.remoteJid ?? remoteJid
  return { key: { ...key, remoteJid, ...(key.fromMe ? {} : { participant }) }, message }
}
