import { z } from 'zod'
import { MessageMedia } from './media.ts'
import { MessageCard, MessageLocation } from './message-parts.ts'

/** What the transport said of a message: its ids, and its times beside ours. */
export const BrokerMetadata = z.looseObject({
  instanceId: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  providerMessageId: z.string().nullable(),
  /** When it was written, as the transport says; null for what we send. */
  brokerMessageTimestamp: z.iso.datetime().nullable(),
  /** The same, or our own time where the transport told none: what tickets are ordered by. */
  normalizedTimestamp: z.iso.datetime(),
  receivedAt: z.iso.datetime().nullable(),
})

/** What a message consists of besides its text, each where the message has it. */
export const MessageMetadata = z.object({
  broker: BrokerMetadata,
  media: MessageMedia.optional(),
  location: MessageLocation.optional(),
  contacts: z.array(MessageCard).optional(),
})
export type MessageMetadata = z.infer<typeof MessageMetadata>
