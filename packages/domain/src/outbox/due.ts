import type { Queryable } from '@carteiro/database/connect'
import { sql } from 'kysely'
import { type Handover, type InstanceKey, readGate } from './gate.ts'
import type { LaneMark } from './lane-mark.ts'

export interface DueInstance extends InstanceKey {
  /** Milliseconds until its first lane is ready, or its first scheduled message due; 0 when one is. */
  inMs: number
}

/**
 * When connected instances have something for a worker to send, by the database's clock; their pace may make it later. A chore: it
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
    where i.connected and i.delivery = 'push' and coalesce(ready.at, scheduled.at) is not null`.execute(db)
  return rows.map((row) => ({ tenantId: row.tenant_id, instanceId: row.instance_id, inMs: row.in_ms }))
}

/**
 * When an instance's next message may leave: its lane ready or its time come, its pace, its circuit and the quiet
 * hours kept.
 *
 * @returns milliseconds; `undefined` when nothing waits for a time (or the instance is not connected)
 */
export async function readNextDue(
  db: Queryable,
  instance: InstanceKey,
  mark?: LaneMark,
  handover?: Handover,
): Promise<number | undefined> {
  return (await readGate(db, instance, mark, handover))?.dueInMs
}

/** Never negative: what is due is due now. `null` stays null, which `greatest` would pass over. */
const msUntil = (at: ReturnType<typeof sql>) =>
  sql`case when ${at} is not null then greatest(0, ceil(extract(epoch from ${at} - now()) * 1000))::float end`
