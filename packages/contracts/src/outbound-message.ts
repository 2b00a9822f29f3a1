import { z } from 'zod'
import { Purpose } from './consent.ts'
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
