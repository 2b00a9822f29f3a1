import { z } from 'zod'

/** Recipients that one request may ask about. */
export const MAX_CHECKED = 50

const Recipient = z.string().min(1).max(100)

/** `POST /instances/:id/exists` of the broker: one recipient, written as a send's `to`, or several. */
export const CheckRecipients = z
  .object({ to: Recipient.optional(), numbers: z.array(Recipient).min(1).max(MAX_CHECKED).optional() })
  .refine(({ to, numbers }) => (to === undefined) !== (numbers === undefined), {
    path: ['to'],
    message: 'give either to or numbers',
  })
export type CheckRecipients = z.infer<typeof CheckRecipients>

/** Why nothing can be sent there. */
export const CANNOT_RECEIVE = ['invalid_to', 'not_on_whatsapp', 'not_a_member', 'only_admins_write'] as const

const Checked = z.object({
  exists: z.boolean(),
  canReceive: z.boolean(),
  reason: z.enum(CANNOT_RECEIVE).optional(),
  /** As WhatsApp addresses it, which may differ from the number that was asked for; `null` for no recipient. */
  jid: z.string().nullable(),
  lid: z.string().optional(),
})

export const CheckedRecipient = Checked.extend({ input: z.string() })
export type CheckedRecipient = z.infer<typeof CheckedRecipient>

/** The first recipient's facts at the top, everybody's in `results`, in the order of the request. */
export const CheckedRecipients = Checked.extend({ results: z.array(CheckedRecipient) })
export type CheckedRecipients = z.infer<typeof CheckedRecipients>
