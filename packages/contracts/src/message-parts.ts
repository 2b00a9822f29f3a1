import { z } from 'zod'
import { MessageMedia } from './media.ts'

const At = z.iso.datetime()

/** The message that another one answers; a reaction of ours, the one that it is to. */
export const QuotedMessage = z.object({
  /** Ours; `null`: it is not among our messages, and no more is known of it than came with the quote. */
  id: z.uuid().nullable(),
  providerMessageId: z.string(),
  direction: z.enum(['inbound', 'outbound']).nullable(),
  type: z.string().nullable(),
  /** The beginning, as it is now; of one that is not ours, what came with the quote. */
  text: z.string().nullable(),
  /** Its file, read by the route of its own message. */
  media: MessageMedia.nullable(),
  /** Who wrote it, by jid: in groups, and where the quote says so. */
  participantJid: z.string().nullable(),
})
export type QuotedMessage = z.infer<typeof QuotedMessage>

/** `by` of what our own side reacted. */
export const OUR_SIDE = 'us'

/** A person's one reaction. `by` is a jid in groups, else the contact's id; `us` for our own side's. */
export const MessageReaction = z.object({ by: z.string(), emoji: z.string(), at: At })
export type MessageReaction = z.infer<typeof MessageReaction>

/** A poll, and how it stands. */
export const MessagePoll = z.object({
  question: z.string(),
  /** How many may be chosen; 0 for any number. */
  selectableCount: z.number().int(),
  options: z.array(z.object({ name: z.string(), votes: z.number().int() })),
  /** Who have chosen something, as far as their votes can be read. */
  voters: z.number().int(),
})
export type MessagePoll = z.infer<typeof MessagePoll>

/** Degrees, and what the place is called. */
export const MessageLocation = z.looseObject({
  latitude: z.number().optional(),
  longitude: z.number().optional(),
})

/** A card without the text of its vCard. */
export const MessageCard = z.record(z.string(), z.unknown())

/** The member of a group who wrote. */
export const MessageParticipant = z.object({
  jid: z.string(),
  phone: z.string().nullable(),
  name: z.string().nullable(),
})
export type MessageParticipant = z.infer<typeof MessageParticipant>

/** How many members of a group have received a message, and have read it. */
export const GroupReceipts = z.object({ delivered: z.number().int(), read: z.number().int() })
export type GroupReceipts = z.infer<typeof GroupReceipts>

/** What a message has beside its text; each is there always, `null` or empty where there is none. */
export const messageParts = {
  quoted: QuotedMessage.nullable(),
  /** Those that hold, oldest first; the newest hundred. */
  reactions: z.array(MessageReaction),
  poll: MessagePoll.nullable(),
  location: MessageLocation.nullable(),
  contacts: z.array(MessageCard).nullable(),
  /** Jids of those whom the text names. */
  mentions: z.array(z.string()),
  forwarded: z.boolean(),
  participant: MessageParticipant.nullable(),
  editedAt: At.nullable(),
  revokedAt: At.nullable(),
  /** Of what we wrote, in a chat of two. */
  deliveredAt: At.nullable(),
  readAt: At.nullable(),
  /** Of what we wrote to a group, once a member's phone has told something. */
  receipts: GroupReceipts.nullable(),
}
