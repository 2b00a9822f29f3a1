import type { DatabaseTransaction } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type InboundJob, inboundQueue } from './jobs.ts'
import { type Queue, within } from './queue.ts'

/** Any constant that is ours alone among advisory locks of two keys. */
const SHARD_LOCK = 0x5a_4d

export interface FetchedShard {
  jobs: InboundJob[]
  /** Marks the jobs done, in the same transaction. @throws when the claim was lost; the transaction must roll back */
  complete(): Promise<void>
}

/**
 * Takes a shard's waiting jobs inside the caller's transaction, under the shard's lock, in order. When the
 * transaction rolls back, or its process dies, the jobs are as they were: no heartbeat is needed.
 *
 * @returns `undefined` when another worker holds the shard
 */
export async function fetchShard(
  { boss }: Queue,
  transaction: DatabaseTransaction,
  shard: number,
  maxJobs: number,
): Promise<FetchedShard | undefined> {
  const { rows } = await sql<{ locked: boolean }>`
    select pg_try_advisory_xact_lock(${SHARD_LOCK}, ${shard}) as locked`.execute(transaction)
  if (!rows[0]?.locked) return undefined

  const name = inboundQueue(shard)
  const fetched = await boss.fetch<InboundJob>(name, { batchSize: maxJobs, ...within(transaction) })
  const jobs = fetched.map((job) => job.data).sort((a, b) => a.number - b.number)
  return {
    jobs,
    complete: async () => {
      if (fetched.length === 0) return
      const ids = fetched.map((job) => job.id)
      const response: { affected?: number } = await boss.complete(name, ids, undefined, within(transaction))
      const affected = response.affected ?? 0
      if (affected !== ids.length)
        throw new Error(`claim on ${name} was lost: ${affected} of ${ids.length} jobs`)
    },
  }
}

/**
 * Holds shards until the transaction ends: whoever stores what is in them is through, and nobody begins.
 *
 * @param shards in any order; they are taken in one
 */
export async function holdShards(transaction: DatabaseTransaction, shards: number[]): Promise<void> {
  for (const shard of shards.toSorted((a, b) => a - b)) {
    await sql`select pg_advisory_xact_lock(${SHARD_LOCK}, ${shard})`.execute(transaction)
  }
}
