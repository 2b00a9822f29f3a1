import { z } from 'zod'
import { BrokerContact, ConnectionStatus } from './broker-event.ts'
import { Slug } from './identifier.ts'

const Base = {
  /** uuid5 of (tenant, instance, kind, own id): the same event has the same id, whoever repeats it. */
  id: z.uuid(),
  tenantId: Slug,
  instanceId: Slug,
  /** What must stay in order: the chat, or the instance for what belongs to no chat. */
  chatKey: z.string().min(1),
  /** Effective time of the event, ISO 8601. */
  timestamp: z.iso.datetime(),
  receivedAt: z.iso.datetime(),
  requestId: z.string(),
}

export const MessageEnvelope = z.object({
  ...Base,
  kind: z.literal('message'),
  providerMessageId: z.string().min(1),
  contact: BrokerContact,
  message: z.record(z.string(), z.unknown()),
  metadata: z.record(z.string(), z.unknown()),
})
export type MessageEnvelope = z.infer<typeof MessageEnvelope>

export const ConnectionEnvelope = z.object({
  ...Base,
  kind: z.literal('connection'),
  status: ConnectionStatus,
  connected: z.boolean(),
  phone: z.string().nullable(),
  lid: z.string().nullable(),
  reason: z.string().nullable(),
})
export type ConnectionEnvelope = z.infer<typeof ConnectionEnvelope>

/** What the queue carries between the webhook and the worker: one event, in our one shape. */
export const BrokerInboundEventSchema = z.discriminatedUnion('kind', [MessageEnvelope, ConnectionEnvelope])
export type Envelope = z.infer<typeof BrokerInboundEventSchema>
