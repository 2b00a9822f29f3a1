import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/** What the outbox holds, over all tenants: for gauges, never for a tenant's request. */
export interface Backlog {
  /** Waiting for their turn, their pace or their instance. */
  queued: number
  /** Waiting for a scheduled time. */
  scheduled: number
  sending: number
  /** Age of the oldest one that waits for its turn. */
  oldestSeconds: number
}

export async function readBacklog(db: Queryable): Promise<Backlog> {
  const { rows } = await sql<Backlog>`
    select
      count(*) filter (where state = 'QUEUED' and position is not null) as queued,
      count(*) filter (where state = 'QUEUED' and position is null) as scheduled,
      count(*) filter (where state = 'SENDING') as sending,
      coalesce(extract(epoch from now() - min(greatest(created_at, scheduled_at))
        filter (where state = 'QUEUED' and position is not null)), 0)::float as "oldestSeconds"
    from delivery where state in ('QUEUED', 'SENDING')`.execute(db)
  const [backlog] = rows
  if (!backlog) throw new Error('PostgreSQL gave back no figures')
  return backlog
}
