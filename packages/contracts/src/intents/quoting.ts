import { z } from 'zod'
import { parseRecipient } from '../jid.ts'
import { SingleLine } from '../storable-text.ts'

/** As many as the broker takes. */
const MAX_MENTIONS = 100

/** A message of a chat by our id, or by WhatsApp's. */
export const MessageReference = SingleLine.trim().min(1).max(200)

/** The message that another one is about, as transports name it: found when that one is queued. */
export const MessageTarget = z.strictObject({
  providerMessageId: z.string(),
  /** Whether our side wrote it. */
  fromMe: z.boolean(),
  /** Groups: the member who wrote it. */
  participantJid: z.string().optional(),
})
export type MessageTarget = z.infer<typeof MessageTarget>

/** What an intent answers. `quoted` is written when it is queued, and never given. */
export const quoting = {
  quotedMessageId: MessageReference.optional(),
  quoted: MessageTarget.optional(),
}

const Mention = z
  .string()
  .max(100)
  .refine((who) => {
    const jid = parseRecipient(who)
    return jid !== undefined && jid.kind !== 'group'
  }, 'must be a phone number or a WhatsApp address of a person')

/** Who is named in the text, which should hold `@` and the digits of each. */
export const mentioning = { mentions: z.array(Mention).min(1).max(MAX_MENTIONS).optional() }
