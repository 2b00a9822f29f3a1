import { z } from 'zod'
import { Purpose } from './consent.ts'
import { IdempotencyKey, Slug } from './identifier.ts'
import { INTENT_NAMES } from './intent.ts'
import { TemplateCode } from './intents/template.ts'
import { SingleLine, StorableText } from './storable-text.ts'

const When = z.iso.datetime({ offset: true, error: 'must be a time such as 2030-01-31T09:00:00Z' })

/**
 * `POST /api/v1/outbound/messages`: to whom, when and how. What is sent stands in `payloadJson`, or flat beside these
 * members; those are read by `RequestedIntent`, once it is known which intent they are.
 */
export const CreateOutboundMessage = z.looseObject({
  channel: z.literal('WHATSAPP').default('WHATSAPP'),
  instanceId: Slug.optional().describe('may be left out when you have only one'),
  to: z.string().min(1).max(100).describe('8 to 15 digits with the country code, or a WhatsApp address'),
  intent: z.enum(INTENT_NAMES).optional().describe('when left out, the other members say which it is'),
  templateCode: TemplateCode.optional(),
  payloadJson: z.record(z.string(), z.unknown()).optional().describe('the members of the intent'),
  idempotencyKey: IdempotencyKey.optional(),
  dossierId: z.union([StorableText.max(200), z.number()]).optional(),
  subject: SingleLine.max(500).optional(),
  purpose: Purpose.optional(),
  priority: z.union([z.literal(0), z.literal(1), z.literal(2)]).optional(),
  scheduledAt: When.optional().describe('not before'),
  expiresAt: When.optional().describe('not after; what has not left by then fails'),
})
export type CreateOutboundMessage = z.infer<typeof CreateOutboundMessage>
