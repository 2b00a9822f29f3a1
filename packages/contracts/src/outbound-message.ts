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
    purpose: Purpose.optional(),
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
  templateCode: z.string().nullable(),
  subject: z.string().nullable(),
  payloadJson: z.record(z.string(), z.unknown()),
  status: DeliveryState,
  providerMessageId: z.string().nullable(),
  idempotencyKey: z.string().nullable(),
  internalMessageId: z.uuid(),
  /** 0 a reply, 1 a service message, 2 a campaign. */
  priority: z.number().int(),
  purpose: Purpose,
  attemptCount: z.number().int(),
  maxAttempts: z.number().int(),
  nextAttemptAt: When.nullable(),
  scheduledAt: When.nullable(),
  expiresAt: When.nullable(),
  errorCode: z.string().nullable(),
  errorMessage: z.string().nullable(),
  createdAt: When,
  updatedAt: When,
})
export type OutboundMessage = z.infer<typeof OutboundMessage>

/** The same, with every attempt that was made and every state that was reached. */
export const OutboundMessageDetail = OutboundMessage.extend({
  history: z.array(z.object({ status: DeliveryState, at: When, reason: z.string().optional() })),
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
