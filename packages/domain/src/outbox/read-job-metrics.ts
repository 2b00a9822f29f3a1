import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** The outbox in the figures that dashboards of job runners show, over all tenants. */
export interface JobMetrics {
  queued: number
  running: number
  failedLast24h: number
  /** From accepted to sent, of what was sent in the last 24 hours; 0 when nothing was. */
  averageProcessingMs: number
  /** Of what ended in the last 24 hours, the share that was sent, 0 to 1; 1 when nothing ended. */
  successRate: number
}

/** For the platform's own dashboards, never for a tenant's request. */
export async function readJobMetrics(db: Queryable): Promise<JobMetrics> {
  const { rows } = await sql<JobMetrics>`
    select
      (select count(*) from delivery where state = 'QUEUED') as queued,
      (select count(*) from delivery where state = 'SENDING') as running,
      count(*) filter (where state = 'FAILED') as "failedLast24h",
      coalesce(round(extract(epoch from avg(settled_at - created_at) filter (where ${SENT})) * 1000), 0)::float
        as "averageProcessingMs",
      coalesce(count(*) filter (where ${SENT})::float / nullif(count(*), 0), 1) as "successRate"
    from delivery
    where settled_at > now() - interval '24 hours' and state <> 'CANCELLED'`.execute(db)
  const [metrics] = rows
  if (!metrics) throw new Error('PostgreSQL gave back no figures')
  return metrics
}

const SENT = sql`state in ('SENT', 'DELIVERED', 'READ')`
