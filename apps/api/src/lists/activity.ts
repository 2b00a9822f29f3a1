import { z } from 'zod'

/** An entry of a ticket's timeline. */
export const Activity = z.object({
  id: z.uuid(),
  type: z.string(),
  ticketId: z.uuid(),
  messageId: z.uuid().nullable(),
  details: z.record(z.string(), z.unknown()),
  occurredAt: z.iso.datetime(),
})
