import { z } from 'zod'

/** When each side first and last wrote; merged into what a client knows, it keeps a ticket's statistics right. */
export const TicketTimeline = z.object({
  firstInboundAt: z.iso.datetime().nullable(),
  lastInboundAt: z.iso.datetime().nullable(),
  firstOutboundAt: z.iso.datetime().nullable(),
  lastOutboundAt: z.iso.datetime().nullable(),
})
export type TicketTimeline = z.infer<typeof TicketTimeline>

/** What of a ticket changes while people work on it: as much as a list of tickets shows. */
export const TicketState = z.object({
  status: z.enum(['open', 'pending', 'closed']),
  queueId: z.uuid().nullable(),
  assigneeId: z.string().nullable(),
  preview: z.string().nullable(),
  unreadCount: z.number().int(),
  lastMessageAt: z.iso.datetime().nullable(),
})
export type TicketState = z.infer<typeof TicketState>

/** A contact, as tickets show it. */
export const ContactView = z.object({
  id: z.uuid(),
  name: z.string().nullable(),
  phone: z.string().nullable(),
  isGroup: z.boolean(),
})
export type ContactView = z.infer<typeof ContactView>

/** Whether the customer may be answered freely: for a day after it wrote. `expiresAt` is `null` where it never did. */
export const CustomerWindow = z.object({ isOpen: z.boolean(), expiresAt: z.iso.datetime().nullable() })
export type CustomerWindow = z.infer<typeof CustomerWindow>

/** A ticket, as lists show it. */
export const TicketView = TicketState.extend({
  id: z.uuid(),
  instanceId: z.string(),
  createdAt: z.iso.datetime(),
  timeline: TicketTimeline,
  window: CustomerWindow,
  /** What the customer told of itself: the answers to the flow's questions, and the like. */
  knownFields: z.record(z.string(), z.unknown()),
  contact: ContactView,
})
export type TicketView = z.infer<typeof TicketView>
