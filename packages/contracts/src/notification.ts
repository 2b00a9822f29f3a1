import { z } from 'zod'

/** What somebody should look at. */
export const Notification = z.object({
  id: z.uuid(),
  type: z.enum(['ticket_unassigned', 'message_failed', 'instance_disconnected', 'instance_gap']),
  title: z.string(),
  body: z.string(),
  /** What it is about, as far as it has any. */
  ticketId: z.uuid().nullable(),
  messageId: z.uuid().nullable(),
  instanceId: z.string().nullable(),
  readAt: z.iso.datetime().nullable(),
  /** It is hidden until then. */
  snoozedUntil: z.iso.datetime().nullable(),
  createdAt: z.iso.datetime(),
})
export type Notification = z.output<typeof Notification>

/** Longer is no snooze. */
const MAX_SNOOZE_DAYS = 366
const MAX_SNOOZE_MS = MAX_SNOOZE_DAYS * 86_400_000

export const Snooze = z.strictObject({
  until: z.iso
    .datetime({ offset: true })
    .transform((text) => new Date(text))
    .refine((until) => until.getTime() > Date.now(), 'must be in the future')
    .refine(
      (until) => until.getTime() <= Date.now() + MAX_SNOOZE_MS,
      `must be within ${MAX_SNOOZE_DAYS} days`,
    ),
})
