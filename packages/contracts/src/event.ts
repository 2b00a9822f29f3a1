import { z } from 'zod'
import { ConnectionStatus } from './broker-event.ts'
import { ConsentStatus, Purpose } from './consent.ts'
import { DeliveryState } from './delivery.ts'
import { MessageMedia } from './media.ts'
import { MessageMetadata } from './message-metadata.ts'
import { messageParts } from './message-parts.ts'
import { Notification } from './notification.ts'
import { ContactView, TicketNote, TicketState, TicketTimeline } from './ticket.ts'

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
  /** Its file; null when it has none. */
  media: MessageMedia.nullable(),
  ...messageParts,
  createdAt: z.iso.datetime(),
})
export type MessageView = z.infer<typeof MessageView>

/** What `messages.updated` tells of. A client may always take the whole message anew; this says why. */
export const MessageChange = z.discriminatedUnion('what', [
  z.object({ what: z.literal('edited'), at: z.iso.datetime() }),
  z.object({ what: z.literal('revoked'), at: z.iso.datetime() }),
  /** One that could not be decrypted is now readable, in its place. */
  z.object({ what: z.literal('decrypted') }),
  /** `by` is the reacting person: a jid in groups, else the contact's id. `null` took the reaction back. */
  z.object({ what: z.literal('reaction'), by: z.string(), emoji: z.string().nullable() }),
  /** A poll's readable votes, all of them. */
  z.object({
    what: z.literal('votes'),
    votes: z.array(z.object({ by: z.string(), selectedOptions: z.array(z.string()) })),
  }),
  /** It was told twice, by the phone and by our send: this one goes, the other one stays. */
  z.object({ what: z.literal('replaced'), byMessageId: z.uuid() }),
  z.object({ what: z.literal('call') }),
  /** Its file is there, or will not come: `message.media` says which. */
  z.object({ what: z.literal('media') }),
])
export type MessageChange = z.infer<typeof MessageChange>

const OfTicket = { ticketId: z.uuid(), contactId: z.uuid(), instanceId: z.string() }

/** What each event carries. The browser may import these types: this package depends on zod alone. */
export const EVENT_PAYLOADS = {
  'messages.new': z.object({ ticketId: z.uuid(), contactId: z.uuid(), message: MessageView }),
  'messages.updated': z.object({
    ticketId: z.uuid(),
    contactId: z.uuid(),
    message: MessageView,
    change: MessageChange,
  }),
  'message.status.changed': z.object({
    ticketId: z.uuid(),
    messageId: z.uuid(),
    status: DeliveryState,
    errorCode: z.string().nullable(),
  }),
  /** A message and what it changed of its ticket: all that a list of tickets and an open chat show of it. */
  'ticket.message': z.object({
    ...OfTicket,
    message: MessageView,
    metadata: MessageMetadata,
    ticket: TicketState,
    timeline: TicketTimeline,
  }),
  'tickets.new': z.object({
    ...OfTicket,
    contact: ContactView,
    ticket: TicketState,
    timeline: TicketTimeline,
  }),
  /** With `mergedInto`, its messages are found in that ticket now, and it is closed. */
  'ticket.updated': z.object({
    ...OfTicket,
    status: TicketState.shape.status,
    mergedInto: z.uuid().nullable(),
    ticket: TicketState,
    timeline: TicketTimeline,
  }),
  'ticket.note': z.object({ ...OfTicket, note: TicketNote }),
  /** A ticket was opened in no queue, because the tenant has no default one: it is in nobody's list until it has. */
  'whatsapp.queue.missing': z.object({
    tenantId: z.string(),
    instanceId: z.string(),
    message: z.string(),
    reason: z.literal('no_default_queue'),
    recoverable: z.boolean(),
  }),
  /** Every ticket was compared with its messages; `repaired` of them said something else. */
  'whatsapp.timeline.reconciled': z.object({
    tenantId: z.string(),
    tickets: z.number().int(),
    repaired: z.number().int(),
    durationMs: z.number().int(),
  }),
  'contacts.new': z.object({ contactId: z.uuid(), contact: ContactView }),
  'contact.updated': z.object({ contactId: z.uuid(), contact: ContactView }),
  'contact.consent.changed': z.object({
    contactId: z.uuid(),
    purpose: Purpose,
    status: ConsentStatus,
    at: z.iso.datetime(),
  }),
  /** Two contacts turned out to be one person: everything of `mergedContactId` is `contactId`'s now. */
  'contact.merged': z.object({ contactId: z.uuid(), mergedContactId: z.uuid() }),
  /** Whoever it was asked to be forgotten: it has no name and no address any more, and what is shown of it is to go. */
  'contact.erased': z.object({ contactId: z.uuid() }),
  'whatsapp.instance.updated': z.object({
    instanceId: z.string(),
    name: z.string(),
    status: ConnectionStatus,
    connected: z.boolean(),
    phone: z.string().nullable(),
    reason: z.string().nullable(),
  }),
  /** A code to scan is there, or is not any more. The code is a credential: it is read by REST alone. */
  'whatsapp.instance.qr': z.object({ instanceId: z.string(), available: z.boolean() }),
  /** Less came than WhatsApp, or a broker's own count, had announced. Unknown members are null. */
  'whatsapp.instance.gap': z.object({
    instanceId: z.string(),
    from: z.string().nullable(),
    to: z.string().nullable(),
    expected: z.number().nullable(),
    seen: z.number().nullable(),
  }),
  /** The instance's channel failed again and again: its messages wait, and none is failed by that. */
  'whatsapp.circuit_breaker.open': z.object({ instanceId: z.string(), openUntil: z.iso.datetime() }),
  'whatsapp.circuit_breaker.closed': z.object({ instanceId: z.string() }),
  'notification.new': z.object({ notification: Notification }),
  /** It was read, snoozed, or its snooze is over. */
  'notification.updated': z.object({ notification: Notification }),
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
