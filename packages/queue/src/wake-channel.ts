import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** pg-boss's schema: its channel is named after it. */
export const QUEUE_SCHEMA = 'pgboss'

/**
 * Channel on which we tell, after the commit, that a job landed in an inbound queue; the payload is the queue.
 * pg-boss would tell it inside the insert's transaction: measured, that takes more than a quarter of the ingest.
 */
export const INBOUND_CHANNEL = 'carteiro_inbound'

/**
 * The channels on which a worker hears of jobs: ours, and pg-boss's for the other queues, with the queue's name as
 * payload. We listen to both ourselves: pg-boss's listener may take 17 s to return after a restart of PostgreSQL.
 */
export async function readWakeChannels(db: Queryable): Promise<string[]> {
  const { rows } = await sql<{ channel: string }>`
    select 'pgboss_' || left(encode(sha224(${QUEUE_SCHEMA}::bytea), 'hex'), 24) as channel`.execute(db)
  return [INBOUND_CHANNEL, ...rows.map(({ channel }) => channel)]
}
