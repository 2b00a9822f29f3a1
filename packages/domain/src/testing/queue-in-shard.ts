import type { Envelope } from '@carteiro/contracts/envelope'
import { type InboundJob, inboundQueue } from '@carteiro/queue/jobs'
import { sql } from 'kysely'
import type { TestDomain } from './start-domain.ts'

/** Puts envelopes of any chats into one shard's queue as one job: a worker then finds them in one batch. */
export async function queueInShard(
  { db, queue }: Pick<TestDomain, 'db' | 'queue'>,
  shard: number,
  envelopes: Envelope[],
): Promise<void> {
  const { rows } = await sql<{ number: number }>`select nextval('ingest_number') as number`.execute(db)
  const job: InboundJob = { number: rows[0]?.number ?? 0, envelopes, attempt: 1 }
  await queue.boss.insert(inboundQueue(shard), [{ data: job }])
}
