import { Problem } from '@carteiro/contracts/problem'
import { z } from 'zod'
import type { RejectedEvent } from './parse-webhook.ts'

/** Some events were taken; each of the others says why not, by its place in the body. */
export const WebhookAccepted = z.object({
  accepted: z.literal(true),
  queued: z.number().int(),
  ignored: z.number().int(),
  rejected: z.array(
    z.object({
      index: z.number().int(),
      reason: z.string(),
      instanceId: z.string().optional(),
      details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
    }),
  ),
})

/**
 * What the sender is told: the accepted body (202), or `null` for nothing to take (204).
 *
 * @throws Problem NO_EVENT_ACCEPTED when every event was rejected
 */
export function answerWebhook(counts: {
  queued: number
  ignored: number
  rejected: RejectedEvent[]
}): z.input<typeof WebhookAccepted> | null {
  const { queued, ignored, rejected } = counts
  if (queued > 0) return { accepted: true, queued, ignored, rejected }
  if (rejected.length === 0 || ignored > 0) return null
  throw new Problem('NO_EVENT_ACCEPTED', 'None of the events can be taken; details say why, by index.', {
    details: rejected,
  })
}
