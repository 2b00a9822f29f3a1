import { BrokerInboundEventSchema } from '@carteiro/contracts/envelope'
import { z } from 'zod'

/** Chats are spread over this many inbound queues; each is worked on by one worker at a time, so it keeps its order. */
export const INBOUND_SHARDS = 8

/** A commit group: what the webhook took while the insert before it was under way, in the order of arrival. */
export const InboundJob = z.object({
  /** From the sequence `ingest_number`: pg-boss promises no order, so jobs are put in order by it. */
  number: z.number().int(),
  envelopes: z.array(BrokerInboundEventSchema),
  /** Which try this is: an envelope that failed comes again in a job of its own. */
  attempt: z.number().int().min(1).default(1),
})
export type InboundJob = z.infer<typeof InboundJob>

/** "Look at the outbox of this instance": losing or doubling it is harmless, the rows hold the truth. */
export const OutboundNudge = z.object({ tenantId: z.string(), instanceId: z.string() })
export type OutboundNudge = z.infer<typeof OutboundNudge>

/** An envelope that could not be stored, set aside for an operator. */
export const DeadEnvelope = z.object({
  /** From `ingest_number`, too: their order, as many may be set aside at one instant. */
  number: z.number().int(),
  envelope: BrokerInboundEventSchema,
  error: z.string(),
  attempts: z.number().int(),
  at: z.iso.datetime(),
})
export type DeadEnvelope = z.infer<typeof DeadEnvelope>

export const OUTBOUND_QUEUE = 'outbound'
export const INBOUND_DEAD_QUEUE = 'inbound-dead'
export const inboundQueue = (shard: number): string => `inbound-${shard}`
export const INBOUND_QUEUES = Array.from({ length: INBOUND_SHARDS }, (_, shard) => inboundQueue(shard))

interface QueueSettings {
  /** Whether pg-boss notifies inside the insert's transaction. */
  notify: boolean
  deleteAfterSeconds: number
  retentionSeconds: number
  retryLimit: number
}

const DAY = 86_400

/** Every queue, with its policy. `deleteAfterSeconds` counts from completion. */
export const QUEUES: Record<string, QueueSettings> = {
  ...Object.fromEntries(
    Array.from({ length: INBOUND_SHARDS }, (_, shard) => [
      inboundQueue(shard),
      // Waits for as long as it takes: an envelope is nowhere else until it is a row.
      { notify: false, deleteAfterSeconds: 3_600, retentionSeconds: 365 * DAY, retryLimit: 0 },
    ]),
  ),
  [INBOUND_DEAD_QUEUE]: {
    notify: false,
    deleteAfterSeconds: 30 * DAY,
    retentionSeconds: 365 * DAY,
    retryLimit: 0,
  },
  [OUTBOUND_QUEUE]: { notify: true, deleteAfterSeconds: 300, retentionSeconds: DAY, retryLimit: 2 },
}
