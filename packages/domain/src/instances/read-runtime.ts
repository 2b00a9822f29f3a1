import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

/**
 * The WhatsApp transport in figures, over all tenants: for probes and dashboards, never for a tenant's request. Numbers
 * of the Cloud API have no session that could be lost, so they are not among the instances here.
 */
export interface RuntimeMetrics {
  instances: number
  connected: number
  queued: number
  sending: number
  failed24h: number
  oldestQueuedSeconds: number
}

export async function readRuntime(db: Queryable): Promise<RuntimeMetrics> {
  const { rows } = await sql<RuntimeMetrics>`
    select
      (select count(*) from instance where transport = 'baileys') as instances,
      (select count(*) from instance where connected and transport = 'baileys') as connected,
      (select count(*) from delivery where state = 'QUEUED') as queued,
      (select count(*) from delivery where state = 'SENDING') as sending,
      (select count(*) from delivery where state = 'FAILED' and settled_at > now() - interval '24 hours') as "failed24h",
      (select coalesce(extract(epoch from now() - min(created_at)), 0)::float from delivery where state = 'QUEUED')
        as "oldestQueuedSeconds"`.execute(db)
  const [metrics] = rows
  if (!metrics) throw new Error('PostgreSQL gave back no figures')
  return metrics
}
