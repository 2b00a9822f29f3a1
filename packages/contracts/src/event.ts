import { z } from 'zod'
import { ConnectionStatus } from './broker-event.ts'
import { DeliveryState } from './delivery.ts'

/** A message as events and lists show it. */
export const MessageView = z.object({
  id: z.uuid(),
  ticketId: z.uuid(),
  instanceId: z.string(),
  direction: z.enum(['inbound', 'outbound']),
  type: z.string(),
  text: z.string().nullable(),
  providerMessageId: z.string().nullable(),
  status: DeliveryState.nullable(),
  createdAt: z.iso.datetime(),
})
export type MessageView = z.infer<typeof MessageView>

/** What each event carries. The browser may import these types: this package depends on zod alone. */
export const EVENT_PAYLOADS = {
  'messages.new': z.object({ ticketId: z.uuid(), contactId: z.uuid(), message: MessageView }),
  'message.status.changed': z.object({
    ticketId: z.uuid(),
    messageId: z.uuid(),
    status: DeliveryState,
    errorCode: z.string().nullable(),
  }),
  'tickets.new': z.object({ ticketId: z.uuid(), contactId: z.uuid(), instanceId: z.string() }),
  'whatsapp.instance.updated': z.object({
    instanceId: z.string(),
    status: ConnectionStatus,
    connected: z.boolean(),
    phone: z.string().nullable(),
    reason: z.string().nullable(),
  }),
} as const

export type EventType = keyof typeof EVENT_PAYLOADS
export type EventPayload<Type extends EventType> = z.infer<(typeof EVENT_PAYLOADS)[Type]>

/** An event as a client receives it: the payload, with its place in the tenant's log. */
export type EmittedEvent<Type extends EventType> = EventPayload<Type> & {
  tenantId: string
  /** Gapless per tenant. */
  seq: number
  /** `seq` of the event sent to this connection before this one, or where it joined. */
  prevSeq: number
  occurredAt: string
}
