import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type InstanceKey, readGate } from './gate.ts'

export interface DueInstance extends InstanceKey {
  /** Milliseconds until its first lane is ready, or its first scheduled message due; 0 when one is. */
  inMs: number
}

/**
 * When connected instances have something to send, by the database's clock; their pace may make it later. A chore: it
 * looks across tenants.
 */
export async function readDue(db: Queryable): Promise<DueInstance[]> {
  const { rows } = await sql<{ tenant_id: string; instance_id: string; in_ms: number }>`
    select i.tenant_id, i.id as instance_id, ${msUntil(sql`least(ready.at, scheduled.at)`)} as in_ms
    from instance i
    cross join lateral (
      select min(at) as at from unnest(array[0, 1, 2]::smallint[]) as r (rank) cross join lateral (
        select min(ready_at) as at from lane l
        where l.tenant_id = i.tenant_id and l.instance_id = i.id and l.rank = r.rank and l.ready_at is not null
      ) of_rank
    ) ready
    cross join lateral (
      select min(scheduled_at) as at from delivery d
      where d.tenant_id = i.tenant_id and d.instance_id = i.id and d.state = 'QUEUED' and d.position is null
    ) scheduled
    where i.connected and coalesce(ready.at, scheduled.at) is not null`.execute(db)
  return rows.map((row) => ({ tenantId: row.tenant_id, instanceId: row.instance_id, inMs: row.in_ms }))
}

/**
 * When an instance's next message may leave: its lane ready or its time come, its pace, its circuit and the quiet
 * hours kept.
 *
 * @returns milliseconds; `undefined` when nothing waits for a time (or the instance is not connected)
 */
export async function readNextDue(db: Queryable, instance: InstanceKey): Promise<number | undefined> {
  const gate = await readGate(db, instance)
  if (!gate) return undefined
  const { tenantId, instanceId } = instance
  const ready = (ranks: number[]) => sql`(
    select min(at) from unnest(${ranks}::smallint[]) as r (rank) cross join lateral (
      select min(ready_at) as at from lane l
      where l.tenant_id = ${tenantId} and l.instance_id = ${instanceId} and l.rank = r.rank and l.ready_at is not null
    ) of_rank
  )`
  const { rows } = await sql<{ others: number | null; campaigns: number | null; scheduled: number | null }>`
    select ${msUntil(ready([0, 1]))} as others, ${msUntil(ready([2]))} as campaigns, ${msUntil(sql`(
      select min(scheduled_at) from delivery
      where tenant_id = ${tenantId} and instance_id = ${instanceId} and state = 'QUEUED' and position is null
    )`)} as scheduled`.execute(db)
  const [row] = rows
  if (!row) return undefined
  const campaigns = row.campaigns === null ? null : Math.max(row.campaigns, gate.campaignsInMs)
  const times = [row.others, campaigns].filter((ms) => ms !== null).map((ms) => Math.max(ms, gate.waitMs))
  const soonest = Math.min(...times, row.scheduled ?? Number.POSITIVE_INFINITY)
  return Number.isFinite(soonest) ? soonest : undefined
}

/** Never negative: what is due is due now. `null` stays null, which `greatest` would pass over. */
const msUntil = (at: ReturnType<typeof sql>) =>
  sql`case when ${at} is not null then greatest(0, ceil(extract(epoch from ${at} - now()) * 1000))::float end`
