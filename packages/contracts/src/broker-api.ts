import { z } from 'zod'
import { ConnectionStatus } from './broker-event.ts'
import { InstanceCounters } from './broker-metrics.ts'
import { BrokerSettings, BrokerSettingsChange } from './broker-settings.ts'
import { Slug } from './identifier.ts'
import { MediaType } from './media.ts'

/** `POST /instances` of the broker. */
export const CreateBrokerInstance = z.object({
  id: Slug.optional(),
  name: z.string().min(1).max(200),
  tenantId: Slug,
  webhookUrl: BrokerSettings.shape.webhookUrl,
  settings: BrokerSettings.optional(),
})
export type CreateBrokerInstance = z.infer<typeof CreateBrokerInstance>

/** Which of several brokers holds an instance, and until when unless it renews. */
export const InstanceLease = z.object({
  holder: z.string(),
  expiresAt: z.iso.datetime(),
  /** Rises whenever the instance changes hands. */
  generation: z.number(),
})

/** `PATCH /instances/:id` of the broker. */
export const ChangeBrokerInstance = z.object({
  name: CreateBrokerInstance.shape.name.optional(),
  settings: BrokerSettingsChange.optional(),
})
export type ChangeBrokerInstance = z.infer<typeof ChangeBrokerInstance>

/** An instance as the broker tells of it. */
export const BrokerInstance = z.object({
  id: Slug,
  name: z.string(),
  tenantId: Slug,
  status: ConnectionStatus,
  connected: z.boolean(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  qrAvailable: z.boolean(),
  lastError: z.string().nullable(),
  /** `null` while no broker holds it, and from brokers that know no leases. */
  lease: InstanceLease.nullable().default(null),
  settings: z.object(BrokerSettings.shape).optional(),
  /** What its process counted. */
  counters: InstanceCounters.optional(),
})
export type BrokerInstance = z.infer<typeof BrokerInstance>

/** The QR code by which a phone links an instance. It is a credential. */
export const ShownQr = z.object({
  qr: z.string(),
  /** Then another one takes its place. */
  expiresAt: z.iso.datetime(),
  available: z.literal(true),
})

/** `POST /instances/:id/pair` of the broker: the phone that shall link the instance. */
export const PairInstance = z.object({ phoneNumber: z.string().min(1).max(40) })

/** The code that a person types on that phone. It is a credential. */
export const ShownPairingCode = z.object({ pairingCode: z.string(), expiresAt: z.iso.datetime() })

/** A key or a SHA-256: 32 bytes as base64. */
const Bytes32 = z.string().regex(/^[A-Za-z0-9+/]{43}=?$/, 'must be 32 bytes as base64')

/** A path on WhatsApp's media host; never one that a URL parser would read as another host. */
const DirectPath = z
  .string()
  .max(4096)
  .regex(/^\/(?![/\\])[^\s\\]*$/, 'must be a path that begins with one /')

/** What a header may carry. The sender chose it: whatever does not look like a type is left out. */
const MimeType = z
  .string()
  .max(200)
  .regex(/^[\w.+-]+\/[\w.+-]+(; ?[\w.+-]+=[\w.+", -]+)*$/)
  .optional()
  .catch(undefined)

/** Where one sealed file lies with WhatsApp, its key, and what is told of it. */
export const SealedMedia = z.object({
  directPath: DirectPath.optional(),
  url: z.url().max(4096).optional(),
  mediaKey: Bytes32,
  mediaType: MediaType,
  mimetype: MimeType,
  /** Of the plain bytes. */
  fileSha256: Bytes32.optional(),
  /** Of the sealed bytes. */
  fileEncSha256: Bytes32.optional(),
  /** Plain bytes, as the sender says. */
  fileLength: z.coerce.number().int().nonnegative().optional(),
})
export type SealedMedia = z.infer<typeof SealedMedia>

const MESSAGE_OR_MEDIA = 'send messageId, or directPath (or url) with mediaKey and mediaType'

/**
 * `POST /instances/:id/media/download` of the broker: a message that the broker has seen, or the sealed file itself.
 * Where both are given the file is fetched, and the message says whom to ask when the file is gone.
 */
export const MediaDownloadBody = z
  .object({ messageId: z.string().min(1).max(256).optional(), ...SealedMedia.partial().shape })
  .transform(({ messageId, ...fields }, context) => {
    const media = SealedMedia.safeParse(fields)
    const isPlaced = fields.directPath !== undefined || fields.url !== undefined
    if (media.success && isPlaced) return { messageId, media: media.data }
    if (messageId !== undefined) return { messageId, media: undefined }
    context.addIssue({ code: 'custom', message: MESSAGE_OR_MEDIA })
    return z.NEVER
  })
export type MediaDownloadBody = z.input<typeof MediaDownloadBody>
export type WantedMedia = z.output<typeof MediaDownloadBody>
