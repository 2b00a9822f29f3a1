import type { Envelope } from '@carteiro/contracts/envelope'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import {
  type DeadEnvelope,
  INBOUND_DEAD_QUEUE,
  type InboundJob,
  inboundQueue,
  OUTBOUND_QUEUE,
  type OutboundNudge,
} from './jobs.ts'
import { type Queue, within } from './queue.ts'

/**
 * Puts a commit group into its shard's queue; committed when this returns. The caller has one insert in flight per
 * shard, so the numbers rise in the order of arrival.
 */
export async function enqueueInbound(
  { boss, drawNumber, wakeInbound }: Queue,
  shard: number,
  envelopes: Envelope[],
): Promise<void> {
  const job: InboundJob = { number: await drawNumber(), envelopes }
  const queueName = inboundQueue(shard)
  await boss.insert(queueName, [{ data: job }])
  wakeInbound(queueName)
}

/** Tells the workers to look at instances' outboxes, in the transaction that gave them something to find. */
export async function nudgeOutbound(
  { boss }: Queue,
  transaction: DatabaseTransaction,
  nudges: OutboundNudge[],
): Promise<void> {
  await boss.insert(
    OUTBOUND_QUEUE,
    nudges.map((data) => ({ data })),
    within(transaction),
  )
}

/** Sets an envelope aside, in the transaction that goes on without it. */
export async function enqueueDead(
  { boss }: Queue,
  transaction: DatabaseTransaction,
  dead: DeadEnvelope,
): Promise<void> {
  await boss.insert(INBOUND_DEAD_QUEUE, [{ data: dead }], within(transaction))
}
