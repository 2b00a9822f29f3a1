import type { Envelope } from '@carteiro/contracts/envelope'
import { inboundQueue } from './jobs.ts'
import type { Queue } from './queue.ts'
import { shardOf } from './shard.ts'
import { QUEUE_SCHEMA } from './wake-channel.ts'

/** More envelopes of one queue are spread over several jobs: a worker stores a job in one transaction. */
const MAX_PER_JOB = 200

/**
 * pg-boss inserts into one queue at a time; a commit group holds up to eight. Here it is one statement, which draws
 * the numbers too: one round trip instead of nine, and one commit. A job of ours is a job as `boss.insert` makes it
 * (a test compares them column by column). Numbers are drawn after the sort, so that they rise in the order of arrival;
 * and each job is made a microsecond after the one before, as pg-boss fetches jobs of one instant in any order.
 */
const INSERT_JOBS = {
  name: 'enqueue-inbound',
  text: `
    insert into ${QUEUE_SCHEMA}.job
      (name, data, start_after, created_on, keep_until, retry_limit, retry_delay, retry_backoff, retry_delay_max,
       expire_seconds, deletion_seconds, policy, dead_letter, heartbeat_seconds)
    select name,
      jsonb_build_object('number', nextval('ingest_number'), 'attempt', 1, 'envelopes', envelopes),
      at, at + place * interval '1 microsecond', at + retention_seconds * interval '1s', retry_limit, retry_delay, retry_backoff, retry_delay_max,
      expire_seconds, deletion_seconds, policy, dead_letter, heartbeat_seconds
    from (
      select q.*, job.envelopes, job.place, ${QUEUE_SCHEMA}.job_now() as at
      from rows from (jsonb_to_recordset($1::jsonb) as (queue text, envelopes jsonb)) with ordinality
        as job (queue, envelopes, place)
      join ${QUEUE_SCHEMA}.queue q on q.name = job.queue
      order by job.place
    ) as jobs`,
}

/**
 * Puts a commit group into the queues of its chats; committed when this returns. The caller has one group in flight,
 * so a chat's numbers rise in the order of arrival.
 */
export async function enqueueInbound({ pool, wakeInbound }: Queue, envelopes: Envelope[]): Promise<void> {
  const jobs = toJobs(envelopes)
  const { rowCount } = await pool.query({ ...INSERT_JOBS, values: [JSON.stringify(jobs)] })
  if (rowCount !== jobs.length) throw new Error(`${rowCount} of ${jobs.length} jobs were stored`)
  for (const { queue } of jobs) wakeInbound(queue)
}

function toJobs(envelopes: Envelope[]): { queue: string; envelopes: Envelope[] }[] {
  const byShard = Map.groupBy(envelopes, ({ tenantId, chatKey }) => shardOf(tenantId, chatKey))
  return [...byShard].flatMap(([shard, all]) => {
    const queue = inboundQueue(shard)
    const count = Math.ceil(all.length / MAX_PER_JOB)
    return Array.from({ length: count }, (_, part) => ({
      queue,
      envelopes: all.slice(part * MAX_PER_JOB, (part + 1) * MAX_PER_JOB),
    }))
  })
}
