import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'

export interface DueInstance {
  tenantId: string
  instanceId: string
  /** Milliseconds until its first lane is ready; 0 when one is. */
  inMs: number
}

/**
 * When instances' first lanes are ready, by the database's clock. A chore: it looks across tenants.
 *
 * @param only one instance; else all that have something to send
 */
export async function readDue(
  db: Queryable,
  only?: { tenantId: string; instanceId: string },
): Promise<DueInstance[]> {
  const { rows } = await sql<{ tenant_id: string; instance_id: string; in_ms: number }>`
    select l.tenant_id, l.instance_id,
      greatest(0, ceil(extract(epoch from min(l.ready_at) - now()) * 1000))::float as in_ms
    from lane l join instance i on i.tenant_id = l.tenant_id and i.id = l.instance_id and i.connected
    where l.ready_at is not null
      and (${only === undefined} or (l.tenant_id = ${only?.tenantId ?? ''} and l.instance_id = ${only?.instanceId ?? ''}))
    group by l.tenant_id, l.instance_id`.execute(db)
  return rows.map((row) => ({ tenantId: row.tenant_id, instanceId: row.instance_id, inMs: row.in_ms }))
}
