import type { Database } from '@carteiro/database/connect'
import { sql } from 'kysely'

const BATCH = 500

interface LaneRow {
  tenant_id: string
  instance_id: string
  lane: string
}

/**
 * Deletes lanes that are empty and were last used longer ago than `days`, 500 in a transaction. The next message to such
 * a recipient makes its lane anew: who waits for the row that goes finds that it is gone, and inserts it. A lane that
 * somebody holds is in use. A chore: it looks across tenants.
 *
 * @param signal ends it between two batches
 * @returns how many went
 */
export async function purgeLanes(
  db: Database,
  { days, signal }: { days: number; signal: AbortSignal },
): Promise<number> {
  let purged = 0
  let after: LaneRow | undefined = { tenant_id: '', instance_id: '', lane: '' }
  while (after && !signal.aborted) {
    const looked: { last: LaneRow | undefined; deleted: number } = await purgeSome(db, days, after)
    purged += looked.deleted
    after = looked.last
  }
  return purged
}

/** What is scheduled has no place yet, and its lane looks empty. */
async function purgeSome(
  db: Database,
  days: number,
  after: LaneRow,
): Promise<{ last: LaneRow | undefined; deleted: number }> {
  const { rows } = await sql<LaneRow & { deleted: boolean }>`
    with idle as materialized (
      select tenant_id, instance_id, lane from lane
      where (tenant_id, instance_id, lane) > (${after.tenant_id}, ${after.instance_id}, ${after.lane})
        and ready_at is null and claimed_until is null and used_at < now() - make_interval(days => ${days})
      order by tenant_id, instance_id, lane limit ${BATCH} for update skip locked
    ), deleted as (
      delete from lane l using idle
      where l.tenant_id = idle.tenant_id and l.instance_id = idle.instance_id and l.lane = idle.lane
        and not exists (
          select from delivery d
          where d.tenant_id = idle.tenant_id and d.instance_id = idle.instance_id and d.lane = idle.lane
            and d.state = 'QUEUED' and d.position is null)
      returning l.tenant_id, l.instance_id, l.lane
    )
    select idle.*, deleted.lane is not null as deleted
    from idle left join deleted using (tenant_id, instance_id, lane)
    order by tenant_id, instance_id, lane`.execute(db)
  return {
    last: rows.length < BATCH ? undefined : rows.at(-1),
    deleted: rows.filter(({ deleted }) => deleted).length,
  }
}
