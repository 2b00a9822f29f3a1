import { z } from 'zod'
import { DeliveryState } from './delivery.ts'

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
