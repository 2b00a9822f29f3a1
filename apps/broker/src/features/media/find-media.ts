import { SealedMedia } from '@carteiro/contracts/broker-api'
import { CONTENT_TYPES } from '@carteiro/contracts/content-type'
import { MediaType } from '@carteiro/contracts/media'
import { Problem } from '@carteiro/contracts/problem'
import type { Database } from '@carteiro/database/connect'
import { proto, type WAMessage } from '@whiskeysockets/baileys'
import { z } from 'zod'

/** The media of a message that WhatsApp gave us, and the message as its sender can be asked for it. */
export interface MessageMedia {
  media: SealedMedia
  message: WAMessage
}

const JournalledMessage = z.object({
  type: z.literal('MESSAGE_INBOUND'),
  payload: z.object({
    message: z.record(z.string(), z.unknown()),
    metadata: z.object({
      rawKey: z.object({
        remoteJid: z.string(),
        id: z.string(),
        fromMe: z.boolean().default(false),
        participant: z.string().nullable().default(null),
      }),
    }),
  }),
})

/**
 * Looks a message's media up in the journal, which keeps messages for 7 days.
 *
 * @throws Problem MEDIA_NOT_FOUND for a message that is not there, MESSAGE_WITHOUT_MEDIA for one that has none
 */
export async function findMedia(
  db: Database,
  { instanceId, messageId }: { instanceId: string; messageId: string },
): Promise<MessageMedia> {
  const row = await db
    .selectFrom('broker.journal')
    .select('event')
    .where('instance_id', '=', instanceId)
    .where('event_id', '=', messageId)
    .executeTakeFirst()
  const event = JournalledMessage.safeParse(row?.event)
  if (!event.success) {
    throw new Problem('MEDIA_NOT_FOUND', 'This broker has no such message, or has it no longer.')
  }
  const { message, metadata } = event.data.payload
  const found = readMedia(message)
  if (!found) throw new Problem('MESSAGE_WITHOUT_MEDIA', 'This message has no media that could be fetched.')
  const content = proto.Message.fromObject({ [found.name]: message[found.name] })
  return { media: found.media, message: { key: metadata.rawKey, message: content } }
}

function readMedia(message: Record<string, unknown>): { name: string; media: SealedMedia } | undefined {
  for (const [name, type] of Object.entries(CONTENT_TYPES)) {
    const mediaType = MediaType.safeParse(type)
    const part = message[name]
    if (!mediaType.success || typeof part !== 'object' || part === null) continue
    // What a sender left out may also be there and empty.
    const told = Object.entries(part).filter(([, value]) => value !== '')
    const media = SealedMedia.safeParse({ ...Object.fromEntries(told), mediaType: mediaType.data })
    if (media.success) return { name, media: media.data }
  }
  return undefined
}
