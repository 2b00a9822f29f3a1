import { z } from 'zod'
import { Purpose } from './consent.ts'
import { DeliveryState } from './delivery.ts'
import { IdempotencyKey, Slug } from './identifier.ts'
import { MAX_TEXT_LENGTH } from './intent.ts'
import { StorableText } from './storable-text.ts'

/** `POST /api/v1/outbound/messages`: the text stands at the top or in `payloadJson`. */
export const CreateOutboundMessage = z
  .object({
    channel: z.literal('WHATSAPP').default('WHATSAPP'),
    instanceId: Slug.optional(),
    to: z.string().min(1).max(100),
    text: StorableText.min(1).max(MAX_TEXT_LENGTH).optional(),
    payloadJson: z.object({ text: StorableText.min(1).max(MAX_TEXT_LENGTH) }).optional(),
    idempotencyKey: IdempotencyKey.optional(),
    purpose: Purpose.default('service'),
    dossierId: z.union([StorableText.max(200), z.number()]).optional(),
  })
  .strict()
  .refine((body) => (body.text === undefined) !== (body.payloadJson === undefined), {
    path: ['text'],
    message: 'give the text either as text or as payloadJson.text',
  })
export type CreateOutboundMessage = z.infer<typeof CreateOutboundMessage>

const When = z.iso.datetime()

/** An outbound message, as written everywhere. */
export const OutboundMessage = z.object({
  id: z.uuid(),
  orgId: z.string(),
  dossierId: z.union([z.string(), z.number()]).nullable(),
  channel: z.literal('WHATSAPP'),
  to: z.string(),
  instanceId: z.string(),
  intent: z.string(),
  payloadJson: z.record(z.string(), z.unknown()),
  purpose: Purpose,
  status: DeliveryState,
  providerMessageId: z.string().nullable(),
  idempotencyKey: z.string().nullable(),
  internalMessageId: z.uuid(),
  attemptCount: z.number().int(),
  maxAttempts: z.number().int(),
  nextAttemptAt: When.nullable(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  createdAt: When,
  updatedAt: When,
})
export type OutboundMessage = z.infer<typeof OutboundMessage>

/** The same, with every attempt that was made. */
export const OutboundMessageDetail = OutboundMessage.extend({
  attempts: z.array(
    z.object({
      attemptNo: z.number().int(),
      status: z.string(),
      startedAt: When,
      finishedAt: When.nullable(),
      errorCode: z.string().nullable(),
      errorMessage: z.string().nullable(),
      providerResponse: z.unknown(),
      nextRetryAt: When.nullable(),
    }),
  ),
})
export type OutboundMessageDetail = z.infer<typeof OutboundMessageDetail>
