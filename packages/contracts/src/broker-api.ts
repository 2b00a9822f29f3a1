import { z } from 'zod'
import { ConnectionStatus } from './broker-event.ts'
import { Slug } from './identifier.ts'
import { MAX_TEXT_LENGTH } from './intents/text.ts'

/** `POST /instances` of the broker. */
export const CreateBrokerInstance = z.object({
  id: Slug.optional(),
  name: z.string().min(1).max(200),
  tenantId: Slug,
  webhookUrl: z.url().optional(),
})
export type CreateBrokerInstance = z.infer<typeof CreateBrokerInstance>

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
})
export type BrokerInstance = z.infer<typeof BrokerInstance>

/** `POST /instances/:id/send-text`: despite its name, the door for every type a broker can send. */
export const BrokerOutboundMessageSchema = z.object({
  instanceId: Slug.optional(),
  sessionId: Slug.optional(),
  to: z.string().min(1).max(100),
  type: z.enum(['text']).default('text'),
  message: z.string().min(1).max(MAX_TEXT_LENGTH),
  previewUrl: z.boolean().optional(),
  externalId: z.string().max(200).optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
})
export type BrokerOutboundMessage = z.infer<typeof BrokerOutboundMessageSchema>

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
