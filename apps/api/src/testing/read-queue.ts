import type { Database } from '@carteiro/database/connect'
import { InboundJob } from '@carteiro/queue/jobs'
import { sql } from 'kysely'

export interface QueuedJob {
  queue: string
  job: InboundJob
}

/** What waits in the inbound queues, in the order in which a worker takes it. */
export async function readInboundQueue(db: Database): Promise<QueuedJob[]> {
  const { rows } = await sql<{ name: string; data: unknown }>`
    select name, data from pgboss.job where name like 'inbound-_' and state = 'created'
    order by (data ->> 'number')::bigint`.execute(db)
  return rows.map(({ name, data }) => ({ queue: name, job: InboundJob.parse(data) }))
}
