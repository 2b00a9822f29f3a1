import type { Envelope } from '@carteiro/contracts/envelope'
import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import {
  type DeadEnvelope,
  INBOUND_DEAD_QUEUE,
  type InboundJob,
  inboundQueue,
  OUTBOUND_QUEUE,
  type OutboundNudge,
} from './jobs.ts'
import { type Queue, within } from './queue.ts'
import { shardOf } from './shard.ts'

/** A worker stores whole jobs in one transaction: a big body must not become a giant one. */
const MAX_ENVELOPES = 200

/**
 * Puts a commit group into its shard's queue; committed when this returns. The caller has one insert in flight per
 * shard, so the numbers rise in the order of arrival.
 */
export async function enqueueInbound(
  { boss, drawNumber, wakeInbound }: Queue,
  shard: number,
  envelopes: Envelope[],
): Promise<void> {
  const queueName = inboundQueue(shard)
  for (let from = 0; from < envelopes.length; from += MAX_ENVELOPES) {
    const part = envelopes.slice(from, from + MAX_ENVELOPES)
    const job: InboundJob = { number: await drawNumber(), envelopes: part, attempt: 1 }
    // One after the other: pg-boss fetches the jobs of one insert in any order.
    await boss.insert(queueName, [{ data: job }])
    wakeInbound(queueName)
  }
}

/**
 * Puts an envelope back into its shard's queue in the caller's transaction, with a number of now: what came after it
 * goes on meanwhile.
 *
 * @param again which try it will be, and how long it waits before
 */
export async function enqueueAgain(
  { boss }: Queue,
  transaction: DatabaseTransaction,
  envelope: Envelope,
  again: { attempt: number; afterSeconds: number },
): Promise<void> {
  const number = await drawWithin(transaction)
  const job: InboundJob = { number, envelopes: [envelope], attempt: again.attempt }
  const shard = shardOf(envelope.tenantId, envelope.chatKey)
  const startAfter = again.afterSeconds > 0 ? { startAfter: again.afterSeconds } : {}
  await boss.insert(inboundQueue(shard), [{ data: job, ...startAfter }], within(transaction))
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
  dead: Omit<DeadEnvelope, 'number'>,
): Promise<void> {
  const data: DeadEnvelope = { ...dead, number: await drawWithin(transaction) }
  await boss.insert(INBOUND_DEAD_QUEUE, [{ data }], within(transaction))
}

async function drawWithin(transaction: DatabaseTransaction): Promise<number> {
  const { rows } = await sql<{ number: number }>`select nextval('ingest_number') as number`.execute(
    transaction,
  )
  const number = rows[0]?.number
  if (number === undefined) throw new Error('PostgreSQL gave back no number')
  return number
}
