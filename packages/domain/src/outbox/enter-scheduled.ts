import type { Database, DatabaseTransaction } from '@carteiro/database/connect'
import { inTransaction } from '@carteiro/database/in-transaction'
import { sql } from 'kysely'
import { type LaneKey, lockLanes, readyLanes } from './lane.ts'

const BATCH = 100

/**
 * Scheduled messages whose time has come take their places in their lanes, behind what was accepted before that
 * time. At most 100 lanes at once.
 */
export async function enterScheduled(
  db: Database,
  { tenantId, instanceId }: Omit<LaneKey, 'lane'>,
): Promise<void> {
  await inTransaction(db, async (transaction) => {
    const { rows } = await sql<{ lane: string }>`
      select distinct lane from (
        select lane from delivery
        where tenant_id = ${tenantId} and instance_id = ${instanceId} and state = 'QUEUED' and position is null
          and scheduled_at <= now()
        order by scheduled_at limit ${BATCH}
      ) due`.execute(transaction)
    const lanes = rows.map(({ lane }) => lane)
    if (lanes.length === 0) return
    await lockLanes(
      transaction,
      lanes.map((lane) => ({ tenantId, instanceId, lane })),
    )
    await takePositions(transaction, { tenantId, instanceId }, lanes)
  })
}

/**
 * To be called with the instance's lanes locked: the positions of one lane must rise in the order in which they are
 * drawn.
 */
export async function takePositions(
  transaction: DatabaseTransaction,
  { tenantId, instanceId }: Omit<LaneKey, 'lane'>,
  lanes: string[],
): Promise<void> {
  // Numbers are drawn in the order of the rows that they go to: a sort above the draw would come too late.
  await sql`
    with ordered as materialized (
      select id from delivery
      where tenant_id = ${tenantId} and instance_id = ${instanceId} and lane = any(${lanes}::text[])
        and state = 'QUEUED' and position is null and scheduled_at <= clock_timestamp()
      order by scheduled_at, id
    ), due as materialized (
      select id, nextval('delivery_position') as position from ordered
    )
    update delivery d set position = due.position from due
    where d.tenant_id = ${tenantId} and d.id = due.id`.execute(transaction)
  await readyLanes(
    transaction,
    lanes.map((lane) => ({ tenantId, instanceId, lane })),
  )
}
