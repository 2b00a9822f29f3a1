import { z } from 'zod'

const Nullable = z.string().nullish()

/** The contact as a broker knows it (broker contracts, "Contact attributes"); every member may be missing. */
export const BrokerContact = z
  .object({
    phone: Nullable,
    name: Nullable,
    document: Nullable,
    registrations: z.array(z.string()).nullish(),
    avatarUrl: Nullable,
    pushName: Nullable,
  })
  .loose()
export type BrokerContact = z.infer<typeof BrokerContact>

const FreeObject = z.record(z.string(), z.unknown())

/** `MESSAGE_INBOUND`: a customer's message, as a broker posts it to the webhook. */
export const MessageInboundEvent = z.object({
  id: z.string().min(1).max(256),
  type: z.literal('MESSAGE_INBOUND'),
  instanceId: z.string().min(1).max(256),
  timestamp: z.union([z.string(), z.number()]).optional(),
  cursor: z.string().optional(),
  payload: z.object({
    instanceId: z.string().optional(),
    timestamp: z.union([z.string(), z.number()]).optional(),
    contact: BrokerContact,
    message: FreeObject,
    metadata: FreeObject,
  }),
})
export type MessageInboundEvent = z.infer<typeof MessageInboundEvent>

/** How an instance's session stands. */
export const CONNECTION_STATUSES = [
  'created',
  'connecting',
  'connected',
  'disconnected',
  'logged_out',
] as const
export const ConnectionStatus = z.enum(CONNECTION_STATUSES)
export type ConnectionStatus = z.infer<typeof ConnectionStatus>

/** `INSTANCE_CONNECTION`: our broker tells how an instance's session stands. */
export const InstanceConnectionEvent = z.object({
  id: z.string().min(1).max(256),
  type: z.literal('INSTANCE_CONNECTION'),
  instanceId: z.string().min(1).max(256),
  timestamp: z.union([z.string(), z.number()]).optional(),
  payload: z.object({
    status: ConnectionStatus,
    connected: z.boolean(),
    phone: Nullable,
    lid: Nullable,
    qrAvailable: z.boolean().default(false),
    reason: Nullable,
  }),
})
export type InstanceConnectionEvent = z.infer<typeof InstanceConnectionEvent>

/** One event of the broker's webhook. `event` is read as `type`, as several brokers spell it. */
export const BrokerWebhookInboundSchema = z.discriminatedUnion('type', [
  MessageInboundEvent,
  InstanceConnectionEvent,
])
export type BrokerWebhookEvent = z.infer<typeof BrokerWebhookInboundSchema>
