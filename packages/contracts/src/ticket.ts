import { z } from 'zod'
import { SingleLine, StorableText } from './storable-text.ts'

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
  /** Rises with every change of status, assignee or queue; messages leave it. */
  version: z.number().int(),
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
  /** The timeline where clients in the field look for it, and where the ticket went into, if it did (`mergedInto`). */
  metadata: z.looseObject({ timeline: TicketTimeline }),
  window: CustomerWindow,
  /** What the customer told of itself: the answers to the flow's questions, and the like. */
  knownFields: z.record(z.string(), z.unknown()),
  contact: ContactView,
})
export type TicketView = z.infer<typeof TicketView>

/** How a comparison of tickets with their messages went; under way while it has no end. */
export const Reconciliation = z.object({
  requestedAt: z.iso.datetime().nullable(),
  startedAt: z.iso.datetime().nullable(),
  finishedAt: z.iso.datetime().nullable(),
  tickets: z.number().int(),
  repaired: z.number().int(),
})
export type Reconciliation = z.infer<typeof Reconciliation>

const MAX_NAME_LENGTH = 200
const MAX_NOTE_LENGTH = 4_096

/** `PATCH /api/tickets/:id`: what is left out stays; `null` takes away. */
export const TicketChange = z.strictObject({
  status: TicketState.shape.status.optional(),
  /** A user of the tenant's own, by whatever id the tenant knows it. */
  assigneeId: SingleLine.trim().min(1).max(MAX_NAME_LENGTH).nullable().optional(),
  queueId: z.uuid().nullable().optional(),
})
export type TicketChange = z.output<typeof TicketChange>

/** What a person writes down about a ticket, for colleagues alone. */
export const NewNote = z.strictObject({ text: StorableText.trim().min(1).max(MAX_NOTE_LENGTH) })

export const TicketNote = z.object({
  id: z.uuid(),
  text: z.string(),
  /** Who wrote it: a user, or a key. */
  by: z.string(),
  at: z.iso.datetime(),
})
export type TicketNote = z.output<typeof TicketNote>

/** Where tickets wait for somebody; new ones go to the default one. */
export const Queue = z.object({
  id: z.uuid(),
  name: z.string(),
  isDefault: z.boolean(),
  createdAt: z.iso.datetime(),
})
export type Queue = z.output<typeof Queue>

export const NewQueue = z.strictObject({
  name: SingleLine.trim().min(1).max(MAX_NAME_LENGTH),
  /** It takes the place of the one before. */
  isDefault: z.boolean().default(false),
})
export const QueueChange = z.strictObject({
  name: NewQueue.shape.name.optional(),
  isDefault: z.boolean().optional(),
})
