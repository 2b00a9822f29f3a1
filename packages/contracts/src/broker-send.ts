import { z } from 'zod'
import { BrokerMedia, MAX_BASE64_LENGTH } from './broker-media.ts'
import { withoutAliases } from './broker-send-aliases.ts'
import { Slug } from './identifier.ts'
import { MAX_TEXT_LENGTH } from './intents/text.ts'
import { StorableText } from './storable-text.ts'

/** Meta's Cloud API takes 1,024 characters below a file; the phones show no more of it. */
const MAX_CAPTION_LENGTH = 1_024
const MAX_MENTIONS = 100
/** The body beside the base64 of its media. */
const REST_OF_BODY = 512 * 1024

/** Bytes of a send's body. */
export const MAX_SEND_BODY_BYTES = MAX_BASE64_LENGTH + REST_OF_BODY

const Text = StorableText.min(1, 'must not be empty').max(MAX_TEXT_LENGTH)
const Caption = StorableText.max(MAX_CAPTION_LENGTH).optional()
/** One line of a vCard or of a place. */
const Line = StorableText.max(1_000)
const MessageId = z.string().min(1).max(256)
/** Who is named in the text, as `to` is written. */
const Mentions = z.array(z.string().min(1).max(100)).max(MAX_MENTIONS).optional()

const everyType = {
  instanceId: Slug.optional(),
  sessionId: Slug.optional(),
  /** E.164, digits, a user jid, a LID or a group jid. */
  to: z.string().min(1).max(100),
  externalId: z.string().max(200).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
}
const quoting = { ...everyType, quotedMessageId: MessageId.optional() }

const TextMessage = z.object({
  ...quoting,
  type: z.literal('text'),
  message: Text,
  previewUrl: z.boolean().optional(),
  mentions: Mentions,
})

const captioned = { ...quoting, media: BrokerMedia, caption: Caption, mentions: Mentions }
const ImageMessage = z.object({ ...captioned, type: z.literal('image') })
const VideoMessage = z.object({ ...captioned, type: z.literal('video') })
const DocumentMessage = z.object({ ...captioned, type: z.literal('document') })
const AudioMessage = z.object({
  ...quoting,
  type: z.literal('audio'),
  media: BrokerMedia,
  /** A voice message: OGG with Opus. */
  ptt: z.boolean().optional(),
})
const StickerMessage = z.object({ ...quoting, type: z.literal('sticker'), media: BrokerMedia })

const LocationMessage = z.object({
  ...quoting,
  type: z.literal('location'),
  location: z.object({
    latitude: z.number().min(-90).max(90),
    longitude: z.number().min(-180).max(180),
    name: Line.optional(),
    address: Line.optional(),
  }),
})

const ContactMessage = z.object({
  ...quoting,
  type: z.literal('contact'),
  contact: z.object({
    fullName: Line.trim().min(1),
    phones: z
      .array(z.string().regex(/^\+?[\d ().-]{3,32}$/, 'must be a phone number'))
      .min(1)
      .max(20),
    organization: Line.optional(),
    emails: z.array(z.string().min(3).max(254)).max(20).optional(),
  }),
})

const Poll = z
  .object({
    question: StorableText.trim().min(1).max(255),
    options: z
      .array(StorableText.trim().min(1).max(100))
      .min(2)
      .max(12)
      // A vote names its option by the hash of its text.
      .refine((options) => new Set(options).size === options.length, 'must differ from one another'),
    /** How many may be chosen; 0 for as many as there are. */
    selectableCount: z.number().int().min(0).max(12).default(1),
  })
  .refine(({ options, selectableCount }) => selectableCount <= options.length, {
    path: ['selectableCount'],
    message: 'must not be more than there are options',
  })
const PollMessage = z.object({ ...quoting, type: z.literal('poll'), poll: Poll })

const ReactionMessage = z.object({
  ...everyType,
  type: z.literal('reaction'),
  reaction: z.object({
    messageId: MessageId,
    /** An empty one takes the reaction back. */
    emoji: StorableText.max(40),
    /** Whether our side wrote the message; when left out the broker looks into what it knows. */
    fromMe: z.boolean().optional(),
    /** Groups: who wrote the message, a user jid or a LID; likewise. */
    participant: z.string().max(100).optional(),
  }),
})

const TemplateMessage = z.object({
  ...quoting,
  type: z.literal('template'),
  /** A phone knows no templates: the text goes out, `{{name}}` or `{{1}}` filled with the variables. */
  template: z.object({
    text: Text,
    variables: z.record(z.string(), StorableText.max(MAX_TEXT_LENGTH)).default({}),
  }),
})

const Message = z.discriminatedUnion('type', [
  TextMessage,
  ImageMessage,
  VideoMessage,
  AudioMessage,
  DocumentMessage,
  StickerMessage,
  LocationMessage,
  ContactMessage,
  PollMessage,
  ReactionMessage,
  TemplateMessage,
])

/** What a broker can send. */
export const SENDABLE_TYPES: readonly string[] = Message.options.map(({ shape }) => shape.type.value)

/**
 * `POST /instances/:id/send-text`: despite its name, the door for every type a broker can send. Reads every alias,
 * and writes one shape for each type.
 */
export const BrokerOutboundMessageSchema = z.preprocess(withoutAliases, Message)
export type BrokerOutboundMessage = z.output<typeof BrokerOutboundMessageSchema>

/** The body as callers write it: `message`, `mediaUrl` and the like at the top, as every broker in the field reads. */
export interface BrokerOutboundBody {
  instanceId: string
  to: string
  type: BrokerOutboundMessage['type']
  externalId: string
  message?: string
  previewUrl?: boolean
  mediaUrl?: string
  media?: { url?: string; base64?: string; mimeType?: string; fileName?: string }
  mimeType?: string
  fileName?: string
  caption?: string
  ptt?: boolean
  location?: { latitude: number; longitude: number; name?: string; address?: string }
  contact?: { fullName: string; phones: string[]; organization?: string; emails?: string[] }
  poll?: { question: string; options: string[]; selectableCount: number }
  reaction?: { messageId: string; emoji: string; fromMe?: boolean; participant?: string }
  quotedMessageId?: string
  mentions?: string[]
  metadata?: Record<string, unknown>
}

/**
 * The broker's answer to a send. `sent` is told only after WhatsApp's server acknowledged the message;
 * `pending` means that no acknowledgement came in time and that it may yet come.
 */
export const BrokerOutboundResponseSchema = z.object({
  /** WhatsApp's message id. */
  externalId: z.string(),
  id: z.string(),
  status: z.enum(['sent', 'pending']),
  ack: z.union([z.literal(1), z.literal(2)]),
  timestamp: z.iso.datetime(),
  to: z.object({ jid: z.string(), lid: z.string().optional() }),
})
export type BrokerOutboundResponse = z.infer<typeof BrokerOutboundResponseSchema>
